/* The way of an event, with doubles for who stores it, who is told, and who asks. */
#include "unit.h"

#include "hsmd/event-line.h"
#include "hsmd/event-log.h"
#include "hsmd/manager.h"
#include "hsmd/notifier.h"
#include "hsmd/numbers.h"

#define TOLD_MAX 2000

typedef struct Seen {
        uint64_t appended, appended_sequence, reserved, next;
        size_t n_appended;
        uint64_t told[TOLD_MAX];
        uint64_t sequences[TOLD_MAX];
        bool durable[TOLD_MAX];
        size_t n_told;
        uint64_t answered[TOLD_MAX];
        size_t n_answered, n_answers;
        int lines;
        EventFilter asked;
        HistoryEvents done;
        void *done_userdata;
} Seen;

static Seen seen;
static usec_t offset;

/* --- doubles */

usec_t __wrap_now_monotonic(void);
usec_t __wrap_now_monotonic(void) {
        return 1000 * USEC_PER_SEC + offset;
}

void event_line(Journal *journal UNUSED, const Event *event UNUSED) {
        seen.lines++;
}

void history_append(History *history UNUSED, const Event *event) {
        seen.appended = event->id;
        seen.appended_sequence = event->notify_sequence;
        seen.n_appended++;
}

void history_events(History *history UNUSED, const EventFilter *filter, HistoryEvents done, void *userdata) {
        seen.asked = *filter;
        seen.done = done;
        seen.done_userdata = userdata;
}

uint64_t numbers_reserved(Numbers *numbers UNUSED) {
        return seen.reserved;
}

uint64_t numbers_next(Numbers *numbers UNUSED) {
        return seen.next++;
}

void notifier_told(Notifier *notifier UNUSED, const Event *event) {
        seen.told[seen.n_told] = event->id;
        seen.sequences[seen.n_told] = event->notify_sequence;
        seen.durable[seen.n_told++] = event->durable;
}

void control_reply_events(ControlReply *reply UNUSED, int error UNUSED, const Event *events, size_t n) {
        seen.n_answers++;
        for (size_t i = 0; i < n; i++)
                seen.answered[seen.n_answered++] = events[i].id;
}

bool control_reply_is_orphan(const ControlReply *reply) {
        return reply != NULL;
}

/* --- */

typedef struct Fixture {
        Manager manager;
        Config config;
} Fixture;

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        seen = (Seen){.reserved = 1000};
        offset = 0;
        f->config.durable_timeout = 2 * USEC_PER_SEC;
        f->manager.config = &f->config;
        assert_int_equal(event_log_new(&f->manager, 100, 40, &f->manager.events), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        event_log_free(f->manager.events);
        free(f);
        return 0;
}

static void add(const Fixture *f, uint64_t id, bool notify, uint32_t device) {
        Event e = {0};

        FIELD_SET(Event, &e, id, id);
        if (device)
                FIELD_SET(Event, &e, device, device);
        event_log_add(f->manager.events, &e, notify);
}

static void nobody_is_told_before_it_is_stored(void **state) {
        const Fixture *f = *state;

        add(f, 101, true, 0);
        add(f, 102, false, 0);
        add(f, 103, true, 0);
        assert_int_equal(seen.lines, 3);
        assert_int_equal(seen.appended, 103);
        assert_int_equal(f->manager.fleet.last_event_id, 103);
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_told, 0);
        event_log_stored(f->manager.events, 102);
        assert_int_equal(seen.n_told, 1);
        assert_int_equal(event_log_last_told(f->manager.events), 102);
        event_log_stored(f->manager.events, 103);
        assert_int_equal(seen.n_told, 2);
        assert_int_equal(seen.told[0], 101);
        assert_int_equal(seen.told[1], 103);
        /* without holes, from where it ended before */
        assert_int_equal(seen.sequences[0], 41);
        assert_int_equal(seen.sequences[1], 42);
        assert_true(seen.durable[1]);
        assert_false(event_log_disk_slow(f->manager.events));
}

