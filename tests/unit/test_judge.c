/* Judgement is pure: a year passes here in no time. */
#include "hsmd/config.h"
#include "hsmd/judge.h"
#include "hsmd/pool.h"
#include "unit.h"

static const JudgeParams two_two = {.fall = 2, .rise = 2};
static const Evidence good = {.ok = true};
static const Evidence bad = {.ok = false, .step = STEP_SIGN, .reason = REASON_CALL_FAILED};

static Judgement up_at(usec_t now) {
        Judgement j;

        judge_init(&j, 0);
        judge_evidence(&j, &two_two, &good, now);
        return j;
}

static void no_evidence_is_unknown(void **state UNUSED) {
        Judgement j;

        judge_init(&j, 7);
        assert_int_equal(j.state, DEVICE_UNKNOWN);
        assert_int_equal(j.reason, REASON_STARTING);
        assert_int_equal(j.since, 7);
        assert_true(judge_wants_fast(&j));
        assert_false(device_state_serves(j.state));
}

static void one_complete_climb_from_unknown_is_up(void **state UNUSED) {
        Judgement j = up_at(10);

        assert_int_equal(j.state, DEVICE_UP);
        assert_int_equal(j.reason, REASON_NONE);
        assert_int_equal(j.since, 10);
        assert_false(judge_wants_fast(&j));
}

static void unknown_that_fails_serves_at_no_time(void **state UNUSED) {
        Judgement j;

        judge_init(&j, 0);
        assert_false(judge_evidence(&j, &two_two, &bad, 1));
        assert_int_equal(j.state, DEVICE_UNKNOWN);
        assert_true(judge_evidence(&j, &two_two, &bad, 2));
        assert_int_equal(j.state, DEVICE_DOWN);
        assert_int_equal(j.failed_step, STEP_SIGN);
}

static void fall_failures_make_suspect_then_down(void **state UNUSED) {
        JudgeParams three = {.fall = 3, .rise = 1};
        Judgement j = up_at(0);

        judge_evidence(&j, &three, &bad, 1);
        assert_int_equal(j.state, DEVICE_SUSPECT);
        assert_true(device_state_serves(j.state));
        assert_true(judge_wants_fast(&j));
        assert_false(judge_evidence(&j, &three, &bad, 2));
        assert_int_equal(j.state, DEVICE_SUSPECT);
        judge_evidence(&j, &three, &bad, 3);
        assert_int_equal(j.state, DEVICE_DOWN);
        assert_int_equal(j.since, 3);
        assert_false(judge_wants_fast(&j));
}

static void a_success_ends_suspicion(void **state UNUSED) {
        Judgement j = up_at(0);

        judge_evidence(&j, &two_two, &bad, 1);
        judge_evidence(&j, &two_two, &good, 2);
        assert_int_equal(j.state, DEVICE_UP);
        assert_int_equal(j.failed_step, STEP_NONE);
        judge_evidence(&j, &two_two, &bad, 3);
        assert_int_equal(j.state, DEVICE_SUSPECT); /* the failures before do not add up */
}

static void rise_successes_make_recovering_then_up(void **state UNUSED) {
        Judgement j = up_at(0);

        judge_evidence(&j, &two_two, &bad, 1);
        judge_evidence(&j, &two_two, &bad, 2);
        judge_evidence(&j, &two_two, &good, 3);
        assert_int_equal(j.state, DEVICE_RECOVERING);
        assert_int_equal(j.failed_step, STEP_SIGN); /* what it recovers from */
        assert_false(device_state_serves(j.state));
        judge_evidence(&j, &two_two, &good, 4);
        assert_int_equal(j.state, DEVICE_UP);
        assert_int_equal(j.failed_step, STEP_NONE);
}

static void a_failure_while_recovering_is_down_at_once(void **state UNUSED) {
        Judgement j = up_at(0);

        judge_evidence(&j, &two_two, &bad, 1);
        judge_evidence(&j, &two_two, &bad, 2);
        judge_evidence(&j, &two_two, &good, 3);
        judge_evidence(&j, &two_two, &bad, 4);
        assert_int_equal(j.state, DEVICE_DOWN);
}

static void a_wrong_signature_needs_no_second_one(void **state UNUSED) {
        Evidence wrong = {
                .ok = false, .at_once = true, .step = STEP_VERIFY, .reason = REASON_WRONG_SIGNATURE};
        Judgement j = up_at(0);

        judge_evidence(&j, &two_two, &wrong, 1);
        assert_int_equal(j.state, DEVICE_DOWN);
        assert_int_equal(j.reason, REASON_WRONG_SIGNATURE);
}

