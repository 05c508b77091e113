#ifndef HSMD_KEYS_INTERNAL_H
#define HSMD_KEYS_INTERNAL_H
/* What the files of keys share. */

#include "keys.h"

/* More objects of one name than this are not looked at. */
#define FOUND_MAX 16

typedef struct Found {
        CK_OBJECT_HANDLE handles[FOUND_MAX];
        CK_ULONG n;
} Found;

static inline bool key_is_secret(const ProbeKey *config) {
        return config->type == KEY_TYPE_AES || config->type == KEY_TYPE_SM4 || config->type == KEY_TYPE_HMAC;
}

/* --- keys-read.c */

/* What is read of an object in one call. A module leaves out what an object does not have and says so in the
 * return value and in the lengths; only the lengths count here. */
typedef struct Reading {
        uint8_t id[128], modulus[2048], exponent[32], params[256], point[512];
        CK_KEY_TYPE type;
        CK_BBOOL always_authenticate;
        CK_DATE from, until;
        CK_ATTRIBUTE a[9];
} Reading;

enum {
        READ_TYPE,
        READ_ID,
        READ_ALWAYS,
        READ_MODULUS,
        READ_EXPONENT,
        READ_PARAMS,
        READ_POINT,
        READ_FROM,
        READ_UNTIL,
        READ_N
};

/* The objects of a class by id and label, each where it is given. */
CK_RV keys_search(Module *module, CK_OBJECT_CLASS class, const uint8_t *id, size_t id_size, const char *label,
        Found *ret);

CK_RV keys_read(Module *module, CK_OBJECT_HANDLE object, Reading *ret);

/* An attribute's value; empty when the object has none or the length cannot be true. */
Octets reading_value(const Reading *reading, size_t i, size_t room);

/* The public key of what was found for `key`, from its own attributes, its public object or its certificate.
 * *ret is the caller's to free. -ENOENT when the token does not tell it. */
int key_public_half(
        const MsgProbeConfig *config, Module *module, Key *key, const Reading *reading, EVP_PKEY **ret);

/* Notes when the certificate beside a key expires; that there is none is no failure. */
void key_look_at_certificate(Module *module, Key *key, Octets id);

/* --- keys-mechanisms.c */

/* In words: which mechanism the machine does not offer, and which it does. */
void keys_say_missing(const Keys *keys, const Key *key, char *dst, size_t size);

#endif
