/* hsmctl sensors: a sensor as a person reads it. */

#include "unit.h"

#include "ctl/sensor-text.h"

static SensorRow gauge(unsigned type, int32_t precision, int32_t value) {
        SensorRow s = {0};

        FIELD_SET(Sensor, &s, kind, SENSOR_GAUGE);
        FIELD_SET(Sensor, &s, type, type);
        FIELD_SET(Sensor, &s, scale, 9);
        FIELD_SET(Sensor, &s, precision, precision);
        FIELD_SET(Sensor, &s, value, value);
        FIELD_SET(Sensor, &s, status, SENSOR_OK);
        FIELD_SET(Sensor, &s, reason, SENSOR_REASON_OK);
        FIELD_SET(Sensor, &s, level, LEVEL_NORMAL);
        FIELD_SET(Sensor, &s, finding, FINDING_NONE);
        return s;
}

static void assert_value(Lang lang, const SensorRow *s, const char *expected) {
        char text[96];

        sensor_value(lang, s, text, sizeof(text));
        assert_string_equal(text, expected);
}

static void assert_note(Lang lang, const SensorRow *s, const char *expected) {
        char text[256];

        sensor_note(lang, s, text, sizeof(text));
        assert_string_equal(text, expected);
}

static void a_value_has_its_digits_groups_and_unit(void **state UNUSED) {
        static const struct {
                unsigned type;
                int32_t precision, value;
                const char *en, *zh;
        } values[] = {
                {SENSOR_TYPE_CELSIUS, 1, 815, "81.5 °C", "81.5度"},
                {SENSOR_TYPE_CELSIUS, 1, -35, "-3.5 °C", "-3.5度"},
                {SENSOR_TYPE_CELSIUS, 0, 0, "0 °C", "0度"},
                {SENSOR_TYPE_RPM, 0, 3120, "3,120 rpm", "3,120 转/分"},
                {SENSOR_TYPE_RPM, 0, 999, "999 rpm", "999 转/分"},
                {SENSOR_TYPE_VOLTS_DC, 3, 1234567, "1,234.567 V DC", "1,234.567 V（直流）"},
                {SENSOR_TYPE_WATTS, -2, 7, "700 W", "700 W"},
                {SENSOR_TYPE_PERCENT_RH, 0, 41, "41 % RH", "41 % RH"},
                {SENSOR_TYPE_OTHER, 0, -1234567, "-1,234,567", "-1,234,567"},
                {SENSOR_TYPE_OTHER, 9, 1, "0.000000", "0.000000"},
                {SENSOR_TYPE_OTHER, 6, INT32_MIN, "-2,147.483648", "-2,147.483648"},
        };

        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                SensorRow s = gauge(values[i].type, values[i].precision, values[i].value);

                assert_value(LANG_EN, &s, values[i].en);
                assert_value(LANG_ZH, &s, values[i].zh);
        }
}

/* RFC 3433: units(9), kilo(10), milli(8). */
static void scales_are_powers_of_a_thousand(void **state UNUSED) {
        SensorRow s = gauge(SENSOR_TYPE_WATTS, 1, 15);

        FIELD_SET(Sensor, &s, scale, 10);
        assert_value(LANG_EN, &s, "1,500.0 W");
        FIELD_SET(Sensor, &s, scale, 8);
        FIELD_SET(Sensor, &s, precision, 4);
        FIELD_SET(Sensor, &s, value, 12000000);
        assert_value(LANG_EN, &s, "1.2000 W");
        FIELD_SET(Sensor, &s, scale, 12);
        FIELD_SET(Sensor, &s, precision, 0);
        FIELD_SET(Sensor, &s, value, 25);
        assert_value(LANG_EN, &s, "25.0 G W");
        /* what no agent means must not run over */
        FIELD_SET(Sensor, &s, scale, INT32_MAX);
        FIELD_SET(Sensor, &s, precision, INT32_MIN);
        char text[8];
        sensor_value(LANG_EN, &s, text, sizeof(text));
        assert_true(strlen(text) < sizeof(text));
}

static void counters_states_and_uptimes_read_as_such(void **state UNUSED) {
        SensorRow s = gauge(SENSOR_TYPE_OTHER, 0, 12);

        FIELD_SET(Sensor, &s, kind, SENSOR_COUNTER);
        assert_value(LANG_EN, &s, "12 /s");
        assert_value(LANG_ZH, &s, "12 /秒");
        FIELD_TEXT_SET(Sensor, &s, units_display, "octets");
        assert_value(LANG_EN, &s, "12 octets/s");
        FIELD_TEXT_SET(Sensor, &s, units_display, "operations/s");
        assert_value(LANG_EN, &s, "12 operations/s");
        s = gauge(SENSOR_TYPE_SPECIAL_ENUM, 0, 2);
        FIELD_SET(Sensor, &s, kind, SENSOR_STATE);
        assert_value(LANG_EN, &s, "2");
        FIELD_TEXT_SET(Sensor, &s, word, "failed");
        assert_value(LANG_EN, &s, "failed");
        s = gauge(SENSOR_TYPE_OTHER, 0, 266400);
        FIELD_SET(Sensor, &s, meaning, MEANING_UPTIME);
        FIELD_SET(Sensor, &s, rise, 3600);
        assert_value(LANG_ZH, &s, "3天2时");
        assert_note(LANG_EN, &s, "");
}

