#include "ladder.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "connect.h"

#define SLOTS_MAX 1024
/* of one check: a sample of 10^6 bits in 123 checks, 20 minutes at 10 s */
#define RANDOM_SIZE 1024

/* PKCS#11 pads its strings with blanks and does not end them. */
static void copy_padded(char *dst, size_t size, const CK_UTF8CHAR *src, size_t n) {
        n = MIN_OF(n, size - 1);
        while (n > 0 && (src[n - 1] == ' ' || src[n - 1] == '\0'))
                n--;
        for (size_t i = 0; i < n; i++)
                dst[i] = src[i] >= 0x20 && src[i] <= 0x7e ? (char) src[i] : '?';
        dst[n] = '\0';
}

static bool padded_equals(const char *text, const CK_UTF8CHAR *padded, size_t n) {
        size_t length = strlen(text);

        if (length > n || memcmp(text, padded, length) != 0)
                return false;
        for (size_t i = length; i < n; i++)
                if (padded[i] != ' ' && padded[i] != '\0')
                        return false;
        return true;
}

static bool serial_matches(const char *serial, const CK_TOKEN_INFO *info) {
        return padded_equals(serial, info->serialNumber, sizeof(info->serialNumber));
}

/* --- load, initialize
 * ---------------------------------------------------------------------------------------- */

static int rung_load(Ladder *l, Attempt *attempt) {
        RecorderConfig config = {
                .module = l->config->module, .deepbind = l->config->deepbind, .ring = l->ring};
        char error[160] = "";

        if (l->module.recorder->load(&config, error, sizeof(error)) < 0) {
                attempt_blame_call(attempt);
                return attempt_fail(attempt, REASON_MODULE_REFUSED, "the module cannot be loaded: %s", error);
        }
        return 0;
}

static int rung_initialize(Ladder *l, Attempt *attempt) {
        if (module_initialize(&l->module) < 0)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "initializing the module");
        return 0;
}

/* --- slot, token
 * --------------------------------------------------------------------------------------------- */

static CK_RV list_slots(Ladder *l, CK_SLOT_ID *ret_slots, CK_ULONG *ret_n) {
        CK_ULONG n = 0;
        CK_RV rv = l->module.calls->C_GetSlotList(CK_TRUE, NULL, &n);

        if (rv != CKR_OK)
                return rv;
        /* asked only because some modules look for new slots then: between the two calls slots come and go */
        n = SLOTS_MAX;
        rv = l->module.calls->C_GetSlotList(CK_TRUE, ret_slots, &n);
        if (rv == CKR_OK)
                *ret_n = n;
        return rv;
}

static bool is_selected(const MsgProbeConfig *config, const CK_TOKEN_INFO *info) {
        if (config->select == SELECT_LABEL)
                return padded_equals(config->label, info->label, sizeof(info->label));
        return serial_matches(config->serial, info);
}

/* Asks slot after slot up to the one that is ours. */
static int select_by_token(Ladder *l, Attempt *attempt, const CK_SLOT_ID *slots, CK_ULONG n) {
        bool by_label = l->config->select == SELECT_LABEL;
        CK_RV failed = CKR_OK;

        for (CK_ULONG i = 0; i < n; i++) {
                CK_TOKEN_INFO info = {0};
                CK_RV rv = l->module.calls->C_GetTokenInfo(slots[i], &info);

                if (rv == CKR_OK && is_selected(l->config, &info)) {
                        l->module.slot = slots[i];
                        return 0;
                }
                if (rv != CKR_OK && rv != CKR_TOKEN_NOT_PRESENT && rv != CKR_TOKEN_NOT_RECOGNIZED)
                        failed = rv;
        }
        /* the slot that did not answer may be ours */
        if (failed != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "looking for the token");
        return attempt_fail(attempt, REASON_NOT_FOUND, "none of %lu slots with a token has the %s %.63s", n,
                by_label ? "label" : "serial", by_label ? l->config->label : l->config->serial);
}

