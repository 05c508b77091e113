/* What keys do. SM2 and ECDSA are computed here from the nonce on, because a nonce that repeats has to be
 * made. */
#include "server.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#define DEFAULT_ID "1234567812345678"

/* --- digests --- */

typedef struct Part {
        const void *data;
        size_t n;
} Part;

static void sm3(const Part *parts, size_t n, uint8_t out[static 32]) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        EVP_DigestInit_ex(ctx, EVP_sm3(), NULL);
        for (size_t i = 0; i < n; i++)
                EVP_DigestUpdate(ctx, parts[i].data, parts[i].n);
        EVP_DigestFinal_ex(ctx, out, NULL);
        EVP_MD_CTX_free(ctx);
}

/* GM/T 0003.2, 5.5: Z = SM3(ENTL, ID, a, b, G, P) */
static void sm2_z(EVP_PKEY *key, const void *id, size_t n, uint8_t out[static 32]) {
        EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
        BIGNUM *numbers[6] = {BN_new(), BN_new(), BN_new(), BN_new(), NULL, NULL};
        uint8_t octets[6 * 32], entl[2] = {(uint8_t) (n * 8 >> 8), (uint8_t) (n * 8)};

        EC_GROUP_get_curve(group, NULL, numbers[0], numbers[1], NULL);
        EC_POINT_get_affine_coordinates(group, EC_GROUP_get0_generator(group), numbers[2], numbers[3], NULL);
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &numbers[4]);
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &numbers[5]);
        for (size_t i = 0; i < 6; i++) {
                BN_bn2binpad(numbers[i], octets + 32 * i, 32);
                BN_free(numbers[i]);
        }
        sm3((Part[]){{entl, 2}, {id, n}, {octets, sizeof(octets)}}, 3, out);
        EC_GROUP_free(group);
}

/* The identity that goes into Z; false: no Z at all. */
static bool identity(const Machine *m, const Session *s, const void **ret_id, size_t *ret_n) {
        const Fault *other = fault_on(m, FAULT_ID);
        Z z = s->mechanism->z;

        *ret_id = DEFAULT_ID;
        *ret_n = 16;
        if (other && streq(other->argument, "none"))
                return false;
        if (other && streq(other->argument, "default"))
                return true;
        if (other) {
                *ret_id = other->argument;
                *ret_n = streq(other->argument, "empty") ? 0 : strlen(other->argument);
        } else if (z == Z_OF_PARAMETER) {
                *ret_id = s->parameter;
                *ret_n = s->parameter_size;
        }
        return other || z != Z_OF_NONE;
}

static void hash_message(
        const Machine *m, const Session *s, const uint8_t *data, size_t n, uint8_t e[static 32]) {
        const void *id;
        size_t id_size;
        uint8_t z[32];

        if (identity(m, s, &id, &id_size)) {
                sm2_z(s->key->pkey, id, id_size, z);
                sm3((Part[]){{z, 32}, {data, n}}, 2, e);
        } else {
                sm3((Part[]){{data, n}}, 1, e);
        }
        if (fault_on(m, FAULT_DOUBLE))
                sm3((Part[]){{e, 32}}, 1, e);
}

CK_RV crypto_digest(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out) {
        uint8_t e[32];

        (void) m;
        (void) s;
        sm3((Part[]){{data, n}}, 1, e);
        wire_put(out, e, sizeof(e));
        return CKR_OK;
}

/* --- signatures from the nonce on --- */

typedef struct Sums {
        BN_CTX *ctx;
        EC_GROUP *group;
        const BIGNUM *order;
        BIGNUM *d, *k, *x, *e, *r, *s;
} Sums;

static void sums_begin(Sums *u, EVP_PKEY *key, int curve, const uint8_t *e, size_t n) {
        *u = (Sums){.ctx = BN_CTX_new(), .group = EC_GROUP_new_by_curve_name(curve)};
        u->order = EC_GROUP_get0_order(u->group);
        u->k = BN_new();
        u->x = BN_new();
        u->e = BN_bin2bn(e, (int) n, NULL);
        u->r = BN_new();
        u->s = BN_new();
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &u->d);
}

