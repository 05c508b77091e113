#include "event-log.h"
#include "notifier-internal.h"

NotifierReceiver *notifier_receiver(const Notifier *n, uint32_t number) {
        for (size_t i = 0; i < n->n_receivers; i++)
                if (n->receivers[i]->number == number)
                        return n->receivers[i];
        return NULL;
}

/* ---- the worker ---- */

static void on_hello(void *userdata) {
        Notifier *n = userdata;

        n->process++;
        n->up = true;
        notifier_boot(n, true);
}

/* From verdict to datagram: of what was sent for the first time, by a process that ran all the while. */
static void note_sent(const Notifier *n, const MsgNotifyDone *m) {
        const Event *event = notifier_ring_get(&n->ring, m->sequence, NULL);

        if (event && n->manager->events)
                event_log_sent(n->manager->events, event->id, m->sent_usec);
}

static void take_done(Notifier *n, const MsgNotifyDone *m) {
        NotifierReceiver *r = notifier_receiver(n, m->receiver);

        if (!r || !notifier_queue_done(&r->queue, m->sequence))
                return;
        if (!notifier_queue_repeated(&r->queue, m->sequence))
                note_sent(n, m);
        r->sent++;
        notifier_set_state(r, RECEIVER_OK, ""); /* whatever an earlier process said */
        if (m->result == NOTIFY_ACKNOWLEDGED) {
                r->acks++;
                r->last_ack = now_monotonic();
        }
        notifier_shorten(r);
        notifier_feed(r);
}

static void take_state(const Notifier *n, const MsgNotifyState *m) {
        NotifierReceiver *r = notifier_receiver(n, m->receiver);
        char detail[sizeof(m->detail)];

        if (!r || m->state < RECEIVER_OK || m->state > RECEIVER_REFUSING)
                return;
        memcpy(detail, m->detail, sizeof(detail));
        PROTOCOL_TEXT(detail);
        r->refused_now = m->refusals;
        notifier_set_state(r, m->state, detail);
}

static void on_message(int type, const void *message, void *userdata) {
        if (type == MSG_NOTIFY_DONE)
                take_done(userdata, message);
        else if (type == MSG_NOTIFY_STATE)
                take_state(userdata, message);
}

static void on_room(void *userdata) {
        Notifier *n = userdata;

        notifier_boot_room(n);
        notifier_feed_all(n);
}

static void on_gone(void *userdata) {
        Notifier *n = userdata;

        n->process++;
        n->up = n->ready = false;
        notifier_boot_forget(n);
        for (size_t i = 0; i < n->n_receivers; i++) {
                NotifierReceiver *r = n->receivers[i];

                notifier_queue_lost(&r->queue);
                r->known = false;
                r->refused_before += r->refused_now;
                r->refused_now = 0;
        }
}

/* Without receivers there is no worker. */
static void fit_keeper(Notifier *n) {
        static const KeeperOps ops = {
                .hello = on_hello, .message = on_message, .room = on_room, .gone = on_gone};
        int r = 0;

        if (n->n_receivers > 0 && !n->keeper) {
                r = keeper_new(n->manager, "notify", &ops, n, &n->keeper);
        } else if (n->n_receivers == 0 && n->keeper) {
                n->restarts_before += keeper_restarts(n->keeper);
                n->keeper = keeper_free(n->keeper);
                on_gone(n);
        }
        if (r < 0)
                log_event(n->manager->journal, &(LogEvent){.priority = LOG_ERR},
                        "hsmd-snmp notify cannot be started: %s; it is tried again", strerror(-r));
}

/* ---- what hsmd calls ---- */

void notifier_reconfigure(Notifier *n) {
        bool any_gone = notifier_fit_receivers(n);

        fit_keeper(n);
        if (any_gone && n->keeper)
                keeper_renew(n->keeper); /* what one was sent that is no more goes with its process */
        else if (n->up)
                notifier_boot(n, !n->ready);
        notifier_publish(n);
}

int notifier_new(Manager *manager, Notifier **ret) {
        Notifier *n = calloc(1, sizeof(*n));
        int r;

        if (!n)
                return -ENOMEM;
        n->manager = manager;
        r = notifier_ring_init(&n->ring);
        if (r < 0) {
                notifier_free(n);
                return r;
        }
        *ret = n;
        return 0;
}

Notifier *notifier_free(Notifier *n) {
        if (!n)
                return NULL;
        keeper_free(n->keeper);
        notifier_boot_forget(n);
        for (size_t i = 0; i < n->n_receivers; i++)
                notifier_receiver_free(n->receivers[i]);
        for (size_t i = 0; i < n->n_leaving; i++)
                notifier_receiver_free(n->leaving[i]);
        free(n->receivers);
        free(n->leaving);
        notifier_ring_done(&n->ring);
        free(n);
        return NULL;
}

