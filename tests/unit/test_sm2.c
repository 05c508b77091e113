/* SM2 in software: the standard's own example, OpenSSL's own signatures, every form, and what is none. */

#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "pkcs11/der.h"
#include "pkcs11/sm2-cipher.h"
#include "pkcs11/sm2.h"

#define OCTETS(array) ((Octets){(const uint8_t *) (array), sizeof(array)})
#define TEXT(string) ((Octets){(const uint8_t *) (string), sizeof(string) - 1})

static void unhex(const char *hex, uint8_t *dst) {
        for (size_t i = 0; hex[2 * i]; i++)
                assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &dst[i]), 1);
}

static void assert_hex(const uint8_t *octets, const char *hex) {
        uint8_t expected[128];

        unhex(hex, expected);
        assert_memory_equal(octets, expected, strlen(hex) / 2);
}

/* GM/T 0003.5, annex A: key, message and signature. */
static EVP_PKEY *standard_key(void) {
        uint8_t point[64];
        EVP_PKEY *key = NULL;

        unhex("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
              "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
                point);
        assert_int_equal(sm2_public_key(OCTETS(point), POINT_XY, &key), 0);
        return key;
}

static Sm2Signature standard_signature(void) {
        uint8_t raw[64];
        Sm2Signature signature;

        unhex("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
              "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA",
                raw);
        assert_int_equal(sm2_signature_parse(OCTETS(raw), FORM_RAW, &signature), 0);
        return signature;
}

static EVP_PKEY *new_key(void) {
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");

        assert_non_null(key);
        return key;
}

/* As an application of OpenSSL signs, with an id. */
static Sm2Signature sign_message(EVP_PKEY *key, Octets id, Octets message) {
        EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t der[SM2_DER_MAX];
        size_t size = sizeof(der);
        Sm2Signature signature;

        assert_int_equal(EVP_PKEY_CTX_set1_id(pctx, id.data, (int) id.size), 1);
        EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
        assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sm3(), NULL, key), 1);
        assert_int_equal(EVP_DigestSign(ctx, der, &size, message.data, message.size), 1);
        EVP_MD_CTX_free(ctx);
        EVP_PKEY_CTX_free(pctx);
        assert_int_equal(sm2_signature_parse((Octets){der, size}, FORM_DER, &signature), 0);
        return signature;
}

static void sm3_is_the_standards(void **state) {
        uint8_t hash[32];

        (void) state;
        assert_int_equal(sm3(TEXT("abc"), hash), 0);
        assert_hex(hash, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

static void standards_example_verifies(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = standard_key();
        Sm2Signature signature = standard_signature();
        uint8_t z[32], e[32], recovered[32];

        (void) state;
        assert_int_equal(sm2_z(key, sm2_default_id(), z), 0);
        assert_hex(z, "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3");
        assert_int_equal(sm2_e(key, sm2_default_id(), TEXT("message digest"), e), 0);
        assert_hex(e, "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640");
        assert_int_equal(sm2_verify(key, e, &signature), 0);
        assert_int_equal(sm2_recover_e(key, &signature, recovered), 0);
        assert_memory_equal(recovered, e, sizeof(e));
}

static void openssls_signatures_verify_with_their_id_only(void **state) {
        static const char *const ids[] = {"", SM2_DEFAULT_ID, "ALICE123@YAHOO.COM"};
        CLEANUP_PKEY EVP_PKEY *key = new_key();

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(ids); i++) {
                Octets id = {(const uint8_t *) ids[i], strlen(ids[i])};
                Sm2Signature signature = sign_message(key, id, TEXT("a message"));

                for (size_t j = 0; j < ELEMENTSOF(ids); j++) {
                        Octets other = {(const uint8_t *) ids[j], strlen(ids[j])};
                        uint8_t e[32];

                        assert_int_equal(sm2_e(key, other, TEXT("a message"), e), 0);
                        assert_int_equal(sm2_verify(key, e, &signature), i == j ? 0 : -EBADMSG);
                }
        }
        assert_int_equal(ERR_peek_error(), 0);
}

/* The id that OpenSSL takes when none is set; it would make a sound machine look broken. */
static void openssl_without_an_id_takes_the_empty_one(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t der[SM2_DER_MAX], e[32];
        size_t size = sizeof(der);
        Sm2Signature signature;

        (void) state;
        assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sm3(), NULL, key), 1);
        assert_int_equal(EVP_DigestSign(ctx, der, &size, (const uint8_t *) "m", 1), 1);
        EVP_MD_CTX_free(ctx);
        assert_int_equal(sm2_signature_parse((Octets){der, size}, FORM_DER, &signature), 0);
        assert_int_equal(sm2_e(key, (Octets){}, TEXT("m"), e), 0);
        assert_int_equal(sm2_verify(key, e, &signature), 0);
}

