/* What the poller asks for and what it makes of the answers, against an agent of rows: snmp-mib/poll-table.c,
 * poll-ask.c, poll-answer.c, poll-sample.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snmp-mib/poll-answer.h"
#include "snmp-mib/poll-ask.h"
#include "snmp-mib/poll-sample.h"

#define NOW (5 * USEC_PER_SEC)

/* ---- an agent ---- */

typedef struct Row {
        const char *name;
        long value;
        const char *text; /* NULL: an INTEGER */
} Row;

/* What is wrong with each answer to a GET. */
typedef enum Fault {
        FAULT_NONE,
        FAULT_ERROR,       /* genErr */
        FAULT_NAMED_ERROR, /* of the first variable */
        FAULT_TOO_BIG,
        FAULT_MISSING, /* nothing in it */
        FAULT_NULL,    /* Null in place of each value */
        FAULT_MAX,
} Fault;

typedef struct Agent {
        const Row *rows; /* in order of name */
        size_t n;
        size_t room; /* variables of an answer */
        Fault fault;
        size_t bulk; /* variables that may be asked for by a GETBULK, else it is tooBig; 0 = any number */
} Agent;

static netsnmp_pdu *response(void) {
        netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_RESPONSE);

        pdu->errstat = pdu->errindex = 0;
        return pdu;
}

static int compare(const Row *row, const netsnmp_variable_list *v) {
        PollOid name;

        assert_int_equal(poll_oid_parse(row->name, &name), 0);
        return snmp_oid_compare(name.arcs, name.n, v->name, v->name_length);
}

static void add_row(netsnmp_pdu *answer, const Row *row) {
        PollOid name;

        assert_int_equal(poll_oid_parse(row->name, &name), 0);
        if (row->text)
                snmp_pdu_add_variable(answer, name.arcs, name.n, ASN_OCTET_STR, row->text, strlen(row->text));
        else
                snmp_pdu_add_variable(
                        answer, name.arcs, name.n, ASN_INTEGER, &row->value, sizeof(row->value));
}

static const netsnmp_variable_list *add_answer(
        const Agent *agent, netsnmp_pdu *answer, const netsnmp_variable_list *asked, bool next) {
        netsnmp_variable_list *added;
        size_t i = 0;

        while (i < agent->n &&
                (next ? compare(&agent->rows[i], asked) <= 0 : compare(&agent->rows[i], asked) != 0))
                i++;
        if (i < agent->n)
                add_row(answer, &agent->rows[i]);
        else
                snmp_pdu_add_variable(answer, asked->name, asked->name_length,
                        next ? SNMP_ENDOFMIBVIEW : SNMP_NOSUCHINSTANCE, NULL, 0);
        for (added = answer->variables; added->next_variable; added = added->next_variable)
                ;
        return added;
}

static size_t count(const netsnmp_pdu *pdu) {
        size_t n = 0;

        for (const netsnmp_variable_list *v = pdu->variables; v; v = v->next_variable)
                n++;
        return n;
}

static void answer_bulk(const Agent *agent, const netsnmp_pdu *asked, netsnmp_pdu *answer) {
        const netsnmp_variable_list *from[POLL_ASK_MAX];
        size_t n = 0, others = (size_t) asked->non_repeaters;

        for (const netsnmp_variable_list *v = asked->variables; v; v = v->next_variable)
                from[n++] = v;
        for (size_t i = 0; i < others && count(answer) < agent->room; i++)
                (void) add_answer(agent, answer, from[i], true);
        for (long k = 0; k < asked->max_repetitions; k++)
                for (size_t i = others; i < n && count(answer) < agent->room; i++)
                        from[i] = add_answer(agent, answer, from[i], true);
}

static void answer_wrongly(Fault fault, const netsnmp_pdu *asked, netsnmp_pdu *answer) {
        answer->errstat = fault == FAULT_TOO_BIG                               ? SNMP_ERR_TOOBIG
                          : fault == FAULT_ERROR || fault == FAULT_NAMED_ERROR ? SNMP_ERR_GENERR
                                                                               : SNMP_ERR_NOERROR;
        answer->errindex = fault == FAULT_NAMED_ERROR;
        for (const netsnmp_variable_list *v = asked->variables; v && fault == FAULT_NULL;
                v = v->next_variable)
                snmp_add_null_var(answer, v->name, v->name_length);
}

static bool is_too_much(const Agent *agent, const netsnmp_pdu *asked) {
        long scalars = asked->non_repeaters, n = (long) count(asked);

        return agent->bulk > 0 && scalars + (n - scalars) * asked->max_repetitions > (long) agent->bulk;
}

