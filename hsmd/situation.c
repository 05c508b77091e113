#include "situation-internal.h"

/* --- made and freed
 * -------------------------------------------------------------------------------------------------- */

static void link_shared(Situation *s, size_t i) {
        const char *name = s->config->devices[i].shared_service;

        s->devices[i].shared = NOWHERE;
        for (size_t k = 0; name && k <= i; k++) {
                if (!same_text(name, s->config->devices[k].shared_service))
                        continue;
                s->devices[i].shared = k;
                if (k < i) {
                        s->devices[i].next_in_shared = s->devices[k].next_in_shared;
                        s->devices[k].next_in_shared = i;
                }
                return;
        }
}

static void link_devices(Situation *s) {
        for (size_t i = s->config->n_devices; i-- > 0;) {
                Dev *d = &s->devices[i];
                Pool *p;

                d->config = &s->config->devices[i];
                p = &s->pools[d->config->pool];
                d->next_in_pool = p->first_device;
                d->next_in_site = s->sites[d->config->site].first_device;
                d->next_in_shared = d->group_next = NOWHERE;
                p->first_device = s->sites[d->config->site].first_device = i;
                p->n_devices++;
                p->bound = MAX_OF(p->bound, d->config->bound);
        }
        for (size_t i = 0; i < s->config->n_devices; i++)
                link_shared(s, i);
}

static void link_all(Situation *s) {
        const SituationConfig *c = s->config;

        for (size_t i = 0; i < c->n_pools; i++)
                s->pools[i] = (Pool){.config = &c->pools[i],
                        .first_device = NOWHERE,
                        .first_service = NOWHERE,
                        .severity = SEVERITY_MINOR,
                        .view = {.state = POOL_UNKNOWN, .required = c->pools[i].required}};
        for (size_t i = 0; i < c->n_sites; i++)
                s->sites[i] = (Site){.config = &c->sites[i], .first_device = NOWHERE};
        link_devices(s);
        for (size_t i = c->n_services; i-- > 0;) {
                Pool *p = &s->pools[c->services[i].pool];

                s->services[i] = (Service){.config = &c->services[i],
                        .next_in_pool = p->first_service,
                        .view = {.state = SERVICE_UNKNOWN, .basis = BASIS_PROBE}};
                p->first_service = i;
        }
}

static size_t largest_pool(const Situation *s) {
        size_t most = 0;

        for (size_t i = 0; i < s->config->n_pools; i++)
                most = MAX_OF(most, s->pools[i].n_devices);
        return most;
}

static bool allocate(Situation *s, const SituationConfig *c) {
        s->devices = calloc(c->n_devices + 1, sizeof(*s->devices));
        s->pools = calloc(c->n_pools + 1, sizeof(*s->pools));
        s->sites = calloc(c->n_sites + 1, sizeof(*s->sites));
        s->services = calloc(c->n_services + 1, sizeof(*s->services));
        s->touched_devices.items = calloc(c->n_devices + 1, sizeof(size_t));
        s->touched_pools.items = calloc(c->n_pools + 1, sizeof(size_t));
        s->touched_sites.items = calloc(c->n_sites + 1, sizeof(size_t));
        return s->devices && s->pools && s->sites && s->services && s->touched_devices.items &&
               s->touched_pools.items && s->touched_sites.items;
}

static void situation_freep(Situation **s) {
        situation_free(*s);
}

int situation_new(const SituationConfig *config, const SituationOps *ops, void *userdata, Situation **ret) {
        CLEANUP(situation_freep) Situation *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->config = config;
        s->ops = *ops;
        s->userdata = userdata;
        s->next_due = USEC_INFINITY;
        if (!allocate(s, config))
                return -ENOMEM;
        link_all(s);
        s->members = calloc(largest_pool(s) + 1, sizeof(*s->members));
        if (!s->members)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_pools; i++)
                touch_pool(s, i);
        *ret = s;
        s = NULL;
        return 0;
}

