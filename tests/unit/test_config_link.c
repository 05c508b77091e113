/* What hsmd.conf says of the ways to machines: links and their witnesses, management ports, virtual slots. */
#include "config-fixture.h"

/* Line numbers below are those of this text. */
static const char base[] =
        "fleet: { name = \"test\"; };\n"
        "sites = ( { number = 2; name = \"hall\"; }, { number = 1; name = \"room\"; },\n"
        "  { number = 3; name = \"attic\"; } );\n"
        "links = ( { name = \"office\"; interface = \"eth0\"; gateway = \"192.0.2.1\"; sites = [ \"room\" ]; "
        "},\n"
        "  { name = \"far\"; interface = \"bond0.7\"; sites = [ \"hall\" ]; } );\n"
        "pools = ( { number = 1; name = \"pool\"; required = 1;\n"
        "  keys = ( { number = 1; label = \"k\"; type = \"rsa\"; exercise = \"sign\"; } ); } );\n"
        "device_defaults: { module = \"/m.so\"; site = \"room\"; pool = \"pool\"; pin = { file = \"/pin\"; "
        "}; };\n"
        "devices = ( { number = 1; name = \"one\"; serial = \"1\"; management = \"192.0.2.11:22\"; },\n"
        "  { number = 2; name = \"ha\"; serial = \"2\"; virtual = true; } );\n";

static void links_are_read_and_found_by_site(void **state) {
        Fixture *f = *state;

        assert_loads(f, base);
        const Config *c = f->config;
        assert_int_equal(c->n_links, 2);
        assert_string_equal(c->links[0].name, "office");
        assert_string_equal(c->links[0].interface, "eth0");
        assert_string_equal(c->links[0].gateway, "192.0.2.1");
        assert_null(c->links[1].gateway);
        /* sites are in order of number: room, hall, attic */
        assert_int_equal(config_link_of_site(c, 0), 0);
        assert_int_equal(config_link_of_site(c, 1), 1);
        assert_int_equal(config_link_of_site(c, 2), SIZE_MAX);
}

static void a_gateway_has_one_spelling(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *text = replaced_in(base, "192.0.2.1\"", "2001:DB8:0:0::1\"");

        assert_loads(f, text);
        assert_string_equal(f->config->links[0].gateway, "2001:db8::1");
}

static void ports_and_virtual_slots_are_read(void **state) {
        Fixture *f = *state;

        assert_loads(f, base);
        assert_string_equal(f->config->devices[0].management, "192.0.2.11:22");
        assert_null(f->config->devices[1].management);
        assert_false(f->config->devices[0].virtual_slot);
        assert_true(f->config->devices[1].virtual_slot);
}

/* The probe tries the management port, and does not know whether its slot is virtual. */
static void another_management_port_makes_another_probe(void **state) {
        Fixture *f = *state;
        CLEANUP_FREE char *port = replaced_in(base, "192.0.2.11:22", "192.0.2.11:23");
        CLEANUP_FREE char *real = replaced_in(base, "virtual = true;", "");

        assert_loads(f, base);
        Config *before = f->config;
        f->config = NULL;
        assert_loads(f, port);
        assert_false(
                config_device_same_probe(before, &before->devices[0], f->config, &f->config->devices[0]));
        assert_loads(f, real);
        assert_true(config_device_same_probe(before, &before->devices[1], f->config, &f->config->devices[1]));
        config_free(before);
}

typedef struct Case {
        const char *find, *replacement, *expected;
} Case;

static const Case cases[] = {
        {"name = \"office\"; ", "", ":4: “name” is missing; write name = \"office\";"},
        {"interface = \"eth0\"; ", "", ":4: “interface” is missing; write interface = \"eth0\";"},
        {"\"eth0\"", "\"a/b\"", ":4: interface = \"a/b\" cannot be used; write the name of a"},
        {"\"eth0\"", "\"sixteen-octets-x\"", ":4: “interface” has 16 octets; at most 15 are allowed"},
        {"\"192.0.2.1\"", "\"192.0.2.1:9\"",
                "a numeric address without a port, as \"192.0.2.1\" or \"2001:db8::1\""},
        {"\"192.0.2.1\"", "\"router.example\"", "a numeric address without a port"},
        {"sites = [ \"room\" ];", "", ":4: “sites” is missing; write sites = [ \"…\" ];"},
        {"sites = [ \"room\" ];", "sites = [ ];", ":4: “sites” has 0 elements; write 1 to 3"},
        {"[ \"room\" ]", "[ \"roon\" ]", ":4: there is no site \"roon\"; did you mean “room”?"},
        {"[ \"hall\" ]", "[ \"room\" ]", ":5: site \"room\" is behind link \"office\" already"},
        {"\"far\"", "\"office\"", "link name"},
        {"gateway =", "gatway =", ":4: unknown key “gatway”; did you mean “gateway”?"},
        {"links = (", "links = ( 5,", ":4: "},
        {"192.0.2.11:22", "192.0.2.11", "a numeric address and a port, as \"192.0.2.11:22\""},
        {"virtual = true", "virtual = 1", ":10: “virtual” is an integer; write true or false"},
        {"required = 1", "required = 2", ":6: required = 2, but pool \"pool\" has 1 member; write at most 1"},
        {"serial = \"1\";", "serial = \"1\"; virtual = true;",
                ":6: pool \"pool\" has a virtual slot and no member; configure the machines behind it"},
};

static void every_mistake_is_told_with_its_remedy(void **state) {
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CLEANUP_FREE char *text = replaced_in(base, cases[i].find, cases[i].replacement);

                if (load(f, text) != -EINVAL)
                        fail_msg("accepted: %s", cases[i].replacement);
                assert_error(f, cases[i].expected);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(links_are_read_and_found_by_site),
                TEST(a_gateway_has_one_spelling),
                TEST(ports_and_virtual_slots_are_read),
                TEST(another_management_port_makes_another_probe),
                TEST(every_mistake_is_told_with_its_remedy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
