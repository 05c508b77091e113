#ifndef HSMD_POLL_WALK_H
#define HSMD_POLL_WALK_H
/* A walk of what an agent has, once, beside its polls and over the same session: a request at a time, so that
 * it takes turns with everything else in the loop.
 *
 * It reads the standard groups that tell of an environment (system, interfaces, hrSystem, hrStorage,
 * hrDevice, IF-MIB, UPS-MIB, ENTITY-MIB, ENTITY-SENSOR-MIB) and all of enterprises, net-snmp's own last, up
 * to the rows asked for and for at most POLL_WALK_TIME. What the agent answers with an error even alone is
 * passed by. AGENT_UNKNOWN, in the last message, with words, tells that not all was read. An SNMPv3 agent
 * that is not known yet is walked after its next poll. */

#include <systemd/sd-event.h>

#include "engine.h"
#include "protocol.h"

#define POLL_WALK_TIME (60 * USEC_PER_SEC)

typedef struct PollWalk PollWalk;

/* Something is ready to be sent, see poll_walk_batch. This may free the walk: each function that calls it
 * does so last. */
typedef void (*PollWalkReady)(void *data);

/* The engine is open and outlives the walk, or the walk is freed right after it was closed. *ret is where the
 * walk is kept, and NULL once it is freed: it must live as long as the engine, which may call back late. */
int poll_walk_new(const MsgPollWalk *order, Engine *engine, sd_event *event, PollWalkReady ready, void *data,
        PollWalk **ret);
PollWalk *poll_walk_free(PollWalk *walk); /* returns NULL */
void poll_walk_begin(PollWalk *walk);

/* Goes on after the engine has read or expired something. */
void poll_walk_step(PollWalk *walk);

/* A poll of the agent has ended so: a walk that waits for the engine to be known begins, or ends. */
void poll_walk_poll_ended(PollWalk *walk, AgentState state, const char *detail);

/* Ends it and returns what is to be sent last. It is freed after the engine was closed, not before: closing
 * calls back for the request that is out. */
const MsgPollFound *poll_walk_stop(PollWalk *walk, AgentState error, const char *why);

/* What is to be sent now; NULL if nothing is. */
const MsgPollFound *poll_walk_batch(const PollWalk *walk);

/* It was sent: goes on. True if that was all, and the walk is to be freed (it has not been, then). */
bool poll_walk_sent(PollWalk *walk);

/* Requests sent so far. */
unsigned poll_walk_requests(const PollWalk *walk);

/* The answer to a walk that cannot be begun. */
void poll_walk_refuse(const MsgPollWalk *order, AgentState state, const char *why, MsgPollFound *ret);

#endif
