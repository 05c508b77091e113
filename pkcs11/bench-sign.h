#ifndef HSMD_BENCH_SIGN_H
#define HSMD_BENCH_SIGN_H
/* The bench inside the probe, reached by --bench-sign alone: what libp11 and the recorder cost. */

#include "ladder.h"

/* Signs n times each way, in turns, on the ladder's top with its first key that signs, and prints one line of
 * JSON. Negative errno. */
int bench_sign(Ladder *ladder, unsigned n);

#endif
