/* hsmd.conf: what a good one means, and that every mistake is told with its line and its remedy. */
#include <fcntl.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "config-fixture.h"

/* Line numbers below are those of this text. */
static const char base[] =
        "fleet: { name = \"test\"; interval = \"10 s\"; };\n"
        "agent: { mode = \"own\"; address = \"udp:127.0.0.1:16161\";\n"
        "  users = ( { name = \"nms\"; auth_protocol = \"SHA-256\"; auth_secret = { credential = "
        "\"a\"; }; priv_protocol = \"AES\"; priv_secret = { file = \"/p\"; }; } ); };\n"
        "sites = ( { number = 1; name = \"room\"; } );\n"
        "pools = ( { number = 1; name = \"bureau\"; title = \"集群\"; required = 2;\n"
        "  keys = ( { number = 1; label = \"probe\"; type = \"rsa\"; exercise = \"sign\"; } ); } );\n"
        "services = ( { number = 1; name = \"licence\"; pool = \"bureau\"; keys = [ 1 ]; } );\n"
        "device_defaults: { module = \"/usr/lib/module.so\"; environment: { A = \"1\"; B = \"2\"; }; "
        "site = \"room\"; pool = \"bureau\"; pin = { file = \"/etc/pin\"; };\n"
        "  snmp: { version = \"v3\"; user = \"hsmd\"; profile = \"basic\"; timeout = 500; }; };\n"
        "devices = (\n"
        "  { number = 2; name = \"two\"; serial = \"0002\"; snmp: { address = \"192.0.2.2\"; }; },\n"
        "  { number = 1; name = \"one\"; serial = \"0001\";\n"
        "    environment: { B = \"3\"; }; }\n"
        ");\n";

static const char profile[] = "sensors = ( { name = \"temperature\"; meaning = \"temperature\"; oid = "
                              "\"1.3.6.1.4.1.1.1.0\"; } );\n";

/* The lines of a vendor profile, some of which tests replace. */
static const char vendor[] =
        "sm2_key_type = 0x80000004; sm4_key_type = \"0x80000106\"; max_clients = 1;\n"
        "truthful_pin_flags = true; deepbind = false;\n"
        "mechanisms = (\n"
        "  { index = 102; name = \"sm2_sm3\"; number = 0x80008102L; use = \"sign\"; key_type = \"sm2\"; "
        "input = "
        "\"message\"; z = \"none\"; form = \"raw\"; rated_rate = 3000; },\n"
        "  { index = 101; name = \"sm2_digest\"; number = \"0x80008104\"; use = \"sign\"; key_type = "
        "\"sm2\"; input "
        "= \"digest\"; form = \"der\"; },\n"
        "  { index = 103; name = \"sm2_decrypt\"; number = 0xffffffff; use = \"decrypt\"; key_type = "
        "\"sm2\"; order "
        "= \"c1c2c3\"; cipher_form = \"der\"; },\n"
        "  { index = 104; name = \"sm3\"; number = 0x5; use = \"digest\"; },\n"
        "  { index = 105; name = \"sm4_cbc\"; number = 0x80000109; use = \"encrypt\"; key_type = \"sm4\"; iv "
        "= true; },\n"
        "  { index = 106; name = \"sm4_mac\"; number = 0x8000010a; use = \"mac\"; key_type = \"sm4\"; } );\n"
        "returns = ( { number = 0x80000035; name = \"CKR_LOG_FULL\"; class = \"log_full\"; } );\n";

static int setup(void **state) {
        if (fixture_setup(state) < 0)
                return -1;
        const Fixture *f = *state;

        write_file(f, "sensors/basic.conf", profile, strlen(profile));
        write_file(f, "vendors/acme.conf", vendor, strlen(vendor));
        write_file(f, "vendors/nothing.conf", "", 0);
        return 0;
}

static char *replaced(const char *find, const char *replacement) {
        return replaced_in(base, find, replacement);
}

/* What is said -------------------------------------------------------------------------------- */

static void good_configuration_is_read_with_its_defaults(void **state) {
        Fixture *f = *state;

        assert_loads(f, base);
        const Config *c = f->config;
        assert_string_equal(c->name, "test");
        assert_string_equal(c->title, "test");
        assert_string_equal(c->contact, "");
        assert_string_equal(c->group, "hsmd");
        assert_int_equal(c->agent_mode, AGENT_MODE_OWN);
        assert_string_equal(c->agent_address, "udp:127.0.0.1:16161");
        assert_int_equal(c->n_users, 1);
        assert_string_equal(c->users[0].auth_secret.credential, "a");
        assert_null(c->users[0].auth_secret.file);
        assert_string_equal(c->users[0].priv_secret.file, "/p");
        assert_int_equal(c->pools[0].required, 2);
        assert_string_equal(c->pools[0].title, "集群");
        assert_int_equal(c->pools[0].keys[0].exercise, EXERCISE_SIGN);
        assert_int_equal(c->services[0].pool, 0);
        assert_int_equal(c->services[0].keys[0], 1);
        assert_false(c->services[0].confirmed);
}

static void devices_stand_in_order_of_number_and_take_defaults(void **state) {
        Fixture *f = *state;

        assert_loads(f, base);
        assert_int_equal(f->config->n_devices, 2);
        const ConfigDevice *d = &f->config->devices[0];
        assert_string_equal(d->name, "one");
        assert_string_equal(d->module, "/usr/lib/module.so");
        assert_string_equal(d->pin.file, "/etc/pin");
        assert_string_equal(d->environment[0], "B=3"); /* its own first, then what it does not name */
        assert_string_equal(d->environment[1], "A=1");
        assert_null(d->environment[2]);
        assert_int_equal(d->select, SELECT_SERIAL);
        assert_true(d->deepbind);
        assert_true(d->random);
        assert_null(d->snmp.address);
        assert_null(d->cwd);
        assert_int_equal(d->present_interval, 10 * USEC_PER_SEC);
}

static void snmp_merges_key_by_key(void **state) {
        Fixture *f = *state;

        assert_loads(f, base);
        const ConfigSnmp *s = &f->config->devices[1].snmp;
        assert_string_equal(s->address, "192.0.2.2:161");
        assert_string_equal(s->user, "hsmd");
        assert_int_equal(s->version, SNMP_VERSION_V3);
        assert_int_equal(s->timeout, 500 * USEC_PER_MSEC);
        assert_int_equal(s->interval, 10 * USEC_PER_SEC);
        assert_null(s->auth_protocol);
}

static void detection_bound_is_that_of_the_handbook(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text =
                replaced("serial = \"0001\";", "serial = \"0001\"; fall = 3; deadline = \"2 s\";");

        assert_loads(f, text);
        assert_int_equal(detection_bound(&f->config->devices[1].timing), 23 * USEC_PER_SEC);
        assert_int_equal(
                detection_bound(&f->config->devices[0].timing), (10 + 1 + 3 * 2 + 2 * 2) * USEC_PER_SEC);
}

static void short_interval_shortens_its_companions(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced("\"10 s\"", "\"300 ms\"");

        assert_loads(f, text);
        const ConfigTiming *t = &f->config->devices[0].timing;
        assert_int_equal(t->interval, 300 * USEC_PER_MSEC);
        assert_int_equal(t->fast_interval, 300 * USEC_PER_MSEC);
        assert_int_equal(t->jitter, 300 * USEC_PER_MSEC);
}

static void device_overrides_how_its_pools_key_is_found(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced(
                "serial = \"0001\";", "serial = \"0001\"; keys = ( { number = 1; id = \"0aFF\"; } );");
        ConfigKeyOverride selector;

        assert_loads(f, text);
        const ConfigKey *key = &f->config->pools[0].keys[0];
        config_key_selector(&f->config->devices[0], key, &selector);
        assert_string_equal(selector.label, "probe");
        assert_int_equal(selector.id_size, 2);
        assert_memory_equal(selector.id, "\x0a\xff", 2);
        config_key_selector(&f->config->devices[1], key, &selector);
        assert_int_equal(selector.id_size, 0);
}

static void flapping_is_as_configured_or_three_falls_and_twenty_minutes(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced("\"10 s\";", "\"10 s\"; flaps = 0; flap_forget = \"1 min\";");

        assert_loads(f, base);
        assert_int_equal(f->config->flaps, 3);
        assert_int_equal(f->config->flap_forget, 20 * 60 * USEC_PER_SEC);
        assert_loads(f, text);
        assert_int_equal(f->config->flaps, 0);
        assert_int_equal(f->config->flap_forget, 60 * USEC_PER_SEC);
}

static void included_file_is_part_and_its_errors_name_it(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text =
                replaced("sites = ( { number = 1; name = \"room\"; } );", "@include \"sites.conf\"");
        const char good[] = "\nsites = ( { number = 1; name = \"room\"; } );\n";
        const char bad[] = "\nsites = ( { number = 1; name = \"room\"; titel = \"x\"; } );\n";
        char expected[256];

        write_file(f, "sites.conf", good, strlen(good));
        assert_loads(f, text);
        write_file(f, "sites.conf", bad, strlen(bad));
        assert_int_equal(load(f, text), -EINVAL);
        snprintf(expected, sizeof(expected), "%s/sites.conf:2: unknown key “titel”; did you mean “title”?",
                f->directory);
        assert_error(f, expected);
}

/* What is refused ----------------------------------------------------------------------------- */

typedef struct Case {
        const char *find, *replacement, *expected;
} Case;

