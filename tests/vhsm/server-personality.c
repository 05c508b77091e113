/* The vendors' numbers, as xipki's vendor maps and the vendors' own headers have them. */
#include "server.h"

#define SIGN CKF_SIGN | CKF_HW
#define STANDARD                                                                                             \
        {"rsa_pkcs", CKM_RSA_PKCS, OP_RSA_PKCS, CKK_RSA, CKF_SIGN | CKF_DECRYPT, false, Z_OF_NONE},          \
                {"ecdsa", CKM_ECDSA, OP_ECDSA, CKK_EC, CKF_SIGN, false, Z_OF_NONE},                          \
                {"aes_ecb", CKM_AES_ECB, OP_ECB, CKK_AES, CKF_ENCRYPT | CKF_DECRYPT, false, Z_OF_NONE},      \
                {"aes_cbc", CKM_AES_CBC, OP_CBC, CKK_AES, CKF_ENCRYPT | CKF_DECRYPT, false, Z_OF_NONE},      \
                {"aes_cmac", 0x108a, OP_MAC, CKK_AES, CKF_SIGN, false, Z_OF_NONE}, {                         \
                "sha256_hmac", CKM_SHA256_HMAC, OP_MAC, CKK_GENERIC_SECRET, CKF_SIGN, false, Z_OF_NONE       \
        }

#define DIGEST(number, sm2, der)                                                                             \
        { "sm2_digest", number, OP_SM2_DIGEST, sm2, CKF_SIGN, der, Z_OF_NONE }
#define MESSAGE(name, number, sm2, der, z)                                                                   \
        { name, number, OP_SM2_MESSAGE, sm2, CKF_SIGN, der, z }
#define DECRYPT(number, sm2)                                                                                 \
        { "sm2_decrypt", number, OP_SM2_DECRYPT, sm2, CKF_DECRYPT, false, Z_OF_NONE }
#define ECB(number, sm4)                                                                                     \
        { "sm4_ecb", number, OP_ECB, sm4, CKF_ENCRYPT | CKF_DECRYPT, false, Z_OF_NONE }
#define CBC(number, sm4)                                                                                     \
        { "sm4_cbc", number, OP_CBC, sm4, CKF_ENCRYPT | CKF_DECRYPT, false, Z_OF_NONE }
#define SM4_MAC(number, sm4)                                                                                 \
        { "sm4_mac", number, OP_MAC, sm4, CKF_SIGN, false, Z_OF_NONE }
#define SM3(number)                                                                                          \
        { "sm3", number, OP_SM3, 0, CKF_DIGEST, false, Z_OF_NONE }

static const Personality personalities[] = {
        {"standard", CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION, POINT_WRAPPED, false, false,
                {STANDARD}, 6},
        {"sansec", 0x80000004, 0x80000106, POINT_WRAPPED, false, false,
                {STANDARD, DIGEST(0x80008104, 0x80000004, true),
                        {"sm2_digest_raw", 0x80008105, OP_SM2_DIGEST, 0x80000004, CKF_SIGN, false, Z_OF_NONE},
                        MESSAGE("sm2_sm3", 0x80008102, 0x80000004, true, Z_OF_DEFAULT),
                        MESSAGE("sm2_sm3_no_id", 0x80008100, 0x80000004, true, Z_OF_NONE),
                        DECRYPT(0x80008200, 0x80000004), SM3(0x80009001), ECB(0x80000108, 0x80000106),
                        CBC(0x80000109, 0x80000106)},
                14},
        {"tass", 0x80000004, 0x80000002, POINT_PLAIN, false, false,
                {STANDARD, DIGEST(0x80008000, 0x80000004, false),
                        MESSAGE("sm2_sm3", 0x80008100, 0x80000004, false, Z_OF_DEFAULT),
                        DECRYPT(0x80008200, 0x80000004), SM3(0x80000005), ECB(0x80000108, 0x80000002),
                        CBC(0x80000109, 0x80000002), SM4_MAC(0x8000010a, 0x80000002)},
                13},
        {"luna", 0x80000016, 0x80000015, POINT_WRAPPED, false, true,
                {STANDARD, DIGEST(0x80000b21, 0x80000016, true),
                        MESSAGE("sm2_sm3", 0x80000b22, 0x80000016, true, Z_OF_PARAMETER), SM3(0x80000b01),
                        ECB(0x80000b11, 0x80000015), CBC(0x80000b12, 0x80000015)},
                11},
        {"ibm", 0x80050002, 0x80050001, POINT_WRAPPED, true, true,
                {STANDARD, DIGEST(0x8005000b, 0x80050002, false),
                        MESSAGE("sm2_sm3", 0x8005000c, 0x80050002, false, Z_OF_PARAMETER),
                        DECRYPT(0x8005000d, 0x80050002), SM3(0x8005000e), ECB(0x80050004, 0x80050001),
                        CBC(0x80050002, 0x80050001)},
                12},
        {"xihsm", 0xffff0001, 0xffff0002, POINT_BARE, false, true,
                {STANDARD, DIGEST(0xffff0002, 0xffff0001, true),
                        MESSAGE("sm2_sm3", 0xffff0003, 0xffff0001, true, Z_OF_DEFAULT),
                        DECRYPT(0xffff0004, 0xffff0001), SM3(0xffff0005), ECB(0xffff0007, 0xffff0002),
                        CBC(0xffff0008, 0xffff0002), SM4_MAC(0xffff000a, 0xffff0002)},
                13},
};

const Personality *personality_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(personalities); i++)
                if (streq(personalities[i].name, name))
                        return &personalities[i];
        return NULL;
}

const Mechanism *personality_mechanism(const Machine *m, CK_MECHANISM_TYPE number) {
        const Fault *missing = fault_on(m, FAULT_NO_MECHANISM);

        for (size_t i = 0; i < m->personality->n_mechanisms; i++) {
                const Mechanism *k = &m->personality->mechanisms[i];

                if (k->number == number && !(missing && streq(missing->argument, k->name)))
                        return k;
        }
        return NULL;
}
