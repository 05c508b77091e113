#ifndef HSMD_POLL_ASK_H
#define HSMD_POLL_ASK_H
/* The next request of a poll (how they are chosen: poll-table.h). */

#include "poll-table.h"

/* Makes the next request; *ret is NULL when everything has been asked, and the caller's else. -ENOMEM. */
int poll_ask(PollTable *table, usec_t now, netsnmp_pdu **ret);

#endif
