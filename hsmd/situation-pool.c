#include "judge.h"
#include "situation-internal.h"

/* --- found
 * -------------------------------------------------------------------------------------------------- */

/* A machine that falls and comes back is no reason to sound the all-clear, and then the alarm, over and over:
 * for what is told, it counts as gone (`steady`) wherever things look better than was told. */
static bool counts_as_serving(const Dev *d, bool steady) {
        return dev_judged(d) && d->facts.serves && !(steady && d->facts.flapping);
}

static PoolFacts count_members(Situation *s, const Pool *p, bool steady, bool *ret_judged) {
        PoolFacts f = {.required = p->config->required, .capacity_known = true};

        *ret_judged = true;
        for (size_t i = p->first_device; i != NOWHERE; i = s->devices[i].next_in_pool) {
                const Dev *d = &s->devices[i];

                if (d->config->virtual_slot)
                        continue;
                f.members++;
                *ret_judged = *ret_judged && dev_judged(d);
                f.unknown += !dev_judged(d) || d->facts.state == DEVICE_UNKNOWN;
                if (!counts_as_serving(d, steady))
                        continue;
                f.serving++;
                f.capacity += d->facts.capacity;
                f.capacity_known = f.capacity_known && d->facts.capacity > 0;
        }
        return f;
}

/* What to tell, of what was told and what is. */
static ServiceState damped(ServiceState told, ServiceState now, ServiceState steady) {
        ServiceState better = service_state_worse(now, steady);

        if (told == 0 || !service_state_is_worse(told, now))
                return now;
        return service_state_is_worse(better, told) ? told : better;
}

static PoolState pool_damped(PoolState told, PoolState now, PoolState steady) {
        static const PoolState as_pool[] = {
                [SERVICE_OK] = POOL_REDUNDANT,
                [SERVICE_AT_RISK] = POOL_AT_CAPACITY,
                [SERVICE_DEGRADED] = POOL_DEGRADED,
                [SERVICE_LOST] = POOL_LOST,
                [SERVICE_UNKNOWN] = POOL_UNKNOWN,
        };

        return as_pool[damped(told ? pool_state_as_service(told) : 0, pool_state_as_service(now),
                pool_state_as_service(steady))];
}

static size_t members_of(Situation *s, const Pool *p, bool steady) {
        size_t n = 0;

        for (size_t i = p->first_device; i != NOWHERE; i = s->devices[i].next_in_pool) {
                const Dev *d = &s->devices[i];
                bool counts = dev_judged(d) && device_state_serves(d->facts.state);

                if (d->config->virtual_slot)
                        continue;
                s->members[n++] = (ServiceMember){
                        .serves = counts && !(steady && d->facts.flapping),
                        .unknown = !dev_judged(d) || d->facts.state == DEVICE_UNKNOWN,
                        .keys_held = d->facts.keys_held,
                        .keys_used = d->facts.keys_used,
                        .keys_known = d->facts.keys_known,
                        .capacity = d->facts.capacity,
                };
        }
        return n;
}

static void show_service(Service *v, const ServiceVerdict *found, size_t members) {
        v->view = (ServiceView){
                .state = found->state,
                .basis = found->basis,
                .serving = found->serving,
                .members = (uint32_t) members,
                .survivable = found->survivable,
                .keys_usable = found->keys_usable,
                .keys_required = found->keys_required,
                .has_headroom = found->has_headroom,
                .headroom = found->headroom,
                .capacity = found->capacity,
        };
}

static void find_service(Situation *s, const Pool *p, Service *v) {
        ServiceNeeds needs = {.keys = v->config->keys,
                .required = p->config->required,
                .required_rate = v->config->required_rate};
        size_t n = members_of(s, p, false);
        ServiceVerdict now = service_judge(s->members, n, &needs), steady = now;

        show_service(v, &now, n);
        v->next = v->told;
        /* a service that is unknown is told of by nothing: what was told of it stands */
        if (!p->view.judged || now.state == SERVICE_UNKNOWN)
                return;
        if (v->told && service_state_is_worse(v->told, now.state)) {
                n = members_of(s, p, true);
                steady = service_judge(s->members, n, &needs);
        }
        v->next = damped(v->told, now.state, steady.state);
        if (v->next == SERVICE_UNKNOWN)
                v->next = v->told;
}