static void a_sensor_that_tells_nothing_shows_no_value_as_fresh(void **state UNUSED) {
        SensorRow s = gauge(SENSOR_TYPE_CELSIUS, 1, 450);

        FIELD_SET(Sensor, &s, rise, 60);
        FIELD_SET(Sensor, &s, level, LEVEL_CRITICAL);
        for (unsigned reason = SENSOR_REASON_SILENT; reason <= SENSOR_REASON_NONOPERATIONAL; reason++) {
                char text[256];

                FIELD_SET(Sensor, &s, status, SENSOR_UNAVAILABLE);
                FIELD_SET(Sensor, &s, reason, reason);
                assert_value(LANG_EN, &s, "-");
                sensor_note(LANG_EN, &s, text, sizeof(text));
                assert_non_null(strstr(text, ", last 45.0 °C"));
                assert_null(strstr(text, "/h"));
                assert_string_equal(sensor_level(LANG_ZH, &s), "状态未知");
                assert_true(sensor_is_bad(&s));
        }
        s = (SensorRow){0};
        assert_value(LANG_EN, &s, "-");
        assert_note(LANG_EN, &s, "tells nothing");
        assert_string_equal(sensor_level(LANG_EN, &s), "unknown");
}

static void a_note_names_the_limit_and_when_it_is_reached(void **state UNUSED) {
        SensorRow s = gauge(SENSOR_TYPE_CELSIUS, 1, 612);

        FIELD_SET(Sensor, &s, low_warning, 100);
        FIELD_SET(Sensor, &s, low_critical, 50);
        FIELD_SET(Sensor, &s, high_warning, 650);
        FIELD_SET(Sensor, &s, high_critical, 750);
        assert_note(LANG_EN, &s, "");
        assert_false(sensor_is_bad(&s));
        FIELD_SET(Sensor, &s, rise, 60);
        assert_note(LANG_EN, &s, "+6.0/h");
        assert_false(sensor_is_bad(&s));
        FIELD_SET(Sensor, &s, limit_in, 750 * USEC_PER_SEC);
        FIELD_SET(Sensor, &s, finding, FINDING_RISING);
        assert_note(LANG_EN, &s, "65.0 °C in 12m 30s, +6.0/h");
        assert_note(LANG_ZH, &s, "12分30秒后达到 65.0度，每小时+6.0");
        FIELD_SET(Sensor, &s, value, 662);
        FIELD_SET(Sensor, &s, level, LEVEL_WARNING);
        FIELD_SET(Sensor, &s, finding, FINDING_HIGH);
        assert_note(LANG_EN, &s, "limit 65.0 °C passed, 75.0 °C in 12m 30s, +6.0/h");
        FIELD_SET(Sensor, &s, value, 800);
        FIELD_SET(Sensor, &s, level, LEVEL_CRITICAL);
        FIELD_CLEAR(Sensor, &s, limit_in);
        FIELD_CLEAR(Sensor, &s, rise);
        assert_note(LANG_EN, &s, "limit 75.0 °C passed");
        FIELD_SET(Sensor, &s, value, 110);
        FIELD_SET(Sensor, &s, level, LEVEL_NORMAL);
        FIELD_SET(Sensor, &s, finding, FINDING_RISING);
        FIELD_SET(Sensor, &s, rise, -120);
        FIELD_SET(Sensor, &s, limit_in, 300 * USEC_PER_SEC);
        assert_note(LANG_EN, &s, "10.0 °C in 5m 0s, -12.0/h");
        FIELD_SET(Sensor, &s, value, 40);
        FIELD_SET(Sensor, &s, level, LEVEL_CRITICAL);
        FIELD_SET(Sensor, &s, finding, FINDING_LOW);
        FIELD_CLEAR(Sensor, &s, limit_in);
        FIELD_CLEAR(Sensor, &s, rise);
        assert_note(LANG_EN, &s, "below its limit 5.0 °C");
}

static void the_worst_is_the_most_urgent(void **state UNUSED) {
        SensorRow well = gauge(SENSOR_TYPE_RPM, 0, 1), deviating = well, warning = well, critical = well,
                  silent = well;

        FIELD_SET(Sensor, &deviating, finding, FINDING_DEVIATING);
        FIELD_SET(Sensor, &warning, level, LEVEL_WARNING);
        FIELD_SET(Sensor, &critical, level, LEVEL_CRITICAL);
        FIELD_SET(Sensor, &silent, status, SENSOR_NONOPERATIONAL);
        assert_int_equal(sensor_urgency(&well), 0);
        assert_true(sensor_urgency(&well) < sensor_urgency(&deviating));
        assert_true(sensor_urgency(&deviating) < sensor_urgency(&silent));
        assert_true(sensor_urgency(&silent) < sensor_urgency(&warning));
        assert_true(sensor_urgency(&warning) < sensor_urgency(&critical));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_value_has_its_digits_groups_and_unit),
                cmocka_unit_test(scales_are_powers_of_a_thousand),
                cmocka_unit_test(counters_states_and_uptimes_read_as_such),
                cmocka_unit_test(a_sensor_that_tells_nothing_shows_no_value_as_fresh),
                cmocka_unit_test(a_note_names_the_limit_and_when_it_is_reached),
                cmocka_unit_test(the_worst_is_the_most_urgent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
