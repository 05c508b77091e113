#include "macro.h"

#include <time.h>

static usec_t now_on(clockid_t clock) {
        struct timespec ts;

        clock_gettime(clock, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

void keep_printable(char *text) {
        for (char *c = text; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
}

usec_t now_monotonic(void) {
        return now_on(CLOCK_MONOTONIC);
}

usec_t now_realtime(void) {
        return now_on(CLOCK_REALTIME);
}

void wipe(void *p, size_t size) {
        explicit_bzero(p, size);
}

bool copy_text(char *dst, size_t size, const char *src) {
        size_t n = strlen(src);
        bool whole = n < size;

        if (!whole) {
                n = size - 1;
                /* step back over continuation bytes, so that no character is cut in half */
                while (n > 0 && ((unsigned char) src[n] & 0xC0) == 0x80)
                        n--;
        }
        memcpy(dst, src, n);
        memset(dst + n, 0, size - n);
        return whole;
}

ssize_t read_whole(int fd, char *dst, size_t size) {
        size_t n = 0;

        while (n < size) {
                ssize_t got = read(fd, dst + n, size - n);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -errno;
                if (got == 0)
                        break;
                n += (size_t) got;
        }
        return (ssize_t) n;
}