/* Each mistake replaces a piece of the base, and must be told so. */
static const Case cases[] = {
        /* keys */
        {"interval = ", "intervall = ", ":1: unknown key “intervall”; did you mean “interval”?"},
        {"services = ", "zzzzzzz = ",
                ":7: unknown key “zzzzzzz”; allowed: fleet, agent, history, receivers, sites, links, pools, "
                "services, device_defaults, "
                "devices"},
        {"module = ", "modul = ", ":8: unknown key “modul”; did you mean “module”?"},
        {"module = \"/usr/lib/module.so\";", "", ":11: “module” is missing"},
        {"name = \"test\";", "", ":1: “name” is missing; write name = "},
        {"label = \"probe\"; ", "", ":6: the key has neither label nor id"},
        {"pin = {", "name = \"x\"; pin = {", ":8: unknown key “name”; "},
        {"number = 2;", "number = 2; number = 3;", ":11: duplicate setting name; each key may stand once"},
        {"{ address = \"192.0.2.2\"; }", "{ version = \"v3\"; }", ":11: “address” is missing"},
        /* types */
        {"\"test\"", "5", ":1: “name” is an integer; write a string in quotes"},
        {"\"10 s\"", "true", ":1: “interval” is no duration; write milliseconds (500), or "},
        {"\"10 s\"", "-5", ":1: “interval” is no duration"},
        {"\"10 s\"", "\"10 hours\"", ":1: “interval” is no duration"},
        {"\"10 s\"", "\"1.5 s\"", ":1: “interval” is no duration"},
        {"\"10 s\"", "10.5", ":1: “interval” is no duration"},
        {"required = 2", "required = \"2\"", ":5: “required” is a string; write an integer"},
        {"required = 2", "required = 1.5", ":5: “required” is a number with a fraction; write an integer"},
        {"( { number = 1; name = \"room\"; } )", "{ number = 1; }",
                ":4: “sites” is a group { }; write a list"},
        {"( { number = 1; name = \"room\"; } )", "( 5 )",
                ":4: an element of “sites” is an integer; each is a group"},
        {"[ 1 ]", "1", ":7: “keys” is an integer; write an array"},
        {"[ 1 ]", "[ \"1\" ]", ":7: an element of “keys” is a string"},
        {"fleet: { name = \"test\"; interval = \"10 s\"; }", "fleet = 5",
                ":1: “fleet” is an integer; write a group"},
        {"{ A = \"1\"; B = \"2\"; }", "\"A=1\"", ":8: “environment” is a string; write a group"},
        {"A = \"1\"", "A = 1", ":8: “A” is an integer; write a string"},
        {"A = \"1\"", "A-B = \"1\"", ":8: “A-B” is no name of an environment variable"},
        {"A = \"1\"", "A = \"\\x01\"", ":8: “A” holds a control character"},
        {"serial = \"0001\";", "serial = \"0001\"; deepbind = 1;",
                ":12: “deepbind” is an integer; write true or false"},
        {"required = 2", "required = 4294967298", ":5: the number 4294967298 does not fit"},
        {"required = 2", "required = 0x100000002L", ":5: the number 0x100000002L does not fit"},
        /* ranges */
        {"\"10 s\"", "0", ":1: “interval” is out of range; write \"100 ms\" to \"24 h\""},
        {"\"10 s\"", "\"9999999999 min\"", ":1: “interval” is out of range"},
        {"name = \"one\";", "name = \"one\"; deadline = 0;",
                ":12: “deadline” is out of range; write \"10 ms\""},
        {"name = \"one\";", "name = \"one\"; fall = 0;", ":12: fall = 0 is out of range; write 1 to 100"},
        {"name = \"one\";", "name = \"one\"; jitter = \"11 s\";", ":12: “jitter” is longer than “interval”"},
        {"name = \"one\";", "name = \"one\"; fast_interval = \"11 s\";",
                ":12: “fast_interval” is longer than"},
        {"\"10 s\"", "\"10 s\"; flaps = 101", ":1: flaps = 101 is out of range; write 0 to 100"},
        {"\"10 s\"", "\"10 s\"; flap_forget = \"59 s\"",
                ":1: “flap_forget” is out of range; write \"60 s\" to \"24 h\""},
        {"\"10 s\"", "\"10 s\"; flap_forget = \"25 h\"", ":1: “flap_forget” is out of range"},
        {"number = 2;", "number = 0;", ":11: number = 0 is out of range; write 1 to 200000"},
        {"number = 2;", "number = -1;", ":11: number = -1 is out of range"},
        {"number = 2;", "number = 200001;", ":11: number = 200001 is out of range"},
        {"required = 2", "required = 0", ":5: required = 0 is out of range"},
        {"required = 2", "required = 3",
                ":5: required = 3, but pool \"bureau\" has 2 members; write at most 2"},
        /* words */
        {"name = \"one\"", "name = \"o ne\"", ":12: name = \"o ne\" cannot be used; write letters, digits"},
        {"name = \"one\"", "name = \"../x\"", ":12: name = \"../x\" cannot be used; write letters, digits"},
        {"name = \"one\"", "name = \"\"", ":12: name = \"\" cannot be used; write a name"},
        {"name = \"one\"", "name = \"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234\"",
                ":12: “name” has 64 octets; at most 63"},
        {"title = \"集群\"", "title = \"\xff\"", ":5: “title” holds a control character or is no UTF-8"},
        {"title = \"集群\"", "title = \"a\\nb\"", ":5: “title” holds a control character or is no UTF-8"},
        {"title = \"集群\"", "title = \"\xed\xa0\x80\"",
                ":5: “title” holds a control character or is no UTF-8"},
        {"title = \"集群\"", "title = \"\xc0\xaf\"", ":5: “title” holds a control character or is no UTF-8"},
        {"\"/usr/lib/module.so\"", "\"lib/module.so\"",
                ":8: module = \"lib/module.so\" cannot be used; write an absolute path"},
        {"serial = \"0001\";", "serial = \"0001\"; cwd = \"x\";",
                ":12: cwd = \"x\" cannot be used; write an absolute"},
        {"serial = \"0001\";", "serial = \"00010002000300040\";", ":12: “serial” has 17 octets; at most 16"},
        {"serial = \"0001\";", "serial = \"0001 \";", "write the serial number without the blanks"},
        {"mode = \"own\"", "mode = \"onw\"", ":2: mode = \"onw\" is no agent mode; did you mean “own”?"},
        {"exercise = \"sign\"", "exercise = \"mac\"",
                ":6: key 1 (rsa) cannot be exercised by mac on device \"one\": vendor profile \"standard\""},
        {"exercise = \"sign\"", "exercise = \"sgin\"",
                ":6: exercise = \"sgin\" is no exercise; did you mean “sign”?"},
        {"type = \"rsa\"", "type = \"sm2\"",
                ":6: key 1 (sm2) cannot be exercised by sign on device \"one\": vendor profile \"standard\" "
                "has no such"},
        {"type = \"rsa\"", "type = \"dsa\"", ":6: type = \"dsa\" is no key type; did you mean “rsa”?"},
        {"label = \"probe\";", "id = \"a1b\";",
                ":6: id = \"a1b\" is no key id; write 1 to 64 octets in hexadecimal"},
        {"label = \"probe\";", "id = \"zz\";", ":6: id = \"zz\" is no key id"},
        {"label = \"probe\";", "id = \"\";", ":6: id = \"\" is no key id"},
        {"label = \"probe\";", "label = \"\";", ":6: label = \"\" cannot be used; write at least one"},
        /* approval */
        {"exercise = \"sign\"", "exercise = \"sign\"; business = true",
                ":6: a business key is exercised without approval; add approved_by"},
        {"exercise = \"sign\"", "exercise = \"sign\"; business = true; approved_by = \"李\"",
                ":6: a business key is exercised without approval"},
        {"exercise = \"sign\"", "approved_on = \"2025-02-30\"",
                ":6: approved_on = \"2025-02-30\" cannot be used"},
        {"exercise = \"sign\"", "approved_on = \"25-1-1\"", ":6: approved_on = \"25-1-1\" cannot be used"},
        /* references */
        {"pool = \"bureau\"; keys", "pool = \"bureua\"; keys",
                ":7: pool \"bureua\" is not configured; did you mean “bureau”?"},
        {"site = \"room\"", "site = \"moon-base\"",
                ":8: site \"moon-base\" is not configured; allowed: room"},
        {"[ 1 ]", "[ 2 ]", ":7: pool \"bureau\" has no key 2"},
        {"[ 1 ]", "[ ]", ":7: “keys” is empty"},
        {"[ 1 ]", "[ 1, 1 ]", ":7: key 1 is named twice"},
        {"serial = \"0001\";", "serial = \"0001\"; keys = ( { number = 9; label = \"x\"; } );",
                ":12: pool \"bureau\" has no key 9"},
        {"profile = \"basic\"", "profile = \"vendor\"", "sensors/vendor.conf cannot be read"},
        {"profile = \"basic\"", "profile = \"../basic\"", ":9: profile = \"../basic\" cannot be used"},
        /* duplicates */
        {"number = 2;", "number = 1;",
                ":12: device number 1 is already used in line 11; each may be used once"},
        {"\"two\"", "\"one\"", ":12: device name \"one\" is already used in line 11"},
        {"\"0002\"", "\"0001\"", ":12: device serial \"0001\" is already used in line 11"},
        {"    environment", "snmp: { address = \"192.0.2.2:161\"; }; environment",
                ":12: SNMP address \"192.0.2.2:161\" is already used in line 11"},
        {"exercise = \"sign\"; }", "}, { number = 1; label = \"x\"; type = \"ec\"; }",
                ":6: key number 1 is already used in line 6"},
        {"exercise = \"sign\"; }", "}, { number = 2; label = \"probe\"; type = \"ec\"; }",
                ":6: the key has the same label and id as key 1"},
        {"( { number = 1; name = \"room\"; } )",
                "( { number = 1; name = \"room\"; }, { number = 1; name = \"b\"; } )",
                ":4: site number 1 is already used in line 4"},
        /* SNMP */
        {"192.0.2.2", "machine.example", ":11: address = \"machine.example\" is no numeric address"},
        {"192.0.2.2", "192.0.2.2:0", ":11: address = \"192.0.2.2:0\" is no numeric address"},
        {"192.0.2.2", "192.0.2.2:65536", ":11: address = \"192.0.2.2:65536\" is no numeric address"},
        {"192.0.2.2", "192.0.2.300", ":11: address = \"192.0.2.300\" is no numeric address"},
        {"192.0.2.2", "::1", ":11: address = \"::1\" is no numeric address; write"},
        {"user = \"hsmd\"; ", "", ":11: “user” is missing"},
        {"\"192.0.2.2\";", "\"192.0.2.2\"; version = \"v2c\";", ":11: “community” is missing"},
        {"\"192.0.2.2\";", "\"192.0.2.2\"; community = { file = \"/c\"; };",
                ":11: “community” means nothing with "
                "version v3"},
        {"\"192.0.2.2\";", "\"192.0.2.2\"; auth_protocol = \"SHA-256\";", "is given without “auth_secret”"},
        {"\"192.0.2.2\";", "\"192.0.2.2\"; priv_protocol = \"AES\"; priv_secret = { file = \"/k\"; };",
                "encrypts only with authentication"},
        {"\"192.0.2.2\";", "\"192.0.2.2\"; version = \"v1\";", ":11: “community” is missing"},
        {"\"192.0.2.2\";", "\"192.0.2.2\"; version = \"v1\"; community = { file = \"/c\"; }; user = \"x\";",
                ":11: “user” means nothing with version v1"},
        {"\"192.0.2.2\";",
                "\"192.0.2.2\"; priv_protocol = \"AES-128\"; priv_secret = { file = \"/k\"; }; auth_protocol "
                "= "
                "\"SHA\"; auth_secret = { file = \"/k\"; };",
                ":11: priv_protocol = \"AES-128\" is not known; did you mean “AES-192”?"},
        {"user = \"hsmd\";", "auth_protocol = \"SHA256\"; user = \"hsmd\";",
                ":9: auth_protocol = \"SHA256\" is not known; did you mean “SHA-256”?"},
        /* secrets */
        {"pin = { file = \"/etc/pin\"; }", "pin = \"123456\"",
                ":8: “pin” is a string, but a secret never stands here"},
        {"{ file = \"/etc/pin\"; }", "{ file = \"/etc/pin\"; credential = \"x\"; }",
                ":8: “pin” names more than one"},
        {"{ file = \"/etc/pin\"; }", "{ }", ":8: “pin” names nothing; write either"},
        {"{ file = \"/etc/pin\"; }", "{ credential = \"a/b\"; }", ":8: credential = \"a/b\" cannot be used"},
        {"{ file = \"/etc/pin\"; }", "{ credential = \"..\"; }", ":8: credential = \"..\" cannot be used"},
        {"{ file = \"/etc/pin\"; }", "{ file = \"pin\"; }",
                ":8: file = \"pin\" cannot be used; write an absolute"},
        {"pin = { file = \"/etc/pin\"; };", "", ":11: “pin” is missing"},
        /* agent */
        {"address = \"udp:127.0.0.1:16161\";", "", ":2: “address” is missing; write address = "},
        {"udp:127.0.0.1:16161", "127.0.0.1:16161",
                ":2: address = \"127.0.0.1:16161\" cannot be used; write udp:"},
        {"udp:127.0.0.1:16161", "udp:localhost:16161",
                ":2: address = \"udp:localhost:16161\" cannot be used"},
        {"mode = \"own\";", "mode = \"agentx\";",
                ":2: address = \"udp:127.0.0.1:16161\" cannot be used; write the "
                "absolute path"},
        {"mode = \"own\";", "mode = \"own\"; entity = 1;", ":2: “entity” is an integer; write true or false"},
        {"  users = ( { name", "  usres = ( { name",
                ":2: an agent of its own answers nobody without “users”"},
        {"auth_protocol = \"SHA-256\"; ", "", ":3: “auth_protocol” is missing"},
        /* pools and selection */
        {"keys = ( {", "kies = ( {", ":5: pool \"bureau\" has devices but no keys; write keys = "},
        {"serial = \"0001\";", "", ":12: “serial” is missing; write serial = "},
        {"serial = \"0001\";", "select = \"label\";", ":12: “label” is missing"},
        {"serial = \"0001\";", "select = \"slot\";", ":12: “slot” is missing"},
        {"serial = \"0001\";", "serial = \"0001\"; slot = 1;",
                ":12: “slot” is not looked at with select = \"serial\""},
        /* syntax */
        {"sites = (", "sites = ", ":4: syntax error; write NAME = VALUE; and close every"},
        {"sites = (", "@include \"/etc/hsmd/x\"\nsites = (", ":4: @include \"/etc/hsmd/x\" is absolute"},
        {"sites = (", "@include \"sensors\"\nsites = (",
                ":4: @include \"sensors\" cannot be read; name a readable"},
        {"sites = (", "@include \"none\"\nsites = (", ":4: @include \"none\" cannot be read"},
        /* vendors and mechanisms */
        {"serial = \"0001\";", "serial = \"0001\"; vendor = \"acne\";", ":12: vendor \"acne\": "},
        {"serial = \"0001\";", "serial = \"0001\"; vendor = \"../acme\";",
                ":12: vendor = \"../acme\" cannot be used; write letters, digits"},
        {"type = \"rsa\";", "type = \"rsa\"; mechanism = \"ecdsa\";",
                ":6: key 1 (rsa) cannot be exercised by sign on device \"one\": vendor profile \"standard\" "
                "has no such mechanism named ecdsa; write rsa_pkcs"},
        {"type = \"rsa\";", "type = \"rsa\"; mechanism = \"rsa_pkcs_decrypt\";",
                "has no such mechanism named rsa_pkcs_decrypt; write rsa_pkcs"},
        {"type = \"rsa\"; exercise = \"sign\"",
                "type = \"rsa\"; exercise = \"present\"; mechanism = \"rsa_pkcs\"",
                ":6: “mechanism” means nothing for a key that is only present; remove it"},
        {"type = \"rsa\"; exercise = \"sign\"", "type = \"rsa\"; business = true; interval = \"1 h\"",
                ":6: “interval” means nothing for a key that is only present; remove it"},
        {"type = \"rsa\";", "type = \"rsa\"; interval = \"50 ms\";",
                ":6: “interval” is shorter than a check"},
        {"type = \"rsa\";", "type = \"rsa\"; interval = \"8 days\";",
                ":6: “interval” is out of range; write \"0 ms\" to \"7 days\""},
        {"type = \"rsa\";", "type = \"rsa\"; check_value = \"a1b2c3\";",
                ":6: only a symmetric key has a check value; write public_key"},
        {"type = \"rsa\"; exercise = \"sign\"", "type = \"aes\"; check_value = \"a1b2\"",
                ":6: check_value = \"a1b2\" is no check value; write its first 3 octets"},
        {"type = \"rsa\"; exercise = \"sign\"", "type = \"aes\"; check_value = \"a1b2c3d4\"",
                ":6: check_value = \"a1b2c3d4\" is no check value"},
        {"type = \"rsa\"; exercise = \"sign\"", "type = \"aes\"; check_value = \"a1b2zz\"",
                ":6: check_value = \"a1b2zz\" is no check value"},
        {"type = \"rsa\"; exercise = \"sign\"",
                "type = \"hmac\"; exercise = \"present\"; check_value = \"a1b2c3\"",
                ":6: “check_value” is compared when the key is exercised; write exercise = \"mac\""},
        {"type = \"rsa\"; exercise = \"sign\"", "type = \"sm4\"",
                ":6: key 1 (sm4) cannot be exercised by encrypt on device \"one\": vendor profile "
                "\"standard\" "
                "has no such mechanism; give the device a vendor whose profile has one"},
        {"type = \"rsa\"; exercise = \"sign\"", "type = \"ec\"; exercise = \"decrypt\"",
                ":6: key 1 (ec) cannot be exercised by decrypt on device \"one\""},
        /* a device's world */
        {"serial = \"0001\";", "serial = \"0001\"; connect = \"hsm.example:8008\";",
                ":12: connect = \"hsm.example:8008\" cannot be used; write a numeric address and a port"},
        {"serial = \"0001\";", "serial = \"0001\"; connect = \"192.0.2.1\";",
                ":12: connect = \"192.0.2.1\" cannot be used; write a numeric address and a port"},
        {"serial = \"0001\";", "serial = \"0001\"; paths = \"/tmp\";", ":12: “paths” is a string; write ["},
        {"serial = \"0001\";", "serial = \"0001\"; paths = [ \"tmp\" ];",
                ":12: an element of “paths” is no absolute path"},
        {"serial = \"0001\";", "serial = \"0001\"; read_paths = [ 5 ];",
                ":12: an element of “read_paths” is no string; write an absolute path"},
        {"serial = \"0001\";", "serial = \"0001\"; paths = [ \"/./\" ];",
                ":12: an element of “paths” opens the whole file system; name the directories"},
        {"serial = \"0001\";",
                "serial = \"0001\"; paths = [ \"/a\",\"/b\",\"/c\",\"/d\",\"/e\",\"/f\",\"/g\",\"/h\",\"/i\","
                "\"/j\",\"/k\",\"/l\",\"/m\",\"/n\",\"/o\",\"/p\",\"/q\" ];",
                ":12: “paths” has 17 paths; write at most 16"},
        {"serial = \"0001\";", "serial = \"0001\"; files = ( { target = \"/etc/x\"; } );",
                ":12: “source” is missing"},
        {"serial = \"0001\";", "serial = \"0001\"; files = ( { target = \"etc/x\"; source = \"/y\"; } );",
                ":12: target = \"etc/x\" cannot be used; write an absolute path"},
        {"serial = \"0001\";",
                "serial = \"0001\"; files = ( { target = \"/x\"; source = \"/y\"; },\n{ target = \"/x\"; "
                "source = "
                "\"/z\"; } );",
                ":13: target \"/x\" is already used in line 12"},
        {"serial = \"0001\";", "serial = \"0001\"; files = [ \"/x\" ];",
                ":12: “files” is an array [ ]; write a list"},
        {"serial = \"0001\";", "serial = \"0001\"; shared_service = \"a b\";",
                ":12: shared_service = \"a b\" cannot be used"},
        {"serial = \"0001\";", "serial = \"0001\"; sm2_id = \"0x123\";",
                ":12: sm2_id = \"0x123\" is no identity; write two digits an octet behind 0x"},
        {"serial = \"0001\";", "serial = \"0001\"; sm2_id = \"\";", ":12: sm2_id = \"\" cannot be used"},
        {"serial = \"0001\";",
                "serial = \"0001\"; sm2_id = "
                "\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345\";",
                ":12: “sm2_id” has 65 octets; at most 64"},
        /* budgets */
        {"serial = \"0001\";", "serial = \"0001\"; recycle = { memory = \"much\"; };",
                ":12: “memory” is no size; write octets, or \"64 KiB\""},
        {"serial = \"0001\";", "serial = \"0001\"; recycle = { memory = \"256 MB\"; };",
                ":12: “memory” is no size"},
        {"serial = \"0001\";", "serial = \"0001\"; recycle = { memory = 256; };",
                ":12: “memory” is less than a probe needs; write at least \"16 MiB\", or 0: never"},
        {"serial = \"0001\";", "serial = \"0001\"; recycle = { descriptors = 3; };",
                ":12: “descriptors” is less than a probe needs; write at least 16"},
        {"serial = \"0001\";", "serial = \"0001\"; recycle = { age = 5; };",
                ":12: “age” is less than a probe needs; write at least \"100 ms\""},
        {"serial = \"0001\";", "serial = \"0001\"; recycle = { aeg = 5; };",
                ":12: unknown key “aeg”; did you mean “age”?"},
        {"serial = \"0001\";", "serial = \"0001\"; measure = { share = 0.5; };",
                ":12: “share” is out of range; write 0.0001 to 0.1"},
        {"serial = \"0001\";", "serial = \"0001\"; measure = { share = 0; };",
                ":12: “share” is out of range"},
        {"serial = \"0001\";", "serial = \"0001\"; measure = { sessions = 65; };",
                ":12: sessions = 65 is out of range; write 1 to 64"},
        {"serial = \"0001\";", "serial = \"0001\"; measure = { duration = \"61 s\"; };",
                ":12: “duration” is out of range; write \"100 ms\" to \"60 s\""},
        {"serial = \"0001\";", "serial = \"0001\"; measure = { period = \"2 s\"; };",
                ":12: “period” is not longer than “duration” of a burst"},
        {"interval = \"10 s\"; };\n", "interval = \"10 s\"; measure = { sesions = 5; }; };\n",
                ":1: unknown key “sesions”; did you mean “sessions”?"},
        {"serial = \"0001\";", "serial = \"0001\"; rated_rate = 0;",
                ":12: rated_rate = 0 is out of range; write 1 to"},
        {"serial = \"0001\";", "serial = \"0001\"; certificate_warning = \"30 d\";",
                ":12: “certificate_warning” is no duration; write milliseconds (500), or"},
        {"serial = \"0001\";", "serial = \"0001\"; slot = 0x80000000;",
                ":12: the number 0x80000000 does not fit"},
        {"sites = (", "@include \"hsmd.conf\"\nsites = (", ":4: @include \"hsmd.conf\" is nested too deeply"},
};

