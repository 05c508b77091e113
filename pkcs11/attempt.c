#include "attempt.h"

#include <stdarg.h>

void attempt_start(Attempt *attempt, uint64_t number, const Recorder *recorder, Ring *ring) {
        *attempt = (Attempt){
                .result = MESSAGE(MsgProbeResult, MSG_PROBE_RESULT),
                .recorder = recorder,
                .ring = ring,
                .started = now_monotonic(),
                .step = STEP_NONE,
        };
        attempt->result.attempt = number;
        attempt->result.failed_step = STEP_NONE;
        attempt->result.reason = REASON_NONE;
}

void attempt_begin(Attempt *attempt, Step step) {
        attempt->step = step;
        attempt->waited = 0;
        attempt->step_started = now_monotonic();
        attempt->recorder->forget_failure();
        atomic_store_explicit(&attempt->ring->step, step, memory_order_release);
}

void attempt_end(Attempt *attempt) {
        usec_t took = now_monotonic() - attempt->step_started - attempt->waited;

        /* 0 means "not run" */
        attempt->result.latency[attempt->step] += MAX_OF(took, (usec_t) 1);
}

void attempt_finish(Attempt *attempt) {
        atomic_store_explicit(&attempt->ring->step, 0, memory_order_release);
        attempt->result.total_usec = now_monotonic() - attempt->started;
}

static void keep_printable(char *s) {
        for (; *s; s++)
                if (*s < 0x20 || *s > 0x7e)
                        *s = '?';
}

int attempt_fail(Attempt *attempt, Reason reason, const char *format, ...) {
        MsgProbeResult *result = &attempt->result;
        va_list ap;

        if (result->failed_step != STEP_NONE)
                return -EPROTO;
        result->failed_step = attempt->step;
        result->reason = reason;
        va_start(ap, format);
        vsnprintf(result->detail, sizeof(result->detail), format, ap);
        va_end(ap);
        keep_printable(result->detail);
        return -EPROTO;
}

void attempt_blame_call(Attempt *attempt) {
        RingRecord record;

        if (attempt->result.failed_step != STEP_NONE || !attempt->recorder->last_failure(&record))
                return;
        attempt->result.rv = record.rv;
        attempt->result.call = record.call;
        attempt->result.call_usec = record.ended - record.started;
}

int attempt_fail_call(Attempt *attempt, Reason reason, const char *what) {
        RingRecord record;
        char buffer[24];

        if (!attempt->recorder->last_failure(&record))
                return attempt_fail(attempt, reason, "%s failed", what);
        attempt_blame_call(attempt);
        return attempt_fail(attempt, reason, "%s: %s returned %s", what, pkcs11_call_name(record.call),
                pkcs11_return_name(record.rv, buffer));
}

CK_RV attempt_last_rv(const Attempt *attempt) {
        RingRecord record;

        return attempt->recorder->last_failure(&record) ? record.rv : CKR_OK;
}
