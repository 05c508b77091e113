#ifndef HSMD_UTF8_H
#define HSMD_UTF8_H
/* UTF-8 from tokens, agents and files: treated as hostile until checked (RFC 3629, no overlong forms, no
 * surrogates, no noncharacters, which D-Bus refuses too). */

#include "macro.h"

#define UTF8_REPLACEMENT 0xfffd

/* The character at s (not at its end) and its length in octets; a bad octet is U+FFFD of length 1. */
size_t utf8_decode(const char *s, uint32_t *ret_rune);

bool utf8_valid(const char *s);

/* Copies src with every bad octet replaced by U+FFFD, cut on a character boundary, always terminated. A
 * buffer of 3 * strlen(src) + 1 octets holds any result. */
void utf8_repair(char *dst, size_t size, const char *src);

#endif
