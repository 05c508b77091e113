#ifndef HSMD_SM2_H
#define HSMD_SM2_H
/* SM2 signatures (GM/T 0003.2) in software: keys, hashes and verification. The curve is sm2p256v1, the hash
 * SM3. All verdicts are OpenSSL's; the one piece of arithmetic here, sm2_recover_e, only explains a verdict.
 *
 * Keys are EVP_PKEY of type "SM2". One of type "EC" on the same curve would be verified as ECDSA and is
 * refused (-EINVAL). -EBADMSG is for octets that are not what they should be, -ENOMEM and -EIO for OpenSSL's
 * own failures. OpenSSL's error queue is left empty. */

#include "names.h"
#include "public-key.h"

#define SM2_FIELD 32
#define SM2_RAW_SIZE (2 * SM2_FIELD)
#define SM2_DER_MAX 72
#define SM2_POINT_MAX 67
#define SM2_DEFAULT_ID "1234567812345678" /* GM/T 0009; 16 octets, without the terminator */

typedef struct Sm2Signature {
        uint8_t r[SM2_FIELD], s[SM2_FIELD]; /* big-endian, 1..n-1 */
} Sm2Signature;

/* SM2_DEFAULT_ID as octets. */
Octets sm2_default_id(void);

/* ---- keys ---- */

/* Which form the octets of a CKA_EC_POINT have; their number alone tells. -EBADMSG if none. */
int sm2_point_form(Octets point, PointForm *ret);

/* The public key of a CKA_EC_POINT in this very form. On success *ret is the caller's to free. */
int sm2_public_key(Octets point, PointForm form, EVP_PKEY **ret);

/* The point of a key, in this form, into a buffer of SM2_POINT_MAX octets. */
int sm2_point(EVP_PKEY *key, PointForm form, uint8_t *dst, size_t *ret_size);

/* ---- hashes ---- */

/* Z = SM3(ENTL, id, a, b, G, public key): GM/T 0003.2, 5.5. An id of at most 8,191 octets, else -E2BIG. */
int sm2_z(EVP_PKEY *key, Octets id, uint8_t ret_z[static 32]);

/* e = SM3(Z, message) of a key and id, and SM3(message) alone. */
int sm2_e(EVP_PKEY *key, Octets id, Octets message, uint8_t ret_e[static 32]);
int sm3(Octets message, uint8_t ret_hash[static 32]);

/* ---- signatures ---- */

/* Reads a signature that must be in this very form, nothing left over, r and s within 1..n-1. */
int sm2_signature_parse(Octets octets, SignatureForm form, Sm2Signature *ret);

/* Which form the octets really have. -EBADMSG if neither. (64 octets can be both with a probability below
 * 2^-40; then DER is said: try the expected form first.) */
int sm2_signature_form(Octets octets, SignatureForm *ret);

/* Writes it in a form, into a buffer of SM2_DER_MAX octets. */
void sm2_signature_write(const Sm2Signature *signature, SignatureForm form, uint8_t *dst, size_t *ret_size);

/* Whether OpenSSL takes it for the key's signature on the digest e: 0, or -EBADMSG. */
int sm2_verify(EVP_PKEY *key, const uint8_t e[static 32], const Sm2Signature *signature);

/* The e that was signed if the key is this one: e' = r - x([s]G + [r+s]P) mod n. Under another key it is a
 * number that changes with each signature. */
int sm2_recover_e(EVP_PKEY *key, const Sm2Signature *signature, uint8_t ret_e[static 32]);

/* r - e mod n: the x coordinate of the nonce's point, the same in every signature with one nonce. (r itself
 * is not: it has the message's e in it.) */
int sm2_nonce_x(const Sm2Signature *signature, const uint8_t e[static 32], uint8_t ret_x[static 32]);

/* e mod n: what recover_e can be compared with. */
int sm2_reduce(const uint8_t e[static 32], uint8_t ret[static 32]);

#endif
