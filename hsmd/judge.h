#ifndef HSMD_JUDGE_H
#define HSMD_JUDGE_H
/* The judgement of one device: evidence and conditions in, a state out. Pure: no I/O, no clock of its own, no
 * allocation; the caller brings the time.
 *
 * Evidence moves the ladder unknown - up - suspect - down - recovering with hysteresis: `fall` consecutive
 * failures make suspect, then down; `rise` consecutive successes make recovering, then up. From unknown one
 * complete success makes up, and nothing short of `fall` failures makes anything else of it: unknown never
 * serves. Some attempts are no evidence of the machine at all (a PIN that waits for its trial elsewhere, a
 * profile that describes a mechanism wrongly): they leave it unknown with their reason. Conditions (a key
 * missing, heat, a lost sensor) show an `up` device as degraded and never move the ladder.
 *
 * A fall is the step of a device that served to down, on evidence and in service. Too many of them (flap.h)
 * and it flaps: while up it is degraded, reason flapping, until they are forgotten. */

#include "flap.h"
#include "names.h"

typedef struct JudgeParams {
        unsigned fall, rise; /* both at least 1 */
        FlapParams flap;
} JudgeParams;

typedef struct Evidence {
        bool ok;
        bool at_once;  /* a failure that needs no second one: a wrong answer is worse than no answer */
        bool unjudged; /* not ok, but nothing is proven of the machine */
        Step step;     /* the failed step */
        Reason reason;
} Evidence;

/* A set of reasons that degrade. */
typedef struct Conditions {
        uint64_t set; /* a bit a Reason */
} Conditions;

_Static_assert(REASON_LAST < 64, "a bit a reason");

static inline void conditions_add(Conditions *c, Reason reason) {
        c->set |= UINT64_C(1) << reason;
}

static inline bool conditions_have(const Conditions *c, Reason reason) {
        return c->set >> reason & 1;
}

/* The most telling one; REASON_NONE of none. */
Reason conditions_worst(const Conditions *c);

typedef struct Judgement {
        DeviceState ladder;           /* without conditions */
        unsigned failures, successes; /* consecutive */
        Step failed_step; /* of the failure that the ladder rests on; STEP_NONE while it rests on success */
        Reason ladder_reason;
        Conditions conditions;
        FlapTrack flap;
        bool maintenance; /* out of service on an operator's word: shown instead of the ladder */
        /* what is shown */
        DeviceState state;
        Reason reason;
        usec_t since; /* when state last changed */
} Judgement;

/* unknown, starting. */
void judge_init(Judgement *j, usec_t now);

/* Each returns whether the shown state changed; a change of reason alone is seen by comparing. */
bool judge_evidence(Judgement *j, const JudgeParams *params, const Evidence *evidence, usec_t now);
bool judge_conditions(Judgement *j, const Conditions *conditions, usec_t now);

/* Time passes: falls are forgotten. Every second; in between nothing depends on it. */
bool judge_tick(Judgement *j, const JudgeParams *params, usec_t now);

/* Out of service, or back: the ladder below goes on. */
bool judge_maintenance(Judgement *j, bool maintenance, usec_t now);

/* A due check has produced no evidence for longer than the detection bound. */
bool judge_no_evidence(Judgement *j, usec_t now);
/* It was not to be looked at for a while: what was known of it is old. */
bool judge_begin_anew(Judgement *j, usec_t now);
/* No probe may be started, because those before it do not end. */
bool judge_unkillable(Judgement *j, usec_t now);

/* Whether the next attempt comes after fast_interval: a first failure is being confirmed or a recovery
 * watched. */
bool judge_wants_fast(const Judgement *j);

/* up, degraded and suspect serve. */
bool device_state_serves(DeviceState state);

#endif
