#include "history-schema.h"

#include "history-row.h"
#include "numbers.h"

#define EVENTS_APPLICATION 0x68736d45  /* "hsmE" */
#define ROLLUPS_APPLICATION 0x68736d52 /* "hsmR" */
/* 1 GiB: nine machines need 0.1 for three months of minutes. When it is full the oldest minutes go. */
#define ROLLUPS_PAGES 262144

static const char events_sql[] =
        "CREATE INDEX IF NOT EXISTS events_device ON events (device) WHERE device IS NOT NULL;"
        "CREATE INDEX IF NOT EXISTS events_alarm ON events (alarm) WHERE alarm IS NOT NULL;"
        "CREATE INDEX IF NOT EXISTS events_sequence ON events (sequence) WHERE sequence IS NOT NULL;"
        "CREATE INDEX IF NOT EXISTS events_when ON events (\"when\");"
        "CREATE TABLE IF NOT EXISTS active (alarm INTEGER PRIMARY KEY, raised INTEGER NOT NULL,"
        " last INTEGER NOT NULL, acknowledged INTEGER);"
        "CREATE TABLE IF NOT EXISTS told (kind TEXT, number INTEGER, event INTEGER NOT NULL,"
        " PRIMARY KEY (kind, number)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS maintenance (device INTEGER PRIMARY KEY, began INTEGER NOT NULL,"
        " last INTEGER NOT NULL);"
        "CREATE TABLE IF NOT EXISTS flaps (device INTEGER PRIMARY KEY, level_ms REAL, \"when\" INTEGER);"
        "CREATE TABLE IF NOT EXISTS failovers (id INTEGER PRIMARY KEY, returned INTEGER);"
        "CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, acknowledged INTEGER, sent INTEGER,"
        " acks INTEGER, refused INTEGER, dropped INTEGER) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS drills (id INTEGER PRIMARY KEY, pool TEXT, json TEXT);"
        "CREATE INDEX IF NOT EXISTS drills_pool ON drills (pool);"
        "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;";

/* --- tables of fields
 * ---------------------------------------------------------------------------------------- */

static int has_table(sqlite3 *db, const char *name, int64_t *ret) {
        char sql[128];

        snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '%s'",
                name);
        return history_number(db, sql, ret);
}

static int make_table(sqlite3 *db, const TableInfo *table, const char *name, const char *tail) {
        CLEANUP_FREE char *sql = row_create(table, name, tail);

        return sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
}

static int add_column(sqlite3 *db, const char *name, const Field *field) {
        CLEANUP_FREE char *sql = NULL;

        if (asprintf(&sql, "ALTER TABLE %s ADD COLUMN \"%s\" %s", name, field->key, row_sql_type(field)) <
                0) {
                sql = NULL;
                return SQLITE_NOMEM;
        }
        return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Columns of an older file that this version has no field for stay, and are NULL in what is new. */
static int add_missing(sqlite3 *db, const TableInfo *table, const char *name) {
        char sql[160];
        int64_t there;

        for (size_t i = 0; i < table->n_fields; i++) {
                int code;

                snprintf(sql, sizeof(sql), "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'",
                        name, table->fields[i].key);
                code = history_number(db, sql, &there);
                if (code == SQLITE_OK && there == 0)
                        code = add_column(db, name, &table->fields[i]);
                if (code != SQLITE_OK)
                        return code;
        }
        return SQLITE_OK;
}

static int apply_table(sqlite3 *db, const TableInfo *table, const char *name, const char *tail) {
        int64_t there = 0;
        int code = has_table(db, name, &there);

        if (code != SQLITE_OK)
                return code;
        return there ? add_missing(db, table, name) : make_table(db, table, name, tail);
}

/* --- the two files
 * ------------------------------------------------------------------------------------------- */

static int apply_events(sqlite3 *db) {
        int code = apply_table(db, &event_table, "events", NULL);

        return code == SQLITE_OK ? sqlite3_exec(db, events_sql, NULL, NULL, NULL) : code;
}

/* Where an earlier history is lost its last notify sequence is too, but not the numbers of events: no
 * sequence is larger than the number of its event. A receiver sees a hole then, which is the truth, and never
 * a sequence that it has seen. */
static int begin_events(sqlite3 *db, const char *state) {
        uint64_t reserved = 0;
        char sql[96];

        if (numbers_peek(state, &reserved) < 0)
                return SQLITE_OK;
        snprintf(sql, sizeof(sql), "INSERT INTO meta VALUES ('sequence_floor', %llu)",
                (unsigned long long) reserved);
        return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int apply_rollups(sqlite3 *db) {
        static const char key[] = "PRIMARY KEY (start, device)) WITHOUT ROWID";
        int code = apply_table(db, &rollup_table, "minutes", key);

        return code == SQLITE_OK ? apply_table(db, &rollup_table, "hours", key) : code;
}

const HistorySchema history_events_schema = {
        .name = "events.db",
        .what = "events",
        .application = EVENTS_APPLICATION,
        .version = 1,
        .apply = apply_events,
        .begin = begin_events,
};

const HistorySchema history_rollups_schema = {
        .name = "rollups.db",
        .what = "roll-ups",
        .application = ROLLUPS_APPLICATION,
        .version = 1,
        .max_pages = ROLLUPS_PAGES,
        .apply = apply_rollups,
};