/* Vendor profiles ----------------------------------------------------------------------------- */

static int load_with_vendor(Fixture *f, const char *text) {
        CLEANUP_FREE char *conf = replaced("serial = \"0001\";", "serial = \"0001\"; vendor = \"acme\";");

        write_file(f, "vendors/acme.conf", text, strlen(text));
        return load(f, conf);
}

static const ProbeMechanism *mechanism_named(const ProbeMechanism *mechanisms, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (streq(mechanisms[i].name, name))
                        return &mechanisms[i];
        fail_msg("no mechanism named %s", name);
        return NULL;
}

static void a_vendor_profile_adds_its_mechanisms(void **state) {
        Fixture *f = *state;
        ProbeMechanism all[PROTOCOL_MECHANISMS_MAX];

        assert_int_equal(load_with_vendor(f, vendor), 0);
        const ConfigDevice *d = &f->config->devices[0];
        const ConfigVendor *v = &f->config->vendors[d->vendor];
        assert_string_equal(f->config->vendors[0].name, "standard");
        assert_int_equal(f->config->devices[1].vendor, 0);
        assert_string_equal(v->name, "acme");
        assert_int_equal(v->sm2_key_type, 0x80000004);
        assert_int_equal(v->sm4_key_type, 0x80000106);
        assert_int_equal(v->point_form, POINT_OCTET_STRING);
        assert_int_equal(v->max_clients, 1);
        assert_true(v->truthful_pin_flags);
        assert_false(d->deepbind); /* the vendor's */
        assert_true(f->config->devices[1].deepbind);
        assert_int_equal(v->returns[0].number, 0x80000035);
        assert_int_equal(v->returns[0].class, RETURN_LOG_FULL);
        for (size_t i = 0; i < v->n_mechanisms; i++)
                assert_int_equal(v->mechanisms[i].index, 101 + i);
        size_t n = config_mechanisms(f->config, &f->config->devices[1], all);
        assert_int_equal(config_mechanisms(f->config, d, all), n + 6);
}

