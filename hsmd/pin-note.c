#include "pin-note.h"

#include <openssl/crypto.h>

static const char *const verdict_names[] = {[PIN_UNTRIED] = "untried",
        [PIN_IN_FLIGHT] = "in_flight",
        [PIN_SUCCEEDED] = "succeeded",
        [PIN_REFUSED] = "refused",
        [PIN_KILLED] = "killed"};

/* --- reading
 * ------------------------------------------------------------------------------------------------ */

static int take_verdict(const char *word, PinVerdict *ret) {
        for (size_t i = PIN_UNTRIED; i < ELEMENTSOF(verdict_names); i++)
                if (streq(word, verdict_names[i])) {
                        *ret = (PinVerdict) i;
                        return 0;
                }
        return -EBADMSG;
}

static int take_hmac(const char *word, char ret[static PIN_HMAC_SIZE]) {
        if (strlen(word) != PIN_HMAC_SIZE - 1 || strspn(word, "0123456789abcdef") != PIN_HMAC_SIZE - 1)
                return -EBADMSG;
        memcpy(ret, word, PIN_HMAC_SIZE);
        return 0;
}

/* A record begins with its serial. */
static int begin_record(PinNote *n, const char *serial) {
        if (n->n == PIN_RECORDS_MAX)
                return -EBADMSG;
        n->records[n->n] = (PinRecord){.before = PIN_UNTRIED};
        return copy_text(n->records[n->n++].serial, sizeof(n->records[0].serial), serial) ? 0 : -EBADMSG;
}

static int take_of_record(PinRecord *r, const char *word, const char *value) {
        if (streq(word, "hmac"))
                return take_hmac(value, r->hmac);
        if (streq(word, "verdict"))
                return take_verdict(value, &r->verdict);
        if (streq(word, "before"))
                return take_verdict(value, &r->before);
        if (streq(word, "granted"))
                r->granted = streq(value, "yes");
        else if (streq(word, "returned"))
                copy_text(r->returned, sizeof(r->returned), value);
        else if (streq(word, "when"))
                r->when = strtoull(value, NULL, 10);
        else
                return -EBADMSG;
        return 0;
}

static int take_line(PinNote *n, const char *word, const char *value) {
        if (streq(word, "serial"))
                return begin_record(n, value);
        if (streq(word, "allow"))
                return take_hmac(value, n->allow);
        if (streq(word, "by")) {
                copy_text(n->allowed_by, sizeof(n->allowed_by), value);
                return 0;
        }
        return n->n > 0 ? take_of_record(&n->records[n->n - 1], word, value) : -EBADMSG;
}

static int take_lines(PinNote *n, char *lines) {
        char *save = NULL;

        for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *value = strchr(line, ' ');
                int r;

                if (!value)
                        return -EBADMSG;
                *value++ = '\0';
                r = take_line(n, line, value);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < n->n; i++)
                if (n->records[i].hmac[0] == '\0' || n->records[i].verdict == 0)
                        return -EBADMSG;
        return 0;
}

/* *ret is the length of what is sealed: all before the last line, which is the seal. */
static int check_seal(const PinKey *key, const char *device, const char *text, size_t *ret) {
        size_t size = strlen(text), line = strlen("seal \n") + PIN_HMAC_SIZE - 1;
        char right[PIN_HMAC_SIZE];
        int r;

        if (size < line || strncmp(text + size - line, "seal ", 5) != 0)
                return -EBADMSG;
        r = pin_key_seal(key, device, text, size - line, right);
        if (r < 0)
                return r;
        if (CRYPTO_memcmp(right, text + size - line + 5, PIN_HMAC_SIZE - 1) != 0)
                return -EBADMSG;
        *ret = size - line;
        return 0;
}

int pin_note_parse(const PinKey *key, const char *device, const char *text, PinNote *ret) {
        PinNote n = {0};
        size_t size = 0;
        CLEANUP_FREE char *lines = NULL;
        int r = check_seal(key, device, text, &size);

        if (r < 0)
                return r;
        lines = strndup(text, size);
        if (!lines)
                return -ENOMEM;
        r = take_lines(&n, lines);
        if (r >= 0)
                *ret = n;
        return r;
}

/* --- writing
 * ------------------------------------------------------------------------------------------------ */

static size_t format_record(const PinRecord *r, char *dst, size_t size) {
        return (size_t) snprintf(dst, size,
                "serial %s\nhmac %s\nverdict %s\nbefore %s\ngranted %s\nreturned %s\nwhen %llu\n", r->serial,
                r->hmac, verdict_names[r->verdict], verdict_names[r->before], r->granted ? "yes" : "no",
                r->returned, (unsigned long long) r->when);
}

