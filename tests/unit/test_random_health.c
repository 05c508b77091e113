/* The random health check: its tests are the published ones, a good stream passes, a bad one does not for
 * long. */

#include "unit.h"

#include <math.h>
#include <openssl/bn.h>
#include <openssl/evp.h>

#include "pkcs11/random-health-continuous.h"
#include "pkcs11/random-health-gamma.h"
#include "pkcs11/random-health-record.h"
#include "pkcs11/random-health.h"

static void assert_near(double a, double b, double tolerance) {
        if (!(fabs(a - b) <= tolerance))
                fail_msg("%.9f is not %.9f", a, b);
}

/* ---- streams ---- */

/* AES-128 in counter mode under a key of our own: the same good stream in every run. */
typedef struct Stream {
        EVP_CIPHER_CTX *ctx;
        double p_one; /* 0: as it is; else each bit is one with this probability */
} Stream;

static Stream stream_new(uint8_t number, double p_one) {
        const uint8_t key[16] = {number}, iv[16] = {};
        Stream s = {EVP_CIPHER_CTX_new(), p_one};

        assert_int_equal(EVP_EncryptInit_ex(s.ctx, EVP_aes_128_ctr(), NULL, key, iv), 1);
        return s;
}

static void stream_done(Stream *s) {
        EVP_CIPHER_CTX_free(s->ctx);
}
#define CLEANUP_STREAM CLEANUP(stream_done)

static void good(Stream *s, uint8_t *dst, size_t size) {
        int n;

        memset(dst, 0, size);
        assert_int_equal(EVP_EncryptUpdate(s->ctx, dst, &n, dst, (int) size), 1);
}

static uint8_t biased_octet(Stream *s) {
        uint16_t draws[8];
        unsigned octet = 0;

        good(s, (uint8_t *) draws, sizeof(draws));
        for (size_t i = 0; i < 8; i++)
                octet = octet << 1 | (draws[i] < s->p_one * 65536);
        return (uint8_t) octet;
}

static void stream_read(Stream *s, uint8_t *dst, size_t size) {
        if (s->p_one == 0) {
                good(s, dst, size);
                return;
        }
        for (size_t i = 0; i < size; i++)
                dst[i] = biased_octet(s);
}

/* Feeds whole samples and does all their tests; the number of the sample with which the verdict comes, or 0.
 */
static unsigned samples_until(RandomHealth *h, Stream *s, RandomVerdict verdict, unsigned most) {
        static uint8_t draw[25000];

        for (unsigned n = 1; n <= most; n++) {
                for (int i = 0; i < 5; i++) {
                        stream_read(s, draw, sizeof(draw));
                        random_health_feed(h, draw, sizeof(draw));
                }
                while (random_health_step(h))
                        ;
                if (random_health_verdict(h) == verdict)
                        return n;
        }
        return 0;
}

/* ---- the tests are the published ones ---- */

static void gamma_is_that_of_closed_forms(void **state) {
        (void) state;
        double x = 0.001;

        for (int i = 0; i < 51; i++) { /* up to 498 */
                double term = exp(-x), sum = term;

                assert_near(gamma_q(0.5, x), erfc(sqrt(x)), 1e-13);
                assert_near(gamma_q(1, x), exp(-x), 1e-13);
                for (int k = 1; k < 40; k++)
                        sum += term *= x / k; /* e^-x (1 + x + … + x^39 / 39!) = Q(40, x) */
                assert_near(gamma_q(40, x), sum, 1e-12);
                x *= 1.3;
        }
        /* far out the relative error counts: evidence is a logarithm */
        assert_near(log2(gamma_q(3, 100)), log2(exp(-100.0) * (1 + 100 + 5000)), 1e-9);
        assert_near(gamma_q(50, 0), 1, 0);
        /* NIST SP 800-22, the cephes values in its examples */
        assert_near(gamma_q(1.5, 0.5), 0.801252, 1e-6);
}

static void pack(const char *bits, uint8_t *dst) {
        for (size_t i = 0; bits[i]; i++)
                dst[i / 8] = (uint8_t) ((i % 8 ? dst[i / 8] : 0) | (bits[i] == '1') << (7 - i % 8));
}

