#ifndef HSMD_CTL_KEYS_VIEW_H
#define HSMD_CTL_KEYS_VIEW_H
/* The key matrix on a screen: every key of a pool on every member. */

#include "picture.h"
#include "screen.h"

#define KEYS_VIEW_TABLES (1U << BOARD_POOLS | 1U << BOARD_DEVICES | 1U << BOARD_KEYS | 1U << BOARD_POOL_KEYS)

/* One pool's matrix, then each key in words: what its members have in common and who differs. verbose: whole
 * fingerprints and each member's uses too. -ENOMEM. */
int keys_view(const Screen *s, const Picture *p, const PoolRow *pool, bool verbose);

/* A key's fingerprint in groups that a person can compare, or "-". octets: how many at most. */
void key_fingerprint(const char *fingerprint, size_t octets, char *dst, size_t size);

/* What is said of a certificate without being asked. */
#define CERTIFICATE_DAYS 30
/* The whole days until the certificate beside a key expires (negative: it has) and the day; false if there is
 * none. */
bool key_certificate(const KeyRow *key, long *ret_days, char ret_date[static 16]);

/* "2 licence-sign" */
void key_name(const PoolKeyRow *key, char *dst, size_t size);

#endif
