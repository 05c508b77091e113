/* Tests that count patterns: blocks, overlapping patterns, matrices, recurrences and distances. */
#include <math.h>

#include "random-health-bits.h"
#include "random-health-gamma.h"
#include "random-health-tests.h"

double random_poker(const uint8_t *sample, size_t bits, unsigned m) {
        size_t blocks = bits / m;
        CLEANUP_FREE uint32_t *counts = calloc((size_t) 1 << m, sizeof(*counts));
        double sum = 0, n = (double) blocks;

        if (!counts)
                return NAN;
        for (size_t i = 0; i < blocks; i++) {
                unsigned pattern = 0;

                for (unsigned j = 0; j < m; j++)
                        pattern = pattern << 1 | sample_bit(sample, i * m + j);
                counts[pattern]++;
        }
        for (size_t i = 0; i < (size_t) 1 << m; i++)
                sum += (double) counts[i] * (double) counts[i];
        return gamma_q((pow(2, m) - 1) / 2, (pow(2, m) / n * sum - n) / 2);
}

/* How often each pattern of m bits comes, overlapping, the sample taken as a ring. NULL without memory. */
static uint32_t *count_patterns(const uint8_t *sample, size_t bits, unsigned m) {
        uint32_t *counts = calloc((size_t) 1 << m, sizeof(*counts));
        unsigned pattern = 0, mask = (1U << m) - 1;

        if (!counts)
                return NULL;
        for (size_t i = 0; i < bits + m - 1; i++) {
                pattern = (pattern << 1 | sample_bit(sample, i < bits ? i : i - bits)) & mask;
                if (i + 1 >= m)
                        counts[pattern]++;
        }
        return counts;
}

/* NIST SP 800-22, 2.11.4 (3). */
static double psi_square(const uint8_t *sample, size_t bits, unsigned m) {
        CLEANUP_FREE uint32_t *counts = m > 0 && m < 32 ? count_patterns(sample, bits, m) : NULL;
        double sum = 0;

        if (m == 0)
                return 0;
        if (!counts || m >= 32)
                return NAN;
        for (size_t i = 0; i < (size_t) 1 << m; i++)
                sum += (double) counts[i] * (double) counts[i];
        return pow(2, m) / (double) bits * sum - (double) bits;
}

double random_serial_first(const uint8_t *sample, size_t bits, unsigned m) {
        double difference = psi_square(sample, bits, m) - psi_square(sample, bits, m - 1);

        return gamma_q(pow(2, (int) m - 2), difference / 2);
}

double random_serial_second(const uint8_t *sample, size_t bits, unsigned m) {
        double difference = psi_square(sample, bits, m) - 2 * psi_square(sample, bits, m - 1) +
                            psi_square(sample, bits, m - 2);

        return gamma_q(pow(2, (int) m - 3), difference / 2);
}

/* NIST SP 800-22, 2.12.4 (4). */
static double phi(const uint8_t *sample, size_t bits, unsigned m) {
        CLEANUP_FREE uint32_t *counts = count_patterns(sample, bits, m);
        double sum = 0;

        if (!counts)
                return NAN;
        for (size_t i = 0; i < (size_t) 1 << m; i++)
                if (counts[i] > 0)
                        sum += counts[i] * log((double) counts[i] / (double) bits);
        return sum / (double) bits;
}

double random_approximate_entropy(const uint8_t *sample, size_t bits, unsigned m) {
        double entropy = phi(sample, bits, m) - phi(sample, bits, m + 1);

        return gamma_q(pow(2, (int) m - 1), (double) bits * (M_LN2 - entropy));
}

/* Of 32 rows of 32 bits, over GF(2). */
static unsigned rank_of(uint32_t rows[static 32]) {
        unsigned rank = 0;

        for (unsigned column = 0; column < 32; column++) {
                uint32_t bit = UINT32_C(1) << column, pivot;
                unsigned i = rank;

                while (i < 32 && !(rows[i] & bit))
                        i++;
                if (i == 32)
                        continue;
                pivot = rows[i];
                rows[i] = rows[rank];
                rows[rank++] = pivot;
                for (i = rank; i < 32; i++)
                        if (rows[i] & bit)
                                rows[i] ^= pivot;
        }
        return rank;
}

