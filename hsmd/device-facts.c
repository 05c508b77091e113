/* What the judgement over all machines is told of one. */
#include "device-location.h"
#include "maintenance.h"
#include "manager.h"
#include "measure.h"

static void keys_facts(const Device *d, DeviceFacts *f) {
        for (size_t i = 0; i < d->pool->n_keys; i++) {
                KeyState state = device_key_state(d, i);
                uint32_t bit = UINT32_C(1) << i;

                if (state == KEY_UNKNOWN)
                        continue;
                f->keys_known |= bit;
                if (state == KEY_USABLE || state == KEY_PRESENT_ONLY)
                        f->keys_held |= bit;
                if (state == KEY_USABLE && d->pool->keys[i].exercise != EXERCISE_PRESENT)
                        f->keys_used |= bit;
        }
}

uint32_t device_capacity(const Device *d) {
        uint32_t baseline = 0;

        /* of several mechanisms the slowest is what a service can count on */
        for (size_t i = 0; i < d->n_measured; i++)
                if (d->measured[i].baseline > 0)
                        baseline = baseline == 0 ? d->measured[i].baseline
                                                 : MIN_OF(baseline, d->measured[i].baseline);
        return baseline > 0 ? baseline : d->config->rated_rate;
}

static void call_facts(const Device *d, DeviceFacts *f) {
        char buffer[24];

        if (d->judgement.failures == 0 || !d->has_last_call)
                return;
        copy_text(f->call, sizeof(f->call), pkcs11_call_name(d->last_call));
        if (!d->last_call_unreturned)
                copy_text(f->ret, sizeof(f->ret), device_return_name(d, d->last_rv, buffer));
}

void device_facts(const Device *d, DeviceFacts *ret) {
        const Judgement *j = &d->judgement;

        *ret = (DeviceFacts){
                .state = j->state,
                .reason = j->reason,
                .failed_step = j->failed_step,
                .judged = d->judged,
                .serves = device_serves(d),
                .failing = j->failures > 0 && j->ladder != DEVICE_DOWN,
                .flapping = j->flap.flapping,
                .flap = flap_level(&j->flap, now_monotonic()),
                .last_good = d->last_good,
                .first_failure = d->first_failure,
                .capacity = device_capacity(d),
                .latency = device_latency_p50(d),
                .keys_judged = d->last_success != 0,
                .sensors_judged = environment_is_known(d->sensors),
                .n_findings = d->n_findings,
        };
        keys_facts(d, ret);
        call_facts(d, ret);
        if (j->failures > 0) {
                ret->place = d->location.place;
                ret->other_place = d->location.other;
        }
        memcpy(ret->findings, d->findings, d->n_findings * sizeof(*d->findings));
        for (size_t i = 0; i < d->n_findings; i++) {
                Location l = device_locate_finding(d, ret->findings[i].reason);

                ret->findings[i].place = l.place;
                ret->findings[i].other_place = l.other;
        }
        if (maintenance_is_ending(d) && ret->n_findings < FINDINGS_MAX)
                ret->findings[ret->n_findings++] = (Finding){.reason = REASON_MAINTENANCE_ENDING};
}
