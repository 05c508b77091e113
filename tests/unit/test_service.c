/* Can it sign now, and after one more loss? */
#include "hsmd/pool.h"
#include "hsmd/service.h"
#include "unit.h"

#define KEYS 0x5u

static const ServiceMember good = {
        .serves = true, .keys_held = 0xf, .keys_used = 0x5, .keys_known = 0xf, .capacity = 1000};

static ServiceVerdict judge(const ServiceMember *members, size_t n, uint32_t required, uint32_t rate) {
        const ServiceNeeds needs = {.keys = KEYS, .required = required, .required_rate = rate};

        return service_judge(members, n, &needs);
}

static void enough_members_with_its_keys_are_ok(void **state UNUSED) {
        const ServiceMember m[] = {good, good};
        ServiceVerdict v = judge(m, 2, 1, 0);

        assert_int_equal(v.state, SERVICE_OK);
        assert_int_equal(v.serving, 2);
        assert_int_equal(v.survivable, 1);
        assert_int_equal(v.keys_usable, 2);
        assert_int_equal(v.keys_required, 2);
        assert_int_equal(v.capacity, 2000);
        assert_false(v.has_headroom);
        assert_int_equal(v.basis, BASIS_BUSINESS);
}

static void losses_make_it_at_risk_degraded_and_lost(void **state UNUSED) {
        const ServiceMember m[] = {good, good, {0}, {0}};

        assert_int_equal(judge(m, 2, 2, 0).state, SERVICE_AT_RISK);
        assert_int_equal(judge(m + 1, 2, 2, 0).state, SERVICE_DEGRADED);
        assert_int_equal(judge(m + 2, 2, 2, 0).state, SERVICE_LOST);
        assert_int_equal(judge(m + 2, 2, 2, 0).survivable, -2);
        assert_int_equal(judge(m + 2, 2, 2, 0).basis, BASIS_PROBE);
}

static void member_without_one_of_its_keys_does_not_serve_it(void **state UNUSED) {
        ServiceMember m[] = {good, good};
        ServiceVerdict v;

        m[1].keys_held = 0xb;
        v = judge(m, 2, 1, 0);
        assert_int_equal(v.serving, 1);
        assert_int_equal(v.state, SERVICE_AT_RISK);
        assert_int_equal(v.keys_usable, 2);
        m[0].keys_held = 0xb;
        v = judge(m, 2, 1, 0);
        assert_int_equal(v.state, SERVICE_LOST);
        assert_int_equal(v.keys_usable, 1);
}

static void unknown_members_that_could_make_it_up_make_it_unknown(void **state UNUSED) {
        ServiceMember m[] = {good, {.unknown = true}, {0}};

        assert_int_equal(judge(m, 3, 1, 0).state, SERVICE_AT_RISK);
        assert_int_equal(judge(m, 3, 2, 0).state, SERVICE_UNKNOWN);
        assert_int_equal(judge(m, 3, 3, 0).state, SERVICE_DEGRADED);
        /* up, and nothing is known yet of one of its keys */
        m[1] = good;
        m[1].keys_held = m[1].keys_known = 0x1;
        assert_int_equal(judge(m, 3, 2, 0).state, SERVICE_UNKNOWN);
}

static void too_little_capacity_is_degraded(void **state UNUSED) {
        const ServiceMember m[] = {good, good};
        ServiceVerdict v = judge(m, 2, 1, 2500);

        assert_true(v.has_headroom);
        assert_int_equal(v.headroom, -500);
        assert_int_equal(v.state, SERVICE_DEGRADED);
        assert_int_equal(v.survivable, -1);
}

static void survivable_counts_capacity_and_the_largest_go_first(void **state UNUSED) {
        ServiceMember m[] = {good, good, good, good};

        assert_int_equal(judge(m, 4, 1, 1000).survivable, 3);
        assert_int_equal(judge(m, 4, 1, 2500).survivable, 1);
        assert_int_equal(judge(m, 4, 1, 3500).survivable, 0);
        assert_int_equal(judge(m, 4, 1, 3500).state, SERVICE_AT_RISK);
        m[2].capacity = 3000;
        assert_int_equal(judge(m, 4, 1, 2500).survivable, 1);
        assert_int_equal(judge(m, 4, 1, 3500).survivable, 0);
        /* and never more than members may go */
        assert_int_equal(judge(m, 4, 4, 100).survivable, 0);
}

static void one_member_of_unknown_capacity_leaves_headroom_unknown(void **state UNUSED) {
        ServiceMember m[] = {good, good};
        ServiceVerdict v;

        m[1].capacity = 0;
        v = judge(m, 2, 1, 5000);
        assert_false(v.has_headroom);
        assert_int_equal(v.capacity, 0);
        assert_int_equal(v.state, SERVICE_OK);
}

static void basis_is_what_every_serving_member_has_shown(void **state UNUSED) {
        ServiceMember m[] = {good, good};

        m[1].keys_used = 0x2;
        assert_int_equal(judge(m, 2, 1, 0).basis, BASIS_PROBE);
        m[1].keys_used = 0;
        assert_int_equal(judge(m, 2, 1, 0).basis, BASIS_PRESENT);
        m[1].serves = false;
        assert_int_equal(judge(m, 2, 1, 0).basis, BASIS_BUSINESS);
}

static void capacity_of_a_pool_is_that_of_members_that_serve(void **state UNUSED) {
        PoolFacts f = {.members = 3, .serving = 2, .required = 1, .capacity = 2000, .capacity_known = true};

        assert_int_equal(pool_judge(&f).capacity, 2000);
        f.capacity_known = false;
        assert_int_equal(pool_judge(&f).capacity, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(enough_members_with_its_keys_are_ok),
                cmocka_unit_test(losses_make_it_at_risk_degraded_and_lost),
                cmocka_unit_test(member_without_one_of_its_keys_does_not_serve_it),
                cmocka_unit_test(unknown_members_that_could_make_it_up_make_it_unknown),
                cmocka_unit_test(too_little_capacity_is_degraded),
                cmocka_unit_test(survivable_counts_capacity_and_the_largest_go_first),
                cmocka_unit_test(one_member_of_unknown_capacity_leaves_headroom_unknown),
                cmocka_unit_test(basis_is_what_every_serving_member_has_shown),
                cmocka_unit_test(capacity_of_a_pool_is_that_of_members_that_serve),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
