#include "guard.h"

#include <stdatomic.h>

#include "pin-store.h"

struct Guard {
        PinStore *store;
        Disk *disk;
};

int guard_new(const char *state_directory, Disk *disk, Guard **ret) {
        Guard *g = calloc(1, sizeof(*g));
        int r;

        if (!g)
                return -ENOMEM;
        g->disk = disk;
        r = pin_store_new(state_directory, &g->store);
        if (r < 0) {
                free(g);
                return r;
        }
        *ret = g;
        return 0;
}

Guard *guard_free(Guard *g) {
        if (!g)
                return NULL;
        pin_store_unref(g->store);
        free(g);
        return NULL;
}

const char *guard_closed(const Guard *g) {
        return pin_store_closed(g->store);
}

/* --- the question
 * ------------------------------------------------------------------------------------------- */

/* One job of the disk's thread. It owns copies of all it needs. */
struct GuardQuestion {
        Guard *guard; /* loop only */
        PinStore *store;
        PinQuestion asked;
        SecretSource source;
        _Atomic bool dropped;
        GuardAnswered answered;
        void *userdata;
        GuardAnswer answer;
};

/* Reads the PIN; -errno with words for a person. */
static int read_pin(
        const SecretSource *source, char *dst, size_t size, size_t *ret_size, char words[static PIN_DETAIL]) {
        char where[96];
        int r = secret_read(source, dst, size, ret_size);

        if (r >= 0)
                return 0;
        secret_describe(source, where, sizeof(where));
        snprintf(words, PIN_DETAIL, "PIN %s: %s", where,
                r == -EACCES   ? "not readable, or readable by others (mode 0600 would be right)"
                : r == -ENOKEY ? "is empty"
                               : strerror(-r));
        return r;
}

static void question_work(void *job) {
        GuardQuestion *q = job;
        GuardAnswer *a = &q->answer;
        PinDecision d;

        if (atomic_load(&q->dropped))
                return;
        if (read_pin(&q->source, a->pin, sizeof(a->pin), &a->pin_size, a->detail) < 0) {
                a->reason = REASON_PIN_UNAVAILABLE;
                return;
        }
        pin_store_hmac(q->store, a->pin, a->pin_size, a->hmac);
        d = pin_store_ask(q->store, &q->asked, a->hmac);
        a->reason = d.reason;
        a->proven = d.proven;
        copy_text(a->detail, sizeof(a->detail), d.detail);
        if (d.reason != REASON_NONE)
                wipe(a->pin, sizeof(a->pin));
}

static void free_question(GuardQuestion *q) {
        secret_source_done(&q->source);
        free(q->asked.members);
        pin_store_unref(q->store);
        wipe(q, sizeof(*q));
        free(q);
}

static void question_done(void *job, bool cancelled) {
        GuardQuestion *q = job;

        if (!cancelled && !atomic_load(&q->dropped))
                q->answered(&q->answer, q->userdata);
        free_question(q);
}

static int copy_members(GuardQuestion *q, const GuardRequest *r) {
        if (r->n_members == 0)
                return 0;
        q->asked.members = calloc(r->n_members, sizeof(*q->asked.members));
        if (!q->asked.members)
                return -ENOMEM;
        for (size_t i = 0; i < r->n_members; i++)
                copy_text(q->asked.members[i], sizeof(q->asked.members[i]), r->members[i]);
        q->asked.n_members = r->n_members;
        return 0;
}

int guard_ask(
        Guard *g, const GuardRequest *request, GuardAnswered answered, void *userdata, GuardQuestion **ret) {
        GuardQuestion *q = calloc(1, sizeof(*q));
        int r;

        if (!q)
                return -ENOMEM;
        q->guard = g;
        q->store = pin_store_ref(g->store);
        copy_text(q->asked.device, sizeof(q->asked.device), request->device);
        copy_text(q->asked.serial, sizeof(q->asked.serial), request->serial);
        q->asked.flags_clear = request->flags_clear;
        q->asked.proven_only = request->proven_only;
        q->source = secret_source_copy(request->source);
        q->answered = answered;
        q->userdata = userdata;
        r = copy_members(q, request);
        if (r < 0) {
                free_question(q);
                return r;
        }
        r = disk_submit(g->disk, q, question_work, question_done);
        if (r >= 0)
                *ret = q;
        return r;
}

