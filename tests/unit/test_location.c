/* Where a fault is suspected: every combination leads somewhere, and the realistic ones where they should. */
#include <p11-kit/pkcs11.h>

#include "hsmd/location-table.h"
#include "unit.h"
#include "words.h"

/* Nothing is known beside the failed call. */
static const LocationFacts bare = {.step = STEP_SESSION,
        .reason = REASON_CALL_FAILED,
        .hint = HINT_GENERAL,
        .service = PORT_UNKNOWN,
        .management = PORT_UNKNOWN,
        .agent = AGENT_NOT_CONFIGURED,
        .neighbours = YES_UNKNOWN,
        .module_elsewhere = YES_UNKNOWN};

/* --- every combination */

static void check_location(const LocationFacts *f, bool *reached) {
        Location l = location_of(f);
        bool two = l.other != 0;

        /* asserted by hand: cmocka's own checks would take a minute over all of them */
        if (l.row < 1 || l.row > location_n_rows || l.place > PLACE_LAST || l.other > PLACE_LAST ||
                (two && (l.place == 0 || l.place == l.other)) || (l.test != NULL) != two)
                fail_msg("row %u: step %s, reason %s", l.row, name_of(&step_names, f->step),
                        name_of(&reason_names, f->reason));
        reached[l.row] = true;
}

static void each_neighbourhood(LocationFacts *f, bool *reached) {
        for (unsigned n = 0; n < 18; n++) {
                f->rebooted = n % 2;
                f->neighbours = YES_UNKNOWN + n / 2 % 3;
                f->module_elsewhere = YES_UNKNOWN + n / 6;
                check_location(f, reached);
        }
}

static void each_answer(LocationFacts *f, bool *reached) {
        for (unsigned n = 0; n < 96; n++) {
                f->service = PORT_UNKNOWN + n % 4;
                f->management = PORT_UNKNOWN + n / 4 % 4;
                f->agent = AGENT_NOT_CONFIGURED + n / 16;
                each_neighbourhood(f, reached);
        }
}

static void every_combination_has_a_place_and_every_row_a_combination(void **state UNUSED) {
        bool reached[128] = {false};
        LocationFacts f = bare;

        assert_true(location_n_rows < ELEMENTSOF(reached));
        for (unsigned step = STEP_NONE; step <= STEP_MAX; step++)
                for (unsigned reason = REASON_NONE; reason <= REASON_LAST; reason++)
                        for (unsigned hint = HINT_NONE; hint <= HINT_CRASHED; hint++) {
                                f.step = step;
                                f.reason = reason;
                                f.hint = hint;
                                each_answer(&f, reached);
                        }
        for (size_t i = 1; i <= location_n_rows; i++)
                if (!reached[i])
                        fail_msg("row %zu fits nothing that the rows before it leave", i);
}

static void every_test_has_its_words_in_both_languages(void **state UNUSED) {
        for (size_t i = 0; i < location_n_rows; i++) {
                const LocationRow *row = &location_rows[i];

                if (!row->test)
                        continue;
                assert_true(strlen(row->test) < 64); /* a name on the board */
                assert_non_null(location_test_words(row->test, false));
                assert_non_null(location_test_words(row->test, true));
        }
        assert_null(location_test_words("no such test", false));
        assert_null(location_test_words(NULL, true));
}

/* A reason without a failure suspects nobody; every other one does. */
static void only_what_is_no_fault_of_a_machine_has_no_place(void **state UNUSED) {
        static const Reason none[] = {REASON_NONE, REASON_STARTING, REASON_MAINTENANCE,
                REASON_MAINTENANCE_ENDING, REASON_PIN_WAITING, REASON_SUPERSEDED, REASON_UNCONFIGURED,
                REASON_SELFTEST, REASON_ROOM_WARM, REASON_RECEIVER_REFUSES, REASON_RECEIVER_SILENT,
                REASON_QUEUE_FULL};

        for (unsigned reason = REASON_NONE; reason <= REASON_LAST; reason++) {
                LocationFacts f = bare;
                bool expected = true;

                f.reason = reason;
                for (size_t i = 0; i < ELEMENTSOF(none); i++)
                        expected = expected && none[i] != reason;
                if ((location_of(&f).place != 0) != expected)
                        fail_msg("%s", name_of(&reason_names, reason));
        }
}

