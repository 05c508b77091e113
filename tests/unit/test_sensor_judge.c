/* What sensors say: validity, limits, rates, rises, and each beside the others. Weeks pass here in no time.
 */
#include <math.h>

#include "hsmd/median.h"
#include "hsmd/sensor-judge.h"
#include "unit.h"

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define POLL (10 * USEC_PER_SEC)
#define START (1000 * HOUR)

static const ConfigSensor temperature = {
        .kind = SENSOR_GAUGE,
        .type = SENSOR_TYPE_CELSIUS,
        .meaning = MEANING_TEMPERATURE,
        .scale = 1,
        .min = -55,
        .max = 150,
        .limits = {.has_low_critical = true,
                .low_critical = 0,
                .has_low_warning = true,
                .low_warning = 5,
                .has_high_warning = true,
                .high_warning = 75,
                .has_high_critical = true,
                .high_critical = 85,
                .hysteresis = 2,
                .rise_window = 10 * MINUTE,
                .foresight = 30 * MINUTE,
                .deviation = 10,
                .above_room = 40},
};

static const ConfigSensor counter = {
        .kind = SENSOR_COUNTER, .type = SENSOR_TYPE_OTHER, .scale = 1, .min = -1e15, .max = 1e15};

/* One sensor and its clock. */
typedef struct Sensor {
        SensorTrack track;
        SensorVerdict verdict;
        ConfigSensor config;
        usec_t now;
        unsigned seed;
} Sensor;

static Sensor new_sensor(const ConfigSensor *config) {
        return (Sensor){.config = *config, .now = START, .seed = 20261124};
}

static MsgSample good(double value, usec_t when) {
        return (MsgSample){.status = SENSOR_OK, .reason = SENSOR_REASON_OK, .value = value, .when = when};
}

static const SensorVerdict *judge(Sensor *s, const MsgSample *sample, bool discontinuity) {
        track_sample(&s->track, &s->config, sample, discontinuity);
        track_verdict(&s->track, &s->config, s->now, &s->verdict);
        return &s->verdict;
}

/* A poll later it tells this. */
static const SensorVerdict *tell(Sensor *s, double value) {
        MsgSample sample;

        s->now += POLL;
        assert_true(s->now < START + 1000 * HOUR); /* what a test waits for does not come */
        sample = good(value, s->now);
        return judge(s, &sample, false);
}

static const SensorVerdict *count(Sensor *s, uint64_t value, unsigned bits, bool discontinuity) {
        MsgSample sample;

        s->now += POLL;
        sample = good(NAN, s->now);
        sample.counter = value;
        sample.counter_bits = bits;
        return judge(s, &sample, discontinuity);
}

static double uniform(unsigned *seed) {
        return rand_r(seed) / ((double) RAND_MAX + 1);
}

/* Of deviation 1, about. */
static double normal(unsigned *seed) {
        double sum = -6;

        for (unsigned i = 0; i < 12; i++)
                sum += uniform(seed);
        return sum;
}

/* --- validity
 * ------------------------------------------------------------------------------------------------- */

static void a_sensor_never_heard_is_not_valid_and_says_nothing(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        track_verdict(&s.track, &s.config, s.now, &s.verdict);
        assert_int_equal(s.verdict.status, SENSOR_UNAVAILABLE);
        assert_int_equal(s.verdict.level, LEVEL_NORMAL);
        assert_int_equal(s.verdict.finding, FINDING_NONE);
        assert_false(s.verdict.has_value);
}

static void a_sample_that_is_not_ok_changes_no_level_and_finds_nothing(void **state UNUSED) {
        static const MsgSample bad[] = {
                {.status = SENSOR_UNAVAILABLE, .reason = SENSOR_REASON_WRONG_TYPE, .value = 20},
                {.status = SENSOR_UNAVAILABLE, .reason = SENSOR_REASON_OUT_OF_RANGE, .value = -200},
                {.status = SENSOR_NONOPERATIONAL, .reason = SENSOR_REASON_NONOPERATIONAL, .value = 20},
        };
        Sensor s = new_sensor(&temperature);

        assert_int_equal(tell(&s, 80)->finding, FINDING_HIGH);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                const SensorVerdict *v = judge(&s, &bad[i], false);

                assert_int_equal(v->status, bad[i].status);
                assert_int_equal(v->reason, bad[i].reason);
                assert_int_equal(v->finding, FINDING_NONE);
                assert_int_equal(v->level, LEVEL_WARNING);
                assert_true(v->has_value && v->value == 80); /* the last good one */
                assert_int_equal(v->value_when, START + POLL);
        }
        track_missing(&s.track, SENSOR_REASON_SILENT, s.now);
        track_verdict(&s.track, &s.config, s.now, &s.verdict);
        assert_int_equal(s.verdict.status, SENSOR_UNAVAILABLE);
        track_missing(&s.track, SENSOR_REASON_NONOPERATIONAL, s.now);
        track_verdict(&s.track, &s.config, s.now, &s.verdict);
        assert_int_equal(s.verdict.status, SENSOR_NONOPERATIONAL);
        assert_int_equal(tell(&s, 74)->finding, FINDING_HIGH); /* not yet back by the hysteresis */
}

static void what_is_no_number_is_no_value(void **state UNUSED) {
        static const double bad[] = {NAN, INFINITY, -INFINITY};
        MsgSample confused = good(20, START);
        Sensor s = new_sensor(&temperature);

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(tell(&s, bad[i])->reason, SENSOR_REASON_OUT_OF_RANGE);
                assert_false(s.verdict.has_value);
        }
        confused.status = 77; /* a worker may send anything */
        assert_int_equal(judge(&s, &confused, false)->status, SENSOR_UNAVAILABLE);
        confused.status = SENSOR_OK;
        confused.reason = SENSOR_REASON_SILENT;
        assert_int_equal(judge(&s, &confused, false)->status, SENSOR_UNAVAILABLE);
}

static void a_value_that_never_changes_is_frozen(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        s.config.limits.frozen_after = HOUR;
        for (unsigned i = 0; i < 360; i++)
                assert_int_equal(tell(&s, 80)->status, SENSOR_OK);
        for (unsigned i = 0; i < 2; i++)
                tell(&s, 80);
        assert_int_equal(s.verdict.status, SENSOR_NONOPERATIONAL);
        assert_int_equal(s.verdict.reason, SENSOR_REASON_FROZEN);
        assert_int_equal(s.verdict.finding, FINDING_NONE);
        assert_int_equal(tell(&s, 80.1)->status, SENSOR_OK);
}

