#include "poll-walk.h"

#include "poll-reading.h"
#include "poll-subtree.h"

#define ROWS_OF_A_REQUEST 24
#define SLACK (50 * USEC_PER_MSEC)

typedef enum WalkState {
        WALK_WAITING, /* for a poll that makes the engine known */
        WALK_ASKING,
        WALK_FULL, /* a batch is to be sent first */
} WalkState;

typedef enum WalkOutcome { /* of the request that is out */
        WALK_PENDING,
        WALK_ANSWERED,
        WALK_NEXT_SUBTREE,
        WALK_FAILED, /* answered with an error */
        WALK_LOST,
        WALK_ENDED,
} WalkOutcome;

struct PollWalk {
        PollWalk **kept_at; /* see poll_walk_new */
        Engine *engine;
        sd_event_source *timer;
        PollWalkReady ready;
        void *data;
        WalkState state;
        WalkOutcome outcome;
        bool retried; /* this request was sent before */
        unsigned requests;
        size_t left;     /* rows that are still wanted */
        long rows;       /* to be asked for next; not of v1, which has one */
        bool incomplete; /* not all could be read; broken is the name after which that was so first */
        oid broken[MAX_OID_LEN];
        size_t n_broken;
        usec_t end; /* no request after this */
        size_t subtree;
        oid last[MAX_OID_LEN]; /* the name to go on from */
        size_t n_last;
        MsgPollFound batch;
};

static void go_to(PollWalk *w, size_t subtree) {
        w->subtree = subtree;
        w->n_last = poll_subtree_start(subtree, w->last);
        w->rows = ROWS_OF_A_REQUEST;
}

/* ---- what was found ---- */

static void write_value(const netsnmp_variable_list *v, char *dst, size_t size) {
        PollRaw raw;

        if (v->type == ASN_OCTET_STR) {
                poll_text_of(v, dst, size);
                return;
        }
        if (v->type == ASN_OBJECT_ID) {
                (void) poll_oid_text(v->val.objid, v->val_len / sizeof(oid), dst, size);
                return;
        }
        raw = poll_raw_of(v);
        if (raw.kind == RAW_COUNTER)
                snprintf(dst, size, "%llu", (unsigned long long) raw.counter);
        else if (raw.kind == RAW_NUMBER)
                snprintf(dst, size, "%.10g", raw.number);
}

static void end(PollWalk *w, AgentState error, const char *detail) {
        w->batch.last = 1;
        w->batch.error = error;
        copy_text(w->batch.detail, sizeof(w->batch.detail), detail);
        w->outcome = WALK_ENDED;
}

static void note(PollWalk *w, const netsnmp_variable_list *v) {
        PollFound *f = &w->batch.found[w->batch.n];

        memcpy(w->last, v->name, v->name_length * sizeof(*w->last));
        w->n_last = v->name_length;
        *f = (PollFound){.type = v->type};
        if (poll_oid_text(v->name, v->name_length, f->oid, sizeof(f->oid)) < 0)
                return; /* longer than a profile could say it */
        write_value(v, f->value, sizeof(f->value));
        w->batch.n++;
        w->left--;
}

/* What of an answer does not fit into a batch is asked for again. */
static void take_variables(PollWalk *w, const netsnmp_variable_list *v) {
        w->outcome = v ? WALK_ANSWERED : WALK_NEXT_SUBTREE;
        for (; v && w->batch.n < POLL_FOUND_MAX; v = v->next_variable) {
                if (v->type == SNMP_ENDOFMIBVIEW || v->type == SNMP_NOSUCHOBJECT ||
                        v->type == SNMP_NOSUCHINSTANCE || v->name_length > MAX_OID_LEN) {
                        w->outcome = WALK_NEXT_SUBTREE;
                        return;
                }
                if (snmp_oid_compare(v->name, v->name_length, w->last, w->n_last) <= 0) {
                        end(w, AGENT_UNKNOWN, "the agent's names do not increase");
                        return;
                }
                if (!poll_subtree_has(w->subtree, v->name, v->name_length)) {
                        w->outcome = WALK_NEXT_SUBTREE;
                        return;
                }
                if (w->left == 0) {
                        end(w, AGENT_UNKNOWN, "there are more rows than asked for");
                        return;
                }
                note(w, v);
        }
}

