#ifndef HSMD_ATTEMPT_H
#define HSMD_ATTEMPT_H
/* One attempt, a climb or a check: which rung is being tried, how long each took, and what failed first. */

#include "protocol.h"
#include "recorder.h"

typedef struct Attempt {
        MsgProbeResult result;
        const Recorder *recorder;
        const MsgProbeConfig *config; /* whose vendor's returns have names and classes */
        Ring *ring;                   /* is told the rung */
        usec_t started;
        Step step; /* the rung being tried */
        usec_t step_started;
        usec_t waited; /* within this rung, for hsmd: not the machine's time */
} Attempt;

void attempt_start(Attempt *attempt, uint64_t number, const MsgProbeConfig *config, const Recorder *recorder,
        Ring *ring);

/* The attempt is over: the probe is on no rung. */
void attempt_finish(Attempt *attempt);

/* A rung begins, a rung ends: its latency is added up. */
void attempt_begin(Attempt *attempt, Step step);
void attempt_end(Attempt *attempt);

/* The attempt fails at the rung being tried; only the first failure counts. Always returns -EPROTO. The
 * format is English for people; what is not printable ASCII is replaced. */
int attempt_fail(Attempt *attempt, Reason reason, const char *format, ...) PRINTF(3, 4);

/* Before attempt_fail: the failure is that of a PKCS#11 call. The recorder tells which, what it returned and
 * how long it took. */
void attempt_blame_call(Attempt *attempt);

/* Both, with the usual words. */
int attempt_fail_call(Attempt *attempt, Reason reason, const char *what);

/* What a return of a call means: REASON_CALL_FAILED, or what the standard or the vendor's class of it says.
 */
Reason attempt_reason_of(const Attempt *attempt, CK_RV rv);
ReturnClass attempt_class_of(const Attempt *attempt, CK_RV rv); /* 0: none */
/* "CKR_…" of the standard or the vendor. */
const char *attempt_return_name(const Attempt *attempt, CK_RV rv, char buffer[static 24]);

/* The CK_RV of the last call that failed in this rung, CKR_OK if none did. */
CK_RV attempt_last_rv(const Attempt *attempt);

#endif
