/* A walked row's name and what else its table says of it: when that is asked for, and what becomes of a row
 * of which it is not told. Against an agent of rows, as in test_poll_table.c. */

#include "poll-fixture.h"

static void an_agent_that_began_anew_is_asked_for_labels_again(void **state UNUSED) {
        Row renamed[ROWS];
        const Agent agent = {.rows = renamed, .n = ELEMENTSOF(renamed), .room = 1000};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

        memcpy(renamed, rows, sizeof(rows));
        renamed[1].text = "uno";
        (void) poll_once(t, &whole, NOW);
        (void) poll_once(t, &agent, NOW);
        assert_samples(t, true, "one=10 two=20 three=30");
        renamed[0].value = 12;
        (void) poll_once(t, &agent, NOW);
        assert_samples(t, true, "uno=10 two=20 three=30");
        poll_table_free(t);
}

static void a_restart_is_seen_after_a_poll_that_did_not_tell_the_uptime(void **state UNUSED) {
        Row renamed[ROWS];
        const Agent mute = {.rows = rows + 1, .n = ROWS - 1, .room = 1000},
                    agent = {.rows = renamed, .n = ELEMENTSOF(renamed), .room = 1000};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

        memcpy(renamed, rows, sizeof(rows));
        renamed[0].value = 12;
        renamed[1].text = "uno";
        (void) poll_once(t, &whole, NOW);
        (void) poll_once(t, &mute, NOW);
        assert_false(t->has_uptime);
        (void) poll_once(t, &agent, NOW);
        assert_samples(t, true, "uno=10 two=20 three=30");
        poll_table_free(t);
}

static void a_row_that_has_no_label_is_told_without(void **state UNUSED) {
        const Row some[] = {rows[0], rows[1], rows[3], rows[4], rows[5], rows[6]};
        const Agent agent = {.rows = some, .n = ELEMENTSOF(some), .room = 1000};

        for (SnmpVersion version = SNMP_VERSION_V2C; version <= SNMP_VERSION_V1; version++) {
                PollTable *t = table_of(version, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

                (void) poll_once(t, &agent, NOW);
                assert_samples(t, true, "one=10 =20 three=30");
                assert_false(is_cut(t));
                poll_table_free(t);
        }
}

static void a_label_that_is_no_longer_there_stays(void **state UNUSED) {
        const Agent agent = {.rows = rows + 4, .n = ROWS - 4, .room = 1000};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

        (void) poll_once(t, &whole, NOW);
        assert_int_equal(poll_once(t, &agent, NOW + POLL_FACTS_INTERVAL), 2);
        assert_samples(t, true, "one=10 two=20 three=30");
        poll_table_free(t);
}

static void an_answer_without_labels_makes_no_other_rows(void **state UNUSED) {
        for (Fault fault = FAULT_ERROR; fault < FAULT_MAX; fault++) {
                const Agent agent = {.rows = rows, .n = ROWS, .room = 1000, .fault = fault};
                PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

                (void) poll_once(t, &agent, NOW);
                assert_samples(t, true, "");
                assert_true(is_cut(t));
                (void) poll_once(t, &whole, NOW);
                assert_samples(t, true, "one=10 two=20 three=30");
                assert_false(is_cut(t));
                for (usec_t now = NOW + POLL_FACTS_INTERVAL; now < POLL_FACTS_INTERVAL + 4 * NOW;
                        now += NOW) {
                        assert_true(poll_once(t, &agent, now) >= 2);
                        assert_samples(t, true, "one=10 two=20 three=30");
                }
                /* and they are asked for until they are told */
                assert_true(poll_once(t, &whole, POLL_FACTS_INTERVAL + 4 * NOW) >= 2);
                if (fault != FAULT_TOO_BIG) /* after which it is asked in parts */
                        assert_int_equal(poll_once(t, &whole, POLL_FACTS_INTERVAL + 5 * NOW), 1);
                poll_table_free(t);
        }
}

static void a_new_row_is_told_once_its_label_is_known(void **state UNUSED) {
        Row fewer[ROWS];
        const Agent two = {.rows = fewer, .n = ROWS - 1, .room = 1000},
                    nameless = {.rows = rows, .n = ROWS, .room = 1000, .fault = FAULT_ERROR};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

        memcpy(fewer, rows, 5 * sizeof(*rows));
        memcpy(fewer + 5, rows + 6, (ROWS - 6) * sizeof(*rows));
        (void) poll_once(t, &two, NOW);
        assert_samples(t, true, "one=10 three=30");
        (void) poll_once(t, &nameless, NOW);
        assert_samples(t, true, "one=10 three=30");
        assert_true(is_cut(t));
        (void) poll_once(t, &whole, NOW);
        assert_samples(t, true, "one=10 two=20 three=30");
        assert_false(is_cut(t));
        poll_table_free(t);
}

static void rows_that_a_cut_poll_did_not_reach_keep_their_labels(void **state UNUSED) {
        const Agent nameless = {.rows = rows, .n = ROWS, .room = 1000, .fault = FAULT_MISSING};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);
        netsnmp_pdu *answer;

        (void) poll_once(t, &whole, NOW);
        answer = begin(t);
        add_row(answer, &rows[0]);
        add_row(answer, &rows[4]);
        (void) poll_answer(t, answer, NOW);
        poll_table_cut(t, "slow");
        assert_trouble(t, "1.3.6.9.2: slow");
        assert_samples(t, true, "one=10");
        assert_true(is_cut(t));
        (void) poll_once(t, &nameless, NOW);
        assert_samples(t, true, "one=10 two=20 three=30");
        assert_int_equal(poll_once(t, &whole, NOW), 1);
        snmp_free_pdu(answer);
        poll_table_free(t);
}

static void a_new_row_of_a_cut_poll_is_asked_for_its_label(void **state UNUSED) {
        Row first[ROWS];
        const Agent one = {.rows = first, .n = ROWS - 2, .room = 1000};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);
        netsnmp_pdu *answer;

        memcpy(first, rows, 5 * sizeof(*rows));
        memcpy(first + 5, rows + 7, (ROWS - 7) * sizeof(*rows));
        (void) poll_once(t, &one, NOW);
        assert_samples(t, true, "one=10");
        answer = begin(t);
        add_row(answer, &rows[0]);
        for (size_t i = 4; i < 6; i++)
                add_row(answer, &rows[i]);
        (void) poll_answer(t, answer, NOW);
        poll_table_cut(t, "slow");
        (void) poll_on(t, &whole, NOW);
        assert_samples(t, true, "one=10 two=20");
        assert_true(is_cut(t));
        snmp_free_pdu(answer);
        poll_table_free(t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_agent_that_began_anew_is_asked_for_labels_again),
                cmocka_unit_test(a_restart_is_seen_after_a_poll_that_did_not_tell_the_uptime),
                cmocka_unit_test(a_row_that_has_no_label_is_told_without),
                cmocka_unit_test(a_label_that_is_no_longer_there_stays),
                cmocka_unit_test(an_answer_without_labels_makes_no_other_rows),
                cmocka_unit_test(a_new_row_is_told_once_its_label_is_known),
                cmocka_unit_test(rows_that_a_cut_poll_did_not_reach_keep_their_labels),
                cmocka_unit_test(a_new_row_of_a_cut_poll_is_asked_for_its_label),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
