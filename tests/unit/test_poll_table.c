/* What the poller asks for and what it makes of the answers, against an agent of rows: snmp-mib/poll-table.c,
 * poll-ask.c, poll-answer.c, poll-sample.c. */

#include "poll-fixture.h"

static void a_known_table_costs_one_request(void **state UNUSED) {
        PollTable *t = table_of(
                SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), item("1.3.6.9.5.0", NULL, NULL));

        assert_int_equal(poll_once(t, &whole, NOW), 2);
        assert_samples(t, false, "1=10 2=20 3=30 =55");
        assert_samples(t, true, "one=10 two=20 three=30 =55");
        assert_int_equal(poll_once(t, &whole, 2 * NOW), 1);
        assert_samples(t, true, "one=10 two=20 three=30 =55");
        assert_true(t->has_uptime && t->uptime_ticks == 4711);
        assert_int_equal(poll_once(t, &whole, NOW + POLL_FACTS_INTERVAL), 2);
        poll_table_free(t);
}

static void an_agent_of_which_nothing_is_walked_is_asked_by_one_get(void **state UNUSED) {
        PollTable *t =
                table_of(SNMP_VERSION_V2C, item("1.3.6.9.5.0", NULL, NULL), item("1.3.6.9.5.1", NULL, NULL));

        assert_int_equal(poll_once(t, &whole, NOW), 1);
        assert_samples(t, false, "=55");
        poll_table_free(t);
}

static void an_instance_that_is_no_successor_is_asked_by_its_name(void **state UNUSED) {
        const Row more[] = {{"1.3.6.9.2.1", 10, NULL}, {"1.3.6.9.6.1.7", 1, NULL}, {"1.3.6.9.6.2", 62, NULL}};
        const Agent agent = {.rows = more, .n = ELEMENTSOF(more), .room = 1000};
        PollTable *t =
                table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "", NULL), item("1.3.6.9.6.2", NULL, NULL));

        assert_int_equal(poll_once(t, &whole, NOW), 1);
        assert_samples(t, false, "1=10 2=20 3=30 =62");
        assert_int_equal(poll_once(t, &agent, NOW), 2);
        assert_samples(t, false, "1=10 =62");
        poll_table_free(t);
}

static void a_row_without_its_status_is_not_operational(void **state UNUSED) {
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", "1.3.6.9.3"), NULL);

        (void) poll_once(t, &whole, NOW);
        assert_samples(t, true, "one=10 two=0! three=30");
        poll_table_free(t);
}

static void whatever_the_room_and_the_version_the_same_is_read(void **state UNUSED) {
        for (SnmpVersion version = SNMP_VERSION_V2C; version <= SNMP_VERSION_V1; version++)
                for (size_t room = 1; room < 9; room++) {
                        Agent agent = {.rows = rows,
                                .n = ROWS,
                                .room = version == SNMP_VERSION_V1 ? room + 3 : room};
                        PollTable *t = table_of(version, item("1.3.6.9.2", "1.3.6.9.1", "1.3.6.9.3"),
                                item("1.3.6.9.7.0", NULL, NULL));

                        for (usec_t now = NOW; now < 4 * NOW; now += NOW) {
                                (void) poll_once(t, &agent, now);
                                assert_samples(t, true, "one=10 two=0! three=30");
                                assert_trouble(t, "");
                        }
                        poll_table_free(t);
                }
}

static void a_table_whose_answers_do_not_fit_is_read_in_parts(void **state UNUSED) {
        for (size_t room = 1; room < 9; room++) {
                Agent agent = {.rows = rows, .n = ROWS, .room = 1000, .bulk = room};
                PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

                (void) poll_once(t, &agent, NOW);
                assert_trouble(t, "");
                assert_false(is_cut(t));
                assert_samples(t, true, "one=10 two=20 three=30");
                poll_table_free(t);
        }
}

