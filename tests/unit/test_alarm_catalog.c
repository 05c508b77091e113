/* Every alarm's code has its entry in both journal catalogs and its chapter in both handbooks, and none of
 * these has one more. */
#include "unit.h"

#include <ctype.h>

#include "hsmd/alarm-catalog.h"

#define ID_SIZE 32
#define CODE_MAX 64

static bool is_code(uint32_t code) {
        return alarm_catalog_id(code) != NULL;
}

/* "key-missing", as the alarm's code is written. */
static void word_of(uint32_t code, char *dst) {
        const char *name = code == ALARM_DEVICE_DOWN      ? "device_down"
                           : code == ALARM_DEVICE_UNKNOWN ? "device_unknown"
                                                          : name_of(&reason_names, code);

        name_to_kebab(dst, CODE_MAX, name);
}

static size_t count_codes(void) {
        size_t n = 0;

        for (uint32_t code = 0; code <= ALARM_LAST + 100; code++)
                n += is_code(code);
        return n;
}

static char *read_file(const char *name) {
        CLEANUP_FREE char *path = NULL;
        char *text = NULL;
        size_t size = 0;

        assert_true(asprintf(&path, "%s/%s", SOURCE_DIR, name) > 0);
        FILE *f = fopen(path, "re");
        if (!f)
                fail_msg("%s: %m", path);
        assert_true(getdelim(&text, &size, '\0', f) > 0);
        fclose(f);
        return text;
}

static size_t count(const char *text, const char *what) {
        size_t n = 0;

        for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
                n++;
        return n;
}

static void every_id_is_a_message_id_of_its_own(void **state UNUSED) {
        assert_true(count_codes() > 30);
        for (uint32_t code = 0; code <= ALARM_LAST; code++) {
                const char *id = alarm_catalog_id(code);

                if (!id)
                        continue;
                assert_int_equal(strlen(id), ID_SIZE);
                for (size_t i = 0; i < ID_SIZE; i++)
                        assert_true(isdigit((unsigned char) id[i]) || (id[i] >= 'a' && id[i] <= 'f'));
                for (uint32_t other = 0; other < code; other++)
                        if (is_code(other) && streq(alarm_catalog_id(other), id))
                                fail_msg("codes %u and %u have one message id, %s", other, code, id);
        }
}

static void alarms_ids_are_no_other_lines_ids(void **state UNUSED) {
        CLEANUP_FREE char *journal = read_file("hsmd/journal.h");

        for (uint32_t code = 0; code <= ALARM_LAST; code++)
                if (is_code(code) && strstr(journal, alarm_catalog_id(code)))
                        fail_msg("%s, of alarm %u, is in journal.h too", alarm_catalog_id(code), code);
}

static void reasons_that_are_only_causes_have_none(void **state UNUSED) {
        static const uint32_t causes[] = {0, REASON_NONE, REASON_STARTING, REASON_TIMEOUT, REASON_SUPERSEDED,
                REASON_UNCONFIGURED, ALARM_LAST + 1, UINT32_MAX};

        for (size_t i = 0; i < ELEMENTSOF(causes); i++)
                assert_null(alarm_catalog_id(causes[i]));
}

/* In a catalog: "-- ID", then "Subject: Alarm CODE: …". Its other entries' subjects do not begin so. */
static void check_catalog(const char *name, const char *subject, const char *after) {
        CLEANUP_FREE char *text = read_file(name);

        for (uint32_t code = 0; code <= ALARM_LAST; code++) {
                char expected[2 * CODE_MAX + ID_SIZE], word[CODE_MAX];

                if (!is_code(code))
                        continue;
                word_of(code, word);
                snprintf(expected, sizeof(expected), "\n-- %s\nSubject: %s %s%s", alarm_catalog_id(code),
                        subject, word, after);
                if (count(text, expected) != 1)
                        fail_msg(
                                "%s has no entry of its own for %s (%s)", name, word, alarm_catalog_id(code));
        }
        char begin[64];
        snprintf(begin, sizeof(begin), "\nSubject: %s ", subject);
        size_t alarms =
                count(text, begin) - count(text, "\nSubject: Alarm @") - count(text, "\nSubject: 告警 @");
        assert_int_equal(alarms, count_codes());
}

static void both_catalogs_have_an_entry_for_every_code_and_none_more(void **state UNUSED) {
        check_catalog("systemd/hsmd.catalog", "Alarm", ": ");
        check_catalog("systemd/hsmd.zh_CN.catalog", "告警", "：");
}

/* In a handbook's last part: a heading of the third rank, which is the anchor too, and no others. */
static void check_handbook(const char *name, const char *part) {
        CLEANUP_FREE char *all = read_file(name);
        const char *text = strstr(all, part);

        if (!text) {
                fail_msg("%s has no part \"%s\"", name, part + 1);
                return;
        }
        assert_null(strstr(text + strlen(part), "\n## "));
        for (uint32_t code = 0; code <= ALARM_LAST; code++) {
                char heading[CODE_MAX + 8], word[CODE_MAX];

                if (!is_code(code))
                        continue;
                word_of(code, word);
                snprintf(heading, sizeof(heading), "\n### %s\n", word);
                if (count(text, heading) != 1)
                        fail_msg("%s has no chapter of its own for %s", name, word);
        }
        assert_int_equal(count(text, "\n### "), count_codes());
}

static void both_handbooks_have_a_chapter_for_every_code_and_none_more(void **state UNUSED) {
        check_handbook("docs/operations.md", "\n## Each alarm\n");
        check_handbook("docs/operations.zh-CN.md", "\n## 逐条告警\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_id_is_a_message_id_of_its_own),
                cmocka_unit_test(alarms_ids_are_no_other_lines_ids),
                cmocka_unit_test(reasons_that_are_only_causes_have_none),
                cmocka_unit_test(both_catalogs_have_an_entry_for_every_code_and_none_more),
                cmocka_unit_test(both_handbooks_have_a_chapter_for_every_code_and_none_more),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
