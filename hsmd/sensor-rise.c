#include "sensor-rise.h"

#include <math.h>

#include "median.h"

#define USEC_PER_HOUR (3600.0 * USEC_PER_SEC)
/* so many times the uncertainty must a change be: a fleet has thousands of sensors, which are asked for years
 */
#define CERTAINTY 6.0
/* the fewest points of a part of the window that are asked whether things have changed lately */
#define PART_POINTS_MIN 5

/* What a sensor's value does even when nothing changes. */
typedef struct Restlessness {
        double step;  /* the smallest change that was seen: a whole degree, a tenth */
        double noise; /* standard deviation */
} Restlessness;

static double span_of(const RisePoint *p, size_t n) {
        return (double) (p[n - 1].when - p[0].when) / USEC_PER_HOUR;
}

/* The slope of Theil and Sen: the median of the slopes between any two points, which stays what it is while
 * up to 29 % of them are anything. */
static double slope_of(const RisePoint *p, size_t n) {
        double slopes[RISE_POINTS_MAX * (RISE_POINTS_MAX - 1) / 2];
        size_t k = 0;

        for (size_t i = 0; i < n; i++)
                for (size_t j = i + 1; j < n; j++)
                        slopes[k++] =
                                (p[j].value - p[i].value) * USEC_PER_HOUR / (double) (p[j].when - p[i].when);
        return median(slopes, k);
}

static double smallest_step(const RisePoint *p, size_t n) {
        double step = 0;

        for (size_t i = 1; i < n; i++) {
                double change = fabs(p[i].value - p[i - 1].value);

                if (change > 0 && (step == 0 || change < step))
                        step = change;
        }
        return step;
}

/* How far points lie from the line between their neighbours: neither a rise nor a bend in it counts as noise.
 */
static double noise_of(const RisePoint *p, size_t n) {
        double off[RISE_POINTS_MAX];

        for (size_t i = 1; i + 1 < n; i++) {
                double part = (double) (p[i].when - p[i - 1].when) / (double) (p[i + 1].when - p[i - 1].when);

                off[i - 1] = fabs(p[i].value - p[i - 1].value - part * (p[i + 1].value - p[i - 1].value));
        }
        n -= 2;
        median(off, n);
        /* the upper quartile, of which three samples in four know more than of the median; of normal noise it
         * is 1.1503 deviations, of a value less the mean of two 1.2247 times that */
        return median(off + n / 2, n - n / 2) / 1.1503 / 1.2247;
}

/* By how much a slope times its span is uncertain. The noise is an estimate, too, and few points deceive more
 * often than its distribution says. */
static double uncertainty(const Restlessness *r, size_t n) {
        return CERTAINTY * r->noise * sqrt(12.0 / (double) n) * (1 + 3.0 / (double) n);
}

/* The change without its largest jump: a machine that takes up work is soon warmer by some degrees, and stays
 * there. Of a steady rise this takes nothing away, of one in whole degrees one of them. */
static double change_without_jump(const RisePoint *p, size_t n, bool up) {
        RisePoint calm[RISE_POINTS_MAX];
        double increments[RISE_POINTS_MAX], usual;
        size_t jump = 1;

        for (size_t i = 1; i < n; i++) {
                increments[i - 1] = p[i].value - p[i - 1].value;
                if (up ? increments[i - 1] > p[jump].value - p[jump - 1].value
                       : increments[i - 1] < p[jump].value - p[jump - 1].value)
                        jump = i;
        }
        usual = median(increments, n - 1) - (p[jump].value - p[jump - 1].value);
        for (size_t i = 0; i < n; i++)
                calm[i] = (RisePoint){.when = p[i].when, .value = p[i].value + (i >= jump ? usual : 0)};
        return slope_of(calm, n) * span_of(calm, n);
}

static double strength_of(const RisePoint *p, size_t n, double pace, const Restlessness *r) {
        double change = change_without_jump(p, n, pace > 0), enough = 1.5 * r->step + uncertainty(r, n);

        if (enough <= 0 || pace == 0 || (change > 0) != (pace > 0))
                return 0;
        return fabs(change) / enough;
}

static Rise rise_of(const RisePoint *p, size_t n, const Restlessness *r) {
        double pace = slope_of(p, n);

        return (Rise){
                .pace = pace, .strength = strength_of(p, n, pace, r), .span = p[n - 1].when - p[0].when};
}

static bool same_direction(const Rise *a, const Rise *b) {
        return (a->pace > 0) == (b->pace > 0);
}

/* The last part of a window may know better. If it certainly tells another pace, it is believed instead; but
 * where both rise, for as long ahead as both were seen. If it only seems to, it may say how fast the rise is
 * now, and that it is over: to wait with an alarm takes less certainty than to raise one. */
static void correct(Rise *rise, const RisePoint *part, size_t n, const Restlessness *r) {
        Rise late = rise_of(part, n, r);
        double apart = fabs(late.pace - rise->pace) * span_of(part, n);
        double certain = 3 * r->step + uncertainty(r, n);

        if (apart > certain) {
                if (same_direction(rise, &late) && rise->strength >= 1 && late.strength >= 1)
                        late.span = rise->span;
                *rise = late;
        } else if (apart > certain / 2) {
                if (same_direction(rise, &late))
                        rise->pace = late.pace;
                else
                        rise->strength = 0;
        }
}

bool rise_measure(const RisePoint *p, size_t n, usec_t window, Rise *ret) {
        static const unsigned parts[] = {3, 6}; /* of the window: the last third, the last sixth */
        Restlessness r;
        Rise rise;

        if (n < RISE_POINTS_MIN || n > RISE_POINTS_MAX || p[n - 1].when - p[0].when < window / 3)
                return false;
        r = (Restlessness){.step = smallest_step(p, n), .noise = noise_of(p, n)};
        if (r.step <= 0) {
                *ret = (Rise){.span = p[n - 1].when - p[0].when}; /* as most sensors are most of the time */
                return true;
        }
        rise = rise_of(p, n, &r);
        for (size_t k = 0, first = 0; k < ELEMENTSOF(parts); k++) {
                while (p[n - 1].when - p[first].when > window / parts[k])
                        first++;
                if (n - first >= PART_POINTS_MIN)
                        correct(&rise, p + first, n - first, &r);
        }
        *ret = rise;
        return true;
}
