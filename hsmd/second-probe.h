#ifndef HSMD_SECOND_PROBE_H
#define HSMD_SECOND_PROBE_H
/* A second probe process of a device, beside the one that checks it: to take that one's place without a gap,
 * or to measure. It climbs the ladder as any probe does, with a PIN that has already succeeded on this token
 * and with no other. What befalls it is no evidence of the machine: the first probe gives that. */

#include "device.h"

typedef struct SecondProbe SecondProbe;

typedef struct SecondProbeOps {
        /* It stands on top of its ladder. Until it is told otherwise (second_probe_expect) nothing limits how
         * long it may stay there. */
        void (*climbed)(SecondProbe *probe, const MsgProbeResult *result, void *userdata);
        /* It came to nothing, and its process has been ended; free it. how: in words, for the log. */
        void (*failed)(SecondProbe *probe, const char *how, void *userdata);
        /* Another message after the climb; false if it was not its turn. May be NULL. */
        bool (*message)(SecondProbe *probe, int type, const void *message, void *userdata);
} SecondProbeOps;

/* Starts one. -EAGAIN when the device has no PIN that has succeeded yet, else a negative errno. userdata must
 * outlive it. */
int second_probe_start(
        Device *device, bool measure, const SecondProbeOps *ops, void *userdata, SecondProbe **ret);

/* Closes the session and ends the process, if it is still there. */
SecondProbe *second_probe_free(SecondProbe *probe);

/* What its climb came to; NULL until it stands on top. */
const MsgProbeResult *second_probe_result(const SecondProbe *probe);

int second_probe_send(SecondProbe *probe, const MessageHead *message);
/* It has until then (CLOCK_MONOTONIC) to say what is expected of it; USEC_INFINITY: for ever. */
void second_probe_expect(SecondProbe *probe, usec_t deadline);
/* hsmd did not run for that long. */
void second_probe_extend(SecondProbe *probe, usec_t lateness);

/* Hands over the process and its ring; frees the rest. */
void second_probe_take(
        SecondProbe *probe, const WorkerOps *ops, void *userdata, Worker **ret_worker, Ring **ret_ring);

#endif
