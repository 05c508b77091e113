/* A machine is played that hashes, encodes or signs otherwise than the profile says: each is named as such.
 */

#include "unit.h"

#include <openssl/ec.h>

#include "pkcs11/sm2-diagnosis.h"

#define TEXT(string) ((Octets){(const uint8_t *) (string), sizeof(string) - 1})
#define CONFIGURED "signer@example"

static const Octets message = TEXT("one fixed message that a probe signs to learn what a machine does");

/* What the played machine does with the message or digest that it is given. */
typedef struct Machine {
        EVP_PKEY *key;
        bool hashes;
        bool z;
        const char *id;
        int more; /* further times that the hash is hashed */
        SignatureForm form;
        bool stuck; /* gives the first signature again */
} Machine;

typedef struct Answers {
        uint8_t octets[2][SM2_DER_MAX];
        Octets signatures[2];
} Answers;

static void sign_e(EVP_PKEY *key, const uint8_t e[32], SignatureForm form, uint8_t *dst, size_t *ret_size) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        uint8_t der[SM2_DER_MAX];
        size_t size = sizeof(der);
        Sm2Signature signature;

        assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
        assert_int_equal(EVP_PKEY_sign(ctx, der, &size, e, 32), 1);
        EVP_PKEY_CTX_free(ctx);
        assert_int_equal(sm2_signature_parse((Octets){der, size}, FORM_DER, &signature), 0);
        sm2_signature_write(&signature, form, dst, ret_size);
}

static void machine_signs(const Machine *m, Octets data, Answers *ret) {
        uint8_t e[32] = {};

        if (!m->hashes)
                memcpy(e, data.data, MIN_OF(data.size, sizeof(e)));
        else if (m->z)
                assert_int_equal(sm2_e(m->key, (Octets){(const uint8_t *) m->id, strlen(m->id)}, data, e), 0);
        else
                assert_int_equal(sm3(data, e), 0);
        for (int i = 0; i < m->more; i++)
                assert_int_equal(sm3((Octets){e, sizeof(e)}, e), 0);
        for (size_t i = 0; i < 2; i++) {
                sign_e(m->key, e, m->form, ret->octets[i], &ret->signatures[i].size);
                ret->signatures[i].data = ret->octets[i];
        }
        if (m->stuck)
                ret->signatures[1] = ret->signatures[0];
}

/* Plays machine against profile; the sentence goes into text. */
static Sm2Diagnosis diagnose(
        const Machine *m, const Sm2Profile *profile, EVP_PKEY *expected, char text[SM2_TEXT_MAX]) {
        uint8_t e[32];
        Sm2Diagnosis diagnosis;
        Answers answers;

        assert_int_equal(sm2_profile_e(profile, expected, message, e), 0);
        machine_signs(m, profile->input == INPUT_DIGEST ? (Octets){e, sizeof(e)} : message, &answers);
        assert_int_equal(sm2_diagnose(profile, expected, message, answers.signatures, text, &diagnosis), 0);
        assert_true(strlen(text) < SM2_TEXT_MAX - 1); /* not cut */
        return diagnosis;
}

static EVP_PKEY *new_key(void) {
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");

        assert_non_null(key);
        return key;
}

static const Sm2Profile profiles[] = {
        {INPUT_MESSAGE, Z_NONE, FORM_RAW, {}},
        {INPUT_MESSAGE, Z_DEFAULT_ID, FORM_DER, {}},
        {INPUT_MESSAGE, Z_PARAMETER, FORM_RAW, {(const uint8_t *) CONFIGURED, sizeof(CONFIGURED) - 1}},
        {INPUT_DIGEST, Z_DEFAULT_ID, FORM_DER, {}},
        {INPUT_DIGEST, Z_PARAMETER, FORM_RAW, {(const uint8_t *) CONFIGURED, sizeof(CONFIGURED) - 1}},
};

/* The machine that a profile describes. */
static Machine as_described(const Sm2Profile *profile, EVP_PKEY *key) {
        return (Machine){
                .key = key,
                .hashes = profile->input == INPUT_MESSAGE,
                .z = profile->z != Z_NONE,
                .id = profile->z == Z_PARAMETER ? CONFIGURED : SM2_DEFAULT_ID,
                .form = profile->form,
        };
}

