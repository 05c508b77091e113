#ifndef HSMD_CONFINE_H
#define HSMD_CONFINE_H
/* Where a worker that runs other people's code, or reads other people's packets, may go: a Landlock domain
 * (files by an allow list, signals to nobody outside) and a seccomp filter (no reading of other processes, no
 * signals to them, no limits on them, no change of a file's mode, no mounts, no namespaces, no keys, no
 * kernel modules). Neither can be left again, and whatever is started from here inherits both. */

#include "macro.h"

typedef struct ConfinePath {
        const char *path; /* what is not there is left out */
        bool write;
} ConfinePath;

/* Whether this kernel has Landlock, and lets us use it. */
bool confine_has_landlock(void);

/* Confines the calling process, which must have one thread and PR_SET_NO_NEW_PRIVS. Beside the given paths
 * what every program needs can be read: libraries, name service, /proc/self, the random devices. Returns 0, 1
 * when this kernel has no Landlock (the filter alone is in place), or a negative errno. */
int confine(const ConfinePath *paths, size_t n);

#endif
