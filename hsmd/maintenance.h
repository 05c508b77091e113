#ifndef HSMD_MAINTENANCE_H
#define HSMD_MAINTENANCE_H
/* Machines out of service on an operator's word: out of capacity, without alarms, until a time that was said,
 * with a warning before. It ends by itself at that time of this host's clock, or when the time that it was to
 * last is over, whichever comes first: a clock that jumps shortens it at most. */

#include "history.h"

typedef struct Manager Manager;
typedef struct Device Device;

#define MAINTENANCE_WARNING (10 * 60 * USEC_PER_SEC) /* before its end; of a shorter one half of its time */
#define MAINTENANCE_MAX ((usec_t) 30 * 86400 * USEC_PER_SEC)

/* One that is under way; of a Device, NULL otherwise. */
typedef struct Maintenance {
        uint32_t id;         /* of the event that began it */
        usec_t start, until; /* CLOCK_REALTIME */
        usec_t ends;         /* CLOCK_MONOTONIC, at the latest */
        bool probing;        /* it is checked all the same */
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
 * far, a measurement under way), -ENOENT, -EINVAL (no reason given), with words saying what would be right.
 * One that is under way gets the new time and reason. */
int maintenance_start(Manager *manager, const MaintenanceRequest *request, char **ret_message);
int maintenance_end(Manager *manager, const char *device, const char *by, uint32_t uid, char **ret_message);

/* Every second: warnings and ends. */
void maintenance_tick(Manager *manager, usec_t now);
/* What was under way when hsmd ended. One whose time is over ends with an event. */
void maintenance_restore(Manager *manager, const MaintenanceRecord *records, size_t n);
/* A device is made anew by a reload. */
void maintenance_carry(Device *device, Device *old);

#endif
