/* What a drill makes of checks and states, and its protocol. */

#include "unit.h"

#include "hsmd/drill.h"

#define MS USEC_PER_MSEC
#define NOW (1000 * USEC_PER_SEC)
#define WALL (1790000000 * USEC_PER_SEC)
#define BOUND (9700 * MS)

static DrillTrack *armed(void) {
        DrillTrack *t = NULL;

        assert_int_equal(drill_track_new("bureau", "li", BOUND, NOW, WALL, &t), 0);
        return t;
}

/* Times in milliseconds after it was armed. */
static void check(DrillTrack *t, const char *device, bool ok, usec_t started, usec_t ended) {
        drill_track_check(t, &(DrillCheck){.device = device,
                                     .ok = ok,
                                     .started = NOW + started * MS,
                                     .ended = NOW + ended * MS,
                                     .latency = ok ? (uint32_t) (ended - started) * 1000 : 0});
}

static const DrillProtocol *protocol(const DrillTrack *t) {
        return drill_track_protocol(t);
}

/* b-1 is taken out at about 450, declared at 2,000, answers at 5,000 and is back at 5,500. */
static DrillTrack *whole(void) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 200, 210);
        check(t, "b-2", true, 250, 260);
        check(t, "b-1", true, 400, 410);
        check(t, "b-2", true, 450, 470);
        check(t, "b-2", true, 650, 680);
        check(t, "b-1", false, 600, 900);
        check(t, "b-1", false, 1400, 2000);
        drill_track_declared(t, "b-1", 6, NOW + 2000 * MS);
        check(t, "b-2", true, 4000, 4040);
        check(t, "b-1", true, 4900, 5000);
        check(t, "b-1", true, 5400, 5500);
        drill_track_returned(t, "b-1", NOW + 5500 * MS);
        return t;
}

static void machine_taken_out_and_brought_back_is_measured(void **state UNUSED) {
        DrillTrack *t = whole();
        const DrillProtocol *p = protocol(t);

        assert_true(drill_track_over(t));
        assert_int_equal(p->phase, DRILL_RETURNED);
        assert_int_equal(p->verdict, DRILL_OPEN);
        assert_string_equal(p->device, "b-1");
        assert_int_equal(p->armed, WALL);
        assert_int_equal(p->last_good, WALL + 410 * MS);
        assert_int_equal(p->first_failure, WALL + 900 * MS);
        assert_int_equal(p->declared, WALL + 2000 * MS);
        assert_int_equal(p->returned, WALL + 5500 * MS);
        assert_int_equal(p->ended, WALL + 5500 * MS);
        assert_int_equal(p->detection, 1590 * MS);
        assert_int_equal(p->recovery, 500 * MS);
        assert_true(p->has_gap);
        assert_int_equal(p->gap, 60 * MS); /* b-2, from 450 to 470 */
        assert_int_equal(p->survivors, 6);
        assert_int_equal(p->survivor_failures, 0);
        assert_int_equal(p->latency_before, 20000);
        assert_int_equal(p->latency_after, 40000);
        assert_int_equal(p->pace, 1250 * MS); /* of b-2: 250, 450, 650, 4000 */
        drill_track_free(t);
}

static void check_under_way_at_the_last_good_one_does_not_end_the_gap(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 400, 410);
        check(t, "b-2", true, 390, 430); /* begun while b-1 still signed */
        check(t, "b-3", true, 420, 520);
        check(t, "b-2", true, 590, 600);
        check(t, "b-1", false, 600, 700);
        assert_true(protocol(t)->has_gap);
        assert_int_equal(protocol(t)->gap, 110 * MS);
        drill_track_free(t);
}

static void gap_lasts_until_any_member_signs_again(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 400, 410);
        check(t, "b-1", false, 600, 900);
        drill_track_declared(t, "b-1", 0, NOW + 900 * MS);
        assert_false(protocol(t)->has_gap);
        check(t, "b-1", true, 3000, 3010);
        drill_track_returned(t, "b-1", NOW + 3010 * MS);
        assert_int_equal(protocol(t)->gap, 2600 * MS);
        drill_track_free(t);
}

static void what_was_known_before_counts_for_a_machine_that_fails_at_once(void **state UNUSED) {
        DrillTrack *t = armed();

        drill_track_known(t, "b-1", NOW - 300 * MS);
        drill_track_known(t, "b-2", NOW - 100 * MS);
        check(t, "b-1", false, 0, 10);
        check(t, "b-2", true, 50, 60);
        drill_track_declared(t, "b-1", 1, NOW + 500 * MS);
        assert_int_equal(protocol(t)->last_good, WALL - 300 * MS);
        assert_int_equal(protocol(t)->detection, 800 * MS);
        assert_int_equal(protocol(t)->gap, 360 * MS);
        drill_track_free(t);
}

