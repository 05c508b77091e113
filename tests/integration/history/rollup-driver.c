/* rollup-driver STATE DEVICES MINUTES: stores that many minutes of that many devices, and reads those of one
 * device, page by page. Says "read ROWS" and "took MICROSECONDS". */
#include <systemd/sd-event.h>

#include "hsmd/history.h"

#define FIRST_MINUTE (28000000 * 60 * USEC_PER_SEC)
#define AT_ONCE 5000 /* less than what may wait */

typedef struct Driver {
        sd_event *event;
        History *history;
        uint64_t rows;
        int error;
} Driver;

static void on_stored(uint64_t last, void *userdata) {
        (void) last;
        (void) userdata;
}

static void on_late(HistoryState *state, void *userdata) {
        (void) userdata;
        history_state_free(state);
}

static void on_trouble(Reason reason, const char *detail, void *userdata) {
        (void) userdata;
        fprintf(stderr, "%s: %s\n", name_of(&reason_names, reason), detail);
}

static int open_history(Driver *d, const char *state) {
        static const HistoryOps ops = {.late = on_late, .stored = on_stored, .trouble = on_trouble};
        HistoryOptions options = {.state = state, .keep_minutes = USEC_INFINITY, .keep_hours = USEC_INFINITY};
        HistoryState *kept = NULL;
        int r = history_new(d->event, &options, &ops, d, &d->history);

        if (r >= 0)
                r = history_wait(d->history, 20 * USEC_PER_SEC, &kept);
        history_state_free(kept);
        return r;
}

static void give(Driver *d, uint32_t devices, uint64_t minute) {
        for (uint32_t device = 1; device <= devices; device++) {
                RollupRow r = {0};

                FIELD_SET(Rollup, &r, device, device);
                FIELD_SET(Rollup, &r, start, FIRST_MINUTE + minute * 60 * USEC_PER_SEC);
                FIELD_SET(Rollup, &r, probes, 6);
                FIELD_SET(Rollup, &r, serving, 60 * USEC_PER_SEC);
                FIELD_SET(Rollup, &r, latencies, 6);
                FIELD_SET(Rollup, &r, latency_sum, 12345);
                history_rollup(d->history, &r);
        }
}

static void on_rollups(int error, const RollupRow *rows, size_t n, void *userdata) {
        Driver *d = userdata;

        d->error = error;
        d->rows += n;
        if (error < 0 || n == 0)
                sd_event_exit(d->event, 0);
        else
                history_rollups(d->history, 1, false, rows[n - 1].start + 1, 0, on_rollups, d);
}

/* The end of a history stores what waits. */
static int fill(Driver *d, const char *state, uint32_t devices, uint64_t minutes) {
        uint64_t per_opening = MAX_OF(AT_ONCE / devices, 1U);
        int r = 0;

        for (uint64_t minute = 0; minute < minutes && r >= 0;) {
                uint64_t until = MIN_OF(minute + per_opening, minutes);

                r = open_history(d, state);
                for (; minute < until && r >= 0; minute++)
                        give(d, devices, minute);
                d->history = history_free(d->history, 20 * USEC_PER_SEC);
        }
        return r;
}

int main(int argc, char **argv) {
        Driver d = {0};
        usec_t began;

        if (argc != 4 || atoi(argv[2]) <= 0) {
                fprintf(stderr, "usage: rollup-driver STATE DEVICES MINUTES\n");
                return 2;
        }
        if (sd_event_new(&d.event) < 0 ||
                fill(&d, argv[1], (uint32_t) atoi(argv[2]), strtoull(argv[3], NULL, 10)) < 0 ||
                open_history(&d, argv[1]) < 0)
                return 1;
        began = now_monotonic();
        history_rollups(d.history, 1, false, 0, 0, on_rollups, &d);
        if (sd_event_loop(d.event) < 0 || d.error < 0)
                return 1;
        printf("read %llu\ntook %llu\n", (unsigned long long) d.rows,
                (unsigned long long) (now_monotonic() - began));
        history_free(d.history, 20 * USEC_PER_SEC);
        sd_event_unref(d.event);
        return 0;
}
