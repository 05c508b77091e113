#ifndef HSMD_CTL_ACTION_H
#define HSMD_CTL_ACTION_H
/* What the verbs that act have in common. */

#include "client.h"

/* Says why an action came to nothing: hsmd's own words when it refused. */
ExitCode action_failed(const Options *o, const Client *client, int error);

#endif