static void recovered_e_stays_under_the_right_key_and_changes_under_another(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key(), *other = new_key();
        Sm2Signature one = sign_message(key, sm2_default_id(), TEXT("fixed"));
        Sm2Signature two = sign_message(key, sm2_default_id(), TEXT("fixed"));
        uint8_t a[32], b[32], e[32];

        (void) state;
        assert_memory_not_equal(one.r, two.r, sizeof(one.r));
        assert_int_equal(sm2_recover_e(key, &one, a), 0);
        assert_int_equal(sm2_recover_e(key, &two, b), 0);
        assert_memory_equal(a, b, sizeof(a));
        assert_int_equal(sm2_e(key, sm2_default_id(), TEXT("fixed"), e), 0);
        assert_int_equal(sm2_reduce(e, e), 0);
        assert_memory_equal(a, e, sizeof(e));
        assert_int_equal(sm2_recover_e(other, &one, a), 0);
        assert_int_equal(sm2_recover_e(other, &two, b), 0);
        assert_memory_not_equal(a, b, sizeof(a));
}

static void e_is_reduced_by_the_order(void **state) {
        uint8_t e[32], reduced[32];

        (void) state;
        unhex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", e); /* n */
        assert_int_equal(sm2_reduce(e, reduced), 0);
        assert_hex(reduced, "0000000000000000000000000000000000000000000000000000000000000000");
        e[31]--;
        assert_int_equal(sm2_reduce(e, reduced), 0);
        assert_memory_equal(reduced, e, 32);
        memset(e, 0xff, sizeof(e)); /* 2^256 - 1 */
        assert_int_equal(sm2_reduce(e, reduced), 0);
        assert_hex(reduced, "00000001000000000000000000000000"
                            "8DFC2094DE39FAD4AC440BF6C62ABEDC");
}

static void key_comes_from_every_form_of_its_point(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        uint8_t expected[32];

        (void) state;
        assert_int_equal(public_key_fingerprint(key, expected), 0);
        for (PointForm form = POINT_OCTET_STRING; form <= POINT_XY; form++) {
                CLEANUP_PKEY EVP_PKEY *made = NULL;
                uint8_t point[SM2_POINT_MAX], fingerprint[32];
                size_t size;
                PointForm told;

                assert_int_equal(sm2_point(key, form, point, &size), 0);
                assert_int_equal(sm2_point_form((Octets){point, size}, &told), 0);
                assert_int_equal(told, form);
                assert_int_equal(sm2_public_key((Octets){point, size}, form, &made), 0);
                assert_int_equal(EVP_PKEY_eq(key, made), 1);
                assert_int_equal(public_key_fingerprint(made, fingerprint), 0);
                assert_memory_equal(fingerprint, expected, sizeof(expected));
                for (PointForm wrong = POINT_OCTET_STRING; wrong <= POINT_XY; wrong++)
                        if (wrong != form)
                                assert_int_equal(
                                        sm2_public_key((Octets){point, size}, wrong, &made), -EBADMSG);
        }
}

/* What the daemon pins is a SubjectPublicKeyInfo: it must come back as an SM2 key, not as an ECDSA one. */
static void pinned_key_is_an_sm2_key(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key(), *made = NULL;
        Sm2Signature signature = sign_message(key, sm2_default_id(), TEXT("m"));
        uint8_t *der = NULL, e[32];
        int size = i2d_PUBKEY(key, &der);

        (void) state;
        assert_int_equal(public_key_from_spki((Octets){der, (size_t) size}, &made), 0);
        OPENSSL_free(der);
        assert_true(EVP_PKEY_is_a(made, "SM2"));
        assert_int_equal(sm2_e(made, sm2_default_id(), TEXT("m"), e), 0);
        assert_int_equal(sm2_verify(made, e, &signature), 0);
}

