#include "event-log.h"

#include "event-line.h"
#include "manager.h"
#include "notifier.h"
#include "numbers.h"
#include "percentile.h"

#define TOLD_KEPT 512
#define WAITERS_MAX 256 /* as many answers as the control socket owes at most: there is room for each */
#define LATENCIES 256

typedef struct Waiting {
        struct Waiting *next;
        Event event;
        usec_t added, appended; /* appended: it was given to the history */
        bool notify;
} Waiting;

/* Somebody who waits for the next event. */
typedef struct Waiter {
        ControlReply *reply;
        uint64_t after;
        uint32_t device;
        usec_t until;
} Waiter;

struct EventLog {
        Manager *manager;
        Waiting *head, *tail; /* not told yet, in order */
        uint64_t stored, last_told, last_sequence;
        bool disk_slow;
        bool held;                /* until it is known which sequence was the last */
        Waiting *told[TOLD_KEPT]; /* the last ones: for who follows, and for the time from verdict to datagram
                                   */
        uint64_t n_told;
        uint32_t told_usec[LATENCIES], sent_usec[LATENCIES];
        uint64_t n_told_usec, n_sent_usec;
        Waiter waiters[WAITERS_MAX];
        size_t n_waiters;
};

int event_log_new(Manager *manager, uint64_t last_event, uint64_t last_sequence, EventLog **ret) {
        EventLog *log = calloc(1, sizeof(*log));

        if (!log)
                return -ENOMEM;
        log->manager = manager;
        log->last_told = last_event;
        log->last_sequence = last_sequence;
        *ret = log;
        return 0;
}

EventLog *event_log_free(EventLog *log) {
        if (!log)
                return NULL;
        if (log->head)
                (void) event_log_go_on(log);
        for (Waiting *w = log->head, *next; w; w = next) {
                next = w->next;
                free(w);
        }
        for (size_t i = 0; i < TOLD_KEPT; i++)
                free(log->told[i]);
        for (size_t i = 0; i < log->n_waiters; i++)
                control_reply_events(log->waiters[i].reply, 0, NULL, 0);
        free(log);
        return NULL;
}

/* Its sequence is part of what is stored. */
static void append(EventLog *log, Waiting *w, usec_t now) {
        if (w->notify)
                FIELD_SET(Event, &w->event, notify_sequence, ++log->last_sequence);
        w->appended = now;
        history_append(log->manager->history, &w->event);
}

void event_log_hold(EventLog *log) {
        log->held = true;
}

static void release(EventLog *log) {
        usec_t now = now_monotonic();

        log->held = false;
        for (Waiting *w = log->head; w; w = w->next)
                if (w->appended == 0)
                        append(log, w, now);
}

/* No sequence is larger than its event's number, so none that was given before is given again. */
uint64_t event_log_go_on(EventLog *log) {
        uint64_t last;

        if (!log->held)
                return log->last_sequence;
        last = log->head ? log->head->event.id - 1 : numbers_next(log->manager->numbers);
        last = MAX_OF(last, log->last_sequence);
        log->last_sequence = last;
        release(log);
        return last;
}

void event_log_add(EventLog *log, const Event *event, bool notify) {
        Waiting *w = calloc(1, sizeof(*w));
        Manager *m = log->manager;

        if (!w) {
                event_line(m->journal, event);
                return;
        }
        w->event = *event;
        w->added = now_monotonic();
        w->notify = notify;
        FIELD_SET(Event, &w->event, durable, 1);
        event_line(m->journal, &w->event);
        m->fleet.last_change = now_realtime();
        FIELD_SET(Fleet, &m->fleet, last_event_id, event->id);
        if (log->tail)
                log->tail->next = w;
        else
                log->head = w;
        log->tail = w;
        if (!log->held)
                append(log, w, w->added);
}

static void note_usec(uint32_t *kept, uint64_t *n, usec_t usec) {
        kept[(*n)++ % LATENCIES] = (uint32_t) MIN_OF(usec, (usec_t) UINT32_MAX);
}

static bool is_for(const Waiter *w, const Event *event) {
        return event->id > w->after &&
               (w->device == 0 || (field_valid(event, EventField_device) && event->device == w->device));
}

static void answer_waiters(EventLog *log, const Event *event) {
        size_t left = 0;

        for (size_t i = 0; i < log->n_waiters; i++) {
                if (is_for(&log->waiters[i], event))
                        control_reply_events(log->waiters[i].reply, 0, event, 1);
                else
                        log->waiters[left++] = log->waiters[i];
        }
        log->n_waiters = left;
}

static void tell(EventLog *log, Waiting *w, bool durable, usec_t now) {
        Waiting **place = &log->told[log->n_told++ % TOLD_KEPT];

        if (!durable)
                FIELD_SET(Event, &w->event, durable, 0);
        free(*place);
        *place = w;
        note_usec(log->told_usec, &log->n_told_usec, now - w->added);
        log->last_told = w->event.id;
        if (field_valid(&w->event, EventField_notify_sequence))
                notifier_told(log->manager->notifier, &w->event);
        answer_waiters(log, &w->event);
}