/* --- the realistic ones, by name */

typedef struct Case {
        const char *name;
        FaultPlace place, other;
        const char *test;
        LocationFacts f; /* what is 0 is as in `bare` */
} Case;

#define FAILED(step_, hint_) .step = STEP_##step_, .hint = HINT_##hint_
#define HUNG_AT(step_) .step = STEP_##step_, .reason = REASON_TIMEOUT, .hint = HINT_HUNG
#define CRASHED_AT(step_) .step = STEP_##step_, .reason = REASON_CRASHED, .hint = HINT_CRASHED
#define SAID(reason_) .reason = REASON_##reason_
#define PORTS(service_, management_) .service = PORT_##service_, .management = PORT_##management_
#define AGENT(state_) .agent = AGENT_##state_
#define OTHERS_FAIL .neighbours = YES_YES
#define OTHERS_WELL .neighbours = YES_NO
#define MODULE_WORKS .module_elsewhere = YES_YES
#define MODULE_FAILS .module_elsewhere = YES_NO

static const Case cases[] = {
        /* power, cable, switch */
        {"power lost, one machine of a site", PLACE_MACHINE, PLACE_NETWORK, "link-light",
                {HUNG_AT(SIGN), PORTS(SILENT, SILENT), AGENT(SILENT), OTHERS_WELL, MODULE_WORKS}},
        {"power lost, no management port configured", PLACE_MACHINE, PLACE_NETWORK, "link-light",
                {HUNG_AT(SESSION), PORTS(SILENT, UNKNOWN), AGENT(SILENT), OTHERS_WELL}},
        {"power lost, no agent", PLACE_MACHINE, PLACE_NETWORK, "link-light",
                {FAILED(SLOT, DEVICE), PORTS(SILENT, SILENT), OTHERS_WELL}},
        {"switch of the room dead", PLACE_NETWORK, PLACE_MACHINE, "room-power",
                {HUNG_AT(SIGN), PORTS(SILENT, SILENT), AGENT(SILENT), OTHERS_FAIL, MODULE_WORKS}},
        {"room dark, nothing but the call known", PLACE_NETWORK, PLACE_MACHINE, "room-power",
                {FAILED(SESSION, DEVICE), OTHERS_FAIL, MODULE_WORKS}},
        {"the only machine of its site silent", PLACE_MACHINE, PLACE_NETWORK, "ping-gateway",
                {HUNG_AT(INITIALIZE), PORTS(SILENT, SILENT), AGENT(SILENT)}},
        {"no route to the only machine", PLACE_MACHINE, PLACE_NETWORK, "ping-gateway",
                {FAILED(INITIALIZE, GENERAL), PORTS(SILENT, UNKNOWN)}},
        {"management port alone is tried and silent", PLACE_MACHINE, PLACE_NETWORK, "link-light",
                {HUNG_AT(SESSION), PORTS(UNKNOWN, SILENT), OTHERS_WELL}},
        {"management port silent, all of the room", PLACE_NETWORK, PLACE_MACHINE, "room-power",
                {HUNG_AT(SESSION), PORTS(UNKNOWN, SILENT), OTHERS_FAIL, MODULE_WORKS}},
        {"management port silent, nobody beside it", PLACE_MACHINE, PLACE_NETWORK, "ping-gateway",
                {HUNG_AT(SESSION), PORTS(UNKNOWN, SILENT)}},
        {"agent silent is all that is known", PLACE_MACHINE, PLACE_NETWORK, "link-light",
                {HUNG_AT(SESSION), AGENT(SILENT), OTHERS_WELL}},
        {"agents of the whole room silent", PLACE_NETWORK, PLACE_MACHINE, "room-power",
                {HUNG_AT(SESSION), AGENT(SILENT), OTHERS_FAIL, MODULE_WORKS}},
        {"agent silent, nobody beside it", PLACE_MACHINE, PLACE_NETWORK, "ping-gateway",
                {HUNG_AT(SESSION), AGENT(SILENT)}},

        /* the service */
        {"service stopped, machine alive", PLACE_SERVICE, 0, NULL,
                {FAILED(INITIALIZE, GENERAL), PORTS(REFUSED, OPEN), AGENT(OK), OTHERS_WELL, MODULE_WORKS}},
        {"service stopped, nothing else configured", PLACE_SERVICE, 0, NULL,
                {FAILED(SLOT, DEVICE), PORTS(REFUSED, UNKNOWN)}},
        {"service stopped while its library hangs", PLACE_SERVICE, 0, NULL,
                {HUNG_AT(INITIALIZE), PORTS(REFUSED, UNKNOWN), MODULE_WORKS}},
        {"service stopped and the library crashes of it", PLACE_SERVICE, 0, NULL,
                {CRASHED_AT(SESSION), PORTS(REFUSED, OPEN), OTHERS_WELL}},
        {"service accepts and never answers", PLACE_SERVICE, 0, NULL,
                {HUNG_AT(SIGN), PORTS(OPEN, OPEN), AGENT(OK), OTHERS_WELL, MODULE_WORKS}},
        {"service accepts and never answers, nothing beside it", PLACE_SERVICE, 0, NULL,
                {HUNG_AT(INITIALIZE), PORTS(OPEN, UNKNOWN)}},
        {"service port silent, management port open", PLACE_SERVICE, PLACE_ACCESS_LIST,
                "port-from-other-host", {HUNG_AT(INITIALIZE), PORTS(SILENT, OPEN), OTHERS_WELL}},
        {"service port silent, management port refuses", PLACE_SERVICE, PLACE_ACCESS_LIST,
                "port-from-other-host", {HUNG_AT(SLOT), PORTS(SILENT, REFUSED)}},
        {"service port silent, agent answers", PLACE_SERVICE, PLACE_ACCESS_LIST, "port-from-other-host",
                {HUNG_AT(SLOT), PORTS(SILENT, UNKNOWN), AGENT(OK), OTHERS_WELL}},
        {"service port silent, agent answers with a refusal", PLACE_SERVICE, PLACE_ACCESS_LIST,
                "port-from-other-host", {HUNG_AT(SLOT), PORTS(SILENT, SILENT), AGENT(REFUSED)}},
        {"machine alive by its agent, port not configured", PLACE_SERVICE, PLACE_ACCESS_LIST,
                "port-from-other-host", {FAILED(SESSION, DEVICE), AGENT(OK), MODULE_WORKS}},
        {"machine alive by its management port, port not configured", PLACE_SERVICE, PLACE_ACCESS_LIST,
                "port-from-other-host", {FAILED(SESSION, DEVICE), PORTS(UNKNOWN, OPEN), OTHERS_WELL}},
        {"every signature a general error, port open", PLACE_SERVICE, PLACE_KEY, "other-key",
                {FAILED(SIGN, GENERAL), PORTS(OPEN, OPEN), MODULE_WORKS}},
        {"looking for keys fails, port open", PLACE_SERVICE, 0, NULL,
                {FAILED(FIND, GENERAL), PORTS(OPEN, UNKNOWN)}},
        {"login fails without a word of the PIN", PLACE_SERVICE, PLACE_PIN, "machine-log",
                {FAILED(LOGIN, GENERAL), PORTS(OPEN, OPEN), OTHERS_WELL}},

        /* the machine itself */
        {"cipher card dead behind a living service", PLACE_MACHINE, PLACE_SERVICE, "self-test",
                {FAILED(SIGN, DEVICE), PORTS(OPEN, OPEN), AGENT(OK), OTHERS_WELL, MODULE_WORKS}},
        {"random generator gives an error", PLACE_MACHINE, PLACE_SERVICE, "self-test",
                {FAILED(RANDOM, DEVICE), PORTS(OPEN, UNKNOWN)}},
        {"random numbers stuck", PLACE_MACHINE, 0, NULL, {SAID(RANDOM_WEAK), FAILED(RANDOM, NONE)}},
        {"nonce repeated", PLACE_MACHINE, 0, NULL, {SAID(NONCE_REPEATED), FAILED(SIGN, NONE)}},
        {"wrong signature", PLACE_MACHINE, PLACE_KEY, "compare-fingerprint",
                {SAID(WRONG_SIGNATURE), FAILED(VERIFY, NONE), PORTS(OPEN, OPEN)}},
        {"wrong check value", PLACE_MACHINE, PLACE_KEY, "compare-fingerprint",
                {SAID(WRONG_ANSWER), FAILED(ENCRYPT, NONE)}},
        {"fan failed", PLACE_MACHINE, 0, NULL, {SAID(FAN_FAILED), .step = STEP_NONE}},
        {"one machine slow", PLACE_MACHINE, PLACE_NETWORK, "ping-times", {SAID(SLOW), OTHERS_WELL}},
        {"all machines slow", PLACE_NETWORK, PLACE_MACHINE, "ping-times", {SAID(SLOW), OTHERS_FAIL}},

        /* not ready */
        {"machine rebooted, service not yet up", PLACE_NOT_READY, PLACE_MACHINE, "boots-on-console",
                {FAILED(SESSION, DEVICE), PORTS(REFUSED, OPEN), AGENT(OK), .rebooted = true}},
        {"machine rebooted, nothing answers yet", PLACE_NOT_READY, PLACE_MACHINE, "boots-on-console",
                {HUNG_AT(INITIALIZE), PORTS(SILENT, SILENT), AGENT(SILENT), .rebooted = true}},
        {"machine rebooted, service up but refuses work", PLACE_NOT_READY, PLACE_SERVICE,
                "service-on-console", {FAILED(LOGIN, GENERAL), PORTS(OPEN, OPEN), .rebooted = true}},
        {"sessions used up", PLACE_NOT_READY, 0, NULL, {SAID(SESSION_LIMIT), FAILED(SESSION, SESSIONS)}},
        {"CKR_SESSION_COUNT alone", PLACE_NOT_READY, 0, NULL, {FAILED(SESSION, SESSIONS), PORTS(OPEN, OPEN)}},
        {"log full", PLACE_NOT_READY, 0, NULL, {SAID(LOG_FULL), FAILED(SIGN, BUSY)}},
        {"vendor's busy", PLACE_NOT_READY, 0, NULL, {FAILED(SIGN, BUSY), PORTS(OPEN, OPEN)}},

        /* access list and firewall */
        {"closed by the machine right after connecting", PLACE_ACCESS_LIST, PLACE_SERVICE, "client-list",
                {FAILED(SLOT, GENERAL), PORTS(OPEN, OPEN), AGENT(OK), MODULE_WORKS}},
        {"closed by the machine, no other machine to compare", PLACE_CLIENT, PLACE_ACCESS_LIST, "client-list",
                {FAILED(INITIALIZE, GENERAL), PORTS(OPEN, OPEN)}},
        {"firewall drops the port to all machines", PLACE_ACCESS_LIST, PLACE_SERVICE, "port-from-other-host",
                {HUNG_AT(INITIALIZE), PORTS(SILENT, OPEN), OTHERS_FAIL}},
        {"firewall drops the port to all, seen by the agents", PLACE_ACCESS_LIST, PLACE_SERVICE,
                "port-from-other-host", {HUNG_AT(INITIALIZE), PORTS(SILENT, SILENT), AGENT(OK), OTHERS_FAIL}},
        {"firewall rejects the port to all", PLACE_ACCESS_LIST, PLACE_SERVICE, "port-from-other-host",
                {FAILED(SLOT, DEVICE), PORTS(REFUSED, OPEN), OTHERS_FAIL}},
        {"agent refuses our user", PLACE_ACCESS_LIST, 0, NULL, {SAID(SENSOR_LOST), AGENT(REFUSED)}},
        {"agent silent, machine works", PLACE_MACHINE, PLACE_ACCESS_LIST, "agent-on-console",
                {SAID(SENSOR_LOST), AGENT(SILENT), .step = STEP_NONE}},

        /* the library here */
        {"module cannot be loaded", PLACE_CLIENT, 0, NULL, {SAID(MODULE_REFUSED), FAILED(LOAD, NONE)}},
        {"module hangs while it is loaded", PLACE_CLIENT, 0, NULL, {HUNG_AT(LOAD), PORTS(OPEN, OPEN)}},
        {"library crashes, port open", PLACE_CLIENT, 0, NULL, {CRASHED_AT(SIGN), PORTS(OPEN, OPEN)}},
        {"library crashes of this machine's answers only", PLACE_SERVICE, PLACE_CLIENT,
                "vendor-tool-other-host", {CRASHED_AT(SIGN), PORTS(OPEN, OPEN), MODULE_WORKS}},
        {"library crashes and nothing else is known", PLACE_CLIENT, 0, NULL, {CRASHED_AT(SIGN)}},
        {"library hangs against every machine", PLACE_CLIENT, PLACE_SERVICE, "vendor-tool-other-host",
                {HUNG_AT(INITIALIZE), PORTS(OPEN, OPEN), OTHERS_FAIL, MODULE_FAILS}},
        {"library fails against every machine, ports unknown", PLACE_CLIENT, PLACE_NETWORK, "ping-machine",
                {FAILED(INITIALIZE, GENERAL), OTHERS_FAIL, MODULE_FAILS}},
        {"library of this kind fails, others at the site work", PLACE_CLIENT, PLACE_MACHINE, "ping-machine",
                {FAILED(INITIALIZE, GENERAL), OTHERS_WELL, MODULE_FAILS}},
        {"library fails while the machine's agent answers", PLACE_CLIENT, PLACE_SERVICE,
                "vendor-tool-other-host", {FAILED(INITIALIZE, GENERAL), AGENT(OK), MODULE_FAILS}},
        {"another machine answers than the configured one", PLACE_CLIENT, PLACE_MACHINE, "read-serial",
                {SAID(SERIAL_MISMATCH), FAILED(TOKEN, NONE)}},
        {"vendor profile wrong", PLACE_CLIENT, 0, NULL, {SAID(PROFILE_MISMATCH), FAILED(VERIFY, NONE)}},
        {"mechanism missing on this member only", PLACE_MACHINE, PLACE_CLIENT, "compare-firmware",
                {SAID(MECHANISM_MISSING), FAILED(SIGN, NONE), MODULE_WORKS}},
        {"vendor's local service gone", PLACE_CLIENT, 0, NULL, {SAID(SHARED_SERVICE)}},

        /* PIN and key */
        {"PIN refused before", PLACE_PIN, 0, NULL,
                {SAID(PIN_REFUSED), FAILED(LOGIN, NONE), PORTS(OPEN, OPEN)}},
        {"PIN wrong", PLACE_PIN, 0, NULL, {FAILED(LOGIN, PIN), PORTS(OPEN, OPEN)}},
        {"PIN locked", PLACE_PIN, 0, NULL, {SAID(PIN_LOCKED), FAILED(LOGIN, NONE)}},
        {"none of the keys found", PLACE_KEY, 0, NULL,
                {SAID(NOT_FOUND), FAILED(FIND, NONE), PORTS(OPEN, OPEN), MODULE_WORKS}},
        {"key may not sign", PLACE_KEY, 0, NULL, {FAILED(SIGN, KEY), PORTS(OPEN, OPEN)}},
        {"key is not the pinned one", PLACE_KEY, 0, NULL, {SAID(KEY_MISMATCH), FAILED(VERIFY, NONE)}},
        {"token not in the slot list, others well", PLACE_ACCESS_LIST, PLACE_SERVICE, "client-list",
                {SAID(NOT_FOUND), FAILED(SLOT, NONE), PORTS(OPEN, UNKNOWN), MODULE_WORKS}},

        /* this host */
        {"our own cable", PLACE_HOST, PLACE_NETWORK, "other-host-ping",
                {SAID(WATCHER_ISOLATED), FAILED(SIGN, HUNG)}},
        {"probes that cannot be killed", PLACE_HOST, 0, NULL, {SAID(UNKILLABLE), .step = STEP_NONE}},
        {"no evidence of any", PLACE_HOST, 0, NULL, {SAID(NO_EVIDENCE), .step = STEP_NONE}},
        {"no evidence of this one", PLACE_CLIENT, PLACE_HOST, "probe-starts",
                {SAID(NO_EVIDENCE), .step = STEP_NONE, MODULE_WORKS}},
        {"the PIN's file cannot be read", PLACE_HOST, 0, NULL, {SAID(PIN_UNAVAILABLE), FAILED(LOGIN, NONE)}},

        /* nothing known at all */
        {"one machine, a device error, nothing configured", PLACE_MACHINE, PLACE_CLIENT,
                "vendor-tool-other-host", {FAILED(SESSION, DEVICE)}},
        {"hangs, nothing configured", PLACE_MACHINE, PLACE_SERVICE, "ping-machine", {HUNG_AT(SIGN)}},
        {"fails alone at its site, nothing configured", PLACE_MACHINE, PLACE_SERVICE, "ping-machine",
                {FAILED(SESSION, DEVICE), OTHERS_WELL, MODULE_WORKS}},
};

