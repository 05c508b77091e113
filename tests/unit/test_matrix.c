/* The key matrix, what is pinned, and counts of a day. */
#include "hsmd/device.h"
#include "hsmd/matrix.h"
#include "unit.h"

static Fingerprint print_of(uint8_t octet) {
        Fingerprint f = {.size = FINGERPRINT_MAX};

        memset(f.octets, octet, sizeof(f.octets));
        return f;
}

static MatrixCell cell(KeyState state, uint8_t octet) {
        return (MatrixCell){.state = state, .fingerprint = octet ? print_of(octet) : (Fingerprint){0}};
}

static const Fingerprint nothing = {0};

static void one_key_on_all_is_identical(void **state UNUSED) {
        MatrixCell cells[] = {cell(KEY_USABLE, 1), cell(KEY_PRESENT_ONLY, 1), cell(KEY_USABLE, 1)};
        MatrixVerdict v = matrix_judge(cells, 3, &nothing);
        Fingerprint one = print_of(1);

        assert_int_equal(v.state, MATRIX_IDENTICAL);
        assert_int_equal(v.usable, 3);
        assert_true(v.complete);
        assert_true(fingerprint_equal(&v.agreed, &one));
}

static void one_label_and_two_keys_are_different(void **state UNUSED) {
        MatrixCell cells[] = {cell(KEY_USABLE, 1), cell(KEY_USABLE, 2)};
        MatrixVerdict v = matrix_judge(cells, 2, &nothing);

        assert_int_equal(v.state, MATRIX_DIFFERENT);
        assert_int_equal(v.agreed.size, 0);
}

static void all_alike_but_not_the_pinned_one_is_different(void **state UNUSED) {
        MatrixCell cells[] = {cell(KEY_USABLE, 2), cell(KEY_USABLE, 2)};
        Fingerprint pinned = print_of(1);

        assert_int_equal(matrix_judge(cells, 2, &pinned).state, MATRIX_DIFFERENT);
        pinned = print_of(2);
        assert_int_equal(matrix_judge(cells, 2, &pinned).state, MATRIX_IDENTICAL);
}

static void a_check_value_is_no_public_key(void **state UNUSED) {
        MatrixCell cells[] = {cell(KEY_USABLE, 1), cell(KEY_USABLE, 1)};

        cells[1].fingerprint.size = 3;
        assert_int_equal(matrix_judge(cells, 2, &nothing).state, MATRIX_DIFFERENT);
}

static void missing_failing_and_nowhere_are_told_apart(void **state UNUSED) {
        MatrixCell missing[] = {cell(KEY_USABLE, 1), cell(KEY_MISSING, 0)};
        MatrixCell failing[] = {cell(KEY_USABLE, 1), cell(KEY_FAILING, 1)};
        MatrixCell nowhere[] = {cell(KEY_FAILING, 1), cell(KEY_MISSING, 0)};

        assert_int_equal(matrix_judge(missing, 2, &nothing).state, MATRIX_MISSING);
        assert_int_equal(matrix_judge(failing, 2, &nothing).state, MATRIX_FAILING);
        assert_int_equal(matrix_judge(nowhere, 2, &nothing).state, MATRIX_NOWHERE);
}

static void a_member_that_tells_nothing_is_not_a_missing_key(void **state UNUSED) {
        MatrixCell cells[] = {cell(KEY_USABLE, 1), cell(KEY_UNKNOWN, 0)};
        MatrixVerdict v = matrix_judge(cells, 2, &nothing);

        assert_int_equal(v.state, MATRIX_IDENTICAL);
        assert_int_equal(v.unknown, 1);
        cells[0].state = KEY_UNKNOWN;
        assert_int_equal(matrix_judge(cells, 2, &nothing).state, MATRIX_UNKNOWN);
        assert_int_equal(matrix_judge(cells, 0, &nothing).state, MATRIX_UNKNOWN);
}

static void nothing_is_complete_while_somebody_starts(void **state UNUSED) {
        MatrixCell cells[] = {cell(KEY_USABLE, 1), cell(KEY_UNKNOWN, 0)};

        cells[1].starting = true;
        assert_false(matrix_judge(cells, 2, &nothing).complete);
}

static void a_day_forgets_after_24_hours(void **state UNUSED) {
        const usec_t hour = 3600 * USEC_PER_SEC;
        DayCount c = {0};

        assert_int_equal(day_total(&c, 5 * hour), 0);
        day_count(&c, 3, 0);
        day_count(&c, 4, 23 * hour);
        assert_int_equal(day_total(&c, 23 * hour), 7);
        assert_int_equal(day_total(&c, 24 * hour), 4);
        day_count(&c, 5, 24 * hour);
        assert_int_equal(day_total(&c, 24 * hour), 9);
        assert_int_equal(day_total(&c, 46 * hour), 9);
        assert_int_equal(day_total(&c, 47 * hour), 5);
        day_count(&c, 1, 1000 * hour);
        assert_int_equal(day_total(&c, 1000 * hour), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_key_on_all_is_identical),
                cmocka_unit_test(one_label_and_two_keys_are_different),
                cmocka_unit_test(all_alike_but_not_the_pinned_one_is_different),
                cmocka_unit_test(a_check_value_is_no_public_key),
                cmocka_unit_test(missing_failing_and_nowhere_are_told_apart),
                cmocka_unit_test(a_member_that_tells_nothing_is_not_a_missing_key),
                cmocka_unit_test(nothing_is_complete_while_somebody_starts),
                cmocka_unit_test(a_day_forgets_after_24_hours),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
