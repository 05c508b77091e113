#ifndef HSMD_POLL_SAMPLE_H
#define HSMD_POLL_SAMPLE_H
/* What an agent's answers say, a sample a sensor. */

#include "poll-table.h"

/* Makes the samples of a settled poll, at most POLL_SAMPLES_MAX, with number_of[i] as the number of the i-th
 * entry's item; heads, agent and poll are filled in. *ret is the caller's to free, NULL if there are none.
 * *ret_cut tells that rows were left out, since there are more than that or since not enough of them was read
 * to tell them. Returns how many, or -ENOMEM. */
int poll_samples(const PollTable *table, const uint32_t *number_of, uint32_t agent, uint64_t poll,
        MsgSample **ret, bool *ret_cut);

#endif
