/* The sensors as ENTITY-MIB and ENTITY-SENSOR-MIB: GET and GETNEXT of any OID against a list of what there
 * must be, and what the values say. */

#include "unit.h"

#include "hsmd/board-writer.h"
#include "snmp-mib/serve-entity.h"

#define DEVICES 9
#define SENSORS 4
#define INSTANCES_MAX 1000
#define ASKED 20000
#define UP_SINCE (100 * USEC_PER_SEC)

typedef struct Instance {
        oid name[SERVE_OID_MAX];
        size_t n;
} Instance;

typedef struct Fixture {
        BoardWriter *writer;
        BoardReader *reader;
        EntityBoard *board;
        Instance instances[ENTITY_MODULES][INSTANCES_MAX]; /* in the order of OIDs */
        size_t n[ENTITY_MODULES];
        uint32_t seed;
} Fixture;

/* With gaps, and the largest number there may be. */
static const uint32_t devices[DEVICES] = {1, 2, 3, 7, 8, 20, 21474, 99999, 200000};
/* The fifth machine has none. */
static const uint32_t sensors[SENSORS] = {1, 17, 1000, 9999};

static bool has_sensors(size_t device) {
        return device != 4;
}

static uint32_t choose(Fixture *f, uint32_t n) {
        f->seed = f->seed * 1664525u + 1013904223u;
        return (f->seed >> 8) % n;
}

/* The second sensor of each machine was never read. */
static bool was_read(size_t sensor) {
        return sensor != 1;
}

static void fill_sensor(Fixture *f, size_t row, size_t device, size_t sensor) {
        SensorRow s = {0};

        FIELD_SET(Sensor, &s, device, devices[device]);
        FIELD_SET(Sensor, &s, number, sensors[sensor]);
        FIELD_TEXT_SET(Sensor, &s, name, "temperature");
        FIELD_SET(Sensor, &s, type, SENSOR_TYPE_CELSIUS);
        FIELD_SET(Sensor, &s, scale, 9);
        FIELD_SET(Sensor, &s, precision, 1);
        FIELD_SET(Sensor, &s, status, was_read(sensor) ? SENSOR_OK : SENSOR_UNAVAILABLE);
        if (was_read(sensor)) {
                FIELD_SET(Sensor, &s, value, 415);
                FIELD_SET(Sensor, &s, age, UP_SINCE + 3 * USEC_PER_SEC);
        }
        board_publish(f->writer, BOARD_SENSORS, row, &s);
}

static void fill(Fixture *f) {
        size_t row = 0;

        for (size_t d = 0; d < DEVICES; d++) {
                DeviceRow device = {0};

                FIELD_SET(Device, &device, number, devices[d]);
                FIELD_TEXT_SET(Device, &device, name, "hsm-01");
                board_publish(f->writer, BOARD_DEVICES, d, &device);
                for (size_t s = 0; has_sensors(d) && s < SENSORS; s++)
                        fill_sensor(f, row++, d, s);
        }
}

static void note(Fixture *f, EntityModule module, const oid *name, size_t n) {
        Instance *in = &f->instances[module][f->n[module]++];

        assert_true(f->n[module] < INSTANCES_MAX);
        memcpy(in->name, name, n * sizeof(oid));
        in->n = n;
}

static void list_physical(Fixture *f, oid column) {
        for (size_t d = 0; d < DEVICES; d++) {
                oid chassis = devices[d] * 10000UL;

                note(f, ENTITY_MIB, (oid[]){1, 1, 1, 1, column, chassis}, 6);
                for (size_t s = 0; has_sensors(d) && s < SENSORS; s++)
                        note(f, ENTITY_MIB, (oid[]){1, 1, 1, 1, column, chassis + sensors[s]}, 6);
        }
}

static void list_sensors(Fixture *f, oid column) {
        for (size_t d = 0; d < DEVICES; d++)
                for (size_t s = 0; has_sensors(d) && s < SENSORS; s++)
                        if ((column != 4 && column != 7) || was_read(s))
                                note(f, ENTITY_SENSOR_MIB,
                                        (oid[]){1, 1, 1, column, devices[d] * 10000UL + sensors[s]}, 5);
}

