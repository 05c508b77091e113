#include "stub-situation.h"

#include <stdarg.h>

#include "drill.h"

#define ROWS_MAX 64
#define WAITERS_MAX 16

typedef struct Waiter {
        ControlReply *reply;
        sd_event_source *timer;
        StubSituation *situation;
        uint64_t after;
        uint32_t device;
} Waiter;

struct StubSituation {
        sd_event *event;
        ServiceRow services[4];
        AlarmRow alarms[ROWS_MAX];
        FailoverRow failovers[ROWS_MAX];
        ReceiverRow receivers[4];
        size_t n_services, n_alarms, n_failovers, n_receivers;
        Event *events;
        RollupRow *rollups;
        size_t n_events, n_rollups;
        Waiter waiters[WAITERS_MAX];
        DrillProtocol drill;
        bool has_drill, notified;
};

static StubSituation *(*situation_of)(void *userdata);

static const char *device_name(uint32_t number, char dst[static 32]) {
        snprintf(dst, 32, number > 7 ? "portal-%u" : "bureau-%u", number > 7 ? number - 7 : number);
        return dst;
}

static int say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int say(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        putchar('\n');
        return fflush(stdout);
}

/* --- what commands make up */

static int command_services(StubSituation *s, char *const *args UNUSED) {
        static const char *const names[] = {"licence", "stamp", "store", "verify"};
        static const char *const titles[] = {"电子营业执照系统", "电子营业执照签名戳系统",
                "电子营业执照库前置系统", "电子营业执照验证前置系统"};

        s->n_services = ELEMENTSOF(s->services);
        for (uint32_t i = 0; i < s->n_services; i++) {
                ServiceRow *row = &s->services[i];

                *row = (ServiceRow){0};
                FIELD_SET(Service, row, number, i + 1);
                FIELD_TEXT_SET(Service, row, name, names[i]);
                FIELD_TEXT_SET(Service, row, title, titles[i]);
                FIELD_SET(Service, row, pool, i < 3 ? 1 : 2);
                FIELD_SET(Service, row, state, SERVICE_OK);
                FIELD_SET(Service, row, basis, BASIS_PROBE);
                FIELD_SET(Service, row, confirmed, i == 0 || i == 3);
                FIELD_SET(Service, row, survivable, i < 3 ? 6 : 1);
        }
        FIELD_SET(Service, &s->services[0], headroom, 12300);
        return 0;
}

/* service NUMBER STATE HEADROOM SURVIVABLE */
static int command_service(StubSituation *s, char *const *args) {
        size_t i = strtoul(args[1], NULL, 10);

        if (i < 1 || i > s->n_services)
                return -ENOENT;
        FIELD_SET(Service, &s->services[i - 1], state, name_value(&service_state_names, args[2]));
        FIELD_SET(Service, &s->services[i - 1], headroom, atoi(args[3]));
        FIELD_SET(Service, &s->services[i - 1], survivable, atoi(args[4]));
        return 0;
}

/* alarm ID SEVERITY REASON DEVICE PLACE OTHER, in order of id; "hostile" as REASON has texts that no terminal
 * should see */
static int command_alarm(StubSituation *s, char *const *args) {
        uint32_t id = (uint32_t) strtoul(args[1], NULL, 10), device = (uint32_t) strtoul(args[4], NULL, 10);
        bool hostile = streq(args[3], "hostile");
        char name[32], text[256];
        AlarmRow *row;

        if (s->n_alarms == ROWS_MAX)
                return -ENOSPC;
        row = &s->alarms[s->n_alarms++];
        *row = (AlarmRow){0};
        FIELD_SET(Alarm, row, id, id);
        FIELD_SET(Alarm, row, severity, name_value(&severity_names, args[2]));
        name_to_kebab(text, sizeof(text), args[3]);
        FIELD_TEXT_SET(Alarm, row, code, text);
        FIELD_SET(Alarm, row, cause, hostile ? REASON_HOT : name_value(&reason_names, args[3]));
        FIELD_SET(Alarm, row, device, device);
        FIELD_TEXT_SET(Alarm, row, device_name, device_name(device, name));
        FIELD_SET(Alarm, row, since, STUB_SINCE + id * USEC_PER_SEC);
        FIELD_SET(Alarm, row, age, USEC_INFINITY / 2);
        FIELD_SET(Alarm, row, acknowledged, 0);
        snprintf(text, sizeof(text), "%s: %s", name, hostile ? "evil\x1b[2J\n\xff\xe2\x80\xae" : args[3]);
        FIELD_TEXT_SET(Alarm, row, text, text);
        snprintf(text, sizeof(text), "%s：出现%s", name, hostile ? "evil\x1b[2J\n\xff" : "故障");
        FIELD_TEXT_SET(Alarm, row, text_local, text);
        if (!streq(args[5], "-"))
                FIELD_SET(Alarm, row, place, name_value(&place_names, args[5]));
        if (!streq(args[6], "-"))
                FIELD_SET(Alarm, row, other_place, name_value(&place_names, args[6]));
        return 0;
}

