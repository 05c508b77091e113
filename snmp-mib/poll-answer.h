#ifndef HSMD_POLL_ANSWER_H
#define HSMD_POLL_ANSWER_H
/* Takes an agent's answer in. The agent may be anything: an answer that is not what was asked for ends what
 * it concerns, and only that.
 *
 *   names that do not increase          the column is dropped
 *   more than POLL_ROWS_MAX rows        the first ones count
 *   an index that does not fit          that row is left out
 *   an error that names a variable      that one is left out
 *   an answer that does not fit         less is asked for at once */

#include "poll-table.h"

typedef enum PollTaken {
        TAKEN,   /* go on: every answer brings a poll nearer to its end */
        REFUSED, /* the agent does not let this user read */
} PollTaken;

/* Takes the answer to the request that poll_ask made last. now: CLOCK_MONOTONIC. */
PollTaken poll_answer(PollTable *table, const netsnmp_pdu *pdu, usec_t now);

#endif
