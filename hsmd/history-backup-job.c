/* A backup while hsmd runs. */
#include "history-backup-run.h"
#include "history-job.h"

#define STEP (20 * USEC_PER_MSEC) /* an event that comes meanwhile waits no longer for its commit */

typedef struct BackupJob {
        HistoryJob job;
        BackupRun *run;                  /* used by the thread alone */
        const sqlite3 *events, *rollups; /* what it reads */
        int fd;                          /* until it has begun; else −1 */
        HistoryDone done;
        void *userdata;
        char message[256];
        int result;
} BackupJob;

static int begin(BackupJob *b, HistoryStore *store) {
        int fd = b->fd;

        if (!store->events.db || !store->rollups.db) {
                snprintf(b->message, sizeof(b->message), "the history is not open: %.200s",
                        store->events.db ? store->rollups.error : store->events.error);
                return -ENOTCONN;
        }
        b->fd = -1;
        b->events = store->events.db;
        b->rollups = store->rollups.db;
        return backup_run_new(store->state, store->events.db, store->rollups.db, fd, &b->run);
}

/* A file that failed meanwhile was closed, and perhaps opened again. */
static int go_on(BackupJob *b, const HistoryStore *store) {
        if (b->events == store->events.db && b->rollups == store->rollups.db)
                return 0;
        copy_text(b->message, sizeof(b->message), "the history failed meanwhile: try again");
        return -EIO;
}

static void backup_work(HistoryJob *job) {
        BackupJob *b = (BackupJob *) job;

        b->result = b->run ? go_on(b, job->store) : begin(b, job->store);
        if (b->result >= 0) {
                b->result = backup_run_step(b->run, STEP);
                copy_text(b->message, sizeof(b->message), backup_run_message(b->run));
        }
        if (b->result <= 0) /* its files go in this thread, too */
                b->run = backup_run_free(b->run);
}

static void backup_done(HistoryJob *job, bool cancelled) {
        BackupJob *b = (BackupJob *) job;

        if (!cancelled && b->result > 0) {
                history_job(job->history, job); /* behind what came meanwhile */
                return;
        }
        job->store->backing_up = false;
        b->done(cancelled ? -ECANCELED : b->result, b->message, b->userdata);
        backup_run_free(b->run);
        closep(&b->fd);
        free(b);
}

void history_backup(History *h, int fd, HistoryDone done, void *userdata) {
        BackupJob *b;

        if (history_store(h)->backing_up) { /* both would write the same temporary file */
                close(fd);
                done(-EBUSY, "another backup is being written: try again when it is done", userdata);
                return;
        }
        b = calloc(1, sizeof(*b));
        if (!b) {
                close(fd);
                done(-ENOMEM, "memory is short", userdata);
                return;
        }
        *b = (BackupJob){.job = {.work = backup_work, .done = backup_done},
                .fd = fd,
                .done = done,
                .userdata = userdata};
        history_flush(h);
        history_store(h)->backing_up = true;
        history_job(h, &b->job);
}
