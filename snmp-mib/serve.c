#include "serve.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/poll.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/fd_event_manager.h>

#include "protocol.h"
#include "serve-agent.h"

#define USERS_MAX 64

typedef struct Serve {
        int fd;
        bool done, starting;
        int error; /* why it ends, 0 or negative errno */
        MsgServeConfig config;
        MsgServeUser *users;
        size_t n_users;
        ServeBoard *board;
        EntityBoard *entities;
        ServeAgent agent;
        bool announced;
        MsgServeState said; /* what hsmd was told last */
        _Alignas(16) uint8_t buffer[PROTOCOL_MAX];
} Serve;

static void serve_freep(Serve **p) {
        Serve *s = *p;

        if (!s)
                return;
        entity_board_free(s->entities);
        serve_board_free(s->board);
        if (s->users)
                wipe(s->users, USERS_MAX * sizeof(*s->users));
        free(s->users);
        wipe(s->buffer, sizeof(s->buffer));
        free(s);
}

/* A board with the same rows does not change what entLastChangeTime tells. */
static int make_entities(const Serve *s, ServeBoard *board, EntityBoard **ret) {
        EntityBoard *entities = NULL;
        int r = entity_board_new(serve_board_reader(board), now_monotonic(), &entities);

        if (r >= 0 && s->entities)
                entity_board_follow(entities, s->entities);
        if (r >= 0)
                *ret = entities;
        return r;
}

/* A new board replaces the old one between two requests: a request sees one of them whole. */
static int take_board(Serve *s, int fd) {
        EntityBoard *entities = NULL;
        ServeBoard *board = NULL;
        int r = serve_board_new(fd, &board);

        if (r >= 0)
                r = make_entities(s, board, &entities);
        if (r < 0) {
                serve_board_free(board);
                return r;
        }
        s->agent.board = board;
        s->agent.entities = entities;
        entity_board_free(s->entities);
        serve_board_free(s->board);
        s->entities = entities;
        s->board = board;
        return 0;
}

static int take_config(Serve *s, int fd) {
        memcpy(&s->config, s->buffer, sizeof(s->config));
        PROTOCOL_TEXT(s->config.address);
        PROTOCOL_TEXT(s->config.name);
        PROTOCOL_TEXT(s->config.contact);
        PROTOCOL_TEXT(s->config.location);
        if (s->config.mode == AGENT_MODE_OWN &&
                (s->config.engine_id_size < 5 || s->config.engine_id_size > sizeof(s->config.engine_id) ||
                        s->config.engine_boots == 0))
                return -EBADMSG;
        return take_board(s, fd);
}

static int take_user(Serve *s) {
        MsgServeUser *user;

        if (!s->users)
                s->users = calloc(USERS_MAX, sizeof(*s->users));
        if (!s->users)
                return -ENOMEM;
        if (s->n_users >= USERS_MAX)
                return -E2BIG;
        user = &s->users[s->n_users++];
        memcpy(user, s->buffer, sizeof(*user));
        wipe(s->buffer, sizeof(*user));
        PROTOCOL_TEXT(user->name);
        PROTOCOL_TEXT(user->auth_protocol);
        PROTOCOL_TEXT(user->priv_protocol);
        PROTOCOL_TEXT(user->auth_secret);
        PROTOCOL_TEXT(user->priv_secret);
        return 0;
}

static int pong(Serve *s) {
        MsgPlain m = MESSAGE(MsgPlain, MSG_PONG);
        int r;

        m.sequence = ((const MsgPlain *) (void *) s->buffer)->sequence;
        r = protocol_send(s->fd, &m.head, -1);
        return r == -EAGAIN ? 0 : r; /* hsmd has plenty from us to read */
}

static int take_message(Serve *s, int type, int fd) {
        switch (type) {
        case MSG_PING:
                return pong(s);
        case MSG_CLOSE:
                s->done = true;
                return 0;
        case MSG_SERVE_CONFIG:
                return s->board ? -EPROTO : take_config(s, fd);
        case MSG_SERVE_USER:
                return take_user(s);
        case MSG_SERVE_START:
                if (!s->board || s->starting)
                        return -EPROTO;
                s->starting = true;
                return 0;
        case MSG_SERVE_BOARD:
                return take_board(s, fd);
        default:
                return -EPROTO;
        }
}

static void end(Serve *s, int error) {
        s->done = true;
        s->error = error;
}

/* One message of hsmd; called by net-snmp's loop, and before it runs. */
static void on_message(int fd, void *userdata) {
        CLEANUP_CLOSE int received = -1;
        Serve *s = userdata;
        int r = protocol_receive(fd, s->buffer, &received);

        if (r == -EAGAIN)
                return;
        if (r > 0)
                r = take_message(s, r, received);
        else if (r == 0)
                s->done = true;
        if (r < 0)
                end(s, r);
}

/* Says whether we serve and why not, whenever that changed. What hsmd cannot take now is said on the next
 * turn. */
static void announce(Serve *s, const char *detail) {
        MsgServeState m = MESSAGE(MsgServeState, MSG_SERVE_STATE);

        m.serving = serve_agent_serving(&s->agent);
        copy_text(m.detail, sizeof(m.detail), detail);
        if (s->announced && s->said.serving == m.serving && streq(s->said.detail, m.detail))
                return;
        if (protocol_send(s->fd, &m.head, -1) < 0)
                return;
        s->announced = true;
        s->said = m;
}

/* Takes what hsmd sent meanwhile: if it were left unread, our end would take what we said last along with it.
 */
static void drain(Serve *s) {
        int received = -1;

        fcntl(s->fd, F_SETFL, O_NONBLOCK);
        while (protocol_receive(s->fd, s->buffer, &received) > 0)
                closep(&received);
}

static int start(Serve *s) {
        const char *detail = "";
        int r = serve_agent_start(&s->agent, &s->config, s->users, s->n_users, &detail);

        if (s->users)
                wipe(s->users, USERS_MAX * sizeof(*s->users));
        if (r < 0) {
                announce(s, detail);
                drain(s);
        }
        return r;
}

/* One turn of net-snmp's loop, which calls on_message too. */
static void turn(Serve *s) {
        int r = serve_agent_error(&s->agent);

        announce(s, serve_agent_detail(&s->agent));
        if (r < 0)
                end(s, r);
        else
                agent_check_and_process(1);
}

static void wait_readable(int fd) {
        struct pollfd p = {.fd = fd, .events = POLLIN};

        poll(&p, 1, -1);
}

int serve_main(int fd) {
        CLEANUP(serve_freep) Serve *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->fd = fd;
        signal(SIGPIPE, SIG_IGN); /* net-snmp writes to a master that may be gone */
        while (!s->done && !s->starting) {
                wait_readable(fd);
                on_message(fd, s);
        }
        if (s->done)
                return s->error;
        r = start(s);
        if (r < 0)
                return r;
        if (register_readfd(fd, on_message, s) != FD_REGISTERED_OK)
                return -ENFILE;
        while (!s->done)
                turn(s);
        return s->error;
}
