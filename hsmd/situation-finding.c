#include "judge.h"
#include "location.h"
#include "situation-internal.h"

/* What a finding is found by decides when it counts. */
typedef enum Source {
        SOURCE_PROBE,   /* checks of the device, its keys: only of one that is up */
        SOURCE_SENSORS, /* its agent */
        SOURCE_OWN,     /* the Situation: always */
        SOURCE_PERSON,  /* what somebody said of it: always */
} Source;

static Source source_of(uint32_t reason) {
        if (reason == REASON_MAINTENANCE_ENDING)
                return SOURCE_PERSON;
        if (reason == REASON_BOUND_EXCEEDED || reason == REASON_VIRTUAL_DISAGREES)
                return SOURCE_OWN;
        return reason_is_of_sensors(reason) ? SOURCE_SENSORS : SOURCE_PROBE;
}

/* Alarms with these codes are raised and cleared by a device's falls, not by findings. */
static bool is_of_falls(uint32_t code) {
        return code > REASON_LAST || code == REASON_FLAPPING || reason_is_wrong_answer(code);
}

static bool counts(const Situation *s, const Dev *d, uint32_t reason) {
        DeviceState state = d->facts.state;

        switch (source_of(reason)) {
        case SOURCE_OWN:
                return own_finding_counts(s, d, reason);
        case SOURCE_PERSON:
                return true;
        case SOURCE_SENSORS:
                return d->facts.sensors_judged;
        default:
                return d->facts.keys_judged && (state == DEVICE_UP || state == DEVICE_DEGRADED);
        }
}

static const Finding *find(const Finding *findings, size_t n, uint32_t reason, const char *resource) {
        for (size_t i = 0; i < n; i++)
                if (findings[i].reason == reason && streq(findings[i].resource, resource))
                        return &findings[i];
        return NULL;
}

/* The findings of one owner of alarms. */
typedef struct Findings {
        const Finding *all;
        size_t n;
        AlarmEntry **owner;
        const Dev *device; /* or NULL: then all count */
        AlarmSpec spec;    /* what they are about */
        Severity at_least; /* of those of keys, where the device does not serve because of them */
        bool unreachable;  /* nothing else there answers either: a silent agent is no news */
} Findings;

static bool finding_counts(const Situation *s, const Findings *f, uint32_t reason) {
        return !f->device || counts(s, f->device, reason);
}

/* Of a room the table says nothing. */
static void find_place(const Finding *finding, AlarmSpec *spec) {
        LocationFacts f = {.step = STEP_NONE,
                .reason = finding->reason,
                .hint = HINT_NONE,
                .service = PORT_UNKNOWN,
                .management = PORT_UNKNOWN,
                .agent = AGENT_UNKNOWN,
                .neighbours = YES_UNKNOWN,
                .module_elsewhere = YES_UNKNOWN};
        Location by_reason = {0};

        if (finding->place == 0 && spec->site == NOWHERE)
                by_reason = location_of(&f);
        spec->place = finding->place ? finding->place : by_reason.place;
        spec->other_place = finding->place ? finding->other_place : by_reason.other;
}

static void raise_finding(Situation *s, Findings *f, const Finding *finding, Moment now) {
        f->spec.code = finding->reason;
        f->spec.cause = finding->reason;
        f->spec.resource = finding->resource;
        f->spec.severity = alarm_code_severity(finding->reason);
        f->spec.words = (EventWords){.detail = finding->detail};
        find_place(finding, &f->spec);
        if (f->unreachable && finding->reason == REASON_SENSOR_LOST &&
                !alarm_find(*f->owner, finding->reason, finding->resource))
                return;
        if (f->device && source_of(finding->reason) == SOURCE_PROBE)
                f->spec.severity = severity_worse(f->spec.severity, f->at_least);
        alarm_set(s, f->owner, &f->spec, now);
}

/* One that is not found any more is cleared before others are raised: there is room for the next. */
static void clear_gone(Situation *s, const Findings *f, Moment now) {
        for (AlarmEntry *a = *f->owner, *next; a; a = next) {
                next = a->next;
                if (is_of_falls(a->alarm.code) || a->superseded || !finding_counts(s, f, a->alarm.code))
                        continue;
                if (!find(f->all, f->n, a->alarm.code, a->alarm.resource))
                        alarm_clear(s, a, REASON_NONE, now);
        }
}

static void judge_findings(Situation *s, Findings *f, Moment now) {
        clear_gone(s, f, now);
        for (size_t i = 0; i < f->n; i++) {
                const Finding *finding = &f->all[i];

                if (f->device && !reason_is_alarm_of_device(finding->reason))
                        continue;
                /* the same twice is one alarm, with the words of the first */
                if (find(f->all, i, finding->reason, finding->resource))
                        continue;
                if (!is_of_falls(finding->reason) && finding_counts(s, f, finding->reason))
                        raise_finding(s, f, finding, now);
        }
}

/* In maintenance a device has no alarm but that it ends soon. */
static void judge_in_maintenance(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        const Finding *ending = find(d->facts.findings, d->facts.n_findings, REASON_MAINTENANCE_ENDING, "");
        Findings f = {.all = ending,
                .n = ending != NULL,
                .owner = &d->alarms,
                .device = d,
                .spec = {.device = device, .pool = NOWHERE, .site = NOWHERE}};

        d->bound_exceeded_until = 0;
        for (AlarmEntry *a = d->alarms, *next; a; a = next) {
                next = a->next;
                if (a->alarm.code != REASON_MAINTENANCE_ENDING)
                        alarm_clear(s, a, REASON_MAINTENANCE, now);
        }
        judge_findings(s, &f, now);
}

void findings_judge_device(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        Finding all[FINDINGS_MAX + OWN_FINDINGS];
        size_t n = d->facts.n_findings;
        bool held_back;
        Findings f;

        if (!dev_judged(d))
                return;
        if (d->facts.state == DEVICE_MAINTENANCE) {
                judge_in_maintenance(s, device, now);
                return;
        }
        own_look_at_silence(s, device, now);
        memcpy(all, d->facts.findings, n * sizeof(all[0]));
        n += own_findings(s, device, now, all + n);
        held_back = device_state_serves(d->facts.state) && !d->facts.serves;
        f = (Findings){.all = all,
                .n = n,
                .owner = &d->alarms,
                .device = d,
                .spec = {.device = device, .pool = NOWHERE, .site = NOWHERE},
                .at_least = held_back ? s->pools[d->config->pool].severity : SEVERITY_WARNING,
                .unreachable = !own_silence_is_news(d, now)};
        judge_findings(s, &f, now);
}

/* None of its machines answers. */
static bool site_is_unreachable(const Situation *s, const Site *place, Moment now) {
        for (size_t i = place->first_device; i != NOWHERE; i = s->devices[i].next_in_site)
                if (own_silence_is_news(&s->devices[i], now))
                        return false;
        return place->first_device != NOWHERE;
}

void findings_judge_site(Situation *s, size_t site, Moment now) {
        Site *place = &s->sites[site];
        Findings f = {.all = place->findings,
                .n = place->n_findings,
                .owner = &place->alarms,
                .unreachable = site_is_unreachable(s, place, now),
                .spec = {.device = NOWHERE, .pool = NOWHERE, .site = site}};

        if (place->judged)
                judge_findings(s, &f, now);
}

void findings_judge_host(Situation *s, Moment now) {
        Findings f = {.all = s->host_findings,
                .n = s->n_host_findings,
                .owner = &s->host_alarms,
                .spec = {.device = NOWHERE, .pool = NOWHERE, .site = NOWHERE}};

        judge_findings(s, &f, now);
}
