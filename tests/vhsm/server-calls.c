/* PKCS#11 v2.40 as the machine answers it. The lock is held by whoever calls; a crypto operation gives it up
 * while it takes its time. */
#include "server.h"

#include <time.h>

#define AUDIT 0x80000035UL /* "log full" at one vendor; others have other numbers */

static Session *session_of(Call *c) {
        Machine *m = c->machine;

        for (size_t i = 0; i < SESSIONS_MAX; i++) {
                Session *s = &m->sessions[i];

                if (!s->open || s->handle != c->session || s->client != c->client)
                        continue;
                c->poison |= s->broken;
                return s->broken ? NULL : s;
        }
        return NULL;
}

/* A login is one application's, in all its sessions, and ends with the last of them. */
static void set_user(Machine *m, uint64_t application, bool user) {
        for (size_t i = 0; i < SESSIONS_MAX; i++)
                if (m->sessions[i].open && m->sessions[i].application == application)
                        m->sessions[i].user = user;
}

static bool has_user(const Machine *m, uint64_t application) {
        for (size_t i = 0; i < SESSIONS_MAX; i++)
                if (m->sessions[i].open && m->sessions[i].application == application && m->sessions[i].user)
                        return true;
        return false;
}

static void close_one(Machine *m, Session *s) {
        if (!s->open)
                return;
        *s = (Session){0};
        m->sessions_open--;
}

void client_gone(Machine *m, uint64_t client) {
        for (size_t i = 0; i < SESSIONS_MAX; i++)
                if (m->sessions[i].client == client)
                        close_one(m, &m->sessions[i]);
}

/* --- slots and tokens --- */

static CK_RV get_info(Call *c) {
        wire_put(c->out, c->machine->manufacturer, strlen(c->machine->manufacturer));
        return CKR_OK;
}

static CK_RV get_slot_list(Call *c) {
        bool present = wire_get_u32(c->in);
        unsigned extra = present ? 0 : c->machine->extra_slots;

        wire_put_u32(c->out, extra + 1);
        wire_put_u64(c->out, c->machine->slot);
        for (unsigned i = 0; i < extra; i++)
                wire_put_u64(c->out, 1000 + i);
        return CKR_OK;
}

static CK_FLAGS token_flags(const Machine *m) {
        CK_FLAGS flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
        unsigned left = m->pin_tries - MIN_OF(m->wrong_tries, m->pin_tries);

        if (!m->pin_flags)
                return flags;
        if (fault_on(m, FAULT_LOCKED) || left == 0)
                return flags | CKF_USER_PIN_LOCKED;
        if (left == 1)
                flags |= CKF_USER_PIN_FINAL_TRY;
        return m->wrong_tries > 0 ? flags | CKF_USER_PIN_COUNT_LOW : flags;
}

static CK_RV get_token_info(Call *c) {
        Machine *m = c->machine;
        const Fault *serial = fault_on(m, FAULT_SERIAL);

        if (wire_get_u64(c->in) != m->slot)
                return CKR_SLOT_ID_INVALID;
        wire_put(c->out, m->label, strlen(m->label));
        wire_put(c->out, m->manufacturer, strlen(m->manufacturer));
        wire_put(c->out, m->model, strlen(m->model));
        wire_put(
                c->out, serial ? serial->argument : m->serial, strlen(serial ? serial->argument : m->serial));
        wire_put_u64(c->out, token_flags(m));
        wire_put_u32(c->out, m->firmware_major);
        wire_put_u32(c->out, m->firmware_minor);
        wire_put_u32(c->out, m->sessions_open);
        return CKR_OK;
}

static CK_RV get_mechanism_list(Call *c) {
        uint32_t n = 0;

        if (wire_get_u64(c->in) != c->machine->slot)
                return CKR_SLOT_ID_INVALID;
        while (personality_nth(c->machine, n))
                n++;
        wire_put_u32(c->out, n);
        for (uint32_t i = 0; i < n; i++)
                wire_put_u64(c->out, personality_nth(c->machine, i)->number);
        return CKR_OK;
}

