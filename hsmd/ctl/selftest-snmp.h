#ifndef HSMD_CTL_SELFTEST_SNMP_H
#define HSMD_CTL_SELFTEST_SNMP_H
/* What this host's snmpd still needs before it answers for hsmd: measured on Debian's unchanged one, which
 * has no AgentX socket for others than root, a view that hides HSMD-MIB, no user, and listens on loopback
 * only. */

#include "options.h"

/* o->args from the third on: snmpd's files (default: Debian's). */
ExitCode selftest_snmp(const Options *o);

#endif
