#include "poll-schedule.h"

usec_t schedule_first(usec_t now, usec_t interval, size_t i, size_t n, uint32_t random) {
        usec_t share = interval / MAX_OF(n, (size_t) 1);

        return now + share * i + (share > 0 ? random % share : 0);
}

usec_t schedule_next(usec_t due, usec_t interval, usec_t now, uint64_t *ret_skipped) {
        usec_t next = due + interval;
        uint64_t skipped = 0;

        if (next <= now && interval > 0) {
                skipped = (now - next) / interval + 1;
                next += skipped * interval;
        }
        *ret_skipped = skipped;
        return next;
}