/* 0x…, 0x…L and "0x…" are one number, and what libconfig reads as a negative integer is none. */
static void what_a_profile_says_of_a_mechanism_is_kept(void **state) {
        Fixture *f = *state;
        ProbeMechanism all[PROTOCOL_MECHANISMS_MAX];

        assert_int_equal(load_with_vendor(f, vendor), 0);
        size_t n = config_mechanisms(f->config, &f->config->devices[0], all);
        const ProbeMechanism *m = mechanism_named(all, n, "sm2_digest");
        assert_true(m->number == 0x80008104 && m->input == INPUT_DIGEST && m->form == FORM_DER);
        m = mechanism_named(all, n, "sm2_sm3");
        assert_true(m->number == 0x80008102 && m->input == INPUT_MESSAGE && m->form == FORM_RAW);
        assert_true(m->z == Z_NONE && m->rated_rate == 3000);
        m = mechanism_named(all, n, "sm2_decrypt");
        assert_true(m->number == 0xffffffff && m->order == CIPHER_C1C2C3 && m->cipher_form == FORM_DER);
        m = mechanism_named(all, n, "sm3");
        assert_true(m->number == 5 && m->use == USE_DIGEST);
        m = mechanism_named(all, n, "sm4_cbc");
        assert_true(m->iv && m->use == USE_ENCRYPT && m->key_type == KEY_TYPE_SM4);
}

static void keys_are_exercised_where_every_member_has_a_mechanism(void **state) {
        static const struct {
                const char *key, *mechanism;
                Exercise exercise;
        } keys[] = {
                {"type = \"sm2\"", "sm2_digest", EXERCISE_SIGN},
                {"type = \"sm2\"; mechanism = \"sm2_sm3\"", "sm2_sm3", EXERCISE_SIGN},
                {"type = \"sm2\"; exercise = \"decrypt\"", "sm2_decrypt", EXERCISE_DECRYPT},
                {"type = \"sm4\"; check_value = \"A1b2c3\"", "sm4_cbc", EXERCISE_ENCRYPT},
                {"type = \"sm4\"; exercise = \"mac\"", "sm4_mac", EXERCISE_MAC},
                {"type = \"rsa\"; exercise = \"decrypt\"", "rsa_pkcs_decrypt", EXERCISE_DECRYPT},
                {"type = \"ec\"", "ecdsa", EXERCISE_SIGN},
                {"type = \"aes\"; mechanism = \"aes_cbc\"", "aes_cbc", EXERCISE_ENCRYPT},
                {"type = \"aes\"; exercise = \"mac\"", "aes_cmac", EXERCISE_MAC},
                {"type = \"hmac\"", "sha256_hmac", EXERCISE_MAC},
        };
        Fixture *f = *state;
        ProbeMechanism all[PROTOCOL_MECHANISMS_MAX];

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                CLEANUP_FREE char *one = replaced("type = \"rsa\"; exercise = \"sign\"", keys[i].key);
                CLEANUP_FREE char *text = replaced_in(one, "module = ", "vendor = \"acme\"; module = ");

                assert_loads(f, text);
                const ConfigKey *key = &f->config->pools[0].keys[0];
                size_t n = config_mechanisms(f->config, &f->config->devices[0], all);
                size_t at = config_key_mechanism(key, all, n);
                assert_true(at < n);
                assert_string_equal(all[at].name, keys[i].mechanism);
                assert_int_equal(key->exercise, keys[i].exercise);
        }
}

static void a_key_that_one_member_cannot_exercise_is_refused_by_its_line(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *one = replaced("type = \"rsa\"", "type = \"sm2\"");
        CLEANUP_FREE char *text =
                replaced_in(one, "serial = \"0001\";", "serial = \"0001\"; vendor = \"acme\";");

        assert_int_equal(load(f, text), -EINVAL);
        assert_error(f, ":6: key 1 (sm2) cannot be exercised by sign on device \"two\": vendor profile "
                        "\"standard\" has no such mechanism; give the device a vendor");
        assert_null(strstr(f->error, "\"one\""));
}

