/* From what devices show to alarms, pools, failovers and services. */
#include "situation-fixture.h"

static void all_up(World *w) {
        for (size_t i = 0; i < DEVICES; i++)
                up(w, i);
        settle(w);
        mark(w);
}

static World *healthy(void **state) {
        World *w = *state;

        all_up(w);
        later(w, 10 * SECOND);
        return w;
}

static PoolState pool_state(const World *w, size_t pool) {
        return situation_pool(w->situation, pool).state;
}

/* --- start
 * -------------------------------------------------------------------------------------------------- */

static void healthy_fleet_tells_receivers_nothing(void **state) {
        World *w = *state;

        for (size_t i = 0; i < DEVICES; i++) {
                up(w, i);
                settle(w);
        }
        for (size_t i = 0; i < w->n; i++)
                assert_false(w->notified[i]);
        assert_int_equal(count(w, EVENT_DEVICE_STATE), DEVICES);
        assert_int_equal(count(w, EVENT_POOL_STATE), 0);
        assert_int_equal(active(w), 0);
        assert_int_equal(situation_fleet(w->situation), SERVICE_OK);
}

static void no_evidence_is_no_verdict(void **state) {
        World *w = *state;

        settle(w);
        assert_int_equal(w->n, 0);
        assert_int_equal(pool_state(w, 0), POOL_UNKNOWN);
        assert_int_equal(situation_fleet(w->situation), SERVICE_UNKNOWN);
        up(w, 0);
        settle(w);
        assert_false(situation_pool(w->situation, 0).judged);
        assert_int_equal(count(w, EVENT_POOL_STATE), 0);
}

static void same_facts_again_emit_nothing(void **state) {
        World *w = healthy(state);

        down(w, 0, REASON_CALL_FAILED);
        add_finding(w, 2, REASON_HOT, "cpu", "81.0");
        settle(w);
        mark(w);
        for (unsigned i = 0; i < 10; i++) {
                for (size_t k = 0; k < DEVICES; k++)
                        give(w, k);
                settle(w);
                later(w, SECOND);
        }
        assert_int_equal(w->n, w->mark);
}

/* --- the two-machine pool
 * -------------------------------------------------------------------------------------------------- */

static void one_of_two_unplugged_is_a_failover_and_at_risk(void **state) {
        World *w = healthy(state);
        const Failover *f;
        size_t n;

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(pool_state(w, 0), POOL_AT_CAPACITY);
        assert_int_equal(situation_pool(w->situation, 0).survivable, 0);
        assert_int_equal(count_notified(w, EVENT_ALARM_RAISED), 1);
        assert_int_equal(count_notified(w, EVENT_POOL_FAILOVER), 1);
        assert_int_equal(count_notified(w, EVENT_SERVICE_AT_RISK), 1);
        assert_string_equal(last(w, EVENT_SERVICE_AT_RISK)->state, "at_risk");
        assert_int_equal(find_alarm(w, "device-down", 0)->severity, SEVERITY_MAJOR);
        f = situation_failovers(w->situation, &n);
        assert_int_equal(n, 1);
        assert_int_equal(f->device, 0);
        assert_int_equal(f->survivors, 1);
        assert_int_equal(f->detection, 10 * SECOND);
        assert_int_equal(f->last_good, w->now.realtime - 10 * SECOND);
        assert_int_equal(f->latency_before, 500);
        assert_int_equal(situation_pool(w->situation, 0).failovers, 1);
}

static void both_unplugged_have_one_alarm_and_three_notifications(void **state) {
        World *w = healthy(state);
        const Alarm *a;
        uint32_t first;

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        first = find_alarm(w, "device-down", 0)->id;
        later(w, 20 * SECOND);
        down(w, 1, REASON_TIMEOUT);
        settle(w);
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_non_null(a);
        assert_int_equal(a->severity, SEVERITY_CRITICAL);
        assert_int_equal(a->correlated, first);
        assert_int_equal(active(w), 1);
        assert_int_equal(alarm_notifications(w), 3);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->alarm, first);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->cause, REASON_SUPERSEDED);
        assert_int_equal(count_notified(w, EVENT_POOL_FAILOVER), 2);
        assert_string_equal(last(w, EVENT_SERVICE_AT_RISK)->state, "lost");
        assert_int_equal(pool_state(w, 0), POOL_LOST);
        assert_int_equal(situation_fleet(w->situation), SERVICE_LOST);
}

static void losses_and_what_they_bring_about_name_their_alarm_over_a_restart(void **state) {
        World *w = healthy(state);
        uint32_t first, common;

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        first = find_alarm(w, "device-down", 0)->id;
        assert_int_equal(last(w, EVENT_POOL_FAILOVER)->alarm, first);
        assert_int_equal(last(w, EVENT_POOL_FAILOVER)->severity, SEVERITY_MAJOR);
        assert_int_equal(last(w, EVENT_SERVICE_AT_RISK)->alarm, first);
        later(w, 20 * SECOND);
        down(w, 1, REASON_TIMEOUT);
        settle(w);
        common = find_alarm(w, "common-cause", SIZE_MAX)->id;
        assert_int_equal(last(w, EVENT_POOL_FAILOVER)->alarm, common);
        assert_int_equal(last(w, EVENT_SERVICE_AT_RISK)->alarm, common);
        assert_int_equal(last(w, EVENT_SERVICE_AT_RISK)->severity, SEVERITY_CRITICAL);
        world_restart(w);
        world_restore(w);
        up(w, 0);
        up(w, 1);
        settle(w);
        assert_int_equal(last(w, EVENT_POOL_RECOVERED)->alarm, common);
        assert_int_equal(last(w, EVENT_SERVICE_RECOVERED)->alarm, common);
        assert_int_equal(last(w, EVENT_SERVICE_RECOVERED)->severity, SEVERITY_CLEARED);
}