static void point_off_the_curve_or_of_odd_size_is_no_key(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        uint8_t point[SM2_POINT_MAX + 1] = {};
        EVP_PKEY *made = NULL;
        PointForm form;
        size_t size;

        (void) state;
        assert_int_equal(sm2_point(key, POINT_UNCOMPRESSED, point, &size), 0);
        for (size_t n = 0; n <= sizeof(point); n++)
                if (n != 65 && n != 64)
                        assert_int_equal(sm2_point_form((Octets){point, n}, &form), -EBADMSG);
        point[40] ^= 1;
        assert_int_equal(sm2_public_key((Octets){point, 65}, POINT_UNCOMPRESSED, &made), -EBADMSG);
        point[0] = 2;
        assert_int_equal(sm2_public_key((Octets){point, 65}, POINT_UNCOMPRESSED, &made), -EBADMSG);
        assert_null(made);
        assert_int_equal(ERR_peek_error(), 0);
}

static void key_of_another_kind_is_refused(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = EVP_EC_gen("P-256");
        Sm2Signature signature = standard_signature();
        uint8_t out[SM2_CIPHER_MAX];
        size_t size;

        (void) state;
        assert_int_equal(sm2_z(key, sm2_default_id(), out), -EINVAL);
        assert_int_equal(sm2_verify(key, out, &signature), -EINVAL);
        assert_int_equal(sm2_recover_e(key, &signature, out), -EINVAL);
        assert_int_equal(sm2_encrypt(key, TEXT("m"), FORM_DER, CIPHER_C1C3C2, out, &size), -EINVAL);
}

static void assert_both_forms(const Sm2Signature *signature) {
        for (SignatureForm form = FORM_RAW; form <= FORM_DER; form++) {
                uint8_t octets[SM2_DER_MAX];
                Sm2Signature read;
                SignatureForm told;
                size_t size;

                sm2_signature_write(signature, form, octets, &size);
                assert_true(size <= sizeof(octets));
                assert_int_equal(sm2_signature_parse((Octets){octets, size}, form, &read), 0);
                assert_memory_equal(&read, signature, sizeof(read));
                assert_int_equal(sm2_signature_form((Octets){octets, size}, &told), 0);
                assert_int_equal(told, form);
                /* one octet less is never a signature */
                assert_int_equal(sm2_signature_form((Octets){octets, size - 1}, &told), -EBADMSG);
        }
}

static void signature_is_read_and_written_in_both_forms(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();

        (void) state;
        for (int i = 0; i < 300; i++) { /* leading zeros and sign octets come by chance */
                Sm2Signature signature = sign_message(key, sm2_default_id(), TEXT("m"));

                assert_both_forms(&signature);
        }
        assert_both_forms(&(Sm2Signature){.r = {[31] = 1}, .s = {[31] = 0x80}});
}

/* Against OpenSSL's own encoder. */
static void der_is_openssls(void **state) {
        Sm2Signature signature = standard_signature();
        ECDSA_SIG *theirs = ECDSA_SIG_new();
        uint8_t ours[SM2_DER_MAX], *der = NULL;
        size_t size;
        int n;

        (void) state;
        ECDSA_SIG_set0(theirs, BN_bin2bn(signature.r, 32, NULL), BN_bin2bn(signature.s, 32, NULL));
        n = i2d_ECDSA_SIG(theirs, &der);
        sm2_signature_write(&signature, FORM_DER, ours, &size);
        assert_int_equal(size, n);
        assert_memory_equal(ours, der, size);
        OPENSSL_free(der);
        ECDSA_SIG_free(theirs);
}

static void assert_no_signature(Octets octets) {
        Sm2Signature signature;
        SignatureForm form;

        assert_int_equal(sm2_signature_parse(octets, FORM_DER, &signature), -EBADMSG);
        assert_int_equal(sm2_signature_form(octets, &form), -EBADMSG);
}