static int select_by_number(Ladder *l, Attempt *attempt, const CK_SLOT_ID *slots, CK_ULONG n) {
        for (CK_ULONG i = 0; i < n; i++)
                if (slots[i] == l->config->slot) {
                        l->module.slot = slots[i];
                        return 0;
                }
        return attempt_fail(
                attempt, REASON_NOT_FOUND, "slot %u is not among %lu slots with a token", l->config->slot, n);
}

static int rung_slot(Ladder *l, Attempt *attempt) {
        CLEANUP_FREE CK_SLOT_ID *slots = calloc(SLOTS_MAX, sizeof(*slots));
        CK_ULONG n = 0;

        if (!slots)
                return attempt_fail(attempt, REASON_CALL_FAILED, "out of memory");
        if (list_slots(l, slots, &n) != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "listing slots");
        if (l->config->select == SELECT_SLOT)
                return select_by_number(l, attempt, slots, n);
        return select_by_token(l, attempt, slots, n);
}

/* Reads the token's flags, and that it is still the same token. */
static int read_token(Ladder *l, Attempt *attempt) {
        CK_TOKEN_INFO info = {0};
        char serial[17];

        if (l->module.calls->C_GetTokenInfo(l->module.slot, &info) != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "reading the token's state");
        l->token = info;
        l->has_token = true;
        if (l->config->serial[0] == '\0' || serial_matches(l->config->serial, &info))
                return 0;
        copy_padded(serial, sizeof(serial), info.serialNumber, sizeof(info.serialNumber));
        return attempt_fail(attempt, REASON_SERIAL_MISMATCH, "the token's serial is %s, configured is %.63s",
                serial, l->config->serial);
}

static int rung_token(Ladder *l, Attempt *attempt) {
        int r = read_token(l, attempt);

        if (r < 0)
                return r;
        if (module_show_slot(&l->module, l->module.slot) < 0)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "reading the token");
        return keys_check_mechanisms(&l->keys, &l->module, attempt);
}

/* --- session, login
 * ------------------------------------------------------------------------------------------ */

static int rung_session(Ladder *l, Attempt *attempt) {
        if (module_open_session(&l->module) != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "opening a session");
        return 0;
}

/* One try that is left belongs to an operator, not to a probe. */
static int check_pin_flags(const Ladder *l, Attempt *attempt) {
        if (l->token.flags & CKF_USER_PIN_LOCKED)
                return attempt_fail(attempt, REASON_PIN_LOCKED, "the token says that the user PIN is locked");
        if (l->token.flags & CKF_USER_PIN_FINAL_TRY)
                return attempt_fail(attempt, REASON_PIN_FINAL_TRY,
                        "the token says that one try is left for the user PIN; it is not used");
        return 0;
}

static int ask_for_pin(Ladder *l, Attempt *attempt) {
        MsgPinWanted wanted = MESSAGE(MsgPinWanted, MSG_PIN_WANTED);
        usec_t asked = now_monotonic();
        int fd = -1, r;

        wanted.attempt = attempt->result.attempt;
        wanted.token_flags = l->token.flags;
        copy_padded(
                wanted.serial, sizeof(wanted.serial), l->token.serialNumber, sizeof(l->token.serialNumber));
        channel_end_work(l->channel);
        r = channel_send(l->channel, &wanted.head);
        if (r == 0)
                r = channel_next(l->channel, &fd);
        channel_begin_work(l->channel);
        closep(&fd);
        attempt->waited += now_monotonic() - asked;
        return r == MSG_PIN ? 0 : -ECANCELED;
}

static Reason login_reason(const Attempt *attempt, CK_RV rv) {
        switch (rv) {
        case CKR_PIN_INCORRECT:
        case CKR_PIN_INVALID:
        case CKR_PIN_LEN_RANGE:
        case CKR_PIN_EXPIRED:
                return REASON_PIN_REFUSED;
        case CKR_PIN_LOCKED:
                return REASON_PIN_LOCKED;
        default:
                return attempt_reason_of(attempt, rv);
        }
}

static int tell_login_done(Ladder *l, const Attempt *attempt, CK_RV rv) {
        MsgLoginDone done = MESSAGE(MsgLoginDone, MSG_LOGIN_DONE);

        done.attempt = attempt->result.attempt;
        done.rv = rv;
        return channel_send(l->channel, &done.head) < 0 ? -ECANCELED : 0;
}

