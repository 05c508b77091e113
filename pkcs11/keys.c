#include "keys-internal.h"

#include <openssl/err.h>

int keys_init(Keys *keys, const MsgProbeConfig *config) {
        *keys = (Keys){.config = config, .n = MIN_OF(config->n_keys, (uint32_t) PROTOCOL_KEYS_MAX)};
        keys->failure.step = STEP_NONE;
        for (size_t i = 0; i < keys->n; i++) {
                const ProbeKey *c = &config->keys[i];
                int r;

                keys->keys[i] = (Key){.config = c, .state = KEY_UNKNOWN, .reason = REASON_NONE};
                if (c->exercise != EXERCISE_PRESENT &&
                        c->mechanism < MIN_OF(config->n_mechanisms, (uint32_t) PROTOCOL_MECHANISMS_MAX))
                        keys->keys[i].mechanism = &config->mechanisms[c->mechanism];
                keys->keys[i].has_check_value = c->check_value_size == sizeof(c->check_value);
                memcpy(keys->keys[i].check_value, c->check_value, sizeof(c->check_value));
                if (c->spki_size == 0)
                        continue;
                r = public_key_from_spki((Octets){c->spki, c->spki_size}, &keys->keys[i].expected);
                ERR_clear_error();
                if (r < 0) {
                        keys_done(keys);
                        return r;
                }
        }
        return 0;
}

static void forget_signer(Key *key, const Module *module) {
        if (key->granted && key->handle != CK_INVALID_HANDLE && module)
                module->recorder->forbid(key->mechanism->use, key->handle, key->mechanism->number);
        EVP_PKEY_CTX_free(key->signing);
        EVP_PKEY_free(key->signer);
        key->signing = NULL;
        key->signer = NULL;
        key->granted = false;
}

void keys_done(Keys *keys) {
        for (size_t i = 0; i < keys->n; i++) {
                forget_signer(&keys->keys[i], NULL);
                EVP_PKEY_CTX_free(keys->keys[i].verifying);
                EVP_PKEY_free(keys->keys[i].expected);
                nonces_free(keys->keys[i].nonces);
        }
        keys->n = 0;
}

/* --- searching
 * ---------------------------------------------------------------------------------------------- */

/* A key to be signed with is its private key. One to be present may be known by its public half or
 * certificate, but not once its private key was seen: what is left of a lost key does not make it present. */
static bool private_alone(const Key *key) {
        return key->config->exercise == EXERCISE_SIGN || key->config->exercise == EXERCISE_DECRYPT ||
               key->private_seen;
}

static CK_RV search_classes(Module *module, Key *key, Found *ret) {
        static const CK_OBJECT_CLASS asymmetric[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE},
                                     symmetric[] = {CKO_SECRET_KEY};
        const CK_OBJECT_CLASS *classes = key_is_secret(key->config) ? symmetric : asymmetric;
        size_t n = key_is_secret(key->config) || private_alone(key) ? 1 : 3;
        Found found = {.n = 0};
        CK_RV rv = CKR_OK;

        for (size_t i = 0; i < n && rv == CKR_OK && found.n == 0; i++) {
                key->object_class = classes[i];
                rv = keys_search(module, classes[i], key->config->id, MIN_OF(key->config->id_size, 64u),
                        key->config->label, &found);
        }
        if (rv == CKR_OK)
                *ret = found;
        return rv;
}

static bool shows_expected(const MsgProbeConfig *config, Module *module, Key *key) {
        CLEANUP_PKEY EVP_PKEY *public = NULL;
        Reading reading;

        return keys_read(module, key->handle, &reading) == CKR_OK &&
               key_public_half(config, module, key, &reading, &public) == 0 &&
               EVP_PKEY_eq(key->expected, public) == 1;
}

/* Several objects may bear one name. The one with the expected public key is meant, else the first. */
static void choose(const MsgProbeConfig *config, Module *module, Key *key, const Found *found) {
        for (CK_ULONG i = 0; i < found->n && found->n > 1 && key->expected; i++) {
                key->handle = found->handles[i];
                if (shows_expected(config, module, key))
                        return;
                key->public_handle = CK_INVALID_HANDLE;
        }
        key->handle = found->handles[0];
}

/* --- judging what was found
 * ---------------------------------------------------------------------------------- */

static bool type_fits(const MsgProbeConfig *vendor, const ProbeKey *config, CK_KEY_TYPE type) {
        switch (config->type) {
        case KEY_TYPE_SM2: /* some give it as an EC key on SM2's curve */
                return type == vendor->sm2_key_type || type == CKK_EC;
        case KEY_TYPE_SM4:
                return type == vendor->sm4_key_type;
        case KEY_TYPE_AES:
                return type == CKK_AES;
        case KEY_TYPE_RSA:
                return type == CKK_RSA;
        case KEY_TYPE_EC:
                return type == CKK_EC;
        default:
                return true;
        }
}

