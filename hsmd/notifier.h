#ifndef HSMD_NOTIFIER_H
#define HSMD_NOTIFIER_H
/* Receivers of notifications: their queues, and the worker `hsmd-snmp notify` that sends. Policy here,
 * datagrams there.
 *
 * A receiver's queue is what the history has beyond what it has acknowledged, in order; the newest
 * notifications are kept in memory beside. One is handed to the worker only after it was told (event-log.h).
 * What was handed to a worker that died, and what was pending when hsmd started, is handed again, marked as
 * repeated. An inform is repeated until it is acknowledged, at the latest every five seconds, one after the
 * other; a trap is done with once it is sent. A receiver delays no other. Beyond its configured length a
 * queue drops the oldest, with one alarm. A heartbeat is never stored. */

#include "event.h"
#include "history.h"

typedef struct Manager Manager;
typedef struct Notifier Notifier;

/* It has no receivers until notifier_reconfigure. */
int notifier_new(Manager *manager, Notifier **ret);
/* After history_free, which may still answer. */
Notifier *notifier_free(Notifier *notifier);
/* Keeps how far receivers are; nothing is sent afterwards. */
void notifier_close(Notifier *notifier, usec_t grace);

/* How far receivers were before hsmd started; those of a receiver that is new begin with the next
 * notification. last: the last notify_sequence that was given before. Nothing is handed over before this was
 * called, once. */
void notifier_restore(Notifier *notifier, const CursorRecord *cursors, size_t n, uint64_t last);
/* No sequence beyond `after` and up to `to` was ever given; if so, said before notifier_restore. */
void notifier_hole(Notifier *notifier, uint64_t after, uint64_t to);
/* Another configuration, or another board. */
void notifier_reconfigure(Notifier *notifier);

/* Every second. */
void notifier_tick(Notifier *notifier, usec_t now);

/* An event was told: it has its notify_sequence, and durable. In order. */
void notifier_told(Notifier *notifier, const Event *event);

void notifier_extend(Notifier *notifier, usec_t lateness);
/* Writes the receivers' rows. */
void notifier_publish(const Notifier *notifier);
/* What is wrong with receivers now: refusing, silent for a minute, dropping; returns how many, at most max.
 */
size_t notifier_findings(const Notifier *notifier, Finding *ret, size_t max);

uint64_t notifier_restarts(const Notifier *notifier);
const char *notifier_engine_id(const Notifier *notifier);
uint32_t notifier_engine_boots(const Notifier *notifier);
/* Whether all receivers have done with this notify_sequence, and in words who has not ("nms-1 retrying; …").
 */
bool notifier_done(const Notifier *notifier, uint64_t sequence, char *ret_words, size_t size);

#endif
