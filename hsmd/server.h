#ifndef HSMD_SERVER_H
#define HSMD_SERVER_H
/* The worker `hsmd-snmp serve`: given the board and the users who may read it, answers SNMP.
 *
 * Its engine: the snmpEngineID is made once and kept for life in STATE/engine-serve; snmpEngineBoots is
 * raised there, durably, before each process's first datagram (RFC 3414, section 2.3: boots that go back make
 * pollers drop every message). */

#include "manager.h"

int server_new(Manager *manager, Server **ret);
Server *server_free(Server *server);
void server_close(Server *server, usec_t grace);
/* There is a new board; and when the agent's own configuration changed, a new process too. */
void server_reconfigure(Server *server, bool agent_changed);
void server_tick(Server *server, usec_t now);
void server_extend(Server *server, usec_t lateness);
uint64_t server_restarts(const Server *server);
/* Hexadecimal; empty before the first start. */
const char *server_engine_id(const Server *server);
uint32_t server_engine_boots(const Server *server);

#endif
