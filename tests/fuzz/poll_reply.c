/* The reply path of hsmd-snmp poll: octets of datagrams, libnetsnmp's parser, what becomes of it, and the
 * messages to hsmd. The whole worker runs, from poll_main on, with two agents: one that answers with the
 * input, and a bystander, of whom nothing may be different whatever the first one says.
 *
 * An input is one octet that says how the first agent is asked, and its answers (fake-agents.h). */

#include "poll.h"

#include <ctype.h>
#include <math.h>

#include "engine.h"
#include "fake-agents.h"
#include "fake-event.h"
#include "protocol.h"

#define CONTROL 1000000 /* the worker's descriptor to hsmd, which is none */
#define TARGET 1
#define BYSTANDER 2
#define INTERVAL (10 * USEC_PER_SEC)
#define TIMEOUT USEC_PER_SEC
#define SPAN (30 * USEC_PER_SEC)
#define TURNS_MAX 20000

/* Bits of the first octet. */
#define HOW_VERSION 0x03 /* v1, v2c, v3 without and with authentication and privacy */
#define HOW_EMPTY 0x04   /* has nothing when the answers are used up; else it is silent */
#define HOW_WALK 0x08    /* is walked for discovery, too */

#define MACHINE "1.3.6.1.4.1.8072.9999.9999.157."

#define ANY .min = -1e15, .max = 1e15

/* One of each shape that a profile has. */
static const MsgPollItem items[] = {
        {.item = 1,
                .kind = SENSOR_GAUGE,
                .type = SENSOR_TYPE_CELSIUS,
                .scale = 0.1,
                .min = -55,
                .max = 150,
                .oid = MACHINE "1.1.0"},
        {.item = 2,
                .kind = SENSOR_STATE,
                .type = SENSOR_TYPE_OTHER,
                .scale = 1,
                ANY,
                .oid = MACHINE "3.1.3.1"},
        {.item = 3,
                .kind = SENSOR_COUNTER,
                .type = SENSOR_TYPE_OTHER,
                .scale = 1,
                ANY,
                .oid = MACHINE "4.1.0"},
        {.item = 4,
                .kind = SENSOR_GAUGE,
                .type = SENSOR_TYPE_OTHER,
                .scale = 1,
                ANY,
                .oid = "1.3.6.1.4.1.2021.10.1.3.1"},
        {.item = 5,
                .kind = SENSOR_GAUGE,
                .type = SENSOR_TYPE_OTHER,
                .scale = 1,
                ANY,
                .oid = "1.3.6.1.4.1.2021.4.6.0",
                .columns = {[COLUMN_TOTAL] = "1.3.6.1.4.1.2021.4.5.0"}},
        {.item = 6,
                .walk = 1,
                .kind = SENSOR_GAUGE,
                .type = SENSOR_TYPE_OTHER,
                .scale = 1,
                ANY,
                .oid = "1.3.6.1.2.1.99.1.1.1.4",
                .columns = {[COLUMN_LABEL] = "1.3.6.1.2.1.47.1.1.1.1.7",
                        [COLUMN_TYPE] = "1.3.6.1.2.1.99.1.1.1.1",
                        [COLUMN_SCALE] = "1.3.6.1.2.1.99.1.1.1.2",
                        [COLUMN_PRECISION] = "1.3.6.1.2.1.99.1.1.1.3",
                        [COLUMN_STATUS] = "1.3.6.1.2.1.99.1.1.1.5",
                        [COLUMN_UNITS] = "1.3.6.1.2.1.99.1.1.1.6"}},
        {.item = 7,
                .walk = 1,
                .kind = SENSOR_GAUGE,
                .type = SENSOR_TYPE_RPM,
                .scale = 1,
                .min = 0,
                .max = 100000,
                .oid = MACHINE "2.1.3",
                .columns = {[COLUMN_LABEL] = MACHINE "2.1.2"}},
        {.item = 8,
                .walk = 1,
                .kind = SENSOR_GAUGE,
                .type = SENSOR_TYPE_OTHER,
                .scale = 1,
                ANY,
                .oid = "1.3.6.1.2.1.25.2.3.1.6",
                .columns = {[COLUMN_LABEL] = "1.3.6.1.2.1.25.2.3.1.3",
                        [COLUMN_TOTAL] = "1.3.6.1.2.1.25.2.3.1.5"}},
        {.item = 9,
                .walk = 1,
                .kind = SENSOR_COUNTER,
                .type = SENSOR_TYPE_OTHER,
                .scale = 1,
                ANY,
                .oid = "1.3.6.1.2.1.31.1.1.1.6",
                .columns = {[COLUMN_LABEL] = "1.3.6.1.2.1.31.1.1.1.1"}},
        {.item = 10,
                .kind = SENSOR_GAUGE,
                .type = SENSOR_TYPE_OTHER,
                .scale = 0.01,
                ANY,
                .oid = "1.3.6.1.2.1.25.1.1.0"},
};

