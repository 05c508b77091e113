#ifndef HSMD_HISTORY_STORE_H
#define HSMD_HISTORY_STORE_H
/* The history as its thread sees it: two files, what waits, and what is wrong. Everything here runs in that
 * thread, and may block, but for new, ref, unref, the queue and what was kept. */

#include <stdatomic.h>

#include "history-queue.h"
#include "history-rollup.h"

#define HISTORY_BATCH 1000     /* events of one transaction */
#define HISTORY_WAL_PAGES 1000 /* then the log is written back into its file */

typedef struct HistoryTrouble {
        Reason reason;
        char detail[256];
} HistoryTrouble;

typedef struct HistoryStore {
        _Atomic unsigned references;
        char state[PATH_MAX];
        usec_t keep_minutes, keep_hours;
        HistoryFile events, rollups;
        HistoryQueue queue;
        bool released;   /* the ballast was given up, and is not there again */
        bool no_ballast; /* there is no room for it */
        bool opened;     /* what was kept has been read */
        bool backing_up; /* a backup is being written; the loop's alone */

        /* what was kept, from the thread to the loop */
        pthread_mutex_t lock;
        pthread_cond_t answered;
        HistoryState *kept;
        int answer; /* 1: not yet; else what history_store_open returned */
} HistoryStore;

int history_store_new(const char *state, usec_t keep_minutes, usec_t keep_hours, HistoryStore **ret);
HistoryStore *history_store_ref(HistoryStore *store);
HistoryStore *history_store_unref(HistoryStore *store);

/* Opens the files and answers with what was kept. 0; -EPROTONOSUPPORT: never; else perhaps later. */
int history_store_open(HistoryStore *store);
/* On the loop: waits for the answer at most until then (CLOCK_MONOTONIC), and takes it over. 0, -ETIMEDOUT,
 * or what history_store_open returned; *ret is NULL when it was taken before. */
int history_store_kept(HistoryStore *store, usec_t until, HistoryState **ret);

typedef struct HistoryCommit {
        uint64_t last; /* the largest number that was stored; 0: none was */
        usec_t took;   /* 0: nothing was to be stored */
} HistoryCommit;

/* Stores what waits: one transaction. Negative errno: it waits on; -EAGAIN: try again now. */
int history_store_commit(HistoryStore *store, HistoryCommit *ret);
int history_store_rollups(HistoryStore *store);
/* Whether something failed that may succeed in a while. */
bool history_store_ails(const HistoryStore *store);
bool history_store_checkpoint_due(const HistoryStore *store);

/* A small step of what is to be done once in a while: what is too old is forgotten, the ballast is made again
 * when there is room. 1: there is more of it. */
int history_store_upkeep(HistoryStore *store);
/* Writes logs back that have grown. */
void history_store_checkpoint(HistoryStore *store);

void history_store_trouble(const HistoryStore *store, HistoryTrouble *ret);

#endif
