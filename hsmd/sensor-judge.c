#include "sensor-judge.h"

#include <math.h>

#include "sensor-counter.h"

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
/* samples may be far apart, or the clock may jump: each counts for at most this part of frozen_after */
#define FROZEN_SAMPLES_MIN 4

/* --- level
 * --------------------------------------------------------------------------------------------------- */

static SensorLevel level_of(const SensorTrack *t) {
        return t->level != 0 ? t->level : LEVEL_NORMAL;
}

/* Beyond a limit, or not yet back within it by the hysteresis. */
static bool beyond(bool has_limit, double limit, double value, bool high, bool held, double hysteresis) {
        double back = held && hysteresis > 0 ? hysteresis : 0;

        if (!has_limit)
                return false;
        if (held && back > 0)
                return high ? value > limit - back : value < limit + back;
        return high ? value >= limit : value <= limit;
}

static SensorLevel level_on_side(const SensorLimits *l, double value, bool high, SensorLevel held) {
        bool has_critical = high ? l->has_high_critical : l->has_low_critical;
        bool has_warning = high ? l->has_high_warning : l->has_low_warning;
        double critical = high ? l->high_critical : l->low_critical;
        double warning = high ? l->high_warning : l->low_warning;

        if (beyond(has_critical, critical, value, high, held == LEVEL_CRITICAL, l->hysteresis))
                return LEVEL_CRITICAL;
        if (beyond(has_warning, warning, value, high, held >= LEVEL_WARNING, l->hysteresis))
                return LEVEL_WARNING;
        return LEVEL_NORMAL;
}

/* A limit that is passed on one side counts for more than one that is left on the other. */
static void judge_limits(SensorTrack *t, const SensorLimits *l, double value) {
        bool side = t->high;
        SensorLevel other = level_on_side(l, value, !side, LEVEL_NORMAL);

        if (other > LEVEL_NORMAL) {
                t->level = other;
                t->high = !side;
                return;
        }
        t->level = level_on_side(l, value, side, level_of(t));
}

static void judge_state(SensorTrack *t, const ConfigSensor *c, double value) {
        t->level = LEVEL_NORMAL;
        for (size_t i = 0; i < c->n_states; i++)
                if (value == c->states[i].value)
                        t->level = c->states[i].level;
}

/* --- rise
 * ---------------------------------------------------------------------------------------------------- */

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

/* Takes a point in when the last one is long enough ago, and measures the rise again. */
static void follow(SensorTrack *t, usec_t window, usec_t now, double value) {
        usec_t apart = MAX_OF(window / TRACK_POINTS, (usec_t) 1);

        if (window == 0 || fabs(value) > TRACKED_MAX ||
                (t->n_points > 0 && now < t->points[t->n_points - 1].when))
                forget_points(t);
        if (window == 0 || fabs(value) > TRACKED_MAX)
                return;
        if (t->n_points > 0 && now - t->points[t->n_points - 1].when < apart)
                return;
        make_room(t, window, now);
        t->points[t->n_points++] = (RisePoint){.when = now, .value = value};
        t->has_rise = rise_measure(t->points, t->n_points, window, &t->rise);
}

