#include "exercise.h"

#include <openssl/err.h>

#include "message.h"

void exercise_begin(Keys *keys) {
        for (size_t i = 0; i < keys->n; i++) {
                keys->keys[i].exercised = false;
                if (keys->keys[i].signs)
                        keys->keys[i].state = KEY_UNKNOWN; /* until its signature is verified */
        }
}

int key_sign(Key *key) {
        key->signature_size = sizeof(key->signature);
        if (EVP_PKEY_sign(key->signing, key->signature, &key->signature_size, key->digest,
                    sizeof(key->digest)) == 1)
                return 0;
        ERR_clear_error();
        return -EIO;
}

int key_verify(Key *key) {
        if (EVP_PKEY_verify(key->verifying, key->signature, key->signature_size, key->digest,
                    sizeof(key->digest)) == 1)
                return 0;
        ERR_clear_error();
        return -EBADMSG;
}

static bool handle_is_stale(const Attempt *attempt) {
        CK_RV rv = attempt_last_rv(attempt);

        return rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID;
}

static int fail_signing(Key *key, Attempt *attempt) {
        key->state = KEY_FAILING;
        key->rv = attempt_last_rv(attempt);
        return attempt_fail_call(attempt, REASON_CALL_FAILED, "signing");
}

/* The object behind the handle is gone: that belongs to the rung `find`, which says what is there now. */
static int find_again(Keys *keys, Key *key, Module *module, Attempt *attempt) {
        int r;

        attempt_end(attempt);
        attempt_begin(attempt, STEP_FIND);
        r = key_find(key, module, attempt);
        if (r == 0)
                r = keys_need_one(keys, attempt);
        attempt_end(attempt);
        attempt_begin(attempt, STEP_SIGN);
        return r;
}

static int sign_one(Keys *keys, Key *key, Module *module, const char *device, Attempt *attempt) {
        int r = message_digest(device, key->digest);

        if (r < 0)
                return attempt_fail(attempt, REASON_CALL_FAILED, "no message to sign: %s", strerror(-r));
        key->exercised = true;
        if (key_sign(key) == 0)
                return 0;
        if (!handle_is_stale(attempt))
                return fail_signing(key, attempt);
        r = find_again(keys, key, module, attempt);
        if (r < 0)
                return r;
        key->exercised = key->signs;
        if (key->signs && key_sign(key) < 0)
                return fail_signing(key, attempt);
        return 0;
}

int exercise_sign(Keys *keys, Module *module, const char *device, Attempt *attempt) {
        for (size_t i = 0; i < keys->n; i++) {
                int r;

                if (!keys->keys[i].signs)
                        continue;
                r = sign_one(keys, &keys->keys[i], module, device, attempt);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Whether the token shows another public key than the expected one. */
static bool shows_other_key(const Key *key) {
        uint8_t expected[32];

        return key->has_fingerprint && public_key_fingerprint(key->expected, expected) == 0 &&
               memcmp(expected, key->fingerprint, sizeof(expected)) != 0;
}

static int fail_verifying(Key *key, Attempt *attempt) {
        bool other = shows_other_key(key);

        key->state = other ? KEY_MISMATCH : KEY_FAILING;
        return attempt_fail(attempt, REASON_WRONG_SIGNATURE,
                "the signature of key %u does not verify against the %s public key%s", key->config->number,
                key->config->spki_size > 0 ? "pinned" : "first seen",
                other ? "; the token shows another public key" : "");
}

/* After a reconnect a handle may name another key than before. Where a search now gives the key another
 * handle, the signature was not its own, and it signs again. Under the handle that it has, the signature is
 * wrong; and what the search saw tells whether the token shows another public key by now. */
static int verify_again(Keys *keys, Key *key, Module *module, const char *device, Attempt *attempt) {
        CK_OBJECT_HANDLE before = key->handle;
        Attempt look = *attempt;
        int r = find_again(keys, key, module, &look);
        bool gone = key->state == KEY_MISSING, moved = r == 0 && key->signs && key->handle != before;

        if (!gone && !moved) /* a search that failed takes nothing back */
                return fail_verifying(key, attempt);
        *attempt = look;
        key->exercised = moved;
        if (moved)
                r = sign_one(keys, key, module, device, attempt);
        if (r < 0)
                return r;
        attempt_end(attempt);
        attempt_begin(attempt, STEP_VERIFY);
        return !key->exercised || key_verify(key) == 0 ? 0 : fail_verifying(key, attempt);
}

int exercise_verify(Keys *keys, Module *module, const char *device, Attempt *attempt) {
        for (size_t i = 0; i < keys->n; i++) {
                Key *key = &keys->keys[i];

                if (!key->exercised)
                        continue;
                if (key_verify(key) < 0) {
                        int r = verify_again(keys, key, module, device, attempt);

                        if (r < 0)
                                return r;
                }
                if (key->exercised)
                        key->state = KEY_USABLE;
        }
        return 0;
}

int exercise_random(Module *module, Attempt *attempt) {
        uint8_t random[32];

        if (module->calls->C_GenerateRandom(module->session, random, sizeof(random)) != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "drawing random numbers");
        attempt->result.random_ran = 1;
        return 0;
}
