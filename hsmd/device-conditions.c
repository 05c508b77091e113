#include "manager.h"

static void look_at_certificate(const Device *d, size_t i, const char *name, Found *f) {
        int64_t expires = d->keys[i].certificate_expires, now = (int64_t) (now_realtime() / USEC_PER_SEC);
        int64_t warning = (int64_t) (d->config->certificate_warning / USEC_PER_SEC);

        if (expires == 0 || expires - now > warning)
                return;
        if (expires > now)
                found_add(f, REASON_CERTIFICATE_EXPIRING, name,
                        "the certificate of key %u (%s) expires in %lld days", d->pool->keys[i].number, name,
                        (long long) (expires - now) / 86400);
        else
                found_add(f, REASON_CERTIFICATE_EXPIRING, name,
                        "the certificate of key %u (%s) expired %lld days ago", d->pool->keys[i].number, name,
                        (long long) (now - expires) / 86400);
}

static bool nothing_pinned(const Device *d, size_t i) {
        PinOrigin origin;

        (void) matrix_pinned(d->manager, d->pool, i, &origin);
        return origin == PIN_ORIGIN_NONE;
}

/* A key that cannot be used while another one can. */
static void look_at_failing(const Device *d, size_t i, const char *name, Found *f) {
        const ProbeKeyResult *r = &d->keys[i];
        uint32_t number = d->pool->keys[i].number;
        char buffer[24];

        if (r->reason == REASON_PROFILE_MISMATCH || r->reason == REASON_MECHANISM_MISSING)
                found_add(f, r->reason, name, "key %u (%s): %s", number, name,
                        d->result.detail[0] ? d->result.detail : name_of(&reason_names, r->reason));
        else if (r->state == KEY_FAILING && r->rv != 0)
                found_add(f, REASON_KEY_FAILING, name, "key %u (%s) cannot be used: %s", number, name,
                        device_return_name(d, r->rv, buffer));
        else if (r->state == KEY_FAILING)
                found_add(f, REASON_KEY_FAILING, name, "key %u (%s) cannot be used: %s", number, name,
                        name_of(&reason_names, r->reason));
}

static void look_at_keys(const Device *d, Found *f) {
        for (size_t i = 0; i < d->pool->n_keys; i++) {
                const ConfigKey *k = &d->pool->keys[i];
                char by_number[24];
                const char *name = k->label ? k->label : by_number;
                KeyState state = device_key_state(d, i);

                snprintf(by_number, sizeof(by_number), "key %u", k->number);
                if (state == KEY_MISSING)
                        found_add(f, REASON_KEY_MISSING, name, "key %u (%s) is missing", k->number, name);
                else if (state == KEY_MISMATCH)
                        found_add(f, REASON_KEY_MISMATCH, name,
                                "key %u (%s) is another one than the pinned public key says", k->number,
                                name);
                else if (state != KEY_UNKNOWN &&
                         matrix_verdict(d->manager, d->pool, i)->state == MATRIX_DIFFERENT &&
                         nothing_pinned(d, i))
                        found_add(f, REASON_KEY_MISMATCH, name,
                                "key %u (%s) is not the same on all members of the pool", k->number, name);
                look_at_failing(d, i, name, f);
                look_at_certificate(d, i, name, f);
        }
}

/* The machine's own uptime began anew. */
static void look_at_reboot(const Device *d, usec_t now, Found *f) {
        if (d->rebooted != 0 && now - d->rebooted < RESTART_TOLD)
                found_add(f, REASON_REBOOTED, "", "the machine rebooted %llu min ago",
                        (unsigned long long) ((now - d->rebooted) / (60 * USEC_PER_SEC)));
}

void device_conditions(Device *d, usec_t now) {
        Found f = {.text = d->condition, .size = sizeof(d->condition), .findings = d->findings};
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool changed;

        d->condition[0] = '\0';
        look_at_keys(d, &f);
        if (d->has_result && d->result.random_state == REASON_RANDOM_WEAK)
                found_add(&f, REASON_RANDOM_WEAK, "", "%s",
                        d->result.detail[0] ? d->result.detail : "random_weak");
        look_at_reboot(d, now, &f);
        environment_conditions(d->sensors, environment_room_is_warm(d), now, &f);
        d->n_findings = f.n;
        changed = judge_conditions(&d->judgement, &f.conditions, now);
        device_judged(d, changed, before, reason_before);
}

/* What is said beside state and reason: of the condition while that is what makes the state. */
const char *device_detail(const Device *d) {
        return d->judgement.state == DEVICE_DEGRADED ? d->condition : d->detail;
}
