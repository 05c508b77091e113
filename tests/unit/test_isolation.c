/* Whether the watcher itself is cut off. */
#include "hsmd/isolation.h"
#include "unit.h"

static void a_failure_behind_a_link_that_is_well_counts(void **state UNUSED) {
        IsolationTrack t = {0};

        assert_false(isolation_excuses(&t, 10));
        assert_false(t.isolated);
        assert_false(isolation_witness(&t, false, 20));
        assert_false(isolation_excuses(&t, 30));
}

static void a_failure_while_the_witness_is_gone_proves_nothing(void **state UNUSED) {
        IsolationTrack t = {0};

        assert_false(isolation_witness(&t, true, 10)); /* nothing failed yet: nobody is told */
        assert_false(t.isolated);
        assert_true(isolation_excuses(&t, 11));
        assert_true(t.isolated);
        assert_true(isolation_excuses(&t, 12));
        assert_true(isolation_witness(&t, false, 20));
        assert_false(t.isolated);
        assert_false(isolation_excuses(&t, 21));
}

static void a_machine_that_answers_disproves_the_witness(void **state UNUSED) {
        IsolationTrack t = {0};

        isolation_witness(&t, true, 10);
        isolation_excuses(&t, 11);
        assert_true(isolation_answered(&t, 12, 13));
        assert_false(t.isolated);
        assert_false(isolation_excuses(&t, 14)); /* another machine that fails is really down */
        assert_false(isolation_answered(&t, 15, 16));
}

static void an_answer_from_before_the_link_went_disproves_nothing(void **state UNUSED) {
        IsolationTrack t = {0};

        isolation_witness(&t, true, 10);
        assert_false(isolation_answered(&t, 9, 11));
        assert_true(isolation_excuses(&t, 12));
        assert_false(isolation_answered(&t, 9, 13));
        assert_true(t.isolated);
}

/* A gateway may be gone for weeks without anybody missing it; then the cable is pulled. */
static void what_answered_before_a_second_witness_went_is_forgotten(void **state UNUSED) {
        IsolationTrack t = {0};

        isolation_witness(&t, true, 10);
        isolation_answered(&t, 20, 21);
        assert_false(isolation_excuses(&t, 22));
        isolation_witness(&t, true, 30);
        assert_true(isolation_excuses(&t, 31));
        assert_true(t.isolated);
}

static void told_once_each_way(void **state UNUSED) {
        IsolationTrack t = {0};

        isolation_witness(&t, true, 10);
        assert_false(isolation_witness(&t, true, 11));
        isolation_excuses(&t, 12);
        assert_false(isolation_witness(&t, true, 13));
        assert_true(isolation_witness(&t, false, 14));
        assert_false(isolation_witness(&t, false, 15));
}

static void what_began_while_cut_off_proves_nothing_afterwards(void **state UNUSED) {
        IsolationTrack t = {0};

        assert_false(isolation_overlaps(&t, 0));
        isolation_witness(&t, true, 10);
        isolation_witness(&t, false, 15); /* nobody was cut off */
        assert_false(isolation_overlaps(&t, 14));
        isolation_witness(&t, true, 20);
        isolation_excuses(&t, 21);
        assert_true(isolation_overlaps(&t, 22));
        isolation_witness(&t, false, 30);
        assert_true(isolation_overlaps(&t, 29));
        assert_false(isolation_overlaps(&t, 30));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_failure_behind_a_link_that_is_well_counts),
                cmocka_unit_test(a_failure_while_the_witness_is_gone_proves_nothing),
                cmocka_unit_test(a_machine_that_answers_disproves_the_witness),
                cmocka_unit_test(an_answer_from_before_the_link_went_disproves_nothing),
                cmocka_unit_test(what_answered_before_a_second_witness_went_is_forgotten),
                cmocka_unit_test(told_once_each_way),
                cmocka_unit_test(what_began_while_cut_off_proves_nothing_afterwards),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