static void a_long_column_whose_answers_do_not_fit_is_read_to_its_end(void **state UNUSED) {
        static char names[40][16];
        static Row many[1 + ELEMENTSOF(names)];
        const Agent roomy = {.rows = many, .n = ELEMENTSOF(many), .room = 1000},
                    agent = {.rows = many, .n = ELEMENTSOF(many), .room = 1000, .bulk = 12};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "", NULL), NULL);
        CLEANUP_FREE MsgSample *samples = NULL;
        netsnmp_pdu *answer;
        bool cut = false;

        many[0] = rows[0];
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                snprintf(names[i], sizeof(names[i]), "1.3.6.9.2.%zu", i + 1);
                many[i + 1] = (Row){.name = names[i], .value = 1};
        }
        (void) poll_once(t, &roomy, NOW);
        answer = begin(t); /* the uptime and a row: then there is only the column to ask for */
        add_row(answer, &many[0]);
        add_row(answer, &many[1]);
        (void) poll_answer(t, answer, NOW);
        (void) poll_on(t, &agent, NOW);
        assert_trouble(t, "");
        assert_int_equal(poll_samples(t, (uint32_t[]){11}, 1, 1, &samples, &cut), ELEMENTSOF(names));
        assert_false(cut);
        snmp_free_pdu(answer);
        poll_table_free(t);
}

static void a_row_whose_status_was_not_reached_is_not_told(void **state UNUSED) {
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", "1.3.6.9.3"), NULL);
        netsnmp_pdu *answer = begin(t);

        add_row(answer, &rows[0]);
        add_row(answer, &rows[4]);
        add_row(answer, &rows[7]);
        (void) poll_answer(t, answer, NOW);
        snmp_free_pdu(answer);
        answer = begin_next(t);
        answer->errstat = SNMP_ERR_GENERR;
        answer->errindex = 2; /* the status column: the uptime was read */
        (void) poll_answer(t, answer, NOW);
        (void) poll_on(t, &whole, NOW);
        assert_trouble(t, "1.3.6.9.3: the agent answers it with an error");
        assert_samples(t, true, "one=10");
        assert_true(is_cut(t));
        snmp_free_pdu(answer);
        poll_table_free(t);
}

static void names_that_do_not_increase_drop_their_column_only(void **state UNUSED) {
        const Row bad[] = {rows[0], {"1.3.6.9.2.1", 1, NULL}, {"1.3.6.9.5.1", 1, NULL},
                {"1.3.6.9.2.1", 2, NULL}, {"1.3.6.9.5.2", 2, NULL}, {"1.3.6.9.9.1", 3, NULL},
                {"1.3.6.9.9.1", 3, NULL}};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "", NULL), item("1.3.6.9.5", "", NULL));
        netsnmp_pdu *answer = begin(t);

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                add_row(answer, &bad[i]);
        (void) poll_answer(t, answer, NOW);
        assert_trouble(t, "1.3.6.9.2: its names do not increase");
        assert_samples(t, false, "1=1 2=2");
        snmp_free_pdu(answer);
        poll_table_free(t);
}

static void an_index_that_does_not_fit_leaves_its_row_out(void **state UNUSED) {
        const char *lengthy = "1.3.6.9.2.2.4000000000.4000000000.4000000000.4000000000.4000000000.4000000000";
        const Row bad[] = {rows[0], {"1.3.6.9.2.1", 1, NULL}, {lengthy, 2, NULL}, {"1.3.6.9.2.3", 3, NULL}};
        const Agent agent = {.rows = bad, .n = ELEMENTSOF(bad), .room = 1000};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "", NULL), NULL);

        (void) poll_once(t, &agent, NOW);
        assert_trouble(t, "1.3.6.9.2: an index is too long");
        assert_samples(t, false, "1=1 3=3");
        poll_table_free(t);
}