static void conditions_degrade_only_what_is_up(void **state UNUSED) {
        Conditions hot = {0}, both = {0}, none = {0};
        Judgement j = up_at(0);

        conditions_add(&hot, REASON_HOT);
        conditions_add(&both, REASON_HOT);
        conditions_add(&both, REASON_KEY_MISSING);

        assert_true(judge_conditions(&j, &hot, 1));
        assert_int_equal(j.state, DEVICE_DEGRADED);
        assert_int_equal(j.reason, REASON_HOT);
        assert_false(judge_conditions(&j, &both, 2));
        assert_int_equal(j.reason, REASON_KEY_MISSING);
        assert_int_equal(j.since, 1); /* another reason is not another state */
        judge_evidence(&j, &two_two, &bad, 3);
        assert_int_equal(j.state, DEVICE_SUSPECT);
        judge_evidence(&j, &two_two, &bad, 4);
        assert_int_equal(j.state, DEVICE_DOWN);
        assert_false(judge_conditions(&j, &none, 5));
        assert_int_equal(j.state, DEVICE_DOWN);
}

static Reason worst_of(Reason a, Reason b) {
        Conditions c = {0};

        conditions_add(&c, a);
        conditions_add(&c, b);
        return conditions_worst(&c);
}

static void a_cause_is_told_before_what_it_brings_about(void **state UNUSED) {
        static const Reason chain[] = {REASON_KEY_MISMATCH, REASON_KEY_MISSING, REASON_POWER_FAILED,
                REASON_FAN_FAILED, REASON_HOT, REASON_TEMPERATURE_RISING, REASON_ABOVE_ROOM,
                REASON_SENSOR_LOST, REASON_AGENT_RESTARTED};

        for (size_t i = 0; i < ELEMENTSOF(chain); i++)
                for (size_t k = i; k < ELEMENTSOF(chain); k++) {
                        assert_int_equal(worst_of(chain[i], chain[k]), chain[i]);
                        assert_int_equal(worst_of(chain[k], chain[i]), chain[i]);
                }
        assert_int_equal(worst_of(REASON_ROOM_WARM, REASON_HOT), REASON_ROOM_WARM);
}

/* One that were not ranked would degrade nothing. */
static void every_reason_that_sensors_raise_is_ranked(void **state UNUSED) {
        for (unsigned r = REASON_COLD; r <= REASON_DUPLICATE_ENGINE_ID; r++) {
                Conditions c = {0};

                conditions_add(&c, (Reason) r);
                assert_int_equal(conditions_worst(&c), r);
        }
}

static void what_proves_nothing_leaves_it_unknown(void **state UNUSED) {
        Evidence waiting = {.unjudged = true, .step = STEP_LOGIN, .reason = REASON_PIN_WAITING};
        Judgement j = up_at(0);

        assert_true(judge_evidence(&j, &two_two, &waiting, 1));
        assert_int_equal(j.state, DEVICE_UNKNOWN);
        assert_int_equal(j.reason, REASON_PIN_WAITING);
        judge_evidence(&j, &two_two, &waiting, 2);
        judge_evidence(&j, &two_two, &waiting, 3);
        assert_int_equal(j.state, DEVICE_UNKNOWN); /* however often */
        judge_evidence(&j, &two_two, &good, 4);
        assert_int_equal(j.state, DEVICE_UP);
}

static void maintenance_is_shown_and_the_ladder_goes_on(void **state UNUSED) {
        Judgement j = up_at(0);

        assert_true(judge_maintenance(&j, true, 1));
        assert_int_equal(j.state, DEVICE_MAINTENANCE);
        assert_int_equal(j.reason, REASON_MAINTENANCE);
        assert_false(device_state_serves(j.state));
        judge_evidence(&j, &two_two, &bad, 2);
        judge_evidence(&j, &two_two, &bad, 3);
        assert_int_equal(j.state, DEVICE_MAINTENANCE);
        assert_true(judge_maintenance(&j, false, 4));
        assert_int_equal(j.state, DEVICE_DOWN);
}

static void evidence_that_stays_away_is_unknown(void **state UNUSED) {
        Judgement j = up_at(0);

        assert_true(judge_no_evidence(&j, 9));
        assert_int_equal(j.state, DEVICE_UNKNOWN);
        assert_int_equal(j.reason, REASON_NO_EVIDENCE);
        judge_evidence(&j, &two_two, &good, 10);
        assert_int_equal(j.state, DEVICE_UP);
}

static void what_nobody_looked_at_comes_back_unknown(void **state UNUSED) {
        Judgement j = up_at(0);

        judge_maintenance(&j, true, 1);
        assert_false(judge_begin_anew(&j, 9)); /* nothing is shown of it yet */
        assert_true(judge_maintenance(&j, false, 9));
        assert_int_equal(j.state, DEVICE_UNKNOWN);
        assert_int_equal(j.reason, REASON_STARTING);
        judge_evidence(&j, &two_two, &good, 10);
        assert_int_equal(j.state, DEVICE_UP);
}