static void single_failed_check_takes_nobody_out(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 0, 10);
        check(t, "b-1", false, 200, 210);
        assert_int_equal(protocol(t)->phase, DRILL_OUT);
        check(t, "b-1", true, 400, 410);
        assert_int_equal(protocol(t)->phase, DRILL_ARMED);
        assert_string_equal(protocol(t)->device, "");
        assert_int_equal(protocol(t)->first_failure, 0);
        /* but it was one that failed while another machine was to be taken out */
        check(t, "b-2", true, 400, 420);
        check(t, "b-2", false, 600, 610);
        drill_track_declared(t, "b-2", 1, NOW + 700 * MS);
        assert_int_equal(protocol(t)->survivor_failures, 1);
        drill_track_free(t);
}

static void failed_check_of_a_survivor_fails_the_drill(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 0, 10);
        check(t, "b-2", true, 50, 60);
        check(t, "b-1", false, 200, 210);
        drill_track_declared(t, "b-1", 1, NOW + 210 * MS);
        check(t, "b-2", false, 250, 260);
        check(t, "b-2", true, 450, 460);
        drill_track_returned(t, "b-1", NOW + 900 * MS);
        assert_int_equal(protocol(t)->verdict, DRILL_FAILED);
        assert_int_equal(protocol(t)->survivor_failures, 1);
        assert_non_null(strstr(protocol(t)->why, "other machines failed"));
        drill_track_free(t);
}

static void machine_that_is_declared_first_is_the_one_taken_out(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 0, 10);
        check(t, "b-2", true, 0, 20);
        check(t, "b-1", false, 200, 210);
        check(t, "b-2", false, 220, 230);
        drill_track_declared(t, "b-2", 1, NOW + 800 * MS);
        assert_string_equal(protocol(t)->device, "b-2");
        assert_int_equal(protocol(t)->first_failure, WALL + 230 * MS);
        assert_int_equal(protocol(t)->survivor_failures, 1);
        drill_track_free(t);
}

static void another_machine_that_falls_ends_the_drill(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 0, 10);
        check(t, "b-1", false, 200, 210);
        drill_track_declared(t, "b-1", 1, NOW + 400 * MS);
        drill_track_declared(t, "b-1", 1, NOW + 410 * MS); /* no news */
        assert_false(drill_track_over(t));
        drill_track_declared(t, "b-2", 0, NOW + 500 * MS);
        assert_int_equal(protocol(t)->phase, DRILL_CANCELLED);
        assert_int_equal(protocol(t)->verdict, DRILL_FAILED);
        assert_non_null(strstr(protocol(t)->why, "b-2 fell while b-1 was out"));
        assert_non_null(strstr(protocol(t)->why_local, "b-2"));
        assert_int_equal(protocol(t)->ended, WALL + 500 * MS);
        drill_track_free(t);
}

static void machine_that_never_returns_leaves_it_open(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 0, 10);
        check(t, "b-1", false, 200, 210);
        drill_track_declared(t, "b-1", 1, NOW + 400 * MS);
        drill_track_returned(t, "b-2", NOW + 500 * MS); /* another one is not it */
        assert_false(drill_track_over(t));
        drill_track_cancel(t, "wang", "by wang", "操作人 wang", NOW + 600 * MS);
        assert_int_equal(protocol(t)->phase, DRILL_CANCELLED);
        assert_string_equal(protocol(t)->ended_by, "wang");
        /* whatever comes later changes nothing */
        check(t, "b-1", true, 700, 710);
        drill_track_returned(t, "b-1", NOW + 800 * MS);
        assert_int_equal(protocol(t)->phase, DRILL_CANCELLED);
        assert_int_equal(protocol(t)->returned, 0);
        drill_track_free(t);
}

static void later_than_the_bound_fails(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 0, 10);
        check(t, "b-2", true, 20, 30);
        check(t, "b-1", false, 200, 210);
        drill_track_declared(t, "b-1", 1, NOW + 9711 * MS);
        drill_track_returned(t, "b-1", NOW + 20000 * MS);
        assert_int_equal(protocol(t)->verdict, DRILL_FAILED);
        assert_non_null(strstr(protocol(t)->why, "9.701 s, later than the bound of 9.700 s"));
        drill_track_free(t);
}

