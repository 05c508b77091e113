#include "device.h"

#include "device-location.h"
#include "drill.h"
#include "manager.h"
#include "measure.h"
#include "watcher.h"

/* of one attempt: each key is signed with once or twice */
#define SIGNS_MAX (4 * PROTOCOL_KEYS_MAX)

static Step step_of_call(uint32_t call) {
        switch (call) {
        case CALL_DLOPEN:
        case CALL_GET_FUNCTION_LIST:
                return STEP_LOAD;
        case CALL_INITIALIZE:
        case CALL_GET_INFO:
                return STEP_INITIALIZE;
        case CALL_GET_SLOT_LIST:
        case CALL_GET_SLOT_INFO:
                return STEP_SLOT;
        case CALL_GET_TOKEN_INFO:
        case CALL_GET_MECHANISM_LIST:
        case CALL_GET_MECHANISM_INFO:
                return STEP_TOKEN;
        case CALL_LOGIN:
        case CALL_LOGOUT:
                return STEP_LOGIN;
        case CALL_FIND_OBJECTS_INIT:
        case CALL_FIND_OBJECTS:
        case CALL_FIND_OBJECTS_FINAL:
        case CALL_GET_ATTRIBUTE_VALUE:
                return STEP_FIND;
        case CALL_GENERATE_RANDOM:
        case CALL_SEED_RANDOM:
                return STEP_RANDOM;
        case CALL_SIGN_INIT:
        case CALL_SIGN:
        case CALL_SIGN_UPDATE:
        case CALL_SIGN_FINAL:
                return STEP_SIGN;
        case CALL_DECRYPT_INIT:
        case CALL_DECRYPT:
                return STEP_DECRYPT;
        case CALL_ENCRYPT_INIT:
        case CALL_ENCRYPT:
                return STEP_ENCRYPT;
        default:
                return STEP_SESSION;
        }
}

static bool call_in_flight(const Device *d, RingRecord *ret) {
        return d->ring && ring_oldest_in_flight(d->ring, ret);
}

/* The step on which a lost attempt was: as the probe said, else as the call tells. The ring is hostile input.
 */
static Step lost_step(const Device *d, uint32_t call) {
        uint32_t step = atomic_load_explicit(&d->ring->step, memory_order_relaxed);

        return step > STEP_CONNECT && step <= STEP_MAX ? (Step) step : step_of_call(call);
}

static void record_attempt(Device *d, Step step, uint64_t rv, usec_t now) {
        d->attempts[d->n_attempts++ % ATTEMPTS_KEPT] = (AttemptRecord){.attempt = d->attempt,
                .due = d->due,
                .started = d->started,
                .ended = now,
                .step = step,
                .climb = d->climb,
                .rv = rv};
}

static int state_priority(DeviceState state) {
        switch (state) {
        case DEVICE_DOWN:
                return LOG_ERR;
        case DEVICE_SUSPECT:
        case DEVICE_DEGRADED:
        case DEVICE_UNKNOWN:
                return LOG_WARNING;
        default:
                return LOG_NOTICE;
        }
}

/* One line when what is shown changes. */
static void log_change(const Device *d, DeviceState before) {
        char buffer[24];
        const Judgement *j = &d->judgement;
        bool failed = j->failures > 0; /* while it recovers, the last call is a good one */
        LogEvent e = {
                .priority = state_priority(j->state),
                .message_id = MESSAGE_DEVICE_STATE,
                .device = d->config->name,
                .state = name_of(&device_state_names, j->state),
                .reason = name_of(&reason_names, j->reason),
                .step = failed ? name_of(&step_names, j->failed_step) : NULL,
                .call = failed && d->has_last_call ? pkcs11_call_name(d->last_call) : NULL,
                .ret = failed && d->has_last_call && !d->last_call_unreturned
                               ? device_return_name(d, d->last_rv, buffer)
                               : NULL,
                .duration = failed && d->has_last_call ? d->last_call_usec : 0,
        };

        log_event(d->manager->journal, &e, "%s (%s): %s, was %s%s%s%s%s", d->config->name, d->config->title,
                name_of(&device_state_names, j->state), name_of(&device_state_names, before),
                j->reason != REASON_NONE ? "; reason " : "",
                j->reason != REASON_NONE ? name_of(&reason_names, j->reason) : "",
                device_detail(d)[0] ? "; " : "", device_detail(d));
}

