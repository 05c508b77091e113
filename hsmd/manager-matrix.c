#include "manager-matrix.h"

#include <openssl/evp.h>

#include "manager.h"

/* Where a pool's keys begin among all. */
static size_t first_key(const Config *c, const ConfigPool *pool) {
        size_t n = 0;

        for (const ConfigPool *p = c->pools; p < pool; p++)
                n += p->n_keys;
        return n;
}

static size_t count_keys(const Config *c) {
        return first_key(c, c->pools + c->n_pools);
}

static const PoolKey *find_known(
        const Config *config, const PoolKey *keys, const char *pool, uint32_t number) {
        for (size_t i = 0; config && i < config->n_pools; i++)
                for (size_t k = 0; k < config->pools[i].n_keys; k++, keys++)
                        if (streq(config->pools[i].name, pool) && config->pools[i].keys[k].number == number)
                                return keys;
        return NULL;
}

PoolKey *pool_keys_new(const Config *config, const Config *old, const PoolKey *old_keys) {
        PoolKey *keys = calloc(count_keys(config) + 1, sizeof(*keys)), *next = keys;

        for (size_t i = 0; keys && i < config->n_pools; i++)
                for (size_t k = 0; k < config->pools[i].n_keys; k++, next++) {
                        const PoolKey *known = find_known(
                                old, old_keys, config->pools[i].name, config->pools[i].keys[k].number);

                        next->verdict.state = MATRIX_UNKNOWN;
                        if (known)
                                *next = *known;
                }
        return keys;
}

const MatrixVerdict *matrix_verdict(const Manager *m, const ConfigPool *pool, size_t key) {
        return &m->pool_keys[first_key(m->config, pool) + key].verdict;
}

Fingerprint matrix_pinned(const Manager *m, const ConfigPool *pool, size_t i, PinOrigin *ret_origin) {
        const ConfigKey *key = &pool->keys[i];
        const Pin *pin = pins_get(m->pins, pool->name, key);
        Fingerprint f = {0};

        *ret_origin = PIN_ORIGIN_CONFIGURED;
        if (key->spki_size > 0 &&
                EVP_Digest(key->spki, key->spki_size, f.octets, NULL, EVP_sha256(), NULL) == 1) {
                f.size = FINGERPRINT_MAX;
        } else if (key->has_check_value) {
                f.size = sizeof(key->check_value);
                memcpy(f.octets, key->check_value, f.size);
        } else if (pin) {
                *ret_origin = pin->confirmed ? PIN_ORIGIN_CONFIRMED : PIN_ORIGIN_UNCONFIRMED;
                f = pin->fingerprint;
        } else {
                *ret_origin = PIN_ORIGIN_NONE;
        }
        return f;
}

/* --- judging
 * ------------------------------------------------------------------------------------------------ */

/* Returns how many members there are. */
static size_t collect(const Manager *m, const ConfigPool *pool, size_t key, MatrixCell *cells) {
        size_t n = 0;

        for (size_t i = 0; i < m->n_devices; i++) {
                const Device *d = m->devices[i];

                if (d->pool != pool || d->config->virtual_slot)
                        continue;
                cells[n++] = (MatrixCell){
                        .starting = !d->judged || d->judgement.reason == REASON_PIN_WAITING,
                        .state = device_key_state(d, key),
                        .fingerprint = device_key_fingerprint(d, key),
                };
        }
        return n;
}

/* The public key itself, from a member that showed it; false when none has yet. */
static bool find_spki(const Manager *m, const ConfigPool *pool, size_t key, Pin *pin) {
        for (size_t i = 0; i < m->n_devices; i++) {
                const Device *d = m->devices[i];
                const MsgProbeKey *seen = d->pool == pool ? d->seen_keys[key] : NULL;
                Fingerprint f = {.size = FINGERPRINT_MAX};

                if (!seen || seen->spki_size == 0 || seen->spki_size > sizeof(pin->spki) ||
                        EVP_Digest(seen->spki, seen->spki_size, f.octets, NULL, EVP_sha256(), NULL) != 1 ||
                        !fingerprint_equal(&f, &pin->fingerprint))
                        continue;
                memcpy(pin->spki, seen->spki, seen->spki_size);
                pin->spki_size = seen->spki_size;
                return true;
        }
        return false;
}

