#include "picture.h"

#include <ctype.h>
#include <math.h>
#include <time.h>

static void camel_to_snake(char *dst, size_t size, const char *camel) {
        size_t n = 0;

        for (; *camel && n + 2 < size; camel++) {
                if (isupper((unsigned char) *camel))
                        dst[n++] = '_';
                dst[n++] = (char) tolower((unsigned char) *camel);
        }
        dst[n] = '\0';
}

static uint64_t parse_instant(const char *s) {
        struct tm tm = {0};

        if (!strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm))
                return 0;
        return (uint64_t) timegm(&tm) * USEC_PER_SEC;
}

/* Stores a string value; false if the field cannot be one. */
static bool store_string(const Field *f, const char *s, uint8_t *at) {
        uint64_t instant;
        uint32_t value;
        char name[64];

        switch ((int) f->type) {
        case FIELD_NAME:
                copy_text((char *) at, sizeof(((DeviceRow *) NULL)->name), s);
                return true;
        case FIELD_TEXT:
                copy_text((char *) at, sizeof(((DeviceRow *) NULL)->title), s);
                return true;
        case FIELD_INSTANT:
                instant = parse_instant(s);
                memcpy(at, &instant, sizeof(instant));
                return instant != 0;
        case FIELD_ENUM:
        case FIELD_ENUM_AS_NAME:
                camel_to_snake(name, sizeof(name), s);
                value = name_value(f->names, name);
                memcpy(at, &value, sizeof(value));
                return value != 0;
        default:
                return false;
        }
}

static uint64_t from_shown(FieldType type, uint64_t shown, usec_t now) {
        switch (type) {
        case FIELD_AGE:
                return shown < now / USEC_PER_SEC ? now - shown * USEC_PER_SEC : 0;
        case FIELD_MSEC:
                return shown * USEC_PER_MSEC;
        default:
                return shown;
        }
}

static bool store_number(const Field *f, uint64_t number, usec_t now, uint8_t *at) {
        uint32_t narrow = (uint32_t) number;
        uint64_t wide = from_shown((FieldType) f->type, number, now);

        switch (f->type) {
        case FIELD_U32:
        case FIELD_GAUGE:
        case FIELD_I32:
        case FIELD_BOOL:
        case FIELD_CELSIUS:
                memcpy(at, &narrow, sizeof(narrow));
                return true;
        case FIELD_COUNTER:
        case FIELD_AGE:
        case FIELD_MSEC:
        case FIELD_USEC:
                memcpy(at, &wide, sizeof(wide));
                return true;
        default:
                return false;
        }
}

/* Reads the number inside a variant of the given type; 1 if it was one. */
static int read_number(sd_bus_message *m, char type, uint64_t *ret) {
        union {
                uint64_t t;
                uint32_t u;
                int32_t i;
                int b;
                double d;
        } v = {0};
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        switch (type) {
        case SD_BUS_TYPE_UINT64:
        case SD_BUS_TYPE_INT64:
                *ret = v.t;
                return 1;
        case SD_BUS_TYPE_UINT32:
                *ret = v.u;
                return 1;
        case SD_BUS_TYPE_INT32:
                *ret = (uint64_t) v.i;
                return 1;
        case SD_BUS_TYPE_BOOLEAN:
                *ret = v.b != 0;
                return 1;
        case SD_BUS_TYPE_DOUBLE: /* the only double is a temperature, kept in tenths */
                if (!isfinite(v.d) || fabs(v.d) > 1e6)
                        return 0;
                *ret = (uint64_t) (int64_t) lround(v.d * 10);
                return 1;
        default:
                return 0;
        }
}

static int read_value(sd_bus_message *m, const char *type, const Field *f, usec_t now, uint8_t *at) {
        const char *s;
        uint64_t number;
        int r;

        if (streq(type, "s")) {
                r = sd_bus_message_read_basic(m, 's', &s);
                return r < 0 ? r : store_string(f, s, at);
        }
        if (strlen(type) != 1 || !strchr("txuibd", type[0]))
                return sd_bus_message_skip(m, type) < 0 ? -EBADMSG : 0;
        r = read_number(m, type[0], &number);
        return r <= 0 ? r : store_number(f, number, now, at);
}