/* After any judgement: tell it and show it. */
void device_judged(Device *d, bool changed, DeviceState before, Reason reason_before) {
        if (changed)
                d->state_since_realtime = now_realtime();
        if (changed || d->judgement.reason != reason_before)
                log_change(d, before);
        device_publish(d);
        manager_device_judged(d->manager, d);
        if (changed || device_serves(d) != d->served) {
                d->served = device_serves(d);
                if (!d->config->virtual_slot)
                        drill_device_changed(d->manager, d->pool->name, d->config->name,
                                d->judgement.state == DEVICE_DOWN, d->served, now_monotonic());
                manager_device_changed(d->manager);
        }
}

/* A drill sees each attempt before what it comes to. */
static void tell_drill(const Device *d, const Evidence *e, usec_t now) {
        DrillCheck check = {.device = d->config->name, .ok = e->ok, .started = d->started, .ended = now};

        if (e->ok && !d->climb) /* a climb's time is a new process's too */
                check.latency = (uint32_t) MIN_OF(d->result.total_usec, (uint64_t) UINT32_MAX);
        if (!e->unjudged && !d->config->virtual_slot)
                drill_check(d->manager, d->pool->name, &check);
}

static JudgeParams judge_params(const Device *d) {
        const Config *c = d->manager->config;

        return (JudgeParams){.fall = d->config->timing.fall,
                .rise = d->config->timing.rise,
                .flap = {.flaps = c->flaps, .forget = c->flap_forget}};
}

static void count_attempt(Device *d, const Evidence *e, usec_t now) {
        d->awaiting_since = 0;
        d->last_evidence = now;
        d->probes++;
        if (e->ok) {
                d->last_success = d->last_good = now;
                d->first_failure = 0;
                d->kills_logged_in = 0;
                watcher_answered(d, d->started, now);
        } else {
                d->first_failure = d->first_failure != 0 ? d->first_failure : now;
                d->failures++;
        }
}

/* A failure that would make it down waits until the witness of this host's own link has spoken. */
static void judge_or_hold(Device *d, Evidence e, usec_t now) {
        JudgeParams params = judge_params(d);
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        WatcherVerdict verdict = e.ok ? WATCHER_COUNTS : watcher_judge(d, &e, now);
        bool changed;

        d->holds = verdict == WATCHER_HOLD;
        d->held = e;
        device_locate(d, e.reason);
        if (verdict != WATCHER_COUNTS) {
                device_publish(d);
                return;
        }
        changed = judge_evidence(&d->judgement, &params, &e, now);
        /* cut off from it, it is not known how it is: that is no first verdict, but it is what there is */
        d->judged = d->judged || d->judgement.state != DEVICE_UNKNOWN || e.reason == REASON_WATCHER_ISOLATED;
        device_judged(d, changed, before, reason_before);
        if (d->judgement.state != before)
                matrix_update(d->manager, d->pool);
}

/* hint_rv: what the failed call returned, 0 if none did. */
static void judge_one(Device *d, const Evidence *e, uint64_t rv, usec_t now) {
        tell_drill(d, e, now);
        count_attempt(d, e, now);
        device_location_note(d, e, rv);
        judge_or_hold(d, *e, now);
        watcher_heard(d, now);
}

void device_judge_held(Device *d, usec_t now) {
        if (d->holds)
                judge_or_hold(d, d->held, now);
}

static void take_last_call(Device *d, const MsgProbeResult *r) {
        RingRecord last;

        d->last_call_unreturned = false;
        if (r->failed_step != STEP_NONE && r->call != CALL_NONE && r->call < CALL_MAX) {
                d->has_last_call = true;
                d->last_call = r->call;
                d->last_rv = r->rv;
                d->last_call_usec = r->call_usec;
        } else if (d->ring && ring_last_finished(d->ring, &last)) {
                d->has_last_call = true;
                d->last_call = last.call;
                d->last_rv = last.rv;
                d->last_call_usec = last.ended - last.started;
        }
}

/* Text of a worker is hostile input: printable ASCII only. */
static void take_text(char *dst, size_t size, const char *src, size_t src_size) {
        size_t n = strnlen(src, MIN_OF(src_size, size - 1));

        for (size_t i = 0; i < n; i++)
                dst[i] = src[i] >= 0x20 && src[i] < 0x7f ? src[i] : '?';
        memset(dst + n, 0, size - n);
}

