/* hsmctl device: advice for every fault, on one screen. */

#include "unit.h"

#include "ctl/advice.h"
#include "ctl/device-view.h"
#include "ctl/width.h"

static const char *const returns[] = {"", "CKR_DEVICE_ERROR", "CKR_PIN_INCORRECT", "CKR_PIN_LOCKED",
        "CKR_SESSION_COUNT", "CKR_DEVICE_REMOVED", "CKR_DEVICE_MEMORY", "CKR_HOST_MEMORY",
        "CKR_MECHANISM_INVALID", "CKR_KEY_FUNCTION_NOT_PERMITTED", "CKR_GENERAL_ERROR", "0x80000035"};

static void assert_advises(
        unsigned state, unsigned step, unsigned reason, const char *ret, const char *part) {
        if (!strstr(advice_for(LANG_EN, state, step, reason, ret), part))
                fail_msg("no \"%s\" in \"%s\"", part, advice_for(LANG_EN, state, step, reason, ret));
}

static void advice_fits_the_fault(void **state UNUSED) {
        assert_advises(DEVICE_UP, STEP_NONE, REASON_NONE, "", "Nothing to do");
        assert_advises(DEVICE_DOWN, STEP_LOGIN, REASON_PIN_REFUSED, "", "Do not try PINs");
        assert_advises(DEVICE_DOWN, STEP_LOGIN, REASON_CALL_FAILED, "CKR_PIN_INCORRECT", "PIN is wrong");
        assert_advises(DEVICE_DOWN, STEP_VERIFY, REASON_WRONG_SIGNATURE, "", "out of business use");
        assert_advises(DEVICE_DOWN, STEP_SLOT, REASON_NOT_FOUND, "", "network cable");
        assert_advises(DEVICE_DOWN, STEP_FIND, REASON_NOT_FOUND, "", "Never generate");
        assert_advises(DEVICE_SUSPECT, STEP_SIGN, REASON_TIMEOUT, "", "did not return");
        assert_advises(DEVICE_DOWN, STEP_SESSION, REASON_CALL_FAILED, "CKR_SESSION_COUNT", "no session left");
        assert_advises(DEVICE_DOWN, STEP_SIGN, REASON_CALL_FAILED, "CKR_DEVICE_ERROR", "cannot sign");
        assert_advises(DEVICE_DEGRADED, STEP_NONE, REASON_HOT, "", "Air conditioning");
        assert_advises(DEVICE_DEGRADED, STEP_NONE, REASON_SENSOR_LOST, "", "SNMP agent");
        assert_advises(DEVICE_DOWN, STEP_TOKEN, REASON_SERIAL_MISMATCH, "", "serial number");
        assert_advises(DEVICE_UNKNOWN, STEP_NONE, REASON_NO_EVIDENCE, "", "this host");
        assert_advises(DEVICE_DOWN, STEP_SIGN, REASON_NONCE_REPEATED, "", "out of business use NOW");
        assert_advises(DEVICE_UNKNOWN, STEP_VERIFY, REASON_PROFILE_MISMATCH, "", "need not stop");
        assert_advises(DEVICE_DOWN, STEP_DECRYPT, REASON_WRONG_ANSWER, "", "out of business use");
        assert_advises(DEVICE_DOWN, STEP_SIGN, REASON_LOG_FULL, "0x80000021", "auditor");
        assert_advises(DEVICE_DEGRADED, STEP_NONE, REASON_KEY_FAILING, "CKR_KEY_FUNCTION_NOT_PERMITTED",
                "may not sign");
        assert_advises(DEVICE_DEGRADED, STEP_NONE, REASON_KEY_FAILING, "", "hsmctl keys");
        assert_advises(0, 0, 0, "", "Power, network");
}

