#include "poll-set.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

int poll_set_init(PollSet *set) {
        *set = (PollSet){0};
        if (getrandom(set->digest_key, sizeof(set->digest_key), 0) != sizeof(set->digest_key))
                return -EIO;
        return 0;
}

static bool contains(PollAgent *const *agents, size_t n, const PollAgent *agent) {
        for (size_t i = 0; i < n; i++)
                if (agents[i] == agent)
                        return true;
        return false;
}

static void drop_items(PollSet *set) {
        for (size_t i = 0; i < set->n_items; i++)
                poll_item_unref(set->items[i].item);
        free(set->items);
        set->items = NULL;
        set->n_items = 0;
}

static void drop_next(PollSet *set) {
        for (size_t i = 0; i < set->n_next; i++)
                if (!contains(set->agents, set->n, set->next[i]))
                        poll_agent_free(set->next[i]);
        free(set->next);
        set->next = NULL;
        set->n_next = 0;
        set->keys = engine_keys_free(set->keys);
        drop_items(set);
}

void poll_set_clear(PollSet *set) {
        drop_next(set);
        for (size_t i = 0; i < set->n; i++)
                poll_agent_free(set->agents[i]);
        free(set->agents);
        set->agents = NULL;
        set->n = 0;
}

/* ---- items ---- */

static bool hmac(const PollSet *set, const void *data, size_t n, uint8_t digest[static POLL_DIGEST_SIZE]) {
        unsigned size = POLL_DIGEST_SIZE;

        return HMAC(EVP_sha256(), set->digest_key, sizeof(set->digest_key), data, n, digest, &size);
}

