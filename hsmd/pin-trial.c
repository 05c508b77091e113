#include "pin-trial.h"

#include <stdarg.h>

/* One more attempt that was left without an end does not unsay the refusal before it. */
static PinVerdict verdict_of(const PinRecord *r, bool under_way) {
        if (!r)
                return PIN_UNTRIED;
        return r->verdict == PIN_IN_FLIGHT && !under_way && r->before == PIN_REFUSED ? PIN_REFUSED
                                                                                     : r->verdict;
}

PinTrial pin_trial_begin(const PinNote *note, const char *serial, const char *hmac, bool flags_clear) {
        return (PinTrial){.flags_clear = flags_clear,
                .own = verdict_of(pin_note_find(note, serial, hmac), false),
                .allowed = streq(note->allow, hmac)};
}

static void remember(char dst[static 64], const char *member) {
        if (dst[0] == '\0')
                copy_text(dst, 64, member);
}

/* A login that never came back blocks its own member alone: that machine is at fault rather than the PIN. */
bool pin_trial_see(PinTrial *t, const char *member, const PinNote *note, const char *hmac, bool under_way) {
        PinVerdict verdict = note ? verdict_of(pin_note_latest(note, hmac), under_way) : PIN_UNTRIED;

        if (!note)
                remember(t->unreadable, member);
        else if (verdict == PIN_SUCCEEDED)
                remember(t->succeeded, member);
        else if (verdict == PIN_REFUSED)
                remember(t->refused, member);
        else if (verdict == PIN_IN_FLIGHT && under_way)
                remember(t->under_way, member);
        return t->succeeded[0] == '\0';
}

PRINTF(2, 3)
static PinDecision refuse(Reason reason, const char *format, ...) {
        PinDecision d = {.reason = reason};
        va_list ap;

        va_start(ap, format);
        vsnprintf(d.detail, sizeof(d.detail), format, ap);
        va_end(ap);
        return d;
}

/* A mark without an end is left by a crash inside C_Login. A token that counts wrong PINs and shows it has
 * counted none; a login that hsmd saw hang may still be counted later. */
static bool counts_as_wrong(const PinTrial *t) {
        return t->own == PIN_KILLED || (t->own == PIN_IN_FLIGHT && !t->flags_clear);
}

PinDecision pin_trial_decide(const PinTrial *t, const char *device) {
        PinDecision may = {.reason = REASON_NONE, .proven = t->own == PIN_SUCCEEDED};

        if (may.proven || t->allowed)
                return may;
        if (t->own == PIN_REFUSED)
                return refuse(REASON_PIN_REFUSED,
                        "this PIN was refused and is not sent again until it is changed, or: hsmctl pin "
                        "retry %s",
                        device);
        if (counts_as_wrong(t))
                return refuse(REASON_PIN_REFUSED,
                        "a login with this PIN never came back; not tried again until it is changed, or: "
                        "hsmctl pin retry %s",
                        device);
        /* a PIN that succeeds on one member is the pool's: a member that refuses it is an exception */
        if (t->succeeded[0])
                return may;
        if (t->refused[0])
                return refuse(REASON_PIN_REFUSED,
                        "this PIN was refused on %s of the same pool and is not tried on another member",
                        t->refused);
        /* it may hide a refusal */
        if (t->unreadable[0])
                return refuse(REASON_GUARD_UNREADABLE,
                        "the note of PINs of %s is damaged and this PIN is new to the pool: no login until "
                        "it "
                        "is mended",
                        t->unreadable);
        if (t->under_way[0])
                return refuse(REASON_PIN_WAITING, "this PIN is new to the pool and is tried on %s first",
                        t->under_way);
        return may;
}