static AlarmRow *find_alarm(StubSituation *s, uint32_t id) {
        for (size_t i = 0; i < s->n_alarms; i++)
                if (s->alarms[i].id == id)
                        return &s->alarms[i];
        return NULL;
}

/* failover ID DEVICE SURVIVORS BACK: after so many seconds; "-": still out */
static int command_failover(StubSituation *s, char *const *args) {
        uint32_t id = (uint32_t) strtoul(args[1], NULL, 10), device = (uint32_t) strtoul(args[2], NULL, 10);
        FailoverRow *row;
        char name[32];

        if (s->n_failovers == ROWS_MAX)
                return -ENOSPC;
        row = &s->failovers[s->n_failovers++];
        *row = (FailoverRow){0};
        FIELD_SET(Failover, row, id, id);
        FIELD_SET(Failover, row, device, device);
        FIELD_TEXT_SET(Failover, row, device_name, device_name(device, name));
        FIELD_SET(Failover, row, pool, device > 7 ? 2 : 1);
        FIELD_TEXT_SET(Failover, row, pool_name, device > 7 ? "portal" : "bureau");
        FIELD_SET(Failover, row, declared, STUB_SINCE + id * USEC_PER_SEC);
        FIELD_SET(Failover, row, detection, 12300 * USEC_PER_MSEC);
        FIELD_SET(Failover, row, survivors, (uint32_t) strtoul(args[3], NULL, 10));
        FIELD_SET(Failover, row, latency_before, 1210);
        FIELD_SET(Failover, row, latency_after, 1400);
        if (!streq(args[4], "-"))
                FIELD_SET(Failover, row, returned,
                        STUB_SINCE + (id + strtoull(args[4], NULL, 10)) * USEC_PER_SEC);
        return 0;
}

/* receiver NUMBER KIND STATE PENDING SEQUENCE */
static int command_receiver(StubSituation *s, char *const *args) {
        size_t i = strtoul(args[1], NULL, 10);
        ReceiverRow *row;
        char text[64];

        if (i < 1 || i > ELEMENTSOF(s->receivers))
                return -EINVAL;
        s->n_receivers = MAX_OF(s->n_receivers, i);
        row = &s->receivers[i - 1];
        *row = (ReceiverRow){0};
        snprintf(text, sizeof(text), "nms-%zu", i);
        FIELD_SET(Receiver, row, number, (uint32_t) i);
        FIELD_TEXT_SET(Receiver, row, name, text);
        snprintf(text, sizeof(text), "udp:192.0.2.%zu:162", i);
        FIELD_TEXT_SET(Receiver, row, address, text);
        FIELD_SET(Receiver, row, kind, name_value(&receiver_kind_names, args[2]));
        FIELD_SET(Receiver, row, state, name_value(&receiver_state_names, args[3]));
        FIELD_SET(Receiver, row, pending, (uint32_t) strtoul(args[4], NULL, 10));
        FIELD_SET(Receiver, row, oldest_pending_age, USEC_INFINITY / 2);
        FIELD_SET(Receiver, row, sent, 40);
        FIELD_SET(Receiver, row, acknowledged, 39);
        FIELD_SET(Receiver, row, refused, 0);
        FIELD_SET(Receiver, row, dropped, 0);
        FIELD_SET(Receiver, row, last_sequence, strtoull(args[5], NULL, 10));
        FIELD_TEXT_SET(Receiver, row, detail, "no acknowledgement in 2 s");
        return 0;
}