typedef struct Told { /* of one agent, by the worker */
        uint64_t polls;
        size_t n;
        MsgSample samples[POLL_SAMPLES_MAX]; /* of the poll that is being told */
        size_t ok;                           /* samples that were, in all polls */
} Told;

static struct {
        uint8_t how;
        size_t next; /* message to the worker */
        Told told[2];
        FakeAgent agents[2];
} run;

/* ---- hsmd: what it tells the worker ---- */

static void tell_item(void *buffer, const MsgPollItem *item) {
        MsgPollItem m = *item;

        m.head = (MessageHead){.type = MSG_POLL_ITEM, .size = sizeof(m)};
        memcpy(buffer, &m, sizeof(m));
}

static void secure(MsgPollAgent *m, unsigned version) {
        m->version = version == 0 ? SNMP_VERSION_V1 : version == 1 ? SNMP_VERSION_V2C : SNMP_VERSION_V3;
        copy_text(m->community, sizeof(m->community), "public");
        copy_text(m->user, sizeof(m->user), version == 2 ? "open" : "hsmd");
        if (version < 3)
                return;
        copy_text(m->auth_protocol, sizeof(m->auth_protocol), "SHA-256");
        copy_text(m->auth_secret, sizeof(m->auth_secret), "auth-secret");
        copy_text(m->priv_protocol, sizeof(m->priv_protocol), "AES");
        copy_text(m->priv_secret, sizeof(m->priv_secret), "priv-secret");
}

static void tell_agent(void *buffer, uint32_t agent) {
        MsgPollAgent m = MESSAGE(MsgPollAgent, MSG_POLL_AGENT);

        m.agent = agent;
        snprintf(m.name, sizeof(m.name), "agent-%u", agent);
        snprintf(m.address, sizeof(m.address), "127.0.0.1:%u", FAKE_PORT + agent - TARGET);
        m.interval = INTERVAL;
        m.timeout = TIMEOUT;
        secure(&m, agent == TARGET ? run.how & HOW_VERSION : 1);
        for (; m.n_items < ELEMENTSOF(items); m.n_items++)
                m.items[m.n_items] = items[m.n_items].item;
        memcpy(buffer, &m, sizeof(m));
}

static void tell_walk(void *buffer) {
        MsgPollWalk m = MESSAGE(MsgPollWalk, MSG_POLL_WALK);

        m.agent = TARGET;
        m.max_rows = 1000;
        m.walk = 7;
        memcpy(buffer, &m, sizeof(m));
}

static size_t messages(void) {
        return ELEMENTSOF(items) + 3 + (run.how & HOW_WALK ? 1 : 0);
}

int __wrap_protocol_receive(int fd, void *buffer, int *ret_fd);

int __wrap_protocol_receive(int fd UNUSED, void *buffer, int *ret_fd) {
        size_t i = run.next;

        *ret_fd = -1;
        if (i == messages())
                return -EAGAIN;
        run.next++;
        if (i < ELEMENTSOF(items))
                tell_item(buffer, &items[i]);
        else if (i < ELEMENTSOF(items) + 2)
                tell_agent(buffer, (uint32_t) (TARGET + i - ELEMENTSOF(items)));
        else if (i == ELEMENTSOF(items) + 2)
                memcpy(buffer, &(MsgPlain) MESSAGE(MsgPlain, MSG_POLL_START), sizeof(MsgPlain));
        else
                tell_walk(buffer);
        return (int) ((const MessageHead *) buffer)->type;
}

static bool readable(int fd, void *data UNUSED) {
        return fd == CONTROL ? run.next < messages() : fake_agents_readable(fd);
}