static void machine_as_described_is_sound(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        char text[SM2_TEXT_MAX];

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(profiles); i++) {
                Machine m = as_described(&profiles[i], key);

                assert_int_equal(diagnose(&m, &profiles[i], key, text), SM2_SOUND);
        }
}

static void other_form_is_named(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        char text[SM2_TEXT_MAX];

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(profiles); i++) {
                Machine m = as_described(&profiles[i], key);

                m.form = m.form == FORM_DER ? FORM_RAW : FORM_DER;
                assert_int_equal(diagnose(&m, &profiles[i], key, text), SM2_WRONG_FORM);
                assert_string_equal(
                        text, m.form == FORM_RAW
                                      ? "the machine gives signatures as raw r||s, the profile says DER"
                                      : "the machine gives signatures as DER, the profile says raw r||s");
        }
}

typedef struct Case {
        Machine machine; /* without its key */
        Sm2Profile profile;
        const char *text;
} Case;

#define ID                                                                                                   \
        { (const uint8_t *) CONFIGURED, sizeof(CONFIGURED) - 1 }

static const Case hash_cases[] = {
        {{.hashes = true, .form = FORM_DER}, {INPUT_MESSAGE, Z_DEFAULT_ID, FORM_DER, ID},
                "the machine hashes without Z, the profile says Z with the default id"},
        {{.hashes = true, .z = true, .id = "", .form = FORM_DER}, {INPUT_MESSAGE, Z_DEFAULT_ID, FORM_DER, ID},
                "the machine hashes with the empty id in Z, the profile says Z with the default id"},
        {{.hashes = true, .z = true, .id = SM2_DEFAULT_ID, .form = FORM_RAW},
                {INPUT_MESSAGE, Z_NONE, FORM_RAW, ID},
                "the machine hashes with the default id in Z, the profile says without Z"},
        {{.hashes = true, .z = true, .id = SM2_DEFAULT_ID, .form = FORM_RAW},
                {INPUT_MESSAGE, Z_PARAMETER, FORM_RAW, ID},
                "the machine hashes with the default id in Z, the profile says Z with the configured id"},
        {{.hashes = true, .z = true, .id = CONFIGURED, .form = FORM_RAW},
                {INPUT_MESSAGE, Z_DEFAULT_ID, FORM_RAW, ID},
                "the machine hashes with the configured id in Z, the profile says Z with the default id"},
        {{.hashes = true, .more = 1, .form = FORM_RAW}, {INPUT_MESSAGE, Z_NONE, FORM_RAW, ID},
                "the machine hashes twice without Z, the profile says without Z"},
        {{.hashes = true, .z = true, .id = SM2_DEFAULT_ID, .more = 1, .form = FORM_RAW},
                {INPUT_MESSAGE, Z_DEFAULT_ID, FORM_DER, ID},
                "the machine gives raw r||s, not DER, and hashes twice with the default id in Z, "
                "the profile says Z with the default id"},
        {{.hashes = false, .form = FORM_DER}, {INPUT_MESSAGE, Z_DEFAULT_ID, FORM_DER, ID},
                "the machine signs the message's first 32 octets as a digest, the profile says Z with the "
                "default id"},
        {{.hashes = true, .form = FORM_DER}, {INPUT_DIGEST, Z_DEFAULT_ID, FORM_DER, ID},
                "the machine hashes the digest again without Z, the profile says it signs the digest as it "
                "is"},
        {{.hashes = true, .z = true, .id = CONFIGURED, .more = 1, .form = FORM_DER},
                {INPUT_DIGEST, Z_DEFAULT_ID, FORM_RAW, ID},
                "the machine gives DER, not raw r||s, and hashes the digest twice with the configured id in "
                "Z, "
                "the profile says it signs the digest as it is"},
};

static void other_hash_is_named(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        char text[SM2_TEXT_MAX];

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(hash_cases); i++) {
                Machine m = hash_cases[i].machine;

                m.key = key;
                assert_int_equal(diagnose(&m, &hash_cases[i].profile, key, text), SM2_WRONG_HASH);
                assert_string_equal(text, hash_cases[i].text);
                /* that a machine signs deterministically changes nothing: the hash is known */
                m.stuck = true;
                assert_int_equal(diagnose(&m, &hash_cases[i].profile, key, text), SM2_WRONG_HASH);
        }
}