static void tell_what_can_be(EventLog *log, usec_t now) {
        const Manager *m = log->manager;

        while (log->head && !log->held) {
                Waiting *w = log->head;
                bool durable = w->event.id <= log->stored;

                if (!durable && now - MIN_OF(now, w->appended) < m->config->durable_timeout)
                        return;
                /* a number that is not reserved might be given again after a crash */
                if (!durable && w->event.id > numbers_reserved(m->numbers))
                        return;
                log->disk_slow = !durable;
                log->head = w->next;
                if (!log->head)
                        log->tail = NULL;
                tell(log, w, durable, now);
        }
}

void event_log_stored(EventLog *log, uint64_t last) {
        log->stored = MAX_OF(log->stored, last);
        tell_what_can_be(log, now_monotonic());
        if (log->stored >= log->last_told)
                log->disk_slow = false;
}

static void end_waits(EventLog *log, usec_t now) {
        size_t left = 0;

        for (size_t i = 0; i < log->n_waiters; i++) {
                if (now >= log->waiters[i].until || control_reply_is_orphan(log->waiters[i].reply))
                        control_reply_events(log->waiters[i].reply, 0, NULL, 0);
                else
                        log->waiters[left++] = log->waiters[i];
        }
        log->n_waiters = left;
}

void event_log_tick(EventLog *log, usec_t now) {
        tell_what_can_be(log, now);
        end_waits(log, now);
}

void event_log_extend(EventLog *log, usec_t lateness) {
        for (Waiting *w = log->head; w; w = w->next) {
                w->added += lateness;
                if (w->appended > 0)
                        w->appended += lateness;
        }
        for (size_t i = 0; i < log->n_waiters; i++)
                log->waiters[i].until += lateness;
}

void event_log_at_least(EventLog *log, uint64_t last_event, uint64_t last_sequence) {
        log->last_told = MAX_OF(log->last_told, last_event);
        log->last_sequence = MAX_OF(log->last_sequence, last_sequence);
        if (log->held)
                release(log);
}

uint64_t event_log_last_told(const EventLog *log) {
        return log->last_told;
}

uint64_t event_log_last_sequence(const EventLog *log) {
        return log->last_sequence;
}

usec_t event_log_told_p99(const EventLog *log) {
        return percentile_of_ring(log->told_usec, LATENCIES, log->n_told_usec, 99);
}

usec_t event_log_sent_p99(const EventLog *log) {
        return percentile_of_ring(log->sent_usec, LATENCIES, log->n_sent_usec, 99);
}

void event_log_sent(EventLog *log, uint64_t id, usec_t when) {
        for (size_t i = 0; i < TOLD_KEPT; i++)
                if (log->told[i] && log->told[i]->event.id == id && when > log->told[i]->added)
                        note_usec(log->sent_usec, &log->n_sent_usec, when - log->told[i]->added);
}

bool event_log_disk_slow(const EventLog *log) {
        return log->disk_slow;
}

/* --- following */

static void put_waiter(EventLog *log, const Waiter *waiter) {
        if (log->n_waiters < WAITERS_MAX)
                log->waiters[log->n_waiters++] = *waiter;
        else
                control_reply_events(waiter->reply, 0, NULL, 0);
}

/* Those told last may not be stored yet. */
static void answer_or_wait(EventLog *log, const Waiter *w) {
        uint64_t have = MIN_OF(log->n_told, (uint64_t) TOLD_KEPT), first = log->n_told - have;
        CLEANUP_FREE Event *found = calloc(have + 1, sizeof(*found));
        size_t n = 0;

        for (uint64_t i = 0; found && i < have; i++)
                if (is_for(w, &log->told[(first + i) % TOLD_KEPT]->event))
                        found[n++] = log->told[(first + i) % TOLD_KEPT]->event;
        if (n > 0)
                control_reply_events(w->reply, 0, found, n);
        else
                put_waiter(log, w);
}

/* Whether what is kept in memory reaches back far enough. */
static bool memory_reaches(const EventLog *log, uint64_t after) {
        uint64_t have = MIN_OF(log->n_told, (uint64_t) TOLD_KEPT);

        return after >= log->last_told ||
               (have > 0 && log->told[(log->n_told - have) % TOLD_KEPT]->event.id <= after + 1);
}

typedef struct Look {
        Manager *manager;
        Waiter waiter;
} Look;

static void on_looked(int error, const Event *events, size_t n, void *userdata) {
        Look *look = userdata;

        if (n > 0 || error < 0)
                control_reply_events(look->waiter.reply, error, events, n);
        else if (look->manager->events)
                answer_or_wait(look->manager->events, &look->waiter);
        else
                control_reply_events(look->waiter.reply, 0, NULL, 0);
        free(look);
}

void event_log_wait(EventLog *log, uint64_t after, uint32_t device, usec_t wait, ControlReply *reply) {
        EventFilter filter = {.after = after, .device = device, .limit = HISTORY_PAGE};
        Waiter waiter = {.reply = reply, .after = after, .device = device, .until = now_monotonic() + wait};
        Look *look;

        if (memory_reaches(log, after)) {
                answer_or_wait(log, &waiter);
                return;
        }
        look = calloc(1, sizeof(*look));
        if (!look) {
                control_reply_events(reply, -ENOMEM, NULL, 0);
                return;
        }
        *look = (Look){.manager = log->manager, .waiter = waiter};
        history_events(log->manager->history, &filter, on_looked, look);
}
