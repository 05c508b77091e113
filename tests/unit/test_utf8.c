/* UTF-8 from hostile sources. */

#include "unit.h"

#include "utf8.h"

static void assert_decodes(const char *s, size_t length, uint32_t rune) {
        uint32_t got;

        assert_int_equal(utf8_decode(s, &got), length);
        assert_int_equal(got, rune);
}

static void characters_of_each_length_decode(void **state UNUSED) {
        assert_decodes("A", 1, 'A');
        assert_decodes("\xc2\xa9", 2, 0xa9);
        assert_decodes("密", 3, 0x5bc6);
        assert_decodes("\xf0\x9f\x94\x91", 4, 0x1f511);
        assert_true(utf8_valid("密码机 ok \xef\xbf\xbd"));
}

static void bad_octets_are_one_replacement_each(void **state UNUSED) {
        static const char *const bad[] = {
                "\x80",
                "\xff",
                "\xc0\x80",
                "\xc1\xbf",
                "\xe0\x80\x80",
                "\xed\xa0\x80",
                "\xf4\x90\x80\x80",
                "\xf5\x80\x80\x80",
                "\xe5\xaf",
                "\xf0\x9f",
                "\xef\xbf\xbe",
                "\xef\xb7\x90",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_decodes(bad[i], 1, UTF8_REPLACEMENT);
                assert_false(utf8_valid(bad[i]));
        }
}

static void repaired_text_is_valid_and_fits(void **state UNUSED) {
        char text[64];

        utf8_repair(text, sizeof(text), "a\xff密\xe5\xaf");
        assert_string_equal(text, "a\xef\xbf\xbd密\xef\xbf\xbd\xef\xbf\xbd");
        for (size_t size = 1; size < 16; size++) {
                utf8_repair(text, size, "密\xff密\xff");
                assert_true(strlen(text) < size);
                assert_true(utf8_valid(text));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(characters_of_each_length_decode),
                cmocka_unit_test(bad_octets_are_one_replacement_each),
                cmocka_unit_test(repaired_text_is_valid_and_fits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
