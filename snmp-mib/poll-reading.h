#ifndef HSMD_POLL_READING_H
#define HSMD_POLL_READING_H
/* What an agent's answer says about one sensor, and when agents are due: pure functions. */

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "names.h"

/* No cipher machine runs outside: such a value is a broken sensor, not a temperature. Tenths of a degree
 * Celsius. */
#define READING_MIN (-550)
#define READING_MAX 1500

typedef struct Reading {
        SensorStatus status;
        SensorReason reason;
        int32_t tenths; /* of a degree Celsius, when status is ok; else 0 */
} Reading;

Reading reading_silent(void);

/* The reading of a sensor's own variable; NULL if the answer holds none. */
Reading reading_of(const netsnmp_variable_list *variable, double scale);

/* The answer's variable of this name, wherever it stands; NULL if there is none. */
const netsnmp_variable_list *reading_find(
        const netsnmp_variable_list *variables, const oid *name, size_t length);

/* Parses "1.3.6.1.…", with or without a leading dot. Returns the number of arcs, -EINVAL if it is no such
 * name. */
int reading_parse_oid(const char *text, oid *name, size_t max);

/* When the i-th of n agents is polled first: spread over the interval, so that no two fall together, with
 * `random` (any value) choosing the place within each agent's own share, so that two pollers do not walk in
 * step either. */
usec_t schedule_first(usec_t now, usec_t interval, size_t i, size_t n, uint32_t random);

/* When an agent that was due at `due` is due again: its phase never moves. Turns that have passed meanwhile
 * are left out, and *ret_skipped says how many. */
usec_t schedule_next(usec_t due, usec_t interval, usec_t now, uint64_t *ret_skipped);

#endif