static LocationFacts filled(const LocationFacts *given) {
        LocationFacts f = *given;

        f.step = f.step ? f.step : bare.step;
        f.reason = f.reason ? f.reason : bare.reason;
        f.hint = f.hint ? f.hint : bare.hint;
        f.service = f.service ? f.service : bare.service;
        f.management = f.management ? f.management : bare.management;
        f.agent = f.agent ? f.agent : bare.agent;
        f.neighbours = f.neighbours ? f.neighbours : bare.neighbours;
        f.module_elsewhere = f.module_elsewhere ? f.module_elsewhere : bare.module_elsewhere;
        return f;
}

static void realistic_faults_are_suspected_where_they_are(void **state UNUSED) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const Case *c = &cases[i];
                LocationFacts f = filled(&c->f);
                Location l = location_of(&f);

                if (l.place != c->place || l.other != c->other || !same_text(l.test, c->test))
                        fail_msg("%s: row %u says %s, or %s, by %s", c->name, l.row,
                                name_of(&place_names, l.place), name_of(&place_names, l.other),
                                l.test ? l.test : "nothing");
        }
}

/* --- returns */

static void a_vendors_own_class_says_more_than_the_number(void **state UNUSED) {
        assert_int_equal(location_hint(0x80000035, RETURN_LOG_FULL, REASON_CALL_FAILED), HINT_BUSY);
        assert_int_equal(location_hint(0x80000035, RETURN_BUSY, REASON_CALL_FAILED), HINT_BUSY);
        assert_int_equal(location_hint(0x80000035, RETURN_SESSION, REASON_CALL_FAILED), HINT_SESSIONS);
        assert_int_equal(location_hint(0x80000035, RETURN_CREDENTIAL, REASON_CALL_FAILED), HINT_PIN);
        assert_int_equal(location_hint(0x80000035, RETURN_KEY, REASON_CALL_FAILED), HINT_KEY);
        assert_int_equal(location_hint(0x80000035, RETURN_FATAL, REASON_CALL_FAILED), HINT_DEVICE);
        assert_int_equal(location_hint(0x80000035, 0, REASON_CALL_FAILED), HINT_GENERAL);
        assert_int_equal(location_hint(CKR_GENERAL_ERROR, RETURN_KEY, REASON_CALL_FAILED), HINT_KEY);
}

