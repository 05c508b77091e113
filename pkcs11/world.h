#ifndef HSMD_WORLD_H
#define HSMD_WORLD_H
/* The files that a vendor's module can reach: its own directory, the working directory, what its device's
 * configuration gives it (paths, read_paths), and the directories of the files that its environment names. */

#include "protocol.h"

/* Confines this process for good. Negative errno. */
int world_enter(const MsgProbeConfig *config);

#endif
