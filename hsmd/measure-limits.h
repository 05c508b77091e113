#ifndef HSMD_MEASURE_LIMITS_H
#define HSMD_MEASURE_LIMITS_H
/* What a burst of operations may cost a machine, and what stood in its way. Pure.
 *
 * A burst in service takes no more than `share` of what the machine can do in `period`; it is made in two
 * halves, with half of the sessions and with all, because only that tells a machine at its limit from one
 * that had no more to do. */

#include "protocol.h"

/* where no period is configured, the share is of an hour */
#define MEASURE_PERIOD_DEFAULT (3600 * USEC_PER_SEC)
/* more sessions that bring less than this much more: the machine is at its limit, in percent */
#define MEASURE_GAIN_PERCENT 20
/* of the processors' time: this host is at its own limit, in percent */
#define MEASURE_CLIENT_PERCENT 90

/* Operations that a burst may take; 0 = bounded by its duration alone. rated_rate 0: not known. */
uint64_t measure_operations_max(double share, usec_t period, uint32_t rated_rate);

/* The longest a burst may last, where the machine's rate is not known, else USEC_INFINITY. */
usec_t measure_duration_max(double share, usec_t period, uint32_t rated_rate);

/* When the next burst in service may begin after one of `spent` that began at `began`. */
usec_t measure_next(double share, usec_t began, usec_t spent);

/* What limited the rate of the second half. half may be NULL when there was one session. */
LimitedBy measure_limited_by(const MsgMeasured *half, const MsgMeasured *full);

/* Whether health checks suffer: the 95th percentile of those during the burst is more than twice that before.
 * Never with fewer than five. Values in microseconds, in any order. */
bool measure_health_suffers(const uint32_t *before, size_t n_before, const uint32_t *during, size_t n_during);

#endif
