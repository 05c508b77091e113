#include "poll-table.h"

static const PollOid sys_uptime = {.n = 9, .arcs = {1, 3, 6, 1, 2, 1, 1, 3, 0}};

/* ---- making and freeing ---- */

static void set_entry(PollEntry *e, PollItem *item) {
        e->item = poll_item_ref(item);
        e->value = (PollCursor){.name = &item->value, .column = item->walk};
        if (item->walk && item->columns[COLUMN_STATUS].n > 0)
                e->status = (PollCursor){.name = &item->columns[COLUMN_STATUS], .column = true};
        if (item->columns[COLUMN_TOTAL].n > 0)
                e->total = (PollCursor){.name = &item->columns[COLUMN_TOTAL], .column = item->walk};
}

int poll_table_new(PollItem *const *items, size_t n, SnmpVersion version, PollTable **ret) {
        PollTable *t = calloc(1, sizeof(*t));
        bool walks = false;

        if (!t)
                return -ENOMEM;
        t->getbulk = version != SNMP_VERSION_V1;
        t->batch = POLL_ASK_MAX;
        t->uptime_name = sys_uptime;
        t->uptime.name = &t->uptime_name;
        t->entries = calloc(MAX_OF(n, (size_t) 1), sizeof(*t->entries));
        if (!t->entries) {
                poll_table_free(t);
                return -ENOMEM;
        }
        for (; t->n < n; t->n++) {
                set_entry(&t->entries[t->n], items[t->n]);
                walks = walks || items[t->n]->walk;
        }
        for (size_t k = 0; k < poll_table_cursors(t); k++)
                poll_table_cursor(t, k)->by_get = !walks;
        *ret = t;
        return 0;
}

PollTable *poll_table_free(PollTable *t) {
        if (!t)
                return NULL;
        for (size_t k = 0; k < poll_table_cursors(t); k++) {
                PollCursor *c = poll_table_cursor(t, k);

                free(c->cells);
                free(c->last);
        }
        for (size_t i = 0; i < t->n; i++) {
                poll_item_unref(t->entries[i].item);
                free(t->entries[i].facts);
        }
        free(t->entries);
        free(t);
        return NULL;
}

size_t poll_table_cursors(const PollTable *t) {
        return 1 + 3 * t->n;
}

PollCursor *poll_table_cursor(PollTable *t, size_t k) {
        PollEntry *e;

        if (k == 0)
                return &t->uptime;
        e = &t->entries[(k - 1) / 3];
        return (PollCursor *[]){&e->value, &e->status, &e->total}[(k - 1) % 3];
}

/* ---- a poll ---- */

void poll_table_begin(PollTable *t, usec_t now) {
        for (size_t k = 0; k < poll_table_cursors(t); k++) {
                PollCursor *c = poll_table_cursor(t, k);

                if (c->done)
                        c->before = c->n;
                c->n = c->n_last = 0;
                c->done = !c->name;
                c->trouble = NULL;
        }
        t->facts_trouble = NULL;
        t->settled = false;
        t->n_asked = 0;
        if (t->facts_when == 0 || now - t->facts_when >= POLL_FACTS_INTERVAL) {
                t->facts_due = true;
                t->batch = POLL_ASK_MAX;
        }
}

void poll_cursor_end(PollCursor *c, const char *trouble, bool drop) {
        c->done = true;
        if (trouble)
                c->trouble = trouble;
        if (drop)
                c->n = 0;
}

void poll_table_cut(PollTable *t, const char *trouble) {
        for (size_t k = 0; k < poll_table_cursors(t); k++) {
                PollCursor *c = poll_table_cursor(t, k);

                if (!c->done)
                        poll_cursor_end(c, trouble, false);
        }
        for (size_t i = 0; i < t->n; i++)
                for (size_t row = 0; row < t->entries[i].n_facts; row++)
                        if (t->entries[i].facts[row].wanted) {
                                t->facts_trouble = trouble;
                                t->facts_column = &t->entries[i].item->value;
                        }
}

/* ---- rows and their facts ---- */

static uint32_t facts_of(const PollItem *item) {
        uint32_t wanted = 0;

        for (PollColumn c = 0; c < POLL_COLUMNS; c++)
                if (poll_column_is_fact(c) && item->columns[c].n > 0)
                        wanted |= POLL_FACT(c);
        return wanted;
}

static bool same_rows(const PollEntry *e) {
        if (e->n_facts != e->value.n)
                return false;
        for (size_t i = 0; i < e->n_facts; i++)
                if (!streq(e->facts[i].index, e->value.cells[i].index))
                        return false;
        return true;
}

static int renew_facts(PollEntry *e) {
        PollFacts *facts = calloc(MAX_OF(e->value.n, (size_t) 1), sizeof(*facts));

        if (!facts)
                return -ENOMEM;
        for (size_t i = 0; i < e->value.n; i++) {
                copy_text(facts[i].index, sizeof(facts[i].index), e->value.cells[i].index);
                facts[i].wanted = facts_of(e->item);
        }
        free(e->facts);
        e->facts = facts;
        e->n_facts = e->value.n;
        return 0;
}

/* An agent that began anew may number its rows otherwise. (After 497 days sysUpTime wraps: then nothing began
 * anew, and asking costs nothing.) */
static void take_uptime(PollTable *t) {
        const PollRaw *raw = t->uptime.n > 0 ? &t->uptime.cells[0].raw : NULL;
        bool had = t->has_uptime;

        t->has_uptime = raw && raw->kind == RAW_NUMBER && raw->counter_bits > 0;
        if (!t->has_uptime)
                return;
        if (had && raw->counter < t->uptime_ticks)
                t->facts_due = true;
        t->uptime_ticks = raw->counter;
}

int poll_table_settle(PollTable *t, usec_t now) {
        if (t->settled)
                return 0;
        take_uptime(t);
        for (size_t i = 0; i < t->n; i++) {
                PollEntry *e = &t->entries[i];

                if (!e->item->walk || (!t->facts_due && same_rows(e)))
                        continue;
                if (renew_facts(e) < 0)
                        return -ENOMEM;
        }
        if (t->facts_due)
                t->facts_when = now;
        t->facts_due = false;
        t->settled = true;
        return 0;
}

/* ---- words ---- */

void poll_table_trouble(PollTable *t, char *dst, size_t size) {
        const PollOid *column = t->facts_column;
        const char *words = t->facts_trouble;
        size_t n = words != NULL;
        char name[POLL_INDEX_SIZE];

        for (size_t k = 0; k < poll_table_cursors(t); k++) {
                PollCursor *c = poll_table_cursor(t, k);

                if (!c->trouble)
                        continue;
                if (n++ == 0) {
                        words = c->trouble;
                        column = c->name;
                }
        }
        dst[0] = '\0';
        if (n == 0)
                return;
        if (poll_oid_text(column->arcs, column->n, name, sizeof(name)) < 0)
                copy_text(name, sizeof(name), "a long name");
        if (n == 1)
                snprintf(dst, size, "%s: %s", name, words);
        else
                snprintf(dst, size, "%s: %s (%zu more like this)", name, words, n - 1);
}
