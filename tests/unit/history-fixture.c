#include "history-fixture.h"

#include <dirent.h>

#include "remove-tree.h"
#include "unit.h"

/* --- what it says
 * -------------------------------------------------------------------------------------------- */

static void on_late(HistoryState *state, void *userdata) {
        World *w = userdata;

        history_state_free(w->late);
        w->late = state;
}

static void on_stored(uint64_t last, void *userdata) {
        World *w = userdata;

        assert_true(last > w->stored); /* in order, each once */
        w->stored = last;
        w->announcements++;
}

static void on_trouble(Reason reason, const char *detail, void *userdata) {
        World *w = userdata;

        w->trouble = reason;
        copy_text(w->detail, sizeof(w->detail), detail);
}

/* --- made and freed
 * ------------------------------------------------------------------------------------------ */

int world_setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        copy_text(w->state, sizeof(w->state), "/tmp/hsmd-history-XXXXXX");
        assert_non_null(mkdtemp(w->state));
        assert_int_equal(sd_event_new(&w->event), 0);
        w->trouble = REASON_NONE;
        *state = w;
        return 0;
}

void world_close(World *w) {
        w->history = history_free(w->history, DEADLINE);
        w->stored = 0;
        w->trouble = REASON_NONE;
}

int world_teardown(void **state) {
        World *w = *state;

        world_close(w);
        history_state_free(w->late);
        free(w->events);
        free(w->rollups);
        free(w->text);
        sd_event_unref(w->event);
        remove_tree(w->state);
        free(w);
        return 0;
}

HistoryState *world_open(World *w) {
        static const HistoryOps ops = {.late = on_late, .stored = on_stored, .trouble = on_trouble};
        HistoryOptions options = {.state = w->state,
                .keep_minutes = (usec_t) 90 * 86400 * USEC_PER_SEC,
                .keep_hours = (usec_t) 1095 * 86400 * USEC_PER_SEC};
        HistoryState *kept = NULL;

        assert_int_equal(history_new(w->event, &options, &ops, w, &w->history), 0);
        if (history_wait(w->history, DEADLINE, &kept) < 0)
                return NULL;
        assert_non_null(kept);
        world_turn(w, 100 * USEC_PER_MSEC); /* what it says of its opening */
        return kept;
}

void world_start(World *w) {
        history_state_free(world_open(w));
}

/* --- events
 * -------------------------------------------------------------------------------------------------- */

Event event_of(uint64_t id, EventType type) {
        Event e = {0};

        FIELD_SET(Event, &e, id, id);
        FIELD_SET(Event, &e, when, 1700000000000000 + id * USEC_PER_SEC);
        FIELD_SET(Event, &e, type, type);
        return e;
}

Event event_full(uint64_t id, EventType type, uint32_t device) {
        Event e = event_of(id, type);

        FIELD_SET(Event, &e, device, device);
        FIELD_TEXT_SET(Event, &e, device_name, "sign-1");
        FIELD_TEXT_SET(Event, &e, code, "device-down");
        FIELD_SET(Event, &e, severity, SEVERITY_MAJOR);
        FIELD_SET(Event, &e, cause, REASON_TIMEOUT);
        FIELD_TEXT_SET(Event, &e, text, "sign-1 is down: C_Sign had not returned after 5.0 s");
        FIELD_TEXT_SET(Event, &e, text_local, "sign-1 故障：C_Sign 5.0 秒未返回");
        return e;
}

void world_append(World *w, const Event *event) {
        history_append(w->history, event);
}

/* --- waiting
 * ------------------------------------------------------------------------------------------------- */

void world_turn(World *w, usec_t at_most) {
        while (sd_event_run(w->event, at_most) > 0)
                at_most = 0;
}

void world_until(World *w, bool (*yes)(const World *w), const char *what) {
        usec_t until = now_monotonic() + DEADLINE;

        while (!yes(w)) {
                if (now_monotonic() > until)
                        fail_msg("in vain: %s (trouble: %s)", what, w->detail);
                sd_event_run(w->event, 100 * USEC_PER_MSEC);
        }
}

void world_until_stored(World *w, uint64_t id) {
        usec_t until = now_monotonic() + DEADLINE;

        while (w->stored < id) {
                if (now_monotonic() > until)
                        fail_msg(
                                "event %llu is not stored (trouble: %s)", (unsigned long long) id, w->detail);
                sd_event_run(w->event, 100 * USEC_PER_MSEC);
        }
}

/* --- questions
 * ----------------------------------------------------------------------------------------------- */

static bool is_answered(const World *w) {
        return w->answered;
}

static void on_events(int error, const Event *events, size_t n, void *userdata) {
        World *w = userdata;

        free(w->events);
        w->events = calloc(n + 1, sizeof(*events));
        if (n > 0)
                memcpy(w->events, events, n * sizeof(*events));
        w->n = n;
        w->error = error;
        w->answered = true;
}

void world_events(World *w, const EventFilter *filter) {
        w->answered = false;
        history_events(w->history, filter, on_events, w);
        world_until(w, is_answered, "an answer with events");
}

static void on_rollups(int error, const RollupRow *rows, size_t n, void *userdata) {
        World *w = userdata;

        free(w->rollups);
        w->rollups = calloc(n + 1, sizeof(*rows));
        if (n > 0)
                memcpy(w->rollups, rows, n * sizeof(*rows));
        w->n = n;
        w->error = error;
        w->answered = true;
}

void world_rollups(World *w, uint32_t device, bool hours, usec_t since, usec_t until) {
        w->answered = false;
        history_rollups(w->history, device, hours, since, until, on_rollups, w);
        world_until(w, is_answered, "an answer with roll-ups");
}

/* --- files
 * --------------------------------------------------------------------------------------------------- */

const char *world_path(const World *w, const char *file, char dst[static 256]) {
        snprintf(dst, 256, "%s/history/%s", w->state, file);
        return dst;
}

size_t world_count(const World *w, const char *part) {
        char path[256];
        size_t n = 0;
        DIR *dir = opendir(world_path(w, "", path));

        assert_non_null(dir);
        for (struct dirent *e; (e = readdir(dir));)
                n += strstr(e->d_name, part) != NULL;
        closedir(dir);
        return n;
}
