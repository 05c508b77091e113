#include "pool.h"

PoolVerdict pool_judge(const PoolFacts *f) {
        PoolVerdict v = {.survivable = (int) f->serving - (int) f->required};

        if (f->capacity_known)
                v.capacity = (uint32_t) MIN_OF(f->capacity, (uint64_t) UINT32_MAX);

        if (f->serving >= f->required)
                v.state = v.survivable >= 1 ? POOL_REDUNDANT : POOL_AT_CAPACITY;
        else if (f->serving + f->unknown >= f->required)
                v.state = POOL_UNKNOWN;
        else
                v.state = f->serving == 0 ? POOL_LOST : POOL_DEGRADED;
        return v;
}

ServiceState pool_state_as_service(PoolState state) {
        static const ServiceState as_service[] = {
                [POOL_REDUNDANT] = SERVICE_OK,
                [POOL_AT_CAPACITY] = SERVICE_AT_RISK,
                [POOL_DEGRADED] = SERVICE_DEGRADED,
                [POOL_LOST] = SERVICE_LOST,
                [POOL_UNKNOWN] = SERVICE_UNKNOWN,
        };

        return as_service[state];
}

static unsigned badness(ServiceState state) {
        static const unsigned of[] = {
                [SERVICE_OK] = 0,
                [SERVICE_AT_RISK] = 1,
                [SERVICE_UNKNOWN] = 2,
                [SERVICE_DEGRADED] = 3,
                [SERVICE_LOST] = 4,
        };

        return of[state];
}

ServiceState service_state_worse(ServiceState a, ServiceState b) {
        return badness(a) >= badness(b) ? a : b;
}

bool service_state_is_worse(ServiceState a, ServiceState b) {
        return badness(a) > badness(b);
}
