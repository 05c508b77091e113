/* A histogram tells percentiles within its step, merges without loss, and never tells more than it saw. */

#include "unit.h"

#include "histogram.h"

static uint64_t next_random(uint64_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

static int compare(const void *a, const void *b) {
        const usec_t x = *(const usec_t *) a, y = *(const usec_t *) b;

        return x < y ? -1 : x > y;
}

static void nothing_was_added(void **state) {
        CLEANUP_HISTOGRAM Histogram *h = histogram_new();

        (void) state;
        assert_int_equal(histogram_percentile(h, 50), 0);
        assert_int_equal(histogram_max(h), 0);
        assert_int_equal(histogram_count(h), 0);
}

static void every_value_is_told_within_its_step(void **state) {
        (void) state;
        for (usec_t v = 0; v <= 60 * USEC_PER_SEC; v += 1 + v / 300) {
                CLEANUP_HISTOGRAM Histogram *h = histogram_new();
                usec_t told;

                histogram_add(h, v);
                histogram_add(h, 60 * USEC_PER_SEC); /* so that the maximum does not bound the answer */
                told = histogram_percentile(h, 50);
                assert_true(told >= v);
                assert_true((told - v) * 64 <= v);
        }
}

/* Values spread over all octaves, against a sorted list of them. */
static void percentiles_are_those_of_the_sorted_values(void **state) {
        static const double percents[] = {0, 1, 25, 50, 90, 95, 99, 99.9, 100};
        static usec_t values[20000];
        CLEANUP_HISTOGRAM Histogram *h = histogram_new();
        uint64_t seed = 42;

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                unsigned octave = (unsigned) (next_random(&seed) % 25);

                values[i] = next_random(&seed) % (UINT64_C(2) << octave);
                histogram_add(h, values[i]);
        }
        qsort(values, ELEMENTSOF(values), sizeof(values[0]), compare);
        for (size_t i = 0; i < ELEMENTSOF(percents); i++) {
                const size_t n = ELEMENTSOF(values);
                double rank = percents[i] / 100 * (double) n;
                usec_t exact = values[rank < 1 ? 0 : (size_t) (rank + 0.999999) - 1];
                usec_t told = histogram_percentile(h, percents[i]);

                assert_true(told >= exact);
                assert_true((told - exact) * 64 <= exact);
        }
}

static void merged_is_as_if_added_to_one(void **state) {
        CLEANUP_HISTOGRAM Histogram *one = histogram_new(), *a = histogram_new(), *b = histogram_new();
        uint64_t seed = 7;

        (void) state;
        for (size_t i = 0; i < 5000; i++) {
                usec_t v = next_random(&seed) % 1000000;

                histogram_add(one, v);
                histogram_add(i % 3 ? a : b, v);
        }
        histogram_add(one, 2000000);
        histogram_add(b, 2000000); /* the maximum comes with the other one */
        histogram_merge(a, b);
        assert_int_equal(histogram_count(a), 5001);
        assert_int_equal(histogram_max(a), histogram_max(one));
        for (unsigned p = 0; p <= 100; p++)
                assert_int_equal(histogram_percentile(a, p), histogram_percentile(one, p));
}

static void percentile_is_never_above_the_maximum(void **state) {
        CLEANUP_HISTOGRAM Histogram *h = histogram_new();

        (void) state;
        histogram_add(h, 1000001);
        assert_int_equal(histogram_percentile(h, 99), 1000001);
}

static void value_beyond_the_range_is_told_as_the_maximum(void **state) {
        CLEANUP_HISTOGRAM Histogram *h = histogram_new();

        (void) state;
        histogram_add(h, 5);
        histogram_add(h, 3600 * USEC_PER_SEC);
        histogram_add(h, UINT64_MAX);
        assert_int_equal(histogram_percentile(h, 33), 5);
        assert_true(histogram_max(h) == UINT64_MAX);
        assert_true(histogram_percentile(h, 99) == UINT64_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_was_added),
                cmocka_unit_test(every_value_is_told_within_its_step),
                cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
                cmocka_unit_test(merged_is_as_if_added_to_one),
                cmocka_unit_test(percentile_is_never_above_the_maximum),
                cmocka_unit_test(value_beyond_the_range_is_told_as_the_maximum),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