static void mistakes_in_a_vendor_profile_name_its_file_and_line(void **state) {
        static const Case wrong[] = {
                {"sm2_key_type", "sm2_keytype",
                        ":1: unknown key “sm2_keytype”; did you mean “sm2_key_type”?"},
                {"0x80000004", "2147483652", ":1: the number 2147483652 does not fit"},
                {"0x80000004", "5",
                        ":1: “sm2_key_type” is no vendor's number; write it in hexadecimal, as 0x80008104"},
                {"0x80000004", "-5", ":1: “sm2_key_type” is no vendor's number"},
                {"0x80000004", "0x180000004", ":1: the number 0x180000004 does not fit"},
                {"0x80000004", "\"0x180000004\"", ":1: “sm2_key_type” is no vendor's number"},
                {"0x80000004", "\"80000004\"", ":1: “sm2_key_type” is no vendor's number"},
                {"0x80000004", "\"0x\"", ":1: “sm2_key_type” is no vendor's number"},
                {"max_clients = 1", "max_clients = 0xffffffff", ":1: max_clients = -1 is out of range"},
                {"sm4_key_type = \"0x80000106\";", "",
                        ":1: “sm4_key_type” is missing; write sm4_key_type = "},
                {"max_clients = 1", "point_form = \"xyz\"",
                        ":1: point_form = \"xyz\" is no point form; did you mean “xy”?"},
                {"deepbind = false", "deepbind = 0", ":2: “deepbind” is an integer; write true or false"},
                {"mechanisms = (", "mechanisms = ( 5,", ":3: an element of “mechanisms” is an integer"},
                {"index = 102", "index = 100", ":4: index = 100 is out of range; write 101 to 9999"},
                {"index = 102; ", "", ":4: “index” is missing; write index = N;"},
                {"index = 102", "index = 101", ":5: mechanism index 101 is already used in line 4"},
                {"name = \"sm2_sm3\"; ", "", ":4: “name” is missing; write name = "},
                {"\"sm2_sm3\"", "\"sm2_digest\"",
                        ":5: mechanism name \"sm2_digest\" is already used in line 4"},
                {"\"sm2_sm3\"", "\"rsa_pkcs\"",
                        ":4: \"rsa_pkcs\" is the name of a mechanism of the standard, number 0x1"},
                {"\"sm2_sm3\"", "\"sm2_sm3_and_a_name_that_is_long_\"",
                        ":4: “name” has 32 octets; at most 31"},
                {"number = 0x80008102L; ", "", ":4: “number” is missing; write number = 0x80008104;"},
                {"use = \"sign\"; ", "", ":4: “use” is missing; write use = \"sign\""},
                {"use = \"sign\"", "use = \"sing\"",
                        ":4: use = \"sing\" is no use of a mechanism; did you mean “sign”?"},
                {"key_type = \"sm2\"; ", "", ":4: “key_type” is missing; write key_type = \"sm2\""},
                {"key_type = \"sm2\"", "key_type = \"ec\"",
                        ":4: a key of type ec is not exercised by a vendor's mechanism to sign; write "
                        "key_type = "
                        "\"sm2\""},
                {"input = \"message\"; ", "", ":4: “input” is missing; write input = \"digest\""},
                {"form = \"raw\"; ", "", ":4: “form” is missing; write form = \"der\""},
                {"z = \"none\"; ", "", ":4: “z” is missing; write z = \"default_id\""},
                {"z = \"none\"", "z = \"id\"", ":4: z = \"id\" is no "},
                {"form = \"der\"", "form = \"der\"; z = \"none\"",
                        ":5: “z” means nothing with a mechanism that hashes no message"},
                {"form = \"der\"", "form = \"der\"; iv = true",
                        ":5: “iv” means nothing with a mechanism that neither"},
                {"form = \"der\"", "form = \"der\"; order = \"c1c3c2\"",
                        ":5: “order” means nothing with a mechanism that"},
                {"order = \"c1c2c3\"; ", "", ":6: “order” is missing; write order = "},
                {"cipher_form = \"der\"; ", "", ":6: “cipher_form” is missing; write cipher_form = "},
                {"order = \"c1c2c3\"", "order = \"c1c2c3\"; form = \"der\"",
                        ":6: “form” means nothing with a mechanism that does not sign"},
                {"use = \"digest\"", "use = \"digest\"; key_type = \"sm2\"",
                        ":7: “key_type” means nothing with use = \"digest\""},
                {"number = 0x80000035", "number = 0x35",
                        ":10: only a vendor's own returns are told here; write 0x80000000 and above"},
                {"class = \"log_full\"", "class = \"full\"", ":10: class = \"full\" is no class of a return"},
                {"class = \"log_full\"; ", "", ":10: “class” is missing; write class = \"busy\""},
                {"returns = (", "returns = ( { number = 0x80000035; name = \"X\"; class = \"busy\"; },\n",
                        ":11: return 2147483701 is already used in line 10"},
                {"mechanisms = (", "mechanisms = (( ", ":9: syntax error"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                CLEANUP_FREE char *text = replaced_in(vendor, wrong[i].find, wrong[i].replacement);

                if (load_with_vendor(f, text) != -EINVAL)
                        fail_msg("accepted: %s", wrong[i].replacement);
                assert_error(f, wrong[i].expected);
                assert_error(f, "/vendors/acme.conf:");
        }
}

static void a_profile_has_room_for_what_a_probe_is_told(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = NULL;
        size_t size = 0;
        FILE *m = open_memstream(&text, &size);

        fputs("mechanisms = (\n", m);
        for (int i = 0; i < PROTOCOL_MECHANISMS_MAX; i++)
                fprintf(m, "{ index = %d; name = \"m%d\"; number = 0x%x; use = \"digest\"; }%s\n", 101 + i, i,
                        i, i + 1 < PROTOCOL_MECHANISMS_MAX ? "," : "");
        fputs(");\nreturns = (\n", m);
        for (int i = 0; i <= PROTOCOL_RETURNS_MAX; i++)
                fprintf(m, "{ number = 0x8000%04x; name = \"CKR_%d\"; class = \"busy\"; }%s\n", i, i,
                        i < PROTOCOL_RETURNS_MAX ? "," : "");
        fputs(");\n", m);
        fclose(m);
        assert_int_equal(load_with_vendor(f, text), -EINVAL);
        assert_error(f, ":1: there are 24 mechanisms; a profile has at most 17");
        assert_error(f, ":27: there are 33 returns; a profile has at most 32");
}

static void every_shipped_profile_is_right(void **state) {
        static const char *const names[] = {"sansec", "tass", "luna", "ibm", "xihsm"};
        Fixture *f = *state;
        ProbeMechanism all[PROTOCOL_MECHANISMS_MAX];

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                CLEANUP_FREE char *text = shipped_profile("vendors", names[i]);

                if (load_with_vendor(f, text) < 0)
                        fail_msg("refused: %s", f->error);
                size_t n = config_mechanisms(f->config, &f->config->devices[0], all);
                mechanism_named(all, n, "sm2_digest");
                mechanism_named(all, n, "sm2_sm3");
                mechanism_named(all, n, "sm3");
                mechanism_named(all, n, "sm4_ecb");
                mechanism_named(all, n, "sm4_cbc");
        }
}

/* A device's world and budgets ---------------------------------------------------------------- */

static void a_devices_world_and_budgets_have_defaults(void **state) {
        Fixture *f = *state;

        assert_loads(f, base);
        const ConfigDevice *d = &f->config->devices[0];
        assert_null(d->connect);
        assert_null(d->paths);
        assert_null(d->read_paths);
        assert_null(d->shared_service);
        assert_int_equal(d->n_files, 0);
        assert_int_equal(d->sm2_id_size, 16);
        assert_memory_equal(d->sm2_id, "1234567812345678", 16);
        assert_int_equal(d->rated_rate, 0);
        assert_int_equal(d->recycle_memory, 256 << 20);
        assert_int_equal(d->recycle_descriptors, 256);
        assert_int_equal(d->recycle_age, 24 * 3600 * USEC_PER_SEC);
        assert_int_equal(d->certificate_warning, 30 * 24 * 3600 * USEC_PER_SEC);
        assert_int_equal(d->measure.period, 0);
        assert_true(d->measure.share > 0.00999 && d->measure.share < 0.01001);
        assert_int_equal(d->measure.sessions, 4);
        assert_int_equal(d->measure.duration, 2 * USEC_PER_SEC);
}

static void a_devices_world_and_budgets_are_read(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced("serial = \"0001\";",
                "serial = \"0001\"; connect = \"[2001:db8::11]:8008\"; paths = [ \"/opt/acme/log\" ];\n"
                "read_paths = ( \"/opt/acme\", \"/etc/acme\" ); files = ( { target = \"/etc/acme.ini\"; "
                "source = "
                "\"/etc/hsmd/acme-1.ini\"; } );\n"
                "shared_service = \"acmed\"; sm2_id = \"0x0aFF\"; rated_rate = 3000;\n"
                "recycle = { memory = \"1 GiB\"; descriptors = 0; age = \"2 days\"; }; certificate_warning = "
                "\"12 h\";");

        assert_loads(f, text);
        const ConfigDevice *d = &f->config->devices[0];
        assert_string_equal(d->connect, "[2001:db8::11]:8008");
        assert_string_equal(d->paths[0], "/opt/acme/log");
        assert_null(d->paths[1]);
        assert_string_equal(d->read_paths[1], "/etc/acme");
        assert_int_equal(d->n_files, 1);
        assert_string_equal(d->files[0].target, "/etc/acme.ini");
        assert_string_equal(d->files[0].source, "/etc/hsmd/acme-1.ini");
        assert_string_equal(d->shared_service, "acmed");
        assert_int_equal(d->sm2_id_size, 2);
        assert_memory_equal(d->sm2_id, "\x0a\xff", 2);
        assert_int_equal(d->rated_rate, 3000);
        assert_int_equal(d->recycle_memory, 1 << 30);
        assert_int_equal(d->recycle_descriptors, 0);
        assert_int_equal(d->recycle_age, 2 * 24 * 3600 * USEC_PER_SEC);
        assert_int_equal(d->certificate_warning, 12 * 3600 * USEC_PER_SEC);
}

static void files_need_a_right_that_is_named_with_their_line(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced("serial = \"0001\";",
                "serial = \"0001\";\nfiles = (\n{ target = \"/a\"; source = \"/b\"; } );");

        assert_loads(f, base);
        assert_int_equal(config_check_files(f->config, false, &f->error), 0);
        assert_loads(f, text);
        assert_int_equal(config_check_files(f->config, true, &f->error), 0);
        assert_null(f->error);
        assert_int_equal(config_check_files(f->config, false, &f->error), -EINVAL);
        assert_int_equal(strncmp(f->error, f->directory, strlen(f->directory)), 0);
        assert_error(f, "/hsmd.conf:14: device \"one\" has “files”");
        assert_error(f, "allow-files.conf");
}

/* The device's own first, then device_defaults, then the fleet's. */
static void measure_is_merged_key_by_key(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *one =
                replaced("\"10 s\"; };", "\"10 s\"; measure = { period = \"12 h\"; sessions = 2; share "
                                         "= 0.02; }; };");
        CLEANUP_FREE char *two = replaced_in(one, "module = ", "measure = { sessions = 8; }; module = ");
        CLEANUP_FREE char *text =
                replaced_in(two, "serial = \"0001\";", "serial = \"0001\"; measure = { share = 0.05; };");

        assert_loads(f, text);
        const ConfigMeasure *m = &f->config->devices[0].measure;
        assert_int_equal(m->period, 12 * 3600 * USEC_PER_SEC);
        assert_int_equal(m->sessions, 8);
        assert_true(m->share > 0.049 && m->share < 0.051);
        assert_true(f->config->devices[1].measure.share < 0.021);
}

static void business_key_is_exercised_slower(void **state) {
        static const struct {
                const char *key;
                usec_t interval;
        } keys[] = {
                {"exercise = \"sign\"", 0},
                {"exercise = \"sign\"; interval = \"1 h\"", 3600 * USEC_PER_SEC},
                {"exercise = \"sign\"; business = true; approved_by = \"李工\"; approved_on = \"2024-02-29\"",
                        600 * USEC_PER_SEC},
                {"exercise = \"sign\"; interval = 0; business = true; approved_by = \"李工\"; approved_on = "
                 "\"2024-02-29\"",
                        0},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                CLEANUP_FREE char *text = replaced("exercise = \"sign\"", keys[i].key);

                assert_loads(f, text);
                assert_int_equal(f->config->pools[0].keys[0].interval, keys[i].interval);
        }
}

/* ---------------------------------------------------------------------------------------------- */

