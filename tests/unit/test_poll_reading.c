/* What the poller makes of a value, and when it asks: snmp-mib/poll-reading.c, poll-oid.c, poll-schedule.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>

#include "snmp-mib/poll-reading.h"
#include "snmp-mib/poll-schedule.h"

static netsnmp_variable_list integer_of(uint8_t type, long *value) {
        return (netsnmp_variable_list){.type = type, .val.integer = value, .val_len = sizeof(*value)};
}

static PollRaw raw_of_text(const char *text) {
        netsnmp_variable_list v = {
                .type = ASN_OCTET_STR, .val.string = (u_char *) text, .val_len = strlen(text)};

        return poll_raw_of(&v);
}

static PollItem item_of(double scale) {
        return (PollItem){
                .kind = SENSOR_GAUGE, .type = SENSOR_TYPE_CELSIUS, .scale = scale, .min = -55, .max = 150};
}

static Reading read_integer(const PollItem *item, long raw) {
        netsnmp_variable_list v = integer_of(ASN_INTEGER, &raw);
        PollRaw value = poll_raw_of(&v);

        return poll_reading(item, &value, NULL, NULL, NULL);
}

static void assert_value(Reading reading, double value, int32_t precision) {
        assert_int_equal(reading.status, SENSOR_OK);
        assert_int_equal(reading.reason, SENSOR_REASON_OK);
        if (fabs(reading.value - value) > 1e-9 * MAX_OF(fabs(value), 1.0))
                fail_msg("%.12g instead of %.12g", reading.value, value);
        assert_int_equal(reading.precision, precision);
}

static void assert_not_ok(Reading reading, SensorStatus status, SensorReason reason) {
        assert_int_equal(reading.status, status);
        assert_int_equal(reading.reason, reason);
        assert_true(reading.value == 0 && reading.counter == 0);
}

static void a_scale_makes_units_and_tells_the_precision(void **state UNUSED) {
        const struct {
                long raw;
                double scale, value;
                int32_t precision;
        } cases[] = {
                {45, 1, 45, 0},
                {451, 0.1, 45.1, 1},
                {45150, 0.001, 45.15, 3},
                {-73, 0.1, -7.3, 1},
                {0, 1, 0, 0},
                {150, 1, 150, 0},
                {-55, 1, -55, 0},
                {3, 10, 30, 0},
                {90, 0.5, 45, 1},
                {45, -1, -45, 0},
                {45, 1e-9, 45e-9, 6},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                PollItem item = item_of(cases[i].scale);

                assert_value(read_integer(&item, cases[i].raw), cases[i].value, cases[i].precision);
        }
}

static void gauges_ticks_and_opaque_numbers_are_numbers(void **state UNUSED) {
        long raw = 4512;
        float f = 45.17F;
        double d = -3.25;
        const netsnmp_variable_list variables[] = {
                integer_of(ASN_GAUGE, &raw),
                integer_of(ASN_TIMETICKS, &raw),
                {.type = ASN_OPAQUE_FLOAT, .val.floatVal = &f, .val_len = sizeof(f)},
                {.type = ASN_OPAQUE_DOUBLE, .val.doubleVal = &d, .val_len = sizeof(d)},
        };
        const double numbers[] = {4512, 4512, (double) 45.17F, -3.25};

        for (size_t i = 0; i < ELEMENTSOF(variables); i++) {
                PollRaw value = poll_raw_of(&variables[i]);

                assert_int_equal(value.kind, RAW_NUMBER);
                assert_true(value.number == numbers[i]);
        }
}

static void a_text_is_a_number_only_as_a_whole(void **state UNUSED) {
        const struct {
                const char *text;
                double number;
                int32_t decimals;
        } good[] = {{"41.5", 41.5, 1}, {"41.5 C", 41.5, 1}, {"0.12", 0.12, 2}, {"-7", -7, 0},
                {"+7.250", 7.25, 3}, {" 45 %\r\n", 45, 0}, {"3900RPM", 3900, 0},
                {"41.5\xc2\xb0"
                 "C",
                        41.5, 1}};
        const char *const bad[] = {"", " ", "C", "-", ".5", "5.", "1,5", "1e5", "0x12", "nan", "inf", "1.2.3",
                "12:30", "- 7", "--7", "41.5 C 2", "41.5 degrees Celsius", "12 34", "99999999999999999999",
                "4\n5"};

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                PollRaw raw = raw_of_text(good[i].text);

                assert_int_equal(raw.kind, RAW_NUMBER);
                assert_true(fabs(raw.number - good[i].number) < 1e-12);
                assert_int_equal(raw.decimals, good[i].decimals);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (raw_of_text(bad[i]).kind != RAW_OTHER)
                        fail_msg("'%s' was taken for %g", bad[i], raw_of_text(bad[i]).number);
}

static void what_lies_outside_the_physical_range_is_out_of_range(void **state UNUSED) {
        const long raws[] = {1501, -551, LONG_MAX, LONG_MIN, 2147483647};
        const double doubles[] = {NAN, INFINITY, -INFINITY, 1e300};
        PollItem item = item_of(0.1);

        for (size_t i = 0; i < ELEMENTSOF(raws); i++)
                assert_not_ok(read_integer(&item, raws[i]), SENSOR_UNAVAILABLE, SENSOR_REASON_OUT_OF_RANGE);
        item.min = -INFINITY;
        item.max = INFINITY;
        for (size_t i = 0; i < ELEMENTSOF(doubles); i++) {
                PollRaw value = {.kind = RAW_NUMBER, .number = doubles[i]};

                item.scale = doubles[i] > 0 && doubles[i] < INFINITY ? 1e300 : 1;
                assert_not_ok(poll_reading(&item, &value, NULL, NULL, NULL), SENSOR_UNAVAILABLE,
                        SENSOR_REASON_OUT_OF_RANGE);
        }
}

static void other_types_are_no_measurement(void **state UNUSED) {
        const uint8_t types[] = {ASN_COUNTER, ASN_IPADDRESS, ASN_OBJECT_ID, ASN_OPAQUE, ASN_BIT_STR};
        PollItem item = item_of(1);
        long raw = 45;

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                netsnmp_variable_list v = integer_of(types[i], &raw);
                PollRaw value = poll_raw_of(&v);

                assert_not_ok(poll_reading(&item, &value, NULL, NULL, NULL), SENSOR_UNAVAILABLE,
                        SENSOR_REASON_WRONG_TYPE);
        }
}

static void a_value_of_a_lying_length_is_not_read(void **state UNUSED) {
        const uint8_t types[] = {ASN_INTEGER, ASN_GAUGE, ASN_COUNTER64, ASN_OPAQUE_DOUBLE, ASN_OPAQUE_FLOAT};
        long raw = 45;

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                netsnmp_variable_list shorter = {.type = types[i], .val.integer = &raw, .val_len = 1};
                netsnmp_variable_list none = {.type = types[i], .val_len = sizeof(double)};

                assert_int_equal(poll_raw_of(&shorter).kind, RAW_OTHER);
                assert_int_equal(poll_raw_of(&none).kind, RAW_OTHER);
        }
}

static void what_the_agent_does_not_have_is_nonoperational(void **state UNUSED) {
        const uint8_t types[] = {SNMP_NOSUCHOBJECT, SNMP_NOSUCHINSTANCE, SNMP_ENDOFMIBVIEW, ASN_NULL};
        PollItem item = item_of(1);

        for (size_t i = 0; i <= ELEMENTSOF(types); i++) {
                netsnmp_variable_list v = {.type = i < ELEMENTSOF(types) ? types[i] : 0};
                PollRaw value = poll_raw_of(i < ELEMENTSOF(types) ? &v : NULL);

                assert_not_ok(poll_reading(&item, &value, NULL, NULL, NULL), SENSOR_NONOPERATIONAL,
                        SENSOR_REASON_NONOPERATIONAL);
        }
}

static void a_gauge_of_64_bits_comes_as_a_counter64(void **state UNUSED) {
        PollItem item = {.kind = SENSOR_GAUGE, .scale = 0.001, .min = 0, .max = 1e9};
        struct counter64 memory = {.high = 1, .low = 4};
        netsnmp_variable_list v = {
                .type = ASN_COUNTER64, .val.counter64 = &memory, .val_len = sizeof(memory)};
        PollRaw value = poll_raw_of(&v);
        Reading r = poll_reading(&item, &value, NULL, NULL, NULL);

        assert_int_equal(r.status, SENSOR_OK);
        assert_true(r.value > 4294967.299 && r.value < 4294967.301);
        assert_int_equal(r.counter_bits, 0);
}

static void a_state_of_more_than_32_bits_is_none(void **state UNUSED) {
        PollItem item = {.kind = SENSOR_STATE, .scale = 1};

        assert_int_equal(read_integer(&item, INT32_MIN).status, SENSOR_OK);
        assert_not_ok(read_integer(&item, INT32_MAX + 1L), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
}

static void a_counter_is_told_as_it_was_read(void **state UNUSED) {
        PollItem item = {.kind = SENSOR_COUNTER, .scale = 1, .min = 0, .max = 1};
        struct counter64 big = {.high = 0xfffffff0, .low = 7};
        netsnmp_variable_list v = {.type = ASN_COUNTER64, .val.counter64 = &big, .val_len = sizeof(big)};
        PollRaw value = poll_raw_of(&v), text = raw_of_text("18446744073709551"), half = raw_of_text("1.5");
        Reading r = poll_reading(&item, &value, NULL, NULL, NULL);

        assert_int_equal(r.counter_bits, 64);
        assert_true(r.counter == 0xfffffff000000007);
        r = poll_reading(&item, &text, NULL, NULL, NULL);
        assert_true(r.counter == 18446744073709551 && r.counter_bits == 64);
        r = read_integer(&item, 4000000000);
        assert_true(r.counter == 4000000000 && r.counter_bits == 32);
        assert_not_ok(read_integer(&item, -1), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
        assert_not_ok(
                poll_reading(&item, &half, NULL, NULL, NULL), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
}

static void a_state_is_a_whole_number_without_scale(void **state UNUSED) {
        PollItem item = {.kind = SENSOR_STATE, .scale = 0.1, .min = 0, .max = 1};
        PollRaw half = raw_of_text("1.5");

        assert_value(read_integer(&item, 3), 3, 0);
        assert_not_ok(
                poll_reading(&item, &half, NULL, NULL, NULL), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
}

static void a_share_of_nothing_is_nonoperational(void **state UNUSED) {
        PollItem item = {.kind = SENSOR_GAUGE, .scale = 1, .min = 0, .max = 100};
        PollRaw used = {.kind = RAW_NUMBER, .number = 1}, total = {.kind = RAW_NUMBER, .number = 8},
                none = {0};
        PollRaw text = {.kind = RAW_OTHER};

        assert_value(poll_reading(&item, &used, NULL, &total, NULL), 12.5, 1);
        total.number = 0;
        assert_not_ok(poll_reading(&item, &used, NULL, &total, NULL), SENSOR_NONOPERATIONAL,
                SENSOR_REASON_NONOPERATIONAL);
        assert_not_ok(poll_reading(&item, &used, NULL, &none, NULL), SENSOR_NONOPERATIONAL,
                SENSOR_REASON_NONOPERATIONAL);
        assert_not_ok(
                poll_reading(&item, &used, NULL, &text, NULL), SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
}

static void a_table_s_status_comes_before_its_value(void **state UNUSED) {
        const struct {
                PollRaw status;
                SensorStatus told;
                SensorReason reason;
        } cases[] = {
                {{.kind = RAW_NUMBER, .number = 1}, SENSOR_OK, SENSOR_REASON_OK},
                {{.kind = RAW_NUMBER, .number = 2}, SENSOR_UNAVAILABLE, SENSOR_REASON_NONOPERATIONAL},
                {{.kind = RAW_NUMBER, .number = 3}, SENSOR_NONOPERATIONAL, SENSOR_REASON_NONOPERATIONAL},
                {{.kind = RAW_NUMBER, .number = 4}, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE},
                {{.kind = RAW_OTHER}, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE},
                {{.kind = RAW_NONE}, SENSOR_NONOPERATIONAL, SENSOR_REASON_NONOPERATIONAL},
        };
        PollItem item = item_of(1);
        PollRaw value = {.kind = RAW_NUMBER, .number = 20}, text = {.kind = RAW_OTHER};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Reading r = poll_reading(&item, &value, &cases[i].status, NULL, NULL);

                assert_int_equal(r.status, cases[i].told);
                assert_int_equal(r.reason, cases[i].reason);
                assert_true(r.value == (r.status == SENSOR_OK ? 20 : 0));
        }
        assert_not_ok(poll_reading(&item, &text, &cases[2].status, NULL, NULL), SENSOR_NONOPERATIONAL,
                SENSOR_REASON_NONOPERATIONAL);
}

/* RFC 3433, EntitySensorValue: these two numbers mean less and more than can be told. */
static void a_table_s_under_and_overflow_is_out_of_range(void **state UNUSED) {
        PollFacts facts = {.scale = 1, .known = POLL_FACT(COLUMN_SCALE)};
        PollItem item = item_of(1);

        item.columns[COLUMN_SCALE].n = 1;
        for (int sign = -1; sign <= 1; sign += 2) {
                PollRaw value = {.kind = RAW_NUMBER, .number = sign * 1e9};

                assert_not_ok(poll_reading(&item, &value, NULL, NULL, &facts), SENSOR_UNAVAILABLE,
                        SENSOR_REASON_OUT_OF_RANGE);
        }
}