/* Returns whether what it says of the keys is other than before. */
static bool take_result(Device *d, const MsgProbeResult *r, usec_t now) {
        MsgProbeResult *copy = &d->result;
        bool had_token = d->has_result && d->result.has_token;
        MsgProbeResult before = *copy;

        *copy = *r;
        take_text(copy->detail, sizeof(copy->detail), r->detail, sizeof(r->detail));
        take_text(copy->manufacturer, sizeof(copy->manufacturer), r->manufacturer, sizeof(r->manufacturer));
        take_text(copy->model, sizeof(copy->model), r->model, sizeof(r->model));
        take_text(copy->serial, sizeof(copy->serial), r->serial, sizeof(r->serial));
        take_text(copy->firmware, sizeof(copy->firmware), r->firmware, sizeof(r->firmware));
        if (!r->has_token && had_token) { /* what the token once said of itself stays true of the machine */
                memcpy(copy->manufacturer, before.manufacturer, sizeof(before.manufacturer));
                memcpy(copy->model, before.model, sizeof(before.model));
                memcpy(copy->serial, before.serial, sizeof(before.serial));
                memcpy(copy->firmware, before.firmware, sizeof(before.firmware));
                copy->has_token = true;
        }
        d->has_result = true;
        /* a counter never goes back, and no attempt signs that often */
        if (r->signs > d->signs_of_probe) {
                uint64_t more = MIN_OF(r->signs - d->signs_of_probe, (uint64_t) SIGNS_MAX);

                d->signs_of_probe += more;
                day_count(&d->signs_day, more, now);
                d->minute.signs += more;
        }
        for (size_t i = 0; i <= STEP_MAX; i++)
                if (r->latency[i] > 0)
                        d->latency[i] = r->latency[i];
        if (r->failed_step == STEP_NONE && d->measurement)
                measure_health(d, (uint32_t) MIN_OF(r->total_usec, (uint64_t) UINT32_MAX));
        else if (r->failed_step == STEP_NONE) /* what a burst slows down is no latency of the machine's */
                d->latencies[d->n_latencies++ % LATENCIES_KEPT] =
                        (uint32_t) MIN_OF(r->total_usec, (uint64_t) UINT32_MAX);
        if (d->climb && r->failed_step == STEP_NONE)
                d->climbed_at = now;
        take_last_call(d, r);
        return device_take_keys(d, r, now);
}

/* A wrong answer is worse than no answer. */
static bool needs_no_second(uint32_t reason) {
        return reason == REASON_WRONG_SIGNATURE || reason == REASON_NONCE_REPEATED ||
               reason == REASON_WRONG_ANSWER;
}

/* Whether the machine's ports take a connection tells network, machine and service apart. */
static void add_connections(Device *d) {
        const char *addresses[] = {d->config->connect, d->config->management};

        for (size_t i = 0; i < ELEMENTSOF(addresses); i++) {
                size_t n = strlen(d->detail);
                int error = d->connect[i].error;

                if (!d->connect[i].tried || !addresses[i])
                        continue;
                snprintf(d->detail + n, sizeof(d->detail) - n, "%s%s: %s%s", n ? "; " : "", addresses[i],
                        error == 0 ? "takes a connection" : "no connection: ",
                        error == 0 ? "" : strerror(error));
        }
}

void device_result(Device *d, const MsgProbeResult *r, usec_t now) {
        bool sound = r->failed_step >= STEP_NONE && r->failed_step <= STEP_MAX && r->reason >= REASON_NONE &&
                     r->reason <= REASON_LAST;
        bool news;
        Evidence e = {.ok = r->failed_step == STEP_NONE, .step = r->failed_step, .reason = r->reason};

        if (!sound) {
                device_attempt_lost(d, REASON_CRASHED, "answered nonsense", now);
                return;
        }
        e.at_once = needs_no_second(r->reason);
        e.unjudged = r->reason == REASON_PIN_WAITING || r->reason == REASON_PROFILE_MISMATCH;
        device_login_not_made(d, r->logins);
        news = take_result(d, r, now);
        record_attempt(d, r->failed_step, r->rv, now);
        device_rollup_check(d, e.ok, r->total_usec);
        if (e.ok)
                d->held_keys = device_holds_keys(d);
        if (e.ok && !d->climb)
                d->losses = 0;
        /* the guard's own words say more than the probe's "not sent" */
        if (e.ok || r->failed_step != STEP_LOGIN || r->call != CALL_NONE || d->detail[0] == '\0')
                copy_text(d->detail, sizeof(d->detail), e.ok ? "" : d->result.detail);
        if (!e.ok)
                add_connections(d);
        if (e.ok) {
                sd_event_source_set_enabled(d->deadline_source, SD_EVENT_OFF);
                d->phase = PROBE_IDLE;
        } else {
                /* after any failure a session may be half used and a module poisoned: the next attempt is a
                 * new process */
                device_drop_probe(d, false);
        }
        /* conditions first where they make the state, so that nothing is `up` for an instant without its key
         */
        if (e.ok)
                device_conditions(d, now);
        judge_one(d, &e, r->rv, now);
        if (news)
                matrix_update(d->manager, d->pool);
        device_plan(d, now);
}

