#ifndef HSMD_POOL_H
#define HSMD_POOL_H
/* The judgement of a pool and of the fleet. Pure. */

#include "names.h"

/* Counted over the pool's members by the caller. A member serves while up, degraded or suspect and holding
 * every key that is required of it. */
typedef struct PoolFacts {
        unsigned members;
        unsigned serving;
        unsigned unknown; /* members in state unknown: they might serve */
        unsigned required;
        uint64_t capacity;   /* signatures a second of the members that serve, together */
        bool capacity_known; /* of each of them */
} PoolFacts;

typedef struct PoolVerdict {
        PoolState state;
        int survivable;    /* serving − required: how many more members may be lost; may be negative */
        uint32_t capacity; /* 0: not known of a member that serves, or none does */
} PoolVerdict;

PoolVerdict pool_judge(const PoolFacts *facts);

/* redundant is ok, at_capacity is at_risk, the rest by name. */
ServiceState pool_state_as_service(PoolState state);

/* The worse of two: lost, degraded, unknown, at_risk, ok. */
ServiceState service_state_worse(ServiceState a, ServiceState b);
/* Whether a is worse than b, and not the same. */
bool service_state_is_worse(ServiceState a, ServiceState b);

#endif
