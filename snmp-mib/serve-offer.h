#ifndef HSMD_SERVE_OFFER_H
#define HSMD_SERVE_OFFER_H
/* Subtrees that are offered to an AgentX master only where nobody else serves them, and without ever being in
 * somebody else's way.
 *
 * A master refuses a subtree that is registered already, at the same place and priority, but lets a deeper
 * registration shadow a part of another's without a word. So the master is first asked at the default
 * priority for the subtree and for the places below it where others register, one after the other, from the
 * top down; each is given back at once. If one is refused, somebody else is there, and nothing is offered.
 * Otherwise the subtrees are registered at the last priority there is (RFC 2741, 6.2.3): whoever comes later
 * and registers the same is taken, and answers instead of us.
 *
 * Nothing here waits for the master. What is given back is only what was granted: net-snmp's master does not
 * look whose registration it is that it is told to end. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "macro.h"

typedef enum OfferState {
        OFFER_NONE,   /* no session, or nothing to offer */
        OFFER_ASKING, /* the master has not said yet */
        OFFER_SERVED,
        OFFER_TAKEN, /* somebody else serves it */
} OfferState;

typedef struct Offer {
        OfferState state;
        netsnmp_session *session; /* the master's, NULL: none */
        size_t asked;             /* how many places were granted and given back */
} Offer;

/* On a session that was just opened: begins to ask. The offer must outlive the session. */
void offer_begin(Offer *offer, netsnmp_session *session);

/* Without a master: tells this agent's own sysORTable of the subtrees. */
void offer_describe(void);

/* The session is gone. */
void offer_end(Offer *offer);

#endif
