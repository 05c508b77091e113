/* Columns on a terminal. */

#include "unit.h"

#include <locale.h>

#include "ctl/width.h"

static char *cell(const char *s, size_t columns, bool pad) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        put_cell(f, s, columns, pad);
        assert_int_equal(fclose(f), 0);
        return text;
}

static void assert_cell(const char *s, size_t columns, bool pad, const char *expected) {
        CLEANUP_FREE char *text = cell(s, columns, pad);

        assert_string_equal(text, expected);
}

static void chinese_takes_two_columns(void **state UNUSED) {
        assert_int_equal(text_width("bureau-1"), 8);
        assert_int_equal(text_width("市监局1号密码机"), 15);
        assert_int_equal(text_width("，（）："), 8);
        assert_int_equal(text_width("仅存在（未试签）"), 16);
        assert_int_equal(text_width(""), 0);
        assert_int_equal(text_width("e\u0301"), 1); /* a combining accent */
}

static void cells_are_padded_and_cut_by_columns(void **state UNUSED) {
        assert_cell("故障", 8, true, "故障    ");
        assert_cell("故障", 8, false, "故障");
        assert_cell("密码机集群", 7, true, "密码机~");
        assert_cell("密码机集群", 6, true, "密码~ ");
        assert_cell("abcdef", 6, true, "abcdef");
        assert_cell("abcdef", 5, true, "abcd~");
        assert_cell("密", 1, true, "~");
        assert_cell("abc", 0, true, "");
}

static void nothing_drives_the_terminal(void **state UNUSED) {
        assert_cell("\x1b[2J\x07\x7f\t\n", 80, false, "?[2J????");
        assert_cell("\xc2\x9b"
                    "2J",
                80, false, "?2J"); /* the one-character CSI */
        assert_cell("\xe2\x80\xae"
                    "cba",
                80, false, "?cba"); /* right-to-left override */
        assert_cell("\xff\xfe", 80, false, "??");
        assert_cell("\xe5\xaf", 80, false, "??"); /* cut in the middle */
        assert_int_equal(text_width("\x1b\xff"), 2);
}

static void wrapping_prefers_spaces_and_never_stalls(void **state UNUSED) {
        assert_int_equal(wrap_length("one two three", 9), 8);
        assert_int_equal(wrap_length("one two", 7), 7);
        assert_int_equal(wrap_length("abcdefgh", 3), 3);
        assert_int_equal(wrap_length("密码机集群", 5), 6);
        assert_int_equal(wrap_length("密码机", 1), 3);
        assert_int_equal(wrap_length("", 10), 0);
}

static int with_locale(void **state UNUSED) {
        width_init();
        return 0;
}

/* As on a host without C.UTF-8: wcwidth knows ASCII only. */
static int without_locale(void **state UNUSED) {
        return setlocale(LC_CTYPE, "C") ? 0 : -1;
}

int main(void) {
        const struct CMUnitTest with[] = {
                cmocka_unit_test(chinese_takes_two_columns),
                cmocka_unit_test(cells_are_padded_and_cut_by_columns),
                cmocka_unit_test(nothing_drives_the_terminal),
                cmocka_unit_test(wrapping_prefers_spaces_and_never_stalls),
        };
        const struct CMUnitTest without[] = {
                cmocka_unit_test(cells_are_padded_and_cut_by_columns),
                cmocka_unit_test(nothing_drives_the_terminal),
                cmocka_unit_test(wrapping_prefers_spaces_and_never_stalls),
        };

        return cmocka_run_group_tests_name("with C.UTF-8", with, with_locale, NULL) +
               cmocka_run_group_tests_name("without", without, without_locale, NULL);
}
