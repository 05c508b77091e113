#include "json-picture.h"

#include "sensor-text.h"

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

void json_members(Json *j, const TableInfo *info, const void *row, usec_t now, unsigned first) {
        for (unsigned i = first; i < info->n_fields; i++) {
                Shown shown;

                field_show(info, i, row, now, &shown);
                put_field(j, info->fields[i].key, &shown);
        }
}

void json_rows(Json *j, const TableInfo *info, const Table *table, usec_t now) {
        json_open(j, info->name, '[');
        for (size_t i = 0; i < table->n; i++) {
                json_open(j, NULL, '{');
                json_members(j, info, (const uint8_t *) table->rows + i * info->row_size, now, 0);
                json_close(j, '}');
        }
        json_close(j, ']');
}

static void put_members(Json *j, const Picture *p, BoardTable table, const void *row, unsigned first) {
        json_members(j, &board_tables[table], row, p->now, first);
}

static void put_rows(Json *j, const Picture *p, BoardTable table) {
        json_rows(j, &board_tables[table], &p->tables[table], p->now);
}

/* Rows of an owner begin with its number, which the nesting says already. */
_Static_assert(KeyField_device == 0 && SensorField_device == 0 && MechanismField_device == 0 &&
                       SiteSensorField_site == 0,
        "they begin with their owner");

/* Those that the condition holds of; NULL: all. */
static void put_some_rows_of(Json *j, const char *key, const Picture *p, BoardTable table, uint32_t owner,
        bool (*condition)(const SensorRow *row)) {
        json_open(j, key, '[');
        for (size_t i = picture_first_of(p, table, owner); i < picture_rows(p, table); i++) {
                const SensorRow *row = picture_row(p, table, i);

                if (row->device != owner)
                        break;
                if (condition && !condition(row))
                        continue;
                json_open(j, NULL, '{');
                put_members(j, p, table, row, 1);
                json_close(j, '}');
        }
        json_close(j, ']');
}

static void put_rows_of(Json *j, const char *key, const Picture *p, BoardTable table, uint32_t owner) {
        put_some_rows_of(j, key, p, table, owner, NULL);
}

void json_device_members(Json *j, const Picture *p, const DeviceRow *d) {
        put_members(j, p, BOARD_DEVICES, d, 0);
        put_rows_of(j, "keys", p, BOARD_KEYS, d->number);
        put_rows_of(j, "sensors", p, BOARD_SENSORS, d->number);
        if (picture_rows(p, BOARD_MECHANISMS) > 0)
                put_rows_of(j, "mechanisms", p, BOARD_MECHANISMS, d->number);
}

void json_alarms_of(Json *j, const Picture *p, uint32_t device) {
        json_open(j, "alarms", '[');
        for (size_t i = 0; i < picture_rows(p, BOARD_ALARMS); i++) {
                if (picture_alarm(p, i)->device != device)
                        continue;
                json_open(j, NULL, '{');
                put_members(j, p, BOARD_ALARMS, picture_alarm(p, i), 0);
                json_close(j, '}');
        }
        json_close(j, ']');
}

/* A site's sensors stand in a table of their own, and under the same key as a device's. */
static void put_sites(Json *j, const Picture *p, const SiteRow *only, bool bad_only) {
        json_open(j, "sites", '[');
        for (size_t i = 0; i < picture_rows(p, BOARD_SITES); i++) {
                const SiteRow *site = picture_site(p, i);

                if (only && only != site)
                        continue;
                json_open(j, NULL, '{');
                put_members(j, p, BOARD_SITES, site, 0);
                put_some_rows_of(
                        j, "sensors", p, BOARD_SITE_SENSORS, site->number, bad_only ? sensor_is_bad : NULL);
                json_close(j, '}');
        }
        json_close(j, ']');
}

void json_sensors(
        FILE *f, const Picture *p, const SiteRow *site, const DeviceRow *device, bool bad_only, bool pretty) {
        Json j = {.f = f, .pretty = pretty};

        json_open(&j, NULL, '{');
        if (!device)
                put_sites(&j, p, site, bad_only);
        json_open(&j, "devices", '[');
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                const DeviceRow *d = picture_device(p, i);

                if ((device && device != d) || (site && site->number != d->site))
                        continue;
                json_open(&j, NULL, '{');
                put_members(&j, p, BOARD_DEVICES, d, 0);
                put_some_rows_of(&j, "sensors", p, BOARD_SENSORS, d->number, bad_only ? sensor_is_bad : NULL);
                json_close(&j, '}');
        }
        json_close(&j, ']');
        json_close(&j, '}');
        json_end(&j);
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
        put_sites(&j, p, NULL, false);
        put_rows(&j, p, BOARD_POOLS);
        json_open(&j, "devices", '[');
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                json_open(&j, NULL, '{');
                json_device_members(&j, p, picture_device(p, i));
                json_close(&j, '}');
        }
        json_close(&j, ']');
        put_rows(&j, p, BOARD_SERVICES);
        put_rows(&j, p, BOARD_ALARMS);
        put_rows(&j, p, BOARD_FAILOVERS);
        put_rows(&j, p, BOARD_RECEIVERS);
        json_close(&j, '}');
        json_end(&j);
}
