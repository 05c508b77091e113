/* hsmctl sensors discover: the draft of a sensor profile, from what an SNMP agent served. */

#include "config-fixture.h"
#include "ctl/profile-stub.h"

#define INTEGER 0x02
#define OCTETS 0x04
#define COUNTER32 0x41
#define GAUGE32 0x42
#define TICKS 0x43
#define COUNTER64 0x46

#define ACME "1.3.6.1.4.1.99999.7"

/* A configuration that uses the draft. */
static const char configuration[] =
        "fleet: { name = \"test\"; };\n"
        "sites = ( { number = 1; name = \"room\" } );\n"
        "pools = ( { number = 1; name = \"pool\";\n"
        "  keys = ( { number = 1; label = \"k\"; type = \"rsa\"; exercise = \"sign\"; } ); } );\n"
        "device_defaults: { module = \"/m.so\"; site = \"room\"; pool = \"pool\"; pin = { file = \"/pin\"; "
        "};\n"
        "  snmp: { user = \"u\"; profiles = [ \"acme\" ]; }; };\n"
        "devices = ( { number = 1; name = \"one\"; serial = \"1\"; snmp: { address = \"192.0.2.1\"; }; } "
        ");\n";

typedef struct Draft {
        char *text;
        StubResult result;
} Draft;

static void draft_clear(Draft *d) {
        free(d->text);
}
#define CLEANUP_DRAFT CLEANUP(draft_clear)

static Draft draft_of(Lang lang, PollFound *found, size_t n) {
        Draft d = {0};
        size_t size;
        FILE *f = open_memstream(&d.text, &size);

        assert_non_null(f);
        assert_int_equal(profile_stub(f, lang, "bureau-1", "acme", found, n, &d.result), 0);
        assert_int_equal(fclose(f), 0);
        return d;
}

/* hsmd's own reader takes it, in both languages, and finds so many sensors. */
static const ConfigProfile *assert_hsmd_takes_it(Fixture *f, PollFound *found, size_t n) {
        for (Lang lang = LANG_EN; lang <= LANG_ZH; lang++) {
                CLEANUP_DRAFT Draft d = draft_of(lang, found, n);

                write_file(f, "sensors/acme.conf", d.text, strlen(d.text));
                assert_loads(f, configuration);
                assert_int_equal(f->config->n_profiles, 1);
                assert_int_equal(f->config->profiles[0].n_sensors, d.result.entries);
        }
        return &f->config->profiles[0];
}

static const ConfigSensor *sensor_named(const ConfigProfile *profile, const char *name) {
        for (size_t i = 0; i < profile->n_sensors; i++)
                if (streq(profile->sensors[i].name, name))
                        return &profile->sensors[i];
        fail_msg("no sensor %s", name);
        return NULL;
}

static void a_scalar_is_an_entry_with_its_kind_and_what_it_said(void **state) {
        PollFound found[] = {
                {.oid = ACME ".1.1.0", .type = INTEGER, .value = "453"},
                {.oid = ACME ".4.1.0", .type = COUNTER64, .value = "18446744073709551615"},
                {.oid = ACME ".4.2.0", .type = COUNTER32, .value = "7"},
                {.oid = ACME ".5.0", .type = TICKS, .value = "8640000"},
                {.oid = ACME ".6.0", .type = OCTETS, .value = "text"},
                {.oid = ACME ".7", .type = GAUGE32, .value = "1"}, /* an agent that leaves the .0 away */
        };
        CLEANUP_DRAFT Draft d = draft_of(LANG_EN, found, ELEMENTSOF(found));
        const ConfigProfile *profile = assert_hsmd_takes_it(*state, found, ELEMENTSOF(found));

        assert_int_equal(profile->n_sensors, 5);
        assert_non_null(strstr(d.text, "    # INTEGER; said 453\n"));
        assert_string_equal(sensor_named(profile, "value-7-1-1")->oid, ACME ".1.1.0");
        assert_int_equal(sensor_named(profile, "value-7-1-1")->number, 501);
        assert_int_equal(sensor_named(profile, "value-7-1-1")->kind, SENSOR_GAUGE);
        assert_int_equal(sensor_named(profile, "value-7-4-1")->kind, SENSOR_COUNTER);
        assert_int_equal(sensor_named(profile, "value-7-4-2")->kind, SENSOR_COUNTER);
        assert_true(sensor_named(profile, "value-7-5")->scale < 0.011);
        assert_string_equal(sensor_named(profile, "value-7-5")->units, "s");
        assert_string_equal(sensor_named(profile, "value-7-7")->oid, ACME ".7");
        assert_string_equal(d.result.profiles, "[ \"acme\" ]");
}

