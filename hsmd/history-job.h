#ifndef HSMD_HISTORY_JOB_H
#define HSMD_HISTORY_JOB_H
/* A job of the history's thread: embedded as the first member of what it works on. */

#include "disk.h"
#include "history-store.h"

typedef struct HistoryJob HistoryJob;
struct HistoryJob {
        /* In the thread. */
        void (*work)(HistoryJob *job);
        /* On the loop: frees the job. cancelled: nobody waits for it any more; whether it was done, says ran.
         */
        void (*done)(HistoryJob *job, bool cancelled);

        /* the rest is history.c's */
        History *history;
        HistoryStore *store;
        HistoryTrouble trouble;
        bool ran, ails, refused, checkpoint_due;
};

/* Takes the job over, also when memory is short (it is then cancelled). The job is of the heap. */
void history_job(History *history, HistoryJob *job);

HistoryStore *history_store(History *history);

/* What waits for the next moment goes to the thread now. */
void history_flush(History *history);

#endif
