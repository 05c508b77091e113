#ifndef HSMD_HISTORY_ROLLUP_H
#define HSMD_HISTORY_ROLLUP_H
/* Minutes and hours of devices: written, asked for, and forgotten. */

#include "history-file.h"
#include "history-queue.h"

/* Stores minutes, each also in its hour, in one transaction. An SQLite result code. */
int history_rollup_store(HistoryFile *file, const RollupRow *rows, size_t n);

typedef struct RollupQuestion {
        uint32_t device;
        bool hours;
        usec_t since, until;
} RollupQuestion;

/* In order of start. Rows of one start are never parted when all devices are asked for: then there may be
 * fewer than HISTORY_PAGE, or as many as there are devices. An SQLite result code. */
int history_rollup_read(HistoryFile *file, const RollupQuestion *question, RollupRow **ret, size_t *ret_n);

/* Forgets a few rows that are too old. *ret_more: there are more. full: the file has grown to its bound, and
 * its oldest minutes go whatever their age. An SQLite result code. */
int history_rollup_forget(
        HistoryFile *file, usec_t minutes_before, usec_t hours_before, bool full, bool *ret_more);

#endif
