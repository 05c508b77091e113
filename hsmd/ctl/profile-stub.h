#ifndef HSMD_CTL_PROFILE_STUB_H
#define HSMD_CTL_PROFILE_STUB_H
/* A first draft of a sensor profile, from what an SNMP agent served when it was walked. Pure.
 *
 * Standard MIBs that hsmd has a profile for are only named. The vendor's own numbers (1.3.6.1.4.1, without
 * net-snmp's) become entries: instances one by one, a table's column as a whole, beside the texts that name
 * its rows. What they mean and in which unit nobody can tell from here: that is left to the engineer, with
 * what each said as a comment. */

#include "options.h"
#include "protocol.h"

/* So many entries are written as ones that count; further ones, and a table's own index, as comments. */
#define STUB_ACTIVE_MAX 40
/* Of the profile and the standard ones together, as in hsmd.conf: [ "entity-sensor", "bureau-1" ] */
#define STUB_LINE_SIZE 256

typedef struct StubResult {
        size_t entries;  /* that count */
        size_t comments; /* that are only comments */
        char profiles[STUB_LINE_SIZE];
} StubResult;

/* Writes the profile named `profile` of the given agent; nothing when the vendor serves no number of its own
 * (then the result names the standard profiles alone). Sorts what was found. -ENOMEM. */
int profile_stub(FILE *f, Lang lang, const char *agent, const char *profile, PollFound *found, size_t n,
        StubResult *ret);

#endif
