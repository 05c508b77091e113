/* What was kept across a restart. The history may come late: then what was raised anew meanwhile gives way to
 * what is older, with its acknowledgement. */
#include "situation-internal.h"

/* --- by number
 * -------------------------------------------------------------------------------------------------- */

size_t device_by_number(const Situation *s, uint32_t number) {
        for (size_t i = 0; i < s->config->n_devices; i++)
                if (s->config->devices[i].number == number)
                        return i;
        return NOWHERE;
}

size_t device_known(const Situation *s, uint32_t number, const char *name) {
        size_t i = device_by_number(s, number);

        return i != NOWHERE && streq(s->config->devices[i].name, name) ? i : NOWHERE;
}

size_t pool_by_number(const Situation *s, uint32_t number) {
        for (size_t i = 0; i < s->config->n_pools; i++)
                if (s->config->pools[i].number == number)
                        return i;
        return NOWHERE;
}

size_t service_by_number(const Situation *s, uint32_t number) {
        for (size_t i = 0; i < s->config->n_services; i++)
                if (s->config->services[i].number == number)
                        return i;
        return NOWHERE;
}

static size_t site_by_number(const Situation *s, uint32_t number) {
        for (size_t i = 0; i < s->config->n_sites; i++)
                if (s->config->sites[i].number == number)
                        return i;
        return NOWHERE;
}

/* --- alarms
 * -------------------------------------------------------------------------------------------------- */

static AlarmEntry *entry_from(const AlarmRecord *r, Moment now) {
        AlarmEntry *a = calloc(1, sizeof(*a));
        usec_t ago = now.realtime > r->since ? now.realtime - r->since : 0;

        if (!a)
                return NULL;
        a->event = r->event;
        a->alarm = (Alarm){
                .id = r->event.alarm,
                .code = alarm_code_of(r->event.code),
                .severity = r->event.severity,
                .cause = r->event.cause,
                .device = NOWHERE,
                .pool = NOWHERE,
                .service = NOWHERE,
                .site = NOWHERE,
                .since = {.realtime = r->since, .monotonic = now.monotonic > ago ? now.monotonic - ago : 0},
                .place = r->event.place,
                .other_place = r->event.other_place,
                .correlated = r->event.correlated,
                .acknowledged = r->acknowledged,
                .acknowledged_when = r->acknowledged_when,
        };
        a->words_pause = 60 * USEC_PER_SEC;
        copy_text(a->alarm.resource, sizeof(a->alarm.resource), r->event.resource);
        copy_text(a->alarm.text, sizeof(a->alarm.text), r->event.text);
        copy_text(a->alarm.text_local, sizeof(a->alarm.text_local), r->event.text_local);
        copy_text(a->alarm.acknowledged_by, sizeof(a->alarm.acknowledged_by), r->acknowledged_by);
        return a;
}

static bool severity_is_sound(uint32_t severity) {
        return severity >= SEVERITY_CRITICAL && severity <= SEVERITY_WARNING;
}

/* Which of two that say the same stays: the one that people know. */
static void supersede_newer(Situation *s, AlarmEntry *owner, const AlarmEntry *a) {
        AlarmEntry *newer = alarm_find(owner, a->alarm.code, a->alarm.resource);

        if (!newer)
                return;
        newer->superseded = true;
        s->some_superseded = true;
}

static void restore_of_device(Situation *s, AlarmEntry *a, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        bool fall = a->alarm.code == ALARM_DEVICE_DOWN || a->alarm.code == ALARM_DEVICE_UNKNOWN;

        a->alarm.device = device;
        supersede_newer(s, d->alarms, a);
        if (fall && d->group) /* it fell long before those that it was counted with */
                group_drop(s, device);
        if (fall && d->declared == 0) /* what falls now may have its cause in common with it */
                d->declared = a->alarm.since.monotonic;
        own_restore(s, device, &a->alarm, now);
        alarm_insert(s, a, &d->alarms);
        touch_device(s, device);
}

