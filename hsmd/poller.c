#include "poller.h"

#include "keeper.h"

/* All that the worker is told at a time. */
typedef struct PollSet {
        MsgPollItem *items; /* the entries of the profiles that some agent uses */
        size_t n_items;
        MsgPollAgent *agents;
        size_t n_agents;
} PollSet;

struct Poller {
        Manager *manager;
        Keeper *keeper;
        PollSet set; /* being told: made in the disk's thread, because secrets come from files */
        size_t told; /* of its items, then its agents */
        bool telling;
        uint64_t number; /* of the newest set asked for; an older one that comes late is dropped */
        PollerWalk *walk;
};

/* What the disk's thread needs: copies, because a reload may free the configuration meanwhile. */
typedef struct AgentSources {
        SecretSource community, auth, priv;
} AgentSources;

typedef struct SetJob {
        Manager *manager; /* and not its poller, which a reload may take away meanwhile */
        uint64_t number;
        PollSet set;
        AgentSources *sources; /* by agent */
        int *errors;
} SetJob;

static void text(char *dst, size_t size, const char *src) {
        copy_text(dst, size, src ? src : "");
}

/* --- made */

static void fill_item(MsgPollItem *m, const ConfigSensor *c, uint32_t item) {
        m->head = (MessageHead){.type = MSG_POLL_ITEM, .size = sizeof(*m)};
        m->item = item;
        m->walk = c->walk;
        m->kind = c->kind;
        m->type = c->type;
        m->scale = c->scale;
        m->min = c->min;
        m->max = c->max;
        text(m->oid, sizeof(m->oid), c->oid);
        for (size_t i = 0; i < POLL_COLUMNS; i++)
                text(m->columns[i], sizeof(m->columns[i]), c->columns[i]);
}

static void fill_agent(const SensorSet *set, const SensorAgent *a, MsgPollAgent *m, AgentSources *s) {
        const ConfigSnmp *c = a->config;
        const Config *config = set->manager->config;
        char name[160];

        m->head = (MessageHead){.type = MSG_POLL_AGENT, .size = sizeof(*m)};
        m->agent = a->number;
        snprintf(name, sizeof(name), "%s%s%s", set->name, a->name ? "/" : "", a->name ? a->name : "");
        copy_text(m->name, sizeof(m->name), name);
        text(m->address, sizeof(m->address), c->address);
        m->version = c->version;
        m->interval = c->interval;
        m->timeout = c->timeout;
        text(m->user, sizeof(m->user), c->user);
        text(m->auth_protocol, sizeof(m->auth_protocol), c->auth_protocol);
        text(m->priv_protocol, sizeof(m->priv_protocol), c->priv_protocol);
        for (size_t i = 0; i < c->n_profiles; i++)
                for (size_t k = 0; k < config->profiles[c->profiles[i]].n_sensors; k++)
                        if (m->n_items < POLL_ITEMS_MAX)
                                m->items[m->n_items++] = sensor_item(config, c->profiles[i], k);
        s->community = secret_source_copy(&c->community);
        s->auth = secret_source_copy(&c->auth_secret);
        s->priv = secret_source_copy(&c->priv_secret);
}

