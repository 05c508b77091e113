#include "sensor-counter.h"

#include <math.h>

/* two readings nearer to each other tell the jitter of the clock, not a rate */
#define APART_MIN (100 * USEC_PER_MSEC)
/* so many times the pace known so far may it be while it wraps, and be believed */
#define FASTER 4.0
/* a counter of octets would have 8 terabits a second */
#define PACE_MAX 1e12

static bool has_wrapped_often(const SensorTrack *t, const MsgSample *s, double seconds) {
        return s->counter_bits == 32 && t->has_pace && t->pace * seconds > 0x1p31;
}

/* How far it has counted in between. */
static bool advance(const SensorTrack *t, const MsgSample *s, uint64_t now, double seconds, double *ret) {
        bool fell = now < t->counter;
        double by =
                s->counter_bits == 32 ? (double) (uint32_t) (now - t->counter) : (double) (now - t->counter);

        /* a counter that begins anew falls as well, and would seem to race around */
        if (fell && !(t->has_pace && by <= FASTER * t->pace * seconds))
                return false;
        *ret = by;
        return true;
}

static bool is_possible(const ConfigSensor *c, double pace, double rate) {
        bool has_range = c->max > c->min;

        return isfinite(rate) && pace <= PACE_MAX && (!has_range || (rate >= c->min && rate <= c->max));
}

int counter_rate(
        SensorTrack *t, const ConfigSensor *config, const MsgSample *s, bool discontinuity, double *ret) {
        uint64_t now = s->counter_bits == 32 ? (uint32_t) s->counter : s->counter;
        bool goes_on = t->has_counter && !discontinuity && s->when >= t->counter_when, counted = false;
        double seconds = goes_on ? (double) (s->when - t->counter_when) / USEC_PER_SEC : 0, by = 0, pace;

        if (goes_on && s->when - t->counter_when < APART_MIN)
                return 0; /* the next is measured from the same reading as this one */
        if (goes_on)
                counted = advance(t, s, now, seconds, &by);
        t->has_counter = true;
        t->counter = now;
        t->counter_when = s->when;
        if (goes_on && has_wrapped_often(t, s, seconds)) {
                t->has_pace = false; /* or it would never be believed again */
                return -ERANGE;
        }
        if (!counted)
                return 0;
        pace = by / seconds;
        if (!is_possible(config, pace, pace * config->scale))
                return -ERANGE;
        t->has_pace = true;
        t->pace = pace;
        *ret = pace * config->scale;
        return 1;
}
