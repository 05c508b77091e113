#ifndef HSMD_FOUND_H
#define HSMD_FOUND_H
/* What is wrong without making anything down: all of it, and the words for the most telling. */

#include "judge.h"
#include "situation.h"

typedef struct Found {
        Conditions conditions;
        char *text; /* size octets; empty at first */
        size_t size;
        Finding *findings; /* room for FINDINGS_MAX */
        size_t n;
} Found;

/* resource: a key's label, a sensor's name; or "". One thing that is found twice is kept once. */
void found_add(Found *found, Reason reason, const char *resource, const char *format, ...) PRINTF(4, 5);

#endif
