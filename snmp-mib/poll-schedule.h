#ifndef HSMD_POLL_SCHEDULE_H
#define HSMD_POLL_SCHEDULE_H
/* When agents are due: pure functions. */

#include "macro.h"

/* When the i-th of n agents is polled first: spread over the interval, so that no two fall together, with
 * `random` (any value) choosing the place within each agent's own share, so that two pollers do not walk in
 * step either. */
usec_t schedule_first(usec_t now, usec_t interval, size_t i, size_t n, uint32_t random);

/* When an agent that was due at `due` is due again: its phase never moves. Turns that have passed meanwhile
 * are left out, and *ret_skipped says how many. */
usec_t schedule_next(usec_t due, usec_t interval, usec_t now, uint64_t *ret_skipped);

#endif
