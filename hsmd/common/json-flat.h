#ifndef HSMD_JSON_FLAT_H
#define HSMD_JSON_FLAT_H
/* A strict reader (RFC 8259) of what hsmd itself has written and kept: one object of strings, whole numbers,
 * true and false. Anything else is refused: it comes from a file that somebody may have touched. */

#include "macro.h"

#define JSON_TEXT_MAX 1024 /* octets of a string, with its end */

typedef enum JsonType { JSON_STRING = 1, JSON_NUMBER, JSON_BOOL } JsonType;

typedef struct JsonValue {
        JsonType type;
        char text[JSON_TEXT_MAX]; /* valid UTF-8, no NUL within */
        uint64_t number;          /* JSON_BOOL: 1 or 0 */
} JsonValue;

/* Negative: the object is refused with that. */
typedef int (*JsonMember)(const char *key, const JsonValue *value, void *userdata);

/* -EBADMSG, or what member returned. */
int json_flat_read(const char *json, JsonMember member, void *userdata);

#endif
