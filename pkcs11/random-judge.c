#include "random-judge.h"

/* Repetition count test (SP 800-90B, 4.4.1) for 8 bits of entropy an octet and a false alarm rate of 2^-40: 1
 * + 40 / 8. */
#define REPETITIONS 6

void random_judge(RandomJudge *j, const uint8_t *octets, size_t n) {
        for (size_t i = 0; i < n; i++) {
                j->run = j->run > 0 && octets[i] == j->last ? j->run + 1 : 1;
                j->last = octets[i];
                if (j->run < REPETITIONS || j->weak)
                        continue;
                j->weak = true;
                snprintf(j->words, sizeof(j->words),
                        "random health check: one octet came %u times in a row: stuck", j->run);
        }
}
