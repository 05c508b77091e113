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

/* Where the samples go. */
typedef struct Samples {
        MsgSample *next;
        const MsgSample *end;
        MsgSample begun; /* what all of an item have in common */
        bool cut;
} Samples;

/* A cell that is missing where its column was not read to the end is unknown, not missing. */
static bool is_unknown(const PollCursor *c, const PollRaw *raw) {
        return raw && raw->kind == RAW_NONE && c->cut;
}

static void add_entry(const PollEntry *e, Samples *to) {
        size_t status_at = 0, total_at = 0;

        for (size_t row = 0; row < e->value.n; row++) {
                const PollCell *cell = &e->value.cells[row];
                const PollFacts *facts = e->item->walk ? &e->facts[row] : NULL;
                const PollRaw *status = e->status.name ? cell_of(&e->status, cell->index, &status_at) : NULL;
                const PollRaw *total = e->total.name ? cell_of(&e->total, cell->index, &total_at) : NULL;
                Reading r;

                if (is_unknown(&e->status, status) || is_unknown(&e->total, total) || to->next == to->end ||
                        (facts && !poll_entry_row_is_known(e, row))) {
                        to->cut = true;
                        continue;
                }
                r = poll_reading(e->item, &cell->raw, status, total, facts);
                *to->next = to->begun;
                fill(to->next++, e, &r, facts, row);
        }
}

int poll_samples(const PollTable *t, const uint32_t *number_of, uint32_t agent, uint64_t poll,
        MsgSample **ret, bool *ret_cut) {
        size_t n = MIN_OF(count(t), (size_t) POLL_SAMPLES_MAX);
        MsgSample *samples = NULL;
        Samples to;

        if (n > 0) {
                samples = calloc(n, sizeof(*samples));
                if (!samples)
                        return -ENOMEM;
        }
        to = (Samples){
                .next = samples, .end = n > 0 ? samples + n : NULL, .begun = MESSAGE(MsgSample, MSG_SAMPLE)};
        to.begun.agent = agent;
        to.begun.poll = poll;
        for (size_t i = 0; i < t->n; i++) {
                to.begun.item = number_of[i];
                add_entry(&t->entries[i], &to);
        }
        *ret = samples;
        *ret_cut = to.cut;
        return n > 0 ? (int) (to.next - samples) : 0;
}
