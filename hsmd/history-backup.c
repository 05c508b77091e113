#include "history-backup.h"

#include <fcntl.h>
#include <limits.h>

#include "history-backup-files.h"
#include "history-backup-run.h"
#include "history-row.h"
#include "history-schema.h"

#define PAGES 64
#define ROWS 1000
#define OCTETS (256 << 10)

/* In this order. */
typedef enum Phase {
        PHASE_EVENTS,
        PHASE_ROLLUPS,
        PHASE_MINUTES,
        PHASE_HOURS,
        PHASE_FILES,
        PHASE_COPY,
        PHASE_DONE
} Phase;

struct BackupRun {
        Phase phase;
        char state[PATH_MAX];
        char path[PATH_MAX + 32], rollups_path[PATH_MAX + 32]; /* temporary */
        sqlite3 *events, *rollups;                             /* read */
        sqlite3 *db, *rollups_copy;                            /* written */
        sqlite3_backup *copying;
        int from, to;
        uint64_t octets;
        int64_t n_events;
        char message[256];
};

/* --- made and freed
 * ------------------------------------------------------------------------------------------ */

static void remove_temporary(const char *path) {
        static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
        char with[PATH_MAX + 64];

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                snprintf(with, sizeof(with), "%s%s", path, endings[i]);
                unlink(with);
        }
}

int backup_run_new(const char *state, sqlite3 *events, sqlite3 *rollups, int fd, BackupRun **ret) {
        BackupRun *run = calloc(1, sizeof(*run));

        if (!run || !copy_text(run->state, sizeof(run->state), state)) {
                close(fd);
                free(run);
                return run ? -ENAMETOOLONG : -ENOMEM;
        }
        snprintf(run->path, sizeof(run->path), "%s/history/backup.new", state);
        snprintf(run->rollups_path, sizeof(run->rollups_path), "%s/history/backup-rollups.new", state);
        run->events = events;
        run->rollups = rollups;
        run->from = -1;
        run->to = fd;
        remove_temporary(run->path);
        remove_temporary(run->rollups_path);
        *ret = run;
        return 0;
}

BackupRun *backup_run_free(BackupRun *run) {
        if (!run)
                return NULL;
        sqlite3_backup_finish(run->copying);
        sqlite3_close_v2(run->db);
        sqlite3_close_v2(run->rollups_copy);
        closep(&run->from);
        closep(&run->to);
        remove_temporary(run->path);
        remove_temporary(run->rollups_path);
        free(run);
        return NULL;
}

const char *backup_run_message(const BackupRun *run) {
        return run->message;
}

static int failed(BackupRun *run, const char *what, int code, const char *words) {
        snprintf(run->message, sizeof(run->message), "%.90s: %.150s", what, words);
        return (code & 0xff) == SQLITE_FULL ? -ENOSPC : -EIO;
}

/* --- copies of the two files
 * --------------------------------------------------------------------------------- */

/* It is thrown away when anything goes wrong, so nothing of it needs to be durable yet. */
static int open_temporary(const char *path, sqlite3 **ret) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), code;

        if (fd < 0)
                return SQLITE_CANTOPEN;
        close(fd);
        code = sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        return code;
}

/* The copy says that it has a write-ahead log, as the original has. */
static int without_log(sqlite3 *db) {
        return sqlite3_exec(db,
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF;"
                "PRAGMA synchronous = OFF",
                NULL, NULL, NULL);
}

static int step_copy(BackupRun *run, sqlite3 *from, const char *path, sqlite3 **to) {
        int code = SQLITE_OK;

        if (!run->copying) {
                code = open_temporary(path, to);
                if (code != SQLITE_OK)
                        return failed(run, path, code, *to ? sqlite3_errmsg(*to) : strerror(errno));
                run->copying = sqlite3_backup_init(*to, "main", from, "main");
                if (!run->copying)
                        return failed(run, path, SQLITE_ERROR, sqlite3_errmsg(*to));
        }
        code = sqlite3_backup_step(run->copying, PAGES);
        if (code == SQLITE_OK)
                return 1;
        if (code != SQLITE_DONE)
                return failed(run, path, code, sqlite3_errstr(code));
        code = sqlite3_backup_finish(run->copying);
        run->copying = NULL;
        if (code == SQLITE_OK)
                code = without_log(*to);
        return code == SQLITE_OK ? 0 : failed(run, path, code, sqlite3_errmsg(*to));
}

/* --- roll-ups beside the events
 * ------------------------------------------------------------------------------ */

static int attach_rollups(BackupRun *run) {
        char *sql = sqlite3_mprintf("ATTACH %Q AS r", run->rollups_path);
        int code = sql ? history_rollups_schema.apply(run->db) : SQLITE_NOMEM;

        sqlite3_close_v2(run->rollups_copy);
        run->rollups_copy = NULL;
        if (code == SQLITE_OK)
                code = sqlite3_exec(run->db, sql, NULL, NULL, NULL);
        sqlite3_free(sql);
        return code == SQLITE_OK ? 0 : failed(run, run->path, code, sqlite3_errmsg(run->db));
}

