/* A double of history_restore_file: says what it was asked. */

#include "history-backup.h"

int history_restore_file(const RestoreOptions *options, char **ret_message) {
        if (strstr(options->file, "busy"))
                return -EBUSY;
        if (strstr(options->file, "no-backup")) {
                *ret_message = strdup("it is no backup of hsmd; right is a file that hsmctl backup wrote");
                return -EINVAL;
        }
        return asprintf(ret_message, "file=%s state=%s force=%d", options->file, options->state,
                       options->force) < 0
                       ? -ENOMEM
                       : 0;
}
