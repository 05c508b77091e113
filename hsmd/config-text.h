#ifndef HSMD_CONFIG_TEXT_H
#define HSMD_CONFIG_TEXT_H
/* What words in the configuration may look like: no libconfig, no errors, only text. */

#include "macro.h"

/* Well-formed UTF-8 (RFC 3629) without control characters (C0, DEL, C1). */
bool text_is_clean(const char *text);

/* Two digits an octet, 1 to max octets. *ret_size and dst are untouched if false is returned. */
bool hex_parse(const char *text, uint8_t *dst, size_t max, size_t *ret_size);

/* "500 ms", "10 s", "2 min", "12 h", "30 days"; the blank may be missing. */
bool duration_parse(const char *text, usec_t *ret);

/* The shortest of the same forms; returns dst. */
const char *duration_text(char *dst, size_t size, usec_t duration);

/* A numeric OID of an instance: 2 to 128 arcs of at most 32 bits, no leading dot. */
bool oid_is_numeric(const char *oid);

/* YYYY-MM-DD, a day that exists. */
bool date_is_valid(const char *date);

#endif
