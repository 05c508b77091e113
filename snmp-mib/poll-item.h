#ifndef HSMD_POLL_ITEM_H
#define HSMD_POLL_ITEM_H
/* One entry of a sensor profile, as the poller holds it: told once a set, shared by the agents that name it.
 */

#include "poll-oid.h"
#include "protocol.h"

#define POLL_DIGEST_SIZE 32

typedef struct PollItem {
        unsigned references;
        bool walk;
        SensorKind kind;
        SensorType type;
        double scale, min, max;
        PollOid value; /* an instance, or the column to walk */
        PollOid columns[POLL_COLUMNS];
        bool broken;                      /* an OID of it is not numeric */
        uint8_t digest[POLL_DIGEST_SIZE]; /* of what it was told, but for its number: poll-set.c's */
} PollItem;

/* Makes an item with one reference; one with a bad OID is made too, and is broken. -ENOMEM. */
int poll_item_new(const MsgPollItem *config, PollItem **ret);
PollItem *poll_item_ref(PollItem *item);

/* Gives a reference back; returns NULL. NULL is nothing. */
PollItem *poll_item_unref(PollItem *item);

/* Those of its columns that never change while a row lives, and are therefore asked for seldom. */
bool poll_column_is_fact(PollColumn column);

/* The facts that an item's rows have, a bit (1 << column) each; and those of them without which a row cannot
 * be told: it would be taken for another one, or its value for another value. */
uint32_t poll_item_facts(const PollItem *item);
uint32_t poll_item_facts_needed(const PollItem *item);

#endif
