#include "recorder.h"

#include <dlfcn.h>
#include <sys/syscall.h>

#include "recorder-internal.h"

#define EXPORT __attribute__((visibility("default")))

#ifdef HSMD_SANITIZE
/* AddressSanitizer refuses it: the module would not use the sanitizer's allocator */
#define DEEPBIND 0
#else
#define DEEPBIND RTLD_DEEPBIND
#endif

RecorderState *recorder_state(void) {
        static RecorderState state;

        return &state;
}

ThreadCalls *thread_calls(void) {
        static _Thread_local ThreadCalls calls;

        return &calls;
}

/* A thread that ends gives its slot back; one that is stuck in a call never ends. */
static void give_slot_back(void *value) {
        atomic_store(&recorder_state()->taken[(uintptr_t) value - 1], false);
}

static uint32_t take_slot(RecorderState *s) {
        for (uint32_t i = 0; i < RING_THREADS; i++)
                if (!atomic_exchange(&s->taken[i], true))
                        return i;
        return RING_THREADS;
}

/* A thread's slot in the in-flight table, or RING_THREADS when they are all taken: then its calls are
 * recorded as finished, but not while they fly. */
static uint32_t thread_slot(void) {
        static _Thread_local uint32_t slot = UINT32_MAX;
        RecorderState *s = recorder_state();

        if (slot != UINT32_MAX)
                return slot;
        slot = take_slot(s);
        if (slot == RING_THREADS)
                return slot;
        s->ring->in_flight[slot].thread_id = (uint32_t) syscall(SYS_gettid);
        if (s->has_slots)
                (void) pthread_setspecific(s->slots, (void *) ((uintptr_t) slot + 1));
        return slot;
}

Flight flight_begin(uint32_t call, CK_SESSION_HANDLE session) {
        Flight flight = {
                .call = call, .thread = thread_slot(), .session = session, .started = now_monotonic()};

        if (flight.thread < RING_THREADS) {
                RingInFlight *f = &recorder_state()->ring->in_flight[flight.thread];

                f->session = session;
                f->started = flight.started;
                atomic_store_explicit(&f->call, call, memory_order_release);
        }
        return flight;
}

CK_RV flight_end(const Flight *flight, CK_RV rv) {
        RecorderState *s = recorder_state();
        uint64_t sequence = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed) + 1;
        RingRecord *record = &s->ring->records[(sequence - 1) % RING_RECORDS];
        RingRecord filled = {
                .call = flight->call,
                .thread = flight->thread,
                .session = flight->session,
                .rv = rv,
                .started = flight->started,
                .ended = now_monotonic(),
        };

        /* A reader that meets a half-written record must not take it for a whole one. */
        record->sequence = 0;
        atomic_thread_fence(memory_order_release);
        *record = filled;
        atomic_thread_fence(memory_order_release);
        record->sequence = sequence;
        atomic_fetch_add_explicit(&s->ring->finished, 1, memory_order_release);
        /* finished first, then no longer in flight: between the two a call is seen twice, but never not at
         * all */
        if (flight->thread < RING_THREADS)
                atomic_store_explicit(
                        &s->ring->in_flight[flight->thread].call, CALL_NONE, memory_order_release);
        thread_calls()->last = filled;
        if (rv != CKR_OK)
                thread_calls()->failure = filled;
        return rv;
}

CK_RV flight_disbelieve(CK_RV rv) {
        ThreadCalls *t = thread_calls();

        t->failure = t->last;
        t->failure.rv = rv;
        return rv;
}

CK_RV flight_refuse(CK_RV rv) {
        Flight flight = flight_begin(CALL_OTHER, CK_INVALID_HANDLE);

        return flight_end(&flight, rv);
}

static int take_function_list(RecorderState *s, char *error, size_t size) {
        CK_C_GetFunctionList get = (CK_C_GetFunctionList) dlsym(s->handle, "C_GetFunctionList");
        CK_FUNCTION_LIST *list = NULL;
        Flight flight;
        CK_RV rv;

        if (!get) {
                copy_text(error, size, "it has no C_GetFunctionList");
                return -ENOSYS;
        }
        flight = flight_begin(CALL_GET_FUNCTION_LIST, CK_INVALID_HANDLE);
        rv = get(&list);
        flight_end(&flight, rv);
        if (rv != CKR_OK) {
                char buffer[24];

                snprintf(error, size, "C_GetFunctionList returned %s", pkcs11_return_name(rv, buffer));
                return -EIO;
        }
        if (!list) {
                copy_text(error, size, "C_GetFunctionList gave no list");
                return -ENOSYS;
        }
        s->vendor = list;
        return 0;
}

