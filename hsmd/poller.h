#ifndef HSMD_POLLER_H
#define HSMD_POLLER_H
/* The worker `hsmd-snmp poll`: told all agents and what to ask them, tells what their sensors say.
 *
 * - poller.c: the worker, what it is told and what it tells
 * - poller-walk.c: an agent walked once, for somebody who writes its profile */

#include "manager.h"

typedef struct PollerWalk PollerWalk;

int poller_new(Manager *manager, Poller **ret);
Poller *poller_free(Poller *poller);
void poller_close(Poller *poller, usec_t grace);
/* The configuration changed: the whole set of agents is told anew. */
void poller_reconfigure(Poller *poller);
void poller_tick(Poller *poller, usec_t now);
void poller_extend(Poller *poller, usec_t lateness);
uint64_t poller_restarts(const Poller *poller);
/* How many agents are configured. */
size_t poller_agents(const Manager *manager);
int poller_send(Poller *poller, const MessageHead *message);
PollerWalk *poller_walk(Poller *poller);

/* poller-walk.c */
PollerWalk *poller_walk_new(Poller *poller);
PollerWalk *poller_walk_free(PollerWalk *walk); /* who waits is told that it was not to be */

/* Walks the agent of that number; name is by what it is asked for afterwards. One at a time: -EBUSY. On
 * success the reply is owed and given later. */
int poller_walk_start(PollerWalk *walk, uint32_t agent, const char *name, ControlReply *reply);
/* What the last walk of that name found, from row `first` on; -ENOENT: nothing, or too long ago. */
int poller_walk_get(
        const PollerWalk *walk, const char *name, size_t first, const PollFound **ret, size_t *ret_n);

void poller_walk_found(PollerWalk *walk, const MsgPollFound *found);
void poller_walk_lost(PollerWalk *walk); /* the worker is gone */
void poller_walk_tick(PollerWalk *walk, usec_t now);

#endif
