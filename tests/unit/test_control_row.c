/* A row on the bus: what hsmd writes is what hsmctl reads, for every field of every table. */

#include "unit.h"

#include <sys/socket.h>

#include "control-internal.h"
#include "ctl/picture.h"

#define NOW (1000000 * USEC_PER_SEC)

/* Some valid value for a field, different for each ordinal. */
static void set_field(const Field *f, unsigned ordinal, uint8_t *row) {
        uint32_t narrow = 1 + ordinal;
        uint64_t wide = (1 + (uint64_t) ordinal) * USEC_PER_SEC;

        switch ((int) f->type) {
        case FIELD_NAME:
        case FIELD_TEXT:
                snprintf((char *) row + f->offset, 64, "文字 %u", ordinal);
                break;
        case FIELD_COUNTER:
        case FIELD_INSTANT:
        case FIELD_AGE:
        case FIELD_MSEC:
        case FIELD_USEC:
                memcpy(row + f->offset, &wide, sizeof(wide));
                break;
        case FIELD_ENUM:
        case FIELD_ENUM_AS_NAME:
                for (narrow = (uint32_t) f->names->n - 1; !f->names->names[narrow];)
                        narrow--;
                memcpy(row + f->offset, &narrow, sizeof(narrow));
                break;
        case FIELD_BOOL:
                narrow = 1;
                memcpy(row + f->offset, &narrow, sizeof(narrow));
                break;
        case FIELD_I32:
        case FIELD_CELSIUS:
                narrow = (uint32_t) (-35 - (int) ordinal);
                memcpy(row + f->offset, &narrow, sizeof(narrow));
                break;
        default:
                memcpy(row + f->offset, &narrow, sizeof(narrow));
        }
        field_mark(((DeviceRow *) row)->valid, ordinal, true);
}

static sd_bus_message *message_with(sd_bus *bus, const TableInfo *info, const void *row) {
        sd_bus_message *m = NULL;
        size_t size = 0;

        assert_return_code(sd_bus_message_new_signal(bus, &m, "/x", "x.y", "Z"), 0);
        assert_return_code(control_append_row(m, info, row, NOW, &size), 0);
        assert_return_code(sd_bus_message_seal(m, 1, 0), 0);
        assert_return_code(sd_bus_message_rewind(m, true), 0);
        return m;
}

/* Messages belong to a bus that was started; nobody is at its other end. */
static sd_bus *some_bus(void) {
        sd_bus *bus = NULL;
        int fds[2];

        assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), errno);
        assert_return_code(sd_bus_new(&bus), 0);
        assert_return_code(sd_bus_set_fd(bus, fds[0], fds[0]), 0);
        assert_return_code(sd_bus_start(bus), 0);
        close(fds[1]);
        return bus;
}

static void assert_same_field(const TableInfo *info, unsigned ordinal, const void *a, const void *b) {
        Shown x, y;

        field_show(info, ordinal, a, NOW, &x);
        field_show(info, ordinal, b, NOW, &y);
        if (x.kind != y.kind)
                fail_msg("%s.%s: kind %d became %d", info->name, info->fields[ordinal].key, x.kind, y.kind);
        switch (x.kind) {
        case SHOWN_STRING:
                assert_string_equal(x.string, y.string);
                break;
        case SHOWN_SIGNED:
        case SHOWN_TENTHS:
                assert_int_equal(x.i, y.i);
                break;
        case SHOWN_UNSIGNED:
        case SHOWN_BOOL:
                assert_int_equal(x.u, y.u);
                break;
        default:
                break;
        }
}

static void assert_round_trip(BoardTable table, bool every_second) {
        const TableInfo *info = &board_tables[table];
        CLEANUP_FREE uint8_t *row = calloc(2, info->row_size);
        uint8_t *copy = row + info->row_size;
        sd_bus *bus = some_bus();
        sd_bus_message *m;

        assert_non_null(row);
        for (unsigned i = 0; i < info->n_fields; i++)
                if (!every_second || i % 2)
                        set_field(&info->fields[i], i, row);
        m = message_with(bus, info, row);
        assert_return_code(picture_read_row(m, &board_tables[table], NOW, copy), 0);
        for (unsigned i = 0; i < info->n_fields; i++)
                assert_same_field(info, i, row, copy);
        sd_bus_message_unref(m);
        sd_bus_close_unref(bus);
}

