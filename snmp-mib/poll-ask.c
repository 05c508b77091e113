#include "poll-ask.h"

/* Rows that are asked of a column of which nothing is known yet. */
#define ROWS_AT_FIRST 8

/* ---- what to ask for ---- */

static void ask_for(PollTable *t, PollCursor *cursor) {
        t->asked[t->n_asked++] = (PollAsked){.cursor = cursor};
}

static void collect(PollTable *t, bool column, bool by_get) {
        for (size_t k = 0; t->n_asked < t->batch && k < poll_table_cursors(t); k++) {
                PollCursor *c = poll_table_cursor(t, k);

                if (!c->done && c->column == column && (column || c->by_get == by_get))
                        ask_for(t, c);
        }
}

static bool collect_walk(PollTable *t) {
        t->verb = VERB_WALK;
        collect(t, false, false);
        t->n_scalars = t->n_asked;
        collect(t, true, false);
        return t->n_asked > 0;
}

static bool collect_gets(PollTable *t) {
        t->verb = VERB_GET;
        collect(t, false, true);
        return t->n_asked > 0;
}

static void collect_row(PollTable *t, PollEntry *e, size_t row, uint32_t facts) {
        for (PollColumn c = 0; c < POLL_COLUMNS && t->n_asked < t->batch; c++)
                if (facts & POLL_FACT(c))
                        t->asked[t->n_asked++] = (PollAsked){.entry = e, .row = row, .column = c};
}

static void collect_facts_of(PollTable *t, PollEntry *e, bool fresh) {
        for (size_t row = 0; e->item->walk && row < e->value.n && t->n_asked < t->batch; row++) {
                const PollFacts *f = &e->facts[row];
                uint32_t wanted = f->wanted & ~f->failed;

                collect_row(t, e, row, fresh ? wanted & ~f->read : wanted & f->read);
        }
}

/* What was never told comes first: without it there is nothing to tell of a row. */
static bool collect_facts(PollTable *t) {
        t->verb = VERB_FACTS;
        for (int fresh = 1; fresh >= 0; fresh--)
                for (size_t i = 0; i < t->n; i++)
                        collect_facts_of(t, &t->entries[i], fresh);
        return t->n_asked > 0;
}

/* ---- how to ask for it ---- */

/* The name whose successor an instance is: of x.0 it is x, and nothing can stand between; of x.5 it is x.4,
 * between which and x.5 a table has no row. */
static size_t name_before(const PollOid *name, oid *before) {
        memcpy(before, name->arcs, name->n * sizeof(*before));
        if (before[name->n - 1] == 0)
                return name->n - 1;
        before[name->n - 1]--;
        return name->n;
}

static bool add_walked(netsnmp_pdu *pdu, const PollCursor *c) {
        oid before[POLL_OID_ARCS];

        if (c->n_last > 0)
                return snmp_add_null_var(pdu, c->last, c->n_last);
        if (c->column)
                return snmp_add_null_var(pdu, c->name->arcs, c->name->n);
        return snmp_add_null_var(pdu, before, name_before(c->name, before));
}

static bool add_fact(netsnmp_pdu *pdu, const PollAsked *asked) {
        const PollOid *column = &asked->entry->item->columns[asked->column];
        oid name[POLL_OID_ARCS + POLL_INDEX_SIZE];
        size_t n = poll_oid_of_index(asked->entry->facts[asked->row].index, name + column->n);

        memcpy(name, column->arcs, column->n * sizeof(*name));
        return snmp_add_null_var(pdu, name, column->n + n);
}

static bool add(netsnmp_pdu *pdu, const PollTable *t, const PollAsked *asked) {
        if (t->verb == VERB_FACTS)
                return add_fact(pdu, asked);
        if (t->verb == VERB_GET)
                return snmp_add_null_var(pdu, asked->cursor->name->arcs, asked->cursor->name->n);
        return add_walked(pdu, asked->cursor);
}

/* As many rows as the longest column had in the last poll and has not shown in this one, and one more. */
static long repetitions(const PollTable *t) {
        size_t columns = t->n_asked - t->n_scalars, rows = 1;

        if (columns == 0)
                return 0;
        for (size_t i = t->n_scalars; i < t->n_asked; i++) {
                const PollCursor *c = t->asked[i].cursor;
                size_t expected = t->facts_when == 0 && c->before == 0 ? ROWS_AT_FIRST : c->before + 1;

                /* longer than it was: how much longer cannot be known */
                rows = MAX_OF(rows, expected > c->n ? expected - c->n : (size_t) ROWS_AT_FIRST);
        }
        return (long) MIN_OF(rows, MAX_OF(t->batch / columns, (size_t) 1));
}

static int command_of(const PollTable *t) {
        if (t->verb != VERB_WALK)
                return SNMP_MSG_GET;
        return t->getbulk ? SNMP_MSG_GETBULK : SNMP_MSG_GETNEXT;
}

static netsnmp_pdu *build(PollTable *t) {
        netsnmp_pdu *pdu = snmp_pdu_create(command_of(t));

        if (!pdu)
                return NULL;
        t->n_expected = t->n_asked;
        if (pdu->command == SNMP_MSG_GETBULK) {
                pdu->non_repeaters = (long) t->n_scalars;
                pdu->max_repetitions = repetitions(t);
                t->n_expected = t->n_scalars + (t->n_asked - t->n_scalars) * (size_t) pdu->max_repetitions;
        }
        for (size_t i = 0; i < t->n_asked; i++)
                if (!add(pdu, t, &t->asked[i])) {
                        snmp_free_pdu(pdu);
                        return NULL;
                }
        return pdu;
}

int poll_ask(PollTable *t, usec_t now, netsnmp_pdu **ret) {
        netsnmp_pdu *pdu = NULL;

        t->n_asked = t->n_scalars = 0;
        if (!collect_walk(t) && !collect_gets(t)) {
                if (poll_table_settle(t, now) < 0)
                        return -ENOMEM;
                (void) collect_facts(t);
        }
        if (t->n_asked > 0) {
                pdu = build(t);
                if (!pdu)
                        return -ENOMEM;
        }
        *ret = pdu;
        return 0;
}
