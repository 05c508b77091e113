#include "pin-store.h"

#include <dirent.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "disk.h"

/* A login whose end is not on disk yet: it is under way, or the disk did not take how it ended. */
typedef struct Login {
        char device[64], serial[64], hmac[PIN_HMAC_SIZE];
        PinVerdict verdict; /* IN_FLIGHT: under way; UNTRIED: it was not made */
        char returned[40];
} Login;

struct PinStore {
        _Atomic unsigned references;
        char *directory;
        PinKey key;
        char closed[160]; /* empty: open */
        Login *logins;
        size_t n_logins;
};

/* --- made and freed
 * ----------------------------------------------------------------------------------------- */

static bool has_notes(const char *directory) {
        DIR *d = opendir(directory);
        bool any = false;

        if (!d)
                return errno != ENOENT;
        for (struct dirent *e; !any && (e = readdir(d));)
                any = e->d_name[0] != '.';
        closedir(d);
        return any;
}

static void close_store(PinStore *s, const char *path, int error) {
        if (error == -ENOKEY)
                copy_text(s->closed, sizeof(s->closed),
                        "host.key is gone from the state directory and its notes of PINs are unreadable: "
                        "restore "
                        "it, or empty guard/ there and restart hsmd");
        else
                snprintf(s->closed, sizeof(s->closed),
                        "host.key in the state directory is unreadable (%s): restore it, or remove it, empty "
                        "guard/ there and restart hsmd",
                        error == -EBADMSG ? "damaged" : strerror(-error));
        fprintf(stderr, "%s: no login to any machine: %s\n", path, s->closed);
}

static int open_store(PinStore *s, const char *state_directory) {
        char path[PATH_MAX];
        int r;

        if (asprintf(&s->directory, "%s/guard", state_directory) < 0) {
                s->directory = NULL;
                return -ENOMEM;
        }
        if (mkdir(s->directory, 0700) < 0 && errno != EEXIST)
                return -errno;
        if ((size_t) snprintf(path, sizeof(path), "%s/host.key", state_directory) >= sizeof(path))
                return -ENAMETOOLONG;
        r = pin_key_load(path, !has_notes(s->directory), &s->key);
        if (r < 0)
                close_store(s, path, r);
        return r == -ENOMEM ? r : 0;
}

int pin_store_new(const char *state_directory, PinStore **ret) {
        PinStore *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        atomic_init(&s->references, 1);
        r = open_store(s, state_directory);
        if (r < 0) {
                pin_store_unref(s);
                return r;
        }
        *ret = s;
        return 0;
}

PinStore *pin_store_ref(PinStore *s) {
        atomic_fetch_add(&s->references, 1);
        return s;
}

PinStore *pin_store_unref(PinStore *s) {
        if (!s || atomic_fetch_sub(&s->references, 1) > 1)
                return NULL;
        wipe(&s->key, sizeof(s->key));
        free(s->directory);
        free(s->logins);
        free(s);
        return NULL;
}

const char *pin_store_closed(const PinStore *s) {
        return s->closed[0] ? s->closed : NULL;
}

void pin_store_hmac(const PinStore *s, const char *pin, size_t size, char ret[static PIN_HMAC_SIZE]) {
        pin_key_hmac(&s->key, pin, size, ret);
}

/* --- logins
 * ------------------------------------------------------------------------------------------------- */

static Login *find_login(PinStore *s, const char *device) {
        for (size_t i = 0; i < s->n_logins; i++)
                if (streq(s->logins[i].device, device))
                        return &s->logins[i];
        return NULL;
}

static bool is_under_way(PinStore *s, const char *device) {
        const Login *l = find_login(s, device);

        return l && l->verdict == PIN_IN_FLIGHT;
}

static Login *need_login(PinStore *s, const char *device) {
        Login *l = find_login(s, device), *more;

        if (l)
                return l;
        more = reallocarray(s->logins, s->n_logins + 1, sizeof(*more));
        if (!more)
                return NULL;
        s->logins = more;
        l = &s->logins[s->n_logins++];
        *l = (Login){.verdict = PIN_IN_FLIGHT};
        copy_text(l->device, sizeof(l->device), device);
        return l;
}

static void forget_login(PinStore *s, const char *device) {
        Login *l = find_login(s, device);

        if (l)
                *l = s->logins[--s->n_logins];
}

/* --- notes
 * -------------------------------------------------------------------------------------------------- */

static uint64_t seconds_now(void) {
        return now_realtime() / USEC_PER_SEC;
}

