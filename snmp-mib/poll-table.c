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
                        c->before = c->cut ? MAX_OF(c->before, c->n) : c->n;
                c->n = c->n_last = 0;
                c->done = !c->name;
                c->cut = false;
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
        if (trouble) {
                c->trouble = trouble;
                c->cut = true;
        }
        if (drop)
                c->n = 0;
}

static void cut_facts(PollTable *t, const PollEntry *e, const char *trouble) {
        for (size_t row = 0; row < e->value.n; row++) {
                PollFacts *f = &e->facts[row];

                if ((f->wanted & ~f->failed) == 0)
                        continue;
                f->failed = f->wanted;
                t->facts_trouble = trouble;
                t->facts_column = &e->item->value;
        }
}

void poll_table_cut(PollTable *t, const char *trouble) {
        for (size_t k = 0; k < poll_table_cursors(t); k++) {
                PollCursor *c = poll_table_cursor(t, k);

                if (!c->done)
                        poll_cursor_end(c, trouble, false);
        }
        for (size_t i = 0; t->settled && i < t->n; i++)
                if (t->entries[i].item->walk)
                        cut_facts(t, &t->entries[i], trouble);
}

bool poll_table_has_read(PollTable *t) {
        for (size_t k = 0; k < poll_table_cursors(t); k++)
                if (poll_table_cursor(t, k)->n > 0)
                        return true;
        return false;
}

bool poll_table_is_cut(PollTable *t) {
        for (size_t k = 0; k < poll_table_cursors(t); k++)
                if (poll_table_cursor(t, k)->cut)
                        return true;
        return false;
}

/* ---- rows and their facts ---- */

static bool same_rows(const PollEntry *e) {
        if (e->n_facts != e->value.n)
                return false;
        for (size_t i = 0; i < e->n_facts; i++)
                if (!streq(e->facts[i].index, e->value.cells[i].index))
                        return false;
        return true;
}

/* Moves the facts of a row over; of one that is new they are empty. *where is where the last one was found:
 * rows come in one order. */
static void move_facts(PollEntry *e, const char *index, size_t *where, PollFacts *ret) {
        *ret = (PollFacts){0};
        for (size_t i = 0; i < e->n_facts; i++) {
                PollFacts *old = &e->facts[(*where + i) % e->n_facts];

                if (!streq(old->index, index))
                        continue;
                *where = (*where + i + 1) % e->n_facts;
                *ret = *old;
                old->index[0] = '\0';
                return;
        }
        copy_text(ret->index, sizeof(ret->index), index);
}

/* Rows that were not reached may be there all the same, and keep their names. */
static size_t keep_unreached(const PollEntry *e, PollFacts *facts, size_t n, size_t room) {
        for (size_t i = 0; i < e->n_facts && n < room; i++)
                if (e->facts[i].index[0])
                        facts[n++] = e->facts[i];
        return n;
}

static int fit_facts(PollEntry *e) {
        size_t n = e->value.n, where = 0;
        size_t room = e->value.cut ? MIN_OF(n + e->n_facts, (size_t) POLL_ROWS_MAX) : n;
        PollFacts *facts = calloc(MAX_OF(room, (size_t) 1), sizeof(*facts));

        if (!facts)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                move_facts(e, e->value.cells[i].index, &where, &facts[i]);
        n = keep_unreached(e, facts, n, room);
        free(e->facts);
        e->facts = facts;
        e->n_facts = n;
        return 0;
}

static int settle_entry(PollTable *t, PollEntry *e) {
        bool same = same_rows(e), all = t->facts_due || (!same && !e->value.cut);
        uint32_t facts = poll_item_facts(e->item);

        if (!same && fit_facts(e) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < e->n_facts; i++) {
                e->facts[i].wanted |= all ? facts : facts & ~e->facts[i].read;
                e->facts[i].failed = 0;
        }
        return 0;
}

bool poll_entry_row_is_known(const PollEntry *e, size_t i) {
        return (poll_item_facts_needed(e->item) & ~e->facts[i].read) == 0;
}

bool poll_table_wants_facts(const PollTable *t) {
        if (t->facts_due)
                return true;
        for (size_t i = 0; i < t->n; i++)
                for (size_t row = 0; row < t->entries[i].n_facts; row++)
                        if (t->entries[i].facts[row].wanted)
                                return true;
        return false;
}

/* An agent that began anew may number its rows otherwise. (After 497 days sysUpTime wraps: then nothing began
 * anew, and asking costs nothing.) */
static void take_uptime(PollTable *t) {
        const PollRaw *raw = t->uptime.n > 0 ? &t->uptime.cells[0].raw : NULL;

        t->has_uptime = raw && raw->kind == RAW_NUMBER && raw->counter_bits > 0;
        if (!t->has_uptime)
                return;
        if (raw->counter < t->uptime_ticks)
                t->facts_due = true;
        t->uptime_ticks = raw->counter;
}

int poll_table_settle(PollTable *t, usec_t now) {
        if (t->settled)
                return 0;
        take_uptime(t);
        for (size_t i = 0; i < t->n; i++)
                if (t->entries[i].item->walk && settle_entry(t, &t->entries[i]) < 0)
                        return -ENOMEM;
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
