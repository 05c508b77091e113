#include "state-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define ASIDE_MAX 1000 /* files of one name that were set aside */

/* --- words
 * --------------------------------------------------------------------------------------------------- */

static bool is_plain(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
}

size_t state_word_encode(char *dst, size_t size, const char *text) {
        size_t n = 0;

        dst[0] = '\0';
        for (const char *p = text; *p && n + 4 <= size; p++)
                n += (size_t) snprintf(dst + n, size - n, is_plain(*p) ? "%c" : "%%%02x", (unsigned char) *p);
        return n;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int state_word_decode(char *word) {
        char *to = word;

        for (const char *p = word; *p; p++, to++) {
                int high, low;

                if (is_plain(*p)) {
                        *to = *p;
                        continue;
                }
                high = *p == '%' ? hex_digit(p[1]) : -1;
                low = high >= 0 ? hex_digit(p[2]) : -1;
                if (low < 0 || high * 16 + low == 0)
                        return -EBADMSG;
                *to = (char) (high * 16 + low);
                p += 2;
        }
        *to = '\0';
        return 0;
}

/* --- reading, once
 * ------------------------------------------------------------------------------------------- */

static int read_one(const StateFiles *f, const char *name, char *text, void *userdata) {
        char path[PATH_MAX];
        size_t size = 0;
        int r;

        if ((size_t) snprintf(path, sizeof(path), "%s/%s", f->directory, name) >= sizeof(path))
                return -ENAMETOOLONG;
        r = read_small_file(path, text, f->size_max + 1, &size);
        if (r < 0)
                return r;
        return strlen(text) == size ? f->parse(name, text, size, userdata) : -EBADMSG;
}

/* What cannot be read is kept for somebody who can, and so is what was kept before. */
static bool set_aside(const char *from, char *to, size_t size) {
        for (unsigned i = 1; i <= ASIDE_MAX; i++) {
                snprintf(to, size, i > 1 ? "%s.unreadable.%u" : "%s.unreadable", from, i);
                if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
                        return true;
                if (errno != EEXIST)
                        break;
        }
        copy_text(to, size, "where it was");
        return false;
}

static void warn(const StateFiles *f, const char *path, int why, const char *to, char **warning) {
        char *before = *warning;

        if (asprintf(warning, "%s%s%s: %s cannot be read (%s); kept as %s; %s", before ? before : "",
                    before ? "\n" : "", path, f->what, strerror(-why), to, f->and_then) < 0)
                *warning = before;
        else
                free(before);
}

static int lose(const StateFiles *f, const char *name, int why, void *userdata, char **warning) {
        char from[PATH_MAX], to[PATH_MAX];
        bool is_aside;

        snprintf(from, sizeof(from), "%s/%s", f->directory, name);
        is_aside = set_aside(from, to, sizeof(to));
        warn(f, from, why, to, warning);
        return f->lost ? f->lost(name, is_aside, userdata) : 0;
}

static bool is_leftover(const char *name) {
        const char *unreadable = strstr(name, ".unreadable"), *dot = strrchr(name, '.');
        size_t digits;

        if (name[0] == '.' || (dot && streq(dot, ".new")))
                return true;
        if (!unreadable)
                return false;
        unreadable += strlen(".unreadable");
        digits = strspn(unreadable, ".0123456789");
        return unreadable[digits] == '\0';
}

int state_files_read(const StateFiles *f, void *userdata, char **ret_warning) {
        CLEANUP_FREE char *text = malloc(f->size_max + 1), *warning = NULL;
        DIR *dir;
        int r = 0;

        if (!text)
                return -ENOMEM;
        if (mkdir(f->directory, 0700) < 0 && errno != EEXIST)
                return -errno;
        dir = opendir(f->directory);
        if (!dir)
                return -errno;
        for (struct dirent *e; r == 0 && (e = readdir(dir));) {
                if (is_leftover(e->d_name))
                        continue;
                r = read_one(f, e->d_name, text, userdata);
                if (r < 0 && r != -ENOMEM)
                        r = lose(f, e->d_name, r, userdata, &warning);
        }
        closedir(dir);
        if (r < 0)
                return r;
        *ret_warning = warning;
        warning = NULL;
        return 0;
}

/* --- writing
 * ------------------------------------------------------------------------------------------------- */

typedef struct Job { /* of the disk's thread */
        char path[PATH_MAX];
        char *text;
        size_t size;
        int error;
        StateWritten written;
        void *userdata;
} Job;

static void write_work(void *data) {
        Job *job = data;

        job->error = write_file_durably(job->path, job->text, job->size);
        if (job->error < 0)
                fprintf(stderr, "%s: cannot be written: %s\n", job->path, strerror(-job->error));
}

static void write_done(void *data, bool cancelled) {
        Job *job = data;

        if (cancelled)
                write_work(job);
        if (job->written)
                job->written(job->error, cancelled, job->userdata);
        free(job->text);
        free(job);
}

int state_file_write(Disk *disk, const char *directory, const char *name, const char *text, size_t size,
        StateWritten written, void *userdata) {
        Job *job = calloc(1, sizeof(*job));
        char *copy = job ? malloc(size + 1) : NULL;

        if (!copy) {
                free(job);
                return -ENOMEM;
        }
        memcpy(copy, text, size);
        *job = (Job){.text = copy, .size = size, .written = written, .userdata = userdata};
        if ((size_t) snprintf(job->path, sizeof(job->path), "%s/%s", directory, name) >= sizeof(job->path)) {
                free(copy);
                free(job);
                return -ENAMETOOLONG;
        }
        return disk_submit(disk, job, write_work, write_done);
}
