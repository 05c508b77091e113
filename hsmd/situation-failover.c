/* The ledger: each loss of a member that served. */
#include "judge.h"
#include "situation-internal.h"

/* How often the survivors' latency is looked at while a member is away. */
#define LATENCY_EVERY (60 * USEC_PER_SEC)

const Failover *situation_failovers(const Situation *s, size_t *ret_n) {
        *ret_n = s->n_failovers;
        return s->failovers;
}

uint64_t situation_failovers_version(const Situation *s) {
        return s->failovers_version;
}

Failover *failover_by_id(Situation *s, uint32_t id) {
        for (size_t i = s->n_failovers; i-- > 0;)
                if (s->failovers[i].id == id)
                        return &s->failovers[i];
        return NULL;
}

/* The oldest gives way. NULL if it is older than all that are kept. */
Failover *failover_insert(Situation *s, uint32_t id) {
        size_t at = s->n_failovers;

        while (at > 0 && s->failovers[at - 1].id > id)
                at--;
        if (s->n_failovers == FAILOVERS_KEPT) {
                if (at == 0)
                        return NULL;
                memmove(s->failovers, s->failovers + 1, (--at) * sizeof(Failover));
        } else {
                memmove(s->failovers + at + 1, s->failovers + at, (s->n_failovers - at) * sizeof(Failover));
                s->n_failovers++;
        }
        s->failovers[at] = (Failover){.id = id, .pool = NOWHERE, .device = NOWHERE};
        s->failovers_version++;
        return &s->failovers[at];
}

/* The mean of the medians of those that serve, but for the one that was away. */
static uint32_t latency_of_survivors(const Situation *s, size_t pool, size_t away) {
        uint64_t sum = 0, n = 0;

        for (size_t i = s->pools[pool].first_device; i != NOWHERE; i = s->devices[i].next_in_pool) {
                const Dev *d = &s->devices[i];

                if (i == away || d->config->virtual_slot || !dev_judged(d) || !d->facts.serves ||
                        d->facts.latency == 0)
                        continue;
                sum += d->facts.latency;
                n++;
        }
        return n > 0 ? (uint32_t) (sum / n) : 0;
}

/* It served, and is lost by a verdict: nobody took it out, and its loss is proven. */
static bool is_lost(const Dev *d) {
        return d->served && !d->facts.serves &&
               (d->facts.state == DEVICE_DOWN || device_state_serves(d->facts.state));
}

void failover_look(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];

        if (!dev_judged(d) || d->config->virtual_slot)
                return;
        if (d->facts.state == DEVICE_UNKNOWN)
                d->seen_always = false;
        if (is_lost(d)) {
                d->losing = true;
                if (d->facts.state == DEVICE_DOWN && d->seen_always && d->facts.last_good != 0)
                        own_found_late(s, device, now.monotonic - d->facts.last_good, now);
        }
        if (d->facts.serves)
                d->seen_always = true;
        if (d->facts.state != DEVICE_UNKNOWN)
                d->served = d->facts.serves;
}

/* The wall's time of an instant of ours. */
static usec_t wall(usec_t monotonic, Moment now) {
        usec_t ago = now.monotonic > monotonic ? now.monotonic - monotonic : 0;

        return monotonic == 0 || ago > now.realtime ? 0 : now.realtime - ago;
}

static void fill_event(Event *e, const Failover *f) {
        FIELD_SET(Event, e, failover, f->id);
        if (f->last_good)
                FIELD_SET(Event, e, last_good, f->last_good);
        if (f->first_failure)
                FIELD_SET(Event, e, first_failure, f->first_failure);
        FIELD_SET(Event, e, declared, f->declared);
        if (f->detection)
                FIELD_SET(Event, e, detection, f->detection);
        FIELD_SET(Event, e, survivors, f->survivors);
        if (f->latency_before)
                FIELD_SET(Event, e, latency_before, f->latency_before);
        if (f->latency_after)
                FIELD_SET(Event, e, latency_after, f->latency_after);
}

/* Its own alarm, or that of the common cause that took its place. */
static const Alarm *alarm_of_loss(const Situation *s, const Dev *d) {
        const AlarmEntry *own = fall_alarm(d);

        if (own)
                return &own->alarm;
        if (d->group && d->group->entry)
                return &d->group->entry->alarm;
        return alarm_of_pool(s, d->config->pool);
}

static void enter(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        Pool *p = &s->pools[d->config->pool];
        const Alarm *alarm = alarm_of_loss(s, d);
        Failover *f;
        Event e;

        event_begin(s, &e, EVENT_POOL_FAILOVER, now);
        event_about_device(s, &e, device);
        f = failover_insert(s, (uint32_t) e.id);
        if (!f) /* numbers rise: the newest has its place */
                return;
        f->pool = d->config->pool;
        f->device = device;
        f->last_good = wall(d->facts.last_good, now);
        f->first_failure = wall(d->facts.first_failure, now);
        f->declared = now.realtime;
        f->detection = d->facts.last_good ? now.monotonic - d->facts.last_good : 0;
        f->survivors = p->view.serving;
        f->latency_before = latency_of_survivors(s, f->pool, device);
        d->failover = f->id;
        d->failover_declared = now.realtime;
        p->view.failovers++;
        p->view.last_failover = now.realtime;
        p->view.last_detection = f->detection;
        fill_event(&e, f);
        FIELD_TEXT_SET(Event, &e, state, name_of(&pool_state_names, p->view.state));
        FIELD_SET(Event, &e, cause, d->facts.reason);
        p->alarm = alarm ? alarm->id : 0;
        event_of_alarm(&e, p->alarm, alarm ? alarm->severity : SEVERITY_INDETERMINATE);
        event_emit(s, &e, NULL, !d->facts.flapping);
}

static void come_back(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        Failover gone = {.id = d->failover, .declared = d->failover_declared}, *f;
        Event e;

        f = failover_by_id(s, d->failover);
        if (f) {
                f->returned = now.realtime;
                f->latency_after = latency_of_survivors(s, d->config->pool, device);
                s->failovers_version++;
        } else {
                f = &gone;
        }
        event_begin(s, &e, EVENT_FAILOVER_RETURNED, now);
        event_about_device(s, &e, device);
        fill_event(&e, f);
        d->failover = 0;
        event_emit(s, &e, NULL, false);
}

void failover_tell(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];

        if (dev_judged(d) && d->failover != 0 && d->facts.serves)
                come_back(s, device, now);
        if (d->losing)
                enter(s, device, now);
        d->losing = false;
}

void failover_tick(Situation *s, Moment now) {
        if (now.monotonic < s->latency_due)
                return;
        s->latency_due = now.monotonic + LATENCY_EVERY;
        for (size_t i = 0; i < s->n_failovers; i++) {
                Failover *f = &s->failovers[i];
                uint32_t latency;

                if (f->returned != 0 || f->pool == NOWHERE)
                        continue;
                latency = latency_of_survivors(s, f->pool, f->device);
                s->failovers_version += latency != f->latency_after;
                f->latency_after = latency;
        }
}