/* The place of a number among the items, or where it would be. */
static size_t place_of(const PollSet *set, uint32_t number) {
        size_t low = 0, high = set->n_items;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (set->items[middle].number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static PollItem *find_item(const PollSet *set, uint32_t number) {
        size_t at = place_of(set, number);

        return at < set->n_items && set->items[at].number == number ? set->items[at].item : NULL;
}

int poll_set_add_item(PollSet *set, const MsgPollItem *config) {
        MsgPollItem plain = *config;
        PollSetItem *grown;
        PollItem *item;
        size_t at;

        if (set->n_next > 0)
                drop_next(set);
        at = place_of(set, config->item);
        if (poll_item_new(config, &item) < 0)
                return -ENOMEM;
        plain.item = 0;
        if (!hmac(set, &plain, sizeof(plain), item->digest)) {
                poll_item_unref(item);
                return -EIO;
        }
        if (at < set->n_items && set->items[at].number == config->item) {
                poll_item_unref(set->items[at].item);
                set->items[at].item = item;
                return 0;
        }
        grown = reallocarray(set->items, set->n_items + 1, sizeof(*grown));
        if (!grown) {
                poll_item_unref(item);
                return -ENOMEM;
        }
        set->items = grown;
        memmove(&grown[at + 1], &grown[at], (set->n_items - at) * sizeof(*grown));
        grown[at] = (PollSetItem){.number = config->item, .item = item};
        set->n_items++;
        return 0;
}

/* ---- agents ---- */

static int items_of(const PollSet *set, const MsgPollAgent *config, PollItem **items) {
        if (config->n_items > POLL_ITEMS_MAX)
                return -EBADMSG;
        for (size_t i = 0; i < config->n_items; i++) {
                items[i] = find_item(set, config->items[i]);
                if (!items[i])
                        return -EBADMSG;
        }
        return 0;
}

/* Of everything but the items' numbers, which may be others in each set. */
static bool digest_of(const PollSet *set, const MsgPollAgent *config, PollItem *const *items,
        uint8_t digest[static POLL_DIGEST_SIZE]) {
        uint8_t all[POLL_ITEMS_MAX + 1][POLL_DIGEST_SIZE];

        if (!hmac(set, config, offsetof(MsgPollAgent, items), all[0]))
                return false;
        for (size_t i = 0; i < config->n_items; i++)
                memcpy(all[i + 1], items[i]->digest, POLL_DIGEST_SIZE);
        return hmac(set, all, (config->n_items + 1) * POLL_DIGEST_SIZE, digest);
}

static PollAgent *find_alike(const PollSet *set, uint32_t number, const uint8_t *digest) {
        for (size_t i = 0; i < set->n; i++) {
                PollAgent *a = set->agents[i];

                if (a->number == number && memcmp(a->digest, digest, POLL_DIGEST_SIZE) == 0)
                        return a;
        }
        return NULL;
}

static int append(PollSet *set, PollAgent *agent) {
        PollAgent **grown = reallocarray(set->next, set->n_next + 1, sizeof(PollAgent *));

        if (!grown)
                return -ENOMEM;
        set->next = grown;
        set->next[set->n_next++] = agent;
        return 0;
}

static bool is_told(const PollSet *set, uint32_t number) {
        for (size_t i = 0; i < set->n_next; i++)
                if (set->next[i]->number == number)
                        return true;
        return false;
}

/* An agent that is told twice in a set: the later telling counts. */
static void drop_earlier_telling(PollSet *set, uint32_t number) {
        for (size_t i = 0; i < set->n_next; i++) {
                PollAgent *earlier = set->next[i];

                if (earlier->number != number)
                        continue;
                set->next[i] = set->next[--set->n_next];
                if (!contains(set->agents, set->n, earlier))
                        poll_agent_free(earlier);
                return;
        }
}

int poll_set_add(PollSet *set, const MsgPollAgent *config) {
        uint8_t digest[POLL_DIGEST_SIZE];
        PollItem *items[POLL_ITEMS_MAX];
        PollAgent *agent;
        int r = items_of(set, config, items);

        if (r < 0)
                return r;
        if (!digest_of(set, config, items, digest))
                return -EIO;
        if (set->n_items == 0 && is_told(set, config->agent))
                drop_next(set);
        drop_earlier_telling(set, config->agent);
        agent = find_alike(set, config->agent, digest);
        if (agent) {
                memcpy(agent->next_items, config->items, sizeof(agent->next_items));
                return append(set, agent);
        }
        r = poll_agent_new(config, items, &set->keys, &agent);
        if (r < 0)
                return r;
        memcpy(agent->digest, digest, sizeof(digest));
        r = append(set, agent);
        if (r < 0)
                poll_agent_free(agent);
        return r;
}

bool poll_set_keeps(const PollSet *set, const PollAgent *agent) {
        return contains(set->next, set->n_next, agent);
}

static void end_the_untold(PollSet *set) {
        for (size_t i = 0; i < set->n; i++)
                if (!poll_set_keeps(set, set->agents[i]))
                        poll_agent_free(set->agents[i]);
        free(set->agents);
}

int poll_set_start(PollSet *set, sd_event *event, const PollWatcher *watcher) {
        usec_t now = now_monotonic();
        int r = 0;

        set->keys = engine_keys_free(set->keys);
        drop_items(set);
        end_the_untold(set);
        set->agents = set->next;
        set->n = set->n_next;
        set->next = NULL;
        set->n_next = 0;
        for (size_t i = 0; i < set->n && r >= 0; i++) {
                PollAgent *a = set->agents[i];
                uint32_t random = 0;

                if (a->timer) { /* kept, with its session and its phase */
                        memcpy(a->items, a->next_items, sizeof(a->items));
                        continue;
                }
                if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
                        random = 0;
                r = poll_agent_start(a, event, schedule_first(now, a->interval, i, set->n, random), watcher);
        }
        return r;
}

PollAgent *poll_set_find(const PollSet *set, uint32_t number) {
        for (size_t i = 0; i < set->n; i++)
                if (set->agents[i]->number == number)
                        return set->agents[i];
        return NULL;
}

PollAgent *poll_set_twin(const PollSet *set, const PollAgent *agent) {
        PollAgent *same_address = NULL;

        for (size_t i = 0; i < set->n; i++) {
                PollAgent *other = set->agents[i];

                if (other == agent || !engine_same_id(&other->engine, &agent->engine))
                        continue;
                if (!streq(other->engine.peer, agent->engine.peer))
                        return other;
                same_address = other;
        }
        return same_address;
}
