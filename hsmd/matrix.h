#ifndef HSMD_MATRIX_H
#define HSMD_MATRIX_H
/* The key matrix: one key of a pool over the pool's members. Pure. A label says nothing: a key is the same
 * where its public key or check value is. */

#include "names.h"

#define FINGERPRINT_MAX 32 /* octets: SHA-256 of a DER SubjectPublicKeyInfo; a check value has 3 */

typedef struct Fingerprint {
        uint32_t size; /* 0 = not known */
        uint8_t octets[FINGERPRINT_MAX];
} Fingerprint;

static inline bool fingerprint_equal(const Fingerprint *a, const Fingerprint *b) {
        return a->size == b->size && memcmp(a->octets, b->octets, a->size) == 0;
}

/* One member's word of the key. */
typedef struct MatrixCell {
        bool starting;  /* has not told yet and may any moment */
        KeyState state; /* KEY_UNKNOWN: a member that is down or unknown tells nothing */
        Fingerprint fingerprint;
} MatrixCell;

typedef struct MatrixVerdict {
        MatrixState state;
        unsigned usable;    /* members on which it is usable, or found where it is only looked for */
        unsigned unknown;   /* members that tell nothing now */
        bool complete;      /* nobody is starting */
        Fingerprint agreed; /* of all members that tell one; size 0 when they differ or none does */
} MatrixVerdict;

/* pinned: what counts for the key; size 0 when nothing is pinned. */
MatrixVerdict matrix_judge(const MatrixCell *cells, size_t n, const Fingerprint *pinned);

#endif
