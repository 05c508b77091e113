#ifndef HSMD_NOTIFY_TEXT_H
#define HSMD_NOTIFY_TEXT_H
/* The operator's text in the octets that a receiver wants. */

#include <iconv.h>

#include "macro.h"

#define NOTIFY_TEXT_MAX 255 /* octets of an SnmpAdminString */

/* Opens what turns UTF-8 into GB18030; (iconv_t) -1 if this host has no such table. It reads files: call it
 * before the process confines itself. */
iconv_t notify_text_open(void);
void notify_text_close(iconv_t *gb18030);

/* UTF-8 (repaired where it is none) into at most NOTIFY_TEXT_MAX octets, cut between two characters; in
 * GB18030 if that is given, which must be open. Returns how many. */
size_t notify_text(const iconv_t *gb18030, const char *text, uint8_t dst[static NOTIFY_TEXT_MAX]);

#endif
