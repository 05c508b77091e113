#ifndef HSMD_MAINTENANCE_H
#define HSMD_MAINTENANCE_H
/* Machines out of service on an operator's word: out of capacity, without alarms, until a time that was said,
 * with a warning before. It ends by itself at that time of this host's clock, or when the time that it was to
 * last is over, whichever comes first: a clock that jumps shortens it at most. */

#include "history.h"
#include "maintenance-time.h"

typedef struct Manager Manager;
typedef struct Device Device;

/* One that is under way; of a Device, NULL otherwise. */
typedef struct Maintenance {
        uint32_t id; /* of the event that began it */
        MaintenanceTime time;
        bool probing; /* it is checked all the same */
        bool warned;
        char by[64], ticket[64], reason[256];
        uint32_t uid;
} Maintenance;

typedef struct MaintenanceRequest {
        const char *device, *reason, *ticket, *by;
        usec_t until; /* CLOCK_REALTIME */
        bool probing, force;
        uint32_t uid;
} MaintenanceRequest;

/* 0 with words in *ret_message, or -EPERM (the last serving member without force, a time that is over or too
 * far, a measurement or a drill under way), -ENOENT, -EINVAL (no reason given), with words saying what would
 * be right. One that is under way gets the new time, reason and probing; that is a maintenance_started, too.
 */
int maintenance_start(Manager *manager, const MaintenanceRequest *request, char **ret_message);
int maintenance_end(Manager *manager, const char *device, const char *by, uint32_t uid, char **ret_message);

/* It is warned that the device is back soon: a finding of it, maintenance_ending. */
bool maintenance_is_ending(const Device *device);

/* Every second: warnings and ends. */
void maintenance_tick(Manager *manager, usec_t now);
/* What was under way when hsmd ended. One whose time is over ends with an event. */
void maintenance_restore(Manager *manager, const MaintenanceRecord *records, size_t n);
/* A device is made anew by a reload: it takes over what is under way. Shows nothing yet. */
void maintenance_carry(Device *device, Device *old);
/* A device goes from the configuration: what is under way ends, with an event. */
void maintenance_drop(Device *device);

#endif
