#include "year.h"

Moment moment(const Year *y) {
        return (Moment){y->now, 1700000000 * SECOND + y->now};
}

static AlarmRecord *find(Book *b, uint32_t id) {
        for (size_t i = 0; i < b->n_active; i++)
                if (b->active[i].event.alarm == id)
                        return &b->active[i];
        return NULL;
}

const AlarmRecord *book_find(const Year *y, uint32_t id) {
        return find((Book *) &y->book, id);
}

static bool same_key(const Event *a, const Event *b) {
        return streq(a->code, b->code) && streq(a->resource, b->resource) && a->device == b->device &&
               a->pool == b->pool && a->site == b->site;
}

static bool is_fall(const Event *e) {
        return streq(e->code, "device-down") || streq(e->code, "device-unknown");
}

static void count_in_incident(Year *y, unsigned incident) {
        /* that of an old one has been counted, and its place is another's */
        if (incident > 0 && y->incidents - incident < INCIDENTS)
                y->raised_in[incident % INCIDENTS]++;
}

static void take_raised(Year *y, const Event *e) {
        Book *b = &y->book;

        MUST(y, e->alarm == e->id, "an alarm is not known by its event");
        MUST(y, e->alarm > b->last_alarm, "alarm %u came after %llu", e->alarm,
                (unsigned long long) b->last_alarm);
        b->last_alarm = e->alarm;
        for (size_t i = 0; i < b->n_active; i++)
                MUST(y, !same_key(&b->active[i].event, e), "raised twice: %s, and %s",
                        b->active[i].event.text, e->text);
        if (b->n_active == b->max_active) {
                b->max_active = b->max_active ? 2 * b->max_active : 256;
                b->active = realloc(b->active, b->max_active * sizeof(*b->active));
                assert_non_null(b->active);
        }
        b->active[b->n_active++] = (AlarmRecord){.event = *e, .since = e->when};
        b->raised++;
        b->common_causes += streq(e->code, "common-cause");
        if (!is_fall(e))
                return;
        MUST(y, !y->machines[e->device - 1].j.flap.flapping, "raised while it flaps: %s", e->text);
        count_in_incident(y, y->machines[e->device - 1].incident);
}

static void take_cleared(Year *y, const Event *e) {
        Book *b = &y->book;
        AlarmRecord *r = find(b, e->alarm);

        MUST(y, r, "cleared, and not active: %s", e->text);
        MUST(y, streq(r->event.code, e->code), "cleared as %s: %s", e->code, r->event.text);
        if (is_fall(e) && e->cause == REASON_SUPERSEDED)
                b->taken_over = e->when;
        *r = b->active[--b->n_active];
        b->cleared++;
}

/* Who is told of a common cause is not told again of what it does, but for a later fall's alarm that gave way
 * to it. */
static void take_changed(Year *y, const Event *e, bool notify) {
        AlarmRecord *r = find(&y->book, e->alarm);

        MUST(y, r, "changed, and not active: %s", e->text);
        if (streq(e->code, "common-cause"))
                MUST(y, !notify || y->book.taken_over == e->when, "told again: %s", e->text);
        else
                MUST(y, !notify || r->event.severity != e->severity, "told without a reason: %s", e->text);
        r->event = *e;
        y->book.changed++;
}

static bool is_open(const Book *b, const Event *e) {
        for (size_t i = 0; i < b->n_failovers; i++)
                if (b->failovers[i].failover == e->failover &&
                        b->failovers[i].type == EVENT_FAILOVER_RETURNED)
                        return false;
        return true;
}

/* The last ones, and those that are open however old. */
static void keep_failover(Book *b, const Event *e) {
        if (b->n_failovers == ELEMENTSOF(b->failovers)) {
                size_t gone = 0;

                while (gone + 1 < b->n_failovers && is_open(b, &b->failovers[gone]))
                        gone++;
                memmove(b->failovers + gone, b->failovers + gone + 1,
                        (--b->n_failovers - gone) * sizeof(Event));
        }
        b->failovers[b->n_failovers++] = *e;
}