static void both_back_clear_it_and_close_the_ledger(void **state) {
        World *w = healthy(state);
        const Failover *f;
        size_t n;

        down(w, 0, REASON_CALL_FAILED);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        later(w, 600 * SECOND);
        mark(w);
        in_state(w, 0, DEVICE_RECOVERING, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 1);
        up(w, 0);
        settle(w);
        assert_int_equal(active(w), 1);
        assert_int_equal(count(w, EVENT_POOL_RECOVERED), 0);
        up(w, 1);
        settle(w);
        assert_int_equal(active(w), 0);
        assert_int_equal(alarm_notifications(w), 1);
        assert_int_equal(count_notified(w, EVENT_POOL_RECOVERED), 1);
        assert_int_equal(count_notified(w, EVENT_SERVICE_RECOVERED), 1);
        assert_int_equal(count(w, EVENT_FAILOVER_RETURNED), 2);
        f = situation_failovers(w->situation, &n);
        assert_int_equal(n, 2);
        assert_true(f[0].returned != 0 && f[1].returned != 0);
        assert_int_equal(f[0].latency_after, 0); /* nobody else served then */
        assert_int_equal(f[1].latency_after, 500);
}

/* --- common causes
 * -------------------------------------------------------------------------------------------------- */

static void second_fall_out_of_the_window_has_its_own_alarm(void **state) {
        World *w = healthy(state);

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        later(w, BOUND + 1);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 2);
        assert_null(find_alarm(w, "common-cause", SIZE_MAX));
        assert_int_equal(count_notified(w, EVENT_ALARM_CLEARED), 0);
}

static void whole_site_of_two_pools_falls_as_one(void **state) {
        World *w = healthy(state);
        const Alarm *a;

        for (size_t i = 0; i < 6; i++) {
                down(w, i, REASON_CALL_FAILED);
                settle(w);
                later(w, BOUND);
        }
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_non_null(a);
        assert_int_equal(active(w), 1);
        assert_int_equal(a->site, 0);
        assert_int_equal(a->pool, SIZE_MAX);
        assert_int_equal(alarm_notifications(w), 3);
        assert_int_equal(count(w, EVENT_ALARM_CHANGED), 4);
        assert_non_null(strstr(a->text, "6 machines failed together (site room-a): hsm-0, hsm-1, hsm-2"));
        assert_non_null(strstr(a->text_local, "6 台密码机同时故障（机房 甲机房（room-a））"));
}

static void pool_over_two_sites_falls_as_one(void **state) {
        World *w = healthy(state);
        const Alarm *a;

        for (size_t i = 5; i < 9; i++) {
                down(w, i, REASON_CALL_FAILED);
                settle(w);
                later(w, 5 * SECOND);
        }
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_int_equal(active(w), 1);
        assert_int_equal(a->pool, 1);
        assert_int_equal(a->site, SIZE_MAX);
        assert_int_equal(alarm_notifications(w), 3);
}

static void shared_service_is_named_as_the_cause(void **state) {
        World *w = healthy(state);
        const Alarm *a;

        down(w, 3, REASON_CALL_FAILED);
        down(w, 9, REASON_CALL_FAILED);
        settle(w);
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_non_null(a);
        assert_int_equal(a->cause, REASON_SHARED_SERVICE);
        assert_string_equal(a->resource, "relay");
        assert_non_null(strstr(a->text, "local service relay is gone"));
}

static void shared_service_that_still_works_for_another_is_not_gone(void **state) {
        World *w = *state;
        const Alarm *a;

        w->devices[2].shared_service = "relay";
        world_restart(w);
        all_up(w);
        later(w, SECOND);
        down(w, 3, REASON_CALL_FAILED);
        settle(w);
        later(w, SECOND);
        down(w, 9, REASON_CALL_FAILED);
        settle(w);
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_int_equal(a->cause, REASON_SHARED_SERVICE); /* 2 has not been asked since */
        up(w, 2);
        settle(w);
        later(w, 61 * SECOND);
        assert_int_equal(a->cause, REASON_COMMON_CAUSE);
        assert_non_null(strstr(a->text, "2 machines failed together"));
        assert_int_equal(count_notified(w, EVENT_ALARM_CHANGED), 0);
}

static void machines_that_nothing_is_known_of_have_not_failed(void **state) {
        World *w = healthy(state);

        in_state(w, 2, DEVICE_UNKNOWN, REASON_NO_EVIDENCE);
        settle(w);
        in_state(w, 3, DEVICE_UNKNOWN, REASON_NO_EVIDENCE);
        settle(w);
        assert_non_null(strstr(find_alarm(w, "common-cause", SIZE_MAX)->text,
                "2 machines became unknown together (site room-a): hsm-2, hsm-3"));
        assert_string_equal(last(w, EVENT_ALARM_RAISED)->state, "unknown");
        later(w, 61 * SECOND);
        down(w, 3, REASON_CALL_FAILED);
        settle(w);
        assert_non_null(strstr(find_alarm(w, "common-cause", SIZE_MAX)->text, "2 machines failed together"));
        in_state(w, 3, DEVICE_UNKNOWN, REASON_NO_EVIDENCE);
        settle(w);
        later(w, 3600 * SECOND);
        assert_non_null(strstr(find_alarm(w, "common-cause", SIZE_MAX)->text, "2 machines failed together"));
}

static void virtual_slot_and_one_machine_are_not_two_machines(void **state) {
        World *w = healthy(state);
        const Alarm *a;

        down(w, 9, REASON_CALL_FAILED);
        settle(w);
        down(w, 10, REASON_CALL_FAILED);
        settle(w);
        assert_null(find_alarm(w, "common-cause", SIZE_MAX));
        assert_int_equal(active(w), 2);
        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 1);
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_non_null(strstr(a->text, "2 machines failed together (pool spare (Spare machines)): hsm-9, "));
}

