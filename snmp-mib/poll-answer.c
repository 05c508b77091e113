#include "poll-answer.h"

static const char not_increasing[] = "its names do not increase";
static const char too_many_rows[] = "more than 256 rows, the others are not read";
static const char long_index[] = "an index is too long";
static const char error_answer[] = "the agent answers it with an error";
static const char too_big[] = "the agent has no room for it in an answer";
static const char no_memory[] = "no memory";
static const char unanswered[] = "it is missing in the answer";

_Static_assert(POLL_ROWS_MAX == 256, "the words above say so");

/* ---- cells ---- */

static PollCell *add_cell(PollCursor *c) {
        if (c->n == c->room) {
                size_t room = MAX_OF(2 * c->room, (size_t) (c->column ? 4 : 1));
                PollCell *grown = reallocarray(c->cells, room, sizeof(*grown));

                if (!grown)
                        return NULL;
                c->cells = grown;
                c->room = room;
        }
        c->cells[c->n] = (PollCell){0};
        return &c->cells[c->n++];
}

static void take_instance(PollCursor *c, const netsnmp_variable_list *v, usec_t now) {
        PollRaw raw = poll_raw_of(v);
        PollCell *cell = raw.kind == RAW_NONE ? NULL : add_cell(c);

        poll_cursor_end(c, raw.kind == RAW_NONE || cell ? NULL : no_memory, false);
        if (!cell)
                return;
        cell->raw = raw;
        c->when = now;
}

/* ---- a walk ---- */

static bool remember(PollCursor *c, const netsnmp_variable_list *v) {
        oid *last = reallocarray(c->last, v->name_length, sizeof(*last));

        if (!last)
                return false;
        memcpy(last, v->name, v->name_length * sizeof(*last));
        c->last = last;
        c->n_last = v->name_length;
        return true;
}

static bool comes_after(const PollCursor *c, const netsnmp_variable_list *v) {
        const oid *last = c->n_last > 0 ? c->last : c->name->arcs;
        size_t n = c->n_last > 0 ? c->n_last : c->name->n;

        return snmp_oid_compare(v->name, v->name_length, last, n) > 0;
}

static void take_row(PollCursor *c, const netsnmp_variable_list *v, usec_t now) {
        char index[POLL_INDEX_SIZE];
        PollCell *cell;

        if (c->n == POLL_ROWS_MAX) {
                poll_cursor_end(c, too_many_rows, false);
                return;
        }
        if (!remember(c, v)) {
                poll_cursor_end(c, no_memory, true);
                return;
        }
        if (poll_oid_text(v->name + c->name->n, v->name_length - c->name->n, index, sizeof(index)) < 0) {
                c->trouble = long_index;
                return;
        }
        cell = add_cell(c);
        if (!cell) {
                poll_cursor_end(c, no_memory, true);
                return;
        }
        copy_text(cell->index, sizeof(cell->index), index);
        cell->raw = poll_raw_of(v);
        c->when = now;
}

static bool is_value(const netsnmp_variable_list *v) {
        return v->type != SNMP_ENDOFMIBVIEW && v->type != SNMP_NOSUCHOBJECT && v->type != SNMP_NOSUCHINSTANCE;
}

static void take_of_column(PollCursor *c, const netsnmp_variable_list *v, usec_t now) {
        if (c->done)
                return; /* its end was seen earlier in this answer */
        if (is_value(v) && !comes_after(c, v))
                poll_cursor_end(c, not_increasing, true);
        else if (!is_value(v) || !poll_oid_within(c->name, v->name, v->name_length))
                poll_cursor_end(c, NULL, false);
        else
                take_row(c, v, now);
}

/* The successor of the name before an instance's is that instance, or there is none; unless some agent counts
 * otherwise, hence one that does not end in 0 is asked for by its own name to be sure. */
static void take_successor(PollCursor *c, const netsnmp_variable_list *v, usec_t now) {
        if (poll_oid_same(c->name, v->name, v->name_length))
                take_instance(c, v, now);
        else if (c->name->arcs[c->name->n - 1] == 0)
                take_instance(c, NULL, now);
        else
                c->by_get = true;
}

