#ifndef HSMD_RING_H
#define HSMD_RING_H
/* What a probe's PKCS#11 calls leave behind: a ring of finished calls and a table of calls in flight, in
 * shared memory that outlives the probe. The recorder writes it; hsmd reads it and treats it as hostile
 * input: every record is copied once and then checked. Nothing a call was given (a PIN, a message) ever
 * enters it. */

#include <stdatomic.h>

#include "macro.h"

#define RING_MAGIC UINT64_C(0x6864736d52494e31)
#define RING_RECORDS 256
#define RING_THREADS 65 /* a burst's 64 and the main one */

/* Calls by number; names in pkcs11_call_name. The numbers are ours and private to one build. */
typedef enum Call {
        CALL_NONE,
        CALL_DLOPEN, /* loading the module: its constructors run here */
        CALL_GET_FUNCTION_LIST,
        CALL_INITIALIZE,
        CALL_FINALIZE,
        CALL_GET_INFO,
        CALL_GET_SLOT_LIST,
        CALL_GET_SLOT_INFO,
        CALL_GET_TOKEN_INFO,
        CALL_GET_MECHANISM_LIST,
        CALL_GET_MECHANISM_INFO,
        CALL_OPEN_SESSION,
        CALL_CLOSE_SESSION,
        CALL_CLOSE_ALL_SESSIONS,
        CALL_GET_SESSION_INFO,
        CALL_LOGIN,
        CALL_LOGOUT,
        CALL_GET_ATTRIBUTE_VALUE,
        CALL_FIND_OBJECTS_INIT,
        CALL_FIND_OBJECTS,
        CALL_FIND_OBJECTS_FINAL,
        CALL_SIGN_INIT,
        CALL_SIGN,
        CALL_SIGN_UPDATE,
        CALL_SIGN_FINAL,
        CALL_DECRYPT_INIT,
        CALL_DECRYPT,
        CALL_ENCRYPT_INIT,
        CALL_ENCRYPT,
        CALL_DIGEST_INIT,
        CALL_DIGEST,
        CALL_VERIFY_INIT,
        CALL_VERIFY,
        CALL_GENERATE_RANDOM,
        CALL_SEED_RANDOM,
        CALL_OTHER, /* refused by the recorder: not on its allow-list */
        CALL_MAX,
} Call;

typedef struct RingRecord {
        uint64_t sequence; /* 1 for the first call; written last */
        uint32_t call;     /* Call */
        uint32_t thread;   /* slot in the in-flight table */
        uint64_t session;
        uint64_t rv; /* CK_RV */
        usec_t started, ended;
} RingRecord;

typedef struct RingInFlight {
        _Atomic uint32_t call; /* CALL_NONE: free or between calls; set last, cleared first */
        uint32_t thread_id;
        uint64_t session;
        usec_t started;
} RingInFlight;

typedef struct Ring {
        uint64_t magic;
        _Atomic uint64_t finished; /* how many calls have finished */
        RingInFlight in_flight[RING_THREADS];
        RingRecord records[RING_RECORDS]; /* call n stands at (n - 1) % RING_RECORDS */
        _Atomic uint32_t step;            /* the Step on which the probe is; 0 = between attempts */
} Ring;

/* Makes a sealed ring and maps it. *ret_fd is the caller's to close, *ret_ring to munmap. Negative errno. */
int ring_new(int *ret_fd, Ring **ret_ring);

/* Maps a ring received over a socket, for writing. -EBADMSG if it is not one. */
int ring_map(int fd, Ring **ret_ring);
Ring *ring_unmap(Ring *ring);

/* The call in flight that has run longest; false if there is none. */
bool ring_oldest_in_flight(const Ring *ring, RingRecord *ret);

/* The last finished call; false if there is none or it cannot be read. */
bool ring_last_finished(const Ring *ring, RingRecord *ret);

/* Up to n of the last finished calls, oldest first; returns how many. */
size_t ring_tail(const Ring *ring, RingRecord *ret, size_t n);

/* "C_Sign"; never NULL. */
const char *pkcs11_call_name(uint32_t call);

/* "CKR_DEVICE_ERROR", else "0x" and eight hexadecimal digits written into the buffer. PKCS#11 v2.40,
 * section 11.1. */
const char *pkcs11_return_name(uint64_t rv, char buffer[static 24]);

#endif
