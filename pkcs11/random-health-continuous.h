#ifndef HSMD_RANDOM_HEALTH_CONTINUOUS_H
#define HSMD_RANDOM_HEALTH_CONTINUOUS_H
/* Whether a generator is stuck, told from every octet that it gives: the repetition count and the adaptive
 * proportion test of NIST SP 800-90B, 4.4.1 and 4.4.2, for octets of full entropy, and whole draws that come
 * again.
 *
 * A check draws some 256 octets. Each test's cut-off is the least with which a sound generator raises a false
 * alarm in one such draw with a probability of at most 2^-40:
 * - repetition: 256 places where C equal octets may begin, 2^(8 - 8(C-1)) <= 2^-40, so C = 7;
 * - proportion: of the 511 octets of a window after its first, each equal to it with 1/256, C-1 or more are
 *   so; the binomial tail is 2^-40.93 for C = 20 and 2^-37.63 for C = 19. */

#include "macro.h"

#define REPETITION_CUTOFF 7
#define PROPORTION_WINDOW 512
#define PROPORTION_CUTOFF 20
#define DRAWS_KEPT 256
#define DRAW_PREFIX 16 /* octets of a draw that are compared; shorter draws are not */

typedef enum ContinuousFault {
        CONTINUOUS_OK = 1,
        CONTINUOUS_REPETITION, /* one octet REPETITION_CUTOFF times in a row */
        CONTINUOUS_PROPORTION, /* one octet PROPORTION_CUTOFF times in a window */
        CONTINUOUS_DRAW_AGAIN, /* a draw begins as one of the last DRAWS_KEPT did */
} ContinuousFault;

typedef struct Continuous { /* zeroed to begin with */
        unsigned run, window, equal;
        uint8_t last, first;
        size_t n_draws, next_draw;
        uint8_t draws[DRAWS_KEPT][DRAW_PREFIX];
} Continuous;

/* Takes one draw, as it came from one call. A fault is told in each draw in which it shows. */
ContinuousFault continuous_feed(Continuous *c, const uint8_t *octets, size_t n);

#endif
