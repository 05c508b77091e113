#include "sm2.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "der.h"

/* GM/T 0003.5, the curve's parameters as they enter Z: a, b, x and y of G. */
static const uint8_t curve_a_b_g[4 * SM2_FIELD] = {
        0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* */
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xfc, /* a */
        0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7, /* */
        0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e,
        0x93, /* b */
        0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, /* */
        0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74,
        0xc7, /* x */
        0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, /* */
        0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0,
        0xa0, /* y */
};

static const uint8_t order_n[SM2_FIELD] = {
        0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* */
        0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23, /* */
};

static void bn_freep(BIGNUM **bn) {
        BN_free(*bn);
}

static void bn_ctx_freep(BN_CTX **ctx) {
        BN_CTX_free(*ctx);
}

static void group_freep(EC_GROUP **group) {
        EC_GROUP_free(*group);
}

static void point_freep(EC_POINT **point) {
        EC_POINT_free(*point);
}

static void ctx_freep(EVP_PKEY_CTX **ctx) {
        EVP_PKEY_CTX_free(*ctx);
}

static void md_freep(EVP_MD_CTX **ctx) {
        EVP_MD_CTX_free(*ctx);
}

static int failed(int error) {
        ERR_clear_error();
        return error;
}

Octets sm2_default_id(void) {
        return (Octets){(const uint8_t *) SM2_DEFAULT_ID, sizeof(SM2_DEFAULT_ID) - 1};
}

/* ---- keys ---- */

int sm2_point_form(Octets point, PointForm *ret) {
        switch (point.size) {
        case 67:
                if (point.data[0] != DER_OCTET_STRING || point.data[1] != 65 || point.data[2] != 4)
                        return -EBADMSG;
                *ret = POINT_OCTET_STRING;
                return 0;
        case 65:
                if (point.data[0] != 4)
                        return -EBADMSG;
                *ret = POINT_UNCOMPRESSED;
                return 0;
        case 64:
                *ret = POINT_XY;
                return 0;
        default:
                return -EBADMSG;
        }
}

/* A point not on the curve is refused by OpenSSL. */
static int from_uncompressed(uint8_t point[static 65], EVP_PKEY **ret) {
        char group[] = SN_sm2;
        OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 65),
                OSSL_PARAM_construct_end(),
        };
        CLEANUP(ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
        EVP_PKEY *key = NULL;

        if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1)
                return failed(-ENOMEM);
        if (EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
                return failed(-EBADMSG);
        *ret = key;
        return 0;
}

int sm2_public_key(Octets point, PointForm form, EVP_PKEY **ret) {
        uint8_t uncompressed[65] = {4};
        PointForm really;
        int r = sm2_point_form(point, &really);

        if (r < 0)
                return r;
        if (really != form)
                return -EBADMSG;
        /* X and Y are the last 64 octets of every form */
        memcpy(uncompressed + 1, point.data + point.size - 64, 64);
        return from_uncompressed(uncompressed, ret);
}

static int coordinate(EVP_PKEY *key, const char *name, uint8_t dst[static SM2_FIELD]) {
        CLEANUP(bn_freep) BIGNUM *n = NULL;

        if (EVP_PKEY_get_bn_param(key, name, &n) != 1 || BN_bn2binpad(n, dst, SM2_FIELD) != SM2_FIELD)
                return failed(-EIO);
        return 0;
}

static int coordinates(EVP_PKEY *key, uint8_t dst[static 2 * SM2_FIELD]) {
        int r;

        if (!EVP_PKEY_is_a(key, "SM2"))
                return -EINVAL;
        r = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, dst);
        return r < 0 ? r : coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, dst + SM2_FIELD);
}

int sm2_point(EVP_PKEY *key, PointForm form, uint8_t *dst, size_t *ret_size) {
        static const uint8_t heads[] = {DER_OCTET_STRING, 65, 4};
        size_t head = form == POINT_OCTET_STRING ? 3 : form == POINT_UNCOMPRESSED ? 1 : 0;
        uint8_t xy[2 * SM2_FIELD];
        int r = coordinates(key, xy);

        if (r < 0)
                return r;
        memcpy(dst, heads + sizeof(heads) - head, head);
        memcpy(dst + head, xy, sizeof(xy));
        *ret_size = head + sizeof(xy);
        return 0;
}

/* ---- hashes ---- */

/* SM3 of several pieces one after the other. */
static int sm3_of(const Octets *pieces, size_t n, uint8_t ret_hash[static 32]) {
        CLEANUP(md_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t hash[32];

        if (!ctx || EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) != 1)
                return failed(-ENOMEM);
        for (size_t i = 0; i < n; i++)
                if (EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].size) != 1)
                        return failed(-EIO);
        if (EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
                return failed(-EIO);
        memcpy(ret_hash, hash, sizeof(hash));
        return 0;
}

