#ifndef HSMD_MACRO_H
#define HSMD_MACRO_H
/* Small helpers that every program of the project uses. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A time or a duration in microseconds; CLOCK_MONOTONIC unless a name says otherwise. */
typedef uint64_t usec_t;

#define USEC_PER_MSEC ((usec_t) 1000)
#define USEC_PER_SEC ((usec_t) 1000000)
#define USEC_INFINITY UINT64_MAX

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define CLEANUP(f) __attribute__((cleanup(f)))
#define PRINTF(a, b) __attribute__((format(printf, a, b)))
#define UNUSED __attribute__((unused))

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

/* Each may be NULL, which is the same as NULL alone. */
static inline bool same_text(const char *a, const char *b) {
        return a && b ? streq(a, b) : a == b;
}

static inline void freep(void *p) {
        free(*(void **) p);
}

static inline void closep(int *fd) {
        if (*fd >= 0)
                close(*fd);
}

static inline void fclosep(FILE **f) {
        if (*f)
                fclose(*f);
}

#define CLEANUP_FREE CLEANUP(freep)
#define CLEANUP_CLOSE CLEANUP(closep)
#define CLEANUP_FCLOSE CLEANUP(fclosep)

/* Copies src into dst of the given size, cut on a UTF-8 character boundary and always terminated.
 * Returns true if the whole string fitted. */
bool copy_text(char *dst, size_t size, const char *src);

/* What is not printable ASCII becomes '?'. */
void keep_printable(char *text);

/* CLOCK_MONOTONIC and CLOCK_REALTIME in microseconds. */
usec_t now_monotonic(void);
usec_t now_realtime(void);

/* Overwrites memory in a way the compiler keeps. */
void wipe(void *p, size_t size);

/* Reads until the end or until size octets are there; how many, or a negative errno. */
ssize_t read_whole(int fd, char *dst, size_t size);

#endif
