#ifndef HSMD_HISTORY_FOLD_H
#define HSMD_HISTORY_FOLD_H
/* What a restart needs of all that happened, kept by the transaction that stores the events: which alarms are
 * active, what was told, what is in maintenance, how much devices flap, which failovers there were. */

#include "history-file.h"
#include "history.h"

/* Adds an event and what follows from it. One whose number is there already is left out: it was stored by a
 * commit that seemed to fail. An SQLite result code. */
int history_fold_add(HistoryFile *file, const Event *event);

/* All that a restart needs. An SQLite result code. The caller frees it. */
int history_fold_read(HistoryFile *events, HistoryFile *rollups, usec_t now_realtime, HistoryState **ret);

#endif