static void list_contains(Fixture *f) {
        for (size_t d = 0; d < DEVICES; d++)
                for (size_t s = 0; has_sensors(d) && s < SENSORS; s++)
                        note(f, ENTITY_MIB,
                                (oid[]){1, 3, 3, 1, 1, devices[d] * 10000UL,
                                        devices[d] * 10000UL + sensors[s]},
                                7);
}

static int set_up(void **state) {
        const size_t rows[BOARD_TABLES] = {
                [BOARD_FLEET] = 1, [BOARD_DEVICES] = DEVICES, [BOARD_SENSORS] = (DEVICES - 1) * SENSORS};
        Fixture *f = calloc(1, sizeof(*f));

        f->seed = 7;
        assert_int_equal(board_writer_new(rows, &f->writer), 0);
        fill(f);
        board_writer_tick(f->writer, now_monotonic());
        for (oid column = 2; column <= 16; column++)
                if (column <= 13 || column == 16)
                        list_physical(f, column);
        list_contains(f);
        note(f, ENTITY_MIB, (oid[]){1, 4, 1, 0}, 4);
        for (oid column = 1; column <= 8; column++)
                list_sensors(f, column);
        assert_int_equal(board_reader_new(board_writer_fd(f->writer), &f->reader), 0);
        assert_int_equal(entity_board_new(f->reader, UP_SINCE + USEC_PER_SEC, &f->board), 0);
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        Fixture *f = *state;

        entity_board_free(f->board);
        board_reader_free(f->reader);
        board_writer_free(f->writer);
        free(f);
        return 0;
}

static EntityClock clock_now(void) {
        return (EntityClock){.now = now_monotonic(), .up_since = UP_SINCE};
}

/* An OID that is, or nearly is, one of the instances. */
static size_t bend(Fixture *f, EntityModule module, oid name[static SERVE_OID_MAX + 1]) {
        const Instance *in = &f->instances[module][choose(f, (uint32_t) f->n[module])];
        size_t n = in->n;

        memcpy(name, in->name, sizeof(in->name));
        if (choose(f, 2))
                name[choose(f, (uint32_t) n)] += choose(f, 3) - 1; /* -1 of 0 becomes the largest there is */
        if (choose(f, 3) == 0)
                n = choose(f, (uint32_t) n + 1);
        while (choose(f, 4) == 0 && n <= SERVE_OID_MAX)
                name[n++] = choose(f, 3);
        return n;
}

static void get_answers_the_instances_and_nothing_else(void **state) {
        Fixture *f = *state;
        const EntityClock clock = clock_now();

        for (size_t k = 0; k < ASKED; k++) {
                EntityModule module = k % ENTITY_MODULES;
                oid name[SERVE_OID_MAX + 1];
                size_t n = bend(f, module, name);
                bool there = false;
                MibValue value;

                for (size_t i = 0; i < f->n[module]; i++)
                        there |= snmp_oid_compare(name, n, f->instances[module][i].name,
                                         f->instances[module][i].n) == 0;
                assert_int_equal(entity_get(f->board, module, name, n, &clock, &value) == 0, there);
        }
}

static void next_answers_the_first_instance_after_any_oid(void **state) {
        Fixture *f = *state;
        const EntityClock clock = clock_now();

        for (size_t k = 0; k < ASKED; k++) {
                EntityModule module = k % ENTITY_MODULES;
                const Instance *in = f->instances[module];
                oid name[SERVE_OID_MAX + 1], found[SERVE_OID_MAX];
                size_t n = bend(f, module, name), found_n = 0, i = 0;
                MibValue value;
                int r = entity_next(f->board, module, name, n, &clock, found, &found_n, &value);

                while (i < f->n[module] && snmp_oid_compare(in[i].name, in[i].n, name, n) <= 0)
                        i++;
                assert_int_equal(r, i < f->n[module] ? 0 : -ENODATA);
                if (r == 0)
                        assert_int_equal(snmp_oid_compare(found, found_n, in[i].name, in[i].n), 0);
        }
}

static long number_of(Fixture *f, EntityModule module, const oid *name, size_t n) {
        const EntityClock clock = clock_now();
        MibValue value;

        assert_int_equal(entity_get(f->board, module, name, n, &clock, &value), 0);
        assert_int_equal(value.size, sizeof(value.data.integer));
        return value.data.integer;
}

static long sensor_number(Fixture *f, oid column) {
        return number_of(f, ENTITY_SENSOR_MIB, (oid[]){1, 1, 1, column, 2000009999}, 5);
}

