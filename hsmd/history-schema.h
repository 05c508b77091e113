#ifndef HSMD_HISTORY_SCHEMA_H
#define HSMD_HISTORY_SCHEMA_H
/* What the history's two files hold. Columns of events, minutes and hours come from the lists of event.h;
 * one that is added there is added to older files when they are opened.
 *
 *      events.db   events       append-only; what happened, a column a field
 *                  active       alarm: its raised, last and acknowledging event; cleared ones are gone
 *                  told         kind ('pool', 'service'), number: the last event that told its state
 *                  maintenance  device: the event that began it, and the last that changed it; while it lasts
 *                  flaps        device: the last level that was told (milliseconds), and when
 *                  failovers    the event that entered it, and the one that told its return
 *                  cursors      how far receivers are
 *                  drills       protocols, as JSON
 *                  meta         sequence_floor: notify sequences up to it may have been used
 *      rollups.db  minutes, hours   by start and device, so that new ones are appended and old ones go
 * together
 *
 * Everything but events, cursors, drills and meta follows from the events and is written with them. */

#include "event.h"
#include "history-file.h"

extern const HistorySchema history_events_schema, history_rollups_schema;

#define HISTORY_MINUTE (60 * USEC_PER_SEC)
#define HISTORY_HOUR (3600 * USEC_PER_SEC)

#endif
