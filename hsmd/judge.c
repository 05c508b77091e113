#include "judge.h"

void judge_init(Judgement *j, usec_t now) {
        *j = (Judgement){
                .ladder = DEVICE_UNKNOWN,
                .failed_step = STEP_NONE,
                .ladder_reason = REASON_STARTING,
                .state = DEVICE_UNKNOWN,
                .reason = REASON_STARTING,
                .since = now,
        };
}

Reason conditions_worst(const Conditions *c) {
        /* First what may give wrong answers, then what is lost, then what may come to be; a cause before what
         * it brings about: a supply that failed makes it flap and stops fans, fans that stopped or a warm
         * room make it hot, and what is hot already is no longer rising. Last what only makes us see less. */
        static const Reason order[] = {REASON_KEY_MISMATCH, REASON_RANDOM_WEAK, REASON_KEY_FAILING,
                REASON_KEY_MISSING, REASON_MECHANISM_MISSING, REASON_PROFILE_MISMATCH, REASON_POWER_FAILED,
                REASON_FLAPPING, REASON_FAN_FAILED, REASON_ROOM_WARM, REASON_HOT, REASON_TEMPERATURE_RISING,
                REASON_COLD, REASON_TEMPERATURE_DEVIATING, REASON_ABOVE_ROOM, REASON_SESSIONS_NEAR_LIMIT,
                REASON_SENSOR_LIMIT, REASON_REBOOTED, REASON_SLOW, REASON_CERTIFICATE_EXPIRING,
                REASON_DUPLICATE_ENGINE_ID, REASON_SENSOR_LOST, REASON_SENSOR_FROZEN, REASON_AGENT_RESTARTED};

        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                if (conditions_have(c, order[i]))
                        return order[i];
        return REASON_NONE;
}

/* Derives what is shown from ladder and conditions. */
static bool show(Judgement *j, usec_t now) {
        DeviceState before = j->state;
        Conditions conditions = j->conditions;
        Reason condition;

        if (j->flap.flapping)
                conditions_add(&conditions, REASON_FLAPPING);
        condition = conditions_worst(&conditions);
        j->state = j->ladder;
        j->reason = j->ladder_reason;
        if (j->ladder == DEVICE_UP && condition != REASON_NONE) {
                j->state = DEVICE_DEGRADED;
                j->reason = condition;
        }
        if (j->maintenance) {
                j->state = DEVICE_MAINTENANCE;
                j->reason = REASON_MAINTENANCE;
        }
        if (j->state == before)
                return false;
        j->since = now;
        return true;
}

static void succeed(Judgement *j, const JudgeParams *params) {
        j->failures = 0;
        j->successes++;
        switch (j->ladder) {
        case DEVICE_DOWN:
                j->successes = 1;
                j->ladder = params->rise > 1 ? DEVICE_RECOVERING : DEVICE_UP;
                break;
        case DEVICE_RECOVERING:
                if (j->successes >= params->rise)
                        j->ladder = DEVICE_UP;
                break;
        default:
                j->ladder = DEVICE_UP;
        }
        if (j->ladder == DEVICE_UP) {
                j->failed_step = STEP_NONE;
                j->ladder_reason = REASON_NONE;
        }
}

static void fail(Judgement *j, const JudgeParams *params, const Evidence *e, usec_t now) {
        DeviceState before = j->ladder;

        j->successes = 0;
        j->failures++;
        j->failed_step = e->step;
        j->ladder_reason = e->reason;
        /* a recovery that fails was none: the device never stopped being down */
        if (e->at_once || j->failures >= params->fall || j->ladder == DEVICE_RECOVERING)
                j->ladder = DEVICE_DOWN;
        else if (j->ladder == DEVICE_UP)
                j->ladder = DEVICE_SUSPECT;
        /* what an operator does to a machine in maintenance is no fall of it */
        if (j->ladder == DEVICE_DOWN && device_state_serves(before) && !j->maintenance)
                flap_fall(&j->flap, &params->flap, now);
}

static void leave_unjudged(Judgement *j, const Evidence *e) {
        j->failures = j->successes = 0;
        j->failed_step = e->step;
        j->ladder_reason = e->reason;
        j->ladder = DEVICE_UNKNOWN;
}

bool judge_evidence(Judgement *j, const JudgeParams *params, const Evidence *evidence, usec_t now) {
        if (evidence->ok)
                succeed(j, params);
        else if (evidence->unjudged)
                leave_unjudged(j, evidence);
        else
                fail(j, params, evidence, now);
        return show(j, now);
}

bool judge_conditions(Judgement *j, const Conditions *conditions, usec_t now) {
        j->conditions = *conditions;
        return show(j, now);
}

bool judge_tick(Judgement *j, const JudgeParams *params, usec_t now) {
        return flap_tick(&j->flap, &params->flap, now) && show(j, now);
}

bool judge_maintenance(Judgement *j, bool maintenance, usec_t now) {
        j->maintenance = maintenance;
        return show(j, now);
}

static bool forget(Judgement *j, Reason why, usec_t now) {
        j->ladder = DEVICE_UNKNOWN;
        j->failures = j->successes = 0;
        j->failed_step = STEP_NONE;
        j->ladder_reason = why;
        return show(j, now);
}

bool judge_no_evidence(Judgement *j, usec_t now) {
        return forget(j, REASON_NO_EVIDENCE, now);
}

bool judge_begin_anew(Judgement *j, usec_t now) {
        return forget(j, REASON_STARTING, now);
}

bool judge_unkillable(Judgement *j, usec_t now) {
        return forget(j, REASON_UNKILLABLE, now);
}

bool judge_wants_fast(const Judgement *j) {
        return j->ladder == DEVICE_SUSPECT || j->ladder == DEVICE_RECOVERING || j->ladder == DEVICE_UNKNOWN;
}

bool device_state_serves(DeviceState state) {
        return state == DEVICE_UP || state == DEVICE_DEGRADED || state == DEVICE_SUSPECT;
}
