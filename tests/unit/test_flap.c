/* What falls and comes back too often is not to be relied on, until that is forgotten. */
#include "hsmd/flap.h"
#include "unit.h"

#define MINUTE (60 * USEC_PER_SEC)

static const FlapParams three = {.flaps = 3, .forget = 20 * MINUTE};

static void third_fall_in_a_row_flaps(void **state UNUSED) {
        FlapTrack t = {0};

        assert_false(flap_fall(&t, &three, 1 * MINUTE));
        assert_false(flap_fall(&t, &three, 2 * MINUTE));
        assert_true(flap_fall(&t, &three, 3 * MINUTE));
        assert_true(t.flapping);
        assert_false(flap_fall(&t, &three, 4 * MINUTE)); /* already */
}

static void one_fall_in_the_time_of_forgetting_never_flaps(void **state UNUSED) {
        FlapTrack t = {0};

        for (usec_t i = 1; i < 1000; i++) {
                assert_false(flap_fall(&t, &three, i * 20 * MINUTE));
                assert_int_equal(flap_level(&t, i * 20 * MINUTE), 20 * MINUTE);
        }
}

static void calms_down_when_one_fall_is_left(void **state UNUSED) {
        FlapTrack t = {0};

        for (unsigned i = 0; i < 3; i++)
                flap_fall(&t, &three, MINUTE);
        assert_int_equal(flap_level(&t, MINUTE), 60 * MINUTE);
        assert_false(flap_tick(&t, &three, 41 * MINUTE - 1));
        assert_true(t.flapping);
        assert_true(flap_tick(&t, &three, 41 * MINUTE));
        assert_false(t.flapping);
        assert_false(flap_tick(&t, &three, 42 * MINUTE));
}

static void night_of_falls_is_forgotten_in_hours(void **state UNUSED) {
        FlapTrack t = {0};

        for (usec_t i = 0; i < 500; i++)
                flap_fall(&t, &three, i * MINUTE);
        assert_true(flap_level(&t, 500 * MINUTE) <= 120 * MINUTE);
        assert_true(flap_tick(&t, &three, 600 * MINUTE));
}

static void zero_flaps_never(void **state UNUSED) {
        const FlapParams never = {.flaps = 0, .forget = MINUTE};
        FlapTrack t = {0};

        for (usec_t i = 0; i < 100; i++)
                assert_false(flap_fall(&t, &never, i));
        assert_false(t.flapping);
        t.flapping = true; /* a new configuration says never */
        assert_true(flap_tick(&t, &never, 100));
}

static void one_flap_is_enough_where_that_is_configured(void **state UNUSED) {
        const FlapParams once = {.flaps = 1, .forget = MINUTE};
        FlapTrack t = {0};

        assert_true(flap_fall(&t, &once, MINUTE));
        assert_false(flap_tick(&t, &once, 2 * MINUTE - 1));
        assert_true(flap_tick(&t, &once, 2 * MINUTE));
}

static void restart_goes_on_where_it_was(void **state UNUSED) {
        FlapTrack t = {0}, after;

        for (unsigned i = 0; i < 3; i++)
                flap_fall(&t, &three, MINUTE);
        flap_restore(&after, &three, t.level, 5 * MINUTE, 100 * MINUTE);
        assert_int_equal(flap_level(&after, 100 * MINUTE), 55 * MINUTE);
        assert_true(after.flapping);
        flap_restore(&after, &three, t.level, 45 * MINUTE, 100 * MINUTE);
        assert_false(after.flapping);
        flap_restore(&after, &three, t.level, 500 * MINUTE, 100 * MINUTE);
        assert_int_equal(after.level, 0);
        /* two falls are no flapping, restart or not */
        flap_restore(&after, &three, 40 * MINUTE, 0, 100 * MINUTE);
        assert_false(after.flapping);
        assert_true(flap_fall(&after, &three, 101 * MINUTE));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(third_fall_in_a_row_flaps),
                cmocka_unit_test(one_fall_in_the_time_of_forgetting_never_flaps),
                cmocka_unit_test(calms_down_when_one_fall_is_left),
                cmocka_unit_test(night_of_falls_is_forgotten_in_hours),
                cmocka_unit_test(zero_flaps_never),
                cmocka_unit_test(one_flap_is_enough_where_that_is_configured),
                cmocka_unit_test(restart_goes_on_where_it_was),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
