#include "second-probe.h"

#include "manager.h"

#define CLOSE_GRACE (300 * USEC_PER_MSEC)
/* PKCS#11 v2.40, CK_TOKEN_INFO: CKF_LOGIN_REQUIRED */
#define LOGIN_REQUIRED 0x4

typedef enum SecondPhase { SECOND_STARTING = 1, SECOND_CLIMBING, SECOND_ON_TOP } SecondPhase;

struct SecondProbe {
        Device *device;
        bool measure;
        const SecondProbeOps *ops;
        void *userdata;
        SecondPhase phase;
        Worker *worker;
        Ring *ring;
        sd_event_source *deadline;
        GuardQuestion *question;
        char serial[64], hmac[65]; /* of its token and its PIN */
        MsgProbeResult result;     /* of its climb */
};

static void end_process(SecondProbe *s, bool kill) {
        guard_drop(s->question);
        s->question = NULL;
        if (s->worker && kill)
                worker_kill(s->worker, true);
        else if (s->worker)
                worker_close(s->worker, CLOSE_GRACE, true);
        s->worker = NULL;
}

SecondProbe *second_probe_free(SecondProbe *s) {
        if (!s)
                return NULL;
        end_process(s, false);
        sd_event_source_disable_unref(s->deadline);
        ring_unmap(s->ring);
        free(s);
        return NULL;
}

static void fail(SecondProbe *s, bool kill, const char *how) {
        end_process(s, kill);
        s->ops->failed(s, how, s->userdata);
}

static int on_deadline(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *userdata) {
        SecondProbe *s = userdata;
        RingRecord call;
        char how[128] = "it did not answer in time";

        if (s->ring && ring_oldest_in_flight(s->ring, &call))
                snprintf(how, sizeof(how), "%s had not returned in time", pkcs11_call_name(call.call));
        fail(s, true, how);
        return 0;
}

void second_probe_expect(SecondProbe *s, usec_t deadline) {
        if (deadline == USEC_INFINITY) {
                sd_event_source_set_enabled(s->deadline, SD_EVENT_OFF);
                return;
        }
        sd_event_source_set_time(s->deadline, deadline);
        sd_event_source_set_enabled(s->deadline, SD_EVENT_ONESHOT);
}

void second_probe_extend(SecondProbe *s, usec_t lateness) {
        uint64_t at;
        int enabled = SD_EVENT_OFF;

        if (sd_event_source_get_enabled(s->deadline, &enabled) >= 0 && enabled != SD_EVENT_OFF &&
                sd_event_source_get_time(s->deadline, &at) >= 0)
                sd_event_source_set_time(s->deadline, at + lateness);
}

const MsgProbeResult *second_probe_result(const SecondProbe *s) {
        return s->phase == SECOND_ON_TOP ? &s->result : NULL;
}

int second_probe_send(SecondProbe *s, const MessageHead *message) {
        return s->worker ? worker_send(s->worker, message, -1) : -ENOTCONN;
}

static void begin_climb(SecondProbe *s) {
        MsgProbeAttempt climb = MESSAGE(MsgProbeAttempt, MSG_PROBE_CLIMB);
        CLEANUP_CLOSE int ring_fd = -1;
        int r = ring_new(&ring_fd, &s->ring);

        if (r >= 0)
                r = device_send_config(s->device, s->worker, ring_fd, s->measure);
        if (r >= 0)
                r = worker_send(s->worker, &climb.head, -1);
        if (r < 0) {
                fail(s, true, strerror(-r));
                return;
        }
        s->phase = SECOND_CLIMBING;
        second_probe_expect(s, now_monotonic() + s->device->config->timing.deadline);
}

static void on_pin(const GuardAnswer *answer, void *userdata) {
        SecondProbe *s = userdata;
        MsgPin m = MESSAGE(MsgPin, MSG_PIN);

        s->question = NULL;
        if (!s->worker)
                return;
        m.reason = answer->reason;
        if (m.reason == REASON_NONE) {
                copy_text(s->hmac, sizeof(s->hmac), answer->hmac);
                memcpy(m.pin, answer->pin, answer->pin_size);
                m.size = (uint32_t) answer->pin_size;
        }
        worker_send(s->worker, &m.head, -1);
        wipe(&m, sizeof(m));
}

