#ifndef HSMD_SERVE_OWN_H
#define HSMD_SERVE_OWN_H
/* What an agent of its own has beside the objects: an engine, users, a view, and the groups every agent
 * serves. */

#include "protocol.h"

/* Before init_agent: engine, address, read-only view and system group as configured. */
void own_agent_prepare(const MsgServeConfig *config, const MsgServeUser *users, size_t n_users);

/* After init_agent: SNMPv2-MIB's system and snmp groups, sysORTable, snmpEngine. */
void own_agent_register_groups(void);

/* After init_snmp: whether the engine is the one given. -EPROTO if not. */
int own_agent_check_engine(const MsgServeConfig *config, const char **ret_detail);

/* After init_snmp: lets a user read. Takes authPriv users only. -EINVAL otherwise. */
int own_agent_add_user(const MsgServeConfig *config, const MsgServeUser *user, const char **ret_detail);

#endif