Situation *situation_free(Situation *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_alarms; i++)
                free(s->alarms[i]);
        for (Group *g = s->groups, *next; g; g = next) {
                next = g->next;
                free(g);
        }
        for (size_t i = 0; s->sites && i < s->config->n_sites; i++)
                free(s->sites[i].findings);
        free(s->alarms);
        free(s->host_findings);
        free(s->devices);
        free(s->pools);
        free(s->sites);
        free(s->services);
        free(s->members);
        free(s->touched_devices.items);
        free(s->touched_pools.items);
        free(s->touched_sites.items);
        free(s);
        return NULL;
}

/* --- facts
 * -------------------------------------------------------------------------------------------------- */

void touch_pool(Situation *s, size_t pool) {
        if (!s->pools[pool].touched)
                s->touched_pools.items[s->touched_pools.n++] = pool;
        s->pools[pool].touched = true;
}

void touch_device(Situation *s, size_t device) {
        if (!s->devices[device].touched)
                s->touched_devices.items[s->touched_devices.n++] = device;
        s->devices[device].touched = true;
        touch_pool(s, s->devices[device].config->pool);
}

void touch_site(Situation *s, size_t site) {
        if (!s->sites[site].touched)
                s->touched_sites.items[s->touched_sites.n++] = site;
        s->sites[site].touched = true;
}

void due_at(Situation *s, usec_t monotonic) {
        s->next_due = MIN_OF(s->next_due, monotonic);
}

bool dev_judged(const Dev *d) {
        return d->given && (d->facts.judged || d->facts.state == DEVICE_MAINTENANCE);
}

void situation_device(Situation *s, size_t device, const DeviceFacts *facts) {
        Dev *d = &s->devices[device];
        size_t n = MIN_OF(facts->n_findings, (size_t) FINDINGS_MAX);

        /* of the findings only those that are there: they are most of it */
        memcpy(&d->facts, facts, offsetof(DeviceFacts, findings));
        memcpy(d->facts.findings, facts->findings, n * sizeof(facts->findings[0]));
        d->facts.n_findings = n;
        d->given = true;
        touch_device(s, device);
}

/* Without memory what was found before stays. */
static bool copy_findings(Finding **to, size_t *to_n, const Finding *findings, size_t n) {
        Finding *copy = calloc(n + 1, sizeof(*copy));

        if (!copy)
                return false;
        if (n > 0)
                memcpy(copy, findings, n * sizeof(*copy));
        free(*to);
        *to = copy;
        *to_n = n;
        return true;
}

void situation_site(Situation *s, size_t site, const Finding *findings, size_t n, bool judged) {
        Site *place = &s->sites[site];

        if (!copy_findings(&place->findings, &place->n_findings, findings, n))
                return;
        place->judged = judged;
        touch_site(s, site);
}

void situation_host(Situation *s, const Finding *findings, size_t n) {
        if (!copy_findings(&s->host_findings, &s->n_host_findings, findings, n))
                return;
        s->host_given = s->host_touched = true;
}

/* --- settled
 * -------------------------------------------------------------------------------------------------- */

static void tell_device_state(Situation *s, size_t i, Moment now) {
        Dev *d = &s->devices[i];
        EventWords words = {.step = d->facts.failed_step, .call = d->facts.call, .ret = d->facts.ret};
        Event e;

        if (!dev_judged(d) || d->facts.state == d->told)
                return;
        event_begin(s, &e, EVENT_DEVICE_STATE, now);
        event_about_device(s, &e, i);
        FIELD_TEXT_SET(Event, &e, state, name_of(&device_state_names, d->facts.state));
        FIELD_SET(Event, &e, cause, d->facts.reason);
        FIELD_SET(Event, &e, flap, d->facts.flap);
        words.before = name_of(&device_state_names, d->told ? d->told : DEVICE_UNKNOWN);
        d->told = d->facts.state;
        event_emit(s, &e, &words, false);
}

static void clear_leftovers(Situation *s, Moment now) {
        while (s->orphans)
                alarm_clear(s, s->orphans, REASON_UNCONFIGURED, now);
        for (size_t i = s->some_superseded ? s->n_alarms : 0; i-- > 0;)
                if (s->alarms[i]->superseded)
                        alarm_clear(s, s->alarms[i], REASON_SUPERSEDED, now);
        s->some_superseded = false;
}