static void take_loss(Year *y, const Event *e, bool notify) {
        Machine *m = &y->machines[e->device - 1];

        MUST(y, !m->reported, "lost twice: %s", e->text);
        MUST(y, !notify || !m->j.flap.flapping, "told while it flaps: %s", e->text);
        m->reported = true;
        y->book.losses++;
        keep_failover(&y->book, e);
}

static void take_returned(Year *y, const Event *e) {
        Machine *m = &y->machines[e->device - 1];

        MUST(y, m->reported, "back, and never lost: %s", e->text);
        m->reported = false;
        y->book.returned++;
        keep_failover(&y->book, e);
}

static void take_told(Year *y, const Event *e) {
        Event *before =
                e->service_name[0] ? &y->book.told_service[e->service - 1] : &y->book.told_pool[e->pool - 1];

        MUST(y, before->id == 0 || !streq(before->state, e->state), "told twice: %s", e->text);
        *before = *e;
}

void book_event(const Event *e, bool notify, void *userdata) {
        Year *y = userdata;
        Book *b = &y->book;

        MUST(y, e->id > b->last_id, "event %llu after %llu", (unsigned long long) e->id,
                (unsigned long long) b->last_id);
        MUST(y, !notify || !b->silent, "told after a restart: %s", e->text);
        MUST(y, !notify || event_type_notifies(e->type), "told: %s", e->text);
        b->last_id = e->id;
        b->events++;
        b->notified += notify;
        if (e->type == EVENT_ALARM_RAISED)
                take_raised(y, e);
        else if (e->type == EVENT_ALARM_CLEARED)
                take_cleared(y, e);
        else if (e->type == EVENT_ALARM_CHANGED)
                take_changed(y, e, notify);
        else if (e->type == EVENT_POOL_FAILOVER)
                take_loss(y, e, notify);
        else if (e->type == EVENT_FAILOVER_RETURNED)
                take_returned(y, e);
        else if (e->type == EVENT_POOL_STATE || e->type == EVENT_POOL_RECOVERED ||
                 e->type == EVENT_SERVICE_AT_RISK || e->type == EVENT_SERVICE_RECOVERED)
                take_told(y, e);
}

void book_restore(Year *y) {
        Book *b = &y->book;

        for (size_t i = 0; i < b->n_active; i++)
                situation_restore_alarm(y->situation, &b->active[i], moment(y));
        for (size_t i = 0; i < b->n_failovers; i++)
                situation_restore_failover(y->situation, &b->failovers[i]);
        for (size_t i = 0; i < y->config.n_pools; i++)
                if (b->told_pool[i].id != 0)
                        situation_restore_told(y->situation, &b->told_pool[i]);
        for (size_t i = 0; i < y->config.n_services; i++)
                if (b->told_service[i].id != 0)
                        situation_restore_told(y->situation, &b->told_service[i]);
}

void book_free(Year *y) {
        free(y->book.active);
        free(y->book.told_pool);
        free(y->book.told_service);
}

void book_check(const Year *y) {
        size_t n;
        const Alarm *const *all = situation_alarms(y->situation, &n);
        uint32_t of[SEVERITY_WARNING + 1] = {0};

        MUST(y, n == y->book.n_active, "%zu active, the events say %zu", n, y->book.n_active);
        MUST(y, y->book.raised - y->book.cleared == n, "the balance of alarms");
        for (size_t i = 0; i < n; i++) {
                const AlarmRecord *r = book_find(y, all[i]->id);

                MUST(y, i == 0 || all[i - 1]->id < all[i]->id, "out of order");
                MUST(y,
                        r && (Severity) r->event.severity == all[i]->severity &&
                                streq(r->event.text, all[i]->text),
                        "not as its last event told: %s", all[i]->text);
                of[all[i]->severity]++;
        }
        for (Severity s = SEVERITY_CRITICAL; s <= SEVERITY_WARNING; s++)
                MUST(y, situation_alarms_of(y->situation, s) == of[s], "count of severity %u", s);
}
