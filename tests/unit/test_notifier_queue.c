/* How far a receiver is: hsmd/notifier-queue.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hsmd/notifier-queue.h"

/* Hands all that there is room for; returns how many. */
static size_t hand_all(NotifierQueue *q, uint64_t last) {
        uint64_t next;
        size_t n = 0;

        for (; (next = notifier_queue_next(q, last)) > 0; n++)
                notifier_queue_handed(q, next);
        return n;
}

static void everything_is_handed_once_and_in_order(void **state UNUSED) {
        NotifierQueue q;
        uint64_t expected = 1;

        notifier_queue_init(&q, 0, 0, 1000);
        for (uint64_t last = 1; last <= 100; last++) {
                uint64_t next = notifier_queue_next(&q, last);

                assert_int_equal(next, expected);
                assert_false(notifier_queue_repeated(&q, next));
                notifier_queue_handed(&q, next);
                assert_int_equal(notifier_queue_next(&q, last), 0);
                assert_true(notifier_queue_done(&q, expected++));
                assert_int_equal(notifier_queue_acknowledged(&q), last);
        }
        assert_int_equal(q.dropped, 0);
}

static void no_more_than_a_window_is_out(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 0, 0, 1000);
        assert_int_equal(hand_all(&q, 100), NOTIFY_WINDOW);
        assert_int_equal(notifier_queue_pending(&q, 100), 100);
        assert_int_equal(notifier_queue_oldest(&q, 100), 1);
        assert_true(notifier_queue_done(&q, 1));
        assert_int_equal(notifier_queue_next(&q, 100), NOTIFY_WINDOW + 1);
        assert_int_equal(notifier_queue_pending(&q, 100), 99);
}

static void only_the_oldest_that_is_out_can_be_done(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 10, 10, 1000);
        assert_false(notifier_queue_done(&q, 11));
        assert_int_equal(hand_all(&q, 13), 3);
        assert_false(notifier_queue_done(&q, 12));
        assert_false(notifier_queue_done(&q, 10));
        assert_int_equal(notifier_queue_acknowledged(&q), 10);
        assert_true(notifier_queue_done(&q, 11));
        assert_int_equal(notifier_queue_acknowledged(&q), 11);
}

static void what_a_dead_worker_had_is_handed_again_and_marked(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 0, 0, 1000);
        hand_all(&q, 5);
        assert_true(notifier_queue_done(&q, 1));
        notifier_queue_lost(&q);
        assert_false(notifier_queue_done(&q, 2)); /* nobody has it now */
        for (uint64_t expected = 2; expected <= 6; expected++) {
                uint64_t next = notifier_queue_next(&q, 6);

                assert_int_equal(next, expected);
                assert_int_equal(notifier_queue_repeated(&q, next), expected <= 5);
                notifier_queue_handed(&q, next);
        }
}

static void a_worker_that_dies_while_it_is_told_again_loses_nothing(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 0, 0, 1000);
        hand_all(&q, 6);
        notifier_queue_lost(&q);
        notifier_queue_handed(&q, notifier_queue_next(&q, 6));
        notifier_queue_handed(&q, notifier_queue_next(&q, 6));
        notifier_queue_lost(&q);
        assert_int_equal(hand_all(&q, 6), 6);
        for (uint64_t s = 1; s <= 6; s++)
                assert_true(notifier_queue_done(&q, s));
        assert_int_equal(notifier_queue_acknowledged(&q), 6);
}

static void what_was_pending_when_hsmd_started_is_marked(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 3, 5, 1000);
        assert_int_equal(notifier_queue_next(&q, 7), 4);
        assert_int_equal(hand_all(&q, 7), 4);
        assert_true(notifier_queue_repeated(&q, 4));
        assert_true(notifier_queue_repeated(&q, 5));
        assert_false(notifier_queue_repeated(&q, 6));
}

static void a_new_receiver_begins_with_the_next(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 500, 500, 1000);
        assert_int_equal(notifier_queue_next(&q, 500), 0);
        assert_int_equal(notifier_queue_pending(&q, 500), 0);
        assert_int_equal(notifier_queue_next(&q, 501), 501);
        assert_false(notifier_queue_repeated(&q, 501));
}

