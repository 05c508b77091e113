#ifndef HSMD_TESTS_HISTORY_FIXTURE_H
#define HSMD_TESTS_HISTORY_FIXTURE_H
/* A history in a temporary state directory, and what it said. */

#include <systemd/sd-event.h>

#include "hsmd/history.h"

#define DEADLINE (20 * USEC_PER_SEC)

typedef struct World {
        char state[128];
        sd_event *event;
        History *history;
        uint64_t stored, announcements; /* the last number, and how often something was stored */
        HistoryState *late;
        Reason trouble;
        char detail[256];
        bool answered; /* a question was */
        int error;
        Event *events;
        RollupRow *rollups;
        size_t n;
        char *text;
} World;

int world_setup(void **state);
int world_teardown(void **state);

/* Opens and waits; the state is the caller's. NULL when nothing was read. */
HistoryState *world_open(World *w);
/* Opens, and forgets what was kept. */
void world_start(World *w);
void world_close(World *w);

/* An event with its number and a type, and nothing else but its time. */
Event event_of(uint64_t id, EventType type);
/* One that says much. */
Event event_full(uint64_t id, EventType type, uint32_t device);
void world_append(World *w, const Event *event);

/* Turns the loop until `yes`, or fails the test. */
void world_until(World *w, bool (*yes)(const World *w), const char *what);
void world_until_stored(World *w, uint64_t id);
/* Turns the loop for what is ready, or comes within so long. */
void world_turn(World *w, usec_t at_most);

/* Each asks, and waits for the answer, in w->events, w->rollups, w->n, w->text, w->error. */
void world_events(World *w, const EventFilter *filter);
void world_rollups(World *w, uint32_t device, bool hours, usec_t since, usec_t until);

/* The path of a file of the history. */
const char *world_path(const World *w, const char *file, char dst[static 256]);
/* How many files of STATE/history have a name with `part` in it. */
size_t world_count(const World *w, const char *part);

#endif