static void silence_is_no_sameness(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        s.config.limits.frozen_after = HOUR;
        for (unsigned i = 0; i < 20; i++) {
                assert_int_equal(tell(&s, 40)->status, SENSOR_OK);
                track_missing(&s.track, SENSOR_REASON_SILENT, s.now);
                s.now += 2 * HOUR;
        }
        /* hsmd did not run meanwhile: nobody heard that it did not change */
        tell(&s, 40);
        s.now += 100 * HOUR;
        assert_int_equal(tell(&s, 40)->status, SENSOR_OK);
}

static void an_idle_counter_may_be_frozen_and_a_state_never_is(void **state UNUSED) {
        Sensor s = new_sensor(&counter), fan = new_sensor(&temperature);
        const SensorVerdict *v = NULL;

        s.config.limits.frozen_after = fan.config.limits.frozen_after = MINUTE;
        fan.config.kind = SENSOR_STATE;
        for (uint64_t i = 0; i < 60; i++)
                assert_int_equal(
                        count(&s, 100 * i, 64, false)->status, SENSOR_OK); /* one rate, no standstill */
        for (unsigned i = 0; i < 60; i++) {
                v = count(&s, 6000, 64, false);
                assert_int_equal(tell(&fan, 1)->status, SENSOR_OK);
        }
        assert_int_equal(v->reason, SENSOR_REASON_FROZEN);
}

/* --- limits and states
 * ---------------------------------------------------------------------------------------- */

typedef struct Told {
        double value;
        SensorLevel level;
        SensorFinding finding;
} Told;

static void walk(Sensor *s, const Told *steps, size_t n) {
        for (size_t i = 0; i < n; i++) {
                const SensorVerdict *v = tell(s, steps[i].value);

                if (v->level != steps[i].level || v->finding != steps[i].finding)
                        fail_msg("step %zu, value %g: level %s, finding %s", i, steps[i].value,
                                name_of(&sensor_level_names, v->level),
                                name_of(&sensor_finding_names, v->finding));
        }
}

static void limits_are_left_by_the_hysteresis(void **state UNUSED) {
        static const Told steps[] = {
                {74.9, LEVEL_NORMAL, FINDING_NONE},
                {75, LEVEL_WARNING, FINDING_HIGH},
                {73.1, LEVEL_WARNING, FINDING_HIGH},
                {73, LEVEL_NORMAL, FINDING_NONE},
                {74.9, LEVEL_NORMAL, FINDING_NONE},
                {86, LEVEL_CRITICAL, FINDING_HIGH},
                {83.5, LEVEL_CRITICAL, FINDING_HIGH},
                {83, LEVEL_WARNING, FINDING_HIGH},
                {84.9, LEVEL_WARNING, FINDING_HIGH},
                {40, LEVEL_NORMAL, FINDING_NONE},
                {5, LEVEL_WARNING, FINDING_LOW},
                {6.9, LEVEL_WARNING, FINDING_LOW},
                {-1, LEVEL_CRITICAL, FINDING_LOW},
                {1.9, LEVEL_CRITICAL, FINDING_LOW},
                {2, LEVEL_WARNING, FINDING_LOW},
                {7, LEVEL_NORMAL, FINDING_NONE},
                {-10, LEVEL_CRITICAL, FINDING_LOW},
                {90, LEVEL_CRITICAL, FINDING_HIGH}, /* from one side to the other */
                {3, LEVEL_WARNING, FINDING_LOW},
        };
        Sensor s = new_sensor(&temperature);

        walk(&s, steps, ELEMENTSOF(steps));
}

static void limits_that_are_not_given_do_not_count(void **state UNUSED) {
        static const Told steps[] = {{-1000, LEVEL_NORMAL, FINDING_NONE}, {84, LEVEL_NORMAL, FINDING_NONE},
                {85, LEVEL_CRITICAL, FINDING_HIGH}, {83.5, LEVEL_CRITICAL, FINDING_HIGH},
                {82, LEVEL_NORMAL, FINDING_NONE}};
        Sensor s = new_sensor(&temperature);

        s.config.limits.has_low_critical = s.config.limits.has_low_warning = false;
        s.config.limits.has_high_warning = false;
        walk(&s, steps, ELEMENTSOF(steps));
}

static void a_hysteresis_wider_than_the_limits_holds_nothing_for_ever(void **state UNUSED) {
        static const Told steps[] = {{12, LEVEL_WARNING, FINDING_HIGH}, {11, LEVEL_WARNING, FINDING_HIGH},
                {10, LEVEL_WARNING, FINDING_LOW}, {11, LEVEL_WARNING, FINDING_LOW},
                {12, LEVEL_WARNING, FINDING_HIGH}};
        Sensor s = new_sensor(&temperature);

        s.config.limits = (SensorLimits){.has_low_warning = true,
                .low_warning = 10,
                .has_high_warning = true,
                .high_warning = 12,
                .hysteresis = 50};
        walk(&s, steps, ELEMENTSOF(steps));
}

static void a_state_is_judged_by_its_map(void **state UNUSED) {
        ConfigSensorState map[] = {{.value = 1, .level = LEVEL_NORMAL}, {.value = 2, .level = LEVEL_WARNING},
                {.value = -3, .level = LEVEL_CRITICAL}};
        static const Told steps[] = {{1, LEVEL_NORMAL, FINDING_NONE}, {2, LEVEL_WARNING, FINDING_STATE},
                {-3, LEVEL_CRITICAL, FINDING_STATE}, {99, LEVEL_NORMAL, FINDING_NONE}};
        Sensor s = new_sensor(&temperature);

        s.config.kind = SENSOR_STATE;
        s.config.states = map;
        s.config.n_states = ELEMENTSOF(map);
        walk(&s, steps, ELEMENTSOF(steps));
        assert_true(s.verdict.has_value && s.verdict.value == 99); /* shown, though nobody knows it */
        assert_false(s.verdict.has_rise);
}

/* --- counters
 * ------------------------------------------------------------------------------------------------- */

