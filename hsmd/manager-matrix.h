#ifndef HSMD_MANAGER_MATRIX_H
#define HSMD_MANAGER_MATRIX_H
/* The key matrices of all pools: judged from what the members tell, pinned at first sight, confirmed, shown.
 * manager.c owns them. */

#include "device.h"

typedef struct PoolKey {
        MatrixVerdict verdict;
        MatrixState told; /* as last logged; 0 = nothing yet */
} PoolKey;

/* Room for a configuration's keys; what is known of keys that stay is carried over. old may be NULL. */
PoolKey *pool_keys_new(const Config *config, const Config *old, const PoolKey *old_keys);

/* A member of the pool told something new of its keys, or cannot tell any more. */
void matrix_update(Manager *manager, const ConfigPool *pool);

/* The verdict on one key of a device's pool. */
const MatrixVerdict *matrix_verdict(const Manager *manager, const ConfigPool *pool, size_t key);

/* What counts for a key: configured, or pinned at first sight; size 0 if nothing does. */
Fingerprint matrix_pinned(const Manager *manager, const ConfigPool *pool, size_t key, PinOrigin *ret_origin);

/* Confirms what was pinned at first sight; pool "" and key 0 mean all. Returns 0 and says in *ret_message
 * what was confirmed, or -ENOENT with what would be right. */
int matrix_confirm(Manager *manager, const char *pool, uint32_t key, const char *by, char **ret_message);

#endif