/* The examples of GM/T 0005's annex: 128 bits, and the 100 of pi that are NIST SP 800-22's too. */
static void standards_examples(void **state) {
        uint8_t s[16];

        (void) state;
        pack("1100110000010101011011000100110011100000000000100100110101010001"
             "0001001111010110100000001101011111001100111001101101100010110010",
                s);
        assert_near(random_monobit(s, 128, 0), 0.215925, 1e-6);
        assert_near(random_poker(s, 128, 4), 0.213734, 1e-6);
        assert_near(random_serial_first(s, 128, 2), 0.436868, 1e-6);
        assert_near(random_serial_second(s, 128, 2), 0.723674, 1e-6);
        assert_near(random_runs(s, 128, 0), 0.620729, 1e-6);
        assert_near(random_runs_distribution(s, 128, 0), 0.970152, 1e-6);
        assert_near(random_binary_derivative(s, 128, 3), 0.039669, 1e-6);
        assert_near(random_autocorrelation(s, 128, 1), 0.790080, 1e-6);
        pack("11001001000011111101101010100010001000010110100011"
             "00001000110100110001001100011001100010100010111000",
                s);
        assert_near(random_monobit(s, 100, 0), 0.109599, 1e-6);
        assert_near(random_block_frequency(s, 100, 10), 0.706438, 1e-6);
        assert_near(random_runs(s, 100, 0), 0.500798, 1e-6);
        assert_near(random_cumulative_sums(s, 100, 0), 0.219194, 1e-6);
        assert_near(random_cumulative_sums(s, 100, 1), 0.114866, 1e-6);
        assert_near(random_approximate_entropy(s, 100, 2), 0.235301, 1e-6);
}

/* p / q = the sum of 1 / k! over a < k <= b, without 1 / a!. */
static void sum_of_inverses(unsigned a, unsigned b, BIGNUM *p, BIGNUM *q, BN_CTX *ctx) {
        unsigned middle = (a + b) / 2;
        BIGNUM *p2, *q2;

        if (b - a == 1) {
                BN_one(p);
                BN_set_word(q, b);
                return;
        }
        p2 = BN_new();
        q2 = BN_new();
        sum_of_inverses(a, middle, p, q, ctx);
        sum_of_inverses(middle, b, p2, q2, ctx);
        BN_mul(p, p, q2, ctx);
        BN_add(p, p, p2);
        BN_mul(q, q, q2, ctx);
        BN_free(p2);
        BN_free(q2);
}

/* The first 10^6 binary digits of e, "10" before the point among them: NIST SP 800-22's data.e. */
static void digits_of_e(uint8_t dst[static RANDOM_SAMPLE_OCTETS]) {
        BIGNUM *p = BN_new(), *q = BN_new();
        BN_CTX *ctx = BN_CTX_new();

        sum_of_inverses(0, 70000, p, q, ctx); /* 70000! > 2^1000000 */
        BN_add(p, p, q);
        BN_lshift(p, p, RANDOM_SAMPLE_BITS - 2);
        BN_div(p, NULL, p, q, ctx);
        assert_int_equal(BN_num_bits(p), RANDOM_SAMPLE_BITS);
        BN_bn2bin(p, dst);
        BN_free(p);
        BN_free(q);
        BN_CTX_free(ctx);
}

