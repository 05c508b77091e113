/* What hsmd hands to the worker that notifies, and when: hsmd/notifier*.c. Worker, history and the engine's
 * file are played here. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hsmd/event-log.h"
#include "hsmd/notifier-internal.h"

#define HANDED_MAX 8192

typedef struct Handed {
        uint32_t receiver;
        uint64_t sequence;
        bool repeated;
} Handed;

typedef struct Query {
        EventFilter filter;
        HistoryEvents done;
        void *userdata;
} Query;

/* What the doubles below know. */
static struct {
        KeeperOps ops;
        void *userdata;
        bool alive;
        size_t room;    /* messages that the worker's socket takes */
        int order[512]; /* types of messages, MSG_NOTIFY left out */
        size_t n_order;
        Handed handed[HANDED_MAX];
        size_t n_handed;
        MsgNotify heartbeat;
        size_t n_heartbeats;
        uint32_t boots;
        Query queries[4];
        size_t n_queries, asked;
        uint64_t stored, lost_up_to; /* in the history: those behind lost_up_to, up to stored */
        size_t waiting;
        CursorRecord cursor;
        size_t n_cursors;
        char forgotten[64];
        int engine_error; /* of engine_file_boot */
        uint64_t sent_id;
        usec_t sent_when;
        size_t n_sent;
        uint32_t removed; /* the receiver that the worker was told to forget */
} world;

static struct {
        Manager manager;
        Config config;
        ConfigReceiver receivers[2];
} fixture;

/* ---- doubles ---- */

int keeper_new(
        Manager *manager UNUSED, const char *verb, const KeeperOps *ops, void *userdata, Keeper **ret) {
        assert_string_equal(verb, "notify");
        world.ops = *ops;
        world.userdata = userdata;
        *ret = (Keeper *) &world;
        return 0;
}

Keeper *keeper_free(Keeper *keeper UNUSED) {
        world.alive = false;
        return NULL;
}

void keeper_renew(Keeper *keeper UNUSED) {
        world.alive = false;
        world.ops.gone(world.userdata);
}

void keeper_close(Keeper *keeper UNUSED, usec_t grace UNUSED) {
        world.alive = false;
}

void keeper_tick(Keeper *keeper UNUSED, usec_t now UNUSED) {
}

void keeper_extend(Keeper *keeper UNUSED, usec_t lateness UNUSED) {
}

uint64_t keeper_restarts(const Keeper *keeper UNUSED) {
        return 0;
}

static void note(const MsgNotify *m) {
        if (m->heartbeat) {
                world.heartbeat = *m;
                world.n_heartbeats++;
                return;
        }
        assert_in_range(world.n_handed, 0, HANDED_MAX - 1);
        world.handed[world.n_handed++] = (Handed){m->receiver, m->event.notify_sequence, m->repeated};
}

int keeper_send(Keeper *keeper UNUSED, const MessageHead *message, int fd) {
        assert_int_equal(fd, -1);
        if (!world.alive)
                return -ENOTCONN;
        if (world.room == 0)
                return -EAGAIN;
        world.room--;
        if (message->type == MSG_NOTIFY_RECEIVER && ((const MsgNotifyReceiver *) message)->removed)
                world.removed = ((const MsgNotifyReceiver *) message)->receiver;
        if (message->type == MSG_NOTIFY)
                note((const MsgNotify *) message);
        else
                world.order[world.n_order++ % ELEMENTSOF(world.order)] = (int) message->type;
        return 0;
}

int engine_file_boot(const char *path, EngineFile *ret) {
        assert_non_null(strstr(path, "/engine-notify"));
        if (world.engine_error < 0)
                return world.engine_error;
        *ret = (EngineFile){.id = {0x80, 0, 0x1f, 0x88, 5, 1}, .id_size = 6, .boots = ++world.boots};
        return 0;
}

void event_log_sent(EventLog *log UNUSED, uint64_t id, usec_t when) {
        world.sent_id = id;
        world.sent_when = when;
        world.n_sent++;
}

