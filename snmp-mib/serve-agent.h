#ifndef HSMD_SERVE_AGENT_H
#define HSMD_SERVE_AGENT_H
/* net-snmp's agent around the board: brought up once a process, either as an SNMPv3 agent of its own or as a
 * sub-agent of the host's snmpd. The same handler answers in both. */

#include "protocol.h"
#include "serve-agentx.h"
#include "serve-board.h"
#include "serve-entity.h"

#define SERVE_SUBTREES 3

typedef struct ServeAgent ServeAgent;
typedef struct ServeSubtree ServeSubtree;

/* What a handler is given. */
typedef struct Served {
        ServeAgent *agent;
        const ServeSubtree *tree;
} Served;

struct ServeAgent {
        ServeBoard *board; /* both borrowed; may be exchanged between two turns of the loop */
        EntityBoard *entities;
        uint32_t mode;    /* AgentMode */
        bool listening;   /* own */
        usec_t own_since; /* own: when sysUpTime was zero */
        AgentxLink link;  /* agentx */
        Served served[SERVE_SUBTREES];
};

/* Starts serving as configured. Users matter to an own agent only; their secrets are not kept. Negative
 * errno, and *ret_detail says in words what failed. `agent` must outlive the process's use of net-snmp. */
int serve_agent_start(ServeAgent *agent, const MsgServeConfig *config, const MsgServeUser *users,
        size_t n_users, const char **ret_detail);

/* Whether we answer (own: listening; agentx: registered with a master that answers), and in words why not, or
 * what of it is not served. */
bool serve_agent_serving(const ServeAgent *agent);
const char *serve_agent_detail(const ServeAgent *agent);

/* Negative errno when this process can serve no more and another must take over; else 0. */
int serve_agent_error(const ServeAgent *agent);

#endif