static CK_RV get_mechanism_info(Call *c) {
        const Mechanism *k;

        if (wire_get_u64(c->in) != c->machine->slot)
                return CKR_SLOT_ID_INVALID;
        k = personality_mechanism(c->machine, wire_get_u64(c->in));
        if (!k)
                return CKR_MECHANISM_INVALID;
        wire_put_u64(c->out, k->flags);
        return CKR_OK;
}

/* --- sessions --- */

unsigned sessions_used(const Machine *m) {
        const Fault *others = fault_on(m, FAULT_SESSIONS_USED);

        return m->sessions_open + (others ? (unsigned) others->number : 0);
}

unsigned sessions_limit(const Machine *m) {
        const Fault *limit = fault_on(m, FAULT_SESSION_LIMIT);

        return limit ? (unsigned) limit->number : m->session_limit;
}

static CK_RV open_session(Call *c) {
        Machine *m = c->machine;
        Session *s = m->sessions;
        CK_SLOT_ID slot = wire_get_u64(c->in);
        uint64_t application = wire_get_u64(c->in);
        CK_FLAGS flags = wire_get_u64(c->in);

        if (c->in->bad)
                return CKR_ARGUMENTS_BAD;
        if (slot != m->slot)
                return CKR_SLOT_ID_INVALID;
        if (sessions_used(m) >= sessions_limit(m))
                return CKR_SESSION_COUNT;
        while (s < m->sessions + SESSIONS_MAX && s->open)
                s++;
        if (s == m->sessions + SESSIONS_MAX)
                return CKR_SESSION_COUNT;
        *s = (Session){.open = true,
                .user = has_user(m, application),
                .handle = m->next_session++,
                .client = c->client,
                .application = application,
                .flags = flags};
        m->sessions_open++;
        m->sessions_rw += (flags & CKF_RW_SESSION) != 0;
        m->sessions_max = MAX_OF(m->sessions_max, m->sessions_open);
        wire_put_u64(c->out, s->handle);
        return CKR_OK;
}

static CK_RV close_session(Call *c) {
        Session *s = session_of(c);

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        close_one(c->machine, s);
        return CKR_OK;
}

static CK_RV close_all_sessions(Call *c) {
        client_gone(c->machine, c->client);
        return CKR_OK;
}

static CK_RV get_session_info(Call *c) {
        const Session *s = session_of(c);
        bool rw;

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        rw = s->flags & CKF_RW_SESSION;
        wire_put_u64(c->out, s->user ? (rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS)
                                     : (rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION));
        wire_put_u64(c->out, s->flags);
        return CKR_OK;
}

static CK_RV check_pin(Machine *m, const uint8_t *pin, size_t n) {
        const Fault *other = fault_on(m, FAULT_PIN);
        const char *right = other ? other->argument : m->pin;

        if (fault_on(m, FAULT_LOCKED) || m->wrong_tries >= m->pin_tries)
                return CKR_PIN_LOCKED;
        if (n == strlen(right) && memcmp(pin, right, n) == 0) {
                m->wrong_tries = 0;
                m->login_ok++;
                return CKR_OK;
        }
        m->wrong_tries++;
        m->login_wrong++;
        return m->wrong_tries >= m->pin_tries ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
}

static CK_RV login_of(Machine *m, Session *s, CK_USER_TYPE user, const uint8_t *pin, size_t n) {
        CK_RV rv;

        if (user == CKU_CONTEXT_SPECIFIC) {
                if (s->begun == WIRE_NONE || !s->key || !s->key->always_authenticate)
                        return CKR_OPERATION_NOT_INITIALIZED;
                rv = check_pin(m, pin, n);
                s->authenticated = rv == CKR_OK;
                return rv;
        }
        if (user != CKU_USER)
                return CKR_USER_TYPE_INVALID;
        rv = fault_on(m, FAULT_LOGGED_IN) || s->user ? CKR_USER_ALREADY_LOGGED_IN : check_pin(m, pin, n);
        if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
                set_user(m, s->application, true);
        return rv;
}