static void relapse_before_it_serves_counts_recovery_anew(void **state UNUSED) {
        DrillTrack *t = armed();

        check(t, "b-1", true, 0, 10);
        check(t, "b-1", false, 200, 210);
        drill_track_declared(t, "b-1", 1, NOW + 400 * MS);
        check(t, "b-1", true, 1000, 1010);
        check(t, "b-1", false, 2000, 2010);
        check(t, "b-1", true, 3000, 3010);
        drill_track_returned(t, "b-1", NOW + 3500 * MS);
        assert_int_equal(protocol(t)->recovery, 490 * MS);
        assert_int_equal(protocol(t)->first_failure, WALL + 210 * MS);
        drill_track_free(t);
}

/* --- what the business system saw */

static void passes_only_with_a_word_of_the_business_system(void **state UNUSED) {
        static const char *const good[] = {
                "0", "0.0", "0 s", "800 ms", "1.5 s", "2min", "1 h", "not measured"};
        static const char *const bad[] = {"", "1.5", "s", "-1 s", "1,5 s", "1. s", "about 2 s", "2 s ",
                "measured", "1 day", "99999999999 s"};

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                DrillTrack *t = whole();
                DrillProtocol p = *protocol(t);

                assert_int_equal(drill_protocol_business(&p, good[i], "zhao"), 0);
                assert_int_equal(p.verdict, DRILL_PASSED);
                assert_string_equal(p.business_gap, good[i]);
                assert_string_equal(p.business_by, "zhao");
                drill_track_free(t);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                DrillProtocol p = {.phase = DRILL_RETURNED, .verdict = DRILL_OPEN};

                assert_int_equal(drill_protocol_business(&p, bad[i], "zhao"), -EINVAL);
                assert_int_equal(p.verdict, DRILL_OPEN);
        }
}

static void word_of_the_business_system_saves_no_failed_drill(void **state UNUSED) {
        DrillProtocol p = {.phase = DRILL_CANCELLED, .verdict = DRILL_FAILED};

        assert_int_equal(drill_protocol_business(&p, "未测量", "zhao"), 0);
        assert_string_equal(p.business_gap, "not measured");
        assert_int_equal(p.verdict, DRILL_FAILED);
        p = (DrillProtocol){.phase = DRILL_DECLARED, .verdict = DRILL_OPEN};
        assert_int_equal(drill_protocol_business(&p, "0", "zhao"), -EBUSY);
}

/* --- as JSON */

static void protocol_survives_json(void **state UNUSED) {
        DrillTrack *t = whole();
        DrillProtocol p = *protocol(t), back;
        CLEANUP_FREE char *json = NULL, *again = NULL;

        drill_track_set_id(t, 4711);
        p = *protocol(t);
        assert_int_equal(drill_protocol_business(&p, "1.5 s", "赵\"\\工"), 0);
        json = drill_protocol_json(&p);
        assert_non_null(json);
        assert_non_null(strstr(json, "\"last_good\":\"2026-09-21T14:13:20.410000Z\""));
        assert_non_null(strstr(json, "\"detection_ms\":1590"));
        assert_non_null(strstr(json, "not the business system"));
        assert_int_equal(drill_protocol_parse(json, &back), 0);
        assert_int_equal(back.id, 4711);
        assert_int_equal(back.phase, DRILL_RETURNED);
        assert_int_equal(back.verdict, DRILL_PASSED);
        assert_int_equal(back.last_good, p.last_good);
        assert_int_equal(back.gap, p.gap);
        assert_true(back.has_gap);
        assert_string_equal(back.business_by, p.business_by);
        again = drill_protocol_json(&back);
        assert_string_equal(again, json);
        drill_track_free(t);
}

static void gap_of_nothing_is_one_that_was_measured(void **state UNUSED) {
        DrillProtocol p = {.phase = DRILL_RETURNED, .verdict = DRILL_OPEN, .has_gap = true}, back;
        CLEANUP_FREE char *json = drill_protocol_json(&p);
        CLEANUP_FREE char *none = NULL;

        assert_int_equal(drill_protocol_parse(json, &back), 0);
        assert_true(back.has_gap);
        p.has_gap = false;
        none = drill_protocol_json(&p);
        assert_int_equal(drill_protocol_parse(none, &back), 0);
        assert_false(back.has_gap);
}