static void fall_that_shares_nothing_stays_alone(void **state) {
        World *w = healthy(state);

        down(w, 0, REASON_CALL_FAILED);
        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 2);
        assert_null(find_alarm(w, "common-cause", SIZE_MAX));
}

static void second_wave_of_the_same_pool_joins_what_is_still_away(void **state) {
        World *w = healthy(state);

        down(w, 2, REASON_CALL_FAILED);
        down(w, 3, REASON_CALL_FAILED);
        settle(w);
        later(w, 3600 * SECOND);
        down(w, 4, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 2);
        mark(w);
        down(w, 5, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 1);
        /* who sees the alarm of 4 give way is told of what stands for it now */
        assert_int_equal(count_notified(w, EVENT_ALARM_CLEARED), 1);
        assert_int_equal(count_notified(w, EVENT_ALARM_CHANGED), 1);
        assert_non_null(strstr(last(w, EVENT_ALARM_CHANGED)->text, "hsm-2, hsm-3, hsm-4, hsm-5"));
        for (size_t i = 2; i < 6; i++)
                up(w, i);
        settle(w);
        assert_int_equal(active(w), 0);
}

static void wrong_answers_are_never_hidden_in_a_common_cause(void **state) {
        World *w = healthy(state);

        down(w, 2, REASON_WRONG_SIGNATURE);
        down(w, 3, REASON_WRONG_SIGNATURE);
        settle(w);
        assert_int_equal(active(w), 2);
        assert_int_equal(find_alarm(w, "wrong-signature", 2)->severity, SEVERITY_CRITICAL);
        /* and stands when the machine then merely fails */
        down(w, 2, REASON_TIMEOUT);
        settle(w);
        assert_int_equal(active(w), 2);
        assert_null(find_alarm(w, "device-down", 2));
        up(w, 2);
        settle(w);
        assert_int_equal(active(w), 1);
}

/* --- severity, acknowledgement, words
 * -------------------------------------------------------------------------------------------------- */