/* rollups DEVICE N: minutes from STUB_SINCE on, the second of them with failures */
static int command_rollups(StubSituation *s, char *const *args) {
        size_t n = strtoul(args[2], NULL, 10);

        free(s->rollups);
        s->rollups = calloc(n + 1, sizeof(RollupRow));
        s->n_rollups = s->rollups ? n : 0;
        for (size_t i = 0; i < s->n_rollups; i++) {
                RollupRow *row = &s->rollups[i];
                bool bad = i == 1;

                FIELD_SET(Rollup, row, device, (uint32_t) strtoul(args[1], NULL, 10));
                FIELD_SET(Rollup, row, start, STUB_SINCE + i * 60 * USEC_PER_SEC);
                FIELD_SET(Rollup, row, probes, 6);
                FIELD_SET(Rollup, row, failures, bad ? 2 : 0);
                FIELD_SET(Rollup, row, serving, (bad ? 40 : 60) * USEC_PER_SEC);
                FIELD_SET(Rollup, row, observed, 60 * USEC_PER_SEC);
                if (bad)
                        continue; /* nothing was timed, and the sensor was silent */
                FIELD_SET(Rollup, row, latencies, 6);
                FIELD_SET(Rollup, row, latency_sum, 7260);
                FIELD_SET(Rollup, row, latency_max, 2450);
                FIELD_SET(Rollup, row, temperatures, 2);
                FIELD_SET(Rollup, row, temperature_sum, 903);
                FIELD_SET(Rollup, row, temperature_max, 455);
        }
        return 0;
}

/* --- events */

static void fill_event(Event *e, uint64_t id, unsigned type, uint32_t device, uint32_t alarm) {
        char name[32], text[256];

        *e = (Event){0};
        FIELD_SET(Event, e, id, id);
        FIELD_SET(Event, e, when, STUB_SINCE + id * USEC_PER_SEC);
        FIELD_SET(Event, e, type, type);
        FIELD_SET(Event, e, durable, 1);
        if (alarm) {
                FIELD_SET(Event, e, alarm, alarm);
                FIELD_SET(Event, e, severity, SEVERITY_MAJOR);
        }
        FIELD_SET(Event, e, device, device);
        FIELD_TEXT_SET(Event, e, device_name, device_name(device, name));
        snprintf(text, sizeof(text), "%s: event %llu", name, (unsigned long long) id);
        FIELD_TEXT_SET(Event, e, text, text);
        snprintf(text, sizeof(text), "%s：第%llu号事件", name, (unsigned long long) id);
        FIELD_TEXT_SET(Event, e, text_local, text);
}

static bool passes(const Event *e, const EventFilter *f) {
        return e->id > f->after && (!f->before || e->id < f->before) && e->when >= f->since &&
               (!f->until || e->when <= f->until) && (!f->device || e->device == f->device) &&
               (!f->alarm || e->alarm == f->alarm);
}

/* Those that pass, the first or the last ones; the caller frees them. */
static Event *select_events(const StubSituation *s, const EventFilter *f, size_t *ret_n) {
        Event *selected = calloc(s->n_events + 1, sizeof(Event));
        size_t n = 0, skip;

        for (size_t i = 0; selected && i < s->n_events; i++)
                if (passes(&s->events[i], f))
                        selected[n++] = s->events[i];
        skip = f->newest && n > f->limit ? n - f->limit : 0;
        *ret_n = MIN_OF(n - skip, f->limit);
        if (selected && skip)
                memmove(selected, selected + skip, *ret_n * sizeof(Event));
        return selected;
}

static void answer(const StubSituation *s, const EventFilter *filter, ControlReply *reply) {
        size_t n = 0;
        CLEANUP_FREE Event *selected = select_events(s, filter, &n);

        control_reply_events(reply, selected ? 0 : -ENOMEM, selected, n);
}

static void answer_waiter(Waiter *w, uint64_t until) {
        const EventFilter filter = {
                .after = w->after, .before = until, .device = w->device, .limit = HISTORY_PAGE};

        answer(w->situation, &filter, w->reply);
        w->reply = NULL;
        w->timer = sd_event_source_disable_unref(w->timer);
}

static int on_waited(sd_event_source *source UNUSED, usec_t when UNUSED, void *userdata) {
        Waiter *w = userdata;

        if (w->reply)
                answer_waiter(w, 1);
        return 0;
}