/* NIST SP 800-22 rev. 1a, appendix B: results for the expansion of e. */
static void nists_results_for_e(void **state) {
        static uint8_t e[RANDOM_SAMPLE_OCTETS];

        (void) state;
        digits_of_e(e);
        assert_near(random_monobit(e, RANDOM_SAMPLE_BITS, 0), 0.953749, 1e-6);
        assert_near(random_block_frequency(e, RANDOM_SAMPLE_BITS, 128), 0.211072, 1e-6);
        assert_near(random_cumulative_sums(e, RANDOM_SAMPLE_BITS, 0), 0.669887, 1e-6);
        assert_near(random_cumulative_sums(e, RANDOM_SAMPLE_BITS, 1), 0.724266, 1e-6);
        assert_near(random_runs(e, RANDOM_SAMPLE_BITS, 0), 0.561917, 1e-6);
        assert_near(random_longest_run(e, RANDOM_SAMPLE_BITS, 1), 0.718945, 1e-6);
        assert_near(random_matrix_rank(e, RANDOM_SAMPLE_BITS, 0), 0.306156, 1e-6);
        assert_near(random_approximate_entropy(e, RANDOM_SAMPLE_BITS, 10), 0.700073, 1e-6);
        assert_near(random_serial_first(e, RANDOM_SAMPLE_BITS, 16), 0.766182, 1e-6);
        assert_near(random_serial_second(e, RANDOM_SAMPLE_BITS, 16), 0.462921, 1e-6);
        /* 0.826335 with the constant of NIST's program, 0.01047 where its document has 1/96 */
        assert_near(random_linear_complexity(e, RANDOM_SAMPLE_BITS, 500), 0.826194, 1e-6);
        assert_near(random_universal(e, RANDOM_SAMPLE_BITS, 0), 0.282568, 1e-6);
}

/* Over many samples of a good stream each test's p-values must be spread evenly: a wrong constant shows. */
static void p_values_of_a_good_stream_are_even(void **state) {
#ifdef HSMD_SANITIZE
        const unsigned samples = 10;
#else
        const unsigned samples = 60;
#endif
        static uint8_t sample[RANDOM_SAMPLE_OCTETS];
        CLEANUP_STREAM Stream s = stream_new(1, 0);
        double sums[RANDOM_TESTS_MAX] = {};

        (void) state;
        for (unsigned n = 0; n < samples; n++) {
                stream_read(&s, sample, sizeof(sample));
                for (size_t i = 0; i < n_random_tests; i++)
                        sums[i] +=
                                random_tests[i].test(sample, RANDOM_SAMPLE_BITS, random_tests[i].parameter);
        }
        for (size_t i = 0; i < n_random_tests; i++) {
                double mean = sums[i] / samples;

                /* the mean of k even numbers lies within 4.5 / sqrt(12 k) of one half */
                if (fabs(mean - 0.5) > 4.5 / sqrt(12.0 * samples))
                        fail_msg("%s: mean p-value %.3f", random_tests[i].name, mean);
        }
}

/* A sample without any randomness fails every test but one: the lengths of runs are judged by their share of
 * all runs, and here is a single one. */
static void constant_sample_fails(void **state) {
        static uint8_t sample[RANDOM_SAMPLE_OCTETS];

        (void) state;
        for (size_t i = 0; i < n_random_tests; i++)
                assert_true(
                        random_tests[i].test(sample, RANDOM_SAMPLE_BITS, random_tests[i].parameter) < 1e-9 ||
                        streq(random_tests[i].name, "runs distribution"));
}

/* ---- false alarms, exactly ---- */

/* The probability that a binomial variable is at least k. */
static double binomial_tail(unsigned n, double p, unsigned k) {
        double sum = 0;

        for (unsigned i = n; i + 1 > k; i--)
                sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(p) +
                           (n - i) * log1p(-p));
        return sum;
}

static void cutoffs_are_the_least_for_a_false_alarm_rate_of_2_to_the_minus_40(void **state) {
        double rate = ldexp(1, -40);

        (void) state;
        /* of 256 places in a draw */
        assert_true(256 * pow(256, -(REPETITION_CUTOFF - 1)) <= rate);
        assert_true(256 * pow(256, -(REPETITION_CUTOFF - 2)) > rate);
        assert_true(binomial_tail(PROPORTION_WINDOW - 1, 1.0 / 256, PROPORTION_CUTOFF - 1) <= rate);
        assert_true(binomial_tail(PROPORTION_WINDOW - 1, 1.0 / 256, PROPORTION_CUTOFF - 2) > rate);
}

/* The chance that failures in a row, beginning with a given sample, reach 50 bits: over all sums of what one
 * failure can give. */
static void evidence_alarms_falsely_less_than_2_to_the_minus_40(void **state) {
        double at[50] = {1}, alarm = 0;

        (void) state;
        for (unsigned bits = 0; bits < 50; bits++) /* sums only grow */
                for (unsigned k = 6; k <= 25 && at[bits] > 0; k++) {
                        double p = k == 6    ? 0.01 - ldexp(1, -7)
                                   : k == 25 ? ldexp(1, -25)
                                             : ldexp(1, -(int) k - 1);

                        if (bits + k >= 50)
                                alarm += at[bits] * p;
                        else
                                at[bits + k] += at[bits] * p;
                }
        assert_true(alarm > 0 && alarm <= ldexp(1, -40));
}