static void severity_follows_what_the_service_comes_to(void **state) {
        World *w = healthy(state);

        down(w, 2, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(find_alarm(w, "device-down", 2)->severity, SEVERITY_MINOR);
        later(w, 60 * SECOND);
        mark(w);
        down(w, 3, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(find_alarm(w, "device-down", 2)->severity, SEVERITY_MAJOR);
        assert_int_equal(find_alarm(w, "device-down", 3)->severity, SEVERITY_MAJOR);
        assert_int_equal(count_notified(w, EVENT_ALARM_CHANGED), 1);
        assert_int_equal(situation_alarms_of(w->situation, SEVERITY_MAJOR), 2);
        up(w, 3);
        settle(w);
        assert_int_equal(find_alarm(w, "device-down", 2)->severity, SEVERITY_MINOR);
}

static void pool_without_services_counts_alike(void **state) {
        World *w = healthy(state);

        down(w, 9, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(find_alarm(w, "device-down", 9)->severity, SEVERITY_MAJOR);
        later(w, 60 * SECOND);
        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(find_alarm(w, "device-down", 9)->severity, SEVERITY_CRITICAL);
}

static void acknowledged_once_and_kept_when_it_worsens(void **state) {
        World *w = healthy(state);
        uint32_t id;

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        id = find_alarm(w, "device-down", 0)->id;
        assert_int_equal(situation_acknowledge(w->situation, id + 1, "li", 1000, w->now), -ENOENT);
        assert_int_equal(situation_acknowledge(w->situation, id, "li", 1000, w->now), 0);
        assert_int_equal(situation_acknowledge(w->situation, id, "wang", 1001, w->now), -EALREADY);
        assert_string_equal(last(w, EVENT_ALARM_ACKNOWLEDGED)->by, "li");
        later(w, 60 * SECOND);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(find_alarm(w, "device-down", 0)->severity, SEVERITY_CRITICAL);
        assert_true(find_alarm(w, "device-down", 0)->acknowledged);
        assert_string_equal(find_alarm(w, "device-down", 0)->acknowledged_by, "li");
}

static void words_that_change_all_the_time_are_no_storm(void **state) {
        World *w = healthy(state);

        down(w, 2, REASON_CALL_FAILED);
        settle(w);
        mark(w);
        for (unsigned i = 0; i < 360; i++) {
                down(w, 2, i % 2 ? REASON_TIMEOUT : REASON_CALL_FAILED);
                settle(w);
                later(w, 10 * SECOND);
        }
        assert_true(count(w, EVENT_ALARM_CHANGED) >= 1);
        assert_true(count(w, EVENT_ALARM_CHANGED) <= 6);
        assert_int_equal(count_notified(w, EVENT_ALARM_CHANGED), 0);
}

static void new_words_are_told_when_their_pause_ends(void **state) {
        World *w = healthy(state);

        down(w, 2, REASON_CALL_FAILED);
        settle(w);
        down(w, 2, REASON_PIN_REFUSED);
        settle(w);
        assert_int_equal(find_alarm(w, "device-down", 2)->cause, REASON_CALL_FAILED);
        later(w, 59 * SECOND);
        assert_int_equal(find_alarm(w, "device-down", 2)->cause, REASON_CALL_FAILED);
        later(w, SECOND);
        assert_int_equal(find_alarm(w, "device-down", 2)->cause, REASON_PIN_REFUSED);
}

/* --- findings
 * -------------------------------------------------------------------------------------------------- */

static void finding_has_its_alarm_until_it_is_gone(void **state) {
        World *w = healthy(state);
        const Alarm *a;

        in_state(w, 2, DEVICE_DEGRADED, REASON_FAN_FAILED);
        add_finding(w, 2, REASON_FAN_FAILED, "fan-1", "0 rpm");
        add_finding(w, 2, REASON_FAN_FAILED, "fan-2", "0 rpm");
        add_finding(w, 2, REASON_ROOM_WARM, "", "");
        settle(w);
        assert_int_equal(active(w), 2);
        a = find_alarm(w, "fan-failed", 2);
        assert_int_equal(a->severity, SEVERITY_MAJOR);
        assert_non_null(strstr(a->text, "hsm-2: a fan has failed or turns too slowly [fan-1]: 0 rpm"));
        up(w, 2);
        settle(w);
        assert_int_equal(active(w), 0);
}

static void findings_stand_while_nobody_can_look(void **state) {
        World *w = healthy(state);

        add_finding(w, 2, REASON_KEY_MISSING, "licence", "key 1");
        add_finding(w, 2, REASON_HOT, "cpu", "81");
        settle(w);
        mark(w);
        down(w, 2, REASON_CALL_FAILED); /* its findings are not given any more */
        w->facts[2].sensors_judged = false;
        give(w, 2);
        settle(w);
        assert_non_null(find_alarm(w, "key-missing", 2));
        assert_non_null(find_alarm(w, "hot", 2));
        assert_int_equal(count(w, EVENT_ALARM_CLEARED), 0);
        w->facts[2].sensors_judged = true; /* the agent tells again, of a machine that is down */
        give(w, 2);
        settle(w);
        assert_null(find_alarm(w, "hot", 2));
        up(w, 2);
        settle(w);
        assert_int_equal(active(w), 0);
}

static void finding_says_where_it_comes_from(void **state) {
        World *w = healthy(state);
        const Finding full = {.reason = REASON_DISK_FULL}, silent = {.reason = REASON_SENSOR_LOST};

        add_finding(w, 2, REASON_KEY_MISSING, "licence", "");
        add_finding(w, 2, REASON_SENSOR_LOST, "", "its SNMP agent is refused");
        w->facts[2].findings[1].place = PLACE_ACCESS_LIST; /* as its facts say */
        give(w, 2);
        situation_host(w->situation, &full, 1);
        situation_site(w->situation, 1, &silent, 1, true);
        settle(w);
        assert_int_equal(find_alarm(w, "key-missing", 2)->place, PLACE_KEY);
        assert_non_null(strstr(find_alarm(w, "key-missing", 2)->text, "; suspected: the key; pool"));
        assert_int_equal(find_alarm(w, "sensor-lost", 2)->place, PLACE_ACCESS_LIST);
        assert_int_equal(find_alarm(w, "disk-full", SIZE_MAX)->place, PLACE_HOST);
        assert_int_equal(find_alarm(w, "sensor-lost", SIZE_MAX)->place, 0);
}

static void silence_of_what_is_cut_off_is_no_alarm_of_its_own(void **state) {
        World *w = healthy(state);
        const Finding silent = {.reason = REASON_SENSOR_LOST, .detail = "its SNMP agent is silent"};

        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        down(w, 11, REASON_CALL_FAILED);
        add_finding(w, 11, REASON_SENSOR_LOST, "", "its SNMP agent is silent");
        in_state(w, 10, DEVICE_UNKNOWN, REASON_WATCHER_ISOLATED);
        add_finding(w, 10, REASON_SENSOR_LOST, "", "its SNMP agent is silent");
        settle(w);
        situation_site(w->situation, 2, &silent, 1, true);
        settle(w);
        assert_int_equal(active(w), 1);
        up(w, 11);
        add_finding(w, 11, REASON_SENSOR_LOST, "", "its SNMP agent is silent"); /* not asked again yet */
        settle(w);
        situation_site(w->situation, 2, &silent, 1, true);
        settle(w);
        assert_int_equal(active(w), 0);
        later(w, 121 * SECOND);
        assert_non_null(find_alarm(w, "sensor-lost", 11));
        situation_site(w->situation, 2, &silent, 1, true);
        settle(w);
        assert_int_equal(active(w), 2);
        down(w, 11, REASON_CALL_FAILED);
        add_finding(w, 11, REASON_SENSOR_LOST, "", "its SNMP agent is silent");
        settle(w);
        assert_non_null(find_alarm(w, "sensor-lost", 11)); /* what was told before stays */
}

static void missing_key_is_as_bad_as_the_service_that_it_costs(void **state) {
        World *w = healthy(state);

        for (size_t i = 0; i < 2; i++) {
                in_state(w, i, DEVICE_DEGRADED, REASON_KEY_MISSING);
                w->facts[i].serves = false;
                w->facts[i].keys_held = 0;
                add_finding(w, i, REASON_KEY_MISSING, "licence", "key 1");
        }
        settle(w);
        assert_int_equal(situation_service(w->situation, 0).state, SERVICE_LOST);
        assert_int_equal(find_alarm(w, "key-missing", 0)->severity, SEVERITY_CRITICAL);
        assert_int_equal(count_notified(w, EVENT_POOL_FAILOVER), 2);
        assert_int_equal(situation_service(w->situation, 0).keys_usable, 0);
}

static void room_and_host_have_alarms_of_their_own(void **state) {
        World *w = healthy(state);
        const Finding warm = {.reason = REASON_ROOM_WARM, .detail = "31.0"};
        const Finding full = {.reason = REASON_DISK_FULL};

        situation_site(w->situation, 0, &warm, 1, true);
        situation_host(w->situation, &full, 1);
        settle(w);
        assert_int_equal(active(w), 2);
        assert_non_null(strstr(last(w, EVENT_ALARM_RAISED)->text, "hsmd: the disk is full"));
        situation_site(w->situation, 0, NULL, 0, false);
        settle(w);
        assert_int_equal(active(w), 2);
        situation_site(w->situation, 0, NULL, 0, true);
        situation_host(w->situation, NULL, 0);
        settle(w);
        assert_int_equal(active(w), 0);
}

/* --- maintenance, isolation, flapping
 * -------------------------------------------------------------------------------------------------- */

static void maintenance_that_ends_soon_is_its_only_alarm(void **state) {
        World *w = healthy(state);

        in_state(w, 0, DEVICE_MAINTENANCE, REASON_MAINTENANCE);
        add_finding(w, 0, REASON_KEY_MISSING, "licence-sign", "");
        settle(w);
        assert_int_equal(active(w), 0);
        add_finding(w, 0, REASON_MAINTENANCE_ENDING, "", "");
        settle(w);
        assert_int_equal(active(w), 1);
        assert_int_equal(find_alarm(w, "maintenance-ending", 0)->severity, SEVERITY_WARNING);
        up(w, 0);
        settle(w);
        assert_int_equal(active(w), 0);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->cause, REASON_NONE);
}

static void device_in_maintenance_has_no_alarm_and_no_failover(void **state) {
        World *w = healthy(state);

        add_finding(w, 2, REASON_HOT, "cpu", "81");
        settle(w);
        mark(w);
        in_state(w, 2, DEVICE_MAINTENANCE, REASON_MAINTENANCE);
        add_finding(w, 2, REASON_HOT, "cpu", "85");
        settle(w);
        assert_int_equal(active(w), 0);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->cause, REASON_MAINTENANCE);
        assert_int_equal(count(w, EVENT_POOL_FAILOVER), 0);
        down(w, 2, REASON_CALL_FAILED); /* it ends, and the machine is not back */
        settle(w);
        assert_non_null(find_alarm(w, "device-down", 2));
        assert_int_equal(count(w, EVENT_POOL_FAILOVER), 0);
}

static void isolated_watcher_proves_nothing(void **state) {
        World *w = healthy(state);
        const Finding isolated = {.reason = REASON_WATCHER_ISOLATED, .resource = "office"};

        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        mark(w);
        situation_host(w->situation, &isolated, 1);
        for (size_t i = 0; i < DEVICES; i++)
                in_state(w, i, DEVICE_UNKNOWN, REASON_WATCHER_ISOLATED);
        settle(w);
        assert_int_equal(active(w), 2);
        assert_int_equal(count_notified(w, EVENT_ALARM_RAISED), 1);
        assert_int_equal(count(w, EVENT_POOL_FAILOVER), 0);
        assert_int_equal(count_notified(w, EVENT_SERVICE_AT_RISK), 0);
        situation_host(w->situation, NULL, 0);
        for (size_t i = 0; i < DEVICES; i++)
                up(w, i);
        settle(w);
        assert_int_equal(active(w), 0);
        assert_int_equal(count_notified(w, EVENT_POOL_RECOVERED), 1); /* the spare one, which had lost 11 */
}

static void device_without_evidence_is_unknown_and_then_down(void **state) {
        World *w = healthy(state);

        in_state(w, 2, DEVICE_UNKNOWN, REASON_NO_EVIDENCE);
        settle(w);
        assert_non_null(find_alarm(w, "device-unknown", 2));
        assert_int_equal(count(w, EVENT_POOL_FAILOVER), 0);
        down(w, 2, REASON_TIMEOUT);
        settle(w);
        assert_non_null(find_alarm(w, "device-down", 2));
        assert_null(find_alarm(w, "device-unknown", 2));
        assert_int_equal(count_notified(w, EVENT_POOL_FAILOVER), 1);
        in_state(w, 2, DEVICE_UNKNOWN, REASON_NO_EVIDENCE);
        settle(w);
        assert_non_null(find_alarm(w, "device-down", 2)); /* nothing but evidence clears it */
        assert_int_equal(active(w), 1);
}

/* After an isolation, a maintenance or a PIN's trial. */
static void unknown_device_that_fails_is_down_by_one_alarm(void **state) {
        World *w = healthy(state);

        in_state(w, 2, DEVICE_UNKNOWN, REASON_STARTING);
        settle(w);
        in_state(w, 2, DEVICE_UNKNOWN, REASON_CALL_FAILED);
        w->facts[2].failing = true;
        give(w, 2);
        settle(w);
        assert_int_equal(active(w), 0);
        down(w, 2, REASON_CALL_FAILED);
        settle(w);
        assert_non_null(find_alarm(w, "device-down", 2));
        assert_int_equal(alarm_notifications(w), 1);
}

static void severity_that_follows_the_pool_comes_with_its_counts(void **state) {
        World *w = healthy(state);
        const Event *e;

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        later(w, 3600 * SECOND);
        in_state(w, 0, DEVICE_RECOVERING, REASON_CALL_FAILED);
        settle(w);
        mark(w);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        e = last(w, EVENT_ALARM_CHANGED);
        assert_string_equal(e->device_name, "hsm-0");
        assert_int_equal(e->severity, SEVERITY_CRITICAL);
        assert_int_equal(e->serving, 0);
        assert_non_null(strstr(e->text, "C_Sign returned CKR_DEVICE_ERROR; suspected: the machine or its"));
        assert_non_null(strstr(e->text, "0 of 2 serve, survivable -1"));
        assert_string_equal(find_alarm(w, "device-down", 0)->text, e->text);
}

static void common_cause_suspects_what_all_its_members_do(void **state) {
        World *w = healthy(state);
        const Alarm *a;

        for (size_t i = 0; i < 2; i++) {
                down(w, i, REASON_CALL_FAILED);
                w->facts[i].place = i == 0 ? PLACE_MACHINE : PLACE_NETWORK;
                w->facts[i].other_place = i == 0 ? PLACE_NETWORK : PLACE_ACCESS_LIST;
                give(w, i);
                settle(w);
        }
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_int_equal(a->place, PLACE_NETWORK);
        assert_int_equal(a->other_place, 0);
        assert_non_null(strstr(a->text, "suspected: the network on the way to it; pool"));
}

static void flapping_device_is_one_alarm_whatever_it_does(void **state) {
        World *w = healthy(state);

        for (unsigned i = 0; i < 50; i++) {
                down(w, 0, REASON_CALL_FAILED);
                w->facts[0].flapping = i >= 2;
                give(w, 0);
                settle(w);
                later(w, 30 * SECOND);
                if (i == 2)
                        mark(w);
                in_state(w, 0, i >= 2 ? DEVICE_DEGRADED : DEVICE_UP, i >= 2 ? REASON_FLAPPING : REASON_NONE);
                w->facts[0].flapping = i >= 2;
                give(w, 0);
                settle(w);
                later(w, 60 * SECOND);
        }
        assert_int_equal(active(w), 1);
        assert_non_null(find_alarm(w, "flapping", 0));
        for (size_t i = w->mark; i < w->n; i++)
                assert_false(w->notified[i]);
        assert_int_equal(count(w, EVENT_POOL_FAILOVER), 47);
        up(w, 0);
        settle(w);
        assert_int_equal(active(w), 0);
        assert_int_equal(count_notified(w, EVENT_SERVICE_RECOVERED), 1);
        assert_int_equal(count_notified(w, EVENT_POOL_RECOVERED), 1);
}

static void flapping_that_ends_below_leaves_device_down(void **state) {
        World *w = healthy(state);

        down(w, 0, REASON_CALL_FAILED);
        w->facts[0].flapping = true;
        give(w, 0);
        settle(w);
        assert_null(find_alarm(w, "device-down", 0));
        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        assert_non_null(find_alarm(w, "device-down", 0));
        assert_int_equal(active(w), 1);
}

static void flapping_takes_the_place_of_what_was_raised_before(void **state) {
        World *w = healthy(state);

        down(w, 2, REASON_CALL_FAILED);
        down(w, 3, REASON_CALL_FAILED);
        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 2);
        for (size_t i = 2; i < DEVICES; i = i == 2 ? 3 : i == 3 ? 11 : DEVICES) {
                w->facts[i].flapping = true;
                give(w, i);
        }
        settle(w);
        assert_int_equal(active(w), 3);
        assert_null(find_alarm(w, "common-cause", SIZE_MAX));
        assert_null(find_alarm(w, "device-down", 11));
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->cause, REASON_SUPERSEDED);
}

