#ifndef HSMD_MIB_VALUE_H
#define HSMD_MIB_VALUE_H
/* One value as it goes on the wire. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "macro.h"

typedef struct MibValue {
        u_char type; /* ASN_INTEGER and so on */
        size_t size; /* of what `data` points at */
        union {
                long integer;
                struct counter64 counter;
                uint8_t octets[256];
                oid objid[2];
        } data;
} MibValue;

void mib_set_integer(MibValue *value, u_char type, long integer);

void mib_set_counter(MibValue *value, uint64_t counter);

/* DateAndTime (RFC 2579) of a CLOCK_REALTIME instant in microseconds, with the offset from UTC, which is 0.
 */
void mib_set_instant(MibValue *value, uint64_t usec);

/* An OCTET STRING of at most max (255) octets. */
void mib_set_text(MibValue *value, const char *text, size_t max);

/* Likewise, of printable ASCII: some names come from tokens and agents, which hold what their vendor wrote.
 */
void mib_set_ascii(MibValue *value, const char *text, size_t max);

#endif
