#include <dirent.h>
#include <sys/stat.h>

#include "disk.h"
#include "history-backup-files.h"
#include "history-restore.h"
#include "numbers.h"

/* So many events, and starts, there may have been since the backup was made. */
#define NUMBERS_BEYOND 1000000
#define BOOTS_BEYOND 100000
#define BOOTS_MAX 2147483646U /* RFC 3414: 2147483647 is latched */

void restore_own(const Restore *r, const char *path) {
        if (lchown(path, r->uid, r->gid) < 0 && errno != EPERM)
                fprintf(stderr, "%s: its owner cannot be set: %s\n", path, strerror(errno));
}

/* --- what is there
 * ------------------------------------------------------------------------------------------- */

static bool parse_engine(const char *text, RestoreEngine *ret) {
        return sscanf(text, "id %64[0-9a-f]\nboots %u\n", ret->id, &ret->boots) == 2;
}

static int learn_engine(const char *path, void *userdata) {
        CLEANUP_FREE char *text = NULL;
        Restore *r = userdata;
        RestoreEngine engine = {0};
        size_t size;

        if (strncmp(path, "engine-", 7) != 0 || r->n_engines == ELEMENTSOF(r->engines))
                return 0;
        if (history_backup_read(r->options->state, path, &text, &size) >= 0 && parse_engine(text, &engine)) {
                copy_text(engine.name, sizeof(engine.name), path);
                r->engines[r->n_engines++] = engine;
        }
        return 0;
}

static bool has_notes(const Restore *r) {
        char path[PATH_MAX];
        bool any = false;
        DIR *dir;

        snprintf(path, sizeof(path), "%s/guard", r->options->state);
        dir = opendir(path);
        for (struct dirent *e; dir && !any && (e = readdir(dir));)
                any = e->d_name[0] != '.';
        if (dir)
                closedir(dir);
        return any;
}

int restore_learn(Restore *r) {
        uint64_t there = 0;
        int64_t last = 0;

        history_backup_walk(r->options->state, learn_engine, r);
        if (numbers_peek(r->options->state, &there) >= 0)
                r->numbers = there;
        if (history_number(r->backup, "SELECT max(id) FROM events", &last) == SQLITE_OK)
                r->numbers = MAX_OF(r->numbers, (uint64_t) last);
        r->kept_notes = has_notes(r);
        if (r->kept_notes && history_backup_read(r->options->state, "host.key", &r->key, &r->key_size) < 0)
                r->key = NULL; /* notes without a key are the guard's affair; they stay */
        return 0;
}

/* --- one file
 * ------------------------------------------------------------------------------------------------ */

static int make_parent(Restore *r, const char *path) {
        const char *slash = strchr(path, '/');
        char directory[PATH_MAX];

        if (!slash)
                return 0;
        snprintf(directory, sizeof(directory), "%s/%.*s", r->options->state, (int) (slash - path), path);
        if (mkdir(directory, 0700) < 0 && errno != EEXIST)
                return restore_fail(r, -errno, "%s: %s", directory, strerror(errno));
        restore_own(r, directory);
        return 0;
}

static int put(Restore *r, const char *path, const void *content, size_t size) {
        char full[PATH_MAX];
        int result = make_parent(r, path);

        if (result < 0)
                return result;
        snprintf(full, sizeof(full), "%s/%s", r->options->state, path);
        result = write_file_durably(full, content, size);
        if (result < 0)
                return restore_fail(r, result, "%s: %s", full, strerror(-result));
        restore_own(r, full);
        return 0;
}

/* Whoever has spoken to this engine takes none of fewer boots than it knows for the same one. */
static int put_engine(Restore *r, const char *path, const char *text) {
        RestoreEngine engine = {0};
        char raised[160];
        uint64_t boots;
        int n;

        if (!parse_engine(text, &engine))
                return restore_fail(r, -EINVAL, "%s is damaged in the backup: take an earlier one", path);
        boots = engine.boots;
        for (size_t i = 0; i < r->n_engines; i++)
                if (streq(r->engines[i].name, path) && streq(r->engines[i].id, engine.id))
                        boots = MAX_OF(boots, (uint64_t) r->engines[i].boots);
        boots = MIN_OF(boots + BOOTS_BEYOND, (uint64_t) BOOTS_MAX);
        n = snprintf(raised, sizeof(raised), "id %s\nboots %u\n", engine.id, (unsigned) boots);
        return put(r, path, raised, (size_t) n);
}