static void every_mistake_is_told_with_its_line_and_remedy(void **state) {
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CLEANUP_FREE char *text = replaced(cases[i].find, cases[i].replacement);

                if (load(f, text) != -EINVAL)
                        fail_msg("accepted: %s", cases[i].replacement);
                assert_error(f, cases[i].expected);
                assert_int_equal(strncmp(f->error, f->directory, strlen(f->directory)), 0);
        }
}

static void accepted_variants_load(void **state) {
        static const Case variants[] = {
                {"\"10 s\"", "10000", NULL},
                {"\"10 s\"", "\"10s\"", NULL},
                {"\"10 s\"", "\"2 min\"", NULL},
                {"\"192.0.2.2\"", "\"[2001:db8::2]:161\"", NULL},
                {"mode = \"own\"; address = \"udp:127.0.0.1:16161\";", "mode = \"agentx\";", NULL},
                {"udp:127.0.0.1:16161", "udp6:[::1]:16161", NULL},
                {"serial = \"0001\";", "select = \"slot\"; slot = 0;", NULL},
                {"serial = \"0001\";", "select = \"label\"; label = \"令牌\";", NULL},
                {"exercise = \"sign\"", "business = true", NULL},
                {"exercise = \"sign\"",
                        "exercise = \"sign\"; business = true; approved_by = \"李工\"; approved_on = "
                        "\"2024-02-29\"",
                        NULL},
                {"sites = (",
                        "# 5000000000 @include \"none\"\n/* @include \"none\" 5000000000 */ // \"\nsites = (",
                        NULL},
                {"services = ( { number = 1; name = \"licence\"; pool = \"bureau\"; keys = [ 1 ]; } );", "",
                        NULL},
                {"pools = (", "pools = ( { number = 7; name = \"empty\"; required = 5; },", NULL},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(variants); i++) {
                CLEANUP_FREE char *text = replaced(variants[i].find, variants[i].replacement);

                assert_loads(f, text);
        }
}

static void business_key_is_only_looked_for_by_default(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced("exercise = \"sign\"", "business = true");

        assert_loads(f, text);
        assert_int_equal(f->config->pools[0].keys[0].exercise, EXERCISE_PRESENT);
}

static void all_mistakes_are_told_in_one_run_and_each_once(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced("module = \"/usr/lib/module.so\"; environment: { A",
                "module = \"x\"; zzz = 1; deadline = 0; environment: { A");
        size_t lines = 1;

        assert_int_equal(load(f, text), -EINVAL);
        for (const char *p = f->error; *p; p++)
                lines += *p == '\n';
        assert_int_equal(lines, 3); /* in device_defaults, for two devices: not six */
        assert_error(f, "module = \"x\"");
        assert_error(f, "zzz");
        assert_error(f, "deadline");
}

static void errors_are_capped_and_the_rest_counted(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = NULL;
        size_t size = 0, lines = 1;
        FILE *m = open_memstream(&text, &size);

        for (int i = 0; i < 50; i++)
                fprintf(m, "a%d = 1;\n", i);
        fclose(m);
        assert_int_equal(load(f, text), -EINVAL);
        for (const char *p = f->error; *p; p++)
                lines += *p == '\n';
        assert_int_equal(lines, 21);
        assert_error(f, "more errors");
}

static void a_secret_written_by_mistake_is_not_repeated(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced("pin = { file = \"/etc/pin\"; }", "pin = \"s3cr3t\"");

        assert_int_equal(load(f, text), -EINVAL);
        assert_null(strstr(f->error, "s3cr3t"));
}

static void no_devices_is_an_error(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = strndup(base, (size_t) (strstr(base, "devices = (") - base));
        CLEANUP_FREE char *empty = NULL;

        assert_int_equal(load(f, text), -EINVAL);
        assert_error(f, ":1: “devices” is missing");
        assert_true(asprintf(&empty, "%sdevices = ( );\n", text) > 0);
        assert_int_equal(load(f, empty), -EINVAL);
        assert_error(f, ":10: there are no devices");
}

/* Receivers and history ------------------------------------------------------------------------ */

#define RECEIVER                                                                                             \
        "number = 2; name = \"nms-1\"; address = \"udp:192.0.2.5:162\"; user = \"hsmd\"; "                   \
        "auth_protocol = \"SHA-256\"; auth_secret = { credential = \"nms.auth\"; };"

/* base with these receivers */
static char *with_receivers(const char *receivers) {
        char *text;

        assert_true(asprintf(&text, "%sreceivers = ( %s );\n", base, receivers) > 0);
        return text;
}

static void receivers_stand_in_order_of_number_and_take_defaults(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = with_receivers(
                "{ " RECEIVER " }, { number = 1; name = \"nms-0\"; address = \"udp6:[2001:db8::5]:162\"; "
                "kind = \"trap\"; version = \"v2c\"; community = { file = \"/c\"; }; text = \"zh\"; "
                "charset = \"gb18030\"; timeout = \"500 ms\"; queue = 1000; title = \"网管\"; }");

        assert_loads(f, text);
        assert_int_equal(f->config->n_receivers, 2);
        const ConfigReceiver *a = &f->config->receivers[0], *b = &f->config->receivers[1];
        assert_int_equal(a->number, 1);
        assert_string_equal(a->title, "网管");
        assert_int_equal(a->kind, RECEIVER_TRAP);
        assert_int_equal(a->version, SNMP_VERSION_V2C);
        assert_string_equal(a->community.file, "/c");
        assert_int_equal(a->charset, CHARSET_GB18030);
        assert_int_equal(a->timeout, 500 * USEC_PER_MSEC);
        assert_int_equal(a->queue, 1000);
        assert_string_equal(b->title, "nms-1");
        assert_int_equal(b->kind, RECEIVER_INFORM);
        assert_int_equal(b->version, SNMP_VERSION_V3);
        assert_string_equal(b->auth_secret.credential, "nms.auth");
        assert_null(b->priv_protocol);
        assert_int_equal(b->text, TEXT_ZH);
        assert_int_equal(b->charset, CHARSET_UTF_8);
        assert_int_equal(b->timeout, 2 * USEC_PER_SEC);
        assert_int_equal(b->queue, 100000);
}

static void receivers_that_cannot_be_reached_are_refused(void **state) {
        Fixture *f = *state;
        static const struct {
                const char *receivers, *expected;
        } wrong[] = {
                {"{ number = 1; name = \"n\"; address = \"udp:nms.example:162\"; user = \"u\"; }",
                        "write udp:ADDRESS:PORT or udp6:[ADDRESS]:PORT, numeric, as udp:192.0.2.5:162"},
                {"{ number = 1; name = \"n\"; user = \"u\"; }", "“address” is missing"},
                {"{ " RECEIVER " version = \"v1\"; }", "write \"v2c\" or \"v3\""},
                {"{ " RECEIVER " version = \"v2c\"; community = { file = \"/c\"; }; }",
                        "“user” means nothing with version v2c; remove it"},
                {"{ " RECEIVER " community = { file = \"/c\"; }; }",
                        "“community” means nothing with version v3; remove it"},
                {"{ " RECEIVER " priv_protocol = \"AES\"; }", "give both or neither"},
                {"{ " RECEIVER " kind = \"informs\"; }", "did you mean “inform”?"},
                {"{ " RECEIVER " text = \"en\"; charset = \"gb18030\"; }",
                        "“charset” means nothing with text = \"en\""},
                {"{ " RECEIVER " timeout = \"6 s\"; }",
                        "“timeout” is out of range; write \"100 ms\" to \"5 s\""},
                {"{ " RECEIVER " queue = 99; }", "queue = 99 is out of range; write 100 to 1000000"},
                {"{ " RECEIVER " adress = \"x\"; }", "did you mean “address”?"},
                {"{ " RECEIVER " }, { " RECEIVER " }", "receiver number 2 is already used in line"},
                {"{ " RECEIVER " }, { number = 3; name = \"nms-1\"; address = \"udp:192.0.2.6:162\"; user = "
                 "\"u\"; }",
                        "receiver name \"nms-1\" is already used in line"},
        };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                CLEANUP_FREE char *text = with_receivers(wrong[i].receivers);

                assert_int_equal(load(f, text), -EINVAL);
                assert_error(f, wrong[i].expected);
        }
}

static void heartbeat_and_history_have_defaults_and_bounds(void **state) {
        Fixture *f = *state;
        static const char days[] = "history: { durable_timeout = \"5 s\"; keep_minutes = \"7 days\"; };\n";
        CLEANUP_FREE char *kept = NULL, *often = replaced("fleet: {", "fleet: { heartbeat_interval = 500;");
        CLEANUP_FREE char *never = replaced("fleet: {", "fleet: { heartbeat_interval = 0;"), *hour = NULL;

        assert_loads(f, base);
        assert_int_equal(f->config->heartbeat_interval, 60 * USEC_PER_SEC);
        assert_int_equal(f->config->durable_timeout, 2 * USEC_PER_SEC);
        assert_int_equal(f->config->keep_hours, 1095 * 24 * 3600 * USEC_PER_SEC);
        assert_loads(f, never);
        assert_int_equal(f->config->heartbeat_interval, 0);
        assert_int_equal(load(f, often), -EINVAL);
        assert_error(f, "“heartbeat_interval” is too short; write \"1 s\" or more, or 0 for none");
        assert_true(asprintf(&kept, "%s%s", base, days) > 0);
        assert_loads(f, kept);
        assert_int_equal(f->config->durable_timeout, 5 * USEC_PER_SEC);
        assert_int_equal(f->config->keep_minutes, 7 * 24 * 3600 * USEC_PER_SEC);
        assert_true(asprintf(&hour, "%shistory: { keep_minutes = \"1 h\"; };\n", base) > 0);
        assert_int_equal(load(f, hour), -EINVAL);
        assert_error(f, "“keep_minutes” is out of range");
}

static int count_secret(const SecretSource *source, size_t max UNUSED, const char *whose,
        const char *what UNUSED, void *userdata) {
        unsigned *n = userdata;

        *n += secret_source_given(source) && streq(whose, "nms-1");
        return 0;
}

static void secrets_of_receivers_are_among_all_secrets(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = with_receivers("{ " RECEIVER " }");
        unsigned n = 0;

        assert_loads(f, text);
        assert_int_equal(config_each_secret(f->config, count_secret, &n), 0);
        assert_int_equal(n, 1);
}

/* Sensor profiles ----------------------------------------------------------------------------- */

/* Public keys --------------------------------------------------------------------------------- */