static const Field *find_field(const TableInfo *info, const char *key, unsigned *ret_ordinal) {
        for (unsigned i = 0; i < info->n_fields; i++)
                if (streq(info->fields[i].key, key)) {
                        *ret_ordinal = i;
                        return &info->fields[i];
                }
        return NULL;
}

static int read_entry(sd_bus_message *m, const TableInfo *info, usec_t now, uint8_t *row) {
        const char *key, *type;
        unsigned ordinal = 0;
        const Field *f;
        int r = sd_bus_message_read_basic(m, 's', &key);

        if (r < 0)
                return r;
        f = find_field(info, key, &ordinal);
        if (!f)
                return sd_bus_message_skip(m, "v");
        r = sd_bus_message_peek_type(m, NULL, &type);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(m, 'v', type);
        if (r < 0)
                return r;
        r = read_value(m, type, f, now, row + f->offset);
        if (r < 0)
                return r;
        /* every row begins alike: the valid bits stand at the same place */
        field_mark(((DeviceRow *) row)->valid, ordinal, r > 0);
        return sd_bus_message_exit_container(m);
}

int picture_read_row(sd_bus_message *m, const TableInfo *info, usec_t now, void *row) {
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_entry(m, info, now, row);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void *table_append(Table *t, size_t row_size) {
        void *rows;

        /* doubles at each power of two */
        if ((t->n & (t->n - 1)) == 0) {
                rows = reallocarray(t->rows, t->n ? 2 * t->n : 1, row_size);
                if (!rows)
                        return NULL;
                t->rows = rows;
        }
        return memset((uint8_t *) t->rows + t->n++ * row_size, 0, row_size);
}

int table_read(sd_bus_message *m, const TableInfo *info, usec_t now, Table *table) {
        const char *contents;
        int r = sd_bus_message_enter_container(m, 'a', "a{sv}");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_peek_type(m, NULL, &contents)) > 0) {
                void *row = table_append(table, info->row_size);

                if (!row)
                        return -ENOMEM;
                r = picture_read_row(m, info, now, row);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

void table_clear(Table *table) {
        free(table->rows);
        *table = (Table){0};
}

/* What the next page is asked with: how many rows are known or, where they come and go, the last one's id. */
static uint32_t next_page(const Picture *p, BoardTable table) {
        size_t n = p->tables[table].n;

        if (!board_comes_and_goes(table))
                return (uint32_t) n;
        return n ? board_row_id(picture_row(p, table, n - 1)) : 0;
}

static int fetch_table(Client *client, BoardTable table, usec_t deadline, Picture *p) {
        for (size_t before = SIZE_MAX; before != p->tables[table].n;) {
                CLEANUP_MESSAGE sd_bus_message *reply = NULL;
                int r;

                before = p->tables[table].n;
                r = client_call(client, deadline, &reply, "List", "su", board_tables[table].name,
                        next_page(p, table));
                if (r < 0)
                        return r;
                if (table_read(reply, &board_tables[table], p->now, &p->tables[table]) < 0)
                        return -EBADMSG;
        }
        return 0;
}

static int fetch_fleet(Client *client, usec_t deadline, Picture *p) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        void *row;
        int r = client_call(client, deadline, &reply, "GetFleet", NULL);

        if (r < 0)
                return r;
        row = table_append(&p->tables[BOARD_FLEET], sizeof(FleetRow));
        if (!row)
                return -ENOMEM;
        return picture_read_row(reply, &board_tables[BOARD_FLEET], p->now, row) < 0 ? -EBADMSG : 0;
}

int picture_fetch(Client *client, unsigned tables, usec_t deadline, Picture *ret) {
        Picture p = {.now = now_monotonic()};
        int r = fetch_fleet(client, deadline, &p);

        for (BoardTable t = BOARD_SITES; r >= 0 && t < BOARD_TABLES; t++)
                if (tables & 1U << t)
                        r = fetch_table(client, t, deadline, &p);
        if (r < 0) {
                picture_clear(&p);
                return r;
        }
        *ret = p;
        return 0;
}

void picture_clear(Picture *p) {
        for (BoardTable t = 0; t < BOARD_TABLES; t++)
                free(p->tables[t].rows);
        *p = (Picture){0};
}
