/* Sensor profiles, and the agents of devices and sites that have them: what an entry means, what it means
 * where it says nothing, and that every mistake is told with its line and its remedy. */
#include <math.h>

#include "config-fixture.h"

/* Line numbers below are those of this text. */
static const char base[] =
        "fleet: { name = \"test\"; };\n"
        "sites = ( { number = 1; name = \"room\" } );\n"
        "pools = ( { number = 1; name = \"pool\";\n"
        "  keys = ( { number = 1; label = \"k\"; type = \"rsa\"; exercise = \"sign\"; } ); } );\n"
        "device_defaults: { module = \"/m.so\"; site = \"room\"; pool = \"pool\"; pin = { file = \"/pin\"; "
        "};\n"
        "  snmp: { user = \"u\"; profiles = [ \"a\" ]; }; };\n"
        "devices = ( { number = 1; name = \"one\"; serial = \"1\";\n"
        "  snmp: { address = \"192.0.2.1\"; }; } );\n";

static void write_profile(const Fixture *f, const char *name, const char *text) {
        char path[64];

        snprintf(path, sizeof(path), "sensors/%s.conf", name);
        write_file(f, path, text, strlen(text));
}

static int setup(void **state) {
        if (fixture_setup(state) < 0)
                return -1;
        write_profile(*state, "a", "sensors = ( { number = 1; name = \"x\"; oid = \"1.3.1\"; } );\n");
        write_profile(*state, "b", "sensors = ( { number = 2; name = \"x\"; oid = \"1.3.2\"; } );\n");
        write_profile(*state, "same", "sensors = ( { number = 1; name = \"y\"; oid = \"1.3.2\"; } );\n");
        return 0;
}

/* The only sensor of a profile with this entry in it. */
static const ConfigSensor *sensor_of(Fixture *f, const char *entry) {
        CLEANUP_FREE char *text = NULL;

        assert_true(asprintf(&text, "sensors = (\n{ %s } );\n", entry) > 0);
        write_profile(f, "a", text);
        assert_loads(f, base);
        assert_int_equal(f->config->n_profiles, 1);
        assert_int_equal(f->config->profiles[0].n_sensors, 1);
        return &f->config->profiles[0].sensors[0];
}

static void assert_close(double a, double b) {
        if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))) && !(isinf(a) && isinf(b) && a * b > 0))
                fail_msg("%.12g is not %.12g", a, b);
}

#define OID "name = \"t\"; oid = \"1.3.1\"; "
#define WALK "name = \"t\"; walk = \"1.3.1\"; "

/* What is said -------------------------------------------------------------------------------- */

static void an_entry_that_says_least_is_a_plain_gauge(void **state) {
        const ConfigSensor *s = sensor_of(*state, OID);

        assert_int_equal(s->number, 0);
        assert_string_equal(s->title, "t");
        assert_string_equal(s->oid, "1.3.1");
        assert_false(s->walk);
        for (size_t i = 0; i < POLL_COLUMNS; i++)
                assert_null(s->columns[i]);
        assert_int_equal(s->kind, SENSOR_GAUGE);
        assert_int_equal(s->type, SENSOR_TYPE_OTHER);
        assert_int_equal(s->meaning, MEANING_OTHER);
        assert_close(s->scale, 1);
        assert_int_equal(s->precision, 2);
        assert_string_equal(s->units, "");
        assert_close(s->min, -INFINITY);
        assert_close(s->max, INFINITY);
        assert_int_equal(s->n_states, 0);
        assert_null(s->only);
        assert_null(s->except);
}

static void limits_that_are_not_given_are_not_judged(void **state) {
        const SensorLimits *l = &sensor_of(*state, OID)->limits;

        assert_false(
                l->has_low_critical || l->has_low_warning || l->has_high_warning || l->has_high_critical);
        assert_close(l->hysteresis, 0);
        assert_close(l->rise, 0);
        assert_int_equal(l->rise_window, 600 * USEC_PER_SEC);
        assert_int_equal(l->foresight, 1800 * USEC_PER_SEC);
        assert_close(l->deviation, 0);
        assert_close(l->above_room, 0);
        assert_int_equal(l->frozen_after, 0);
}

