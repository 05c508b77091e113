#ifndef HSMD_FAKE_AGENTS_H
#define HSMD_FAKE_AGENTS_H
/* Agents without a network: what the worker's sessions send comes here instead of into a socket, and what
 * they read comes from here. libnetsnmp's own code runs from the datagram's first octet on.
 *
 * Agents are told apart by the port of their address. Its request and message ids are constant, so that
 * answers that were recorded once fit for ever. */

#include "fuzz.h"

#define FAKE_AGENTS_MAX 2
#define FAKE_PORT 1001 /* of the first; the others follow */

/* What an agent does when no answer is left that it was given. */
typedef enum FakeManner {
        MANNER_SILENT,
        MANNER_EMPTY, /* answers v1 and v2c: has nothing of what was asked for */
} FakeManner;

typedef struct FakeAgent {
        FakeManner manner;
        FuzzInput answers; /* two octets of length, then the datagram; and so on. The length's highest bit:
                              the next one is sent after it at once */
        FILE *record;      /* instead: ask the real agent at `real`, and write down what it answers */
        uint16_t real;     /* a port of 127.0.0.1 */
        unsigned requests; /* received */
} FakeAgent;

/* The agents, until the next call; they outlive the worker's sessions. */
void fake_agents_begin(FakeAgent *agents, size_t n);

/* For FakeWorld: whether there is something to read. False for descriptors that are no agent's. */
bool fake_agents_readable(int fd);

#endif
