/* Names: every enumeration has a word for each of its values, and MIB and bus show the same word by one rule.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "names.h"

/* The MIB's words, by number; "" where it has none. */
static const struct {
        const NameTable *table;
        unsigned last;
        const char *camel; /* all words in order, from 1 on */
} tables[] = {
        {&device_state_names, DEVICE_UNKNOWN, "up degraded maintenance recovering suspect down unknown"},
        {&pool_state_names, POOL_UNKNOWN, "redundant atCapacity degraded lost unknown"},
        {&service_state_names, SERVICE_UNKNOWN, "ok atRisk degraded lost unknown"},
        {&key_state_names, KEY_UNKNOWN, "usable presentOnly mismatch missing failing unknown"},
        {&step_names, STEP_MAX,
                "none connect load initialize slot token session login find sign verify random decrypt "
                "encrypt mac"},
        {&reason_names, REASON_LAST, NULL},
        {&sensor_status_names, SENSOR_NONOPERATIONAL, "ok unavailable nonoperational"},
        {&sensor_reason_names, SENSOR_REASON_NONOPERATIONAL,
                "ok silent wrongType outOfRange frozen nonoperational"},
        {&agent_state_names, AGENT_UNKNOWN, "notConfigured ok silent refused duplicateEngine unknown"},
        {&key_type_names, KEY_TYPE_OTHER, "rsa ec sm2 aes sm4 hmac other"},
        {&key_class_names, KEY_CLASS_CERTIFICATE, "private public secret certificate"},
        {&exercise_names, EXERCISE_PRESENT, "sign decrypt mac encrypt present"},
        {&select_names, SELECT_SLOT, "serial label slot"},
        {&agent_mode_names, AGENT_MODE_AGENTX, "own agentx"},
        {&snmp_version_names, SNMP_VERSION_V1, "v2c v3 v1"},
        {&sensor_meaning_names, MEANING_LINK,
                "other temperature humidity fan power battery water load memory storage uptime operations "
                "sessions traffic link"},
        {&sensor_kind_names, SENSOR_STATE, "gauge counter state"},
        {&sensor_level_names, LEVEL_CRITICAL, "normal warning critical"},
        {&sensor_finding_names, FINDING_ABOVE_ROOM, "none high low state rising deviating aboveRoom"},
};

static void every_value_has_a_name_and_the_name_its_value(UNUSED void **state) {
        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                const NameTable *t = tables[i].table;

                assert_int_equal(t->n, tables[i].last + 1);
                for (unsigned v = 1; v <= tables[i].last; v++) {
                        if (!t->names[v])
                                fail_msg("%s %u has no name", t->what, v);
                        assert_int_equal(name_value(t, t->names[v]), v);
                        assert_string_equal(name_of(t, v), t->names[v]);
                }
        }
}

static void zero_and_numbers_beyond_are_invalid(UNUSED void **state) {
        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                const NameTable *t = tables[i].table;

                assert_string_equal(name_of(t, 0), "invalid");
                assert_string_equal(name_of(t, (unsigned) t->n), "invalid");
                assert_string_equal(name_of(t, UINT32_MAX), "invalid");
                assert_int_equal(name_value(t, "no such word"), 0);
                assert_int_equal(name_value(t, ""), 0);
        }
}

static void names_are_snake_case_words(UNUSED void **state) {
        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                for (unsigned v = 1; v < tables[i].table->n; v++) {
                        const char *name = tables[i].table->names[v];

                        assert_true(islower((unsigned char) name[0]));
                        for (const char *p = name; *p; p++)
                                assert_true(islower((unsigned char) *p) || isdigit((unsigned char) *p) ||
                                            *p == '_');
                }
        }
}

static void mib_shows_the_same_words_in_the_same_order(UNUSED void **state) {
        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                char all[512] = "", camel[64];

                if (!tables[i].camel)
                        continue;
                for (unsigned v = 1; v <= tables[i].last; v++) {
                        name_to_camel(camel, sizeof(camel), name_of(tables[i].table, v));
                        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", v > 1 ? " " : "",
                                camel);
                }
                assert_string_equal(all, tables[i].camel);
        }
}

static void sensor_types_have_the_numbers_of_rfc_3433(UNUSED void **state) {
        assert_int_equal(name_value(&sensor_type_names, "other"), 1);
        assert_int_equal(name_value(&sensor_type_names, "celsius"), 8);
        assert_int_equal(name_value(&sensor_type_names, "rpm"), 10);
        assert_int_equal(name_value(&sensor_type_names, "dbm"), 14);
}

static void camel_case_drops_underscores_and_is_always_terminated(UNUSED void **state) {
        static const char *const words[][2] = {{"at_risk", "atRisk"}, {"up", "up"}, {"", ""},
                {"out_of_range", "outOfRange"}, {"trailing_", "trailing"}, {"two__in_a_row", "twoInARow"}};
        char small[4], text[32];

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                name_to_camel(text, sizeof(text), words[i][0]);
                assert_string_equal(text, words[i][1]);
        }
        name_to_camel(small, sizeof(small), "at_risk");
        assert_string_equal(small, "atR");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_value_has_a_name_and_the_name_its_value),
                cmocka_unit_test(zero_and_numbers_beyond_are_invalid),
                cmocka_unit_test(names_are_snake_case_words),
                cmocka_unit_test(mib_shows_the_same_words_in_the_same_order),
                cmocka_unit_test(sensor_types_have_the_numbers_of_rfc_3433),
                cmocka_unit_test(camel_case_drops_underscores_and_is_always_terminated),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