static void take_response(PollWalk *w, const netsnmp_pdu *pdu) {
        switch (pdu->errstat) {
        case SNMP_ERR_NOERROR:
                take_variables(w, pdu->variables);
                break;
        case SNMP_ERR_NOSUCHNAME: /* v1: nothing follows */
                w->outcome = WALK_NEXT_SUBTREE;
                break;
        case SNMP_ERR_AUTHORIZATIONERROR:
        case SNMP_ERR_NOACCESS:
                end(w, AGENT_REFUSED, "the agent does not allow this user to read");
                break;
        default:
                w->outcome = WALK_FAILED;
                break;
        }
}

static void end_refused(PollWalk *w, const char *why) {
        char detail[128];

        snprintf(detail, sizeof(detail), "the agent %s", why);
        end(w, AGENT_REFUSED, detail);
}

/* Called while the library is busy with the session: nothing is sent from here. */
static int on_answer(
        int operation, netsnmp_session *session UNUSED, int request UNUSED, netsnmp_pdu *pdu, void *data) {
        PollWalk *w = *(PollWalk **) data;
        const char *why;

        if (!w || w->state != WALK_ASKING || w->outcome != WALK_PENDING)
                return 1;
        switch (operation) {
        case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
        case NETSNMP_CALLBACK_OP_SEC_ERROR:
                if (pdu && pdu->command == SNMP_MSG_RESPONSE)
                        take_response(w, pdu);
                else if (pdu && pdu->command == SNMP_MSG_REPORT && (why = engine_refusal(pdu)))
                        end_refused(w, why);
                break;
        case NETSNMP_CALLBACK_OP_TIMED_OUT:
        case NETSNMP_CALLBACK_OP_SEND_FAILED:
                w->outcome = WALK_LOST;
                break;
        default:
                break;
        }
        return 1;
}

/* ---- requests ---- */

static void deliver(PollWalk *w) {
        w->state = WALK_FULL;
        (void) sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
        w->ready(w->data);
}

