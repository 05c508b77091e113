#include "server.h"

#include <limits.h>

#include "engine-file.h"
#include "keeper.h"

struct Server {
        Manager *manager;
        Keeper *keeper;
        uint64_t process; /* number of the process that is up; a boot made for an older one is dropped */
        bool configured;  /* the process has its board */
        bool serving;
        EngineFile engine;
        char engine_hex[65];
        char said[sizeof(((MsgServeState *) 0)->detail)]; /* as logged last */
};

/* All that a new process is told, made in the disk's thread. */
typedef struct BootJob {
        Server *server;
        uint64_t process;
        char path[PATH_MAX];
        EngineFile engine;
        int error;
        MsgServeUser *users;
        SecretSource *auth, *priv;
        int *errors;
        size_t n_users;
} BootJob;

/* Disk's thread. */
static void boot_work(void *userdata) {
        BootJob *job = userdata;

        job->error = engine_file_boot(job->path, &job->engine);
        for (size_t i = 0; i < job->n_users; i++) {
                MsgServeUser *u = &job->users[i];
                int r = secret_read_if_given(&job->auth[i], u->auth_secret, sizeof(u->auth_secret));

                job->errors[i] =
                        r < 0 ? r
                              : secret_read_if_given(&job->priv[i], u->priv_secret, sizeof(u->priv_secret));
        }
}

static void send_config(Server *s) {
        const Config *c = s->manager->config;
        MsgServeConfig m = MESSAGE(MsgServeConfig, MSG_SERVE_CONFIG);

        m.mode = c->agent_mode;
        m.entity = c->agent_entity;
        copy_text(m.address, sizeof(m.address), c->agent_address ? c->agent_address : "");
        m.engine_id_size = (uint32_t) s->engine.id_size;
        memcpy(m.engine_id, s->engine.id, sizeof(m.engine_id));
        m.engine_boots = s->engine.boots;
        copy_text(m.name, sizeof(m.name), c->name ? c->name : "");
        copy_text(m.contact, sizeof(m.contact), c->contact ? c->contact : "");
        copy_text(m.location, sizeof(m.location), c->location ? c->location : "");
        keeper_send(s->keeper, &m.head, board_writer_fd(s->manager->board));
        s->configured = true;
}

static void tell(Server *s, BootJob *job) {
        MsgPlain start = MESSAGE(MsgPlain, MSG_SERVE_START);

        s->engine = job->engine;
        for (size_t i = 0; i < s->engine.id_size; i++)
                snprintf(s->engine_hex + 2 * i, 3, "%02x", s->engine.id[i]);
        send_config(s);
        for (size_t i = 0; i < job->n_users; i++) {
                if (job->errors[i] < 0)
                        log_event(s->manager->journal, &(LogEvent){.priority = LOG_ERR},
                                "SNMP user %s: a secret cannot be read (%s); it cannot read our agent",
                                job->users[i].name, strerror(-job->errors[i]));
                else
                        keeper_send(s->keeper, &job->users[i].head, -1);
        }
        keeper_send(s->keeper, &start.head, -1);
        fleet_publish(s->manager);
}

static void boot_done(void *userdata, bool cancelled) {
        BootJob *job = userdata;
        Server *s = job->server;

        if (!cancelled && job->process == s->process) {
                if (job->error < 0)
                        log_event(s->manager->journal, &(LogEvent){.priority = LOG_CRIT},
                                "%s: the SNMP engine's identity cannot be kept: %s; the MIB is not served",
                                job->path,
                                job->error == -EBADMSG ? "the file is damaged" : strerror(-job->error));
                else
                        tell(s, job);
        }
        for (size_t i = 0; i < job->n_users; i++) {
                secret_source_done(&job->auth[i]);
                secret_source_done(&job->priv[i]);
        }
        if (job->users)
                wipe(job->users, job->n_users * sizeof(*job->users));
        free(job->users);
        free(job->auth);
        free(job->priv);
        free(job->errors);
        free(job);
}

