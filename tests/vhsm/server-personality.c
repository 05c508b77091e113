/* The vendors' numbers, as xipki's vendor maps and the vendors' own headers have them. Mechanisms that make
 * keys are listed, as a machine lists them, and do nothing here. */
#include "server.h"

#define STANDARD                                                                                             \
        {"rsa_pkcs", CKM_RSA_PKCS, OP_RSA_PKCS, CKK_RSA, CKF_SIGN | CKF_DECRYPT, false, Z_OF_NONE},          \
                {"ecdsa", CKM_ECDSA, OP_ECDSA, CKK_EC, CKF_SIGN, false, Z_OF_NONE},                          \
                {"aes_ecb", CKM_AES_ECB, OP_ECB, CKK_AES, CKF_ENCRYPT | CKF_DECRYPT, false, Z_OF_NONE},      \
                {"aes_cbc", CKM_AES_CBC, OP_CBC, CKK_AES, CKF_ENCRYPT | CKF_DECRYPT, false, Z_OF_NONE},      \
                {"aes_cmac", 0x108a, OP_MAC, CKK_AES, CKF_SIGN, false, Z_OF_NONE}, {                         \
                "sha256_hmac", CKM_SHA256_HMAC, OP_MAC, CKK_GENERIC_SECRET, CKF_SIGN, false, Z_OF_NONE       \
        }

#define SM2(name, number, operation, sm2, flags, der, z)                                                     \
        { name, number, operation, sm2, flags, der, z }
#define PAIR(number, sm2)                                                                                    \
        SM2("sm2_key_pair_gen", number, OP_NONE, sm2, CKF_GENERATE_KEY_PAIR, false, Z_OF_NONE)
#define DIGEST(name, number, sm2, der) SM2(name, number, OP_SM2_DIGEST, sm2, CKF_SIGN, der, Z_OF_NONE)
#define MESSAGE(name, number, sm2, der, z) SM2(name, number, OP_SM2_MESSAGE, sm2, CKF_SIGN, der, z)
#define DECRYPT(number, sm2) SM2("sm2_decrypt", number, OP_SM2_DECRYPT, sm2, CKF_DECRYPT, false, Z_OF_NONE)

#define SM3(number)                                                                                          \
        { "sm3", number, OP_SM3, 0, CKF_DIGEST, false, Z_OF_NONE }

#define SM4(name, number, operation, sm4, flags)                                                             \
        { name, number, operation, sm4, flags, false, Z_OF_NONE }
#define GEN(number, sm4) SM4("sm4_key_gen", number, OP_NONE, sm4, CKF_GENERATE)
#define ECB(number, sm4) SM4("sm4_ecb", number, OP_ECB, sm4, CKF_ENCRYPT | CKF_DECRYPT)
#define CBC(number, sm4) SM4("sm4_cbc", number, OP_CBC, sm4, CKF_ENCRYPT | CKF_DECRYPT)
#define CBC_PAD(number, sm4) SM4("sm4_cbc_pad", number, OP_CBC_PAD, sm4, CKF_ENCRYPT | CKF_DECRYPT)
#define SM4_MAC(number, sm4) SM4("sm4_mac", number, OP_MAC, sm4, CKF_SIGN)
#define SM4_MAC_GENERAL(number, sm4) SM4("sm4_mac_general", number, OP_MAC_GENERAL, sm4, CKF_SIGN)

