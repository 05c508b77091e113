/* What no single device shows, or no finding by itself: a virtual slot that disagrees with its members, a
 * fault that was found late, an agent that is silent because all else is.
 */
#include "common/words.h"
#include "judge.h"
#include "situation-internal.h"

/* How long a fault that was found too late is told. */
#define LATE_TOLD (3600 * USEC_PER_SEC)

/* hsmd's own turns may come so much later than they should before that counts as time in which it did not
 * run, which is no part of a detection. */
#define LATE_GRACE (500 * USEC_PER_MSEC)

void own_found_late(Situation *s, size_t device, usec_t detection, Moment now) {
        Dev *d = &s->devices[device];

        if (detection <= d->config->bound + LATE_GRACE)
                return;
        d->detection = detection;
        d->bound_exceeded_until = now.monotonic + LATE_TOLD;
        due_at(s, d->bound_exceeded_until);
}

static size_t late_finding(const Dev *d, Moment now, Finding *ret) {
        char found[32], bound[32];

        if (now.monotonic >= d->bound_exceeded_until)
                return 0;
        word_of_duration(LANG_EN, d->detection, found, sizeof(found));
        word_of_duration(LANG_EN, d->config->bound, bound, sizeof(bound));
        *ret = (Finding){.reason = REASON_BOUND_EXCEEDED};
        snprintf(ret->detail, sizeof(ret->detail), "found after %s, the bound is %s", found, bound);
        return 1;
}

/* How many of a slot's members serve; false while that of one, or of the slot, is not known. */
static bool members_serving(const Situation *s, const Dev *slot, size_t *ret) {
        const Pool *p = &s->pools[slot->config->pool];
        size_t serving = 0;

        if (!dev_judged(slot) || slot->facts.state == DEVICE_UNKNOWN)
                return false;
        for (size_t i = p->first_device; i != NOWHERE; i = s->devices[i].next_in_pool) {
                const Dev *d = &s->devices[i];

                if (d->config->virtual_slot)
                        continue;
                if (!dev_judged(d) || d->facts.state == DEVICE_UNKNOWN)
                        return false;
                serving += device_state_serves(d->facts.state);
        }
        *ret = serving;
        return true;
}

bool own_finding_counts(const Situation *s, const Dev *d, Reason reason) {
        size_t serving;

        return reason != REASON_VIRTUAL_DISAGREES || members_serving(s, d, &serving);
}

void own_restore(Situation *s, size_t device, const Alarm *alarm, Moment now) {
        Dev *d = &s->devices[device];
        usec_t ago = now.realtime > alarm->since.realtime ? now.realtime - alarm->since.realtime : 0;

        if (alarm->code == REASON_VIRTUAL_DISAGREES)
                d->disagrees_since = 1; /* long enough */
        if (alarm->code != REASON_BOUND_EXCEEDED || ago >= LATE_TOLD)
                return;
        d->bound_exceeded_until = now.monotonic + LATE_TOLD - ago;
        due_at(s, d->bound_exceeded_until);
}

/* The slot does what no member does, or does not what one of them does. The slot and its members are not
 * asked in one instant: only what lasts longer than the bound disagrees. */
static size_t slot_finding(Situation *s, Dev *d, Moment now, Finding *ret) {
        bool serves = device_state_serves(d->facts.state);
        bool out = !serves && d->facts.state != DEVICE_DOWN;
        size_t serving;
        usec_t at;

        if (!d->config->virtual_slot || !members_serving(s, d, &serving))
                return 0;
        if (out || serves == (serving > 0)) {
                d->disagrees_since = 0;
                return 0;
        }
        if (d->disagrees_since == 0)
                d->disagrees_since = MAX_OF(now.monotonic, (usec_t) 1);
        at = d->disagrees_since + s->pools[d->config->pool].bound;
        if (now.monotonic < at) {
                due_at(s, at);
                return 0;
        }
        *ret = (Finding){.reason = REASON_VIRTUAL_DISAGREES};
        copy_text(ret->detail, sizeof(ret->detail),
                serves ? "it serves while no member does" : "it is down while a member serves");
        return 1;
}

size_t own_findings(Situation *s, size_t device, Moment now, Finding *ret) {
        Dev *d = &s->devices[device];
        size_t n = late_finding(d, now, ret);

        return n + slot_finding(s, d, now, ret + n);
}

/* So long after a machine is back its agent has been asked again, twice. */
#define SILENCE_GRACE (120 * USEC_PER_SEC)

/* A machine without power, or behind a link that is cut, has a silent agent too: that is one cause. */
void own_look_at_silence(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];

        if (d->facts.state != DEVICE_UP && d->facts.state != DEVICE_DEGRADED) {
                d->silence_from = USEC_INFINITY;
                return;
        }
        if (d->silence_from != USEC_INFINITY)
                return;
        d->silence_from = now.monotonic + SILENCE_GRACE;
        due_at(s, d->silence_from);
}

bool own_silence_is_news(const Dev *d, Moment now) {
        return now.monotonic >= d->silence_from;
}

static void look_when(Situation *s, size_t device, usec_t at, Moment now) {
        if (at <= now.monotonic)
                touch_device(s, device);
        else
                due_at(s, at);
}

void own_tick(Situation *s, Moment now) {
        for (size_t i = 0; i < s->config->n_devices; i++) {
                Dev *d = &s->devices[i];

                if (d->disagrees_since != 0)
                        look_when(s, i, d->disagrees_since + s->pools[d->config->pool].bound, now);
                if (d->silence_from != 0 && d->silence_from != USEC_INFINITY) {
                        look_when(s, i, d->silence_from, now);
                        if (d->silence_from <= now.monotonic)
                                d->silence_from = 0;
                }
                if (d->bound_exceeded_until == 0)
                        continue;
                look_when(s, i, d->bound_exceeded_until, now);
                if (d->bound_exceeded_until <= now.monotonic)
                        d->bound_exceeded_until = 0;
        }
}