void guard_drop(GuardQuestion *q) {
        if (!q)
                return;
        atomic_store(&q->dropped, true);
        /* it may have been marked already. The disk's thread works in order: this comes after the question
         * and before the next one of the same device. */
        if (!q->asked.proven_only)
                guard_withdraw(q->guard, q->asked.device);
}

/* --- how it ended
 * ------------------------------------------------------------------------------------------- */

typedef struct GuardOutcome {
        PinStore *store;
        char device[64], serial[64], hmac[PIN_HMAC_SIZE], returned[40];
        PinVerdict verdict; /* UNTRIED: withdrawn */
        bool done;
} GuardOutcome;

static void outcome_work(void *job) {
        GuardOutcome *o = job;
        int r;

        if (o->verdict == PIN_UNTRIED)
                r = pin_store_withdraw(o->store, o->device);
        else
                r = pin_store_settle(o->store, o->device, o->serial, o->hmac, o->verdict, o->returned);
        o->done = true;
        if (r < 0)
                fprintf(stderr, "guard/%s: cannot be written: %s\n", o->device, strerror(-r));
}

static void outcome_done(void *job, bool cancelled) {
        GuardOutcome *o = job;

        /* one that was still waiting when we stop is noted all the same: a mark that stays in flight would
         * count as a refusal */
        if (cancelled && !o->done)
                outcome_work(o);
        pin_store_unref(o->store);
        free(o);
}

static int submit_outcome(Guard *g, const GuardOutcome *outcome) {
        GuardOutcome *o = malloc(sizeof(*o));

        if (!o)
                return -ENOMEM;
        *o = *outcome;
        o->store = pin_store_ref(g->store);
        return disk_submit(g->disk, o, outcome_work, outcome_done);
}

int guard_note(Guard *g, const char *device, const char *serial, const char *hmac, PinVerdict verdict,
        const char *returned) {
        GuardOutcome o = {.verdict = verdict};

        copy_text(o.device, sizeof(o.device), device);
        copy_text(o.serial, sizeof(o.serial), serial);
        copy_text(o.hmac, sizeof(o.hmac), hmac);
        copy_text(o.returned, sizeof(o.returned), returned);
        return submit_outcome(g, &o);
}

int guard_withdraw(Guard *g, const char *device) {
        GuardOutcome o = {.verdict = PIN_UNTRIED};

        copy_text(o.device, sizeof(o.device), device);
        return submit_outcome(g, &o);
}

/* --- an operator's word
 * ------------------------------------------------------------------------------------- */

typedef struct GuardWord {
        PinStore *store;
        char device[64], by[64];
        SecretSource source;
        GuardAllowed allowed;
        void *userdata;
        int error;
} GuardWord;

static void word_work(void *job) {
        GuardWord *w = job;
        char pin[PROTOCOL_PIN_MAX + 1], hmac[PIN_HMAC_SIZE], words[PIN_DETAIL];
        size_t size = 0;

        w->error = read_pin(&w->source, pin, sizeof(pin), &size, words);
        if (w->error < 0)
                return;
        pin_store_hmac(w->store, pin, size, hmac);
        wipe(pin, sizeof(pin));
        w->error = pin_store_allow(w->store, w->device, hmac, w->by);
}

static void word_done(void *job, bool cancelled) {
        GuardWord *w = job;

        if (!cancelled)
                w->allowed(w->error, w->device, w->userdata);
        secret_source_done(&w->source);
        pin_store_unref(w->store);
        free(w);
}

int guard_allow(Guard *g, const char *device, const SecretSource *source, const char *by,
        GuardAllowed allowed, void *userdata) {
        GuardWord *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->store = pin_store_ref(g->store);
        copy_text(w->device, sizeof(w->device), device);
        copy_text(w->by, sizeof(w->by), by);
        w->source = secret_source_copy(source);
        w->allowed = allowed;
        w->userdata = userdata;
        return disk_submit(g->disk, w, word_work, word_done);
}