static void restore_of_site(Situation *s, AlarmEntry *a, size_t site) {
        a->alarm.site = site;
        supersede_newer(s, s->sites[site].alarms, a);
        alarm_insert(s, a, &s->sites[site].alarms);
        touch_site(s, site);
}

static void restore_of_host(Situation *s, AlarmEntry *a) {
        supersede_newer(s, s->host_alarms, a);
        alarm_insert(s, a, &s->host_alarms);
        s->host_touched = s->host_given;
}

static void take_member(Situation *s, Group *g, size_t device) {
        Dev *d = &s->devices[device];

        if (d->group == g)
                return;
        if (d->group)
                group_drop(s, device);
        for (AlarmEntry *a = d->alarms; a; a = a->next)
                if (a->alarm.code == ALARM_DEVICE_DOWN || a->alarm.code == ALARM_DEVICE_UNKNOWN)
                        s->some_superseded = a->superseded = true;
        group_add(s, g, device);
        touch_device(s, device);
}

/* "1 2 17", and a '+' at its end if there were more. */
static void take_members(Situation *s, Group *g, const char *numbers) {
        while (*numbers) {
                char *end;
                unsigned long number = strtoul(numbers, &end, 10);
                size_t device = NOWHERE;

                if (end != numbers)
                        device = device_by_number(s, (uint32_t) number);
                if (device != NOWHERE)
                        take_member(s, g, device);
                g->incomplete = g->incomplete || *end == '+';
                numbers = *end ? end + 1 : end;
        }
}

/* Returns whether it has members now that its kept event does not name. */
static bool take_like(Situation *s, Group *g) {
        Group *like = group_like(s, g);
        size_t before = g->n_members;

        if (!like)
                return false;
        while (like->first != NOWHERE)
                take_member(s, g, like->first);
        if (like->entry) {
                like->entry->superseded = s->some_superseded = true;
                like->entry->group = NULL;
        }
        group_free(s, like);
        return g->n_members > before;
}

static size_t shared_by_name(const Situation *s, const char *name) {
        for (size_t i = 0; i < s->config->n_devices; i++)
                if (name[0] && same_text(s->config->devices[i].shared_service, name))
                        return i;
        return NOWHERE;
}

static void restore_of_group(Situation *s, AlarmEntry *a, bool members) {
        const Event *e = &a->event;
        Group *g;

        if (group_new(s, &g) < 0) {
                free(a);
                return;
        }
        a->alarm.pool = g->pool = e->pool_name[0] ? pool_by_number(s, e->pool) : NOWHERE;
        a->alarm.site = g->site = e->site_name[0] ? site_by_number(s, e->site) : NOWHERE;
        g->shared = shared_by_name(s, a->alarm.resource);
        g->last = a->alarm.since.monotonic;
        g->incomplete = !members;
        if (members)
                take_members(s, g, e->reason_text);
        g->regrouped = take_like(s, g);
        if (g->regrouped)
                a->core = CORE_OTHER;
        if (g->first == NOWHERE && !g->incomplete) {
                group_free(s, g);
                alarm_insert(s, a, &s->orphans);
                return;
        }
        g->entry = a;
        a->group = g;
        alarm_insert(s, a, &s->group_alarms);
}

AlarmEntry *restore_alarm(Situation *s, const AlarmRecord *r, bool members, Moment now) {
        const Event *e = &r->event;
        AlarmEntry *a;
        size_t at = NOWHERE;

        if (e->alarm == 0 || !severity_is_sound(e->severity) || alarm_by_id(s, e->alarm))
                return NULL;
        a = alarms_make_room(s) ? entry_from(r, now) : NULL;
        if (!a)
                return NULL;
        if (a->alarm.code == REASON_COMMON_CAUSE)
                restore_of_group(s, a, members);
        else if (e->device_name[0] && (at = device_known(s, e->device, e->device_name)) != NOWHERE)
                restore_of_device(s, a, at, now);
        else if (!e->device_name[0] && e->site_name[0] && (at = site_by_number(s, e->site)) != NOWHERE)
                restore_of_site(s, a, at);
        else if (a->alarm.code != 0 && !e->device_name[0] && !e->site_name[0] && !e->pool_name[0])
                restore_of_host(s, a);
        else
                alarm_insert(s, a, &s->orphans);
        return alarm_by_id(s, e->alarm);
}

