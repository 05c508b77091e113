/* One r under two messages is told at once; one under the same message, or long ago, is not. */

#include "unit.h"

#include <openssl/ec.h>

#include "pkcs11/nonces.h"

static const uint8_t one_digest[32] = {1}, other_digest[32] = {2};

/* A number of its own for every n; only its last octets differ. */
static Octets nth(uint8_t buffer[static NONCE_R_MAX], size_t size, unsigned n) {
        memset(buffer, 0xa5, size);
        memcpy(buffer + size - sizeof(n), &n, sizeof(n));
        return (Octets){buffer, size};
}

static void equal_r_on_another_message_is_a_repeat(void **state) {
        CLEANUP_NONCES Nonces *nonces = nonces_new();
        uint8_t r[NONCE_R_MAX];

        (void) state;
        assert_int_equal(nonces_add(nonces, nth(r, 32, 1), one_digest), NONCE_FRESH);
        assert_int_equal(nonces_add(nonces, nth(r, 32, 2), one_digest), NONCE_FRESH);
        assert_int_equal(nonces_add(nonces, nth(r, 32, 1), other_digest), NONCE_REPEATED);
        assert_int_equal(nonces_add(nonces, nth(r, 32, 1), other_digest), NONCE_REPEATED);
}

static void equal_r_on_the_same_message_is_no_alarm(void **state) {
        CLEANUP_NONCES Nonces *nonces = nonces_new();
        uint8_t r[NONCE_R_MAX];

        (void) state;
        assert_int_equal(nonces_add(nonces, nth(r, 32, 1), one_digest), NONCE_FRESH);
        assert_int_equal(nonces_add(nonces, nth(r, 32, 1), one_digest), NONCE_SAME_MESSAGE);
        assert_int_equal(nonces_add(nonces, nth(r, 32, 1), other_digest), NONCE_REPEATED);
}

/* Whole values count: every r here has one prefix, and P-521's differ in their last octets only. */
static void equal_prefix_is_no_repeat(void **state) {
        CLEANUP_NONCES Nonces *nonces = nonces_new();
        uint8_t r[NONCE_R_MAX];

        (void) state;
        for (unsigned i = 0; i < 500; i++)
                assert_int_equal(nonces_add(nonces, nth(r, NONCE_R_MAX, i), one_digest), NONCE_FRESH);
        assert_int_equal(nonces_add(nonces, nth(r, NONCE_R_MAX, 250), other_digest), NONCE_REPEATED);
        assert_int_equal(nonces_add(nonces, nth(r, NONCE_R_MAX - 1, 250), other_digest), NONCE_FRESH);
}

static void spread(uint8_t r[static 32], unsigned n) {
        assert_int_equal(EVP_Digest(&n, sizeof(n), r, NULL, EVP_sha256(), NULL), 1);
}

static void oldest_is_forgotten_and_no_other(void **state) {
        CLEANUP_NONCES Nonces *nonces = nonces_new();
        const unsigned n = 3 * NONCES_CAPACITY + 17;
        uint8_t r[32];

        (void) state;
        for (unsigned i = 0; i < n; i++) {
                spread(r, i);
                assert_int_equal(nonces_add(nonces, (Octets){r, 32}, one_digest), NONCE_FRESH);
        }
        for (unsigned i = n - NONCES_CAPACITY; i < n; i++) {
                spread(r, i);
                assert_int_equal(nonces_add(nonces, (Octets){r, 32}, other_digest), NONCE_REPEATED);
        }
        spread(r, n - NONCES_CAPACITY - 1);
        assert_int_equal(nonces_add(nonces, (Octets){r, 32}, other_digest), NONCE_FRESH);
        /* and with it went the next oldest */
        spread(r, n - NONCES_CAPACITY);
        assert_int_equal(nonces_add(nonces, (Octets){r, 32}, other_digest), NONCE_FRESH);
}

