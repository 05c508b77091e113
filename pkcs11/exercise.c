#include "exercise.h"

#include "sm2.h"

/* --- which keys
 * ------------------------------------------------------------------------------------------------------ */

/* Of the keys that this attempt has not used. */
static Key *waits_longest(Keys *keys, bool business) {
        Key *longest = NULL;

        for (size_t i = 0; i < keys->n; i++) {
                Key *key = &keys->keys[i];

                if (key->granted && !key->exercised && (business || !key->config->business) &&
                        (!longest || key->due < longest->due))
                        longest = key;
        }
        return longest;
}

/* A climb follows a failure, or nothing at all: whatever it does not try, nobody has proven. A key that fails
 * is tried again at once, so that its recovery is seen; a business key only at its interval. */
static bool is_due(const Keys *keys, const Key *key, usec_t now) {
        if (keys->climbing || key->config->interval == 0 || now >= key->due)
                return true;
        return key->state == KEY_FAILING && !key->config->business;
}

/* Keys with an interval of their own are spread over it after a climb, so that they do not all fall into one
 * check. */
static usec_t next_due(const Keys *keys, const Key *key, usec_t now) {
        usec_t interval = key->config->interval;
        size_t position = (size_t) (key - keys->keys) + 1;

        return now + (keys->climbing ? interval * position / keys->n : interval);
}

static void choose(Key *key) {
        key->chosen = true;
        if (key->granted)
                key->state = KEY_UNKNOWN; /* until it was right */
}

void exercise_begin(Keys *keys, bool climb) {
        usec_t now = now_monotonic();
        bool any = false;
        Key *longest;

        keys->failure = (KeyFailure){.step = STEP_NONE};
        keys->climbing = climb;
        for (size_t i = 0; i < keys->n; i++) {
                Key *key = &keys->keys[i];

                key->exercised = key->done = key->chosen = false;
                if (!key->mechanism || !is_due(keys, key, now))
                        continue;
                choose(key);
                any = any || climb || key->granted;
        }
        if (!any && (longest = waits_longest(keys, false)))
                choose(longest);
}

static bool is_wanted(const Key *key, Exercise exercise) {
        return key->chosen && key->granted && key->config->exercise == exercise;
}

bool exercise_wanted(const Keys *keys, Exercise exercise) {
        for (size_t i = 0; i < keys->n; i++)
                if (is_wanted(&keys->keys[i], exercise))
                        return true;
        return false;
}

/* A profile that was right once is not to blame later, whichever process saw it. */
static bool never_right(const Key *key) {
        return !key->verified && !key->config->known_good;
}

/* --- what comes of it
 * ------------------------------------------------------------------------------------------------ */

static bool handle_is_stale(const Attempt *attempt) {
        CK_RV rv = attempt_last_rv(attempt);

        return rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID ||
               attempt_class_of(attempt, rv) == RETURN_KEY;
}

/* The first failure is kept: it is the attempt's, should no other key be right. */
static void note_failure(Keys *keys, Key *key, Attempt *attempt, Step step, const char *what) {
        KeyFailure *f = &keys->failure;
        RingRecord record;
        char buffer[24];

        key->state = KEY_FAILING;
        key->rv = attempt_last_rv(attempt);
        key->reason = attempt_reason_of(attempt, key->rv);
        key->errors++;
        if (f->step != STEP_NONE)
                return;
        *f = (KeyFailure){.step = step, .reason = key->reason, .rv = key->rv};
        if (attempt->recorder->last_failure(&record)) {
                f->call = record.call;
                f->call_usec = record.ended - record.started;
        }
        snprintf(f->detail, sizeof(f->detail), "%s: %s returned %s", what, pkcs11_call_name(f->call),
                attempt_return_name(attempt, key->rv, buffer));
}

static void note_wrong_answer(Keys *keys, Key *key, Step step, const char *what) {
        KeyFailure *f = &keys->failure;

        key->state = KEY_FAILING;
        key->reason = REASON_WRONG_ANSWER;
        key->errors++;
        if (f->step != STEP_NONE)
                return;
        *f = (KeyFailure){.step = step, .reason = REASON_WRONG_ANSWER};
        snprintf(f->detail, sizeof(f->detail), "%s with key %u: the answer is wrong", what,
                key->config->number);
}