/* Which limit comes next in that direction. */
static bool next_limit(const SensorTrack *t, const SensorLimits *l, bool up, double *ret) {
        SensorLevel level = t->high == up ? level_of(t) : LEVEL_NORMAL;
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

/* A temperature that falls is told when it is too low; what a battery or a fan loses is as telling as a rise.
 */
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

static void judge_rise(SensorTrack *t, const ConfigSensor *c) {
        bool significant = t->has_rise && t->rise.strength >= (t->rising ? 0.5 : 1), was = t->rising;

        t->has_limit_in = false;
        if (significant) {
                t->value_agreed = value_agreed(t);
                look_ahead(t, &c->limits);
        }
        t->rising = significant && is_news(t, c);
        if (was && !t->rising) {
                t->rise_over = t->value_when;
                t->rise_over_value = t->value_agreed;
        }
}

/* --- samples
 * ------------------------------------------------------------------------------------------------- */

static void not_valid(SensorTrack *t, SensorStatus status, SensorReason reason) {
        t->status = status;
        t->reason = reason;
        t->heard = 0;
}

/* Adds up for how long it has told the same. */
static void watch_freezing(SensorTrack *t, const ConfigSensor *c, const MsgSample *s) {
        bool same = c->kind == SENSOR_COUNTER ? t->has_counter && t->counter == s->counter
                                              : t->has_value && t->value == s->value;
        usec_t most = c->limits.frozen_after / FROZEN_SAMPLES_MIN + 1;

        if (!same)
                t->unchanged = 0;
        else if (t->heard > 0 && s->when > t->heard)
                t->unchanged += MIN_OF(s->when - t->heard, most);
        t->heard = s->when;
}

/* That a fan is well for years is no fault of its sensor. */
static bool is_frozen(const SensorTrack *t, const ConfigSensor *c) {
        usec_t after = c->limits.frozen_after;

        return c->kind != SENSOR_STATE && after > 0 && t->unchanged >= after;
}

static bool is_sane(const MsgSample *s) {
        return s->status >= SENSOR_OK && s->status <= SENSOR_NONOPERATIONAL &&
               s->reason >= SENSOR_REASON_OK && s->reason <= SENSOR_REASON_NONOPERATIONAL &&
               (s->status == SENSOR_OK) == (s->reason == SENSOR_REASON_OK);
}

static void take_value(SensorTrack *t, const ConfigSensor *c, double value, usec_t when) {
        t->has_value = true;
        t->value = value;
        t->value_when = when;
        if (c->kind == SENSOR_STATE) {
                judge_state(t, c, value);
                return;
        }
        judge_limits(t, &c->limits, value);
        follow(t, c->limits.rise_window, when, value);
        judge_rise(t, c);
}

void track_sample(SensorTrack *t, const ConfigSensor *c, const MsgSample *s, bool discontinuity) {
        double value = s->value;

        t->known = true;
        if (!is_sane(s)) {
                not_valid(t, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
                return;
        }
        if (s->status != SENSOR_OK) {
                not_valid(t, s->status, s->reason);
                return;
        }
        if (c->kind != SENSOR_COUNTER && !isfinite(value)) {
                not_valid(t, SENSOR_UNAVAILABLE, SENSOR_REASON_OUT_OF_RANGE);
                return;
        }
        t->status = SENSOR_OK;
        t->reason = SENSOR_REASON_OK;
        watch_freezing(t, c, s);
        if (c->kind == SENSOR_COUNTER && !counter_rate(t, c, s, discontinuity, &value))
                return;
        take_value(t, c, value, s->when);
}

void track_missing(SensorTrack *t, SensorReason reason, usec_t now UNUSED) {
        not_valid(t, reason == SENSOR_REASON_NONOPERATIONAL ? SENSOR_NONOPERATIONAL : SENSOR_UNAVAILABLE,
                reason);
}

/* --- verdict
 * ------------------------------------------------------------------------------------------------- */

static SensorFinding finding_of(const SensorTrack *t, const ConfigSensor *c) {
        if (level_of(t) > LEVEL_NORMAL && c->kind == SENSOR_STATE)
                return FINDING_STATE;
        if (level_of(t) > LEVEL_NORMAL)
                return t->high ? FINDING_HIGH : FINDING_LOW;
        return t->rising ? FINDING_RISING : FINDING_NONE;
}

static void tell_rise(const SensorTrack *t, usec_t now, SensorVerdict *v) {
        usec_t age = now > t->value_when ? now - t->value_when : 0;

        if (!t->has_rise)
                return;
        v->has_rise = true;
        v->rise = t->rising || t->rise.strength >= 1 ? t->rise.pace : 0;
        if (!t->has_limit_in)
                return;
        v->has_limit_in = true;
        v->limit = t->limit;
        v->limit_in = t->limit_in > age ? t->limit_in - age : 0;
}

void track_verdict(SensorTrack *t, const ConfigSensor *c, usec_t now, SensorVerdict *ret) {
        SensorVerdict v = {
                .status = t->status != 0 ? t->status : SENSOR_UNAVAILABLE,
                .reason = t->status != 0 ? t->reason : SENSOR_REASON_SILENT,
                .has_value = t->has_value,
                .value = t->value,
                .value_when = t->value_when,
                .level = level_of(t),
                .finding = FINDING_NONE,
        };

        if (v.status == SENSOR_OK && is_frozen(t, c)) {
                v.status = SENSOR_NONOPERATIONAL;
                v.reason = SENSOR_REASON_FROZEN;
        }
        if (v.status == SENSOR_OK && v.has_value) {
                v.finding = finding_of(t, c);
                tell_rise(t, now, &v);
        }
        *ret = v;
}

/* --- words
 * --------------------------------------------------------------------------------------------------- */

static Reason reason_of_temperature(SensorFinding finding) {
        switch (finding) {
        case FINDING_HIGH:
                return REASON_HOT;
        case FINDING_LOW:
                return REASON_COLD;
        case FINDING_RISING:
                return REASON_TEMPERATURE_RISING;
        case FINDING_DEVIATING:
                return REASON_TEMPERATURE_DEVIATING;
        case FINDING_ABOVE_ROOM:
                return REASON_ABOVE_ROOM;
        default:
                return REASON_SENSOR_LIMIT;
        }
}

/* Some profiles tell only the type. */
static SensorMeaning meaning_or_type(SensorMeaning meaning, SensorType type) {
        if (meaning > MEANING_OTHER)
                return meaning;
        if (type == SENSOR_TYPE_CELSIUS)
                return MEANING_TEMPERATURE;
        return type == SENSOR_TYPE_RPM ? MEANING_FAN : MEANING_OTHER;
}

Reason sensor_finding_reason(SensorMeaning meaning, SensorType type, SensorFinding finding) {
        bool by_itself = finding >= FINDING_HIGH && finding <= FINDING_RISING;

        if (finding == FINDING_NONE || finding == 0)
                return REASON_NONE;
        switch (meaning_or_type(meaning, type)) {
        case MEANING_TEMPERATURE:
                return reason_of_temperature(finding);
        case MEANING_FAN: /* one that turns too fast has not failed */
                return finding == FINDING_LOW || finding == FINDING_STATE ? REASON_FAN_FAILED
                                                                          : REASON_SENSOR_LIMIT;
        case MEANING_POWER:
        case MEANING_BATTERY:
                return by_itself ? REASON_POWER_FAILED : REASON_SENSOR_LIMIT;
        case MEANING_SESSIONS:
                return finding == FINDING_HIGH || finding == FINDING_RISING ? REASON_SESSIONS_NEAR_LIMIT
                                                                            : REASON_SENSOR_LIMIT;
        default:
                return REASON_SENSOR_LIMIT;
        }
}
