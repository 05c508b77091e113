#include "history-file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "history-aside.h"

#define QUICK_CHECK (USEC_PER_SEC / 2) /* at most, at every start; what is damaged beyond is met later */
#define PROGRESS 2000                  /* virtual instructions between looks at the clock: well under 1 ms */

/* --- SQL
 * ----------------------------------------------------------------------------------------------------- */

int history_number(sqlite3 *db, const char *sql, int64_t *ret) {
        sqlite3_stmt *s = NULL;
        int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

        if (code == SQLITE_OK)
                code = sqlite3_step(s);
        if (code == SQLITE_ROW || code == SQLITE_DONE) {
                *ret = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
                code = SQLITE_OK;
        }
        sqlite3_finalize(s);
        return code;
}

int history_file_exec(HistoryFile *f, const char *sql) {
        return sqlite3_exec(f->db, sql, NULL, NULL, NULL);
}

int history_file_statement(HistoryFile *f, unsigned slot, const char *sql, sqlite3_stmt **ret) {
        sqlite3_stmt **kept = &f->statements[slot];

        if (*kept) {
                sqlite3_reset(*kept);
                sqlite3_clear_bindings(*kept);
        } else {
                int code = sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);

                if (code != SQLITE_OK)
                        return code;
        }
        *ret = *kept;
        return SQLITE_OK;
}

