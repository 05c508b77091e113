#ifndef HSMD_RANDOM_HEALTH_H
#define HSMD_RANDOM_HEALTH_H
/* Random health check (with reference to GM/T 0005-2021) of one machine, over the octets that its
 * C_GenerateRandom gives bit by bit over weeks. It finds generators that are stuck or biased; it can not show
 * that one is good, and nothing here may be worded as if it did.
 *
 * Two ways to fail:
 * - stuck: told from each octet as it comes (random-health-continuous.h);
 * - biased: told from samples of 10^6 bits by the tests of random-health-tests.h. Of p-values below 0.01 a
 * sound machine gives one in a hundred, so one of them never alarms: the test is repeated on fresh bits, and
 * alarms when
 *   + samples in a row fail with together 50 bits of evidence: a sample's is -log2 p, rounded down, at
 * most 24. So two samples at least, and for a sound machine less than 2^-40 a sample (worked out exactly in
 * the unit test); a gross bias shows so;
 *   + or too few of 100 samples pass, fewer than random_health_required(100), four times in a row on fresh
 *     bits: about 1.2e-7 for a sound machine each 400 samples; a slight bias shows so.
 *
 * An alarm ends by itself: stuck after RANDOM_CLEAR_OCTETS without a fault, biased after RANDOM_CLEAR_SAMPLES
 * in a row passing that test. Not safe for several threads. */

#include "random-health-tests.h"

#define RANDOM_CLEAR_OCTETS 4096
#define RANDOM_CLEAR_SAMPLES 10
#define RANDOM_TEXT_MAX 160

typedef enum RandomVerdict {
        RANDOM_OK = 1, /* nothing found */
        RANDOM_STUCK,
        RANDOM_BIASED,
} RandomVerdict;

typedef struct RandomHealth RandomHealth;

/* NULL without memory. About 7 KiB, and 125,000 octets more from the first octets fed on. */
RandomHealth *random_health_new(void);

/* Always NULL. */
RandomHealth *random_health_free(RandomHealth *h);

/* Takes one draw as it came from one call; some microseconds. While a whole sample is being tested (one that
 * waits for random_health_step) octets are judged for being stuck, but go into no sample. */
RandomVerdict random_health_feed(RandomHealth *h, const uint8_t *octets, size_t n);

/* If a whole sample is there: one of its tests, at most some 20 ms of processor time (60 ms all together);
 * true if there is another to do. Called once after each draw, it spreads a sample's tests over as many
 * checks. */
bool random_health_step(RandomHealth *h);

/* As of the last feed or step. */
RandomVerdict random_health_verdict(const RandomHealth *h);

/* The verdict in one English sentence of printable ASCII; says that nothing was found, never more. */
void random_health_text(const RandomHealth *h, char text[static RANDOM_TEXT_MAX]);

/* How many of k samples must pass one test at the level 0.01: p - 3 sqrt(p (1 - p) / k) of them, p = 0.99,
 * rounded up: 981 of 1,000, 97 of 100 (NIST SP 800-22, 4.2.1; the standard's number for 1,000). */
unsigned random_health_required(unsigned k);

/* For reports: of test i (0..n_random_tests - 1) how many samples passed, of how many; both begin anew after
 * 1,000. */
void random_health_passed(const RandomHealth *h, size_t i, unsigned *ret_passed, unsigned *ret_samples);

static inline void random_health_freep(RandomHealth **h) {
        random_health_free(*h);
}
#define CLEANUP_RANDOM_HEALTH CLEANUP(random_health_freep)

#endif