static void the_default_bound_is_23_seconds(void **state UNUSED) {
        ConfigTiming t = {.interval = 10 * USEC_PER_SEC,
                .jitter = USEC_PER_SEC,
                .fast_interval = USEC_PER_SEC,
                .deadline = 5 * USEC_PER_SEC,
                .restart = USEC_PER_SEC,
                .fall = 2,
                .rise = 2};

        assert_int_equal(detection_bound(&t), 23 * USEC_PER_SEC);
}

/* A device under random faults, its attempts as slow as they may be: at no time does a fault outlast the
 * bound without being known, and no state stands without the evidence for it. */
static usec_t next_attempt(const Judgement *j, const ConfigTiming *t, usec_t started, usec_t ended) {
        if (judge_wants_fast(j))
                return ended + t->restart + t->fast_interval;
        return MAX_OF(started + t->interval + t->jitter, ended);
}

static void a_year_of_faults_is_known_within_the_bound(void **state UNUSED) {
        ConfigTiming t = {.interval = 10 * USEC_PER_SEC,
                .jitter = USEC_PER_SEC,
                .fast_interval = USEC_PER_SEC,
                .deadline = 5 * USEC_PER_SEC,
                .restart = USEC_PER_SEC,
                .fall = 2,
                .rise = 2};
        usec_t at = 0, fault_from = USEC_INFINITY, fault_until = 0, bound = detection_bound(&t), known = 0;
        const usec_t year = 365 * 86400 * USEC_PER_SEC;
        unsigned seed = 20261124, faults = 0;
        Judgement j;

        print_message("seed %u\n", seed);
        judge_init(&j, 0);
        while (at < year) {
                bool failing = at >= fault_from && at < fault_until;
                usec_t ended = at + (failing ? t.deadline : USEC_PER_MSEC);
                DeviceState before = j.state;

                judge_evidence(&j, &two_two, failing ? &bad : &good, ended);
                if (failing && j.state == DEVICE_DOWN && before != DEVICE_DOWN) {
                        assert_true(ended - fault_from <= bound);
                        known++;
                }
                assert_true(!device_state_serves(j.state) || j.failures < two_two.fall);
                if (j.state == DEVICE_UP && at >= fault_until) {
                        /* the next fault strikes anywhere in the time to come, and lasts longer than the
                         * bound */
                        fault_from = ended + (usec_t) (rand_r(&seed) % 600 + 1) * USEC_PER_SEC;
                        fault_until = fault_from + bound + (usec_t) (rand_r(&seed) % 120) * USEC_PER_SEC;
                        faults++;
                }
                at = next_attempt(&j, &t, at, ended);
        }
        print_message("%u faults\n", faults);
        assert_true(faults > 10000);
        assert_in_range(known, faults - 1, faults);
}

static PoolState pool_of(unsigned members, unsigned serving, unsigned unknown, unsigned required) {
        PoolFacts f = {.members = members, .serving = serving, .unknown = unknown, .required = required};

        return pool_judge(&f).state;
}

static void a_pool_is_as_good_as_its_margin(void **state UNUSED) {
        PoolFacts f = {.members = 7, .serving = 2, .required = 3};

        assert_int_equal(pool_of(7, 7, 0, 1), POOL_REDUNDANT);
        assert_int_equal(pool_of(7, 3, 0, 3), POOL_AT_CAPACITY);
        assert_int_equal(pool_of(7, 2, 0, 3), POOL_DEGRADED);
        assert_int_equal(pool_of(7, 0, 0, 3), POOL_LOST);
        assert_int_equal(pool_judge(&f).survivable, -1);
}

static void unknown_members_may_make_a_pool_unknown_but_never_better(void **state UNUSED) {
        assert_int_equal(pool_of(7, 2, 1, 3), POOL_UNKNOWN);
        assert_int_equal(pool_of(7, 1, 1, 3), POOL_DEGRADED);
        assert_int_equal(pool_of(7, 0, 2, 3), POOL_LOST);
        assert_int_equal(pool_of(7, 3, 4, 3), POOL_AT_CAPACITY);
        assert_int_equal(pool_of(2, 0, 2, 1), POOL_UNKNOWN);
}

