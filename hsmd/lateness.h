#ifndef HSMD_LATENESS_H
#define HSMD_LATENESS_H
/* Notices when hsmd itself did not run (a paused VM, swapping, SIGSTOP): then every deadline is overdue while
 * the replies wait in the sockets, and nobody but hsmd is to blame. */

#include <systemd/sd-event.h>

#include "macro.h"

typedef struct Lateness Lateness;

/* hsmd did not run for `lateness` more than it should have: deadlines are to be moved by that. Called before
 * anything else of that iteration. */
typedef void (*LateCallback)(usec_t lateness, void *userdata);
/* Every quarter of a second. */
typedef void (*TurnCallback)(usec_t now, void *userdata);

int lateness_new(sd_event *event, LateCallback late, TurnCallback turn, void *userdata, Lateness **ret);
Lateness *lateness_free(Lateness *lateness);

/* Looks now; for callbacks that must not judge before lateness is known. */
void lateness_look(Lateness *lateness, usec_t now);
/* Whether hsmd was late within the last two seconds. */
bool lateness_recent(Lateness *lateness, usec_t now);
usec_t lateness_total(const Lateness *lateness);

#endif
