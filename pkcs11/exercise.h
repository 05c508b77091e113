#ifndef HSMD_EXERCISE_H
#define HSMD_EXERCISE_H
/* What the machine is asked to do, and how its answer is judged: by OpenSSL in software, never by the
 * machine.
 *
 * Which keys are exercised: in a climb, all; in a check, each whose interval has run out and each that
 * failed, and when there is none, the one that waits longest, so that every check proves something (but a
 * business key that is not due: its interval is what was approved). A key that cannot be used while another
 * one can makes no attempt fail: its state says so. To know that, one key after the other is tried, business
 * keys too. A wrong answer makes the attempt fail whatever else is right.
 *
 *   exercise.c            which keys, in which order, and what comes of it
 *   exercise-sign.c       signatures
 *   exercise-symmetric.c  check values and MACs; decryption
 *   exercise-diagnosis.c  a signature that is right for another profile */

#include "keys.h"

/* Before the rungs below: chooses the keys of this attempt. climb: the first attempt of a process. */
void exercise_begin(Keys *keys, bool climb);

/* The rungs `sign`, `decrypt`, `encrypt` and `mac`: each chosen key of that kind does it once. A key whose
 * handle is no longer valid is searched for again. */
int exercise_sign(Keys *keys, Module *module, Attempt *attempt);
int exercise_decrypt(Keys *keys, Module *module, Attempt *attempt);
int exercise_encrypt(Keys *keys, Module *module, Attempt *attempt);
int exercise_mac(Keys *keys, Module *module, Attempt *attempt);

/* The rung `verify`: each signature against the expected public key. A key whose signature is another's is
 * searched for again before that is believed. */
int exercise_verify(Keys *keys, Module *module, Attempt *attempt);

/* After them: whether a key failed, none was right, and one is left to be tried: it is the only one chosen
 * then, for the rungs to be tried once more. */
bool exercise_another(Keys *keys);

/* After them: fails, at the step where it happened, when no key was right. */
int exercise_settle(Keys *keys, Attempt *attempt);

/* Whether an attempt has something to do on that rung. */
bool exercise_wanted(const Keys *keys, Exercise exercise);

/* exercise-sign.c: one signature of what a fresh message (or `fixed`, if not NULL) asks for. -EIO; the
 * recorder knows the call. */
int key_sign(Key *key, const MsgProbeConfig *config, Module *module, const char *fixed);
/* The same of what key->digest and key->message hold already. */
int key_sign_again(Key *key, const MsgProbeConfig *config, Module *module);
/* 0 when the signature is the key's, -EBADMSG when it is not, -EINVAL when it is in the other form than the
 * profile says. */
int key_verify(Key *key);
/* The message that a key signs next. */
int key_new_message(Key *key, const MsgProbeConfig *config, const char *fixed);

/* exercise-symmetric.c: a check value, of zeros encrypted or of a MAC; a decryption of what was encrypted
 * here. -EIO; -EBADMSG when it is not what it should be. */
int key_check_value(Key *key, const MsgProbeConfig *config, Module *module);
int key_decrypt(Key *key, const MsgProbeConfig *config, Module *module);
/* The same of SM2 with a ciphertext in another form than the profile's. */
int key_decrypt_as(Key *key, Module *module, SignatureForm form, CipherOrder order);

/* exercise-diagnosis.c: why a signature of a key that never was right is not. Makes two more of them. True
 * when the key is right and the profile is not; then what the machine does instead, in words. */
bool diagnose_profile(Key *key, const MsgProbeConfig *config, Module *module, char *words, size_t size);

/* Likewise of a key that never decrypted: tries an SM2 ciphertext's other forms. False of other keys. */
bool diagnose_decryption(Key *key, const MsgProbeConfig *config, Module *module, char *words, size_t size);

#endif
