/* Instants as people write them, in the zone of those who do: Asia/Shanghai, which has no summer time. */

#include "unit.h"

#include <time.h>

#include "ctl/when.h"

/* 2026-11-24 10:30:15 in Shanghai. */
#define NOW ((usec_t) 1795487415 * USEC_PER_SEC)
#define NOW_AT(seconds) ((usec_t) (seconds) *USEC_PER_SEC)

static void assert_when(const char *text, usec_t now, const char *expected) {
        char shown[WHEN_SIZE];
        usec_t when = 0;

        if (when_parse(text, now, &when) < 0)
                fail_msg("\"%s\" is not understood", text);
        when_text(when, shown);
        if (!streq(shown, expected))
                fail_msg("\"%s\" is %s instead of %s", text, shown, expected);
}

static void dates_and_times_are_local(void **state UNUSED) {
        usec_t when = 0;

        assert_when("now", NOW, "2026-11-24 10:30:15");
        assert_when("2026-11-24 10:00", NOW, "2026-11-24 10:00:00");
        assert_when("2026-11-24 10:00:59", NOW, "2026-11-24 10:00:59");
        assert_when("2026-11-24T08:05", NOW, "2026-11-24 08:05:00");
        assert_when("2026-1-2 3:04", NOW, "2026-01-02 03:04:00");
        assert_when("2026-11-23", NOW, "2026-11-23 00:00:00");
        assert_when("10:00", NOW, "2026-11-24 10:00:00");
        assert_when("23:59:59", NOW, "2026-11-24 23:59:59");
        assert_int_equal(when_parse("2026-11-24 10:00", NOW, &when), 0);
        assert_int_equal(when / USEC_PER_SEC, 1795485600); /* 02:00 UTC */
}

static void days_have_names(void **state UNUSED) {
        assert_when("today", NOW, "2026-11-24 00:00:00");
        assert_when("yesterday", NOW, "2026-11-23 00:00:00");
        assert_when("yesterday 18:30", NOW, "2026-11-23 18:30:00");
        assert_when("tomorrow 8:00", NOW, "2026-11-25 08:00:00");
}

static void days_go_over_the_ends_of_months_and_years(void **state UNUSED) {
        const usec_t new_year = NOW_AT(1798732800) + 1; /* 2027-01-01 00:00 */
        const usec_t march_2028 = NOW_AT(1835452800);   /* 2028-03-01 00:00, of a leap year */

        assert_when("now", new_year, "2027-01-01 00:00:00");
        assert_when("yesterday", new_year, "2026-12-31 00:00:00");
        assert_when("-1h", new_year, "2026-12-31 23:00:00");
        assert_when("tomorrow", new_year - NOW_AT(10), "2027-01-01 00:00:00");
        assert_when("yesterday 12:00", march_2028, "2028-02-29 12:00:00");
        assert_when("tomorrow", march_2028 - NOW_AT(1), "2028-03-01 00:00:00");
}

static void spans_count_from_now(void **state UNUSED) {
        assert_when("-90s", NOW, "2026-11-24 10:28:45");
        assert_when("-5m", NOW, "2026-11-24 10:25:15");
        assert_when("-2h", NOW, "2026-11-24 08:30:15");
        assert_when("-3d", NOW, "2026-11-21 10:30:15");
        assert_when("-2w", NOW, "2026-11-10 10:30:15");
        assert_when("+2h", NOW, "2026-11-24 12:30:15");
        assert_when("@1795485600", NOW, "2026-11-24 10:00:00");
        assert_when("@0", NOW, "1970-01-01 08:00:00");
}

static void what_is_no_time_is_refused(void **state UNUSED) {
        static const char *const wrong[] = {"", "soon", "10", "24:00", "10:60", "10:00:60", "10:0", "1:00:0",
                "-2", "-2y", "-h", "-2hh", "- 2h", "+", "@", "@-5", "@1.5", "@99999999999999", "2026-02-30",
                "2026-13-01", "2026-00-10", "2026-11-00", "2026-11-24 ", "2026-11-24 10", "2026-11-24  10:00",
                "26-11-24", "yesterdayish", "yesterday 25:00", "2026-11-24x10:00", "10:00 2026-11-24",
                "-9999999999d", "now ", "-4000000w"};
        usec_t when = 7;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                if (when_parse(wrong[i], NOW, &when) != -EINVAL)
                        fail_msg("\"%s\" was taken", wrong[i]);
                assert_int_equal(when, 7);
        }
}

static int in_shanghai(void **state UNUSED) {
        setenv("TZ", "Asia/Shanghai", 1);
        tzset();
        /* without the zone's file the C library would take UTC in silence */
        return timezone == -8 * 3600 ? 0 : -1;
}

static int in_shanghai_without_zones(void **state UNUSED) {
        setenv("TZ", "CST-8", 1);
        tzset();
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(dates_and_times_are_local),
                cmocka_unit_test(days_have_names),
                cmocka_unit_test(days_go_over_the_ends_of_months_and_years),
                cmocka_unit_test(spans_count_from_now),
                cmocka_unit_test(what_is_no_time_is_refused),
        };

        return cmocka_run_group_tests_name("Asia/Shanghai", tests,
                access("/usr/share/zoneinfo/Asia/Shanghai", R_OK) == 0 ? in_shanghai
                                                                       : in_shanghai_without_zones,
                NULL);
}