static void judge_alarms(Situation *s, Moment now) {
        for (size_t i = 0; i < s->touched_devices.n; i++) {
                device_judge_falls(s, s->touched_devices.items[i], now);
                findings_judge_device(s, s->touched_devices.items[i], now);
        }
        common_judge(s, now);
        for (size_t i = 0; i < s->touched_sites.n; i++)
                findings_judge_site(s, s->touched_sites.items[i], now);
        if (s->host_touched)
                findings_judge_host(s, now);
        for (size_t i = 0; i < s->touched_pools.n; i++)
                pool_alarms_follow(s, s->touched_pools.items[i], now);
        common_judge(s, now); /* their severity follows pools */
        clear_leftovers(s, now);
}

static void tell(Situation *s, Moment now) {
        for (size_t i = 0; i < s->touched_pools.n; i++)
                pool_tell(s, s->touched_pools.items[i], now);
        for (size_t i = 0; i < s->touched_devices.n; i++)
                failover_tell(s, s->touched_devices.items[i], now);
        for (size_t i = 0; i < s->touched_pools.n; i++)
                services_tell(s, s->touched_pools.items[i], now);
}

static void untouch(Situation *s) {
        for (size_t i = 0; i < s->touched_devices.n; i++)
                s->devices[s->touched_devices.items[i]].touched = false;
        for (size_t i = 0; i < s->touched_pools.n; i++)
                s->pools[s->touched_pools.items[i]].touched = false;
        for (size_t i = 0; i < s->touched_sites.n; i++)
                s->sites[s->touched_sites.items[i]].touched = false;
        s->touched_devices.n = s->touched_pools.n = s->touched_sites.n = 0;
        s->host_touched = false;
}

void situation_settle(Situation *s, Moment now) {
        for (size_t i = 0; i < s->touched_devices.n; i++) {
                tell_device_state(s, s->touched_devices.items[i], now);
                failover_look(s, s->touched_devices.items[i], now);
        }
        for (size_t i = 0; i < s->touched_pools.n; i++)
                pool_find(s, s->touched_pools.items[i]);
        judge_alarms(s, now);
        tell(s, now);
        untouch(s);
}

/* What an alarm is about looks again whether its words are news now. */
static void touch_owner(Situation *s, const AlarmEntry *a) {
        if (a->group)
                a->group->touched = true;
        else if (a->alarm.device != NOWHERE)
                touch_device(s, a->alarm.device);
        else if (a->alarm.site != NOWHERE)
                touch_site(s, a->alarm.site);
        else
                s->host_touched = s->host_given;
}

static void touch_what_is_due(Situation *s, Moment now) {
        s->next_due = USEC_INFINITY;
        for (size_t i = 0; i < s->n_alarms; i++) {
                const AlarmEntry *a = s->alarms[i];

                if (a->words_due == 0)
                        continue;
                if (a->words_due <= now.monotonic)
                        touch_owner(s, a);
                else
                        due_at(s, a->words_due);
        }
        own_tick(s, now);
}

void situation_tick(Situation *s, Moment now) {
        failover_tick(s, now);
        if (now.monotonic < s->next_due)
                return;
        touch_what_is_due(s, now);
        situation_settle(s, now);
}

/* --- what it came to
 * -------------------------------------------------------------------------------------------------- */

PoolView situation_pool(const Situation *s, size_t pool) {
        return s->pools[pool].view;
}

ServiceView situation_service(const Situation *s, size_t service) {
        return s->services[service].view;
}

ServiceState situation_fleet(const Situation *s) {
        ServiceState worst = SERVICE_OK;

        for (size_t i = 0; i < s->config->n_services; i++)
                worst = service_state_worse(worst, s->services[i].view.state);
        for (size_t i = 0; s->config->n_services == 0 && i < s->config->n_pools; i++)
                worst = service_state_worse(worst, pool_state_as_service(s->pools[i].view.state));
        return worst;
}