/* A reason that says enough by itself is never left to the general words at the end. */
static void every_reason_has_its_own_advice(void **state UNUSED) {
        static const Reason by_step[] = {REASON_NONE, REASON_CALL_FAILED, REASON_TIMEOUT, REASON_NOT_FOUND,
                REASON_MAINTENANCE /* by its state */};
        /* of alarms that no device's state has as its reason */
        static const Reason of_alarms[] = {REASON_COMMON_CAUSE, REASON_SHARED_SERVICE, REASON_SUPERSEDED,
                REASON_VIRTUAL_DISAGREES, REASON_BOUND_EXCEEDED, REASON_MAINTENANCE_ENDING,
                REASON_UNCONFIGURED, REASON_DISK_SLOW, REASON_DISK_FULL, REASON_HISTORY_DAMAGED,
                REASON_RECEIVER_REFUSES, REASON_RECEIVER_SILENT, REASON_QUEUE_FULL, REASON_SELFTEST};
        const char *general = advice_for(LANG_EN, 0, 0, 0, "");

        for (unsigned reason = REASON_NONE; reason <= REASON_LAST; reason++) {
                bool left = false;

                for (size_t i = 0; i < ELEMENTSOF(by_step); i++)
                        left = left || by_step[i] == reason;
                for (size_t i = 0; i < ELEMENTSOF(of_alarms); i++)
                        left = left || of_alarms[i] == reason;
                if (!left && streq(advice_for(LANG_EN, DEVICE_DOWN, STEP_NONE, reason, ""), general))
                        fail_msg("nothing is said of %s", name_of(&reason_names, reason));
        }
        for (unsigned step = STEP_CONNECT; step <= STEP_MAX; step++)
                if (step != STEP_VERIFY && streq(advice_for(LANG_EN, DEVICE_DOWN, step, 0, ""), general))
                        fail_msg("nothing is said of the step %s", name_of(&step_names, step));
}

/* A device with everything that can be shown, and a title and a location as long as they may be. */
static void fill_device(DeviceRow *d) {
        FIELD_SET(Device, d, number, 1);
        FIELD_TEXT_SET(Device, d, name, "bureau-1");
        FIELD_TEXT_SET(Device, d, title,
                "省市场监督管理局电子营业执照系统一号服务器密码机省市场监督管理局电子营业执照系统一号服务器密"
                "码机");
        FIELD_SET(Device, d, state_since, 1795485600 * USEC_PER_SEC);
        FIELD_SET(Device, d, state_age, 1);
        FIELD_TEXT_SET(Device, d, last_call, "C_GetMechanismList");
        FIELD_SET(Device, d, last_call_duration, 5000000);
        FIELD_TEXT_SET(Device, d, detail,
                "a detail of many words that goes on and on and on until no screen can hold it any more");
        FIELD_SET(Device, d, temperature, 815);
        FIELD_SET(Device, d, agent_state, AGENT_DUPLICATE_ENGINE);
        FIELD_TEXT_SET(Device, d, manufacturer, "Manufacturer of 32 characters ..");
        FIELD_TEXT_SET(Device, d, model, "Model of 16 char");
        FIELD_TEXT_SET(Device, d, serial, "0123456789abcdef");
        FIELD_TEXT_SET(Device, d, firmware, "255.255");
        FIELD_TEXT_SET(Device, d, site_name, "a-site-with-a-long-name");
        FIELD_TEXT_SET(Device, d, pool_name, "a-pool-with-a-long-name");
        FIELD_TEXT_SET(Device, d, address, "2001:db8:0123:4567:89ab:cdef:0123:4567");
        FIELD_TEXT_SET(Device, d, location,
                "省市场监督管理局机房省市场监督管理局机房省市场监督管理局机房省市场监督管理局机房");
        FIELD_TEXT_SET(Device, d, contact, "值班室 029-00000000");
        FIELD_TEXT_SET(Device, d, vendor, "a-vendor-with-a-long-name");
        FIELD_TEXT_SET(Device, d, shared_service, "a-service-with-a-long-name");
        FIELD_SET(Device, d, unkillable, 2);
        FIELD_SET(Device, d, probe_memory, 1 << 30);
        FIELD_SET(Device, d, logins_day, UINT64_MAX);
}

static void assert_fits_the_screen(Lang lang, const Picture *p, const DeviceRow *d) {
        CLEANUP_FREE char *text = NULL;
        size_t size, lines = 0;
        Screen s = {.f = open_memstream(&text, &size), .width = 80, .height = 24, .lang = lang};

        assert_non_null(s.f);
        device_view(&s, p, d);
        assert_int_equal(fclose(s.f), 0);
        for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
                *end = '\0';
                if (text_width(line) > 80)
                        fail_msg("too wide: %s", line);
        }
        if (lines >= 24) /* the last line is the prompt's */
                fail_msg("%zu lines for state %u, step %u, reason %u, %s", lines, d->state, d->failed_step,
                        d->reason, d->last_return);
}

