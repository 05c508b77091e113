#include "poll-subtree.h"

typedef struct Subtree {
        PollOid root;
        oid first, last; /* arcs after the root's that are walked; both 0: all */
} Subtree;

#define ENTERPRISES                                                                                          \
        {                                                                                                    \
                6, {                                                                                         \
                        1, 3, 6, 1, 4, 1                                                                     \
                }                                                                                            \
        }
#define UCD_SNMP 2021
#define NET_SNMP 8072

/* What is the vendor's own is worth most, and stands before what any net-snmp has. */
static const Subtree subtrees[POLL_SUBTREES] = {
        {.root = {7, {1, 3, 6, 1, 2, 1, 1}}},     /* system */
        {.root = {7, {1, 3, 6, 1, 2, 1, 2}}},     /* interfaces */
        {.root = {8, {1, 3, 6, 1, 2, 1, 25, 1}}}, /* hrSystem; not the lists of processes further on */
        {.root = {8, {1, 3, 6, 1, 2, 1, 25, 2}}}, /* hrStorage */
        {.root = {8, {1, 3, 6, 1, 2, 1, 25, 3}}}, /* hrDevice */
        {.root = {7, {1, 3, 6, 1, 2, 1, 31}}},    /* IF-MIB */
        {.root = {7, {1, 3, 6, 1, 2, 1, 33}}},    /* UPS-MIB */
        {.root = {7, {1, 3, 6, 1, 2, 1, 47}}},    /* ENTITY-MIB */
        {.root = {7, {1, 3, 6, 1, 2, 1, 99}}},    /* ENTITY-SENSOR-MIB */
        {.root = ENTERPRISES, .last = UCD_SNMP - 1},
        {.root = ENTERPRISES, .first = UCD_SNMP + 1, .last = NET_SNMP - 1},
        {.root = ENTERPRISES, .first = NET_SNMP + 1, .last = UINT32_MAX},
        {.root = ENTERPRISES, .first = UCD_SNMP, .last = UCD_SNMP},
        {.root = ENTERPRISES, .first = NET_SNMP, .last = NET_SNMP},
};

size_t poll_subtree_start(size_t subtree, oid *name) {
        const Subtree *s = &subtrees[subtree];
        size_t n = s->root.n;

        memcpy(name, s->root.arcs, n * sizeof(*name));
        if (s->first > 0)
                name[n++] = s->first;
        return n;
}

bool poll_subtree_has(size_t subtree, const oid *name, size_t n) {
        const Subtree *s = &subtrees[subtree];

        return poll_oid_within(&s->root, name, n) && (s->last == 0 || name[s->root.n] <= s->last);
}

bool poll_subtree_skip(size_t subtree, oid *name, size_t *n) {
        size_t root = subtrees[subtree].root.n;

        while (*n > root + 1) {
                oid *arc = &name[--*n - 1];

                if (*arc == UINT32_MAX)
                        continue;
                (*arc)++;
                return true;
        }
        return false;
}