static void arm(PollWalk *w) {
        usec_t deadline = engine_deadline(w->engine);

        if (deadline == USEC_INFINITY)
                deadline = now_monotonic() + w->engine->timeout + SLACK;
        (void) sd_event_source_set_time(w->timer, deadline);
        (void) sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

static int send_request(PollWalk *w) {
        bool bulk = w->engine->version != SNMP_VERSION_V1;
        netsnmp_pdu *pdu = snmp_pdu_create(bulk ? SNMP_MSG_GETBULK : SNMP_MSG_GETNEXT);

        if (!pdu)
                return -ENOMEM;
        if (bulk) {
                pdu->non_repeaters = 0;
                pdu->max_repetitions = w->rows;
        }
        if (!snmp_add_null_var(pdu, w->last, w->n_last)) {
                snmp_free_pdu(pdu);
                return -ENOMEM;
        }
        w->requests++;
        return engine_send(w->engine, pdu, on_answer, w->kept_at);
}

static void ask(PollWalk *w) {
        if (w->engine->version == SNMP_VERSION_V3 && !w->engine->adopted) {
                w->state = WALK_WAITING;
                (void) sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
                return;
        }
        w->state = WALK_ASKING;
        w->outcome = WALK_PENDING;
        if (send_request(w) < 0) {
                end(w, AGENT_SILENT, "the request could not be sent");
                deliver(w);
                return;
        }
        arm(w);
}

/* ---- errors ---- */

static void note_broken(PollWalk *w) {
        if (w->incomplete)
                return;
        w->incomplete = true;
        memcpy(w->broken, w->last, w->n_last * sizeof(*w->broken));
        w->n_broken = w->n_last;
}

/* The error may be that of a row further on, or that all of them are too much for one answer; the rows are
 * then asked for one by one. */
static void take_failure(PollWalk *w) {
        if (w->engine->version != SNMP_VERSION_V1 && w->rows > 1) {
                w->rows = 1;
                w->outcome = WALK_ANSWERED;
                return;
        }
        note_broken(w);
        w->outcome = poll_subtree_skip(w->subtree, w->last, &w->n_last) ? WALK_ANSWERED : WALK_NEXT_SUBTREE;
}

static void end_whole(PollWalk *w) {
        char detail[sizeof(w->batch.detail)], name[88];

        if (!w->incomplete) {
                end(w, AGENT_OK, "");
                return;
        }
        if (poll_oid_text(w->broken, w->n_broken, name, sizeof(name)) < 0)
                copy_text(name, sizeof(name), "a long name");
        snprintf(detail, sizeof(detail), "not all was read: errors, first after %s", name);
        end(w, AGENT_UNKNOWN, detail);
}

/* ---- the walk ---- */

/* After an answer: the next request, unless there is something to deliver first. */
static void go_on(PollWalk *w) {
        if (w->outcome == WALK_FAILED)
                take_failure(w);
        else
                w->rows = MIN_OF(2 * w->rows, (long) ROWS_OF_A_REQUEST);
        if (w->outcome == WALK_NEXT_SUBTREE && w->subtree + 1 == POLL_SUBTREES)
                end_whole(w);
        else if (w->outcome == WALK_NEXT_SUBTREE)
                go_to(w, w->subtree + 1);
        if (w->outcome != WALK_ENDED && now_monotonic() >= w->end)
                end(w, AGENT_UNKNOWN, "it took too long, and was ended early");
        if (w->outcome == WALK_ENDED || w->batch.n == POLL_FOUND_MAX)
                deliver(w);
        else
                ask(w);
}

void poll_walk_step(PollWalk *w) {
        if (w->state != WALK_ASKING || w->outcome == WALK_PENDING)
                return;
        if (w->outcome == WALK_LOST && w->retried) {
                end(w, AGENT_SILENT, "no answer");
        } else if (w->outcome == WALK_LOST) {
                w->retried = true;
                ask(w);
                return;
        }
        w->retried = false;
        go_on(w);
}

static int on_timer(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *data) {
        PollWalk *w = data;

        if (w->state != WALK_ASKING)
                return 0;
        engine_expire(w->engine);
        if (w->outcome == WALK_PENDING && engine_deadline(w->engine) == USEC_INFINITY)
                w->outcome = WALK_LOST; /* the library has given it up without a word */
        if (w->outcome == WALK_PENDING)
                arm(w);
        else
                poll_walk_step(w);
        return 0;
}

void poll_walk_poll_ended(PollWalk *w, AgentState state, const char *detail) {
        if (w->state != WALK_WAITING)
                return;
        if (w->engine->adopted) {
                ask(w);
                return;
        }
        end(w, state, detail);
        deliver(w);
}

/* ---- for the poller ---- */

const MsgPollFound *poll_walk_stop(PollWalk *w, AgentState error, const char *why) {
        end(w, error, why);
        w->state = WALK_FULL;
        return &w->batch;
}

const MsgPollFound *poll_walk_batch(const PollWalk *w) {
        return w->state == WALK_FULL ? &w->batch : NULL;
}

bool poll_walk_sent(PollWalk *w) {
        if (w->batch.last)
                return true;
        w->batch.n = 0;
        ask(w);
        return false;
}

unsigned poll_walk_requests(const PollWalk *w) {
        return w->requests;
}

void poll_walk_refuse(const MsgPollWalk *order, AgentState state, const char *why, MsgPollFound *ret) {
        *ret = (MsgPollFound) MESSAGE(MsgPollFound, MSG_POLL_FOUND);
        ret->agent = order->agent;
        ret->walk = order->walk;
        ret->last = 1;
        ret->error = state;
        copy_text(ret->detail, sizeof(ret->detail), why);
}

int poll_walk_new(const MsgPollWalk *order, Engine *engine, sd_event *event, PollWalkReady ready, void *data,
        PollWalk **ret) {
        PollWalk *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->kept_at = ret;
        w->engine = engine;
        w->ready = ready;
        w->data = data;
        w->left = order->max_rows;
        w->end = now_monotonic() + POLL_WALK_TIME;
        poll_walk_refuse(order, AGENT_OK, "", &w->batch);
        w->batch.last = 0;
        go_to(w, 0);
        r = sd_event_add_time(event, &w->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_timer, w);
        if (r >= 0)
                r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
        if (r >= 0) /* as for polls: answers are read before deadlines are judged */
                r = sd_event_source_set_priority(w->timer, SD_EVENT_PRIORITY_NORMAL + 10);
        if (r < 0) {
                poll_walk_free(w);
                return r;
        }
        *ret = w;
        return 0;
}

void poll_walk_begin(PollWalk *w) {
        ask(w);
}

PollWalk *poll_walk_free(PollWalk *w) {
        if (w) {
                sd_event_source_disable_unref(w->timer);
                free(w);
        }
        return NULL;
}
