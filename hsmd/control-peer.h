#ifndef HSMD_CONTROL_PEER_H
#define HSMD_CONTROL_PEER_H
/* Workers run as hsmd's user, whom the control socket believes; nobody who runs below hsmd has a say in it.
 */

#include <stdbool.h>
#include <sys/types.h>

/* Whether that process was started by this one, or by one that was. Whoever a worker leaves behind becomes
 * this process's child and stays its descendant. True as well if it cannot be told, because it has ended: who
 * does not wait for an answer may have been sent to hide. 0, a process in another namespace, is none of ours.
 */
bool control_peer_is_ours(pid_t pid);

#endif
