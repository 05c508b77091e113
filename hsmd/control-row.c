/* Rows of the board as a{sv}. */

#include "control-internal.h"
#include "utf8.h"

#define TEXT_MAX 256
/* What an entry costs beside its key and value: lengths, signature and padding. */
#define ENTRY_OVERHEAD 24

static int append_string(sd_bus_message *m, const char *s, size_t *size) {
        char repaired[3 * TEXT_MAX + 1];

        /* sd-bus refuses bad UTF-8, and a token may call itself anything */
        if (!utf8_valid(s)) {
                utf8_repair(repaired, sizeof(repaired), s);
                s = repaired;
        }
        *size += strlen(s);
        return sd_bus_message_append(m, "v", "s", s);
}

static int append_enum(sd_bus_message *m, const char *name, size_t *size) {
        char camel[TEXT_MAX];

        name_to_camel(camel, sizeof(camel), name);
        return append_string(m, camel, size);
}

static int append_value(sd_bus_message *m, FieldType type, const Shown *shown, size_t *size) {
        switch (shown->kind) {
        case SHOWN_STRING:
                return (type == FIELD_ENUM ? append_enum : append_string)(m, shown->string, size);
        case SHOWN_BOOL:
                return sd_bus_message_append(m, "v", "b", shown->u != 0);
        case SHOWN_SIGNED:
                return sd_bus_message_append(m, "v", "i", (int32_t) shown->i);
        case SHOWN_TENTHS:
                return sd_bus_message_append(m, "v", "d", (double) shown->i / 10);
        default:
                if (type == FIELD_U32 || type == FIELD_GAUGE)
                        return sd_bus_message_append(m, "v", "u", (uint32_t) shown->u);
                return sd_bus_message_append(m, "v", "t", shown->u);
        }
}

static int append_entry(sd_bus_message *m, const Field *field, const Shown *shown, size_t *size) {
        int r = sd_bus_message_open_container(m, SD_BUS_TYPE_DICT_ENTRY, "sv");

        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, SD_BUS_TYPE_STRING, field->key);
        if (r < 0)
                return r;
        r = append_value(m, (FieldType) field->type, shown, size);
        if (r < 0)
                return r;
        *size += strlen(field->key) + ENTRY_OVERHEAD;
        return sd_bus_message_close_container(m);
}

int control_append_members(
        sd_bus_message *m, const TableInfo *table, const void *row, usec_t now, size_t *size) {
        int r = 0;

        for (unsigned i = 0; i < table->n_fields; i++) {
                Shown shown;

                field_show(table, i, row, now, &shown);
                if (shown.kind == SHOWN_NOTHING)
                        continue;
                r = append_entry(m, &table->fields[i], &shown, size);
                if (r < 0)
                        return r;
        }
        return r;
}

int control_append_row(sd_bus_message *m, const TableInfo *table, const void *row, usec_t now, size_t *size) {
        int r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "{sv}");

        if (r >= 0)
                r = control_append_members(m, table, row, now, size);
        return r < 0 ? r : sd_bus_message_close_container(m);
}
