#include "public-key.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <time.h>

static void bn_freep(BIGNUM **bn) {
        BN_free(*bn);
}

static void builder_freep(OSSL_PARAM_BLD **builder) {
        OSSL_PARAM_BLD_free(*builder);
}

static void params_freep(OSSL_PARAM **params) {
        OSSL_PARAM_free(*params);
}

static void ctx_freep(EVP_PKEY_CTX **ctx) {
        EVP_PKEY_CTX_free(*ctx);
}

static void object_freep(ASN1_OBJECT **object) {
        ASN1_OBJECT_free(*object);
}

static void string_freep(ASN1_OCTET_STRING **string) {
        ASN1_OCTET_STRING_free(*string);
}

static void x509_freep(X509 **x509) {
        X509_free(*x509);
}

static int from_params(const char *type, OSSL_PARAM_BLD *builder, EVP_PKEY **ret) {
        CLEANUP(ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
        CLEANUP(params_freep) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
        EVP_PKEY *key = NULL;

        if (!ctx || !params)
                return -ENOMEM;
        if (EVP_PKEY_fromdata_init(ctx) != 1 ||
                EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
                return -EBADMSG;
        *ret = key;
        return 0;
}

int public_key_from_rsa(Octets modulus, Octets exponent, EVP_PKEY **ret) {
        CLEANUP(bn_freep) BIGNUM *n = BN_bin2bn(modulus.data, (int) modulus.size, NULL);
        CLEANUP(bn_freep) BIGNUM *e = BN_bin2bn(exponent.data, (int) exponent.size, NULL);
        CLEANUP(builder_freep) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

        if (!n || !e || !builder)
                return -ENOMEM;
        if (BN_num_bits(n) < 512 || BN_is_zero(e))
                return -EBADMSG;
        if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
                OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
                return -ENOMEM;
        return from_params("RSA", builder, ret);
}

static const char *curve_name(Octets params) {
        const uint8_t *p = params.data;
        CLEANUP(object_freep) ASN1_OBJECT *curve = d2i_ASN1_OBJECT(NULL, &p, (long) params.size);
        int nid = curve ? OBJ_obj2nid(curve) : NID_undef;

        return nid == NID_undef ? NULL : OBJ_nid2sn(nid);
}

static int from_point(const char *curve, Octets point, EVP_PKEY **ret) {
        CLEANUP(builder_freep) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

        if (!builder)
                return -ENOMEM;
        if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) != 1 ||
                OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.size) !=
                        1)
                return -ENOMEM;
        return from_params("EC", builder, ret);
}

int public_key_from_ec(Octets params, Octets point, EVP_PKEY **ret) {
        const uint8_t *p = point.data;
        const char *curve = curve_name(params);
        CLEANUP(string_freep) ASN1_OCTET_STRING *inner = NULL;

        if (!curve)
                return -EBADMSG;
        inner = d2i_ASN1_OCTET_STRING(NULL, &p, (long) point.size);
        /* 04 begins both an OCTET STRING and a bare uncompressed point: only a whole parse tells */
        if (inner && p == point.data + point.size &&
                from_point(curve, (Octets){ASN1_STRING_get0_data(inner), (size_t) ASN1_STRING_length(inner)},
                        ret) == 0)
                return 0;
        return from_point(curve, point, ret);
}

int public_key_from_certificate(Octets der, EVP_PKEY **ret) {
        const uint8_t *p = der.data;
        CLEANUP(x509_freep) X509 *x509 = d2i_X509(NULL, &p, (long) der.size);
        EVP_PKEY *key = x509 ? X509_get_pubkey(x509) : NULL;

        if (!key)
                return -EBADMSG;
        *ret = key;
        return 0;
}

int64_t certificate_not_after(Octets der) {
        const uint8_t *p = der.data;
        CLEANUP(x509_freep) X509 *x509 = d2i_X509(NULL, &p, (long) der.size);
        struct tm tm;

        if (!x509 || ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm) != 1)
                return 0;
        return timegm(&tm);
}

int public_key_from_spki(Octets der, EVP_PKEY **ret) {
        const uint8_t *p = der.data;
        EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long) der.size);

        if (!key)
                return -EBADMSG;
        *ret = key;
        return 0;
}

int public_key_fingerprint(EVP_PKEY *key, uint8_t ret_fingerprint[static 32]) {
        uint8_t *der = NULL;
        int size = i2d_PUBKEY(key, &der), r;

        if (size <= 0)
                return -EBADMSG;
        r = EVP_Digest(der, (size_t) size, ret_fingerprint, NULL, EVP_sha256(), NULL);
        OPENSSL_free(der);
        return r == 1 ? 0 : -EIO;
}