int disk_submit(Disk *disk UNUSED, void *job, DiskWork work, DiskDone done) {
        work(job);
        done(job, false);
        return 0;
}

void history_events(History *history UNUSED, const EventFilter *filter, HistoryEvents done, void *userdata) {
        assert_in_range(world.n_queries, 0, ELEMENTSOF(world.queries) - 1);
        assert_true(filter->only_notify && filter->limit <= NOTIFIER_PAGE);
        world.queries[world.n_queries++] = (Query){*filter, done, userdata};
        world.asked++;
}

size_t history_waiting(const History *history UNUSED) {
        return world.waiting;
}

void history_cursor(History *history UNUSED, const CursorRecord *cursor) {
        world.cursor = *cursor;
        world.n_cursors++;
}

void history_forget_cursor(History *history UNUSED, const char *receiver) {
        copy_text(world.forgotten, sizeof(world.forgotten), receiver);
}

/* ---- what happens ---- */

static Event event_of(uint64_t sequence) {
        Event event = {0};

        FIELD_SET(Event, &event, id, 1000 + sequence);
        FIELD_SET(Event, &event, notify_sequence, sequence);
        FIELD_SET(Event, &event, type, EVENT_ALARM_RAISED);
        FIELD_SET(Event, &event, when, now_realtime());
        return event;
}

/* The history answers all that it was asked; whether that was anything. */
static bool answer(void) {
        static Event rows[NOTIFIER_PAGE];
        size_t n_queries = world.n_queries;
        Query queries[ELEMENTSOF(world.queries)];

        memcpy(queries, world.queries, sizeof(queries));
        world.n_queries = 0;
        for (size_t i = 0; i < n_queries; i++) {
                uint64_t first = MAX_OF(queries[i].filter.notify_after, world.lost_up_to) + 1;
                size_t n = 0;

                for (; n < queries[i].filter.limit && first + n <= world.stored; n++)
                        rows[n] = event_of(first + n);
                queries[i].done(0, rows, n, queries[i].userdata);
        }
        return n_queries > 0;
}

static void tell(Notifier *n, uint64_t from, uint64_t to) {
        for (uint64_t s = from; s <= to; s++) {
                Event event = event_of(s);

                world.stored = MAX_OF(world.stored, s - MIN_OF(s, world.waiting));
                notifier_told(n, &event);
        }
}

static void hello(void) {
        world.alive = true;
        world.ops.hello(world.userdata);
}

static void die(void) {
        world.alive = false;
        world.ops.gone(world.userdata);
}

static void done(uint32_t receiver, uint64_t sequence) {
        MsgNotifyDone m = MESSAGE(MsgNotifyDone, MSG_NOTIFY_DONE);

        m.receiver = receiver;
        m.result = NOTIFY_ACKNOWLEDGED;
        m.sequence = sequence;
        m.sent_usec = 1000 * sequence;
        world.ops.message(MSG_NOTIFY_DONE, &m, world.userdata);
}

static void say(uint32_t receiver, ReceiverState state, uint64_t refusals) {
        MsgNotifyState m = MESSAGE(MsgNotifyState, MSG_NOTIFY_STATE);

        m.receiver = receiver;
        m.state = state;
        m.refusals = refusals;
        copy_text(m.detail, sizeof(m.detail), "so it is");
        world.ops.message(MSG_NOTIFY_STATE, &m, world.userdata);
}

/* The worker acknowledges what it is handed from `at` on, until nothing more comes. */
static void acknowledge_from(size_t at) {
        do {
                for (; at < world.n_handed; at++)
                        done(world.handed[at].receiver, world.handed[at].sequence);
        } while (answer() || at < world.n_handed);
}

static void assert_handed(size_t at, uint64_t from, uint64_t to, bool repeated) {
        for (uint64_t s = from; s <= to; s++, at++) {
                assert_in_range(at, 0, world.n_handed - 1);
                assert_int_equal(world.handed[at].sequence, s);
                assert_int_equal(world.handed[at].repeated, repeated);
        }
}

