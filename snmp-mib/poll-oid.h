#ifndef HSMD_POLL_OID_H
#define HSMD_POLL_OID_H
/* Numeric names of objects: parsed, compared and written. Pure. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "macro.h"

/* As many arcs as 127 characters can hold. */
#define POLL_OID_ARCS 64

/* Room for a row's index as text, "1.3"; as in MsgSample. */
#define POLL_INDEX_SIZE 64

typedef struct PollOid {
        size_t n; /* 0: there is none */
        oid arcs[POLL_OID_ARCS];
} PollOid;

/* Parses "1.3.6.1.…", with or without a leading dot. -EINVAL if it is no such name. */
int poll_oid_parse(const char *text, PollOid *ret);

bool poll_oid_same(const PollOid *name, const oid *other, size_t n);

/* Whether the other name lies beneath this one. */
bool poll_oid_within(const PollOid *base, const oid *other, size_t n);

/* Writes arcs with dots between. -ENAMETOOLONG if they do not fit; then dst is empty. */
int poll_oid_text(const oid *arcs, size_t n, char *dst, size_t size);

/* A row's index in numbers again; as many arcs as POLL_INDEX_SIZE can hold, at most. Returns how many. */
size_t poll_oid_of_index(const char *index, oid arcs[static POLL_INDEX_SIZE]);

#endif
