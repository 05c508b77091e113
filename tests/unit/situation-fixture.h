#ifndef TESTS_SITUATION_FIXTURE_H
#define TESTS_SITUATION_FIXTURE_H
/* A small fleet and its Situation; every event that is emitted is kept. */

#include "hsmd/alarm-code.h"
#include "hsmd/situation.h"
#include "unit.h"

#define DEVICES 12
#define EVENTS 4096
#define BOUND (23 * USEC_PER_SEC)
#define SECOND USEC_PER_SEC

/* Devices 0, 1: pool 0 (portal), site 0. 2 to 8: pool 1 (bureau), 2 to 5 at site 0, the rest at site 1; 9:
 * pool 2 (spare, no service), site 1; 10: a virtual slot of pool 2. 3 and 9 share a local service. 11: pool
 * 2, site 2. */
typedef struct World {
        SituationConfig config;
        SituationDevice devices[DEVICES];
        SituationPool pools[3];
        SituationSite sites[3];
        SituationService services[2];
        char names[DEVICES][16];
        Situation *situation;
        DeviceFacts facts[DEVICES];
        Moment now;
        uint64_t number;
        Event events[EVENTS];
        bool notified[EVENTS];
        size_t n;    /* events */
        size_t mark; /* those before are not counted */
} World;

int world_setup(void **state);
int world_teardown(void **state);

/* hsmd again, which knows nothing. */
void world_restart(World *w);
/* What the history would give back, from the events alone. */
void world_restore(World *w);

void later(World *w, usec_t by);
void settle(World *w);
/* Each gives facts, which settle then judges. */
void up(World *w, size_t device);
void down(World *w, size_t device, Reason reason);
void in_state(World *w, size_t device, DeviceState state, Reason reason);
void give(World *w, size_t device);
void add_finding(World *w, size_t device, Reason reason, const char *resource, const char *detail);

/* Since the mark. */
void mark(World *w);
size_t count(const World *w, EventType type);
size_t count_notified(const World *w, EventType type);
size_t alarm_notifications(const World *w);
const Event *last(const World *w, EventType type);

size_t active(const World *w);
const Alarm *find_alarm(const World *w, const char *code, size_t device);
#endif
