#include "poll-agent.h"

#include <sys/epoll.h>

#include "poll-answer.h"
#include "poll-ask.h"
#include "poll-sample.h"

/* Answers that wait in a socket are read before any deadline is judged: after this process was stopped for a
 * while all deadlines are overdue, and yet most machines have answered. */
#define PRIORITY_ANSWER (SD_EVENT_PRIORITY_NORMAL - 10)
#define PRIORITY_TIMER (SD_EVENT_PRIORITY_NORMAL + 10)

/* A request takes a datagram or two. Who sends many more is answered after everybody else: a flood from one
 * machine must keep neither hsmd's messages nor the others' turns waiting. */
#define PRIORITY_FLOOD (SD_EVENT_PRIORITY_NORMAL + 20)
#define DATAGRAMS_BESIDE_ANSWERS 64

/* Who is due within this time starts together: of a thousand agents, waking up for each one alone costs more
 * than asking it. A deadline may be late by as much; who is polled often is not. */
#define SLACK_MAX (25 * USEC_PER_MSEC)
#define SLACKS_OF_INTERVAL 20

static void poll_step(PollAgent *a);

static void arm(PollAgent *a, usec_t when) {
        (void) sd_event_source_set_time(a->timer, when);
        (void) sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

/* ---- the end of a poll ---- */

void poll_agent_told(PollAgent *a) {
        free(a->samples);
        a->samples = NULL;
        a->n_samples = a->n_told = 0;
        a->unreported = false;
}

static void finish(PollAgent *a, AgentState state, const char *detail) {
        uint64_t skipped;

        a->state.state = state;
        a->state.when = now_monotonic();
        copy_text(a->state.detail, sizeof(a->state.detail), detail);
        engine_id_text(&a->engine, a->state.engine_id, sizeof(a->state.engine_id));
        a->phase = PHASE_IDLE;
        a->due = schedule_next(a->due, a->interval, a->state.when, &skipped);
        arm(a, a->due);
        a->watcher->done(a, a->watcher->data);
        if (a->walk) /* last, since this may end the walk */
                poll_walk_poll_ended(a->walk, state, detail);
}

static void finish_silent(PollAgent *a) {
        const char *detail = "no answer";

        if (a->outcome == OUTCOME_NOT_SENT)
                detail = "the request could not be sent";
        else if (a->met)
                /* an agent cannot tell a wrong AES key from a damaged message, and drops both */
                detail = "tells its engine id, but answers no request: is the privacy secret right?";
        engine_forget(&a->engine);
        finish(a, AGENT_SILENT, detail);
}

static void finish_answered(PollAgent *a) {
        char detail[sizeof(a->state.detail)];
        bool cut = false;
        int n = poll_samples(a->table, a->items, a->number, a->state.poll, &a->samples, &cut);

        if (n < 0) {
                finish(a, AGENT_UNKNOWN, "no memory");
                return;
        }
        a->n_samples = (size_t) n;
        a->state.has_uptime = a->table->has_uptime;
        a->state.uptime = a->table->has_uptime ? a->table->uptime_ticks * 10 * USEC_PER_MSEC : 0;
        a->state.cut = cut || poll_table_is_cut(a->table);
        poll_table_trouble(a->table, detail, sizeof(detail));
        if (cut && !*detail)
                snprintf(detail, sizeof(detail), "more than %d sensors, the others are not read",
                        POLL_SAMPLES_MAX);
        finish(a, AGENT_OK, detail);
}

/* ---- what an answer says ---- */

static void take_report(PollAgent *a, netsnmp_pdu *pdu) {
        const char *why = engine_refusal(pdu);

        if (a->phase == PHASE_DISCOVERY) {
                a->outcome = OUTCOME_ANSWERED;
        } else if (why) {
                a->outcome = OUTCOME_REFUSED;
                a->why = why;
        }
}

static void take_response(PollAgent *a, const netsnmp_pdu *pdu) {
        if (poll_answer(a->table, pdu, now_monotonic()) == REFUSED) {
                a->outcome = OUTCOME_REFUSED;
                a->why = "does not allow this user to read the sensors";
                return;
        }
        a->outcome = OUTCOME_ANSWERED;
}

/* The library may call this twice for one message; only the first call is acted on. Nothing is sent or closed
 * from here, since the library is still busy with the session: poll_step does, afterwards. */
static int on_answer(
        int operation, netsnmp_session *session UNUSED, int request UNUSED, netsnmp_pdu *pdu, void *data) {
        PollAgent *a = data;

        if (a->outcome != OUTCOME_PENDING)
                return 1;
        switch (operation) {
        case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
        case NETSNMP_CALLBACK_OP_SEC_ERROR:
                if (pdu && pdu->command == SNMP_MSG_REPORT)
                        take_report(a, pdu);
                else if (pdu && pdu->command == SNMP_MSG_RESPONSE && a->phase == PHASE_ASKING)
                        take_response(a, pdu);
                break;
        case NETSNMP_CALLBACK_OP_TIMED_OUT:
                a->outcome = OUTCOME_TIMEOUT;
                break;
        case NETSNMP_CALLBACK_OP_SEND_FAILED:
                a->outcome = OUTCOME_NOT_SENT;
                break;
        default: /* sent again by the library */
                break;
        }
        return 1;
}

/* ---- requests ---- */

static usec_t patience(const PollAgent *a) {
        return MAX_OF(a->interval, 4 * a->engine.timeout);
}

/* Why nothing more is asked in this poll once this share of its bounds is used up; NULL if it goes on. */
static const char *limit_reached(const PollAgent *a, unsigned quarters) {
        unsigned most = a->engine.version == SNMP_VERSION_V1 ? POLL_REQUESTS_MAX_V1 : POLL_REQUESTS_MAX;

        if (4 * a->state.requests >= quarters * most)
                return "not read, too many requests in one poll";
        return 4 * a->waited >= quarters * patience(a) ? "not read, the agent is too slow" : NULL;
}

/* Ends what has not been read yet. */
static int cut_short(PollAgent *a, const char *why) {
        int r;

        poll_table_cut(a->table, why); /* instances and columns */
        r = poll_table_settle(a->table, now_monotonic());
        poll_table_cut(a->table, why); /* and the names of what these have shown */
        return r;
}

static int ask(PollAgent *a, netsnmp_pdu **ret) {
        const char *limit = limit_reached(a, 4);

        if (limit) {
                *ret = NULL;
                return cut_short(a, limit);
        }
        limit = limit_reached(a, 3);
        if (limit && !a->table->settled && poll_table_wants_facts(a->table))
                poll_table_cut(a->table, limit);
        return poll_ask(a->table, now_monotonic(), ret);
}

static int send_pdu(PollAgent *a, PollPhase phase, netsnmp_pdu *pdu) {
        a->phase = phase;
        a->sent = now_monotonic();
        a->state.requests++;
        if (phase == PHASE_DISCOVERY)
                return engine_discover(&a->engine, on_answer, a);
        return engine_send(&a->engine, pdu, on_answer, a);
}

/* Sends what is next: an engine that is not known is asked for first. */
static void send_request(PollAgent *a) {
        bool discover = a->engine.version == SNMP_VERSION_V3 && !a->engine.adopted;
        netsnmp_pdu *pdu = NULL;
        int r = discover ? 0 : ask(a, &pdu);

        if (r >= 0 && !discover && !pdu) {
                finish_answered(a);
                return;
        }
        a->outcome = OUTCOME_PENDING;
        if (r >= 0)
                r = send_pdu(a, discover ? PHASE_DISCOVERY : PHASE_ASKING, pdu);
        if (r < 0) {
                a->outcome = OUTCOME_NOT_SENT;
                finish_silent(a);
                return;
        }
        arm(a, engine_deadline(&a->engine));
}

/* The second and last attempt of a poll. To a v3 agent it is a discovery: one that was replaced or reset
 * meanwhile would never answer the same request, and so is back within the poll in which that happened. */
static void retry(PollAgent *a) {
        if (a->retried && poll_table_has_read(a->table) &&
                cut_short(a, "not read, its answer was lost") >= 0) {
                finish_answered(a);
                return;
        }
        if (a->retried) {
                finish_silent(a);
                return;
        }
        a->retried = true;
        engine_forget(&a->engine);
        send_request(a);
}

static void discovered(PollAgent *a) {
        if (engine_adopt(&a->engine) < 0) {
                retry(a);
                return;
        }
        a->met = true;
        a->watcher->learnt(a, a->watcher->data);
        send_request(a);
}

/* Goes on after the library has read or expired something. */
static void poll_step(PollAgent *a) {
        usec_t deadline;
        char why[128];

        if (a->phase == PHASE_IDLE)
                return;
        if (a->outcome != OUTCOME_PENDING)
                a->waited += MIN_OF(now_monotonic() - a->sent, a->engine.timeout);
        switch (a->outcome) {
        case OUTCOME_PENDING:
                deadline = engine_deadline(&a->engine);
                if (deadline == USEC_INFINITY)
                        retry(a); /* the library has given the request up without a word */
                else
                        arm(a, deadline);
                break;
        case OUTCOME_ANSWERED:
                if (a->phase == PHASE_DISCOVERY)
                        discovered(a);
                else
                        send_request(a);
                break;
        case OUTCOME_TIMEOUT:
        case OUTCOME_NOT_SENT:
                retry(a);
                break;
        case OUTCOME_REFUSED:
                snprintf(why, sizeof(why), "the agent %s", a->why);
                finish(a, AGENT_REFUSED, why);
                break;
        }
}

/* ---- the loop ---- */

static unsigned datagrams_due(const PollAgent *a) {
        return DATAGRAMS_BESIDE_ANSWERS + 2 * a->state.requests +
               (a->walk ? 2 * poll_walk_requests(a->walk) : 0);
}

static void step(PollAgent *a) {
        poll_step(a);
        if (a->walk)
                poll_walk_step(a->walk);
}

static int on_readable(sd_event_source *source, int fd UNUSED, uint32_t events UNUSED, void *data) {
        PollAgent *a = data;

        if (++a->datagrams > datagrams_due(a))
                (void) sd_event_source_set_priority(source, PRIORITY_FLOOD);
        engine_read(&a->engine);
        step(a);
        return 0;
}

static int open_engine(PollAgent *a) {
        sd_event *event = sd_event_source_get_event(a->timer);
        int r = engine_open(&a->engine);

        if (r < 0 || a->io)
                return r;
        r = sd_event_add_io(event, &a->io, engine_fd(&a->engine), EPOLLIN, on_readable, a);
        return r < 0 ? r : sd_event_source_set_priority(a->io, PRIORITY_ANSWER);
}

static int open_for_poll(PollAgent *a) {
        int r = open_engine(a);

        if (r < 0)
                return r;
        a->datagrams = 0;
        return sd_event_source_set_priority(a->io, PRIORITY_ANSWER);
}

static void begin(PollAgent *a, usec_t now) {
        char detail[128];
        int r;

        a->state.start_delay = now > a->due ? now - a->due : 0;
        a->state.poll++;
        a->state.requests = 0;
        a->state.has_uptime = 0;
        a->state.cut = 0;
        a->state.uptime = 0;
        a->retried = a->met = false;
        a->waited = 0;
        poll_agent_told(a); /* or never: hsmd has not read the last result in a whole interval */
        if (a->unusable) {
                finish(a, a->unusable_state, a->unusable);
                return;
        }
        r = open_for_poll(a);
        if (r < 0) {
                snprintf(detail, sizeof(detail), "no socket: %s", strerror(-r));
                finish(a, AGENT_SILENT, detail);
                return;
        }
        poll_table_begin(a->table, now);
        send_request(a);
}

static int on_timer(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *data) {
        PollAgent *a = data;

        if (a->phase == PHASE_IDLE) {
                begin(a, now_monotonic());
        } else {
                engine_expire(&a->engine);
                step(a);
        }
        return 0;
}

int poll_agent_start(PollAgent *a, sd_event *event, usec_t first, const PollWatcher *watcher) {
        usec_t slack = MAX_OF(MIN_OF(a->interval / SLACKS_OF_INTERVAL, SLACK_MAX), USEC_PER_MSEC);
        int r;

        a->watcher = watcher;
        a->due = first;
        r = sd_event_add_time(event, &a->timer, CLOCK_MONOTONIC, first, slack, on_timer, a);
        if (r < 0)
                return r;
        return sd_event_source_set_priority(a->timer, PRIORITY_TIMER);
}

/* ---- a walk beside ---- */

static void on_found(void *data) {
        PollAgent *a = data;

        a->watcher->found(a, a->watcher->data);
}

int poll_agent_walk(PollAgent *a, const MsgPollWalk *order) {
        int r;

        if (a->walk)
                return -EBUSY;
        if (a->unusable)
                return -EINVAL;
        r = open_engine(a);
        if (r >= 0)
                r = poll_walk_new(
                        order, &a->engine, sd_event_source_get_event(a->timer), on_found, a, &a->walk);
        if (r >= 0)
                poll_walk_begin(a->walk);
        return r;
}
