/* Makes agents as configured, and frees them. */
#include "poll-agent.h"

static void cannot(PollAgent *a, AgentState state, const char *why) {
        a->unusable = why;
        a->unusable_state = state;
}

static int set_table(PollAgent *a, const MsgPollAgent *config, PollItem *const *items) {
        size_t n = MIN_OF((size_t) config->n_items, (size_t) POLL_ITEMS_MAX);

        for (size_t i = 0; i < n; i++)
                if (items[i]->broken)
                        cannot(a, AGENT_UNKNOWN, "a sensor's OID is not numeric");
        memcpy(a->items, config->items, n * sizeof(*a->items));
        return poll_table_new(items, n, config->version, &a->table);
}

static int set_engine(PollAgent *a, const MsgPollAgent *config, EngineKeys **cache) {
        Engine *e = &a->engine;
        int r;

        e->version = config->version;
        e->timeout = config->timeout;
        if (engine_peer(config->address, e->peer, sizeof(e->peer)) < 0)
                cannot(a, AGENT_SILENT, "the address is not numeric host and port");
        copy_text(e->community, sizeof(e->community), config->community);
        copy_text(e->user, sizeof(e->user), config->user);
        if (e->version != SNMP_VERSION_V3)
                return 0;
        r = engine_keys_get(cache, config, &e->keys);
        if (r == -EINVAL)
                cannot(a, AGENT_REFUSED, "no key: unknown protocol, or a secret under 8 characters");
        return r == -EINVAL ? 0 : r;
}

int poll_agent_new(const MsgPollAgent *config, PollItem *const *items, EngineKeys **cache, PollAgent **ret) {
        PollAgent *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->number = config->agent;
        a->interval = MAX_OF(config->interval, USEC_PER_MSEC);
        copy_text(a->name, sizeof(a->name), config->name);
        a->state = (MsgAgentState) MESSAGE(MsgAgentState, MSG_AGENT_STATE);
        a->state.agent = config->agent;
        a->state.state = AGENT_UNKNOWN;
        r = set_table(a, config, items);
        if (r >= 0)
                r = set_engine(a, config, cache);
        if (r < 0) {
                poll_agent_free(a);
                return r;
        }
        *ret = a;
        return 0;
}

PollAgent *poll_agent_free(PollAgent *a) {
        if (!a)
                return NULL;
        sd_event_source_disable_unref(a->timer);
        sd_event_source_disable_unref(a->io);
        engine_close(&a->engine);
        a->walk = poll_walk_free(a->walk);
        poll_table_free(a->table);
        free(a->samples);
        free(a);
        return NULL;
}