/* Each attempt is a record in the audit log; a machine whose log is full lets nobody in. */
static CK_RV login(Call *c) {
        Machine *m = c->machine;
        Session *s = session_of(c);
        CK_USER_TYPE user = wire_get_u64(c->in);
        size_t n;
        const uint8_t *pin = wire_get(c->in, &n);
        CK_RV rv;

        if (c->in->bad)
                return CKR_ARGUMENTS_BAD; /* which is no wrong PIN */
        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        if (fault_on(m, FAULT_LOG_FULL) || (m->log_limit > 0 && m->audit >= m->log_limit))
                return AUDIT;
        m->audit++;
        rv = login_of(m, s, user, pin, n);
        machine_save(m);
        return rv;
}

static CK_RV logout(Call *c) {
        Session *s = session_of(c);

        if (!s || !s->user)
                return s ? CKR_USER_NOT_LOGGED_IN : CKR_SESSION_HANDLE_INVALID;
        set_user(c->machine, s->application, false);
        return CKR_OK;
}

/* --- objects --- */

static CK_RV get_attribute_value(Call *c) {
        Machine *m = c->machine;
        const Session *s = session_of(c);
        const Object *o = object_find(m, wire_get_u64(c->in), s && s->user);
        uint32_t n = wire_get_u32(c->in);
        CK_RV rv = CKR_OK;

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        if (!o)
                return CKR_OBJECT_HANDLE_INVALID;
        for (uint32_t i = 0; i < n && !c->in->bad && !c->out->bad; i++) {
                CK_ATTRIBUTE_TYPE type = wire_get_u64(c->in);
                Wire value = {0};
                bool sensitive, has = object_attribute(m, o, type, &value, &sensitive);

                wire_put_u32(c->out, has);
                wire_put(c->out, has ? value.data + 4 : NULL, has ? value.size - 4 : 0);
                if (!has)
                        rv = sensitive ? CKR_ATTRIBUTE_SENSITIVE : CKR_ATTRIBUTE_TYPE_INVALID;
                wire_free(&value);
        }
        return rv;
}

typedef struct Wanted {
        CK_ATTRIBUTE_TYPE type;
        const uint8_t *value;
        size_t size;
} Wanted;

static bool fits(const Machine *m, const Object *o, bool user, const Wanted *wanted, uint32_t n) {
        for (uint32_t i = 0; i < n; i++) {
                Wire value = {0};
                bool sensitive, same = object_attribute(m, o, wanted[i].type, &value, &sensitive) &&
                                       value.size - 4 == wanted[i].size &&
                                       memcmp(value.data + 4, wanted[i].value, wanted[i].size) == 0;

                wire_free(&value);
                if (!same)
                        return false;
        }
        return !object_hidden(m, o, user);
}

static CK_RV find_objects_init(Call *c) {
        Machine *m = c->machine;
        Session *s = session_of(c);
        uint32_t n = wire_get_u32(c->in);
        Wanted wanted[16];

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        if (s->finding || n > ELEMENTSOF(wanted))
                return s->finding ? CKR_OPERATION_ACTIVE : CKR_ARGUMENTS_BAD;
        for (uint32_t i = 0; i < n; i++) {
                wanted[i].type = wire_get_u64(c->in);
                wanted[i].value = wire_get(c->in, &wanted[i].size);
        }
        if (c->in->bad)
                return CKR_ARGUMENTS_BAD;
        s->finding = true;
        s->n_found = s->next_found = 0;
        for (size_t i = 0; i < m->n_objects; i++)
                if (fits(m, &m->objects[i], s->user, wanted, n))
                        s->found[s->n_found++] = m->objects[i].handle;
        return CKR_OK;
}

static CK_RV find_objects(Call *c) {
        Session *s = session_of(c);
        uint32_t max = wire_get_u32(c->in);
        size_t n;

        if (!s || !s->finding)
                return s ? CKR_OPERATION_NOT_INITIALIZED : CKR_SESSION_HANDLE_INVALID;
        n = MIN_OF((size_t) max, s->n_found - s->next_found);
        wire_put_u32(c->out, (uint32_t) n);
        for (size_t i = 0; i < n; i++)
                wire_put_u64(c->out, s->found[s->next_found++]);
        return CKR_OK;
}

static CK_RV find_objects_final(Call *c) {
        Session *s = session_of(c);

        if (!s || !s->finding)
                return s ? CKR_OPERATION_NOT_INITIALIZED : CKR_SESSION_HANDLE_INVALID;
        s->finding = false;
        return CKR_OK;
}