static void a_stalled_disk_delays_telling_by_its_timeout_alone(void **state) {
        const Fixture *f = *state;

        add(f, 101, true, 0);
        offset = USEC_PER_SEC;
        add(f, 102, true, 0);
        offset = 2 * USEC_PER_SEC;
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_told, 1);
        assert_false(seen.durable[0]);
        assert_true(event_log_disk_slow(f->manager.events));
        event_log_stored(f->manager.events, 102);
        assert_int_equal(seen.n_told, 2);
        assert_true(seen.durable[1]);
        assert_false(event_log_disk_slow(f->manager.events));
}

static void time_in_which_hsmd_did_not_run_is_not_the_disks(void **state) {
        const Fixture *f = *state;

        add(f, 101, true, 0);
        offset = 30 * USEC_PER_SEC;
        event_log_extend(f->manager.events, 30 * USEC_PER_SEC);
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_told, 0);
}

static void a_number_that_is_not_reserved_is_told_to_nobody(void **state) {
        const Fixture *f = *state;

        add(f, 1000, true, 0);
        add(f, 1001, true, 0);
        offset = 60 * USEC_PER_SEC;
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_told, 1);
        seen.reserved = 2000;
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_told, 2);
}

static void who_waits_is_answered_by_the_next_one_for_it(void **state) {
        const Fixture *f = *state;
        EventLog *log = f->manager.events;

        event_log_wait(log, 100, 0, 60 * USEC_PER_SEC, NULL);
        event_log_wait(log, 100, 7, 60 * USEC_PER_SEC, NULL);
        add(f, 101, false, 3);
        assert_int_equal(seen.n_answers, 0);
        event_log_stored(log, 101);
        assert_int_equal(seen.n_answers, 1);
        add(f, 102, false, 7);
        event_log_stored(log, 102);
        assert_int_equal(seen.n_answers, 2);
        assert_int_equal(seen.answered[1], 102);
        /* and at once, of what was told meanwhile, from memory */
        event_log_wait(log, 100, 0, 60 * USEC_PER_SEC, NULL);
        assert_int_equal(seen.n_answers, 3);
        assert_int_equal(seen.n_answered, 4);
        assert_null(seen.done);
}

static void who_waits_too_long_is_answered_with_nothing(void **state) {
        const Fixture *f = *state;

        event_log_wait(f->manager.events, 100, 0, 10 * USEC_PER_SEC, NULL);
        offset = 9 * USEC_PER_SEC;
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_answers, 0);
        offset = 10 * USEC_PER_SEC;
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_answers, 1);
        assert_int_equal(seen.n_answered, 0);
}

static void who_has_gone_is_forgotten(void **state) {
        const Fixture *f = *state;

        event_log_wait(f->manager.events, 100, 0, 10 * USEC_PER_SEC, (ControlReply *) &seen);
        event_log_tick(f->manager.events, now_monotonic());
        assert_int_equal(seen.n_answers, 1);
}

static void what_is_older_than_memory_is_asked_of_the_history(void **state) {
        const Fixture *f = *state;
        EventLog *log = f->manager.events;

        event_log_wait(log, 50, 0, 60 * USEC_PER_SEC, NULL);
        assert_non_null(seen.done);
        assert_int_equal(seen.asked.after, 50);
        /* it has none, and meanwhile one was told */
        add(f, 101, false, 0);
        event_log_stored(log, 101);
        seen.done(0, NULL, 0, seen.done_userdata);
        assert_int_equal(seen.n_answers, 1);
        assert_int_equal(seen.answered[0], 101);
}

static void a_thousand_followers_do_not_pile_up(void **state) {
        const Fixture *f = *state;

        for (int i = 0; i < 1000; i++)
                event_log_wait(f->manager.events, 100, 0, 60 * USEC_PER_SEC, NULL);
        assert_int_equal(seen.n_answers, 1000 - 256);
}

