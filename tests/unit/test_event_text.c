/* What an event says, to a person who has nothing else. */
#include "hsmd/common/utf8.h"
#include "hsmd/event-text.h"
#include "unit.h"

static Event down_event(EventType type, const char *code) {
        Event e = {0};

        FIELD_SET(Event, &e, type, type);
        FIELD_TEXT_SET(Event, &e, code, code);
        FIELD_SET(Event, &e, alarm, 17);
        FIELD_SET(Event, &e, cause, REASON_CALL_FAILED);
        FIELD_TEXT_SET(Event, &e, device_name, "bureau-3");
        FIELD_TEXT_SET(Event, &e, pool_name, "bureau");
        FIELD_TEXT_SET(Event, &e, site_name, "room");
        FIELD_SET(Event, &e, place, PLACE_MACHINE);
        FIELD_SET(Event, &e, other_place, PLACE_NETWORK);
        FIELD_SET(Event, &e, serving, 6);
        FIELD_SET(Event, &e, total, 7);
        FIELD_SET(Event, &e, survivable, 5);
        return e;
}

static const EventWords words = {.device_title = "三号机",
        .pool_title = "省局集群",
        .step = STEP_SIGN,
        .call = "C_Sign",
        .ret = "CKR_DEVICE_ERROR"};

static void alarm_says_which_machine_what_where_and_how_many_are_left(void **state UNUSED) {
        Event e = down_event(EVENT_ALARM_RAISED, "device-down");

        event_text(&e, &words);
        assert_string_equal(e.text,
                "bureau-3 is down: a call returned an error at step sign, C_Sign returned CKR_DEVICE_ERROR; "
                "suspected: the machine or its power, or the network on the way to it; pool bureau: 6 of 7 "
                "serve, survivable 5");
        /* it does not fit with the pool's title */
        assert_string_equal(e.text_local, "三号机（bureau-3）故障：接口调用返回错误，步骤“签名”，C_Sign "
                                          "返回 CKR_DEVICE_ERROR；疑似位置："
                                          "密码机本身或其电源，或到密码机的网络；集群 bureau 7 台中 6 "
                                          "台可用，还可承受故障台数 5");
}

static void fits(const Event *e, const char *end_en, const char *end_zh) {
        if (!strstr(e->text, end_en) || !strstr(e->text_local, end_zh))
                fail_msg("cut off: %s / %s", e->text, e->text_local);
}

/* Titles as long as those of the configuration that is shipped. */
static void how_many_still_serve_is_never_cut_off(void **state UNUSED) {
        EventWords w = {.device_title = "市监局3号密码机",
                .pool_title = "省市场监督管理局密码机集群",
                .site_title = "省市场监督管理局机房",
                .step = STEP_INITIALIZE,
                .call = "C_DecryptFinal",
                .ret = "CKR_MECHANISM_PARAM_INVALID",
                .detail =
                        "key 2 (licence-sign) cannot be used: CKR_KEY_FUNCTION_NOT_PERMITTED, and much more "
                        "that a vendor's module has to say of it",
                .members = "bureau-machine-1, bureau-machine-2, bureau-machine-3, bureau-machine-4, "
                           "bureau-machine-5, bureau-machine-6, bureau-machine-7, bureau-machine-8",
                .n_members = 9,
                .n_members_more = 1};

        for (uint32_t reason = REASON_STARTING; reason <= REASON_LAST; reason++) {
                const char *codes[] = {"device-down", "device-unknown", name_of(&reason_names, reason)};
                char code[64];

                for (size_t i = 0; i < ELEMENTSOF(codes); i++) {
                        Event e;

                        name_to_kebab(code, sizeof(code), codes[i]);
                        e = down_event(EVENT_ALARM_RAISED, code);
                        FIELD_SET(Event, &e, cause, reason);
                        FIELD_SET(Event, &e, place, PLACE_CLIENT);
                        FIELD_SET(Event, &e, other_place, PLACE_ACCESS_LIST);
                        event_text(&e, &w);
                        fits(&e, "pool bureau: 6 of 7 serve, survivable 5",
                                "集群 bureau 7 台中 6 台可用，还可承受故障台数 5");
                }
        }
}

static void what_is_left_of_a_common_cause_is_not_said_to_fall_together(void **state UNUSED) {
        const EventWords w = {.members = "bureau-3", .n_members = 1};
        Event e = down_event(EVENT_ALARM_CHANGED, "common-cause");

        e.device_name[0] = e.site_name[0] = '\0';
        event_text(&e, &w);
        assert_non_null(strstr(e.text, "1 machine is still away of those that failed together"));
        e.pool_name[0] = '\0';
        FIELD_SET(Event, &e, type, EVENT_ALARM_CLEARED);
        FIELD_SET(Event, &e, cause, REASON_NONE);
        event_text(&e, &w);
        assert_string_equal(e.text, "several machines: common-cause is cleared");
}

static void degraded_service_says_that_its_rate_is_too_high(void **state UNUSED) {
        const EventWords w = {.before = "ok", .headroom = -400};
        Event e = down_event(EVENT_SERVICE_AT_RISK, "");

        FIELD_TEXT_SET(Event, &e, service_name, "licence");
        FIELD_TEXT_SET(Event, &e, state, "degraded");
        event_text(&e, &w);
        assert_string_equal(e.text,
                "service licence: degraded, was ok; 6 of 7 serve, survivable 5, headroom -400/s; pool "
                "bureau");
}

