#ifndef HSMD_HISTOGRAM_H
#define HSMD_HISTOGRAM_H
/* Durations in fixed memory: 64 steps an octave from 1 us to 60 s, so that what is told is at most 1/64 (1.6
 * %) above what was measured. Not safe for several threads: each has its own, and they are merged. */

#include "macro.h"

typedef struct Histogram Histogram;

/* NULL without memory. About 11 KiB. */
Histogram *histogram_new(void);

/* Always NULL. */
Histogram *histogram_free(Histogram *h);

/* A duration in microseconds; one above 60 s counts as 60 s, and histogram_max still tells it whole. */
void histogram_add(Histogram *h, usec_t value);

void histogram_merge(Histogram *into, const Histogram *from);

/* The least value that at least `percent` (0..100) of all values do not exceed: never below the true one,
 * at most 1/64 above it, and never above the maximum. 0 when there are no values. */
usec_t histogram_percentile(const Histogram *h, double percent);

usec_t histogram_max(const Histogram *h);
uint64_t histogram_count(const Histogram *h);

static inline void histogram_freep(Histogram **h) {
        histogram_free(*h);
}
#define CLEANUP_HISTOGRAM CLEANUP(histogram_freep)

#endif
