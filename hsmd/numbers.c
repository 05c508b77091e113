#include "numbers.h"

#include <limits.h>

#include "history-aside.h"

#define BLOCK 1000
#define FAR 1000000 /* what was used since it was last known is less */
#define RETRY USEC_PER_SEC

struct Numbers {
        char *state;
        Disk *disk;
        uint64_t next, reserved;
        bool writing;
        usec_t failed; /* CLOCK_MONOTONIC of the last reservation that failed; 0: none */
};

/* --- the file
 * ------------------------------------------------------------------------------------------------ */

static int path_of(const char *state, char dst[static PATH_MAX]) {
        return snprintf(dst, PATH_MAX, "%s/numbers", state) >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int numbers_peek(const char *state, uint64_t *ret) {
        char path[PATH_MAX], text[64], again[64];
        unsigned long long reserved;
        size_t size = 0;
        int r = path_of(state, path);

        if (r >= 0)
                r = read_small_file(path, text, sizeof(text), &size);
        if (r < 0)
                return r == -EFBIG ? -EBADMSG : r;
        if (sscanf(text, "reserved %llu\n", &reserved) != 1)
                return -EBADMSG;
        /* whole, and nothing else: a number that lost its last digits would be used again */
        snprintf(again, sizeof(again), "reserved %llu\n", reserved);
        if (!streq(text, again) || strlen(text) != size)
                return -EBADMSG;
        *ret = reserved;
        return 0;
}

int numbers_write(const char *state, uint64_t reserved) {
        char path[PATH_MAX], text[64];
        int n = snprintf(text, sizeof(text), "reserved %llu\n", (unsigned long long) reserved);
        int r = path_of(state, path);

        return r < 0 ? r : write_file_durably(path, text, (size_t) n);
}

/* --- made and freed
 * ------------------------------------------------------------------------------------------ */

/* When not even the history knows: the seconds since 1970 are more than the events that there ever were, and
 * more again when it happens again. */
static uint64_t far_beyond(uint64_t at_least) {
        return at_least > 0 ? at_least + FAR : MAX_OF(now_realtime() / USEC_PER_SEC, (uint64_t) FAR);
}

static int set_aside(const char *state, int why, uint64_t go_on, char **ret_warning) {
        char path[PATH_MAX], name[NAME_MAX + 1];
        int r = path_of(state, path);

        if (r >= 0)
                r = history_set_aside(path, "damaged", name, sizeof(name));
        if (r < 0)
                return r;
        if (asprintf(ret_warning,
                    "%s cannot be read (%s); kept as %s; events are numbered from %llu on, so that no number "
                    "is "
                    "used twice",
                    path, strerror(-why), name, (unsigned long long) go_on + 1) < 0)
                *ret_warning = NULL;
        return 0;
}

int numbers_new(const char *state, Disk *disk, uint64_t at_least, Numbers **ret, char **ret_warning) {
        CLEANUP_FREE char *warning = NULL, *copy = strdup(state);
        Numbers *n = calloc(1, sizeof(*n));
        uint64_t last = 0;
        int r = n && copy ? numbers_peek(state, &last) : -ENOMEM;

        if (r < 0 && r != -ENOENT && r != -ENOMEM) {
                last = far_beyond(at_least);
                r = set_aside(state, r, last, &warning);
        }
        last = MAX_OF(last, at_least);
        if (r >= 0 || r == -ENOENT)
                r = numbers_write(state, last + BLOCK);
        if (r < 0) {
                free(n);
                return r;
        }
        *n = (Numbers){.state = copy, .disk = disk, .next = last + 1, .reserved = last + BLOCK};
        copy = NULL;
        *ret = n;
        *ret_warning = warning;
        warning = NULL;
        return 0;
}

Numbers *numbers_free(Numbers *n) {
        if (!n)
                return NULL;
        free(n->state);
        free(n);
        return NULL;
}

/* --- reserving
 * ----------------------------------------------------------------------------------------------- */

typedef struct Job {
        Numbers *numbers;
        char *state;
        uint64_t reserve;
        int error;
} Job;

static void reserve(Numbers *n);

static void work(void *data) {
        Job *job = data;

        job->error = numbers_write(job->state, job->reserve);
}

static void done(void *data, bool cancelled) {
        Job *job = data;
        Numbers *n = job->numbers;

        if (!cancelled) {
                n->writing = false;
                if (job->error >= 0)
                        n->reserved = job->reserve;
                n->failed = job->error < 0 ? now_monotonic() : 0;
                if (job->error >= 0)
                        reserve(n);
        }
        free(job->state);
        free(job);
}

/* The next block when half of this one is used. */
static void reserve(Numbers *n) {
        Job *job;

        if (n->writing || n->next + BLOCK / 2 <= n->reserved)
                return;
        if (n->failed > 0 && now_monotonic() < n->failed + RETRY)
                return;
        job = calloc(1, sizeof(*job));
        if (job)
                *job = (Job){.numbers = n,
                        .state = strdup(n->state),
                        .reserve = MAX_OF(n->next, n->reserved) + BLOCK};
        if (!job || !job->state) {
                free(job);
                return; /* with the next number */
        }
        n->writing = true;
        if (disk_submit(n->disk, job, work, done) < 0)
                n->writing = false;
}

uint64_t numbers_next(Numbers *n) {
        uint64_t number = n->next++;

        reserve(n);
        return number;
}

uint64_t numbers_reserved(Numbers *n) {
        reserve(n);
        return n->reserved;
}

void numbers_at_least(Numbers *n, uint64_t last) {
        if (last >= n->next)
                n->next = last + 1;
        reserve(n);
}
