/* Another configuration: what is going on goes on. */
#include "situation-internal.h"

static void carry_alarm(Situation *s, const AlarmEntry *old, Moment now) {
        AlarmRecord r = {.event = old->event,
                .since = old->alarm.since.realtime,
                .acknowledged = old->alarm.acknowledged,
                .acknowledged_when = old->alarm.acknowledged_when};
        AlarmEntry *a;

        copy_text(r.acknowledged_by, sizeof(r.acknowledged_by), old->alarm.acknowledged_by);
        r.event.alarm = old->alarm.id;
        a = restore_alarm(s, &r, false, now);
        if (!a)
                return;
        a->alarm.since = old->alarm.since;
        a->words_after = old->words_after;
        a->words_pause = old->words_pause;
        if (old->superseded)
                a->superseded = s->some_superseded = true;
        a->step = old->step;
        copy_text(a->call, sizeof(a->call), old->call);
        copy_text(a->ret, sizeof(a->ret), old->ret);
        if (!old->group) /* a place in the configuration is part of it, and may be another one now */
                a->core = old->core;
}

static size_t device_same(const Situation *s, const SituationDevice *other) {
        return device_known(s, other->number, other->name);
}

static void carry_group(Situation *s, const Situation *old, const Group *was) {
        AlarmEntry *a = was->entry ? alarm_by_id(s, was->entry->alarm.id) : NULL;
        Group *g = a ? a->group : NULL;

        if (!g)
                return;
        for (size_t i = was->first; i != NOWHERE; i = old->devices[i].group_next) {
                size_t device = device_same(s, old->devices[i].config);

                if (device != NOWHERE && !s->devices[device].group)
                        group_add(s, g, device);
        }
        g->last = was->last;
        g->bound = was->bound;
        g->incomplete = was->incomplete;
        g->regrouped = false;
        g->touched = true;
}

static void carry_device(Dev *d, const Dev *old) {
        d->told = old->told;
        d->declared = old->declared;
        d->served = old->served;
        d->seen_always = old->seen_always;
        d->failover = old->failover;
        d->failover_declared = old->failover_declared;
        d->bound_exceeded_until = old->bound_exceeded_until;
        d->detection = old->detection;
        d->disagrees_since = old->disagrees_since;
        d->silence_from = old->silence_from;
}

static void carry_devices(Situation *s, const Situation *old) {
        for (size_t i = 0; i < s->config->n_devices; i++) {
                size_t was = device_same(old, &s->config->devices[i]);

                if (was != NOWHERE)
                        carry_device(&s->devices[i], &old->devices[was]);
        }
}

static void carry_told(Situation *s, const Situation *old) {
        for (size_t i = 0; i < s->config->n_pools; i++) {
                size_t was = pool_by_number(old, s->config->pools[i].number);

                if (was == NOWHERE)
                        continue;
                s->pools[i].told = old->pools[was].told;
                s->pools[i].was_short = old->pools[was].was_short;
                s->pools[i].alarm = old->pools[was].alarm;
                s->pools[i].severity = old->pools[was].severity;
                s->pools[i].view = old->pools[was].view;
                s->pools[i].view.judged = false;
        }
        for (size_t i = 0; i < s->config->n_services; i++) {
                size_t was = service_by_number(old, s->config->services[i].number);

                if (was == NOWHERE)
                        continue;
                s->services[i].told = old->services[was].told;
                s->services[i].alarm = old->services[was].alarm;
        }
}

static void carry_failovers(Situation *s, const Situation *old) {
        s->n_failovers = old->n_failovers;
        for (size_t i = 0; i < old->n_failovers; i++) {
                Failover *f = &s->failovers[i];

                *f = old->failovers[i];
                if (f->pool != NOWHERE)
                        f->pool = pool_by_number(s, old->pools[f->pool].config->number);
                if (f->device != NOWHERE)
                        f->device = device_same(s, old->devices[f->device].config);
        }
}

void situation_carry(Situation *s, Situation *old, Moment now) {
        carry_devices(s, old);
        carry_told(s, old);
        carry_failovers(s, old);
        for (size_t i = 0; i < old->n_alarms; i++)
                carry_alarm(s, old->alarms[i], now);
        for (const Group *g = old->groups; g; g = g->next)
                carry_group(s, old, g);
        s->alarms_version = old->alarms_version + 1;
        s->failovers_version = old->failovers_version + 1;
        s->next_due = now.monotonic; /* the next tick finds out */
}
