/* What was kept, given back: a restart means to go on. */
#include <stdarg.h>

#include "drill.h"
#include "event-log.h"
#include "maintenance.h"
#include "manager-situation.h"
#include "manager.h"
#include "notifier.h"
#include "numbers.h"

/* A slow disk must not keep hsmd from watching; what is read later is merged. */
#define RESTORE_WAIT (3 * USEC_PER_SEC)
/* and those who are to be told do not wait for ever for what was told before */
#define RESTORE_LATEST (30 * USEC_PER_SEC)

static void restore_availability(const Manager *m, const HistoryState *s) {
        for (size_t i = 0; i < s->n_availability; i++) {
                const AvailabilityRecord *r = &s->availability[i];
                Device *d = manager_device_by_number(m, r->device);

                if (d)
                        availability_add(&d->availability, r->start, r->serving, r->observed);
        }
}

static void restore_flaps(const Manager *m, const HistoryState *s) {
        FlapParams params = manager_flap_params(m);
        usec_t now = now_monotonic(), realtime = now_realtime();

        for (size_t i = 0; i < s->n_flaps; i++) {
                const FlapRecord *r = &s->flaps[i];
                Device *d = manager_device_by_number(m, r->device);

                if (d)
                        flap_restore(&d->judgement.flap, &params, r->level,
                                realtime > r->when ? realtime - r->when : 0, now);
        }
}

/* Before anything of it can be told again. */
static void restore(Manager *m, const HistoryState *s) {
        Moment now = moment_now();

        notifier_hole(m->notifier, s->hole_after, s->hole_to);
        for (size_t i = 0; i < s->n_told; i++)
                situation_restore_told(m->situation, &s->told[i]);
        for (size_t i = 0; i < s->n_failovers; i++)
                situation_restore_failover(m->situation, &s->failovers[i]);
        for (size_t i = 0; i < s->n_failover_counts; i++)
                situation_restore_failover_count(
                        m->situation, s->failover_counts[i].pool, s->failover_counts[i].n);
        for (size_t i = 0; i < s->n_alarms; i++)
                situation_restore_alarm(m->situation, &s->alarms[i], now);
        restore_availability(m, s);
        restore_flaps(m, s);
        maintenance_restore(m, s->maintenance, s->n_maintenance);
        drills_restore(m);
        if (!m->notifier_restored)
                notifier_restore(m->notifier, s->cursors, s->n_cursors, s->last_sequence);
        m->notifier_restored = true;
}

void manager_restore(Manager *m) {
        if (m->kept)
                restore(m, m->kept);
        history_state_free(m->kept);
        m->kept = NULL;
}

void manager_history_tick(Manager *m, usec_t now) {
        if (m->notifier_restored || now < m->started + RESTORE_LATEST)
                return;
        m->notifier_restored = true;
        log_event(m->journal, &(LogEvent){.priority = LOG_ERR, .message_id = MESSAGE_HISTORY},
                "the history cannot be read: receivers are told of what happens from now on alone");
        notifier_restore(m->notifier, NULL, 0, event_log_go_on(m->events));
}

static void on_late(HistoryState *s, void *userdata) {
        Manager *m = userdata;

        numbers_at_least(m->numbers, s->last_event);
        event_log_at_least(m->events, s->last_event, s->last_sequence);
        log_event(m->journal, &(LogEvent){.priority = LOG_WARNING, .message_id = MESSAGE_HISTORY},
                "the history was read late; what it has is merged now");
        restore(m, s);
        history_state_free(s);
}

static void on_stored(uint64_t last, void *userdata) {
        const Manager *m = userdata;

        if (m->events)
                event_log_stored(m->events, last);
}

static void on_trouble(Reason reason, const char *detail, void *userdata) {
        Manager *m = userdata;
        bool well = reason == REASON_NONE;

        log_event(m->journal,
                &(LogEvent){.priority = well ? LOG_NOTICE : LOG_ERR,
                        .message_id = MESSAGE_HISTORY,
                        .reason = name_of(&reason_names, reason)},
                "history: %s", well ? "kept again" : detail);
        m->history_trouble = reason;
        copy_text(m->history_detail, sizeof(m->history_detail), detail ? detail : "");
        /* that a damaged file was set aside stays worth knowing until hsmd starts again */
        if (reason == REASON_HISTORY_DAMAGED) {
                m->history_was_damaged = true;
                copy_text(m->history_damage, sizeof(m->history_damage), detail ? detail : "");
        }
}

int manager_history_new(Manager *m, const Config *c) {
        static const HistoryOps ops = {.late = on_late, .stored = on_stored, .trouble = on_trouble};
        HistoryOptions options = {
                .state = m->options.state, .keep_minutes = c->keep_minutes, .keep_hours = c->keep_hours};
        CLEANUP_FREE char *warning = NULL;
        int r;

        m->history_trouble = REASON_NONE;
        r = history_new(m->event, &options, &ops, m, &m->history);
        if (r < 0) {
                fprintf(stderr, "%s/history: cannot be kept: %s\n", m->options.state, strerror(-r));
                return r;
        }
        if (history_wait(m->history, RESTORE_WAIT, &m->kept) < 0)
                m->kept = NULL;
        r = numbers_new(m->options.state, m->disk, m->kept ? m->kept->last_event : 0, &m->numbers, &warning);
        if (r < 0)
                fprintf(stderr, "%s/numbers: the numbers of events cannot be kept: %s\n", m->options.state,
                        strerror(-r));
        if (warning)
                log_event(m->journal, &(LogEvent){.priority = LOG_ERR, .message_id = MESSAGE_HISTORY}, "%s",
                        warning);
        if (r >= 0)
                r = event_log_new(m, m->kept ? m->kept->last_event : 0, m->kept ? m->kept->last_sequence : 0,
                        &m->events);
        if (r >= 0 && !m->kept)
                event_log_hold(m->events);
        return r;
}