static const Personality personalities[] = {
        /* name, CKK_SM2, CKK_SM4, EC_POINT, C1C2C3, ciphertext in DER */
        {"standard", CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION, POINT_WRAPPED, false, false,
                {STANDARD}},
        {"sansec", 0x80000004, 0x80000106, POINT_WRAPPED, false, false,
                {STANDARD, PAIR(0x80008001, 0x80000004), DIGEST("sm2_digest", 0x80008104, 0x80000004, true),
                        DIGEST("sm2_digest_raw", 0x80008105, 0x80000004, false),
                        MESSAGE("sm2_sm3", 0x80008102, 0x80000004, true, Z_OF_DEFAULT),
                        MESSAGE("sm2_sm3_no_id", 0x80008100, 0x80000004, true, Z_OF_NONE),
                        DECRYPT(0x80008200, 0x80000004), SM3(0x80009001), GEN(0x80000107, 0x80000106),
                        ECB(0x80000108, 0x80000106),
                        CBC(0x80000109, 0x80000106)}}, /* its CBC_PAD: sources conflict */
        {"tass", 0x80000004, 0x80000002, POINT_PLAIN, false, false,
                {STANDARD, PAIR(0x80008001, 0x80000004), DIGEST("sm2_digest", 0x80008000, 0x80000004, false),
                        MESSAGE("sm2_sm3", 0x80008100, 0x80000004, false, Z_OF_DEFAULT),
                        DECRYPT(0x80008200, 0x80000004), SM3(0x80000005), GEN(0x80000107, 0x80000002),
                        ECB(0x80000108, 0x80000002), CBC(0x80000109, 0x80000002),
                        CBC_PAD(0x8000010c, 0x80000002), SM4_MAC(0x8000010a, 0x80000002),
                        SM4_MAC_GENERAL(0x8000010b, 0x80000002)}},
        {"luna", 0x80000016, 0x80000015, POINT_WRAPPED, false, true,
                {STANDARD, PAIR(0x80000b20, 0x80000016), DIGEST("sm2_digest", 0x80000b21, 0x80000016, true),
                        MESSAGE("sm2_sm3", 0x80000b22, 0x80000016, true, Z_OF_PARAMETER), SM3(0x80000b01),
                        GEN(0x80000b10, 0x80000015), ECB(0x80000b11, 0x80000015), CBC(0x80000b12, 0x80000015),
                        CBC_PAD(0x80000b13, 0x80000015)}},
        {"ibm", 0x80050002, 0x80050001, POINT_WRAPPED, false, true,
                {STANDARD, PAIR(0x8005000a, 0x80050002), DIGEST("sm2_digest", 0x8005000b, 0x80050002, false),
                        MESSAGE("sm2_sm3", 0x8005000c, 0x80050002, false, Z_OF_PARAMETER),
                        DECRYPT(0x8005000d, 0x80050002), SM3(0x8005000e), GEN(0x80050001, 0x80050001),
                        ECB(0x80050004, 0x80050001), CBC(0x80050002, 0x80050001)}},
        {"xihsm", 0xffff0001, 0xffff0002, POINT_BARE, false, true,
                {STANDARD, PAIR(0xffff0001, 0xffff0001), DIGEST("sm2_digest", 0xffff0002, 0xffff0001, true),
                        MESSAGE("sm2_sm3", 0xffff0003, 0xffff0001, true, Z_OF_DEFAULT),
                        DECRYPT(0xffff0004, 0xffff0001), SM3(0xffff0005), GEN(0xffff0006, 0xffff0002),
                        ECB(0xffff0007, 0xffff0002), CBC(0xffff0008, 0xffff0002),
                        SM4_MAC(0xffff000a, 0xffff0002), SM4_MAC_GENERAL(0xffff0009, 0xffff0002)}},
};

const Personality *personality_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(personalities); i++)
                if (streq(personalities[i].name, name))
                        return &personalities[i];
        return NULL;
}

static bool is_missing(const Machine *m, const Mechanism *k) {
        const Fault *missing = fault_on(m, FAULT_NO_MECHANISM);

        return missing && (streq(missing->argument, k->name) || missing->number == k->number);
}

const Mechanism *personality_nth(const Machine *m, size_t n) {
        const Mechanism *k = m->personality->mechanisms;

        for (size_t i = 0; i < MECHANISMS_MAX && k[i].name[0]; i++)
                if (!is_missing(m, &k[i]) && n-- == 0)
                        return &k[i];
        return NULL;
}

const Mechanism *personality_mechanism(const Machine *m, CK_MECHANISM_TYPE number) {
        const Mechanism *k;

        for (size_t i = 0; (k = personality_nth(m, i)); i++)
                if (k->number == number)
                        return k;
        return NULL;
}
