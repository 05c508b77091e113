/* Signatures: what is signed, how, and whether it is right. */
#include <openssl/err.h>

#include "exercise.h"
#include "sm2.h"

/* The identity that goes into Z by the profile; false: there is no Z. */
static bool identity(const Key *key, const MsgProbeConfig *config, Octets *ret) {
        *ret = (Octets){config->sm2_id, config->sm2_id_size};
        if (key->mechanism->input == INPUT_DIGEST || key->mechanism->z == Z_PARAMETER)
                return true;
        *ret = sm2_default_id();
        return key->mechanism->z == Z_DEFAULT_ID;
}

static int digest_message(Key *key, const MsgProbeConfig *config) {
        Octets message = {key->message, key->message_size}, id;

        if (key->config->type != KEY_TYPE_SM2)
                return EVP_Digest(message.data, message.size, key->digest, NULL, EVP_sha256(), NULL) == 1
                               ? 0
                               : -EIO;
        if (identity(key, config, &id))
                return sm2_e(key->expected, id, message, key->digest);
        return sm3(message, key->digest);
}

int key_new_message(Key *key, const MsgProbeConfig *config, const char *fixed) {
        int size;

        if (fixed) {
                size = (int) MIN_OF(strlen(fixed), sizeof(key->message));
                memcpy(key->message, fixed, (size_t) size);
        } else {
                size = message_make(config->device, now_realtime(), key->message);
        }
        if (size < 0)
                return size == -EIO ? -EINVAL : size;
        key->message_size = (size_t) size;
        return digest_message(key, config) < 0 ? -EINVAL : 0;
}

/* RSA and EC through libp11, as applications do. */
static int sign_by_libp11(Key *key) {
        key->signature_size = sizeof(key->signature);
        if (EVP_PKEY_sign(key->signing, key->signature, &key->signature_size, key->digest,
                    sizeof(key->digest)) == 1)
                return 0;
        ERR_clear_error();
        return -EIO;
}

static int sign_raw(Key *key, const MsgProbeConfig *config, Module *module) {
        bool by_message = key->mechanism->input == INPUT_MESSAGE;
        CK_MECHANISM m = {.mechanism = key->mechanism->number};
        CK_ULONG size = sizeof(key->signature);

        if (by_message && key->mechanism->z == Z_PARAMETER) {
                m.pParameter = (void *) config->sm2_id;
                m.ulParameterLen = config->sm2_id_size;
        }
        if (module->calls->C_SignInit(module->session, &m, key->handle) != CKR_OK ||
                module->calls->C_Sign(module->session, by_message ? key->message : key->digest,
                        by_message ? key->message_size : sizeof(key->digest), key->signature,
                        &size) != CKR_OK)
                return -EIO;
        key->signature_size = size;
        return 0;
}

int key_sign_again(Key *key, const MsgProbeConfig *config, Module *module) {
        return key->config->type == KEY_TYPE_SM2 ? sign_raw(key, config, module) : sign_by_libp11(key);
}

int key_sign(Key *key, const MsgProbeConfig *config, Module *module, const char *fixed) {
        int r = key_new_message(key, config, fixed);

        return r < 0 ? r : key_sign_again(key, config, module);
}

static int verify_sm2(Key *key) {
        Octets octets = {key->signature, key->signature_size};
        SignatureForm form;
        Sm2Signature signature;

        if (sm2_signature_parse(octets, key->mechanism->form, &signature) == 0)
                return sm2_verify(key->expected, key->digest, &signature);
        return sm2_signature_form(octets, &form) == 0 ? -EINVAL : -EBADMSG;
}

int key_verify(Key *key) {
        if (key->config->type == KEY_TYPE_SM2)
                return verify_sm2(key);
        if (EVP_PKEY_verify(key->verifying, key->signature, key->signature_size, key->digest,
                    sizeof(key->digest)) == 1)
                return 0;
        ERR_clear_error();
        return -EBADMSG;
}