/* --- bounds and virtual slots
 * -------------------------------------------------------------------------------------------------- */

static void found_after(World *w, size_t device, usec_t detection) {
        down(w, device, REASON_CALL_FAILED);
        w->facts[device].last_good = w->now.monotonic - detection;
        give(w, device);
        settle(w);
}

static void fault_found_later_than_the_bound_is_told_for_an_hour(void **state) {
        World *w = healthy(state);

        found_after(w, 2, BOUND);
        assert_null(find_alarm(w, "bound-exceeded", 2));
        found_after(w, 3, BOUND + SECOND);
        assert_non_null(find_alarm(w, "bound-exceeded", 3));
        up(w, 3);
        settle(w);
        later(w, 1800 * SECOND);
        world_restart(w);
        world_restore(w);
        all_up(w);
        later(w, 1799 * SECOND);
        assert_non_null(find_alarm(w, "bound-exceeded", 3));
        later(w, SECOND);
        assert_null(find_alarm(w, "bound-exceeded", 3));
}

static void fault_after_an_isolation_exceeds_no_bound(void **state) {
        World *w = healthy(state);

        in_state(w, 2, DEVICE_UNKNOWN, REASON_WATCHER_ISOLATED);
        settle(w);
        later(w, 600 * SECOND);
        found_after(w, 2, 610 * SECOND);
        assert_null(find_alarm(w, "bound-exceeded", 2));
        assert_int_equal(count_notified(w, EVENT_POOL_FAILOVER), 1);
}

