#ifndef HSMD_SM2_CIPHER_H
#define HSMD_SM2_CIPHER_H
/* SM2 public-key encryption (GM/T 0003.4) in software, in the forms that machines take: something for a
 * machine to decrypt. Of a ciphertext's parts C1 is a point, C3 a hash over the plaintext, and C2 as long as
 * the plaintext.
 *
 * Raw is 04, X, Y and then C3 and C2 in the given order; DER is GM/T 0009's SM2Cipher, a SEQUENCE of X and Y
 * as INTEGER and of C3 and C2 as OCTET STRING (some write these two the other way round, as they do raw). */

#include "sm2.h"

#define SM2_PLAIN_MAX 256
/* Enough for any form of a ciphertext of SM2_PLAIN_MAX octets. */
#define SM2_CIPHER_MAX (SM2_PLAIN_MAX + 128)

typedef struct Sm2Cipher {
        uint8_t x[SM2_FIELD], y[SM2_FIELD]; /* C1 */
        uint8_t c3[32];
        Octets c2; /* points into what was read */
} Sm2Cipher;

/* Reads a ciphertext that must be in this very form. -EBADMSG. */
int sm2_cipher_parse(Octets octets, SignatureForm form, CipherOrder order, Sm2Cipher *ret);

/* Writes it into a buffer of SM2_CIPHER_MAX octets. -E2BIG for a longer plaintext. */
int sm2_cipher_write(
        const Sm2Cipher *cipher, SignatureForm form, CipherOrder order, uint8_t *dst, size_t *ret_size);

/* Encrypts 1..SM2_PLAIN_MAX octets for a key, into a buffer of SM2_CIPHER_MAX octets. -E2BIG, -EINVAL, -EIO.
 */
int sm2_encrypt(
        EVP_PKEY *key, Octets plain, SignatureForm form, CipherOrder order, uint8_t *dst, size_t *ret_size);

#endif
