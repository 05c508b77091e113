#include "history-store.h"

#include <sys/stat.h>

#include "history-ballast.h"
#include "history-fold.h"
#include "history-schema.h"
#include "history-statement.h"

/* --- made and freed
 * ----------------------------------------------------------------------------------------- */

int history_store_new(const char *state, usec_t keep_minutes, usec_t keep_hours, HistoryStore **ret) {
        HistoryStore *s = calloc(1, sizeof(*s));
        pthread_condattr_t attr;
        int r = s ? history_file_init(&s->events, &history_events_schema, state) : -ENOMEM;

        if (r >= 0)
                r = history_file_init(&s->rollups, &history_rollups_schema, state);
        if (r < 0) {
                free(s);
                return r;
        }
        copy_text(s->state, sizeof(s->state), state);
        s->keep_minutes = keep_minutes;
        s->keep_hours = keep_hours;
        history_queue_init(&s->queue);
        pthread_mutex_init(&s->lock, NULL);
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&s->answered, &attr);
        pthread_condattr_destroy(&attr);
        s->answer = 1;
        atomic_init(&s->references, 1);
        *ret = s;
        return 0;
}

HistoryStore *history_store_ref(HistoryStore *s) {
        atomic_fetch_add(&s->references, 1);
        return s;
}

HistoryStore *history_store_unref(HistoryStore *s) {
        if (!s || atomic_fetch_sub(&s->references, 1) > 1)
                return NULL;
        history_file_close(&s->events);
        history_file_close(&s->rollups);
        history_queue_done(&s->queue);
        history_state_free(s->kept);
        pthread_mutex_destroy(&s->lock);
        pthread_cond_destroy(&s->answered);
        free(s);
        return NULL;
}

/* --- the disk is full
 * ---------------------------------------------------------------------------------------- */

static bool release_ballast(HistoryStore *s) {
        if (!history_ballast_release(s->state))
                return false;
        s->released = true;
        return true;
}

static void make_ballast(HistoryStore *s) {
        s->no_ballast = history_ballast_make(s->state) < 0;
        if (!s->no_ballast)
                s->released = false;
}

/* --- opening
 * ------------------------------------------------------------------------------------------------- */