/* Compares with the pinned key; without one, the key of first sight is it from now on. */
static void compare(Key *key, EVP_PKEY *found) {
        key->has_fingerprint = found && public_key_fingerprint(found, key->fingerprint) == 0;
        if (!found)
                return;
        if (!key->expected) {
                EVP_PKEY_up_ref(found);
                key->expected = found;
        } else if (EVP_PKEY_eq(key->expected, found) != 1)
                key->state = KEY_MISMATCH;
}

int key_prepare_verifying(Key *key) {
        if (key->verifying)
                return 0;
        key->verifying = EVP_PKEY_CTX_new(key->expected, NULL);
        if (!key->verifying || EVP_PKEY_verify_init(key->verifying) != 1 ||
                EVP_PKEY_CTX_set_signature_md(key->verifying, EVP_sha256()) != 1)
                return -EIO;
        return 0;
}

/* RSA and EC sign through libp11, as applications do; it knows nothing of SM2. */
static int prepare_signer(Key *key, Module *module) {
        int r;

        if (key->config->exercise != EXERCISE_SIGN || key->config->type == KEY_TYPE_SM2)
                return 0;
        r = module_signer(module, key->handle, key->public_handle, &key->signer);
        if (r < 0)
                return r;
        key->signing = EVP_PKEY_CTX_new(key->signer, NULL);
        if (!key->signing || EVP_PKEY_sign_init(key->signing) != 1 ||
                EVP_PKEY_CTX_set_signature_md(key->signing, EVP_sha256()) != 1)
                return -EIO;
        return key_prepare_verifying(key);
}

static int prepare_exercise(Key *key, Module *module) {
        int r = module->recorder->allow(key->mechanism->use, key->handle, key->mechanism->number);

        if (r < 0)
                return r;
        key->granted = true;
        return prepare_signer(key, module);
}

static bool asks_for_pin(const Reading *r) {
        return reading_value(r, READ_ALWAYS, sizeof(CK_BBOOL)).size > 0 && r->always_authenticate;
}

/* CKA_START_DATE and CKA_END_DATE: the days on which a key may be used, "YYYYMMDD"; empty: no limit. */
static bool is_in_its_time(const Reading *r) {
        bool from = reading_value(r, READ_FROM, sizeof(r->from)).size == sizeof(r->from);
        bool until = reading_value(r, READ_UNTIL, sizeof(r->until)).size == sizeof(r->until);
        time_t now = (time_t) (now_realtime() / USEC_PER_SEC);
        struct tm tm;
        char today[16];

        if (!gmtime_r(&now, &tm) || strftime(today, sizeof(today), "%Y%m%d", &tm) != sizeof(CK_DATE))
                return true;
        return !(from && memcmp(today, &r->from, sizeof(CK_DATE)) < 0) &&
               !(until && memcmp(today, &r->until, sizeof(CK_DATE)) > 0);
}

/* A key that asks for its PIN at each use or whose time is over is not ours to exercise, nor one whose answer
 * we could not judge. */
static bool may_exercise(const Key *key, const Reading *reading) {
        if (!key->mechanism || key->mechanism_missing || asks_for_pin(reading) || !is_in_its_time(reading))
                return false;
        if (key->object_class == CKO_SECRET_KEY)
                return true;
        return key->object_class == CKO_PRIVATE_KEY && key->expected;
}

static int judge_found(
        const MsgProbeConfig *config, Key *key, Module *module, Attempt *attempt, const Reading *reading) {
        CLEANUP_PKEY EVP_PKEY *found = NULL;
        int r;

        key->state = KEY_PRESENT_ONLY;
        if (!type_fits(config, key->config, reading->type) && key->object_class != CKO_CERTIFICATE) {
                key->state = KEY_MISMATCH;
                return 0;
        }
        if (key->object_class != CKO_SECRET_KEY) {
                (void) key_public_half(config, module, key, reading, &found);
                compare(key, found);
                key_look_at_certificate(module, key, reading_value(reading, READ_ID, sizeof(reading->id)));
        }
        if (key->mechanism_missing) {
                key->state = KEY_FAILING;
                key->reason = REASON_MECHANISM_MISSING;
        }
        if (!may_exercise(key, reading))
                return 0;
        r = prepare_exercise(key, module);
        ERR_clear_error();
        return r < 0 ? attempt_fail_call(attempt, REASON_CALL_FAILED, "preparing to exercise a key") : 0;
}

int key_find(Key *key, Module *module, Attempt *attempt) {
        Reading reading;
        Found found;
        CK_RV rv;

        forget_signer(key, module);
        key->handle = key->public_handle = CK_INVALID_HANDLE;
        key->has_fingerprint = false;
        key->rv = CKR_OK;
        key->state = KEY_UNKNOWN;
        key->reason = REASON_NONE;
        rv = search_classes(module, key, &found);
        if (rv == CKR_OK && found.n == 0) {
                key->state = KEY_MISSING;
                return 0;
        }
        if (rv == CKR_OK) {
                key->private_seen = key->private_seen || key->object_class == CKO_PRIVATE_KEY;
                choose(attempt->config, module, key, &found);
                rv = keys_read(module, key->handle, &reading);
        }
        if (rv != CKR_OK) {
                key->rv = rv;
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "searching for a key");
        }
        return judge_found(attempt->config, key, module, attempt, &reading);
}

