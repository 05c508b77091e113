#ifndef HSMD_HISTORY_BACKUP_RUN_H
#define HSMD_HISTORY_BACKUP_RUN_H
/* A backup while it is being written, in small steps: what else waits for the history's thread goes between
 * them. It is made in STATE/history, whole, and then copied into a descriptor. */

#include <sqlite3.h>

#include "macro.h"

#define BACKUP_APPLICATION 0x68736d42 /* "hsmB" */
#define BACKUP_VERSION 1

typedef struct BackupRun BackupRun;

/* events, rollups: open; they must not be closed while it runs but by sqlite3_close_v2. Takes fd over. */
int backup_run_new(const char *state, sqlite3 *events, sqlite3 *rollups, int fd, BackupRun **ret);
BackupRun *backup_run_free(BackupRun *run);

/* Works for about so long. 1: there is more to do; 0: it is written; negative errno. */
int backup_run_step(BackupRun *run, usec_t budget);
/* What was written, or what failed. */
const char *backup_run_message(const BackupRun *run);

#endif
