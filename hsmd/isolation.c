#include "isolation.h"

static bool settle(IsolationTrack *t, bool isolated, usec_t now) {
        bool changed = t->isolated != isolated;

        if (t->isolated && !isolated)
                t->back = now;
        t->isolated = isolated;
        return changed;
}

/* That it is gone is news each time, also for another cause: a gateway that nobody misses may have been gone
 * for long when the cable is pulled, and what answered in between proves nothing then. */
bool isolation_witness(IsolationTrack *t, bool gone, usec_t now) {
        t->gone = gone;
        t->gone_since = gone ? now : 0;
        return gone ? false : settle(t, false, now);
}

/* A check that began before the witness went may have got its answer in time. One that began later says that
 * the witness is wrong, or that only the gateway is gone and the machines are nearer than it. */
bool isolation_answered(IsolationTrack *t, usec_t started, usec_t now) {
        t->answered = MAX_OF(t->answered, started);
        return t->gone && started >= t->gone_since ? settle(t, false, now) : false;
}

bool isolation_excuses(IsolationTrack *t, usec_t now) {
        if (!t->gone || t->answered >= t->gone_since)
                return false;
        settle(t, true, now);
        return true;
}

bool isolation_overlaps(const IsolationTrack *t, usec_t started) {
        return t->isolated || started < t->back;
}