static void sums_end(Sums *u) {
        BN_free(u->d);
        BN_free(u->k);
        BN_free(u->x);
        BN_free(u->e);
        BN_free(u->r);
        BN_free(u->s);
        EC_GROUP_free(u->group);
        BN_CTX_free(u->ctx);
}

/* A nonce and the x coordinate of its point. */
static void draw_nonce(Sums *u, bool always_the_same) {
        EC_POINT *point = EC_POINT_new(u->group);

        if (always_the_same)
                BN_set_word(u->k, 0x5eedfeed);
        else
                BN_priv_rand_range(u->k, u->order);
        EC_POINT_mul(u->group, point, u->k, NULL, NULL, u->ctx);
        EC_POINT_get_affine_coordinates(u->group, point, u->x, NULL, u->ctx);
        EC_POINT_free(point);
}

/* GM/T 0003.2, 6.1: r = e + x, s = (k - r d) / (1 + d) */
static void finish_sm2(Sums *u) {
        BIGNUM *t = BN_new();

        BN_mod_add(u->r, u->e, u->x, u->order, u->ctx);
        BN_mod_mul(t, u->r, u->d, u->order, u->ctx);
        BN_mod_sub(u->s, u->k, t, u->order, u->ctx);
        BN_copy(t, u->d);
        BN_add_word(t, 1);
        BN_mod_inverse(t, t, u->order, u->ctx);
        BN_mod_mul(u->s, u->s, t, u->order, u->ctx);
        BN_free(t);
}

/* FIPS 186-4, 6.4: r = x, s = (e + r d) / k */
static void finish_ecdsa(Sums *u) {
        BIGNUM *t = BN_new();

        BN_nnmod(u->r, u->x, u->order, u->ctx);
        BN_mod_mul(t, u->r, u->d, u->order, u->ctx);
        BN_mod_add(u->s, u->e, t, u->order, u->ctx);
        BN_mod_inverse(t, u->k, u->order, u->ctx);
        BN_mod_mul(u->s, u->s, t, u->order, u->ctx);
        BN_free(t);
}

static bool wants_der(const Machine *m, const Session *s) {
        const Fault *form = fault_on(m, FAULT_FORM);

        return form ? streq(form->argument, "der") : s->mechanism->der;
}

static void put_signature(const Sums *u, bool der, Wire *out) {
        uint8_t octets[80], *p = octets;

        if (der) {
                ECDSA_SIG *sig = ECDSA_SIG_new();

                ECDSA_SIG_set0(sig, BN_dup(u->r), BN_dup(u->s));
                wire_put(out, octets, (size_t) i2d_ECDSA_SIG(sig, &p));
                ECDSA_SIG_free(sig);
                return;
        }
        BN_bn2binpad(u->r, octets, 32);
        BN_bn2binpad(u->s, octets + 32, 32);
        wire_put(out, octets, 64);
}

static CK_RV sign_curve(const Machine *m, const Session *s, bool sm2, const uint8_t *e, size_t n, Wire *out) {
        Sums u;

        sums_begin(&u, s->key->pkey, sm2 ? NID_sm2 : NID_X9_62_prime256v1, e, n);
        draw_nonce(&u, fault_on_key(m, FAULT_NONCE, s->key));
        if (sm2)
                finish_sm2(&u);
        else
                finish_ecdsa(&u);
        if (fault_on_key(m, FAULT_WRONG, s->key))
                BN_priv_rand_range(u.s, u.order); /* in range, and every time another one */
        put_signature(&u, wants_der(m, s), out);
        sums_end(&u);
        return CKR_OK;
}

static CK_RV sign_rsa(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key->pkey, NULL);
        uint8_t signature[1024];
        size_t size = sizeof(signature);
        bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                  EVP_PKEY_sign(ctx, signature, &size, data, n) == 1;

        EVP_PKEY_CTX_free(ctx);
        if (ok && fault_on_key(m, FAULT_WRONG, s->key))
                signature[size / 2] ^= 1;
        if (ok)
                wire_put(out, signature, size);
        return ok ? CKR_OK : CKR_DATA_LEN_RANGE;
}

