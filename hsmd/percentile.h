#ifndef HSMD_PERCENTILE_H
#define HSMD_PERCENTILE_H

#include "macro.h"

#define PERCENTILE_MAX 256

/* The value below which so many percent of the last n values stand; of a ring in which `count` were put so
 * far, `size` of them kept (at most PERCENTILE_MAX). 0 of none. */
uint32_t percentile_of_ring(const uint32_t *ring, size_t size, uint64_t count, unsigned percent);

#endif