/* ---- hsmd: what it is told ---- */

static bool printable(const char *text, size_t size) {
        for (size_t i = 0; i < size; i++) {
                if (text[i] == '\0')
                        return true;
                if (text[i] < 0x20 || text[i] > 0x7e)
                        return false;
        }
        return false; /* does not end */
}

#define PRINTABLE(array) MUST(printable(array, sizeof(array)), "poll %llu", (unsigned long long) m->poll)

static bool dotted(const char *text) {
        return text[strspn(text, "0123456789.")] == '\0';
}

static void must_be_a_value(const MsgSample *m, const MsgPollItem *item) {
        MUST(isfinite(m->value), "item %u", m->item);
        if (item->kind == SENSOR_COUNTER) {
                MUST(m->counter_bits == 32 || m->counter_bits == 64, "item %u: %u bits", m->item,
                        m->counter_bits);
                MUST(m->counter_bits == 64 || m->counter <= UINT32_MAX, "item %u", m->item);
                return;
        }
        if (item->kind == SENSOR_STATE) { /* as the profile's states are */
                MUST(m->value >= INT32_MIN && m->value <= INT32_MAX && m->value == round(m->value),
                        "item %u: %g", m->item, m->value);
                return;
        }
        MUST(m->value >= item->min && m->value <= item->max, "item %u: %g", m->item, m->value);
}

static void must_be_a_sample(const MsgSample *m) {
        const MsgPollItem *item = &items[m->item - 1];

        MUST(m->item >= 1 && m->item <= ELEMENTSOF(items), "item %u", m->item);
        MUST(m->status >= SENSOR_OK && m->status <= SENSOR_NONOPERATIONAL, "status %u", m->status);
        MUST(m->reason >= SENSOR_REASON_OK && m->reason <= SENSOR_REASON_NONOPERATIONAL, "reason %u",
                m->reason);
        MUST(m->reason != SENSOR_REASON_FROZEN, "that is the judge's");
        MUST((m->reason == SENSOR_REASON_OK) == (m->status == SENSOR_OK), "status %u, reason %u", m->status,
                m->reason);
        MUST(m->type >= SENSOR_TYPE_OTHER && m->type <= SENSOR_TYPE_DBM, "type %u", m->type);
        MUST(m->precision >= 0 && m->precision <= 6, "precision %d", m->precision);
        MUST(isfinite(m->value), "item %u", m->item);
        MUST(m->when <= fake_event_now(), "learnt later than now");
        PRINTABLE(m->index);
        PRINTABLE(m->label);
        PRINTABLE(m->units);
        MUST(dotted(m->index), "index %s", m->index);
        MUST(item->walk == (m->index[0] != '\0'), "item %u, index '%s'", m->item, m->index);
        if (m->status == SENSOR_OK)
                must_be_a_value(m, item);
}

static void must_be_another(const Told *told, const MsgSample *m) {
        for (size_t i = 0; i < told->n; i++)
                MUST(told->samples[i].item != m->item || !streq(told->samples[i].index, m->index),
                        "item %u, index '%s' is told twice in a poll", m->item, m->index);
}

static Told *told_by(uint32_t agent) {
        MUST(agent == TARGET || agent == BYSTANDER, "agent %u", agent);
        return &run.told[agent - TARGET];
}

static void take_sample(const MsgSample *m) {
        Told *told = told_by(m->agent);

        must_be_a_sample(m);
        MUST(told->n < POLL_SAMPLES_MAX, "more samples in one poll");
        must_be_another(told, m);
        MUST(m->agent == TARGET || m->status == SENSOR_NONOPERATIONAL,
                "the bystander has no sensors, and yet item %u has status %u", m->item, m->status);
        told->ok += m->status == SENSOR_OK;
        told->samples[told->n++] = *m;
}

