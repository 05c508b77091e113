/* history-driver STATE FIRST COUNT WINDOW: gives events with numbers from FIRST on to a history, COUNT of
 * them (0: until it is killed), never more than WINDOW ahead of what is stored. Says "kept N" (the last
 * number that was there already), and "stored N" for each time that the history says so, each in one write()
 * to its standard output. At the end "p99 MICROSECONDS". */
#include <systemd/sd-event.h>

#include "hsmd/history.h"

typedef struct Driver {
        sd_event *event;
        History *history;
        uint64_t next, last, stored, window;
} Driver;

static void say(const char *word, uint64_t n) {
        char line[64];
        int size = snprintf(line, sizeof(line), "%s %llu\n", word, (unsigned long long) n);

        if (write(STDOUT_FILENO, line, (size_t) size) != size)
                exit(1);
}

static Event event_of(uint64_t id) {
        Event e = {0};

        FIELD_SET(Event, &e, id, id);
        FIELD_SET(Event, &e, when, now_realtime());
        FIELD_SET(Event, &e, type, EVENT_DEVICE_STATE);
        FIELD_SET(Event, &e, device, (uint32_t) (id % 9 + 1));
        FIELD_TEXT_SET(Event, &e, text, "sign-1 is down: C_Sign had not returned after 5.0 s");
        FIELD_TEXT_SET(Event, &e, text_local, "sign-1 故障：C_Sign 5.0 秒未返回");
        return e;
}

static void give(Driver *d) {
        for (; d->next <= d->last && d->next <= d->stored + d->window; d->next++) {
                Event e = event_of(d->next);

                history_append(d->history, &e);
        }
}

static void on_stored(uint64_t last, void *userdata) {
        Driver *d = userdata;

        d->stored = last;
        say("stored", last);
        if (last >= d->last)
                sd_event_exit(d->event, 0);
        give(d);
}

static void on_late(HistoryState *state, void *userdata) {
        (void) userdata;
        history_state_free(state);
}

static void on_trouble(Reason reason, const char *detail, void *userdata) {
        (void) userdata;
        fprintf(stderr, "%s: %s\n", name_of(&reason_names, reason), detail);
}

int main(int argc, char **argv) {
        static const HistoryOps ops = {.late = on_late, .stored = on_stored, .trouble = on_trouble};
        HistoryOptions options = {.keep_minutes = USEC_INFINITY, .keep_hours = USEC_INFINITY};
        HistoryState *kept = NULL;
        Driver d = {0};

        if (argc != 5) {
                fprintf(stderr, "usage: history-driver STATE FIRST COUNT WINDOW\n");
                return 2;
        }
        options.state = argv[1];
        d.next = strtoull(argv[2], NULL, 10);
        d.last = strtoull(argv[3], NULL, 10) == 0 ? INT64_MAX : d.next + strtoull(argv[3], NULL, 10) - 1;
        d.window = strtoull(argv[4], NULL, 10);
        d.stored = d.next - 1;
        if (sd_event_new(&d.event) < 0 || history_new(d.event, &options, &ops, &d, &d.history) < 0 ||
                history_wait(d.history, 20 * USEC_PER_SEC, &kept) < 0)
                return 1;
        say("kept", kept->last_event);
        history_state_free(kept);
        give(&d);
        if (sd_event_loop(d.event) < 0)
                return 1;
        say("p99", history_commit_p99(d.history));
        history_free(d.history, 20 * USEC_PER_SEC);
        sd_event_unref(d.event);
        return 0;
}
