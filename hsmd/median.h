#ifndef HSMD_MEDIAN_H
#define HSMD_MEDIAN_H
/* The median, which one mad value among many does not move. */

#include <stddef.h>

/* Of n finite values, at least one; of an even number the mean of the two in the middle. Reorders them: the
 * upper half is behind the lower one, from n / 2 on. */
double median(double *values, size_t n);

#endif
