#include "notifier-queue.h"

void notifier_queue_init(NotifierQueue *q, uint64_t done, uint64_t maybe_sent, uint32_t limit) {
        *q = (NotifierQueue){.taken = done, .maybe_sent = maybe_sent, .limit = limit};
}

/* How many of the sequences beyond `after`, up to `to`, were never given. */
static uint64_t missing(const NotifierQueue *q, uint64_t after, uint64_t to) {
        uint64_t from = MAX_OF(after, q->hole_after), until = MIN_OF(to, q->hole_to);

        return until > from ? until - from : 0;
}

/* All up to `taken` are taken: those of the hole too, if it comes next. */
static void take_to(NotifierQueue *q, uint64_t taken) {
        q->taken = taken >= q->hole_after && taken < q->hole_to ? q->hole_to : taken;
}

void notifier_queue_hole(NotifierQueue *q, uint64_t after, uint64_t to) {
        q->hole_after = after;
        q->hole_to = to;
        take_to(q, q->taken);
}

uint64_t notifier_queue_next(const NotifierQueue *q, uint64_t last) {
        if (q->n_handed < q->n_out)
                return q->out[q->n_handed];
        return q->n_out < NOTIFY_WINDOW && q->taken < last ? q->taken + 1 : 0;
}

bool notifier_queue_repeated(const NotifierQueue *q, uint64_t sequence) {
        return sequence <= q->maybe_sent;
}

void notifier_queue_handed(NotifierQueue *q, uint64_t sequence) {
        if (q->n_handed == q->n_out) {
                q->out[q->n_out++] = sequence;
                take_to(q, sequence);
        }
        q->n_handed++;
}

bool notifier_queue_done(NotifierQueue *q, uint64_t sequence) {
        if (q->n_handed == 0 || q->out[0] != sequence)
                return false;
        q->n_handed--;
        q->n_out--;
        memmove(q->out, q->out + 1, q->n_out * sizeof(*q->out));
        return true;
}

void notifier_queue_lost(NotifierQueue *q) {
        if (q->n_handed > 0)
                q->maybe_sent = MAX_OF(q->maybe_sent, q->out[q->n_handed - 1]);
        q->n_handed = 0;
}

static uint64_t waiting(const NotifierQueue *q, uint64_t last) {
        return last > q->taken ? last - q->taken - missing(q, q->taken, last) : 0;
}

uint64_t notifier_queue_drop(NotifierQueue *q, uint64_t last) {
        uint64_t pending = notifier_queue_pending(q, last), n;

        if (pending <= q->limit)
                return 0;
        n = MIN_OF(pending - q->limit, waiting(q, last));
        /* the hole is none of them */
        take_to(q, q->taken < q->hole_after && q->taken + n > q->hole_after
                           ? q->taken + n + (q->hole_to - q->hole_after)
                           : q->taken + n);
        q->dropped += n;
        return n;
}

uint64_t notifier_queue_skip(NotifierQueue *q, uint64_t first) {
        uint64_t n = first > q->taken + 1 ? first - q->taken - 1 : 0;

        n -= n > 0 ? missing(q, q->taken, first - 1) : 0;
        take_to(q, MAX_OF(q->taken, first - 1));
        q->dropped += n;
        return n;
}

uint64_t notifier_queue_acknowledged(const NotifierQueue *q) {
        return q->n_out > 0 ? q->out[0] - 1 : q->taken;
}

uint64_t notifier_queue_pending(const NotifierQueue *q, uint64_t last) {
        return q->n_out + waiting(q, last);
}

uint64_t notifier_queue_oldest(const NotifierQueue *q, uint64_t last) {
        if (q->n_out > 0)
                return q->out[0];
        return waiting(q, last) > 0 ? q->taken + 1 : 0;
}
