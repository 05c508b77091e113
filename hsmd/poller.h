#ifndef HSMD_POLLER_H
#define HSMD_POLLER_H
/* The worker `hsmd-snmp poll`: told all agents, tells their temperatures. */

#include "manager.h"

int poller_new(Manager *manager, Poller **ret);
Poller *poller_free(Poller *poller);
void poller_close(Poller *poller, usec_t grace);
/* The configuration changed: the whole set of agents is told anew. */
void poller_reconfigure(Poller *poller);
void poller_tick(Poller *poller, usec_t now);
void poller_extend(Poller *poller, usec_t lateness);
uint64_t poller_restarts(const Poller *poller);

#endif
