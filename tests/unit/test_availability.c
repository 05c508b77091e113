/* How much of the time in which it was known a machine served. */
#include "unit.h"

#include "hsmd/availability.h"
#include "hsmd/percentile.h"

#define HOUR (3600 * USEC_PER_SEC)
#define START (UINT64_C(1700000000) * USEC_PER_SEC / HOUR * HOUR)

static void nothing_observed_is_no_availability(void **state UNUSED) {
        Availability a = {0};
        uint32_t value = 7;

        assert_false(availability_of(&a, START, AVAILABILITY_DAY, &value));
        availability_add(&a, START, 0, 0);
        assert_false(availability_of(&a, START, AVAILABILITY_DAY, &value));
        assert_int_equal(value, 7);
}

static void only_observed_time_counts(void **state UNUSED) {
        Availability a = {0};
        uint32_t value;

        availability_add(&a, START, 3 * USEC_PER_SEC, 4 * USEC_PER_SEC);
        assert_true(availability_of(&a, START + 5 * HOUR, AVAILABILITY_DAY, &value));
        assert_int_equal(value, 75000);
}

static void a_day_forgets_what_a_month_remembers(void **state UNUSED) {
        Availability a = {0};
        uint32_t value;

        availability_add(&a, START, 0, USEC_PER_SEC);
        availability_add(&a, START + 30 * HOUR, USEC_PER_SEC, USEC_PER_SEC);
        assert_true(availability_of(&a, START + 30 * HOUR, AVAILABILITY_DAY, &value));
        assert_int_equal(value, 100000);
        assert_true(availability_of(&a, START + 30 * HOUR, AVAILABILITY_MONTH, &value));
        assert_int_equal(value, 50000);
        /* the same place in the ring, a month and a day later */
        availability_add(&a, START + AVAILABILITY_MONTH * HOUR, USEC_PER_SEC, USEC_PER_SEC);
        assert_true(availability_of(&a, START + AVAILABILITY_MONTH * HOUR, AVAILABILITY_MONTH, &value));
        assert_int_equal(value, 100000);
}

static void a_clock_that_goes_back_counts_on_in_its_hour(void **state UNUSED) {
        Availability a = {0};
        uint32_t value;

        availability_add(&a, START + 5 * HOUR, USEC_PER_SEC, USEC_PER_SEC);
        availability_add(&a, START, 0, USEC_PER_SEC);
        assert_true(availability_of(&a, START, AVAILABILITY_DAY, &value));
        assert_int_equal(value, 0);
        availability_add(&a, START + 5 * HOUR, 0, USEC_PER_SEC);
        assert_true(availability_of(&a, START + 5 * HOUR, 1, &value));
        assert_int_equal(value, 50000);
}

static void a_percentile_is_of_what_is_kept(void **state UNUSED) {
        uint32_t ring[4] = {40, 10, 30, 20};

        assert_int_equal(percentile_of_ring(ring, 4, 0, 50), 0);
        assert_int_equal(percentile_of_ring(ring, 4, 1, 99), 40);
        assert_int_equal(percentile_of_ring(ring, 4, 1000, 50), 30);
        assert_int_equal(percentile_of_ring(ring, 4, 1000, 99), 40);
        assert_int_equal(ring[0], 40);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_observed_is_no_availability),
                cmocka_unit_test(only_observed_time_counts),
                cmocka_unit_test(a_day_forgets_what_a_month_remembers),
                cmocka_unit_test(a_clock_that_goes_back_counts_on_in_its_hour),
                cmocka_unit_test(a_percentile_is_of_what_is_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