static int setup(void **state) {
        static char names[2][8] = {"nms-1", "nms-2"}, address[] = "udp:127.0.0.1:162";
        Notifier *n;

        memset(&world, 0, sizeof(world));
        memset(&fixture, 0, sizeof(fixture));
        world.room = SIZE_MAX;
        for (size_t i = 0; i < 2; i++)
                fixture.receivers[i] = (ConfigReceiver){.number = (uint32_t) i + 1,
                        .name = names[i],
                        .address = address,
                        .kind = RECEIVER_INFORM,
                        .queue = 100000};
        fixture.config.receivers = fixture.receivers;
        fixture.config.n_receivers = 1;
        fixture.manager.config = &fixture.config;
        fixture.manager.options.state = "/state";
        fixture.manager.history = (History *) &world;
        fixture.manager.events = (EventLog *) &world;
        if (notifier_new(&fixture.manager, &n) < 0)
                return -1;
        notifier_reconfigure(n);
        fixture.manager.notifier = n;
        *state = n;
        return 0;
}

static int teardown(void **state) {
        notifier_free(*state);
        return 0;
}

/* ---- tests ---- */

static void a_worker_is_told_engine_receivers_and_start_before_anything_else(void **state) {
        static const int expected[] = {
                MSG_NOTIFY_CONFIG, MSG_NOTIFY_RECEIVER, MSG_NOTIFY_RECEIVER, MSG_NOTIFY_START};
        Notifier *n = *state;

        fixture.config.n_receivers = 2;
        notifier_reconfigure(n);
        notifier_restore(n, NULL, 0, 0);
        tell(n, 1, 1);
        assert_int_equal(world.n_handed, 0);
        hello();
        assert_int_equal(world.n_order, 4);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(world.order[i], expected[i]);
        assert_int_equal(world.n_handed, 2); /* to both */
        assert_string_equal(notifier_engine_id(n), "80001f880501");
}

static void nothing_is_handed_before_it_is_known_how_far_receivers_are(void **state) {
        const CursorRecord cursor = {.name = "nms-1", .acknowledged = 5, .sent = 9, .dropped = 2};
        Notifier *n = *state;

        hello();
        tell(n, 8, 8);
        assert_int_equal(world.n_handed, 0);
        notifier_restore(n, &cursor, 1, 7);
        world.stored = 8;
        answer();
        assert_handed(0, 6, 7, true);
        assert_handed(2, 8, 8, false);
}

static void no_more_than_a_window_is_handed(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 20);
        assert_int_equal(world.n_handed, NOTIFY_WINDOW);
        done(1, 1);
        assert_int_equal(world.n_handed, NOTIFY_WINDOW + 1);
        done(1, 5); /* not its turn */
        assert_int_equal(world.n_handed, NOTIFY_WINDOW + 1);
        acknowledge_from(1);
        assert_handed(0, 1, 20, false);
        assert_int_equal(world.asked, 0);
}

static void what_a_dead_worker_had_is_handed_to_the_next_marked(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 3);
        done(1, 1);
        die();
        tell(n, 4, 4);
        hello();
        assert_handed(3, 2, 3, true);
        assert_handed(5, 4, 4, false);
        assert_int_equal(notifier_engine_boots(n), 2);
}

static void a_thousand_deaths_lose_nothing(void **state) {
        Notifier *n = *state;
        uint64_t next = 1;

        notifier_restore(n, NULL, 0, 0);
        for (uint64_t s = 1; s <= 1000; s++) {
                size_t at = world.n_handed = 0;

                tell(n, s, s);
                hello();
                if (s % 3 == 0)
                        done(1, world.handed[at].sequence);
                assert_int_equal(world.handed[0].sequence, next);
                next += s % 3 == 0;
                die();
        }
        world.n_handed = 0;
        hello();
        acknowledge_from(0);
        assert_handed(0, next, next, true);
        assert_int_equal(world.handed[world.n_handed - 1].sequence, 1000);
        assert_int_equal(world.n_handed, 1000 - next + 1);
}