/* The PIN stands in the channel's buffer alone, and only here. */
static int login_with(Ladder *l, Attempt *attempt, MsgPin *pin) {
        CK_ULONG size = MIN_OF(pin->size, (uint32_t) PROTOCOL_PIN_MAX);
        CK_RV rv;

        if (pin->reason != REASON_NONE)
                return attempt_fail(attempt, pin->reason, "no PIN was given for this login: %s",
                        name_of(&reason_names, pin->reason));
        /* what the token says may have changed while we waited */
        if (read_token(l, attempt) < 0 || check_pin_flags(l, attempt) < 0)
                return -EPROTO;
        l->module.recorder->arm_login();
        rv = l->module.calls->C_Login(l->module.session, CKU_USER, pin->pin, size);
        wipe(pin, sizeof(*pin));
        if (tell_login_done(l, attempt, rv) < 0)
                return -ECANCELED;
        if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
                return 0;
        return attempt_fail_call(attempt, login_reason(attempt, rv), "logging in");
}

static int rung_login(Ladder *l, Attempt *attempt) {
        int r = check_pin_flags(l, attempt);

        if (r < 0)
                return r;
        r = ask_for_pin(l, attempt);
        if (r == 0)
                r = login_with(l, attempt, l->channel->buffer);
        wipe(l->channel->buffer, sizeof(MsgPin));
        return r;
}

/* --- find, sign, verify, random
 * ------------------------------------------------------------------------------ */

/* hsmd pins what it is shown where nothing is configured. */
static int show_key(Ladder *l, Key *key) {
        MsgProbeKey m = MESSAGE(MsgProbeKey, MSG_PROBE_KEY);
        uint8_t *der = NULL;
        int size = key->expected ? i2d_PUBKEY(key->expected, &der) : 0, r = 0;

        m.number = key->config->number;
        if (size > 0 && (size_t) size <= sizeof(m.spki)) {
                memcpy(m.spki, der, (size_t) size);
                m.spki_size = (uint32_t) size;
                r = channel_send(l->channel, &m.head);
        }
        OPENSSL_free(der);
        key->told = true;
        return r;
}

static int rung_find(Ladder *l, Attempt *attempt) {
        int r = keys_find(&l->keys, &l->module, l->config->present_interval, attempt);

        for (size_t i = 0; i < l->keys.n && r == 0; i++) {
                Key *key = &l->keys.keys[i];

                if (!key->told && key->config->spki_size == 0 && key->has_fingerprint && show_key(l, key) < 0)
                        return -ECANCELED;
        }
        return r;
}

static int rung_sign(Ladder *l, Attempt *attempt) {
        return exercise_sign(&l->keys, &l->module, attempt);
}

static int rung_verify(Ladder *l, Attempt *attempt) {
        return exercise_verify(&l->keys, &l->module, attempt);
}

static int rung_decrypt(Ladder *l, Attempt *attempt) {
        return exercise_decrypt(&l->keys, &l->module, attempt);
}

static int rung_encrypt(Ladder *l, Attempt *attempt) {
        return exercise_encrypt(&l->keys, &l->module, attempt);
}

static int rung_mac(Ladder *l, Attempt *attempt) {
        return exercise_mac(&l->keys, &l->module, attempt);
}

/* That a machine has no generator for us is no fault of it. */
static int rung_random(Ladder *l, Attempt *attempt) {
        uint8_t octets[RANDOM_SIZE];
        CK_RV rv = l->module.calls->C_GenerateRandom(l->module.session, octets, sizeof(octets));

        if (rv == CKR_FUNCTION_NOT_SUPPORTED || rv == CKR_RANDOM_NO_RNG) {
                l->no_random = true;
                return 0;
        }
        if (rv != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "drawing random numbers");
        attempt->result.random_ran = 1;
        if (!l->random)
                l->random = random_health_new();
        if (l->random)
                random_health_feed(l->random, octets, sizeof(octets));
        return 0;
}