static void an_error_leaves_out_what_it_names_or_everything(void **state UNUSED) {
        const struct {
                long error, index;
                size_t left;
                PollTaken taken;
        } cases[] = {{SNMP_ERR_GENERR, 2, 2, TAKEN}, {SNMP_ERR_GENERR, 0, 0, TAKEN},
                {SNMP_ERR_GENERR, 4, 0, TAKEN}, {SNMP_ERR_GENERR, -1, 0, TAKEN},
                {SNMP_ERR_TOOBIG, 1, 3, TAKEN}, {SNMP_ERR_AUTHORIZATIONERROR, 1, 3, REFUSED},
                {99, 3, 2, TAKEN}};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                PollTable *t =
                        table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "", NULL), item("1.3.6.9.5", "", NULL));
                netsnmp_pdu *answer = begin(t);
                size_t left = 0;

                answer->errstat = cases[i].error;
                answer->errindex = cases[i].index;
                assert_int_equal(poll_answer(t, answer, NOW), cases[i].taken);
                for (size_t k = 0; k < poll_table_cursors(t); k++)
                        left += !poll_table_cursor(t, k)->done;
                assert_int_equal(left, cases[i].left);
                snmp_free_pdu(answer);
                poll_table_free(t);
        }
}

static void an_empty_answer_ends_what_it_was_asked_for(void **state UNUSED) {
        const Agent mute = {.rows = rows, .n = ROWS, .room = 0};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

        assert_int_equal(poll_once(t, &mute, NOW), 1);
        assert_samples(t, false, "");
        poll_table_free(t);
}

static void rows_and_samples_have_their_bounds(void **state UNUSED) {
        static char names[3 * 300][32];
        static Row many[3 * 300];
        const Agent agent = {.rows = many, .n = ELEMENTSOF(many), .room = 60};
        PollItem *items[] = {
                item("1.3.6.9.1", "", NULL), item("1.3.6.9.2", "", NULL), item("1.3.6.9.3", "", NULL)};
        const uint32_t numbers[] = {1, 2, 3};
        CLEANUP_FREE MsgSample *samples = NULL;
        bool cut = false;
        PollTable *t;

        for (size_t i = 0; i < ELEMENTSOF(many); i++) {
                snprintf(names[i], sizeof(names[i]), "1.3.6.9.%zu.%zu", i / 300 + 1, i % 300 + 1);
                many[i] = (Row){.name = names[i], .value = 1};
        }
        assert_int_equal(poll_table_new(items, 3, SNMP_VERSION_V2C, &t), 0);
        (void) poll_once(t, &agent, NOW);
        assert_trouble(t, "1.3.6.9.1: more than 256 rows, the others are not read (2 more like this)");
        assert_int_equal(poll_samples(t, numbers, 1, 1, &samples, &cut), POLL_SAMPLES_MAX);
        assert_true(cut);
        for (size_t i = 0; i < 3; i++)
                poll_item_unref(items[i]);
        poll_table_free(t);
}

static void what_was_not_read_in_time_is_named(void **state UNUSED) {
        PollTable *t =
                table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "", NULL), item("1.3.6.9.5.0", NULL, NULL));
        netsnmp_pdu *answer = begin(t);

        add_row(answer, &rows[0]);
        add_row(answer, &rows[9]);
        (void) poll_answer(t, answer, NOW);
        poll_table_cut(t, "slow");
        assert_trouble(t, "1.3.6.9.2: slow");
        assert_true(is_cut(t));
        assert_samples(t, false, "=55");
        snmp_free_pdu(answer);
        poll_table_free(t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_known_table_costs_one_request),
                cmocka_unit_test(an_agent_of_which_nothing_is_walked_is_asked_by_one_get),
                cmocka_unit_test(an_instance_that_is_no_successor_is_asked_by_its_name),
                cmocka_unit_test(a_row_without_its_status_is_not_operational),
                cmocka_unit_test(whatever_the_room_and_the_version_the_same_is_read),
                cmocka_unit_test(a_table_whose_answers_do_not_fit_is_read_in_parts),
                cmocka_unit_test(a_long_column_whose_answers_do_not_fit_is_read_to_its_end),
                cmocka_unit_test(a_row_whose_status_was_not_reached_is_not_told),
                cmocka_unit_test(names_that_do_not_increase_drop_their_column_only),
                cmocka_unit_test(an_index_that_does_not_fit_leaves_its_row_out),
                cmocka_unit_test(an_error_leaves_out_what_it_names_or_everything),
                cmocka_unit_test(an_empty_answer_ends_what_it_was_asked_for),
                cmocka_unit_test(rows_and_samples_have_their_bounds),
                cmocka_unit_test(what_was_not_read_in_time_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
