/* When a machine is not to be touched, or is checked at another pace. */
#include "maintenance.h"
#include "manager.h"
#include "second-probe.h"

bool device_rests(const Device *d) {
        return d->maintenance && !d->maintenance->probing;
}

/* An attempt under way is not broken off: a login that nobody answers for would cost the PIN its good name.
 */
void device_rest(Device *d) {
        if (d->phase != PROBE_NONE && d->phase != PROBE_IDLE)
                return; /* device_plan comes after it */
        sd_event_source_set_enabled(d->due_source, SD_EVENT_OFF);
        d->successor = second_probe_free(d->successor);
        device_drop_probe(d, false);
        d->hurry = false;
        d->awaiting_since = 0;
        device_publish(d);
}

void device_wake(Device *d) {
        if (d->phase == PROBE_NONE || d->phase == PROBE_IDLE)
                device_probe_now(d, false);
}

void device_pace(Device *d, usec_t delay) {
        if (d->phase != PROBE_IDLE || d->judgement.ladder == DEVICE_DOWN)
                return;
        d->due = now_monotonic() + delay;
        sd_event_source_set_time(d->due_source, d->due);
        sd_event_source_set_enabled(d->due_source, SD_EVENT_ONESHOT);
}
