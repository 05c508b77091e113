#ifndef HSMD_UNIX_ADDRESS_H
#define HSMD_UNIX_ADDRESS_H
/* Unix socket addresses of paths of any length. */

#include <sys/socket.h>
#include <sys/un.h>

#include "macro.h"

/* Fills in the address of a socket file. A path too long for sun_path (108 octets) is named through its
 * directory's descriptor below /proc/self/fd: *ret_dir is that descriptor, which the caller closes after bind
 * or connect, else -1. Negative errno. */
int unix_address(const char *path, struct sockaddr_un *ret, int *ret_dir);

#endif
