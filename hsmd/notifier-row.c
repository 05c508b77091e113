/* What is shown of receivers, and what is wrong with them. */
#include "notifier-internal.h"

#define SILENT_AFTER (60 * USEC_PER_SEC) /* then it is an alarm */

void notifier_set_state(NotifierReceiver *r, ReceiverState state, const char *detail) {
        const Manager *m = r->notifier->manager;

        if (r->state != state) {
                log_event(m->journal,
                        &(LogEvent){.priority = state == RECEIVER_OK ? LOG_NOTICE : LOG_WARNING},
                        "receiver %s: %s%s%s", r->name, name_of(&receiver_state_names, state),
                        *detail ? ", " : "", detail);
                r->state_since = now_monotonic();
        }
        r->state = state;
        copy_text(r->detail, sizeof(r->detail), detail);
}

ReceiverState notifier_shown_state(const NotifierReceiver *r) {
        return r->dropping ? RECEIVER_DROPPING : r->state;
}

void notifier_fill_cursor(const NotifierReceiver *r, CursorRecord *ret) {
        *ret = (CursorRecord){.acknowledged = notifier_queue_acknowledged(&r->queue),
                .sent = r->sent,
                .acks = r->acks,
                .refused = r->refused_before + r->refused_now,
                .dropped = r->queue.dropped};
        copy_text(ret->name, sizeof(ret->name), r->name);
}

/* Since when the oldest that is pending has waited, on CLOCK_MONOTONIC. What was told before hsmd started
 * says so by the clock of that time. False: not known. */
static bool oldest_since(const NotifierReceiver *r, usec_t *ret) {
        const Notifier *n = r->notifier;
        uint64_t oldest = notifier_queue_oldest(&r->queue, n->last);
        usec_t now = now_realtime(), mono = now_monotonic();
        const Event *event;

        if (oldest == 0)
                return false;
        if (notifier_ring_get(&n->ring, oldest, ret))
                return true;
        event = notifier_page_get(r, oldest);
        if (!event)
                return false;
        *ret = mono - MIN_OF(mono, now > event->when ? now - event->when : 0);
        return true;
}

static void fill(const NotifierReceiver *r, ReceiverRow *row) {
        const ConfigReceiver *c = r->config;
        usec_t since;

        FIELD_SET(Receiver, row, number, c->number);
        FIELD_TEXT_SET(Receiver, row, name, c->name);
        FIELD_TEXT_SET(Receiver, row, address, c->address);
        FIELD_SET(Receiver, row, kind, c->kind);
        FIELD_SET(Receiver, row, version, c->version);
        FIELD_SET(Receiver, row, text, c->text);
        FIELD_SET(Receiver, row, charset, c->charset);
        FIELD_SET(Receiver, row, state, notifier_shown_state(r));
        FIELD_SET(Receiver, row, sent, r->sent);
        FIELD_SET(Receiver, row, acknowledged, r->acks);
        FIELD_SET(Receiver, row, refused, r->refused_before + r->refused_now);
        FIELD_SET(Receiver, row, dropped, r->queue.dropped);
        FIELD_TEXT_SET(Receiver, row, detail, r->detail);
        if (r->begun) {
                FIELD_SET(Receiver, row, pending,
                        (uint32_t) notifier_queue_pending(&r->queue, r->notifier->last));
                FIELD_SET(Receiver, row, last_sequence, notifier_queue_acknowledged(&r->queue));
        }
        if (r->begun && oldest_since(r, &since))
                FIELD_SET(Receiver, row, oldest_pending_age, since);
        if (r->last_ack > 0)
                FIELD_SET(Receiver, row, last_ack_age, r->last_ack);
}

void notifier_publish(const Notifier *n) {
        BoardWriter *board = n->manager->board;
        size_t rows = board ? board_writer_rows(board, BOARD_RECEIVERS) : 0;

        for (size_t i = 0; i < n->n_receivers && i < rows; i++) {
                ReceiverRow row = {0};

                fill(n->receivers[i], &row);
                board_publish(board, BOARD_RECEIVERS, i, &row);
        }
}

static void add_finding(
        const NotifierReceiver *r, Reason reason, const char *detail, Finding *ret, size_t max, size_t *n) {
        Finding finding = {.reason = reason};

        copy_text(finding.resource, sizeof(finding.resource), r->name);
        copy_text(finding.detail, sizeof(finding.detail), detail);
        if (*n < max)
                ret[(*n)++] = finding;
}

size_t notifier_findings(const Notifier *n, Finding *ret, size_t max) {
        usec_t now = now_monotonic();
        size_t found = 0;

        for (size_t i = 0; i < n->n_receivers; i++) {
                const NotifierReceiver *r = n->receivers[i];
                char words[160];

                if (r->dropping) {
                        snprintf(words, sizeof(words), "%llu notifications were dropped so far",
                                (unsigned long long) r->queue.dropped);
                        add_finding(r, REASON_QUEUE_FULL, words, ret, max, &found);
                }
                if (r->state == RECEIVER_REFUSING)
                        add_finding(r, REASON_RECEIVER_REFUSES, r->detail, ret, max, &found);
                else if (r->state == RECEIVER_RETRYING && now - r->state_since >= SILENT_AFTER)
                        add_finding(r, REASON_RECEIVER_SILENT, r->detail, ret, max, &found);
        }
        return found;
}

bool notifier_done(const Notifier *n, uint64_t sequence, char *ret_words, size_t size) {
        bool done = true;
        size_t at = 0;

        if (size > 0)
                ret_words[0] = '\0';
        for (size_t i = 0; i < n->n_receivers; i++) {
                const NotifierReceiver *r = n->receivers[i];

                if (r->begun && notifier_queue_acknowledged(&r->queue) >= sequence)
                        continue;
                if (at < size)
                        at += (size_t) snprintf(ret_words + at, size - at, "%s%s %s", done ? "" : "; ",
                                r->name, name_of(&receiver_state_names, notifier_shown_state(r)));
                done = false;
        }
        return done;
}
