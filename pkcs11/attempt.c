#include "attempt.h"

#include <stdarg.h>

void attempt_start(Attempt *attempt, uint64_t number, const MsgProbeConfig *config, const Recorder *recorder,
        Ring *ring) {
        *attempt = (Attempt){
                .result = MESSAGE(MsgProbeResult, MSG_PROBE_RESULT),
                .recorder = recorder,
                .config = config,
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
        return attempt_fail(attempt,
                reason == REASON_CALL_FAILED ? attempt_reason_of(attempt, record.rv) : reason,
                "%s: %s returned %s", what, pkcs11_call_name(record.call),
                attempt_return_name(attempt, record.rv, buffer));
}

static const ProbeReturn *vendor_return(const Attempt *attempt, CK_RV rv) {
        const MsgProbeConfig *c = attempt->config;

        for (uint32_t i = 0; c && i < MIN_OF(c->n_returns, (uint32_t) PROTOCOL_RETURNS_MAX); i++)
                if (c->returns[i].number == rv)
                        return &c->returns[i];
        return NULL;
}

ReturnClass attempt_class_of(const Attempt *attempt, CK_RV rv) {
        const ProbeReturn *r = vendor_return(attempt, rv);

        return r ? r->class : 0;
}

const char *attempt_return_name(const Attempt *attempt, CK_RV rv, char buffer[static 24]) {
        const ProbeReturn *r = vendor_return(attempt, rv);

        return r && r->name[0] ? r->name : pkcs11_return_name(rv, buffer);
}

Reason attempt_reason_of(const Attempt *attempt, CK_RV rv) {
        static const Reason of_class[] = {
                [RETURN_BUSY] = REASON_BUSY,
                [RETURN_SESSION] = REASON_SESSION_LIMIT,
                [RETURN_CREDENTIAL] = REASON_PIN_REFUSED,
                [RETURN_KEY] = REASON_CALL_FAILED,
                [RETURN_LOG_FULL] = REASON_LOG_FULL,
                [RETURN_FATAL] = REASON_CALL_FAILED,
        };
        ReturnClass class = attempt_class_of(attempt, rv);

        if (rv == CKR_SESSION_COUNT)
                return REASON_SESSION_LIMIT;
        return class > 0 && class < ELEMENTSOF(of_class) ? of_class[class] : REASON_CALL_FAILED;
}

CK_RV attempt_last_rv(const Attempt *attempt) {
        RingRecord record;

        return attempt->recorder->last_failure(&record) ? record.rv : CKR_OK;
}