/* The profile is to blame: nothing is proven of the machine. */
static void blame_profile(Keys *keys, Key *key, Step step, const char *words) {
        key->state = KEY_UNKNOWN;
        key->reason = REASON_PROFILE_MISMATCH;
        if (keys->failure.step != STEP_NONE)
                return;
        keys->failure = (KeyFailure){.step = step, .reason = REASON_PROFILE_MISMATCH};
        snprintf(keys->failure.detail, sizeof(keys->failure.detail), "key %u: %.140s", key->config->number,
                words);
}

static int fail_as(Attempt *attempt, const KeyFailure *f) {
        MsgProbeResult *r = &attempt->result;

        r->failed_step = f->step;
        r->reason = f->reason;
        r->rv = f->rv;
        r->call = f->call;
        r->call_usec = f->call_usec;
        copy_text(r->detail, sizeof(r->detail), f->detail);
        return -EPROTO;
}

static bool any_right(const Keys *keys) {
        for (size_t i = 0; i < keys->n; i++)
                if (keys->keys[i].exercised && keys->keys[i].state == KEY_USABLE)
                        return true;
        return false;
}

bool exercise_another(Keys *keys) {
        Key *next = waits_longest(keys, true);

        if (keys->failure.step == STEP_NONE || any_right(keys) || !next)
                return false;
        for (size_t i = 0; i < keys->n; i++)
                keys->keys[i].chosen = keys->keys[i].done = false;
        choose(next);
        return true;
}

int exercise_settle(Keys *keys, Attempt *attempt) {
        if (keys->failure.step == STEP_NONE)
                return 0;
        if (!any_right(keys))
                return fail_as(attempt, &keys->failure);
        copy_text(attempt->result.detail, sizeof(attempt->result.detail), keys->failure.detail);
        return 0;
}

/* --- the rungs
 * ------------------------------------------------------------------------------------------------------- */

/* The object behind the handle is gone: that belongs to the rung `find`, which says what is there now. */
static int find_again(Keys *keys, Key *key, Module *module, Attempt *attempt, Step back) {
        int r;

        attempt_end(attempt);
        attempt_begin(attempt, STEP_FIND);
        r = key_find(key, module, attempt);
        if (r == 0)
                r = keys_need_one(keys, attempt);
        attempt_end(attempt);
        attempt_begin(attempt, back);
        return r;
}

/* After a reconnect a handle may name another key than before; what came back is then not this key's answer.
 * *ret_moved: a search shows that the key is gone or has another handle, and the attempt goes on from there.
 * A search that fails takes nothing back. */
static int look_again(Keys *keys, Key *key, Module *module, Attempt *attempt, Step back, bool *ret_moved) {
        CK_OBJECT_HANDLE before = key->handle;
        Attempt look = *attempt;
        int r = find_again(keys, key, module, &look, back);

        *ret_moved = key->state == KEY_MISSING || (r == 0 && key->granted && key->handle != before);
        if (!*ret_moved)
                return 0;
        *attempt = look;
        key->exercised = key->granted;
        return r;
}

typedef int (*Operate)(Key *key, const MsgProbeConfig *config, Module *module);

/* Once more after a search when the handle was stale. -EPROTO: the attempt has failed. */
static int operate_well(Keys *keys, Key *key, Module *module, Attempt *attempt, Operate operate) {
        int r = operate(key, keys->config, module), looked = 0;
        bool moved = false;

        if (r == -EIO && handle_is_stale(attempt)) {
                looked = find_again(keys, key, module, attempt, attempt->step);
                key->exercised = key->granted;
                moved = true;
        } else if (r == -EBADMSG) {
                looked = look_again(keys, key, module, attempt, attempt->step, &moved);
        }
        if (looked < 0 || !moved)
                return looked < 0 ? looked : r;
        return key->granted ? operate(key, keys->config, module) : 0;
}

static bool is_pinned(const Key *key) {
        return key->config->spki_size > 0 || key->config->check_value_size > 0;
}

/* A wrong answer from a key that was right before, or whose right answer is configured, is the machine's
 * fault and ends the attempt; any other failure is first the key's alone. */
