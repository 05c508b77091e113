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

/* Returns a descriptor that is connecting, or a negative errno. */
static int begin(const char *address) {
        struct addrinfo *info = NULL;
        CLEANUP_CLOSE int fd = -1;
        int r = resolve(address, &info), started;

        if (r != 0)
                return -r;
        fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0 || (connect(fd, info->ai_addr, info->ai_addrlen) < 0 && errno != EINPROGRESS))
                r = -errno;
        freeaddrinfo(info);
        if (r < 0)
                return r;
        started = fd;
        fd = -1;
        return started;
}

static int result_of(int fd) {
        int error = 0;
        socklen_t size = sizeof(error);

        return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

static void finish(ConnectTry *try, struct pollfd *p, int error, usec_t started) {
        try->error = error;
        try->usec = now_monotonic() - started;
        closep(&p->fd);
        p->fd = -1; /* poll() passes over it */
}

/* Returns how many are left. */
static size_t take_results(ConnectTry *tries, struct pollfd *polls, size_t n, usec_t started) {
        size_t left = 0;

        for (size_t i = 0; i < n; i++) {
                if (polls[i].fd >= 0 && polls[i].revents != 0)
                        finish(&tries[i], &polls[i], result_of(polls[i].fd), started);
                left += polls[i].fd >= 0;
        }
        return left;
}

void connect_try(ConnectTry *tries, size_t n, usec_t timeout) {
        struct pollfd polls[CONNECT_TRIES_MAX] = {0};
        usec_t started = now_monotonic(), now = started;
        size_t left = 0;

        n = MIN_OF(n, (size_t) CONNECT_TRIES_MAX);
        for (size_t i = 0; i < n; i++) {
                polls[i] = (struct pollfd){.fd = begin(tries[i].address), .events = POLLOUT};
                if (polls[i].fd < 0)
                        finish(&tries[i], &polls[i], -polls[i].fd, started);
                left += polls[i].fd >= 0;
        }
        while (left > 0 && now - started < timeout) {
                int rest = (int) ((timeout - (now - started) + USEC_PER_MSEC - 1) / USEC_PER_MSEC);

                if (poll(polls, n, rest) < 0 && errno != EINTR)
                        break;
                left = take_results(tries, polls, n, started);
                now = now_monotonic();
        }
        for (size_t i = 0; i < n; i++)
                if (polls[i].fd >= 0)
                        finish(&tries[i], &polls[i], ETIMEDOUT, started);
}
