#ifndef HSMD_PIN_KEY_H
#define HSMD_PIN_KEY_H
/* The key of this host: what stands in a note of a PIN is its HMAC under that key, so that a note tells two
 * PINs apart and gives none away, and each note is sealed with it, so that a damaged one is known as such.
 * STATE/host.key, 32 random octets, made once. */

#include "macro.h"

#define PIN_HMAC_SIZE 65 /* in hexadecimal, terminated */

typedef struct PinKey {
        uint8_t octets[32];
} PinKey;

/* Reads the key, or makes one where there is none. Blocks. may_make false: -ENOKEY where there is none, for
 * under a new key no note would be known again. -EBADMSG: it is none; else the errno of the file. */
int pin_key_load(const char *path, bool may_make, PinKey *ret);

void pin_key_hmac(const PinKey *key, const char *pin, size_t size, char ret[static PIN_HMAC_SIZE]);

/* The seal of a device's note. -ENOMEM. */
int pin_key_seal(
        const PinKey *key, const char *device, const char *note, size_t size, char ret[static PIN_HMAC_SIZE]);

#endif