int sm3(Octets message, uint8_t ret_hash[static 32]) {
        return sm3_of(&message, 1, ret_hash);
}

int sm2_z(EVP_PKEY *key, Octets id, uint8_t ret_z[static 32]) {
        uint8_t entl[2] = {(uint8_t) (id.size * 8 >> 8), (uint8_t) (id.size * 8)}, xy[2 * SM2_FIELD];
        const Octets pieces[] = {
                {entl, sizeof(entl)},
                id,
                {curve_a_b_g, sizeof(curve_a_b_g)},
                {xy, sizeof(xy)},
        };
        int r;

        if (id.size > UINT16_MAX / 8)
                return -E2BIG;
        r = coordinates(key, xy);
        return r < 0 ? r : sm3_of(pieces, ELEMENTSOF(pieces), ret_z);
}

int sm2_e(EVP_PKEY *key, Octets id, Octets message, uint8_t ret_e[static 32]) {
        uint8_t z[32];
        const Octets pieces[] = {{z, sizeof(z)}, message};
        int r = sm2_z(key, id, z);

        return r < 0 ? r : sm3_of(pieces, ELEMENTSOF(pieces), ret_e);
}

/* ---- signatures ---- */

static bool is_scalar(const uint8_t number[static SM2_FIELD]) {
        return octets_strip((Octets){number, SM2_FIELD}).size > 0 && memcmp(number, order_n, SM2_FIELD) < 0;
}

static int to_field(Octets number, uint8_t dst[static SM2_FIELD]) {
        if (number.size > SM2_FIELD)
                return -EBADMSG;
        memset(dst, 0, SM2_FIELD - number.size);
        memcpy(dst + SM2_FIELD - number.size, number.data, number.size);
        return 0;
}

static int parse_raw(Octets octets, Sm2Signature *ret) {
        if (octets.size != SM2_RAW_SIZE)
                return -EBADMSG;
        memcpy(ret->r, octets.data, SM2_FIELD);
        memcpy(ret->s, octets.data + SM2_FIELD, SM2_FIELD);
        return 0;
}

static int parse_der(Octets octets, Sm2Signature *ret) {
        Octets sequence, r, s;

        if (der_take(&octets, DER_SEQUENCE, &sequence) < 0 || octets.size > 0)
                return -EBADMSG;
        if (der_take_unsigned(&sequence, &r) < 0 || der_take_unsigned(&sequence, &s) < 0 || sequence.size > 0)
                return -EBADMSG;
        return to_field(r, ret->r) < 0 ? -EBADMSG : to_field(s, ret->s);
}

int sm2_signature_parse(Octets octets, SignatureForm form, Sm2Signature *ret) {
        Sm2Signature signature;
        int r = form == FORM_DER ? parse_der(octets, &signature) : parse_raw(octets, &signature);

        if (r < 0)
                return r;
        if (!is_scalar(signature.r) || !is_scalar(signature.s))
                return -EBADMSG;
        *ret = signature;
        return 0;
}

int sm2_signature_form(Octets octets, SignatureForm *ret) {
        Sm2Signature signature;

        if (sm2_signature_parse(octets, FORM_DER, &signature) == 0) {
                *ret = FORM_DER;
                return 0;
        }
        if (sm2_signature_parse(octets, FORM_RAW, &signature) < 0)
                return -EBADMSG;
        *ret = FORM_RAW;
        return 0;
}

void sm2_signature_write(const Sm2Signature *signature, SignatureForm form, uint8_t *dst, size_t *ret_size) {
        const Octets r = {signature->r, SM2_FIELD}, s = {signature->s, SM2_FIELD};
        size_t n;

        if (form == FORM_RAW) {
                memcpy(dst, r.data, r.size);
                memcpy(dst + r.size, s.data, s.size);
                *ret_size = SM2_RAW_SIZE;
                return;
        }
        n = der_put_head(dst, DER_SEQUENCE, der_put_unsigned(NULL, r) + der_put_unsigned(NULL, s));
        n += der_put_unsigned(dst + n, r);
        n += der_put_unsigned(dst + n, s);
        *ret_size = n;
}

int sm2_verify(EVP_PKEY *key, const uint8_t e[static 32], const Sm2Signature *signature) {
        CLEANUP(ctx_freep) EVP_PKEY_CTX *ctx = NULL;
        uint8_t der[SM2_DER_MAX];
        size_t size;

        if (!EVP_PKEY_is_a(key, "SM2"))
                return -EINVAL;
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        if (!ctx || EVP_PKEY_verify_init(ctx) != 1)
                return failed(-ENOMEM);
        sm2_signature_write(signature, FORM_DER, der, &size);
        /* without a digest of its own the operation takes e as it is: no id plays a part here */
        return EVP_PKEY_verify(ctx, der, size, e, 32) == 1 ? 0 : failed(-EBADMSG);
}