int history_file_run(sqlite3_stmt *statement) {
        int code = sqlite3_step(statement);

        sqlite3_reset(statement);
        return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int pragma(sqlite3 *db, const char *name, int64_t value) {
        char sql[96];

        snprintf(sql, sizeof(sql), "PRAGMA %s = %lld", name, (long long) value);
        return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* --- made and closed
 * ----------------------------------------------------------------------------------------- */

int history_file_init(HistoryFile *f, const HistorySchema *schema, const char *state) {
        *f = (HistoryFile){.schema = schema, .deadline = USEC_INFINITY};
        if (!copy_text(f->state, sizeof(f->state), state) ||
                (size_t) snprintf(f->path, sizeof(f->path), "%s/history/%s", state, schema->name) >=
                        sizeof(f->path))
                return -ENAMETOOLONG;
        return 0;
}

void history_file_close(HistoryFile *f) {
        for (size_t i = 0; i < HISTORY_STATEMENTS; i++) {
                sqlite3_finalize(f->statements[i]);
                f->statements[i] = NULL;
        }
        sqlite3_close_v2(f->db);
        f->db = NULL;
}

/* Damage, and nothing else, is a reason to set a file aside. */
static bool is_damage(int code) {
        return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static void set_error(HistoryFile *f, const char *words) {
        snprintf(f->error, sizeof(f->error), "%s (%s)", f->schema->name, words);
}

/* --- a new one
 * ----------------------------------------------------------------------------------------------- */

static void remove_leftovers(const char *path) {
        char with[PATH_MAX + 32];

        unlink(path);
        snprintf(with, sizeof(with), "%.4111s-journal", path);
        unlink(with);
}

static int fill(const HistorySchema *schema, const char *state, sqlite3 *db) {
        int code = pragma(db, "auto_vacuum", 2); /* INCREMENTAL; only before the first table */

        if (code == SQLITE_OK)
                code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
        if (code == SQLITE_OK)
                code = pragma(db, "application_id", schema->application);
        if (code == SQLITE_OK)
                code = pragma(db, "user_version", schema->version);
        if (code == SQLITE_OK)
                code = schema->apply(db);
        if (code == SQLITE_OK && schema->begin)
                code = schema->begin(db, state);
        if (code == SQLITE_OK)
                code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
        return code;
}

int history_file_make(const HistorySchema *schema, const char *state, const char *path, sqlite3 **ret) {
        int code, fd;

        remove_leftovers(path);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return errno == ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN;
        close(fd);
        code = sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        return code == SQLITE_OK ? fill(schema, state, *ret) : code;
}

static int make_file(HistoryFile *f) {
        char temporary[PATH_MAX + 16];
        sqlite3 *db = NULL;
        int code, r;

        snprintf(temporary, sizeof(temporary), "%s.new", f->path);
        code = history_file_make(f->schema, f->state, temporary, &db);
        if (code != SQLITE_OK)
                set_error(f, db ? sqlite3_errmsg(db) : strerror(errno));
        sqlite3_close_v2(db);
        if (code != SQLITE_OK) {
                remove_leftovers(temporary);
                f->full = code == SQLITE_FULL;
                return f->full ? -ENOSPC : -EIO;
        }
        if (rename(temporary, f->path) < 0)
                return -errno;
        snprintf(temporary, sizeof(temporary), "%s/history", f->state);
        r = history_sync_directory(temporary);
        return r;
}

/* --- damaged
 * ------------------------------------------------------------------------------------------------- */

static int set_aside(HistoryFile *f, const char *why) {
        char name[128], reason[64];
        int r;

        copy_text(reason, sizeof(reason), why); /* sqlite's own buffer goes with its handle */
        history_file_close(f);
        if (f->set_aside >= HISTORY_ASIDE_MAX) {
                f->refused = true;
                set_error(f, "damaged again and again: is the disk broken?");
                return -EIO;
        }
        r = history_set_aside(f->path, "damaged", name, sizeof(name));
        if (r < 0) {
                set_error(f, "damaged, and cannot be set aside");
                return r;
        }
        f->set_aside++;
        snprintf(f->damage, sizeof(f->damage), "%s was damaged (%s); kept as %s, and a new one is begun",
                f->schema->name, reason, name);
        return 0;
}

/* A log that is garbage would be ignored, and with it the newest events. The rest is whole without it, or is
 * found damaged in its turn. */
static int check_wal(HistoryFile *f) {
        char wal[PATH_MAX + 8], name[96];
        int r;

        snprintf(wal, sizeof(wal), "%s-wal", f->path);
        if (history_wal_is_sound(wal))
                return 0;
        r = history_set_aside(wal, "damaged", name, sizeof(name));
        if (r >= 0)
                snprintf(f->damage, sizeof(f->damage),
                        "%s-wal was damaged; kept as %s: of %s the newest may be missing", f->schema->name,
                        name, f->schema->what);
        return r;
}

/* A log without its file is all that there is of it, and SQLite would delete it. */
static bool has_orphan(const HistoryFile *f) {
        char wal[PATH_MAX + 8];
        struct stat st;

        snprintf(wal, sizeof(wal), "%s-wal", f->path);
        return lstat(wal, &st) == 0 && st.st_size > 0;
}

/* Before SQLite sees it. */
static int look_at(HistoryFile *f) {
        struct stat st;
        int r;

        if (lstat(f->path, &st) < 0) {
                if (errno != ENOENT)
                        return -errno;
                r = has_orphan(f) ? set_aside(f, "its file is gone, its log is not") : 0;
                return r < 0 ? r : make_file(f);
        }
        if (!S_ISREG(st.st_mode))
                r = set_aside(f, "not a file");
        else if (st.st_size == 0)
                r = set_aside(f, "empty");
        else
                return chmod(f->path, 0600) < 0 ? -errno : check_wal(f);
        return r < 0 ? r : make_file(f);
}

/* --- opening
 * ------------------------------------------------------------------------------------------------- */

static int on_progress(void *userdata) {
        HistoryFile *f = userdata;

        return f->deadline != USEC_INFINITY && now_monotonic() > f->deadline;
}

static int on_commit(void *userdata, sqlite3 *db UNUSED, const char *name UNUSED, int pages) {
        HistoryFile *f = userdata;

        f->wal_pages = pages;
        return SQLITE_OK;
}

static int configure(HistoryFile *f) {
        static const char sql[] = "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304;"
                                  "PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY";
        int code = sqlite3_exec(f->db, sql, NULL, NULL, NULL);

        if (code == SQLITE_OK && f->schema->max_pages > 0)
                code = pragma(f->db, "max_page_count", f->schema->max_pages);
        /* a damaged file is kept as it is: closing it must not write its log into it */
        sqlite3_db_config(f->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_wal_hook(
                f->db, on_commit, f); /* in place of SQLite's own checkpoints, which commits wait for */
        sqlite3_progress_handler(f->db, PROGRESS, on_progress, f);
        return code;
}

static int check_version(HistoryFile *f) {
        int64_t application = 0, version = 0;
        int code = history_number(f->db, "PRAGMA application_id", &application);

        if (code == SQLITE_OK)
                code = history_number(f->db, "PRAGMA user_version", &version);
        if (code != SQLITE_OK)
                return code;
        if (application != f->schema->application)
                return SQLITE_NOTADB;
        if (version > f->schema->version) {
                snprintf(f->error, sizeof(f->error),
                        "%s is of version %lld, which only a newer hsmd understands: install that, or move "
                        "the "
                        "file away",
                        f->schema->name, (long long) version);
                f->refused = true;
        }
        return SQLITE_OK;
}

/* The first line is "ok", or what is wrong. */
static int quick_check(HistoryFile *f) {
        sqlite3_stmt *s = NULL;
        int code = sqlite3_prepare_v2(f->db, "PRAGMA quick_check(1)", -1, &s, NULL);

        f->deadline = now_monotonic() + QUICK_CHECK;
        if (code == SQLITE_OK)
                code = sqlite3_step(s);
        if (code == SQLITE_ROW)
                code = same_text((const char *) sqlite3_column_text(s, 0), "ok") ? SQLITE_OK : SQLITE_CORRUPT;
        sqlite3_finalize(s);
        f->deadline = USEC_INFINITY;
        return code == SQLITE_INTERRUPT ? SQLITE_OK : code;
}

static int bring_up_to_date(HistoryFile *f) {
        int code = history_file_exec(f, "BEGIN IMMEDIATE");

        if (code == SQLITE_OK)
                code = f->schema->apply(f->db);
        if (code == SQLITE_OK)
                code = history_file_exec(f, "COMMIT");
        return code;
}

static int open_database(HistoryFile *f) {
        int code = sqlite3_open_v2(
                f->path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

        if (code == SQLITE_OK) /* before anything is read: then there is no shared memory */
                code = history_file_exec(f, "PRAGMA locking_mode = EXCLUSIVE");
        if (code == SQLITE_OK)
                code = check_version(f);
        if (code != SQLITE_OK || f->refused)
                return code;
        code = configure(f);
        if (code == SQLITE_OK)
                code = quick_check(f);
        return code == SQLITE_OK ? bring_up_to_date(f) : code;
}

static int try_open(HistoryFile *f, int *ret_code) {
        int r = look_at(f);

        if (r < 0) {
                if (f->error[0] == '\0')
                        set_error(f, strerror(-r));
                return r;
        }
        *ret_code = open_database(f);
        if (f->refused) {
                history_file_close(f);
                return -EPROTONOSUPPORT;
        }
        return 0;
}

int history_file_open(HistoryFile *f) {
        int code = SQLITE_OK, r;

        if (f->refused)
                return -EPROTONOSUPPORT;
        f->full = false;
        r = try_open(f, &code);
        if (r >= 0 && is_damage(code)) {
                r = set_aside(f, sqlite3_errstr(code));
                if (r >= 0)
                        r = try_open(f, &code);
        }
        if (r < 0)
                return r;
        if (code == SQLITE_OK) {
                f->error[0] = '\0';
                return 0;
        }
        set_error(f, sqlite3_errstr(code));
        f->full = code == SQLITE_FULL;
        history_file_close(f);
        return f->full ? -ENOSPC : -EIO;
}

int history_file_result(HistoryFile *f, int code) {
        if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) {
                f->full = false;
                f->error[0] = '\0';
                return 0;
        }
        if (code == SQLITE_INTERRUPT)
                return -ETIME;
        if (is_damage(code)) {
                int r = set_aside(f, sqlite3_errstr(code));

                if (r >= 0)
                        r = history_file_open(f);
                return r < 0 ? r : -EAGAIN;
        }
        set_error(f, sqlite3_errstr(code));
        f->full = (code & 0xff) == SQLITE_FULL;
        if (!sqlite3_get_autocommit(f->db))
                history_file_exec(f, "ROLLBACK");
        if (f->full)
                return -ENOSPC;
        /* what the kernel has of it after a failed write is not known: it is read again */
        history_file_close(f);
        return -EIO;
}
