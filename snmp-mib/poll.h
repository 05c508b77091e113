#ifndef HSMD_POLL_H
#define HSMD_POLL_H
/* hsmd-snmp poll: the worker that reads the machines' sensors over SNMP.
 *
 * One thread, one loop, no call that waits: a machine that is silent, slow or hostile costs the others
 * nothing. It is told its agents and their secrets over fd (protocol.h, MSG_POLL_*) and nothing else; it
 * reads no file. */

#include "macro.h"

/* Runs until MSG_CLOSE or the end of the stream. 0, or a negative errno if the worker could not be set up. */
int poll_main(int fd);

#endif
