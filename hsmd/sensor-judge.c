#include "sensor-judge.h"

#include <math.h>

#include "sensor-counter.h"
#include "sensor-foresight.h"

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
        foresee(t, c);
}

void track_sample(SensorTrack *t, const ConfigSensor *c, const MsgSample *s, bool discontinuity) {
        double value = s->value;
        int r;

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
        r = c->kind == SENSOR_COUNTER ? counter_rate(t, c, s, discontinuity, &value) : 1;
        if (r < 0)
                not_valid(t, SENSOR_UNAVAILABLE, SENSOR_REASON_OUT_OF_RANGE);
        if (r <= 0)
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
