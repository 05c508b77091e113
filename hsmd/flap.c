#include "flap.h"

/* A machine that fell all night must not be called flapping all week: no more than twice the falls that make
 * it flap pile up. */
static usec_t level_max(const FlapParams *params) {
        return 2 * MAX_OF(params->flaps, 1U) * params->forget;
}

/* One fall or less is left of many; where one fall is enough, nothing may be left of it. */
static usec_t level_calm(const FlapParams *params) {
        return params->flaps > 1 ? params->forget : 0;
}

usec_t flap_level(const FlapTrack *track, usec_t now) {
        usec_t ago = now > track->when ? now - track->when : 0;

        return track->level > ago ? track->level - ago : 0;
}

static void settle(FlapTrack *track, usec_t now) {
        track->level = flap_level(track, now);
        track->when = now;
}

bool flap_fall(FlapTrack *track, const FlapParams *params, usec_t now) {
        bool before = track->flapping;

        settle(track, now);
        track->level = MIN_OF(track->level + params->forget, level_max(params));
        if (params->flaps > 0 && track->level > (params->flaps - 1) * params->forget)
                track->flapping = true;
        return track->flapping != before;
}

bool flap_tick(FlapTrack *track, const FlapParams *params, usec_t now) {
        if (!track->flapping || (params->flaps > 0 && flap_level(track, now) > level_calm(params)))
                return false;
        track->flapping = false;
        return true;
}

void flap_restore(FlapTrack *track, const FlapParams *params, usec_t level, usec_t ago, usec_t now) {
        *track = (FlapTrack){.level = MIN_OF(level, level_max(params)), .when = now};
        track->level = track->level > ago ? track->level - ago : 0;
        /* it flapped if it was above the upper mark at its last fall; between the marks nobody knows, and a
         * device that had just calmed down must not be called flapping again */
        track->flapping = params->flaps > 0 && track->level > level_calm(params) &&
                          level > (params->flaps - 1) * params->forget;
}
