/* How often something happened in the last 24 hours: 24 counts, one an hour. */
#include "device.h"

#define HOUR (3600 * USEC_PER_SEC)

static uint64_t in_window(const DayCount *c, uint64_t hour, uint64_t i) {
        /* slot i holds the newest hour that ends on i; older than a day it is nothing */
        uint64_t of_slot = c->hour - (c->hour - i) % 24;

        return hour < of_slot + 24 ? c->hours[i] : 0;
}

void day_count(DayCount *c, uint64_t n, usec_t now) {
        uint64_t hour = now / HOUR + 24; /* so that no difference goes below zero */

        if (c->hour == 0)
                c->hour = hour;
        for (uint64_t gone = 1; c->hour + gone <= hour && gone <= 24; gone++)
                c->hours[(c->hour + gone) % 24] = 0;
        c->hour = MAX_OF(c->hour, hour);
        c->hours[c->hour % 24] += n;
}

void device_count_login(Device *d) {
        d->logins++;
        day_count(&d->logins_day, 1, now_monotonic());
}

uint64_t day_total(const DayCount *c, usec_t now) {
        uint64_t hour = now / HOUR + 24, total = 0;

        for (uint64_t i = 0; i < 24; i++)
                total += c->hour == 0 ? 0 : in_window(c, hour, i);
        return total;
}
