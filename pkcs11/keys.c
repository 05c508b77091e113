#include "keys.h"

#include <openssl/err.h>

#include "sm2.h"

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

/* More objects of one name than this are not looked at. */
#define FOUND_MAX 16

typedef struct Found {
        CK_OBJECT_HANDLE handles[FOUND_MAX];
        CK_ULONG n;
} Found;

/* The objects of a class by id and label. */
static CK_RV search(Module *module, CK_OBJECT_CLASS class, const uint8_t *id, size_t id_size,
        const char *label, Found *ret) {
        CK_ATTRIBUTE template[3] = {{.type = CKA_CLASS, .pValue = &class, .ulValueLen = sizeof(class)}};
        CK_ULONG n = 1;
        Found found = {.n = 0};
        CK_RV rv, end;

        if (id_size > 0)
                template[n++] = (CK_ATTRIBUTE){CKA_ID, (void *) id, id_size};
        if (label[0])
                template[n++] = (CK_ATTRIBUTE){CKA_LABEL, (void *) label, strlen(label)};
        rv = module->calls->C_FindObjectsInit(module->session, template, n);
        if (rv != CKR_OK)
                return rv;
        rv = module->calls->C_FindObjects(module->session, found.handles, FOUND_MAX, &found.n);
        end = module->calls->C_FindObjectsFinal(module->session);
        if (rv == CKR_OK)
                rv = end;
        if (rv == CKR_OK)
                *ret = found;
        return rv;
}

static bool is_secret(const ProbeKey *config) {
        return config->type == KEY_TYPE_AES || config->type == KEY_TYPE_SM4 || config->type == KEY_TYPE_HMAC;
}

/* A key to be signed with is its private key. One to be present may be known by its public half or
 * certificate, but not once its private key was seen: what is left of a lost key does not make it present. */
static bool private_alone(const Key *key) {
        return key->config->exercise == EXERCISE_SIGN || key->config->exercise == EXERCISE_DECRYPT ||
               key->private_seen;
}

static CK_RV search_classes(Module *module, Key *key, Found *ret) {
        static const CK_OBJECT_CLASS asymmetric[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE},
                                     symmetric[] = {CKO_SECRET_KEY};
        const CK_OBJECT_CLASS *classes = is_secret(key->config) ? symmetric : asymmetric;
        size_t n = is_secret(key->config) || private_alone(key) ? 1 : 3;
        Found found = {.n = 0};
        CK_RV rv = CKR_OK;

        for (size_t i = 0; i < n && rv == CKR_OK && found.n == 0; i++) {
                key->object_class = classes[i];
                rv = search(module, classes[i], key->config->id, MIN_OF(key->config->id_size, 64u),
                        key->config->label, &found);
        }
        if (rv == CKR_OK)
                *ret = found;
        return rv;
}

/* --- reading
 * ------------------------------------------------------------------------------------------------ */

/* What is read of an object in one call. A module leaves out what an object does not have and says so in the
 * return value and in the lengths; only the lengths count here. */
typedef struct Reading {
        uint8_t id[128], modulus[2048], exponent[32], params[256], point[512];
        CK_KEY_TYPE type;
        CK_BBOOL always_authenticate;
        CK_DATE from, until;
        CK_ATTRIBUTE a[9];
} Reading;

enum {
        READ_TYPE,
        READ_ID,
        READ_ALWAYS,
        READ_MODULUS,
        READ_EXPONENT,
        READ_PARAMS,
        READ_POINT,
        READ_FROM,
        READ_UNTIL,
        READ_N
};

static CK_RV read_object(Module *module, CK_OBJECT_HANDLE object, Reading *r) {
        CK_RV rv;

        *r = (Reading){
                .type = CK_UNAVAILABLE_INFORMATION,
                .a = {[READ_TYPE] = {CKA_KEY_TYPE, &r->type, sizeof(r->type)},
                        [READ_ID] = {CKA_ID, r->id, sizeof(r->id)},
                        [READ_ALWAYS] = {CKA_ALWAYS_AUTHENTICATE, &r->always_authenticate,
                                sizeof(r->always_authenticate)},
                        [READ_MODULUS] = {CKA_MODULUS, r->modulus, sizeof(r->modulus)},
                        [READ_EXPONENT] = {CKA_PUBLIC_EXPONENT, r->exponent, sizeof(r->exponent)},
                        [READ_PARAMS] = {CKA_EC_PARAMS, r->params, sizeof(r->params)},
                        [READ_POINT] = {CKA_EC_POINT, r->point, sizeof(r->point)},
                        [READ_FROM] = {CKA_START_DATE, &r->from, sizeof(r->from)},
                        [READ_UNTIL] = {CKA_END_DATE, &r->until, sizeof(r->until)}},
        };
        rv = module->calls->C_GetAttributeValue(module->session, object, r->a, READ_N);
        return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ? CKR_OK : rv;
}

