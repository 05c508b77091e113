#ifndef HSMD_HISTORY_FILE_H
#define HSMD_HISTORY_FILE_H
/* One SQLite file of the history: opened or made, its schema brought up to date, set aside when it is
 * damaged. Used by one thread at a time.
 *
 * It is locked exclusively while it is open, so that no other process can hold up a checkpoint, and so that
 * there is no shared memory file, whose pages a full disk could refuse us by SIGBUS. A new file is made under
 * another name and renamed when it is whole: therefore one of no length is a damaged one. */

#include <limits.h>
#include <sqlite3.h>

#include "macro.h"

#define HISTORY_STATEMENTS 24
#define HISTORY_ASIDE_MAX 16 /* files set aside by one hsmd; then the disk is beyond help */

typedef struct HistorySchema {
        const char *name;    /* "events.db" */
        const char *what;    /* for messages: "the events" */
        int32_t application; /* PRAGMA application_id */
        int version;         /* PRAGMA user_version: only what an older hsmd cannot use raises it */
        int64_t max_pages;   /* 0: no bound */
        /* Makes what is missing of tables, columns and indices. An SQLite result code. */
        int (*apply)(sqlite3 *db);
        /* A file was begun anew; may be NULL. */
        int (*begin)(sqlite3 *db, const char *state);
} HistorySchema;

typedef struct HistoryFile {
        const HistorySchema *schema;
        char state[PATH_MAX], path[PATH_MAX];
        sqlite3 *db; /* NULL: not open */
        sqlite3_stmt *statements[HISTORY_STATEMENTS];
        usec_t deadline; /* of what runs: SQLITE_INTERRUPT after it */
        int wal_pages;   /* after the last commit */
        unsigned set_aside;
        bool refused;     /* of a newer version, or damaged too often: not tried again */
        bool full;        /* the last failure was a full disk */
        char damage[256]; /* what was set aside last, in words; or "" */
        char error[256];  /* why the last thing failed, in words; or "" */
} HistoryFile;

int history_file_init(HistoryFile *file, const HistorySchema *schema, const char *state);

/* 0, also when a damaged one was set aside and a new one begun; -EPROTONOSUPPORT (refused), or another
 * negative errno: may succeed later. */
int history_file_open(HistoryFile *file);
void history_file_close(HistoryFile *file);

/* What a result code comes to: 0; -EAGAIN: the file was damaged, was set aside, and a new one is open;
 * -ENOSPC; -ETIME: the deadline; else -EIO. What was under way is rolled back. */
int history_file_result(HistoryFile *file, int code);

/* A statement that is kept; reset, without parameters. SQLite result codes. */
int history_file_statement(HistoryFile *file, unsigned slot, const char *sql, sqlite3_stmt **ret);
/* Runs a statement that returns no rows. */
int history_file_run(sqlite3_stmt *statement);
int history_file_exec(HistoryFile *file, const char *sql);

/* The first column of the first row; 0 when there is none. */
int history_number(sqlite3 *db, const char *sql, int64_t *ret);
/* Makes and fills an empty file of a schema at path (nothing else may use it yet), durably but for its name;
 * left open in *ret. */
int history_file_make(const HistorySchema *schema, const char *state, const char *path, sqlite3 **ret);

#endif
