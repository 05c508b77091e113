#ifndef HSMD_PUBLIC_KEY_H
#define HSMD_PUBLIC_KEY_H
/* Public keys as PKCS#11 attributes tell them, made into OpenSSL's. All in software: no machine is asked. On
 * success *ret is the caller's to free; -EBADMSG for what is not such a key. */

#include <openssl/evp.h>

#include "macro.h"

typedef struct Octets {
        const uint8_t *data;
        size_t size;
} Octets;

/* CKA_MODULUS and CKA_PUBLIC_EXPONENT: big-endian. */
int public_key_from_rsa(Octets modulus, Octets exponent, EVP_PKEY **ret);

/* CKA_EC_PARAMS: DER ECParameters, a named curve. CKA_EC_POINT: by the standard an OCTET STRING that holds
 * the point; some modules give the bare point. */
int public_key_from_ec(Octets params, Octets point, EVP_PKEY **ret);

int public_key_from_certificate(Octets der, EVP_PKEY **ret);
int public_key_from_spki(Octets der, EVP_PKEY **ret);

/* Seconds since 1970 until which a certificate is valid; 0 when it cannot be read. */
int64_t certificate_not_after(Octets der);

/* SHA-256 of the DER SubjectPublicKeyInfo. */
int public_key_fingerprint(EVP_PKEY *key, uint8_t ret_fingerprint[static 32]);

static inline void evp_pkey_freep(EVP_PKEY **key) {
        EVP_PKEY_free(*key);
}
#define CLEANUP_PKEY CLEANUP(evp_pkey_freep)

#endif