static void more_than_memory_holds_goes_by_in_order(void **state) {
        const Fixture *f = *state;

        seen.reserved = 5000;
        for (uint64_t i = 0; i < 1500; i++)
                add(f, 101 + i, true, 0);
        event_log_stored(f->manager.events, 1600);
        assert_int_equal(seen.n_told, 1500);
        for (uint64_t i = 0; i < 1500; i++)
                assert_int_equal(seen.sequences[i], 41 + i);
        /* what is no longer in memory comes from the history */
        event_log_wait(f->manager.events, 200, 0, 60 * USEC_PER_SEC, NULL);
        assert_non_null(seen.done);
        seen.done(0, NULL, 0, seen.done_userdata);
}

static void a_history_that_is_late_says_which_sequence_is_next(void **state) {
        const Fixture *f = *state;
        EventLog *log = f->manager.events;

        event_log_hold(log);
        add(f, 101, true, 0);
        add(f, 102, false, 0);
        add(f, 103, true, 0);
        assert_int_equal(seen.lines, 3);
        offset = 10 * USEC_PER_SEC;
        event_log_tick(log, now_monotonic());
        assert_int_equal(seen.n_appended, 0);
        assert_int_equal(seen.n_told, 0);
        event_log_at_least(log, 100, 77);
        assert_int_equal(seen.n_appended, 3);
        assert_int_equal(seen.appended_sequence, 79);
        /* that the history was late is not that the disk took them late */
        event_log_tick(log, now_monotonic());
        assert_int_equal(seen.n_told, 0);
        event_log_stored(log, 103);
        assert_int_equal(seen.n_told, 2);
        assert_int_equal(seen.sequences[0], 78);
        assert_int_equal(seen.sequences[1], 79);
        assert_true(seen.durable[1]);
}

static void without_a_history_no_sequence_is_given_that_may_have_been_given(void **state) {
        const Fixture *f = *state;
        EventLog *log = f->manager.events;

        event_log_hold(log);
        add(f, 501, false, 0);
        add(f, 502, true, 0);
        assert_int_equal(event_log_go_on(log), 500);
        assert_int_equal(seen.n_appended, 2);
        assert_int_equal(event_log_last_sequence(log), 501);
        add(f, 503, true, 0);
        assert_int_equal(event_log_last_sequence(log), 502);
}

static void where_nothing_waits_the_next_number_says_it(void **state) {
        const Fixture *f = *state;
        EventLog *log = f->manager.events;

        seen.next = 501;
        event_log_hold(log);
        assert_int_equal(event_log_go_on(log), 501);
        assert_int_equal(event_log_last_sequence(log), 501);
        add(f, seen.next++, true, 0);
        assert_int_equal(seen.appended_sequence, 502);
        assert_int_equal(seen.appended, 502);
}

static void from_verdict_to_datagram_is_measured(void **state) {
        const Fixture *f = *state;

        add(f, 101, true, 0);
        offset = 3000;
        event_log_stored(f->manager.events, 101);
        event_log_sent(f->manager.events, 101, now_monotonic() + 500);
        assert_int_equal(event_log_told_p99(f->manager.events), 3000);
        assert_int_equal(event_log_sent_p99(f->manager.events), 3500);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(who_has_gone_is_forgotten, setup, teardown),
                cmocka_unit_test_setup_teardown(nobody_is_told_before_it_is_stored, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_stalled_disk_delays_telling_by_its_timeout_alone, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        time_in_which_hsmd_did_not_run_is_not_the_disks, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_number_that_is_not_reserved_is_told_to_nobody, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        who_waits_is_answered_by_the_next_one_for_it, setup, teardown),
                cmocka_unit_test_setup_teardown(who_waits_too_long_is_answered_with_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        what_is_older_than_memory_is_asked_of_the_history, setup, teardown),
                cmocka_unit_test_setup_teardown(a_thousand_followers_do_not_pile_up, setup, teardown),
                cmocka_unit_test_setup_teardown(more_than_memory_holds_goes_by_in_order, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_history_that_is_late_says_which_sequence_is_next, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        without_a_history_no_sequence_is_given_that_may_have_been_given, setup, teardown),
                cmocka_unit_test_setup_teardown(where_nothing_waits_the_next_number_says_it, setup, teardown),
                cmocka_unit_test_setup_teardown(from_verdict_to_datagram_is_measured, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