static int path_of(const PinStore *s, const char *device, char dst[static PATH_MAX]) {
        return snprintf(dst, PATH_MAX, "%s/%s", s->directory, device) >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static void apply(PinNote *note, const Login *l) {
        if (l->verdict == PIN_UNTRIED)
                pin_note_withdraw(note);
        else if (l->verdict != PIN_IN_FLIGHT)
                pin_note_settle(note, l->serial, l->hmac, l->verdict, l->returned, seconds_now());
}

/* With what the disk did not take before. No file is an empty note. */
static int load(PinStore *s, const char *device, PinNote *ret) {
        char path[PATH_MAX], text[PIN_NOTE_MAX];
        const Login *unsaved = find_login(s, device);
        PinNote note = {0};
        size_t size = 0;
        int r = path_of(s, device, path);

        if (r >= 0)
                r = read_small_file(path, text, sizeof(text), &size);
        if (r >= 0)
                r = strlen(text) == size ? pin_note_parse(&s->key, device, text, &note) : -EBADMSG;
        if (r < 0 && r != -ENOENT)
                return r;
        if (unsaved)
                apply(&note, unsaved);
        *ret = note;
        return 0;
}

static int save(const PinStore *s, const char *device, const PinNote *note) {
        char path[PATH_MAX], text[PIN_NOTE_MAX];
        int r = path_of(s, device, path), n;

        if (r < 0)
                return r;
        if (note->n == 0 && note->allow[0] == '\0') /* if that does not last, more is closed than need be */
                return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
        n = pin_note_format(&s->key, device, note, text);
        return n < 0 ? n : write_file_durably(path, text, (size_t) n);
}

/* --- the question
 * ------------------------------------------------------------------------------------------- */

static PinDecision refuse(Reason reason, const char *detail) {
        PinDecision d = {.reason = reason};

        copy_text(d.detail, sizeof(d.detail), detail);
        return d;
}

static PinDecision unreadable(const char *device, int error) {
        PinDecision d = {.reason = REASON_GUARD_UNREADABLE};

        snprintf(d.detail, sizeof(d.detail),
                "the note of PINs guard/%s is %s: no login until it is removed, or: hsmctl pin retry %s",
                device, error == -EBADMSG ? "damaged" : "unreadable", device);
        return d;
}

static void look_at_pool(PinStore *s, const PinQuestion *q, const char *hmac, PinTrial *trial) {
        PinNote note;

        for (size_t i = 0; i < q->n_members; i++) {
                bool readable = load(s, q->members[i], &note) >= 0;

                if (!pin_trial_see(trial, q->members[i], readable ? &note : NULL, hmac,
                            is_under_way(s, q->members[i])))
                        return;
        }
}

/* Durable before the probe gets the PIN: if hsmd dies, the note says what may have been sent. */
static PinDecision mark(PinStore *s, const PinQuestion *q, const char *hmac, PinNote *note) {
        bool fresh = !find_login(s, q->device);
        Login *l = need_login(s, q->device);
        int r = l ? 0 : -ENOMEM;
        PinDecision d = {.reason = REASON_NONE};

        if (r >= 0) {
                pin_note_mark(note, q->serial, hmac, seconds_now());
                r = save(s, q->device, note);
        }
        if (r >= 0) {
                l->verdict = PIN_IN_FLIGHT;
                copy_text(l->serial, sizeof(l->serial), q->serial);
                copy_text(l->hmac, sizeof(l->hmac), hmac);
                return d;
        }
        if (fresh) /* else it is an outcome that is still to be written */
                forget_login(s, q->device);
        d.reason = REASON_GUARD_UNREADABLE;
        snprintf(d.detail, sizeof(d.detail), "the note of PINs guard/%s cannot be written (%s): no login",
                q->device, strerror(-r));
        return d;
}

PinDecision pin_store_ask(PinStore *s, const PinQuestion *q, const char *hmac) {
        PinNote note;
        PinTrial trial;
        PinDecision decision;
        int r;

        if (s->closed[0])
                return refuse(REASON_GUARD_UNREADABLE, s->closed);
        r = load(s, q->device, &note);
        if (r < 0)
                return unreadable(q->device, r);
        /* the outcome of an earlier login of this device always comes before its next question; one that is
         * still under way was lost */
        trial = pin_trial_begin(&note, q->serial, hmac, q->flags_clear && !is_under_way(s, q->device));
        if (q->proven_only && trial.own != PIN_SUCCEEDED)
                return refuse(REASON_PIN_WAITING, "this PIN has not yet succeeded on this token");
        if (!trial.allowed && (trial.own == PIN_UNTRIED || trial.own == PIN_IN_FLIGHT))
                look_at_pool(s, q, hmac, &trial);
        decision = pin_trial_decide(&trial, q->device);
        if (decision.reason != REASON_NONE || (decision.proven && !trial.allowed))
                return decision;
        if (!decision.proven)
                return mark(s, q, hmac, &note);
        /* an operator's word is not kept for the day on which the machine's PIN changes */
        note.allow[0] = note.allowed_by[0] = '\0';
        save(s, q->device, &note);
        return decision;
}

/* --- how it ended
 * ------------------------------------------------------------------------------------------- */

int pin_store_settle(PinStore *s, const char *device, const char *serial, const char *hmac,
        PinVerdict verdict, const char *returned) {
        Login *l = need_login(s, device);
        PinNote note;
        int r = l ? 0 : -ENOMEM;

        if (r < 0)
                return r;
        l->verdict = verdict;
        copy_text(l->serial, sizeof(l->serial), serial);
        copy_text(l->hmac, sizeof(l->hmac), hmac);
        copy_text(l->returned, sizeof(l->returned), returned);
        r = load(s, device, &note); /* applies it */
        if (r >= 0)
                r = save(s, device, &note);
        if (r >= 0)
                forget_login(s, device);
        return r;
}

int pin_store_withdraw(PinStore *s, const char *device) {
        Login *l = find_login(s, device);
        PinNote note;
        int r;

        if (!l || l->verdict != PIN_IN_FLIGHT)
                return 0;
        l->verdict = PIN_UNTRIED;
        r = load(s, device, &note);
        if (r >= 0)
                r = save(s, device, &note);
        if (r >= 0)
                forget_login(s, device);
        return r;
}

int pin_store_allow(PinStore *s, const char *device, const char *hmac, const char *by) {
        PinNote note = {0};
        int r = load(s, device, &note);

        if (r < 0 && r != -EBADMSG)
                return r;
        pin_note_allow(&note, hmac, by);
        return save(s, device, &note);
}
