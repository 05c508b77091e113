#include "poller.h"

#include "keeper.h"

struct Poller {
        Manager *manager;
        Keeper *keeper;
        /* the set being told: made in the disk's thread, because secrets come from files */
        MsgPollAgent *agents;
        size_t n_agents, told;
        bool telling;
        uint64_t set; /* number of the newest set asked for; an older one that comes late is dropped */
};

/* What the disk's thread needs: copies, because a reload may free the configuration meanwhile. */
typedef struct AgentSources {
        SecretSource community, auth, priv;
} AgentSources;

typedef struct SetJob {
        Manager *manager; /* and not its poller, which a reload may take away meanwhile */
        uint64_t set;
        MsgPollAgent *agents;
        AgentSources *sources;
        size_t n;
        int *errors;
} SetJob;

static void text(char *dst, size_t size, const char *src) {
        copy_text(dst, size, src ? src : "");
}

static void fill_agent(const Device *d, MsgPollAgent *m, AgentSources *s) {
        const ConfigSnmp *c = &d->config->snmp;
        const ConfigProfile *p = &d->manager->config->profiles[c->profile];

        m->head = (MessageHead){.type = MSG_POLL_AGENT, .size = sizeof(*m)};
        m->device = d->config->number;
        text(m->name, sizeof(m->name), d->config->name);
        text(m->address, sizeof(m->address), c->address);
        m->version = c->version;
        m->interval = c->interval;
        m->timeout = c->timeout;
        text(m->user, sizeof(m->user), c->user);
        text(m->auth_protocol, sizeof(m->auth_protocol), c->auth_protocol);
        text(m->priv_protocol, sizeof(m->priv_protocol), c->priv_protocol);
        m->n_sensors = (uint32_t) MIN_OF(p->n_sensors, (size_t) PROTOCOL_SENSORS_MAX);
        for (uint32_t i = 0; i < m->n_sensors; i++) {
                m->sensors[i].number = p->sensors[i].number;
                m->sensors[i].scale = p->sensors[i].scale;
                text(m->sensors[i].oid, sizeof(m->sensors[i].oid), p->sensors[i].oid);
        }
        s->community = secret_source_copy(&c->community);
        s->auth = secret_source_copy(&c->auth_secret);
        s->priv = secret_source_copy(&c->priv_secret);
}

/* Disk's thread. */
static void set_work(void *userdata) {
        SetJob *job = userdata;

        for (size_t i = 0; i < job->n; i++) {
                MsgPollAgent *m = &job->agents[i];
                int r = secret_read_if_given(&job->sources[i].community, m->community, sizeof(m->community));

                if (r >= 0)
                        r = secret_read_if_given(
                                &job->sources[i].auth, m->auth_secret, sizeof(m->auth_secret));
                if (r >= 0)
                        r = secret_read_if_given(
                                &job->sources[i].priv, m->priv_secret, sizeof(m->priv_secret));
                job->errors[i] = r;
        }
}

static void wipe_agents(MsgPollAgent **agents, size_t n) {
        if (*agents)
                wipe(*agents, n * sizeof(**agents));
        free(*agents);
        *agents = NULL;
}

static void tell(Poller *p) {
        MsgPlain start = MESSAGE(MsgPlain, MSG_POLL_START);
        int r = 0;

        while (p->telling && p->told < p->n_agents) {
                r = keeper_send(p->keeper, &p->agents[p->told].head, -1);
                if (r < 0)
                        break;
                p->told++;
        }
        if (p->telling && r >= 0 && p->told == p->n_agents)
                r = keeper_send(p->keeper, &start.head, -1);
        if (r == -EAGAIN)
                return;
        p->telling = false;
        wipe_agents(&p->agents, p->n_agents);
}

