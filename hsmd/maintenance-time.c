#include "maintenance-time.h"

static usec_t until_then(usec_t then, usec_t now) {
        return then > now ? then - now : 0;
}

MaintenanceTime maintenance_time(usec_t until, usec_t now, usec_t realtime) {
        return (MaintenanceTime){
                .start = realtime, .until = until, .ends = now + until_then(until, realtime)};
}

/* The monotonic clock of then says nothing now. If the clock of the wall stands before the start, it was set
 * back, and all that can be said is that no more is left than was planned. */
MaintenanceTime maintenance_time_restored(usec_t start, usec_t until, usec_t now, usec_t realtime) {
        usec_t left = MIN_OF(until_then(until, realtime), until_then(until, start));

        return (MaintenanceTime){.start = start, .until = until, .ends = now + left};
}

usec_t maintenance_left(const MaintenanceTime *t, usec_t now, usec_t realtime) {
        return MIN_OF(until_then(t->until, realtime), until_then(t->ends, now));
}

MaintenancePhase maintenance_phase(const MaintenanceTime *t, usec_t now, usec_t realtime) {
        usec_t left = maintenance_left(t, now, realtime);
        usec_t warning = MIN_OF(MAINTENANCE_WARNING, until_then(t->until, t->start) / 2);

        if (left == 0)
                return MAINTENANCE_OVER;
        return left <= warning ? MAINTENANCE_ENDS_SOON : MAINTENANCE_RUNS;
}