static void a_counter_is_its_rate(void **state UNUSED) {
        Sensor s = new_sensor(&counter);

        s.config.scale = 8;
        count(&s, 1000, 64, false);
        assert_int_equal(s.verdict.status, SENSOR_OK);
        assert_false(s.verdict.has_value); /* one reading is no rate */
        assert_true(count(&s, 1500, 64, false)->value == 400);
        s.now += POLL; /* one poll was lost */
        assert_true(count(&s, 2500, 64, false)->value == 400);
        assert_true(count(&s, 2500, 64, false)->value == 0);
}

static void a_wrap_is_told_from_a_counter_that_begins_anew(void **state UNUSED) {
        static const struct {
                unsigned bits;
                uint64_t top;
        } kinds[] = {{32, UINT32_MAX}, {64, UINT64_MAX}};

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                unsigned bits = kinds[i].bits;
                Sensor s = new_sensor(&counter);

                count(&s, kinds[i].top - 2499, bits, false);
                count(&s, kinds[i].top - 1499, bits, false);
                assert_true(s.verdict.value == 100);
                count(&s, kinds[i].top - 499, bits, false);
                assert_true(count(&s, 500, bits, false)->value == 100); /* 1000 further, around */
                assert_true(count(&s, 1700, bits, false)->value == 120);
                assert_true(count(&s, 3, bits, false)->value == 120); /* begun anew: no rate this time */
                assert_int_equal(s.verdict.value_when, s.now - POLL);
                assert_int_equal(s.verdict.status, SENSOR_OK);
                assert_true(count(&s, 1003, bits, false)->value == 100);
        }
}

static void an_agent_that_restarts_gives_no_rate_once(void **state UNUSED) {
        Sensor s = new_sensor(&counter);

        s.config.limits = (SensorLimits){.has_high_warning = true, .high_warning = 1000};
        for (uint64_t i = 0; i < 5; i++)
                count(&s, 1000 * i, 64, false);
        assert_true(count(&s, 900000000, 64, true)->value == 100); /* higher than before, and no advance */
        assert_int_equal(s.verdict.finding, FINDING_NONE);
        assert_true(count(&s, 900000500, 64, false)->value == 50);
}

static void a_first_reading_after_which_it_falls_gives_no_rate(void **state UNUSED) {
        Sensor s = new_sensor(&counter);

        count(&s, 4000000000, 32, false);
        assert_false(count(&s, 5, 32, false)->has_value);
        assert_true(count(&s, 1005, 32, false)->value == 100);
}

static void a_counter_that_may_have_wrapped_often_gives_no_rate(void **state UNUSED) {
        Sensor s = new_sensor(&counter);

        count(&s, 0, 32, false);
        count(&s, 100000000, 32, false);
        assert_true(s.verdict.value == 1e7);
        s.now += HOUR; /* 8 times around, or 9 */
        assert_true(count(&s, 200000000, 32, false)->value == 1e7);
        assert_true(s.verdict.value_when < s.now - HOUR);
        assert_int_equal(s.verdict.status, SENSOR_UNAVAILABLE);
        assert_int_equal(s.verdict.reason, SENSOR_REASON_OUT_OF_RANGE);
        assert_true(count(&s, 300000000, 32, false)->value == 1e7);
        assert_int_equal(s.verdict.value_when, s.now);
        assert_int_equal(s.verdict.status, SENSOR_OK);
}

static void a_clock_that_stands_still_or_goes_back_gives_no_rate(void **state UNUSED) {
        Sensor s = new_sensor(&counter);

        count(&s, 0, 64, false);
        s.now -= POLL;
        assert_false(count(&s, 5000, 64, false)->has_value); /* at the same instant */
        assert_true(count(&s, 10000, 64, false)->value == 1000);
        s.now -= HOUR;
        assert_true(count(&s, 20000, 64, false)->value == 1000);
        assert_true(count(&s, 20500, 64, false)->value == 50);
}

static void a_pace_that_no_machine_has_is_none(void **state UNUSED) {
        Sensor s = new_sensor(&counter);

        s.config.max = INFINITY;
        count(&s, 0, 64, false);
        assert_false(count(&s, UINT64_MAX / 2, 64, false)->has_value);
        assert_int_equal(s.verdict.reason, SENSOR_REASON_OUT_OF_RANGE);
        assert_true(count(&s, UINT64_MAX / 2 + 10, 64, false)->value == 1);
        s.config.max = 1000;
        assert_true(count(&s, UINT64_MAX / 2 + 20010, 64, false)->value == 1); /* out of its range */
}

/* --- rise
 * ---------------------------------------------------------------------------------------------------- */

/* How far what is foreseen lies from what happens, as a part of it. */
static double error_of(double foreseen, usec_t from, usec_t until) {
        return fabs(foreseen - (double) (until - from)) / (double) (until - from);
}

static void a_rise_is_told_before_the_limit_is_reached(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);
        usec_t onset, told = 0, reached = 0, middle = 0;
        double value = 45, first = 0, then = 0;

        for (unsigned i = 0; i < 90; i++)
                assert_int_equal(tell(&s, 45 + 0.2 * normal(&s.seed))->finding, FINDING_NONE);
        onset = s.now;
        while (reached == 0) {
                value += 1.5 / 6; /* a fan fails: 1.5 degrees a minute */
                tell(&s, value + 0.2 * normal(&s.seed));
                if (s.verdict.finding == FINDING_RISING && told == 0) {
                        told = s.now;
                        first = (double) s.verdict.limit_in;
                        assert_true(s.verdict.has_limit_in && s.verdict.limit == 75);
                }
                if (s.now == onset + 10 * MINUTE) {
                        middle = s.now;
                        then = (double) s.verdict.limit_in;
                        assert_true(s.verdict.rise > 80 && s.verdict.rise < 100);
                }
                if (s.verdict.finding == FINDING_HIGH)
                        reached = s.now;
        }
        print_message("told %llu s after the onset, %llu s before the limit\n",
                (unsigned long long) ((told - onset) / USEC_PER_SEC),
                (unsigned long long) ((reached - told) / USEC_PER_SEC));
        assert_true(told > 0 && told - onset < 5 * MINUTE);
        assert_true(error_of(first, told, reached) < 0.4);
        assert_true(error_of(then, middle, reached) < 0.1);
        /* the next limit is the critical one */
        assert_true(s.verdict.has_limit_in && s.verdict.limit == 85);
}