void situation_restore_alarm(Situation *s, const AlarmRecord *record, Moment now) {
        restore_alarm(s, record, true, now);
}

/* --- failovers, and what was told
 * -------------------------------------------------------------------------------------------------- */

static void restore_returned(Situation *s, const Event *e) {
        Failover *f = failover_by_id(s, e->failover);
        size_t device = device_known(s, e->device, e->device_name);

        if (device != NOWHERE && s->devices[device].failover == e->failover)
                s->devices[device].failover = 0;
        if (!f)
                return;
        f->returned = e->when;
        f->latency_after = field_valid(e, EventField_latency_after) ? e->latency_after : 0;
}

static void fill_failover(Failover *f, const Event *e, size_t pool, size_t device) {
        f->pool = pool;
        f->device = device;
        f->last_good = e->last_good;
        f->first_failure = e->first_failure;
        f->declared = e->declared;
        f->detection = e->detection;
        f->survivors = e->survivors;
        f->latency_before = e->latency_before;
}

static void note_failover(Pool *p, const Event *e) {
        if (e->declared < p->view.last_failover)
                return;
        p->view.last_failover = e->declared;
        p->view.last_detection = e->detection;
}

/* One that is older than all that are shown may be open all the same. */
static void restore_entered(Situation *s, const Event *e) {
        size_t pool = pool_by_number(s, e->pool), device = device_known(s, e->device, e->device_name);
        Failover *f;

        if (failover_by_id(s, e->failover))
                return;
        f = failover_insert(s, e->failover);
        if (f)
                fill_failover(f, e, pool, device);
        if (pool != NOWHERE) {
                note_failover(&s->pools[pool], e);
                s->pools[pool].alarm = field_valid(e, EventField_alarm) ? e->alarm : 0;
        }
        if (device == NOWHERE || s->devices[device].failover >= e->failover)
                return;
        s->devices[device].failover = e->failover;
        s->devices[device].failover_declared = e->declared;
        touch_device(s, device);
}

void situation_restore_failover(Situation *s, const Event *e) {
        if (e->failover == 0)
                return;
        if (e->type == EVENT_FAILOVER_RETURNED)
                restore_returned(s, e);
        else
                restore_entered(s, e);
}

void situation_restore_failover_count(Situation *s, uint32_t pool, uint64_t n) {
        size_t i = pool_by_number(s, pool);

        if (i != NOWHERE)
                s->pools[i].view.failovers += n;
}

static void restore_told_of_service(Situation *s, const Event *e) {
        size_t i = service_by_number(s, e->service);
        unsigned state = name_value(&service_state_names, e->state);

        if (i == NOWHERE || s->services[i].told != 0)
                return;
        s->services[i].told = state;
        s->services[i].alarm = field_valid(e, EventField_alarm) ? e->alarm : 0;
        touch_pool(s, s->services[i].config->pool);
}

void situation_restore_told(Situation *s, const Event *e) {
        size_t i = pool_by_number(s, e->pool);
        unsigned state = name_value(&pool_state_names, e->state);

        if (e->service_name[0]) {
                restore_told_of_service(s, e);
                return;
        }
        if (i == NOWHERE || s->pools[i].told != 0)
                return;
        s->pools[i].told = state;
        s->pools[i].was_short = state != 0 && state != POOL_REDUNDANT && state != POOL_UNKNOWN;
        touch_pool(s, i);
}
