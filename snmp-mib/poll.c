#include "poll.h"

#include <sys/epoll.h>
#include <sys/resource.h>

#include "poll-set.h"

typedef struct Poller {
        int fd; /* to hsmd */
        sd_event *event;
        sd_event_source *control;
        PollSet set;
        uint64_t started; /* number of the present set */
        PollWatcher watcher;
        uint64_t pong; /* sequence to answer with, when pong_due */
        bool pong_due;
        bool unreported; /* some agent's result waits: hsmd does not read at present */
        bool walks_wait; /* likewise of what a walk has found */
        void *buffer;    /* of PROTOCOL_MAX octets; holds secrets only while a message is being handled */
} Poller;

/* ---- to hsmd ----
 * Nothing here waits. While hsmd does not read, each agent's newest result is kept, in place of older ones,
 * and is sent when there is room again. */

/* Goes on where it had to stop. */
static int send_result(const Poller *p, PollAgent *a) {
        for (; a->n_told < a->n_samples; a->n_told++) {
                MsgSample *sample = &a->samples[a->n_told];
                int r;

                sample->set = p->started;
                r = protocol_send(p->fd, &sample->head, -1);
                if (r < 0)
                        return r;
        }
        a->state.set = p->started;
        return protocol_send(p->fd, &a->state.head, -1);
}

static bool send_pong(Poller *p) {
        MsgPlain pong = MESSAGE(MsgPlain, MSG_PONG);

        pong.sequence = p->pong;
        if (p->pong_due && protocol_send(p->fd, &pong.head, -1) >= 0)
                p->pong_due = false;
        return !p->pong_due;
}

static bool send_one(Poller *p, PollAgent *a) {
        if (send_result(p, a) < 0)
                return false;
        poll_agent_told(a);
        return true;
}

static bool send_results(Poller *p) {
        for (size_t i = 0; i < p->set.n; i++) {
                PollAgent *a = p->set.agents[i];

                if (a->unreported && !send_one(p, a))
                        return false;
        }
        p->unreported = false;
        return true;
}

static bool send_found(Poller *p, PollAgent *a) {
        const MsgPollFound *batch;

        while (a->walk && (batch = poll_walk_batch(a->walk))) {
                if (protocol_send(p->fd, &batch->head, -1) < 0)
                        return false;
                if (poll_walk_sent(a->walk))
                        a->walk = poll_walk_free(a->walk);
        }
        return true;
}

static bool send_walks(Poller *p) {
        for (size_t i = 0; i < p->set.n; i++)
                if (!send_found(p, p->set.agents[i]))
                        return false;
        p->walks_wait = false;
        return true;
}

