/* Preloaded into a program, it moves the program's CLOCK_REALTIME by as many seconds as the file named by
 * HSMD_TEST_CLOCK says at that moment (a 64-bit integer); no other clock. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static volatile const int64_t *offset;

static void __attribute__((constructor)) map_offset(void) {
        const char *path = getenv("HSMD_TEST_CLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *map = fd >= 0 ? mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

        if (map == MAP_FAILED)
                abort();
        offset = map;
        close(fd);
}

EXPORTED int clock_gettime(clockid_t clock, struct timespec *ret) {
        static int (*next)(clockid_t, struct timespec *);
        int r;

        if (!next)
                next = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
        r = next(clock, ret);
        if (r == 0 && offset && clock == CLOCK_REALTIME)
                ret->tv_sec += *offset;
        return r;
}

EXPORTED int gettimeofday(struct timeval *restrict ret, void *restrict zone) {
        struct timespec now;

        (void) zone;
        clock_gettime(CLOCK_REALTIME, &now);
        *ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
        return 0;
}

EXPORTED time_t time(time_t *ret) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        if (ret)
                *ret = now.tv_sec;
        return now.tv_sec;
}
