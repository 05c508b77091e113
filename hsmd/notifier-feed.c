/* Hands receivers what is next: from memory, or page by page from the history. */
#include "notifier-internal.h"

const Event *notifier_page_get(const NotifierReceiver *r, uint64_t sequence) {
        for (size_t i = 0; i < r->n_page; i++)
                if (r->page[i].notify_sequence == sequence)
                        return &r->page[i];
        return NULL;
}

static void drop_page(NotifierReceiver *r) {
        free(r->page);
        r->page = NULL;
        r->n_page = 0;
}

void notifier_shorten(NotifierReceiver *r) {
        const Notifier *n = r->notifier;
        uint64_t dropped = r->begun ? notifier_queue_drop(&r->queue, n->last) : 0;

        if (dropped > 0 && !r->dropping) {
                r->dropping = true;
                log_event(n->manager->journal, &(LogEvent){.priority = LOG_ERR},
                        "receiver %s: its queue of %u notifications is full, the oldest are dropped", r->name,
                        r->queue.limit);
        }
        if (r->dropping && notifier_queue_pending(&r->queue, n->last) <= r->queue.limit / 2)
                r->dropping = false;
}

/* The history does not have them (a damaged file was set aside), and never will. */
static void skip_to(NotifierReceiver *r, uint64_t first) {
        uint64_t lost = notifier_queue_skip(&r->queue, first);

        if (lost > 0)
                log_event(r->notifier->manager->journal, &(LogEvent){.priority = LOG_ERR},
                        "receiver %s: %llu notifications are in the history no more, and are left out",
                        r->name, (unsigned long long) lost);
}

/* The first one from `missing` on that can be had. */
static uint64_t first_of(const NotifierReceiver *r, const Event *events, size_t n) {
        const NotifierRing *ring = &r->notifier->ring;

        if (n > 0)
                return events[0].notify_sequence;
        return ring->last > 0 ? ring->first : r->notifier->last + 1;
}

static void on_page(int error, const Event *events, size_t n, void *userdata) {
        NotifierReceiver *r = userdata;
        const Manager *m = r->notifier->manager;

        r->asking = false;
        /* a newer hsmd's history is never read: what is in memory is all there is */
        if (!r->config || (error < 0 && error != -EPROTONOSUPPORT))
                return; /* asked again at the next tick */
        /* what waits for the disk is not lost, and is asked for again at the next tick */
        if (first_of(r, events, n) > r->missing && history_waiting(m->history) == 0)
                skip_to(r, first_of(r, events, n));
        drop_page(r);
        if (n == 0)
                return;
        r->page = calloc(n, sizeof(*events));
        if (!r->page)
                return;
        memcpy(r->page, events, n * sizeof(*events));
        r->n_page = n;
        notifier_feed(r);
}

static void ask(NotifierReceiver *r, uint64_t sequence) {
        const EventFilter filter = {
                .notify_after = sequence - 1, .only_notify = true, .limit = NOTIFIER_PAGE};
        const Manager *m = r->notifier->manager;

        if (r->asking || !m->history)
                return;
        r->asking = true;
        r->missing = sequence;
        history_events(m->history, &filter, on_page, r);
}

static int hand(NotifierReceiver *r, const Event *event) {
        MsgNotify m = MESSAGE(MsgNotify, MSG_NOTIFY);
        int k;

        m.receiver = r->number;
        m.repeated = notifier_queue_repeated(&r->queue, event->notify_sequence);
        m.event = *event;
        k = keeper_send(r->notifier->keeper, &m.head, -1);
        if (k >= 0)
                notifier_queue_handed(&r->queue, event->notify_sequence);
        return k;
}

void notifier_feed(NotifierReceiver *r) {
        const Notifier *n = r->notifier;
        uint64_t next;

        if (!n->ready || !r->known || !r->begun || !r->config)
                return;
        while ((next = notifier_queue_next(&r->queue, n->last)) > 0) {
                const Event *event = notifier_ring_get(&n->ring, next, NULL);

                if (event)
                        drop_page(r); /* it has caught up */
                else
                        event = notifier_page_get(r, next);
                if (!event) {
                        ask(r, next);
                        return;
                }
                if (hand(r, event) < 0)
                        return; /* on_room, or another process */
        }
}

void notifier_feed_all(Notifier *n) {
        for (size_t i = 0; i < n->n_receivers; i++)
                notifier_feed(n->receivers[i]);
}
