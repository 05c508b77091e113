#ifndef HSMD_HISTORY_BACKUP_FILES_H
#define HSMD_HISTORY_BACKUP_FILES_H
/* The small files of a state directory that a new host needs: named here one by one or by their directory, so
 * that nothing that may hold a secret gets into a backup unasked. */

#include <sqlite3.h>

#include "macro.h"

/* Whether a backup may hold a file of that path, relative to the state directory: "numbers", "guard/sign-1".
 */
bool history_backup_is_file(const char *path);

/* Calls `each` with the relative path of every such file that is there; stops when it returns less than 0. */
int history_backup_walk(const char *state, int (*each)(const char *path, void *userdata), void *userdata);

/* Makes the table `files` and puts all of them into it. Negative errno; -EIO for what SQLite says. */
int history_backup_put_files(sqlite3 *db, const char *state);

/* Reads a small file of the state directory. *ret is the caller's to free, terminated by a zero octet. */
int history_backup_read(const char *state, const char *path, char **ret, size_t *ret_size);

#endif