/* RFC 3433, EntitySensorPrecision: only a positive one moves the point. */
static void scale_and_precision_of_a_table_are_followed(void **state UNUSED) {
        const struct {
                int32_t scale, precision;
                double value;
                int32_t decimals;
        } cases[] = {{9, 0, 235, 0}, {9, 1, 23.5, 1}, {8, 0, 0.235, 3}, {8, 2, 0.00235, 5}, {10, 3, 235, 0},
                {9, -2, 235, 0}, {7, 0, 0.000235, 6}};
        PollItem item = item_of(1);

        item.max = 1e9;
        item.columns[COLUMN_SCALE].n = item.columns[COLUMN_PRECISION].n = 1;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                PollFacts facts = {.scale = cases[i].scale,
                        .precision = cases[i].precision,
                        .known = POLL_FACT(COLUMN_SCALE) | POLL_FACT(COLUMN_PRECISION)};
                PollRaw value = {.kind = RAW_NUMBER, .number = 235};

                assert_value(
                        poll_reading(&item, &value, NULL, NULL, &facts), cases[i].value, cases[i].decimals);
                facts.known = POLL_FACT(COLUMN_SCALE);
                assert_not_ok(poll_reading(&item, &value, NULL, NULL, &facts), SENSOR_UNAVAILABLE,
                        SENSOR_REASON_WRONG_TYPE);
        }
}