static void write_public_key(const Fixture *f, EVP_PKEY *key, const char *name, bool pem) {
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", f->directory, name);
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        assert_int_equal(pem ? PEM_write_PUBKEY(file, key) : i2d_PUBKEY_fp(file, key), 1);
        fclose(file);
}

static void write_certificate(const Fixture *f, EVP_PKEY *key, const char *name) {
        char path[128];
        X509 *certificate = X509_new();

        X509_set_pubkey(certificate, key);
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        assert_true(X509_sign(certificate, key, EVP_sm3()) > 0);
        snprintf(path, sizeof(path), "%s/%s", f->directory, name);
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        assert_int_equal(PEM_write_X509(file, certificate), 1);
        fclose(file);
        X509_free(certificate);
}

static int load_with_key(Fixture *f, const char *type, const char *file) {
        char keys[512];

        snprintf(keys, sizeof(keys), "type = \"%s\"; exercise = \"present\"; public_key = \"%s/%s\"", type,
                f->directory, file);
        CLEANUP_FREE char *text = replaced("type = \"rsa\"; exercise = \"sign\"", keys);
        return load(f, text);
}

static void public_key_is_kept_in_one_encoding_whatever_the_file(void **state) {
        Fixture *f = *state;
        EVP_PKEY *key = EVP_EC_gen("P-256");
        unsigned char *der = NULL;
        int n = i2d_PUBKEY(key, &der);

        write_public_key(f, key, "a.pem", true);
        write_public_key(f, key, "a.der", false);
        EVP_PKEY_set_utf8_string_param(key, "point-format", "compressed");
        write_public_key(f, key, "compressed.pem", true);
        for (size_t i = 0; i < 3; i++) {
                const char *const files[] = {"a.pem", "a.der", "compressed.pem"};

                assert_int_equal(load_with_key(f, "ec", files[i]), 0);
                const ConfigKey *k = &f->config->pools[0].keys[0];
                assert_int_equal(k->spki_size, n);
                assert_memory_equal(k->spki, der, (size_t) n);
        }
        OPENSSL_free(der);
        EVP_PKEY_free(key);
}

static void public_key_of_another_type_is_refused(void **state) {
        Fixture *f = *state;
        EVP_PKEY *ec = EVP_EC_gen("P-256"), *sm2 = EVP_EC_gen("SM2"), *rsa = EVP_RSA_gen(2048);

        write_public_key(f, ec, "ec.pem", true);
        write_public_key(f, sm2, "sm2.pem", true);
        write_public_key(f, rsa, "rsa.pem", true);
        assert_int_equal(load_with_key(f, "rsa", "rsa.pem"), 0);
        assert_int_equal(load_with_key(f, "sm2", "sm2.pem"), 0);
        assert_int_equal(load_with_key(f, "rsa", "ec.pem"), -EINVAL);
        assert_error(f, ":6: the public key is of type ec, but the key of type rsa; write type = \"ec\"");
        assert_int_equal(load_with_key(f, "ec", "sm2.pem"), -EINVAL);
        assert_error(f, "the public key is of type sm2, but the key of type ec");
        assert_int_equal(load_with_key(f, "aes", "rsa.pem"), -EINVAL);
        assert_error(f, "a key of type aes has no public key; remove public_key");
        EVP_PKEY_free(ec);
        EVP_PKEY_free(sm2);
        EVP_PKEY_free(rsa);
}

static void public_key_of_sm2_is_known_however_it_was_written(void **state) {
        Fixture *f = *state;
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
        unsigned char *der = NULL;
        int n = i2d_PUBKEY(key, &der);

        write_public_key(f, key, "sm2.pem", true);
        write_public_key(f, key, "sm2.der", false);
        write_certificate(f, key, "sm2-cert.pem");
        for (size_t i = 0; i < 3; i++) {
                const char *const files[] = {"sm2.pem", "sm2.der", "sm2-cert.pem"};

                if (load_with_key(f, "sm2", files[i]) < 0)
                        fail_msg("refused: %s", f->error);
                const ConfigKey *k = &f->config->pools[0].keys[0];
                assert_int_equal(k->spki_size, n);
                assert_memory_equal(k->spki, der, (size_t) n);
        }
        OPENSSL_free(der);
        EVP_PKEY_free(key);
}

static void unusable_public_key_file_is_refused(void **state) {
        Fixture *f = *state;
        EVP_PKEY *large = EVP_RSA_gen(5120);

        assert_int_equal(load_with_key(f, "rsa", "none.pem"), -EINVAL);
        assert_error(f, "none.pem\" cannot be read (No such file or directory)");
        assert_int_equal(load_with_key(f, "rsa", "sensors"), -EINVAL);
        assert_error(f, "cannot be read");
        write_file(f, "text.pem", "hello", 5);
        assert_int_equal(load_with_key(f, "rsa", "text.pem"), -EINVAL);
        assert_error(f, "text.pem\" holds no public key; name a SubjectPublicKeyInfo");
        write_public_key(f, large, "large.pem", true);
        assert_int_equal(load_with_key(f, "rsa", "large.pem"), -EINVAL);
        assert_error(f, "cannot be encoded in 640 octets");
        EVP_PKEY_free(large);
}

/* Reload -------------------------------------------------------------------------------------- */

static void only_what_the_probe_sees_makes_it_another_probe(void **state) {
        static const struct {
                const char *find, *replacement;
                bool same;
        } changes[] = {
                {"\"test\"", "\"other\"", true},
                {"\"10 s\"; };\n", "\"10 s\"; fall = 3; };\n", true},
                {"title = \"集群\"", "title = \"x\"", true},
                {"timeout = 500", "timeout = 600", true},
                {"serial = \"0001\";", "serial = \"0001\"; title = \"一号\"; location = \"A1\";", true},
                {"module.so", "module2.so", false},
                {"B = \"3\"", "B = \"4\"", false},
                {"A = \"1\"", "A = \"4\"", false},
                {"B = \"3\"", "B = \"3\"; C = \"1\"", false},
                {"serial = \"0001\"", "serial = \"0009\"", false},
                {"/etc/pin", "/etc/pin2", false},
                {"{ file = \"/etc/pin\"; }", "{ credential = \"pin\"; }", false},
                {"serial = \"0001\";", "serial = \"0001\"; random = false;", false},
                {"serial = \"0001\";", "serial = \"0001\"; deepbind = false;", false},
                {"serial = \"0001\";", "serial = \"0001\"; cwd = \"/x\";", false},
                {"serial = \"0001\";", "serial = \"0001\"; present_interval = \"1 min\";", false},
                {"serial = \"0001\";", "serial = \"0001\"; keys = ( { number = 1; label = \"x\"; } );",
                        false},
                {"serial = \"0001\";", "serial = \"0001\"; keys = ( { number = 1; label = \"probe\"; } );",
                        true},
                {"label = \"probe\"", "label = \"other\"", false},
                {"label = \"probe\"", "label = \"probe\"; id = \"01\"", false},
                {"exercise = \"sign\"", "exercise = \"present\"", false},
                {"exercise = \"sign\"", "interval = \"1 min\"", false},
                {"exercise = \"sign\"", "mechanism = \"rsa_pkcs\"", false},
                {"exercise = \"sign\"",
                        "business = true; exercise = \"sign\"; interval = 0; approved_by = "
                        "\"a\"; approved_on = \"2024-02-29\"",
                        false},
                {"serial = \"0001\";", "serial = \"0001\"; vendor = \"acme\"; deepbind = true;", false},
                {"serial = \"0001\";", "serial = \"0001\"; vendor = \"standard\";", true},
                {"serial = \"0001\";", "serial = \"0001\"; vendor = \"nothing\";", true},
                {"serial = \"0001\";", "serial = \"0001\"; connect = \"192.0.2.1:80\";", false},
                {"serial = \"0001\";", "serial = \"0001\"; paths = [ \"/a\" ];", false},
                {"serial = \"0001\";", "serial = \"0001\"; paths = [ ];", true},
                {"serial = \"0001\";", "serial = \"0001\"; read_paths = [ \"/a\" ];", false},
                {"serial = \"0001\";",
                        "serial = \"0001\"; files = ( { target = \"/a\"; source = \"/b\"; } );", false},
                {"serial = \"0001\";", "serial = \"0001\"; sm2_id = \"x\";", false},
                {"serial = \"0001\";", "serial = \"0001\"; sm2_id = \"1234567812345678\";", true},
                {"serial = \"0001\";",
                        "serial = \"0001\"; rated_rate = 5; shared_service = \"x\"; recycle = { age "
                        "= 0; }; measure = { period = \"1 h\"; }; certificate_warning = 0;",
                        true},
        };
        Fixture *f = *state;
        Config *before = NULL;

        assert_loads(f, base);
        before = f->config;
        f->config = NULL;
        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                CLEANUP_FREE char *text = replaced(changes[i].find, changes[i].replacement);

                assert_loads(f, text);
                if (config_device_same_probe(before, &before->devices[0], f->config,
                            &f->config->devices[0]) != changes[i].same)
                        fail_msg("judged wrongly: %s", changes[i].replacement);
        }
        config_free(before);
}

/* The profile's text counts, not its name. */
static void a_changed_vendor_profile_makes_another_probe(void **state) {
        static const struct {
                const char *find, *replacement;
                bool same;
        } changes[] = {
                {"max_clients", "# a comment\nmax_clients", true},
                {"truthful_pin_flags = true", "truthful_pin_flags = false", true}, /* the guard's affair */
                {"max_clients = 1", "max_clients = 2", false},
                {"deepbind = false", "deepbind = true", false},
                {"0x80000004", "0x80000005", false},
                {"\"0x80000106\"", "\"0x80000107\"", false},
                {"max_clients = 1", "max_clients = 1; point_form = \"xy\"", false},
                {"form = \"raw\"", "form = \"der\"", false},
                {"CKR_LOG_FULL", "CKR_FULL", false},
        };
        Fixture *f = *state;

        assert_int_equal(load_with_vendor(f, vendor), 0);
        Config *before = f->config;
        f->config = NULL;
        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                CLEANUP_FREE char *text = replaced_in(vendor, changes[i].find, changes[i].replacement);

                assert_int_equal(load_with_vendor(f, text), 0);
                if (config_device_same_probe(before, &before->devices[0], f->config,
                            &f->config->devices[0]) != changes[i].same)
                        fail_msg("judged wrongly: %s", changes[i].replacement);
        }
        config_free(before);
}

