/* What a burst may cost, and what limited it. */
#include "hsmd/measure-limits.h"
#include "unit.h"

static void a_burst_takes_no_more_than_its_share(void **state UNUSED) {
        /* 1 % of what 3,000/s can do in an hour */
        assert_int_equal(measure_operations_max(0.01, 3600 * USEC_PER_SEC, 3000), 108000);
        assert_int_equal(measure_operations_max(0.01, 0, 3000), 108000); /* no period: of an hour */
        assert_int_equal(measure_operations_max(0.01, 10 * USEC_PER_SEC, 5), 1);
        assert_true(measure_duration_max(0.01, 3600 * USEC_PER_SEC, 3000) == USEC_INFINITY);
}

static void without_a_rated_rate_the_time_is_bounded(void **state UNUSED) {
        assert_int_equal(measure_operations_max(0.01, 3600 * USEC_PER_SEC, 0), 0);
        assert_int_equal(measure_duration_max(0.01, 100 * USEC_PER_SEC, 0), USEC_PER_SEC);
        assert_int_equal(measure_duration_max(0, 100 * USEC_PER_SEC, 0), 0);
}

static void the_next_burst_waits_for_its_share(void **state UNUSED) {
        assert_int_equal(measure_next(0.01, 5 * USEC_PER_SEC, 2 * USEC_PER_SEC), 205 * USEC_PER_SEC);
        assert_true(measure_next(0, 5, 2) == USEC_INFINITY);
}

static MsgMeasured burst(uint32_t sessions, uint64_t rate) {
        return (MsgMeasured){.sessions = sessions,
                .rate_milli = rate * 1000,
                .duration = USEC_PER_SEC,
                .processors = 2,
                .cpu = USEC_PER_SEC / 10};
}

static void more_sessions_without_more_rate_is_the_machine(void **state UNUSED) {
        MsgMeasured half = burst(2, 500), full = burst(4, 510), grows = burst(4, 900);

        assert_int_equal(measure_limited_by(&half, &full), LIMITED_MACHINE);
        assert_int_equal(measure_limited_by(&half, &grows), LIMITED_NONE);
        assert_int_equal(measure_limited_by(NULL, &full), LIMITED_NONE);
}

static void a_busy_host_is_told_before_the_machine(void **state UNUSED) {
        MsgMeasured half = burst(2, 500), full = burst(4, 510);

        full.cpu = 19 * USEC_PER_SEC / 10;
        assert_int_equal(measure_limited_by(&half, &full), LIMITED_CLIENT);
        full.stopped = 1;
        assert_int_equal(measure_limited_by(&half, &full), LIMITED_LOAD);
}

static void a_doubled_p95_of_the_health_check_is_suffering(void **state UNUSED) {
        uint32_t before[10], during[10];

        for (size_t i = 0; i < 10; i++) {
                before[i] = 4000 + (uint32_t) i;
                during[i] = 7000;
        }
        assert_false(measure_health_suffers(before, 10, during, 10));
        during[3] = during[7] = 9000;
        assert_true(measure_health_suffers(before, 10, during, 10));
        assert_false(measure_health_suffers(before, 10, during, 4)); /* too few to prove it */
        assert_false(measure_health_suffers(before, 4, during, 10));
}

static void a_few_microseconds_are_noise(void **state UNUSED) {
        uint32_t before[5] = {100, 100, 100, 100, 100}, during[5] = {900, 900, 900, 900, 900};

        assert_false(measure_health_suffers(before, 5, during, 5));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_burst_takes_no_more_than_its_share),
                cmocka_unit_test(without_a_rated_rate_the_time_is_bounded),
                cmocka_unit_test(the_next_burst_waits_for_its_share),
                cmocka_unit_test(more_sessions_without_more_rate_is_the_machine),
                cmocka_unit_test(a_busy_host_is_told_before_the_machine),
                cmocka_unit_test(a_doubled_p95_of_the_health_check_is_suffering),
                cmocka_unit_test(a_few_microseconds_are_noise),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
