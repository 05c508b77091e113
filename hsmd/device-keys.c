/* What a device holds of its pool's keys. */
#include "manager.h"

/* Before an attempt reaches `find` it tells nothing of keys, nor does one that was lost. */
static bool tells_of_keys(const Device *d) {
        const Judgement *j = &d->judgement;

        if (!d->has_result || j->ladder == DEVICE_UNKNOWN)
                return j->ladder_reason == REASON_PROFILE_MISMATCH;
        if (j->ladder != DEVICE_DOWN)
                return true;
        return d->result.failed_step >= STEP_FIND && j->ladder_reason != REASON_TIMEOUT &&
               j->ladder_reason != REASON_CRASHED;
}

Fingerprint device_key_fingerprint(const Device *d, size_t i) {
        const ProbeKeyResult *r = &d->keys[i];
        Fingerprint f = {0};

        if (!r->has_fingerprint)
                return f;
        f.size = r->fingerprint_size == 3 ? 3 : FINGERPRINT_MAX;
        memcpy(f.octets, r->fingerprint, f.size);
        return f;
}

/* As the last attempt that told of it said, and as the pinned key allows. */
static KeyState told_state(const Device *d, size_t i) {
        KeyState state = d->keys[i].state;
        Fingerprint own = device_key_fingerprint(d, i), pinned;
        PinOrigin origin;

        if (state == KEY_UNKNOWN || state == KEY_MISSING || own.size == 0 || !d->manager->pool_keys)
                return state;
        pinned = matrix_pinned(d->manager, d->pool, i, &origin);
        return pinned.size == own.size && !fingerprint_equal(&pinned, &own) ? KEY_MISMATCH : state;
}

KeyState device_key_state(const Device *d, size_t i) {
        return tells_of_keys(d) ? told_state(d, i) : KEY_UNKNOWN;
}

static bool same_key(const ProbeKeyResult *a, const ProbeKeyResult *b) {
        return a->state == b->state && a->has_fingerprint == b->has_fingerprint &&
               a->fingerprint_size == b->fingerprint_size &&
               memcmp(a->fingerprint, b->fingerprint, sizeof(a->fingerprint)) == 0;
}

static bool is_sound(const ProbeKeyResult *r) {
        return r->state >= KEY_USABLE && r->state <= KEY_UNKNOWN && r->reason <= REASON_LAST &&
               r->object_class <= KEY_CLASS_CERTIFICATE;
}

static bool take_key(Device *d, size_t k, const ProbeKeyResult *r, usec_t now) {
        bool changed = !same_key(&d->keys[k], r);
        NonceMark last = r->nonce.size > 0 ? r->nonce : d->keys[k].nonce;

        if (r->exercised && r->state == KEY_USABLE) {
                d->key_signed[k] = now;
                d->key_signs[k]++;
        } else if (r->state == KEY_FAILING && (r->exercised || changed)) {
                d->key_failures[k]++;
        }
        /* counts of the process: a fresh one begins at zero */
        if (r->operations >= d->keys[k].operations && r->errors >= d->keys[k].errors) {
                d->key_operations[k] += r->operations - d->keys[k].operations;
                d->key_errors[k] += r->errors - d->keys[k].errors;
        } else {
                d->key_operations[k] += r->operations;
                d->key_errors[k] += r->errors;
        }
        d->keys[k] = *r;
        d->keys[k].nonce = last; /* an attempt that came to no signature has none */
        return changed;
}

bool device_take_keys(Device *d, const MsgProbeResult *r, usec_t now) {
        bool changed = false;

        for (uint32_t i = 0; i < MIN_OF(r->n_keys, (uint32_t) PROTOCOL_KEYS_MAX); i++)
                for (size_t k = 0; k < d->pool->n_keys; k++)
                        if (d->pool->keys[k].number == r->keys[i].number && is_sound(&r->keys[i]))
                                changed = take_key(d, k, &r->keys[i], now) || changed;
        return changed;
}