/* As OpenSSL calls a block cipher: "AES-256-CBC", "SM4-ECB". */
static void cipher_name(const Session *s, const char *mode, char name[static 32]) {
        if (s->mechanism->key_type == CKK_AES)
                snprintf(name, 32, "AES-%zu-%s", s->key->secret_size * 8, mode);
        else
                snprintf(name, 32, "SM4-%s", mode);
}

/* CMAC under a block cipher's key, whole or cut to the length that the parameter asks for. */
static CK_RV make_mac(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out) {
        bool hmac = s->mechanism->key_type == CKK_GENERIC_SECRET;
        EVP_MAC *mac = EVP_MAC_fetch(NULL, hmac ? "HMAC" : "CMAC", NULL);
        EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
        OSSL_PARAM params[2] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
        char name[32] = "SHA256";
        CK_ULONG length;
        uint8_t result[64];
        size_t size = 0;
        bool ok;

        if (!hmac)
                cipher_name(s, "CBC", name);
        params[0] = OSSL_PARAM_construct_utf8_string(hmac ? "digest" : "cipher", name, 0);
        ok = EVP_MAC_init(ctx, s->key->secret, s->key->secret_size, params) == 1 &&
             EVP_MAC_update(ctx, data, n) == 1 && EVP_MAC_final(ctx, result, &size, sizeof(result)) == 1;

        EVP_MAC_CTX_free(ctx);
        EVP_MAC_free(mac);
        if (s->mechanism->operation == OP_MAC_GENERAL) {
                memcpy(&length, s->parameter, sizeof(length));
                size = MIN_OF(size, (size_t) length);
        }
        if (ok && fault_on_key(m, FAULT_WRONG, s->key))
                result[0] ^= 1;
        if (ok)
                wire_put(out, result, size);
        return ok ? CKR_OK : CKR_FUNCTION_FAILED;
}

CK_RV crypto_sign(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out) {
        uint8_t e[32];

        switch (s->mechanism->operation) {
        case OP_RSA_PKCS:
                return sign_rsa(m, s, data, n, out);
        case OP_ECDSA:
                return sign_curve(m, s, false, data, MIN_OF(n, (size_t) 32), out);
        case OP_SM2_DIGEST:
                if (n != sizeof(e))
                        return CKR_DATA_LEN_RANGE;
                memcpy(e, data, n);
                if (fault_on(m, FAULT_DOUBLE))
                        sm3((Part[]){{e, sizeof(e)}}, 1, e);
                return sign_curve(m, s, true, e, sizeof(e), out);
        case OP_SM2_MESSAGE:
                hash_message(m, s, data, n, e);
                return sign_curve(m, s, true, e, sizeof(e), out);
        case OP_MAC:
        case OP_MAC_GENERAL:
                return make_mac(m, s, data, n, out);
        default:
                return CKR_KEY_TYPE_INCONSISTENT;
        }
}

/* --- encryption --- */

static CK_RV cipher(const Session *s, bool encrypt, const uint8_t *data, size_t n, Wire *out) {
        bool ecb = s->mechanism->operation == OP_ECB, pad = s->mechanism->operation == OP_CBC_PAD;
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        uint8_t result[4096];
        int size = 0, last = 0;
        char name[32];
        bool ok;

        cipher_name(s, ecb ? "ECB" : "CBC", name);
        ok = n > 0 && (n % 16 == 0 || (pad && encrypt)) && n <= sizeof(result) - 32 &&
             EVP_CipherInit_ex(ctx, EVP_get_cipherbyname(name), NULL, s->key->secret,
                     ecb ? NULL : s->parameter, encrypt) == 1 &&
             EVP_CIPHER_CTX_set_padding(ctx, pad) == 1 &&
             EVP_CipherUpdate(ctx, result, &size, data, (int) n) == 1 &&
             EVP_CipherFinal_ex(ctx, result + size, &last) == 1;

        EVP_CIPHER_CTX_free(ctx);
        if (ok)
                wire_put(out, result, (size_t) size + (size_t) last);
        return ok ? CKR_OK : CKR_DATA_LEN_RANGE;
}