static Severity severity_of(const Situation *s, const Pool *p) {
        ServiceState worst = p->next ? pool_state_as_service(p->next) : SERVICE_OK;

        if (p->first_service != NOWHERE)
                worst = SERVICE_OK;
        for (size_t i = p->first_service; i != NOWHERE; i = s->services[i].next_in_pool)
                if (s->services[i].next)
                        worst = service_state_worse(worst, s->services[i].next);
        if (worst == SERVICE_LOST)
                return SEVERITY_CRITICAL;
        return worst == SERVICE_DEGRADED || worst == SERVICE_AT_RISK ? SEVERITY_MAJOR : SEVERITY_MINOR;
}

void pool_find(Situation *s, size_t index) {
        Pool *p = &s->pools[index];
        bool judged;
        PoolFacts f = count_members(s, p, false, &judged), calm = count_members(s, p, true, &judged);
        PoolVerdict v = pool_judge(&f), steady = pool_judge(&calm);

        p->view.state = v.state;
        p->view.members = f.members;
        p->view.serving = f.serving;
        p->view.required = f.required;
        p->view.survivable = v.survivable;
        p->view.capacity = v.capacity;
        p->view.judged = judged;
        p->next = judged ? pool_damped(p->told, v.state, steady.state) : p->told;
        for (size_t i = p->first_service; i != NOWHERE; i = s->services[i].next_in_pool)
                find_service(s, p, &s->services[i]);
        p->severity = severity_of(s, p);
}

/* --- told
 * -------------------------------------------------------------------------------------------------- */

/* The alarms of a pool's devices are as bad as what the pool has come to. */
void pool_alarms_follow(Situation *s, size_t pool, Moment now) {
        for (size_t i = s->pools[pool].first_device; i != NOWHERE; i = s->devices[i].next_in_pool) {
                if (s->devices[i].group)
                        s->devices[i].group->touched = true;
                /* those that were touched themselves have followed already */
                if (s->devices[i].touched || (!s->devices[i].alarms && !s->devices[i].config->virtual_slot))
                        continue;
                device_judge_falls(s, i, now);
                findings_judge_device(s, i, now);
        }
}

void pool_tell(Situation *s, size_t index, Moment now) {
        Pool *p = &s->pools[index];
        EventWords words = {.before = p->told ? name_of(&pool_state_names, p->told) : NULL};
        bool news = p->next != p->told && (p->told != 0 || p->next != POOL_REDUNDANT);
        bool recovered = p->next == POOL_REDUNDANT && p->was_short;
        Event e;

        if (p->next != p->told && p->next != POOL_UNKNOWN)
                p->was_short = p->next != POOL_REDUNDANT;
        p->told = p->next;
        if (!news)
                return;
        event_begin(s, &e, recovered ? EVENT_POOL_RECOVERED : EVENT_POOL_STATE, now);
        event_about_pool(s, &e, index);
        FIELD_TEXT_SET(Event, &e, state, name_of(&pool_state_names, p->told));
        if (recovered) {
                event_of_alarm(&e, p->alarm, SEVERITY_CLEARED);
                p->alarm = 0;
        }
        event_emit(s, &e, &words, recovered);
}

/* Worse, or ok again, is told to everybody; what is a little better only to the journal and the history. */
static void service_tell(Situation *s, size_t index, Moment now) {
        Service *v = &s->services[index];
        ServiceState told = v->told, next = v->next;
        EventWords words = {.before = told ? name_of(&service_state_names, told) : NULL,
                .headroom = v->view.has_headroom ? v->view.headroom : 0};
        bool worse = told == 0 || service_state_is_worse(next, told);
        const Alarm *alarm = alarm_of_pool(s, v->config->pool);
        Event e;

        v->told = next;
        if (next == told || (told == 0 && next == SERVICE_OK))
                return;
        event_begin(s, &e, next == SERVICE_OK ? EVENT_SERVICE_RECOVERED : EVENT_SERVICE_AT_RISK, now);
        event_about_service(s, &e, index);
        FIELD_TEXT_SET(Event, &e, state, name_of(&service_state_names, next));
        if (next == SERVICE_OK) {
                event_of_alarm(&e, v->alarm, SEVERITY_CLEARED);
                v->alarm = 0;
        } else {
                v->alarm = alarm ? alarm->id : v->alarm;
                event_of_alarm(&e, v->alarm, alarm ? alarm->severity : SEVERITY_INDETERMINATE);
        }
        event_emit(s, &e, &words, worse || next == SERVICE_OK);
}

void services_tell(Situation *s, size_t pool, Moment now) {
        for (size_t i = s->pools[pool].first_service; i != NOWHERE; i = s->services[i].next_in_pool)
                service_tell(s, i, now);
}
