#include <fcntl.h>
#include <sys/stat.h>

#include "history-aside.h"
#include "history-restore.h"
#include "history-row.h"

static int fail_sql(Restore *r, sqlite3 *db, const char *what) {
        return restore_fail(
                r, -EIO, "%s cannot be restored: %s", what, db ? sqlite3_errmsg(db) : "no memory");
}

/* The backup, as it is, into a new file. */
static int copy_backup(Restore *r, sqlite3 *to) {
        sqlite3_backup *copying = sqlite3_backup_init(to, "main", r->backup, "main");

        if (!copying)
                return sqlite3_errcode(to);
        sqlite3_backup_step(copying, -1);
        return sqlite3_backup_finish(copying);
}

/* --- roll-ups
 * ------------------------------------------------------------------------------------------------ */

/* from: the new events.db, with the backup's tables brought up to date. */
static int move_rollups(sqlite3 *to, const char *from) {
        CLEANUP_FREE char *columns = row_columns(&rollup_table, "");
        char *sql = columns ? sqlite3_mprintf("ATTACH %Q AS b; BEGIN;"
                                              "INSERT INTO main.minutes (%s) SELECT %s FROM b.minutes;"
                                              "INSERT INTO main.hours (%s) SELECT %s FROM b.hours;"
                                              "COMMIT; DETACH b",
                                      from, columns, columns, columns, columns)
                            : NULL;
        int code = sql ? sqlite3_exec(to, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

        sqlite3_free(sql);
        return code;
}

static int restore_rollups(Restore *r, const char *directory, const char *events) {
        char path[PATH_MAX + 64];
        sqlite3 *db = NULL;
        int code, result = 0;

        snprintf(path, sizeof(path), "%s/rollups.db", directory);
        code = history_file_make(&history_rollups_schema, r->options->state, path, &db);
        if (code == SQLITE_OK)
                code = move_rollups(db, events);
        if (code != SQLITE_OK)
                result = fail_sql(r, db, "the roll-ups");
        sqlite3_close_v2(db);
        restore_own(r, path);
        return result;
}

/* --- events
 * -------------------------------------------------------------------------------------------------- */

static int open_new(const char *path, sqlite3 **ret) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
                return SQLITE_CANTOPEN;
        close(fd);
        return sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE, NULL);
}

/* No receiver is to be told anything under a sequence that it has seen. */
static int become_events(Restore *r, sqlite3 *db) {
        char sql[512];
        int code;

        snprintf(sql, sizeof(sql),
                "BEGIN; DROP TABLE minutes; DROP TABLE hours; DROP TABLE files; DROP TABLE backup;"
                "INSERT OR REPLACE INTO meta VALUES ('sequence_floor', %llu); PRAGMA application_id = %d;"
                "PRAGMA user_version = %d; COMMIT; PRAGMA incremental_vacuum",
                (unsigned long long) r->numbers, history_events_schema.application,
                history_events_schema.version);
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
        return code == SQLITE_OK ? history_number(db, "SELECT count(*) FROM events", &r->n_events) : code;
}

static int restore_both(Restore *r, const char *directory) {
        char path[PATH_MAX + 64];
        sqlite3 *db = NULL;
        int code, result = 0;

        snprintf(path, sizeof(path), "%s/events.db", directory);
        code = open_new(path, &db);
        if (code == SQLITE_OK)
                code = copy_backup(r, db);
        if (code == SQLITE_OK)
                code = history_events_schema.apply(db);
        if (code == SQLITE_OK)
                code = history_rollups_schema.apply(db);
        if (code == SQLITE_OK)
                result = restore_rollups(r, directory, path);
        if (code == SQLITE_OK && result == 0)
                code = become_events(r, db);
        if (code != SQLITE_OK)
                result = fail_sql(r, db, "the events");
        sqlite3_close_v2(db);
        restore_own(r, path);
        return result;
}

/* In a directory of another name, which is renamed when all of it is there. */
int restore_databases(Restore *r) {
        char directory[PATH_MAX + 16], final[PATH_MAX + 16];
        int result;

        snprintf(directory, sizeof(directory), "%s/history.new", r->options->state);
        snprintf(final, sizeof(final), "%s/history", r->options->state);
        if (mkdir(directory, 0700) < 0)
                return restore_fail(r, -errno, "%s: %s", directory, strerror(errno));
        restore_own(r, directory);
        result = restore_both(r, directory);
        if (result >= 0 && (rename(directory, final) < 0 || history_sync_directory(r->options->state) < 0))
                result = restore_fail(r, -errno, "%s: %s", final, strerror(errno));
        return result;
}
