#include "notifier-queue.h"

void notifier_queue_init(NotifierQueue *q, uint64_t done, uint64_t maybe_sent, uint32_t limit) {
        *q = (NotifierQueue){.taken = done, .maybe_sent = maybe_sent, .limit = limit};
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
                q->taken = sequence;
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
        return last > q->taken ? last - q->taken : 0;
}

uint64_t notifier_queue_drop(NotifierQueue *q, uint64_t last) {
        uint64_t pending = notifier_queue_pending(q, last), n;

        if (pending <= q->limit)
                return 0;
        n = MIN_OF(pending - q->limit, waiting(q, last));
        q->taken += n;
        q->dropped += n;
        return n;
}

uint64_t notifier_queue_skip(NotifierQueue *q, uint64_t first) {
        uint64_t n = first > q->taken + 1 ? first - q->taken - 1 : 0;

        q->taken += n;
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