/* An attribute's value; empty when the object has none or the length cannot be true. */
static Octets value_of(const Reading *r, size_t i, size_t room) {
        if (r->a[i].ulValueLen == CK_UNAVAILABLE_INFORMATION || r->a[i].ulValueLen > room)
                return (Octets){NULL, 0};
        return (Octets){r->a[i].pValue, r->a[i].ulValueLen};
}

/* As the profile says a point is written, else as it plainly is. */
static int sm2_key_of(const MsgProbeConfig *config, Octets point, EVP_PKEY **ret) {
        PointForm form;

        if (sm2_public_key(point, config->point_form, ret) == 0)
                return 0;
        return sm2_point_form(point, &form) == 0 ? sm2_public_key(point, form, ret) : -EBADMSG;
}

static int public_key_of(
        const MsgProbeConfig *config, const ProbeKey *key, const Reading *r, EVP_PKEY **ret) {
        Octets modulus = value_of(r, READ_MODULUS, sizeof(r->modulus));
        Octets exponent = value_of(r, READ_EXPONENT, sizeof(r->exponent));
        Octets params = value_of(r, READ_PARAMS, sizeof(r->params));
        Octets point = value_of(r, READ_POINT, sizeof(r->point));

        if (key->type == KEY_TYPE_SM2)
                return point.size > 0 ? sm2_key_of(config, point, ret) : -ENOENT;
        if (r->type == CKK_RSA && modulus.size > 0 && exponent.size > 0)
                return public_key_from_rsa(modulus, exponent, ret);
        if (r->type == CKK_EC && params.size > 0 && point.size > 0)
                return public_key_from_ec(params, point, ret);
        return -ENOENT;
}

static int certificate_key(Module *module, CK_OBJECT_HANDLE certificate, EVP_PKEY **ret) {
        uint8_t der[8192];
        CK_ATTRIBUTE a = {CKA_VALUE, der, sizeof(der)};

        if (module->calls->C_GetAttributeValue(module->session, certificate, &a, 1) != CKR_OK ||
                a.ulValueLen > sizeof(der))
                return -ENOENT;
        return public_key_from_certificate((Octets){der, a.ulValueLen}, ret);
}

/* When the certificate beside a key expires; that there is none is no failure. */
static void look_at_certificate(Module *module, Key *key, Octets id) {
        uint8_t der[8192];
        CK_ATTRIBUTE a = {CKA_VALUE, der, sizeof(der)};
        Found found;

        key->certificate_expires = 0;
        if (search(module, CKO_CERTIFICATE, id.data, id.size, id.size > 0 ? "" : key->config->label,
                    &found) != CKR_OK ||
                found.n == 0 ||
                module->calls->C_GetAttributeValue(module->session, found.handles[0], &a, 1) != CKR_OK ||
                a.ulValueLen > sizeof(der))
                return;
        key->certificate_expires = certificate_not_after((Octets){der, a.ulValueLen});
}

/* The public half of a private key whose own attributes do not tell it: an EC private key has no point by the
 * standard. The companion has the same CKA_ID, or where there is none the same label. */
static int companion_key(const MsgProbeConfig *config, Module *module, Key *key, Octets id, EVP_PKEY **ret) {
        const char *label = id.size > 0 ? "" : key->config->label;
        Found found;
        Reading reading;

        if (search(module, CKO_PUBLIC_KEY, id.data, id.size, label, &found) == CKR_OK && found.n > 0 &&
                read_object(module, found.handles[0], &reading) == CKR_OK &&
                public_key_of(config, key->config, &reading, ret) == 0) {
                key->public_handle = found.handles[0];
                return 0;
        }
        if (search(module, CKO_CERTIFICATE, id.data, id.size, label, &found) == CKR_OK && found.n > 0)
                return certificate_key(module, found.handles[0], ret);
        return -ENOENT;
}

static int public_half(
        const MsgProbeConfig *config, Module *module, Key *key, const Reading *reading, EVP_PKEY **ret) {
        if (key->object_class == CKO_CERTIFICATE)
                return certificate_key(module, key->handle, ret);
        if (public_key_of(config, key->config, reading, ret) == 0)
                return 0;
        if (key->object_class != CKO_PRIVATE_KEY)
                return -ENOENT;
        return companion_key(config, module, key, value_of(reading, READ_ID, sizeof(reading->id)), ret);
}

