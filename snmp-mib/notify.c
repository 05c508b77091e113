#include "notify.h"

#include <sys/epoll.h>

#include "notify-receiver.h"

/* hsmd is heard before any receiver: a flood from one of them must not keep its ping waiting. */
#define PRIORITY_HSMD (SD_EVENT_PRIORITY_NORMAL - 10)

typedef struct Notify {
        int fd; /* to hsmd */
        sd_event_source *control;
        NotifyWorld world;
        NotifyReceiver **receivers;
        size_t n_receivers;
        bool started;
        uint64_t pong; /* sequence to answer with, when pong_due */
        bool pong_due;
        bool untold;  /* some receiver's news wait: hsmd does not read at present */
        void *buffer; /* of PROTOCOL_MAX octets; holds secrets only while a message is being handled */
} Notify;

/* ---- to hsmd ----
 * Nothing here waits. What hsmd does not read now is kept with its receiver; there is never more of it than
 * was handed over. */

static bool send_pong(Notify *n) {
        MsgPlain pong = MESSAGE(MsgPlain, MSG_PONG);

        pong.sequence = n->pong;
        if (n->pong_due && protocol_send(n->fd, &pong.head, -1) >= 0)
                n->pong_due = false;
        return !n->pong_due;
}

static bool send_news(const Notify *n, NotifyReceiver *r) {
        size_t told = 0;

        while (told < r->n_done && protocol_send(n->fd, &r->done[told].head, -1) >= 0)
                told++;
        notify_receiver_told(r, told);
        if (r->n_done == 0 && r->state_untold)
                r->state_untold = protocol_send(n->fd, &r->state.head, -1) < 0;
        return r->n_done == 0 && !r->state_untold;
}

static bool send_all_news(Notify *n) {
        for (size_t i = 0; i < n->n_receivers; i++)
                if (!send_news(n, n->receivers[i]))
                        return false;
        n->untold = false;
        return true;
}

