#include "manager.h"
#include "pin-return.h"

/* PKCS#11 v2.40, CK_TOKEN_INFO: CKF_USER_PIN_COUNT_LOW, FINAL_TRY and LOCKED */
#define PIN_FLAGS (0x10000 | 0x20000 | 0x40000)
/* section 11.1: CKR_USER_ALREADY_LOGGED_IN */
#define CKR_ALREADY 0x100

static const ConfigVendor *vendor_of(const Device *d) {
        return &d->manager->config->vendors[d->config->vendor];
}

/* --- the PIN: asked for by the probe when its climb reaches login, granted by the guard
 * ----------------------------------------------------------------------------------------------------------
 */

/* This rung alone waits for the disk: that time is not the machine's. */
static void pause_deadline(Device *d) {
        d->pin_asked = now_monotonic();
        sd_event_source_set_enabled(d->deadline_source, SD_EVENT_OFF);
}

static void resume_deadline(Device *d) {
        uint64_t at;

        if (sd_event_source_get_time(d->deadline_source, &at) < 0)
                return;
        sd_event_source_set_time(d->deadline_source, at + (now_monotonic() - d->pin_asked));
        sd_event_source_set_enabled(d->deadline_source, SD_EVENT_ONESHOT);
}

/* Whether the probe was sent it. */
static bool give_pin(Device *d, const GuardAnswer *answer) {
        MsgPin m = MESSAGE(MsgPin, MSG_PIN);
        int r;

        m.reason = answer->reason;
        if (answer->reason == REASON_NONE) {
                memcpy(m.pin, answer->pin, answer->pin_size);
                m.size = (uint32_t) answer->pin_size;
        }
        r = worker_send(d->worker, &m.head, -1);
        wipe(&m, sizeof(m));
        return r >= 0 && answer->reason == REASON_NONE;
}

static void on_pin(const GuardAnswer *answer, void *userdata) {
        Device *d = userdata;
        bool waits = d->worker && d->phase == PROBE_CLIMBING;

        d->question = NULL;
        if (waits)
                resume_deadline(d);
        if (waits && answer->reason != REASON_NONE)
                copy_text(d->detail, sizeof(d->detail), answer->detail);
        if (waits && give_pin(d, answer)) {
                copy_text(d->pin_hmac, sizeof(d->pin_hmac), answer->hmac);
                d->pin_proven = answer->proven;
                d->login_running = true;
        } else if (answer->reason == REASON_NONE && !answer->proven) {
                guard_withdraw(d->manager->guard, d->config->name);
        }
}

/* The pool's other members; the caller frees the list. */
static int list_members(const Device *d, const char ***ret, size_t *ret_n) {
        const Manager *m = d->manager;
        const char **members = calloc(m->n_devices + 1, sizeof(*members));
        size_t n = 0;

        if (!members)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_devices; i++)
                if (m->devices[i] != d && m->devices[i]->pool == d->pool)
                        members[n++] = m->devices[i]->config->name;
        *ret = members;
        *ret_n = n;
        return 0;
}

bool device_pin_wanted(Device *d, const MsgPinWanted *m) {
        CLEANUP_FREE const char **members = NULL;
        GuardRequest request = {.device = d->config->name,
                .serial = d->token_serial,
                .source = &d->config->pin,
                .flags_clear = vendor_of(d)->truthful_pin_flags && !(m->token_flags & PIN_FLAGS)};

        if (d->phase != PROBE_CLIMBING || m->attempt != d->attempt || d->question || d->login_running)
                return false;
        snprintf(d->token_serial, sizeof(d->token_serial), "%.*s", (int) sizeof(m->serial) - 1, m->serial);
        d->token_serial[strcspn(d->token_serial, "\n\r")] = '\0';
        if (list_members(d, &members, &request.n_members) < 0)
                return true;
        request.members = members;
        if (guard_ask(d->manager->guard, &request, on_pin, d, &d->question) >= 0)
                pause_deadline(d);
        return true;
}

/* --- how the login ended
 * ------------------------------------------------------------------------------------- */

static void log_not_sent_again(const Device *d, const char *name, const char *what) {
        log_event(d->manager->journal,
                &(LogEvent){.priority = LOG_ERR,
                        .message_id = MESSAGE_PIN_REFUSED,
                        .device = d->config->name,
                        .step = "login",
                        .call = "C_Login",
                        .ret = name},
                "%s: %s; this PIN is not sent again until it is changed, or: hsmctl pin retry %s",
                d->config->name, what, d->config->name);
}

static void note_refusal(const Device *d, const char *serial, const char *hmac, uint64_t rv) {
        char buffer[24], what[96];
        const char *name = pin_return_name(rv, vendor_of(d), buffer);

        guard_note(d->manager->guard, d->config->name, serial, hmac, PIN_REFUSED, name);
        snprintf(what, sizeof(what), "the token refused the PIN (%s)", name);
        log_not_sent_again(d, name, what);
}

bool device_login_done(Device *d, const MsgLoginDone *m) {
        PinReturn said = pin_return(m->rv, d->pin_proven, vendor_of(d));

        if (!d->login_running || m->attempt != d->attempt)
                return false;
        d->login_running = false;
        device_count_login(d);
        d->logged_in = m->rv == 0 || m->rv == CKR_ALREADY;
        if (said == PIN_RETURN_COUNTED) {
                note_refusal(d, d->token_serial, d->pin_hmac, m->rv);
        } else if (!d->pin_proven && said == PIN_RETURN_ACCEPTED) {
                guard_note(d->manager->guard, d->config->name, d->token_serial, d->pin_hmac, PIN_SUCCEEDED,
                        "CKR_OK");
                d->pin_proven = true;
        } else if (!d->pin_proven) {
                guard_withdraw(d->manager->guard, d->config->name);
        }
        return true;
}

void device_second_login_done(Device *d, const char *serial, const char *hmac, uint64_t rv) {
        device_count_login(d);
        if (pin_return(rv, true, vendor_of(d)) == PIN_RETURN_COUNTED)
                note_refusal(d, serial, hmac, rv);
}

/* Whether the probe, whose process is gone, ever called C_Login. */
static bool login_was_called(const Device *d) {
        RingRecord calls[RING_RECORDS], call;
        size_t n;

        if (!d->ring || (ring_oldest_in_flight(d->ring, &call) && call.call == CALL_LOGIN))
                return true;
        n = ring_tail(d->ring, calls, ELEMENTSOF(calls));
        for (size_t i = 0; i < n; i++)
                if (calls[i].call == CALL_LOGIN)
                        return true;
        return n == RING_RECORDS; /* then it may stand no longer where it stood */
}

/* A login whose outcome nobody heard may have been counted by the token as a wrong PIN, whoever is to blame
 * for the end of the probe: a hang, a crash, a reload or the stop of hsmd. Only of a process that is gone can
 * it be known that it has not called C_Login, and will not. */
void device_note_lost_login(Device *d) {
        bool running = d->login_running;

        d->login_running = false;
        if (!running || d->pin_proven)
                return;
        if (!d->worker && !login_was_called(d)) {
                guard_withdraw(d->manager->guard, d->config->name);
                return;
        }
        guard_note(d->manager->guard, d->config->name, d->token_serial, d->pin_hmac, PIN_KILLED, "none");
        log_not_sent_again(d, NULL, "C_Login never came back, with a PIN that has not succeeded here yet");
}

void device_login_not_made(Device *d, uint64_t logins) {
        if (logins > 0) {
                device_note_lost_login(d);
                return;
        }
        if (d->login_running && !d->pin_proven)
                guard_withdraw(d->manager->guard, d->config->name);
        d->login_running = false;
}