static void facts_out_of_their_range_are_not_known(void **state UNUSED) {
        const struct {
                PollColumn column;
                long good, bad;
        } cases[] = {{COLUMN_TYPE, 14, 15}, {COLUMN_TYPE, 1, 0}, {COLUMN_SCALE, 17, 18}, {COLUMN_SCALE, 1, 0},
                {COLUMN_PRECISION, 9, 10}, {COLUMN_PRECISION, -8, -9}};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                PollFacts facts = {.wanted = POLL_FACT(cases[i].column)};
                long good = cases[i].good, bad = cases[i].bad;
                netsnmp_variable_list v = integer_of(ASN_INTEGER, &good), w = integer_of(ASN_INTEGER, &bad);

                poll_facts_take(&facts, cases[i].column, &v);
                assert_int_equal(facts.known, POLL_FACT(cases[i].column));
                assert_int_equal(facts.wanted, 0);
                poll_facts_take(&facts, cases[i].column, &w);
                assert_int_equal(facts.known, 0);
        }
}

static void texts_are_trimmed_and_printable(void **state UNUSED) {
        netsnmp_variable_list v = {
                .type = ASN_OCTET_STR, .val.string = (u_char *) " a\tb\xe6 \n", .val_len = 7};
        char text[64], shorter[3];

        poll_text_of(&v, text, sizeof(text));
        assert_string_equal(text, "a?b?");
        poll_text_of(&v, shorter, sizeof(shorter));
        assert_string_equal(shorter, "a?");
        poll_text_of(NULL, text, sizeof(text));
        assert_string_equal(text, "");
}

