#include "poll-fixture.h"

netsnmp_pdu *response(void) {
        netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_RESPONSE);

        pdu->errstat = pdu->errindex = 0;
        return pdu;
}

static int compare(const Row *row, const netsnmp_variable_list *v) {
        PollOid name;

        assert_int_equal(poll_oid_parse(row->name, &name), 0);
        return snmp_oid_compare(name.arcs, name.n, v->name, v->name_length);
}

void add_row(netsnmp_pdu *answer, const Row *row) {
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
        size_t n = 0, others;

        for (const netsnmp_variable_list *v = asked->variables; v; v = v->next_variable)
                from[n++] = v;
        others = MIN_OF((size_t) asked->non_repeaters, n);
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
unsigned poll_on(PollTable *t, const Agent *agent, usec_t now) {
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

unsigned poll_once(PollTable *t, const Agent *agent, usec_t now) {
        poll_table_begin(t, now);
        return poll_on(t, agent, now);
}

PollItem *item(const char *oid, const char *label, const char *status) {
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

PollTable *table_of(SnmpVersion version, PollItem *a, PollItem *b) {
        PollItem *items[] = {a, b};
        PollTable *t;

        assert_int_equal(poll_table_new(items, b ? 2 : 1, version, &t), 0);
        poll_item_unref(a);
        poll_item_unref(b);
        return t;
}

/* "1=5 two=6!": index or label and value of every sample, and "!" if it is not ok. */
void assert_samples(const PollTable *t, bool labels, const char *expected) {
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

bool is_cut(PollTable *t) {
        static const uint32_t numbers[] = {11, 12};
        CLEANUP_FREE MsgSample *samples = NULL;
        bool cut = false;

        assert_true(poll_samples(t, numbers, 3, 4, &samples, &cut) >= 0);
        return cut || poll_table_is_cut(t);
}

void assert_trouble(PollTable *t, const char *expected) {
        char words[128];

        assert_int_equal(poll_table_settle(t, NOW), 0);
        poll_table_trouble(t, words, sizeof(words));
        assert_string_equal(words, expected);
}

const Row rows[ROWS] = {
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

const Agent whole = {.rows = rows, .n = ROWS, .room = 1000};

/* Asks, and returns an answer to be filled. */
netsnmp_pdu *begin_next(PollTable *t) {
        netsnmp_pdu *asked = NULL;

        assert_int_equal(poll_ask(t, NOW, &asked), 0);
        assert_non_null(asked);
        snmp_free_pdu(asked);
        return response();
}

netsnmp_pdu *begin(PollTable *t) {
        poll_table_begin(t, NOW);
        return begin_next(t);
}
