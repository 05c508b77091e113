#ifndef HSMD_HISTORY_ASIDE_H
#define HSMD_HISTORY_ASIDE_H
/* What is damaged, or in the way, is renamed, never deleted. */

#include "macro.h"

/* Renames path, and what SQLite keeps beside it (-wal, -shm, -journal), to path.WORD-YYYYMMDD-HHMMSS (UTC; .2
 * and so on where that is taken) with the same endings. *ret, of the given size: the new name without its
 * directory. What is not there is left out. Negative errno. */
int history_set_aside(const char *path, const char *word, char *ret, size_t size);

/* Whether a write-ahead log begins as SQLite wrote it. One that does not, SQLite would ignore without a word,
 * with the newest events. Missing, empty, or only zeros, as a crash may leave it: true. */
bool history_wal_is_sound(const char *path);

int history_sync_directory(const char *path);

#endif
