#ifndef HSMD_ISOLATION_H
#define HSMD_ISOLATION_H
/* Whether the watcher itself is cut off: nothing is proven of the machines behind a link whose own witnesses
 * are gone, while no machine behind it answers. Pure; link.h asks the witnesses. */

#include "macro.h"

typedef struct IsolationTrack {
        bool gone;         /* the link's witnesses: carrier, or the configured gateway */
        usec_t gone_since; /* when they were first seen gone */
        usec_t answered;   /* when the check of a machine behind the link that succeeded last was begun */
        bool isolated;     /* told so */
        usec_t back;       /* when that ended last */
} IsolationTrack;

/* What the witnesses say now. Only news: that they are gone again forgets who answered since they were gone
 * first. Returns whether `isolated` changed. */
bool isolation_witness(IsolationTrack *track, bool gone, usec_t now);
/* A check of a machine behind the link that began at `started` succeeded; returns whether `isolated` changed.
 */
bool isolation_answered(IsolationTrack *track, usec_t started, usec_t now);
/* A check of a machine behind the link failed: whether that proves nothing of the machine. */
bool isolation_excuses(IsolationTrack *track, usec_t now);
/* Whether a check that began at `started` began while the watcher was cut off, or is; if it failed after
 * that, its failure proves nothing either. */
bool isolation_overlaps(const IsolationTrack *track, usec_t started);

#endif