static void a_table_is_one_walk_a_column_named_by_its_texts(void **state) {
        PollFound found[] = {
                {.oid = ACME ".2.1.1.1", .type = INTEGER, .value = "1"},
                {.oid = ACME ".2.1.1.2", .type = INTEGER, .value = "2"},
                {.oid = ACME ".2.1.2.1", .type = OCTETS, .value = "Fan 1"},
                {.oid = ACME ".2.1.2.2", .type = OCTETS, .value = "fan 2"},
                {.oid = ACME ".2.1.3.1", .type = GAUGE32, .value = "3120"},
                {.oid = ACME ".2.1.3.2", .type = GAUGE32, .value = "0"},
                {.oid = ACME ".2.1.5.2", .type = GAUGE32, .value = "9"}, /* a row is missing */
                {.oid = ACME ".2.1.4.1", .type = INTEGER, .value = "1"},
                {.oid = ACME ".2.1.4.2", .type = INTEGER, .value = "1"},
                /* texts that name no row: alike, and empty */
                {.oid = ACME ".3.1.2.1.4", .type = OCTETS, .value = "psu"},
                {.oid = ACME ".3.1.2.1.5", .type = OCTETS, .value = "psu"},
                {.oid = ACME ".3.1.3.1.4", .type = OCTETS, .value = ""},
                {.oid = ACME ".3.1.3.1.5", .type = OCTETS, .value = "x"},
                {.oid = ACME ".3.1.4.2.4", .type = INTEGER, .value = "1"}, /* an index of two arcs */
                {.oid = ACME ".3.1.4.2.5", .type = INTEGER, .value = "2"},
        };
        CLEANUP_DRAFT Draft d = draft_of(LANG_EN, found, ELEMENTSOF(found));
        const ConfigProfile *profile = assert_hsmd_takes_it(*state, found, ELEMENTSOF(found));
        const ConfigSensor *fan = sensor_named(profile, "fan-2-1-3");

        assert_int_equal(profile->n_sensors, 4);
        assert_non_null(strstr(d.text, "1 rows; said fan 2 = 9\n"));
        assert_true(fan->walk);
        assert_string_equal(fan->oid, ACME ".2.1.3");
        assert_string_equal(fan->columns[COLUMN_LABEL], ACME ".2.1.2");
        assert_string_equal(sensor_named(profile, "fan-2-1-4")->columns[COLUMN_LABEL], ACME ".2.1.2");
        assert_string_equal(sensor_named(profile, "value-3-1-4")->oid, ACME ".3.1.4");
        assert_null(sensor_named(profile, "value-3-1-4")->columns[COLUMN_LABEL]);
        assert_non_null(strstr(d.text, "    # Gauge32, 2 rows; said Fan 1 = 3120, fan 2 = 0\n"));
        /* its own row numbers are a comment */
        assert_int_equal(d.result.comments, 1);
        assert_non_null(strstr(d.text, "    # { name = \"fan-2-1-1\"; walk = \"" ACME ".2.1.1\""));
}

static void standard_mibs_are_named_and_not_written_out(void **state UNUSED) {
        PollFound found[] = {
                {.oid = ".1.3.6.1.2.1.99.1.1.1.4.1", .type = INTEGER, .value = "45"},
                {.oid = "1.3.6.1.4.1.2021.13.16.2.1.3.1", .type = GAUGE32, .value = "45000"},
                {.oid = "1.3.6.1.2.1.25.3.3.1.2.1", .type = INTEGER, .value = "9"},
                {.oid = "1.3.6.1.2.1.25.1.1.0", .type = TICKS, .value = "9"},
                {.oid = "1.3.6.1.4.1.2021.10.1.3.1", .type = OCTETS, .value = "0.5"},
                {.oid = "1.3.6.1.2.1.33.1.2.1.0", .type = INTEGER, .value = "2"},
                {.oid = "1.3.6.1.2.1.2.2.1.10.1", .type = COUNTER32, .value = "1"},
                {.oid = "1.3.6.1.4.1.8072.1.2.1.1.4.0", .type = INTEGER, .value = "1"},
                {.oid = "1.3.6.1.2.1.330.1", .type = INTEGER, .value = "1"},
        };
        CLEANUP_DRAFT Draft d = draft_of(LANG_EN, found, ELEMENTSOF(found));

        assert_string_equal(d.text, "");
        assert_int_equal(d.result.entries, 0);
        assert_string_equal(d.result.profiles,
                "[ \"entity-sensor\", \"lm-sensors\", \"host-resources\", \"ucd-snmp\", \"ups\", "
                "\"interfaces\" ]");
        Draft alone = draft_of(LANG_EN, found + 8, 1);
        assert_string_equal(alone.result.profiles, "[  ]");
        draft_clear(&alone);
}

