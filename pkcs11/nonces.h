#ifndef HSMD_NONCES_H
#define HSMD_NONCES_H
/* A bounded memory of the r of one key's SM2 or ECDSA signatures. Two signatures over different messages with
 * one r come from one nonce, and together they give the private key away to anybody who has them; nothing
 * else that a probe sees shows a stuck generator inside signing. */

#include "names.h"
#include "public-key.h"

#define NONCES_CAPACITY 4096
#define NONCE_R_MAX 66 /* P-521 */

typedef struct Nonces Nonces;

typedef enum NonceVerdict {
        NONCE_FRESH = 1,
        NONCE_SAME_MESSAGE, /* seen with this very digest: a deterministic signature (RFC 6979), no alarm */
        NONCE_REPEATED,     /* seen with another digest: treat the key as compromised */
} NonceVerdict;

/* Empty, for the signatures of one key. Its memory, at most 0.5 MiB, is used only as it fills. NULL without
 * memory. */
Nonces *nonces_new(void);

/* Always NULL. */
Nonces *nonces_free(Nonces *nonces);

/* Looks for r among the last NONCES_CAPACITY that were fresh, and keeps it if it is; the oldest is forgotten.
 * r is big-endian, leading zeros do not count, of at most NONCE_R_MAX octets (longer: -E2BIG; zero: -EINVAL).
 * digest is what was signed: the e of SM2, the hash of ECDSA, or for one longer than 32 octets its first 32.
 * Returns a NonceVerdict. */
int nonces_add(Nonces *nonces, Octets r, const uint8_t digest[static 32]);

/* The r of a signature in this form, of any curve of at most NONCE_R_MAX octets; *ret_r points into it and
 * has no leading zeros. -EBADMSG if it is none. */
int nonces_r(Octets signature, SignatureForm form, Octets *ret_r);

static inline void nonces_freep(Nonces **nonces) {
        nonces_free(*nonces);
}
#define CLEANUP_NONCES CLEANUP(nonces_freep)

#endif
