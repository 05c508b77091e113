#include "history.h"

#include "history-job.h"

#define RETRY USEC_PER_SEC /* of what failed */
#define FLUSH_DELAY                                                                                          \
        USEC_PER_SEC /* of cursors, which go with the next events if any come, and of roll-ups               \
                      */
#define UPKEEP (3600 * USEC_PER_SEC)
#define COMMITS 256

struct History {
        sd_event *event;
        Disk *disk;
        HistoryStore *store;
        HistoryOps ops;
        void *userdata;
        bool committing, rolling, checkpointing, refused;
        sd_event_source *retry, *flush, *upkeep;
        HistoryTrouble told;
        usec_t commits[COMMITS];
        size_t n_commits;
};

/* --- jobs
 * ---------------------------------------------------------------------------------------------------- */

static void run_work(void *data) {
        HistoryJob *job = data;

        job->work(job);
        job->ran = true;
        history_store_trouble(job->store, &job->trouble);
        job->ails = history_store_ails(job->store);
        job->refused = job->store->events.refused;
        job->checkpoint_due = history_store_checkpoint_due(job->store);
}

static void checkpoint(History *h);

static void tell_trouble(History *h, const HistoryTrouble *trouble) {
        if (trouble->reason == h->told.reason && streq(trouble->detail, h->told.detail))
                return;
        h->told = *trouble;
        h->ops.trouble(trouble->reason, trouble->detail, h->userdata);
}