static void everything_that_is_said_is_kept(void **state) {
        const ConfigSensor *s =
                sensor_of(*state, "number = 999; title = \"进风\"; " OID
                                  "meaning = \"temperature\"; scale = 0.1; precision = 2; "
                                  "units = \"degrees\"; min = -10; max = 90; low_critical = -5; low_warning "
                                  "= 5.5; high_warning = 60; "
                                  "high_critical = 70; hysteresis = 3; rise = 12; rise_window = \"5 min\"; "
                                  "foresight = \"1 h\"; "
                                  "deviation = 7; above_room = 40; frozen_after = \"1 day\";");
        const SensorLimits *l = &s->limits;

        assert_int_equal(s->number, 999);
        assert_string_equal(s->title, "进风");
        assert_close(s->scale, 0.1);
        assert_int_equal(s->precision, 2);
        assert_string_equal(s->units, "degrees");
        assert_close(s->min, -10);
        assert_close(s->max, 90);
        assert_true(l->has_low_critical && l->has_low_warning && l->has_high_warning && l->has_high_critical);
        assert_close(l->low_critical, -5);
        assert_close(l->low_warning, 5.5);
        assert_close(l->high_warning, 60);
        assert_close(l->high_critical, 70);
        assert_close(l->hysteresis, 3);
        assert_close(l->rise, 12);
        assert_int_equal(l->rise_window, 300 * USEC_PER_SEC);
        assert_int_equal(l->foresight, 3600 * USEC_PER_SEC);
        assert_close(l->deviation, 7);
        assert_close(l->above_room, 40);
        assert_int_equal(l->frozen_after, 86400 * USEC_PER_SEC);
}

typedef struct TypeCase {
        const char *entry;
        SensorType type;
        SensorMeaning meaning;
        unsigned precision;
        const char *units;
        double min, max, deviation;
} TypeCase;

