#ifndef HSMD_TEST_POLL_FIXTURE_H
#define HSMD_TEST_POLL_FIXTURE_H
/* An SNMP agent of rows, without a socket, and polls of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snmp-mib/poll-answer.h"
#include "snmp-mib/poll-ask.h"
#include "snmp-mib/poll-sample.h"

#define NOW (5 * USEC_PER_SEC)
#define ROWS 11

typedef struct Row {
        const char *name;
        long value;
        const char *text; /* NULL: an INTEGER */
} Row;

/* What is wrong with each answer to a GET. */
typedef enum Fault {
        FAULT_NONE,
        FAULT_ERROR,       /* genErr */
        FAULT_NAMED_ERROR, /* of the first variable */
        FAULT_TOO_BIG,
        FAULT_MISSING, /* nothing in it */
        FAULT_NULL,    /* Null in place of each value */
        FAULT_MAX,
} Fault;

typedef struct Agent {
        const Row *rows; /* in order of name */
        size_t n;
        size_t room; /* variables of an answer */
        Fault fault;
        size_t bulk; /* variables that may be asked for by a GETBULK, else it is tooBig; 0 = any number */
} Agent;

/* sysUpTime; labels in 1.3.6.9.1, values in .2 and a status of two of them in .3; two single instances */
extern const Row rows[ROWS];
extern const Agent whole; /* serves them */

/* An empty answer, the caller's to free, and a row added to it. */
netsnmp_pdu *response(void);
void add_row(netsnmp_pdu *answer, const Row *row);

/* A gauge: an instance or, with a label's column that may be "", a column. */
PollItem *item(const char *oid, const char *label, const char *status);

/* Takes the references of its one or two items, which have the numbers 11 and 12. */
PollTable *table_of(SnmpVersion version, PollItem *a, PollItem *b);

/* Polls; goes on with a poll, until nothing is left to ask. Both return how many requests that took. */
unsigned poll_once(PollTable *t, const Agent *agent, usec_t now);
unsigned poll_on(PollTable *t, const Agent *agent, usec_t now);

/* Begins a poll or goes on with it: asks, and returns an answer to be filled. */
netsnmp_pdu *begin(PollTable *t);
netsnmp_pdu *begin_next(PollTable *t);

/* "1=5 two=6!": index or label and value of every sample, and "!" if it is not ok. */
void assert_samples(const PollTable *t, bool labels, const char *expected);
void assert_trouble(PollTable *t, const char *expected);
bool is_cut(PollTable *t);

#endif
