/* What was kept, for a restart. */
#include "history-fold.h"
#include "history-row.h"
#include "history-schema.h"

#define AVAILABILITY ((usec_t) 31 * 86400 * USEC_PER_SEC)

/* Rows of any kind, read one after the other. */
typedef struct Rows {
        void *rows;
        size_t n, row_size, allocated;
} Rows;

static void *rows_add(Rows *rows) {
        char *row;

        if (rows->n == rows->allocated) {
                size_t more = rows->allocated ? 2 * rows->allocated : 16;
                void *bigger = reallocarray(rows->rows, more, rows->row_size);

                if (!bigger)
                        return NULL;
                rows->rows = bigger;
                rows->allocated = more;
        }
        row = (char *) rows->rows + rows->n++ * rows->row_size;
        memset(row, 0, rows->row_size);
        return row;
}

typedef void (*ReadRow)(sqlite3_stmt *s, void *row);

static int read_rows(sqlite3 *db, const char *sql, int64_t parameter, ReadRow read, Rows *rows) {
        sqlite3_stmt *s = NULL;
        int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

        if (code == SQLITE_OK) {
                sqlite3_bind_int64(s, 1, parameter); /* if it has one */
                while ((code = sqlite3_step(s)) == SQLITE_ROW) {
                        void *row = rows_add(rows);

                        if (!row) {
                                code = SQLITE_NOMEM;
                                break;
                        }
                        read(s, row);
                }
        }
        sqlite3_finalize(s);
        return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* `sql` with the events' columns, of alias e, in place of its %s. */
static int read_events(sqlite3 *db, const char *before, const char *after, ReadRow read, Rows *rows) {
        CLEANUP_FREE char *columns = row_columns(&event_table, "e."), *sql = NULL;

        if (!columns || asprintf(&sql, "SELECT %s%s%s", columns, before, after) < 0) {
                sql = NULL;
                return SQLITE_NOMEM;
        }
        return read_rows(db, sql, 0, read, rows);
}

static void copy_column(sqlite3_stmt *s, int i, char *dst, size_t size) {
        const char *text = (const char *) sqlite3_column_text(s, i);

        copy_text(dst, size, text ? text : "");
}

/* --- a row each
 * ---------------------------------------------------------------------------------------------- */

static void read_event(sqlite3_stmt *s, void *row) {
        row_read(s, 0, &event_table, row);
}

static void read_alarm(sqlite3_stmt *s, void *row) {
        AlarmRecord *a = row;
        int i = (int) event_table.n_fields;

        row_read(s, 0, &event_table, &a->event);
        a->since = (usec_t) sqlite3_column_int64(s, i);
        a->acknowledged = sqlite3_column_type(s, i + 1) != SQLITE_NULL;
        a->acknowledged_when = (usec_t) sqlite3_column_int64(s, i + 1);
        copy_column(s, i + 2, a->acknowledged_by, sizeof(a->acknowledged_by));
}

static void read_maintenance(sqlite3_stmt *s, void *row) {
        MaintenanceRecord *m = row;
        Event e;
        int i = (int) event_table.n_fields;

        row_read(s, 0, &event_table, &e);
        *m = (MaintenanceRecord){
                .id = (uint32_t) sqlite3_column_int64(s, i),
                .device = e.device,
                .uid = e.uid,
                .probing = e.probing,
                .start = (usec_t) sqlite3_column_int64(s, i + 1),
                .until = e.until,
        };
        copy_text(m->device_name, sizeof(m->device_name), e.device_name);
        copy_text(m->by, sizeof(m->by), e.by);
        copy_text(m->ticket, sizeof(m->ticket), e.ticket);
        copy_text(m->reason, sizeof(m->reason), e.reason_text);
}

static void read_cursor(sqlite3_stmt *s, void *row) {
        CursorRecord *c = row;

        copy_column(s, 0, c->name, sizeof(c->name));
        c->acknowledged = (uint64_t) sqlite3_column_int64(s, 1);
        c->sent = (uint64_t) sqlite3_column_int64(s, 2);
        c->acks = (uint64_t) sqlite3_column_int64(s, 3);
        c->refused = (uint64_t) sqlite3_column_int64(s, 4);
        c->dropped = (uint64_t) sqlite3_column_int64(s, 5);
}

static void read_flap(sqlite3_stmt *s, void *row) {
        FlapRecord *f = row;

        f->device = (uint32_t) sqlite3_column_int64(s, 0);
        f->level = (usec_t) (sqlite3_column_double(s, 1) * USEC_PER_MSEC + 0.5);
        f->when = (usec_t) sqlite3_column_int64(s, 2);
}

static void read_failover_count(sqlite3_stmt *s, void *row) {
        FailoverCountRecord *c = row;

        c->pool = (uint32_t) sqlite3_column_int64(s, 0);
        c->n = (uint64_t) sqlite3_column_int64(s, 1);
}

static void read_availability(sqlite3_stmt *s, void *row) {
        AvailabilityRecord *a = row;

        a->device = (uint32_t) sqlite3_column_int64(s, 0);
        a->start = (usec_t) sqlite3_column_int64(s, 1);
        a->serving = (usec_t) (sqlite3_column_double(s, 2) * USEC_PER_MSEC + 0.5);
        a->observed = (usec_t) (sqlite3_column_double(s, 3) * USEC_PER_MSEC + 0.5);
}

/* --- all of it
 * ----------------------------------------------------------------------------------------------- */

static int read_last(sqlite3 *db, HistoryState *state) {
        int64_t id = 0, sequence = 0, floor = 0;
        int code = history_number(db, "SELECT max(id) FROM events", &id);

        if (code == SQLITE_OK)
                code = history_number(
                        db, "SELECT max(sequence) FROM events WHERE sequence IS NOT NULL", &sequence);
        if (code == SQLITE_OK)
                code = history_number(db, "SELECT value FROM meta WHERE key = 'sequence_floor'", &floor);
        if (code == SQLITE_OK && floor > 0) {
                char sql[96];
                int64_t below = 0;

                snprintf(sql, sizeof(sql), "SELECT max(sequence) FROM events WHERE sequence <= %lld",
                        (long long) floor);
                code = history_number(db, sql, &below);
                state->hole_after = (uint64_t) below;
                state->hole_to = (uint64_t) floor;
        }
        state->last_event = (uint64_t) id;
        state->last_sequence = (uint64_t) MAX_OF(sequence, floor);
        return code;
}

/* Makes an array of a state out of rows of that type. */
#define TAKE(member, count, from)                                                                            \
        do {                                                                                                 \
                state->member = (from).rows;                                                                 \
                state->count = (from).n;                                                                     \
        } while (0)
#define ROWS_OF(type)                                                                                        \
        (Rows) {                                                                                             \
                .row_size = sizeof(type)                                                                     \
        }

static int read_of_events(sqlite3 *db, HistoryState *state) {
        Rows alarms = ROWS_OF(AlarmRecord), failovers = ROWS_OF(Event), told = ROWS_OF(Event),
             counts = ROWS_OF(FailoverCountRecord);
        int code = read_events(db, ", r.\"when\", k.\"when\", k.\"by\"",
                " FROM active a JOIN events e ON e.id = a.last JOIN events r ON r.id = a.raised"
                " LEFT JOIN events k ON k.id = a.acknowledged ORDER BY a.alarm",
                read_alarm, &alarms);

        TAKE(alarms, n_alarms, alarms);
        if (code == SQLITE_OK)
                code = read_events(db, "",
                        " FROM (SELECT * FROM failovers WHERE returned IS NULL OR id IN"
                        " (SELECT id FROM failovers ORDER BY id DESC LIMIT 64)) f"
                        " JOIN events e ON e.id IN (f.id, f.returned) ORDER BY f.id, e.id",
                        read_event, &failovers);
        TAKE(failovers, n_failovers, failovers);
        if (code == SQLITE_OK)
                code = read_events(db, "",
                        " FROM told t JOIN events e ON e.id = t.event ORDER BY t.kind, t.number", read_event,
                        &told);
        TAKE(told, n_told, told);
        if (code == SQLITE_OK)
                code = read_rows(db,
                        "SELECT e.pool, count(*) FROM failovers f JOIN events e ON e.id = f.id GROUP BY "
                        "e.pool",
                        0, read_failover_count, &counts);
        TAKE(failover_counts, n_failover_counts, counts);
        return code;
}

static int read_of_devices(sqlite3 *db, HistoryState *state) {
        Rows maintenance = ROWS_OF(MaintenanceRecord), cursors = ROWS_OF(CursorRecord),
             flaps = ROWS_OF(FlapRecord);
        int code = read_events(db, ", m.began, b.\"when\"",
                " FROM maintenance m JOIN events e ON e.id = m.last JOIN events b ON b.id = m.began"
                " ORDER BY m.device",
                read_maintenance, &maintenance);

        TAKE(maintenance, n_maintenance, maintenance);
        if (code == SQLITE_OK)
                code = read_rows(db,
                        "SELECT name, acknowledged, sent, acks, refused, dropped FROM cursors ORDER BY name",
                        0, read_cursor, &cursors);
        TAKE(cursors, n_cursors, cursors);
        if (code == SQLITE_OK)
                code = read_rows(db, "SELECT device, level_ms, \"when\" FROM flaps WHERE level_ms > 0", 0,
                        read_flap, &flaps);
        TAKE(flaps, n_flaps, flaps);
        return code;
}

static int read_of_hours(HistoryFile *rollups, usec_t now, HistoryState *state) {
        Rows rows = ROWS_OF(AvailabilityRecord);
        int code = read_rows(rollups->db,
                "SELECT device, start, serving_ms, observed_ms FROM hours WHERE start >= ?1"
                " ORDER BY start, device",
                (int64_t) (now > AVAILABILITY ? now - AVAILABILITY : 0), read_availability, &rows);

        TAKE(availability, n_availability, rows);
        return code;
}

void history_state_free(HistoryState *state) {
        if (!state)
                return;
        free(state->alarms);
        free(state->failovers);
        free(state->told);
        free(state->maintenance);
        free(state->cursors);
        free(state->availability);
        free(state->flaps);
        free(state->failover_counts);
        free(state);
}

int history_fold_read(HistoryFile *events, HistoryFile *rollups, usec_t now, HistoryState **ret) {
        HistoryState *state = calloc(1, sizeof(*state));
        int code = state ? read_last(events->db, state) : SQLITE_NOMEM;

        if (code == SQLITE_OK)
                code = read_of_events(events->db, state);
        if (code == SQLITE_OK)
                code = read_of_devices(events->db, state);
        if (code == SQLITE_OK && rollups->db && read_of_hours(rollups, now, state) != SQLITE_OK)
                state->n_availability = 0; /* what is wrong with them is said when they are used next */
        if (code != SQLITE_OK) {
                history_state_free(state);
                return code;
        }
        *ret = state;
        return SQLITE_OK;
}
