#ifndef HSMD_AVAILABILITY_H
#define HSMD_AVAILABILITY_H
/* How much of the time in which it was known a device served: over the last day and the last month, from
 * hours. Pure. Time in maintenance, and time in which nothing was known of it or hsmd did not run, counts
 * neither way. */

#include "macro.h"

#define AVAILABILITY_DAY 24
#define AVAILABILITY_MONTH (31 * 24)

typedef struct AvailabilityHour {
        uint32_t hour;              /* since 1970, by this host's clock; 0: empty */
        uint32_t serving, observed; /* milliseconds */
} AvailabilityHour;

typedef struct Availability {
        AvailabilityHour hours[AVAILABILITY_MONTH]; /* by hour modulo their number */
} Availability;

/* realtime: CLOCK_REALTIME, microseconds. An hour that the clock went back to goes on. */
void availability_add(Availability *a, usec_t realtime, usec_t serving, usec_t observed);

/* Of the last hours, the one under way included: thousandths of a percent, 0 to 100,000. False: nothing was
 * observed. */
bool availability_of(const Availability *a, usec_t realtime, unsigned hours, uint32_t *ret);

#endif
