/* Falls that have one cause. A group is a chain of falls, each within a window of the last one and in a pool,
 * a site or behind a local service that it shares with one of them. */
#include "judge.h"
#include "situation-internal.h"

#define MEMBERS_TEXT 512

/* --- the group
 * -------------------------------------------------------------------------------------------------- */

int group_new(Situation *s, Group **ret) {
        Group *g = calloc(1, sizeof(*g));

        if (!g)
                return -ENOMEM;
        g->first = g->pool = g->site = g->shared = NOWHERE;
        g->next = s->groups;
        s->groups = g;
        *ret = g;
        return 0;
}

void group_free(Situation *s, Group *g) {
        Group **link = &s->groups;

        while (*link != g)
                link = &(*link)->next;
        *link = g->next;
        free(g);
}

Group *group_like(const Situation *s, const Group *like) {
        for (Group *g = s->groups; g; g = g->next)
                if (g != like && g->pool == like->pool && g->site == like->site && g->shared == like->shared)
                        return g;
        return NULL;
}

/* What all members share. */
static void find_shared(const Situation *s, Group *g) {
        const Dev *first = &s->devices[g->first];

        g->pool = first->config->pool;
        g->site = first->config->site;
        g->shared = first->shared;
        for (size_t i = first->group_next; i != NOWHERE; i = s->devices[i].group_next) {
                const Dev *d = &s->devices[i];

                g->pool = d->config->pool == g->pool ? g->pool : NOWHERE;
                g->site = d->config->site == g->site ? g->site : NOWHERE;
                g->shared = d->shared == g->shared ? g->shared : NOWHERE;
        }
}

/* Another member may share less. But no two groups are about the same: then this one stays what it was. */
static void share_anew(const Situation *s, Group *g) {
        Group before = *g;

        find_shared(s, g);
        if (!group_like(s, g))
                return;
        g->pool = before.pool;
        g->site = before.site;
        g->shared = before.shared;
}

void group_add(Situation *s, Group *g, size_t device) {
        Dev *d = &s->devices[device];
        size_t *link = &g->first;

        while (*link != NOWHERE) /* at the end: the text names them in the order in which they fell */
                link = &s->devices[*link].group_next;
        *link = device;
        d->group_next = NOWHERE;
        d->group = g;
        g->n_members++;
        g->last = MAX_OF(g->last, d->declared);
        g->bound = MAX_OF(g->bound, d->config->bound);
        g->touched = g->regrouped = true;
}

void group_drop(Situation *s, size_t device) {
        Group *g = s->devices[device].group;
        size_t *link = &g->first;

        while (*link != device)
                link = &s->devices[*link].group_next;
        *link = s->devices[device].group_next;
        s->devices[device].group_next = NOWHERE;
        s->devices[device].group = NULL;
        g->n_members--;
        g->touched = g->regrouped = true;
}

/* --- who belongs together
 * -------------------------------------------------------------------------------------------------- */

static bool share(const Dev *a, const Dev *b) {
        return a->config->pool == b->config->pool || a->config->site == b->config->site ||
               (a->shared != NOWHERE && a->shared == b->shared);
}

static bool within(const Dev *d, usec_t then, usec_t bound, Moment now) {
        return then != 0 && now.monotonic - then <= MAX_OF(d->config->bound, bound);
}

static bool shares_with_group(const Situation *s, const Group *g, const Dev *d) {
        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next)
                if (share(&s->devices[i], d))
                        return true;
        return false;
}

/* Of a group that could not keep the names of all its members: what it is about must do. */
static bool was_of_group(const Group *g, const Dev *d) {
        return g->incomplete && (g->pool == NOWHERE || g->pool == d->config->pool) &&
               (g->site == NOWHERE || g->site == d->config->site) &&
               (g->shared == NOWHERE || g->shared == d->shared);
}

static Group *group_to_join(const Situation *s, const Dev *d, Moment now) {
        for (Group *g = s->groups; g; g = g->next)
                if (was_of_group(g, d) || (within(d, g->last, g->bound, now) && shares_with_group(s, g, d)))
                        return g;
        return NULL;
}

/* Fell within a window, and its fall has an alarm of its own. A virtual slot goes with its members, and is
 * none of them: with one of them it makes no common cause. */
static bool is_company(const Situation *s, const Dev *d, size_t other, bool slots, Moment now) {
        const Dev *o = &s->devices[other];

        return o != d && !o->group && (slots || !o->config->virtual_slot) && o->alarms &&
               within(d, o->declared, o->config->bound, now) && fall_alarm(o);
}

static size_t pool_company(const Situation *s, const Dev *d, bool slots, Moment now) {
        for (size_t i = s->pools[d->config->pool].first_device; i != NOWHERE; i = s->devices[i].next_in_pool)
                if (is_company(s, d, i, slots, now))
                        return i;
        return NOWHERE;
}

