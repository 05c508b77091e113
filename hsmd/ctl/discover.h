#ifndef HSMD_CTL_DISCOVER_H
#define HSMD_CTL_DISCOVER_H
/* hsmctl sensors discover: a walk of an SNMP agent, as the draft of a sensor profile. */

#include "picture.h"

/* The agent is the third word. */
ExitCode discover(const Options *o, Client *client, const Picture *p);

#endif