/* The whole with one part replaced. */
static int parse_with(const char *part, const char *by) {
        DrillProtocol p = {.phase = DRILL_RETURNED, .verdict = DRILL_OPEN, .armed = WALL}, back;
        CLEANUP_FREE char *json = drill_protocol_json(&p);
        const char *at = strstr(json, part);
        char text[4096];

        assert_non_null(at);
        snprintf(text, sizeof(text), "%.*s%s%s", (int) (at - json), json, by, at + strlen(part));
        return drill_protocol_parse(text, &back);
}

static void hostile_json_is_refused(void **state UNUSED) {
        static const struct {
                const char *part, *by;
        } cases[] = {
                {"\"phase\":\"returned\"", "\"phase\":\"exploded\""},
                {"\"phase\":\"returned\"", "\"phase\":4"},
                {"\"phase\":\"returned\",", ""},
                {"\"bound_ms\":0", "\"bound_ms\":18446744073709551615"},
                {"\"bound_ms\":0", "\"bound_ms\":18446744073709551616"},
                {"\"bound_ms\":0", "\"bound_ms\":-1"},
                {"\"bound_ms\":0", "\"bound_ms\":1e3"},
                {"\"bound_ms\":0", "\"bound_ms\":\"0\""},
                {"\"bound_ms\":0", "\"bound_ms\":007"},
                {"\"bound_ms\":0", "\"bound_ms\":[]"},
                {"\"bound_ms\":0", "\"bound_ms\":0,\"bound_ms\":1"},
                {"\"bound_ms\":0", "\"bound_ms\":0,"},
                {"\"survivors\":0", "\"survivors\":4294967296"},
                {"\"pool\":\"\"", "\"pool\":null"},
                {"\"pool\":\"\"", "\"pool\":\"\xff\""},
                {"\"pool\":\"\"", "\"pool\":\"\\u0000\""},
                {"\"pool\":\"\"", "\"pool\":\"\\ud800\""},
                {"\"pool\":\"\"", "\"pool\":\"\\x41\""},
                {"\"pool\":\"\"", "\"pool\":\"\n\""},
                {"\"pool\":\"\"",
                        "\"pool\":\"0123456789012345678901234567890123456789012345678901234567890123\""},
                {"\"armed\":\"2026", "\"armed\":\"now"},
                {"\"armed\":\"2026", "\"armed\":\"1900"},
                {"}", "}}"},
                {"}", ""},
                {"{", "["},
                {"{", "{,"},
        };
        DrillProtocol back;

        assert_int_equal(parse_with("{", " { "), 0);
        assert_int_equal(parse_with("\"pool\":\"\"", "\"pool\":\"\\u5bc6\\ud83d\\ude00\\n\""), 0);
        assert_int_equal(parse_with("\"bound_ms\":0", "\"later\":true,\"bound_ms\" : 7"), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (parse_with(cases[i].part, cases[i].by) != -EBADMSG)
                        fail_msg("taken: %s", cases[i].by);
        assert_int_equal(drill_protocol_parse("", &back), -EBADMSG);
        assert_int_equal(drill_protocol_parse("{}", &back), -EBADMSG);
        assert_int_equal(drill_protocol_parse("{\"pool\":\"", &back), -EBADMSG);
        assert_int_equal(drill_protocol_parse("{\"pool\\", &back), -EBADMSG);
        assert_int_equal(drill_protocol_parse("{\"pool\":\"\\u12", &back), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(machine_taken_out_and_brought_back_is_measured),
                cmocka_unit_test(check_under_way_at_the_last_good_one_does_not_end_the_gap),
                cmocka_unit_test(gap_lasts_until_any_member_signs_again),
                cmocka_unit_test(what_was_known_before_counts_for_a_machine_that_fails_at_once),
                cmocka_unit_test(single_failed_check_takes_nobody_out),
                cmocka_unit_test(failed_check_of_a_survivor_fails_the_drill),
                cmocka_unit_test(machine_that_is_declared_first_is_the_one_taken_out),
                cmocka_unit_test(another_machine_that_falls_ends_the_drill),
                cmocka_unit_test(machine_that_never_returns_leaves_it_open),
                cmocka_unit_test(later_than_the_bound_fails),
                cmocka_unit_test(relapse_before_it_serves_counts_recovery_anew),
                cmocka_unit_test(passes_only_with_a_word_of_the_business_system),
                cmocka_unit_test(word_of_the_business_system_saves_no_failed_drill),
                cmocka_unit_test(protocol_survives_json),
                cmocka_unit_test(gap_of_nothing_is_one_that_was_measured),
                cmocka_unit_test(hostile_json_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
