#ifndef HSMD_WATCHER_H
#define HSMD_WATCHER_H
/* The watcher's own links: whether a failure proves anything of a machine, or only that this host is cut off
 * from it.
 *
 * At the first failure of a machine behind a link its gateway is asked. A failure that would make the machine
 * down waits until the gateway's answer is known, unless another machine behind the link has answered
 * meanwhile; so nothing is declared down before its link's witness was heard. And while the witness is gone
 * it waits for another machine behind the link that was well, which is asked at once: what answers disproves
 * the witness, and only if nothing does is this host cut off. */

#include "device.h"
#include "situation.h"

typedef struct Watcher Watcher;

typedef enum WatcherVerdict {
        WATCHER_COUNTS, /* the failure is the machine's, or the evidence says now that it proves nothing */
        WATCHER_HOLD,   /* judge it later: device_judge_held is called */
        WATCHER_IGNORE, /* it began while this host was cut off and ended when it was not: ask again */
} WatcherVerdict;

/* Makes the manager's watcher fit its configuration; what is known of links is kept while none of them
 * changes. */
void watcher_fit(Manager *manager);
Watcher *watcher_free(Watcher *watcher);

/* A device failed. Makes the evidence unjudged, reason watcher_isolated, when the link is gone. */
WatcherVerdict watcher_judge(Device *device, Evidence *evidence, usec_t now);
/* An attempt that began at `started` succeeded. */
void watcher_answered(Device *device, usec_t started, usec_t now);

/* An attempt of a device was judged, or waits: others whose failures wait for it are judged. */
void watcher_heard(Device *device, usec_t now);

/* What is wrong with this host's links now: one finding a link, at most max; returns how many. */
size_t watcher_findings(const Manager *manager, Finding *ret, size_t max);

#endif
