#ifndef HSMD_RANDOM_HEALTH_TESTS_H
#define HSMD_RANDOM_HEALTH_TESTS_H
/* The statistical tests of one sample, after GM/T 0005-2021 (GB/T 32915) with its parameters for 10^6 bits;
 * most are also in NIST SP 800-22. The discrete Fourier transform is left out: at 10^6 bits it costs more
 * than all the others together. */

#include "macro.h"

#define RANDOM_SAMPLE_BITS 1000000
#define RANDOM_SAMPLE_OCTETS (RANDOM_SAMPLE_BITS / 8)

/* The two-sided p-value of a sample of so many bits, the most significant bit of an octet first; NAN if there
 * was no memory to tell. */
typedef double (*RandomTest)(const uint8_t *sample, size_t bits, unsigned parameter);

typedef struct RandomTestRow {
        const char *name; /* with its parameter, for people: "poker m=8" */
        RandomTest test;
        unsigned parameter;
} RandomTestRow;

extern const RandomTestRow random_tests[];
extern const size_t n_random_tests;

#define RANDOM_TESTS_MAX 32

double random_monobit(const uint8_t *sample, size_t bits, unsigned unused);
double random_block_frequency(const uint8_t *sample, size_t bits, unsigned block);
double random_poker(const uint8_t *sample, size_t bits, unsigned m);
double random_serial_first(const uint8_t *sample, size_t bits, unsigned m);
double random_serial_second(const uint8_t *sample, size_t bits, unsigned m);
double random_runs(const uint8_t *sample, size_t bits, unsigned unused);
double random_runs_distribution(const uint8_t *sample, size_t bits, unsigned unused);
/* The longest run of ones (or zeros) in blocks of 10,000 bits. */
double random_longest_run(const uint8_t *sample, size_t bits, unsigned value);
double random_binary_derivative(const uint8_t *sample, size_t bits, unsigned k);
double random_autocorrelation(const uint8_t *sample, size_t bits, unsigned distance);
double random_cumulative_sums(const uint8_t *sample, size_t bits, unsigned backward);
double random_approximate_entropy(const uint8_t *sample, size_t bits, unsigned m);
double random_matrix_rank(const uint8_t *sample, size_t bits, unsigned unused);
double random_universal(const uint8_t *sample, size_t bits, unsigned unused);
/* Blocks of at most 1,000 bits. */
double random_linear_complexity(const uint8_t *sample, size_t bits, unsigned block);

#endif