static void what_is_not_said_is_the_types(void **state) {
        static const TypeCase types[] = {
                {"type = \"celsius\";", SENSOR_TYPE_CELSIUS, MEANING_TEMPERATURE, 1, "°C", -55, 150, 10},
                {"meaning = \"temperature\";", SENSOR_TYPE_CELSIUS, MEANING_TEMPERATURE, 1, "°C", -55, 150,
                        10},
                {"type = \"celsius\"; meaning = \"battery\";", SENSOR_TYPE_CELSIUS, MEANING_BATTERY, 1, "°C",
                        -55, 150, 0},
                {"type = \"rpm\";", SENSOR_TYPE_RPM, MEANING_FAN, 0, "rpm", 0, 60000, 0},
                {"meaning = \"fan\";", SENSOR_TYPE_RPM, MEANING_FAN, 0, "rpm", 0, 60000, 0},
                {"meaning = \"humidity\";", SENSOR_TYPE_PERCENT_RH, MEANING_HUMIDITY, 2, "%", 0, 100, 0},
                {"type = \"volts_dc\";", SENSOR_TYPE_VOLTS_DC, MEANING_OTHER, 2, "V", -1000, 1000, 0},
                {"type = \"watts\"; meaning = \"power\";", SENSOR_TYPE_WATTS, MEANING_POWER, 2, "W", -1e6,
                        1e6, 0},
                {"kind = \"counter\"; meaning = \"operations\";", SENSOR_TYPE_OTHER, MEANING_OPERATIONS, 0,
                        "/s", 0, INFINITY, 0},
                {"total = \"1.3.2\"; meaning = \"sessions\";", SENSOR_TYPE_OTHER, MEANING_SESSIONS, 2, "%", 0,
                        100, 0},
                {"meaning = \"fan\"; states = ( { value = 1; name = \"ok\"; } );", SENSOR_TYPE_SPECIAL_ENUM,
                        MEANING_FAN, 0, "", -INFINITY, INFINITY, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                const TypeCase *t = &types[i];
                CLEANUP_FREE char *entry = NULL;

                assert_true(asprintf(&entry, OID "%s", t->entry) > 0);
                const ConfigSensor *s = sensor_of(*state, entry);
                assert_int_equal(s->type, t->type);
                assert_int_equal(s->meaning, t->meaning);
                assert_int_equal(s->precision, t->precision);
                assert_string_equal(s->units, t->units);
                assert_close(s->min, t->min);
                assert_close(s->max, t->max);
                assert_close(s->limits.deviation, t->deviation);
        }
}

static void hysteresis_is_two_degrees_or_two_percent(void **state) {
        assert_close(sensor_of(*state, OID "type = \"celsius\"; high_warning = 60;")->limits.hysteresis, 2);
        assert_close(sensor_of(*state, OID "type = \"rpm\"; low_warning = 500;")->limits.hysteresis, 10);
        assert_close(sensor_of(*state, OID "low_critical = -300; high_warning = 200;")->limits.hysteresis, 6);
        assert_close(sensor_of(*state, OID "high_warning = 200; hysteresis = 0;")->limits.hysteresis, 0);
}

static void a_tables_columns_and_patterns_are_kept(void **state) {
        const ConfigSensor *s = sensor_of(*state,
                WALK "label_column = \"1.3.2\"; scale_column = \"1.3.4\"; precision_column = \"1.3.5\"; "
                     "status_column = \"1.3.6\"; units_column = \"1.3.7\"; total = \"1.3.8\"; "
                     "only = [ \"fan [12]\", \"1.*\" ]; except = [ \"x\" ];");

        assert_true(s->walk);
        assert_string_equal(s->oid, "1.3.1");
        assert_string_equal(s->columns[COLUMN_LABEL], "1.3.2");
        assert_null(s->columns[COLUMN_TYPE]);
        assert_string_equal(s->columns[COLUMN_SCALE], "1.3.4");
        assert_string_equal(s->columns[COLUMN_PRECISION], "1.3.5");
        assert_string_equal(s->columns[COLUMN_STATUS], "1.3.6");
        assert_string_equal(s->columns[COLUMN_UNITS], "1.3.7");
        assert_string_equal(s->columns[COLUMN_TOTAL], "1.3.8");
        assert_string_equal(s->only[0], "fan [12]");
        assert_string_equal(s->only[1], "1.*");
        assert_null(s->only[2]);
        assert_string_equal(s->except[0], "x");
        assert_null(s->except[1]);
}

static void a_row_that_tells_its_type_is_judged_as_one(void **state) {
        const ConfigSensor *table = sensor_of(*state, WALK "type_column = \"1.3.2\"; high_warning = 60;");
        ConfigSensor s = config_sensor_as(table, SENSOR_TYPE_CELSIUS);

        assert_int_equal(table->type, SENSOR_TYPE_OTHER);
        assert_int_equal(s.type, SENSOR_TYPE_CELSIUS);
        assert_int_equal(s.meaning, MEANING_TEMPERATURE);
        assert_int_equal(s.precision, 1);
        assert_string_equal(s.units, "°C");
        assert_close(s.max, 150);
        assert_close(s.limits.hysteresis, 2);
        assert_close(s.limits.deviation, 10);
        assert_close(s.limits.high_warning, 60);
        s = config_sensor_as(table, SENSOR_TYPE_RPM);
        assert_int_equal(s.meaning, MEANING_FAN);
        assert_string_equal(s.units, "rpm");
        assert_close(s.limits.deviation, 0);
}

static void what_a_profile_says_itself_outlasts_the_rows_type(void **state) {
        const ConfigSensor *table = sensor_of(*state,
                WALK "type_column = \"1.3.2\"; meaning = \"power\"; precision = 3; units = \"u\"; min = 1; "
                     "max = 2; hysteresis = 0.5; deviation = 4;");
        ConfigSensor s = config_sensor_as(table, SENSOR_TYPE_CELSIUS);

        assert_int_equal(s.meaning, MEANING_POWER);
        assert_int_equal(s.precision, 3);
        assert_string_equal(s.units, "u");
        assert_close(s.min, 1);
        assert_close(s.max, 2);
        assert_close(s.limits.hysteresis, 0.5);
        assert_close(s.limits.deviation, 4);
}

static void states_stand_in_order_of_value(void **state) {
        const ConfigSensor *s = sensor_of(*state,
                OID "states = ( { value = 3; name = \"failed\"; level = \"critical\"; }, "
                    "{ value = -1; name = \"n/a\"; level = \"warning\"; }, { value = 1; name = \"ok\"; } );");

        assert_int_equal(s->kind, SENSOR_STATE);
        assert_int_equal(s->n_states, 3);
        assert_int_equal(s->states[0].value, -1);
        assert_int_equal(s->states[0].level, LEVEL_WARNING);
        assert_string_equal(s->states[1].name, "ok");
        assert_int_equal(s->states[1].level, LEVEL_NORMAL);
        assert_int_equal(s->states[2].level, LEVEL_CRITICAL);
}

static void sensors_stand_in_the_files_order(void **state) {
        Fixture *f = *state;

        write_profile(f, "a",
                "sensors = ( { number = 2; name = \"second\"; oid = \"1.3.2\"; },\n"
                "{ number = 1; name = \"first\"; oid = \"1.3.1\"; } );");
        assert_loads(f, base);
        assert_string_equal(f->config->profiles[0].sensors[0].name, "second");
        assert_string_equal(f->config->profiles[0].sensors[1].name, "first");
}

/* What is refused ----------------------------------------------------------------------------- */

typedef struct Mistake {
        const char *entry, *expected;
} Mistake;

/* Each entry stands in line 2. */
static const Mistake mistakes[] = {
        {"oid = \"1.3.1\";", ":2: “name” is missing; write name = "},
        {"name = \"a b\"; oid = \"1.3.1\";", ":2: name = \"a b\" cannot be used"},
        {"name = \"t\";", ":2: “oid” is missing; write oid = \"1.3.6.1.…\";, or walk"},
        {OID "walk = \"1.3.2\";", ":2: “oid” and “walk” are both given"},
        {"name = \"t\"; oid = \"1.3.x\";", "a.conf:2: oid = \"1.3.x\" cannot be used; write a numeric OID"},
        {"name = \"t\"; oid = \"3.1\";", ":2: oid = \"3.1\" cannot"},
        {"name = \"t\"; oid = \"1.40.1\";", ":2: oid = \"1.40.1\" cannot"},
        {"name = \"t\"; oid = \"1.3.4294967296\";", ":2: oid = "},
        {"name = \"t\"; oid = \"1.3.\";", ":2: oid = \"1.3.\" cannot"},
        {"name = \"t\"; oid = \".1.3\";", ":2: oid = \".1.3\" cannot"},
        {"name = \"t\"; walk = \"ifTable\";",
                ":2: walk = \"ifTable\" cannot be used; write the numeric OID of a table"},
        {OID "number = 0;", ":2: number = 0 is out of range; write 1 to 999"},
        {OID "number = 1000;", ":2: number = 1000 is out of range; write 1 to 999"},
        {WALK "number = 1;", ":2: a table has no number of its own"},
        {OID "label_column = \"1.3.2\";",
                ":2: “label_column” is of a table, and “oid” names a single instance"},
        {OID "type_column = \"1.3.2\";", ":2: “type_column” is of a table"},
        {OID "only = [ \"x\" ];", ":2: “only” is of a table"},
        {OID "except = [ \"x\" ];", ":2: “except” is of a table"},
        {WALK "type_column = \"1.3.2\"; type = \"celsius\";", ":2: “type” and “type_column” are both given"},
        {WALK "units_column = \"1.3.2\"; units = \"V\";", ":2: “units” and “units_column” are both given"},
        {WALK "only = [ \"\" ];", ":2: \"\" in “only” cannot be used; write a shell pattern"},
        {WALK "only = [ \"fan [12\" ];", "write a shell pattern whose “[” is closed"},
        {WALK "only = [ ];", ":2: “only” has 0 elements; write 1 to 32"},
        {WALK "only = \"x\";", ":2: “only” is a string; write only = [ \"…\", \"…\" ];"},
        {WALK "except = [ 1 ];", ":2: an element of “except” is an integer; each is a string in quotes"},
        {WALK "except = [ \"x\", \"x\" ];", ":2: \"x\" stands twice in “except”"},
        {OID "typ = \"celsius\";", ":2: unknown key “typ”; did you mean “type”?"},
        {OID "type = \"kelvin\";", ":2: type = \"kelvin\" is no sensor type; allowed: "},
        {OID "meaning = \"heat\";", ":2: meaning = \"heat\" is no meaning of a sensor;"},
        {OID "kind = \"count\";", ":2: kind = \"count\" is no kind of a sensor; did you mean “counter”?"},
        {OID "kind = \"state\";", ":2: a state without “states”; write states = "},
        {OID "kind = \"counter\"; states = ( { value = 1; name = \"ok\"; } );",
                ":2: a counter has no “states”"},
        {OID "kind = \"counter\"; total = \"1.3.2\";", ":2: “total” is of a gauge"},
        {OID "states = ( );", ":2: a sensor has 1 to 64 states, not 0"},
        {OID "states = ( { name = \"ok\"; } );", ":2: “value” is missing"},
        {OID "states = ( { value = 1; } );", ":2: “name” is missing; write name = \"failed\";"},
        {OID "states = ( { value = \"1\"; name = \"ok\"; } );", ":2: “value” is a string; write an integer"},
        {OID "states = ( { value = 1; name = \"ok\"; level = \"bad\"; } );",
                ":2: level = \"bad\" is no level; allowed: normal, warning, critical"},
        {OID "states = ( { value = 1; name = \"ok\"; }, { value = 1; name = \"up\"; } );",
                ":2: state 1 is already named “ok”; each value stands once"},
        {OID "states = ( { value = 1; name = \"ok\"; } ); high_warning = 2;",
                ":2: “high_warning” means nothing of a state"},
        {OID "states = ( { value = 1; name = \"ok\"; } ); scale = 2;",
                ":2: “scale” means nothing of a state"},
        {OID "states = ( { value = 1; name = \"ok\"; } ); min = 2;",
                ":2: “min” and “max” mean nothing of a state"},
        {OID "states = ( { value = 1; name = \"ok\"; } ); frozen_after = 5000;",
                ":2: “frozen_after” means nothing of a state"},
        {OID "scale = 0;", ":2: scale = 0 makes every value 0"},
        {OID "scale = 1e999;", ":2: “scale” is out of range"},
        {OID "scale = 2; total = \"1.3.2\";", ":2: “scale” means nothing beside “total”"},
        {OID "precision = 7;", ":2: precision = 7 is out of range; write 0 to 6"},
        {OID "min = 5; max = 5;", ":2: “max” is not above “min” (5 to 5)"},
        {OID "type = \"celsius\"; min = 200;", ":2: “max” is not above “min” (200 to 150)"},
        {OID "type = \"celsius\"; high_warning = 900;",
                ":2: “high_warning” is beyond the physical range; write -55 to 150, or another min and max"},
        {OID "high_warning = 70; high_critical = 70;", ":2: “high_critical” is not above “high_warning”"},
        {OID "low_warning = 70; low_critical = 71;", ":2: “low_warning” is not above “low_critical”"},
        {OID "low_critical = 70; high_critical = 60;", ":2: “high_critical” is not above “low_critical”"},
        {OID "low_warning = 10; high_warning = 20; hysteresis = 5;",
                ":2: “hysteresis” leaves nothing between"},
        {OID "hysteresis = -1;", ":2: “hysteresis” is out of range"},
        {OID "rise = 5; rise_window = 0;", ":2: “rise” is not judged with rise_window = 0"},
        {OID "above_room = 5;", ":2: “above_room” is of temperatures only"},
        {OID "foresight = \"soon\";", ":2: “foresight” is no duration"},
};

static void every_mistake_in_an_entry_is_told_with_its_line(void **state) {
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(mistakes); i++) {
                CLEANUP_FREE char *text = NULL;

                assert_true(asprintf(&text, "sensors = (\n{ %s } );\n", mistakes[i].entry) > 0);
                write_profile(f, "a", text);
                if (load(f, base) != -EINVAL)
                        fail_msg("accepted: %s", mistakes[i].entry);
                assert_error(f, "sensors/a.conf:2: ");
                assert_error(f, mistakes[i].expected);
        }
}

