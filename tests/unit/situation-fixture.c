#include "situation-fixture.h"

static uint64_t next_number(void *userdata) {
        World *w = userdata;

        return ++w->number;
}

static void take_event(const Event *event, bool notify, void *userdata) {
        World *w = userdata;

        assert_true(w->n < EVENTS);
        assert_int_equal(event->id, w->number);
        assert_true(strlen(event->text) > 0 && strlen(event->text_local) > 0);
        w->notified[w->n] = notify;
        w->events[w->n++] = *event;
}

static void make_devices(World *w) {
        static const size_t pools[DEVICES] = {0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2};
        static const size_t sites[DEVICES] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2};

        for (size_t i = 0; i < DEVICES; i++) {
                snprintf(w->names[i], sizeof(w->names[i]), "hsm-%zu", i);
                w->devices[i] = (SituationDevice){.number = (uint32_t) i + 100,
                        .name = w->names[i],
                        .title = "一号机",
                        .pool = pools[i],
                        .site = sites[i],
                        .virtual_slot = i == 10,
                        .shared_service = i == 3 || i == 9 ? "relay" : NULL,
                        .bound = BOUND};
        }
}

int world_setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        if (!w)
                return -1;
        make_devices(w);
        w->pools[0] = (SituationPool){1, "portal", "门户集群", 1};
        w->pools[1] = (SituationPool){2, "bureau", "省局集群", 5};
        w->pools[2] = (SituationPool){3, "spare", "Spare machines", 1};
        w->sites[0] = (SituationSite){1, "room-a", "甲机房"};
        w->sites[1] = (SituationSite){2, "room-b", "乙机房"};
        w->sites[2] = (SituationSite){3, "room-c", "丙机房"};
        w->services[0] =
                (SituationService){.number = 1, .name = "verify", .title = "验证", .pool = 0, .keys = 1};
        w->services[1] =
                (SituationService){.number = 2, .name = "licence", .title = "执照", .pool = 1, .keys = 1};
        w->config = (SituationConfig){
                "fleet", "全部", w->devices, w->pools, w->sites, w->services, DEVICES, 3, 3, 2};
        w->now = (Moment){1000 * SECOND, 1700000000 * SECOND};
        world_restart(w);
        *state = w;
        return 0;
}

int world_teardown(void **state) {
        World *w = *state;

        situation_free(w->situation);
        free(w);
        return 0;
}

void world_restart(World *w) {
        const SituationOps ops = {next_number, take_event};

        situation_free(w->situation);
        w->situation = NULL;
        assert_int_equal(situation_new(&w->config, &ops, w, &w->situation), 0);
        w->number += 1000;
        for (size_t i = 0; i < DEVICES; i++)
                in_state(w, i, DEVICE_UNKNOWN, REASON_STARTING);
        for (size_t i = 0; i < DEVICES; i++) {
                w->facts[i].judged = w->facts[i].keys_judged = w->facts[i].sensors_judged = false;
                give(w, i);
        }
}

static void restore_alarm_of(World *w, size_t raised) {
        AlarmRecord r = {.event = w->events[raised], .since = w->events[raised].when};

        for (size_t i = raised + 1; i < w->n; i++) {
                const Event *e = &w->events[i];

                if (e->alarm != r.event.alarm)
                        continue;
                if (e->type == EVENT_ALARM_CLEARED)
                        return;
                if (e->type == EVENT_ALARM_CHANGED)
                        r.event = *e;
                if (e->type != EVENT_ALARM_ACKNOWLEDGED)
                        continue;
                r.acknowledged = true;
                copy_text(r.acknowledged_by, sizeof(r.acknowledged_by), e->by);
                r.acknowledged_when = e->when;
        }
        situation_restore_alarm(w->situation, &r, w->now);
}

static bool tells_state(const Event *e) {
        return e->type == EVENT_POOL_STATE || e->type == EVENT_POOL_RECOVERED ||
               e->type == EVENT_SERVICE_AT_RISK || e->type == EVENT_SERVICE_RECOVERED;
}

static bool same_subject(const Event *a, const Event *b) {
        return tells_state(a) && a->pool == b->pool && a->service == b->service;
}