static void the_largest_index_is_a_number_of_31_bits(void **state) {
        Fixture *f = *state;

        assert_int_equal(number_of(f, ENTITY_MIB, (oid[]){1, 1, 1, 1, 4, 2000009999}, 6), 2000000000);
        assert_int_equal(sensor_number(f, 4), 415);
}

static void instants_are_those_of_the_agents_uptime(void **state) {
        Fixture *f = *state;
        const EntityClock before = {.now = now_monotonic(), .up_since = USEC_INFINITY};
        MibValue value;

        assert_int_equal(sensor_number(f, 7), 300);
        assert_int_equal(number_of(f, ENTITY_MIB, (oid[]){1, 4, 1, 0}, 4), 100);
        assert_int_equal(entity_get(f->board, ENTITY_MIB, (oid[]){1, 4, 1, 0}, 4, &before, &value), 0);
        assert_int_equal(value.data.integer, 0);
}

static void change_sensor(Fixture *f, uint32_t type, int32_t value, uint32_t status) {
        size_t row = (DEVICES - 1) * SENSORS - 1;
        SensorRow s = *(const SensorRow *) board_published(f->writer, BOARD_SENSORS, row);

        FIELD_SET(Sensor, &s, type, type);
        FIELD_SET(Sensor, &s, value, value);
        FIELD_SET(Sensor, &s, status, status);
        board_publish(f->writer, BOARD_SENSORS, row, &s);
}

static void what_the_standard_has_no_number_for_is_other_or_clipped(void **state) {
        Fixture *f = *state;

        change_sensor(f, SENSOR_TYPE_DBM, INT32_MAX, SENSOR_OK);
        assert_int_equal(sensor_number(f, 1), SENSOR_TYPE_OTHER);
        assert_int_equal(sensor_number(f, 4), 1000000000);
        change_sensor(f, SENSOR_TYPE_TRUTHVALUE, INT32_MIN, SENSOR_OK);
        assert_int_equal(sensor_number(f, 1), SENSOR_TYPE_TRUTHVALUE);
        assert_int_equal(sensor_number(f, 4), -1000000000);
}

static void a_value_that_is_not_valid_keeps_the_last_one_and_says_so(void **state) {
        Fixture *f = *state;

        change_sensor(f, SENSOR_TYPE_CELSIUS, 415, SENSOR_NONOPERATIONAL);
        assert_int_equal(sensor_number(f, 4), 415);
        assert_int_equal(sensor_number(f, 5), SENSOR_NONOPERATIONAL);
}

static void a_judge_that_stands_still_makes_values_unavailable(void **state) {
        Fixture *f = *state;

        assert_int_equal(sensor_number(f, 5), SENSOR_OK);
        board_writer_tick(f->writer, now_monotonic() - 60 * USEC_PER_SEC);
        assert_int_equal(sensor_number(f, 5), SENSOR_UNAVAILABLE);
}

static void a_board_with_the_same_rows_has_not_changed(void **state) {
        Fixture *f = *state;
        const EntityClock clock = clock_now();
        EntityBoard *next = NULL;
        MibValue value;

        assert_int_equal(entity_board_new(f->reader, UP_SINCE + 9 * USEC_PER_SEC, &next), 0);
        assert_int_equal(entity_get(next, ENTITY_MIB, (oid[]){1, 4, 1, 0}, 4, &clock, &value), 0);
        assert_int_equal(value.data.integer, 900);
        entity_board_follow(next, f->board);
        assert_int_equal(entity_get(next, ENTITY_MIB, (oid[]){1, 4, 1, 0}, 4, &clock, &value), 0);
        assert_int_equal(value.data.integer, 100);
        entity_board_free(next);
}

int main(void) {
#define WITH_BOARD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                WITH_BOARD(get_answers_the_instances_and_nothing_else),
                WITH_BOARD(next_answers_the_first_instance_after_any_oid),
                WITH_BOARD(the_largest_index_is_a_number_of_31_bits),
                WITH_BOARD(instants_are_those_of_the_agents_uptime),
                WITH_BOARD(what_the_standard_has_no_number_for_is_other_or_clipped),
                WITH_BOARD(a_value_that_is_not_valid_keeps_the_last_one_and_says_so),
                WITH_BOARD(a_judge_that_stands_still_makes_values_unavailable),
                WITH_BOARD(a_board_with_the_same_rows_has_not_changed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
