#ifndef HSMD_ENGINE_KEYS_H
#define HSMD_ENGINE_KEYS_H
/* Keys of SNMPv3 users, made once for all agents that share their secrets: making one hashes a mebibyte,
 * which takes milliseconds, and most machines of a fleet share a user. The cache holds secrets: keep it only
 * while a configuration is being read. */

#include "protocol.h"
#include "session.h"

typedef struct EngineKeys EngineKeys;

/* The keys of an agent's user; *cache is made when first needed. -EINVAL for a protocol that the library does
 * not know or a secret that it refuses. The caller wipes *ret. */
int engine_keys_get(EngineKeys **cache, const MsgPollAgent *agent, UsmKeys *ret);

/* Wipes and frees it; returns NULL. */
EngineKeys *engine_keys_free(EngineKeys *cache);

#endif
