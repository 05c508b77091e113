/* Tests that count bits, runs and sums; and the table of all. */
#include "random-health-tests.h"

#include <math.h>

#include "random-health-bits.h"
#include "random-health-gamma.h"

const RandomTestRow random_tests[] = {
        {"monobit", random_monobit, 0},
        {"block frequency m=10000", random_block_frequency, 10000},
        {"poker m=4", random_poker, 4},
        {"poker m=8", random_poker, 8},
        {"serial m=3, first", random_serial_first, 3},
        {"serial m=3, second", random_serial_second, 3},
        {"serial m=5, first", random_serial_first, 5},
        {"serial m=5, second", random_serial_second, 5},
        {"runs", random_runs, 0},
        {"runs distribution", random_runs_distribution, 0},
        {"longest run of ones m=10000", random_longest_run, 1},
        {"longest run of zeros m=10000", random_longest_run, 0},
        {"binary derivative k=3", random_binary_derivative, 3},
        {"binary derivative k=7", random_binary_derivative, 7},
        {"autocorrelation d=1", random_autocorrelation, 1},
        {"autocorrelation d=2", random_autocorrelation, 2},
        {"autocorrelation d=8", random_autocorrelation, 8},
        {"autocorrelation d=16", random_autocorrelation, 16},
        {"matrix rank", random_matrix_rank, 0},
        {"cumulative sums forward", random_cumulative_sums, 0},
        {"cumulative sums backward", random_cumulative_sums, 1},
        {"approximate entropy m=2", random_approximate_entropy, 2},
        {"approximate entropy m=5", random_approximate_entropy, 5},
        {"linear complexity m=500", random_linear_complexity, 500},
        {"universal", random_universal, 0},
};

const size_t n_random_tests = ELEMENTSOF(random_tests);
_Static_assert(ELEMENTSOF(random_tests) <= RANDOM_TESTS_MAX, "too many tests for the records");

static size_t count_ones(const uint8_t *sample, size_t bits) {
        size_t ones = 0, i;

        for (i = 0; i < bits / 8; i++)
                ones += (size_t) __builtin_popcount(sample[i]);
        for (i *= 8; i < bits; i++)
                ones += sample_bit(sample, i);
        return ones;
}

/* Of a sum of n independent steps of -1 and 1. */
static double p_of_sum(double sum, double n) {
        return erfc(fabs(sum) / sqrt(2 * n));
}

double random_monobit(const uint8_t *sample, size_t bits, unsigned unused) {
        (void) unused;
        return p_of_sum(2 * (double) count_ones(sample, bits) - (double) bits, (double) bits);
}

double random_block_frequency(const uint8_t *sample, size_t bits, unsigned block) {
        size_t blocks = bits / block;
        double sum = 0;

        for (size_t i = 0; i < blocks; i++) {
                size_t ones = 0;

                for (size_t j = i * block; j < (i + 1) * block; j++)
                        ones += sample_bit(sample, j);
                sum += ((double) ones / block - 0.5) * ((double) ones / block - 0.5);
        }
        return gamma_q((double) blocks / 2, 2.0 * block * sum);
}

/* NIST SP 800-22, 2.3. */
double random_runs(const uint8_t *sample, size_t bits, unsigned unused) {
        double n = (double) bits, ones = (double) count_ones(sample, bits) / n, runs = 1;
        double expected = 2 * n * ones * (1 - ones);

        (void) unused;
        if (expected < 1) /* all bits alike */
                return 0;
        for (size_t i = 1; i < bits; i++)
                runs += sample_bit(sample, i) ^ sample_bit(sample, i - 1);
        return erfc(fabs(runs - expected) / (2 * sqrt(2 * n) * ones * (1 - ones)));
}

/* The greatest length of which at least five runs of either value are expected. */
static unsigned longest_expected(size_t bits) {
        unsigned k = 0;

        while (((double) bits - (k + 1) + 3) / pow(2, k + 3) >= 5)
                k++;
        return k;
}

