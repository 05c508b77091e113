/* The method Backup: writes into a file that whoever asks has opened, so hsmd needs no path, no right of its
 * own there, and cannot be made to write over anything. */
#include <fcntl.h>
#include <sys/stat.h>

#include "control-internal.h"

/* Only a regular file: anything else could keep the history's thread waiting, or be read elsewhere. */
static bool is_file_to_write(int fd, sd_bus_error *error) {
        struct stat st;
        int flags = fcntl(fd, F_GETFL);

        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH) && fstat(fd, &st) == 0 &&
                S_ISREG(st.st_mode))
                return true;
        sd_bus_error_set(error, CONTROL_ERROR_REFUSED,
                "that is no regular file that is open for writing; right is a new file");
        return false;
}

int control_method_backup(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        char name[CONTROL_BY_SIZE];
        ControlReply *reply;
        const char *by;
        int fd, copy, r = sd_bus_message_read(m, "hs", &fd, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->backup)
                return control_not_supported(error);
        if (!is_file_to_write(fd, error))
                return -EINVAL;
        control_stated_name(name, by);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* the message's own is closed with it */
        r = copy < 0 ? -errno : c->control->ops->backup(c->control->userdata, copy, name, reply, &message);
        return control_reply_kept(reply, r, error, "file", "", message);
}
