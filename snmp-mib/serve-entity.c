#include "serve-entity.h"

#include "serve-entity-cells.h"

/* One group of objects: a table's columns, or scalars, which are columns of one row, `0`. */
typedef struct Table {
        EntityModule module;
        oid prefix[5]; /* from the module's root to the entry */
        size_t n_prefix;
        uint32_t columns; /* a bit each */
        size_t indices;
        enum { ROWS_ENTITIES, ROWS_SENSORS, ROWS_ONE } rows;
        bool (*cell)(BoardReader *reader, const Entity *entity, oid column, const EntityClock *clock,
                MibValue *ret);
} Table;

/* In the order of OIDs. */
static const Table tables[] = {
        {ENTITY_MIB, {1, 1, 1, 1}, 4, ENTITY_PHYSICAL_COLUMNS, 1, ROWS_ENTITIES, entity_physical_cell},
        {ENTITY_MIB, {1, 3, 3, 1}, 4, ENTITY_CONTAINS_COLUMNS, 2, ROWS_SENSORS, entity_contains_cell},
        {ENTITY_MIB, {1, 4}, 2, ENTITY_GENERAL_COLUMNS, 1, ROWS_ONE, NULL},
        {ENTITY_SENSOR_MIB, {1, 1, 1}, 3, ENTITY_SENSOR_COLUMNS, 1, ROWS_SENSORS, entity_sensor_cell},
};

struct EntityBoard {
        BoardReader *reader;
        usec_t changed;
        Entity *entities; /* chassis and sensors, by index */
        size_t n_entities;
        Entity *sensors; /* the sensors among them */
        size_t n_sensors;
};

static uint32_t device_number(BoardReader *reader, size_t row) {
        return ((const DeviceRow *) board_read(reader, BOARD_DEVICES, row))->number;
}

static void add_sensor(EntityBoard *b, const Entity *chassis, size_t row) {
        const SensorRow *sensor = board_read(b->reader, BOARD_SENSORS, row);
        Entity entity = *chassis;

        if (sensor->number == 0 || sensor->number >= ENTITY_PER_DEVICE)
                return;
        entity.index = chassis->index + sensor->number;
        entity.parent = chassis->index;
        entity.position = sensor->number;
        entity.is_sensor = true;
        entity.sensor_row = row;
        b->entities[b->n_entities++] = entity;
        b->sensors[b->n_sensors++] = entity;
}

/* Devices and sensors are both in the order of the device's number, so one pass over both is enough. */
static void lay_out(EntityBoard *b) {
        size_t devices = board_rows(b->reader, BOARD_DEVICES), sensors = board_rows(b->reader, BOARD_SENSORS);
        size_t s = 0;

        for (size_t d = 0; d < devices; d++) {
                uint32_t number = device_number(b->reader, d);
                const Entity chassis = {
                        .index = number * ENTITY_PER_DEVICE, .position = number, .device_row = d};

                if (number == 0 || number > ENTITY_DEVICE_MAX)
                        continue;
                b->entities[b->n_entities++] = chassis;
                for (; s < sensors; s++) {
                        uint32_t of = ((const SensorRow *) board_read(b->reader, BOARD_SENSORS, s))->device;

                        if (of > number)
                                break;
                        if (of == number)
                                add_sensor(b, &chassis, s);
                }
        }
}

int entity_board_new(BoardReader *reader, usec_t now, EntityBoard **ret) {
        size_t devices = board_rows(reader, BOARD_DEVICES), sensors = board_rows(reader, BOARD_SENSORS);
        EntityBoard *b = calloc(1, sizeof(*b));

        if (!b)
                return -ENOMEM;
        b->reader = reader;
        b->changed = now;
        b->entities = calloc(devices + sensors + 1, sizeof(*b->entities));
        b->sensors = calloc(sensors + 1, sizeof(*b->sensors));
        if (!b->entities || !b->sensors) {
                entity_board_free(b);
                return -ENOMEM;
        }
        lay_out(b);
        *ret = b;
        return 0;
}

EntityBoard *entity_board_free(EntityBoard *b) {
        if (!b)
                return NULL;
        free(b->entities);
        free(b->sensors);
        free(b);
        return NULL;
}

void entity_board_follow(EntityBoard *b, const EntityBoard *replaced) {
        if (b->n_entities != replaced->n_entities)
                return;
        for (size_t i = 0; i < b->n_entities; i++)
                if (b->entities[i].index != replaced->entities[i].index)
                        return;
        b->changed = replaced->changed;
}

static size_t row_count(const EntityBoard *b, const Table *t) {
        if (t->rows == ROWS_ONE)
                return 1;
        return t->rows == ROWS_ENTITIES ? b->n_entities : b->n_sensors;
}

