#ifndef HSMD_FLAP_H
#define HSMD_FLAP_H
/* Whether a device falls and comes back too often to be relied on. Pure.
 *
 * Each fall adds `forget` to a level, and time takes it away again: a device that falls once in `forget`
 * never piles up. It flaps from the fall on that makes more than `flaps` − 1 falls of it, until one fall or
 * less is left (with flaps = 1: until nothing is). A level is a time, so that nothing is rounded; it never
 * piles up beyond twice `flaps` falls. */

#include "macro.h"

typedef struct FlapParams {
        unsigned flaps; /* 0: never */
        usec_t forget;
} FlapParams;

typedef struct FlapTrack {
        usec_t level;
        usec_t when; /* CLOCK_MONOTONIC of that level */
        bool flapping;
} FlapTrack;

/* Each returns whether `flapping` changed. */
bool flap_fall(FlapTrack *track, const FlapParams *params, usec_t now);
bool flap_tick(FlapTrack *track, const FlapParams *params, usec_t now);

/* The level now; and a track that goes on from a level that was kept `ago`, at the last fall. */
usec_t flap_level(const FlapTrack *track, usec_t now);
void flap_restore(FlapTrack *track, const FlapParams *params, usec_t level, usec_t ago, usec_t now);

#endif
