#ifndef HSMD_GUARD_H
#define HSMD_GUARD_H
/* The PIN guard: a wrong PIN is tried once, and then never again until the PIN changes or an operator removes
 * the note by hand, across restarts too.
 *
 * STATE/guard/DEVICE holds what is known of the device's last PIN on its token: the token's serial,
 * HMAC-SHA-256 of the PIN under STATE/host.key (32 random octets, made once), and whether it succeeded
 * or was refused. The files are written durably and apart from any database. All of it happens in the disk's
 * thread. */

#include "config.h"
#include "disk.h"

typedef struct Guard Guard;

/* Makes STATE/guard and the host key (beside it, so that no device's name can be its) if they are missing
 * (blocks; called before the loop runs). */
int guard_new(const char *state_directory, Disk *disk, Guard **ret);
Guard *guard_free(Guard *guard);

typedef enum GuardVerdict { GUARD_SUCCEEDED = 1, GUARD_REFUSED, GUARD_KILLED } GuardVerdict;

typedef struct GuardAnswer {
        Reason reason; /* REASON_NONE: pin may be sent; else PIN_REFUSED, PIN_UNAVAILABLE or GUARD_UNREADABLE
                        */
        char detail[160];
        char pin[PROTOCOL_PIN_MAX + 1]; /* wiped after the callback returns */
        size_t pin_size;
        char hmac[65];
        bool proven; /* this PIN has succeeded on this token before */
} GuardAnswer;

/* On the loop. */
typedef void (*GuardAnswered)(const GuardAnswer *answer, void *userdata);

typedef struct GuardQuestion GuardQuestion;

/* Asks for a device's PIN. The answer comes later, once, unless the question is dropped before. */
int guard_ask(Guard *guard, const char *device, const char *serial, const SecretSource *source,
        GuardAnswered answered, void *userdata, GuardQuestion **ret);
/* The answer is not wanted any more. */
void guard_drop(GuardQuestion *question);

/* Notes durably how a login with the PIN of that hmac ended. */
int guard_note(Guard *guard, const char *device, const char *serial, const char *hmac, GuardVerdict verdict,
        const char *returned);

#endif
