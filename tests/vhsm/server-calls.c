/* PKCS#11 v2.40 as the machine answers it. The lock is held by whoever calls; a crypto operation gives it up
 * while it takes its time. */
#include "server.h"

#include <time.h>

#define AUDIT 0x80000035UL /* "log full" at one vendor; others have other numbers */

static Session *session_of(Call *c) {
        Machine *m = c->machine;

        for (size_t i = 0; i < SESSIONS_MAX; i++)
                if (m->sessions[i].open && m->sessions[i].handle == c->session &&
                        m->sessions[i].client == c->client)
                        return m->sessions[i].broken ? NULL : &m->sessions[i];
        return NULL;
}

static void close_one(Machine *m, Session *s) {
        if (!s->open)
                return;
        *s = (Session){0};
        if (--m->sessions_open == 0)
                m->user_in = false;
}

void client_gone(Machine *m, uint64_t client) {
        for (size_t i = 0; i < SESSIONS_MAX; i++)
                if (m->sessions[i].client == client)
                        close_one(m, &m->sessions[i]);
}

/* --- slots and tokens
 * ----------------------------------------------------------------------------------------------- */

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
        const Personality *p = c->machine->personality;
        uint32_t n = 0;

        for (size_t i = 0; i < p->n_mechanisms; i++)
                n += personality_mechanism(c->machine, p->mechanisms[i].number) != NULL;
        wire_put_u32(c->out, n);
        for (size_t i = 0; i < p->n_mechanisms; i++)
                if (personality_mechanism(c->machine, p->mechanisms[i].number))
                        wire_put_u64(c->out, p->mechanisms[i].number);
        return CKR_OK;
}

static CK_RV get_mechanism_info(Call *c) {
        const Mechanism *k;

        wire_get_u64(c->in);
        k = personality_mechanism(c->machine, wire_get_u64(c->in));
        if (!k)
                return CKR_MECHANISM_INVALID;
        wire_put_u64(c->out, k->flags);
        return CKR_OK;
}

/* --- sessions
 * ------------------------------------------------------------------------------------------------------- */

static unsigned limit_of_sessions(const Machine *m) {
        const Fault *limit = fault_on(m, FAULT_SESSION_LIMIT);

        return limit ? (unsigned) limit->number : m->session_limit;
}