static void a_full_queue_drops_the_oldest_that_wait_and_counts_each_once(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 0, 0, 100);
        hand_all(&q, 200);
        assert_int_equal(notifier_queue_drop(&q, 200), 100);
        assert_int_equal(notifier_queue_drop(&q, 200), 0);
        assert_int_equal(notifier_queue_pending(&q, 200), 100);
        notifier_queue_lost(&q);
        assert_int_equal(notifier_queue_drop(&q, 201), 1);
        assert_int_equal(q.dropped, 101);
        /* what was out is still sent, then comes the hole */
        for (uint64_t s = 1; s <= NOTIFY_WINDOW; s++) {
                assert_int_equal(notifier_queue_next(&q, 201), s);
                notifier_queue_handed(&q, s);
        }
        for (uint64_t s = 1; s < NOTIFY_WINDOW; s++)
                assert_true(notifier_queue_done(&q, s));
        assert_int_equal(notifier_queue_acknowledged(&q), NOTIFY_WINDOW - 1);
        assert_true(notifier_queue_done(&q, NOTIFY_WINDOW));
        assert_int_equal(notifier_queue_acknowledged(&q), NOTIFY_WINDOW + 101);
        assert_int_equal(notifier_queue_next(&q, 201), NOTIFY_WINDOW + 102);
}

static void what_is_out_is_never_dropped(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 0, 0, 4); /* less than a window */
        hand_all(&q, NOTIFY_WINDOW);
        assert_int_equal(notifier_queue_drop(&q, NOTIFY_WINDOW), 0);
        assert_int_equal(notifier_queue_pending(&q, NOTIFY_WINDOW), NOTIFY_WINDOW);
}

static void what_the_history_lost_is_skipped_and_counted(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 10, 10, 1000);
        assert_int_equal(notifier_queue_skip(&q, 15), 4);
        assert_int_equal(notifier_queue_skip(&q, 15), 0);
        assert_int_equal(notifier_queue_next(&q, 20), 15);
        assert_int_equal(q.dropped, 4);
}

/* 1 to 10 were given, and then 1001 and more. */
static void what_was_never_given_is_neither_awaited_nor_dropped(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 6, 1000, 5);
        notifier_queue_hole(&q, 10, 1000);
        assert_int_equal(notifier_queue_pending(&q, 1000), 4);
        assert_int_equal(notifier_queue_drop(&q, 1000), 0);
        assert_int_equal(hand_all(&q, 1000), 4);
        assert_int_equal(notifier_queue_pending(&q, 1001), 5);
        assert_int_equal(notifier_queue_next(&q, 1001), 1001);
        for (uint64_t s = 7; s <= 10; s++)
                assert_true(notifier_queue_done(&q, s));
        assert_int_equal(notifier_queue_acknowledged(&q), 1000);
        assert_false(notifier_queue_repeated(&q, notifier_queue_next(&q, 1001)));
        assert_int_equal(q.dropped, 0);
}

static void a_queue_that_drops_across_what_was_never_given_counts_what_was(void **state UNUSED) {
        NotifierQueue q;

        notifier_queue_init(&q, 6, 1000, 5);
        notifier_queue_hole(&q, 10, 1000);
        assert_int_equal(notifier_queue_drop(&q, 1007), 6);
        assert_int_equal(notifier_queue_next(&q, 1007), 1003);
        assert_int_equal(notifier_queue_pending(&q, 1007), 5);
        assert_int_equal(notifier_queue_skip(&q, 1004), 1);
        notifier_queue_init(&q, 6, 1000, 5);
        notifier_queue_hole(&q, 10, 1000);
        assert_int_equal(notifier_queue_skip(&q, 1003), 6);
        assert_int_equal(notifier_queue_next(&q, 1007), 1003);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_is_handed_once_and_in_order),
                cmocka_unit_test(no_more_than_a_window_is_out),
                cmocka_unit_test(only_the_oldest_that_is_out_can_be_done),
                cmocka_unit_test(what_a_dead_worker_had_is_handed_again_and_marked),
                cmocka_unit_test(a_worker_that_dies_while_it_is_told_again_loses_nothing),
                cmocka_unit_test(what_was_pending_when_hsmd_started_is_marked),
                cmocka_unit_test(a_new_receiver_begins_with_the_next),
                cmocka_unit_test(a_full_queue_drops_the_oldest_that_wait_and_counts_each_once),
                cmocka_unit_test(what_is_out_is_never_dropped),
                cmocka_unit_test(what_the_history_lost_is_skipped_and_counted),
                cmocka_unit_test(what_was_never_given_is_neither_awaited_nor_dropped),
                cmocka_unit_test(a_queue_that_drops_across_what_was_never_given_counts_what_was),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
