#include "history-queue.h"

#define ROLLUPS_MAX 10000 /* of a disk that takes none for so long, the newest are lost */

void history_queue_init(HistoryQueue *q) {
        *q = (HistoryQueue){0};
        pthread_mutex_init(&q->lock, NULL);
}

static void free_events(WaitingEvent *e) {
        while (e) {
                WaitingEvent *next = e->next;

                free(e);
                e = next;
        }
}

void history_queue_done(HistoryQueue *q) {
        free_events(q->head);
        free(q->cursors);
        free(q->rollups);
        pthread_mutex_destroy(&q->lock);
}

/* --- put
 * ----------------------------------------------------------------------------------------------------- */

static WaitingEvent *take_oldest(HistoryQueue *q) {
        WaitingEvent *oldest = q->head;

        q->head = oldest->next;
        if (!q->head)
                q->tail = NULL;
        q->n--;
        q->dropped++;
        return oldest;
}

int history_queue_event(HistoryQueue *q, const Event *event) {
        WaitingEvent *e = malloc(sizeof(*e)), *dropped = NULL;

        if (!e) {
                pthread_mutex_lock(&q->lock);
                q->dropped++;
                pthread_mutex_unlock(&q->lock);
                return -ENOMEM;
        }
        e->next = NULL;
        memcpy(&e->event, event, sizeof(*event));
        pthread_mutex_lock(&q->lock);
        if (q->n >= HISTORY_WAITING_MAX && q->head)
                dropped = take_oldest(q);
        if (q->tail)
                q->tail->next = e;
        else
                q->head = e;
        q->tail = e;
        q->n++;
        pthread_mutex_unlock(&q->lock);
        free(dropped);
        return 0;
}

void history_queue_drop(HistoryQueue *q) {
        pthread_mutex_lock(&q->lock);
        while (q->head)
                free(take_oldest(q));
        pthread_mutex_unlock(&q->lock);
}

static int add_cursor(HistoryQueue *q, const WaitingCursor *cursor, bool replace) {
        WaitingCursor *bigger;

        for (size_t i = 0; i < q->n_cursors; i++)
                if (streq(q->cursors[i].record.name, cursor->record.name)) {
                        if (replace)
                                q->cursors[i] = *cursor;
                        return 0;
                }
        bigger = reallocarray(q->cursors, q->n_cursors + 1, sizeof(*bigger));
        if (!bigger)
                return -ENOMEM;
        q->cursors = bigger;
        q->cursors[q->n_cursors++] = *cursor;
        return 0;
}

int history_queue_cursor(HistoryQueue *q, const CursorRecord *cursor, bool forget) {
        WaitingCursor waiting = {.record = *cursor, .forget = forget};
        int r;

        pthread_mutex_lock(&q->lock);
        r = add_cursor(q, &waiting, true);
        pthread_mutex_unlock(&q->lock);
        return r;
}

/* Grows by doubling: n is a power of two when there is no room left. */
static int add_rollup(HistoryQueue *q, const RollupRow *row) {
        if (q->n_rollups >= ROLLUPS_MAX)
                return -ENOSPC;
        if ((q->n_rollups & (q->n_rollups - 1)) == 0) {
                RollupRow *bigger =
                        reallocarray(q->rollups, q->n_rollups ? 2 * q->n_rollups : 1, sizeof(*bigger));

                if (!bigger)
                        return -ENOMEM;
                q->rollups = bigger;
        }
        memcpy(&q->rollups[q->n_rollups++], row, sizeof(*row));
        return 0;
}

int history_queue_rollup(HistoryQueue *q, const RollupRow *row) {
        int r;

        pthread_mutex_lock(&q->lock);
        r = add_rollup(q, row);
        pthread_mutex_unlock(&q->lock);
        return r;
}

size_t history_queue_waiting(HistoryQueue *q) {
        size_t n;

        pthread_mutex_lock(&q->lock);
        n = q->n;
        pthread_mutex_unlock(&q->lock);
        return n;
}

uint64_t history_queue_dropped(HistoryQueue *q) {
        uint64_t n;

        pthread_mutex_lock(&q->lock);
        n = q->dropped;
        pthread_mutex_unlock(&q->lock);
        return n;
}

/* --- taken
 * --------------------------------------------------------------------------------------------------- */

void history_queue_take(HistoryQueue *q, size_t max, HistoryBatch *ret) {
        WaitingEvent **end;
        HistoryBatch batch = {0};

        pthread_mutex_lock(&q->lock);
        batch.events = q->head;
        end = &batch.events;
        while (*end && batch.n_events < max) {
                end = &(*end)->next;
                batch.n_events++;
        }
        q->head = *end;
        *end = NULL;
        if (!q->head)
                q->tail = NULL;
        batch.cursors = q->cursors;
        batch.n_cursors = q->n_cursors;
        q->cursors = NULL;
        q->n_cursors = 0;
        pthread_mutex_unlock(&q->lock);
        *ret = batch;
}

void history_queue_take_rollups(HistoryQueue *q, HistoryBatch *ret) {
        pthread_mutex_lock(&q->lock);
        *ret = (HistoryBatch){.rollups = q->rollups, .n_rollups = q->n_rollups};
        q->rollups = NULL;
        q->n_rollups = 0;
        pthread_mutex_unlock(&q->lock);
}

static void free_batch(HistoryBatch *batch) {
        free_events(batch->events);
        free(batch->cursors);
        free(batch->rollups);
        *batch = (HistoryBatch){0};
}

void history_queue_return(HistoryQueue *q, HistoryBatch *batch) {
        WaitingEvent *last = batch->events;
        size_t over;

        pthread_mutex_lock(&q->lock);
        while (last && last->next)
                last = last->next;
        if (last) {
                last->next = q->head;
                q->head = batch->events;
                if (!q->tail)
                        q->tail = last;
                batch->events = NULL;
        }
        for (over = q->n > HISTORY_WAITING_MAX ? q->n - HISTORY_WAITING_MAX : 0; over > 0; over--)
                free(take_oldest(q));
        for (size_t i = 0; i < batch->n_cursors; i++)
                add_cursor(q, &batch->cursors[i], false);
        for (size_t i = 0; i < batch->n_rollups; i++)
                add_rollup(q, &batch->rollups[i]);
        pthread_mutex_unlock(&q->lock);
        free_batch(batch);
}

void history_queue_finish(HistoryQueue *q, HistoryBatch *batch) {
        pthread_mutex_lock(&q->lock);
        q->n -= batch->n_events;
        pthread_mutex_unlock(&q->lock);
        free_batch(batch);
}