static void the_worst_pool_speaks_for_the_fleet(void **state UNUSED) {
        static const ServiceState worst_first[] = {
                SERVICE_LOST, SERVICE_DEGRADED, SERVICE_UNKNOWN, SERVICE_AT_RISK, SERVICE_OK};

        for (size_t i = 0; i < ELEMENTSOF(worst_first); i++)
                for (size_t k = i; k < ELEMENTSOF(worst_first); k++) {
                        assert_int_equal(service_state_worse(worst_first[i], worst_first[k]), worst_first[i]);
                        assert_int_equal(service_state_worse(worst_first[k], worst_first[i]), worst_first[i]);
                }
        assert_int_equal(pool_state_as_service(POOL_REDUNDANT), SERVICE_OK);
        assert_int_equal(pool_state_as_service(POOL_AT_CAPACITY), SERVICE_AT_RISK);
        assert_int_equal(pool_state_as_service(POOL_LOST), SERVICE_LOST);
}

static const JudgeParams flapping = {.fall = 2, .rise = 2, .flap = {.flaps = 3, .forget = 1000}};

static void fall_and_rise(Judgement *j, usec_t now) {
        for (unsigned i = 0; i < 2; i++)
                judge_evidence(j, &flapping, &bad, now);
        for (unsigned i = 0; i < 2; i++)
                judge_evidence(j, &flapping, &good, now);
}

static void what_falls_too_often_is_degraded_while_it_is_up(void **state UNUSED) {
        Judgement j = up_at(0);

        fall_and_rise(&j, 10);
        fall_and_rise(&j, 20);
        assert_int_equal(j.state, DEVICE_UP);
        fall_and_rise(&j, 30);
        assert_int_equal(j.state, DEVICE_DEGRADED);
        assert_int_equal(j.reason, REASON_FLAPPING);
        assert_true(device_state_serves(j.state));
        judge_evidence(&j, &flapping, &bad, 40); /* the ladder goes on as ever */
        assert_int_equal(j.state, DEVICE_SUSPECT);
        judge_evidence(&j, &flapping, &good, 41);
        assert_false(judge_tick(&j, &flapping, 2009));
        assert_true(judge_tick(&j, &flapping, 2010));
        assert_int_equal(j.state, DEVICE_UP);
        assert_int_equal(j.since, 2010);
}

static void lost_key_is_told_before_flapping_and_heat_after_it(void **state UNUSED) {
        Conditions c = {0};

        conditions_add(&c, REASON_HOT);
        conditions_add(&c, REASON_FLAPPING);
        assert_int_equal(conditions_worst(&c), REASON_FLAPPING);
        conditions_add(&c, REASON_KEY_MISSING);
        assert_int_equal(conditions_worst(&c), REASON_KEY_MISSING);
}

static void what_is_no_fall_is_not_counted(void **state UNUSED) {
        Judgement j;

        judge_init(&j, 0);
        for (unsigned i = 0; i < 10; i++) { /* it never came up */
                judge_evidence(&j, &flapping, &bad, i);
                judge_evidence(&j, &flapping, &bad, i);
                judge_evidence(&j, &flapping, &good, i); /* recovering, and down again */
        }
        assert_int_equal(j.flap.level, 0);
        j = up_at(0);
        judge_maintenance(&j, true, 1);
        for (unsigned i = 0; i < 10; i++)
                fall_and_rise(&j, 10);
        assert_int_equal(j.flap.level, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_evidence_is_unknown),
                cmocka_unit_test(one_complete_climb_from_unknown_is_up),
                cmocka_unit_test(unknown_that_fails_serves_at_no_time),
                cmocka_unit_test(fall_failures_make_suspect_then_down),
                cmocka_unit_test(a_success_ends_suspicion),
                cmocka_unit_test(rise_successes_make_recovering_then_up),
                cmocka_unit_test(a_failure_while_recovering_is_down_at_once),
                cmocka_unit_test(a_wrong_signature_needs_no_second_one),
                cmocka_unit_test(conditions_degrade_only_what_is_up),
                cmocka_unit_test(a_cause_is_told_before_what_it_brings_about),
                cmocka_unit_test(every_reason_that_sensors_raise_is_ranked),
                cmocka_unit_test(what_proves_nothing_leaves_it_unknown),
                cmocka_unit_test(maintenance_is_shown_and_the_ladder_goes_on),
                cmocka_unit_test(evidence_that_stays_away_is_unknown),
                cmocka_unit_test(what_nobody_looked_at_comes_back_unknown),
                cmocka_unit_test(the_default_bound_is_23_seconds),
                cmocka_unit_test(a_year_of_faults_is_known_within_the_bound),
                cmocka_unit_test(a_pool_is_as_good_as_its_margin),
                cmocka_unit_test(unknown_members_may_make_a_pool_unknown_but_never_better),
                cmocka_unit_test(the_worst_pool_speaks_for_the_fleet),
                cmocka_unit_test(what_falls_too_often_is_degraded_while_it_is_up),
                cmocka_unit_test(lost_key_is_told_before_flapping_and_heat_after_it),
                cmocka_unit_test(what_is_no_fall_is_not_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