/* Nasty input --------------------------------------------------------------------------------- */

static void what_is_no_configuration_is_refused_by_name(void **state) {
        Fixture *f = *state;
        char path[160];

        assert_int_equal(load(f, ""), -EINVAL);
        assert_error(f, "hsmd.conf:1: “fleet” is missing");
        assert_int_equal(load_bytes(f, "fleet\0: { };", 12), -EINVAL);
        assert_error(f, "holds a NUL octet");

        free(f->error);
        f->error = NULL;
        assert_int_equal(config_load(f->directory, &f->config, &f->error), -EINVAL);
        assert_error(f, ":1: this is no regular file");
        free(f->error);
        f->error = NULL;
        snprintf(path, sizeof(path), "%s/none.conf", f->directory);
        assert_int_equal(config_load(path, &f->config, &f->error), -ENOENT);
        assert_error(f, "none.conf:1: cannot be read (No such file or directory)");
}

static void fifo_blocks_nobody(void **state) {
        Fixture *f = *state;
        char path[160];
        CLEANUP_FREE char *text = replaced("sites = (", "@include \"fifo\"\nsites = (");

        snprintf(path, sizeof(path), "%s/fifo", f->directory);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_int_equal(load(f, text), -EINVAL);
        assert_error(f, "@include \"fifo\" cannot be read");
        free(f->error);
        f->error = NULL;
        assert_int_equal(config_load(path, &f->config, &f->error), -EINVAL);
        assert_error(f, "this is no regular file");
}

static void deep_nesting_and_huge_files_are_refused(void **state) {
        Fixture *f = *state;
        size_t n = 200000;
        CLEANUP_FREE char *text = malloc(n + 1);

        memset(text, '(', n);
        memcpy(text, "a=", 2);
        text[n] = '\0';
        assert_int_equal(load(f, text), -EINVAL);
        assert_error(f, "nested too deeply");

        write_file(f, "hsmd.conf", "", 0);
        assert_int_equal(truncate(f->path, 65 * 1024 * 1024), 0); /* sparse */
        free(f->error);
        f->error = NULL;
        assert_int_equal(config_load(f->path, &f->config, &f->error), -EINVAL);
        assert_error(f, "larger than 64 MiB");
}

/* Every error is "FILE:LINE: …; …", whatever was broken. */
static void assert_told(Fixture *f, int k, const char *text, size_t size) {
        char *end;

        if (k == 0)
                return;
        assert_non_null(f->error);
        size_t n = strlen(f->directory);
        if (strncmp(f->error, f->directory, n) != 0)
                fail_msg("no file: %s for %.*s", f->error, (int) size, text);
        const char *line = strstr(f->error, ".conf:");
        assert_non_null(line);
        assert_true(strtoul(line + 6, &end, 10) > 0);
        assert_int_equal(*end, ':');
}

static void file_cut_anywhere_never_crashes(void **state) {
        Fixture *f = *state;

        for (size_t n = 0; n < strlen(base); n++)
                assert_told(f, load_bytes(f, base, n), base, n);
}

static uint32_t next_random(uint32_t *state) {
        *state = *state * 1664525 + 1013904223;
        return *state >> 8;
}

static void file_with_any_octets_changed_never_crashes(void **state) {
        static const char octets[] = "\"{}()[];:=,#/*\\@-+.0xL9aZ \n\t\xff\x80\xe9\x01";
        Fixture *f = *state;
        uint32_t seed = 20240229;

        for (int round = 0; round < 1500; round++) {
                CLEANUP_FREE char *text = strdup(base);
                size_t n = strlen(text);

                for (uint32_t change = next_random(&seed) % 4; change < 4; change++)
                        text[next_random(&seed) % n] = octets[next_random(&seed) % (sizeof(octets) - 1)];
                assert_told(f, load_bytes(f, text, n), text, n);
        }
}

/* As above, of a vendor profile. */
static void vendor_profile_cut_or_changed_anywhere_never_crashes(void **state) {
        static const char octets[] = "\"{}()[];:=,#/*-+.0xL9aZ \n\xff\x01";
        Fixture *f = *state;
        uint32_t seed = 20240301;

        for (size_t n = 0; n < strlen(vendor); n += 7) {
                CLEANUP_FREE char *text = strndup(vendor, n);

                assert_told(f, load_with_vendor(f, text), text, n);
        }
        for (int round = 0; round < 500; round++) {
                CLEANUP_FREE char *text = strdup(vendor);
                size_t n = strlen(text);

                for (uint32_t change = next_random(&seed) % 4; change < 4; change++)
                        text[next_random(&seed) % n] = octets[next_random(&seed) % (sizeof(octets) - 1)];
                assert_told(f, load_with_vendor(f, text), text, n);
        }
}

/* Every value of the file is replaced by one of each type. */
static void wrong_type_anywhere_never_crashes(void **state) {
        static const char *const values[] = {"5", "5.5", "true", "\"x\"", "[ ]", "[ 1 ]", "( )", "( ( ) )",
                "( 1 )", "{ }", "{ x = 1; }", "( { } )", "( { x = { }; } )"};
        Fixture *f = *state;

        for (const char *p = strstr(base, " = "); p; p = strstr(p + 1, " = ")) {
                const char *value = p + 3;
                size_t end =
                        *value == '"' ? (size_t) (strchr(value + 1, '"') - value + 1) : strcspn(value, ";");

                for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                        CLEANUP_FREE char *text = NULL;

                        assert_true(asprintf(&text, "%.*s%s%s", (int) (value - base), base, values[i],
                                            value + end) > 0);
                        assert_told(f, load(f, text), text, strlen(text));
                }
        }
}

static void thousand_devices_load(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = NULL;
        size_t size = 0;
        FILE *m = open_memstream(&text, &size);

        fwrite(base, 1, (size_t) (strstr(base, "devices = (") - base), m);
        fputs("devices = (\n", m);
        for (int i = 1000; i > 0; i--)
                fprintf(m,
                        "{ number = %d; name = \"d%d\"; serial = \"%d\"; snmp: { address = \"10.0.%d.%d\"; "
                        "}; }%s\n",
                        i, i, i, i / 250, i % 250, i > 1 ? "," : "");
        fputs(");\n", m);
        fclose(m);
        assert_loads(f, text);
        assert_int_equal(f->config->n_devices, 1000);
        for (size_t i = 0; i < 1000; i++)
                assert_int_equal(f->config->devices[i].number, i + 1);
}

static void shipped_configuration_is_right(void **state) {
        Fixture *f = *state;

        if (config_load(SHIPPED_CONFIGURATION, &f->config, &f->error) < 0)
                fail_msg("refused: %s", f->error);
        assert_int_equal(f->config->n_devices, 9);
        assert_int_equal(f->config->n_pools, 2);
        assert_int_equal(f->config->n_services, 4);
        assert_string_equal(f->config->services[0].title, "电子营业执照系统");
        assert_true(f->config->services[0].confirmed);
        assert_false(f->config->services[1].confirmed);
        for (size_t i = 0; i < f->config->n_pools; i++)
                for (size_t k = 0; k < f->config->pools[i].n_keys; k++) {
                        const ConfigKey *key = &f->config->pools[i].keys[k];

                        assert_int_equal(key->type, KEY_TYPE_SM2);
                        assert_int_equal(key->exercise, key->business ? EXERCISE_PRESENT : EXERCISE_SIGN);
                }
        assert_int_equal(detection_bound(&f->config->devices[0].timing), 23 * USEC_PER_SEC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(receivers_stand_in_order_of_number_and_take_defaults),
                TEST(receivers_that_cannot_be_reached_are_refused),
                TEST(heartbeat_and_history_have_defaults_and_bounds),
                TEST(secrets_of_receivers_are_among_all_secrets),
                TEST(good_configuration_is_read_with_its_defaults),
                TEST(devices_stand_in_order_of_number_and_take_defaults),
                TEST(snmp_merges_key_by_key),
                TEST(detection_bound_is_that_of_the_handbook),
                TEST(short_interval_shortens_its_companions),
                TEST(device_overrides_how_its_pools_key_is_found),
                TEST(flapping_is_as_configured_or_three_falls_and_twenty_minutes),
                TEST(included_file_is_part_and_its_errors_name_it),
                TEST(a_vendor_profile_adds_its_mechanisms),
                TEST(what_a_profile_says_of_a_mechanism_is_kept),
                TEST(keys_are_exercised_where_every_member_has_a_mechanism),
                TEST(a_key_that_one_member_cannot_exercise_is_refused_by_its_line),
                TEST(mistakes_in_a_vendor_profile_name_its_file_and_line),
                TEST(a_profile_has_room_for_what_a_probe_is_told),
                TEST(every_shipped_profile_is_right),
                TEST(a_devices_world_and_budgets_have_defaults),
                TEST(a_devices_world_and_budgets_are_read),
                TEST(files_need_a_right_that_is_named_with_their_line),
                TEST(measure_is_merged_key_by_key),
                TEST(business_key_is_exercised_slower),
                TEST(every_mistake_is_told_with_its_line_and_remedy),
                TEST(accepted_variants_load),
                TEST(business_key_is_only_looked_for_by_default),
                TEST(all_mistakes_are_told_in_one_run_and_each_once),
                TEST(errors_are_capped_and_the_rest_counted),
                TEST(a_secret_written_by_mistake_is_not_repeated),
                TEST(no_devices_is_an_error),
                TEST(public_key_is_kept_in_one_encoding_whatever_the_file),
                TEST(public_key_of_another_type_is_refused),
                TEST(public_key_of_sm2_is_known_however_it_was_written),
                TEST(unusable_public_key_file_is_refused),
                TEST(only_what_the_probe_sees_makes_it_another_probe),
                TEST(a_changed_vendor_profile_makes_another_probe),
                TEST(what_is_no_configuration_is_refused_by_name),
                TEST(fifo_blocks_nobody),
                TEST(deep_nesting_and_huge_files_are_refused),
                TEST(file_cut_anywhere_never_crashes),
                TEST(file_with_any_octets_changed_never_crashes),
                TEST(vendor_profile_cut_or_changed_anywhere_never_crashes),
                TEST(wrong_type_anywhere_never_crashes),
                TEST(thousand_devices_load),
                TEST(shipped_configuration_is_right),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