static void unknown_id_is_no_other_key(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        Machine m = {.key = key, .hashes = true, .z = true, .id = "nobody told us", .form = FORM_DER};
        char text[SM2_TEXT_MAX];

        (void) state;
        assert_int_equal(diagnose(&m, &profiles[1], key, text), SM2_UNKNOWN_HASH);
        assert_non_null(strstr(text, "unknown id"));
        assert_non_null(strstr(text, "the key is right"));
}

static void other_key_is_no_profile_mistake(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key(), *other = new_key();
        char text[SM2_TEXT_MAX];

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(profiles); i++) {
                Machine m = as_described(&profiles[i], other);

                assert_int_equal(diagnose(&m, &profiles[i], key, text), SM2_OTHER_KEY);
                m.form = FORM_RAW;
                assert_int_equal(diagnose(&m, &profiles[i], key, text), SM2_OTHER_KEY);
        }
}

/* One signature twice would have one e under every key: no proof that the key is right. */
static void same_signature_twice_proves_nothing(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key(), *other = new_key();
        Machine m = as_described(&profiles[1], other);
        char text[SM2_TEXT_MAX];

        (void) state;
        m.stuck = true;
        assert_int_equal(diagnose(&m, &profiles[1], key, text), SM2_INDETERMINATE);
        m.key = key;
        assert_int_equal(diagnose(&m, &profiles[1], key, text), SM2_SOUND);
}

static void one_wrong_signature_of_two_is_no_profile_mistake(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        Machine m = as_described(&profiles[0], key);
        Sm2Diagnosis diagnosis;
        char text[SM2_TEXT_MAX];
        Answers answers;

        (void) state;
        for (size_t wrong = 0; wrong < 2; wrong++) {
                machine_signs(&m, message, &answers);
                answers.octets[wrong][40] ^= 1;
                assert_int_equal(
                        sm2_diagnose(&profiles[0], key, message, answers.signatures, text, &diagnosis), 0);
                assert_int_equal(diagnosis, SM2_OTHER_KEY);
        }
}

static void octets_that_are_no_signature_are_told_so(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        static const uint8_t rubbish[70] = {0x30, 0x44, 0x02};
        const Octets answers[2] = {{rubbish, 70}, {rubbish, 64}};
        Sm2Diagnosis diagnosis;
        char text[SM2_TEXT_MAX];

        (void) state;
        assert_int_equal(sm2_diagnose(&profiles[1], key, message, answers, text, &diagnosis), 0);
        assert_int_equal(diagnosis, SM2_NO_SIGNATURE);
        assert_string_equal(
                text, "the machine's answers of 70 and 64 octets are no SM2 signatures, raw or DER");
}

static void only_the_profile_is_corrected_for_its_own_mistakes(void **state) {
        (void) state;
        assert_true(sm2_is_profile_mistake(SM2_WRONG_FORM));
        assert_true(sm2_is_profile_mistake(SM2_WRONG_HASH));
        assert_true(sm2_is_profile_mistake(SM2_UNKNOWN_HASH));
        assert_false(sm2_is_profile_mistake(SM2_SOUND));
        assert_false(sm2_is_profile_mistake(SM2_OTHER_KEY));
        assert_false(sm2_is_profile_mistake(SM2_INDETERMINATE));
        assert_false(sm2_is_profile_mistake(SM2_NO_SIGNATURE));
}

static void key_of_another_kind_is_refused(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = EVP_EC_gen("P-256");
        const Octets answers[2] = {};
        Sm2Diagnosis diagnosis;
        char text[SM2_TEXT_MAX];

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(profiles); i++)
                assert_int_equal(
                        sm2_diagnose(&profiles[i], key, message, answers, text, &diagnosis), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(machine_as_described_is_sound),
                cmocka_unit_test(other_form_is_named),
                cmocka_unit_test(other_hash_is_named),
                cmocka_unit_test(unknown_id_is_no_other_key),
                cmocka_unit_test(other_key_is_no_profile_mistake),
                cmocka_unit_test(same_signature_twice_proves_nothing),
                cmocka_unit_test(one_wrong_signature_of_two_is_no_profile_mistake),
                cmocka_unit_test(octets_that_are_no_signature_are_told_so),
                cmocka_unit_test(only_the_profile_is_corrected_for_its_own_mistakes),
                cmocka_unit_test(key_of_another_kind_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
