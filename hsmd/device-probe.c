#include "device-location.h"
#include "device.h"

#include <openssl/rand.h>

#include "drill.h"
#include "lateness.h"
#include "manager.h"
#include "measure.h"
#include "second-probe.h"

#define CLOSE_GRACE (300 * USEC_PER_MSEC)
#define PAUSE_MAX (600 * USEC_PER_SEC)
/* how long a probe may stay stopped when hsmd itself had not run either */
#define STOP_EXCUSED (2 * USEC_PER_SEC)

static usec_t random_below(usec_t limit) {
        uint32_t r = 0;

        if (limit == 0 || RAND_bytes((uint8_t *) &r, sizeof(r)) != 1)
                return 0;
        return (usec_t) ((double) r / UINT32_MAX * (double) limit);
}

static void arm(sd_event_source *source, usec_t at) {
        sd_event_source_set_time(source, at);
        sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void disarm(sd_event_source *source) {
        sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

static int start_probe(Device *d, usec_t now) {
        int r = device_start_process(d, &device_probe_ops, d, &d->worker);

        d->climb = true;
        d->ring = ring_unmap(d->ring);
        d->logged_in = d->login_running = false;
        d->signs += d->signs_of_probe;
        d->signs_of_probe = 0;
        if (r < 0)
                return r;
        d->phase = PROBE_STARTING;
        arm(d->deadline_source, now + d->config->timing.restart);
        return 0;
}

/* Hello: now the module may be told. The deadline over the whole climb runs from here. */
static void begin_climb(Device *d, usec_t now) {
        MsgProbeAttempt climb = MESSAGE(MsgProbeAttempt, MSG_PROBE_CLIMB);
        CLEANUP_CLOSE int ring_fd = -1;
        Ring *ring = NULL;
        int r = ring_new(&ring_fd, &ring);

        if (r >= 0) {
                ring_unmap(d->ring);
                d->ring = ring;
                r = device_send_config(d, d->worker, ring_fd, false);
        }
        climb.attempt = d->attempt;
        if (r >= 0)
                r = worker_send(d->worker, &climb.head, -1);
        if (r < 0) {
                device_attempt_lost(d, REASON_CRASHED, "cannot be told what to do", now);
                return;
        }
        d->phase = PROBE_CLIMBING;
        arm(d->deadline_source, now + d->config->timing.deadline);
}

static int begin_check(Device *d, usec_t now) {
        MsgProbeAttempt check = MESSAGE(MsgProbeAttempt, MSG_PROBE_CHECK);
        int r;

        check.attempt = d->attempt;
        d->climb = false;
        r = worker_send(d->worker, &check.head, -1);
        if (r < 0)
                return r;
        d->phase = PROBE_CHECKING;
        arm(d->deadline_source, now + d->config->timing.deadline);
        return 0;
}

static int on_due(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *userdata) {
        Device *d = userdata;
        usec_t now = now_monotonic();
        int r;

        if (device_rests(d)) {
                device_rest(d);
                return 0;
        }
        /* the machine grants one session, and a burst has it */
        if (d->phase == PROBE_NONE && d->measurement && d->judgement.maintenance) {
                arm(d->due_source, now + USEC_PER_SEC);
                return 0;
        }
        if (d->phase != PROBE_NONE && d->phase != PROBE_IDLE) {
                /* planned only after an attempt has ended, so this says that the planning is wrong */
                d->checks_skipped++;
                return 0;
        }
        if (d->phase == PROBE_NONE && !supervisor_may_start(d->manager->supervisor, d->config->name)) {
                d->awaiting_since = 0; /* known not to come */
                device_unkillable(d, now);
                d->due = now + d->config->timing.interval;
                arm(d->due_source, d->due);
                return 0;
        }
        d->attempt++;
        d->started = now;
        if (d->awaiting_since == 0)
                d->awaiting_since = d->due;
        d->start_delay_max = MAX_OF(d->start_delay_max, now - MIN_OF(now, d->due));
        manager_count_delay(d->manager, now - MIN_OF(now, d->due));
        r = d->phase == PROBE_NONE ? start_probe(d, now) : begin_check(d, now);
        if (r < 0) {
                snprintf(d->detail, sizeof(d->detail), "the probe cannot be started: %s", strerror(-r));
                device_attempt_lost(d, REASON_CRASHED, "could not be started", now);
        }
        return 0;
}

static int on_deadline(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *userdata) {
        Device *d = userdata;
        usec_t now = now_monotonic();

        /* the rest of a deadline may be shorter than the time that an excused stop is given */
        if (d->stopped_at != 0)
                device_probe_lost(d, "stayed stopped after hsmd itself had not run", now);
        else
                device_attempt_lost(d, REASON_TIMEOUT, "did not answer by the deadline", now);
        return 0;
}

int device_start(Device *d, usec_t delay) {
        sd_event *e = d->manager->event;
        int r = 0;

        d->due = now_monotonic() + delay;
        if (!d->due_source)
                r = sd_event_add_time(e, &d->due_source, CLOCK_MONOTONIC, d->due, 1, on_due, d);
        else
                arm(d->due_source, d->due);
        if (r >= 0 && !d->deadline_source) {
                r = sd_event_add_time(e, &d->deadline_source, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_MSEC,
                        on_deadline, d);
                if (r >= 0) {
                        disarm(d->deadline_source);
                        r = sd_event_source_set_priority(d->deadline_source, PRIORITY_DEADLINE);
                }
        }
        return r;
}

void device_stop(Device *d, usec_t grace) {
        if (d->due_source)
                disarm(d->due_source);
        if (d->deadline_source)
                disarm(d->deadline_source);
        guard_drop(d->question);
        d->question = NULL;
        device_note_lost_login(d);
        d->successor = second_probe_free(d->successor);
        measure_detach(d);
        if (d->worker)
                worker_close(d->worker, grace, true);
        d->worker = NULL;
        d->phase = PROBE_NONE;
}

void device_extend(Device *d, usec_t lateness) {
        uint64_t at;
        int enabled = SD_EVENT_OFF;

        if (d->deadline_source && sd_event_source_get_enabled(d->deadline_source, &enabled) >= 0 &&
                enabled != SD_EVENT_OFF && sd_event_source_get_time(d->deadline_source, &at) >= 0)
                sd_event_source_set_time(d->deadline_source, at + lateness);
        if (d->successor)
                second_probe_extend(d->successor, lateness);
        measure_extend(d, lateness);
        if (d->awaiting_since != 0)
                d->awaiting_since += lateness;
        if (d->last_good != 0)
                d->last_good += lateness;
        sensor_set_extend(d->sensors, lateness);
}

void device_replace_probe(Device *d, Worker *worker, Ring *ring, const MsgProbeResult *result) {
        if (d->worker)
                worker_close(d->worker, CLOSE_GRACE, true);
        ring_unmap(d->ring);
        d->worker = worker;
        d->ring = ring;
        d->phase = PROBE_IDLE;
        d->stopped_at = 0;
        d->logged_in = true;
        d->climbed_at = now_monotonic();
        d->result.open_fds = result->open_fds;
        d->result.sessions_open = result->sessions_open;
        d->signs += d->signs_of_probe;
        d->signs_of_probe = result->signs;
        device_publish(d);
}

void device_drop_probe(Device *d, bool kill) {
        disarm(d->deadline_source);
        guard_drop(d->question);
        d->question = NULL;
        device_note_lost_login(d);
        d->stopped_at = 0;
        if (d->worker) {
                if (kill)
                        worker_kill(d->worker, true);
                else
                        worker_close(d->worker, CLOSE_GRACE, true);
        }
        d->worker = NULL;
        d->phase = PROBE_NONE;
}

/* From the start of an attempt to the start of the next one, while nothing asks for haste. */
static usec_t pause_of(const Device *d) {
        usec_t interval = d->config->timing.interval;

        if (d->judgement.ladder != DEVICE_DOWN)
                return interval;
        return MAX_OF(MIN_OF(interval << MIN_OF(d->kills_logged_in, 16U), PAUSE_MAX), interval);
}

/* While a drill is on in its pool. Between two checks the machine is left alone for at least as long as one
 * took. One that is down is looked for again quickly, unless each attempt costs it a session. */
static usec_t plan_of_drill(const Device *d, usec_t now) {
        const ConfigTiming *t = &d->config->timing;

        if (d->judgement.ladder == DEVICE_DOWN)
                return d->kills_logged_in > 0 ? d->started + pause_of(d)
                                              : now + MIN_OF(t->fast_interval, t->interval);
        return MAX_OF(d->started + MIN_OF(DRILL_PACE, t->interval), now + (now - d->started));
}

/* When the next attempt is to begin. */
static usec_t plan_of(const Device *d, usec_t now) {
        const ConfigTiming *t = &d->config->timing;

        /* behind a link that is gone there is no hurry: when it is back, that is told */
        if (d->judgement.ladder_reason == REASON_WATCHER_ISOLATED)
                return d->started + pause_of(d);
        if (judge_wants_fast(&d->judgement))
                return now + t->fast_interval;
        if (drill_is_on(d->manager, d->pool->name))
                return plan_of_drill(d, now);
        if (d->judgement.ladder == DEVICE_DOWN)
                return d->started + pause_of(d);
        return d->started + pause_of(d) + random_below(t->jitter);
}

void device_plan(Device *d, usec_t now) {
        const ConfigTiming *t = &d->config->timing;
        usec_t at = plan_of(d, now);

        if (device_rests(d)) {
                device_rest(d);
                return;
        }
        /* a process that is to be replaced is not started in a tight loop */
        if (d->phase == PROBE_NONE)
                at = MAX_OF(at, now + MIN_OF(t->fast_interval, t->interval));
        d->due = d->again && d->phase == PROBE_NONE ? now : MAX_OF(at, now);
        d->again = false;
        if (d->hurry) {
                if (d->phase == PROBE_IDLE)
                        device_drop_probe(d, false);
                d->hurry = false;
                d->due = now;
        }
        arm(d->due_source, d->due);
}

uint64_t device_probe_now(Device *d, bool climb) {
        bool under_way = d->phase != PROBE_NONE && d->phase != PROBE_IDLE;

        if (device_rests(d))
                return d->attempt;
        /* a climb that is under way is one; a check is none, and the climb comes after it */
        if (under_way && (!climb || d->climb))
                return d->attempt;
        if (climb && d->phase == PROBE_IDLE)
                device_drop_probe(d, false);
        if (under_way) {
                d->hurry = true;
                return d->attempt + 1;
        }
        d->due = now_monotonic();
        arm(d->due_source, d->due);
        return d->attempt + 1;
}

void device_hasten(Device *d, usec_t now) {
        if (d->phase != PROBE_NONE && d->phase != PROBE_IDLE)
                return; /* planned anew at the end of the attempt */
        if (d->due <= now + pause_of(d) + d->config->timing.jitter)
                return;
        d->due = now + random_below(d->config->timing.interval);
        arm(d->due_source, d->due);
}

void device_tick(Device *d, usec_t now) {
        const ConfigTiming *t = &d->config->timing;

        if (d->stopped_at != 0 && now - d->stopped_at > STOP_EXCUSED) {
                d->stopped_at = 0;
                device_probe_lost(d, "stayed stopped after hsmd itself had not run", now);
        }
        if (d->awaiting_since != 0 && now > d->awaiting_since &&
                now - d->awaiting_since > detection_bound(t) && d->judgement.reason != REASON_NO_EVIDENCE)
                device_no_evidence(d, now);
        device_falls_forgotten(d, now);
        device_recycle_tick(d, now);
}

/* A diagnosis: one of the machine's ports took a connection, or did not. */
static bool device_take_connect(Device *d, const MsgConnect *m) {
        if (d->phase != PROBE_CLIMBING || m->attempt != d->attempt || m->error < 0 || m->management > 1)
                return false;
        d->connect[m->management].tried = true;
        d->connect[m->management].error = m->error;
        d->connect[m->management].usec = m->usec;
        device_locate(d, d->location_facts.reason);
        return true;
}

/* A probe says nothing of itself: each message has its turn, and there is one of it. Whatever else comes is
 * the probe's fault, and must not come again and again. */
static bool take_message(Device *d, int type, const void *message, usec_t now) {
        const MsgProbeResult *result = message;

        switch (type) {
        case MSG_HELLO:
                if (d->phase != PROBE_STARTING)
                        return false;
                begin_climb(d, now);
                return true;
        case MSG_PIN_WANTED:
                return device_pin_wanted(d, message);
        case MSG_LOGIN_DONE:
                return device_login_done(d, message);
        case MSG_CONNECT:
                return device_take_connect(d, message);
        case MSG_PROBE_KEY:
                return d->phase != PROBE_STARTING && device_take_seen_key(d, message);
        case MSG_PROBE_RESULT:
                if ((d->phase != PROBE_CLIMBING && d->phase != PROBE_CHECKING) ||
                        result->attempt != d->attempt)
                        return false;
                device_result(d, result, now);
                return true;
        default:
                /* the end of its stream proves nothing; its end is told by the kernel */
                return type == 0;
        }
}

static void on_message(Worker *w UNUSED, int type, const void *message, int fd, void *userdata) {
        Device *d = userdata;
        usec_t now = now_monotonic();

        closep(&fd);
        if (!take_message(d, type, message, now))
                device_probe_lost(d, "sent a message that is none or was not its turn", now);
}

static void describe_end(const WorkerEnd *end, char *dst, size_t size) {
        if (end->code == CLD_EXITED)
                snprintf(dst, size, "exited with status %d", end->status);
        else
                snprintf(dst, size, "was ended by signal %d (%s)", end->status, strsignal(end->status));
}

static void on_ended(Worker *w UNUSED, const WorkerEnd *end, void *userdata) {
        Device *d = userdata;
        char how[96];

        describe_end(end, how, sizeof(how));
        d->worker = NULL;
        if (d->phase == PROBE_NONE)
                return;
        if (d->phase == PROBE_IDLE)
                device_probe_lost(d, how, end->when);
        else
                device_attempt_lost(d, REASON_CRASHED, how, end->when);
}

static void on_stopped(Worker *w UNUSED, bool stopped, void *userdata) {
        Device *d = userdata;
        usec_t now = now_monotonic();

        d->stopped_at = 0;
        if (!stopped || d->phase == PROBE_NONE)
                return;
        if (lateness_recent(d->manager->lateness, now))
                d->stopped_at = now;
        else if (d->phase == PROBE_IDLE)
                device_probe_lost(d, "was stopped", now);
        else
                device_attempt_lost(d, REASON_CRASHED, "was stopped", now);
}

const WorkerOps device_probe_ops = {.message = on_message, .ended = on_ended, .stopped = on_stopped};