/* events FIRST N TYPE DEVICE ALARM */
static int command_events(StubSituation *s, char *const *args) {
        uint64_t first = strtoull(args[1], NULL, 10);
        size_t n = strtoul(args[2], NULL, 10);
        Event *events = reallocarray(s->events, s->n_events + n + 1, sizeof(Event));

        if (!events)
                return -ENOMEM;
        s->events = events;
        for (size_t i = 0; i < n; i++)
                fill_event(&s->events[s->n_events++], first + i, name_value(&event_type_names, args[3]),
                        (uint32_t) strtoul(args[4], NULL, 10), (uint32_t) strtoul(args[5], NULL, 10));
        for (size_t i = 0; i < WAITERS_MAX; i++)
                if (s->waiters[i].reply)
                        answer_waiter(&s->waiters[i], 0);
        return 0;
}

/* hostile_event ID */
static int command_hostile_event(StubSituation *s, char *const *args) {
        Event *e;
        char *made[] = {args[0], args[1], (char[]){"1"}, (char[]){"action"}, (char[]){"1"}, (char[]){"0"}};
        int r = command_events(s, made);

        if (r < 0)
                return r;
        e = &s->events[s->n_events - 1];
        FIELD_TEXT_SET(Event, e, text, "evil\x1b[2J\n\xff\xe2\x80\xae words");
        FIELD_TEXT_SET(Event, e, by, "evil\x1b[2J\xff");
        FIELD_CLEAR(Event, e, text_local);
        FIELD_SET(Event, e, durable, 0);
        return 0;
}

/* --- the drill */

/* drill PHASE VERDICT */
static int command_drill(StubSituation *s, char *const *args) {
        DrillProtocol *p = &s->drill;

        if (!s->has_drill)
                return -ENOENT;
        p->phase = name_value(&drill_phase_names, args[1]);
        p->verdict = name_value(&drill_verdict_names, args[2]);
        copy_text(p->device, sizeof(p->device), p->phase == DRILL_ARMED ? "" : "bureau-3");
        p->last_good = STUB_SINCE + 5 * USEC_PER_SEC;
        p->first_failure = STUB_SINCE + 5200 * USEC_PER_MSEC;
        if (p->phase == DRILL_DECLARED || p->phase == DRILL_RETURNED) {
                p->declared = STUB_SINCE + 11500 * USEC_PER_MSEC;
                p->detection = 6500 * USEC_PER_MSEC;
                p->survivors = 6;
        }
        if (p->phase == DRILL_RETURNED) {
                p->returned = p->ended = STUB_SINCE + 60 * USEC_PER_SEC;
                p->recovery = 2400 * USEC_PER_MSEC;
                p->has_gap = true;
                p->gap = 390 * USEC_PER_MSEC;
                p->latency_before = 1210;
                p->latency_after = 1300;
        }
        if (p->verdict == DRILL_FAILED)
                copy_text(p->why, sizeof(p->why), "bureau-4 failed 1 check meanwhile");
        return 0;
}

static int command_notified(StubSituation *s, char *const *args UNUSED) {
        s->notified = true;
        return 0;
}

static const struct {
        const char *name;
        int n; /* words, its own included */
        int (*run)(StubSituation *s, char *const *args);
} commands[] = {
        {"services", 1, command_services},
        {"service", 5, command_service},
        {"alarm", 7, command_alarm},
        {"failover", 5, command_failover},
        {"receiver", 6, command_receiver},
        {"rollups", 3, command_rollups},
        {"events", 6, command_events},
        {"hostile_event", 2, command_hostile_event},
        {"drill", 3, command_drill},
        {"notified", 1, command_notified},
};

int stub_situation_command(StubSituation *s, char *const *args, int n) {
        for (size_t i = 0; n > 0 && i < ELEMENTSOF(commands); i++)
                if (streq(commands[i].name, args[0]) && commands[i].n == n)
                        return commands[i].run(s, args);
        return -ENOSYS;
}

/* --- operations */

static int refused(const char *by, char **ret_message) {
        if (!streq(by, "refuse"))
                return 0;
        *ret_message = strdup("that would be wrong; right is something else");
        return *ret_message ? -EPERM : -ENOMEM;
}

