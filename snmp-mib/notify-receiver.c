#include "notify-receiver.h"

#include <sys/epoll.h>

/* ---- what is told ---- */

void notify_receiver_say(NotifyReceiver *r, ReceiverState state, const char *detail) {
        if (r->state.state == state && streq(r->state.detail, detail) && !r->state_untold)
                return;
        r->state.state = state;
        copy_text(r->state.detail, sizeof(r->state.detail), detail);
        r->state_untold = true;
        r->world->news(r, r->world->data);
}

static void say_refused(NotifyReceiver *r, const char *why) {
        r->state.refusals++;
        r->state_untold = true;
        notify_receiver_say(r, RECEIVER_REFUSING, why);
}

/* The first item is done with. */
static void finish(NotifyReceiver *r, NotifyResult result) {
        const NotifyItem *item = &r->items[0];
        MsgNotifyDone done = MESSAGE(MsgNotifyDone, MSG_NOTIFY_DONE);

        done.receiver = r->number;
        done.result = result;
        done.sequence = item->message.event.notify_sequence;
        done.sent_usec = item->sent;
        done.attempts = item->attempts;
        r->done[r->n_done++] = done;
        r->n_items--;
        memmove(r->items, r->items + 1, r->n_items * sizeof(*r->items));
        notify_receiver_say(r, RECEIVER_OK, "");
        r->world->news(r, r->world->data);
}

void notify_receiver_told(NotifyReceiver *r, size_t n) {
        r->n_done -= n;
        memmove(r->done, r->done + n, r->n_done * sizeof(*r->done));
}

/* ---- sending ---- */

static void pause_for(NotifyReceiver *r, usec_t time) {
        r->phase = NOTIFY_PAUSE;
        r->pause_end = now_monotonic() + time;
        r->rediscovered = false;
}

static bool is_discovered(const NotifyReceiver *r) {
        return r->kind == RECEIVER_INFORM && r->engine.version == SNMP_VERSION_V3;
}

static void forget_engine(NotifyReceiver *r) {
        if (is_discovered(r))
                engine_forget(&r->engine);
}

static int send_pdu(
        NotifyReceiver *r, const MsgNotify *m, bool repeated, uint32_t ticks, netsnmp_callback callback) {
        NotifyForm form = {.inform = r->kind == RECEIVER_INFORM,
                .local_text = r->local_text,
                .gb18030 = r->charset == CHARSET_GB18030 ? &r->world->gb18030 : NULL};
        netsnmp_pdu *pdu;
        int k = notify_pdu(m, repeated, ticks, &form, &pdu);

        if (k < 0)
                return k;
        if (is_discovered(r)) {
                /* whose objects these are: ours, though the receiver's engine is the authority */
                pdu->contextEngineID = netsnmp_memdup(r->world->engine_id, r->world->engine_id_size);
                pdu->contextEngineIDLen = pdu->contextEngineID ? r->world->engine_id_size : 0;
        }
        return engine_send(&r->engine, pdu, callback, r);
}

/* RFC 3418: since the part of the system that manages it began, which for what originates here is this
 * process. */
static uint32_t uptime_ticks(const NotifyReceiver *r) {
        return (uint32_t) ((now_monotonic() - r->world->begun) / (10 * USEC_PER_MSEC));
}

/* Sends the first item, once more or for the first time. */
static int send_item(NotifyReceiver *r) {
        NotifyItem *item = &r->items[0];
        usec_t now = now_monotonic();
        uint32_t ticks = item->sent > 0 ? item->ticks : uptime_ticks(r);
        int k = send_pdu(
                r, &item->message, item->message.repeated || item->sent > 0, ticks, notify_on_answer);

        if (k < 0)
                return k;
        item->attempts++;
        if (item->sent == 0) {
                item->sent = now;
                item->ticks = ticks;
        }
        return 0;
}

