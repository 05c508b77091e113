#include "poll-agent.h"

#include <sys/epoll.h>

/* Answers that wait in a socket are read before any deadline is judged: after this process was stopped for a
 * while all deadlines are overdue, and yet most machines have answered. */
#define PRIORITY_ANSWER (SD_EVENT_PRIORITY_NORMAL - 10)
#define PRIORITY_TIMER (SD_EVENT_PRIORITY_NORMAL + 10)

/* A poll takes a handful of datagrams. Who sends more is answered after everybody else: a flood from one
 * machine must keep neither hsmd's messages nor the others' turns waiting. */
#define PRIORITY_FLOOD (SD_EVENT_PRIORITY_NORMAL + 20)
#define DATAGRAMS_OF_A_POLL 64

static void poll_step(PollAgent *a);

static void arm(PollAgent *a, usec_t when) {
        (void) sd_event_source_set_time(a->timer, when);
        (void) sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

/* ---- the end of a poll ---- */

static void finish(PollAgent *a, AgentState state, const char *detail) {
        uint64_t skipped;

        a->state.state = state;
        a->state.when = now_monotonic();
        copy_text(a->state.detail, sizeof(a->state.detail), detail);
        if (state != AGENT_OK)
                for (size_t i = 0; i < a->n_targets; i++)
                        a->targets[i].reading = reading_silent();
        a->phase = PHASE_IDLE;
        a->due = schedule_next(a->due, a->interval, a->state.when, &skipped);
        arm(a, a->due);
        a->watcher->done(a, a->watcher->data);
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

/* ---- what an answer says ---- */

static const char *refusal(int report) {
        switch (report) {
        case SNMPERR_UNKNOWN_USER_NAME:
                return "the agent does not know this user";
        case SNMPERR_AUTHENTICATION_FAILURE:
                return "the agent refuses the authentication secret or protocol";
        case SNMPERR_UNSUPPORTED_SEC_LEVEL:
                return "the agent does not allow this user this security level";
        case SNMPERR_DECRYPTION_ERR:
                return "the agent refuses the privacy secret or protocol";
        case SNMPERR_BAD_CONTEXT:
                return "the agent does not know the context";
        default:
                return NULL;
        }
}

/* Both a late clock and an unknown engine are no refusal: the library sends again with the time that the
 * Report told, and what stays unanswered is discovered anew. */
static void take_report(PollAgent *a, netsnmp_pdu *pdu) {
        const char *why = refusal(snmpv3_get_report_type(pdu));

        if (a->phase == PHASE_DISCOVERY) {
                a->outcome = OUTCOME_ANSWERED;
        } else if (why) {
                a->outcome = OUTCOME_REFUSED;
                a->why = why;
        }
}

/* The i-th of the targets that were asked for, from 1; NULL if there is none. */
static PollTarget *asked(PollAgent *a, long i) {
        for (size_t k = 0; k < a->n_targets; k++)
                if (!a->targets[k].left_out && --i == 0)
                        return &a->targets[k];
        return NULL;
}

/* An error stands for the whole answer, though one variable may be its cause. */
static void take_error(PollAgent *a, const netsnmp_pdu *pdu) {
        PollTarget *target = asked(a, pdu->errindex);

        if (pdu->errstat == SNMP_ERR_AUTHORIZATIONERROR || pdu->errstat == SNMP_ERR_NOACCESS) {
                a->outcome = OUTCOME_REFUSED;
                a->why = "the agent does not allow this user to read the sensors";
                return;
        }
        if (target)
                target->left_out = true;
        a->outcome = target ? OUTCOME_PARTIAL : OUTCOME_ANSWERED;
}

static void take_response(PollAgent *a, const netsnmp_pdu *pdu) {
        for (size_t i = 0; i < a->n_targets; i++)
                a->targets[i].reading = reading_of(NULL, 1);
        if (pdu->errstat != SNMP_ERR_NOERROR) {
                take_error(a, pdu);
                return;
        }
        for (size_t i = 0; i < a->n_targets; i++) {
                PollTarget *t = &a->targets[i];

                t->reading = reading_of(reading_find(pdu->variables, t->name, t->name_length), t->scale);
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
                else if (pdu && pdu->command == SNMP_MSG_RESPONSE && a->phase == PHASE_GET)
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

static netsnmp_pdu *build_get(const PollAgent *a) {
        netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);

        for (size_t i = 0; pdu && i < a->n_targets; i++)
                if (!a->targets[i].left_out)
                        snmp_add_null_var(pdu, a->targets[i].name, a->targets[i].name_length);
        return pdu;
}

static int send_get(PollAgent *a) {
        netsnmp_pdu *pdu = build_get(a);

        a->phase = PHASE_GET;
        return pdu ? engine_get(&a->engine, pdu, on_answer, a) : -ENOMEM;
}

static int send_discovery(PollAgent *a) {
        a->phase = PHASE_DISCOVERY;
        return engine_discover(&a->engine, on_answer, a);
}

/* Sends what is next: an engine that is not known is asked for first. */
static void send_request(PollAgent *a) {
        bool discover = a->engine.version == SNMP_VERSION_V3 && !a->engine.adopted;
        int r;

        a->outcome = OUTCOME_PENDING;
        r = discover ? send_discovery(a) : send_get(a);
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

/* An agent may name each of its variables once, hence this ends. */
static void ask_for_the_others(PollAgent *a) {
        if (asked(a, 1))
                send_request(a);
        else
                finish(a, AGENT_OK, "");
}

/* Goes on after the library has read or expired something. */
static void poll_step(PollAgent *a) {
        if (a->phase == PHASE_IDLE)
                return;
        switch (a->outcome) {
        case OUTCOME_PENDING: {
                usec_t deadline = engine_deadline(&a->engine);

                if (deadline == USEC_INFINITY)
                        retry(a); /* the library has given the request up without a word */
                else
                        arm(a, deadline);
                break;
        }
        case OUTCOME_ANSWERED:
                if (a->phase == PHASE_DISCOVERY)
                        discovered(a);
                else
                        finish(a, AGENT_OK, "");
                break;
        case OUTCOME_TIMEOUT:
        case OUTCOME_NOT_SENT:
                retry(a);
                break;
        case OUTCOME_REFUSED:
                finish(a, AGENT_REFUSED, a->why);
                break;
        case OUTCOME_PARTIAL:
                ask_for_the_others(a);
                break;
        }
}

/* ---- the loop ---- */

static int on_readable(sd_event_source *source, int fd UNUSED, uint32_t events UNUSED, void *data) {
        PollAgent *a = data;

        if (++a->datagrams == DATAGRAMS_OF_A_POLL)
                (void) sd_event_source_set_priority(source, PRIORITY_FLOOD);
        engine_read(&a->engine);
        poll_step(a);
        return 0;
}

static int open_engine(PollAgent *a) {
        sd_event *event = sd_event_source_get_event(a->timer);
        int r = engine_open(&a->engine);

        if (r >= 0 && !a->io)
                r = sd_event_add_io(event, &a->io, engine_fd(&a->engine), EPOLLIN, on_readable, a);
        if (r < 0)
                return r;
        a->datagrams = 0;
        return sd_event_source_set_priority(a->io, PRIORITY_ANSWER);
}

static void begin(PollAgent *a, usec_t now) {
        char detail[128];
        int r;

        a->state.start_delay = now > a->due ? now - a->due : 0;
        a->retried = a->met = false;
        for (size_t i = 0; i < a->n_targets; i++)
                a->targets[i].left_out = false;
        if (a->unusable) {
                finish(a, a->unusable_state, a->unusable);
                return;
        }
        r = open_engine(a);
        if (r < 0) {
                snprintf(detail, sizeof(detail), "no socket: %s", strerror(-r));
                finish(a, AGENT_SILENT, detail);
                return;
        }
        send_request(a);
}

static int on_timer(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *data) {
        PollAgent *a = data;

        if (a->phase == PHASE_IDLE) {
                begin(a, now_monotonic());
        } else {
                engine_expire(&a->engine);
                poll_step(a);
        }
        return 0;
}

int poll_agent_start(PollAgent *a, sd_event *event, usec_t first, const PollWatcher *watcher) {
        int r;

        a->watcher = watcher;
        a->due = first;
        r = sd_event_add_time(event, &a->timer, CLOCK_MONOTONIC, first, USEC_PER_MSEC, on_timer, a);
        if (r < 0)
                return r;
        return sd_event_source_set_priority(a->timer, PRIORITY_TIMER);
}

/* ---- making and freeing ---- */

static void cannot(PollAgent *a, AgentState state, const char *why) {
        a->unusable = why;
        a->unusable_state = state;
}

static int set_targets(PollAgent *a, const MsgPollAgent *config) {
        size_t n = MIN_OF((size_t) config->n_sensors, (size_t) PROTOCOL_SENSORS_MAX);
        oid name[MAX_OID_LEN];

        a->targets = calloc(MAX_OF(n, (size_t) 1), sizeof(*a->targets));
        if (!a->targets)
                return -ENOMEM;
        for (; a->n_targets < n; a->n_targets++) {
                const PollSensor *sensor = &config->sensors[a->n_targets];
                PollTarget *t = &a->targets[a->n_targets];
                int length = reading_parse_oid(sensor->oid, name, ELEMENTSOF(name));

                if (length < 0)
                        cannot(a, AGENT_UNKNOWN, "a sensor's OID is not numeric");
                *t = (PollTarget){
                        .number = sensor->number, .scale = sensor->scale, .reading = reading_silent()};
                t->name_length = length < 0 ? 0 : (size_t) length;
                t->name = calloc(MAX_OF(t->name_length, (size_t) 1), sizeof(*name));
                if (!t->name)
                        return -ENOMEM;
                memcpy(t->name, name, t->name_length * sizeof(*name));
        }
        if (n == 0)
                cannot(a, AGENT_UNKNOWN, "no sensor is configured");
        return 0;
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

int poll_agent_new(const MsgPollAgent *config, EngineKeys **cache, PollAgent **ret) {
        PollAgent *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->device = config->device;
        a->interval = MAX_OF(config->interval, USEC_PER_MSEC);
        copy_text(a->name, sizeof(a->name), config->name);
        a->state = (MsgAgentState) MESSAGE(MsgAgentState, MSG_AGENT_STATE);
        a->state.device = config->device;
        a->state.state = AGENT_UNKNOWN;
        r = set_targets(a, config);
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
        for (size_t i = 0; a->targets && i < a->n_targets; i++)
                free(a->targets[i].name);
        free(a->targets);
        free(a);
        return NULL;
}
