#ifndef HSMD_PINS_H
#define HSMD_PINS_H
/* The public keys and check values that count for the pools' keys where the configuration names none: taken
 * at first sight when every member that is there agrees, unconfirmed until an operator confirms them.
 *
 * STATE/pins/POOL holds a pool's, durably written and apart from any database:
 *
 *      key NUMBER unconfirmed|confirmed FINGERPRINT SPKI|- SELECTOR WHEN BY
 *
 * FINGERPRINT and SPKI in hexadecimal, SELECTOR the key's type, label and id, percent-encoded (a key that is
 * named otherwise is another one), WHEN in seconds since 1970, BY who confirmed it, or "-". A file that
 * cannot be read is set aside, never overwritten. */

#include "config.h"
#include "disk.h"
#include "matrix.h"

typedef struct Pin {
        uint32_t number; /* of the key */
        bool confirmed;
        Fingerprint fingerprint;
        uint32_t spki_size; /* 0: a symmetric key */
        uint8_t spki[PROTOCOL_SPKI_MAX];
        char selector[256];
        uint64_t when; /* seconds since 1970 */
        char by[64];
} Pin;

typedef struct Pins Pins;

/* Reads STATE/pins, which is made when it is missing (blocks; called before the loop runs). A file that
 * cannot be read is renamed to POOL.unreadable and named in *ret_warning, which the caller frees (NULL when
 * there is none). Negative errno. */
int pins_new(const char *state_directory, Disk *disk, Pins **ret, char **ret_warning);
Pins *pins_free(Pins *pins);

/* What is pinned for a key whose configuration names no public key and no check value; NULL if nothing is.
 * Valid until the next pins_set. */
const Pin *pins_get(const Pins *pins, const char *pool, const ConfigKey *key);

/* Pins a key (its selector is filled in here), in memory at once and on disk soon. Negative errno. */
int pins_set(Pins *pins, const char *pool, const ConfigKey *key, const Pin *pin);

#endif