static int judge_failure(Keys *keys, Key *key, Module *module, Attempt *attempt, const char *what, int r) {
        KeyFailure before = keys->failure;
        char words[160];

        if (r == -EIO)
                note_failure(keys, key, attempt, attempt->step, what);
        else if (r == -EBADMSG)
                note_wrong_answer(keys, key, attempt->step, what);
        else
                return attempt_fail(attempt, REASON_CALL_FAILED, "%s with key %u: %s", what,
                        key->config->number, strerror(-r));
        if (never_right(key) && diagnose_decryption(key, keys->config, module, words, sizeof(words))) {
                keys->failure = before;
                blame_profile(keys, key, attempt->step, words);
        } else if (r == -EBADMSG && (!never_right(key) || is_pinned(key))) {
                return attempt_fail(attempt, REASON_WRONG_ANSWER, "%s with key %u: the answer is wrong", what,
                        key->config->number);
        }
        return 0;
}

static int use_one(
        Keys *keys, Key *key, Module *module, Attempt *attempt, Operate operate, const char *what) {
        usec_t started = now_monotonic();
        int r;

        key->exercised = true;
        key->due = next_due(keys, key, started);
        key->operations++;
        attempt->recorder->forget_failure();
        r = operate_well(keys, key, module, attempt, operate);
        if (attempt->result.failed_step != STEP_NONE)
                return -EPROTO;
        key->latency = MAX_OF(now_monotonic() - started, (usec_t) 1);
        key->done = r == 0 && key->granted;
        return r < 0 ? judge_failure(keys, key, module, attempt, what, r) : 0;
}