/* What was there is newer. The backup's are of use only under the same key. */
static int put_note(Restore *r, const char *path, const void *content, size_t size) {
        char full[PATH_MAX];

        snprintf(full, sizeof(full), "%s/%s", r->options->state, path);
        if (access(full, F_OK) == 0)
                return 0;
        if (r->left_notes)
                return 0;
        return put(r, path, content, size);
}

/* A row of the backup. The host's key comes before the notes, in order of their names. */
static int put_row(Restore *r, sqlite3_stmt *s) {
        const char *path = (const char *) sqlite3_column_text(s, 0);
        const void *content = sqlite3_column_blob(s, 1);
        size_t size = (size_t) sqlite3_column_bytes(s, 1);
        char text[160];

        if (!path || !history_backup_is_file(path))
                return 0; /* of a newer version, or of somebody who wants it elsewhere */
        if (streq(path, "numbers"))
                return 0; /* restore_files writes it last */
        if (strncmp(path, "guard/", 6) == 0)
                return put_note(r, path, content, size);
        if (streq(path, "host.key"))
                return r->kept_notes ? 0 : put(r, path, content, size);
        if (strncmp(path, "engine-", 7) != 0)
                return put(r, path, content ? content : "", size);
        snprintf(text, sizeof(text), "%.*s", (int) size, content ? (const char *) content : "");
        return put_engine(r, path, text);
}

/* --- all of them
 * --------------------------------------------------------------------------------------------- */

static int each_row(Restore *r, const char *where, int (*each)(Restore *r, sqlite3_stmt *s)) {
        sqlite3_stmt *s = NULL;
        char sql[128];
        int result = 0, code;

        snprintf(sql, sizeof(sql), "SELECT path, content FROM files %s ORDER BY path", where);
        code = sqlite3_prepare_v2(r->backup, sql, -1, &s, NULL);
        while (code == SQLITE_OK && result >= 0) {
                int step = sqlite3_step(s);

                if (step == SQLITE_ROW)
                        result = each(r, s);
                else
                        code = step;
        }
        sqlite3_finalize(s);
        if (result < 0 || code == SQLITE_DONE)
                return result;
        return restore_fail(r, -EINVAL, "the backup is damaged: %s", sqlite3_errstr(code));
}

static int compare_key(Restore *r, sqlite3_stmt *s) {
        size_t size = (size_t) sqlite3_column_bytes(s, 1);

        if (r->kept_notes)
                r->left_notes = !r->key || size != r->key_size || size == 0 ||
                                memcmp(sqlite3_column_blob(s, 1), r->key, size) != 0;
        return 0;
}

static int take_numbers(Restore *r, sqlite3_stmt *s) {
        unsigned long long reserved = 0;
        char text[64];

        snprintf(text, sizeof(text), "%.*s", sqlite3_column_bytes(s, 1),
                (const char *) sqlite3_column_text(s, 1));
        if (sscanf(text, "reserved %llu", &reserved) == 1)
                r->numbers = MAX_OF(r->numbers, (uint64_t) reserved);
        return 0;
}

int restore_files(Restore *r) {
        int result = each_row(r, "WHERE path = 'host.key'", compare_key);

        if (result >= 0)
                result = each_row(r, "WHERE path = 'numbers'", take_numbers);
        if (result >= 0)
                result = each_row(r, "", put_row);
        if (result < 0)
                return result;
        r->numbers += NUMBERS_BEYOND;
        result = numbers_write(r->options->state, r->numbers);
        if (result >= 0) {
                char path[PATH_MAX];

                snprintf(path, sizeof(path), "%s/numbers", r->options->state);
                restore_own(r, path);
                return 0;
        }
        return restore_fail(r, result, "the numbers of events cannot be written: %s", strerror(-result));
}
