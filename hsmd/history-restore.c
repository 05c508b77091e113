#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "disk.h"
#include "history-aside.h"
#include "history-backup.h"
#include "history-restore.h"

/* --- words
 * ---------------------------------------------------------------------------------------------------- */

int restore_fail(Restore *r, int error, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(r->message, sizeof(r->message), format, arguments);
        va_end(arguments);
        return error;
}

/* --- the backup
 * ---------------------------------------------------------------------------------------------- */

static int check_version(Restore *r) {
        int64_t application = 0, version = 0, events = 0, rollups = 0;
        int code = history_number(r->backup, "PRAGMA application_id", &application);

        if (code == SQLITE_OK)
                code = history_number(r->backup, "PRAGMA user_version", &version);
        if (code != SQLITE_OK || application != BACKUP_APPLICATION)
                return restore_fail(r, -EINVAL,
                        "%s is no backup of hsmd: give a file that `hsmctl backup` wrote", r->options->file);
        code = history_number(r->backup, "SELECT value FROM backup WHERE key = 'events_version'", &events);
        if (code == SQLITE_OK)
                code = history_number(
                        r->backup, "SELECT value FROM backup WHERE key = 'rollups_version'", &rollups);
        if (code != SQLITE_OK)
                return restore_fail(r, -EINVAL, "%s is damaged: %s", r->options->file, sqlite3_errstr(code));
        if (version > BACKUP_VERSION || events > history_events_schema.version ||
                rollups > history_rollups_schema.version)
                return restore_fail(r, -EINVAL,
                        "%s was written by a newer hsmd: restore it with that one's hsmctl",
                        r->options->file);
        return 0;
}

static int check_whole(Restore *r) {
        sqlite3_stmt *s = NULL;
        int code = sqlite3_prepare_v2(r->backup, "PRAGMA quick_check(1)", -1, &s, NULL);
        bool is_ok = false;

        if (code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
                is_ok = same_text((const char *) sqlite3_column_text(s, 0), "ok");
        sqlite3_finalize(s);
        return is_ok ? 0
                     : restore_fail(r, -EINVAL, "%s is damaged: take an earlier backup", r->options->file);
}

static int open_backup(Restore *r) {
        struct stat st;
        int result;

        if (stat(r->options->file, &st) < 0)
                return restore_fail(r, -errno, "%s: %s", r->options->file, strerror(errno));
        if (!S_ISREG(st.st_mode) ||
                sqlite3_open_v2(r->options->file, &r->backup, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
                return restore_fail(r, -EINVAL,
                        "%s is no backup of hsmd: give a file that `hsmctl backup` wrote", r->options->file);
        result = check_version(r);
        return result < 0 ? result : check_whole(r);
}

/* --- the state directory
 * ------------------------------------------------------------------------------------- */

/* As hsmd takes it: not flock(). */
static int take_state(Restore *r) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        const char *state = r->options->state;
        char path[PATH_MAX];
        struct stat st;

        if (mkdir(state, 0700) < 0 && errno != EEXIST)
                return restore_fail(r, -errno, "%s: %s", state, strerror(errno));
        if (stat(state, &st) < 0 || (size_t) snprintf(path, sizeof(path), "%s/lock", state) >= sizeof(path))
                return restore_fail(r, -EINVAL, "%s is no state directory", state);
        r->uid = st.st_uid;
        r->gid = st.st_gid;
        r->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (r->lock_fd < 0)
                return restore_fail(r, -errno, "%s: %s", path, strerror(errno));
        (void) !fchown(r->lock_fd, r->uid, r->gid); /* hsmd must be able to open it */
        if (fcntl(r->lock_fd, F_SETLK, &whole) < 0)
                return restore_fail(r, -EBUSY,
                        "an hsmd runs on %s: stop it first (systemctl stop hsmd), restore, and start it "
                        "again",
                        state);
        return 0;
}

static bool is_there(const Restore *r, const char *name) {
        char path[PATH_MAX + 64];

        snprintf(path, sizeof(path), "%s/%s", r->options->state, name);
        return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What a restore puts there. The directory of PIN notes stays, and so does the key that they are under: last
 * here, and set aside only where there are no notes. */
static const char *const replaced[] = {"history", "history.new", "numbers", "engine-serve", "engine-poll",
        "engine-notify", "pins", "sensors", "measured", "host.key"};

static int set_aside(Restore *r) {
        char from[PATH_MAX + 64], to[PATH_MAX + 160];
        size_t n = ELEMENTSOF(replaced) - (r->kept_notes ? 1 : 0);
        bool any = r->kept_notes;

        for (size_t i = 0; i < n; i++)
                any = any || is_there(r, replaced[i]);
        if (!any)
                return 0;
        if (!r->options->force)
                return restore_fail(r, -EEXIST,
                        "%s is in use already: with --force, what it has is set aside, and not deleted",
                        r->options->state);
        snprintf(from, sizeof(from), "%s/before-restore", r->options->state);
        if (mkdir(from, 0700) < 0 && errno != EEXIST)
                return restore_fail(r, -errno, "%s: %s", from, strerror(errno));
        restore_own(r, from);
        for (size_t i = 0; i < n; i++) {
                snprintf(from, sizeof(from), "%s/%s", r->options->state, replaced[i]);
                snprintf(to, sizeof(to), "%s/before-restore/%s", r->options->state, replaced[i]);
                if (rename(from, to) < 0 && errno != ENOENT)
                        return restore_fail(r, -errno, "%s cannot be set aside: %s", from, strerror(errno));
        }
        snprintf(from, sizeof(from), "%s/before-restore", r->options->state);
        if (history_set_aside(from, "kept", r->aside, sizeof(r->aside)) < 0)
                copy_text(r->aside, sizeof(r->aside), "before-restore");
        return 0;
}

/* --- all of it
 * ----------------------------------------------------------------------------------------------- */

static int restore(Restore *r) {
        int result = open_backup(r);

        if (result >= 0)
                result = take_state(r);
        if (result >= 0)
                result = restore_learn(r); /* what must not be forgotten of what is there */
        if (result >= 0)
                result = set_aside(r);
        if (result >= 0)
                result = restore_files(r);
        return result < 0 ? result : restore_databases(r);
}

int history_restore_file(const RestoreOptions *options, char **ret_message) {
        Restore r = {.options = options, .lock_fd = -1};
        int result = restore(&r), n;

        if (result >= 0)
                n = asprintf(ret_message,
                        "%lld events are restored; new ones are numbered from %llu on, and notifications "
                        "too%s%s%s%s",
                        (long long) r.n_events, (unsigned long long) r.numbers + 1,
                        r.aside[0] ? "; what was there is kept as " : "", r.aside,
                        r.kept_notes ? "; the notes of PINs that were there stay" : "",
                        r.left_notes ? "; those of the backup are under another host's key and were left out"
                                     : "");
        else
                n = asprintf(ret_message, "%s%s%s", r.message,
                        r.aside[0] ? "; what was there is kept as " : "", r.aside);
        if (n < 0)
                *ret_message = NULL;
        if (r.key)
                wipe(r.key, r.key_size);
        free(r.key);
        sqlite3_close_v2(r.backup);
        closep(&r.lock_fd);
        return result;
}
