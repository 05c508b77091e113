#ifndef HSMD_CONNECT_H
#define HSMD_CONNECT_H
/* A diagnosis: whether a machine's ports take a TCP connection at all. */

#include "macro.h"

typedef struct ConnectTry {
        const char *address; /* numeric: "192.0.2.1:8008", "[2001:db8::1]:8008" */
        int error;           /* filled in: 0 when it was connected (and is closed again), or an errno:
                                ECONNREFUSED, ETIMEDOUT, EINVAL for no address */
        uint64_t usec;       /* filled in: how long that took */
} ConnectTry;

#define CONNECT_TRIES_MAX 2

/* All at once, so that together they take no longer than timeout. */
void connect_try(ConnectTry *tries, size_t n, usec_t timeout);

#endif