static void one_that_recovers_is_not_said_to_fail(void **state UNUSED) {
        Event e = down_event(EVENT_DEVICE_STATE, "");
        EventWords w = words;

        w.before = "down";
        FIELD_TEXT_SET(Event, &e, state, "recovering");
        event_text(&e, &w);
        assert_string_equal(e.text, "bureau-3: recovering, was down");
        w.before = "suspect";
        FIELD_TEXT_SET(Event, &e, state, "down");
        event_text(&e, &w);
        assert_string_equal(e.text,
                "bureau-3: down, was suspect: a call returned an error at step sign, C_Sign returned "
                "CKR_DEVICE_ERROR");
}

static void cleared_alarm_says_why(void **state UNUSED) {
        Event e = down_event(EVENT_ALARM_CLEARED, "device-down");

        FIELD_SET(Event, &e, cause, REASON_SUPERSEDED);
        event_text(&e, &words);
        assert_string_equal(e.text, "bureau-3: device-down is cleared, another alarm says it, and more");
        assert_string_equal(e.text_local, "三号机（bureau-3）：告警“故障”已清除，已由另一条告警代替");
}

static void finding_names_its_resource_and_reading(void **state UNUSED) {
        EventWords w = words;
        Event e = down_event(EVENT_ALARM_RAISED, "hot");

        w.detail = "81.5 °C";
        FIELD_TEXT_SET(Event, &e, resource, "cpu");
        FIELD_CLEAR(Event, &e, place);
        event_text(&e, &w);
        assert_string_equal(e.text, "bureau-3: temperature at or above its warning limit [cpu]: 81.5 C; "
                                    "pool bureau: 6 of 7 serve, survivable 5");
        assert_string_equal(e.text_local, "三号机（bureau-3）：温度达到或超过警告值【cpu】（81.5 "
                                          "°C）；集群 省局集群（bureau） 7 台中 "
                                          "6 台可用，还可承受故障台数 5");
}

static void every_cut_falls_between_characters(void **state UNUSED) {
        char title[256] = "", detail[200];

        for (size_t n = 0; n < 60; n++) {
                EventWords w = words;
                Event e = down_event(EVENT_ALARM_RAISED, "key-missing");

                size_t at = 0;

                for (size_t k = 0; k < n; k++)
                        at += (size_t) snprintf(title + at, sizeof(title) - at, "密");
                snprintf(title + at, sizeof(title) - at, "%.*s", (int) (n % 7), "xxxxxxx");
                snprintf(detail, sizeof(detail), "%.*s", (int) (n % 5), "xxxxx");
                w.device_title = title;
                w.detail = detail;
                event_text(&e, &w);
                assert_true(utf8_valid(e.text_local));
                assert_true(strlen(e.text_local) <= 255);
        }
}

static bool is_printable_ascii(const char *text) {
        for (; *text; text++)
                if (*text < ' ' || *text > '~')
                        return false;
        return true;
}

/* Every type, with every code where it is of alarms. */
static void every_event_has_words_in_both_languages(void **state UNUSED) {
        const EventWords w = {.device_title = "三号机", .detail = "℃", .members = "a, b", .n_members = 2};

        for (EventType type = EVENT_STARTED; type <= EVENT_TYPE_LAST; type++)
                for (Reason reason = REASON_STARTING; reason <= REASON_LAST; reason++) {
                        char code[64];
                        Event e;

                        name_to_kebab(code, sizeof(code), name_of(&reason_names, reason));
                        e = down_event(type, code);
                        FIELD_SET(Event, &e, cause, reason);
                        FIELD_TEXT_SET(Event, &e, state, "at_risk");
                        FIELD_TEXT_SET(Event, &e, service_name, "licence");
                        FIELD_TEXT_SET(Event, &e, reason_text, "换电源");
                        FIELD_TEXT_SET(Event, &e, by, "li");
                        FIELD_SET(Event, &e, until, UINT64_C(1700000000000000));
                        event_text(&e, &w);
                        assert_true(e.text[0] && is_printable_ascii(e.text));
                        assert_true(e.text_local[0] && utf8_valid(e.text_local));
                        assert_string_not_equal(e.text, e.text_local);
                        assert_null(strchr(e.text_local, '_'));
                }
}

static void maintenance_says_by_whom_until_when_and_why(void **state UNUSED) {
        Event e = down_event(EVENT_MAINTENANCE_STARTED, "");

        FIELD_TEXT_SET(Event, &e, by, "li");
        FIELD_SET(Event, &e, until, UINT64_C(1700000000000000));
        FIELD_TEXT_SET(Event, &e, reason_text, "new power supply");
        FIELD_TEXT_SET(Event, &e, ticket, "T-1");
        event_text(&e, &words);
        assert_string_equal(e.text,
                "bureau-3 is in maintenance by li until 2023-11-14 22:13 UTC: new power supply [T-1]");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(alarm_says_which_machine_what_where_and_how_many_are_left),
                cmocka_unit_test(how_many_still_serve_is_never_cut_off),
                cmocka_unit_test(what_is_left_of_a_common_cause_is_not_said_to_fall_together),
                cmocka_unit_test(degraded_service_says_that_its_rate_is_too_high),
                cmocka_unit_test(one_that_recovers_is_not_said_to_fail),
                cmocka_unit_test(cleared_alarm_says_why),
                cmocka_unit_test(finding_names_its_resource_and_reading),
                cmocka_unit_test(every_cut_falls_between_characters),
                cmocka_unit_test(every_event_has_words_in_both_languages),
                cmocka_unit_test(maintenance_says_by_whom_until_when_and_why),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
