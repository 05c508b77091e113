#include "situation-internal.h"

/* An alarm's words alone (another return, another reading) are news after a minute, then after two, … : what
 * changes with every check would fill the history. */
#define WORDS_PAUSE (60 * USEC_PER_SEC)
#define WORDS_PAUSE_MAX (6 * 3600 * USEC_PER_SEC)

/* --- the lists
 * -------------------------------------------------------------------------------------------------- */

/* Where an id stands, or would. */
static size_t place_of(const Situation *s, uint32_t id) {
        size_t low = 0, high = s->n_alarms;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (s->alarms[middle]->alarm.id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

AlarmEntry *alarm_by_id(const Situation *s, uint32_t id) {
        size_t at = place_of(s, id);

        return at < s->n_alarms && s->alarms[at]->alarm.id == id ? s->alarms[at] : NULL;
}

bool alarms_make_room(Situation *s) {
        size_t max = s->max_alarms ? 2 * s->max_alarms : 64;
        AlarmEntry **bigger;

        if (s->n_alarms < s->max_alarms)
                return true;
        bigger = realloc(s->alarms, max * sizeof(AlarmEntry *));
        if (!bigger)
                return false;
        s->alarms = bigger;
        s->max_alarms = max;
        return true;
}

static void count(Situation *s, Severity severity, int by) {
        s->alarms_of[severity] += (uint32_t) by;
        s->alarms_version++;
}

void alarm_insert(Situation *s, AlarmEntry *a, AlarmEntry **owner) {
        size_t at = place_of(s, a->alarm.id);

        memmove(s->alarms + at + 1, s->alarms + at, (s->n_alarms - at) * sizeof(AlarmEntry *));
        s->alarms[at] = a;
        s->n_alarms++;
        a->owner = owner;
        a->next = *owner;
        *owner = a;
        count(s, a->alarm.severity, 1);
}

void alarm_remove(Situation *s, AlarmEntry *a) {
        size_t at = place_of(s, a->alarm.id);
        AlarmEntry **link = a->owner;

        while (*link != a)
                link = &(*link)->next;
        *link = a->next;
        memmove(s->alarms + at, s->alarms + at + 1, (s->n_alarms - at - 1) * sizeof(AlarmEntry *));
        s->n_alarms--;
        count(s, a->alarm.severity, -1);
        free(a);
}

AlarmEntry *alarm_find(AlarmEntry *owner, uint32_t code, const char *resource) {
        for (AlarmEntry *a = owner; a; a = a->next)
                if (a->alarm.code == code && streq(a->alarm.resource, resource) && !a->superseded)
                        return a;
        return NULL;
}

const Alarm *const *situation_alarms(const Situation *s, size_t *ret_n) {
        _Static_assert(offsetof(AlarmEntry, alarm) == 0, "an entry is seen as its alarm");

        *ret_n = s->n_alarms;
        return (const Alarm *const *) s->alarms;
}

uint32_t situation_alarms_of(const Situation *s, Severity severity) {
        return severity <= SEVERITY_WARNING ? s->alarms_of[severity] : 0;
}

uint64_t situation_alarms_version(const Situation *s) {
        return s->alarms_version;
}

/* --- raised, changed, cleared
 * -------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t octet) {
        return (hash ^ octet) * UINT64_C(1099511628211);
}

static uint64_t mix_number(uint64_t hash, uint64_t number) {
        for (unsigned i = 0; i < 64; i += 8)
                hash = mix(hash, number >> i & 0xff);
        return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text) {
        for (; text && *text; text++)
                hash = mix(hash, (unsigned char) *text);
        return mix(hash, 0);
}

/* FNV-1a of what the words say, but for counts: those change with other machines' fates. */
static uint64_t core_of(const AlarmSpec *spec) {
        const uint64_t numbers[] = {
                spec->cause, spec->place, spec->other_place, spec->words.step, spec->pool, spec->site};
        uint64_t hash = UINT64_C(14695981039346656037);

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                hash = mix_number(hash, numbers[i]);
        hash = mix_text(hash, spec->words.call);
        hash = mix_text(hash, spec->words.ret);
        hash = mix_text(hash, spec->words.detail);
        hash = mix_text(hash, spec->members);
        hash = mix_text(hash, spec->state);
        return hash | 1;
}

static void fill_about(Situation *s, Event *e, const AlarmSpec *spec) {
        if (spec->device != NOWHERE)
                event_about_device(s, e, spec->device);
        if (spec->pool != NOWHERE)
                event_about_pool(s, e, spec->pool);
        if (spec->site != NOWHERE)
                event_about_site(s, e, spec->site);
        if (spec->state)
                FIELD_TEXT_SET(Event, e, state, spec->state);
}

static void fill_event(Situation *s, Event *e, const AlarmSpec *spec) {
        alarm_code_word(spec->code, e->code, sizeof(e->code));
        field_mark(e->valid, EventField_code, true);
        FIELD_SET(Event, e, severity, spec->severity);
        FIELD_SET(Event, e, cause, spec->cause);
        FIELD_TEXT_SET(Event, e, resource, spec->resource);
        fill_about(s, e, spec);
        if (spec->correlated)
                FIELD_SET(Event, e, correlated, spec->correlated);
        if (spec->place)
                FIELD_SET(Event, e, place, spec->place);
        if (spec->other_place)
                FIELD_SET(Event, e, other_place, spec->other_place);
        if (spec->members)
                FIELD_TEXT_SET(Event, e, reason_text, spec->members);
}

/* The alarm says what its last event says. */
static void take_event(AlarmEntry *a, const AlarmSpec *spec, const Event *e, Moment now) {
        a->event = *e;
        a->alarm.severity = spec->severity;
        a->alarm.cause = spec->cause;
        a->alarm.device = spec->device;
        a->alarm.pool = spec->pool;
        a->alarm.site = spec->site;
        a->alarm.place = spec->place;
        a->alarm.other_place = spec->other_place;
        a->alarm.correlated = spec->correlated;
        a->step = spec->words.step;
        copy_text(a->call, sizeof(a->call), spec->words.call ? spec->words.call : "");
        copy_text(a->ret, sizeof(a->ret), spec->words.ret ? spec->words.ret : "");
        copy_text(a->alarm.text, sizeof(a->alarm.text), e->text);
        copy_text(a->alarm.text_local, sizeof(a->alarm.text_local), e->text_local);
        a->core = core_of(spec);
        a->words_due = 0;
        a->words_after = now.monotonic + a->words_pause;
        a->words_pause = MIN_OF(2 * a->words_pause, WORDS_PAUSE_MAX);
}

AlarmEntry *alarm_raise(Situation *s, AlarmEntry **owner, const AlarmSpec *spec, Moment now) {
        AlarmEntry *a = alarms_make_room(s) ? calloc(1, sizeof(*a)) : NULL;
        Event e;

        if (!a) /* the next settle tries again */
                return NULL;
        event_begin(s, &e, EVENT_ALARM_RAISED, now);
        FIELD_SET(Event, &e, alarm, (uint32_t) e.id);
        fill_event(s, &e, spec);
        event_emit(s, &e, &spec->words, true);
        a->alarm = (Alarm){.id = e.alarm, .code = spec->code, .service = NOWHERE, .since = now};
        copy_text(a->alarm.resource, sizeof(a->alarm.resource), spec->resource);
        a->words_pause = WORDS_PAUSE;
        take_event(a, spec, &e, now);
        alarm_insert(s, a, owner);
        return a;
}

static bool wait_with_words(Situation *s, AlarmEntry *a, bool at_once, Moment now) {
        if (at_once || now.monotonic >= a->words_after)
                return false;
        a->words_due = a->words_after;
        due_at(s, a->words_due);
        return true;
}

void alarm_update(Situation *s, AlarmEntry *a, const AlarmSpec *spec, bool at_once, Told told, Moment now) {
        bool other_severity = spec->severity != a->alarm.severity;
        uint64_t core = core_of(spec);
        Event e;

        if (a->core == 0) /* kept from before: what it says is taken as said */
                a->core = core;
        if (!other_severity && core == a->core) {
                a->words_due = 0;
                return;
        }
        if (!other_severity && wait_with_words(s, a, at_once, now))
                return;
        event_begin(s, &e, EVENT_ALARM_CHANGED, now);
        FIELD_SET(Event, &e, alarm, a->alarm.id);
        fill_event(s, &e, spec);
        event_emit(s, &e, &spec->words, told == TOLD_ALOUD || (told == TOLD_BY_SEVERITY && other_severity));
        count(s, a->alarm.severity, -1);
        take_event(a, spec, &e, now);
        count(s, a->alarm.severity, 1);
}

void alarm_set(Situation *s, AlarmEntry **owner, const AlarmSpec *spec, Moment now) {
        AlarmEntry *a = alarm_find(*owner, spec->code, spec->resource);

        if (a)
                alarm_update(s, a, spec, false, TOLD_BY_SEVERITY, now);
        else
                alarm_raise(s, owner, spec, now);
}

/* What the last event said, with what is so now. */
static void event_again(Situation *s, Event *e, const AlarmEntry *a, EventType type, Moment now) {
        event_begin(s, e, type, now);
        FIELD_SET(Event, e, alarm, a->alarm.id);
        FIELD_TEXT_SET(Event, e, code, a->event.code);
        FIELD_TEXT_SET(Event, e, resource, a->alarm.resource);
        if (a->event.device_name[0]) {
                FIELD_SET(Event, e, device, a->event.device);
                FIELD_TEXT_SET(Event, e, device_name, a->event.device_name);
        }
        if (a->event.pool_name[0]) {
                FIELD_SET(Event, e, pool, a->event.pool);
                FIELD_TEXT_SET(Event, e, pool_name, a->event.pool_name);
        }
        if (a->event.site_name[0]) {
                FIELD_SET(Event, e, site, a->event.site);
                FIELD_TEXT_SET(Event, e, site_name, a->event.site_name);
        }
        if (a->alarm.correlated)
                FIELD_SET(Event, e, correlated, a->alarm.correlated);
        if (a->alarm.device != NOWHERE)
                event_about_device(s, e, a->alarm.device);
        else if (a->alarm.pool != NOWHERE)
                event_about_pool(s, e, a->alarm.pool);
}

void alarm_set_severity(Situation *s, AlarmEntry *a, Severity severity, Moment now) {
        const EventWords words = {.step = a->step, .call = a->call, .ret = a->ret};
        Event e;

        if (severity == a->alarm.severity)
                return;
        event_again(s, &e, a, EVENT_ALARM_CHANGED, now);
        FIELD_SET(Event, &e, severity, severity);
        FIELD_SET(Event, &e, cause, a->alarm.cause);
        if (a->alarm.place)
                FIELD_SET(Event, &e, place, a->alarm.place);
        if (a->alarm.other_place)
                FIELD_SET(Event, &e, other_place, a->alarm.other_place);
        if (a->event.state[0])
                FIELD_TEXT_SET(Event, &e, state, a->event.state);
        event_emit(s, &e, &words, true);
        a->event = e;
        copy_text(a->alarm.text, sizeof(a->alarm.text), e.text);
        copy_text(a->alarm.text_local, sizeof(a->alarm.text_local), e.text_local);
        count(s, a->alarm.severity, -1);
        a->alarm.severity = severity;
        count(s, a->alarm.severity, 1);
}

void alarm_clear(Situation *s, AlarmEntry *a, Reason cause, Moment now) {
        Event e;

        event_again(s, &e, a, EVENT_ALARM_CLEARED, now);
        FIELD_SET(Event, &e, severity, SEVERITY_CLEARED);
        FIELD_SET(Event, &e, cause, cause);
        event_emit(s, &e, NULL, true);
        alarm_remove(s, a);
}

int situation_acknowledge(Situation *s, uint32_t id, const char *by, uint32_t uid, Moment now) {
        AlarmEntry *a = alarm_by_id(s, id);
        Event e;

        if (!a)
                return -ENOENT;
        if (a->alarm.acknowledged)
                return -EALREADY;
        a->alarm.acknowledged = true;
        copy_text(a->alarm.acknowledged_by, sizeof(a->alarm.acknowledged_by), by);
        a->alarm.acknowledged_when = now.realtime;
        s->alarms_version++;
        event_again(s, &e, a, EVENT_ALARM_ACKNOWLEDGED, now);
        FIELD_SET(Event, &e, severity, a->alarm.severity);
        FIELD_SET(Event, &e, cause, a->alarm.cause);
        FIELD_TEXT_SET(Event, &e, by, a->alarm.acknowledged_by);
        FIELD_SET(Event, &e, uid, uid);
        event_emit(s, &e, NULL, false);
        return 0;
}

uint32_t situation_selftest(Situation *s, const char *by, Moment now) {
        AlarmSpec spec = {.code = REASON_SELFTEST,
                .severity = alarm_code_severity(REASON_SELFTEST),
                .cause = REASON_SELFTEST,
                .device = NOWHERE,
                .pool = NOWHERE,
                .site = NOWHERE,
                .resource = by,
                .words = {.detail = by}};
        AlarmEntry *own = NULL, *a = alarm_raise(s, &own, &spec, now);
        uint32_t id = a ? a->alarm.id : 0;

        if (a)
                alarm_clear(s, a, REASON_NONE, now);
        return id;
}

static size_t pool_of(const Situation *s, const Alarm *a) {
        return a->pool == NOWHERE && a->device != NOWHERE ? s->devices[a->device].config->pool : a->pool;
}

const Alarm *alarm_of_pool(const Situation *s, size_t pool) {
        const Alarm *worst = NULL;

        for (size_t i = 0; i < s->n_alarms; i++) {
                const Alarm *a = &s->alarms[i]->alarm;

                if (pool_of(s, a) == pool && a->severity < SEVERITY_WARNING &&
                        (!worst || severity_worse(a->severity, worst->severity) == a->severity))
                        worst = a;
        }
        return worst;
}
