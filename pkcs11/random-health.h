#ifndef HSMD_RANDOM_HEALTH_H
#define HSMD_RANDOM_HEALTH_H
/* Random health check (with reference to GM/T 0005-2021) of one machine, over the octets that its
 * C_GenerateRandom gives bit by bit over weeks. It finds generators that are stuck or biased; it can not show
 * that one is good, and nothing here may be worded as if it did.
 *
 * Two ways to fail:
 * - stuck: told from each octet as it comes (random-health-continuous.h);
 * - biased: told from samples of 10^6 bits by the tests of random-health-tests.h; what one of them finds over
 * many samples is judged in random-health-record.h.
 *
 * An alarm ends by itself: stuck after RANDOM_CLEAR_OCTETS without a fault, biased after a row of samples
 * that pass. Not safe for several threads. */

#include "random-health-tests.h"

#define RANDOM_CLEAR_OCTETS 4096
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

/* For reports: of test i (0..n_random_tests - 1) how many samples passed, of how many; both begin anew after
 * 1,000. */
void random_health_passed(const RandomHealth *h, size_t i, unsigned *ret_passed, unsigned *ret_samples);

static inline void random_health_freep(RandomHealth **h) {
        random_health_free(*h);
}
#define CLEANUP_RANDOM_HEALTH CLEANUP(random_health_freep)

#endif
