/* The newest notifications, in memory: all that a receiver which keeps up ever needs. */
#include "notifier-internal.h"

int notifier_ring_init(NotifierRing *ring) {
        ring->events = calloc(NOTIFIER_RING, sizeof(*ring->events));
        ring->when = calloc(NOTIFIER_RING, sizeof(*ring->when));
        return ring->events && ring->when ? 0 : -ENOMEM;
}

void notifier_ring_done(NotifierRing *ring) {
        free(ring->events);
        free(ring->when);
}

void notifier_ring_add(NotifierRing *ring, const Event *event, usec_t now) {
        uint64_t sequence = event->notify_sequence;

        if (ring->last == 0 || sequence != ring->last + 1)
                ring->first = sequence;
        else if (sequence - ring->first >= NOTIFIER_RING)
                ring->first = sequence - NOTIFIER_RING + 1;
        ring->last = sequence;
        ring->events[sequence % NOTIFIER_RING] = *event;
        ring->when[sequence % NOTIFIER_RING] = now;
}

const Event *notifier_ring_get(const NotifierRing *ring, uint64_t sequence, usec_t *ret_when) {
        if (ring->last == 0 || sequence < ring->first || sequence > ring->last)
                return NULL;
        if (ret_when)
                *ret_when = ring->when[sequence % NOTIFIER_RING];
        return &ring->events[sequence % NOTIFIER_RING];
}
