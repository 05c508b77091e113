#ifndef HSMD_CONNECT_H
#define HSMD_CONNECT_H
/* A diagnosis: whether a machine's port takes a TCP connection at all. */

#include "macro.h"

/* address is numeric: "192.0.2.1:8008", "[2001:db8::1]:8008". Returns 0 when it was connected (and is closed
 * again), or an errno: ECONNREFUSED, ETIMEDOUT, EINVAL for no address. */
int connect_try(const char *address, usec_t timeout, uint64_t *ret_usec);

#endif
