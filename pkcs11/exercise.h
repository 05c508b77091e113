#ifndef HSMD_EXERCISE_H
#define HSMD_EXERCISE_H
/* What the machine is asked to do, and how its answer is judged: by OpenSSL in software, never by the
 * machine. */

#include "keys.h"

/* Before the rungs below: no key has been exercised in this attempt. */
void exercise_begin(Keys *keys);

/* The rung `sign`: a fresh message is signed with every key that signs. A key whose handle is no longer valid
 * is searched for again. */
int exercise_sign(Keys *keys, Module *module, const char *device, Attempt *attempt);

/* The rung `verify`: each signature against the expected public key. A key whose signature is another's is
 * searched for again before that is believed. */
int exercise_verify(Keys *keys, Module *module, const char *device, Attempt *attempt);

/* The rung `random`. */
int exercise_random(Module *module, Attempt *attempt);

/* One signature of key->digest into key->signature. -EIO; the recorder knows the call. */
int key_sign(Key *key);

/* 0 when the signature is the key's, -EBADMSG when it is not. */
int key_verify(Key *key);

#endif
