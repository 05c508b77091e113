#ifndef HSMD_HISTORY_BACKUP_H
#define HSMD_HISTORY_BACKUP_H
/* A backup is one SQLite file: consistent copies of events and roll-ups (sqlite3_backup), and a table `files`
 * with everything else of the state directory that a new host needs: numbers, PIN notes and the host's key,
 * pinned keys, sensors' numbers, SNMP engine ids and boots, measured rates. It holds no PIN and no SNMP
 * secret. */

#include "macro.h"

typedef struct RestoreOptions {
        const char *file, *state;
        bool force; /* over a state directory that is in use already: what it has is set aside, not deleted */
} RestoreOptions;

/* Blocks; for hsmctl, while no hsmd runs on the state directory (-EBUSY if one does: it holds STATE/lock).
 * Nothing may seem new to others that is not: SNMP engine boots and numbers go on far beyond what the backup
 * says, and PIN notes that are there already are kept. *ret_message (the caller frees it): what was done, or
 * what would be right. -EINVAL: the file is no backup, or of a newer version. */
int history_restore_file(const RestoreOptions *options, char **ret_message);

/* In the history's thread, or blocking: writes a backup of STATE into fd. */
int history_backup_write(const char *state, int fd, char **ret_message);

#endif