static void take_state(const MsgAgentState *m) {
        Told *told = told_by(m->agent);

        MUST(m->state >= AGENT_OK && m->state <= AGENT_UNKNOWN, "state %u", m->state);
        MUST(m->poll == ++told->polls, "poll %llu after %llu", (unsigned long long) m->poll,
                (unsigned long long) told->polls - 1);
        for (size_t i = 0; i < told->n; i++)
                MUST(told->samples[i].poll == m->poll, "a sample of poll %llu is told in poll %llu",
                        (unsigned long long) told->samples[i].poll, (unsigned long long) m->poll);
        PRINTABLE(m->detail);
        PRINTABLE(m->engine_id);
        MUST(m->engine_id[strspn(m->engine_id, "0123456789abcdef")] == '\0', "engine id %s", m->engine_id);
        MUST(m->agent == TARGET || (m->state == AGENT_OK && m->start_delay == 0),
                "the bystander is in state %u, started %llu us late: %s", m->state,
                (unsigned long long) m->start_delay, m->detail);
        told->n = 0;
}

static void take_found(const MsgPollFound *m) {
        MUST(m->agent == TARGET && m->walk == 7, "agent %u, walk %llu", m->agent,
                (unsigned long long) m->walk);
        MUST(m->n <= POLL_FOUND_MAX, "%u found", m->n);
        MUST(printable(m->detail, sizeof(m->detail)), "detail");
        for (size_t i = 0; i < m->n; i++) {
                MUST(printable(m->found[i].oid, sizeof(m->found[i].oid)) && dotted(m->found[i].oid),
                        "row %zu", i);
                MUST(printable(m->found[i].value, sizeof(m->found[i].value)), "row %zu", i);
        }
}

int __wrap_protocol_send(int fd, const MessageHead *message, int fd_to_send);

int __wrap_protocol_send(int fd UNUSED, const MessageHead *message, int fd_to_send UNUSED) {
        if (message->type == MSG_SAMPLE)
                take_sample((const MsgSample *) message);
        else if (message->type == MSG_AGENT_STATE)
                take_state((const MsgAgentState *) message);
        else if (message->type == MSG_POLL_FOUND)
                take_found((const MsgPollFound *) message);
        else
                MUST(message->type == MSG_HELLO, "message of type %u", message->type);
        return 0;
}

/* ---- the worker ---- */

/* libnetsnmp is prepared once a process, and cannot be twice. */
int __real_engine_library_init(void);
int __wrap_engine_library_init(void);

int __wrap_engine_library_init(void) {
        static bool prepared;
        int r = prepared ? 0 : __real_engine_library_init();

        prepared = r >= 0;
        return r;
}

/* When polls start, and which agent's first. */
ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags);

ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags UNUSED) {
        memset(buffer, 0, size);
        return (ssize_t) size;
}

static void poll_all(void) {
        const FakeWorld world = {.readable = readable, .until = SPAN, .max_turns = TURNS_MAX};

        run.next = 0;
        for (size_t i = 0; i < ELEMENTSOF(run.told); i++)
                run.told[i].polls = run.told[i].n = run.told[i].ok = 0;
        fake_event_begin(&world);
        fake_agents_begin(run.agents, ELEMENTSOF(run.agents));
        MUST(poll_main(CONTROL) == 0, "the worker ended");
        MUST(run.told[0].polls >= 1, "the agent was not polled");
        MUST(run.told[1].polls >= 2, "the bystander was polled %llu times",
                (unsigned long long) run.told[1].polls);
}

/* Asks the real agents instead, once, and writes a seed: fuzz_poll_reply with HSMD_FUZZ_RECORD=PORT in its
 * environment replays inputs of one octet so. See seeds/poll_reply/README. */
static FILE *recording(const uint8_t *data) {
        const char *port = getenv("HSMD_FUZZ_RECORD"), *path = getenv("HSMD_FUZZ_SEED");
        FILE *file = port && path ? fopen(path, "we") : NULL;

        if (!file)
                return NULL;
        run.agents[0].real = (uint16_t) strtoul(port, NULL, 10);
        (void) fputc(data[0], file);
        return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (size < 1)
                return 0;
        run.how = data[0];
        run.agents[0] = (FakeAgent){.manner = run.how & HOW_EMPTY ? MANNER_EMPTY : MANNER_SILENT,
                .answers = {data + 1, size - 1}};
        run.agents[1] = (FakeAgent){.manner = MANNER_EMPTY};
        run.agents[0].record = recording(data);
        poll_all();
        if (run.agents[0].record) {
                printf("%u requests, %zu good samples\n", run.agents[0].requests, run.told[0].ok);
                (void) fclose(run.agents[0].record);
        }
        return 0;
}