static void cannot_send(NotifyReceiver *r, int error) {
        char detail[sizeof(r->state.detail)];

        snprintf(detail, sizeof(detail), "nothing can be sent to it: %s", strerror(-error));
        notify_receiver_say(r, RECEIVER_RETRYING, detail);
        pause_for(r, MIN_OF(r->timeout, NOTIFY_RETRY_MAX));
}

static void send_heartbeat(NotifyReceiver *r) {
        r->heartbeat_waits = false;
        r->heartbeat_outcome = NOTIFY_PENDING;
        /* one that cannot be sent is not missed by anybody but who waits for it */
        (void) send_pdu(r, &r->heartbeat, false, uptime_ticks(r), notify_on_heartbeat_answer);
}

/* Whether one may be sent now. */
static bool take_turn(NotifyReceiver *r) {
        usec_t now = now_monotonic();

        r->trap_clock = MAX_OF(r->trap_clock, now - NOTIFY_TRAP_BURST * NOTIFY_TRAP_GAP);
        if (r->trap_clock > now)
                return false;
        r->trap_clock += NOTIFY_TRAP_GAP;
        return true;
}

static void send_traps(NotifyReceiver *r) {
        int k = 0;

        while (k >= 0 && r->n_items > 0) {
                if (!take_turn(r)) {
                        pause_for(r, NOTIFY_TRAP_GAP);
                        return;
                }
                k = send_item(r);
                if (k >= 0)
                        finish(r, NOTIFY_SENT);
        }
        if (k < 0)
                cannot_send(r, k);
}

static int on_readable(sd_event_source *source UNUSED, int fd UNUSED, uint32_t events UNUSED, void *data) {
        NotifyReceiver *r = data;

        engine_read(&r->engine);
        notify_receiver_go_on(r);
        return 0;
}

static int open_engine(NotifyReceiver *r) {
        const NotifyWorld *w = r->world;
        int k = engine_open(&r->engine);

        if (k >= 0 && r->kind == RECEIVER_TRAP && r->engine.version == SNMP_VERSION_V3 && !r->engine.adopted)
                k = engine_speak_as(&r->engine, w->engine_id, w->engine_id_size, w->engine_boots);
        if (k >= 0 && !r->io)
                k = sd_event_add_io(w->event, &r->io, engine_fd(&r->engine), EPOLLIN, on_readable, r);
        return k;
}

/* Sends what is next, if something is. */
static void send_next(NotifyReceiver *r) {
        int k;

        r->phase = NOTIFY_IDLE;
        if (r->unusable || (r->n_items == 0 && !r->heartbeat_waits))
                return;
        k = open_engine(r);
        if (k >= 0 && is_discovered(r) && !r->engine.adopted) {
                r->phase = NOTIFY_DISCOVERY;
                r->outcome = NOTIFY_PENDING;
                k = engine_discover(&r->engine, notify_on_answer, r);
                if (k < 0)
                        cannot_send(r, k);
                return;
        }
        if (k >= 0 && r->heartbeat_waits)
                send_heartbeat(r);
        if (k >= 0 && r->kind == RECEIVER_TRAP) {
                send_traps(r);
                return;
        }
        if (k >= 0 && r->n_items > 0) {
                r->phase = NOTIFY_INFORM;
                r->outcome = NOTIFY_PENDING;
                k = send_item(r);
        }
        if (k < 0)
                cannot_send(r, k);
}

/* ---- what an outcome leads to ---- */

static void silent(NotifyReceiver *r) {
        if (r->n_items > 0) {
                notify_receiver_say(r, RECEIVER_RETRYING,
                        r->phase == NOTIFY_DISCOVERY ? "no answer" : "no acknowledgement");
                engine_set_timeout(&r->engine, MIN_OF(2 * r->engine.timeout, NOTIFY_RETRY_MAX));
        }
        r->heartbeat_waits = r->heartbeat_waits && r->phase != NOTIFY_DISCOVERY;
        forget_engine(r);
        r->rediscovered = false;
        send_next(r);
}