static void virtual_slot_is_no_member_and_may_disagree(void **state) {
        World *w = healthy(state);

        assert_int_equal(situation_pool(w->situation, 2).members, 2);
        down(w, 10, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(pool_state(w, 2), POOL_REDUNDANT);
        assert_int_equal(count(w, EVENT_POOL_FAILOVER), 0);
        assert_null(find_alarm(w, "virtual-disagrees", 10));
        later(w, BOUND);
        assert_non_null(find_alarm(w, "virtual-disagrees", 10));
        up(w, 10);
        settle(w);
        assert_int_equal(active(w), 0);
        down(w, 9, REASON_CALL_FAILED);
        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        later(w, BOUND);
        assert_non_null(find_alarm(w, "virtual-disagrees", 10));
        up(w, 9);
        settle(w);
        assert_null(find_alarm(w, "virtual-disagrees", 10));
}

/* --- restart and reload
 * -------------------------------------------------------------------------------------------------- */

static void restart_with_two_down_tells_nothing(void **state) {
        World *w = healthy(state);
        const Alarm *a;
        size_t n;

        down(w, 0, REASON_CALL_FAILED);
        down(w, 1, REASON_CALL_FAILED);
        down(w, 3, REASON_CALL_FAILED);
        settle(w);
        a = find_alarm(w, "common-cause", SIZE_MAX);
        situation_acknowledge(w->situation, a->id, "li", 1000, w->now);
        later(w, 60 * SECOND);
        down(w, 11, REASON_TIMEOUT);
        settle(w);
        n = active(w);
        world_restart(w);
        world_restore(w);
        mark(w);
        settle(w);
        assert_int_equal(active(w), n);
        for (size_t i = DEVICES; i-- > 0;) {
                if (i == 0 || i == 1 || i == 3 || i == 11)
                        down(w, i, i == 11 ? REASON_TIMEOUT : REASON_CALL_FAILED);
                else
                        up(w, i);
                settle(w);
                later(w, SECOND);
        }
        for (size_t i = w->mark; i < w->n; i++)
                if (w->events[i].type != EVENT_DEVICE_STATE)
                        fail_msg("told: %s", w->events[i].text);
        assert_int_equal(active(w), n);
        a = find_alarm(w, "common-cause", SIZE_MAX);
        assert_true(a->acknowledged);
        assert_string_equal(a->acknowledged_by, "li");
        up(w, 0);
        up(w, 1);
        up(w, 3);
        settle(w);
        assert_int_equal(active(w), n - 1);
        assert_int_equal(count(w, EVENT_FAILOVER_RETURNED), 3);
}

static void falls_before_and_after_a_restart_may_have_one_cause(void **state) {
        World *w = healthy(state);
        uint32_t first;

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        first = find_alarm(w, "device-down", 0)->id;
        later(w, 5 * SECOND);
        world_restart(w);
        world_restore(w);
        settle(w);
        later(w, 5 * SECOND);
        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 1);
        assert_int_equal(find_alarm(w, "common-cause", SIZE_MAX)->correlated, first);
        later(w, 3600 * SECOND);
        world_restart(w);
        world_restore(w);
        down(w, 2, REASON_CALL_FAILED);
        settle(w);
        assert_non_null(find_alarm(w, "device-down", 2)); /* long after, and of the same room */
}