static void flush(Poller *p) {
        bool all = send_pong(p) && (!p->unreported || send_results(p)) && (!p->walks_wait || send_walks(p));

        (void) sd_event_source_set_io_events(p->control, all ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

/* ---- from the agents ---- */

/* Two machines with one engine id, cloned from one image for example. From here on each has its own user and
 * clock put in place when it is spoken to. */
static void on_learnt(PollAgent *agent, void *data) {
        Poller *p = data;

        for (size_t i = 0; i < p->set.n; i++) {
                PollAgent *other = p->set.agents[i];

                if (other != agent && engine_same_id(&other->engine, &agent->engine))
                        other->engine.shared = agent->engine.shared = true;
        }
}

/* Machines cloned from one image, for example. (Two devices behind one address share an agent by right.) */
static void mark_duplicate(PollAgent *agent, const PollAgent *twin) {
        char id[2 * ENGINE_ID_MAX + 1];

        agent->state.state = AGENT_DUPLICATE_ENGINE;
        engine_id_text(&agent->engine, id, sizeof(id));
        snprintf(agent->state.detail, sizeof(agent->state.detail), "engine id %.64s: both %.80s and %.80s",
                id, agent->name, twin->name);
}

static void on_done(PollAgent *agent, void *data) {
        Poller *p = data;
        const PollAgent *twin = agent->engine.shared ? poll_set_twin(&p->set, agent) : NULL;

        agent->engine.shared = twin != NULL;
        if (twin && agent->state.state == AGENT_OK && !streq(twin->engine.peer, agent->engine.peer))
                mark_duplicate(agent, twin);
        agent->unreported = true;
        /* at once if nobody waits before it, without a look at all the others */
        if (!p->unreported && send_one(p, agent))
                return;
        p->unreported = true;
        flush(p);
}

static void on_found(PollAgent *agent UNUSED, void *data) {
        Poller *p = data;

        p->walks_wait = true;
        flush(p);
}

/* ---- from hsmd ---- */

static int add_item(Poller *p, MsgPollItem *config) {
        PROTOCOL_TEXT(config->oid);
        for (size_t i = 0; i < POLL_COLUMNS; i++)
                PROTOCOL_TEXT(config->columns[i]);
        return poll_set_add_item(&p->set, config);
}

/* hsmd waits for an answer with a deadline of its own: what cannot be sent now is not worth keeping. */
static void refuse_walk(Poller *p, const MsgPollWalk *order, AgentState state, const char *why) {
        MsgPollFound found;

        poll_walk_refuse(order, state, why, &found);
        (void) protocol_send(p->fd, &found.head, -1);
}

static void walk(Poller *p, const MsgPollWalk *order) {
        PollAgent *a = poll_set_find(&p->set, order->agent);
        int r = a ? poll_agent_walk(a, order) : 0;

        if (!a)
                refuse_walk(p, order, AGENT_NOT_CONFIGURED, "no such agent is polled");
        else if (r == -EBUSY)
                refuse_walk(p, order, AGENT_UNKNOWN, "this agent is being walked already");
        else if (r == -EINVAL && a->unusable)
                refuse_walk(p, order, a->unusable_state, a->unusable);
        else if (r < 0)
                refuse_walk(p, order, AGENT_SILENT, strerror(-r));
}

static int add_agent(Poller *p, MsgPollAgent *config) {
        PROTOCOL_TEXT(config->name);
        PROTOCOL_TEXT(config->address);
        PROTOCOL_TEXT(config->community);
        PROTOCOL_TEXT(config->user);
        PROTOCOL_TEXT(config->auth_protocol);
        PROTOCOL_TEXT(config->priv_protocol);
        PROTOCOL_TEXT(config->auth_secret);
        PROTOCOL_TEXT(config->priv_secret);
        return poll_set_add(&p->set, config);
}

/* As with a walk that is refused, what cannot be sent now is not kept. */
static void stop_walk(Poller *p, PollAgent *a) {
        const MsgPollFound *last =
                poll_walk_stop(a->walk, AGENT_NOT_CONFIGURED, "the agent is no longer polled as it was");

        (void) protocol_send(p->fd, &last->head, -1);
}

/* What is not told yet has the old set's numbers, which may mean something else in the new one. */
static int start(Poller *p, uint64_t number) {
        p->started = number;
        for (size_t i = 0; i < p->set.n; i++) {
                PollAgent *a = p->set.agents[i];

                if (a->unreported)
                        poll_agent_told(a);
                if (a->walk && !poll_set_keeps(&p->set, a))
                        stop_walk(p, a);
        }
        return poll_set_start(&p->set, p->event, &p->watcher);
}

static int handle(Poller *p, int type) {
        switch (type) {
        case MSG_PING:
                p->pong = ((const MsgPlain *) p->buffer)->sequence;
                p->pong_due = true;
                flush(p);
                return 0;
        case MSG_POLL_AGENT:
                return add_agent(p, p->buffer);
        case MSG_POLL_ITEM:
                return add_item(p, p->buffer);
        case MSG_POLL_WALK:
                walk(p, p->buffer);
                return 0;
        case MSG_POLL_START:
                return start(p, ((const MsgPlain *) p->buffer)->sequence);
        case 0:
        case MSG_CLOSE:
                return sd_event_exit(p->event, 0);
        default:
                return -EBADMSG;
        }
}

static int receive(Poller *p) {
        int stranger = -1, r = protocol_receive(p->fd, p->buffer, &stranger);

        if (stranger >= 0)
                close(stranger);
        if (r == -EAGAIN)
                return 0;
        if (r >= 0)
                r = handle(p, r);
        wipe(p->buffer, sizeof(MsgPollAgent));
        return r;
}

static int on_control(sd_event_source *source UNUSED, int fd UNUSED, uint32_t events, void *data) {
        Poller *p = data;
        int r = 0;

        if (events & EPOLLOUT)
                flush(p);
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                r = receive(p);
        /* without hsmd, or with one that speaks another language, there is nothing to do here */
        return r < 0 ? sd_event_exit(p->event, r) : 0;
}

/* ---- the worker ---- */

/* A socket an agent: the usual soft limit ends at 1,024. */
static void allow_many_sockets(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
}

static int set_up(Poller *p, int fd) {
        int r;

        p->fd = fd;
        p->watcher = (PollWatcher){.learnt = on_learnt, .done = on_done, .found = on_found, .data = p};
        p->buffer = malloc(PROTOCOL_MAX);
        if (!p->buffer)
                return -ENOMEM;
        allow_many_sockets();
        r = engine_library_init();
        if (r >= 0)
                r = poll_set_init(&p->set);
        if (r >= 0)
                r = sd_event_new(&p->event);
        if (r >= 0)
                r = sd_event_add_io(p->event, &p->control, fd, EPOLLIN, on_control, p);
        return r;
}

static void tear_down(Poller *p) {
        poll_set_clear(&p->set);
        sd_event_source_disable_unref(p->control);
        sd_event_unref(p->event);
        free(p->buffer);
}

int poll_main(int fd) {
        CLEANUP(tear_down) Poller p = {0};
        int r = set_up(&p, fd);

        return r < 0 ? r : sd_event_loop(p.event);
}