static int op_acknowledge(void *userdata, uint32_t id, const char *by, uint32_t uid, char **ret_message) {
        AlarmRow *row = find_alarm(situation_of(userdata), id);

        if (!row)
                return -ENOENT;
        say("ack alarm=%u by=%s uid=%u", id, by, uid);
        FIELD_SET(Alarm, row, acknowledged, 1);
        FIELD_TEXT_SET(Alarm, row, acknowledged_by, by);
        FIELD_SET(Alarm, row, acknowledged_when, STUB_SINCE + 3600 * USEC_PER_SEC);
        return refused(by, ret_message);
}

static int op_events(
        void *userdata, const EventFilter *filter, ControlReply *reply, char **ret_message UNUSED) {
        answer(situation_of(userdata), filter, reply);
        return 1;
}

static int op_wait_events(void *userdata, uint64_t after, uint32_t device, usec_t wait, ControlReply *reply) {
        StubSituation *s = situation_of(userdata);
        const EventFilter filter = {.after = after, .device = device, .limit = HISTORY_PAGE};
        size_t n = 0, i = 0;
        CLEANUP_FREE Event *selected = select_events(s, &filter, &n);

        while (i < WAITERS_MAX && s->waiters[i].reply)
                i++;
        if (n > 0 || i == WAITERS_MAX) {
                control_reply_events(reply, 0, selected, n);
                return 1;
        }
        s->waiters[i] = (Waiter){.reply = reply, .situation = s, .after = after, .device = device};
        (void) sd_event_add_time_relative(
                s->event, &s->waiters[i].timer, CLOCK_MONOTONIC, wait, 0, on_waited, &s->waiters[i]);
        return 1;
}

static int op_rollups(void *userdata, uint32_t device, bool hours UNUSED, usec_t since, usec_t until,
        ControlReply *reply, char **ret_message UNUSED) {
        const StubSituation *s = situation_of(userdata);
        size_t first = 0, end;

        while (first < s->n_rollups &&
                (s->rollups[first].start < since || s->rollups[first].device != device))
                first++;
        /* three at a time: a page may be short */
        for (end = first; end < s->n_rollups && end < first + 3 && s->rollups[end].start <= until;)
                end++;
        control_reply_rollups(reply, 0, s->rollups + first, end - first);
        return 1;
}

static int op_maintenance_start(void *userdata UNUSED, const MaintenanceRequest *q, char **ret_message) {
        say("maintenance device=%s left=%llu reason=%s ticket=%s probing=%d force=%d by=%s uid=%u", q->device,
                (unsigned long long) ((q->until - now_realtime() + 30 * USEC_PER_SEC) / (60 * USEC_PER_SEC)),
                q->reason, q->ticket, q->probing, q->force, q->by, q->uid);
        return refused(q->by, ret_message);
}

static int op_maintenance_end(
        void *userdata UNUSED, const char *device, const char *by, uint32_t uid, char **ret_message) {
        say("maintenance_end device=%s by=%s uid=%u", device, by, uid);
        return refused(by, ret_message);
}

static int no_such_pool(const char *pool, char **ret_message) {
        if (streq(pool, "bureau") || streq(pool, "portal"))
                return 0;
        return asprintf(ret_message, "there is no pool %s; there are bureau portal", pool) < 0 ? -ENOMEM
                                                                                               : -ENOENT;
}

static int op_drill_start(
        void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message) {
        StubSituation *s = situation_of(userdata);
        int r = no_such_pool(pool, ret_message);

        if (r < 0)
                return r;
        s->drill = (DrillProtocol){.id = 4711,
                .phase = DRILL_ARMED,
                .verdict = DRILL_OPEN,
                .armed = STUB_SINCE,
                .bound = 23 * USEC_PER_SEC,
                .pace = 200 * USEC_PER_MSEC};
        copy_text(s->drill.pool, sizeof(s->drill.pool), pool);
        copy_text(s->drill.by, sizeof(s->drill.by), by);
        s->has_drill = true;
        say("drill pool=%s by=%s uid=%u", pool, by, uid);
        return refused(by, ret_message);
}

static int op_drill_cancel(
        void *userdata, const char *pool, const char *by, uint32_t uid UNUSED, char **ret_message) {
        StubSituation *s = situation_of(userdata);
        int r = no_such_pool(pool, ret_message);

        if (r < 0)
                return r;
        say("drill_cancel pool=%s by=%s", pool, by);
        s->drill.phase = DRILL_CANCELLED;
        s->drill.verdict = DRILL_FAILED;
        snprintf(s->drill.why, sizeof(s->drill.why), "cancelled by %s", by);
        snprintf(s->drill.why_local, sizeof(s->drill.why_local), "由%s取消", by);
        return refused(by, ret_message);
}

