#ifndef HSMD_HISTORY_RESTORE_H
#define HSMD_HISTORY_RESTORE_H
/* A restore under way: history-restore.c checks and sets aside, history-restore-files.c writes the small
 * files, history-restore-databases.c the two databases. */

#include <limits.h>
#include <stdarg.h>

#include "history-backup-run.h"
#include "history-backup.h"
#include "history-schema.h"

typedef struct RestoreEngine { /* an SNMP engine's identity, as it was there before */
        char name[32], id[65];
        unsigned boots;
} RestoreEngine;

typedef struct Restore {
        const RestoreOptions *options;
        sqlite3 *backup;
        int lock_fd;
        uid_t uid; /* the state directory's owner: hsmd's */
        gid_t gid;
        uint64_t numbers; /* the last number that may have been used: of events, and so of notify sequences */
        RestoreEngine engines[4];
        size_t n_engines;
        char *key; /* the host's, if there are notes under it that stay */
        size_t key_size;
        bool kept_notes, left_notes;
        int64_t n_events;
        char aside[96];
        char message[512];
} Restore;

int restore_fail(Restore *r, int error, const char *format, ...) PRINTF(3, 4);

int restore_learn(Restore *r);
int restore_files(Restore *r);
int restore_databases(Restore *r);
/* Gives a path in the state directory to hsmd's user. */
void restore_own(const Restore *r, const char *path);

#endif