/* --- the rung
 * ------------------------------------------------------------------------------------------------ */

static bool search_wanted(const Key *key, bool due) {
        return key->handle == CK_INVALID_HANDLE || (due && !key->granted);
}

bool keys_search_due(const Keys *keys) {
        bool due = now_monotonic() >= keys->present_due;

        for (size_t i = 0; i < keys->n; i++)
                if (search_wanted(&keys->keys[i], due))
                        return true;
        return false;
}

/* A key that signs shows by its signature whether it is the right one, so a mismatch counts against it only
 * there. */
static bool usable(const Key *key) {
        if (key->handle == CK_INVALID_HANDLE)
                return false;
        if (key->config->exercise == EXERCISE_PRESENT)
                return key->state != KEY_MISMATCH;
        return key->granted ||
               (key->state == KEY_PRESENT_ONLY && (key->expected || key_is_secret(key->config)));
}

/* Found, but no signature of it could be verified. */
static bool lacks_public_key(const Key *key) {
        return key->config->exercise != EXERCISE_PRESENT && !key_is_secret(key->config) &&
               key->state == KEY_PRESENT_ONLY && !key->expected;
}

static int fail_without_mechanism(const Keys *keys, const Key *key, Attempt *attempt) {
        char words[sizeof(attempt->result.detail)];

        keys_say_missing(keys, key, words, sizeof(words));
        return attempt_fail(attempt, REASON_MECHANISM_MISSING, "%s", words);
}

int keys_need_one(const Keys *keys, Attempt *attempt) {
        bool mismatch = false, lacks = false;
        const Key *without = NULL;

        for (size_t i = 0; i < keys->n; i++) {
                const Key *key = &keys->keys[i];

                if (usable(key))
                        return 0;
                if (!without && key->mechanism_missing && key->handle != CK_INVALID_HANDLE)
                        without = key;
                mismatch = mismatch || key->state == KEY_MISMATCH;
                lacks = lacks || lacks_public_key(key);
        }
        if (without)
                return fail_without_mechanism(keys, without, attempt);
        if (mismatch)
                return attempt_fail(attempt, REASON_KEY_MISMATCH,
                        "none of the %zu configured keys is usable; one is there with another public key",
                        keys->n);
        return attempt_fail(attempt, REASON_NOT_FOUND, "none of the %zu configured keys is usable%s", keys->n,
                lacks ? "; one is there, but the token does not show its public key: configure public_key"
                      : "");
}

int keys_find(Keys *keys, Module *module, usec_t present_interval, Attempt *attempt) {
        usec_t now = now_monotonic();
        bool due = now >= keys->present_due;

        for (size_t i = 0; i < keys->n; i++) {
                Key *key = &keys->keys[i];
                int r;

                if (!search_wanted(key, due))
                        continue;
                r = key_find(key, module, attempt);
                if (r < 0)
                        return r;
        }
        /* a tenth early is due: checks do not come at exact intervals */
        if (due)
                keys->present_due = now + present_interval - present_interval / 10;
        return keys_need_one(keys, attempt);
}

static KeyClass class_of(CK_OBJECT_CLASS class) {
        switch (class) {
        case CKO_PRIVATE_KEY:
                return KEY_CLASS_PRIVATE;
        case CKO_SECRET_KEY:
                return KEY_CLASS_SECRET;
        case CKO_CERTIFICATE:
                return KEY_CLASS_CERTIFICATE;
        default:
                return KEY_CLASS_PUBLIC;
        }
}

static void report_check_value(const Key *key, ProbeKeyResult *r) {
        if (!key_is_secret(key->config) || !key->has_check_value || key->handle == CK_INVALID_HANDLE ||
                !key->verified)
                return;
        r->has_fingerprint = 1;
        r->fingerprint_size = sizeof(key->check_value);
        memcpy(r->fingerprint, key->check_value, sizeof(key->check_value));
}

static void report_key(const Key *key, ProbeKeyResult *r) {
        *r = (ProbeKeyResult){
                .number = key->config->number,
                .state = key->state,
                .has_fingerprint = key->has_fingerprint,
                .fingerprint_size = key->has_fingerprint ? sizeof(r->fingerprint) : 0,
                .rv = key->rv,
                .exercised = key->exercised,
                .object_class = key->handle != CK_INVALID_HANDLE ? class_of(key->object_class) : 0,
                .reason = key->reason,
                .certificate_expires = key->certificate_expires,
                .operations = key->operations,
                .errors = key->errors,
                .latency = key->latency,
                .nonce = key->nonce,
        };
        memcpy(r->fingerprint, key->fingerprint, sizeof(r->fingerprint));
        report_check_value(key, r);
}

void keys_report(const Keys *keys, MsgProbeResult *result) {
        result->n_keys = (uint32_t) keys->n;
        result->missing_mechanisms = keys->missing_mechanisms;
        for (size_t i = 0; i < keys->n; i++) {
                const Key *key = &keys->keys[i];

                report_key(key, &result->keys[i]);
                if (key->mechanism_missing && result->detail[0] == '\0')
                        keys_say_missing(keys, key, result->detail, sizeof(result->detail));
        }
}