static void a_huge_backlog_is_read_page_by_page_and_in_order(void **state) {
        const CursorRecord cursor = {.name = "nms-1", .acknowledged = 100};
        Notifier *n = *state;

        world.stored = 5100;
        notifier_restore(n, &cursor, 1, 5100);
        hello();
        answer();
        tell(n, 5101, 5110); /* and meanwhile more happens */
        acknowledge_from(0);
        assert_handed(0, 101, 5100, true);
        assert_handed(5000, 5101, 5110, false);
        assert_int_equal(world.n_handed, 5010);
        assert_in_range(world.asked, 5000 / NOTIFIER_PAGE, 5000 / NOTIFIER_PAGE + 2);
}

static void a_receiver_behind_the_memory_is_served_from_the_history(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        tell(n, 1, 3 * NOTIFIER_RING);
        hello();
        answer();
        acknowledge_from(0);
        assert_handed(0, 1, 3 * NOTIFIER_RING, false);
        assert_int_equal(world.n_handed, 3 * NOTIFIER_RING);
}

static void what_is_not_on_disk_yet_is_waited_for(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        world.waiting = 2 * NOTIFIER_RING;
        tell(n, 1, 2 * NOTIFIER_RING);
        hello();
        assert_true(answer());
        assert_int_equal(world.n_handed, 0);
        world.waiting = 0;
        world.stored = 2 * NOTIFIER_RING;
        notifier_tick(n, now_monotonic());
        answer();
        acknowledge_from(0);
        assert_handed(0, 1, 2 * NOTIFIER_RING, false);
}

static void what_the_history_lost_is_left_out_and_counted(void **state) {
        const CursorRecord cursor = {.name = "nms-1", .acknowledged = 10};
        Notifier *n = *state;

        world.stored = 40;
        world.lost_up_to = 20;
        notifier_restore(n, &cursor, 1, 40);
        hello();
        answer();
        acknowledge_from(0);
        assert_handed(0, 21, 40, true);
        assert_int_equal(n->receivers[0]->queue.dropped, 10);
}

/* As after a restore: 1 to 10 were given, and the next is far beyond. */
static void what_waits_before_sequences_that_were_never_given_is_not_lost(void **state) {
        const CursorRecord cursor = {.name = "nms-1", .acknowledged = 6};
        Notifier *n = *state;
        Finding finding;

        world.stored = 10;
        notifier_hole(n, 10, 1000000);
        notifier_restore(n, &cursor, 1, 1000000);
        hello();
        answer();
        assert_handed(0, 7, 10, true);
        acknowledge_from(0);
        tell(n, 1000001, 1000001);
        assert_handed(4, 1000001, 1000001, false);
        assert_int_equal(n->receivers[0]->queue.dropped, 0);
        assert_int_equal(notifier_findings(n, &finding, 1), 0);
}

static void an_engine_that_cannot_be_kept_is_tried_again_and_said(void **state) {
        usec_t now = now_monotonic();
        Notifier *n = *state;

        world.engine_error = -ENOSPC;
        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 1);
        assert_int_equal(world.n_order, 0);
        assert_int_equal(notifier_shown_state(n->receivers[0]), RECEIVER_RETRYING);
        world.engine_error = 0;
        notifier_tick(n, now + USEC_PER_SEC);
        assert_int_equal(world.n_order, 0);
        notifier_tick(n, now + 10 * USEC_PER_SEC);
        assert_handed(0, 1, 1, false);
        assert_int_equal(notifier_shown_state(n->receivers[0]), RECEIVER_OK);
}

static void when_one_left_first_is_noted_and_of_repeated_ones_nothing(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 2);
        done(1, 1);
        assert_int_equal(world.sent_id, 1001);
        assert_int_equal(world.sent_when, 1000);
        die();
        hello();
        done(1, 2);
        assert_int_equal(world.n_sent, 1);
}

static void a_socket_without_room_is_waited_for(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        world.room = 1; /* the engine; not even its receiver */
        hello();
        tell(n, 1, 3);
        assert_int_equal(world.n_order, 1);
        world.room = 4;
        world.ops.room(world.userdata);
        assert_int_equal(world.n_order, 3);
        assert_handed(0, 1, 2, false);
        world.room = 10;
        world.ops.room(world.userdata);
        assert_handed(0, 1, 3, false);
        assert_int_equal(world.n_handed, 3);
}

