#ifndef HSMD_NOTIFIER_QUEUE_H
#define HSMD_NOTIFIER_QUEUE_H
/* How far one receiver is with the notifications, by their notify_sequence alone: pure, no I/O, no clock.
 *
 * The sequences are 1, 2, 3, … up to the last one told, but for one hole: where the last one that was given
 * is not known, or may have been forgotten, they go on far beyond it. Of each receiver there are, in this
 * order: those that are done with; those that are out (at most NOTIFY_WINDOW: handed to the worker that is
 * up, or to one that died and so to be handed again); those that wait. What is dropped is taken from the
 * front of those that wait; what is out stays, since it may have been sent. */

#include "protocol.h"

typedef struct NotifierQueue {
        uint64_t out[NOTIFY_WINDOW];  /* in order */
        size_t n_out, n_handed;       /* of out, the first n_handed were handed to the worker that is up */
        uint64_t taken;               /* all up to it are done with, out or dropped */
        uint64_t maybe_sent;          /* all up to it may have been sent before: they are marked */
        uint32_t limit;               /* so many may be pending */
        uint64_t dropped;             /* so far, in all */
        uint64_t hole_after, hole_to; /* what lies beyond the one and up to the other was never given */
} NotifierQueue;

/* done: all up to it are done with; maybe_sent as above. */
void notifier_queue_init(NotifierQueue *queue, uint64_t done, uint64_t maybe_sent, uint32_t limit);
/* Between these two none was ever given: nothing that waits is missing there, and nothing of it is dropped.
 * Said before anything is handed. */
void notifier_queue_hole(NotifierQueue *queue, uint64_t after, uint64_t to);

/* The next one to be handed to the worker, 0: none now. last: the last one that was told. */
uint64_t notifier_queue_next(const NotifierQueue *queue, uint64_t last);
/* What notifier_queue_next gave was handed. */
void notifier_queue_handed(NotifierQueue *queue, uint64_t sequence);
/* Whether it is to be marked as repeated. */
bool notifier_queue_repeated(const NotifierQueue *queue, uint64_t sequence);

/* The worker has done with one. False, and nothing changes, unless it is the oldest that was handed. */
bool notifier_queue_done(NotifierQueue *queue, uint64_t sequence);

/* The worker is gone: what was handed to it is handed again, marked. */
void notifier_queue_lost(NotifierQueue *queue);

/* Drops what is too much; returns how many. */
uint64_t notifier_queue_drop(NotifierQueue *queue, uint64_t last);
/* All that wait below `first` cannot be had any more; returns how many were dropped for that. */
uint64_t notifier_queue_skip(NotifierQueue *queue, uint64_t first);

/* All up to it are done with: what is to be kept of this receiver. */
uint64_t notifier_queue_acknowledged(const NotifierQueue *queue);
/* How many are not done with, and the oldest of them (0: none). */
uint64_t notifier_queue_pending(const NotifierQueue *queue, uint64_t last);
uint64_t notifier_queue_oldest(const NotifierQueue *queue, uint64_t last);

#endif
