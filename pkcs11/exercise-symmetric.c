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

int key_decrypt(Key *key, const MsgProbeConfig *config, Module *module) {
        CK_MECHANISM m = {.mechanism = key->mechanism->number};
        uint8_t plain[PLAIN_SIZE] = MESSAGE_MARK, cipher[1024], out[1024];
        size_t n = sizeof(cipher);
        CK_ULONG size = sizeof(out);
        int r;

        (void) config;
        if (RAND_bytes(plain + sizeof(MESSAGE_MARK), (int) (sizeof(plain) - sizeof(MESSAGE_MARK))) != 1)
                return -EINVAL;
        if (key->config->type == KEY_TYPE_SM2)
                r = sm2_encrypt(key->expected, (Octets){plain, sizeof(plain)}, key->mechanism->cipher_form,
                        key->mechanism->order, cipher, &n);
        else
                r = encrypt_rsa(key, plain, cipher, &n);
        if (r < 0)
                return -EINVAL;
        r = run(module, module->calls->C_DecryptInit, module->calls->C_Decrypt, &m, key->handle,
                (Octets){cipher, n}, out, &size);
        if (r < 0)
                return r;
        return size == sizeof(plain) && memcmp(out, plain, sizeof(plain)) == 0 ? 0 : -EBADMSG;
}
