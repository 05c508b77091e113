#ifndef HSMD_CONFIG_ADDRESS_H
#define HSMD_CONFIG_ADDRESS_H
/* Network addresses as the configuration writes them: numeric, since a name would be resolved on the judge's
 * thread or in the middle of a poll. */

#include "macro.h"

/* One spelling for one address: "192.0.2.1:161", "[2001:db8::1]:161". The port may be missing if default_port
 * is not 0. -EINVAL if it is no numeric address; the caller frees *ret. */
int address_normalise(const char *text, unsigned default_port, char **ret);

/* A host without a port: "192.0.2.1", "2001:db8::1", in one spelling. -EINVAL as above; the caller frees
 * *ret.
 */
int address_host(const char *text, char **ret);

/* Where our own agent listens, or a receiver does: "udp:192.0.2.1:161" or "udp6:[::]:161" */
bool address_is_udp(const char *text);

/* "/var/agentx/master" or "tcp:127.0.0.1:705" */
bool address_is_agentx(const char *text);

#endif