/* GM/T 0005-2021: runs of each value by length, those of k and more together, against their share of all. */
double random_runs_distribution(const uint8_t *sample, size_t bits, unsigned unused) {
        unsigned k = longest_expected(bits), length = 1;
        size_t counts[2][64] = {}, total = 0;
        double v = 0;

        (void) unused;
        if (k < 2)
                return NAN;
        for (size_t i = 1; i <= bits; i++) {
                if (i < bits && sample_bit(sample, i) == sample_bit(sample, i - 1)) {
                        length++;
                        continue;
                }
                counts[sample_bit(sample, i - 1)][MIN_OF(length, k)]++;
                total++;
                length = 1;
        }
        for (unsigned i = 1; i <= k; i++) {
                double expected = (double) total / pow(2, i < k ? i + 1 : k);

                for (unsigned value = 0; value < 2; value++)
                        v += ((double) counts[value][i] - expected) * ((double) counts[value][i] - expected) /
                             expected;
        }
        return gamma_q(k - 1, v / 2);
}

static unsigned longest_run_of(const uint8_t *sample, size_t from, size_t to, unsigned value) {
        unsigned longest = 0, run = 0;

        for (size_t i = from; i < to; i++) {
                run = sample_bit(sample, i) == value ? run + 1 : 0;
                longest = MAX_OF(longest, run);
        }
        return longest;
}

double random_longest_run(const uint8_t *sample, size_t bits, unsigned value) {
        /* NIST SP 800-22, 3.4, M = 10,000: at most 10, 11, …, 15, at least 16 */
        static const double pi[7] = {0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727};
        const size_t block = 10000, blocks = bits / block;
        size_t counts[7] = {};
        double v = 0;

        for (size_t i = 0; i < blocks; i++) {
                unsigned longest = longest_run_of(sample, i * block, (i + 1) * block, value);

                counts[MIN_OF(MAX_OF(longest, 10U), 16U) - 10]++;
        }
        for (size_t i = 0; i < ELEMENTSOF(pi); i++) {
                double expected = (double) blocks * pi[i];

                v += ((double) counts[i] - expected) * ((double) counts[i] - expected) / expected;
        }
        return gamma_q(3, v / 2);
}

/* GM/T 0005-2021: neighbours are added modulo 2, k times over. What remains is a sum of the bits i..i+k with
 * the binomial coefficients that are odd: j with (k & j) == j. */
double random_binary_derivative(const uint8_t *sample, size_t bits, unsigned k) {
        double n = (double) (bits - k), sum = 0;

        for (size_t i = 0; i + k < bits; i++) {
                unsigned derived = 0;

                for (unsigned j = 0; j <= k; j++)
                        if ((k & j) == j)
                                derived ^= sample_bit(sample, i + j);
                sum += derived ? 1 : -1;
        }
        return p_of_sum(sum, n);
}

double random_autocorrelation(const uint8_t *sample, size_t bits, unsigned distance) {
        double n = (double) (bits - distance), differ = 0;

        for (size_t i = 0; i + distance < bits; i++)
                differ += sample_bit(sample, i) ^ sample_bit(sample, i + distance);
        return p_of_sum(2 * differ - n, n);
}

static double normal(double x) {
        return erfc(-x / sqrt(2)) / 2;
}

/* NIST SP 800-22, 2.13: of the greatest distance z of the walk from its start. */
static double p_of_excursion(double z, double n) {
        double sqrt_n = sqrt(n), p = 1;

        long last = (long) floor((n / z - 1) / 4);

        for (long k = (long) floor((-n / z + 1) / 4); k <= last; k++)
                p -= normal((4 * (double) k + 1) * z / sqrt_n) - normal((4 * (double) k - 1) * z / sqrt_n);
        for (long k = (long) floor((-n / z - 3) / 4); k <= last; k++)
                p += normal((4 * (double) k + 3) * z / sqrt_n) - normal((4 * (double) k + 1) * z / sqrt_n);
        return p;
}

double random_cumulative_sums(const uint8_t *sample, size_t bits, unsigned backward) {
        long sum = 0, z = 0;

        for (size_t i = 0; i < bits; i++) {
                sum += sample_bit(sample, backward ? bits - 1 - i : i) ? 1 : -1;
                z = MAX_OF(z, labs(sum));
        }
        return p_of_excursion((double) z, (double) bits);
}
