#include "lateness.h"

#include "worker.h"

#define TURN (250 * USEC_PER_MSEC)
#define TOLERATED (500 * USEC_PER_MSEC)
#define RECENT (2 * USEC_PER_SEC)

struct Lateness {
        sd_event_source *source;
        LateCallback late;
        TurnCallback turn;
        void *userdata;
        usec_t last, late_at, total;
};

void lateness_look(Lateness *l, usec_t now) {
        usec_t gap = now - l->last;

        l->last = now;
        if (gap <= TURN + TOLERATED)
                return;
        l->late_at = now;
        l->total += gap - TURN;
        l->late(gap - TURN, l->userdata);
}

static int on_turn(sd_event_source *source, uint64_t usec UNUSED, void *userdata) {
        Lateness *l = userdata;
        usec_t now = now_monotonic();

        lateness_look(l, now);
        l->turn(now, l->userdata);
        sd_event_source_set_time(source, now + TURN);
        sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        return 0;
}

int lateness_new(sd_event *event, LateCallback late, TurnCallback turn, void *userdata, Lateness **ret) {
        Lateness *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        *l = (Lateness){.late = late, .turn = turn, .userdata = userdata, .last = now_monotonic()};
        r = sd_event_add_time(event, &l->source, CLOCK_MONOTONIC, l->last, USEC_PER_MSEC, on_turn, l);
        if (r >= 0)
                r = sd_event_source_set_priority(l->source, PRIORITY_TICK);
        if (r < 0) {
                lateness_free(l);
                return r;
        }
        *ret = l;
        return 0;
}

Lateness *lateness_free(Lateness *l) {
        if (l)
                sd_event_source_disable_unref(l->source);
        free(l);
        return NULL;
}

bool lateness_recent(Lateness *l, usec_t now) {
        lateness_look(l, now);
        return l->late_at != 0 && now - l->late_at < RECENT;
}

usec_t lateness_total(const Lateness *l) {
        return l->total;
}