/* At first sight, when everybody who is there has told and agrees. */
static void pin_at_first_sight(Manager *m, const ConfigPool *pool, size_t i, const MatrixVerdict *v) {
        const ConfigKey *key = &pool->keys[i];
        Pin pin = {.fingerprint = v->agreed, .when = now_realtime() / USEC_PER_SEC};

        if (!v->complete || v->agreed.size == 0 || v->usable == 0)
                return;
        if (v->agreed.size == FINGERPRINT_MAX && !find_spki(m, pool, i, &pin))
                return;
        if (pins_set(m->pins, pool->name, key, &pin) < 0)
                return;
        log_event(m->journal, &(LogEvent){.priority = LOG_NOTICE, .message_id = MESSAGE_KEYS_PINNED},
                "pool %s key %u (%s): pinned at first sight, all members that are there agree; to be "
                "confirmed "
                "by `hsmctl keys confirm %s`",
                pool->name, key->number, key->label ? key->label : "by id", pool->name);
}

/* The members whose word differs, by name. */
static void name_members(const Manager *m, const ConfigPool *pool, size_t key, const MatrixVerdict *v,
        char *dst, size_t size) {
        PinOrigin origin;
        Fingerprint pinned = matrix_pinned(m, pool, key, &origin);
        size_t n = 0;

        dst[0] = '\0';
        for (size_t i = 0; i < m->n_devices && n < size; i++) {
                const Device *d = m->devices[i];
                bool member = d->pool == pool && !d->config->virtual_slot;
                KeyState state = member ? device_key_state(d, key) : KEY_UNKNOWN;
                Fingerprint f = member ? device_key_fingerprint(d, key) : (Fingerprint){0};
                char short_print[9] = "";

                if (state == KEY_UNKNOWN || ((state == KEY_USABLE || state == KEY_PRESENT_ONLY) &&
                                                    (v->state != MATRIX_DIFFERENT || pinned.size > 0)))
                        continue;
                for (size_t k = 0; k < MIN_OF(f.size, 4U); k++)
                        snprintf(short_print + 2 * k, 3, "%02x", f.octets[k]);
                n += (size_t) snprintf(dst + n, size - n, "%s%s %s%s%s", n ? ", " : "", d->config->name,
                        name_of(&key_state_names, state), short_print[0] ? " " : "", short_print);
        }
}

static int priority_of(MatrixState state) {
        switch (state) {
        case MATRIX_IDENTICAL:
                return LOG_NOTICE;
        case MATRIX_DIFFERENT:
        case MATRIX_NOWHERE:
                return LOG_ERR;
        default:
                return LOG_WARNING;
        }
}

static void tell(Manager *m, const ConfigPool *pool, size_t i, PoolKey *k, const char *who) {
        const ConfigKey *key = &pool->keys[i];
        MatrixState state = k->verdict.state;

        /* that everything is as it should be is said only after something was not */
        if (state == MATRIX_UNKNOWN || state == k->told || !k->verdict.complete)
                return;
        if (k->told != 0 || state != MATRIX_IDENTICAL)
                log_event(m->journal,
                        &(LogEvent){.priority = priority_of(state),
                                .message_id = MESSAGE_KEY_MATRIX,
                                .state = name_of(&matrix_state_names, state)},
                        "pool %s key %u (%s): %s over its members%s%s", pool->name, key->number,
                        key->label ? key->label : "by id", name_of(&matrix_state_names, state),
                        who[0] ? ": " : "", who);
        k->told = state;
}

