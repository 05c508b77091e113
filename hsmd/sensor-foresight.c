#include "sensor-foresight.h"

#include <math.h>

#define USEC_PER_HOUR (3600.0 * USEC_PER_SEC)
/* beyond this nobody can tell what a value comes to from how it moves now */
#define TRACKED_MAX 1e18
/* what ten minutes say of the day after tomorrow */
#define LIMIT_IN_MAX (24 * 3600 * USEC_PER_SEC)
/* a rise is believed for so many times as long as it was seen */
#define BELIEVED 3
/* a latched rise is over when the limit is so many times as far as it had to be near */
#define CLEARLY_OVER 1.5
/* of a rise that is news by itself, this part */
#define STILL_RISING 0.8

static void forget_points(SensorTrack *t) {
        t->n_points = 0;
        t->has_rise = t->has_limit_in = false;
}

/* Drops what is older than the window, and the oldest of too many. */
static void make_room(SensorTrack *t, usec_t window, usec_t now) {
        size_t old = t->n_points == TRACK_POINTS ? 1 : 0;

        while (old < t->n_points && now - t->points[old].when > window)
                old++;
        t->n_points -= old;
        memmove(t->points, t->points + old, t->n_points * sizeof(t->points[0]));
}

static bool is_followed(const SensorTrack *t, const ConfigSensor *c) {
        return c->limits.rise_window > 0 && fabs(t->value) <= TRACKED_MAX &&
               (c->kind == SENSOR_GAUGE || c->limits.rise > 0);
}

/* Takes a point in when the last one is long enough ago, and measures the rise again. */
static void follow(SensorTrack *t, const ConfigSensor *c) {
        usec_t window = c->limits.rise_window, now = t->value_when;
        usec_t apart = MAX_OF(window / TRACK_POINTS, (usec_t) 1);
        bool is_back = t->n_points > 0 && now < t->points[t->n_points - 1].when;

        if (is_back || !is_followed(t, c))
                forget_points(t);
        if (!is_followed(t, c))
                return;
        if (t->n_points > 0 && now - t->points[t->n_points - 1].when < apart)
                return;
        make_room(t, window, now);
        t->points[t->n_points++] = (RisePoint){.when = now, .value = t->value};
        t->has_rise = rise_measure(t->points, t->n_points, window, &t->rise);
}

static bool has_inertia(const ConfigSensor *c) {
        static const SensorMeaning obedient[] = {MEANING_FAN, MEANING_POWER, MEANING_WATER, MEANING_LOAD,
                MEANING_MEMORY, MEANING_UPTIME, MEANING_OPERATIONS, MEANING_SESSIONS, MEANING_TRAFFIC,
                MEANING_LINK};

        for (size_t i = 0; i < ELEMENTSOF(obedient); i++)
                if (c->meaning == obedient[i])
                        return false;
        return c->kind == SENSOR_GAUGE;
}

/* Which limit comes next in that direction. */
static bool next_limit(const SensorTrack *t, const SensorLimits *l, bool up, double *ret) {
        SensorLevel level = t->high == up ? t->level : LEVEL_NORMAL;
        bool has_warning = up ? l->has_high_warning : l->has_low_warning;
        bool has_critical = up ? l->has_high_critical : l->has_low_critical;

        if (has_warning && level < LEVEL_WARNING)
                *ret = up ? l->high_warning : l->low_warning;
        else if (has_critical && level < LEVEL_CRITICAL)
                *ret = up ? l->high_critical : l->low_critical;
        else
                return false;
        return true;
}

/* The value now, as two points before it agree: one outlier near a limit is no reason for an alarm. */
static double value_agreed(const SensorTrack *t) {
        size_t last = t->n_points - 1; /* there are RISE_POINTS_MIN at least */
        double v[3] = {t->value};

        if (t->points[last].when == t->value_when)
                last--;
        for (size_t i = 1; i <= 2; i++) {
                const RisePoint *p = &t->points[last + 1 - i];

                v[i] = p->value + t->rise.pace * (double) (t->value_when - p->when) / USEC_PER_HOUR;
        }
        return MAX_OF(MIN_OF(v[0], v[1]), MIN_OF(MAX_OF(v[0], v[1]), v[2]));
}

/* How long until the next limit, at this pace. */
static void look_ahead(SensorTrack *t, const SensorLimits *l) {
        bool up = t->rise.pace > 0;
        double limit, left, usec, most = (double) MAX_OF(LIMIT_IN_MAX, l->foresight);

        if (!next_limit(t, l, up, &limit))
                return;
        left = up ? limit - t->value_agreed : t->value_agreed - limit;
        usec = left > 0 ? left / fabs(t->rise.pace) * USEC_PER_HOUR : 0;
        if (!(usec <= most))
                return;
        t->has_limit_in = true;
        t->limit = limit;
        t->limit_in = (usec_t) usec;
}

static bool is_near(const SensorTrack *t, const SensorLimits *l, double times) {
        usec_t ahead = MIN_OF(l->foresight, BELIEVED * t->rise.span);

        return t->has_limit_in && (double) t->limit_in < times * (double) ahead;
}

static bool is_fast(const SensorTrack *t, const SensorLimits *l, double part) {
        return l->rise > 0 && t->rise.pace >= part * l->rise;
}

/* A temperature that falls is told when it is too low; what a battery loses is as telling as a rise. */
static bool counts(const SensorTrack *t, const ConfigSensor *c) {
        return t->rise.pace > 0 || c->meaning != MEANING_TEMPERATURE;
}

/* For as long as the window holds a rise that is over, it may look like one again: only if it goes further.
 */
static bool is_old(const SensorTrack *t, const SensorLimits *l) {
        double further = t->value_agreed - t->rise_over_value;

        if (t->rise_over == 0 || t->value_when - t->rise_over > l->rise_window)
                return false;
        return t->rise.pace > 0 ? further <= l->hysteresis : further >= -l->hysteresis;
}

static bool is_news(const SensorTrack *t, const ConfigSensor *c) {
        const SensorLimits *l = &c->limits;

        if (t->rising)
                return counts(t, c) && (is_near(t, l, CLEARLY_OVER) || is_fast(t, l, STILL_RISING));
        return counts(t, c) && (is_near(t, l, 1) || is_fast(t, l, 1)) && !is_old(t, l);
}

void foresee(SensorTrack *t, const ConfigSensor *c) {
        bool was = t->rising, significant;

        follow(t, c);
        significant = t->has_rise && t->rise.strength >= (was ? 0.5 : 1);
        t->has_limit_in = false;
        if (significant) {
                t->value_agreed = value_agreed(t);
                if (has_inertia(c))
                        look_ahead(t, &c->limits);
        }
        t->rising = significant && is_news(t, c);
        if (was && !t->rising) {
                t->rise_over = t->value_when;
                t->rise_over_value = t->value_agreed;
        }
}
