/* When a maintenance warns and ends, whatever the clocks do. */

#include "unit.h"

#include "hsmd/maintenance-time.h"

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR (60 * MINUTE)

/* Both clocks when it began. */
#define NOW (100 * HOUR)
#define WALL (500000 * HOUR)

static MaintenancePhase phase_at(const MaintenanceTime *t, usec_t after, int64_t clock_set_by) {
        return maintenance_phase(t, NOW + after, (usec_t) ((int64_t) (WALL + after) + clock_set_by));
}

static void warns_ten_minutes_before_its_end(void **state UNUSED) {
        MaintenanceTime t = maintenance_time(WALL + 2 * HOUR, NOW, WALL);

        assert_int_equal(phase_at(&t, 0, 0), MAINTENANCE_RUNS);
        assert_int_equal(phase_at(&t, 110 * MINUTE - 1, 0), MAINTENANCE_RUNS);
        assert_int_equal(phase_at(&t, 110 * MINUTE, 0), MAINTENANCE_ENDS_SOON);
        assert_int_equal(phase_at(&t, 2 * HOUR - 1, 0), MAINTENANCE_ENDS_SOON);
        assert_int_equal(phase_at(&t, 2 * HOUR, 0), MAINTENANCE_OVER);
}

static void short_one_warns_at_half_of_its_time(void **state UNUSED) {
        MaintenanceTime t = maintenance_time(WALL + 6 * MINUTE, NOW, WALL);

        assert_int_equal(phase_at(&t, 3 * MINUTE - 1, 0), MAINTENANCE_RUNS);
        assert_int_equal(phase_at(&t, 3 * MINUTE, 0), MAINTENANCE_ENDS_SOON);
        assert_int_equal(phase_at(&t, 6 * MINUTE, 0), MAINTENANCE_OVER);
}

static void clock_set_back_by_hours_does_not_lengthen_it(void **state UNUSED) {
        MaintenanceTime t = maintenance_time(WALL + 2 * HOUR, NOW, WALL);

        assert_int_equal(phase_at(&t, HOUR, -(int64_t) (5 * HOUR)), MAINTENANCE_RUNS);
        assert_int_equal(phase_at(&t, 115 * MINUTE, -(int64_t) (5 * HOUR)), MAINTENANCE_ENDS_SOON);
        assert_int_equal(phase_at(&t, 2 * HOUR, -(int64_t) (5 * HOUR)), MAINTENANCE_OVER);
}

static void clock_set_forward_by_hours_ends_it(void **state UNUSED) {
        MaintenanceTime t = maintenance_time(WALL + 2 * HOUR, NOW, WALL);

        assert_int_equal(phase_at(&t, MINUTE, (int64_t) (5 * HOUR)), MAINTENANCE_OVER);
        /* and back again, before anybody looked */
        assert_int_equal(phase_at(&t, MINUTE, 0), MAINTENANCE_RUNS);
}

static void restart_goes_on_with_what_is_left(void **state UNUSED) {
        /* another monotonic clock: the host was started anew */
        MaintenanceTime t = maintenance_time_restored(WALL, WALL + 2 * HOUR, MINUTE, WALL + 30 * MINUTE);

        assert_int_equal(maintenance_left(&t, MINUTE, WALL + 30 * MINUTE), 90 * MINUTE);
        assert_int_equal(maintenance_phase(&t, 91 * MINUTE, WALL + 2 * HOUR), MAINTENANCE_OVER);
}

static void restart_past_its_end_finds_it_over(void **state UNUSED) {
        MaintenanceTime t = maintenance_time_restored(WALL, WALL + 2 * HOUR, MINUTE, WALL + 3 * HOUR);

        assert_int_equal(maintenance_phase(&t, MINUTE, WALL + 3 * HOUR), MAINTENANCE_OVER);
}

static void restart_with_a_clock_before_its_start_lasts_as_planned_at_most(void **state UNUSED) {
        MaintenanceTime t = maintenance_time_restored(WALL, WALL + 2 * HOUR, MINUTE, WALL - 40 * HOUR);

        assert_int_equal(maintenance_left(&t, MINUTE, WALL - 40 * HOUR), 2 * HOUR);
        assert_int_equal(maintenance_phase(&t, MINUTE + 2 * HOUR, WALL - 38 * HOUR), MAINTENANCE_OVER);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(warns_ten_minutes_before_its_end),
                cmocka_unit_test(short_one_warns_at_half_of_its_time),
                cmocka_unit_test(clock_set_back_by_hours_does_not_lengthen_it),
                cmocka_unit_test(clock_set_forward_by_hours_ends_it),
                cmocka_unit_test(restart_goes_on_with_what_is_left),
                cmocka_unit_test(restart_past_its_end_finds_it_over),
                cmocka_unit_test(restart_with_a_clock_before_its_start_lasts_as_planned_at_most),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