static int use_all(
        Keys *keys, Module *module, Attempt *attempt, Exercise exercise, Operate operate, const char *what) {
        for (size_t i = 0; i < keys->n; i++) {
                int r = 0;

                if (is_wanted(&keys->keys[i], exercise))
                        r = use_one(keys, &keys->keys[i], module, attempt, operate, what);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int sign_fresh(Key *key, const MsgProbeConfig *config, Module *module) {
        return key_sign(key, config, module, NULL);
}

int exercise_sign(Keys *keys, Module *module, Attempt *attempt) {
        return use_all(keys, module, attempt, EXERCISE_SIGN, sign_fresh, "signing");
}

static void is_right(Key *key) {
        key->state = KEY_USABLE;
        key->reason = REASON_NONE;
        key->rv = CKR_OK;
        key->verified = true;
}

/* What is judged at once: there is nothing to verify later. */
static int use_and_judge(
        Keys *keys, Module *module, Attempt *attempt, Exercise exercise, Operate operate, const char *what) {
        int r = use_all(keys, module, attempt, exercise, operate, what);

        for (size_t i = 0; i < keys->n && r == 0; i++)
                if (keys->keys[i].config->exercise == exercise && keys->keys[i].done)
                        is_right(&keys->keys[i]);
        return r;
}

int exercise_decrypt(Keys *keys, Module *module, Attempt *attempt) {
        return use_and_judge(keys, module, attempt, EXERCISE_DECRYPT, key_decrypt, "decrypting");
}

int exercise_encrypt(Keys *keys, Module *module, Attempt *attempt) {
        return use_and_judge(keys, module, attempt, EXERCISE_ENCRYPT, key_check_value, "encrypting");
}

int exercise_mac(Keys *keys, Module *module, Attempt *attempt) {
        return use_and_judge(keys, module, attempt, EXERCISE_MAC, key_check_value, "computing a MAC");
}

/* --- verifying
 * ------------------------------------------------------------------------------------------------------- */

/* Whether the token shows another public key than the expected one. */
static bool shows_other_key(const Key *key) {
        uint8_t expected[32];

        return key->has_fingerprint && public_key_fingerprint(key->expected, expected) == 0 &&
               memcmp(expected, key->fingerprint, sizeof(expected)) != 0;
}

static int fail_verifying(Key *key, Attempt *attempt) {
        bool other = shows_other_key(key);

        key->state = other ? KEY_MISMATCH : KEY_FAILING;
        key->reason = REASON_WRONG_SIGNATURE;
        key->errors++;
        return attempt_fail(attempt, REASON_WRONG_SIGNATURE,
                "the signature of key %u does not verify against the %s public key%s", key->config->number,
                key->config->spki_size > 0 ? "pinned" : "first seen",
                other ? "; the token shows another public key" : "");
}

/* Where the key has another handle by now, the signature was not its own, and it signs again. Under the
 * handle that it has, the signature is wrong; and what the search saw tells whether the token shows another
 * public key. */
static int verify_again(Keys *keys, Key *key, Module *module, Attempt *attempt) {
        bool moved;
        int r = look_again(keys, key, module, attempt, STEP_SIGN, &moved);

        if (!moved)
                return fail_verifying(key, attempt);
        key->done = false;
        if (r == 0 && key->granted)
                r = use_one(keys, key, module, attempt, sign_fresh, "signing");
        if (r < 0)
                return r;
        attempt_end(attempt);
        attempt_begin(attempt, STEP_VERIFY);
        return !key->done || key_verify(key) == 0 ? 0 : fail_verifying(key, attempt);
}

/* What is the same in two signatures with one nonce: r of ECDSA, r - e of SM2. 0 or a negative errno. */
static int nonce_mark(const Key *key, uint8_t *buffer, Octets *ret) {
        Octets octets = {key->signature, key->signature_size};
        Sm2Signature signature;
        int r;

        if (key->config->type != KEY_TYPE_SM2)
                return nonces_r(octets, FORM_DER, ret);
        r = sm2_signature_parse(octets, key->mechanism->form, &signature);
        if (r == 0)
                r = sm2_nonce_x(&signature, key->digest, buffer);
        *ret = (Octets){buffer, SM2_FIELD};
        return r;
}

/* What the process before this one saw last is not forgotten: or a nonce that never changes would look fresh
 * to each. */
static Nonces *nonces_with_last(const ProbeKey *config) {
        Nonces *nonces = nonces_new();
        const NonceMark *last = &config->nonce;

        if (nonces && last->size > 0 && last->size <= NONCE_R_MAX)
                (void) nonces_add(nonces, (Octets){last->mark, last->size}, last->digest);
        return nonces;
}

/* Two signatures with one nonce give the private key away: nothing else that a probe sees shows it. */
static int watch_nonce(Key *key, Attempt *attempt) {
        uint8_t buffer[SM2_FIELD];
        Octets mark;

        if (key->config->type == KEY_TYPE_RSA)
                return 0;
        if (!key->nonces)
                key->nonces = nonces_with_last(key->config);
        if (!key->nonces || nonce_mark(key, buffer, &mark) < 0)
                return 0;
        key->nonce.size = (uint32_t) MIN_OF(mark.size, sizeof(key->nonce.mark));
        memcpy(key->nonce.mark, mark.data, key->nonce.size);
        memcpy(key->nonce.digest, key->digest, sizeof(key->nonce.digest));
        if (nonces_add(key->nonces, mark, key->digest) != NONCE_REPEATED)
                return 0;
        key->state = KEY_FAILING;
        key->reason = REASON_NONCE_REPEATED;
        attempt_fail(attempt, REASON_NONCE_REPEATED,
                "nonce repeated in signatures of key %u: take this machine out of use and treat the key as "
                "compromised",
                key->config->number);
        attempt->result.failed_step = STEP_SIGN; /* it is the signing that is broken */
        return -EPROTO;
}

static int verify_one(Keys *keys, Key *key, Module *module, Attempt *attempt) {
        char words[160];
        int r = key_verify(key);

        if (r < 0 && never_right(key) && key->config->type == KEY_TYPE_SM2 &&
                diagnose_profile(key, keys->config, module, words, sizeof(words))) {
                blame_profile(keys, key, STEP_VERIFY, words);
                return 0;
        }
        if (r < 0)
                r = verify_again(keys, key, module, attempt);
        if (r < 0)
                return r;
        if (!key->done)
                return 0;
        is_right(key);
        return watch_nonce(key, attempt);
}

int exercise_verify(Keys *keys, Module *module, Attempt *attempt) {
        for (size_t i = 0; i < keys->n; i++) {
                Key *key = &keys->keys[i];
                int r = 0;

                if (key->config->exercise == EXERCISE_SIGN && key->done)
                        r = verify_one(keys, key, module, attempt);
                if (r < 0)
                        return r;
        }
        return 0;
}