static void show(const Manager *m, const ConfigPool *pool, size_t i, const PoolKey *k, size_t members,
        const char *who) {
        const ConfigKey *key = &pool->keys[i];
        PinOrigin origin;
        Fingerprint pinned = matrix_pinned(m, pool, i, &origin);
        const Fingerprint *f = pinned.size > 0 ? &pinned : &k->verdict.agreed;
        PoolKeyRow row = {0};

        FIELD_SET(PoolKey, &row, pool, pool->number);
        FIELD_SET(PoolKey, &row, number, key->number);
        if (key->label)
                FIELD_TEXT_SET(PoolKey, &row, label, key->label);
        FIELD_SET(PoolKey, &row, type, key->type);
        FIELD_SET(PoolKey, &row, exercise, key->exercise);
        FIELD_SET(PoolKey, &row, business, key->business);
        FIELD_SET(PoolKey, &row, state, k->verdict.state);
        FIELD_SET(PoolKey, &row, origin, origin);
        FIELD_SET(PoolKey, &row, members, (uint32_t) members);
        FIELD_SET(PoolKey, &row, members_usable, k->verdict.usable);
        FIELD_SET(PoolKey, &row, members_unknown, k->verdict.unknown);
        if (who[0])
                FIELD_TEXT_SET(PoolKey, &row, detail, who);
        for (size_t o = 0; o < f->size; o++)
                snprintf(row.fingerprint + 2 * o, 3, "%02x", f->octets[o]);
        field_mark(row.valid, PoolKeyField_fingerprint, f->size > 0);
        board_publish(m->board, BOARD_POOL_KEYS, first_key(m->config, pool) + i, &row);
}

void matrix_update(Manager *m, const ConfigPool *pool) {
        CLEANUP_FREE MatrixCell *cells = calloc(m->n_devices + 1, sizeof(*cells));
        bool changed = false;

        for (size_t i = 0; cells && i < pool->n_keys; i++) {
                PoolKey *k = &m->pool_keys[first_key(m->config, pool) + i];
                MatrixState before = k->verdict.state;
                size_t n = collect(m, pool, i, cells);
                PinOrigin origin;
                Fingerprint pinned = matrix_pinned(m, pool, i, &origin);
                char who[256];

                k->verdict = matrix_judge(cells, n, &pinned);
                if (origin == PIN_ORIGIN_NONE && k->verdict.state != MATRIX_DIFFERENT)
                        pin_at_first_sight(m, pool, i, &k->verdict);
                name_members(m, pool, i, &k->verdict, who, sizeof(who));
                tell(m, pool, i, k, who);
                show(m, pool, i, k, n, who);
                changed = changed || k->verdict.state != before;
        }
        /* members that differ from each other are degraded by that, all of them */
        for (size_t i = 0; changed && i < m->n_devices; i++)
                if (m->devices[i]->pool == pool)
                        device_conditions(m->devices[i], now_monotonic());
}

/* --- confirming
 * --------------------------------------------------------------------------------------------- */

static int confirm_one(Manager *m, const ConfigPool *pool, const ConfigKey *key, const char *by) {
        const Pin *pin = pins_get(m->pins, pool->name, key);
        Pin confirmed;

        if (!pin || pin->confirmed)
                return 0;
        confirmed = *pin;
        confirmed.confirmed = true;
        confirmed.when = now_realtime() / USEC_PER_SEC;
        copy_text(confirmed.by, sizeof(confirmed.by), by);
        if (pins_set(m->pins, pool->name, key, &confirmed) < 0)
                return -ENOMEM;
        log_event(m->journal,
                &(LogEvent){
                        .priority = LOG_NOTICE, .message_id = MESSAGE_KEYS_CONFIRMED, .operator_name = by},
                "pool %s key %u (%s): its pinned public key is confirmed by %s", pool->name, key->number,
                key->label ? key->label : "by id", by);
        return 1;
}

int matrix_confirm(Manager *m, const char *pool, uint32_t key, const char *by, char **ret_message) {
        bool any_pool = false, any_key = false;
        unsigned n = 0;

        for (size_t i = 0; i < m->config->n_pools; i++) {
                const ConfigPool *p = &m->config->pools[i];

                if (pool[0] && !streq(pool, p->name))
                        continue;
                any_pool = true;
                for (size_t k = 0; k < p->n_keys; k++) {
                        if (key != 0 && p->keys[k].number != key)
                                continue;
                        any_key = true;
                        n += confirm_one(m, p, &p->keys[k], by) > 0;
                }
                matrix_update(m, p);
        }
        if (!any_pool || !any_key) {
                int r = any_pool ? asprintf(ret_message, "there is no key %u there; `hsmctl keys` lists them",
                                           key)
                                 : asprintf(ret_message, "there is no pool %s; `hsmctl keys` lists them",
                                           pool);

                if (r < 0)
                        *ret_message = NULL;
                return -ENOENT;
        }
        if (asprintf(ret_message, "%u keys confirmed%s", n, n ? "" : ": none was waiting for it") < 0)
                *ret_message = NULL;
        return 0;
}