/* --- the ladder
 * ---------------------------------------------------------------------------------------------- */

typedef struct Rung {
        Step step;
        int (*try)(Ladder *ladder, Attempt *attempt);
} Rung;

static const Rung rungs[] = {
        {STEP_LOAD, rung_load},
        {STEP_INITIALIZE, rung_initialize},
        {STEP_SLOT, rung_slot},
        {STEP_TOKEN, rung_token},
        {STEP_SESSION, rung_session},
        {STEP_LOGIN, rung_login},
        {STEP_FIND, rung_find},
        {STEP_SIGN, rung_sign},
        {STEP_VERIFY, rung_verify},
        {STEP_DECRYPT, rung_decrypt},
        {STEP_ENCRYPT, rung_encrypt},
        {STEP_MAC, rung_mac},
        {STEP_RANDOM, rung_random},
};

/* The rungs below it lead to a session that can work. */
#define FIRST_EXERCISE 7
_Static_assert(ELEMENTSOF(rungs) > FIRST_EXERCISE, "load to find");

static bool is_wanted(const Ladder *l, const Rung *rung) {
        switch (rung->step) {
        case STEP_LOGIN:
                return l->token.flags & CKF_LOGIN_REQUIRED;
        case STEP_FIND:
                return !l->on_top || keys_search_due(&l->keys);
        case STEP_SIGN:
        case STEP_VERIFY:
                return exercise_wanted(&l->keys, EXERCISE_SIGN);
        case STEP_DECRYPT:
                return exercise_wanted(&l->keys, EXERCISE_DECRYPT);
        case STEP_ENCRYPT:
                return exercise_wanted(&l->keys, EXERCISE_ENCRYPT);
        case STEP_MAC:
                return exercise_wanted(&l->keys, EXERCISE_MAC);
        case STEP_RANDOM:
                return l->config->random && !l->no_random;
        default:
                return true;
        }
}

static int try_rung(Ladder *l, Attempt *attempt, const Rung *rung) {
        int r;

        if (!is_wanted(l, rung))
                return 0;
        attempt_begin(attempt, rung->step);
        r = rung->try(l, attempt);
        attempt_end(attempt);
        return r;
}

int ladder_init(Ladder *ladder, const MsgProbeConfig *config, Ring *ring, Channel *channel) {
        Ladder l = {.config = config, .ring = ring, .channel = channel};
        int r = module_open(&l.module);

        if (r < 0)
                return r;
        r = keys_init(&l.keys, config);
        if (r < 0)
                return r;
        *ladder = l;
        return 0;
}

static int tell_connection(const Ladder *l, const Attempt *attempt, const ConnectTry *try) {
        MsgConnect m = MESSAGE(MsgConnect, MSG_CONNECT);

        m.attempt = attempt->result.attempt;
        m.management = try->address == l->config->management;
        m.error = try->error;
        m.usec = try->usec;
        return channel_send(l->channel, &m.head) < 0 ? -ECANCELED : 0;
}

/* A diagnosis, before anything that may hang: do the machine's ports take a connection? */
static int try_connections(Ladder *l, Attempt *attempt) {
        ConnectTry tries[CONNECT_TRIES_MAX] = {0};
        size_t n = 0;
        int r = 0;

        if (l->config->connect[0])
                tries[n++].address = l->config->connect;
        if (l->config->management[0])
                tries[n++].address = l->config->management;
        if (!l->config->diagnose || n == 0)
                return 0;
        attempt_begin(attempt, STEP_CONNECT);
        connect_try(tries, n, l->config->connect_timeout);
        attempt_end(attempt);
        /* the rung is the cipher service's; how long another port was silent is no latency of it */
        attempt->result.latency[STEP_CONNECT] =
                l->config->connect[0] ? MAX_OF(tries[0].usec, UINT64_C(1)) : 0;
        for (size_t i = 0; i < n && r == 0; i++)
                r = tell_connection(l, attempt, &tries[i]);
        return r;
}

static int try_each(Ladder *l, Attempt *attempt, const Rung *list, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++)
                r = try_rung(l, attempt, &list[i]);
        return r;
}