static const Entity *row_at(const EntityBoard *b, const Table *t, size_t row) {
        return t->rows == ROWS_ENTITIES ? &b->entities[row] : &b->sensors[row];
}

static void row_index(const EntityBoard *b, const Table *t, size_t row, oid index[static 2]) {
        index[0] = index[1] = 0;
        if (t->rows == ROWS_ONE)
                return;
        index[t->indices - 1] = row_at(b, t, row)->index;
        if (t->indices > 1)
                index[0] = row_at(b, t, row)->parent;
}

static bool read_cell(const EntityBoard *b, const Table *t, oid column, size_t row, const EntityClock *clock,
        MibValue *ret) {
        if (t->cell)
                return t->cell(b->reader, row_at(b, t, row), column, clock, ret);
        entity_set_instant(ret, b->changed, clock); /* entLastChangeTime, the only scalar */
        return true;
}

/* The first row whose index is after (or, with or_equal, at or after) the instance. */
static size_t find_row(const EntityBoard *b, const Table *t, const oid *name, size_t n, bool or_equal) {
        size_t low = 0, high = row_count(b, t);

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                oid index[2];
                int c;

                row_index(b, t, middle, index);
                c = snmp_oid_compare(index, t->indices, name, n);
                if (c > 0 || (or_equal && c == 0))
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

static bool has_column(const Table *t, oid column) {
        return column < 32 && (t->columns >> column & 1);
}

static const Table *find_table(EntityModule module, const oid *name, size_t n) {
        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                const Table *t = &tables[i];

                if (t->module == module && n > t->n_prefix &&
                        memcmp(name, t->prefix, t->n_prefix * sizeof(oid)) == 0)
                        return t;
        }
        return NULL;
}

int entity_get(EntityBoard *b, EntityModule module, const oid *name, size_t n, const EntityClock *clock,
        MibValue *ret) {
        const Table *t = find_table(module, name, n);
        oid index[2], column = t ? name[t->n_prefix] : 0;
        size_t row;

        if (!t || !has_column(t, column))
                return -ENXIO;
        name += t->n_prefix + 1;
        n -= t->n_prefix + 1;
        row = find_row(b, t, name, n, true);
        if (row >= row_count(b, t))
                return -ENODATA;
        row_index(b, t, row, index);
        if (snmp_oid_compare(index, t->indices, name, n) != 0)
                return -ENODATA;
        return read_cell(b, t, column, row, clock, ret) ? 0 : -ENODATA;
}

/* Where a search in a table begins. */
typedef struct Position {
        oid column;
        size_t row;
} Position;

/* The first cell of the table that is after the OID; column 32 when there is none. */
static Position seek(const EntityBoard *b, const Table *t, const oid *name, size_t n) {
        const Position first = {0, 0}, end = {32, 0};
        size_t common = MIN_OF(n, t->n_prefix);
        int c = snmp_oid_compare(name, common, t->prefix, common);

        if (c > 0)
                return end;
        if (c < 0 || n <= t->n_prefix)
                return first;
        if (name[t->n_prefix] >= end.column)
                return end;
        return (Position){
                name[t->n_prefix], find_row(b, t, name + t->n_prefix + 1, n - t->n_prefix - 1, false)};
}

/* The first instantiated cell at or after a position. */
static bool scan(
        const EntityBoard *b, const Table *t, Position *at, const EntityClock *clock, MibValue *ret) {
        for (; at->column < 32; at->column++, at->row = 0) {
                if (!has_column(t, at->column))
                        continue;
                for (; at->row < row_count(b, t); at->row++)
                        if (read_cell(b, t, at->column, at->row, clock, ret))
                                return true;
        }
        return false;
}

static size_t write_name(
        const EntityBoard *b, const Table *t, const Position *at, oid name[static SERVE_OID_MAX]) {
        size_t n = t->n_prefix;
        oid index[2];

        memcpy(name, t->prefix, n * sizeof(oid));
        name[n++] = at->column;
        row_index(b, t, at->row, index);
        for (size_t i = 0; i < MIN_OF(t->indices, ELEMENTSOF(index)); i++)
                name[n++] = index[i];
        return n;
}

int entity_next(EntityBoard *b, EntityModule module, const oid *name, size_t n, const EntityClock *clock,
        oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret) {
        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                const Table *t = &tables[i];
                Position at;

                if (t->module != module)
                        continue;
                at = seek(b, t, name, n);
                if (!scan(b, t, &at, clock, ret))
                        continue;
                *ret_n = write_name(b, t, &at, ret_name);
                return 0;
        }
        return -ENODATA;
}
