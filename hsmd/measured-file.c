#include "measured-file.h"

#include <limits.h>
#include <sys/stat.h>

#define FILE_MAX_SIZE 8192

struct MeasuredRead {
        char path[PATH_MAX];
        Measured lines[PROTOCOL_MECHANISMS_MAX];
        size_t n;
        MeasuredDone done;
        void *userdata;
};

typedef struct MeasuredWrite {
        char directory[PATH_MAX], path[PATH_MAX], text[FILE_MAX_SIZE];
        size_t size;
} MeasuredWrite;

static bool parse_line(const char *line, Measured *ret) {
        unsigned long long p50, p95, p99, max, when;
        unsigned index, baseline, spare, sessions;
        char limit[16];

        if (sscanf(line,
                    "mechanism %u baseline %u spare %u limited_by %15s p50 %llu p95 %llu p99 %llu max %llu "
                    "sessions %u when %llu",
                    &index, &baseline, &spare, limit, &p50, &p95, &p99, &max, &sessions, &when) != 10)
                return false;
        *ret = (Measured){.index = index,
                .baseline = baseline,
                .spare_rate = spare,
                .limited_by = name_value(&limited_by_names, limit),
                .p50 = p50,
                .p95 = p95,
                .p99 = p99,
                .max = max,
                .sessions = sessions,
                .when = when};
        return ret->limited_by != 0;
}

/* Disk's thread. */
static void read_work(void *job) {
        MeasuredRead *r = job;
        char text[FILE_MAX_SIZE], *save = NULL;
        size_t size = 0;

        if (read_small_file(r->path, text, sizeof(text), &size) < 0)
                return;
        for (char *line = strtok_r(text, "\n", &save); line && r->n < ELEMENTSOF(r->lines);
                line = strtok_r(NULL, "\n", &save))
                if (parse_line(line, &r->lines[r->n]))
                        r->n++;
}

static void read_done(void *job, bool cancelled) {
        MeasuredRead *r = job;

        if (r->done && !cancelled)
                r->done(r->lines, r->n, r->userdata);
        free(r);
}

int measured_read(Disk *disk, const char *state_directory, const char *device, MeasuredDone done,
        void *userdata, MeasuredRead **ret) {
        MeasuredRead *r = calloc(1, sizeof(*r));
        int k;

        if (!r)
                return -ENOMEM;
        snprintf(r->path, sizeof(r->path), "%s/measured/%s", state_directory, device);
        r->done = done;
        r->userdata = userdata;
        k = disk_submit(disk, r, read_work, read_done);
        if (k >= 0)
                *ret = r;
        return k;
}

void measured_drop(MeasuredRead *r) {
        if (r)
                r->done = NULL;
}

static void write_work(void *job) {
        MeasuredWrite *w = job;
        int r = mkdir(w->directory, 0700) < 0 && errno != EEXIST ? -errno : 0;

        if (r == 0)
                r = write_file_durably(w->path, w->text, w->size);
        if (r < 0)
                fprintf(stderr, "%s: cannot be written: %s\n", w->path, strerror(-r));
}

static void write_done(void *job, bool cancelled) {
        if (cancelled)
                write_work(job);
        free(job);
}

int measured_write(
        Disk *disk, const char *state_directory, const char *device, const Measured *measured, size_t n) {
        MeasuredWrite *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        snprintf(w->directory, sizeof(w->directory), "%s/measured", state_directory);
        snprintf(w->path, sizeof(w->path), "%s/measured/%s", state_directory, device);
        for (size_t i = 0; i < n; i++) {
                const Measured *m = &measured[i];

                if (m->when == 0)
                        continue;
                w->size += (size_t) snprintf(w->text + w->size, sizeof(w->text) - w->size,
                        "mechanism %u baseline %u spare %u limited_by %s p50 %llu p95 %llu p99 %llu max %llu "
                        "sessions %u when %llu\n",
                        m->index, m->baseline, m->spare_rate, name_of(&limited_by_names, m->limited_by),
                        (unsigned long long) m->p50, (unsigned long long) m->p95, (unsigned long long) m->p99,
                        (unsigned long long) m->max, m->sessions, (unsigned long long) m->when);
        }
        return disk_submit(disk, w, write_work, write_done);
}