static void the_standards_returns_are_sorted(void **state UNUSED) {
        assert_int_equal(location_hint(CKR_OK, 0, REASON_NOT_FOUND), HINT_NONE);
        assert_int_equal(location_hint(CKR_GENERAL_ERROR, 0, REASON_CALL_FAILED), HINT_GENERAL);
        assert_int_equal(location_hint(CKR_HOST_MEMORY, 0, REASON_CALL_FAILED), HINT_GENERAL);
        assert_int_equal(location_hint(CKR_DEVICE_REMOVED, 0, REASON_CALL_FAILED), HINT_DEVICE);
        assert_int_equal(location_hint(CKR_TOKEN_NOT_PRESENT, 0, REASON_CALL_FAILED), HINT_DEVICE);
        assert_int_equal(location_hint(CKR_SESSION_HANDLE_INVALID, 0, REASON_CALL_FAILED), HINT_DEVICE);
        assert_int_equal(location_hint(CKR_PIN_LOCKED, 0, REASON_CALL_FAILED), HINT_PIN);
        assert_int_equal(location_hint(CKR_KEY_FUNCTION_NOT_PERMITTED, 0, REASON_CALL_FAILED), HINT_KEY);
        assert_int_equal(location_hint(CKR_SESSION_COUNT, 0, REASON_CALL_FAILED), HINT_SESSIONS);
        assert_int_equal(location_hint(0, 0, REASON_TIMEOUT), HINT_HUNG);
        assert_int_equal(location_hint(CKR_DEVICE_ERROR, RETURN_FATAL, REASON_CRASHED), HINT_CRASHED);
}