void notifier_close(Notifier *n, usec_t grace) {
        for (size_t i = 0; i < n->n_receivers; i++)
                notifier_keep_cursor(n->receivers[i]);
        if (n->keeper)
                keeper_close(n->keeper, grace);
        n->ready = false;
}

static const CursorRecord *cursor_of(const CursorRecord *cursors, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (streq(cursors[i].name, name))
                        return &cursors[i];
        return NULL;
}

static void restore(NotifierReceiver *r, const CursorRecord *cursor, uint64_t last) {
        if (!cursor) {
                notifier_begin(r, last, last);
                return;
        }
        notifier_begin(r, MIN_OF(cursor->acknowledged, last), last);
        r->queue.dropped = cursor->dropped;
        r->sent = cursor->sent;
        r->acks = cursor->acks;
        r->refused_before = cursor->refused;
        r->kept = *cursor;
}

void notifier_restore(Notifier *n, const CursorRecord *cursors, size_t n_cursors, uint64_t last) {
        n->last = MAX_OF(n->last, last);
        n->restored = true;
        for (size_t i = 0; i < n->n_receivers; i++) {
                NotifierReceiver *r = n->receivers[i];

                restore(r, cursor_of(cursors, n_cursors, r->name), last);
                notifier_shorten(r);
        }
        notifier_feed_all(n);
}

void notifier_hole(Notifier *n, uint64_t after, uint64_t to) {
        n->hole_after = after;
        n->hole_to = to;
}

void notifier_told(Notifier *n, const Event *event) {
        notifier_ring_add(&n->ring, event, now_monotonic());
        n->last = event->notify_sequence;
        for (size_t i = 0; i < n->n_receivers; i++) {
                notifier_shorten(n->receivers[i]);
                notifier_feed(n->receivers[i]);
        }
}

static void send_heartbeat(const Notifier *n, const NotifierReceiver *r) {
        const FleetRow *fleet = &n->manager->fleet;
        MsgNotify m = MESSAGE(MsgNotify, MSG_NOTIFY);

        m.receiver = r->number;
        m.heartbeat = 1;
        m.last_sequence = n->last;
        m.alarms[0] = fleet->alarms_critical;
        m.alarms[1] = fleet->alarms_major;
        m.alarms[2] = fleet->alarms_minor;
        m.alarms[3] = fleet->alarms_warning;
        FIELD_SET(Event, &m.event, when, now_realtime());
        FIELD_TEXT_SET(Event, &m.event, state, name_of(&service_state_names, fleet->state));
        FIELD_SET(Event, &m.event, serving, fleet->devices_serving);
        FIELD_SET(Event, &m.event, total, fleet->devices);
        (void) keeper_send(n->keeper, &m.head, -1); /* one that has no room is not missed */
}

static void beat(Notifier *n, usec_t now) {
        usec_t interval = n->manager->config->heartbeat_interval;

        /* a shorter interval holds at once: receivers read it, and count on it */
        if (!n->ready || interval == 0 || (now < n->next_heartbeat && n->next_heartbeat <= now + interval))
                return;
        n->next_heartbeat = now + interval;
        for (size_t i = 0; i < n->n_receivers; i++)
                if (n->receivers[i]->known)
                        send_heartbeat(n, n->receivers[i]);
}

void notifier_tick(Notifier *n, usec_t now) {
        fit_keeper(n);
        if (n->keeper)
                keeper_tick(n->keeper, now);
        notifier_boot_again(n, now);
        notifier_free_left(n);
        for (size_t i = 0; i < n->n_receivers; i++)
                notifier_keep_cursor(n->receivers[i]);
        notifier_feed_all(n); /* what the history did not have a second ago */
        beat(n, now);
        notifier_publish(n);
}

void notifier_extend(Notifier *n, usec_t lateness) {
        if (n->keeper)
                keeper_extend(n->keeper, lateness);
        for (size_t i = 0; i < n->n_receivers; i++)
                n->receivers[i]->state_since += lateness;
}

uint64_t notifier_restarts(const Notifier *n) {
        return n->restarts_before + (n->keeper ? keeper_restarts(n->keeper) : 0);
}

const char *notifier_engine_id(const Notifier *n) {
        return n->engine_hex;
}

uint32_t notifier_engine_boots(const Notifier *n) {
        return n->engine.boots;
}
