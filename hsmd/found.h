#ifndef HSMD_FOUND_H
#define HSMD_FOUND_H
/* What is wrong without making anything down, with the words for the most telling of it. */

#include "judge.h"

typedef struct Found {
        Conditions conditions;
        char *text; /* size octets; empty at first */
        size_t size;
} Found;

void found_add(Found *found, Reason reason, const char *format, ...) PRINTF(3, 4);

#endif