static void a_full_queue_drops_the_oldest_and_is_one_finding(void **state) {
        Notifier *n = *state;
        Finding findings[4];

        n->receivers[0]->queue.limit = fixture.receivers[0].queue = 100;
        notifier_restore(n, NULL, 0, 0);
        tell(n, 1, 250);
        assert_int_equal(notifier_findings(n, findings, 4), 1);
        assert_int_equal(findings[0].reason, REASON_QUEUE_FULL);
        assert_string_equal(findings[0].resource, "nms-1");
        assert_int_equal(notifier_shown_state(n->receivers[0]), RECEIVER_DROPPING);
        hello();
        acknowledge_from(0);
        assert_handed(0, 151, 250, false);
        assert_int_equal(n->receivers[0]->queue.dropped, 150);
        assert_int_equal(notifier_findings(n, findings, 4), 0);
}

static void a_receiver_that_refuses_or_is_silent_for_a_minute_is_a_finding(void **state) {
        Notifier *n = *state;
        Finding findings[4];

        notifier_restore(n, NULL, 0, 0);
        hello();
        say(1, RECEIVER_RETRYING, 0);
        assert_int_equal(notifier_findings(n, findings, 4), 0);
        n->receivers[0]->state_since -= 61 * USEC_PER_SEC;
        assert_int_equal(notifier_findings(n, findings, 4), 1);
        assert_int_equal(findings[0].reason, REASON_RECEIVER_SILENT);
        say(1, RECEIVER_REFUSING, 3);
        assert_int_equal(notifier_findings(n, findings, 4), 1);
        assert_int_equal(findings[0].reason, REASON_RECEIVER_REFUSES);
        assert_string_equal(findings[0].detail, "so it is");
        die();
        hello();
        say(1, RECEIVER_REFUSING, 1); /* another process counts anew */
        assert_int_equal(n->receivers[0]->refused_before + n->receivers[0]->refused_now, 4);
        tell(n, 1, 1);
        die();
        hello();
        done(1, 1); /* another process has nothing to take back */
        assert_int_equal(n->receivers[0]->state, RECEIVER_OK);
        say(1, RECEIVER_REFUSING, 1);
        say(1, RECEIVER_OK, 1);
        assert_int_equal(notifier_findings(n, findings, 4), 0);
}

static void a_new_receiver_begins_with_the_next_notification(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 5);
        acknowledge_from(0);
        fixture.config.n_receivers = 2;
        notifier_reconfigure(n);
        assert_int_equal(world.n_handed, 5);
        tell(n, 6, 6);
        assert_int_equal(world.n_handed, 7);
        assert_int_equal(world.handed[6].receiver, 2);
        assert_int_equal(world.handed[6].sequence, 6);
}

static void a_receiver_that_is_no_more_is_forgotten_though_the_history_owes_it(void **state) {
        const CursorRecord cursors[] = {{.name = "nms-1", .acknowledged = 3}, {.name = "nms-2"}};
        Notifier *n = *state;

        world.stored = 3;
        fixture.config.n_receivers = 2;
        notifier_reconfigure(n);
        notifier_restore(n, cursors, 2, 3);
        hello();
        assert_int_equal(world.n_queries, 1);
        fixture.config.n_receivers = 1;
        notifier_reconfigure(n);
        assert_string_equal(world.forgotten, "nms-2");
        assert_true(answer());
        notifier_tick(n, now_monotonic());
        assert_int_equal(n->n_leaving, 0);
        hello(); /* its process went with it */
        tell(n, 4, 4);
        assert_int_equal(world.n_handed, 1);
}

