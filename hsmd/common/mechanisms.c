#include "mechanisms.h"

const ProbeMechanism standard_mechanisms[] = {
        {.index = 1,
                .name = "rsa_pkcs",
                .number = 0x1,
                .use = USE_SIGN,
                .key_type = KEY_TYPE_RSA,
                .input = INPUT_DIGEST,
                .form = FORM_RAW},
        {.index = 2,
                .name = "ecdsa",
                .number = 0x1041,
                .use = USE_SIGN,
                .key_type = KEY_TYPE_EC,
                .input = INPUT_DIGEST,
                .form = FORM_RAW},
        {.index = 3, .name = "rsa_pkcs_decrypt", .number = 0x1, .use = USE_DECRYPT, .key_type = KEY_TYPE_RSA},
        {.index = 4, .name = "aes_ecb", .number = 0x1081, .use = USE_ENCRYPT, .key_type = KEY_TYPE_AES},
        {.index = 5,
                .name = "aes_cbc",
                .number = 0x1082,
                .use = USE_ENCRYPT,
                .key_type = KEY_TYPE_AES,
                .iv = 1},
        {.index = 6, .name = "aes_cmac", .number = 0x108a, .use = USE_MAC, .key_type = KEY_TYPE_AES},
        {.index = 7, .name = "sha256_hmac", .number = 0x251, .use = USE_MAC, .key_type = KEY_TYPE_HMAC},
};
const size_t n_standard_mechanisms = ELEMENTSOF(standard_mechanisms);

MechanismUse use_of_exercise(Exercise exercise) {
        static const MechanismUse uses[] = {
                [EXERCISE_SIGN] = USE_SIGN,
                [EXERCISE_DECRYPT] = USE_DECRYPT,
                [EXERCISE_MAC] = USE_MAC,
                [EXERCISE_ENCRYPT] = USE_ENCRYPT,
        };

        return exercise < ELEMENTSOF(uses) ? uses[exercise] : 0;
}

size_t mechanism_for(const ProbeMechanism *mechanisms, size_t n, KeyType type, Exercise exercise) {
        MechanismUse use = use_of_exercise(exercise);
        size_t i = 0;

        while (i < n && (mechanisms[i].use != use || mechanisms[i].key_type != type))
                i++;
        return i;
}
