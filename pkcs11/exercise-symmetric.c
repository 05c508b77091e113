/* Uses of a key whose answer is judged at once.
 *
 * A symmetric key never leaves its machine, so nothing can be computed beside it: its check value is
 * compared, over time and over the pool's members. That is the first 3 octets of one block of zeros
 * encrypted, or of the MAC of a fixed message, cut here at once: a whole block is GCM's hash key and is never
 * kept, sent or shown. */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "exercise.h"
#include "sm2-cipher.h"

#define BLOCK 16
#define MAC_MESSAGE MESSAGE_MARK " MAC check value"
#define PLAIN_SIZE 32

static int run(const Module *module, CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE),
        CK_RV (*work)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *), CK_MECHANISM *m,
        CK_OBJECT_HANDLE key, Octets in, uint8_t *out, CK_ULONG *size) {
        if (init(module->session, m, key) != CKR_OK ||
                work(module->session, (CK_BYTE *) in.data, in.size, out, size) != CKR_OK)
                return -EIO;
        return 0;
}

int key_check_value(Key *key, const MsgProbeConfig *config, Module *module) {
        static const uint8_t zeros[BLOCK];
        bool mac = key->mechanism->use == USE_MAC;
        CK_MECHANISM m = {.mechanism = key->mechanism->number};
        Octets in = mac ? (Octets){(const uint8_t *) MAC_MESSAGE, sizeof(MAC_MESSAGE) - 1}
                        : (Octets){zeros, BLOCK};
        CK_FUNCTION_LIST *calls = module->calls;
        uint8_t out[64], cut[3];
        CK_ULONG size = sizeof(out);
        int r;

        (void) config;
        if (key->mechanism->iv) {
                m.pParameter = (void *) zeros;
                m.ulParameterLen = BLOCK;
        }
        r = run(module, mac ? calls->C_SignInit : calls->C_EncryptInit,
                mac ? calls->C_Sign : calls->C_Encrypt, &m, key->handle, in, out, &size);
        memcpy(cut, out, sizeof(cut));
        wipe(out, sizeof(out));
        if (r < 0)
                return r;
        if (size < sizeof(cut))
                return -EBADMSG;
        if (!key->has_check_value) {
                memcpy(key->check_value, cut, sizeof(cut));
                key->has_check_value = true;
        }
        return memcmp(key->check_value, cut, sizeof(cut)) == 0 ? 0 : -EBADMSG;
}

/* What is decrypted was encrypted here, with the public key, and bears our mark. */
static int encrypt_rsa(Key *key, const uint8_t *plain, uint8_t *out, size_t *size) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->expected, NULL);
        bool ok = ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                  EVP_PKEY_encrypt(ctx, out, size, plain, PLAIN_SIZE) == 1;

        EVP_PKEY_CTX_free(ctx);
        ERR_clear_error();
        return ok ? 0 : -EINVAL;
}

static int decrypt(Key *key, Module *module, Octets cipher, const uint8_t plain[static PLAIN_SIZE]) {
        CK_MECHANISM m = {.mechanism = key->mechanism->number};
        uint8_t out[1024];
        CK_ULONG size = sizeof(out);
        int r = run(module, module->calls->C_DecryptInit, module->calls->C_Decrypt, &m, key->handle, cipher,
                out, &size);

        if (r < 0)
                return r;
        return size == PLAIN_SIZE && memcmp(out, plain, PLAIN_SIZE) == 0 ? 0 : -EBADMSG;
}

static int make_plain(uint8_t dst[static PLAIN_SIZE]) {
        memset(dst, 0, PLAIN_SIZE);
        memcpy(dst, MESSAGE_MARK, sizeof(MESSAGE_MARK));
        return RAND_bytes(dst + sizeof(MESSAGE_MARK), PLAIN_SIZE - (int) sizeof(MESSAGE_MARK)) == 1 ? 0
                                                                                                    : -EINVAL;
}

int key_decrypt_as(Key *key, Module *module, SignatureForm form, CipherOrder order) {
        uint8_t plain[PLAIN_SIZE], cipher[SM2_CIPHER_MAX];
        size_t n = sizeof(cipher);

        if (make_plain(plain) < 0 ||
                sm2_encrypt(key->expected, (Octets){plain, sizeof(plain)}, form, order, cipher, &n) < 0)
                return -EINVAL;
        return decrypt(key, module, (Octets){cipher, n}, plain);
}

int key_decrypt(Key *key, const MsgProbeConfig *config, Module *module) {
        uint8_t plain[PLAIN_SIZE], cipher[1024];
        size_t n = sizeof(cipher);

        (void) config;
        if (key->config->type == KEY_TYPE_SM2)
                return key_decrypt_as(key, module, key->mechanism->cipher_form, key->mechanism->order);
        if (make_plain(plain) < 0 || encrypt_rsa(key, plain, cipher, &n) < 0)
                return -EINVAL;
        return decrypt(key, module, (Octets){cipher, n}, plain);
}
