#include "history-row.h"

#include <math.h>

#include "event.h"

/* Stored in microseconds, and in tenths; shown, and kept here, as the key says. */
#define USEC_OF_MSEC 1000.0
#define TENTHS 10.0

const char *row_sql_type(const Field *field) {
        switch (field->type) {
        case FIELD_NAME:
        case FIELD_TEXT:
        case FIELD_ENUM:
        case FIELD_ENUM_AS_NAME:
                return "TEXT";
        case FIELD_MSEC:
        case FIELD_CELSIUS:
                return "REAL";
        default:
                return "INTEGER";
        }
}

char *row_columns(const TableInfo *table, const char *prefix) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < table->n_fields; i++)
                fprintf(f, "%s%s\"%s\"", i ? "," : "", prefix, table->fields[i].key);
        return fclose(f) == 0 ? text : NULL;
}

char *row_create(const TableInfo *table, const char *name, const char *tail) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        fprintf(f, "CREATE TABLE %s (", name);
        for (size_t i = 0; i < table->n_fields; i++) {
                bool key = !tail && i == 0; /* then the first field numbers the rows */

                fprintf(f, "%s\"%s\" %s%s", i ? ", " : "", table->fields[i].key,
                        row_sql_type(&table->fields[i]), key ? " PRIMARY KEY" : "");
        }
        fprintf(f, "%s%s", tail ? ", " : "", tail ? tail : ")");
        return fclose(f) == 0 ? text : NULL;
}

char *row_insert(const TableInfo *table, const char *name, const char *tail) {
        CLEANUP_FREE char *columns = row_columns(table, "");
        char *text = NULL;
        size_t size;
        FILE *f = columns ? open_memstream(&text, &size) : NULL;

        if (!f)
                return NULL;
        fprintf(f, "INSERT INTO %s (%s) VALUES (", name, columns);
        for (size_t i = 0; i < table->n_fields; i++)
                fprintf(f, "%s?%zu", i ? "," : "", i + 1);
        fprintf(f, ") %s", tail);
        return fclose(f) == 0 ? text : NULL;
}

/* --- a field
 * ------------------------------------------------------------------------------------------------- */

static uint32_t u32_at(const void *p) {
        uint32_t v;

        memcpy(&v, p, sizeof(v));
        return v;
}

static uint64_t u64_at(const void *p) {
        uint64_t v;

        memcpy(&v, p, sizeof(v));
        return v;
}

static void bind_enumeration(sqlite3_stmt *s, int i, const Field *field, uint32_t value) {
        const char *name = value < field->names->n ? field->names->names[value] : NULL;

        if (name)
                sqlite3_bind_text(s, i, name, -1, SQLITE_STATIC);
        else
                sqlite3_bind_null(s, i);
}

static void bind_field(sqlite3_stmt *s, int i, const Field *field, const void *member) {
        switch (field->type) {
        case FIELD_NAME:
        case FIELD_TEXT:
                sqlite3_bind_text(s, i, member, -1, SQLITE_STATIC);
                break;
        case FIELD_ENUM:
        case FIELD_ENUM_AS_NAME:
                bind_enumeration(s, i, field, u32_at(member));
                break;
        case FIELD_U32:
        case FIELD_GAUGE:
        case FIELD_BOOL:
                sqlite3_bind_int64(s, i, u32_at(member));
                break;
        case FIELD_I32:
                sqlite3_bind_int(s, i, (int32_t) u32_at(member));
                break;
        case FIELD_CELSIUS:
                sqlite3_bind_double(s, i, (int32_t) u32_at(member) / TENTHS);
                break;
        case FIELD_MSEC:
                sqlite3_bind_double(s, i, (double) u64_at(member) / USEC_OF_MSEC);
                break;
        default:
                sqlite3_bind_int64(s, i, (int64_t) u64_at(member));
        }
}

static void put_u32(void *member, uint32_t v) {
        memcpy(member, &v, sizeof(v));
}

static void put_u64(void *member, uint64_t v) {
        memcpy(member, &v, sizeof(v));
}

static bool read_text(sqlite3_stmt *s, int i, const Field *field, void *member) {
        const char *text = (const char *) sqlite3_column_text(s, i);

        if (!text)
                return false;
        copy_text(member, field->type == FIELD_NAME ? 64 : 256, text);
        return true;
}

static bool read_enumeration(sqlite3_stmt *s, int i, const Field *field, void *member) {
        const char *name = (const char *) sqlite3_column_text(s, i);
        unsigned value = name ? name_value(field->names, name) : 0;

        put_u32(member, value);
        return value != 0;
}

/* Whether it is a fact. */
static bool read_field(sqlite3_stmt *s, int i, const Field *field, void *member) {
        if (sqlite3_column_type(s, i) == SQLITE_NULL)
                return false;
        switch (field->type) {
        case FIELD_NAME:
        case FIELD_TEXT:
                return read_text(s, i, field, member);
        case FIELD_ENUM:
        case FIELD_ENUM_AS_NAME:
                return read_enumeration(s, i, field, member);
        case FIELD_U32:
        case FIELD_GAUGE:
        case FIELD_BOOL:
        case FIELD_I32:
                put_u32(member, (uint32_t) sqlite3_column_int64(s, i));
                return true;
        case FIELD_CELSIUS:
                put_u32(member, (uint32_t) (int32_t) lround(sqlite3_column_double(s, i) * TENTHS));
                return true;
        case FIELD_MSEC:
                put_u64(member, (uint64_t) llround(sqlite3_column_double(s, i) * USEC_OF_MSEC));
                return true;
        default:
                put_u64(member, (uint64_t) sqlite3_column_int64(s, i));
                return true;
        }
}

void row_bind(sqlite3_stmt *statement, const TableInfo *table, const void *row) {
        for (unsigned i = 0; i < table->n_fields; i++) {
                const Field *field = &table->fields[i];

                if (field_valid(row, i))
                        bind_field(statement, (int) i + 1, field, (const char *) row + field->offset);
                else
                        sqlite3_bind_null(statement, (int) i + 1);
        }
}

void row_read(sqlite3_stmt *statement, int first, const TableInfo *table, void *row) {
        /* every row begins alike */
        uint64_t *valid = (uint64_t *) (void *) ((char *) row + offsetof(Event, valid));

        memset(row, 0, table->row_size);
        for (unsigned i = 0; i < table->n_fields; i++) {
                const Field *field = &table->fields[i];

                if (read_field(statement, first + (int) i, field, (char *) row + field->offset))
                        field_mark(valid, i, true);
        }
}
