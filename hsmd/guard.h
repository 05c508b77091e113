#ifndef HSMD_GUARD_H
#define HSMD_GUARD_H
/* The PIN guard: a wrong PIN is tried once, and then never again until the PIN changes or an operator says
 * so, across restarts too; and one that is new to a pool is tried on one member first.
 *
 *   guard.c       the loop's side: questions and outcomes become jobs of the disk's thread
 *   pin-store.c   the notes STATE/guard/DEVICE and the logins under way, in that thread
 *   pin-note.c    one note
 *   pin-key.c     the host's key, under which a note tells PINs apart without containing them
 *   pin-trial.c   whether a PIN may be given
 *   pin-return.c  what an answer of C_Login says of the PIN
 *   pin-retry.c   an operator's word
 *
 * The notes are written durably and apart from any database. A PIN that has not yet succeeded on a token is
 * marked as in flight before the probe gets it: whatever befalls hsmd then, the mark is there. */

#include "config.h"
#include "disk.h"
#include "pin-trial.h"

typedef struct Guard Guard;

/* Blocks; called before the loop runs. */
int guard_new(const char *state_directory, Disk *disk, Guard **ret);
Guard *guard_free(Guard *guard);

/* Why no PIN at all is given, and what to do; NULL if nothing is in the way. Never changes. */
const char *guard_closed(const Guard *guard);

typedef struct GuardRequest {
        const char *device, *serial; /* the serial as the token says, without line ends */
        const SecretSource *source;
        const char *const *members; /* the pool's other members */
        size_t n_members;
        bool flags_clear; /* the token's PIN flags can be believed, and COUNT_LOW, FINAL_TRY and LOCKED are
                             clear */
        bool proven_only; /* a PIN that has not yet succeeded on this token is not given, and nothing is noted
                           */
} GuardRequest;

typedef struct GuardAnswer {
        Reason reason; /* REASON_NONE: the PIN may be sent, and how the login ended must be told by guard_note
                          or guard_withdraw unless it is proven; else PIN_REFUSED, PIN_WAITING,
                          PIN_UNAVAILABLE or GUARD_UNREADABLE */
        char detail[PIN_DETAIL];
        char pin[PROTOCOL_PIN_MAX + 1]; /* wiped after the callback returns */
        size_t pin_size;
        char hmac[PIN_HMAC_SIZE];
        bool proven; /* this PIN has succeeded on this token before */
} GuardAnswer;

/* On the loop. */
typedef void (*GuardAnswered)(const GuardAnswer *answer, void *userdata);

typedef struct GuardQuestion GuardQuestion;

/* Asks for a device's PIN. The answer comes later, once, unless the question is dropped before. */
int guard_ask(Guard *guard, const GuardRequest *request, GuardAnswered answered, void *userdata,
        GuardQuestion **ret);
/* The answer is not wanted any more; NULL is allowed. */
void guard_drop(GuardQuestion *question);

/* Notes durably how a login with the PIN of that hmac ended. */
int guard_note(Guard *guard, const char *device, const char *serial, const char *hmac, PinVerdict verdict,
        const char *returned);
/* The PIN that was given has not been sent to the machine, or the machine has not looked at it. */
int guard_withdraw(Guard *guard, const char *device);

/* On the loop; error: 0 or a negative errno. */
typedef void (*GuardAllowed)(int error, const char *device, void *userdata);
/* Notes durably that one more attempt may be made with the device's present PIN, whatever the notes say; a
 * question that is asked after this is answered accordingly. by: who says so. userdata must live as long as
 * the loop runs. */
int guard_allow(Guard *guard, const char *device, const SecretSource *source, const char *by,
        GuardAllowed allowed, void *userdata);

#endif
