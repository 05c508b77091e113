#ifndef HSMD_POLL_AGENT_H
#define HSMD_POLL_AGENT_H
/* One agent and its polls. A poll asks request after request (discovery first where an SNMPv3 engine is not
 * known), sends one of them a second time at most, and ends with a result; the next is due an interval after
 * this one was.
 *
 * Bounds against an agent that is slow or hostile: a poll sends at most POLL_REQUESTS_MAX requests (v1, which
 * reads a row a time: POLL_REQUESTS_MAX_V1); and none any more once it has waited for answers for an interval
 * or for four timeouts, whichever is longer. So it lasts at most that and two timeouts (the last request, and
 * a discovery after it). A request's wait counts with its timeout at most: time in which this process stood
 * still is not held against the agent. What has been read by then is the result, and it says that it is not
 * all. Where rows' names are to be read, the last quarter of both bounds is theirs.
 *
 * A poll that loses a second answer ends likewise with what has been read: one of hundreds of requests would
 * otherwise seldom come to its end on a bad line. It is silent only if nothing was. */

#include <systemd/sd-event.h>

#include "engine-keys.h"
#include "engine.h"
#include "poll-schedule.h"
#include "poll-table.h"
#include "poll-walk.h"
#include "protocol.h"

#define POLL_REQUESTS_MAX 64
#define POLL_REQUESTS_MAX_V1 320

typedef struct PollAgent PollAgent;

typedef struct PollWatcher {
        /* An engine id was learnt, perhaps another than before. */
        void (*learnt)(PollAgent *agent, void *data);
        /* A poll has ended; its result stands in agent->state and agent->samples. */
        void (*done)(PollAgent *agent, void *data);
        /* The agent's walk has something to send. May end the walk. */
        void (*found)(PollAgent *agent, void *data);
        void *data;
} PollWatcher;

typedef enum PollPhase {
        PHASE_IDLE,      /* waiting until due */
        PHASE_DISCOVERY, /* v3: asking for the engine id */
        PHASE_ASKING,
} PollPhase;

typedef enum PollOutcome { /* of the request that is out */
        OUTCOME_PENDING,
        OUTCOME_ANSWERED, /* discovery: told an engine id; else: the answer is in the table */
        OUTCOME_TIMEOUT,
        OUTCOME_NOT_SENT,
        OUTCOME_REFUSED, /* agent->why says how */
} PollOutcome;

struct PollAgent {
        uint32_t number;
        char name[64];
        usec_t interval;
        uint8_t digest[POLL_DIGEST_SIZE];    /* of its configuration and its items', secrets included, under a
                                                key of this process */
        uint32_t items[POLL_ITEMS_MAX];      /* their numbers, in the order of the table's entries */
        uint32_t next_items[POLL_ITEMS_MAX]; /* in the set that is being told */

        Engine engine;
        const char *unusable; /* why this agent cannot be polled at all; NULL if it can */
        AgentState unusable_state;
        PollTable *table;

        PollPhase phase;
        PollOutcome outcome;
        const char *why;
        bool retried;
        bool met;           /* it told its engine id in this poll */
        usec_t due, sent;   /* sent: the request that is out */
        usec_t waited;      /* for answers, in this poll */
        unsigned datagrams; /* read since this poll began */
        sd_event_source *timer, *io;
        PollWalk *walk;

        MsgAgentState state; /* result of the last poll */
        MsgSample *samples;  /* likewise; freed once they were told */
        size_t n_samples, n_told;
        bool unreported; /* the result has not been told wholly yet */

        const PollWatcher *watcher;
};

/* Makes an agent as configured, to be asked for these n items (config->n_items of them); one that cannot be
 * polled (a bad address, a secret that makes no key) is made too, and says so at each poll. */
int poll_agent_new(const MsgPollAgent *config, PollItem *const *items, EngineKeys **cache, PollAgent **ret);

/* Closes its session and drops what is under way without a result. Returns NULL. */
PollAgent *poll_agent_free(PollAgent *agent);

/* Starts polling in the loop, first at `first` (CLOCK_MONOTONIC). The watcher outlives the agent, and frees
 * none from within a call. */
int poll_agent_start(PollAgent *agent, sd_event *event, usec_t first, const PollWatcher *watcher);

/* The result was told, or is not worth telling any more. */
void poll_agent_told(PollAgent *agent);

/* Walks the agent beside its polls; one that is started. -EBUSY: it is being walked; -EINVAL: it cannot be
 * reached, agent->unusable says why; else a negative errno. */
int poll_agent_walk(PollAgent *agent, const MsgPollWalk *order);

#endif
