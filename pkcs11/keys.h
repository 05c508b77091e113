#ifndef HSMD_KEYS_H
#define HSMD_KEYS_H
/* The configured keys as this probe finds them on the token. */

#include "attempt.h"
#include "message.h"
#include "module.h"
#include "nonces.h"
#include "public-key.h"

typedef struct Key {
        const ProbeKey *config;
        const ProbeMechanism *mechanism; /* of an exercised key; NULL: it is looked for only */
        bool mechanism_missing;          /* the machine does not offer it */
        CK_OBJECT_HANDLE handle;         /* of what was found; CK_INVALID_HANDLE: missing */
        CK_OBJECT_CLASS object_class;
        bool private_seen;              /* this process has found its private key */
        CK_OBJECT_HANDLE public_handle; /* public object of a private key, where there is one */
        bool granted;                   /* the recorder lets it be exercised */
        usec_t due;                     /* when it is to be exercised next */
        bool chosen;                    /* to be exercised in this attempt */
        bool done;                      /* was, and what came back stands to be judged */
        KeyState state;                 /* as of its last exercise, or of this attempt */
        Reason reason;                  /* of a state that is no good one */
        bool exercised;                 /* in this attempt */
        bool verified;                  /* a signature of it was right in this process */
        CK_RV rv;
        uint64_t operations, errors;
        usec_t latency;              /* of its last exercise */
        int64_t certificate_expires; /* seconds since 1970; 0 = none beside it */
        Nonces *nonces;
        NonceMark nonce; /* of its last signature */
        bool told;       /* its public key was shown to hsmd */
        bool has_fingerprint;
        uint8_t fingerprint[32];
        EVP_PKEY *expected; /* the pinned public key, else the one of first sight */
        EVP_PKEY *signer;   /* libp11's */
        EVP_PKEY_CTX *signing, *verifying;
        uint8_t message[MESSAGE_SIZE_MAX];
        size_t message_size;
        uint8_t digest[32]; /* what the signature is of: SHA-256, or the e of SM2 */
        bool has_check_value;
        uint8_t check_value[3]; /* expected: pinned, else that of first sight */
        uint8_t signature[1024];
        size_t signature_size;
} Key;

/* What went wrong with the first key that failed, should no other be right. */
typedef struct KeyFailure {
        Step step; /* STEP_NONE: nothing did */
        Reason reason;
        CK_RV rv;
        uint32_t call;
        usec_t call_usec;
        char detail[160];
} KeyFailure;

typedef struct Keys {
        const MsgProbeConfig *config;
        Key keys[PROTOCOL_KEYS_MAX];
        size_t n;
        bool climbing; /* the attempt is a climb */
        KeyFailure failure;
        uint32_t missing_mechanisms; /* bit n: mechanisms[n] is needed and not offered */
        char offered[80];            /* the vendor's own mechanisms that the machine offers, in words */
        usec_t present_due;          /* when the keys that are not exercised are searched for again */
} Keys;

/* -EBADMSG when a pinned public key is none. keys points into config afterwards. */
int keys_init(Keys *keys, const MsgProbeConfig *config);
void keys_done(Keys *keys);

/* Whether the machine offers the mechanisms that keys are exercised with. A call that fails makes the attempt
 * fail. */
int keys_check_mechanisms(Keys *keys, Module *module, Attempt *attempt);

/* Searches for one key and reads its public key. A key that is not there is no failure: its state says so. A
 * call that fails makes the attempt fail. */
int key_find(Key *key, Module *module, Attempt *attempt);

/* The rung `find`: those keys that are due or not yet found. Fails when none is usable. */
int keys_find(Keys *keys, Module *module, usec_t present_interval, Attempt *attempt);

/* Fails the attempt at the rung being tried when no key is usable. */
int keys_need_one(const Keys *keys, Attempt *attempt);

/* OpenSSL's context for verifying against the expected public key, made once. -EIO. */
int key_prepare_verifying(Key *key);

/* Whether keys_find has something to do. */
bool keys_search_due(const Keys *keys);

void keys_report(const Keys *keys, MsgProbeResult *result);

#endif