static void the_time_to_the_limit_goes_down_between_polls(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);
        usec_t in;

        for (unsigned i = 0; i < 90; i++)
                tell(&s, 40 + i / 6.0);
        assert_true(s.verdict.has_limit_in);
        in = s.verdict.limit_in;
        assert_true(llabs((long long) in - (long long) (20 * MINUTE)) < (long long) (30 * USEC_PER_SEC));
        track_verdict(&s.track, &s.config, s.now + 5 * USEC_PER_SEC, &s.verdict);
        assert_int_equal(in - s.verdict.limit_in, 5 * USEC_PER_SEC);
        track_verdict(&s.track, &s.config, s.now + 100 * HOUR, &s.verdict);
        assert_int_equal(s.verdict.limit_in, 0);
}

/* How often a sensor that wanders about a value finds that it rises. */
static unsigned false_alarms(double value, double noise, double step, usec_t poll, unsigned days) {
        Sensor s = new_sensor(&temperature);
        unsigned n = 0;
        bool before = false;

        for (usec_t end = s.now + days * 24 * HOUR; s.now < end;) {
                double v = value + noise * normal(&s.seed);
                bool rising;

                s.now += poll - POLL;
                rising = tell(&s, step > 0 ? round(v / step) * step : v)->finding == FINDING_RISING;
                n += rising && !before;
                before = rising;
        }
        return n;
}

static void a_sensor_that_wanders_about_does_not_rise(void **state UNUSED) {
        static const struct {
                double value, noise, step;
                usec_t poll;
        } kinds[] = {{70, 0.5, 0, POLL}, {70, 0.05, 0.1, POLL}, {70.5, 0.3, 1, POLL}, {68, 2, 0, POLL},
                {70, 0.5, 0, 30 * USEC_PER_SEC}, {70, 0.5, 0.1, MINUTE}, {70.5, 1, 1, MINUTE}};

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                unsigned n = false_alarms(kinds[i].value, kinds[i].noise, kinds[i].step, kinds[i].poll, 20);

                if (n > 0)
                        fail_msg("kind %zu: %u false alarms", i, n);
        }
}

static void one_outlier_is_no_rise(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        for (unsigned i = 0; i < 360; i++) {
                tell(&s, i % 17 == 0 ? 74 : 40 + 0.1 * normal(&s.seed));
                assert_int_equal(s.verdict.finding, FINDING_NONE);
                assert_true(s.verdict.rise == 0);
        }
}

static void a_jump_to_another_level_is_no_rise(void **state UNUSED) {
        static const double steps[] = {0, 1};

        for (size_t k = 0; k < ELEMENTSOF(steps); k++) {
                Sensor s = new_sensor(&temperature);

                for (unsigned i = 0; i < 180; i++) {
                        double v = (i < 90 ? 50 : 58) + 0.1 * normal(&s.seed);

                        tell(&s, steps[k] > 0 ? round(v) : v);
                        assert_int_equal(s.verdict.finding, FINDING_NONE);
                }
        }
}

static void whole_degrees_hide_no_rise_and_make_none(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);
        bool told = false;

        /* 0.1 degrees a minute: a step every ten */
        for (unsigned i = 0; i < 360; i++) {
                tell(&s, floor(60 + i / 60.0));
                assert_int_equal(s.verdict.finding, FINDING_NONE);
        }
        s = new_sensor(&temperature);
        for (unsigned i = 0; i < 90; i++)
                tell(&s, 60);
        for (unsigned i = 0; s.verdict.finding != FINDING_HIGH; i++) {
                tell(&s, floor(60 + i / 12.0)); /* one in two minutes */
                told = told || s.verdict.finding == FINDING_RISING;
        }
        assert_true(told);
}

static void samples_that_are_missing_hide_no_rise(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);
        bool told = false;

        for (unsigned i = 0; s.verdict.finding != FINDING_HIGH; i++) {
                if (rand_r(&s.seed) % 2) {
                        s.now += POLL;
                        track_missing(&s.track, SENSOR_REASON_SILENT, s.now);
                        continue;
                }
                tell(&s, 50 + i / 6.0);
                told = told || s.verdict.finding == FINDING_RISING;
        }
        assert_true(told);
}

static void a_rise_that_ends_is_soon_over_and_does_not_flap(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);
        unsigned changes = 0;
        bool before = false;
        usec_t end = 0, over = 0;

        for (unsigned i = 0; i < 360; i++) {
                double v = MIN_OF(50 + (i > 90 ? i - 90 : 0) / 6.0, 65.0);
                bool rising = tell(&s, v + 0.2 * normal(&s.seed))->finding == FINDING_RISING;

                changes += rising != before;
                before = rising;
                if (v < 65)
                        end = s.now;
                if (rising)
                        over = s.now;
        }
        assert_int_equal(changes, 2);
        print_message("over %llu s after it ended\n", (unsigned long long) ((over - end) / USEC_PER_SEC));
        assert_true(over - end < 2 * MINUTE);
}

static void a_rise_at_the_edge_does_not_flap(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);
        unsigned changes = 0;
        bool before = false;

        /* 20 degrees an hour: it is foreseen from 65 on */
        for (unsigned i = 0; s.verdict.finding != FINDING_HIGH; i++) {
                bool rising = tell(&s, 55 + i / 18.0 + 0.3 * normal(&s.seed))->finding == FINDING_RISING;

                changes += rising != before;
                before = rising;
        }
        assert_int_equal(changes, 2); /* told, and superseded */
}

/* A rise that slows down as it nears its limit stays as far from it as foresight sees. */
static void a_limit_at_the_edge_of_foresight_does_not_flap(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);
        unsigned changes = 0;
        bool before = false;

        for (unsigned i = 0; i < 270; i++) {
                double v = 76 - 30 * exp(-(double) i / 180) + 0.1 * normal(&s.seed);
                bool rising = tell(&s, v)->finding == FINDING_RISING;

                changes += rising != before;
                before = rising;
        }
        assert_int_equal(changes, 1);
}

static void an_outlier_of_a_slow_rise_is_no_reason_for_an_alarm(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        for (unsigned i = 0; i < 360; i++) {
                tell(&s, i % 20 == 7 ? 74.5 : 50 + i / 45.0); /* 8 degrees an hour: two hours are left */
                assert_int_equal(s.verdict.finding, FINDING_NONE);
        }
        assert_true(s.verdict.has_limit_in && s.verdict.limit_in > HOUR);
}