static void machine_that_came_back_meanwhile_is_cleared_by_evidence(void **state) {
        World *w = healthy(state);
        uint32_t id;

        down(w, 0, REASON_CALL_FAILED);
        add_finding(w, 2, REASON_HOT, "cpu", "81");
        settle(w);
        id = find_alarm(w, "device-down", 0)->id;
        world_restart(w);
        world_restore(w);
        mark(w);
        settle(w);
        later(w, 60 * SECOND);
        assert_int_equal(active(w), 2);
        all_up(w);
        w->mark = 0;
        assert_int_equal(active(w), 0);
        assert_true(last(w, EVENT_ALARM_CLEARED)->alarm == id || count(w, EVENT_ALARM_CLEARED) == 2);
        assert_int_equal(count_notified(w, EVENT_SERVICE_RECOVERED), 1);
}

static void late_history_is_merged_and_the_older_alarm_stays(void **state) {
        World *w = healthy(state);
        size_t known;
        uint32_t id;

        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        id = find_alarm(w, "device-down", 0)->id;
        situation_acknowledge(w->situation, id, "li", 1000, w->now);
        known = w->n;
        world_restart(w);
        all_up(w);
        down(w, 0, REASON_CALL_FAILED);
        settle(w);
        assert_true(find_alarm(w, "device-down", 0)->id > id);
        mark(w);
        {
                size_t all = w->n;

                w->n = known;
                world_restore(w);
                w->n = all;
        }
        settle(w);
        assert_int_equal(active(w), 1);
        assert_int_equal(find_alarm(w, "device-down", 0)->id, id);
        assert_true(find_alarm(w, "device-down", 0)->acknowledged);
        assert_int_equal(alarm_notifications(w), 1);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->cause, REASON_SUPERSEDED);
        up(w, 0);
        settle(w);
        assert_int_equal(active(w), 0);
}

static void late_history_of_a_common_cause_takes_its_members_over(void **state) {
        World *w = healthy(state);
        size_t known;
        uint32_t id;

        down(w, 0, REASON_CALL_FAILED);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        id = find_alarm(w, "common-cause", SIZE_MAX)->id;
        known = w->n;
        for (unsigned fallen = 1; fallen <= 2; fallen++) {
                size_t all;

                world_restart(w);
                for (size_t i = 0; i < fallen; i++)
                        down(w, i, REASON_CALL_FAILED);
                settle(w);
                all = w->n;
                w->n = known;
                world_restore(w);
                w->n = all;
                settle(w);
                assert_int_equal(active(w), 1);
                assert_int_equal(find_alarm(w, "common-cause", SIZE_MAX)->id, id);
                all_up(w);
                assert_int_equal(active(w), 0);
        }
}

static void alarm_of_what_is_not_configured_any_more_is_cleared(void **state) {
        World *w = healthy(state);

        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        w->devices[11].number = 999;
        world_restart(w);
        world_restore(w);
        mark(w);
        settle(w);
        assert_int_equal(active(w), 0);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->cause, REASON_UNCONFIGURED);
        assert_string_equal(last(w, EVENT_ALARM_CLEARED)->device_name, "hsm-11");
}

static void reload_carries_on_with_what_is_going_on(void **state) {
        World *w = healthy(state);
        Situation *old = w->situation;
        size_t n;

        down(w, 0, REASON_CALL_FAILED);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        later(w, 60 * SECOND);
        down(w, 11, REASON_CALL_FAILED);
        add_finding(w, 2, REASON_HOT, "cpu", "81");
        settle(w);
        n = active(w);
        w->situation = NULL;
        world_restart(w);
        situation_carry(w->situation, old, w->now);
        situation_free(old);
        mark(w);
        for (size_t i = 0; i < DEVICES; i++) {
                w->facts[i].judged = true;
                if (i == 0 || i == 1 || i == 11)
                        down(w, i, REASON_CALL_FAILED);
                else
                        up(w, i);
        }
        add_finding(w, 2, REASON_HOT, "cpu", "81");
        settle(w);
        assert_int_equal(active(w), n);
        assert_int_equal(w->n, w->mark);
        up(w, 0);
        up(w, 1);
        settle(w);
        assert_int_equal(active(w), n - 1);
        assert_int_equal(count_notified(w, EVENT_SERVICE_RECOVERED), 1);
        assert_int_equal(count(w, EVENT_FAILOVER_RETURNED), 2);
}

