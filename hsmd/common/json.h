#ifndef HSMD_JSON_H
#define HSMD_JSON_H
/* A small JSON writer (RFC 8259): always well-formed, always valid UTF-8. */

#include "macro.h"

typedef struct Json {
        FILE *f;
        bool pretty;
        bool first; /* nothing was written yet in the current object or array */
        unsigned depth;
} Json;

/* key is NULL inside an array and for the outermost value. */
void json_open(Json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(Json *j, char bracket);                 /* '}' or ']' */
void json_string(Json *j, const char *key, const char *value);
void json_unsigned(Json *j, const char *key, uint64_t value);
void json_signed(Json *j, const char *key, int64_t value);
void json_bool(Json *j, const char *key, bool value);
/* A number of tenths with one decimal: 815 is 81.5. */
void json_tenths(Json *j, const char *key, int64_t tenths);
/* Ends the document with a newline. */
void json_end(Json *j);

#endif