static void nothing_is_foreseen_for_much_longer_than_it_was_seen(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        /* heard for the first time while it rises: a degree a minute, 25 minutes from its limit */
        for (unsigned i = 0; s.verdict.finding <= FINDING_NONE; i++)
                tell(&s, 50 + i / 6.0);
        assert_int_equal(s.verdict.finding, FINDING_RISING);
        assert_true(s.now - START > 6 * MINUTE && s.now - START < 8 * MINUTE);
        assert_true(s.verdict.limit_in < 3 * (s.now - START));
}

static void of_days_nothing_is_said(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        for (unsigned i = 0; i < 90; i++)
                tell(&s, 50 + i / 720.0); /* half a degree an hour, 50 hours from its limit */
        assert_true(s.verdict.rise > 0.45 && s.verdict.rise < 0.55);
        assert_false(s.verdict.has_limit_in);
}

static void a_clock_that_goes_back_begins_anew(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        for (unsigned i = 0; i < 90; i++)
                tell(&s, 50 + i / 12.0);
        assert_true(s.verdict.has_rise);
        s.now -= 5 * MINUTE;
        assert_false(tell(&s, 57)->has_rise);
        for (unsigned i = 0; i < 90; i++)
                assert_true(tell(&s, 57)->rise == 0);
}

static void a_pace_may_be_news_by_itself(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        s.config.limits.has_high_warning = s.config.limits.has_high_critical = false;
        s.config.limits.rise = 20;
        for (unsigned i = 0; i < 90; i++)
                tell(&s, 40 + i / 24.0); /* 15 an hour */
        assert_int_equal(s.verdict.finding, FINDING_NONE);
        for (unsigned i = 0; i < 90; i++)
                tell(&s, 44 + i / 12.0); /* 30 an hour */
        assert_int_equal(s.verdict.finding, FINDING_RISING);
        assert_false(s.verdict.has_limit_in);
}

static void what_falls_is_foreseen_unless_it_is_a_temperature(void **state UNUSED) {
        Sensor battery = new_sensor(&temperature), cold = new_sensor(&temperature);
        bool told = false;

        battery.config.meaning = MEANING_BATTERY;
        for (unsigned i = 0; battery.verdict.finding != FINDING_LOW; i++) {
                tell(&battery, 30 - i / 12.0);
                told = told || battery.verdict.finding == FINDING_RISING;
                assert_int_not_equal(tell(&cold, 30 - i / 12.0)->finding, FINDING_RISING);
        }
        assert_true(told);
        assert_true(cold.verdict.has_limit_in && cold.verdict.limit == 0);
        assert_true(cold.verdict.rise < -20);
}

static void of_what_obeys_somebody_no_limit_is_foreseen(void **state UNUSED) {
        static const SensorMeaning meanings[] = {MEANING_FAN, MEANING_LOAD, MEANING_SESSIONS, MEANING_MEMORY};

        for (size_t k = 0; k < ELEMENTSOF(meanings); k++) {
                Sensor s = new_sensor(&temperature);

                s.config.meaning = meanings[k];
                for (unsigned i = 0; i < 90; i++)
                        assert_int_equal(tell(&s, 20 + i / 2.0)->finding, FINDING_NONE);
                assert_true(s.verdict.rise > 170 && !s.verdict.has_limit_in);
                s.config.limits.rise = 100; /* unless somebody asks for it */
                assert_int_equal(tell(&s, 65)->finding, FINDING_RISING);
        }
}

static void rises_are_judged_only_over_a_window(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        s.config.limits.rise_window = 0;
        for (unsigned i = 0; i < 90; i++)
                assert_int_equal(tell(&s, 45 + i / 4.0)->finding, FINDING_NONE);
        assert_false(s.verdict.has_rise);
}

/* --- beside others
 * -------------------------------------------------------------------------------------------- */

static SensorFinding beside_room(Sensor *s, double value, double room) {
        tell(s, value);
        track_beside_room(&s->track, &s->config, room, &s->verdict);
        return s->verdict.finding;
}

static void a_machine_is_judged_beside_its_room(void **state UNUSED) {
        Sensor s = new_sensor(&temperature);

        assert_int_equal(beside_room(&s, 60, 20), FINDING_NONE);
        assert_int_equal(beside_room(&s, 60.5, 20), FINDING_ABOVE_ROOM);
        assert_int_equal(beside_room(&s, 58.5, 20), FINDING_ABOVE_ROOM);
        assert_int_equal(beside_room(&s, 57.5, 20), FINDING_NONE);
        assert_int_equal(beside_room(&s, 70, 31), FINDING_NONE); /* the room is warm, too */
        assert_int_equal(beside_room(&s, 80, 20), FINDING_HIGH); /* worse */
        assert_int_equal(beside_room(&s, 70, NAN), FINDING_NONE);
        s.config.limits.above_room = 0;
        assert_int_equal(beside_room(&s, 70, 0), FINDING_NONE);
}

static SensorFinding beside_pool(
        Sensor *s, double value, double load, const PoolReading *others, size_t n, double *ret_median) {
        PoolReading own = {.value = value, .has_load = load >= 0, .load = load};

        tell(s, value);
        *ret_median = -1;
        track_beside_pool(&s->track, &s->config, &own, others, n, &s->verdict, ret_median);
        return s->verdict.finding;
}

static void a_machine_is_judged_beside_its_pool_at_like_load(void **state UNUSED) {
        static const PoolReading others[] = {{40, true, 10}, {42, true, 15}, {44, true, 5}, {60, true, 90},
                {62, true, 95}, {64, true, 85}, {50, false, 0}};
        const size_t n = ELEMENTSOF(others);
        Sensor s = new_sensor(&temperature);
        double m;

        assert_int_equal(beside_pool(&s, 60, 90, others, n, &m), FINDING_NONE);
        assert_true(m == 62);
        assert_int_equal(beside_pool(&s, 60, 10, others, n, &m), FINDING_DEVIATING); /* idle, and so warm */
        assert_true(m == 42);
        assert_int_equal(beside_pool(&s, 51, 10, others, n, &m), FINDING_DEVIATING);
        assert_int_equal(beside_pool(&s, 49, 10, others, n, &m), FINDING_NONE);
        assert_int_equal(beside_pool(&s, 30, 10, others, n, &m), FINDING_DEVIATING); /* colder counts, too */
        assert_int_equal(beside_pool(&s, 60, 50, others, n, &m), FINDING_NONE); /* nobody has such a load */
        assert_true(m == -1);
        assert_int_equal(beside_pool(&s, 80, 10, others, n, &m), FINDING_HIGH); /* worse */
}