/* --- operations --- */

/* Of each function that begins an operation: which one ends it, and what its mechanism must be good for. */
static uint32_t ending(uint32_t function, CK_FLAGS *ret_flag) {
        switch (function) {
        case WIRE_SignInit:
                *ret_flag = CKF_SIGN;
                return WIRE_Sign;
        case WIRE_EncryptInit:
                *ret_flag = CKF_ENCRYPT;
                return WIRE_Encrypt;
        case WIRE_DecryptInit:
                *ret_flag = CKF_DECRYPT;
                return WIRE_Decrypt;
        default:
                *ret_flag = CKF_DIGEST;
                return WIRE_Digest;
        }
}

static CK_RV check_parameter(const Mechanism *k, const uint8_t *parameter, size_t n) {
        CK_ULONG length;

        if (k->operation == OP_CBC || k->operation == OP_CBC_PAD)
                return n == 16 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
        if (k->operation != OP_MAC_GENERAL)
                return n <= sizeof(((Session *) NULL)->parameter) ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
        if (n != sizeof(length))
                return CKR_MECHANISM_PARAM_INVALID;
        memcpy(&length, parameter, n);
        return length >= 1 && length <= 16 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV check_key(const Mechanism *k, const Object *key) {
        if (k->operation == OP_SM3)
                return CKR_OK; /* without one */
        if (!key)
                return CKR_KEY_HANDLE_INVALID;
        if (key->type != k->key_type ||
                (key->object_class != CKO_PRIVATE_KEY && key->object_class != CKO_SECRET_KEY))
                return CKR_KEY_TYPE_INCONSISTENT;
        return CKR_OK;
}

static CK_RV begin_operation(Call *c) {
        Session *s = session_of(c);
        const Mechanism *k = personality_mechanism(c->machine, wire_get_u64(c->in));
        size_t n;
        const uint8_t *parameter = wire_get(c->in, &n);
        Object *key = object_find(c->machine, wire_get_u64(c->in), s && s->user);
        CK_FLAGS flag;
        uint32_t end = ending(c->function, &flag);
        CK_RV rv;

        if (!s || c->in->bad)
                return s ? CKR_ARGUMENTS_BAD : CKR_SESSION_HANDLE_INVALID;
        if (s->busy || s->begun != WIRE_NONE)
                return CKR_OPERATION_ACTIVE;
        if (!k || !(k->flags & flag))
                return CKR_MECHANISM_INVALID;
        rv = check_parameter(k, parameter, n);
        if (rv == CKR_OK)
                rv = check_key(k, key);
        if (rv != CKR_OK)
                return rv;
        s->begun = end;
        s->mechanism = k;
        s->key = key;
        s->authenticated = false;
        s->parameter_size = n;
        if (n > 0)
                memcpy(s->parameter, parameter, n);
        return CKR_OK;
}

/* The machine does one operation after the other, `rate` of them a second: each has its turn. Who is late to
 * ask, because this host was late to wake it, has lost no turn; who did not ask for IDLE_NS has. */
#define NS_PER_SEC UINT64_C(1000000000)
#define IDLE_NS (NS_PER_SEC / 20)

static void take_time(Machine *m) {
        const Fault *slow = fault_on(m, FAULT_SLOW);
        uint64_t now = now_monotonic() * 1000, until = now;
        struct timespec ts;

        m->operations++;
        m->done++;
        if (m->rate > 0) {
                if (m->busy_until + IDLE_NS < now)
                        m->busy_until = now;
                m->busy_until += NS_PER_SEC / m->rate;
                until = MAX_OF(m->busy_until, now + NS_PER_SEC / m->rate);
        }
        until += m->latency * 1000;
        if (slow && slow->function == WIRE_NONE)
                until += slow->number * 1000000;
        if (until <= now)
                return;
        pthread_mutex_unlock(&m->lock);
        ts = (struct timespec){
                .tv_sec = (time_t) (until / NS_PER_SEC), .tv_nsec = (long) (until % NS_PER_SEC)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
        pthread_mutex_lock(&m->lock);
}

static CK_RV operate(
        Call *c, CK_RV (*work)(const Machine *, const Session *, const uint8_t *, size_t, Wire *)) {
        Machine *m = c->machine;
        Session *s = session_of(c), held;
        size_t n;
        const uint8_t *data = wire_get(c->in, &n);
        CK_RV rv;

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        if (s->busy || s->begun != c->function)
                return s->busy ? CKR_OPERATION_ACTIVE : CKR_OPERATION_NOT_INITIALIZED;
        if (c->in->bad)
                return CKR_ARGUMENTS_BAD;
        held = *s;
        s->begun = WIRE_NONE;
        s->authenticated = false;
        if (held.key && held.key->always_authenticate && !held.authenticated)
                return CKR_USER_NOT_LOGGED_IN;
        take_time(m);
        /* the arithmetic runs beside that of other sessions */
        pthread_mutex_unlock(&m->lock);
        rv = work(m, &held, data, n, c->out);
        pthread_mutex_lock(&m->lock);
        return rv;
}

static CK_RV sign(Call *c) {
        Machine *m = c->machine;
        Session *s = session_of(c);

        if (!s || s->begun != WIRE_Sign || s->busy)
                return operate(c, crypto_sign); /* which says what is wrong */
        if (fault_on_key(m, FAULT_SIGN_ERROR, s->key)) {
                s->begun = WIRE_NONE;
                return CKR_DEVICE_ERROR;
        }
        if (fault_on(m, FAULT_ACTIVE)) {
                m->faults[FAULT_ACTIVE].on = false; /* once */
                s->busy = true;
                return CKR_FUNCTION_FAILED;
        }
        return operate(c, crypto_sign);
}

static CK_RV work_encrypt(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out) {
        return crypto_crypt(m, s, true, data, n, out);
}

static CK_RV work_decrypt(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out) {
        return crypto_crypt(m, s, false, data, n, out);
}

static CK_RV encrypt(Call *c) {
        return operate(c, work_encrypt);
}

static CK_RV decrypt(Call *c) {
        return operate(c, work_decrypt);
}

static CK_RV digest(Call *c) {
        return operate(c, crypto_digest);
}

static CK_RV generate_random(Call *c) {
        uint32_t n = wire_get_u32(c->in);

        return session_of(c) ? crypto_random(c->machine, n, c->out) : CKR_SESSION_HANDLE_INVALID;
}

static CK_RV nothing_to_do(Call *c) {
        (void) c;
        return CKR_OK;
}

CK_RV serve_call(Call *c) {
        static CK_RV (*const calls[WIRE_FUNCTION_MAX])(Call *) = {
                [WIRE_Initialize] = nothing_to_do,
                [WIRE_Finalize] = close_all_sessions,
                [WIRE_GetInfo] = get_info,
                [WIRE_GetSlotList] = get_slot_list,
                [WIRE_GetSlotInfo] = nothing_to_do,
                [WIRE_GetTokenInfo] = get_token_info,
                [WIRE_GetMechanismList] = get_mechanism_list,
                [WIRE_GetMechanismInfo] = get_mechanism_info,
                [WIRE_OpenSession] = open_session,
                [WIRE_CloseSession] = close_session,
                [WIRE_CloseAllSessions] = close_all_sessions,
                [WIRE_GetSessionInfo] = get_session_info,
                [WIRE_Login] = login,
                [WIRE_Logout] = logout,
                [WIRE_GetAttributeValue] = get_attribute_value,
                [WIRE_FindObjectsInit] = find_objects_init,
                [WIRE_FindObjects] = find_objects,
                [WIRE_FindObjectsFinal] = find_objects_final,
                [WIRE_SignInit] = begin_operation,
                [WIRE_Sign] = sign,
                [WIRE_EncryptInit] = begin_operation,
                [WIRE_Encrypt] = encrypt,
                [WIRE_DecryptInit] = begin_operation,
                [WIRE_Decrypt] = decrypt,
                [WIRE_DigestInit] = begin_operation,
                [WIRE_Digest] = digest,
                [WIRE_GenerateRandom] = generate_random,
        };
        CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED; /* of all that would change the machine: counted and refused */

        if (calls[c->function])
                rv = calls[c->function](c);
        return c->in->bad ? CKR_ARGUMENTS_BAD : rv;
}