/* A machine with very many numbers: no configuration takes them all, and the draft is still one. */
static void what_is_too_much_becomes_a_comment(void **state) {
        size_t n = 0, size = 1200;
        PollFound *found = calloc(size, sizeof(PollFound));
        const ConfigProfile *profile;

        assert_non_null(found);
        for (size_t i = 0; i < 600; i++, n++) {
                found[n] = (PollFound){.type = INTEGER, .value = "-1"};
                snprintf(found[n].oid, sizeof(found[n].oid), ACME ".9.%zu.0", i);
        }
        for (size_t i = 0; i <= POLL_ROWS_MAX; i++, n++) {
                found[n] = (PollFound){.type = INTEGER, .value = "5"};
                snprintf(found[n].oid, sizeof(found[n].oid), ACME ".1.1.2.%zu", i + 1);
        }
        profile = assert_hsmd_takes_it(*state, found, n);
        assert_int_equal(profile->n_sensors, STUB_ACTIVE_MAX);
        CLEANUP_DRAFT Draft d = draft_of(LANG_EN, found, n);
        assert_int_equal(d.result.comments, 600 - STUB_ACTIVE_MAX + 1);
        assert_non_null(strstr(d.text, ", ...\n"));
        free(found);
}

/* Whatever an agent sends: the draft is one that hsmd takes, in which nothing is another's. */
static void an_agent_cannot_write_into_the_file(void **state) {
        PollFound found[] = {
                {.oid = ACME ".2.1.2.1", .type = OCTETS, .value = "x\n{ evil = 1; }\x1b[2J\xff"},
                {.oid = ACME ".2.1.2.2", .type = OCTETS, .value = "\"; evil"},
                {.oid = ACME ".2.1.3.1", .type = INTEGER, .value = "1\nevil"},
                {.oid = ACME ".2.1.3.2", .type = INTEGER, .value = "*/ evil"},
                {.oid = "1.3.6.1.4.1.99999.evil\"", .type = INTEGER, .value = "1"},
                {.oid = "1.3.6.1.4.1.99999..1", .type = INTEGER, .value = "1"},
                {.oid = "1.3.6.1.4.1.99999.4294967296", .type = INTEGER, .value = "1"},
                {.oid = "1.3.6.1.4.1", .type = INTEGER, .value = "1"},
                {.oid = "1.3.6.1.4.1.99999", .type = INTEGER, .value = "1"},
                {.oid = "", .type = INTEGER, .value = "1"},
                {.oid = ACME ".2.1.3.1", .type = INTEGER, .value = "1"}, /* once more */
                {.oid = ACME ".5.1", .type = 0xffffffff, .value = "1"},
        };
        const ConfigProfile *profile = assert_hsmd_takes_it(*state, found, ELEMENTSOF(found));

        assert_int_equal(profile->n_sensors, 1);
        CLEANUP_DRAFT Draft d = draft_of(LANG_EN, found, ELEMENTSOF(found));
        for (const char *c = d.text; *c; c++)
                assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
}

/* A draft of the longest OIDs. */
static void very_long_oids_stay_within_their_bounds(void **state) {
        PollFound found[2] = {{.type = INTEGER, .value = "1"}, {.type = INTEGER, .value = "2"}};

        for (size_t i = 0; i < 2; i++) {
                char *oid = found[i].oid;
                size_t used = (size_t) snprintf(oid, sizeof(found[i].oid), "1.3.6.1.4.1.%zu", i + 1);

                while (used + 2 < sizeof(found[i].oid))
                        used += (size_t) snprintf(oid + used, sizeof(found[i].oid) - used, ".7");
        }
        assert_int_equal(assert_hsmd_takes_it(*state, found, 2)->n_sensors, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        a_scalar_is_an_entry_with_its_kind_and_what_it_said, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(
                        a_table_is_one_walk_a_column_named_by_its_texts, fixture_setup, fixture_teardown),
                cmocka_unit_test(standard_mibs_are_named_and_not_written_out),
                cmocka_unit_test_setup_teardown(
                        what_is_too_much_becomes_a_comment, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(
                        an_agent_cannot_write_into_the_file, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(
                        very_long_oids_stay_within_their_bounds, fixture_setup, fixture_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
