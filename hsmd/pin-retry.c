#include "pin-retry.h"

#include "answer.h"

/* PKCS#11 v2.40, CK_TOKEN_INFO: CKF_USER_PIN_FINAL_TRY and CKF_USER_PIN_LOCKED */
#define PIN_FINAL_TRY 0x20000
#define PIN_LOCKED 0x40000

/* What the token last said of its PIN; nothing allows more than it does. */
static int check_flags(const Device *d, char **ret_message) {
        const char *name = d->config->name;
        uint64_t flags = d->has_result ? d->result.token_flags : 0;

        if (flags & PIN_LOCKED)
                return answer(ret_message, -EPERM,
                        "the token of %s says that its user PIN is locked: no PIN can help. Have the "
                        "security "
                        "officer set the PIN anew with the vendor's tool; hsmd logs in by itself once it is "
                        "changed in "
                        "hsmd's secret too, or: hsmctl pin retry %s",
                        name, name);
        if (flags & PIN_FINAL_TRY)
                return answer(ret_message, -EPERM,
                        "the token of %s says that one try is left: hsmd does not use it. Log in once with "
                        "the "
                        "vendor's tool and the right PIN, which resets the count, then: hsmctl pin retry %s",
                        name, name);
        return 0;
}

static int check(const Manager *m, const Device *d, char **ret_message) {
        const char *closed = guard_closed(m->guard);

        if (closed)
                return answer(ret_message, -EPERM, "%s", closed);
        if (device_rests(d))
                return answer(ret_message, -EPERM,
                        "%s is in maintenance and is not to be touched; its PIN can be sent when that is "
                        "over",
                        d->config->name);
        if (d->login_running)
                return answer(ret_message, -EBUSY, "a login to %s is under way: wait for how it ends",
                        d->config->name);
        if (d->logged_in && (d->phase == PROBE_IDLE || d->phase == PROBE_CHECKING))
                return answer(ret_message, -EPERM, "the PIN of %s is not blocked: hsmd is logged in with it",
                        d->config->name);
        return check_flags(d, ret_message);
}

static void on_allowed(int error, const char *device, void *userdata) {
        Manager *m = userdata;

        if (error < 0)
                log_event(m->journal,
                        &(LogEvent){.priority = LOG_ERR, .message_id = MESSAGE_PIN_RETRY, .device = device},
                        "%s: that its PIN may be sent once more could not be noted (%s); nothing has changed",
                        device, strerror(-error));
}

int pin_retry(Manager *m, const char *device, const char *by, char **ret_message) {
        Device *d = manager_find_device(m, device);
        int r;

        if (!d)
                return -ENOENT;
        r = check(m, d, ret_message);
        if (r < 0)
                return r;
        /* the attempt asks the guard after this, and so finds it noted */
        r = guard_allow(m->guard, d->config->name, &d->config->pin, by, on_allowed, m);
        if (r < 0)
                return answer(ret_message, r, "%s", strerror(-r));
        log_event(m->journal,
                &(LogEvent){.priority = LOG_NOTICE,
                        .message_id = MESSAGE_PIN_RETRY,
                        .device = d->config->name,
                        .operator_name = by},
                "%s: %s allows one more attempt with the PIN", d->config->name, by[0] ? by : "somebody");
        if (d->phase != PROBE_NONE)
                d->hurry = true; /* an attempt under way may have asked already */
        device_probe_now(d, true);
        return answer(ret_message, 0,
                "one more attempt with the PIN of %s is allowed, and made now; `hsmctl device %s` says what "
                "came "
                "of it",
                d->config->name, d->config->name);
}