static void leading_zeros_make_no_other_number(void **state) {
        static const uint8_t padded[] = {0, 0, 7}, plain[] = {7}, zero[] = {0, 0},
                             longer[NONCE_R_MAX + 1] = {1};
        CLEANUP_NONCES Nonces *nonces = nonces_new();

        (void) state;
        assert_int_equal(nonces_add(nonces, (Octets){padded, 3}, one_digest), NONCE_FRESH);
        assert_int_equal(nonces_add(nonces, (Octets){plain, 1}, other_digest), NONCE_REPEATED);
        assert_int_equal(nonces_add(nonces, (Octets){zero, 2}, one_digest), -EINVAL);
        assert_int_equal(nonces_add(nonces, (Octets){longer, sizeof(longer)}, one_digest), -E2BIG);
}

static Octets sign(EVP_PKEY *key, uint8_t *buffer, size_t size) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

        assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
        assert_int_equal(EVP_PKEY_sign(ctx, buffer, &size, one_digest, sizeof(one_digest)), 1);
        EVP_PKEY_CTX_free(ctx);
        return (Octets){buffer, size};
}

/* The r of DER as OpenSSL reads it, and of the raw form written by OpenSSL: for every size of curve. */
static void assert_r_of(const char *curve, int field) {
        CLEANUP_PKEY EVP_PKEY *key =
                streq(curve, "SM2") ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_EC_gen(curve);
        uint8_t buffer[160], expected[NONCE_R_MAX], raw[2 * NONCE_R_MAX];
        Octets der = sign(key, buffer, sizeof(buffer)), r;
        const uint8_t *p = der.data;
        ECDSA_SIG *theirs = d2i_ECDSA_SIG(NULL, &p, (long) der.size);
        int n = BN_bn2bin(ECDSA_SIG_get0_r(theirs), expected);

        BN_bn2binpad(ECDSA_SIG_get0_r(theirs), raw, field);
        BN_bn2binpad(ECDSA_SIG_get0_s(theirs), raw + field, field);
        ECDSA_SIG_free(theirs);
        assert_int_equal(nonces_r(der, FORM_DER, &r), 0);
        assert_int_equal(r.size, n);
        assert_memory_equal(r.data, expected, r.size);
        assert_int_equal(nonces_r((Octets){raw, (size_t) field * 2}, FORM_RAW, &r), 0);
        assert_int_equal(r.size, n);
        assert_memory_equal(r.data, expected, r.size);
}

static void r_is_taken_out_of_both_forms(void **state) {
        (void) state;
        for (int i = 0; i < 50; i++) {
                assert_r_of("SM2", 32);
                assert_r_of("P-256", 32);
        }
        for (int i = 0; i < 5; i++) {
                assert_r_of("P-384", 48);
                assert_r_of("P-521", 66);
        }
}

static void rubbish_has_no_r(void **state) {
        static const uint8_t zeros[160] = {}, trailing[] = {0x30, 6, 2, 1, 1, 2, 1, 1, 0},
                             one[] = {0x30, 3, 2, 1, 1};
        Octets r = {};

        (void) state;
        assert_int_equal(nonces_r((Octets){}, FORM_DER, &r), -EBADMSG);
        assert_int_equal(nonces_r((Octets){}, FORM_RAW, &r), -EBADMSG);
        assert_int_equal(nonces_r((Octets){zeros, 64}, FORM_RAW, &r), -EBADMSG);
        assert_int_equal(nonces_r((Octets){trailing, 7}, FORM_RAW, &r), -EBADMSG);
        assert_int_equal(nonces_r((Octets){zeros, 134}, FORM_RAW, &r), -EBADMSG);
        assert_int_equal(nonces_r((Octets){trailing, sizeof(trailing)}, FORM_DER, &r), -EBADMSG);
        assert_int_equal(nonces_r((Octets){one, sizeof(one)}, FORM_DER, &r), -EBADMSG);
        assert_null(r.data);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(equal_r_on_another_message_is_a_repeat),
                cmocka_unit_test(equal_r_on_the_same_message_is_no_alarm),
                cmocka_unit_test(equal_prefix_is_no_repeat),
                cmocka_unit_test(oldest_is_forgotten_and_no_other),
                cmocka_unit_test(leading_zeros_make_no_other_number),
                cmocka_unit_test(r_is_taken_out_of_both_forms),
                cmocka_unit_test(rubbish_has_no_r),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