static void every_field_of_every_table_passes(void **state UNUSED) {
        for (BoardTable table = 0; table < BOARD_TABLES; table++)
                assert_round_trip(table, false);
}

static void what_is_not_valid_is_left_out(void **state UNUSED) {
        for (BoardTable table = 0; table < BOARD_TABLES; table++)
                assert_round_trip(table, true);
}

static const char *string_in(sd_bus_message *m, const char *wanted) {
        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                const char *key, *value, *type;

                assert_true(sd_bus_message_read_basic(m, 's', &key) > 0);
                assert_true(sd_bus_message_peek_type(m, NULL, &type) > 0);
                if (streq(key, wanted)) {
                        assert_true(sd_bus_message_read(m, "v", "s", &value) > 0);
                        return value;
                }
                assert_return_code(sd_bus_message_skip(m, "v"), 0);
                assert_return_code(sd_bus_message_exit_container(m), 0);
        }
        fail_msg("no %s in the row", wanted);
        return NULL;
}

static void enumerations_are_camel_case_on_the_bus_and_reasons_code_words(void **state UNUSED) {
        const TableInfo *devices = &board_tables[BOARD_DEVICES];
        sd_bus *bus = some_bus();
        DeviceRow d = {0};
        sd_bus_message *m;

        FIELD_SET(Device, &d, agent_state, AGENT_NOT_CONFIGURED);
        m = message_with(bus, devices, &d);
        assert_string_equal(string_in(m, "agent_state"), "notConfigured");
        sd_bus_message_unref(m);
        FIELD_SET(Device, &d, reason, REASON_PIN_FINAL_TRY);
        m = message_with(bus, devices, &d);
        assert_string_equal(string_in(m, "reason"), "pin_final_try");
        sd_bus_message_unref(m);
        sd_bus_close_unref(bus);
}

static void bad_utf8_does_not_stop_a_row(void **state UNUSED) {
        sd_bus *bus = some_bus();
        DeviceRow d = {0};
        sd_bus_message *m;

        memset(d.title, 0xff, sizeof(d.title) - 1);
        FIELD_SET(Device, &d, number, 7);
        field_mark(d.valid, DeviceField_title, true);
        m = message_with(bus, &board_tables[BOARD_DEVICES], &d);
        assert_memory_equal(string_in(m, "title"), "\xef\xbf\xbd\xef\xbf\xbd", 6);
        sd_bus_message_unref(m);
        sd_bus_close_unref(bus);
}

static void a_newer_hsmd_may_say_more(void **state UNUSED) {
        sd_bus *bus = some_bus();
        sd_bus_message *m = NULL;
        DeviceRow d = {0};

        assert_return_code(sd_bus_message_new_signal(bus, &m, "/x", "x.y", "Z"), 0);
        assert_return_code(sd_bus_message_append(m, "a{sv}", 5, "name", "s", "bureau-1", "new_field", "ai", 2,
                                   1, 2, "state", "s", "sleeping", "number", "(i)", 3, "probes", "s", "many"),
                0);
        assert_return_code(sd_bus_message_seal(m, 1, 0), 0);
        assert_return_code(sd_bus_message_rewind(m, true), 0);
        assert_return_code(picture_read_row(m, &board_tables[BOARD_DEVICES], NOW, &d), 0);
        assert_string_equal(d.name, "bureau-1");
        assert_true(field_valid(&d, DeviceField_name));
        assert_false(field_valid(&d, DeviceField_state));
        assert_false(field_valid(&d, DeviceField_number));
        assert_false(field_valid(&d, DeviceField_probes));
        sd_bus_message_unref(m);
        sd_bus_close_unref(bus);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_field_of_every_table_passes),
                cmocka_unit_test(what_is_not_valid_is_left_out),
                cmocka_unit_test(enumerations_are_camel_case_on_the_bus_and_reasons_code_words),
                cmocka_unit_test(bad_utf8_does_not_stop_a_row),
                cmocka_unit_test(a_newer_hsmd_may_say_more),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