static void take_walk(PollTable *t, const netsnmp_variable_list *v, usec_t now) {
        size_t columns = t->n_asked - t->n_scalars, k = 0;

        for (; v && k < t->n_scalars; v = v->next_variable, k++)
                take_successor(t->asked[k].cursor, v, now);
        for (; v && columns > 0; v = v->next_variable, k++)
                take_of_column(t->asked[t->n_scalars + (k - t->n_scalars) % columns].cursor, v, now);
        if (k > 0)
                return;
        for (size_t i = 0; i < t->n_asked; i++)
                poll_cursor_end(t->asked[i].cursor, unanswered, true);
}

/* ---- a GET ---- */

/* It stays as it was, and is asked for again by the next poll. */
static void fact_failed(PollTable *t, const PollAsked *a, const char *trouble) {
        a->entry->facts[a->row].failed |= POLL_FACT(a->column);
        t->facts_trouble = trouble;
        t->facts_column = &a->entry->item->columns[a->column];
}

static const netsnmp_variable_list *find(
        const netsnmp_variable_list *v, const PollOid *name, const oid *row, size_t n_row) {
        for (; v; v = v->next_variable)
                if (v->name_length == name->n + n_row &&
                        memcmp(v->name, name->arcs, name->n * sizeof(oid)) == 0 &&
                        (n_row == 0 || memcmp(v->name + name->n, row, n_row * sizeof(oid)) == 0))
                        return v;
        return NULL;
}

static void take_gets(PollTable *t, const netsnmp_variable_list *variables, usec_t now) {
        for (size_t i = 0; i < t->n_asked; i++) {
                PollCursor *c = t->asked[i].cursor;
                const netsnmp_variable_list *v = find(variables, c->name, NULL, 0);

                if (v)
                        take_instance(c, v, now);
                else
                        poll_cursor_end(c, unanswered, false);
        }
}

static void take_facts(PollTable *t, const netsnmp_variable_list *variables) {
        for (size_t i = 0; i < t->n_asked; i++) {
                const PollAsked *a = &t->asked[i];
                PollFacts *facts = &a->entry->facts[a->row];
                oid row[POLL_INDEX_SIZE];
                size_t n = poll_oid_of_index(facts->index, row);
                const netsnmp_variable_list *v = find(variables, &a->entry->item->columns[a->column], row, n);

                if (!v || !poll_facts_take(facts, a->column, v))
                        fact_failed(t, a, unanswered);
        }
}

/* ---- errors ---- */

static void leave_out(PollTable *t, size_t i, const char *trouble) {
        const PollAsked *a = &t->asked[i];

        if (t->verb != VERB_FACTS)
                poll_cursor_end(a->cursor, trouble, false);
        else if (trouble)
                fact_failed(t, a, trouble);
        else
                (void) poll_facts_take(&a->entry->facts[a->row], a->column, NULL);
}

static void leave_all_out(PollTable *t, const char *trouble) {
        for (size_t i = 0; i < t->n_asked; i++)
                leave_out(t, i, trouble);
}

/* An error stands for the whole answer, though one variable may be its cause. In v1 noSuchName is how a table
 * ends and how an instance is missing. */
static PollTaken take_error(PollTable *t, const netsnmp_pdu *pdu) {
        const char *trouble = pdu->errstat == SNMP_ERR_NOSUCHNAME ? NULL : error_answer;

        if (pdu->errstat == SNMP_ERR_AUTHORIZATIONERROR || pdu->errstat == SNMP_ERR_NOACCESS)
                return REFUSED;
        if (pdu->errstat == SNMP_ERR_TOOBIG && t->n_expected > 1)
                t->batch = MAX_OF(MIN_OF(t->batch, t->n_expected) / 2, (size_t) 1);
        else if (pdu->errstat == SNMP_ERR_TOOBIG)
                leave_all_out(t, too_big);
        else if (pdu->errindex >= 1 && (size_t) pdu->errindex <= t->n_asked)
                leave_out(t, (size_t) pdu->errindex - 1, trouble);
        else if (t->verb == VERB_FACTS)
                leave_all_out(t, error_answer); /* which of them there is none of, it does not say */
        else
                leave_all_out(t, trouble);
        return TAKEN;
}

PollTaken poll_answer(PollTable *t, const netsnmp_pdu *pdu, usec_t now) {
        if (t->n_asked == 0)
                return TAKEN;
        if (pdu->errstat != SNMP_ERR_NOERROR)
                return take_error(t, pdu);
        if (t->verb == VERB_WALK)
                take_walk(t, pdu->variables, now);
        else if (t->verb == VERB_GET)
                take_gets(t, pdu->variables, now);
        else
                take_facts(t, pdu->variables);
        return TAKEN;
}