static void an_old_receivers_cursor_is_kept_when_it_moved(void **state) {
        Notifier *n = *state;
        size_t before;

        notifier_restore(n, NULL, 0, 7);
        notifier_tick(n, now_monotonic());
        assert_int_equal(world.cursor.acknowledged, 7); /* where it began */
        before = world.n_cursors;
        notifier_tick(n, now_monotonic());
        assert_int_equal(world.n_cursors, before);
        hello();
        tell(n, 8, 9);
        done(1, 8);
        notifier_close(n, 0);
        assert_int_equal(world.cursor.acknowledged, 8);
        assert_int_equal(world.cursor.acks, 1);
        assert_string_equal(world.cursor.name, "nms-1");
}

static void a_receiver_whose_secret_cannot_be_read_waits_and_says_so(void **state) {
        static char none[] = "/nonexistent/secret";
        Notifier *n = *state;
        Finding findings[4];

        fixture.receivers[0].auth_secret.file = none;
        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 1);
        assert_int_equal(world.n_handed, 0);
        assert_int_equal(notifier_findings(n, findings, 4), 1);
        assert_non_null(strstr(findings[0].detail, "a secret cannot be read (No such file or directory)"));
        fixture.receivers[0].auth_secret.file = NULL;
        notifier_reconfigure(n);
        assert_handed(0, 1, 1, false);
        assert_int_equal(notifier_findings(n, findings, 4), 0);
}

static void a_receiver_whose_new_secret_cannot_be_read_is_sent_nothing_as_it_was(void **state) {
        static char none[] = "/nonexistent/secret";
        Notifier *n = *state;
        Finding findings[4];

        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 2);
        done(1, 1);
        fixture.receivers[0].auth_secret.file = none;
        notifier_reconfigure(n);
        assert_int_equal(world.removed, 1);
        done(1, 2); /* by the old configuration: to whom is not known */
        tell(n, 3, 3);
        assert_int_equal(world.n_handed, 2);
        assert_int_equal(notifier_findings(n, findings, 4), 1);
        fixture.receivers[0].auth_secret.file = NULL;
        notifier_reconfigure(n);
        assert_handed(2, 2, 2, true);
        assert_handed(3, 3, 3, false);
}

static void a_reload_before_the_worker_is_ready_still_gives_it_its_engine(void **state) {
        Notifier *n = *state;

        notifier_restore(n, NULL, 0, 0);
        world.room = 0;
        hello();
        notifier_reconfigure(n);
        world.room = 10;
        world.ops.room(world.userdata);
        assert_int_equal(world.n_order, 3);
        assert_int_equal(world.order[0], MSG_NOTIFY_CONFIG);
}

static void heartbeats_tell_the_last_sequence_and_the_counts(void **state) {
        Notifier *n = *state;

        fixture.config.heartbeat_interval = 60 * USEC_PER_SEC;
        fixture.manager.fleet.state = SERVICE_AT_RISK;
        fixture.manager.fleet.devices = 9;
        fixture.manager.fleet.devices_serving = 7;
        fixture.manager.fleet.alarms_major = 2;
        notifier_restore(n, NULL, 0, 41);
        hello();
        tell(n, 42, 42);
        notifier_tick(n, 1000 * USEC_PER_SEC);
        notifier_tick(n, 1059 * USEC_PER_SEC);
        assert_int_equal(world.n_heartbeats, 1);
        notifier_tick(n, 1060 * USEC_PER_SEC);
        assert_int_equal(world.n_heartbeats, 2);
        assert_int_equal(world.heartbeat.last_sequence, 42);
        assert_int_equal(world.heartbeat.alarms[1], 2);
        assert_int_equal(world.heartbeat.event.serving, 7);
        assert_int_equal(world.heartbeat.event.total, 9);
        assert_string_equal(world.heartbeat.event.state, "at_risk");
}

static void a_shorter_interval_of_heartbeats_holds_at_once(void **state) {
        Notifier *n = *state;

        fixture.config.heartbeat_interval = 3600 * USEC_PER_SEC;
        notifier_restore(n, NULL, 0, 0);
        hello();
        notifier_tick(n, 1000 * USEC_PER_SEC);
        assert_int_equal(world.n_heartbeats, 1);
        fixture.config.heartbeat_interval = 60 * USEC_PER_SEC;
        notifier_tick(n, 1001 * USEC_PER_SEC);
        assert_int_equal(world.n_heartbeats, 2);
        notifier_tick(n, 1060 * USEC_PER_SEC);
        assert_int_equal(world.n_heartbeats, 2);
        notifier_tick(n, 1061 * USEC_PER_SEC);
        assert_int_equal(world.n_heartbeats, 3);
}

