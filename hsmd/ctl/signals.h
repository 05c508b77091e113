#ifndef HSMD_CTL_SIGNALS_H
#define HSMD_CTL_SIGNALS_H
/* Ctrl-C as something to read, so that a verb that waits ends as it should. */

#include "macro.h"

/* A descriptor that is readable when SIGINT, SIGTERM or SIGHUP came; they do nothing else from now on.
 * Negative errno. */
int signals_open(void);
/* Takes one; whether there was any. */
bool signals_take(int fd);
/* Waits at most so long; whether one came (it is taken). */
bool signals_wait(int fd, usec_t at_most);

#endif