void world_restore(World *w) {
        for (size_t i = 0; i < w->n; i++) {
                const Event *e = &w->events[i];
                bool newest = true;

                if (e->type == EVENT_ALARM_RAISED)
                        restore_alarm_of(w, i);
                if (e->type == EVENT_POOL_FAILOVER || e->type == EVENT_FAILOVER_RETURNED)
                        situation_restore_failover(w->situation, e);
                if (e->type == EVENT_POOL_FAILOVER)
                        situation_restore_failover_count(w->situation, e->pool, 1);
                for (size_t k = i + 1; k < w->n; k++)
                        newest = newest && !same_subject(&w->events[k], e);
                if (tells_state(e) && newest)
                        situation_restore_told(w->situation, e);
        }
}

void later(World *w, usec_t by) {
        w->now.monotonic += by;
        w->now.realtime += by;
        situation_tick(w->situation, w->now);
}

void settle(World *w) {
        situation_settle(w->situation, w->now);
}

void give(World *w, size_t device) {
        situation_device(w->situation, device, &w->facts[device]);
}

void in_state(World *w, size_t device, DeviceState state, Reason reason) {
        DeviceFacts *f = &w->facts[device];
        bool serves = state == DEVICE_UP || state == DEVICE_DEGRADED || state == DEVICE_SUSPECT;

        if (serves)
                f->last_good = w->now.monotonic;
        *f = (DeviceFacts){.state = state,
                .reason = reason,
                .failed_step = STEP_NONE,
                .judged = true,
                .serves = serves,
                .last_good = f->last_good,
                .keys_held = serves,
                .keys_used = serves,
                .keys_known = 1,
                .capacity = 1000,
                .latency = 500,
                .keys_judged = true,
                .sensors_judged = true};
        give(w, device);
}

void up(World *w, size_t device) {
        in_state(w, device, DEVICE_UP, REASON_NONE);
}

void down(World *w, size_t device, Reason reason) {
        in_state(w, device, DEVICE_DOWN, reason);
        w->facts[device].last_good = w->now.monotonic - 10 * SECOND;
        w->facts[device].failed_step = STEP_SIGN;
        w->facts[device].first_failure = w->now.monotonic;
        copy_text(w->facts[device].call, sizeof(w->facts[device].call), "C_Sign");
        copy_text(w->facts[device].ret, sizeof(w->facts[device].ret), "CKR_DEVICE_ERROR");
        w->facts[device].place = PLACE_MACHINE;
        give(w, device);
}

void add_finding(World *w, size_t device, Reason reason, const char *resource, const char *detail) {
        DeviceFacts *f = &w->facts[device];
        Finding *found = &f->findings[f->n_findings++];

        *found = (Finding){.reason = reason};
        copy_text(found->resource, sizeof(found->resource), resource);
        copy_text(found->detail, sizeof(found->detail), detail);
        give(w, device);
}

void mark(World *w) {
        w->mark = w->n;
}

static size_t count_where(const World *w, EventType type, bool only_notified) {
        size_t n = 0;

        for (size_t i = w->mark; i < w->n; i++)
                n += w->events[i].type == (uint32_t) type && (w->notified[i] || !only_notified);
        return n;
}

size_t count(const World *w, EventType type) {
        return count_where(w, type, false);
}

size_t count_notified(const World *w, EventType type) {
        return count_where(w, type, true);
}

size_t alarm_notifications(const World *w) {
        return count_notified(w, EVENT_ALARM_RAISED) + count_notified(w, EVENT_ALARM_CHANGED) +
               count_notified(w, EVENT_ALARM_CLEARED);
}

const Event *last(const World *w, EventType type) {
        for (size_t i = w->n; i-- > w->mark;)
                if (w->events[i].type == (uint32_t) type)
                        return &w->events[i];
        fail_msg("no event of type %s", name_of(&event_type_names, type));
        return NULL;
}

size_t active(const World *w) {
        size_t n;

        situation_alarms(w->situation, &n);
        return n;
}

const Alarm *find_alarm(const World *w, const char *code, size_t device) {
        size_t n;
        const Alarm *const *all = situation_alarms(w->situation, &n);

        for (size_t i = 0; i < n; i++)
                if (all[i]->code == alarm_code_of(code) && all[i]->device == device)
                        return all[i];
        return NULL;
}