/* Disk's thread. */
static void set_work(void *userdata) {
        SetJob *job = userdata;

        for (size_t i = 0; i < job->set.n_agents; i++) {
                MsgPollAgent *m = &job->set.agents[i];
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

static void poll_set_done(PollSet *set) {
        if (set->agents)
                wipe(set->agents, set->n_agents * sizeof(*set->agents));
        free(set->agents);
        free(set->items);
        *set = (PollSet){0};
}

/* --- told */

static const MessageHead *next_message(const Poller *p) {
        const PollSet *set = &p->set;

        if (p->told < set->n_items)
                return &set->items[p->told].head;
        if (p->told < set->n_items + set->n_agents)
                return &set->agents[p->told - set->n_items].head;
        return NULL;
}

static void tell(Poller *p) {
        MsgPlain start = MESSAGE(MsgPlain, MSG_POLL_START);
        const MessageHead *next;
        int r = 0;

        while (p->telling && (next = next_message(p))) {
                r = keeper_send(p->keeper, next, -1);
                if (r < 0)
                        break;
                p->told++;
        }
        start.sequence = p->number;
        if (p->telling && r >= 0)
                r = keeper_send(p->keeper, &start.head, -1);
        if (r == -EAGAIN)
                return;
        if (r < 0)
                log_event(p->manager->journal, &(LogEvent){.priority = LOG_ERR},
                        "the worker that polls cannot be told its agents: %s", strerror(-r));
        p->telling = false;
        poll_set_done(&p->set);
}

static SensorSet *set_of_agent(
        const Manager *m, uint32_t number, size_t *ret_agent, Device **ret_device, Site **ret_site);

/* An agent whose secret cannot be read is not polled, and that is said. */
static void refuse_unreadable(const Poller *p, const MsgPollAgent *agent, int error) {
        const char *why = error == -EACCES     ? "readable by others; mode 0600 would be right"
                          : error == -EMSGSIZE ? "too long"
                                               : strerror(-error);
        char words[160];
        SensorSet *set;
        Device *device;
        size_t index;
        Site *site;

        log_event(p->manager->journal, &(LogEvent){.priority = LOG_ERR, .device = agent->name},
                "%s: its SNMP agent is not polled: a secret cannot be read (%s)", agent->name, why);
        set = set_of_agent(p->manager, agent->agent, &index, &device, &site);
        if (!set)
                return;
        snprintf(words, sizeof(words), "not polled: a secret cannot be read (%s)", why);
        sensor_set_refuse(set, index, words, now_monotonic());
        if (device)
                environment_device(device, now_monotonic());
        else
                environment_site(p->manager, site, now_monotonic());
}

static void drop_unreadable(const Poller *p, SetJob *job) {
        PollSet *set = &job->set;
        size_t n = 0;

        for (size_t i = 0; i < set->n_agents; i++) {
                if (job->errors[i] < 0) {
                        refuse_unreadable(p, &set->agents[i], job->errors[i]);
                        continue;
                }
                if (n != i)
                        memcpy(&set->agents[n], &set->agents[i], sizeof(*set->agents));
                n++;
        }
        if (n < set->n_agents)
                wipe(&set->agents[n], (set->n_agents - n) * sizeof(*set->agents));
        set->n_agents = n;
}

static void free_sources(SetJob *job, size_t n) {
        for (size_t i = 0; job->sources && i < n; i++) {
                secret_source_done(&job->sources[i].community);
                secret_source_done(&job->sources[i].auth);
                secret_source_done(&job->sources[i].priv);
        }
        free(job->sources);
}

static void set_done(void *userdata, bool cancelled) {
        SetJob *job = userdata;
        Poller *p = cancelled ? NULL : job->manager->poller;

        free_sources(job, job->set.n_agents);
        if (p && job->number == p->number) {
                drop_unreadable(p, job);
                poll_set_done(&p->set);
                p->set = job->set;
                job->set = (PollSet){0};
                p->told = 0;
                p->telling = true;
                tell(p);
        }
        poll_set_done(&job->set);
        free(job->errors);
        free(job);
}

size_t poller_agents(const Manager *m) {
        size_t n = 0;

        for (size_t i = 0; i < m->n_devices; i++)
                n += m->devices[i]->sensors->n_agents;
        for (size_t i = 0; i < m->n_sites; i++)
                n += m->sites[i].set->n_agents;
        return n;
}

static void add_agents(SetJob *job, const SensorSet *set) {
        for (size_t i = 0; i < set->n_agents; i++) {
                size_t at = job->set.n_agents++;

                fill_agent(set, &set->agents[i], &job->set.agents[at], &job->sources[at]);
        }
}

static void add_items(SetJob *job, const Config *c) {
        for (size_t i = 0; i < c->n_profiles; i++)
                for (size_t k = 0; k < c->profiles[i].n_sensors; k++)
                        fill_item(&job->set.items[job->set.n_items++], &c->profiles[i].sensors[k],
                                sensor_item(c, i, k));
}

static bool allocate_job(SetJob *job, const Config *c, size_t n_agents) {
        size_t n_items = c->n_profiles > 0 ? sensor_item(c, c->n_profiles, 0) : 1;

        job->set.items = calloc(n_items, sizeof(*job->set.items));
        job->set.agents = calloc(n_agents + 1, sizeof(*job->set.agents));
        job->sources = calloc(n_agents + 1, sizeof(*job->sources));
        job->errors = calloc(n_agents + 1, sizeof(*job->errors));
        return job->set.items && job->set.agents && job->sources && job->errors;
}

void poller_reconfigure(Poller *p) {
        Manager *m = p->manager;
        SetJob *job = calloc(1, sizeof(*job));

        if (!job)
                return;
        job->manager = m;
        job->number = p->number = ++m->poll_sets;
        if (!allocate_job(job, m->config, poller_agents(m))) {
                set_done(job, true);
                return;
        }
        add_items(job, m->config);
        for (size_t i = 0; i < m->n_devices; i++)
                add_agents(job, m->devices[i]->sensors);
        for (size_t i = 0; i < m->n_sites; i++)
                add_agents(job, m->sites[i].set);
        disk_submit(m->disk, job, set_work, set_done);
}

/* --- what it tells */

static Site *site_of_agent(const Manager *m, uint32_t number, size_t *ret_agent) {
        uint32_t first = POLL_AGENT_SITES;

        for (size_t i = 0; i < m->n_sites; i++) {
                uint32_t n = (uint32_t) m->sites[i].set->n_agents;

                if (number - first < n) {
                        *ret_agent = number - first;
                        return &m->sites[i];
                }
                first += n;
        }
        return NULL;
}

static SensorSet *set_of_agent(
        const Manager *m, uint32_t number, size_t *ret_agent, Device **ret_device, Site **ret_site) {
        *ret_device = NULL;
        *ret_site = number >= POLL_AGENT_SITES ? site_of_agent(m, number, ret_agent) : NULL;
        if (*ret_site)
                return (*ret_site)->set;
        *ret_device = manager_device_by_number(m, number);
        *ret_agent = 0;
        return *ret_device && (*ret_device)->sensors->n_agents > 0 ? (*ret_device)->sensors : NULL;
}

static void take_state(Manager *m, const MsgAgentState *state) {
        usec_t now = now_monotonic();
        SensorSet *set;
        Device *device;
        size_t agent;
        Site *site;

        set = set_of_agent(m, state->agent, &agent, &device, &site);
        if (!set)
                return;
        if (sensor_set_poll(set, agent, state, now))
                m->board_outgrown = true;
        if (device)
                environment_device(device, now);
        else
                environment_site(m, site, now);
}

static void take_sample(const Manager *m, const MsgSample *sample) {
        SensorSet *set;
        Device *device;
        size_t agent;
        Site *site;

        set = set_of_agent(m, sample->agent, &agent, &device, &site);
        if (set)
                sensor_set_sample(set, agent, sample);
}

static void on_hello(void *userdata) {
        poller_reconfigure(userdata);
}

static void on_message(int type, const void *message, void *userdata) {
        Poller *p = userdata;

        /* what an older set tells has its numbers, which may mean something else by now */
        if (type == MSG_SAMPLE && ((const MsgSample *) message)->set == p->number)
                take_sample(p->manager, message);
        else if (type == MSG_AGENT_STATE && ((const MsgAgentState *) message)->set == p->number)
                take_state(p->manager, message);
        else if (type == MSG_POLL_FOUND)
                poller_walk_found(p->walk, message);
}

static void on_room(void *userdata) {
        tell(userdata);
}

static void on_gone(void *userdata) {
        Poller *p = userdata;

        p->telling = false;
        poll_set_done(&p->set);
        poller_walk_lost(p->walk);
}

int poller_new(Manager *manager, Poller **ret) {
        static const KeeperOps ops = {
                .hello = on_hello, .message = on_message, .room = on_room, .gone = on_gone};
        Poller *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->manager = manager;
        p->walk = poller_walk_new(p);
        r = !p->walk ? -ENOMEM : keeper_new(manager, "poll", &ops, p, &p->keeper);
        if (r < 0) {
                poller_walk_free(p->walk);
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
        poll_set_done(&p->set);
        poller_walk_free(p->walk);
        free(p);
        return NULL;
}

void poller_close(Poller *p, usec_t grace) {
        keeper_close(p->keeper, grace);
}

void poller_tick(Poller *p, usec_t now) {
        keeper_tick(p->keeper, now);
        poller_walk_tick(p->walk, now);
}

void poller_extend(Poller *p, usec_t lateness) {
        keeper_extend(p->keeper, lateness);
}

uint64_t poller_restarts(const Poller *p) {
        return keeper_restarts(p->keeper);
}

int poller_send(Poller *p, const MessageHead *message) {
        return keeper_send(p->keeper, message, -1);
}

PollerWalk *poller_walk(Poller *p) {
        return p->walk;
}
