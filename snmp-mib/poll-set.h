#ifndef HSMD_POLL_SET_H
#define HSMD_POLL_SET_H
/* The agents that are polled, and the set that is to replace them. */

#include "poll-agent.h"

typedef struct PollSetItem {
        uint32_t number;
        PollItem *item;
} PollSetItem;

typedef struct PollSet {
        PollAgent **agents;
        size_t n;
        PollAgent **next; /* told since the last start; may name agents of the present set */
        size_t n_next;
        PollSetItem *items; /* only while a set is being told; in order of number */
        size_t n_items;
        EngineKeys *keys;       /* likewise */
        uint8_t digest_key[32]; /* random: a digest of secrets must not be worth stealing */
} PollSet;

int poll_set_init(PollSet *set);
void poll_set_clear(PollSet *set);

/* Adds an item to the next set; told again, the later telling counts. hsmd tells a set whole, its items
 * before its agents: an item after an agent, or in a set without items an agent told before, begins the next
 * set anew, for hsmd has given up the one that it had begun. */
int poll_set_add_item(PollSet *set, const MsgPollItem *config);

/* Adds an agent to the next set: the very agent of the present set if it and its items are configured alike
 * (the items' numbers may be others). -EBADMSG if an item has not been told. */
int poll_set_add(PollSet *set, const MsgPollAgent *config);

/* Makes the next set the present one: starts what is new, ends what is no longer told, keeps the rest going.
 */
int poll_set_start(PollSet *set, sd_event *event, const PollWatcher *watcher);

/* Whether an agent of the present set is in the next one, too. */
bool poll_set_keeps(const PollSet *set, const PollAgent *agent);

/* The agent of the present set with this number, or NULL. */
PollAgent *poll_set_find(const PollSet *set, uint32_t number);

/* Another agent whose engine has the same id, one at another address before one at the same; NULL if there is
 * none. */
PollAgent *poll_set_twin(const PollSet *set, const PollAgent *agent);

#endif