static CK_RV decrypt_rsa(const Session *s, const uint8_t *data, size_t n, Wire *out) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key->pkey, NULL);
        uint8_t plain[1024];
        size_t size = sizeof(plain);
        bool ok = ctx && EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_decrypt(ctx, plain, &size, data, n) == 1;

        EVP_PKEY_CTX_free(ctx);
        if (ok)
                wire_put(out, plain, size);
        return ok ? CKR_OK : CKR_ENCRYPTED_DATA_INVALID;
}

/* From 04, C1, then C3 and C2 in either order, to GM/T 0009's SM2Cipher, which OpenSSL reads. Short messages
 * alone. */
static size_t cipher_to_der(bool c1c2c3, const uint8_t *raw, size_t n, uint8_t dst[static 256]) {
        const uint8_t *c3, *body;
        size_t c2, at = 3;

        if (n < 98 || n > 97 + 60 || raw[0] != 4)
                return 0;
        c2 = n - 97;
        c3 = raw + 65 + (c1c2c3 ? c2 : 0);
        body = raw + 65 + (c1c2c3 ? 0 : 32);
        for (int i = 0; i < 2; i++) {
                const uint8_t *x = raw + 1 + 32 * i;
                size_t skip = 0, pad;

                while (skip < 31 && x[skip] == 0)
                        skip++;
                pad = x[skip] >> 7;
                dst[at++] = 2;
                dst[at++] = (uint8_t) (32 - skip + pad);
                if (pad)
                        dst[at++] = 0;
                memcpy(dst + at, x + skip, 32 - skip);
                at += 32 - skip;
        }
        dst[at++] = 4;
        dst[at++] = 32;
        memcpy(dst + at, c3, 32);
        at += 32;
        dst[at++] = 4;
        dst[at++] = (uint8_t) c2;
        memcpy(dst + at, body, c2);
        at += c2;
        dst[0] = 0x30;
        dst[1] = 0x81;
        dst[2] = (uint8_t) (at - 3);
        return at;
}

static CK_RV decrypt_sm2(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out) {
        uint8_t der[256], plain[256];
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key->pkey, NULL);
        size_t size = sizeof(plain);
        bool ok;

        if (!m->cipher_der) {
                n = cipher_to_der(m->c1c2c3, data, n, der);
                data = der;
        }
        ok = n > 0 && ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
             EVP_PKEY_decrypt(ctx, plain, &size, data, n) == 1;
        EVP_PKEY_CTX_free(ctx);
        if (ok)
                wire_put(out, plain, size);
        return ok ? CKR_OK : CKR_ENCRYPTED_DATA_INVALID;
}

CK_RV crypto_crypt(
        const Machine *m, const Session *s, bool encrypt, const uint8_t *data, size_t n, Wire *out) {
        switch (s->mechanism->operation) {
        case OP_ECB:
        case OP_CBC:
        case OP_CBC_PAD:
                return cipher(s, encrypt, data, n, out);
        case OP_RSA_PKCS:
                return encrypt ? CKR_KEY_FUNCTION_NOT_PERMITTED : decrypt_rsa(s, data, n, out);
        case OP_SM2_DECRYPT:
                return encrypt ? CKR_KEY_FUNCTION_NOT_PERMITTED : decrypt_sm2(m, s, data, n, out);
        default:
                return CKR_KEY_TYPE_INCONSISTENT;
        }
}

/* One in ten zeros becomes a one: p(1) = 0.55. */
static void bias(uint8_t *octets, size_t n) {
        for (size_t i = 0; i < n; i++) {
                uint8_t draws[8];

                RAND_bytes(draws, sizeof(draws));
                for (size_t bit = 0; bit < 8; bit++)
                        octets[i] |= (uint8_t) ((draws[bit] < 26) << bit);
        }
}

CK_RV crypto_random(const Machine *m, size_t n, Wire *out) {
        const Fault *weak = fault_on(m, FAULT_RANDOM);
        CLEANUP_FREE uint8_t *octets = n <= WIRE_MAX / 2 ? malloc(n + 1) : NULL;

        if (!octets || RAND_bytes(octets, (int) n) != 1)
                return CKR_ARGUMENTS_BAD;
        if (weak && streq(weak->argument, "stuck"))
                memset(octets, 0xa5, n);
        else if (weak)
                bias(octets, n);
        wire_put(out, octets, n);
        return CKR_OK;
}