static void log_replaced(const Device *d, const char *how) {
        RingRecord last;
        bool has = d->ring && ring_last_finished(d->ring, &last);

        log_event(d->manager->journal,
                &(LogEvent){.priority = LOG_WARNING,
                        .message_id = MESSAGE_PROBE_REPLACED,
                        .device = d->config->name,
                        .call = has ? pkcs11_call_name(last.call) : NULL},
                "%s: the probe %s between calls, last completed %s; it is replaced, the machine is not to "
                "blame",
                d->config->name, how, has ? pkcs11_call_name(last.call) : "none");
}

/* Nobody's fault but ours: no failure is counted, and a new probe climbs soon. */
void device_probe_lost(Device *d, const char *how, usec_t now) {
        const ConfigTiming *t = &d->config->timing;
        /* each climb is a login in the machine's audit log: what keeps dying is not started again in a rush
         */
        usec_t pause = t->fast_interval << MIN_OF(d->losses, 16U);

        d->probe_restarts++;
        d->losses++;
        log_replaced(d, how);
        device_drop_probe(d, true);
        d->due = now + MIN_OF(pause, t->interval);
        sd_event_source_set_time(d->due_source, d->due);
        sd_event_source_set_enabled(d->due_source, SD_EVENT_ONESHOT);
        device_publish(d);
}

void device_attempt_lost(Device *d, Reason reason, const char *how, usec_t now) {
        Evidence e = {.ok = false, .reason = reason};
        RingRecord call;

        if (d->phase == PROBE_STARTING || !call_in_flight(d, &call)) {
                device_probe_lost(d, how, now);
                return;
        }
        e.step = lost_step(d, call.call);
        d->has_last_call = true;
        d->last_call = call.call;
        d->last_call_unreturned = true;
        d->last_call_usec = now > call.started ? now - call.started : 0;
        snprintf(d->detail, sizeof(d->detail), "%s had not returned after %.1f s: the probe %s",
                pkcs11_call_name(call.call), (double) d->last_call_usec / USEC_PER_SEC, how);
        if (reason == REASON_TIMEOUT && d->logged_in)
                d->kills_logged_in++;
        record_attempt(d, e.step, 0, now);
        device_rollup_check(d, false, 0);
        add_connections(d);
        device_drop_probe(d, true);
        judge_one(d, &e, 0, now);
        device_plan(d, now);
}

void device_no_evidence(Device *d, usec_t now) {
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool changed = judge_no_evidence(&d->judgement, now);

        d->judged = true; /* or a probe that never starts would keep its pool silent for ever */
        device_location_note(d, &(Evidence){.step = STEP_NONE, .reason = REASON_NO_EVIDENCE}, 0);
        device_locate(d, REASON_NO_EVIDENCE);
        snprintf(d->detail, sizeof(d->detail), "a due check has produced no evidence for longer than %.1f s",
                (double) detection_bound(&d->config->timing) / USEC_PER_SEC);
        device_judged(d, changed, before, reason_before);
        if (changed)
                matrix_update(d->manager, d->pool);
}

void device_falls_forgotten(Device *d, usec_t now) {
        JudgeParams params = judge_params(d);
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool flapped = d->judgement.flap.flapping;
        bool changed = judge_tick(&d->judgement, &params, now);

        if (d->judgement.flap.flapping != flapped)
                device_judged(d, changed, before, reason_before);
}

void device_unkillable(Device *d, usec_t now) {
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool changed = judge_unkillable(&d->judgement, now);
        const Supervisor *s = d->manager->supervisor;

        d->judged = true;
        device_location_note(d, &(Evidence){.step = STEP_NONE, .reason = REASON_UNKILLABLE}, 0);
        device_locate(d, REASON_UNKILLABLE);
        snprintf(d->detail, sizeof(d->detail),
                "%zu of its probes do not end after SIGKILL (%zu of all devices): no more is started until "
                "one has ended",
                supervisor_unkillable_of(s, d->config->name), supervisor_unkillable(s));
        device_judged(d, changed, before, reason_before);
        if (changed)
                matrix_update(d->manager, d->pool);
}

void device_set_maintenance(Device *d, MaintenanceWhy why, bool maintenance) {
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool changed;

        d->maintenance_whys = maintenance ? d->maintenance_whys | why : d->maintenance_whys & ~why;
        changed = judge_maintenance(&d->judgement, d->maintenance_whys != 0, now_monotonic());
        device_judged(d, changed, before, reason_before);
}

void device_begin_anew(Device *d) {
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool changed = judge_begin_anew(&d->judgement, now_monotonic());

        d->detail[0] = '\0';
        d->awaiting_since = 0;
        device_judged(d, changed, before, reason_before);
        matrix_update(d->manager, d->pool);
}
