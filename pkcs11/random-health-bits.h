#ifndef HSMD_RANDOM_HEALTH_BITS_H
#define HSMD_RANDOM_HEALTH_BITS_H

#include "macro.h"

/* Bit i of a sample, the most significant of an octet first. */
static inline unsigned sample_bit(const uint8_t *sample, size_t i) {
        return sample[i / 8] >> (7 - i % 8) & 1U;
}

#endif