static int reply_drill(const StubSituation *s, ControlReply *reply) {
        CLEANUP_FREE char *json = drill_protocol_json(&s->drill);

        control_reply(reply, json ? 0 : -ENOMEM, json);
        return 1;
}

static int op_drill_get(void *userdata, const char *pool, ControlReply *reply, char **ret_message) {
        const StubSituation *s = situation_of(userdata);
        int r = no_such_pool(pool, ret_message);

        if (r < 0)
                return r;
        if (s->has_drill)
                return reply_drill(s, reply);
        control_reply(reply, -EPERM, "there was no drill in that pool yet; hsmctl drill arms one");
        return 1;
}

static int op_drill_business(void *userdata, const char *pool, const char *gap, const char *by,
        uint32_t uid UNUSED, ControlReply *reply, char **ret_message) {
        StubSituation *s = situation_of(userdata);

        say("gap pool=%s gap=%s by=%s", pool, gap, by);
        if (drill_protocol_business(&s->drill, gap, by) >= 0)
                return reply_drill(s, reply);
        *ret_message =
                strdup("say how long the business system could not sign, as \"1.5 s\" or \"not measured\"");
        return -EPERM;
}

/* "hold" keeps the answer back, for good. */
static int op_backup(void *userdata UNUSED, int fd, const char *by, ControlReply *reply, char **ret_message) {
        CLEANUP_CLOSE int file = fd;
        int r = refused(by, ret_message);

        say("backup by=%s", by);
        if (r < 0)
                return r;
        control_reply(reply, dprintf(file, "the backup\n") < 0 ? -EIO : 0, NULL);
        return 1;
}

static int op_test_notifications(void *userdata UNUSED, const char *by, uint32_t uid, uint32_t *ret_alarm,
        uint64_t *ret_sequence, char **ret_message) {
        say("selftest by=%s uid=%u", by, uid);
        *ret_alarm = 77;
        *ret_sequence = 1234;
        return refused(by, ret_message);
}

static bool op_notified(void *userdata, uint64_t sequence, char *ret_words, size_t size) {
        if (situation_of(userdata)->notified && sequence == 1234)
                return true;
        snprintf(ret_words, size, "nms-2 retrying \xff");
        return false;
}

void stub_situation_ops(ControlOps *ops, StubSituation *(*get_situation)(void *userdata)) {
        situation_of = get_situation;
        ops->acknowledge = op_acknowledge;
        ops->events = op_events;
        ops->wait_events = op_wait_events;
        ops->rollups = op_rollups;
        ops->maintenance_start = op_maintenance_start;
        ops->maintenance_end = op_maintenance_end;
        ops->drill_start = op_drill_start;
        ops->drill_cancel = op_drill_cancel;
        ops->drill_get = op_drill_get;
        ops->drill_business = op_drill_business;
        ops->backup = op_backup;
        ops->test_notifications = op_test_notifications;
        ops->notified = op_notified;
}

/* --- */

size_t stub_situation_rows(const StubSituation *s, BoardTable table) {
        switch (table) {
        case BOARD_SERVICES:
                return s->n_services;
        case BOARD_ALARMS:
                return s->n_alarms;
        case BOARD_FAILOVERS:
                return s->n_failovers;
        case BOARD_RECEIVERS:
                return s->n_receivers;
        default:
                return 0;
        }
}

const void *stub_situation_row(const StubSituation *s, BoardTable table, size_t i) {
        switch (table) {
        case BOARD_SERVICES:
                return &s->services[i];
        case BOARD_ALARMS:
                return &s->alarms[i];
        case BOARD_FAILOVERS:
                return &s->failovers[i];
        default:
                return &s->receivers[i];
        }
}

int stub_situation_new(sd_event *event, StubSituation **ret) {
        StubSituation *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        *ret = s;
        return 0;
}

StubSituation *stub_situation_free(StubSituation *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < WAITERS_MAX; i++)
                if (s->waiters[i].reply)
                        answer_waiter(&s->waiters[i], 1);
        sd_event_unref(s->event);
        free(s->events);
        free(s->rollups);
        free(s);
        return NULL;
}
