#ifndef HSMD_PIN_STORE_H
#define HSMD_PIN_STORE_H
/* The notes of PINs on disk, STATE/guard/DEVICE, and the logins under way. Used by the disk's thread alone,
 * one job after the other, so that a question always sees how earlier ones ended; what is marked `const` here
 * may be asked on the loop too. Its jobs share it by reference: a job that hangs with its disk keeps it. */

#include "pin-trial.h"

typedef struct PinStore PinStore;

/* Makes STATE/guard and the host's key (beside it, so that no device's name can be its) where they are
 * missing. Blocks. A key that is lost or damaged is no error: then no PIN is given, and pin_store_closed says
 * so. */
int pin_store_new(const char *state_directory, PinStore **ret);
PinStore *pin_store_ref(PinStore *store);
PinStore *pin_store_unref(PinStore *store);

/* Why no PIN at all is given, and what to do; NULL if nothing is in the way. Never changes. */
const char *pin_store_closed(const PinStore *store);
void pin_store_hmac(const PinStore *store, const char *pin, size_t size, char ret[static PIN_HMAC_SIZE]);

typedef struct PinQuestion {
        char device[64], serial[64];
        char (*members)[64]; /* the pool's other members */
        size_t n_members;
        bool flags_clear; /* as in PinTrial */
        bool proven_only;
} PinQuestion;

/* Whether the PIN may be given. Where it may and is not proven, it is durably marked as in flight by then. */
PinDecision pin_store_ask(PinStore *store, const PinQuestion *question, const char *hmac);

/* How a login ended. What cannot be written is remembered and written later; negative errno. */
int pin_store_settle(PinStore *store, const char *device, const char *serial, const char *hmac,
        PinVerdict verdict, const char *returned);
/* The login that was marked, if there is one, was not made. */
int pin_store_withdraw(PinStore *store, const char *device);
/* One more attempt; a note that is damaged is replaced. */
int pin_store_allow(PinStore *store, const char *device, const char *hmac, const char *by);

#endif
