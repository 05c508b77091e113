#ifndef HSMD_HISTORY_STATEMENT_H
#define HSMD_HISTORY_STATEMENT_H
/* The statements that are kept prepared, by file. */

#include "history-file.h"

enum { /* of events.db */
        STATEMENT_EVENT,
        STATEMENT_ACTIVE_RAISE,
        STATEMENT_ACTIVE_ACKNOWLEDGE,
        STATEMENT_ACTIVE_CLEAR,
        STATEMENT_TOLD,
        STATEMENT_MAINTENANCE_START,
        STATEMENT_MAINTENANCE_END,
        STATEMENT_FLAP,
        STATEMENT_FAILOVER,
        STATEMENT_FAILOVER_RETURNED,
        STATEMENT_CURSOR,
        STATEMENT_CURSOR_FORGET,
        STATEMENT_DRILL,
        STATEMENTS_OF_EVENTS
};

enum { /* of rollups.db */
        STATEMENT_MINUTE,
        STATEMENT_HOUR,
        STATEMENTS_OF_ROLLUPS
};

_Static_assert(STATEMENTS_OF_EVENTS <= HISTORY_STATEMENTS && STATEMENTS_OF_ROLLUPS <= HISTORY_STATEMENTS,
        "a file keeps that many");

#endif
