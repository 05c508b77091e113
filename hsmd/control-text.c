/* Texts that somebody gives, and the words of a refusal. */

#include "control-internal.h"
#include "utf8.h"

int control_say_why(sd_bus_error *error, int r, const char *thing, const char *name, const char *message) {
        CLEANUP_FREE char *words = NULL;

        if (r == -ENOENT && !message && asprintf(&words, "there is no %s %s", thing, name) < 0)
                return -ENOMEM;
        if (r == -ENOENT)
                return control_refuse(error, CONTROL_ERROR_NO_SUCH_DEVICE, message ? message : words);
        return control_say_no(error, r, name, message);
}

int control_reply_kept(ControlReply *reply, int r, sd_bus_error *error, const char *thing, const char *name,
        const char *message) {
        if (r == 1)
                return 1;
        control_reply_drop(reply);
        return control_say_why(error, r < 0 ? r : -EIO, thing, name, message);
}

static bool is_control(uint32_t rune) {
        return rune < ' ' || (rune >= 0x7f && rune < 0xa0) || rune == 0x2028 || rune == 0x2029 ||
               (rune >= 0x202a && rune <= 0x202e) || (rune >= 0x2066 && rune <= 0x2069);
}

bool control_text_fits(
        const char *text, const char *what, size_t max, bool may_be_empty, sd_bus_error *error) {
        if (!*text && !may_be_empty) {
                sd_bus_error_setf(
                        error, CONTROL_ERROR_REFUSED, "no %s is given; it is kept, so say one", what);
                return false;
        }
        if (strlen(text) > max) {
                sd_bus_error_setf(error, CONTROL_ERROR_REFUSED,
                        "the %s is too long: %zu octets of UTF-8; at most %zu are kept", what, strlen(text),
                        max);
                return false;
        }
        for (const char *p = text; *p;) {
                uint32_t rune;

                p += utf8_decode(p, &rune);
                if (!is_control(rune) && rune != UTF8_REPLACEMENT)
                        continue;
                sd_bus_error_setf(error, CONTROL_ERROR_REFUSED,
                        "the %s has characters that are no text; right is one line of UTF-8", what);
                return false;
        }
        return true;
}