bool device_take_seen_key(Device *d, const MsgProbeKey *m) {
        if (m->spki_size > sizeof(m->spki))
                return false;
        for (size_t k = 0; k < d->pool->n_keys; k++) {
                if (d->pool->keys[k].number != m->number)
                        continue;
                if (!d->seen_keys[k])
                        d->seen_keys[k] = malloc(sizeof(*m));
                if (d->seen_keys[k])
                        *d->seen_keys[k] = *m;
                return true;
        }
        return false;
}

/* Whether a key is one that its pool's services need; without services on the pool every key is. */
static bool key_required(const Device *d, uint32_t number) {
        const Config *c = d->manager->config;
        bool any = false;

        for (size_t i = 0; i < c->n_services; i++) {
                if (&c->pools[c->services[i].pool] != d->pool)
                        continue;
                any = true;
                for (size_t k = 0; k < c->services[i].n_keys; k++)
                        if (c->services[i].keys[k] == number)
                                return true;
        }
        return !any;
}

bool device_holds_keys(const Device *d) {
        for (size_t i = 0; i < d->pool->n_keys; i++) {
                KeyState state = told_state(d, i);

                if (key_required(d, d->pool->keys[i].number) && state != KEY_USABLE &&
                        state != KEY_PRESENT_ONLY)
                        return false;
        }
        return true;
}

/* --- shown
 * -------------------------------------------------------------------------------------------------- */

static void show_configured(const Device *d, size_t i, KeyRow *row) {
        const ConfigKey *k = &d->pool->keys[i];
        ProbeMechanism mechanisms[PROTOCOL_MECHANISMS_MAX];
        size_t n = config_mechanisms(d->manager->config, d->config, mechanisms), m;

        FIELD_SET(Key, row, device, d->config->number);
        FIELD_SET(Key, row, number, k->number);
        if (k->label)
                FIELD_TEXT_SET(Key, row, label, k->label);
        FIELD_SET(Key, row, type, k->type);
        FIELD_SET(Key, row, exercise, k->exercise);
        FIELD_SET(Key, row, business, k->business);
        m = config_key_mechanism(k, mechanisms, n);
        if (k->exercise != EXERCISE_PRESENT && m < n)
                FIELD_TEXT_SET(Key, row, mechanism, mechanisms[m].name);
        FIELD_SET(Key, row, matrix, matrix_verdict(d->manager, d->pool, i)->state);
}

static void show_told(const Device *d, size_t i, KeyRow *row) {
        const ProbeKeyResult *r = &d->keys[i];
        Fingerprint f = device_key_fingerprint(d, i);

        FIELD_SET(Key, row, state, device_key_state(d, i));
        if (r->object_class != 0)
                FIELD_SET(Key, row, key_class, r->object_class);
        if (r->reason > REASON_NONE)
                FIELD_SET(Key, row, key_reason, r->reason);
        for (size_t o = 0; o < f.size; o++)
                snprintf(row->fingerprint + 2 * o, 3, "%02x", f.octets[o]);
        field_mark(row->valid, KeyField_fingerprint, f.size > 0);
        if (d->key_signed[i] != 0)
                FIELD_SET(Key, row, last_signed_age, d->key_signed[i]);
        FIELD_SET(Key, row, signs, d->key_signs[i]);
        FIELD_SET(Key, row, failures, d->key_failures[i]);
        if (r->latency > 0)
                FIELD_SET(Key, row, latency, r->latency);
        if (r->certificate_expires > 0)
                FIELD_SET(Key, row, certificate_expires, (uint64_t) r->certificate_expires * USEC_PER_SEC);
}

void device_publish_keys(const Device *d) {
        for (size_t i = 0; i < d->pool->n_keys; i++) {
                KeyRow row = {0};

                show_configured(d, i, &row);
                show_told(d, i, &row);
                board_publish(d->manager->board, BOARD_KEYS, d->key_index + i, &row);
        }
}
