#include "sm2-diagnosis.h"

/* Two signatures as they were read, whatever their form. */
typedef struct Pair {
        Sm2Signature signatures[2];
        bool other_form;
} Pair;

static SignatureForm other_form(SignatureForm form) {
        return form == FORM_DER ? FORM_RAW : FORM_DER;
}

static const char *form_words(SignatureForm form) {
        return form == FORM_DER ? "DER" : "raw r||s";
}

bool sm2_is_profile_mistake(Sm2Diagnosis diagnosis) {
        return diagnosis == SM2_WRONG_FORM || diagnosis == SM2_WRONG_HASH || diagnosis == SM2_UNKNOWN_HASH;
}

int sm2_profile_e(const Sm2Profile *profile, EVP_PKEY *key, Octets message, uint8_t ret_e[static 32]) {
        if (profile->z == Z_NONE)
                return sm3(message, ret_e);
        return sm2_e(key, profile->z == Z_DEFAULT_ID ? sm2_default_id() : profile->id, message, ret_e);
}

/* The expected form first: 64 octets may by chance be both. */
static int read_pair(const Sm2Profile *profile, const Octets signatures[static 2], Pair *ret) {
        Pair pair = {};

        for (size_t i = 0; i < 2; i++) {
                if (sm2_signature_parse(signatures[i], profile->form, &pair.signatures[i]) == 0)
                        continue;
                if (sm2_signature_parse(signatures[i], other_form(profile->form), &pair.signatures[i]) < 0)
                        return -EBADMSG;
                pair.other_form = true;
        }
        *ret = pair;
        return 0;
}

static int verify_pair(EVP_PKEY *key, const uint8_t e[static 32], const Pair *pair) {
        int r = sm2_verify(key, e, &pair->signatures[0]);

        return r < 0 ? r : sm2_verify(key, e, &pair->signatures[1]);
}

/* -EBADMSG when the two were not made over one e under this key. */
static int recover_pair(EVP_PKEY *key, const Pair *pair, uint8_t ret_e[static 32]) {
        uint8_t second[32];
        int r = sm2_recover_e(key, &pair->signatures[0], ret_e);

        if (r == 0)
                r = sm2_recover_e(key, &pair->signatures[1], second);
        if (r < 0)
                return r;
        return memcmp(ret_e, second, sizeof(second)) == 0 ? 0 : -EBADMSG;
}

/* One way of hashing what the machine was given. */
typedef struct Hashing {
        const char *words; /* after "hashes …" */
        bool z;
        Octets id;
} Hashing;

static bool is_e(const uint8_t e[static 32], const uint8_t recovered[static 32]) {
        uint8_t reduced[32];

        return sm2_reduce(e, reduced) == 0 && memcmp(reduced, recovered, sizeof(reduced)) == 0;
}

/* How often the machine applied this hashing to the data: 1, 2 (the hash hashed once more), or 0: it did not.
 */
static int count_hashes(const Hashing *h, EVP_PKEY *key, Octets data, const uint8_t recovered[static 32]) {
        uint8_t e[32];
        int r = h->z ? sm2_e(key, h->id, data, e) : sm3(data, e);

        if (r < 0)
                return 0; /* an id too long for Z, in the configuration: not this one */
        if (is_e(e, recovered))
                return 1;
        return sm3((Octets){e, sizeof(e)}, e) == 0 && is_e(e, recovered) ? 2 : 0;
}

static const char *profile_words(const Sm2Profile *profile) {
        if (profile->input == INPUT_DIGEST)
                return "it signs the digest as it is";
        switch (profile->z) {
        case Z_NONE:
                return "without Z";
        case Z_DEFAULT_ID:
                return "Z with the default id";
        default:
                return "Z with the configured id";
        }
}

/* What is said of the form before what is said of the hash. */
static void form_prefix(const Sm2Profile *profile, const Pair *pair, char dst[static 40]) {
        dst[0] = '\0';
        if (pair->other_form)
                snprintf(dst, 40, "gives %s, not %s, and ", form_words(other_form(profile->form)),
                        form_words(profile->form));
}

