#ifndef HSMD_DER_H
#define HSMD_DER_H
/* The few pieces of DER (X.690) that signatures and ciphertexts are made of. Reading is strict: one length
 * has one encoding, and what is left over is an error; so that "is this DER?" has an answer. */

#include "public-key.h"

typedef enum DerTag {
        DER_INTEGER = 0x02,
        DER_OCTET_STRING = 0x04,
        DER_SEQUENCE = 0x30,
} DerTag;

/* Takes one element with this tag from the front of *in; *ret points into it. -EBADMSG, then *in is as
 * before. */
int der_take(Octets *in, DerTag tag, Octets *ret);

/* Takes an INTEGER that is not negative; *ret is its octets without leading zeros (none for 0). */
int der_take_unsigned(Octets *in, Octets *ret);

/* Writes a tag and a length of at most 65,535 octets; how many octets that took, at most 4. With dst NULL
 * only counts. */
size_t der_put_head(uint8_t *dst, DerTag tag, size_t length);

/* Writes an element. How many octets; with dst NULL only counts. */
size_t der_put(uint8_t *dst, DerTag tag, Octets content);

/* Writes a big-endian number as INTEGER. Likewise. */
size_t der_put_unsigned(uint8_t *dst, Octets number);

/* The number without its leading zeros. */
Octets octets_strip(Octets number);

#endif