static void it_takes_two_others(void **state UNUSED) {
        static const PoolReading others[] = {{.value = 40}, {.value = 41}, {.value = NAN}};
        Sensor s = new_sensor(&temperature);
        double m;

        assert_int_equal(beside_pool(&s, 60, -1, others, 1, &m), FINDING_NONE);
        assert_int_equal(beside_pool(&s, 60, -1, others, 2, &m), FINDING_DEVIATING);
        assert_true(m == 40.5);
        /* a load that nobody else tells compares nothing away */
        assert_int_equal(beside_pool(&s, 60, 50, others, 3, &m), FINDING_DEVIATING);
        assert_int_equal(beside_pool(&s, 60, 50, others + 1, 2, &m), FINDING_NONE);
}

static void a_large_pool_is_compared_with_as_well(void **state UNUSED) {
        static PoolReading others[1000];
        Sensor s = new_sensor(&temperature);
        double m;

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                others[i].value = 40 + (double) (i * 7 % 11);
        assert_int_equal(beside_pool(&s, 57, -1, others, ELEMENTSOF(others), &m), FINDING_DEVIATING);
        assert_true(m >= 44 && m <= 46);
}

static void machines_that_warm_together_are_one_warm_room(void **state UNUSED) {
        RoomTrack room = {0};

        assert_false(room_judge(&room, 2, 3, 1));
        assert_false(room_judge(&room, 3, 7, 2)); /* fewer than half */
        assert_true(room_judge(&room, 4, 7, 3));
        assert_true(room.warm);
        assert_int_equal(room.since, 3);
        assert_false(room_judge(&room, 3, 7, 4));
        assert_true(room_judge(&room, 2, 7, 5));
        assert_false(room.warm);
        assert_true(room_judge(&room, 3, 3, 6));
        assert_false(room_judge(&room, 2, 3, 7));
        assert_true(room_judge(&room, 1, 3, 8)); /* one alone is no room */
        assert_true(room_judge(&room, 3, 3, 9));
        assert_true(room_judge(&room, 0, 0, 10)); /* nobody tells anything */
}

/* --- words and numbers
 * ---------------------------------------------------------------------------------------- */

static void each_finding_has_its_reason(void **state UNUSED) {
        static const struct {
                SensorMeaning meaning;
                SensorType type;
                SensorFinding finding;
                Reason reason;
        } cases[] = {
                {MEANING_TEMPERATURE, SENSOR_TYPE_CELSIUS, FINDING_NONE, REASON_NONE},
                {MEANING_TEMPERATURE, SENSOR_TYPE_CELSIUS, FINDING_HIGH, REASON_HOT},
                {MEANING_OTHER, SENSOR_TYPE_CELSIUS, FINDING_LOW, REASON_COLD},
                {MEANING_TEMPERATURE, SENSOR_TYPE_CELSIUS, FINDING_RISING, REASON_TEMPERATURE_RISING},
                {MEANING_TEMPERATURE, SENSOR_TYPE_CELSIUS, FINDING_DEVIATING, REASON_TEMPERATURE_DEVIATING},
                {MEANING_TEMPERATURE, SENSOR_TYPE_CELSIUS, FINDING_ABOVE_ROOM, REASON_ABOVE_ROOM},
                {MEANING_FAN, SENSOR_TYPE_OTHER, FINDING_STATE, REASON_FAN_FAILED},
                {MEANING_FAN, SENSOR_TYPE_RPM, FINDING_LOW, REASON_FAN_FAILED},
                {MEANING_FAN, SENSOR_TYPE_RPM, FINDING_HIGH, REASON_SENSOR_LIMIT},
                {MEANING_POWER, SENSOR_TYPE_OTHER, FINDING_STATE, REASON_POWER_FAILED},
                {MEANING_POWER, SENSOR_TYPE_OTHER, FINDING_HIGH, REASON_SENSOR_LIMIT},
                {MEANING_BATTERY, SENSOR_TYPE_OTHER, FINDING_LOW, REASON_POWER_FAILED},
                {MEANING_BATTERY, SENSOR_TYPE_CELSIUS, FINDING_HIGH, REASON_HOT},
                {MEANING_SESSIONS, SENSOR_TYPE_OTHER, FINDING_HIGH, REASON_SESSIONS_NEAR_LIMIT},
                {MEANING_WATER, SENSOR_TYPE_OTHER, FINDING_STATE, REASON_SENSOR_LIMIT},
                {MEANING_HUMIDITY, SENSOR_TYPE_PERCENT_RH, FINDING_RISING, REASON_SENSOR_LIMIT},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(sensor_finding_reason(cases[i].meaning, cases[i].type, cases[i].finding),
                        cases[i].reason);
}

static void values_are_written_as_rfc_3433_has_them(void **state UNUSED) {
        static const struct {
                double value;
                unsigned precision;
                int32_t scale, written;
        } cases[] = {{81.5, 1, 9, 815}, {-3.26, 1, 9, -33}, {0, 6, 9, 0}, {1e9, 0, 9, 1000000000},
                {1e9 + 1, 0, 10, 1000000}, {123456789.125, 2, 10, 12345679}, {-5e12, 0, 11, -5000000},
                {1e300, 0, 17, 1000000000}, {-INFINITY, 2, 17, -1000000000}, {NAN, 1, 9, 0},
                {12, 4000000000U, 10, 12000000}};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                int32_t scale, precision, written;

                sensor_encode(cases[i].value, cases[i].precision, &scale, &precision, &written);
                if (scale != cases[i].scale || written != cases[i].written)
                        fail_msg("%g: scale %d, %d", cases[i].value, scale, written);
                assert_int_equal(sensor_encode_as(cases[i].value, scale, precision), written);
        }
        assert_int_equal(sensor_encode_as(75, 9, 1), 750);
        assert_int_equal(sensor_encode_as(1e12, 9, 1), 1000000000); /* a limit far beyond the value */
}

