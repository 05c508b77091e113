#ifndef HSMD_RECORDER_H
#define HSMD_RECORDER_H
/* The recorder: a PKCS#11 module (v2.40) that stands between its callers, libp11 and the probe's own raw
 * calls, and the vendor's module. It notes each call's name, return value, start and end in a ring that
 * outlives the process, and it lets through only what stands on its allow-list, by function and by parameter:
 *
 *   - sessions are read-only; a login is CKU_USER and must have been armed, once for each;
 *   - nothing that creates, changes, copies, derives, wraps, unwraps or destroys an object, or writes to a
 * token;
 *   - only attributes that hold nothing secret are read (recorder-policy.c);
 *   - a key does only what the probe allowed it (sign, decrypt, encrypt, MAC), by the one mechanism named for
 * it, with no parameter but the configured SM2 identity to sign and an IV of zeros to encrypt or MAC; what is
 * encrypted is one block of zeros and nothing else;
 *   - one C_Initialize a process.
 *
 * A call that is refused never reaches the vendor's module and stands in the ring as CALL_OTHER.
 *
 * Calls may come from several threads, each on a session of its own; what the probe tells the recorder comes
 * from one.
 *
 * hsmd-recorder.so exports two symbols: C_GetFunctionList, for libp11, and hsmd_recorder, for the probe. It
 * serves one module a process. */

#include <p11-kit/pkcs11.h>

#include "names.h"
#include "protocol.h"
#include "ring.h"

typedef struct RecorderConfig {
        const char *module; /* path of the vendor's module */
        bool deepbind;      /* RTLD_DEEPBIND: the module prefers its own symbols; never under sanitizers */
        Ring *ring;         /* stays mapped for the life of the process */
} RecorderConfig;

typedef struct RecorderObject {
        CK_OBJECT_CLASS object_class;
        CK_OBJECT_HANDLE handle;
} RecorderObject;

#define RECORDER_OBJECTS_MAX 4
#define RECORDER_GRANTS_MAX 32

/* What the probe tells the recorder; PKCS#11 has no words for it. */
typedef struct Recorder {
        /* The recorded and guarded functions; the same list that C_GetFunctionList hands to libp11. */
        CK_FUNCTION_LIST *calls;

        /* Loads the vendor's module and takes its function list. Once a process: -EALREADY. -ELIBBAD with the
         * loader's words in error when it cannot be loaded, -ENOSYS when it is no PKCS#11 module; -EIO when
         * its C_GetFunctionList failed. */
        int (*load)(const RecorderConfig *config, char *error, size_t size);

        /* Lets the next C_Login with CKU_USER through, once. */
        void (*arm_login)(void);

        /* From now on C_GetSlotList shows this slot alone: libp11 asks every slot that it sees for its token,
         * and one hung member would hang them all. */
        void (*show_slot)(CK_SLOT_ID slot);

        /* From now on C_OpenSession is answered with this session, C_CloseSession and C_CloseAllSessions with
         * success, without asking the module: libp11 then works on the probe's own session. (libp11 0.4.12
         * waits for ever after any other failure of C_OpenSession than CKR_SESSION_COUNT.) CK_INVALID_HANDLE
         * ends it. */
        void (*lend_session)(CK_SESSION_HANDLE session);

        /* From now on searches find these objects alone, by their class, without asking the module: libp11
         * reads every key of a token to give one. n = 0 ends it; n is at most RECORDER_OBJECTS_MAX. */
        void (*show_objects)(const RecorderObject *objects, size_t n);

        /* Lets a key be used in one way by one mechanism. -ENOBUFS when RECORDER_GRANTS_MAX are allowed
         * already. */
        int (*allow)(MechanismUse use, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism);
        /* Takes back one such allowance: handles may change places, and then two keys had the same one. */
        void (*forbid)(MechanismUse use, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism);
        /* The identity that a mechanism may be given as its parameter; at most PROTOCOL_ID_MAX octets. */
        void (*set_identity)(const uint8_t *id, size_t size);

        /* Another session beside the lent one, for a thread of its own; C_CloseSession would not close it. A
         * CK_RV. */
        CK_RV (*open_beside)(CK_SLOT_ID slot, CK_SESSION_HANDLE *ret);
        void (*close_beside)(CK_SESSION_HANDLE session);

        /* The last call that did not return CKR_OK since it was last forgotten; false if all did. */
        bool (*last_failure)(RingRecord *ret);
        void (*forget_failure)(void);

        /* Sessions open now; C_Login that reached the module and signatures made so far. Failures are those
         * of the asking thread. */
        void (*counts)(uint32_t *ret_sessions, uint64_t *ret_logins, uint64_t *ret_signs);
} Recorder;

typedef const Recorder *(*RecorderEntry)(void);
#define RECORDER_ENTRY "hsmd_recorder"

#endif
