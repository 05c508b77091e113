#include "sm2-cipher.h"

#include <openssl/err.h>

#include "der.h"

static void ctx_freep(EVP_PKEY_CTX **ctx) {
        EVP_PKEY_CTX_free(*ctx);
}

static int take_coordinate(Octets *in, uint8_t dst[static SM2_FIELD]) {
        Octets number;

        if (der_take_unsigned(in, &number) < 0 || number.size > SM2_FIELD)
                return -EBADMSG;
        memset(dst, 0, SM2_FIELD - number.size);
        memcpy(dst + SM2_FIELD - number.size, number.data, number.size);
        return 0;
}

static int parse_der(Octets octets, CipherOrder order, Sm2Cipher *ret) {
        Octets sequence, c3;
        Octets *first = order == CIPHER_C1C3C2 ? &c3 : &ret->c2;
        Octets *second = order == CIPHER_C1C3C2 ? &ret->c2 : &c3;

        if (der_take(&octets, DER_SEQUENCE, &sequence) < 0 || octets.size > 0)
                return -EBADMSG;
        if (take_coordinate(&sequence, ret->x) < 0 || take_coordinate(&sequence, ret->y) < 0)
                return -EBADMSG;
        if (der_take(&sequence, DER_OCTET_STRING, first) < 0 ||
                der_take(&sequence, DER_OCTET_STRING, second) < 0)
                return -EBADMSG;
        if (sequence.size > 0 || c3.size != sizeof(ret->c3))
                return -EBADMSG;
        memcpy(ret->c3, c3.data, sizeof(ret->c3));
        return 0;
}

static int parse_raw(Octets octets, CipherOrder order, Sm2Cipher *ret) {
        const size_t head = 1 + 2 * SM2_FIELD, hash = sizeof(ret->c3);
        const uint8_t *rest = octets.data + head;

        if (octets.size < head + hash || octets.data[0] != 4)
                return -EBADMSG;
        memcpy(ret->x, octets.data + 1, SM2_FIELD);
        memcpy(ret->y, octets.data + 1 + SM2_FIELD, SM2_FIELD);
        ret->c2.size = octets.size - head - hash;
        ret->c2.data = order == CIPHER_C1C3C2 ? rest + hash : rest;
        memcpy(ret->c3, order == CIPHER_C1C3C2 ? rest : rest + ret->c2.size, hash);
        return 0;
}

int sm2_cipher_parse(Octets octets, SignatureForm form, CipherOrder order, Sm2Cipher *ret) {
        Sm2Cipher cipher = {};
        int r = form == FORM_DER ? parse_der(octets, order, &cipher) : parse_raw(octets, order, &cipher);

        if (r < 0)
                return r;
        *ret = cipher;
        return 0;
}

static size_t write_der(const Sm2Cipher *cipher, Octets first, Octets second, uint8_t *dst) {
        const Octets x = {cipher->x, SM2_FIELD}, y = {cipher->y, SM2_FIELD};
        size_t n = der_put_unsigned(NULL, x) + der_put_unsigned(NULL, y) +
                   der_put(NULL, DER_OCTET_STRING, first) + der_put(NULL, DER_OCTET_STRING, second);

        n = der_put_head(dst, DER_SEQUENCE, n);
        n += der_put_unsigned(dst + n, x);
        n += der_put_unsigned(dst + n, y);
        n += der_put(dst + n, DER_OCTET_STRING, first);
        return n + der_put(dst + n, DER_OCTET_STRING, second);
}

static size_t write_raw(const Sm2Cipher *cipher, Octets first, Octets second, uint8_t *dst) {
        uint8_t *p = dst;

        *p++ = 4;
        p = mempcpy(p, cipher->x, SM2_FIELD);
        p = mempcpy(p, cipher->y, SM2_FIELD);
        p = mempcpy(p, first.data, first.size);
        p = mempcpy(p, second.data, second.size);
        return (size_t) (p - dst);
}

int sm2_cipher_write(
        const Sm2Cipher *cipher, SignatureForm form, CipherOrder order, uint8_t *dst, size_t *ret_size) {
        const Octets c3 = {cipher->c3, sizeof(cipher->c3)};
        bool hash_first = order == CIPHER_C1C3C2;
        Octets first = hash_first ? c3 : cipher->c2, second = hash_first ? cipher->c2 : c3;

        if (cipher->c2.size > SM2_PLAIN_MAX)
                return -E2BIG;
        *ret_size = form == FORM_DER ? write_der(cipher, first, second, dst)
                                     : write_raw(cipher, first, second, dst);
        return 0;
}

/* OpenSSL gives GM/T 0009's DER. */
static int encrypt_der(EVP_PKEY *key, Octets plain, uint8_t *dst, size_t *size) {
        CLEANUP(ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

        if (ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
                EVP_PKEY_encrypt(ctx, dst, size, plain.data, plain.size) == 1)
                return 0;
        ERR_clear_error();
        return -EIO;
}

int sm2_encrypt(
        EVP_PKEY *key, Octets plain, SignatureForm form, CipherOrder order, uint8_t *dst, size_t *ret_size) {
        uint8_t der[SM2_CIPHER_MAX];
        size_t size = sizeof(der);
        Sm2Cipher cipher;
        int r;

        if (!EVP_PKEY_is_a(key, "SM2"))
                return -EINVAL;
        if (plain.size == 0 || plain.size > SM2_PLAIN_MAX)
                return -E2BIG;
        r = encrypt_der(key, plain, der, &size);
        if (r < 0)
                return r;
        r = sm2_cipher_parse((Octets){der, size}, FORM_DER, CIPHER_C1C3C2, &cipher);
        return r < 0 ? -EIO : sm2_cipher_write(&cipher, form, order, dst, ret_size);
}
