#ifndef HSMD_MAINTENANCE_TIME_H
#define HSMD_MAINTENANCE_TIME_H
/* When a maintenance warns and when it is over. Pure.
 *
 * It ends when this host's clock shows the time that was said, or when as much time has passed as that was
 * away when it was said, whichever comes first. So a clock that is set forward ends it early, and one that is
 * set back does not lengthen it: a machine that nobody watches is found again. */

#include "macro.h"

#define MAINTENANCE_WARNING (10 * 60 * USEC_PER_SEC) /* before its end; of a shorter one half of its time */
#define MAINTENANCE_MAX ((usec_t) 30 * 86400 * USEC_PER_SEC)

typedef enum MaintenancePhase {
        MAINTENANCE_RUNS = 1,
        MAINTENANCE_ENDS_SOON,
        MAINTENANCE_OVER,
} MaintenancePhase;

typedef struct MaintenanceTime {
        usec_t start, until; /* CLOCK_REALTIME */
        usec_t ends;         /* CLOCK_MONOTONIC, at the latest */
} MaintenanceTime;

/* A maintenance that begins now. until is later than realtime. */
MaintenanceTime maintenance_time(usec_t until, usec_t now, usec_t realtime);
/* One that went on while hsmd did not run. */
MaintenanceTime maintenance_time_restored(usec_t start, usec_t until, usec_t now, usec_t realtime);

/* How long it goes on, as both clocks have it; 0: it is over. */
usec_t maintenance_left(const MaintenanceTime *time, usec_t now, usec_t realtime);
MaintenancePhase maintenance_phase(const MaintenanceTime *time, usec_t now, usec_t realtime);

#endif