int pin_note_format(
        const PinKey *key, const char *device, const PinNote *note, char dst[static PIN_NOTE_MAX]) {
        char seal[PIN_HMAC_SIZE];
        size_t n = 0;
        int r;

        /* a record is at most some 400 octets, so all have room */
        dst[0] = '\0';
        if (note->allow[0])
                n += (size_t) snprintf(dst, PIN_NOTE_MAX, "allow %s\nby %s\n", note->allow, note->allowed_by);
        for (size_t i = 0; i < note->n; i++)
                n += format_record(&note->records[i], dst + n, PIN_NOTE_MAX - n);
        r = pin_key_seal(key, device, dst, n, seal);
        if (r < 0)
                return r;
        return (int) n + snprintf(dst + n, PIN_NOTE_MAX - n, "seal %s\n", seal);
}

/* --- what it says
 * ------------------------------------------------------------------------------------------- */

const PinRecord *pin_note_find(const PinNote *note, const char *serial, const char *hmac) {
        for (size_t i = 0; i < note->n; i++)
                if (streq(note->records[i].hmac, hmac) && streq(note->records[i].serial, serial))
                        return &note->records[i];
        return NULL;
}

const PinRecord *pin_note_latest(const PinNote *note, const char *hmac) {
        for (size_t i = note->n; i > 0; i--)
                if (streq(note->records[i - 1].hmac, hmac))
                        return &note->records[i - 1];
        return NULL;
}

/* --- what is changed
 * ---------------------------------------------------------------------------------------- */

static void remove_record(PinNote *note, size_t i) {
        memmove(&note->records[i], &note->records[i + 1], (note->n - i - 1) * sizeof(note->records[0]));
        note->n--;
}

/* Which record may go when there is no room: one that succeeded harms least, for losing a refusal means one
 * more attempt with that PIN. */
static size_t expendable(const PinNote *note) {
        for (size_t i = 0; i < note->n; i++)
                if (note->records[i].verdict == PIN_SUCCEEDED)
                        return i;
        return 0;
}

/* The record of that PIN on that token, made if need be, at the end of the list. */
static PinRecord *newest(PinNote *note, const char *serial, const char *hmac) {
        const PinRecord *found = pin_note_find(note, serial, hmac);
        PinRecord record = found ? *found : (PinRecord){.verdict = PIN_UNTRIED, .before = PIN_UNTRIED};

        if (found)
                remove_record(note, (size_t) (found - note->records));
        if (note->n == PIN_RECORDS_MAX)
                remove_record(note, expendable(note));
        copy_text(record.serial, sizeof(record.serial), serial);
        copy_text(record.hmac, sizeof(record.hmac), hmac);
        note->records[note->n++] = record;
        return &note->records[note->n - 1];
}

void pin_note_mark(PinNote *note, const char *serial, const char *hmac, uint64_t when) {
        PinRecord *r = newest(note, serial, hmac);

        r->before = r->verdict;
        r->verdict = PIN_IN_FLIGHT;
        r->granted = streq(note->allow, hmac);
        r->when = when;
        copy_text(r->returned, sizeof(r->returned), "none");
        if (r->granted)
                note->allow[0] = note->allowed_by[0] = '\0';
}

static void forget_other_success(PinNote *note, const PinRecord *kept) {
        char serial[sizeof(kept->serial)], hmac[sizeof(kept->hmac)];

        memcpy(serial, kept->serial, sizeof(serial));
        memcpy(hmac, kept->hmac, sizeof(hmac));
        for (size_t i = note->n; i > 0; i--) {
                const PinRecord *r = &note->records[i - 1];

                if (r->verdict == PIN_SUCCEEDED && streq(r->serial, serial) && !streq(r->hmac, hmac))
                        remove_record(note, i - 1);
        }
}

void pin_note_settle(PinNote *note, const char *serial, const char *hmac, PinVerdict verdict,
        const char *returned, uint64_t when) {
        PinRecord *r = newest(note, serial, hmac);
        bool was_refused = r->verdict == PIN_REFUSED || r->before == PIN_REFUSED;

        /* one more attempt that came to nothing does not unsay a refusal */
        r->verdict = verdict == PIN_KILLED && was_refused ? PIN_REFUSED : verdict;
        r->before = PIN_UNTRIED;
        r->granted = false;
        r->when = when;
        copy_text(r->returned, sizeof(r->returned), returned);
        if (verdict == PIN_SUCCEEDED)
                forget_other_success(note, r);
}

bool pin_note_withdraw(PinNote *note) {
        for (size_t i = 0; i < note->n; i++) {
                PinRecord *r = &note->records[i];

                if (r->verdict != PIN_IN_FLIGHT)
                        continue;
                if (r->granted)
                        copy_text(note->allow, sizeof(note->allow), r->hmac);
                if (r->before == PIN_UNTRIED) {
                        remove_record(note, i);
                } else {
                        r->verdict = r->before;
                        r->before = PIN_UNTRIED;
                        r->granted = false;
                }
                return true;
        }
        return false;
}

void pin_note_allow(PinNote *note, const char *hmac, const char *by) {
        copy_text(note->allow, sizeof(note->allow), hmac);
        copy_text(note->allowed_by, sizeof(note->allowed_by), by[0] ? by : "nobody");
        note->allowed_by[strcspn(note->allowed_by, "\r\n")] = '\0';
}
