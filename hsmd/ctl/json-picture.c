#include "json-picture.h"

static void put_field(Json *j, const char *key, const Shown *shown) {
        switch (shown->kind) {
        case SHOWN_STRING:
                json_string(j, key, shown->string);
                return;
        case SHOWN_UNSIGNED:
                json_unsigned(j, key, shown->u);
                return;
        case SHOWN_SIGNED:
                json_signed(j, key, shown->i);
                return;
        case SHOWN_BOOL:
                json_bool(j, key, shown->u != 0);
                return;
        case SHOWN_TENTHS:
                json_tenths(j, key, shown->i);
                return;
        case SHOWN_NOTHING:
                return;
        }
}

static void put_members(Json *j, const Picture *p, BoardTable table, const void *row, unsigned first) {
        const TableInfo *info = &board_tables[table];

        for (unsigned i = first; i < info->n_fields; i++) {
                Shown shown;

                field_show(info, i, row, p->now, &shown);
                put_field(j, info->fields[i].key, &shown);
        }
}

static void put_rows(Json *j, const Picture *p, BoardTable table) {
        json_open(j, board_tables[table].name, '[');
        for (size_t i = 0; i < picture_rows(p, table); i++) {
                json_open(j, NULL, '{');
                put_members(j, p, table, picture_row(p, table, i), 0);
                json_close(j, '}');
        }
        json_close(j, ']');
}

/* The first row of a device: rows stand in the order of their devices. */
static size_t first_of_device(const Picture *p, BoardTable table, uint32_t device) {
        size_t low = 0, high = picture_rows(p, table);

        while (low < high) {
                size_t middle = (low + high) / 2;
                uint32_t owner = ((const KeyRow *) picture_row(p, table, middle))->device;

                if (owner < device)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* Keys and sensors begin with their device's number, which the nesting says already. */
_Static_assert(offsetof(KeyRow, device) == offsetof(SensorRow, device), "both begin with their device");
_Static_assert(offsetof(KeyRow, device) == offsetof(MechanismRow, device), "so do mechanisms");
_Static_assert(KeyField_device == 0 && SensorField_device == 0, "both begin with their device");

static void put_rows_of_device(Json *j, const Picture *p, BoardTable table, uint32_t device) {
        json_open(j, board_tables[table].name, '[');
        for (size_t i = first_of_device(p, table, device); i < picture_rows(p, table); i++) {
                const KeyRow *row = picture_row(p, table, i);

                if (row->device != device)
                        break;
                json_open(j, NULL, '{');
                put_members(j, p, table, row, 1);
                json_close(j, '}');
        }
        json_close(j, ']');
}

void json_device_members(Json *j, const Picture *p, const DeviceRow *d) {
        put_members(j, p, BOARD_DEVICES, d, 0);
        put_rows_of_device(j, p, BOARD_KEYS, d->number);
        put_rows_of_device(j, p, BOARD_SENSORS, d->number);
        if (picture_rows(p, BOARD_MECHANISMS) > 0)
                put_rows_of_device(j, p, BOARD_MECHANISMS, d->number);
}

void json_tables(FILE *f, const Picture *p, unsigned tables, bool pretty) {
        Json j = {.f = f, .pretty = pretty};

        json_open(&j, NULL, '{');
        for (BoardTable t = BOARD_SITES; t < BOARD_TABLES; t++)
                if (tables & 1U << t)
                        put_rows(&j, p, t);
        json_close(&j, '}');
        json_end(&j);
}

void json_picture(FILE *f, const Picture *p, bool pretty) {
        Json j = {.f = f, .pretty = pretty};

        json_open(&j, NULL, '{');
        json_open(&j, "fleet", '{');
        put_members(&j, p, BOARD_FLEET, picture_fleet(p), 0);
        json_close(&j, '}');
        put_rows(&j, p, BOARD_SITES);
        put_rows(&j, p, BOARD_POOLS);
        json_open(&j, "devices", '[');
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                json_open(&j, NULL, '{');
                json_device_members(&j, p, picture_device(p, i));
                json_close(&j, '}');
        }
        json_close(&j, ']');
        json_close(&j, '}');
        json_end(&j);
}