static void flush(Notify *n) {
        bool all = send_pong(n) && (!n->untold || send_all_news(n));

        (void) sd_event_source_set_io_events(n->control, all ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void on_news(NotifyReceiver *receiver, void *data) {
        Notify *n = data;

        /* at once if nobody waits before it */
        if (!n->untold && send_news(n, receiver))
                return;
        n->untold = true;
        flush(n);
}

/* ---- from hsmd ---- */

static size_t place_of(const Notify *n, uint32_t number) {
        size_t i = 0;

        while (i < n->n_receivers && n->receivers[i]->number != number)
                i++;
        return i;
}

static int set_config(Notify *n, const MsgNotifyConfig *m) {
        if (m->engine_id_size < 5 || m->engine_id_size > sizeof(n->world.engine_id) || m->engine_boots == 0)
                return -EBADMSG;
        memcpy(n->world.engine_id, m->engine_id, m->engine_id_size);
        n->world.engine_id_size = m->engine_id_size;
        n->world.engine_boots = m->engine_boots;
        return 0;
}

static int add_receiver(Notify *n, uint32_t number) {
        NotifyReceiver **grown = reallocarray(n->receivers, n->n_receivers + 1, sizeof(void *));
        int r;

        if (!grown)
                return -ENOMEM;
        n->receivers = grown;
        r = notify_receiver_new(&n->world, number, &grown[n->n_receivers]);
        if (r >= 0)
                n->n_receivers++;
        return r;
}

static int set_receiver(Notify *n, MsgNotifyReceiver *m) {
        size_t at = place_of(n, m->receiver);
        int r = 0;

        if (n->world.engine_id_size == 0)
                return -EBADMSG;
        PROTOCOL_TEXT(m->name);
        PROTOCOL_TEXT(m->address);
        PROTOCOL_TEXT(m->community);
        PROTOCOL_TEXT(m->user);
        PROTOCOL_TEXT(m->auth_protocol);
        PROTOCOL_TEXT(m->priv_protocol);
        PROTOCOL_TEXT(m->auth_secret);
        PROTOCOL_TEXT(m->priv_secret);
        if (m->removed) {
                if (at < n->n_receivers) {
                        notify_receiver_free(n->receivers[at]);
                        n->receivers[at] = n->receivers[--n->n_receivers];
                }
                return 0;
        }
        if (at == n->n_receivers)
                r = add_receiver(n, m->receiver);
        if (r >= 0)
                notify_receiver_configure(n->receivers[at], m);
        return r;
}

static void end_texts(Event *event) {
        for (size_t i = 0; i < event_table.n_fields; i++) {
                const Field *f = &event_table.fields[i];

                if (f->type == FIELD_NAME)
                        ((char *) event)[f->offset + sizeof(event->code) - 1] = '\0';
                else if (f->type == FIELD_TEXT)
                        ((char *) event)[f->offset + sizeof(event->text) - 1] = '\0';
        }
}

static int hand(const Notify *n, MsgNotify *m) {
        size_t at = place_of(n, m->receiver);

        if (!n->started)
                return -EBADMSG;
        if (at == n->n_receivers)
                return 0; /* removed meanwhile */
        end_texts(&m->event);
        return notify_receiver_hand(n->receivers[at], m);
}

static int handle(Notify *n, int type) {
        switch (type) {
        case MSG_PING:
                n->pong = ((const MsgPlain *) n->buffer)->sequence;
                n->pong_due = true;
                flush(n);
                return 0;
        case MSG_NOTIFY_CONFIG:
                return n->started ? -EBADMSG : set_config(n, n->buffer);
        case MSG_NOTIFY_RECEIVER:
                return set_receiver(n, n->buffer);
        case MSG_NOTIFY_START:
                n->started = true;
                return 0;
        case MSG_NOTIFY:
                return hand(n, n->buffer);
        case 0:
        case MSG_CLOSE:
                return sd_event_exit(n->world.event, 0);
        default:
                return -EBADMSG;
        }
}

static int receive(Notify *n) {
        int stranger = -1, r = protocol_receive(n->fd, n->buffer, &stranger);

        closep(&stranger);
        if (r == -EAGAIN)
                return 0;
        if (r >= 0)
                r = handle(n, r);
        wipe(n->buffer, sizeof(MsgNotifyReceiver));
        return r;
}

static int on_control(sd_event_source *source UNUSED, int fd UNUSED, uint32_t events, void *data) {
        Notify *n = data;
        int r = 0;

        if (events & EPOLLOUT)
                flush(n);
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                r = receive(n);
        return r < 0 ? sd_event_exit(n->world.event, r) : 0;
}

/* ---- the worker ---- */

static int set_up(Notify *n, int fd, iconv_t gb18030) {
        int r;

        n->fd = fd;
        n->world = (NotifyWorld){.gb18030 = gb18030, .begun = now_monotonic(), .news = on_news, .data = n};
        n->buffer = malloc(PROTOCOL_MAX);
        if (!n->buffer)
                return -ENOMEM;
        r = engine_library_init();
        if (r >= 0)
                r = sd_event_new(&n->world.event);
        if (r >= 0)
                r = sd_event_add_io(n->world.event, &n->control, fd, EPOLLIN, on_control, n);
        if (r >= 0)
                r = sd_event_source_set_priority(n->control, PRIORITY_HSMD);
        return r;
}

static void tear_down(Notify *n) {
        for (size_t i = 0; i < n->n_receivers; i++)
                notify_receiver_free(n->receivers[i]);
        free(n->receivers);
        sd_event_source_disable_unref(n->control);
        sd_event_unref(n->world.event);
        free(n->buffer);
}

int notify_main(int fd, iconv_t gb18030) {
        CLEANUP(tear_down) Notify n = {0};
        int r = set_up(&n, fd, gb18030);

        return r < 0 ? r : sd_event_loop(n.world.event);
}