/* One key's failure is not yet the machine's. */
static int try_rungs(Ladder *l, Attempt *attempt, const Rung *list, size_t n) {
        static const Rung exercises[] = {
                {STEP_SIGN, rung_sign},
                {STEP_VERIFY, rung_verify},
                {STEP_DECRYPT, rung_decrypt},
                {STEP_ENCRYPT, rung_encrypt},
                {STEP_MAC, rung_mac},
        };
        int r = try_each(l, attempt, list, n);

        while (r == 0 && exercise_another(&l->keys))
                r = try_each(l, attempt, exercises, ELEMENTSOF(exercises));
        return r == 0 ? exercise_settle(&l->keys, attempt) : r;
}

int ladder_climb(Ladder *l, Attempt *attempt) {
        /* one that climbs to measure exercises nothing by itself */
        size_t n = l->config->measure ? FIRST_EXERCISE : ELEMENTSOF(rungs);
        int r = try_connections(l, attempt);

        l->module.recorder->set_identity(l->config->sm2_id, l->config->sm2_id_size);
        exercise_begin(&l->keys, true);
        if (r == 0)
                r = try_rungs(l, attempt, rungs, n);
        l->on_top = r == 0;
        return r;
}

int ladder_check(Ladder *l, Attempt *attempt) {
        static const Rung check[] = {
                {STEP_TOKEN, read_token},
                {STEP_FIND, rung_find},
                {STEP_SIGN, rung_sign},
                {STEP_VERIFY, rung_verify},
                {STEP_DECRYPT, rung_decrypt},
                {STEP_ENCRYPT, rung_encrypt},
                {STEP_MAC, rung_mac},
                {STEP_RANDOM, rung_random},
        };

        exercise_begin(&l->keys, false);
        return try_rungs(l, attempt, check, ELEMENTSOF(check));
}

/* --- what is known
 * ------------------------------------------------------------------------------------------- */

static uint32_t count_descriptors(void) {
        DIR *dir = opendir("/proc/self/fd");
        uint32_t n = 0;

        if (!dir)
                return 0;
        for (struct dirent *d; (d = readdir(dir));)
                if (d->d_name[0] != '.')
                        n++;
        closedir(dir);
        return n > 0 ? n - 1 : 0; /* without the directory's own */
}

static void report_token(const CK_TOKEN_INFO *token, MsgProbeResult *result) {
        result->has_token = 1;
        result->token_flags = token->flags;
        copy_padded(result->manufacturer, sizeof(result->manufacturer), token->manufacturerID,
                sizeof(token->manufacturerID));
        copy_padded(result->model, sizeof(result->model), token->model, sizeof(token->model));
        copy_padded(result->serial, sizeof(result->serial), token->serialNumber, sizeof(token->serialNumber));
        snprintf(result->firmware, sizeof(result->firmware), "%u.%u", token->firmwareVersion.major,
                token->firmwareVersion.minor);
}

static void report_random(const Ladder *ladder, MsgProbeResult *result) {
        char text[RANDOM_TEXT_MAX];
        bool weak = ladder->random && random_health_verdict(ladder->random) != RANDOM_OK;

        result->random_state = weak ? REASON_RANDOM_WEAK : REASON_NONE;
        if (!weak || result->detail[0] != '\0')
                return;
        random_health_text(ladder->random, text);
        copy_text(result->detail, sizeof(result->detail), text);
}

void ladder_idle(Ladder *ladder) {
        if (ladder->random)
                (void) random_health_step(ladder->random);
}

void ladder_report(const Ladder *ladder, Attempt *attempt) {
        MsgProbeResult *result = &attempt->result;

        if (ladder->has_token)
                report_token(&ladder->token, result);
        report_random(ladder, result);
        keys_report(&ladder->keys, result);
        ladder->module.recorder->counts(&result->sessions_open, &result->logins, &result->signs);
        result->open_fds = count_descriptors();
}

void ladder_close(Ladder *ladder) {
        ladder->random = random_health_free(ladder->random);
        keys_done(&ladder->keys);
        module_close(&ladder->module);
}