static size_t site_company(const Situation *s, const Dev *d, bool slots, Moment now) {
        for (size_t i = s->sites[d->config->site].first_device; i != NOWHERE; i = s->devices[i].next_in_site)
                if (is_company(s, d, i, slots, now))
                        return i;
        return NOWHERE;
}

static size_t shared_company(const Situation *s, const Dev *d, bool slots, Moment now) {
        for (size_t i = d->shared; i != NOWHERE; i = s->devices[i].next_in_shared)
                if (is_company(s, d, i, slots, now))
                        return i;
        return NOWHERE;
}

static size_t company_of(const Situation *s, const Dev *d, bool slots, Moment now) {
        size_t other = shared_company(s, d, slots, now);

        if (other == NOWHERE)
                other = pool_company(s, d, slots, now);
        return other != NOWHERE ? other : site_company(s, d, slots, now);
}

/* --- its alarm
 * -------------------------------------------------------------------------------------------------- */

static void name_members(const Situation *s, const Group *g, AlarmSpec *spec, char *names, char *numbers) {
        size_t names_size = MEMBERS_TEXT, named = 0, slots = 0, n = 0, m = 0;
        bool more = g->incomplete;

        names[0] = numbers[0] = '\0';
        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next) {
                const SituationDevice *d = s->devices[i].config;

                if (named < 8) /* what stands behind them in the text matters more */
                        n += (size_t) snprintf(names + n, names_size - n, "%s%s", named ? ", " : "", d->name);
                named++;
                slots += d->virtual_slot;
                if (m < 240)
                        m += (size_t) snprintf(
                                numbers + m, MEMBERS_TEXT - m, "%s%u", m ? " " : "", d->number);
                else
                        more = true;
        }
        if (more)
                snprintf(numbers + m, MEMBERS_TEXT - m, "%s+", m ? " " : "");
        spec->words.members = names;
        spec->words.n_members = (unsigned) MAX_OF(g->n_members - slots, (size_t) 1);
        spec->words.n_members_more = named > 8 ? (unsigned) named - 8 : 0;
        spec->members = numbers;
}

/* As bad as the worst of its members' pools; while one of these is not known, as bad as it was. */
static Severity group_severity(const Situation *s, const Group *g) {
        Severity worst = alarm_code_severity(REASON_COMMON_CAUSE);

        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next) {
                const Pool *p = &s->pools[s->devices[i].config->pool];

                if (g->entry && !p->view.judged)
                        return g->entry->alarm.severity;
                worst = severity_worse(worst, p->severity);
        }
        return worst;
}

static bool suspects(const DeviceFacts *f, FaultPlace place) {
        return f->place == place || f->other_place == place;
}

/* Where all of them may have failed; the last one knew most when it fell. As it was while one has had no
 * verdict yet, or none says where. */
static void find_places(const Situation *s, const Group *g, AlarmSpec *spec) {
        FaultPlace place = 0, other = 0;

        if (g->entry) {
                spec->place = g->entry->alarm.place;
                spec->other_place = g->entry->alarm.other_place;
        }
        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next) {
                if (!dev_judged(&s->devices[i]))
                        return;
                if (s->devices[i].facts.place == 0)
                        continue;
                place = s->devices[i].facts.place;
                other = s->devices[i].facts.other_place;
        }
        if (place == 0)
                return;
        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next) {
                const DeviceFacts *f = &s->devices[i].facts;

                if (f->place == 0)
                        continue;
                place = suspects(f, place) ? place : 0;
                other = suspects(f, other) ? other : 0;
        }
        spec->place = place ? place : other;
        spec->other_place = place ? other : 0;
}

/* A machine behind it that answered after the first of them failed disproves that it is gone. */
static bool service_is_gone(const Situation *s, const Group *g) {
        usec_t failed = USEC_INFINITY;

        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next) {
                const Dev *d = &s->devices[i];

                if (g->entry && !dev_judged(d))
                        return g->entry->alarm.cause == REASON_SHARED_SERVICE;
                if (d->facts.first_failure != 0)
                        failed = MIN_OF(failed, d->facts.first_failure);
        }
        for (size_t i = g->shared; i != NOWHERE; i = s->devices[i].next_in_shared)
                if (dev_judged(&s->devices[i]) && device_state_serves(s->devices[i].facts.state) &&
                        s->devices[i].facts.last_good > failed)
                        return false;
        return true;
}

/* Down, if one of them was found so; unknown, if nothing was known of any. */
static const char *group_state(const Situation *s, const Group *g) {
        DeviceState state = DEVICE_UNKNOWN;

        if (g->entry && streq(g->entry->event.state, name_of(&device_state_names, DEVICE_DOWN)))
                return g->entry->event.state;
        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next) {
                if (g->entry && !dev_judged(&s->devices[i]))
                        return g->entry->event.state;
                if (s->devices[i].facts.state != DEVICE_UNKNOWN)
                        state = DEVICE_DOWN;
        }
        return name_of(&device_state_names, state);
}