double random_matrix_rank(const uint8_t *sample, size_t bits, unsigned unused) {
        /* NIST SP 800-22, 3.5, with more digits: of rank 32, 31 and less */
        static const double pi[3] = {0.2887880951, 0.5775761902, 0.1336357147};
        size_t matrices = bits / 1024, counts[3] = {};
        double v = 0;

        (void) unused;
        for (size_t i = 0; i < matrices; i++) {
                uint32_t rows[32];

                for (size_t j = 0; j < 32; j++) {
                        const uint8_t *p = sample + i * 128 + j * 4;

                        rows[j] = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
                }
                counts[MIN_OF(32 - rank_of(rows), 2U)]++;
        }
        for (size_t i = 0; i < ELEMENTSOF(pi); i++) {
                double expected = (double) matrices * pi[i];

                v += ((double) counts[i] - expected) * ((double) counts[i] - expected) / expected;
        }
        return exp(-v / 2);
}

#define UNIVERSAL_L 7
#define UNIVERSAL_Q 1280 /* blocks that only fill the table */

static unsigned block_of(const uint8_t *sample, size_t number) {
        unsigned pattern = 0;

        for (unsigned j = 0; j < UNIVERSAL_L; j++)
                pattern = pattern << 1 | sample_bit(sample, number * UNIVERSAL_L + j);
        return pattern;
}

/* Maurer's test, NIST SP 800-22, 2.9: the mean logarithm of the distance to the same block before. */
double random_universal(const uint8_t *sample, size_t bits, unsigned unused) {
        const double expected = 6.1962507, variance = 3.125; /* for L = 7 */
        size_t blocks = bits / UNIVERSAL_L, last[1U << UNIVERSAL_L] = {};
        double k = (double) blocks - UNIVERSAL_Q, sum = 0, c;

        (void) unused;
        if (blocks <= UNIVERSAL_Q)
                return NAN;
        for (size_t i = 1; i <= blocks; i++) {
                unsigned pattern = block_of(sample, i - 1);

                if (i > UNIVERSAL_Q)
                        sum += log2((double) (i - last[pattern]));
                last[pattern] = i;
        }
        c = 0.7 - 0.8 / UNIVERSAL_L + (4 + 32.0 / UNIVERSAL_L) * pow(k, -3.0 / UNIVERSAL_L) / 15;
        return erfc(fabs(sum / k - expected) / (sqrt(2 * variance / k) * c));
}

#define BLOCK_WORDS 16 /* 1,024 bits: a block and one more */

static void shift_in(uint64_t *words, size_t n, unsigned bit) {
        for (size_t i = n - 1; i > 0; i--)
                words[i] = words[i] << 1 | words[i - 1] >> 63;
        words[0] = words[0] << 1 | bit;
}

/* Berlekamp-Massey over GF(2), 64 coefficients a word: `seen` holds the bits before the current one, latest
 * first; `before` is the polynomial of the last change, already moved to where it would be added. */
static unsigned linear_complexity(const uint8_t *sample, size_t from, unsigned block) {
        uint64_t polynomial[BLOCK_WORDS] = {1}, before[BLOCK_WORDS] = {1}, seen[BLOCK_WORDS] = {};
        const size_t words = block / 64 + 1;
        unsigned complexity = 0;

        for (unsigned n = 0; n < block; n++) {
                uint64_t discrepancy = 0, old[BLOCK_WORDS];

                shift_in(seen, words, sample_bit(sample, from + n));
                shift_in(before, words, 0);
                for (size_t i = 0; i < words; i++)
                        discrepancy ^= polynomial[i] & seen[i];
                if (!__builtin_parityll(discrepancy))
                        continue;
                memcpy(old, polynomial, sizeof(old));
                for (size_t i = 0; i < words; i++)
                        polynomial[i] ^= before[i];
                if (2 * complexity > n)
                        continue;
                complexity = n + 1 - complexity;
                memcpy(before, old, sizeof(before));
        }
        return complexity;
}

/* NIST SP 800-22, 2.10.4 and 3.10; the mean without its term that vanishes for blocks of 500 bits. */
double random_linear_complexity(const uint8_t *sample, size_t bits, unsigned block) {
        static const double pi[7] = {0.010417, 0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833};
        size_t blocks = bits / block, counts[7] = {};
        double sign = block % 2 == 0 ? 1 : -1, mean = block / 2.0 + (9 - sign) / 36, v = 0;

        if (block >= 64 * BLOCK_WORDS)
                return NAN;
        for (size_t i = 0; i < blocks; i++) {
                double t = sign * (linear_complexity(sample, i * block, block) - mean) + 2.0 / 9;

                counts[t <= -2.5 ? 0 : t > 2.5 ? 6 : (size_t) ceil(t + 2.5)]++;
        }
        for (size_t i = 0; i < ELEMENTSOF(pi); i++) {
                double expected = (double) blocks * pi[i];

                v += ((double) counts[i] - expected) * ((double) counts[i] - expected) / expected;
        }
        return gamma_q(3, v / 2);
}
