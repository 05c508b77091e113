#include "service.h"

/* What is counted over the members. */
typedef struct Count {
        uint32_t serving, unknown;
        uint32_t keys_usable;
        uint64_t capacity;
        bool capacity_known, all_used_own, all_used_some;
        uint32_t largest[SERVICE_MEMBERS_MAX]; /* capacities of those that serve, falling */
        size_t n_largest;
} Count;

static bool serves(const ServiceMember *m, uint32_t keys) {
        return m->serves && (m->keys_held & keys) == keys;
}

/* It may come to serve without anything being repaired: its state, or whether it holds a key, is not known
 * yet. */
static bool may_serve(const ServiceMember *m, uint32_t keys) {
        if (m->unknown)
                return true;
        return m->serves && ((m->keys_held | ~m->keys_known) & keys) == keys;
}

static void keep_largest(Count *c, uint32_t capacity) {
        size_t i = MIN_OF(c->n_largest, (size_t) SERVICE_MEMBERS_MAX - 1);

        if (c->n_largest == SERVICE_MEMBERS_MAX && c->largest[i] >= capacity)
                return;
        for (; i > 0 && c->largest[i - 1] < capacity; i--)
                c->largest[i] = c->largest[i - 1];
        c->largest[i] = capacity;
        c->n_largest = MIN_OF(c->n_largest + 1, (size_t) SERVICE_MEMBERS_MAX);
}

static void count_member(Count *c, const ServiceMember *m, uint32_t keys) {
        if (m->serves)
                c->keys_usable |= m->keys_held & keys;
        if (!serves(m, keys)) {
                c->unknown += may_serve(m, keys);
                return;
        }
        c->serving++;
        c->capacity += m->capacity;
        c->capacity_known = c->capacity_known && m->capacity > 0;
        c->all_used_own = c->all_used_own && (m->keys_used & keys) == keys;
        c->all_used_some = c->all_used_some && m->keys_used != 0;
        keep_largest(c, m->capacity);
}

/* The largest ones go first: nobody chooses which machine fails. */
static int survivable_by_capacity(const Count *c, uint32_t rate) {
        uint64_t left = c->capacity;
        int gone = 0;

        if (left < rate)
                return -1;
        while ((size_t) gone < c->n_largest && left - c->largest[gone] >= rate)
                left -= c->largest[gone++];
        return gone;
}

static Basis basis_of(const Count *c, uint32_t keys) {
        if (c->serving == 0)
                return BASIS_PROBE;
        if (keys != 0 && c->all_used_own)
                return BASIS_BUSINESS;
        return c->all_used_some ? BASIS_PROBE : BASIS_PRESENT;
}

static ServiceState state_of(const ServiceVerdict *v, const Count *c, const ServiceNeeds *needs) {
        if (c->serving < needs->required) {
                if (c->serving + c->unknown >= needs->required)
                        return SERVICE_UNKNOWN;
                return c->serving == 0 ? SERVICE_LOST : SERVICE_DEGRADED;
        }
        if (v->has_headroom && v->headroom < 0)
                return SERVICE_DEGRADED;
        return v->survivable >= 1 ? SERVICE_OK : SERVICE_AT_RISK;
}

static int clamp(int64_t value) {
        return (int) MAX_OF(MIN_OF(value, (int64_t) INT32_MAX), (int64_t) INT32_MIN);
}

ServiceVerdict service_judge(const ServiceMember *members, size_t n, const ServiceNeeds *needs) {
        Count c = {.capacity_known = true, .all_used_own = true, .all_used_some = true};
        ServiceVerdict v;

        for (size_t i = 0; i < n; i++)
                count_member(&c, &members[i], needs->keys);
        v = (ServiceVerdict){
                .basis = basis_of(&c, needs->keys),
                .serving = c.serving,
                .survivable = clamp((int64_t) c.serving - needs->required),
                .keys_usable = (uint32_t) __builtin_popcount(c.keys_usable),
                .keys_required = (uint32_t) __builtin_popcount(needs->keys),
                .has_headroom = c.capacity_known && needs->required_rate > 0,
        };
        if (c.capacity_known)
                v.capacity = (uint32_t) MIN_OF(c.capacity, (uint64_t) UINT32_MAX);
        if (v.has_headroom) {
                v.headroom = clamp((int64_t) v.capacity - needs->required_rate);
                v.survivable = MIN_OF(v.survivable, survivable_by_capacity(&c, needs->required_rate));
        }
        v.state = state_of(&v, &c, needs);
        return v;
}
