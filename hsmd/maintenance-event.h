#ifndef HSMD_MAINTENANCE_EVENT_H
#define HSMD_MAINTENANCE_EVENT_H
/* The events that tell of maintenance, with their texts in English and in Chinese. */

#include "maintenance.h"

typedef enum MaintenanceEnd {
        MAINTENANCE_ENDED_BY_SOMEBODY = 1,
        MAINTENANCE_ENDED_BY_TIME,
        MAINTENANCE_ENDED_WHILE_AWAY, /* hsmd did not run when its time was over */
        MAINTENANCE_ENDED_UNCONFIGURED,
} MaintenanceEnd;

/* What a maintenance is of, also of a device that is not configured any more. */
typedef struct MaintenanceOf {
        uint32_t number;
        const char *name, *title;
} MaintenanceOf;

MaintenanceOf maintenance_of(const Device *device);

/* begun: not one that was under way and got another end. Each is sent on its way; the first returns its
 * number. */
uint32_t maintenance_tell_started(Manager *manager, MaintenanceOf of, const Maintenance *m, bool begun);
void maintenance_tell_ending(Manager *manager, MaintenanceOf of, const Maintenance *m, usec_t left);
/* by, uid: who ended it; NULL: nobody. */
void maintenance_tell_ended(Manager *manager, MaintenanceOf of, const Maintenance *m, MaintenanceEnd how,
        const char *by, uint32_t uid);

/* "2026-11-24 18:00 UTC"; at least 32 octets. */
void maintenance_clock(usec_t realtime, char *dst, size_t size);

#endif