static int step_rows(BackupRun *run, const char *table) {
        CLEANUP_FREE char *columns = row_columns(&rollup_table, ""), *sql = NULL;
        int code;

        if (!columns || asprintf(&sql,
                                "INSERT INTO main.%s (%s) SELECT %s FROM r.%s WHERE (start, device) >"
                                " (SELECT coalesce(max(start), -1), coalesce((SELECT max(device) FROM "
                                "main.%s WHERE start ="
                                " (SELECT max(start) FROM main.%s)), -1) FROM main.%s)"
                                " ORDER BY start, device LIMIT %d",
                                table, columns, columns, table, table, table, table, ROWS) < 0) {
                sql = NULL;
                return -ENOMEM;
        }
        code = sqlite3_exec(run->db, sql, NULL, NULL, NULL);
        if (code != SQLITE_OK)
                return failed(run, run->path, code, sqlite3_errmsg(run->db));
        return sqlite3_changes(run->db) == ROWS;
}

/* --- the rest
 * ------------------------------------------------------------------------------------------------ */

static int finish_database(BackupRun *run) {
        char sql[512];
        int r = history_backup_put_files(run->db, run->state), code;

        if (r < 0)
                return failed(run, "the files of the state directory", SQLITE_ERROR, strerror(-r));
        snprintf(sql, sizeof(sql),
                "DETACH r; CREATE TABLE backup (key TEXT PRIMARY KEY, value);"
                "INSERT INTO backup VALUES ('events_version', %d), ('rollups_version', %d), ('made', %llu),"
                " ('hsmd', '%s'); PRAGMA application_id = %d; PRAGMA user_version = %d",
                history_events_schema.version, history_rollups_schema.version,
                (unsigned long long) now_realtime(), HSMD_VERSION, BACKUP_APPLICATION, BACKUP_VERSION);
        code = sqlite3_exec(run->db, sql, NULL, NULL, NULL);
        if (code == SQLITE_OK)
                code = history_number(run->db, "SELECT count(*) FROM events", &run->n_events);
        if (code != SQLITE_OK)
                return failed(run, run->path, code, sqlite3_errmsg(run->db));
        sqlite3_close(run->db);
        run->db = NULL;
        run->from = open(run->path, O_RDONLY | O_CLOEXEC);
        return run->from < 0 ? failed(run, run->path, SQLITE_ERROR, strerror(errno)) : 0;
}

static int write_whole(int fd, const char *p, ssize_t size) {
        while (size > 0) {
                ssize_t n = write(fd, p, (size_t) size);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        p += n;
                        size -= n;
                }
        }
        return 0;
}

static int step_write(BackupRun *run) {
        CLEANUP_FREE char *buffer = malloc(OCTETS);
        ssize_t n = buffer ? read(run->from, buffer, OCTETS) : -1;
        int r = n < 0 ? -errno : write_whole(run->to, buffer, n);

        /* Each piece at once: all of a large one at the end would keep events from being stored for as long
         * as a slow disk takes. What has no disk behind it, as a pipe, cannot be synced, and need not. */
        if (r >= 0 && n >= 0 && fdatasync(run->to) < 0 && errno != EINVAL && errno != EROFS)
                r = -errno;
        if (r < 0) {
                failed(run, "the backup cannot be written", SQLITE_ERROR, strerror(-r));
                return r;
        }
        run->octets += (uint64_t) n;
        if (n > 0)
                return 1;
        snprintf(run->message, sizeof(run->message), "%lld events and their roll-ups, %.1f MB",
                (long long) run->n_events, (double) run->octets / 1e6);
        return 0;
}

/* 1: the phase goes on. */
static int step_phase(BackupRun *run) {
        int r;

        switch (run->phase) {
        case PHASE_EVENTS:
                return step_copy(run, run->events, run->path, &run->db);
        case PHASE_ROLLUPS:
                r = step_copy(run, run->rollups, run->rollups_path, &run->rollups_copy);
                return r == 0 ? attach_rollups(run) : r;
        case PHASE_MINUTES:
                return step_rows(run, "minutes");
        case PHASE_HOURS:
                return step_rows(run, "hours");
        case PHASE_FILES:
                return finish_database(run);
        case PHASE_COPY:
                return step_write(run);
        default:
                return 0;
        }
}

int backup_run_step(BackupRun *run, usec_t budget) {
        usec_t until = now_monotonic() + budget;

        do {
                int r = step_phase(run);

                if (r < 0)
                        return r;
                if (r == 0)
                        run->phase++;
        } while (run->phase < PHASE_DONE && now_monotonic() < until);
        return run->phase < PHASE_DONE;
}

/* --- blocking
 * ------------------------------------------------------------------------------------------------ */

static int open_for_backup(const char *state, HistoryFile *events, HistoryFile *rollups, char **ret_message) {
        int r = history_file_init(events, &history_events_schema, state);

        if (r >= 0)
                r = history_file_init(rollups, &history_rollups_schema, state);
        if (r >= 0)
                r = history_file_open(events);
        if (r >= 0)
                r = history_file_open(rollups);
        if (r < 0 && asprintf(ret_message, "the history cannot be read: %s",
                             events->error[0]    ? events->error
                             : rollups->error[0] ? rollups->error
                                                 : strerror(-r)) < 0)
                *ret_message = NULL;
        return r;
}

int history_backup_write(const char *state, int fd, char **ret_message) {
        HistoryFile events = {0}, rollups = {0};
        BackupRun *run = NULL;
        int r = open_for_backup(state, &events, &rollups, ret_message), copy;

        if (r >= 0) {
                copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
                r = copy < 0 ? -EMFILE : backup_run_new(state, events.db, rollups.db, copy, &run);
        }
        if (r >= 0) {
                do
                        r = backup_run_step(run, USEC_PER_SEC);
                while (r > 0);
                *ret_message = strdup(backup_run_message(run));
        }
        backup_run_free(run);
        history_file_close(&events);
        history_file_close(&rollups);
        return r;
}
