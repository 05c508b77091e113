#ifndef HSMD_KEYS_H
#define HSMD_KEYS_H
/* The configured keys as this probe finds them on the token. */

#include "attempt.h"
#include "module.h"
#include "public-key.h"

typedef struct Key {
        const ProbeKey *config;
        CK_OBJECT_HANDLE handle; /* of what was found; CK_INVALID_HANDLE: missing */
        CK_OBJECT_CLASS object_class;
        bool private_seen;              /* this process has found its private key */
        CK_OBJECT_HANDLE public_handle; /* public object of a private key, where there is one */
        bool signs;                     /* to be exercised by a signature */
        KeyState state;                 /* as of this attempt */
        bool exercised;
        CK_RV rv;
        bool has_fingerprint;
        uint8_t fingerprint[32];
        EVP_PKEY *expected; /* the pinned public key, else the one of first sight */
        EVP_PKEY *signer;   /* libp11's */
        EVP_PKEY_CTX *signing, *verifying;
        uint8_t digest[32];
        uint8_t signature[1024];
        size_t signature_size;
} Key;

typedef struct Keys {
        Key keys[PROTOCOL_KEYS_MAX];
        size_t n;
        usec_t present_due; /* when the keys that are not exercised are searched for again */
} Keys;

/* -EBADMSG when a pinned public key is none. keys points into config afterwards. */
int keys_init(Keys *keys, const MsgProbeConfig *config);
void keys_done(Keys *keys);

/* Searches for one key and reads its public key. A key that is not there is no failure: its state says so. A
 * call that fails makes the attempt fail. */
int key_find(Key *key, Module *module, Attempt *attempt);

/* The rung `find`: those keys that are due or not yet found. Fails when none is usable. */
int keys_find(Keys *keys, Module *module, usec_t present_interval, Attempt *attempt);

/* Fails the attempt at the rung being tried when no key is usable. */
int keys_need_one(const Keys *keys, Attempt *attempt);

/* Whether keys_find has something to do. */
bool keys_search_due(const Keys *keys);

void keys_report(const Keys *keys, MsgProbeResult *result);

#endif