static void numeric_names_are_parsed_and_others_refused(void **state UNUSED) {
        const char *const bad[] = {"", ".", "1", "1.", "1..3", "1.3.", "iso.3", "1.3.6x", "3.1.1", "0.40.1",
                "1.3.-6", "1.3.4294967296", "1.3. 6"};
        char index[POLL_INDEX_SIZE];
        PollOid name;

        assert_int_equal(poll_oid_parse("1.3.6.1.4294967295", &name), 0);
        assert_int_equal(name.n, 5);
        assert_int_equal(name.arcs[4], 4294967295U);
        assert_int_equal(poll_oid_text(name.arcs, name.n, index, sizeof(index)), 0);
        assert_string_equal(index, "1.3.6.1.4294967295");
        assert_int_equal(poll_oid_text(name.arcs, name.n, index, 18), -ENAMETOOLONG);
        assert_int_equal(poll_oid_parse(".2.100.3", &name), 0);
        assert_int_equal(name.arcs[1], 100);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(poll_oid_parse(bad[i], &name), -EINVAL);
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
                cmocka_unit_test(a_scale_makes_units_and_tells_the_precision),
                cmocka_unit_test(gauges_ticks_and_opaque_numbers_are_numbers),
                cmocka_unit_test(a_text_is_a_number_only_as_a_whole),
                cmocka_unit_test(what_lies_outside_the_physical_range_is_out_of_range),
                cmocka_unit_test(other_types_are_no_measurement),
                cmocka_unit_test(a_value_of_a_lying_length_is_not_read),
                cmocka_unit_test(what_the_agent_does_not_have_is_nonoperational),
                cmocka_unit_test(a_gauge_of_64_bits_comes_as_a_counter64),
                cmocka_unit_test(a_state_of_more_than_32_bits_is_none),
                cmocka_unit_test(a_counter_is_told_as_it_was_read),
                cmocka_unit_test(a_state_is_a_whole_number_without_scale),
                cmocka_unit_test(a_share_of_nothing_is_nonoperational),
                cmocka_unit_test(a_table_s_status_comes_before_its_value),
                cmocka_unit_test(a_table_s_under_and_overflow_is_out_of_range),
                cmocka_unit_test(scale_and_precision_of_a_table_are_followed),
                cmocka_unit_test(facts_out_of_their_range_are_not_known),
                cmocka_unit_test(texts_are_trimmed_and_printable),
                cmocka_unit_test(numeric_names_are_parsed_and_others_refused),
                cmocka_unit_test(first_polls_are_spread_over_the_interval),
                cmocka_unit_test(a_phase_never_moves_and_missed_turns_are_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
