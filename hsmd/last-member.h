#ifndef HSMD_LAST_MEMBER_H
#define HSMD_LAST_MEMBER_H
/* Whether a machine may be taken out of service: not the last one that serves its pool, or a business system
 * on it, unless somebody insists. */

#include "device.h"

/* 0, or -EPERM with words. instead: what may be done, beside bringing another member back and --force; or "".
 */
int last_member_check(const Device *device, const char *instead, char **ret_message);

/* How many members of its pool serve beside it. */
size_t last_member_others(const Device *device);

#endif