static void proportion_is_that_of_the_standard(void **state) {
        double window = binomial_tail(100, 0.01, 100 - random_required(100) + 1);

        (void) state;
        assert_int_equal(random_required(1000), 981);
        assert_int_equal(random_required(100), 97);
        assert_near(window, 0.018374, 1e-6);
        assert_true(pow(window, 4) < 1.2e-7);
}

/* ---- one test over many samples ---- */

/* The number of the p-value with which the record is biased; 0 if it never is. */
static unsigned values_until_biased(RandomRecord *r, const double *p, size_t n, unsigned most) {
        for (unsigned i = 0; i < most; i++) {
                random_record(r, p[i % n]);
                if (r->biased)
                        return i + 1;
        }
        return 0;
}

static void failures_in_a_row_add_up(void **state) {
        static const double gross[] = {1e-30}, weak[] = {0.009}, broken[] = {1e-30, 0.5}, zero[] = {0};

        (void) state;
        assert_int_equal(values_until_biased(&(RandomRecord){}, gross, 1, 10), 2);
        assert_int_equal(values_until_biased(&(RandomRecord){}, zero, 1, 10), 2);
        assert_int_equal(values_until_biased(&(RandomRecord){}, weak, 1, 20), 9); /* 6 bits each */
        assert_int_equal(values_until_biased(&(RandomRecord){}, broken, 2, 100), 0);
}

