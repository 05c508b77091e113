#ifndef HSMD_HISTORY_QUEUE_H
#define HSMD_HISTORY_QUEUE_H
/* What waits to be stored, between the loop and the history's thread. The lock is never held while anything
 * is read or written. */

#include <pthread.h>

#include "history.h"

typedef struct WaitingEvent {
        struct WaitingEvent *next;
        Event event;
} WaitingEvent;

typedef struct WaitingCursor {
        CursorRecord record;
        bool forget;
} WaitingCursor;

/* Taken out of the queue to be stored. */
typedef struct HistoryBatch {
        WaitingEvent *events; /* in order */
        size_t n_events;
        WaitingCursor *cursors;
        size_t n_cursors;
        RollupRow *rollups;
        size_t n_rollups;
} HistoryBatch;

typedef struct HistoryQueue {
        pthread_mutex_t lock;
        WaitingEvent *head, *tail;
        size_t n; /* waiting, those that are being stored included */
        uint64_t dropped;
        WaitingCursor *cursors; /* one a receiver */
        size_t n_cursors;
        RollupRow *rollups;
        size_t n_rollups;
} HistoryQueue;

void history_queue_init(HistoryQueue *queue);
void history_queue_done(HistoryQueue *queue);

/* Copies it; beyond HISTORY_WAITING_MAX the oldest that is not being stored is dropped. */
int history_queue_event(HistoryQueue *queue, const Event *event);
/* What will never be stored. */
void history_queue_drop(HistoryQueue *queue);
int history_queue_cursor(HistoryQueue *queue, const CursorRecord *cursor, bool forget);
int history_queue_rollup(HistoryQueue *queue, const RollupRow *row);
size_t history_queue_waiting(HistoryQueue *queue);
uint64_t history_queue_dropped(HistoryQueue *queue);

/* At most max events, in order, and every cursor. */
void history_queue_take(HistoryQueue *queue, size_t max, HistoryBatch *ret);
void history_queue_take_rollups(HistoryQueue *queue, HistoryBatch *ret);
/* Not stored: back to where it was; a cursor that is newer stays. */
void history_queue_return(HistoryQueue *queue, HistoryBatch *batch);
/* Stored. */
void history_queue_finish(HistoryQueue *queue, HistoryBatch *batch);

#endif
