#ifndef HSMD_RANDOM_HEALTH_RECORD_H
#define HSMD_RANDOM_HEALTH_RECORD_H
/* What one statistical test says of a generator over many samples. Pure: p-values in, a verdict out.
 *
 * A sound machine gives a p-value below 0.01 once in a hundred samples, and there are many tests and
 * machines: one never alarms. The test is repeated on fresh bits, and alarms when
 * - samples in a row fail with together 50 bits of evidence: a sample's is -log2 p, rounded down, at most 25.
 * So two samples at least, and for a sound machine less than 2^-40 a sample; a gross bias shows so;
 * - or too few of RANDOM_WINDOW samples pass, RANDOM_WINDOWS_ALARM times in a row on fresh bits: about 1.2e-7
 * for a sound machine; a slight bias shows so. Both rates are worked out exactly in the unit test. */

#include "macro.h"

#define RANDOM_WINDOW 100
#define RANDOM_WINDOWS_ALARM 4
#define RANDOM_CLEAR_SAMPLES 10    /* so many passes in a row end an alarm */
#define RANDOM_REPORT_SAMPLES 1000 /* what a report counts, before it begins anew */

typedef struct RandomRecord { /* zeroed to begin with */
        bool biased;
        unsigned passed, samples; /* of this window */
        unsigned windows;         /* in a row with too few passes */
        unsigned evidence;        /* bits, of failures in a row */
        unsigned passes;          /* in a row */
        unsigned report_passed, report_samples;
} RandomRecord;

/* Takes the p-value of one more sample; NAN counts for nothing. */
void random_record(RandomRecord *r, double p);

/* How many of k samples must pass one test at the level 0.01: p - 3 sqrt(p (1 - p) / k) of them, p = 0.99,
 * rounded up: 981 of 1,000, 97 of 100 (NIST SP 800-22, 4.2.1; GM/T 0005-2021 has the same for 1,000). */
unsigned random_required(unsigned k);

#endif