static void fill_users(const Config *c, BootJob *job) {
        for (size_t i = 0; i < c->n_users; i++) {
                const ConfigUser *u = &c->users[i];
                MsgServeUser *m = &job->users[i];

                m->head = (MessageHead){.type = MSG_SERVE_USER, .size = sizeof(*m)};
                copy_text(m->name, sizeof(m->name), u->name);
                copy_text(
                        m->auth_protocol, sizeof(m->auth_protocol), u->auth_protocol ? u->auth_protocol : "");
                copy_text(
                        m->priv_protocol, sizeof(m->priv_protocol), u->priv_protocol ? u->priv_protocol : "");
                job->auth[i] = secret_source_copy(&u->auth_secret);
                job->priv[i] = secret_source_copy(&u->priv_secret);
        }
        job->n_users = c->n_users;
}

static void on_hello(void *userdata) {
        Server *s = userdata;
        const Config *c = s->manager->config;
        BootJob *job = calloc(1, sizeof(*job));

        if (!job)
                return;
        job->server = s;
        job->process = ++s->process;
        s->configured = false;
        snprintf(job->path, sizeof(job->path), "%s/engine-serve", s->manager->options.state);
        job->users = calloc(c->n_users + 1, sizeof(*job->users));
        job->auth = calloc(c->n_users + 1, sizeof(*job->auth));
        job->priv = calloc(c->n_users + 1, sizeof(*job->priv));
        job->errors = calloc(c->n_users + 1, sizeof(*job->errors));
        if (!job->users || !job->auth || !job->priv || !job->errors) {
                boot_done(job, true);
                return;
        }
        fill_users(c, job);
        disk_submit(s->manager->disk, job, boot_work, boot_done);
}

static void on_message(int type, const void *message, void *userdata) {
        Server *s = userdata;
        char detail[sizeof(((MsgServeState *) 0)->detail)];
        const MsgServeState *m = message;

        if (type != MSG_SERVE_STATE)
                return;
        memcpy(detail, m->detail, sizeof(detail));
        PROTOCOL_TEXT(detail);
        if (s->serving != (m->serving != 0) || !m->serving || !streq(s->said, detail))
                log_event(s->manager->journal, &(LogEvent){.priority = m->serving ? LOG_NOTICE : LOG_WARNING},
                        "SNMP: the MIB is %s%s%s", m->serving ? "served" : "not served",
                        detail[0] ? ": " : "", detail);
        copy_text(s->said, sizeof(s->said), detail);
        s->serving = m->serving != 0;
}

static void on_room(void *userdata UNUSED) {
}

static void on_gone(void *userdata) {
        Server *s = userdata;

        s->process++;
        s->configured = s->serving = false;
}

int server_new(Manager *manager, Server **ret) {
        static const KeeperOps ops = {
                .hello = on_hello, .message = on_message, .room = on_room, .gone = on_gone};
        Server *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->manager = manager;
        r = keeper_new(manager, "serve", &ops, s, &s->keeper);
        if (r < 0) {
                free(s);
                return r;
        }
        *ret = s;
        return 0;
}

Server *server_free(Server *s) {
        if (s)
                keeper_free(s->keeper);
        free(s);
        return NULL;
}

void server_close(Server *s, usec_t grace) {
        keeper_close(s->keeper, grace);
}

void server_reconfigure(Server *s, bool agent_changed) {
        MsgPlain m = MESSAGE(MsgPlain, MSG_SERVE_BOARD);

        if (agent_changed)
                keeper_renew(s->keeper);
        else if (s->configured)
                keeper_send(s->keeper, &m.head, board_writer_fd(s->manager->board));
}

void server_tick(Server *s, usec_t now) {
        keeper_tick(s->keeper, now);
}

void server_extend(Server *s, usec_t lateness) {
        keeper_extend(s->keeper, lateness);
}

uint64_t server_restarts(const Server *s) {
        return keeper_restarts(s->keeper);
}

const char *server_engine_id(const Server *s) {
        return s->engine_hex;
}

uint32_t server_engine_boots(const Server *s) {
        return s->engine.boots;
}
