#ifndef HSMD_BENCH_SIGN_H
#define HSMD_BENCH_SIGN_H
/* The bench inside the probe, reached by --bench-sign alone: what libp11, OpenSSL and the recorder cost.
 *
 * From the ladder's top, with its first key that signs, it makes n signatures in each of three ways: by the
 * module's own functions, by the recorder's, and by libp11 as a health check does. Then n health checks
 * beside n signatures by the module's own functions with their verification. The ways take turns in ROUNDS
 * rounds, so that what disturbs the machine disturbs all of them, and ratios are the median of the rounds'.
 * Prints one line of JSON, in nanoseconds. */

#include "ladder.h"

/* Negative errno. */
int bench_sign(Ladder *ladder, unsigned n);

#endif