static void every_mistake_in_a_profile_is_told_with_its_line(void **state) {
        static const Mistake profiles[] = {
                {"sensors = ( );", ":1: a profile has 1 to 64 sensors, not 0"},
                {"sensor = ( );", ":1: unknown key “sensor”; did you mean “sensors”?"},
                {"", ":1: “sensors” is missing"},
                {"sensors = (", "sensors/a.conf:1: syntax error"},
                {"sensors = ( 1 );", ":1: an element of “sensors” is an integer"},
                {"sensors = ( { number = 1; " OID "},\n{ number = 1; name = \"u\"; oid = \"1.3.2\"; } );",
                        "a.conf:2: sensor number 1 is already used in line 1"},
                {"sensors = ( { " OID "},\n{ name = \"t\"; oid = \"1.3.2\"; } );",
                        "a.conf:2: sensor name \"t\" is already used in line 1"},
                {"sensors = ( { " OID "},\n{ name = \"u\"; oid = \"1.3.1\"; } );",
                        "a.conf:2: sensor oid \"1.3.1\" is already used in line 1"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(profiles); i++) {
                write_profile(f, "a", profiles[i].entry);
                if (load(f, base) != -EINVAL)
                        fail_msg("accepted: %s", profiles[i].entry);
                assert_error(f, profiles[i].expected);
        }
}

/* The profiles of an agent -------------------------------------------------------------------- */

static void assert_profiles(Fixture *f, const char *own, const char *first, const char *second) {
        CLEANUP_FREE char *text = replaced_in(base, "\"192.0.2.1\";", own);

        assert_loads(f, text);
        const ConfigSnmp *s = &f->config->devices[0].snmp;
        assert_int_equal(s->n_profiles, second ? 2 : 1);
        assert_string_equal(f->config->profiles[s->profiles[0]].name, first);
        if (second)
                assert_string_equal(f->config->profiles[s->profiles[1]].name, second);
}

static void a_devices_own_profiles_replace_the_defaults(void **state) {
        assert_profiles(*state, "\"192.0.2.1\";", "a", NULL);
        assert_profiles(*state, "\"192.0.2.1\"; profile = \"b\";", "b", NULL);
        assert_profiles(*state, "\"192.0.2.1\"; profiles = [ \"b\", \"a\" ];", "b", "a");
}

static void assert_refused(Fixture *f, const char *find, const char *replacement, const char *expected) {
        CLEANUP_FREE char *text = replaced_in(base, find, replacement);

        if (load(f, text) != -EINVAL)
                fail_msg("accepted: %s", replacement);
        assert_error(f, expected);
}

/* n sensors of their own names and OIDs */
static void write_many(const Fixture *f, const char *name, unsigned n) {
        CLEANUP_FREE char *text = NULL;
        size_t size;
        FILE *m = open_memstream(&text, &size);

        fputs("sensors = ( ", m);
        for (unsigned i = 0; i < n; i++)
                fprintf(m, "%s{ name = \"s%u\"; oid = \"1.3.%u\"; }\n", i > 0 ? "," : "", i, i);
        fputs(" );", m);
        fclose(m);
        write_profile(f, name, text);
}

static void profiles_that_cannot_stand_together_are_refused(void **state) {
        Fixture *f = *state;

        assert_refused(
                f, "profiles = [ \"a\" ];", "", ":8: “profiles” is missing; write profiles = [ \"NAME\" ];");
        assert_refused(f, "profiles = [ \"a\" ];", "profiles = [ \"a\" ]; profile = \"a\";",
                ":6: “profile” and “profiles” are both given");
        assert_refused(f, "[ \"a\" ]", "[ \"a\", \"a\" ]", ":6: \"a\" stands twice in “profiles”");
        assert_refused(f, "[ \"a\" ]", "[ \"nosuch\" ]", ":6: profile \"nosuch\": ");
        assert_refused(f, "[ \"a\" ]", "[ \"../a\" ]", ":6: \"../a\" in “profiles” cannot be used");
        assert_refused(f, "[ \"a\" ]", "[ \"a\", \"same\" ]",
                ":6: sensor number 1 is “x” of profile \"a\" and “y” of profile \"same\"; give one of them "
                "another");
        write_many(f, "many", 64);
        assert_refused(f, "[ \"a\" ]", "[ \"a\", \"many\" ]",
                ":6: the profiles have 65 sensors together; at most 64 are polled");
        CLEANUP_FREE char *text = replaced_in(base, "[ \"a\" ]", "[ \"many\" ]");
        assert_loads(f, text);
}

/* Agents of sites ----------------------------------------------------------------------------- */

#define SNMP_V2C "version = \"v2c\"; community = { file = \"/c\"; }; "

static void a_sites_agents_stand_in_order_of_name(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced_in(base, "name = \"room\"",
                "name = \"room\"; agents = (\n"
                "{ name = \"ups\"; title = \"不间断电源\"; snmp: { address = \"192.0.2.9\"; " SNMP_V2C
                "profiles = [ \"a\" ]; interval = \"30 s\"; }; },\n"
                "{ name = \"probe\"; snmp: { address = \"192.0.2.8:1161\"; user = \"u\"; profile = \"b\"; }; "
                "} );");

        assert_loads(f, text);
        const ConfigSite *site = &f->config->sites[0];
        assert_int_equal(site->n_agents, 2);
        assert_string_equal(site->agents[0].name, "probe");
        assert_string_equal(site->agents[0].title, "probe");
        assert_string_equal(site->agents[0].snmp.address, "192.0.2.8:1161");
        assert_int_equal(site->agents[0].snmp.version, SNMP_VERSION_V3);
        assert_int_equal(site->agents[0].snmp.interval, 10 * USEC_PER_SEC);
        assert_string_equal(site->agents[1].title, "不间断电源");
        assert_int_equal(site->agents[1].snmp.version, SNMP_VERSION_V2C);
        assert_int_equal(site->agents[1].snmp.interval, 30 * USEC_PER_SEC);
        assert_int_equal(site->agents[1].snmp.n_profiles, 1);
}

static void a_site_without_agents_has_none(void **state) {
        Fixture *f = *state;

        assert_loads(f, base);
        assert_int_equal(f->config->sites[0].n_agents, 0);
}

#define AGENT_OF(name, address, profile)                                                                     \
        "{ name = \"" name "\"; snmp: { address = \"" address "\"; " SNMP_V2C "profile = \"" profile         \
        "\"; }; }"

static void every_mistake_in_a_sites_agents_is_told_with_its_line(void **state) {
        static const Mistake agents[] = {
                {"{ snmp: { address = \"192.0.2.9\"; user = \"u\"; profile = \"a\"; }; }",
                        ":3: “name” is missing"},
                {"{ name = \"ups\"; }", ":3: “snmp” is missing"},
                {"{ name = \"ups\"; snmp: { user = \"u\"; profile = \"a\"; }; }", ":3: “address” is missing"},
                {"{ name = \"ups\"; snmp: { address = \"192.0.2.9\"; profile = \"a\"; }; }",
                        ":3: “user” is missing"},
                {"{ name = \"ups\"; snmp: { address = \"192.0.2.9\"; user = \"u\"; }; }",
                        ":3: “profiles” is missing"},
                {"{ name = \"ups\"; number = 1; }", ":3: unknown key “number”"},
                {AGENT_OF("ups", "192.0.2.9", "a") ",\n" AGENT_OF("ups", "192.0.2.8", "b"),
                        ":4: agent \"ups\" is already used in line 3"},
                {AGENT_OF("ups", "192.0.2.9", "a") ",\n" AGENT_OF("pdu", "192.0.2.9", "b"),
                        ":4: SNMP address \"192.0.2.9:161\" is already used in line 3"},
                {AGENT_OF("ups", "192.0.2.9", "a") ",\n" AGENT_OF("pdu", "192.0.2.8", "same"),
                        ": sensor number 1 is “x” of profile \"a\" and “y” of profile \"same\""},
                {AGENT_OF("pdu-1", "192.0.2.9", "a") ",\n" AGENT_OF("pdu-2", "192.0.2.8", "a"),
                        ": sensor “x” of profile \"a\" has number 1, and the profile is used by another "
                        "agent of the "
                        "site; leave its number out"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(agents); i++) {
                CLEANUP_FREE char *replacement = NULL;

                assert_true(
                        asprintf(&replacement, "name = \"room\"; agents = (\n%s );", agents[i].entry) > 0);
                assert_refused(f, "name = \"room\"", replacement, agents[i].expected);
        }
}

static void an_agent_of_the_standard_modules_is_offered_unless_switched_off(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced_in(base, "sites", "agent: { entity = false; };\nsites");

        assert_loads(f, base);
        assert_true(f->config->agent_entity);
        assert_loads(f, text);
        assert_false(f->config->agent_entity);
}

static void machines_of_any_version_and_protocol_are_polled(void **state) {
        static const Mistake variants[] = {
                {"version = \"v1\"; community = { file = \"/c\"; };", NULL},
                {SNMP_V2C, NULL},
                {"user = \"u\"; auth_protocol = \"MD5\"; auth_secret = { file = \"/c\"; };", NULL},
                {"user = \"u\"; auth_protocol = \"SHA\"; auth_secret = { file = \"/c\"; }; "
                 "priv_protocol = \"DES\"; priv_secret = { file = \"/c\"; };",
                        NULL},
                {"user = \"u\"; auth_protocol = \"SHA-512\"; auth_secret = { file = \"/c\"; }; "
                 "priv_protocol = \"AES-192\"; priv_secret = { file = \"/c\"; };",
                        NULL},
                {"user = \"u\"; auth_protocol = \"SHA-256\"; auth_secret = { file = \"/c\"; }; "
                 "priv_protocol = \"AES-256\"; priv_secret = { file = \"/c\"; };",
                        NULL},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(variants); i++) {
                CLEANUP_FREE char *own = NULL;

                assert_true(asprintf(&own, "\"192.0.2.1\"; %s", variants[i].entry) > 0);
                CLEANUP_FREE char *text = replaced_in(base, "\"192.0.2.1\";", own);
                assert_loads(f, text);
        }
}

/* What is shipped ----------------------------------------------------------------------------- */

static void every_shipped_profile_loads(void **state) {
        static const char *const names[] = {"entity-sensor", "lm-sensors", "host-resources", "ucd-snmp",
                "ups", "interfaces", "vhsm", "room"};
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                CLEANUP_FREE char *text = shipped_profile("sensors", names[i]);

                write_profile(f, names[i], text);
        }
        CLEANUP_FREE char *text = replaced_in(base, "[ \"a\" ]",
                "[ \"vhsm\", \"entity-sensor\", \"lm-sensors\", \"host-resources\", \"ucd-snmp\", "
                "\"interfaces\" ]");
        CLEANUP_FREE char *all = replaced_in(text, "name = \"room\"",
                "name = \"room\"; agents = ( { name = \"room\"; snmp: { address = \"192.0.2.9\"; user = "
                "\"u\"; profiles "
                "= [ \"room\", \"ups\" ]; }; } );");
        assert_loads(f, all);
        const ConfigSensor *first =
                &f->config->profiles[f->config->sites[0].agents[0].snmp.profiles[0]].sensors[0];
        assert_int_equal(first->meaning, MEANING_TEMPERATURE);
}

static void a_profile_cut_or_changed_anywhere_never_crashes(void **state) {
        static const char octets[] = "\"{}()[];:=,#/*-+.0xL9aZ \n\xff\x01";
        static const char profile[] =
                "sensors = ( { " WALK
                "label_column = \"1.3.2\"; only = [ \"a*\", \"b\" ]; high_warning = 5.5; },\n"
                "{ number = 3; name = \"u\"; oid = \"1.3.6\"; states = ( { value = 1; name = \"ok\"; level = "
                "\"normal\"; } ); },\n"
                "{ name = \"v\"; oid = \"1.3.7\"; meaning = \"temperature\"; rise = 3; foresight = \"1 h\"; "
                "} );";
        Fixture *f = *state;
        uint32_t seed = 20240302;

        for (size_t round = 0; round < 800; round++) {
                CLEANUP_FREE char *text = strdup(profile);
                const size_t n = sizeof(profile) - 1;

                if (round < n)
                        text[round] = '\0';
                for (unsigned i = 0; round >= n && i < 3; i++) {
                        seed = seed * 1664525 + 1013904223;
                        text[(seed >> 8) % n] = octets[(seed >> 4) % (sizeof(octets) - 1)];
                }
                write_profile(f, "a", text);
                if (load(f, base) < 0)
                        assert_error(f, ".conf:");
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(an_entry_that_says_least_is_a_plain_gauge),
                TEST(limits_that_are_not_given_are_not_judged),
                TEST(everything_that_is_said_is_kept),
                TEST(what_is_not_said_is_the_types),
                TEST(hysteresis_is_two_degrees_or_two_percent),
                TEST(a_tables_columns_and_patterns_are_kept),
                TEST(a_row_that_tells_its_type_is_judged_as_one),
                TEST(what_a_profile_says_itself_outlasts_the_rows_type),
                TEST(states_stand_in_order_of_value),
                TEST(sensors_stand_in_the_files_order),
                TEST(every_mistake_in_an_entry_is_told_with_its_line),
                TEST(every_mistake_in_a_profile_is_told_with_its_line),
                TEST(a_devices_own_profiles_replace_the_defaults),
                TEST(profiles_that_cannot_stand_together_are_refused),
                TEST(a_sites_agents_stand_in_order_of_name),
                TEST(a_site_without_agents_has_none),
                TEST(every_mistake_in_a_sites_agents_is_told_with_its_line),
                TEST(an_agent_of_the_standard_modules_is_offered_unless_switched_off),
                TEST(machines_of_any_version_and_protocol_are_polled),
                TEST(every_shipped_profile_loads),
                TEST(a_profile_cut_or_changed_anywhere_never_crashes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