static void alarm_does_not_follow_a_number_to_another_machine(void **state) {
        World *w = healthy(state);
        uint32_t number = w->devices[11].number;

        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        w->devices[11].number = w->devices[9].number;
        w->devices[9].number = number;
        world_restart(w);
        world_restore(w);
        mark(w);
        settle(w);
        assert_int_equal(active(w), 0);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->cause, REASON_UNCONFIGURED);
        assert_string_equal(last(w, EVENT_ALARM_CLEARED)->device_name, "hsm-11");
        down(w, 11, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(active(w), 1);
        assert_int_equal(find_alarm(w, "device-down", 11)->device, 11);
}

static void selftest_raises_and_clears(void **state) {
        World *w = healthy(state);
        uint32_t id = situation_selftest(w->situation, "li", w->now);

        assert_int_equal(alarm_notifications(w), 2);
        assert_int_equal(last(w, EVENT_ALARM_RAISED)->alarm, id);
        assert_int_equal(last(w, EVENT_ALARM_CLEARED)->alarm, id);
        assert_int_equal(active(w), 0);
}

static void partial_improvement_is_for_the_journal_alone(void **state) {
        World *w = healthy(state);

        down(w, 0, REASON_CALL_FAILED);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        mark(w);
        up(w, 1);
        settle(w);
        assert_int_equal(count(w, EVENT_SERVICE_AT_RISK), 1);
        assert_int_equal(count_notified(w, EVENT_SERVICE_AT_RISK), 0);
        down(w, 1, REASON_CALL_FAILED);
        settle(w);
        assert_int_equal(count_notified(w, EVENT_SERVICE_AT_RISK), 1);
        assert_string_equal(last(w, EVENT_SERVICE_AT_RISK)->state, "lost");
}

#define SITUATION_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                SITUATION_TEST(healthy_fleet_tells_receivers_nothing),
                SITUATION_TEST(no_evidence_is_no_verdict),
                SITUATION_TEST(same_facts_again_emit_nothing),
                SITUATION_TEST(one_of_two_unplugged_is_a_failover_and_at_risk),
                SITUATION_TEST(both_unplugged_have_one_alarm_and_three_notifications),
                SITUATION_TEST(losses_and_what_they_bring_about_name_their_alarm_over_a_restart),
                SITUATION_TEST(both_back_clear_it_and_close_the_ledger),
                SITUATION_TEST(second_fall_out_of_the_window_has_its_own_alarm),
                SITUATION_TEST(whole_site_of_two_pools_falls_as_one),
                SITUATION_TEST(pool_over_two_sites_falls_as_one),
                SITUATION_TEST(shared_service_is_named_as_the_cause),
                SITUATION_TEST(shared_service_that_still_works_for_another_is_not_gone),
                SITUATION_TEST(machines_that_nothing_is_known_of_have_not_failed),
                SITUATION_TEST(virtual_slot_and_one_machine_are_not_two_machines),
                SITUATION_TEST(fall_that_shares_nothing_stays_alone),
                SITUATION_TEST(second_wave_of_the_same_pool_joins_what_is_still_away),
                SITUATION_TEST(wrong_answers_are_never_hidden_in_a_common_cause),
                SITUATION_TEST(severity_follows_what_the_service_comes_to),
                SITUATION_TEST(pool_without_services_counts_alike),
                SITUATION_TEST(acknowledged_once_and_kept_when_it_worsens),
                SITUATION_TEST(words_that_change_all_the_time_are_no_storm),
                SITUATION_TEST(new_words_are_told_when_their_pause_ends),
                SITUATION_TEST(finding_has_its_alarm_until_it_is_gone),
                SITUATION_TEST(findings_stand_while_nobody_can_look),
                SITUATION_TEST(finding_says_where_it_comes_from),
                SITUATION_TEST(silence_of_what_is_cut_off_is_no_alarm_of_its_own),
                SITUATION_TEST(missing_key_is_as_bad_as_the_service_that_it_costs),
                SITUATION_TEST(room_and_host_have_alarms_of_their_own),
                SITUATION_TEST(maintenance_that_ends_soon_is_its_only_alarm),
                SITUATION_TEST(device_in_maintenance_has_no_alarm_and_no_failover),
                SITUATION_TEST(isolated_watcher_proves_nothing),
                SITUATION_TEST(device_without_evidence_is_unknown_and_then_down),
                SITUATION_TEST(unknown_device_that_fails_is_down_by_one_alarm),
                SITUATION_TEST(severity_that_follows_the_pool_comes_with_its_counts),
                SITUATION_TEST(common_cause_suspects_what_all_its_members_do),
                SITUATION_TEST(flapping_device_is_one_alarm_whatever_it_does),
                SITUATION_TEST(flapping_takes_the_place_of_what_was_raised_before),
                SITUATION_TEST(flapping_that_ends_below_leaves_device_down),
                SITUATION_TEST(fault_found_later_than_the_bound_is_told_for_an_hour),
                SITUATION_TEST(fault_after_an_isolation_exceeds_no_bound),
                SITUATION_TEST(virtual_slot_is_no_member_and_may_disagree),
                SITUATION_TEST(restart_with_two_down_tells_nothing),
                SITUATION_TEST(falls_before_and_after_a_restart_may_have_one_cause),
                SITUATION_TEST(machine_that_came_back_meanwhile_is_cleared_by_evidence),
                SITUATION_TEST(late_history_is_merged_and_the_older_alarm_stays),
                SITUATION_TEST(late_history_of_a_common_cause_takes_its_members_over),
                SITUATION_TEST(alarm_of_what_is_not_configured_any_more_is_cleared),
                SITUATION_TEST(reload_carries_on_with_what_is_going_on),
                SITUATION_TEST(alarm_does_not_follow_a_number_to_another_machine),
                SITUATION_TEST(selftest_raises_and_clears),
                SITUATION_TEST(partial_improvement_is_for_the_journal_alone),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
