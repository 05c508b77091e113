#include "random-health-continuous.h"

static bool repeats(Continuous *c, uint8_t octet) {
        c->run = c->run > 0 && octet == c->last ? c->run + 1 : 1;
        c->last = octet;
        return c->run >= REPETITION_CUTOFF;
}

/* 4.4.2: how often the first octet of a window comes within it, itself included. */
static bool exceeds_proportion(Continuous *c, uint8_t octet) {
        if (c->window == 0) {
                c->first = octet;
                c->equal = 0;
        }
        if (octet == c->first)
                c->equal++;
        c->window = (c->window + 1) % PROPORTION_WINDOW;
        return c->equal >= PROPORTION_CUTOFF;
}

/* A generator that was reset, or restored with its virtual machine, gives what it gave before. */
static bool comes_again(Continuous *c, const uint8_t *octets, size_t n) {
        if (n < DRAW_PREFIX)
                return false;
        for (size_t i = 0; i < c->n_draws; i++)
                if (memcmp(c->draws[i], octets, DRAW_PREFIX) == 0)
                        return true;
        memcpy(c->draws[c->next_draw], octets, DRAW_PREFIX);
        c->next_draw = (c->next_draw + 1) % DRAWS_KEPT;
        c->n_draws = MIN_OF(c->n_draws + 1, (size_t) DRAWS_KEPT);
        return false;
}

ContinuousFault continuous_feed(Continuous *c, const uint8_t *octets, size_t n) {
        bool repetition = false, proportion = false, again = comes_again(c, octets, n);

        for (size_t i = 0; i < n; i++) {
                repetition |= repeats(c, octets[i]);
                proportion |= exceeds_proportion(c, octets[i]);
        }
        return repetition   ? CONTINUOUS_REPETITION
               : proportion ? CONTINUOUS_PROPORTION
               : again      ? CONTINUOUS_DRAW_AGAIN
                            : CONTINUOUS_OK;
}