static int compare(const void *a, const void *b) {
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

static void the_median_is_the_middle(void **state UNUSED) {
        unsigned seed = 7;

        for (unsigned round_ = 0; round_ < 20000; round_++) {
                size_t n = 1 + (size_t) rand_r(&seed) % 20;
                double a[20], b[20], expected;

                for (size_t i = 0; i < n; i++)
                        a[i] = b[i] = rand_r(&seed) % 8;
                qsort(a, n, sizeof(a[0]), compare);
                expected = n % 2 ? a[n / 2] : (a[n / 2 - 1] + a[n / 2]) / 2;
                assert_true(median(b, n) == expected);
        }
}

/* --- anything at all
 * ------------------------------------------------------------------------------------------ */

static double any_value(unsigned *seed) {
        static const double odd[] = {0, -0.0, 1e300, -1e300, 1e18, 1.7e308, NAN, INFINITY, 4294967296.0};

        if (rand_r(seed) % 20 == 0)
                return odd[(size_t) rand_r(seed) % ELEMENTSOF(odd)];
        return 100 * uniform(seed);
}

/* Limits in order, as a configuration has them; each may be missing. */
static ConfigSensor any_config(unsigned *seed) {
        ConfigSensor c = temperature;
        SensorLimits *l = &c.limits;

        c.kind = rand_r(seed) % 3 == 0 ? SENSOR_COUNTER : SENSOR_GAUGE;
        c.meaning = rand_r(seed) % 2 ? MEANING_TEMPERATURE : MEANING_OTHER;
        if (c.kind == SENSOR_COUNTER)
                c.max = 1e9;
        l->has_low_critical = rand_r(seed) % 2;
        l->has_low_warning = rand_r(seed) % 2;
        l->has_high_warning = rand_r(seed) % 2;
        l->has_high_critical = rand_r(seed) % 2;
        l->low_critical = 25 * uniform(seed);
        l->low_warning = l->low_critical + 25 * uniform(seed);
        l->high_warning = 50 + 25 * uniform(seed);
        l->high_critical = l->high_warning + 25 * uniform(seed);
        l->hysteresis = 20 * uniform(seed);
        l->rise = rand_r(seed) % 2 ? 50 * uniform(seed) : 0;
        l->rise_window = (usec_t) (rand_r(seed) % 3) * (usec_t) rand_r(seed);
        l->foresight = (usec_t) rand_r(seed) * (usec_t) (rand_r(seed) % 100);
        l->frozen_after = rand_r(seed) % 2 ? (usec_t) rand_r(seed) : 0;
        return c;
}

/* A clock that mostly goes on, and now and then stands still, jumps or goes back. */
static usec_t any_instant(usec_t now, unsigned *seed) {
        switch (rand_r(seed) % 40) {
        case 0:
                return now;
        case 1:
                return now + 1;
        case 2:
                return now + 1000 * HOUR;
        case 3:
                return now > HOUR ? now - HOUR : 1;
        default:
                return now + (usec_t) (uniform(seed) * 60 * USEC_PER_SEC);
        }
}

static MsgSample any_sample(usec_t when, uint64_t counted, unsigned *seed) {
        MsgSample s = good(any_value(seed), when);

        if (rand_r(seed) % 10 == 0) {
                s.status = (uint32_t) rand_r(seed) % 5;
                s.reason = (uint32_t) rand_r(seed) % 8;
        }
        s.counter = rand_r(seed) % 30 == 0 ? (uint64_t) rand_r(seed) << (rand_r(seed) % 40) : counted;
        s.counter_bits = rand_r(seed) % 2 ? 32 : 64;
        return s;
}

static bool same_verdict(const SensorVerdict *a, const SensorVerdict *b) {
        return a->status == b->status && a->reason == b->reason && a->has_value == b->has_value &&
               (!a->has_value || (a->value == b->value && a->value_when == b->value_when)) &&
               a->level == b->level && a->finding == b->finding && a->has_rise == b->has_rise &&
               (!a->has_rise || a->rise == b->rise) && a->has_limit_in == b->has_limit_in &&
               (!a->has_limit_in || (a->limit == b->limit && a->limit_in == b->limit_in));
}

static void level_is_as_the_limits_say(
        const ConfigSensor *c, const SensorVerdict *v, SensorLevel before, bool high) {
        const SensorLimits *l = &c->limits;
        double h = l->hysteresis, x = v->value;

        if ((l->has_high_critical && x >= l->high_critical) || (l->has_low_critical && x <= l->low_critical))
                assert_int_equal(v->level, LEVEL_CRITICAL);
        else if ((l->has_high_warning && x >= l->high_warning) || (l->has_low_warning && x <= l->low_warning))
                assert_true(v->level >= LEVEL_WARNING);
        else if (before == LEVEL_NORMAL)
                assert_int_equal(v->level, LEVEL_NORMAL); /* nothing was crossed */
        if (v->level == LEVEL_NORMAL)
                return;
        if (high)
                assert_true((l->has_high_warning && x >= l->high_warning - h) ||
                            (l->has_high_critical && x >= l->high_critical - h));
        else
                assert_true((l->has_low_warning && x <= l->low_warning + h) ||
                            (l->has_low_critical && x <= l->low_critical + h));
}

static void verdict_is_sane(const Sensor *s, const SensorVerdict *v) {
        assert_in_range(v->status, SENSOR_OK, SENSOR_NONOPERATIONAL);
        assert_in_range(v->reason, SENSOR_REASON_OK, SENSOR_REASON_NONOPERATIONAL);
        assert_in_range(v->level, LEVEL_NORMAL, LEVEL_CRITICAL);
        assert_in_range(v->finding, FINDING_NONE, FINDING_ABOVE_ROOM);
        assert_true((v->status == SENSOR_OK) == (v->reason == SENSOR_REASON_OK));
        if (v->status != SENSOR_OK || !v->has_value) {
                assert_int_equal(v->finding, FINDING_NONE);
                assert_false(v->has_rise || v->has_limit_in);
        }
        if (v->has_value)
                assert_true(isfinite(v->value));
        if (v->has_value && s->config.kind == SENSOR_COUNTER)
                assert_true(v->value >= 0 && v->value <= s->config.max);
        if (v->has_rise)
                assert_true(isfinite(v->rise));
        if (v->has_limit_in)
                assert_true(v->has_rise && v->limit_in <= MAX_OF(24 * HOUR, s->config.limits.foresight));
}

static void a_life_of_one_sensor(unsigned seed) {
        Sensor s = new_sensor(&temperature);
        uint64_t counted = 0;

        s.seed = seed;
        s.config = any_config(&s.seed);
        for (unsigned i = 0; i < 1000; i++) {
                SensorLevel before = s.track.level ? s.track.level : LEVEL_NORMAL;
                usec_t had = s.track.value_when;
                SensorVerdict again;
                MsgSample sample;

                s.now = any_instant(s.now, &s.seed);
                counted += (uint64_t) (1e6 * uniform(&s.seed));
                sample = any_sample(s.now, counted, &s.seed);
                judge(&s, &sample, rand_r(&s.seed) % 50 == 0);
                verdict_is_sane(&s, &s.verdict);
                if (s.verdict.status == SENSOR_OK && s.verdict.has_value && s.verdict.value_when == s.now &&
                        had != s.now)
                        level_is_as_the_limits_say(&s.config, &s.verdict, before, s.track.high);
                else if (s.verdict.status != SENSOR_OK && s.verdict.reason != SENSOR_REASON_FROZEN)
                        assert_int_equal(s.verdict.level, before);
                /* asking changes nothing */
                track_verdict(&s.track, &s.config, s.now, &again);
                assert_true(same_verdict(&again, &s.verdict));
        }
}

static void nothing_that_a_sensor_tells_breaks_the_judgement(void **state UNUSED) {
        unsigned seed = 20261124;

        print_message("seed %u\n", seed);
        for (unsigned i = 0; i < 400; i++)
                a_life_of_one_sensor(seed + i);
}

/* Two judges, one of which is never asked meanwhile, agree at the end. */
static void a_verdict_is_a_function_of_the_samples(void **state UNUSED) {
        for (unsigned seed = 1; seed <= 50; seed++) {
                unsigned random = seed;
                Sensor asked = new_sensor(&temperature), silent = new_sensor(&temperature);
                usec_t now = START;

                asked.config = silent.config = any_config(&random);
                for (unsigned i = 0; i < 300; i++) {
                        MsgSample sample;

                        now = any_instant(now, &random);
                        sample = any_sample(now, i * 1000, &random);
                        asked.now = now;
                        judge(&asked, &sample, false);
                        track_sample(&silent.track, &silent.config, &sample, false);
                }
                track_verdict(&silent.track, &silent.config, now, &silent.verdict);
                assert_true(same_verdict(&asked.verdict, &silent.verdict));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_sensor_never_heard_is_not_valid_and_says_nothing),
                cmocka_unit_test(a_sample_that_is_not_ok_changes_no_level_and_finds_nothing),
                cmocka_unit_test(what_is_no_number_is_no_value),
                cmocka_unit_test(a_value_that_never_changes_is_frozen),
                cmocka_unit_test(silence_is_no_sameness),
                cmocka_unit_test(an_idle_counter_may_be_frozen_and_a_state_never_is),
                cmocka_unit_test(limits_are_left_by_the_hysteresis),
                cmocka_unit_test(limits_that_are_not_given_do_not_count),
                cmocka_unit_test(a_hysteresis_wider_than_the_limits_holds_nothing_for_ever),
                cmocka_unit_test(a_state_is_judged_by_its_map),
                cmocka_unit_test(a_counter_is_its_rate),
                cmocka_unit_test(a_wrap_is_told_from_a_counter_that_begins_anew),
                cmocka_unit_test(an_agent_that_restarts_gives_no_rate_once),
                cmocka_unit_test(a_first_reading_after_which_it_falls_gives_no_rate),
                cmocka_unit_test(a_counter_that_may_have_wrapped_often_gives_no_rate),
                cmocka_unit_test(a_clock_that_stands_still_or_goes_back_gives_no_rate),
                cmocka_unit_test(a_pace_that_no_machine_has_is_none),
                cmocka_unit_test(a_rise_is_told_before_the_limit_is_reached),
                cmocka_unit_test(the_time_to_the_limit_goes_down_between_polls),
                cmocka_unit_test(a_sensor_that_wanders_about_does_not_rise),
                cmocka_unit_test(one_outlier_is_no_rise),
                cmocka_unit_test(a_jump_to_another_level_is_no_rise),
                cmocka_unit_test(whole_degrees_hide_no_rise_and_make_none),
                cmocka_unit_test(samples_that_are_missing_hide_no_rise),
                cmocka_unit_test(a_rise_that_ends_is_soon_over_and_does_not_flap),
                cmocka_unit_test(a_rise_at_the_edge_does_not_flap),
                cmocka_unit_test(a_limit_at_the_edge_of_foresight_does_not_flap),
                cmocka_unit_test(an_outlier_of_a_slow_rise_is_no_reason_for_an_alarm),
                cmocka_unit_test(nothing_is_foreseen_for_much_longer_than_it_was_seen),
                cmocka_unit_test(of_days_nothing_is_said),
                cmocka_unit_test(a_clock_that_goes_back_begins_anew),
                cmocka_unit_test(a_pace_may_be_news_by_itself),
                cmocka_unit_test(what_falls_is_foreseen_unless_it_is_a_temperature),
                cmocka_unit_test(of_what_obeys_somebody_no_limit_is_foreseen),
                cmocka_unit_test(rises_are_judged_only_over_a_window),
                cmocka_unit_test(a_machine_is_judged_beside_its_room),
                cmocka_unit_test(a_machine_is_judged_beside_its_pool_at_like_load),
                cmocka_unit_test(it_takes_two_others),
                cmocka_unit_test(a_large_pool_is_compared_with_as_well),
                cmocka_unit_test(machines_that_warm_together_are_one_warm_room),
                cmocka_unit_test(each_finding_has_its_reason),
                cmocka_unit_test(values_are_written_as_rfc_3433_has_them),
                cmocka_unit_test(the_median_is_the_middle),
                cmocka_unit_test(nothing_that_a_sensor_tells_breaks_the_judgement),
                cmocka_unit_test(a_verdict_is_a_function_of_the_samples),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