static bool shows_expected(const MsgProbeConfig *config, Module *module, Key *key) {
        CLEANUP_PKEY EVP_PKEY *public = NULL;
        Reading reading;

        return read_object(module, key->handle, &reading) == CKR_OK &&
               public_half(config, module, key, &reading, &public) == 0 &&
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
        return value_of(r, READ_ALWAYS, sizeof(CK_BBOOL)).size > 0 && r->always_authenticate;
}

/* CKA_START_DATE and CKA_END_DATE: the days on which a key may be used, "YYYYMMDD"; empty: no limit. */
static bool is_in_its_time(const Reading *r) {
        bool from = value_of(r, READ_FROM, sizeof(r->from)).size == sizeof(r->from);
        bool until = value_of(r, READ_UNTIL, sizeof(r->until)).size == sizeof(r->until);
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
                (void) public_half(config, module, key, reading, &found);
                compare(key, found);
                look_at_certificate(module, key, value_of(reading, READ_ID, sizeof(reading->id)));
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

/* --- mechanisms
 * ---------------------------------------------------------------------------------------------------- */

#define MECHANISMS_MAX 1024

static bool offers(const CK_MECHANISM_TYPE *list, CK_ULONG n, uint64_t number) {
        for (CK_ULONG i = 0; i < n; i++)
                if (list[i] == number)
                        return true;
        return false;
}

/* Who gave his machine another profile than its own sees from these numbers whose it is. */
static void note_offered(Keys *keys, const CK_MECHANISM_TYPE *list, CK_ULONG n) {
        size_t used = 0;

        for (CK_ULONG i = 0; i < n; i++) {
                if (!(list[i] & CKM_VENDOR_DEFINED))
                        continue;
                if (used + sizeof(", 0x00000000 ...") > sizeof(keys->offered)) {
                        snprintf(keys->offered + used, sizeof(keys->offered) - used, " ...");
                        return;
                }
                used += (size_t) snprintf(keys->offered + used, sizeof(keys->offered) - used, "%s0x%08lx",
                        used > 0 ? ", " : "", list[i] & 0xffffffffUL);
        }
        if (used == 0)
                copy_text(keys->offered, sizeof(keys->offered), "nothing");
}

int keys_check_mechanisms(Keys *keys, Module *module, Attempt *attempt) {
        CLEANUP_FREE CK_MECHANISM_TYPE *list = calloc(MECHANISMS_MAX, sizeof(*list));
        CK_ULONG n = MECHANISMS_MAX;
        CK_RV rv;

        if (!list)
                return attempt_fail(attempt, REASON_CALL_FAILED, "out of memory");
        rv = module->calls->C_GetMechanismList(module->slot, list, &n);
        if (rv == CKR_FUNCTION_NOT_SUPPORTED) /* then the exercises tell */
                return 0;
        if (rv != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "listing mechanisms");
        note_offered(keys, list, n);
        for (size_t i = 0; i < keys->n; i++) {
                Key *key = &keys->keys[i];

                key->mechanism_missing = key->mechanism && !offers(list, n, key->mechanism->number);
                if (key->mechanism_missing)
                        keys->missing_mechanisms |= 1U << key->config->mechanism;
        }
        return 0;
}

static void say_missing(const Keys *keys, const Key *key, char *dst, size_t size) {
        int n = snprintf(dst, size,
                "the machine does not offer %.31s (0x%08llx), which key %u needs; of the vendor's it offers "
                "%s",
                key->mechanism->name, (unsigned long long) key->mechanism->number, key->config->number,
                keys->offered);

        if (n >= 0 && (size_t) n >= size)
                memcpy(dst + size - sizeof("..."), "...", sizeof("..."));
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
                rv = read_object(module, key->handle, &reading);
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
        return key->granted || (key->state == KEY_PRESENT_ONLY && (key->expected || is_secret(key->config)));
}

/* Found, but no signature of it could be verified. */
static bool lacks_public_key(const Key *key) {
        return key->config->exercise != EXERCISE_PRESENT && !is_secret(key->config) &&
               key->state == KEY_PRESENT_ONLY && !key->expected;
}

static int fail_without_mechanism(const Keys *keys, const Key *key, Attempt *attempt) {
        char words[sizeof(attempt->result.detail)];

        say_missing(keys, key, words, sizeof(words));
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
        if (!is_secret(key->config) || !key->has_check_value || key->handle == CK_INVALID_HANDLE ||
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
                        say_missing(keys, key, result->detail, sizeof(result->detail));
        }
}