static void sloppy_der_is_no_signature(void **state) {
        static const uint8_t padded[] = {0x30, 7, 2, 2, 0, 1, 2, 1, 1},
                             negative[] = {0x30, 6, 2, 1, 0x81, 2, 1, 1},
                             trailing[] = {0x30, 6, 2, 1, 1, 2, 1, 1, 0},
                             zero[] = {0x30, 6, 2, 1, 0, 2, 1, 1}, inside[] = {0x30, 7, 2, 1, 1, 2, 1, 1, 0},
                             longer[] = {0x30, 0x81, 6, 2, 1, 1, 2, 1, 1}, empty[] = {0x30, 5, 2, 0, 2, 1, 1},
                             beyond[] = {0x30, 7, 2, 1, 1, 2, 1, 1},
                             indefinite[] = {0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0},
                             sound[] = {0x30, 6, 2, 1, 1, 2, 1, 1};
        Sm2Signature signature;

        (void) state;
        assert_no_signature(OCTETS(padded));
        assert_no_signature(OCTETS(negative));
        assert_no_signature(OCTETS(trailing));
        assert_no_signature(OCTETS(zero));
        assert_no_signature(OCTETS(inside));
        assert_no_signature(OCTETS(longer));
        assert_no_signature(OCTETS(empty));
        assert_no_signature(OCTETS(beyond));
        assert_no_signature(OCTETS(indefinite));
        assert_no_signature((Octets){});
        assert_int_equal(sm2_signature_parse(OCTETS(sound), FORM_DER, &signature), 0);
}

static void numbers_outside_the_order_are_no_signature(void **state) {
        uint8_t raw[64];
        Sm2Signature signature;

        (void) state;
        memset(raw, 0, sizeof(raw));
        assert_int_equal(sm2_signature_parse(OCTETS(raw), FORM_RAW, &signature), -EBADMSG);
        unhex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", raw);
        raw[63] = 1;
        assert_int_equal(sm2_signature_parse(OCTETS(raw), FORM_RAW, &signature), -EBADMSG);
        raw[31]--;
        assert_int_equal(sm2_signature_parse(OCTETS(raw), FORM_RAW, &signature), 0);
        raw[63] = 0;
        assert_int_equal(sm2_signature_parse(OCTETS(raw), FORM_RAW, &signature), -EBADMSG);
}

static void number_without_octets_is_none(void **state) {
        static const uint8_t nothing[] = {2, 0};
        Octets in = OCTETS(nothing), number;

        (void) state;
        assert_int_equal(der_take_unsigned(&in, &number), -EBADMSG);
        assert_int_equal(in.size, sizeof(nothing));
}

/* r + s = n is refused by the standard, before any point is computed. */
static void recovery_refuses_what_cannot_be_a_signature(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = standard_key();
        Sm2Signature signature = {.s = {[31] = 1}};
        uint8_t e[32];

        (void) state;
        unhex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54122", signature.r);
        assert_int_equal(sm2_recover_e(key, &signature, e), -EBADMSG);
}

static void id_that_has_no_length_in_bits_is_refused(void **state) {
        static const uint8_t id[8192];
        CLEANUP_PKEY EVP_PKEY *key = standard_key();
        uint8_t z[32];

        (void) state;
        assert_int_equal(sm2_z(key, (Octets){id, 8191}, z), 0);
        assert_int_equal(sm2_z(key, (Octets){id, 8192}, z), -E2BIG);
}

static void assert_decrypts(EVP_PKEY *key, Octets der, Octets plain) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        uint8_t out[SM2_CIPHER_MAX];
        size_t size = sizeof(out);

        assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_decrypt(ctx, out, &size, der.data, der.size), 1);
        EVP_PKEY_CTX_free(ctx);
        assert_int_equal(size, plain.size);
        assert_memory_equal(out, plain.data, plain.size);
}

/* Encrypts in a form, reads that, and lets OpenSSL decrypt what is then written in its own form. */
static void encrypt_and_return(EVP_PKEY *key, Octets plain, SignatureForm form, CipherOrder order) {
        uint8_t octets[SM2_CIPHER_MAX], der[SM2_CIPHER_MAX];
        Sm2Cipher cipher;
        size_t size;

        assert_int_equal(sm2_encrypt(key, plain, form, order, octets, &size), 0);
        if (form == FORM_RAW)
                assert_int_equal(size, 65 + 32 + plain.size);
        assert_int_equal(sm2_cipher_parse((Octets){octets, size}, form, order, &cipher), 0);
        assert_int_equal(cipher.c2.size, plain.size);
        assert_int_equal(sm2_cipher_write(&cipher, FORM_DER, CIPHER_C1C3C2, der, &size), 0);
        assert_decrypts(key, (Octets){der, size}, plain);
}

