#ifndef HSMD_HISTORY_BALLAST_H
#define HSMD_HISTORY_BALLAST_H
/* STATE/history/ballast: 16 MiB that are given up when the disk is full, so that events go on being stored
 * and what is too old can be deleted while somebody makes room. */

#include "macro.h"

#define HISTORY_BALLAST ((off_t) 16 << 20)

/* Makes it where it is missing and the disk has twice its size; really allocated, not a hole. 0: it is there;
 * -ENOSPC, or another errno. */
int history_ballast_make(const char *state);
/* Whether there was one. */
bool history_ballast_release(const char *state);

#endif