static AlarmSpec group_spec(const Situation *s, const Group *g) {
        bool shared = g->shared != NOWHERE;
        bool gone = shared && service_is_gone(s, g);
        AlarmSpec spec = {
                .code = REASON_COMMON_CAUSE,
                .severity = group_severity(s, g),
                .cause = gone ? REASON_SHARED_SERVICE : REASON_COMMON_CAUSE,
                .device = NOWHERE,
                .pool = g->pool,
                .site = g->site,
                .resource = shared ? s->devices[g->shared].config->shared_service : "",
                .correlated = g->entry ? g->entry->alarm.correlated : 0,
                .state = group_state(s, g),
        };

        find_places(s, g, &spec);
        return spec;
}

/* Of two that fell alone, the elder is the first. */
static void take_company(Situation *s, Group *g, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        size_t other;

        while ((other = company_of(s, d, true, now)) != NOWHERE)
                group_add(s, g, other);
}

static void supersede_own(Situation *s, const Group *g, Moment now) {
        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next)
                for (AlarmEntry *a = fall_alarm(&s->devices[i]); a; a = fall_alarm(&s->devices[i]))
                        alarm_clear(s, a, REASON_SUPERSEDED, now);
}

static uint32_t first_alarm(const Situation *s, const Group *g) {
        uint32_t first = 0;

        for (size_t i = g->first; i != NOWHERE; i = s->devices[i].group_next) {
                const AlarmEntry *a = fall_alarm(&s->devices[i]);

                if (a && (first == 0 || a->alarm.id < first))
                        first = a->alarm.id;
        }
        return first;
}

/* The new alarm stands before the first one goes. */
static void raise_group(Situation *s, Group *g, Moment now) {
        char names[MEMBERS_TEXT], numbers[MEMBERS_TEXT];
        AlarmSpec spec = group_spec(s, g);

        name_members(s, g, &spec, names, numbers);
        spec.correlated = first_alarm(s, g);
        g->entry = alarm_raise(s, &s->group_alarms, &spec, now);
        if (!g->entry)
                return;
        g->entry->group = g;
        g->regrouped = g->touched = false;
        supersede_own(s, g, now);
}

static bool found_group(Situation *s, size_t device, Moment now) {
        const Dev *d = &s->devices[device];
        Group *g, *like;

        if (d->config->virtual_slot || company_of(s, d, false, now) == NOWHERE || group_new(s, &g) < 0)
                return false;
        take_company(s, g, device, now);
        group_add(s, g, device);
        find_shared(s, g);
        like = group_like(s, g);
        if (!like) {
                raise_group(s, g, now);
                return true;
        }
        /* others of the same pool and site fell before, and are still away */
        while (g->first != NOWHERE) {
                size_t member = g->first;

                group_drop(s, member);
                group_add(s, like, member);
        }
        group_free(s, g);
        supersede_own(s, like, now);
        like->took_over = true;
        return true;
}

bool common_declare(Situation *s, size_t device, Moment now) {
        Group *g = group_to_join(s, &s->devices[device], now);

        if (!g)
                return found_group(s, device, now);
        group_add(s, g, device);
        /* one that fell alone, and for which only this one is the link */
        take_company(s, g, device, now);
        share_anew(s, g);
        supersede_own(s, g, now);
        return true;
}

void common_leave(Situation *s, size_t device, Reason cause, Moment now) {
        Group *g = s->devices[device].group;

        if (!g)
                return;
        group_drop(s, device);
        if (g->n_members > 0 || g->incomplete)
                return;
        if (g->entry)
                alarm_clear(s, g->entry, cause, now);
        group_free(s, g);
}

/* Whether everyone who may have been a member has had a verdict. */
static bool all_are_judged(const Situation *s, const Group *g) {
        for (size_t i = 0; i < s->config->n_devices; i++)
                if (was_of_group(g, &s->devices[i]) && !dev_judged(&s->devices[i]))
                        return false;
        return true;
}

static void judge_group(Situation *s, Group *g, Moment now) {
        char names[MEMBERS_TEXT], numbers[MEMBERS_TEXT];
        AlarmSpec spec;

        if (g->incomplete && all_are_judged(s, g))
                g->incomplete = false;
        if (g->n_members == 0 && !g->incomplete) {
                if (g->entry)
                        alarm_clear(s, g->entry, REASON_NONE, now);
                group_free(s, g);
                return;
        }
        if (!g->entry) {
                raise_group(s, g, now);
                return;
        }
        if (g->n_members == 0)
                return;
        spec = group_spec(s, g);
        name_members(s, g, &spec, names, numbers);
        /* who is told of a common cause once knows enough, and services are told of; but not who saw the
         * alarm of a later fall give way to it */
        alarm_update(s, g->entry, &spec, g->regrouped, g->took_over ? TOLD_ALOUD : TOLD_QUIETLY, now);
        g->touched = g->regrouped = g->took_over = false;
}

void common_judge(Situation *s, Moment now) {
        for (Group *g = s->groups, *next; g; g = next) {
                next = g->next;
                if (g->touched || g->incomplete)
                        judge_group(s, g, now);
        }
}