static void who_has_not_done_with_one_is_told(void **state) {
        Notifier *n = *state;
        char words[64];

        fixture.config.n_receivers = 2;
        notifier_reconfigure(n);
        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 1);
        say(2, RECEIVER_RETRYING, 0);
        assert_false(notifier_done(n, 1, words, sizeof(words)));
        assert_string_equal(words, "nms-1 ok; nms-2 retrying");
        done(1, 1);
        assert_false(notifier_done(n, 1, words, sizeof(words)));
        assert_string_equal(words, "nms-2 retrying");
        done(2, 1);
        assert_true(notifier_done(n, 1, words, sizeof(words)));
        assert_string_equal(words, "");
}

static void rows_show_each_receiver(void **state) {
        size_t rows[BOARD_TABLES] = {[BOARD_RECEIVERS] = 1};
        Notifier *n = *state;
        const ReceiverRow *row;

        assert_int_equal(board_writer_new(rows, &fixture.manager.board), 0);
        notifier_restore(n, NULL, 0, 0);
        hello();
        tell(n, 1, 3);
        done(1, 1);
        notifier_publish(n);
        row = board_published(fixture.manager.board, BOARD_RECEIVERS, 0);
        assert_string_equal(row->name, "nms-1");
        assert_string_equal(row->address, "udp:127.0.0.1:162");
        assert_int_equal(row->state, RECEIVER_OK);
        assert_int_equal(row->pending, 2);
        assert_int_equal(row->sent, 1);
        assert_int_equal(row->acknowledged, 1);
        assert_int_equal(row->last_sequence, 1);
        assert_true(field_valid(row, ReceiverField_last_ack_age));
        assert_true(field_valid(row, ReceiverField_oldest_pending_age));
        fixture.manager.board = board_writer_free(fixture.manager.board);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(a_worker_is_told_engine_receivers_and_start_before_anything_else),
                TEST(nothing_is_handed_before_it_is_known_how_far_receivers_are),
                TEST(no_more_than_a_window_is_handed),
                TEST(what_a_dead_worker_had_is_handed_to_the_next_marked),
                TEST(a_thousand_deaths_lose_nothing),
                TEST(a_huge_backlog_is_read_page_by_page_and_in_order),
                TEST(a_receiver_behind_the_memory_is_served_from_the_history),
                TEST(what_is_not_on_disk_yet_is_waited_for),
                TEST(what_the_history_lost_is_left_out_and_counted),
                TEST(what_waits_before_sequences_that_were_never_given_is_not_lost),
                TEST(an_engine_that_cannot_be_kept_is_tried_again_and_said),
                TEST(when_one_left_first_is_noted_and_of_repeated_ones_nothing),
                TEST(a_socket_without_room_is_waited_for),
                TEST(a_full_queue_drops_the_oldest_and_is_one_finding),
                TEST(a_receiver_that_refuses_or_is_silent_for_a_minute_is_a_finding),
                TEST(a_new_receiver_begins_with_the_next_notification),
                TEST(a_receiver_that_is_no_more_is_forgotten_though_the_history_owes_it),
                TEST(an_old_receivers_cursor_is_kept_when_it_moved),
                TEST(a_receiver_whose_secret_cannot_be_read_waits_and_says_so),
                TEST(a_receiver_whose_new_secret_cannot_be_read_is_sent_nothing_as_it_was),
                TEST(a_reload_before_the_worker_is_ready_still_gives_it_its_engine),
                TEST(heartbeats_tell_the_last_sequence_and_the_counts),
                TEST(a_shorter_interval_of_heartbeats_holds_at_once),
                TEST(who_has_not_done_with_one_is_told),
                TEST(rows_show_each_receiver),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