static void arm(sd_event_source *timer, usec_t delay) {
        int enabled = SD_EVENT_OFF;

        sd_event_source_get_enabled(timer, &enabled);
        if (enabled != SD_EVENT_OFF)
                return; /* comes sooner */
        sd_event_source_set_time(timer, now_monotonic() + delay);
        sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void run_done(void *data, bool cancelled) {
        HistoryJob *job = data;
        History *h = job->history;
        HistoryStore *store = job->store;

        if (!cancelled) {
                h->refused = job->refused;
                if (h->refused)
                        history_queue_drop(&job->store->queue);
                tell_trouble(h, &job->trouble);
                if (job->ails)
                        arm(h->retry, RETRY);
                if (job->checkpoint_due)
                        checkpoint(h);
        }
        job->done(job, cancelled);
        history_store_unref(store);
}

void history_job(History *h, HistoryJob *job) {
        job->history = h;
        job->store = history_store_ref(h->store);
        disk_submit(h->disk, job, run_work, run_done);
}

HistoryStore *history_store(History *h) {
        return h->store;
}

/* A job that has no answer. */
static void simple_job(History *h, void (*work)(HistoryJob *), void (*done)(HistoryJob *, bool)) {
        HistoryJob *job = calloc(1, sizeof(*job));

        if (!job) {
                arm(h->retry, RETRY);
                return;
        }
        job->work = work;
        job->done = done;
        history_job(h, job);
}

/* --- storing
 * ------------------------------------------------------------------------------------------------- */

typedef struct CommitJob {
        HistoryJob job;
        HistoryCommit commit;
        bool all; /* nobody will come for what is left */
        int error;
} CommitJob;

static void commit(History *h);

static void commit_work(HistoryJob *job) {
        CommitJob *c = (CommitJob *) job;

        do
                c->error = history_store_commit(job->store, &c->commit);
        while (c->all && (c->error == -EAGAIN || (c->error == 0 && c->commit.took > 0)));
}

static void commit_done(HistoryJob *job, bool cancelled) {
        CommitJob *c = (CommitJob *) job;
        HistoryCommit done = c->commit;
        History *h = job->history;
        int error = c->error;

        free(job);
        if (cancelled)
                return;
        h->committing = false;
        if (error >= 0 && done.took > 0)
                h->commits[h->n_commits++ % COMMITS] = done.took;
        if (error == -EAGAIN || (error >= 0 && history_queue_waiting(&h->store->queue) > 0))
                commit(h);
        else if (error < 0)
                arm(h->retry, RETRY);
        if (error >= 0 && done.last > 0)
                h->ops.stored(done.last, h->userdata);
}

static void start_commit(History *h, bool all) {
        CommitJob *c = calloc(1, sizeof(*c));

        if (!c) {
                arm(h->retry, RETRY);
                return;
        }
        c->job.work = commit_work;
        c->job.done = commit_done;
        c->all = all;
        h->committing = true;
        history_job(h, &c->job);
}

/* What is given while one is on its way goes with the next. */
static void commit(History *h) {
        if (!h->committing)
                start_commit(h, false);
}

void history_append(History *h, const Event *event) {
        history_queue_event(&h->store->queue, event);
        if (h->refused)
                history_queue_drop(&h->store->queue);
        else
                commit(h);
}

size_t history_waiting(const History *h) {
        return history_queue_waiting(&h->store->queue);
}

uint64_t history_dropped(const History *h) {
        return history_queue_dropped(&h->store->queue);
}

static int compare_usec(const void *a, const void *b) {
        usec_t x = *(const usec_t *) a, y = *(const usec_t *) b;

        return x < y ? -1 : x > y;
}

usec_t history_commit_p99(const History *h) {
        usec_t sorted[COMMITS];
        size_t n = MIN_OF(h->n_commits, (size_t) COMMITS);

        if (n == 0)
                return 0;
        memcpy(sorted, h->commits, n * sizeof(sorted[0]));
        qsort(sorted, n, sizeof(sorted[0]), compare_usec);
        return sorted[(n * 99 - 1) / 100];
}

/* --- roll-ups and cursors
 * ------------------------------------------------------------------------------------ */

static void rollups_work(HistoryJob *job) {
        while (history_store_rollups(job->store) == -EAGAIN)
                ; /* bounded by how many files are set aside */
}

static void rollups_done(HistoryJob *job, bool cancelled) {
        if (!cancelled)
                job->history->rolling = false;
        free(job);
}

void history_rollup(History *h, const RollupRow *minute) {
        history_queue_rollup(&h->store->queue, minute);
        /* with those of the other devices, which come in the same moment */
        arm(h->flush, FLUSH_DELAY);
}

static void store_rollups(History *h) {
        if (h->rolling)
                return;
        h->rolling = true;
        simple_job(h, rollups_work, rollups_done);
}

void history_cursor(History *h, const CursorRecord *cursor) {
        history_queue_cursor(&h->store->queue, cursor, false);
        arm(h->flush, FLUSH_DELAY);
}

void history_forget_cursor(History *h, const char *receiver) {
        CursorRecord cursor = {0};

        copy_text(cursor.name, sizeof(cursor.name), receiver);
        history_queue_cursor(&h->store->queue, &cursor, true);
        arm(h->flush, FLUSH_DELAY);
}

void history_flush(History *h) {
        commit(h);
        store_rollups(h);
}

static int on_flush(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *userdata) {
        history_flush(userdata);
        return 0;
}

/* --- once in a while
 * ----------------------------------------------------------------------------------------- */

static void checkpoint_work(HistoryJob *job) {
        history_store_checkpoint(job->store);
}

static void checkpoint_done(HistoryJob *job, bool cancelled) {
        if (!cancelled)
                job->history->checkpointing = false;
        free(job);
}

/* After what was stored has been told. */
static void checkpoint(History *h) {
        if (h->checkpointing)
                return;
        h->checkpointing = true;
        simple_job(h, checkpoint_work, checkpoint_done);
}

typedef struct UpkeepJob {
        HistoryJob job;
        int result;
} UpkeepJob;

static void upkeep(History *h);

static void upkeep_work(HistoryJob *job) {
        ((UpkeepJob *) job)->result = history_store_upkeep(job->store);
}

static void upkeep_done(HistoryJob *job, bool cancelled) {
        bool more = ((UpkeepJob *) job)->result > 0;

        if (!cancelled && more)
                upkeep(job->history); /* what waits meanwhile comes first */
        free(job);
}

static void upkeep(History *h) {
        UpkeepJob *u = calloc(1, sizeof(*u));

        if (!u)
                return; /* in an hour */
        u->job.work = upkeep_work;
        u->job.done = upkeep_done;
        history_job(h, &u->job);
}

static int on_upkeep(sd_event_source *source, uint64_t usec UNUSED, void *userdata) {
        upkeep(userdata);
        sd_event_source_set_time(source, now_monotonic() + UPKEEP);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- opening
 * ------------------------------------------------------------------------------------------------- */

static void open_work(HistoryJob *job) {
        history_store_open(job->store);
}

static void open_done(HistoryJob *job, bool cancelled) {
        History *h = job->history;
        HistoryState *kept = NULL;
        int r;

        free(job);
        if (cancelled)
                return;
        r = history_store_kept(h->store, 0, &kept);
        if (r < 0 && !h->refused)
                arm(h->retry, RETRY);
        if (kept)
                h->ops.late(kept, h->userdata);
}

int history_wait(History *h, usec_t at_most, HistoryState **ret) {
        HistoryState *kept = NULL;
        int r = history_store_kept(h->store, now_monotonic() + at_most, &kept);

        if (r >= 0)
                *ret = kept;
        return r;
}

/* All that may have failed, in its order. */
static int on_retry(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *userdata) {
        History *h = userdata;
        HistoryState *none = NULL;

        if (history_store_kept(h->store, 0, &none) < 0 && !h->refused)
                simple_job(h, open_work, open_done);
        commit(h);
        store_rollups(h);
        upkeep(h);
        return 0;
}

typedef struct RetentionJob {
        HistoryJob job;
        usec_t keep_minutes, keep_hours;
} RetentionJob;

static void retention_work(HistoryJob *job) {
        const RetentionJob *r = (RetentionJob *) job;

        job->store->keep_minutes = r->keep_minutes;
        job->store->keep_hours = r->keep_hours;
}

static void retention_done(HistoryJob *job, bool cancelled UNUSED) {
        free(job);
}

void history_retention(History *h, usec_t keep_minutes, usec_t keep_hours) {
        RetentionJob *r = calloc(1, sizeof(*r));

        if (!r)
                return; /* what was kept so far is kept on */
        *r = (RetentionJob){.job = {.work = retention_work, .done = retention_done},
                .keep_minutes = keep_minutes,
                .keep_hours = keep_hours};
        history_job(h, &r->job);
}

/* --- made and freed
 * ----------------------------------------------------------------------------------------- */

static int add_timer(History *h, sd_event_time_handler_t handler, usec_t at, sd_event_source **ret) {
        int r = sd_event_add_time(h->event, ret, CLOCK_MONOTONIC, at, 0, handler, h);

        return r < 0 || at > 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int start(History *h, sd_event *event, const HistoryOptions *options) {
        int r = history_store_new(options->state, options->keep_minutes, options->keep_hours, &h->store);

        h->event = sd_event_ref(event);
        if (r >= 0)
                r = add_timer(h, on_retry, 0, &h->retry);
        if (r >= 0)
                r = add_timer(h, on_flush, 0, &h->flush);
        if (r >= 0)
                r = add_timer(h, on_upkeep, now_monotonic() + UPKEEP, &h->upkeep);
        return r < 0 ? r : disk_new(event, &h->disk);
}

int history_new(sd_event *event, const HistoryOptions *options, const HistoryOps *ops, void *userdata,
        History **ret) {
        History *h = calloc(1, sizeof(*h));
        int r;

        if (!h)
                return -ENOMEM;
        h->ops = *ops;
        h->userdata = userdata;
        h->told.reason = REASON_NONE;
        r = start(h, event, options);
        if (r < 0) {
                history_free(h, 0);
                return r;
        }
        simple_job(h, open_work, open_done);
        *ret = h;
        return 0;
}

History *history_free(History *h, usec_t grace) {
        if (!h)
                return NULL;
        if (h->disk) {
                /* one that is on its way may have taken what waited before the last came */
                h->rolling = false;
                start_commit(h, true);
                store_rollups(h);
        }
        h->disk = disk_free(h->disk, grace);
        if (h->store && history_waiting(h) > 0)
                fprintf(stderr, "%zu events could not be stored before hsmd ended\n", history_waiting(h));
        sd_event_source_disable_unref(h->retry);
        sd_event_source_disable_unref(h->flush);
        sd_event_source_disable_unref(h->upkeep);
        sd_event_unref(h->event);
        history_store_unref(h->store);
        free(h);
        return NULL;
}
