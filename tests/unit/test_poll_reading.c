/* What the poller makes of an answer, and when it asks: snmp-mib/poll-reading.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>

#include "snmp-mib/poll-reading.h"

static netsnmp_variable_list integer_of(uint8_t type, long *value) {
        return (netsnmp_variable_list){.type = type, .val.integer = value, .val_len = sizeof(*value)};
}

static void assert_tenths(Reading reading, int32_t tenths) {
        assert_int_equal(reading.status, SENSOR_OK);
        assert_int_equal(reading.reason, SENSOR_REASON_OK);
        assert_int_equal(reading.tenths, tenths);
}

static void assert_not_ok(Reading reading, SensorStatus status, SensorReason reason) {
        assert_int_equal(reading.status, status);
        assert_int_equal(reading.reason, reason);
        assert_int_equal(reading.tenths, 0);
}

static void integers_become_tenths_of_a_degree(void **state UNUSED) {
        const struct {
                long raw;
                double scale;
                int32_t tenths;
        } cases[] = {
                {45, 1, 450},
                {451, 0.1, 451},
                {45150, 0.001, 452},
                {45149, 0.001, 451},
                {-73, 0.1, -73},
                {-45150, 0.001, -452},
                {0, 1, 0},
                {150, 1, 1500},
                {-55, 1, -550},
                {1, 0.04, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                long raw = cases[i].raw;
                netsnmp_variable_list v = integer_of(ASN_INTEGER, &raw);

                assert_tenths(reading_of(&v, cases[i].scale), cases[i].tenths);
        }
}

static void gauges_and_opaque_floats_are_numbers(void **state UNUSED) {
        long raw = 4512;
        float f = 45.17F;
        double d = -3.25;
        netsnmp_variable_list v = integer_of(ASN_GAUGE, &raw);
        netsnmp_variable_list vf = {.type = ASN_OPAQUE_FLOAT, .val.floatVal = &f, .val_len = sizeof(f)};
        netsnmp_variable_list vd = {.type = ASN_OPAQUE_DOUBLE, .val.doubleVal = &d, .val_len = sizeof(d)};

        assert_tenths(reading_of(&v, 0.01), 451);
        assert_tenths(reading_of(&vf, 1), 452);
        assert_tenths(reading_of(&vd, 1), -33);
}

static void what_lies_outside_any_machine_room_is_out_of_range(void **state UNUSED) {
        const long raws[] = {1501, -551, LONG_MAX, LONG_MIN, 2147483647};
        const double doubles[] = {NAN, INFINITY, -INFINITY, 1e300};

        for (size_t i = 0; i < ELEMENTSOF(raws); i++) {
                long raw = raws[i];
                netsnmp_variable_list v = integer_of(ASN_INTEGER, &raw);

                assert_not_ok(reading_of(&v, 0.1), SENSOR_UNAVAILABLE, SENSOR_REASON_OUT_OF_RANGE);
        }
        for (size_t i = 0; i < ELEMENTSOF(doubles); i++) {
                double d = doubles[i];
                netsnmp_variable_list v = {
                        .type = ASN_OPAQUE_DOUBLE, .val.doubleVal = &d, .val_len = sizeof(d)};

                assert_not_ok(reading_of(&v, 1), SENSOR_UNAVAILABLE, SENSOR_REASON_OUT_OF_RANGE);
        }
}

static void other_types_are_no_temperature(void **state UNUSED) {
        const uint8_t types[] = {ASN_OCTET_STR, ASN_COUNTER, ASN_COUNTER64, ASN_TIMETICKS, ASN_IPADDRESS,
                ASN_OBJECT_ID, ASN_OPAQUE};
        long raw = 45;

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                netsnmp_variable_list v = integer_of(types[i], &raw);

                assert_not_ok(reading_of(&v, 1), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
        }
}

static void a_value_of_a_lying_length_is_not_read(void **state UNUSED) {
        long raw = 45;
        netsnmp_variable_list shorter = {.type = ASN_INTEGER, .val.integer = &raw, .val_len = 1};
        netsnmp_variable_list none = {.type = ASN_OPAQUE_DOUBLE, .val_len = sizeof(double)};

        assert_not_ok(reading_of(&shorter, 1), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
        assert_not_ok(reading_of(&none, 1), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
}

static void what_the_agent_does_not_have_is_nonoperational(void **state UNUSED) {
        const uint8_t types[] = {SNMP_NOSUCHOBJECT, SNMP_NOSUCHINSTANCE, SNMP_ENDOFMIBVIEW, ASN_NULL};

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                netsnmp_variable_list v = {.type = types[i]};

                assert_not_ok(reading_of(&v, 1), SENSOR_NONOPERATIONAL, SENSOR_REASON_NONOPERATIONAL);
        }
        assert_not_ok(reading_of(NULL, 1), SENSOR_NONOPERATIONAL, SENSOR_REASON_NONOPERATIONAL);
        assert_not_ok(reading_silent(), SENSOR_UNAVAILABLE, SENSOR_REASON_SILENT);
}

static void a_variable_is_found_by_its_name_wherever_it_stands(void **state UNUSED) {
        oid first[] = {1, 3, 6, 1}, second[] = {1, 3, 6, 2}, other[] = {1, 3, 6};
        netsnmp_variable_list b = {.name = second, .name_length = 4};
        netsnmp_variable_list a = {.name = first, .name_length = 4, .next_variable = &b};

        assert_ptr_equal(reading_find(&a, second, 4), &b);
        assert_ptr_equal(reading_find(&a, first, 4), &a);
        assert_null(reading_find(&a, other, 3));
        assert_null(reading_find(NULL, first, 4));
}

static void numeric_names_are_parsed_and_others_refused(void **state UNUSED) {
        const char *const bad[] = {"", ".", "1", "1.", "1..3", "1.3.", "iso.3", "1.3.6x", "3.1.1", "0.40.1",
                "1.3.-6", "1.3.4294967296", "1.3. 6"};
        oid name[6];

        assert_int_equal(reading_parse_oid("1.3.6.1.4294967295", name, ELEMENTSOF(name)), 5);
        assert_int_equal(name[4], 4294967295U);
        assert_int_equal(reading_parse_oid(".2.100.3", name, ELEMENTSOF(name)), 3);
        assert_int_equal(name[1], 100);
        assert_int_equal(reading_parse_oid("1.3.6.1.4.1.5", name, ELEMENTSOF(name)), -EINVAL);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(reading_parse_oid(bad[i], name, ELEMENTSOF(name)), -EINVAL);
}

static void first_polls_are_spread_over_the_interval(void **state UNUSED) {
        for (size_t n = 1; n <= 1000; n *= 10)
                for (size_t i = 0; i < n; i++) {
                        usec_t share = 10 * USEC_PER_SEC / n;
                        usec_t first =
                                schedule_first(5, 10 * USEC_PER_SEC, i, n, (uint32_t) (i * 2654435761U));

                        assert_in_range(first, 5 + share * i, 5 + share * (i + 1) - 1);
                }
        /* an interval too short to be shared out */
        assert_int_equal(schedule_first(5, 3, 2, 10, 7), 5);
}

