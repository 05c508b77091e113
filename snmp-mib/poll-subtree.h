#ifndef HSMD_POLL_SUBTREE_H
#define HSMD_POLL_SUBTREE_H
/* What is walked of an agent, and in which order: pure functions of the subtrees' places, from 0. */

#include "poll-oid.h"

#define POLL_SUBTREES 14

/* Puts the name to go on from at first, of at most MAX_OID_LEN arcs, into `name`; returns how many it has. */
size_t poll_subtree_start(size_t subtree, oid *name);

/* Whether a name belongs to it. */
bool poll_subtree_has(size_t subtree, const oid *name, size_t n);

/* What follows this name is not told: goes on after the column that it belongs to or, called again, after
 * what that is part of. False if nothing of the subtree is left so. */
bool poll_subtree_skip(size_t subtree, oid *name, size_t *n);

#endif
