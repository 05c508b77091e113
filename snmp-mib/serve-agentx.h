#ifndef HSMD_SERVE_AGENTX_H
#define HSMD_SERVE_AGENTX_H
/* A sub-agent's link to its master, kept up so that the loop never waits for a master that does not answer.
 *
 * What net-snmp 5.9.3 does by itself: it looks for a lost master every 15 s, waits in connect() once a hung
 * master's backlog is full, waits a second or more for each answer, and does so again and again without
 * returning to its loop when that takes as long as the pause between two attempts. Here net-snmp's own pings
 * and reconnects are off. A lost master is knocked at without waiting, and only when it has answered does
 * net-snmp open its session; a session is pinged without waiting and kept while the master hangs, for when it
 * goes on, so does the session. */

#include "macro.h"
#include "serve-direct.h"
#include "serve-offer.h"

typedef struct AgentxLink {
        char address[128]; /* path of a socket, or "tcp:ADDRESS:PORT" */
        int door;          /* a connection on which a lost master was knocked at, or -1 */
        bool knocked;
        struct snmp_session *session; /* net-snmp's session with the master, NULL: none */
        usec_t pinged;                /* when the ping that is not answered yet was sent, 0: none is out */
        bool serving;                 /* the session stands and the master answers */
        usec_t master_since;          /* when its sysUpTime was zero; USEC_INFINITY: not known yet */
        bool offers;                  /* whether to offer ENTITY-MIB and ENTITY-SENSOR-MIB */
        Offer offer;
        Direct direct;
        int reason; /* why there is no session: negative errno of the last attempt */
        int error;  /* the link is beyond repair in this process: negative errno */
} AgentxLink;

/* Before init_agent. direct: what answers. The link must outlive the process's use of net-snmp. */
void agentx_link_prepare(AgentxLink *link, const char *address, bool offers, const Direct *direct);

/* Between init_agent and init_snmp: takes the library's own reconnecting off. */
void agentx_link_own(void);

/* After init_snmp: looks for the master, from now on by itself in net-snmp's loop. -ENOMEM. */
int agentx_link_start(AgentxLink *link);

/* In words, why the link does not serve, or what of it not; empty if it serves all. Static text. */
const char *agentx_link_detail(const AgentxLink *link);

#endif
