/* A key that never was right: is it the profile? One fixed message is signed twice, and what came back is
 * explained; something is decrypted in the other forms. */
#include "exercise.h"
#include "sm2-diagnosis.h"

#define FIXED MESSAGE_MARK " diagnosis of a vendor profile"

static Sm2Profile profile_of(const Key *key, const MsgProbeConfig *config) {
        return (Sm2Profile){.input = key->mechanism->input,
                .z = key->mechanism->z,
                .form = key->mechanism->form,
                .id = {config->sm2_id, config->sm2_id_size}};
}

bool diagnose_profile(Key *key, const MsgProbeConfig *config, Module *module, char *words, size_t size) {
        Sm2Profile profile = profile_of(key, config);
        uint8_t first[sizeof(key->signature)];
        char text[SM2_TEXT_MAX];
        Octets signatures[2];
        Sm2Diagnosis diagnosis;

        if (key_sign(key, config, module, FIXED) < 0)
                return false;
        memcpy(first, key->signature, key->signature_size);
        signatures[0] = (Octets){first, key->signature_size};
        if (key_sign_again(key, config, module) < 0)
                return false;
        signatures[1] = (Octets){key->signature, key->signature_size};
        if (sm2_diagnose(&profile, key->expected, (Octets){key->message, key->message_size}, signatures, text,
                    &diagnosis) < 0 ||
                !sm2_is_profile_mistake(diagnosis))
                return false;
        copy_text(words, size, text);
        return true;
}

static const char *order_words(CipherOrder order) {
        return order == CIPHER_C1C3C2 ? "C1C3C2" : "C1C2C3";
}

bool diagnose_decryption(Key *key, const MsgProbeConfig *config, Module *module, char *words, size_t size) {
        const ProbeMechanism *m = key->mechanism;

        (void) config;
        if (key->config->exercise != EXERCISE_DECRYPT || key->config->type != KEY_TYPE_SM2)
                return false;
        for (SignatureForm form = FORM_RAW; form <= FORM_DER; form++)
                for (CipherOrder order = CIPHER_C1C3C2; order <= CIPHER_C1C2C3; order++) {
                        if (key_decrypt_as(key, module, form, order) < 0)
                                continue;
                        snprintf(words, size,
                                "%.31s: the profile says a ciphertext is %s %s, the machine takes %s %s",
                                m->name, name_of(&signature_form_names, m->cipher_form),
                                order_words(m->order), name_of(&signature_form_names, form),
                                order_words(order));
                        return form != m->cipher_form || order != m->order;
                }
        return false;
}
