/* Public keys made of attributes are the keys that OpenSSL means, and rubbish is none. */

#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pkcs11/public-key.h"

static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

static void assert_same_key(EVP_PKEY *a, EVP_PKEY *b) {
        uint8_t fa[32], fb[32];

        assert_int_equal(EVP_PKEY_eq(a, b), 1);
        assert_int_equal(public_key_fingerprint(a, fa), 0);
        assert_int_equal(public_key_fingerprint(b, fb), 0);
        assert_memory_equal(fa, fb, sizeof(fa));
}

static Octets number_of(EVP_PKEY *key, const char *name, uint8_t *dst) {
        BIGNUM *n = NULL;
        int size;

        assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
        size = BN_bn2bin(n, dst);
        BN_free(n);
        return (Octets){dst, (size_t) size};
}

static void rsa_attributes_make_the_key(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = EVP_RSA_gen(2048), *made = NULL;
        uint8_t n[512], e[16];

        (void) state;
        assert_int_equal(public_key_from_rsa(number_of(key, OSSL_PKEY_PARAM_RSA_N, n),
                                 number_of(key, OSSL_PKEY_PARAM_RSA_E, e), &made),
                0);
        assert_same_key(key, made);
}

static Octets point_of(EVP_PKEY *key, uint8_t *dst, size_t size) {
        size_t n = 0;

        assert_int_equal(
                EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, dst, size, &n), 1);
        return (Octets){dst, n};
}

static void ec_point_is_taken_bare_and_in_an_octet_string(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = EVP_EC_gen("P-256"), *bare = NULL, *wrapped = NULL;
        uint8_t der[80];
        Octets point = point_of(key, der + 2, sizeof(der) - 2);

        (void) state;
        assert_int_equal(public_key_from_ec((Octets){p256, sizeof(p256)}, point, &bare), 0);
        assert_same_key(key, bare);
        der[0] = 0x04;
        der[1] = (uint8_t) point.size;
        assert_int_equal(
                public_key_from_ec((Octets){p256, sizeof(p256)}, (Octets){der, point.size + 2}, &wrapped), 0);
        assert_same_key(key, wrapped);
}

static void public_key_info_makes_the_key(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = EVP_EC_gen("P-256"), *made = NULL;
        uint8_t *der = NULL;
        int size = i2d_PUBKEY(key, &der);

        (void) state;
        assert_int_equal(public_key_from_spki((Octets){der, (size_t) size}, &made), 0);
        OPENSSL_free(der);
        assert_same_key(key, made);
}

static void rubbish_is_no_key(void **state) {
        uint8_t rubbish[300];
        Octets all = {rubbish, sizeof(rubbish)}, few = {rubbish, 7}, curve = {p256, sizeof(p256)};
        EVP_PKEY *key = NULL;

        (void) state;
        memset(rubbish, 0xa5, sizeof(rubbish));
        assert_true(public_key_from_spki(all, &key) < 0);
        assert_true(public_key_from_certificate(all, &key) < 0);
        assert_true(public_key_from_rsa(few, few, &key) < 0);
        assert_true(public_key_from_ec(all, all, &key) < 0);
        assert_true(public_key_from_ec(curve, all, &key) < 0);
        assert_true(public_key_from_ec(curve, few, &key) < 0);
        assert_null(key);
        ERR_clear_error();
}

static void point_that_is_not_on_the_curve_is_no_key(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = EVP_EC_gen("P-256");
        uint8_t point[65];
        EVP_PKEY *made = NULL;
        Octets octets = point_of(key, point, sizeof(point));

        (void) state;
        point[40] ^= 1;
        assert_true(public_key_from_ec((Octets){p256, sizeof(p256)}, octets, &made) < 0);
        assert_null(made);
        ERR_clear_error();
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rsa_attributes_make_the_key),
                cmocka_unit_test(ec_point_is_taken_bare_and_in_an_octet_string),
                cmocka_unit_test(public_key_info_makes_the_key),
                cmocka_unit_test(rubbish_is_no_key),
                cmocka_unit_test(point_that_is_not_on_the_curve_is_no_key),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