/* An agent whose secret cannot be read is not polled, and that is said. */
static void take_set(Poller *p, SetJob *job) {
        size_t n = 0;

        for (size_t i = 0; i < job->n; i++) {
                if (job->errors[i] < 0) {
                        log_event(p->manager->journal,
                                &(LogEvent){.priority = LOG_ERR, .device = job->agents[i].name},
                                "%s: its SNMP agent is not polled: a secret cannot be read (%s)",
                                job->agents[i].name,
                                job->errors[i] == -EACCES ? "readable by others; mode 0600 would be right"
                                                          : strerror(-job->errors[i]));
                        continue;
                }
                if (n != i)
                        memcpy(&job->agents[n], &job->agents[i], sizeof(*job->agents));
                n++;
        }
        wipe_agents(&p->agents, p->n_agents);
        p->agents = job->agents;
        job->agents = NULL;
        p->n_agents = n;
        p->told = 0;
        p->telling = true;
        tell(p);
}

static void set_done(void *userdata, bool cancelled) {
        SetJob *job = userdata;
        Poller *p = cancelled ? NULL : job->manager->poller;

        if (p && job->set == p->set)
                take_set(p, job);
        wipe_agents(&job->agents, job->n);
        for (size_t i = 0; i < job->n; i++) {
                secret_source_done(&job->sources[i].community);
                secret_source_done(&job->sources[i].auth);
                secret_source_done(&job->sources[i].priv);
        }
        free(job->sources);
        free(job->errors);
        free(job);
}

void poller_reconfigure(Poller *p) {
        Manager *m = p->manager;
        SetJob *job = calloc(1, sizeof(*job));

        if (!job)
                return;
        job->manager = m;
        job->set = p->set = ++m->poll_sets;
        job->agents = calloc(m->n_devices + 1, sizeof(*job->agents));
        job->sources = calloc(m->n_devices + 1, sizeof(*job->sources));
        job->errors = calloc(m->n_devices + 1, sizeof(*job->errors));
        if (!job->agents || !job->sources || !job->errors) {
                set_done(job, true);
                return;
        }
        for (size_t i = 0; i < m->n_devices; i++)
                if (m->devices[i]->config->snmp.address) {
                        fill_agent(m->devices[i], &job->agents[job->n], &job->sources[job->n]);
                        job->n++;
                }
        disk_submit(m->disk, job, set_work, set_done);
}

static void on_hello(void *userdata) {
        poller_reconfigure(userdata);
}

static void on_message(int type, const void *message, void *userdata) {
        Poller *p = userdata;
        Device *d;

        if (type == MSG_SAMPLE) {
                const MsgSample *m = message;

                d = manager_device_by_number(p->manager, m->device);
                if (d)
                        device_sample(d, m);
        } else if (type == MSG_AGENT_STATE) {
                const MsgAgentState *m = message;

                d = manager_device_by_number(p->manager, m->device);
                if (d)
                        device_agent_state(d, m);
        }
}

static void on_room(void *userdata) {
        tell(userdata);
}

static void on_gone(void *userdata) {
        Poller *p = userdata;

        p->telling = false;
        wipe_agents(&p->agents, p->n_agents);
}

int poller_new(Manager *manager, Poller **ret) {
        static const KeeperOps ops = {
                .hello = on_hello, .message = on_message, .room = on_room, .gone = on_gone};
        Poller *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->manager = manager;
        r = keeper_new(manager, "poll", &ops, p, &p->keeper);
        if (r < 0) {
                free(p);
                return r;
        }
        *ret = p;
        return 0;
}

Poller *poller_free(Poller *p) {
        if (!p)
                return NULL;
        keeper_free(p->keeper);
        wipe_agents(&p->agents, p->n_agents);
        free(p);
        return NULL;
}

void poller_close(Poller *p, usec_t grace) {
        keeper_close(p->keeper, grace);
}

void poller_tick(Poller *p, usec_t now) {
        keeper_tick(p->keeper, now);
}

void poller_extend(Poller *p, usec_t lateness) {
        keeper_extend(p->keeper, lateness);
}

uint64_t poller_restarts(const Poller *p) {
        return keeper_restarts(p->keeper);
}
