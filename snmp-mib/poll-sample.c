#include "poll-sample.h"

/* The other column's cell of a row; where says where the last one was found, for rows come in one order. */
static const PollRaw *cell_of(const PollCursor *c, const char *index, size_t *where) {
        static const PollRaw none = {.kind = RAW_NONE};

        for (size_t i = 0; i < c->n; i++) {
                size_t at = (*where + i) % c->n;

                if (streq(c->cells[at].index, index)) {
                        *where = at + 1;
                        return &c->cells[at].raw;
                }
        }
        return &none;
}

static void fill(MsgSample *s, const PollEntry *e, const Reading *r, const PollFacts *facts, size_t row) {
        s->status = r->status;
        s->reason = r->reason;
        s->type = r->type;
        s->counter_bits = r->counter_bits;
        s->precision = r->precision;
        s->value = r->value;
        s->counter = r->counter;
        s->when = e->value.when;
        if (!facts)
                return;
        copy_text(s->index, sizeof(s->index), e->value.cells[row].index);
        copy_text(s->label, sizeof(s->label), facts->label);
        copy_text(s->units, sizeof(s->units), facts->units);
}

static size_t count(const PollTable *t) {
        size_t n = 0;

        for (size_t i = 0; i < t->n; i++)
                n += t->entries[i].value.n;
        return n;
}

static MsgSample *add_entry(const PollEntry *e, MsgSample *s, const MsgSample *end) {
        size_t status_at = 0, total_at = 0;

        for (size_t row = 0; row < e->value.n && s < end; row++, s++) {
                const PollCell *cell = &e->value.cells[row];
                const PollFacts *facts = e->item->walk && row < e->n_facts ? &e->facts[row] : NULL;
                const PollRaw *status = e->status.name ? cell_of(&e->status, cell->index, &status_at) : NULL;
                const PollRaw *total = e->total.name ? cell_of(&e->total, cell->index, &total_at) : NULL;
                Reading r = poll_reading(e->item, &cell->raw, status, total, facts);

                fill(s, e, &r, facts, row);
        }
        return s;
}

int poll_samples(const PollTable *t, const uint32_t *number_of, uint32_t agent, uint64_t poll,
        MsgSample **ret, bool *ret_cut) {
        size_t found = count(t), n = MIN_OF(found, (size_t) POLL_SAMPLES_MAX);
        MsgSample *samples = NULL, *s;
        const MsgSample *end;

        if (n > 0) {
                samples = calloc(n, sizeof(*samples));
                if (!samples)
                        return -ENOMEM;
        }
        s = samples;
        end = n > 0 ? samples + n : NULL;
        for (size_t i = 0; i < t->n; i++) {
                MsgSample *first = s;

                s = add_entry(&t->entries[i], s, end);
                for (; first < s; first++) {
                        first->head = (MessageHead){.type = MSG_SAMPLE, .size = sizeof(*first)};
                        first->agent = agent;
                        first->item = number_of[i];
                        first->poll = poll;
                }
        }
        *ret = samples;
        *ret_cut = found > n;
        return (int) n;
}