/* Only a PIN that has succeeded on this token: a second probe is no trial. */
static bool ask_for_pin(SecondProbe *s, const MsgPinWanted *m) {
        const Device *d = s->device;
        GuardRequest request = {.device = d->config->name,
                .serial = s->serial,
                .source = &d->config->pin,
                .proven_only = true};

        if (s->phase != SECOND_CLIMBING || s->question)
                return false;
        snprintf(s->serial, sizeof(s->serial), "%.*s", (int) sizeof(m->serial) - 1, m->serial);
        s->serial[strcspn(s->serial, "\n\r")] = '\0';
        return guard_ask(d->manager->guard, &request, on_pin, s, &s->question) >= 0;
}

static bool take_login_done(SecondProbe *s, const MsgLoginDone *m) {
        if (s->phase != SECOND_CLIMBING || s->hmac[0] == '\0')
                return false;
        device_second_login_done(s->device, s->serial, s->hmac, m->rv);
        s->hmac[0] = '\0';
        return true;
}

static bool take_result(SecondProbe *s, const MsgProbeResult *result) {
        char how[200];

        if (s->phase != SECOND_CLIMBING)
                return false;
        if (result->failed_step == STEP_NONE) {
                s->phase = SECOND_ON_TOP;
                s->result = *result;
                second_probe_expect(s, USEC_INFINITY);
                s->ops->climbed(s, result, s->userdata);
                return true;
        }
        snprintf(how, sizeof(how), "its climb failed at %s: %.*s", name_of(&step_names, result->failed_step),
                (int) sizeof(result->detail) - 1, result->detail);
        fail(s, false, how);
        return true;
}

static bool take_message(SecondProbe *s, int type, const void *message) {
        switch (type) {
        case 0:
                return true; /* the kernel tells its end */
        case MSG_HELLO:
                if (s->phase != SECOND_STARTING)
                        return false;
                begin_climb(s);
                return true;
        case MSG_PIN_WANTED:
                return ask_for_pin(s, message);
        case MSG_LOGIN_DONE:
                return take_login_done(s, message);
        case MSG_CONNECT:
        case MSG_PROBE_KEY:
                return true;
        case MSG_PROBE_RESULT:
                return take_result(s, message);
        default:
                return s->phase == SECOND_ON_TOP && s->ops->message &&
                       s->ops->message(s, type, message, s->userdata);
        }
}

static void on_message(Worker *w UNUSED, int type, const void *message, int fd, void *userdata) {
        closep(&fd);
        if (!take_message(userdata, type, message))
                fail(userdata, true, "it sent a message that is none or was not its turn");
}

static void on_ended(Worker *w UNUSED, const WorkerEnd *end, void *userdata) {
        SecondProbe *s = userdata;
        char how[96];

        s->worker = NULL;
        snprintf(how, sizeof(how),
                end->code == CLD_EXITED ? "it exited with status %d" : "signal %d ended it", end->status);
        fail(s, true, how);
}

static const WorkerOps second_ops = {.message = on_message, .ended = on_ended};

int second_probe_start(
        Device *device, bool measure, const SecondProbeOps *ops, void *userdata, SecondProbe **ret) {
        SecondProbe *s;
        int r;

        if (!device->pin_proven && (device->result.token_flags & LOGIN_REQUIRED))
                return -EAGAIN;
        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        *s = (SecondProbe){.device = device,
                .measure = measure,
                .ops = ops,
                .userdata = userdata,
                .phase = SECOND_STARTING};
        r = sd_event_add_time(device->manager->event, &s->deadline, CLOCK_MONOTONIC,
                now_monotonic() + device->config->timing.restart, USEC_PER_MSEC, on_deadline, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->deadline, PRIORITY_DEADLINE);
        if (r >= 0)
                r = device_start_process(device, &second_ops, s, &s->worker);
        if (r < 0) {
                second_probe_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

void second_probe_take(
        SecondProbe *s, const WorkerOps *ops, void *userdata, Worker **ret_worker, Ring **ret_ring) {
        worker_hand_over(s->worker, ops, userdata);
        *ret_worker = s->worker;
        *ret_ring = s->ring;
        s->worker = NULL;
        s->ring = NULL;
        second_probe_free(s);
}