static CK_RV open_session(Call *c) {
        Machine *m = c->machine;
        Session *s = m->sessions;

        if (wire_get_u64(c->in) != m->slot)
                return CKR_SLOT_ID_INVALID;
        if (m->sessions_open >= limit_of_sessions(m))
                return CKR_SESSION_COUNT;
        while (s < m->sessions + SESSIONS_MAX && s->open)
                s++;
        if (s == m->sessions + SESSIONS_MAX)
                return CKR_SESSION_COUNT;
        *s = (Session){.open = true, .handle = m->next_session++, .client = c->client};
        m->sessions_open++;
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

static CK_RV count_wrong(Machine *m) {
        m->wrong_tries++;
        m->login_wrong++;
        machine_save(m);
        return m->wrong_tries >= m->pin_tries ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
}

static CK_RV login(Call *c) {
        Machine *m = c->machine;
        const Fault *other = fault_on(m, FAULT_PIN);
        const char *right = other ? other->argument : m->pin;
        CK_USER_TYPE user = wire_get_u64(c->in);
        size_t n;
        const uint8_t *pin = wire_get(c->in, &n);

        if (!session_of(c))
                return CKR_SESSION_HANDLE_INVALID;
        if (fault_on(m, FAULT_LOG_FULL))
                return AUDIT;
        if (user != CKU_USER)
                return CKR_USER_TYPE_INVALID;
        if (fault_on(m, FAULT_LOGGED_IN)) {
                m->user_in = true;
                return CKR_USER_ALREADY_LOGGED_IN;
        }
        if (fault_on(m, FAULT_LOCKED) || m->wrong_tries >= m->pin_tries)
                return CKR_PIN_LOCKED;
        if (n != strlen(right) || memcmp(pin, right, n) != 0)
                return count_wrong(m);
        if (m->wrong_tries > 0) {
                m->wrong_tries = 0;
                machine_save(m);
        }
        m->login_ok++;
        m->user_in = true;
        return CKR_OK;
}

static CK_RV logout(Call *c) {
        c->machine->user_in = false;
        return CKR_OK;
}

/* --- objects
 * -------------------------------------------------------------------------------------------------------- */

static CK_RV get_attribute_value(Call *c) {
        Machine *m = c->machine;
        const Object *o = object_find(m, wire_get_u64(c->in));
        uint32_t n = wire_get_u32(c->in);
        CK_RV rv = CKR_OK;

        if (!session_of(c))
                return CKR_SESSION_HANDLE_INVALID;
        if (!o)
                return CKR_OBJECT_HANDLE_INVALID;
        for (uint32_t i = 0; i < n && !c->in->bad; i++) {
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

static bool fits(const Machine *m, const Object *o, const Wanted *wanted, uint32_t n) {
        for (uint32_t i = 0; i < n; i++) {
                Wire value = {0};
                bool sensitive, same = object_attribute(m, o, wanted[i].type, &value, &sensitive) &&
                                       value.size - 4 == wanted[i].size &&
                                       memcmp(value.data + 4, wanted[i].value, wanted[i].size) == 0;

                wire_free(&value);
                if (!same)
                        return false;
        }
        return !object_hidden(m, o);
}

static CK_RV find_objects_init(Call *c) {
        Machine *m = c->machine;
        Session *s = session_of(c);
        uint32_t n = wire_get_u32(c->in);
        Wanted wanted[16];

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        if (n > ELEMENTSOF(wanted))
                return CKR_ARGUMENTS_BAD;
        for (uint32_t i = 0; i < n; i++) {
                wanted[i].type = wire_get_u64(c->in);
                wanted[i].value = wire_get(c->in, &wanted[i].size);
        }
        s->n_found = s->next_found = 0;
        for (size_t i = 0; i < m->n_objects; i++)
                if (fits(m, &m->objects[i], wanted, n))
                        s->found[s->n_found++] = m->objects[i].handle;
        return CKR_OK;
}

static CK_RV find_objects(Call *c) {
        Session *s = session_of(c);
        uint32_t max = wire_get_u32(c->in);
        size_t n;

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        n = MIN_OF((size_t) max, s->n_found - s->next_found);
        wire_put_u32(c->out, (uint32_t) n);
        for (size_t i = 0; i < n; i++)
                wire_put_u64(c->out, s->found[s->next_found++]);
        return CKR_OK;
}

static CK_RV find_objects_final(Call *c) {
        return session_of(c) ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

/* --- operations
 * ----------------------------------------------------------------------------------------------------- */

static CK_RV begin_operation(Call *c) {
        Machine *m = c->machine;
        Session *s = session_of(c);
        const Mechanism *mechanism;
        const uint8_t *parameter;
        Object *key;
        size_t n;

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        if (s->busy)
                return CKR_OPERATION_ACTIVE;
        mechanism = personality_mechanism(m, wire_get_u64(c->in));
        parameter = wire_get(c->in, &n);
        key = object_find(m, wire_get_u64(c->in));
        if (!mechanism || n > sizeof(s->parameter))
                return mechanism ? CKR_MECHANISM_PARAM_INVALID : CKR_MECHANISM_INVALID;
        if (!key)
                return CKR_KEY_HANDLE_INVALID;
        if (key->type != mechanism->key_type ||
                (key->object_class != CKO_PRIVATE_KEY && key->object_class != CKO_SECRET_KEY))
                return CKR_KEY_TYPE_INCONSISTENT;
        if (mechanism->operation == OP_CBC && n != 16)
                return CKR_MECHANISM_PARAM_INVALID;
        s->mechanism = mechanism;
        s->key = key;
        s->parameter_size = n;
        if (n > 0)
                memcpy(s->parameter, parameter, n);
        return CKR_OK;
}

/* The machine does one operation after the other, `rate` of them a second: each has its turn. */
static void take_time(Machine *m) {
        const Fault *slow = fault_on(m, FAULT_SLOW);
        usec_t extra = m->latency + (slow ? slow->number * USEC_PER_MSEC : 0), now = now_monotonic(),
               until = now + extra;
        struct timespec ts;

        m->operations++;
        if (m->rate > 0) {
                m->busy_until = MAX_OF(m->busy_until, now) + USEC_PER_SEC / m->rate;
                until = MAX_OF(until, m->busy_until);
        }
        if (until <= now)
                return;
        pthread_mutex_unlock(&m->lock);
        ts = (struct timespec){
                .tv_sec = (time_t) (until / USEC_PER_SEC), .tv_nsec = (long) (until % USEC_PER_SEC * 1000)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
        pthread_mutex_lock(&m->lock);
}

static CK_RV operate(
        Call *c, CK_RV (*work)(const Machine *, const Session *, const uint8_t *, size_t, Wire *)) {
        Machine *m = c->machine;
        Session *s = session_of(c), held;
        const uint8_t *data;
        CK_RV rv;
        size_t n;

        if (!s)
                return CKR_SESSION_HANDLE_INVALID;
        if (s->busy || !s->mechanism)
                return s->busy ? CKR_OPERATION_ACTIVE : CKR_OPERATION_NOT_INITIALIZED;
        data = wire_get(c->in, &n);
        if (c->in->bad)
                return CKR_ARGUMENTS_BAD;
        held = *s;
        s->mechanism = NULL;
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

        if (s && s->key && s->mechanism && fault_on_key(m, FAULT_SIGN_ERROR, s->key)) {
                s->mechanism = NULL;
                return CKR_DEVICE_ERROR;
        }
        if (s && m->faults[FAULT_ACTIVE].on) {
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
                [WIRE_GetSessionInfo] = find_objects_final,
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
                [WIRE_GenerateRandom] = generate_random,
        };
        CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED; /* of all that would change the machine: counted and refused */

        if (calls[c->function])
                rv = calls[c->function](c);
        return c->in->bad ? CKR_ARGUMENTS_BAD : rv;
}