static void a_phase_never_moves_and_missed_turns_are_counted(void **state UNUSED) {
        uint64_t skipped = 99;

        assert_int_equal(schedule_next(1000, 100, 1030, &skipped), 1100);
        assert_int_equal(skipped, 0);
        assert_int_equal(schedule_next(1000, 100, 1100, &skipped), 1200);
        assert_int_equal(skipped, 1);
        assert_int_equal(schedule_next(1000, 100, 1999, &skipped), 2000);
        assert_int_equal(skipped, 9);
        assert_int_equal(schedule_next(0, 100, 100 * USEC_PER_SEC * USEC_PER_SEC + 1, &skipped),
                100 * USEC_PER_SEC * USEC_PER_SEC + 100);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(integers_become_tenths_of_a_degree),
                cmocka_unit_test(gauges_and_opaque_floats_are_numbers),
                cmocka_unit_test(what_lies_outside_any_machine_room_is_out_of_range),
                cmocka_unit_test(other_types_are_no_temperature),
                cmocka_unit_test(a_value_of_a_lying_length_is_not_read),
                cmocka_unit_test(what_the_agent_does_not_have_is_nonoperational),
                cmocka_unit_test(a_variable_is_found_by_its_name_wherever_it_stands),
                cmocka_unit_test(numeric_names_are_parsed_and_others_refused),
                cmocka_unit_test(first_polls_are_spread_over_the_interval),
                cmocka_unit_test(a_phase_never_moves_and_missed_turns_are_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
