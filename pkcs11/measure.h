#ifndef HSMD_PKCS11_MEASURE_H
#define HSMD_PKCS11_MEASURE_H
/* A burst of operations with n sessions, a thread each: how many a second, how long each takes, and whether
 * what comes back is right. It knows nothing of keys and mechanisms: those are its caller's. */

#include "protocol.h"

/* What one thread does, over and over. The functions are called by their own thread alone. */
typedef struct MeasureOps {
        /* A session of its own for thread `n`, from the main thread before the burst. Negative errno. */
        int (*open)(void *userdata, unsigned n, void **ret_context);
        /* One operation, timed. 0 or a negative errno, then *ret_rv is the CK_RV. */
        int (*operate)(void *context, uint64_t *ret_rv);
        /* The last operation's result against what is known of the key, in software; -EBADMSG if it is wrong.
         */
        int (*check)(void *context);
        void (*close)(void *context);
} MeasureOps;

/* Whether the burst is to end before its time; asked every few milliseconds by the main thread. */
typedef bool (*MeasureStop)(void *userdata);

/* Runs a burst as `request` says and fills in *ret, whatever comes of it. Blocks until all threads have
 * ended. */
void measure_run(
        const MsgMeasure *request, const MeasureOps *ops, MeasureStop stop, void *userdata, MsgMeasured *ret);

#endif
