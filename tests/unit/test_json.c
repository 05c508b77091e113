/* The JSON writer. */

#include "unit.h"

#include "json.h"

static void write_all(Json *j) {
        json_open(j, NULL, '{');
        json_string(j, "text", "\"\\/\n\x01 密\xff");
        json_open(j, "empty", '[');
        json_close(j, ']');
        json_open(j, "numbers", '[');
        json_unsigned(j, NULL, UINT64_MAX);
        json_signed(j, NULL, INT64_MIN);
        json_tenths(j, NULL, 815);
        json_tenths(j, NULL, -5);
        json_tenths(j, NULL, 0);
        json_bool(j, NULL, true);
        json_close(j, ']');
        json_open(j, "object", '{');
        json_bool(j, "no", false);
        json_close(j, '}');
        json_close(j, '}');
        json_end(j);
}

static void assert_written(bool pretty, const char *expected) {
        CLEANUP_FREE char *text = NULL;
        size_t size;
        Json j = {.f = open_memstream(&text, &size), .pretty = pretty};

        assert_non_null(j.f);
        write_all(&j);
        assert_int_equal(fclose(j.f), 0);
        assert_string_equal(text, expected);
}

static void short_form_is_one_line(void **state UNUSED) {
        assert_written(false, "{\"text\":\"\\\"\\\\/\\u000a\\u0001 密\xef\xbf\xbd\",\"empty\":[],\"numbers\":"
                              "[18446744073709551615,-9223372036854775808,81.5,-0.5,0.0,true],\"object\":{"
                              "\"no\":false}}\n");
}

static void pretty_form_is_indented(void **state UNUSED) {
        assert_written(true, "{\n  \"text\": \"\\\"\\\\/\\u000a\\u0001 密\xef\xbf\xbd\",\n  \"empty\": [],\n "
                             " \"numbers\": [\n"
                             "    18446744073709551615,\n    -9223372036854775808,\n    81.5,\n    -0.5,\n   "
                             " 0.0,\n    true\n  ],\n"
                             "  \"object\": {\n    \"no\": false\n  }\n}\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(short_form_is_one_line),
                cmocka_unit_test(pretty_form_is_indented),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