static netsnmp_pdu *answer_of(const Agent *agent, const netsnmp_pdu *asked) {
        netsnmp_pdu *answer = response();

        if (asked->command == SNMP_MSG_GET && agent->fault != FAULT_NONE) {
                answer_wrongly(agent->fault, asked, answer);
                return answer;
        }
        if (asked->command == SNMP_MSG_GETBULK && is_too_much(agent, asked)) {
                answer->errstat = SNMP_ERR_TOOBIG;
                return answer;
        }
        if (asked->command == SNMP_MSG_GETBULK) {
                answer_bulk(agent, asked, answer);
                return answer;
        }
        if (count(asked) > agent->room) {
                answer->errstat = SNMP_ERR_TOOBIG;
                return answer;
        }
        for (const netsnmp_variable_list *v = asked->variables; v; v = v->next_variable)
                (void) add_answer(agent, answer, v, asked->command == SNMP_MSG_GETNEXT);
        return answer;
}

/* v1 has no such thing as a missing variable: the first one is named as an error. */
static void as_v1(netsnmp_pdu *answer) {
        long i = 1;

        for (const netsnmp_variable_list *v = answer->variables; v; v = v->next_variable, i++)
                if (v->type == SNMP_ENDOFMIBVIEW || v->type == SNMP_NOSUCHINSTANCE) {
                        answer->errstat = SNMP_ERR_NOSUCHNAME;
                        answer->errindex = i;
                        return;
                }
}

/* ---- a poll ---- */

/* Asks until nothing is left to ask; returns how many requests that took. */
static unsigned poll_on(PollTable *t, const Agent *agent, usec_t now) {
        unsigned requests = 0;

        for (;;) {
                netsnmp_pdu *asked = NULL, *answer;

                assert_int_equal(poll_ask(t, now, &asked), 0);
                if (!asked)
                        return requests;
                assert_true(count(asked) <= POLL_ASK_MAX);
                assert_true(++requests < 1000);
                answer = answer_of(agent, asked);
                if (!t->getbulk)
                        as_v1(answer);
                assert_int_equal(poll_answer(t, answer, now), TAKEN);
                snmp_free_pdu(asked);
                snmp_free_pdu(answer);
        }
}

static unsigned poll_once(PollTable *t, const Agent *agent, usec_t now) {
        poll_table_begin(t, now);
        return poll_on(t, agent, now);
}

static PollItem *item(const char *oid, const char *label, const char *status) {
        MsgPollItem config = {
                .walk = label != NULL, .kind = SENSOR_GAUGE, .type = SENSOR_TYPE_OTHER, .scale = 1};
        PollItem *made;

        config.min = -1e18;
        config.max = 1e18;
        copy_text(config.oid, sizeof(config.oid), oid);
        copy_text(config.columns[COLUMN_LABEL], sizeof(config.columns[0]), label ? label : "");
        copy_text(config.columns[COLUMN_STATUS], sizeof(config.columns[0]), status ? status : "");
        assert_int_equal(poll_item_new(&config, &made), 0);
        assert_false(made->broken);
        return made;
}

static PollTable *table_of(SnmpVersion version, PollItem *a, PollItem *b) {
        PollItem *items[] = {a, b};
        PollTable *t;

        assert_int_equal(poll_table_new(items, b ? 2 : 1, version, &t), 0);
        poll_item_unref(a);
        poll_item_unref(b);
        return t;
}

/* "1=5 two=6!": index or label and value of every sample, and "!" if it is not ok. */
static void assert_samples(const PollTable *t, bool labels, const char *expected) {
        static const uint32_t numbers[] = {11, 12};
        CLEANUP_FREE MsgSample *samples = NULL;
        char said[4096] = "";
        bool cut;
        int n = poll_samples(t, numbers, 3, 4, &samples, &cut);

        assert_true(n >= 0);
        for (int i = 0; i < n; i++) {
                const MsgSample *s = &samples[i];
                size_t at = strlen(said);

                assert_true(s->head.type == MSG_SAMPLE && s->head.size == sizeof(*s));
                assert_true(s->agent == 3 && s->poll == 4 && (s->item == 11 || s->item == 12));
                snprintf(said + at, sizeof(said) - at, "%s%s=%.6g%s", at > 0 ? " " : "",
                        labels ? s->label : s->index, s->value, s->status == SENSOR_OK ? "" : "!");
        }
        assert_string_equal(said, expected);
}

static bool is_cut(PollTable *t) {
        static const uint32_t numbers[] = {11, 12};
        CLEANUP_FREE MsgSample *samples = NULL;
        bool cut = false;

        assert_true(poll_samples(t, numbers, 3, 4, &samples, &cut) >= 0);
        return cut || poll_table_is_cut(t);
}

static void assert_trouble(PollTable *t, const char *expected) {
        char words[128];

        assert_int_equal(poll_table_settle(t, NOW), 0);
        poll_table_trouble(t, words, sizeof(words));
        assert_string_equal(words, expected);
}