static int make_directory(const HistoryStore *s) {
        char path[PATH_MAX + 16];

        snprintf(path, sizeof(path), "%s/history", s->state);
        return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_file(HistoryStore *s, HistoryFile *f) {
        int r = f->db ? 0 : history_file_open(f);

        return r == -ENOSPC && release_ballast(s) ? history_file_open(f) : r;
}

static int read_state(HistoryStore *s, HistoryState **ret) {
        int r;

        do
                r = history_file_result(
                        &s->events, history_fold_read(&s->events, &s->rollups, now_realtime(), ret));
        while (r == -EAGAIN); /* met something damaged; bounded by HISTORY_ASIDE_MAX */
        return r;
}

static void answer(HistoryStore *s, int r, HistoryState *kept) {
        pthread_mutex_lock(&s->lock);
        s->answer = r;
        s->kept = kept;
        pthread_cond_broadcast(&s->answered);
        pthread_mutex_unlock(&s->lock);
}

static int open_both(HistoryStore *s, HistoryState **ret) {
        int r = make_directory(s);

        if (r < 0) {
                snprintf(s->events.error, sizeof(s->events.error), "STATE/history: %s", strerror(-r));
                return r;
        }
        r = open_file(s, &s->events);
        open_file(s, &s->rollups); /* what is wrong with it does not keep events from being stored */
        return r < 0 ? r : read_state(s, ret);
}

int history_store_open(HistoryStore *s) {
        HistoryState *kept = NULL;
        int r = open_both(s, &kept);

        if (r >= 0) {
                make_ballast(s);
                s->opened = true;
        }
        answer(s, r, kept);
        return r;
}

int history_store_kept(HistoryStore *s, usec_t until, HistoryState **ret) {
        struct timespec ts = {
                .tv_sec = (time_t) (until / USEC_PER_SEC), .tv_nsec = (long) (until % USEC_PER_SEC * 1000)};
        int r;

        pthread_mutex_lock(&s->lock);
        while (s->answer == 1 && pthread_cond_timedwait(&s->answered, &s->lock, &ts) != ETIMEDOUT)
                ;
        r = s->answer == 1 ? -ETIMEDOUT : s->answer;
        if (r == 0) {
                *ret = s->kept;
                s->kept = NULL;
        }
        pthread_mutex_unlock(&s->lock);
        return r;
}

/* --- storing
 * ------------------------------------------------------------------------------------------------- */

static int store_cursor(HistoryFile *f, const WaitingCursor *c) {
        sqlite3_stmt *s = NULL;
        int code =
                c->forget ? history_file_statement(
                                    f, STATEMENT_CURSOR_FORGET, "DELETE FROM cursors WHERE name = ?1", &s)
                          : history_file_statement(f, STATEMENT_CURSOR,
                                    "INSERT OR REPLACE INTO cursors (name, acknowledged, sent, acks, refused,"
                                    " dropped) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                                    &s);

        if (code != SQLITE_OK)
                return code;
        sqlite3_bind_text(s, 1, c->record.name, -1, SQLITE_STATIC);
        if (!c->forget) {
                sqlite3_bind_int64(s, 2, (int64_t) c->record.acknowledged);
                sqlite3_bind_int64(s, 3, (int64_t) c->record.sent);
                sqlite3_bind_int64(s, 4, (int64_t) c->record.acks);
                sqlite3_bind_int64(s, 5, (int64_t) c->record.refused);
                sqlite3_bind_int64(s, 6, (int64_t) c->record.dropped);
        }
        return history_file_run(s);
}

static int store_batch(HistoryFile *f, const HistoryBatch *batch) {
        int code = history_file_exec(f, "BEGIN IMMEDIATE");

        for (const WaitingEvent *e = batch->events; e && code == SQLITE_OK; e = e->next)
                code = history_fold_add(f, &e->event);
        for (size_t i = 0; i < batch->n_cursors && code == SQLITE_OK; i++)
                code = store_cursor(f, &batch->cursors[i]);
        return code == SQLITE_OK ? history_file_exec(f, "COMMIT") : code;
}

static uint64_t last_of(const HistoryBatch *batch) {
        uint64_t last = 0;

        for (const WaitingEvent *e = batch->events; e; e = e->next)
                last = MAX_OF(last, e->event.id);
        return last;
}

int history_store_commit(HistoryStore *s, HistoryCommit *ret) {
        usec_t began = now_monotonic();
        HistoryBatch batch;
        int r;

        /* a file that failed is read again; until what was kept has been read nothing is added to it */
        r = s->opened ? open_file(s, &s->events) : -ENOTCONN;
        if (r < 0)
                return r;
        *ret = (HistoryCommit){0};
        history_queue_take(&s->queue, HISTORY_BATCH, &batch);
        if (batch.n_events == 0 && batch.n_cursors == 0)
                return 0;
        r = history_file_result(&s->events, store_batch(&s->events, &batch));
        if (r == -ENOSPC && release_ballast(s))
                r = history_file_result(&s->events, store_batch(&s->events, &batch));
        if (r < 0) {
                history_queue_return(&s->queue, &batch);
                return r;
        }
        *ret = (HistoryCommit){.last = last_of(&batch), .took = MAX_OF(now_monotonic() - began, (usec_t) 1)};
        history_queue_finish(&s->queue, &batch);
        return 0;
}

static bool at_bound(HistoryFile *f) {
        int64_t pages = 0;

        return f->db && history_number(f->db, "PRAGMA page_count", &pages) == SQLITE_OK &&
               pages >= f->schema->max_pages;
}

static int store_rollups(HistoryStore *s, const HistoryBatch *batch) {
        bool more;
        int r = history_file_result(
                &s->rollups, history_rollup_store(&s->rollups, batch->rollups, batch->n_rollups));

        if (r != -ENOSPC)
                return r;
        if (at_bound(&s->rollups))
                r = history_file_result(&s->rollups, history_rollup_forget(&s->rollups, 0, 0, true, &more));
        else if (!release_ballast(s))
                return r;
        return r < 0 && r != -ENOSPC
                       ? r
                       : history_file_result(&s->rollups,
                                 history_rollup_store(&s->rollups, batch->rollups, batch->n_rollups));
}

int history_store_rollups(HistoryStore *s) {
        HistoryBatch batch;
        int r;

        r = s->opened ? open_file(s, &s->rollups) : -ENOTCONN;
        if (r < 0)
                return r;
        history_queue_take_rollups(&s->queue, &batch);
        if (batch.n_rollups == 0)
                return 0;
        r = store_rollups(s, &batch);
        if (r < 0)
                history_queue_return(&s->queue, &batch);
        else
                history_queue_finish(&s->queue, &batch);
        return r;
}

/* --- once in a while
 * ----------------------------------------------------------------------------------------- */

int history_store_upkeep(HistoryStore *s) {
        usec_t now = now_realtime();
        bool more = false;
        int r = 0;

        if (s->rollups.db)
                r = history_file_result(
                        &s->rollups, history_rollup_forget(&s->rollups, now - MIN_OF(now, s->keep_minutes),
                                             now - MIN_OF(now, s->keep_hours), false, &more));
        if (r >= 0 && more)
                return 1;
        make_ballast(s);
        return r;
}

static void checkpoint(HistoryFile *f) {
        int pages = f->wal_pages;

        if (!f->db || pages < HISTORY_WAL_PAGES)
                return;
        f->wal_pages = 0;
        if (history_file_result(
                    f, sqlite3_wal_checkpoint_v2(f->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL)) < 0)
                f->wal_pages = pages; /* is still due */
}

void history_store_checkpoint(HistoryStore *s) {
        checkpoint(&s->events);
        checkpoint(&s->rollups);
}

bool history_store_checkpoint_due(const HistoryStore *s) {
        return s->events.wal_pages >= HISTORY_WAL_PAGES || s->rollups.wal_pages >= HISTORY_WAL_PAGES;
}

static bool ails(const HistoryFile *f) {
        return f->error[0] && !f->refused;
}

bool history_store_ails(const HistoryStore *s) {
        return ails(&s->events) || ails(&s->rollups) || s->released || s->no_ballast;
}

/* --- what is wrong
 * ------------------------------------------------------------------------------------------- */

/* What holds now before what happened once: a file that was set aside is told until hsmd ends. */
void history_store_trouble(const HistoryStore *s, HistoryTrouble *ret) {
        const HistoryFile *files[] = {&s->events, &s->rollups};

        *ret = (HistoryTrouble){.reason = REASON_NONE};
        for (size_t i = 0; i < ELEMENTSOF(files) && ret->reason == REASON_NONE; i++) {
                const HistoryFile *f = files[i];

                if (f->error[0] == '\0')
                        continue;
                ret->reason = f->full      ? REASON_DISK_FULL
                              : f->refused ? REASON_HISTORY_DAMAGED
                                           : REASON_DISK_SLOW;
                snprintf(ret->detail, sizeof(ret->detail), "%s cannot be written: %.200s", f->schema->what,
                        f->error);
        }
        if (ret->reason == REASON_NONE && (s->released || s->no_ballast)) {
                ret->reason = REASON_DISK_FULL;
                snprintf(ret->detail, sizeof(ret->detail),
                        "the disk of %.150s is almost full: make room for 32 MiB", s->state);
        }
        for (size_t i = 0; i < ELEMENTSOF(files) && ret->reason == REASON_NONE; i++)
                if (files[i]->damage[0]) {
                        ret->reason = REASON_HISTORY_DAMAGED;
                        copy_text(ret->detail, sizeof(ret->detail), files[i]->damage);
                }
}