static int recorder_load(const RecorderConfig *config, char *error, size_t size) {
        RecorderState *s = recorder_state();
        int flags = RTLD_NOW | RTLD_LOCAL | (config->deepbind ? DEEPBIND : 0);
        const char *why;
        Flight flight;

        if (s->ring)
                return -EALREADY;
        s->ring = config->ring;
        s->has_slots = pthread_key_create(&s->slots, give_slot_back) == 0;
        flight = flight_begin(CALL_DLOPEN, CK_INVALID_HANDLE);
        s->handle = dlopen(config->module, flags);
        flight_end(&flight, s->handle ? CKR_OK : CKR_LIBRARY_LOAD_FAILED);
        if (!s->handle) {
                why = dlerror();
                copy_text(error, size, why ? why : "dlopen failed");
                return -ELIBBAD;
        }
        return take_function_list(s, error, size);
}

static void recorder_arm_login(void) {
        recorder_state()->login_armed = true;
}

static void recorder_show_slot(CK_SLOT_ID slot) {
        RecorderState *s = recorder_state();

        s->slot = slot;
        s->has_slot = true;
}

static void recorder_lend_session(CK_SESSION_HANDLE session) {
        recorder_state()->lent = session;
}

static void recorder_show_objects(const RecorderObject *objects, size_t n) {
        RecorderState *s = recorder_state();

        s->n_objects = MIN_OF(n, ELEMENTSOF(s->objects));
        for (size_t i = 0; i < s->n_objects; i++)
                s->objects[i] = objects[i];
}

static int recorder_allow(MechanismUse use, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism) {
        RecorderState *s = recorder_state();

        if (s->n_grants == ELEMENTSOF(s->grants))
                return -ENOBUFS;
        s->grants[s->n_grants++] = (Grant){.use = use, .key = key, .mechanism = mechanism};
        return 0;
}

static void recorder_forbid(MechanismUse use, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism) {
        RecorderState *s = recorder_state();

        for (size_t i = 0; i < s->n_grants; i++)
                if (s->grants[i].key == key && s->grants[i].use == use &&
                        s->grants[i].mechanism == mechanism) {
                        s->grants[i] = s->grants[--s->n_grants];
                        return;
                }
}

static void recorder_set_identity(const uint8_t *id, size_t size) {
        RecorderState *s = recorder_state();

        s->identity_size = MIN_OF(size, sizeof(s->identity));
        if (s->identity_size > 0)
                memcpy(s->identity, id, s->identity_size);
}

static CK_RV recorder_open_beside(CK_SLOT_ID slot, CK_SESSION_HANDLE *ret) {
        RecorderState *s = recorder_state();
        Flight flight;
        CK_RV rv;

        if (!s->vendor || !s->vendor->C_OpenSession)
                return flight_refuse(CKR_FUNCTION_NOT_SUPPORTED);
        flight = flight_begin(CALL_OPEN_SESSION, CK_INVALID_HANDLE);
        rv = s->vendor->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, ret);
        flight_end(&flight, rv);
        if (rv == CKR_OK)
                s->sessions++;
        return rv;
}

static void recorder_close_beside(CK_SESSION_HANDLE session) {
        RecorderState *s = recorder_state();
        Flight flight;
        CK_RV rv;

        if (!s->vendor || !s->vendor->C_CloseSession)
                return;
        flight = flight_begin(CALL_CLOSE_SESSION, session);
        rv = s->vendor->C_CloseSession(session);
        flight_end(&flight, rv);
        if (rv == CKR_OK && s->sessions > 0)
                s->sessions--;
}

static bool recorder_last_failure(RingRecord *ret) {
        if (thread_calls()->failure.call == CALL_NONE)
                return false;
        *ret = thread_calls()->failure;
        return true;
}

static void recorder_forget_failure(void) {
        thread_calls()->failure = (RingRecord){.call = CALL_NONE};
}

static void recorder_counts(uint32_t *ret_sessions, uint64_t *ret_logins, uint64_t *ret_signs) {
        RecorderState *s = recorder_state();

        *ret_sessions = s->sessions;
        *ret_logins = s->logins;
        *ret_signs = s->signs;
}

EXPORT const Recorder *hsmd_recorder(void);
EXPORT const Recorder *hsmd_recorder(void) {
        static Recorder recorder = {
                .load = recorder_load,
                .arm_login = recorder_arm_login,
                .show_slot = recorder_show_slot,
                .lend_session = recorder_lend_session,
                .show_objects = recorder_show_objects,
                .allow = recorder_allow,
                .forbid = recorder_forbid,
                .set_identity = recorder_set_identity,
                .open_beside = recorder_open_beside,
                .close_beside = recorder_close_beside,
                .last_failure = recorder_last_failure,
                .forget_failure = recorder_forget_failure,
                .counts = recorder_counts,
        };

        recorder.calls = recorder_calls();
        return &recorder;
}

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
        if (!list)
                return CKR_ARGUMENTS_BAD;
        if (!recorder_state()->vendor) /* not loaded yet: there is nothing to stand before */
                return CKR_GENERAL_ERROR;
        *list = recorder_calls();
        return CKR_OK;
}
