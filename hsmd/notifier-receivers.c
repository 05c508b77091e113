/* The receivers as configured: made, taken over, let go. */
#include "notifier-internal.h"

NotifierReceiver *notifier_receiver_free(NotifierReceiver *r) {
        if (r)
                free(r->page);
        free(r);
        return NULL;
}

static NotifierReceiver *receiver_new(Notifier *n, const ConfigReceiver *c) {
        NotifierReceiver *r = calloc(1, sizeof(*r));

        if (!r)
                return NULL;
        r->notifier = n;
        r->number = c->number;
        r->config = c;
        r->state = RECEIVER_OK;
        r->state_since = now_monotonic();
        copy_text(r->name, sizeof(r->name), c->name);
        return r;
}

void notifier_keep_cursor(NotifierReceiver *r) {
        History *history = r->notifier->manager->history;
        CursorRecord cursor;

        notifier_fill_cursor(r, &cursor);
        if (!history || !r->begun || memcmp(&cursor, &r->kept, sizeof(cursor)) == 0)
                return;
        history_cursor(history, &cursor);
        r->kept = cursor;
}

void notifier_begin(NotifierReceiver *r, uint64_t done, uint64_t maybe_sent) {
        const Notifier *n = r->notifier;

        notifier_queue_init(&r->queue, done, maybe_sent, r->config->queue);
        notifier_queue_hole(&r->queue, n->hole_after, n->hole_to);
        r->begun = true;
}

static NotifierReceiver *take_over(Notifier *n, const ConfigReceiver *c) {
        for (size_t i = 0; i < n->n_receivers; i++) {
                NotifierReceiver *r = n->receivers[i];

                if (r && r->number == c->number && streq(r->name, c->name)) {
                        n->receivers[i] = NULL;
                        r->config = c;
                        r->queue.limit = c->queue;
                        return r;
                }
        }
        return receiver_new(n, c);
}

/* One that the history owes an answer is freed when that has come. */
static void let_go(Notifier *n, NotifierReceiver *r) {
        NotifierReceiver **grown;

        if (n->manager->history)
                history_forget_cursor(n->manager->history, r->name);
        r->config = NULL;
        if (!r->asking) {
                notifier_receiver_free(r);
                return;
        }
        grown = reallocarray(n->leaving, n->n_leaving + 1, sizeof(void *));
        if (!grown)
                return; /* never freed, rather than too early */
        n->leaving = grown;
        grown[n->n_leaving++] = r;
}

void notifier_free_left(Notifier *n) {
        for (size_t i = n->n_leaving; i > 0; i--)
                if (!n->leaving[i - 1]->asking) {
                        notifier_receiver_free(n->leaving[i - 1]);
                        n->leaving[i - 1] = n->leaving[--n->n_leaving];
                }
}

/* Those that are configured no more; whether there were any. */
static bool let_others_go(Notifier *n) {
        bool any = false;

        for (size_t i = 0; i < n->n_receivers; i++)
                if (n->receivers[i]) {
                        let_go(n, n->receivers[i]);
                        any = true;
                }
        return any;
}

bool notifier_fit_receivers(Notifier *n) {
        const Config *c = n->manager->config;
        NotifierReceiver **receivers = calloc(c->n_receivers + 1, sizeof(void *));
        size_t count = 0;
        bool any_gone;

        if (!receivers)
                return false;
        for (size_t i = 0; i < c->n_receivers; i++) {
                NotifierReceiver *r = take_over(n, &c->receivers[i]);

                if (!r)
                        continue;
                if (n->restored && !r->begun)
                        notifier_begin(r, n->last, n->last);
                receivers[count++] = r;
        }
        any_gone = let_others_go(n);
        free(n->receivers);
        n->receivers = receivers;
        n->n_receivers = count;
        return any_gone;
}