/* What the recovery is made of; everything in it is freed with it. */
typedef struct Recovery {
        EC_GROUP *group;
        BN_CTX *ctx;
        EC_POINT *public, *sum;
        BIGNUM *r, *s, *t, *x;
} Recovery;

static void recovery_done(Recovery *v) {
        bn_freep(&v->x);
        bn_freep(&v->t);
        bn_freep(&v->s);
        bn_freep(&v->r);
        point_freep(&v->sum);
        point_freep(&v->public);
        bn_ctx_freep(&v->ctx);
        group_freep(&v->group);
}

static int recovery_begin(EVP_PKEY *key, const Sm2Signature *signature, Recovery *v) {
        uint8_t xy[2 * SM2_FIELD], point[1 + 2 * SM2_FIELD] = {4};
        int r = coordinates(key, xy);

        if (r < 0)
                return r;
        memcpy(point + 1, xy, sizeof(xy));
        v->group = EC_GROUP_new_by_curve_name(NID_sm2);
        v->ctx = BN_CTX_new();
        v->public = v->group ? EC_POINT_new(v->group) : NULL;
        v->sum = v->group ? EC_POINT_new(v->group) : NULL;
        v->r = BN_bin2bn(signature->r, SM2_FIELD, NULL);
        v->s = BN_bin2bn(signature->s, SM2_FIELD, NULL);
        v->t = BN_new();
        v->x = BN_new();
        if (!v->ctx || !v->public || !v->sum || !v->r || !v->s || !v->t || !v->x)
                return failed(-ENOMEM);
        if (EC_POINT_oct2point(v->group, v->public, point, sizeof(point), v->ctx) != 1)
                return failed(-EIO);
        return 0;
}

int sm2_recover_e(EVP_PKEY *key, const Sm2Signature *signature, uint8_t ret_e[static 32]) {
        CLEANUP(recovery_done) Recovery v = {};
        int r = recovery_begin(key, signature, &v);
        const BIGNUM *n;

        if (r < 0)
                return r;
        n = EC_GROUP_get0_order(v.group);
        /* GM/T 0003.2, 7.1: t = r + s; (x1, y1) = [s]G + [t]P; r = e + x1. t = 0 is no signature. */
        if (BN_mod_add(v.t, v.r, v.s, n, v.ctx) != 1)
                return failed(-EIO);
        if (BN_is_zero(v.t))
                return -EBADMSG;
        if (EC_POINT_mul(v.group, v.sum, v.s, v.public, v.t, v.ctx) != 1)
                return failed(-EIO);
        if (EC_POINT_is_at_infinity(v.group, v.sum))
                return -EBADMSG;
        if (EC_POINT_get_affine_coordinates(v.group, v.sum, v.x, NULL, v.ctx) != 1 ||
                BN_mod_sub(v.x, v.r, v.x, n, v.ctx) != 1 || BN_bn2binpad(v.x, ret_e, 32) != 32)
                return failed(-EIO);
        return 0;
}

int sm2_reduce(const uint8_t e[static 32], uint8_t ret[static 32]) {
        CLEANUP(bn_freep) BIGNUM *x = BN_bin2bn(e, 32, NULL), *n = BN_bin2bn(order_n, SM2_FIELD, NULL);

        if (!x || !n)
                return failed(-ENOMEM);
        /* n is above 2^255: at most one subtraction */
        if (BN_cmp(x, n) >= 0 && BN_sub(x, x, n) != 1)
                return failed(-EIO);
        return BN_bn2binpad(x, ret, 32) == 32 ? 0 : failed(-EIO);
}

int sm2_nonce_x(const Sm2Signature *signature, const uint8_t e[static 32], uint8_t ret_x[static 32]) {
        CLEANUP(bn_freep) BIGNUM *x = BN_bin2bn(signature->r, SM2_FIELD, NULL);
        CLEANUP(bn_freep) BIGNUM *y = BN_bin2bn(e, 32, NULL), *n = BN_bin2bn(order_n, SM2_FIELD, NULL);

        if (!x || !y || !n)
                return failed(-ENOMEM);
        if (BN_cmp(y, n) >= 0 && BN_sub(y, y, n) != 1)
                return failed(-EIO);
        if (BN_cmp(x, y) < 0 && BN_add(x, x, n) != 1)
                return failed(-EIO);
        if (BN_sub(x, x, y) != 1)
                return failed(-EIO);
        return BN_bn2binpad(x, ret_x, 32) == 32 ? 0 : failed(-EIO);
}
