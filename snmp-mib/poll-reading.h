#ifndef HSMD_POLL_READING_H
#define HSMD_POLL_READING_H
/* What an agent's answer says about one sensor: pure functions.
 *
 * Numbers are INTEGER, Gauge32, TimeTicks (in hundredths of a second: a scale of 0.01 makes seconds of them),
 * Counter64 (CounterBasedGauge64, such as UCD-SNMP-MIB's memTotalRealX), Opaque float and double, and an
 * OCTET STRING that holds a number and perhaps a unit ("41.5", "41.5 C"). A Counter32 is a number only for an
 * item of kind counter, because as a measurement it means nothing; for such an item a whole number that is
 * not negative will do, too, since not every agent knows better. */

#include "poll-item.h"

typedef enum RawKind {
        RAW_NONE = 0, /* the agent has none */
        RAW_NUMBER,
        RAW_COUNTER, /* Counter32: only as a counter */
        RAW_OTHER,   /* something else */
} RawKind;

/* A variable's value. */
typedef struct PollRaw {
        RawKind kind;
        uint32_t counter_bits; /* 32 or 64 if it may be taken as a counter, else 0 */
        int32_t decimals;      /* digits after the point, of a number */
        double number;
        uint64_t counter;
} PollRaw;

/* NULL stands for a variable that is missing in the answer. */
PollRaw poll_raw_of(const netsnmp_variable_list *variable);

/* A text as printable ASCII with '?' for the rest, without blanks around it; empty if it is no text. */
void poll_text_of(const netsnmp_variable_list *variable, char *dst, size_t size);

/* What a table says of one row beside its value. A bit stands for a PollColumn. */
#define POLL_FACT(column) (1u << (column))
typedef struct PollFacts {
        char index[POLL_INDEX_SIZE];
        uint32_t wanted; /* to be asked for */
        uint32_t failed; /* asked for in this poll, in vain */
        uint32_t read;   /* the agent has told it, or that there is none */
        uint32_t known;  /* of type, scale and precision: the table told a valid one */
        int32_t type, scale, precision;
        char label[64], units[32];
} PollFacts;

/* Takes what the table says in one column of facts; NULL: that the row has none there. What was told before
 * stays then: a row that lost its name is still the same row. False if this is no answer at all (SNMP's
 * Null), and nothing was taken. */
bool poll_facts_take(PollFacts *facts, PollColumn column, const netsnmp_variable_list *variable);

typedef struct Reading {
        SensorStatus status;
        SensorReason reason; /* OK, NONOPERATIONAL, WRONG_TYPE or OUT_OF_RANGE */
        SensorType type;
        uint32_t counter_bits;
        int32_t precision; /* decimal digits, 0..6 */
        double value;      /* in units; 0 unless status is ok */
        uint64_t counter;
} Reading;

/* The reading of an item's instance or row. status, total: NULL if the item has no such column; facts: NULL
 * of a single instance. */
Reading poll_reading(const PollItem *item, const PollRaw *value, const PollRaw *status, const PollRaw *total,
        const PollFacts *facts);

#endif