/* --- the documents */

static char *read_all(const char *path) {
        FILE *file = fopen(path, "re");
        char *text = calloc(1, 131072);

        assert_non_null(text);
        if (!file)
                fail_msg("%s cannot be read", path);
        assert_true(fread(text, 1, 131071, file) < 131071);
        fclose(file);
        return text;
}

static void assert_document(const char *name, bool zh) {
        static const char begin[] = "<!-- table -->\n", end[] = "<!-- end of table -->\n";
        CLEANUP_FREE char *table = NULL, *path = NULL, *text = NULL;
        size_t size;
        FILE *out = open_memstream(&table, &size);

        assert_int_equal(location_table_print(out, zh), 0);
        fclose(out);
        assert_true(asprintf(&path, "%s/docs/%s", SOURCE_DIR, name) > 0);
        text = read_all(path);
        char *from = strstr(text, begin), *to = strstr(text, end);
        assert_non_null(from);
        assert_non_null(to);
        from += sizeof(begin) - 1;
        *to = '\0';
        if (!streq(from, table))
                fail_msg("docs/%s does not show the table between its markers; test_location %s prints it",
                        name, zh ? "zh" : "en");
}

static void the_documents_show_the_table(void **state UNUSED) {
        assert_document("fault-location.md", false);
        assert_document("fault-location.zh-CN.md", true);
}

/* Also prints the table for the documents: test_location en, test_location zh. */
int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_combination_has_a_place_and_every_row_a_combination),
                cmocka_unit_test(every_test_has_its_words_in_both_languages),
                cmocka_unit_test(only_what_is_no_fault_of_a_machine_has_no_place),
                cmocka_unit_test(realistic_faults_are_suspected_where_they_are),
                cmocka_unit_test(a_vendors_own_class_says_more_than_the_number),
                cmocka_unit_test(the_standards_returns_are_sorted),
                cmocka_unit_test(the_documents_show_the_table),
        };

        if (argc == 2)
                return location_table_print(stdout, streq(argv[1], "zh")) < 0;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
