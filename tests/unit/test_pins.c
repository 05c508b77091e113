/* Keys pinned at first sight outlive a restart. */
#include <sys/stat.h>

#include "hsmd/pins.h"
#include "remove-tree.h"
#include "unit.h"

#define DEADLINE (20 * USEC_PER_SEC)

typedef struct World {
        char directory[64];
        sd_event *event;
        Disk *disk;
        Pins *pins;
        char *warning;
} World;

static char label[] = "probe key %";
static const ConfigKey key = {
        .number = 3, .label = label, .id = {0xa1, 0xb2}, .id_size = 2, .type = KEY_TYPE_SM2};

static void open_world(World *w) {
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(disk_new(w->event, &w->disk), 0);
        assert_int_equal(pins_new(w->directory, w->disk, &w->pins, &w->warning), 0);
}

static void close_world(World *w) {
        w->disk = disk_free(w->disk, DEADLINE);
        w->pins = pins_free(w->pins);
        w->event = sd_event_unref(w->event);
        free(w->warning);
        w->warning = NULL;
}

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        copy_text(w->directory, sizeof(w->directory), "/tmp/hsmd-pins-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        open_world(w);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        World *w = *state;

        close_world(w);
        remove_tree(w->directory);
        free(w);
        return 0;
}

static Pin some_pin(void) {
        Pin pin = {
                .fingerprint = {.size = FINGERPRINT_MAX}, .spki_size = 4, .spki = {1, 2, 0, 255}, .when = 77};

        memset(pin.fingerprint.octets, 0x5a, FINGERPRINT_MAX);
        return pin;
}

static void a_pin_outlives_a_restart(void **state) {
        World *w = *state;
        Pin pin = some_pin();
        const Pin *found;

        assert_null(pins_get(w->pins, "bureau", &key));
        assert_int_equal(pins_set(w->pins, "bureau", &key, &pin), 0);
        pin.confirmed = true;
        copy_text(pin.by, sizeof(pin.by), "li lei");
        assert_int_equal(pins_set(w->pins, "bureau", &key, &pin), 0);
        close_world(w);
        open_world(w);
        assert_null(w->warning);
        found = pins_get(w->pins, "bureau", &key);
        assert_non_null(found);
        assert_true(found->confirmed);
        assert_string_equal(found->by, "li_lei");
        assert_int_equal(found->when, 77);
        assert_int_equal(found->spki_size, 4);
        assert_memory_equal(found->spki, pin.spki, 4);
        assert_true(fingerprint_equal(&found->fingerprint, &pin.fingerprint));
        assert_null(pins_get(w->pins, "portal", &key));
}

static void a_key_that_is_named_otherwise_is_another(void **state) {
        World *w = *state;
        Pin pin = some_pin();
        ConfigKey renamed = key;
        char other[] = "another";

        assert_int_equal(pins_set(w->pins, "bureau", &key, &pin), 0);
        renamed.label = other;
        assert_null(pins_get(w->pins, "bureau", &renamed));
        renamed = key;
        renamed.type = KEY_TYPE_EC;
        assert_null(pins_get(w->pins, "bureau", &renamed));
        renamed = key;
        renamed.id[0] = 0;
        assert_null(pins_get(w->pins, "bureau", &renamed));
}

static void what_is_configured_is_not_looked_up(void **state) {
        World *w = *state;
        Pin pin = some_pin();
        ConfigKey configured = key;

        assert_int_equal(pins_set(w->pins, "bureau", &key, &pin), 0);
        configured.spki_size = 91;
        assert_null(pins_get(w->pins, "bureau", &configured));
}

static void a_file_that_cannot_be_read_is_set_aside(void **state) {
        World *w = *state;
        char path[128];
        struct stat st;
        FILE *f;

        close_world(w);
        snprintf(path, sizeof(path), "%s/pins/bureau", w->directory);
        f = fopen(path, "we");
        assert_non_null(f);
        fputs("key 3 perhaps 5a5a - x 1 -\n", f);
        fclose(f);
        open_world(w);
        assert_non_null(w->warning);
        assert_non_null(strstr(w->warning, "bureau.unreadable"));
        assert_null(pins_get(w->pins, "bureau", &key));
        snprintf(path, sizeof(path), "%s/pins/bureau.unreadable", w->directory);
        assert_int_equal(stat(path, &st), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_pin_outlives_a_restart, setup, teardown),
                cmocka_unit_test_setup_teardown(a_key_that_is_named_otherwise_is_another, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_configured_is_not_looked_up, setup, teardown),
                cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_set_aside, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
