#include "history-backup-files.h"

#include <dirent.h>
#include <limits.h>

#include "disk.h"

#define FILE_MAX ((size_t) 16 << 20)

static const char *const names[] = {"numbers", "host.key", "engine-serve", "engine-poll", "engine-notify"};
static const char *const directories[] = {"guard", "pins", "sensors", "measured"};

/* What is half written, and what starts with a dot, is none of it. */
static bool is_plain(const char *name) {
        const char *dot = strrchr(name, '.');

        return name[0] != '\0' && name[0] != '.' && !strchr(name, '/') && !(dot && streq(dot, ".new"));
}

bool history_backup_is_file(const char *path) {
        const char *slash = strchr(path, '/');

        for (size_t i = 0; !slash && i < ELEMENTSOF(names); i++)
                if (streq(path, names[i]))
                        return true;
        for (size_t i = 0; slash && i < ELEMENTSOF(directories); i++)
                if (strlen(directories[i]) == (size_t) (slash - path) &&
                        strncmp(path, directories[i], (size_t) (slash - path)) == 0)
                        return is_plain(slash + 1);
        return false;
}

/* --- all of them
 * --------------------------------------------------------------------------------------------- */

static int walk_directory(
        const char *state, const char *name, int (*each)(const char *path, void *userdata), void *userdata) {
        char path[PATH_MAX], file[NAME_MAX + 32];
        DIR *dir;
        int r = 0;

        if ((size_t) snprintf(path, sizeof(path), "%s/%s", state, name) >= sizeof(path))
                return -ENAMETOOLONG;
        dir = opendir(path);
        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        for (struct dirent *e; r >= 0 && (e = readdir(dir));)
                if (is_plain(e->d_name) && e->d_type == DT_REG) {
                        snprintf(file, sizeof(file), "%s/%s", name, e->d_name);
                        r = each(file, userdata);
                }
        closedir(dir);
        return r;
}

int history_backup_walk(const char *state, int (*each)(const char *path, void *userdata), void *userdata) {
        char path[PATH_MAX];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(names); i++) {
                if ((size_t) snprintf(path, sizeof(path), "%s/%s", state, names[i]) >= sizeof(path))
                        return -ENAMETOOLONG;
                if (access(path, F_OK) == 0)
                        r = each(names[i], userdata);
        }
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(directories); i++)
                r = walk_directory(state, directories[i], each, userdata);
        return r;
}

int history_backup_read(const char *state, const char *path, char **ret, size_t *ret_size) {
        CLEANUP_FREE char *content = malloc(FILE_MAX);
        char full[PATH_MAX];
        size_t size = 0;
        int r;

        if (!content)
                return -ENOMEM;
        if ((size_t) snprintf(full, sizeof(full), "%s/%s", state, path) >= sizeof(full))
                return -ENAMETOOLONG;
        r = read_small_file(full, content, FILE_MAX, &size);
        if (r < 0)
                return r;
        *ret = realloc(content, size + 1);
        if (!*ret)
                return -ENOMEM;
        content = NULL;
        *ret_size = size;
        return 0;
}

/* --- into the backup
 * ----------------------------------------------------------------------------------------- */

typedef struct Put {
        const char *state;
        sqlite3_stmt *insert;
} Put;

static int put_file(const char *path, void *userdata) {
        CLEANUP_FREE char *content = NULL;
        Put *put = userdata;
        size_t size = 0;
        int code, r = history_backup_read(put->state, path, &content, &size);

        if (r < 0)
                return r == -ENOENT ? 0 : r; /* it has just been replaced, or removed */
        sqlite3_bind_text(put->insert, 1, path, -1, SQLITE_STATIC);
        sqlite3_bind_blob64(put->insert, 2, content, size, SQLITE_STATIC);
        code = sqlite3_step(put->insert);
        sqlite3_reset(put->insert);
        if (content)
                wipe(content, size); /* the host's key is among them */
        return code == SQLITE_DONE ? 0 : -EIO;
}

int history_backup_put_files(sqlite3 *db, const char *state) {
        Put put = {.state = state};
        int r, code = sqlite3_exec(
                       db, "CREATE TABLE files (path TEXT PRIMARY KEY, content BLOB)", NULL, NULL, NULL);

        if (code == SQLITE_OK)
                code = sqlite3_prepare_v2(
                        db, "INSERT INTO files (path, content) VALUES (?1, ?2)", -1, &put.insert, NULL);
        r = code == SQLITE_OK ? history_backup_walk(state, put_file, &put) : -EIO;
        sqlite3_finalize(put.insert);
        return r;
}
