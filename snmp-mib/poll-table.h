#ifndef HSMD_POLL_TABLE_H
#define HSMD_POLL_TABLE_H
/* Everything that is asked of one agent, and what it has said: neither sockets nor clocks, so that a fuzz
 * target can feed it. poll-ask.h makes the next request of it, poll-answer.h takes an answer in,
 * poll-sample.h tells what the answers say.
 *
 * How it is asked. Columns are walked in each poll with one GETBULK for all of them, as many rows as there
 * were in the last poll and one more, which shows that each column ends there (v1: GETNEXT, a row a time).
 * So a row that came or went is seen in the same poll, at the price of one variable a column; single
 * instances and sysUpTime ride along as non-repeaters, which ask for the successor of the name just before
 * theirs. GETs of the rows known would be as long, would see no new row and would fail as a whole where an
 * answer does not fit. An agent of which nothing is walked is asked by one plain GET.
 *
 * A row's facts (label, type, scale, precision, units) are asked by GETs for just the rows that there are: in
 * the first poll, when rows came or went, when sysUpTime fell, and every ten minutes; what was not answered
 * then, in the next poll. Until it is told anew a fact stays as it was, and a row of which the label or
 * another fact that matters was never told is left out: hsmd knows rows by their labels, and would take it
 * for another sensor. */

#include "poll-reading.h"

/* Variables of a request, or rows times columns that a GETBULK asks for: about what an answer of 1,472 octets
 * holds, which is one Ethernet frame and what net-snmp cuts its answers to. */
#define POLL_ASK_MAX 56

#define POLL_FACTS_INTERVAL (600 * USEC_PER_SEC)

typedef struct PollCell {
        char index[POLL_INDEX_SIZE];
        PollRaw raw;
} PollCell;

/* One instance or one column, and how far it has been read in this poll. */
typedef struct PollCursor {
        const PollOid *name; /* NULL: this entry has none */
        bool column;
        bool by_get;         /* an instance that is asked for by its own name */
        bool done;           /* nothing more is to be asked in this poll */
        bool cut;            /* there may be more of it than was read in this poll */
        const char *trouble; /* what was wrong in this poll; NULL = nothing */
        usec_t when;         /* CLOCK_MONOTONIC of the last answer with something of it */
        PollCell *cells;     /* an instance has one when it was answered */
        size_t n, room;
        size_t before; /* cells in the last poll that was not cut */
        oid *last;     /* of a column: the name to go on from; n_last 0: from the column's own */
        size_t n_last;
} PollCursor;

typedef struct PollEntry {
        PollItem *item;
        PollCursor value, status, total;
        PollFacts *facts; /* of a walked item, when settled: in the order of value's cells, one for each; then
                             those of rows that a poll which was cut did not reach */
        size_t n_facts;   /* at most POLL_ROWS_MAX */
} PollEntry;

typedef enum PollVerb {
        VERB_WALK, /* GETBULK or GETNEXT */
        VERB_GET,
        VERB_FACTS, /* a GET of facts */
} PollVerb;

typedef struct PollAsked {
        PollCursor *cursor; /* VERB_WALK, VERB_GET */
        PollEntry *entry;   /* VERB_FACTS, with the next two */
        size_t row;
        PollColumn column;
} PollAsked;

typedef struct PollTable {
        bool getbulk; /* not of v1 */
        PollOid uptime_name;
        PollCursor uptime;
        PollEntry *entries; /* in the order of the agent's items */
        size_t n;

        /* the request that is out */
        PollVerb verb;
        PollAsked asked[POLL_ASK_MAX];
        size_t n_asked, n_scalars; /* the scalars come first */
        size_t n_expected;         /* variables of the answer, each row of a column counted */
        size_t batch;              /* variables that this agent can answer together */

        bool settled; /* the rows of this poll are known, and facts belong to them */
        bool facts_due;
        usec_t facts_when;           /* when facts were last all asked for; 0 = never */
        bool has_uptime;             /* it was read in this poll */
        uint64_t uptime_ticks;       /* hundredths of a second, when last read */
        const char *facts_trouble;   /* as a cursor's */
        const PollOid *facts_column; /* which one that is about */
} PollTable;

/* Takes references to the items. -ENOMEM. */
int poll_table_new(PollItem *const *items, size_t n, SnmpVersion version, PollTable **ret);
PollTable *poll_table_free(PollTable *table); /* returns NULL */

/* A new poll begins. */
void poll_table_begin(PollTable *table, usec_t now);

/* Ends what has not been read yet, for a reason in words: instances and columns, and once they are settled
 * facts. */
void poll_table_cut(PollTable *table, const char *trouble);

/* Whether facts are or will be to be asked for in this poll, as far as that is known. */
bool poll_table_wants_facts(const PollTable *table);

/* Whether the agent has told any value in this poll. */
bool poll_table_has_read(PollTable *table);

/* Whether this poll did not read all there may be. */
bool poll_table_is_cut(PollTable *table);

/* Whether enough is known of the row of an entry's i-th cell to tell it. */
bool poll_entry_row_is_known(const PollEntry *entry, size_t i);

/* Once all instances and columns are read: makes facts fit the rows. Does nothing the second time. */
int poll_table_settle(PollTable *table, usec_t now);

/* How many cursors there are, also those without a name, and the k-th of them, from 0. */
size_t poll_table_cursors(const PollTable *table);
PollCursor *poll_table_cursor(PollTable *table, size_t k);

/* Ends a cursor. trouble: in words, why not all of it was read; NULL: all was. drop: what was read of it
 * cannot be trusted. */
void poll_cursor_end(PollCursor *cursor, const char *trouble, bool drop);

/* What was wrong in this poll, in words: empty if nothing was. */
void poll_table_trouble(PollTable *table, char *dst, size_t size);

#endif
