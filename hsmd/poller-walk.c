#include "poller.h"

#define ROWS_MAX 5000
#define KEPT (5 * 60 * USEC_PER_SEC)
/* The worker bounds its walk itself; this is for one that says nothing at all. */
#define GIVEN_UP (90 * USEC_PER_SEC)

struct PollerWalk {
        Poller *poller;
        ControlReply *reply; /* somebody waits; NULL: nobody */
        uint64_t number;     /* of the walk under way */
        usec_t started, ended;
        uint32_t agent;
        char name[160];
        PollFound *found;
        size_t n;
};

PollerWalk *poller_walk_new(Poller *poller) {
        PollerWalk *w = calloc(1, sizeof(*w));

        if (w)
                w->poller = poller;
        return w;
}

static void forget(PollerWalk *w) {
        free(w->found);
        w->found = NULL;
        w->n = 0;
        w->name[0] = '\0';
}

static void end(PollerWalk *w, int r, const char *message) {
        ControlReply *reply = w->reply;

        w->reply = NULL;
        w->ended = now_monotonic();
        if (!reply)
                return;
        if (r < 0)
                control_reply(reply, r, message);
        else
                control_reply_discovered(reply, (uint32_t) w->n, message);
}

PollerWalk *poller_walk_free(PollerWalk *w) {
        if (!w)
                return NULL;
        end(w, -ECANCELED, "hsmd polls no agent any more");
        forget(w);
        free(w);
        return NULL;
}

int poller_walk_start(PollerWalk *w, uint32_t agent, const char *name, ControlReply *reply) {
        MsgPollWalk m = MESSAGE(MsgPollWalk, MSG_POLL_WALK);
        int r;

        if (w->reply)
                return -EBUSY;
        forget(w);
        m.agent = agent;
        m.max_rows = ROWS_MAX;
        m.walk = ++w->number;
        r = poller_send(w->poller, &m.head);
        if (r < 0)
                return r;
        w->agent = agent;
        w->started = now_monotonic();
        copy_text(w->name, sizeof(w->name), name);
        w->reply = reply;
        return 0;
}

int poller_walk_get(
        const PollerWalk *w, const char *name, size_t first, const PollFound **ret, size_t *ret_n) {
        if (!streq(w->name, name) || w->reply || now_monotonic() - w->ended > KEPT)
                return -ENOENT;
        *ret = w->found ? w->found + MIN_OF(first, w->n) : NULL;
        *ret_n = w->n - MIN_OF(first, w->n);
        return 0;
}

static int keep(PollerWalk *w, const MsgPollFound *m) {
        size_t n = MIN_OF((size_t) m->n, (size_t) POLL_FOUND_MAX);
        PollFound *more;

        n = MIN_OF(n, ROWS_MAX - w->n);
        more = reallocarray(w->found, w->n + n + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        w->found = more;
        for (size_t i = 0; i < n; i++) {
                PollFound *f = &w->found[w->n++];

                *f = m->found[i];
                PROTOCOL_TEXT(f->oid);
                PROTOCOL_TEXT(f->value);
        }
        return 0;
}

void poller_walk_found(PollerWalk *w, const MsgPollFound *m) {
        char detail[sizeof(m->detail)], message[sizeof(w->name) + sizeof(detail) + 64];
        int r;

        if (!w->reply || m->walk != w->number || m->agent != w->agent)
                return;
        r = keep(w, m);
        if (r < 0) {
                end(w, r, NULL);
                return;
        }
        if (!m->last)
                return;
        memcpy(detail, m->detail, sizeof(detail));
        PROTOCOL_TEXT(detail);
        snprintf(message, sizeof(message), "%s: its SNMP agent %s%s%s", w->name,
                w->n > 0 ? "ended the walk early" : "told nothing", detail[0] ? ": " : "", detail);
        /* what was found before it broke off is worth having */
        if (w->n > 0 && m->error == AGENT_OK)
                message[0] = '\0';
        end(w, w->n == 0 ? -EIO : 0, message);
}

void poller_walk_lost(PollerWalk *w) {
        end(w, -EIO, "the worker that polls was replaced meanwhile; try again");
}

void poller_walk_tick(PollerWalk *w, usec_t now) {
        if (w->reply && now - w->started > GIVEN_UP)
                end(w, -ETIMEDOUT, "the worker that polls says nothing; see journalctl -u hsmd");
        if (!w->reply && w->found && now - w->ended > KEPT)
                forget(w);
}
