#ifndef HSMD_PIN_NOTE_H
#define HSMD_PIN_NOTE_H
/* The note of how PINs fared on one device's tokens, as it stands on disk: lines "word value" that a person
 * can read, sealed (pin-key.h). Pure, but for memory. */

#include "pin-key.h"

/* How the last login with a PIN on a token ended. */
typedef enum PinVerdict {
        PIN_UNTRIED = 1,
        PIN_IN_FLIGHT, /* given to a probe; nothing has been heard yet */
        PIN_SUCCEEDED,
        PIN_REFUSED,
        PIN_KILLED, /* it never came back, and hsmd saw that */
} PinVerdict;

typedef struct PinRecord {
        char serial[64]; /* of the token, without line ends */
        char hmac[PIN_HMAC_SIZE];
        PinVerdict verdict;
        PinVerdict before; /* while it is in flight: what holds again if the login is not made after all */
        bool granted;      /* while it is in flight: an operator's word is spent on it */
        char returned[40]; /* of C_Login, in words */
        uint64_t when;     /* seconds since 1970 */
} PinRecord;

#define PIN_RECORDS_MAX 8
#define PIN_NOTE_MAX (8 * 1024)

typedef struct PinNote {
        PinRecord records[PIN_RECORDS_MAX]; /* oldest first */
        size_t n;
        char allow[PIN_HMAC_SIZE]; /* one more attempt with that PIN, whatever the records say; or empty */
        char allowed_by[64];
} PinNote;

/* -EBADMSG for a note that is damaged, or another device's. */
int pin_note_parse(const PinKey *key, const char *device, const char *text, PinNote *ret);
/* The length; -ENOMEM. */
int pin_note_format(
        const PinKey *key, const char *device, const PinNote *note, char dst[static PIN_NOTE_MAX]);

/* What is known of that PIN on that token, or NULL. */
const PinRecord *pin_note_find(const PinNote *note, const char *serial, const char *hmac);
/* The newest of that PIN, on whichever token the device had. */
const PinRecord *pin_note_latest(const PinNote *note, const char *hmac);

/* The PIN is about to be given to a probe: the operator's word, if there was one for it, is spent. */
void pin_note_mark(PinNote *note, const char *serial, const char *hmac, uint64_t when);
/* The login came to an end. A token has one PIN for users: once one has succeeded, an earlier one that had is
 * forgotten. */
void pin_note_settle(PinNote *note, const char *serial, const char *hmac, PinVerdict verdict,
        const char *returned, uint64_t when);
/* The login that was marked was not made after all: what held before holds again. False if none was. */
bool pin_note_withdraw(PinNote *note);
void pin_note_allow(PinNote *note, const char *hmac, const char *by);

#endif
