/* hsmctl's Chinese words are the glossary's, as README.zh-CN.md prints it. */

#include "unit.h"

#include "ctl/keys-view.h"
#include "ctl/width.h"
#include "terms.h"
#include "words.h"

/* Columns of a row "| a | b | c | d |", without the spaces around them. */
static size_t split(char *text, const char *separator, char **ret, size_t most) {
        size_t n = 0;

        for (char *at = text; at && n < most;) {
                char *next = strstr(at, separator);

                if (next) {
                        *next = '\0';
                        next += strlen(separator);
                }
                while (*at == ' ')
                        at++;
                for (char *end = at + strlen(at); end > at && (end[-1] == ' ' || end[-1] == '\n');)
                        *--end = '\0';
                ret[n++] = at;
                at = next;
        }
        return n;
}

static const Term *find(const char *english) {
        for (size_t i = 0; i < n_terms; i++)
                if (streq(terms[i].english, english))
                        return &terms[i];
        return NULL;
}

static size_t check_pair(char *english, char *chinese) {
        char *en[8], *zh[8];
        /* "a / b" with as many Chinese words is so many terms, else one */
        size_t n = split(english, " / ", en, ELEMENTSOF(en)), m = split(chinese, " / ", zh, ELEMENTSOF(zh));

        assert_int_equal(n, m);
        for (size_t i = 0; i < n; i++) {
                const Term *term = find(en[i]);

                if (!term)
                        fail_msg("the glossary's \"%s\" is not in terms.c", en[i]);
                if (!streq(term->chinese, zh[i]))
                        fail_msg("\"%s\" is %s in the glossary and %s in terms.c", en[i], zh[i],
                                term->chinese);
        }
        return n;
}

static void words_are_the_glossarys(void **state UNUSED) {
        FILE *f = fopen(SOURCE_DIR "/README.zh-CN.md", "re");
        bool inside = false;
        char line[1024];
        size_t found = 0;

        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                char *cells[8];

                if (strstr(line, "| English | 中文 | English | 中文 |"))
                        inside = true;
                else if (inside && line[0] != '|')
                        break;
                else if (inside && line[2] != '-') {
                        assert_int_equal(split(line, "|", cells, ELEMENTSOF(cells)), 6);
                        found += check_pair(cells[1], cells[2]);
                        found += *cells[3] ? check_pair(cells[3], cells[4]) : 0;
                }
        }
        fclose(f);
        assert_int_equal(found, n_terms);
}

static void brief_forms_are_parts_of_their_words(void **state UNUSED) {
        for (size_t i = 0; i < n_terms; i++)
                if (terms[i].brief)
                        assert_non_null(strstr(terms[i].chinese, terms[i].brief));
}

static void assert_all_have_words(const NameTable *table) {
        for (unsigned i = 1; i < table->n; i++) {
                const char *zh = word_of_state(LANG_ZH, table, i);

                assert_string_equal(word_of_state(LANG_EN, table, i), name_of(table, i));
                assert_string_not_equal(zh, name_of(table, i));
        }
}

static void every_state_has_its_chinese_word(void **state UNUSED) {
        assert_all_have_words(&device_state_names);
        assert_all_have_words(&pool_state_names);
        assert_all_have_words(&service_state_names);
        assert_all_have_words(&key_state_names);
        assert_string_equal(word_of_state(LANG_ZH, &pool_state_names, POOL_AT_CAPACITY), "无冗余");
}

static void every_step_and_reason_has_words(void **state UNUSED) {
        for (Lang lang = LANG_EN; lang <= LANG_ZH; lang++) {
                for (unsigned i = STEP_NONE; i <= STEP_MAX; i++)
                        assert_string_not_equal(word_of_step(lang, i), "?");
                for (unsigned i = REASON_NONE; i <= REASON_LAST; i++) {
                        assert_string_not_equal(word_of_reason(lang, i, true), "?");
                        assert_string_not_equal(word_of_reason(lang, i, false), "?");
                }
                assert_string_equal(word_of_step(lang, STEP_MAX + 1), "?");
                assert_string_equal(word_of_reason(lang, 0, false), "?");
                assert_string_equal(word_of_agent(lang, 99), "?");
        }
}

