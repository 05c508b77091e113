#ifndef HSMD_POLL_AGENT_H
#define HSMD_POLL_AGENT_H
/* One machine's agent and its polls. A poll is one request (discovery apart) and one retry at most, and ends
 * with a result; the next is due an interval after this one was. */

#include <systemd/sd-event.h>

#include "engine-keys.h"
#include "engine.h"
#include "poll-reading.h"
#include "protocol.h"

#define POLL_DIGEST_SIZE 32

typedef struct PollAgent PollAgent;

typedef struct PollWatcher {
        /* An engine id was learnt, perhaps another than before. */
        void (*learnt)(PollAgent *agent, void *data);
        /* A poll has ended; its result stands in agent->state and the targets' readings. */
        void (*done)(PollAgent *agent, void *data);
        void *data;
} PollWatcher;

typedef enum PollPhase {
        PHASE_IDLE,      /* waiting until due */
        PHASE_DISCOVERY, /* v3: asking for the engine id */
        PHASE_GET,
} PollPhase;

typedef enum PollOutcome { /* of the request that is out */
        OUTCOME_PENDING,
        OUTCOME_ANSWERED, /* discovery: told an engine id; GET: readings are in the sensors */
        OUTCOME_TIMEOUT,
        OUTCOME_NOT_SENT,
        OUTCOME_REFUSED, /* agent->why says how */
        OUTCOME_PARTIAL, /* the agent named one variable that it cannot answer: ask for the others */
} PollOutcome;

typedef struct PollTarget { /* one sensor */
        uint32_t number;
        double scale;
        oid *name;
        size_t name_length;
        bool left_out; /* of this poll: the agent answers it with an error */
        Reading reading;
} PollTarget;

struct PollAgent {
        uint32_t device;
        char name[64];
        usec_t interval;
        uint8_t digest[POLL_DIGEST_SIZE]; /* of its configuration, secrets included, under a key of this
                                             process */

        Engine engine;
        const char *unusable; /* why this agent cannot be polled at all; NULL if it can */
        AgentState unusable_state;
        PollTarget *targets;
        size_t n_targets;

        PollPhase phase;
        PollOutcome outcome;
        const char *why;
        bool retried;
        bool met;           /* it told its engine id in this poll */
        unsigned datagrams; /* read since this poll began */
        usec_t due;
        sd_event_source *timer, *io;

        MsgAgentState state; /* result of the last poll */
        bool unreported;     /* the result has not been sent yet */

        const PollWatcher *watcher;
};

/* Makes an agent as configured; one that cannot be polled (a bad address, a secret that makes no key) is made
 * too, and says so at each poll. */
int poll_agent_new(const MsgPollAgent *config, EngineKeys **cache, PollAgent **ret);

/* Closes its session and drops what is under way without a result. Returns NULL. */
PollAgent *poll_agent_free(PollAgent *agent);

/* Starts polling in the loop, first at `first` (CLOCK_MONOTONIC). The watcher outlives the agent, and frees
 * none from within a call. */
int poll_agent_start(PollAgent *agent, sd_event *event, usec_t first, const PollWatcher *watcher);

#endif
