#ifndef HSMD_PIN_TRIAL_H
#define HSMD_PIN_TRIAL_H
/* Whether a PIN may be given to a probe. A PIN that is new to a pool is tried on one member: the first whose
 * climb reaches login. The others wait for how it ends. Judged from the notes alone; pure. */

#include "names.h"
#include "pin-note.h"

typedef struct PinTrial {
        bool flags_clear; /* the token's flags can be believed, and say that no wrong PIN has been counted */
        PinVerdict own;   /* of this PIN on this token */
        bool allowed;     /* an operator has allowed one more attempt */
        /* of the pool's other members, the first of each kind; "" if there is none */
        char succeeded[64], refused[64], under_way[64], unreadable[64];
} PinTrial;

#define PIN_DETAIL 256

typedef struct PinDecision {
        Reason reason; /* REASON_NONE: it may be given; else PIN_REFUSED, PIN_WAITING or GUARD_UNREADABLE */
        bool proven;   /* it has succeeded on this token */
        char detail[PIN_DETAIL]; /* when it may not be given */
} PinDecision;

PinTrial pin_trial_begin(const PinNote *note, const char *serial, const char *hmac, bool flags_clear);

/* How this PIN fared on another member, whose note is NULL when it cannot be read; under_way: a login is
 * being made there now. False when nothing more can change the decision. */
bool pin_trial_see(
        PinTrial *trial, const char *member, const PinNote *note, const char *hmac, bool under_way);

/* device: for the words. */
PinDecision pin_trial_decide(const PinTrial *trial, const char *device);

#endif