static bool explain_hash(const Sm2Profile *profile, EVP_PKEY *key, Octets data, const Pair *pair,
        const uint8_t recovered[static 32], char text[static SM2_TEXT_MAX]) {
        const Hashing ways[] = {
                {"without Z", false, {}},
                {"with the empty id in Z", true, {}},
                {"with the default id in Z", true, sm2_default_id()},
                {"with the configured id in Z", true, profile->id},
        };
        bool digest = profile->input == INPUT_DIGEST;
        char prefix[40];

        form_prefix(profile, pair, prefix);
        for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
                int n = count_hashes(&ways[i], key, data, recovered);

                if (n == 0)
                        continue;
                snprintf(text, SM2_TEXT_MAX, "the machine %shashes%s%s %s, the profile says %s", prefix,
                        digest ? " the digest" : "",
                        n == 2   ? " twice"
                        : digest ? " again"
                                 : "",
                        ways[i].words, profile_words(profile));
                return true;
        }
        if (data.size < 32 || !is_e(data.data, recovered))
                return false;
        /* only with INPUT_MESSAGE: a digest taken as it is has verified */
        snprintf(text, SM2_TEXT_MAX,
                "the machine %ssigns the message's first 32 octets as a digest, the profile says %s", prefix,
                profile_words(profile));
        return true;
}

static Sm2Diagnosis verified(const Sm2Profile *profile, const Pair *pair, char text[static SM2_TEXT_MAX]) {
        if (!pair->other_form) {
                snprintf(text, SM2_TEXT_MAX, "two signatures of one message verify: the profile is right");
                return SM2_SOUND;
        }
        snprintf(text, SM2_TEXT_MAX, "the machine gives signatures as %s, the profile says %s",
                form_words(other_form(profile->form)), form_words(profile->form));
        return SM2_WRONG_FORM;
}

static Sm2Diagnosis unexplained(const Sm2Profile *profile, const Pair *pair, char text[static SM2_TEXT_MAX]) {
        char prefix[40];

        /* one signature twice has one e under any key: that proves nothing */
        if (memcmp(&pair->signatures[0], &pair->signatures[1], sizeof(Sm2Signature)) == 0) {
                snprintf(text, SM2_TEXT_MAX,
                        "the machine gives one signature twice: another key or an unknown id, not to be told "
                        "apart");
                return SM2_INDETERMINATE;
        }
        form_prefix(profile, pair, prefix);
        snprintf(text, SM2_TEXT_MAX,
                "the machine %shashes with an unknown id: the key is right, the profile says %s", prefix,
                profile_words(profile));
        return SM2_UNKNOWN_HASH;
}

static Sm2Diagnosis disagreeing(char text[static SM2_TEXT_MAX]) {
        snprintf(text, SM2_TEXT_MAX,
                "another key signed, or the signatures are wrong: two of one message agree on no hash under "
                "this key");
        return SM2_OTHER_KEY;
}

static Sm2Diagnosis unreadable(const Octets signatures[static 2], char text[static SM2_TEXT_MAX]) {
        snprintf(text, SM2_TEXT_MAX,
                "the machine's answers of %zu and %zu octets are no SM2 signatures, raw or DER",
                signatures[0].size, signatures[1].size);
        return SM2_NO_SIGNATURE;
}

int sm2_diagnose(const Sm2Profile *profile, EVP_PKEY *key, Octets message, const Octets signatures[static 2],
        char text[static SM2_TEXT_MAX], Sm2Diagnosis *ret) {
        uint8_t e[32], recovered[32];
        Octets data = profile->input == INPUT_DIGEST ? (Octets){e, sizeof(e)} : message;
        Pair pair;
        int r = sm2_profile_e(profile, key, message, e);

        if (r < 0)
                return r;
        if (!EVP_PKEY_is_a(key, "SM2"))
                return -EINVAL;
        if (read_pair(profile, signatures, &pair) < 0) {
                *ret = unreadable(signatures, text);
                return 0;
        }
        r = verify_pair(key, e, &pair);
        if (r == 0)
                *ret = verified(profile, &pair, text);
        if (r != -EBADMSG)
                return r;
        r = recover_pair(key, &pair, recovered);
        if (r == -EBADMSG)
                *ret = disagreeing(text);
        else if (r == 0)
                *ret = explain_hash(profile, key, data, &pair, recovered, text)
                               ? SM2_WRONG_HASH
                               : unexplained(profile, &pair, text);
        return r == -EBADMSG ? 0 : r;
}