/* Its engine is another one, or it lost what it knew. One that says so again and again is given time. */
static void estranged(NotifyReceiver *r) {
        forget_engine(r);
        if (!r->rediscovered) {
                r->rediscovered = true;
                send_next(r);
                return;
        }
        notify_receiver_say(r, RECEIVER_RETRYING, "does not take the engine id that it told");
        pause_for(r, r->engine.timeout);
}

static void answered(NotifyReceiver *r) {
        if (r->phase == NOTIFY_DISCOVERY) {
                if (engine_adopt(&r->engine) < 0)
                        silent(r);
                else
                        send_next(r);
                return;
        }
        engine_set_timeout(&r->engine, r->timeout);
        r->rediscovered = false;
        finish(r, NOTIFY_ACKNOWLEDGED);
        send_next(r);
}

static void take_outcome(NotifyReceiver *r) {
        if (r->phase != NOTIFY_DISCOVERY && r->phase != NOTIFY_INFORM)
                return;
        switch (r->outcome) {
        case NOTIFY_PENDING:
                /* the library may have given the request up without a word */
                if (engine_deadline(&r->engine) == USEC_INFINITY)
                        silent(r);
                break;
        case NOTIFY_ANSWERED:
                answered(r);
                break;
        case NOTIFY_REFUSED:
                say_refused(r, r->why);
                pause_for(r, NOTIFY_RETRY_MAX);
                break;
        case NOTIFY_STRANGER:
                estranged(r);
                break;
        case NOTIFY_TIMEOUT:
                silent(r);
                break;
        }
}

/* Whether nobody listens is told by what must be acknowledged; a lost heartbeat may be an accident. */
static void take_heartbeat_outcome(NotifyReceiver *r) {
        NotifyOutcome outcome = r->heartbeat_outcome;

        r->heartbeat_outcome = NOTIFY_PENDING;
        if (outcome == NOTIFY_REFUSED)
                say_refused(r, r->why);
        else if (outcome == NOTIFY_ANSWERED && r->n_items == 0)
                notify_receiver_say(r, RECEIVER_OK, "");
        else if ((outcome == NOTIFY_STRANGER || outcome == NOTIFY_TIMEOUT) && r->phase == NOTIFY_IDLE)
                forget_engine(r);
}

static void arm(NotifyReceiver *r) {
        usec_t when = r->engine.session ? engine_deadline(&r->engine) : USEC_INFINITY;

        if (r->phase == NOTIFY_PAUSE)
                when = MIN_OF(when, r->pause_end);
        (void) sd_event_source_set_time(r->timer, when);
        (void) sd_event_source_set_enabled(r->timer, when == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* After the library has read or expired something, or there is more to send. */
void notify_receiver_go_on(NotifyReceiver *r) {
        take_heartbeat_outcome(r);
        take_outcome(r);
        if (r->phase == NOTIFY_IDLE || (r->phase == NOTIFY_PAUSE && now_monotonic() >= r->pause_end))
                send_next(r);
        arm(r);
}

/* ---- from hsmd ---- */

int notify_receiver_hand(NotifyReceiver *r, const MsgNotify *m) {
        if (m->heartbeat) {
                r->heartbeat = *m;
                r->heartbeat_waits = true;
                if (r->phase != NOTIFY_IDLE && !r->unusable && r->engine.session &&
                        (!is_discovered(r) || r->engine.adopted))
                        send_heartbeat(r);
                notify_receiver_go_on(r);
                return 0;
        }
        if (!event_type_notifies(m->event.type))
                return -EBADMSG;
        if (r->n_items + r->n_done >= NOTIFY_WINDOW)
                return -ENOBUFS;
        r->items[r->n_items++] = (NotifyItem){.message = *m};
        notify_receiver_go_on(r);
        return 0;
}
