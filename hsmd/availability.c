#include "availability.h"

#define USEC_PER_HOUR (3600 * USEC_PER_SEC)

void availability_add(Availability *a, usec_t realtime, usec_t serving, usec_t observed) {
        uint32_t hour = (uint32_t) (realtime / USEC_PER_HOUR);
        AvailabilityHour *h = &a->hours[hour % AVAILABILITY_MONTH];

        if (h->hour != hour)
                *h = (AvailabilityHour){.hour = hour};
        h->serving += (uint32_t) (serving / USEC_PER_MSEC);
        h->observed += (uint32_t) (observed / USEC_PER_MSEC);
}

bool availability_of(const Availability *a, usec_t realtime, unsigned hours, uint32_t *ret) {
        uint32_t now = (uint32_t) (realtime / USEC_PER_HOUR);
        uint64_t serving = 0, observed = 0;

        for (uint32_t i = 0; i < hours && i < AVAILABILITY_MONTH && i < now; i++) {
                const AvailabilityHour *h = &a->hours[(now - i) % AVAILABILITY_MONTH];

                if (h->hour != now - i)
                        continue;
                serving += h->serving;
                observed += h->observed;
        }
        if (observed == 0)
                return false;
        *ret = (uint32_t) (serving * 100000 / observed);
        return true;
}
