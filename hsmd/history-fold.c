#include "history-fold.h"

#include "history-row.h"
#include "history-statement.h"

#define VALID(event, member) field_valid((event), EventField_##member)

/* --- a statement with whole numbers
 * -------------------------------------------------------------------------- */

static int run(HistoryFile *f, unsigned slot, const char *sql, const uint64_t *values, size_t n) {
        sqlite3_stmt *s = NULL;
        int code = history_file_statement(f, slot, sql, &s);

        if (code != SQLITE_OK)
                return code;
        for (size_t i = 0; i < n; i++)
                sqlite3_bind_int64(s, (int) i + 1, (int64_t) values[i]);
        return history_file_run(s);
}

#define RUN(f, slot, sql, ...)                                                                               \
        run((f), (slot), (sql), (const uint64_t[]){__VA_ARGS__},                                             \
                ELEMENTSOF(((const uint64_t[]){__VA_ARGS__})))

static int insert(HistoryFile *f, const Event *event, bool *ret_new) {
        CLEANUP_FREE char *sql = NULL;
        sqlite3_stmt *s = NULL;
        int code;

        if (!f->statements[STATEMENT_EVENT]) {
                sql = row_insert(&event_table, "events", "ON CONFLICT DO NOTHING");
                if (!sql)
                        return SQLITE_NOMEM;
        }
        code = history_file_statement(f, STATEMENT_EVENT, sql, &s);
        if (code != SQLITE_OK)
                return code;
        row_bind(s, &event_table, event);
        code = history_file_run(s);
        *ret_new = sqlite3_changes(f->db) > 0;
        return code;
}

/* --- what follows from it
 * ------------------------------------------------------------------------------------ */

static uint64_t alarm_of(const Event *event) {
        return VALID(event, alarm) ? event->alarm : event->id;
}

/* Of an alarm whose raising was lost, the first that is known of it takes its place. */
static int fold_active(HistoryFile *f, const Event *event) {
        return RUN(f, STATEMENT_ACTIVE_RAISE,
                "INSERT INTO active (alarm, raised, last) VALUES (?1, ?2, ?2)"
                " ON CONFLICT (alarm) DO UPDATE SET last = excluded.last",
                alarm_of(event), event->id);
}

static int fold_told(HistoryFile *f, const char *kind, uint32_t number, uint64_t id) {
        sqlite3_stmt *s = NULL;
        int code = history_file_statement(f, STATEMENT_TOLD,
                "INSERT OR REPLACE INTO told (kind, number, event) VALUES (?1, ?2, ?3)", &s);

        if (code != SQLITE_OK)
                return code;
        sqlite3_bind_text(s, 1, kind, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, number);
        sqlite3_bind_int64(s, 3, (int64_t) id);
        return history_file_run(s);
}

static int fold_flap(HistoryFile *f, const Event *event) {
        sqlite3_stmt *s = NULL;
        int code = history_file_statement(f, STATEMENT_FLAP,
                "INSERT OR REPLACE INTO flaps (device, level_ms, \"when\") VALUES (?1, ?2, ?3)", &s);

        if (code != SQLITE_OK)
                return code;
        sqlite3_bind_int64(s, 1, event->device);
        sqlite3_bind_double(s, 2, (double) event->flap / USEC_PER_MSEC);
        sqlite3_bind_int64(s, 3, (int64_t) event->when);
        return history_file_run(s);
}

static int fold_maintenance(HistoryFile *f, const Event *event) {
        if (event->type == EVENT_MAINTENANCE_ENDED)
                return RUN(f, STATEMENT_MAINTENANCE_END, "DELETE FROM maintenance WHERE device = ?1",
                        event->device);
        /* a longer time, or another reason, leaves it the one that began */
        return RUN(f, STATEMENT_MAINTENANCE_START,
                "INSERT INTO maintenance (device, began, last) VALUES (?1, ?2, ?2)"
                " ON CONFLICT (device) DO UPDATE SET last = excluded.last",
                event->device, event->id);
}

static int fold_type(HistoryFile *f, const Event *event) {
        switch (event->type) {
        case EVENT_ALARM_RAISED:
        case EVENT_ALARM_CHANGED:
                return fold_active(f, event);
        case EVENT_ALARM_ACKNOWLEDGED:
                return RUN(f, STATEMENT_ACTIVE_ACKNOWLEDGE,
                        "UPDATE active SET acknowledged = ?2 WHERE alarm = ?1", alarm_of(event), event->id);
        case EVENT_ALARM_CLEARED:
                return RUN(f, STATEMENT_ACTIVE_CLEAR, "DELETE FROM active WHERE alarm = ?1", alarm_of(event));
        case EVENT_POOL_STATE:
        case EVENT_POOL_RECOVERED:
                return VALID(event, pool) ? fold_told(f, "pool", event->pool, event->id) : SQLITE_OK;
        case EVENT_SERVICE_AT_RISK:
        case EVENT_SERVICE_RECOVERED:
                return VALID(event, service) ? fold_told(f, "service", event->service, event->id) : SQLITE_OK;
        case EVENT_MAINTENANCE_STARTED:
        case EVENT_MAINTENANCE_ENDED:
                return VALID(event, device) ? fold_maintenance(f, event) : SQLITE_OK;
        case EVENT_POOL_FAILOVER:
                return RUN(
                        f, STATEMENT_FAILOVER, "INSERT OR IGNORE INTO failovers (id) VALUES (?1)", event->id);
        case EVENT_FAILOVER_RETURNED:
                return RUN(f, STATEMENT_FAILOVER_RETURNED, "UPDATE failovers SET returned = ?2 WHERE id = ?1",
                        event->failover, event->id);
        default:
                return SQLITE_OK;
        }
}

int history_fold_add(HistoryFile *f, const Event *event) {
        bool is_new = false;
        int code = insert(f, event, &is_new);

        if (code != SQLITE_OK || !is_new)
                return code;
        if (VALID(event, device) && VALID(event, flap))
                code = fold_flap(f, event);
        return code == SQLITE_OK ? fold_type(f, event) : code;
}
