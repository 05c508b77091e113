#include "engine-keys.h"

struct EngineKeys {
        EngineKeys *next;
        char auth_protocol[16], priv_protocol[16];
        char auth_secret[PROTOCOL_SECRET_MAX + 1], priv_secret[PROTOCOL_SECRET_MAX + 1];
        UsmKeys keys;
};

static bool same_secrets(const EngineKeys *entry, const MsgPollAgent *agent) {
        return streq(entry->auth_protocol, agent->auth_protocol) &&
               streq(entry->priv_protocol, agent->priv_protocol) &&
               streq(entry->auth_secret, agent->auth_secret) && streq(entry->priv_secret, agent->priv_secret);
}

static EngineKeys *entry_free(EngineKeys *entry) {
        wipe(entry, sizeof(*entry));
        free(entry);
        return NULL;
}

static int entry_new(const MsgPollAgent *agent, EngineKeys **ret) {
        EngineKeys *entry = calloc(1, sizeof(*entry));
        int r;

        if (!entry)
                return -ENOMEM;
        r = usm_keys_make(agent->auth_protocol, agent->auth_secret, agent->priv_protocol, agent->priv_secret,
                &entry->keys);
        if (r < 0) {
                entry_free(entry);
                return r;
        }
        copy_text(entry->auth_protocol, sizeof(entry->auth_protocol), agent->auth_protocol);
        copy_text(entry->priv_protocol, sizeof(entry->priv_protocol), agent->priv_protocol);
        copy_text(entry->auth_secret, sizeof(entry->auth_secret), agent->auth_secret);
        copy_text(entry->priv_secret, sizeof(entry->priv_secret), agent->priv_secret);
        *ret = entry;
        return 0;
}

int engine_keys_get(EngineKeys **cache, const MsgPollAgent *agent, UsmKeys *ret) {
        EngineKeys *entry = *cache;
        int r;

        while (entry && !same_secrets(entry, agent))
                entry = entry->next;
        if (!entry) {
                r = entry_new(agent, &entry);
                if (r < 0)
                        return r;
                entry->next = *cache;
                *cache = entry;
        }
        *ret = entry->keys;
        return 0;
}

EngineKeys *engine_keys_free(EngineKeys *cache) {
        while (cache) {
                EngineKeys *next = cache->next;

                entry_free(cache);
                cache = next;
        }
        return NULL;
}