static void every_fault_fits_one_screen(void **state UNUSED) {
        KeyRow keys[16] = {0};
        DeviceRow d = {0};
        Picture p = {.now = 400 * 86400 * USEC_PER_SEC};

        for (uint32_t i = 0; i < ELEMENTSOF(keys); i++) {
                FIELD_SET(Key, &keys[i], device, 1);
                FIELD_SET(Key, &keys[i], number, i + 1);
                FIELD_TEXT_SET(Key, &keys[i], label, "a-label-of-some-length-for-a-key");
                FIELD_SET(Key, &keys[i], certificate_expires, 1795485600 * USEC_PER_SEC);
        }
        p.tables[BOARD_KEYS] = (Table){keys, ELEMENTSOF(keys)};
        fill_device(&d);
        for (unsigned device_state = DEVICE_UP; device_state <= DEVICE_UNKNOWN; device_state++)
                for (unsigned step = STEP_NONE; step <= STEP_MAX; step++)
                        for (unsigned reason = REASON_NONE; reason <= REASON_LAST; reason++)
                                for (size_t r = 0; r < ELEMENTSOF(returns); r++) {
                                        FIELD_SET(Device, &d, state, device_state);
                                        FIELD_SET(Device, &d, failed_step, step);
                                        FIELD_SET(Device, &d, reason, reason);
                                        FIELD_TEXT_SET(Device, &d, last_return, returns[r]);
                                        assert_fits_the_screen(LANG_EN, &p, &d);
                                        assert_fits_the_screen(LANG_ZH, &p, &d);
                                }
}

static void a_device_of_which_nothing_is_known_is_shown_too(void **state UNUSED) {
        const DeviceRow d = {0};
        const Picture p = {0};

        assert_fits_the_screen(LANG_EN, &p, &d);
        assert_fits_the_screen(LANG_ZH, &p, &d);
}

/* Where there is room, the rest is told too. */
static void a_tall_screen_shows_what_the_probe_takes(void **state UNUSED) {
        CLEANUP_FREE char *text = NULL;
        size_t size;
        KeyRow key = {0};
        MechanismRow mechanism = {0};
        DeviceRow d = {0};
        Picture p = {.now = 400 * 86400 * USEC_PER_SEC};
        Screen s = {.f = open_memstream(&text, &size), .width = 200, .height = 50, .lang = LANG_EN};

        fill_device(&d);
        FIELD_SET(Key, &key, device, 1);
        FIELD_TEXT_SET(Key, &key, label, "licence");
        FIELD_SET(Key, &key, certificate_expires, 1577836800 * USEC_PER_SEC); /* 2020-01-01 */
        FIELD_SET(Mechanism, &mechanism, device, 1);
        FIELD_TEXT_SET(Mechanism, &mechanism, name, "CKM_HSM_SM2");
        FIELD_SET(Mechanism, &mechanism, offered, 0);
        p.tables[BOARD_KEYS] = (Table){&key, 1};
        p.tables[BOARD_MECHANISMS] = (Table){&mechanism, 1};
        device_view(&s, &p, &d);
        assert_int_equal(fclose(s.f), 0);
        assert_non_null(strstr(text, "that of licence expired on 20"));
        assert_non_null(strstr(text, "HSM_SM2: the machine does not offer it"));
        assert_non_null(strstr(text, "profile a-vendor-with-a-long-name, 1024.0 MiB"));
        assert_non_null(strstr(text, "2 probes outlived SIGKILL"));
        assert_non_null(strstr(text, "shares a-service"));
}

static int setup(void **state UNUSED) {
        width_init();
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(advice_fits_the_fault),
                cmocka_unit_test(every_reason_has_its_own_advice),
                cmocka_unit_test(every_fault_fits_one_screen),
                cmocka_unit_test(a_tall_screen_shows_what_the_probe_takes),
                cmocka_unit_test(a_device_of_which_nothing_is_known_is_shown_too),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
