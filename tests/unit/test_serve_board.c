/* HSMD-MIB's objects out of the board: GET and GETNEXT of any OID, against a list made by looking at every
 * cell. */

#include "unit.h"

#include "hsmd/board-writer.h"
#include "snmp-mib/serve-board.h"

#define DEVICES 12
#define SENSORS 3
#define INSTANCES_MAX 4000
#define ASKED 20000

typedef struct Instance {
        oid name[SERVE_OID_MAX];
        size_t n;
} Instance;

typedef struct Fixture {
        BoardWriter *writer;
        ServeBoard *board;
        Instance instances[INSTANCES_MAX]; /* in the order of OIDs */
        size_t n;
        uint32_t seed;
} Fixture;

static const struct {
        BoardTable table;
        oid arc;
} served[] = {{BOARD_FLEET, 1}, {BOARD_SITES, 2}, {BOARD_POOLS, 3}, {BOARD_SERVICES, 4}, {BOARD_DEVICES, 5},
        {BOARD_KEYS, 6}, {BOARD_MECHANISMS, 7}, {BOARD_SENSORS, 8}, {BOARD_SITE_SENSORS, 9},
        {BOARD_ALARMS, 10}, {BOARD_FAILOVERS, 11}, {BOARD_RECEIVERS, 12}};

static uint32_t choose(Fixture *f, uint32_t n) {
        f->seed = f->seed * 1664525u + 1013904223u;
        return (f->seed >> 8) % n;
}

static void put_index(uint8_t *row, const TableInfo *info, size_t i, uint32_t value) {
        memcpy(row + info->fields[i].offset, &value, sizeof(value));
        field_mark(((FleetRow *) (void *) row)->valid, (unsigned) i, true);
}

static void fill(Fixture *f, BoardTable table, size_t n) {
        const TableInfo *info = &board_tables[table];
        CLEANUP_FREE uint8_t *row = calloc(1, info->row_size);

        assert_non_null(row);
        for (unsigned i = 0; i < info->n_fields; i++)
                field_mark(((FleetRow *) (void *) row)->valid, i, choose(f, 3) > 0);
        if (info->n_index > 1)
                put_index(row, info, 1, (uint32_t) (n % SENSORS * 7 + 2));
        if (info->n_index > 0)
                put_index(row, info, 0, (uint32_t) ((info->n_index > 1 ? n / SENSORS : n) * 5 + 3));
        board_publish(f->writer, table, n, row);
}

static void note(Fixture *f, size_t s, const Field *field, const uint8_t *row) {
        const TableInfo *info = &board_tables[served[s].table];
        Instance *in = &f->instances[f->n++];

        assert_true(f->n < INSTANCES_MAX);
        in->name[in->n++] = served[s].arc;
        if (info->n_index > 0)
                in->name[in->n++] = 1;
        in->name[in->n++] = field->column;
        for (size_t i = 0; i < info->n_index; i++) {
                uint32_t index;

                memcpy(&index, row + info->fields[i].offset, sizeof(index));
                in->name[in->n++] = index;
        }
        if (info->n_index == 0)
                in->name[in->n++] = 0;
}

static void list_column(Fixture *f, size_t s, unsigned ordinal) {
        const Field *field = &board_tables[served[s].table].fields[ordinal];

        if (field->column == 0)
                return;
        for (size_t row = 0; row < board_writer_rows(f->writer, served[s].table); row++) {
                const void *p = board_published(f->writer, served[s].table, row);

                if (field_valid(p, ordinal))
                        note(f, s, field, p);
        }
}

static int set_up(void **state) {
        const size_t rows[BOARD_TABLES] = {[BOARD_FLEET] = 1,
                [BOARD_SITES] = 2,
                [BOARD_POOLS] = 2,
                [BOARD_DEVICES] = DEVICES,
                [BOARD_KEYS] = DEVICES * SENSORS,
                [BOARD_MECHANISMS] = DEVICES * SENSORS,
                [BOARD_SENSORS] = DEVICES * SENSORS,
                [BOARD_SITE_SENSORS] = 2 * SENSORS,
                [BOARD_SERVICES] = 3,
                [BOARD_ALARMS] = 9,
                [BOARD_FAILOVERS] = 2,
                [BOARD_RECEIVERS] = 2};
        Fixture *f = calloc(1, sizeof(*f));

        f->seed = 5;
        assert_int_equal(board_writer_new(rows, &f->writer), 0);
        for (unsigned table = 0; table < BOARD_TABLES; table++)
                for (size_t n = 0; n < rows[table]; n++)
                        fill(f, table, n);
        for (size_t s = 0; s < ELEMENTSOF(served); s++)
                for (unsigned i = (unsigned) board_tables[served[s].table].n_index;
                        i < board_tables[served[s].table].n_fields; i++)
                        list_column(f, s, i);
        assert_int_equal(serve_board_new(board_writer_fd(f->writer), &f->board), 0);
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        Fixture *f = *state;

        serve_board_free(f->board);
        board_writer_free(f->writer);
        free(f);
        return 0;
}

/* An OID that is, or nearly is, one of the instances. */
static size_t bend(Fixture *f, oid name[static 8]) {
        const Instance *in = &f->instances[choose(f, (uint32_t) f->n)];
        size_t n = in->n;

        memcpy(name, in->name, sizeof(in->name));
        if (choose(f, 2))
                name[choose(f, (uint32_t) n)] += choose(f, 3) - 1; /* -1 of 0 becomes the largest there is */
        if (choose(f, 3) == 0)
                n = choose(f, (uint32_t) n + 1);
        while (choose(f, 4) == 0 && n < 8)
                name[n++] = choose(f, 3);
        return n;
}

static void get_answers_the_instances_and_nothing_else(void **state) {
        Fixture *f = *state;

        for (size_t k = 0; k < ASKED; k++) {
                oid name[8];
                size_t n = bend(f, name);
                bool there = false;
                MibValue value;

                for (size_t i = 0; i < f->n; i++)
                        there |= snmp_oid_compare(name, n, f->instances[i].name, f->instances[i].n) == 0;
                assert_int_equal(serve_board_get(f->board, name, n, now_monotonic(), &value) == 0, there);
        }
}

static void next_answers_the_first_instance_after_any_oid(void **state) {
        Fixture *f = *state;

        for (size_t k = 0; k < ASKED; k++) {
                oid name[8], found[SERVE_OID_MAX];
                size_t n = bend(f, name), found_n = 0, i = 0;
                MibValue value;
                int r = serve_board_next(f->board, name, n, now_monotonic(), found, &found_n, &value);

                while (i < f->n && snmp_oid_compare(f->instances[i].name, f->instances[i].n, name, n) <= 0)
                        i++;
                assert_int_equal(r, i < f->n ? 0 : -ENODATA);
                if (r == 0)
                        assert_int_equal(
                                snmp_oid_compare(found, found_n, f->instances[i].name, f->instances[i].n), 0);
        }
}

static void rows_out_of_order_are_refused(void **state) {
        Fixture *f = *state;
        ServeBoard *board = NULL;
        DeviceRow row = {.number = 1};

        board_publish(f->writer, BOARD_DEVICES, DEVICES - 1, &row);
        assert_int_equal(serve_board_new(board_writer_fd(f->writer), &board), -EBADMSG);
        assert_null(board);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        get_answers_the_instances_and_nothing_else, set_up, tear_down),
                cmocka_unit_test_setup_teardown(
                        next_answers_the_first_instance_after_any_oid, set_up, tear_down),
                cmocka_unit_test_setup_teardown(rows_out_of_order_are_refused, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
