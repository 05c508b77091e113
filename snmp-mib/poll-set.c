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

static void drop_next(PollSet *set) {
        for (size_t i = 0; i < set->n_next; i++)
                if (!contains(set->agents, set->n, set->next[i]))
                        poll_agent_free(set->next[i]);
        free(set->next);
        set->next = NULL;
        set->n_next = 0;
        set->keys = engine_keys_free(set->keys);
}

void poll_set_clear(PollSet *set) {
        drop_next(set);
        for (size_t i = 0; i < set->n; i++)
                poll_agent_free(set->agents[i]);
        free(set->agents);
        set->agents = NULL;
        set->n = 0;
}

static bool digest_of(
        const PollSet *set, const MsgPollAgent *config, uint8_t digest[static POLL_DIGEST_SIZE]) {
        unsigned size = POLL_DIGEST_SIZE;

        return HMAC(EVP_sha256(), set->digest_key, sizeof(set->digest_key), (const uint8_t *) config,
                sizeof(*config), digest, &size);
}

static PollAgent *find_alike(const PollSet *set, uint32_t device, const uint8_t *digest) {
        for (size_t i = 0; i < set->n; i++) {
                PollAgent *a = set->agents[i];

                if (a->device == device && memcmp(a->digest, digest, POLL_DIGEST_SIZE) == 0)
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

/* A set that hsmd began and then tells anew, from the start, before MSG_POLL_START: the later telling counts.
 */
static void drop_earlier_telling(PollSet *set, uint32_t device) {
        for (size_t i = 0; i < set->n_next; i++) {
                PollAgent *earlier = set->next[i];

                if (earlier->device != device)
                        continue;
                set->next[i] = set->next[--set->n_next];
                if (!contains(set->agents, set->n, earlier))
                        poll_agent_free(earlier);
                return;
        }
}

int poll_set_add(PollSet *set, const MsgPollAgent *config) {
        uint8_t digest[POLL_DIGEST_SIZE];
        PollAgent *agent;
        int r;

        if (!digest_of(set, config, digest))
                return -EIO;
        drop_earlier_telling(set, config->device);
        agent = find_alike(set, config->device, digest);
        if (agent)
                return append(set, agent);
        r = poll_agent_new(config, &set->keys, &agent);
        if (r < 0)
                return r;
        memcpy(agent->digest, digest, sizeof(digest));
        r = append(set, agent);
        if (r < 0)
                poll_agent_free(agent);
        return r;
}

static void end_the_untold(PollSet *set) {
        for (size_t i = 0; i < set->n; i++)
                if (!contains(set->next, set->n_next, set->agents[i]))
                        poll_agent_free(set->agents[i]);
        free(set->agents);
}

int poll_set_start(PollSet *set, sd_event *event, const PollWatcher *watcher) {
        usec_t now = now_monotonic();
        int r = 0;

        set->keys = engine_keys_free(set->keys);
        end_the_untold(set);
        set->agents = set->next;
        set->n = set->n_next;
        set->next = NULL;
        set->n_next = 0;
        for (size_t i = 0; i < set->n && r >= 0; i++) {
                PollAgent *a = set->agents[i];
                uint32_t random = 0;

                if (a->timer) /* kept, with its session and its phase */
                        continue;
                if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
                        random = 0;
                r = poll_agent_start(a, event, schedule_first(now, a->interval, i, set->n, random), watcher);
        }
        return r;
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
