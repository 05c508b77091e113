#include "connect.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

static int resolve(const char *address, struct addrinfo **ret) {
        char host[64];
        const char *colon = strrchr(address, ':'), *from = address;
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
        size_t n;

        if (!colon)
                return EINVAL;
        n = (size_t) (colon - address);
        if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
                from++;
                n -= 2;
        }
        if (n == 0 || n >= sizeof(host))
                return EINVAL;
        memcpy(host, from, n);
        host[n] = '\0';
        return getaddrinfo(host, colon + 1, &hints, ret) == 0 ? 0 : EINVAL;
}

static int wait_connected(int fd, usec_t timeout) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        int error = 0, n;
        socklen_t size = sizeof(error);

        do
                n = poll(&p, 1, (int) (timeout / USEC_PER_MSEC));
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n == 0 ? ETIMEDOUT : errno;
        return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

int connect_try(const char *address, usec_t timeout, uint64_t *ret_usec) {
        usec_t started = now_monotonic();
        struct addrinfo *info = NULL;
        int fd, r = resolve(address, &info);

        *ret_usec = 0;
        if (r != 0)
                return r;
        fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                r = errno;
        else if (connect(fd, info->ai_addr, info->ai_addrlen) < 0)
                r = errno == EINPROGRESS ? wait_connected(fd, timeout) : errno;
        freeaddrinfo(info);
        closep(&fd);
        *ret_usec = now_monotonic() - started;
        return r;
}