static void ciphertext_of_every_form_decrypts(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        uint8_t plain[SM2_PLAIN_MAX + 1];

        (void) state;
        memset(plain, 0x5a, sizeof(plain));
        for (size_t n = 7; n <= SM2_PLAIN_MAX; n = n < 250 ? n + 27 : n + 1)
                for (SignatureForm form = FORM_RAW; form <= FORM_DER; form++) {
                        encrypt_and_return(key, (Octets){plain, n}, form, CIPHER_C1C3C2);
                        encrypt_and_return(key, (Octets){plain, n}, form, CIPHER_C1C2C3);
                }
}

static void plaintext_without_bounds_is_refused(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        uint8_t plain[SM2_PLAIN_MAX + 1] = {}, out[SM2_CIPHER_MAX];
        size_t size;

        (void) state;
        assert_int_equal(sm2_encrypt(key, OCTETS(plain), FORM_RAW, CIPHER_C1C3C2, out, &size), -E2BIG);
        assert_int_equal(sm2_encrypt(key, (Octets){}, FORM_RAW, CIPHER_C1C3C2, out, &size), -E2BIG);
}

static void cut_ciphertext_is_none(void **state) {
        CLEANUP_PKEY EVP_PKEY *key = new_key();
        uint8_t octets[SM2_CIPHER_MAX] = {};
        Sm2Cipher cipher;
        size_t size;

        (void) state;
        assert_int_equal(sm2_encrypt(key, TEXT("plaintext"), FORM_DER, CIPHER_C1C3C2, octets, &size), 0);
        for (size_t n = 0; n < size; n++)
                assert_int_equal(
                        sm2_cipher_parse((Octets){octets, n}, FORM_DER, CIPHER_C1C3C2, &cipher), -EBADMSG);
        octets[1]++; /* one octet more within the sequence */
        assert_int_equal(
                sm2_cipher_parse((Octets){octets, size + 1}, FORM_DER, CIPHER_C1C3C2, &cipher), -EBADMSG);
        octets[1]--;
        /* the hash where the text should be, and a text of another length */
        assert_int_equal(
                sm2_cipher_parse((Octets){octets, size}, FORM_DER, CIPHER_C1C2C3, &cipher), -EBADMSG);
        assert_int_equal(sm2_encrypt(key, TEXT("plaintext"), FORM_RAW, CIPHER_C1C3C2, octets, &size), 0);
        assert_int_equal(sm2_cipher_parse((Octets){octets, 96}, FORM_RAW, CIPHER_C1C3C2, &cipher), -EBADMSG);
        octets[0] = 2;
        assert_int_equal(
                sm2_cipher_parse((Octets){octets, size}, FORM_RAW, CIPHER_C1C3C2, &cipher), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sm3_is_the_standards),
                cmocka_unit_test(standards_example_verifies),
                cmocka_unit_test(openssls_signatures_verify_with_their_id_only),
                cmocka_unit_test(openssl_without_an_id_takes_the_empty_one),
                cmocka_unit_test(recovered_e_stays_under_the_right_key_and_changes_under_another),
                cmocka_unit_test(e_is_reduced_by_the_order),
                cmocka_unit_test(key_comes_from_every_form_of_its_point),
                cmocka_unit_test(pinned_key_is_an_sm2_key),
                cmocka_unit_test(point_off_the_curve_or_of_odd_size_is_no_key),
                cmocka_unit_test(key_of_another_kind_is_refused),
                cmocka_unit_test(signature_is_read_and_written_in_both_forms),
                cmocka_unit_test(der_is_openssls),
                cmocka_unit_test(sloppy_der_is_no_signature),
                cmocka_unit_test(numbers_outside_the_order_are_no_signature),
                cmocka_unit_test(number_without_octets_is_none),
                cmocka_unit_test(recovery_refuses_what_cannot_be_a_signature),
                cmocka_unit_test(id_that_has_no_length_in_bits_is_refused),
                cmocka_unit_test(ciphertext_of_every_form_decrypts),
                cmocka_unit_test(plaintext_without_bounds_is_refused),
                cmocka_unit_test(cut_ciphertext_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
