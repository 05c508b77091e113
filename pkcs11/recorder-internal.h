#ifndef HSMD_RECORDER_INTERNAL_H
#define HSMD_RECORDER_INTERNAL_H
/* What the recorder's own files share. */

#include <pthread.h>

#include "recorder.h"

typedef struct Grant {
        MechanismUse use;
        CK_OBJECT_HANDLE key;
        CK_MECHANISM_TYPE mechanism;
} Grant;

/* PKCS#11 functions have no argument that could carry our state, so the one instance of a process stands in
 * recorder.c and is reached by recorder_state(). */
typedef struct RecorderState {
        void *handle; /* of the vendor's module; never closed, its threads may run until the process ends */
        const CK_FUNCTION_LIST *vendor;
        Ring *ring;
        _Atomic uint64_t next;           /* sequence of the last record begun */
        atomic_bool taken[RING_THREADS]; /* slots of the in-flight table */
        pthread_key_t slots;             /* of the asking thread; gives it back at the thread's end */
        bool has_slots;
        bool initialized;
        bool login_armed;
        bool has_slot;
        CK_SLOT_ID slot;
        CK_SESSION_HANDLE lent;
        RecorderObject objects[RECORDER_OBJECTS_MAX];
        size_t n_objects;
        CK_OBJECT_CLASS search_class;
        bool search_any;
        size_t search_next; /* position of a search among `objects` */
        Grant grants[RECORDER_GRANTS_MAX];
        size_t n_grants;
        uint8_t identity[PROTOCOL_ID_MAX];
        size_t identity_size;
        _Atomic uint32_t sessions;
        uint64_t logins;
        _Atomic uint64_t signs;
} RecorderState;

/* What a thread's own calls came to: a burst's threads do not blame each other. */
typedef struct ThreadCalls {
        RingRecord last;    /* the last finished call */
        RingRecord failure; /* the last that failed; call = CALL_NONE: none */
} ThreadCalls;

ThreadCalls *thread_calls(void);

RecorderState *recorder_state(void);

/* A call that is being made: from flight_begin to flight_end it stands in the in-flight table. */
typedef struct Flight {
        uint32_t call, thread;
        CK_SESSION_HANDLE session;
        usec_t started;
} Flight;

Flight flight_begin(uint32_t call, CK_SESSION_HANDLE session);
CK_RV flight_end(const Flight *flight, CK_RV rv);

/* Makes the call that just returned CKR_OK a failure: what it answered cannot be true. Returns rv. */
CK_RV flight_disbelieve(CK_RV rv);

/* Records that a call was refused and returns rv. */
CK_RV flight_refuse(CK_RV rv);

/* recorder-calls.c */
CK_FUNCTION_LIST *recorder_calls(void);

/* recorder-policy.c */
bool policy_attribute_is_public(CK_ATTRIBUTE_TYPE type);
/* Whether what was allowed covers this use. */
bool policy_allows(
        const RecorderState *s, MechanismUse use, CK_OBJECT_HANDLE key, const CK_MECHANISM *mechanism);
/* A block of 16 zero octets: all that is ever encrypted. */
bool policy_is_zero_block(const CK_BYTE *data, CK_ULONG size);

#endif
