#ifndef HSMD_DRILL_INTERNAL_H
#define HSMD_DRILL_INTERNAL_H
/* Between the files of the drill. */

#include "drill.h"
#include "manager.h"

/* A pool that has had a drill since hsmd started, or whose last one was looked up. */
struct Drill {
        Drill *next;
        char pool[64];
        DrillTrack *track; /* of the one under way, or NULL */
        usec_t armed;
        bool has_last;
        DrillProtocol last; /* of the last one that is over */
};

/* NULL: none, or no memory. */
Drill *drill_find(const Manager *manager, const char *pool);
Drill *drill_find_or_add(Manager *manager, const char *pool);
const ConfigPool *drill_find_pool(const Manager *manager, const char *name);
int drill_no_such_pool(const Manager *manager, const char *name, char **ret_message);
/* Into the history. */
void drill_keep(Manager *manager, const DrillProtocol *protocol);
/* Of one that begins: if hsmd ends before it does, the history says so. */
void drill_keep_begun(Manager *manager, const DrillProtocol *protocol);

#endif
