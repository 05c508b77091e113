#ifndef HSMD_SESSION_H
#define HSMD_SESSION_H
/* What both duties of hsmd-snmp need from libnetsnmp: a start that touches no file and no signal, and SNMPv3
 * keys. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "macro.h"

/* Prepares the library: no snmp.conf, no MIB files, no persistent directory (it would store localized keys),
 * no alarms by SIGALRM, no log (a blocked stderr must not hold a worker up). Call once, before anything else
 * of net-snmp; init_snmp or init_agent comes after it. Negative errno. */
int session_library_prepare(void);

/* The keys of an SNMPv3 user, not yet localized to an engine (RFC 3414, A.2). The protocols point into
 * libnetsnmp's tables. */
typedef struct UsmKeys {
        const oid *auth_protocol, *priv_protocol;
        size_t auth_protocol_size, priv_protocol_size; /* in arcs */
        int priv_type;                                 /* net-snmp's USM_CREATE_USER_PRIV_* */
        uint8_t auth_key[64], priv_key[64];            /* Ku; size 0 when there is none */
        size_t auth_key_size, priv_key_size;
        int security_level; /* SNMP_SEC_LEVEL_* */
} UsmKeys;

/* Makes keys from secrets. Protocols as in the configuration ("SHA-256", "AES"); empty or NULL means none,
 * and privacy needs authentication. -EINVAL for a protocol unknown to libnetsnmp or a secret under 8 octets.
 * The caller wipes secrets and keys (usm_keys_wipe). */
int usm_keys_make(const char *auth_protocol, const char *auth_secret, const char *priv_protocol,
        const char *priv_secret, UsmKeys *ret);
void usm_keys_wipe(UsmKeys *keys);

#endif
