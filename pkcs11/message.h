#ifndef HSMD_MESSAGE_H
#define HSMD_MESSAGE_H
/* What a probe signs. A probe's signature must never pass for business data, so each message is marked as the
 * probe's and never used twice:
 *
 *      "HSMD probe" 00 DEVICE 00 TIME NONCE
 *
 * DEVICE is the device's name in hsmd's configuration, TIME the wall clock in microseconds since 1970 as 8
 * octets, most significant first, NONCE 16 random octets of the kernel's. The SHA-256 of this is what the
 * machine signs. */

#include "macro.h"

#define MESSAGE_MARK "HSMD probe"
#define MESSAGE_NONCE_SIZE 16
#define MESSAGE_SIZE_MAX (sizeof(MESSAGE_MARK) + 64 + 8 + MESSAGE_NONCE_SIZE)
#define MESSAGE_DIGEST_SIZE 32

/* Writes a message; device is at most 63 octets. Returns its size, or a negative errno. */
int message_make(const char *device, usec_t realtime, uint8_t dst[static MESSAGE_SIZE_MAX]);

/* The digest of a fresh message of now. Negative errno. */
int message_digest(const char *device, uint8_t ret_digest[static MESSAGE_DIGEST_SIZE]);

#endif