static const Row rows[] = {
        {"1.3.6.1.2.1.1.3.0", 4711, NULL},
        {"1.3.6.9.1.1", 0, "one"},
        {"1.3.6.9.1.2", 0, "two"},
        {"1.3.6.9.1.3", 0, "three"},
        {"1.3.6.9.2.1", 10, NULL},
        {"1.3.6.9.2.2", 20, NULL},
        {"1.3.6.9.2.3", 30, NULL},
        {"1.3.6.9.3.1", 1, NULL},
        {"1.3.6.9.3.3", 1, NULL},
        {"1.3.6.9.5.0", 55, NULL},
        {"1.3.6.9.6.2", 62, NULL},
};

static const Agent whole = {.rows = rows, .n = ELEMENTSOF(rows), .room = 1000};

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
                                .n = ELEMENTSOF(rows),
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

static void an_agent_that_began_anew_is_asked_for_labels_again(void **state UNUSED) {
        Row renamed[ELEMENTSOF(rows)];
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
        Row renamed[ELEMENTSOF(rows)];
        const Agent mute = {.rows = rows + 1, .n = ELEMENTSOF(rows) - 1, .room = 1000},
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
        const Agent agent = {.rows = rows + 4, .n = ELEMENTSOF(rows) - 4, .room = 1000};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

        (void) poll_once(t, &whole, NOW);
        assert_int_equal(poll_once(t, &agent, NOW + POLL_FACTS_INTERVAL), 2);
        assert_samples(t, true, "one=10 two=20 three=30");
        poll_table_free(t);
}

static void a_table_whose_answers_do_not_fit_is_read_in_parts(void **state UNUSED) {
        for (size_t room = 1; room < 9; room++) {
                Agent agent = {.rows = rows, .n = ELEMENTSOF(rows), .room = 1000, .bulk = room};
                PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

                (void) poll_once(t, &agent, NOW);
                assert_trouble(t, "");
                assert_false(is_cut(t));
                assert_samples(t, true, "one=10 two=20 three=30");
                poll_table_free(t);
        }
}

/* ---- bad answers ---- */

/* Asks, and returns an answer to be filled. */
static netsnmp_pdu *begin_next(PollTable *t) {
        netsnmp_pdu *asked = NULL;

        assert_int_equal(poll_ask(t, NOW, &asked), 0);
        assert_non_null(asked);
        snmp_free_pdu(asked);
        return response();
}

static netsnmp_pdu *begin(PollTable *t) {
        poll_table_begin(t, NOW);
        return begin_next(t);
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

static void an_answer_without_labels_makes_no_other_rows(void **state UNUSED) {
        for (Fault fault = FAULT_ERROR; fault < FAULT_MAX; fault++) {
                const Agent agent = {.rows = rows, .n = ELEMENTSOF(rows), .room = 1000, .fault = fault};
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
        Row fewer[ELEMENTSOF(rows)];
        const Agent two = {.rows = fewer, .n = ELEMENTSOF(rows) - 1, .room = 1000},
                    nameless = {.rows = rows, .n = ELEMENTSOF(rows), .room = 1000, .fault = FAULT_ERROR};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);

        memcpy(fewer, rows, 5 * sizeof(*rows));
        memcpy(fewer + 5, rows + 6, (ELEMENTSOF(rows) - 6) * sizeof(*rows));
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
        const Agent nameless = {.rows = rows, .n = ELEMENTSOF(rows), .room = 1000, .fault = FAULT_MISSING};
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
        Row first[ELEMENTSOF(rows)];
        const Agent one = {.rows = first, .n = ELEMENTSOF(rows) - 2, .room = 1000};
        PollTable *t = table_of(SNMP_VERSION_V2C, item("1.3.6.9.2", "1.3.6.9.1", NULL), NULL);
        netsnmp_pdu *answer;

        memcpy(first, rows, 5 * sizeof(*rows));
        memcpy(first + 5, rows + 7, (ELEMENTSOF(rows) - 7) * sizeof(*rows));
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
        const Agent mute = {.rows = rows, .n = ELEMENTSOF(rows), .room = 0};
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
                cmocka_unit_test(an_agent_that_began_anew_is_asked_for_labels_again),
                cmocka_unit_test(a_restart_is_seen_after_a_poll_that_did_not_tell_the_uptime),
                cmocka_unit_test(a_row_that_has_no_label_is_told_without),
                cmocka_unit_test(a_label_that_is_no_longer_there_stays),
                cmocka_unit_test(a_table_whose_answers_do_not_fit_is_read_in_parts),
                cmocka_unit_test(a_long_column_whose_answers_do_not_fit_is_read_to_its_end),
                cmocka_unit_test(an_answer_without_labels_makes_no_other_rows),
                cmocka_unit_test(a_new_row_is_told_once_its_label_is_known),
                cmocka_unit_test(rows_that_a_cut_poll_did_not_reach_keep_their_labels),
                cmocka_unit_test(a_new_row_of_a_cut_poll_is_asked_for_its_label),
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
