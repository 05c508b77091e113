#ifndef HSMD_FUZZ_H
#define HSMD_FUZZ_H
/* What a fuzz target is: one function that takes octets, does with them what the program would do with octets
 * of the world, and ends the process when something is wrong. Under clang (HSMD_FUZZ) libFuzzer calls it; in
 * every build replay.c does, with the seeds and with mutations of them. */

#include "macro.h"

/* A function that a shared library calls by name is found here first. */
#define IN_PLACE_OF_THE_LIBRARY __attribute__((visibility("default")))

/* Returns 0. The same octets always lead to the same: no clock, no random number, nothing kept between calls
 * but what a library keeps. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold. Unlike assert it is there in every build, and says what failed. */
#define MUST(condition, ...)                                                                                 \
        do {                                                                                                 \
                if (!(condition)) {                                                                          \
                        fprintf(stderr, "%s:%d: not so: %s: ", __FILE__, __LINE__, #condition);              \
                        fprintf(stderr, __VA_ARGS__);                                                        \
                        fputc('\n', stderr);                                                                 \
                        abort();                                                                             \
                }                                                                                            \
        } while (0)

/* An input read from its start; past its end everything is zero. */
typedef struct FuzzInput {
        const uint8_t *data;
        size_t size;
} FuzzInput;

static inline uint8_t fuzz_octet(FuzzInput *input) {
        if (input->size == 0)
                return 0;
        input->size--;
        return *input->data++;
}

/* The next n octets, or as many as there are. */
static inline FuzzInput fuzz_octets(FuzzInput *input, size_t n) {
        FuzzInput part = {.data = input->data, .size = MIN_OF(n, input->size)};

        input->data += part.size;
        input->size -= part.size;
        return part;
}

#endif
