#include "manager.h"

/* PKCS#11 v2.40, section 11.1: CKR_PIN_INCORRECT to CKR_PIN_LOCKED, CKR_USER_ALREADY_LOGGED_IN, and what
 * vendors answer to a wrong PIN besides: CKR_GENERAL_ERROR to CKR_ARGUMENTS_BAD and numbers of their own */
#define CKR_PIN_FIRST 0xA0
#define CKR_PIN_LAST 0xA4
#define CKR_ALREADY 0x100
#define CKR_VAGUE_FIRST 0x05
#define CKR_VAGUE_LAST 0x07
#define CKR_VENDOR 0x80000000

/* The PIN: asked for by the probe when its climb reaches login, granted by the guard. */

static void on_pin(const GuardAnswer *answer, void *userdata) {
        Device *d = userdata;
        MsgPin m = MESSAGE(MsgPin, MSG_PIN);

        d->question = NULL;
        if (!d->worker || d->phase != PROBE_CLIMBING)
                return;
        m.reason = answer->reason;
        if (answer->reason == REASON_NONE) {
                memcpy(m.pin, answer->pin, answer->pin_size);
                m.size = (uint32_t) answer->pin_size;
                copy_text(d->pin_hmac, sizeof(d->pin_hmac), answer->hmac);
                d->pin_proven = answer->proven;
                d->login_running = true;
        } else {
                copy_text(d->detail, sizeof(d->detail), answer->detail);
        }
        worker_send(d->worker, &m.head, -1);
        wipe(&m, sizeof(m));
}

bool device_pin_wanted(Device *d, const MsgPinWanted *m) {
        if (d->phase != PROBE_CLIMBING || m->attempt != d->attempt || d->question || d->login_running)
                return false;
        snprintf(d->token_serial, sizeof(d->token_serial), "%.*s", (int) sizeof(m->serial) - 1, m->serial);
        d->token_serial[strcspn(d->token_serial, "\n\r")] = '\0';
        guard_ask(d->manager->guard, d->config->name, d->token_serial, &d->config->pin, on_pin, d,
                &d->question);
        return true;
}

/* Whether the token may have counted this answer as a wrong PIN. A PIN that has succeeded before is only
 * doubted when the token says so in plain words. */
static bool pin_refused(const Device *d, uint64_t rv) {
        if (rv >= CKR_PIN_FIRST && rv <= CKR_PIN_LAST)
                return true;
        return !d->pin_proven && ((rv >= CKR_VAGUE_FIRST && rv <= CKR_VAGUE_LAST) || rv >= CKR_VENDOR);
}

bool device_login_done(Device *d, const MsgLoginDone *m) {
        char buffer[24];
        const char *name = pkcs11_return_name(m->rv, buffer);

        if (!d->login_running || m->attempt != d->attempt)
                return false;
        d->login_running = false;
        d->logins++;
        d->logged_in = m->rv == 0 || m->rv == CKR_ALREADY;
        if (m->rv == 0 && !d->pin_proven) {
                guard_note(d->manager->guard, d->config->name, d->token_serial, d->pin_hmac, GUARD_SUCCEEDED,
                        name);
                d->pin_proven = true;
        } else if (pin_refused(d, m->rv)) {
                guard_note(d->manager->guard, d->config->name, d->token_serial, d->pin_hmac, GUARD_REFUSED,
                        name);
                log_event(d->manager->journal,
                        &(LogEvent){.priority = LOG_ERR,
                                .message_id = MESSAGE_PIN_REFUSED,
                                .device = d->config->name,
                                .step = "login",
                                .call = "C_Login",
                                .ret = name},
                        "%s: the token refused the PIN (%s); it is not sent again until it is changed or the "
                        "note "
                        "guard/%s in the state directory is removed",
                        d->config->name, name, d->config->name);
        }
        return true;
}

/* A login whose outcome nobody heard may have been counted by the token as a wrong PIN, whoever is to blame
 * for the end of the probe: a hang, a crash, a reload or the stop of hsmd. */
void device_note_lost_login(Device *d) {
        bool running = d->login_running;

        d->login_running = false;
        if (!running || d->pin_proven)
                return;
        guard_note(d->manager->guard, d->config->name, d->token_serial, d->pin_hmac, GUARD_KILLED, "none");
        log_event(d->manager->journal,
                &(LogEvent){.priority = LOG_ERR,
                        .message_id = MESSAGE_PIN_REFUSED,
                        .device = d->config->name,
                        .step = "login",
                        .call = "C_Login"},
                "%s: C_Login never came back and this PIN has not succeeded on this token yet; it is not "
                "sent again until "
                "it is changed or the note guard/%s in the state directory is removed",
                d->config->name, d->config->name);
}