/* Never two in a row, one of ten: only the proportion tells, and only after four windows. */
static void too_few_passes_are_repeated_on_fresh_windows(void **state) {
        static const double p[10] = {0.005, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
        RandomRecord r = {};

        (void) state;
        assert_int_equal(values_until_biased(&r, p, 10, 1000), RANDOM_WINDOWS_ALARM * RANDOM_WINDOW);
        assert_int_equal(r.report_samples, 400);
        assert_int_equal(r.report_passed, 360);
}

static void one_good_window_begins_the_count_anew(void **state) {
        RandomRecord r = {};

        (void) state;
        for (int window = 0; window < 20; window++)
                for (int i = 0; i < RANDOM_WINDOW; i++) {
                        random_record(&r, window % 4 != 3 && i % 10 == 0 ? 0.005 : 0.5);
                        assert_false(r.biased);
                }
}

static void alarm_ends_after_passes_in_a_row(void **state) {
        RandomRecord r = {};

        (void) state;
        random_record(&r, 0);
        random_record(&r, 0);
        for (int i = 0; i < RANDOM_CLEAR_SAMPLES; i++) {
                assert_true(r.biased);
                random_record(&r, 0.5);
        }
        assert_false(r.biased);
}

static void value_that_could_not_be_told_counts_for_nothing(void **state) {
        RandomRecord r = {};

        (void) state;
        random_record(&r, NAN);
        assert_int_equal(r.report_samples, 0);
        random_record(&r, 0);
        random_record(&r, NAN);
        random_record(&r, 0);
        assert_true(r.biased);
}

/* Ten years of nine sound machines with 25 tests each. */
static void even_values_never_alarm(void **state) {
        CLEANUP_STREAM Stream s = stream_new(15, 0);
        RandomRecord r = {};
        static uint32_t draws[65536];

        (void) state;
        for (int block = 0; block < 200; block++) { /* 13 million samples */
                stream_read(&s, (uint8_t *) draws, sizeof(draws));
                for (size_t i = 0; i < ELEMENTSOF(draws); i++) {
                        random_record(&r, (draws[i] + 0.5) / 4294967296.0);
                        assert_true(!r.biased);
                }
        }
}

static void report_begins_anew_after_a_thousand(void **state) {
        RandomRecord r = {};

        (void) state;
        for (int i = 0; i < 1000; i++)
                random_record(&r, 0.5);
        assert_int_equal(r.report_samples, 1000);
        random_record(&r, 0.005);
        assert_int_equal(r.report_samples, 1);
        assert_int_equal(r.report_passed, 0);
}

/* ---- verdicts ---- */

static void good_stream_is_ok(void **state) {
#ifdef HSMD_SANITIZE
        const unsigned samples = 10;
#else
        const unsigned samples = 60;
#endif
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(3, 0);
        unsigned passed, of, all = 0;

        (void) state;
        assert_int_equal(samples_until(h, &s, RANDOM_BIASED, samples), 0);
        assert_int_equal(random_health_verdict(h), RANDOM_OK);
        for (size_t i = 0; i < n_random_tests; i++) {
                random_health_passed(h, i, &passed, &of);
                assert_int_equal(of, samples);
                all += passed;
        }
        assert_true(all >= random_required(samples * (unsigned) n_random_tests));
}

static void stuck_octet_is_told_at_once(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(4, 0);
        uint8_t draw[256], stuck[7] = {};
        char text[RANDOM_TEXT_MAX];

        (void) state;
        stream_read(&s, draw, sizeof(draw));
        assert_int_equal(random_health_feed(h, draw, sizeof(draw)), RANDOM_OK);
        assert_int_equal(random_health_feed(h, stuck, 6), RANDOM_OK);
        assert_int_equal(random_health_feed(h, stuck, 1), RANDOM_STUCK); /* over two draws */
        random_health_text(h, text);
        assert_string_equal(text, "random health check (with reference to GM/T 0005-2021): stuck: one octet "
                                  "too often in a row");
}

static void octet_that_comes_too_often_is_told_in_its_window(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        uint8_t draw[512];

        (void) state;
        for (size_t i = 0; i < sizeof(draw); i++)
                draw[i] = (uint8_t) (i % 25 == 0 ? 0xaa : i % 160); /* 21 times, never in a row */
        assert_int_equal(random_health_feed(h, draw, sizeof(draw)), RANDOM_STUCK);
}

static void same_draw_again_is_stuck(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(5, 0);
        uint8_t first[32], draw[32];
        char text[RANDOM_TEXT_MAX];

        (void) state;
        stream_read(&s, first, sizeof(first));
        assert_int_equal(random_health_feed(h, first, sizeof(first)), RANDOM_OK);
        for (int i = 0; i < DRAWS_KEPT - 1; i++) {
                stream_read(&s, draw, sizeof(draw));
                assert_int_equal(random_health_feed(h, draw, sizeof(draw)), RANDOM_OK);
        }
        assert_int_equal(random_health_feed(h, first, sizeof(first)), RANDOM_STUCK);
        random_health_text(h, text);
        assert_non_null(strstr(text, "a draw came again"));
}

static void stuck_ends_after_enough_clean_octets(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(6, 0);
        uint8_t draw[256] = {};

        (void) state;
        assert_int_equal(random_health_feed(h, draw, sizeof(draw)), RANDOM_STUCK);
        for (size_t fed = 0; fed < 2 * PROPORTION_WINDOW; fed += sizeof(draw)) {
                stream_read(&s, draw, sizeof(draw)); /* the window that was spoilt goes on */
                assert_int_equal(random_health_feed(h, draw, sizeof(draw)), RANDOM_STUCK);
        }
        for (size_t fed = 0; fed < RANDOM_CLEAR_OCTETS; fed += sizeof(draw)) {
                stream_read(&s, draw, sizeof(draw));
                random_health_feed(h, draw, sizeof(draw));
        }
        assert_int_equal(random_health_verdict(h), RANDOM_OK);
}

static void fault_that_comes_back_begins_the_count_of_clean_octets_anew(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(16, 0);
        uint8_t draw[256], stuck[REPETITION_CUTOFF] = {};

        (void) state;
        for (int fault = 0; fault < 2; fault++) {
                random_health_feed(h, stuck, sizeof(stuck));
                for (size_t fed = 0; fed < RANDOM_CLEAR_OCTETS - sizeof(draw); fed += sizeof(draw)) {
                        stream_read(&s, draw, sizeof(draw));
                        assert_int_equal(random_health_feed(h, draw, sizeof(draw)), RANDOM_STUCK);
                }
        }
}

static void bias_is_told_from_the_second_sample_on(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(7, 0.55);
        char text[RANDOM_TEXT_MAX];

        (void) state;
        assert_int_equal(samples_until(h, &s, RANDOM_BIASED, 3), 2);
        random_health_text(h, text);
        assert_string_equal(text, "random health check (with reference to GM/T 0005-2021): biased: "
                                  "the test monobit fails on sample after sample");
}

static void slight_bias_is_told_within_a_few_samples(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(8, 0.503);
        unsigned n = samples_until(h, &s, RANDOM_BIASED, 8);

        (void) state;
        assert_true(n >= 2 && n <= 8);
}

static void bias_ends_after_enough_good_samples(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream bad = stream_new(10, 0.55), fine = stream_new(11, 0);
        unsigned n;

        (void) state;
        assert_int_equal(samples_until(h, &bad, RANDOM_BIASED, 3), 2);
        n = samples_until(h, &fine, RANDOM_OK, 3 * RANDOM_CLEAR_SAMPLES);
        assert_true(n >= RANDOM_CLEAR_SAMPLES);
}

/* One bad sample of 10^6 bits among good ones, however bad, is repeated and not alarmed. */
static void single_failed_sample_is_no_alarm(void **state) {
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream bad = stream_new(12, 0.55), fine = stream_new(13, 0);

        (void) state;
        for (int i = 0; i < 2; i++) {
                assert_int_equal(samples_until(h, &bad, RANDOM_BIASED, 1), 0);
                assert_int_equal(samples_until(h, &fine, RANDOM_BIASED, 1), 0);
        }
}

static void tests_are_done_one_a_step(void **state) {
        static uint8_t draw[RANDOM_SAMPLE_OCTETS - 1];
        CLEANUP_RANDOM_HEALTH RandomHealth *h = random_health_new();
        CLEANUP_STREAM Stream s = stream_new(14, 0);
        size_t steps = 1;

        (void) state;
        assert_false(random_health_step(h));
        stream_read(&s, draw, sizeof(draw));
        random_health_feed(h, draw, sizeof(draw));
        assert_false(random_health_step(h)); /* an octet is missing */
        random_health_feed(h, draw, 1);
        while (random_health_step(h))
                steps++;
        assert_int_equal(steps, n_random_tests);
        assert_false(random_health_step(h)); /* the next sample is empty */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(gamma_is_that_of_closed_forms),
                cmocka_unit_test(standards_examples),
                cmocka_unit_test(nists_results_for_e),
                cmocka_unit_test(p_values_of_a_good_stream_are_even),
                cmocka_unit_test(constant_sample_fails),
                cmocka_unit_test(cutoffs_are_the_least_for_a_false_alarm_rate_of_2_to_the_minus_40),
                cmocka_unit_test(evidence_alarms_falsely_less_than_2_to_the_minus_40),
                cmocka_unit_test(proportion_is_that_of_the_standard),
                cmocka_unit_test(failures_in_a_row_add_up),
                cmocka_unit_test(too_few_passes_are_repeated_on_fresh_windows),
                cmocka_unit_test(one_good_window_begins_the_count_anew),
                cmocka_unit_test(alarm_ends_after_passes_in_a_row),
                cmocka_unit_test(value_that_could_not_be_told_counts_for_nothing),
                cmocka_unit_test(even_values_never_alarm),
                cmocka_unit_test(report_begins_anew_after_a_thousand),
                cmocka_unit_test(good_stream_is_ok),
                cmocka_unit_test(stuck_octet_is_told_at_once),
                cmocka_unit_test(octet_that_comes_too_often_is_told_in_its_window),
                cmocka_unit_test(same_draw_again_is_stuck),
                cmocka_unit_test(stuck_ends_after_enough_clean_octets),
                cmocka_unit_test(fault_that_comes_back_begins_the_count_of_clean_octets_anew),
                cmocka_unit_test(bias_is_told_from_the_second_sample_on),
                cmocka_unit_test(slight_bias_is_told_within_a_few_samples),
                cmocka_unit_test(bias_ends_after_enough_good_samples),
                cmocka_unit_test(single_failed_sample_is_no_alarm),
                cmocka_unit_test(tests_are_done_one_a_step),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