static void ages_and_durations_have_two_units_at_most(void **state UNUSED) {
        static const struct {
                uint64_t seconds;
                const char *en, *zh;
        } ages[] = {{0, "0s", "0秒"}, {59, "59s", "59秒"}, {60, "1m 0s", "1分0秒"},
                {3599, "59m 59s", "59分59秒"}, {11530, "3h 12m", "3时12分"},
                {86400 * 5 + 7300, "5d 2h", "5天2时"}};
        char text[32];

        for (size_t i = 0; i < ELEMENTSOF(ages); i++) {
                word_of_age(LANG_EN, ages[i].seconds, text, sizeof(text));
                assert_string_equal(text, ages[i].en);
                word_of_age(LANG_ZH, ages[i].seconds, text, sizeof(text));
                assert_string_equal(text, ages[i].zh);
        }
        word_of_duration(LANG_EN, 850, text, sizeof(text));
        assert_string_equal(text, "850 us");
        word_of_duration(LANG_ZH, 12345, text, sizeof(text));
        assert_string_equal(text, "12.3 毫秒");
        word_of_duration(LANG_EN, 5000000, text, sizeof(text));
        assert_string_equal(text, "5.0 s");
}

/* One pool of a member for each state that a key can have. */
static char *show_matrix(void) {
        DeviceRow devices[KEY_UNKNOWN] = {0};
        KeyRow keys[KEY_UNKNOWN] = {0};
        PoolKeyRow key = {0};
        PoolRow pool = {0};
        Picture p = {0};
        char *text = NULL;
        size_t size;
        Screen s = {
                .f = open_memstream(&text, &size), .width = SIZE_MAX, .height = SIZE_MAX, .lang = LANG_ZH};

        FIELD_SET(Pool, &pool, number, 1);
        FIELD_SET(PoolKey, &key, pool, 1);
        FIELD_SET(PoolKey, &key, number, 1);
        for (uint32_t i = 0; i < KEY_UNKNOWN; i++) {
                FIELD_SET(Device, &devices[i], number, i + 1);
                FIELD_SET(Device, &devices[i], pool, 1);
                FIELD_SET(Key, &keys[i], device, i + 1);
                FIELD_SET(Key, &keys[i], number, 1);
                FIELD_SET(Key, &keys[i], state, i + 1);
        }
        p.tables[BOARD_DEVICES] = (Table){devices, KEY_UNKNOWN};
        p.tables[BOARD_KEYS] = (Table){keys, KEY_UNKNOWN};
        p.tables[BOARD_POOL_KEYS] = (Table){&key, 1};
        assert_int_equal(keys_view(&s, &p, &pool, false), 0);
        assert_int_equal(fclose(s.f), 0);
        return text;
}

static void the_key_matrix_speaks_the_glossarys_words(void **state UNUSED) {
        static const char *const words[] = {
                "key matrix", "usable", "mismatch", "missing", "failing", "unknown", "fingerprint"};
        CLEANUP_FREE char *text = show_matrix();

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (!strstr(text, term_zh(words[i])))
                        fail_msg("%s (%s) is not in the matrix:\n%s", term_zh(words[i]), words[i], text);
        /* too long for a cell: its first part */
        assert_non_null(strstr(term_zh("present_only"), "仅存在"));
        assert_non_null(strstr(text, "仅存在"));
}

static void every_limit_exercise_and_key_type_has_words(void **state UNUSED) {
        for (Lang lang = LANG_EN; lang <= LANG_ZH; lang++) {
                for (unsigned i = LIMITED_NONE; i < limited_by_names.n; i++)
                        assert_string_not_equal(word_of_limit(lang, i), "?");
                for (unsigned i = EXERCISE_SIGN; i < exercise_names.n; i++)
                        assert_string_not_equal(word_of_exercise(lang, i), "?");
        }
        for (unsigned i = KEY_TYPE_RSA; i < KEY_TYPE_OTHER; i++)
                assert_string_not_equal(word_of_key_type(i), "?");
        assert_string_equal(word_of_limit(LANG_ZH, 99), "?");
        assert_string_equal(word_of_key_type(99), "?");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_are_the_glossarys),
                cmocka_unit_test(brief_forms_are_parts_of_their_words),
                cmocka_unit_test(every_state_has_its_chinese_word),
                cmocka_unit_test(every_step_and_reason_has_words),
                cmocka_unit_test(every_limit_exercise_and_key_type_has_words),
                cmocka_unit_test(the_key_matrix_speaks_the_glossarys_words),
                cmocka_unit_test(ages_and_durations_have_two_units_at_most),
        };

        width_init();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
