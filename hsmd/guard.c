#include "guard.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#define HOST_KEY_SIZE 32

struct Guard {
        char *directory;
        uint8_t host_key[HOST_KEY_SIZE];
        Disk *disk;
};

/* One job of the disk's thread. It owns copies of all it needs. */
struct GuardQuestion {
        char note_path[PATH_MAX];
        char serial[64];
        uint8_t host_key[HOST_KEY_SIZE];
        SecretSource source;
        GuardAnswered answered; /* NULL once dropped; loop only */
        void *userdata;
        GuardAnswer answer;
};

typedef struct GuardNote {
        char path[PATH_MAX];
        char text[512];
} GuardNote;

static const char *const verdict_names[] = {
        [GUARD_SUCCEEDED] = "succeeded", [GUARD_REFUSED] = "refused", [GUARD_KILLED] = "killed"};

static int make_host_key(const char *path, uint8_t key[static HOST_KEY_SIZE]) {
        char buffer[HOST_KEY_SIZE + 2];
        size_t size = 0;
        int r = read_small_file(path, buffer, sizeof(buffer), &size);

        if (r == -ENOENT) {
                if (RAND_bytes(key, HOST_KEY_SIZE) != 1)
                        return -EIO;
                return write_file_durably(path, key, HOST_KEY_SIZE);
        }
        if (r < 0)
                return r;
        /* a host key of another size would make every note unreadable: better to stop here and say so */
        if (size != HOST_KEY_SIZE)
                return -EBADMSG;
        memcpy(key, buffer, HOST_KEY_SIZE);
        wipe(buffer, sizeof(buffer));
        return 0;
}

int guard_new(const char *state_directory, Disk *disk, Guard **ret) {
        Guard *g = calloc(1, sizeof(*g));
        CLEANUP_FREE char *key_path = NULL;
        int r = 0;

        if (!g)
                return -ENOMEM;
        g->disk = disk;
        if (asprintf(&g->directory, "%s/guard", state_directory) < 0) {
                g->directory = NULL;
                r = -ENOMEM;
        }
        if (r == 0 && mkdir(g->directory, 0700) < 0 && errno != EEXIST)
                r = -errno;
        if (r == 0 && asprintf(&key_path, "%s/host.key", state_directory) < 0) {
                key_path = NULL;
                r = -ENOMEM;
        }
        if (r == 0)
                r = make_host_key(key_path, g->host_key);
        if (r < 0) {
                guard_free(g);
                return r;
        }
        *ret = g;
        return 0;
}

Guard *guard_free(Guard *g) {
        if (!g)
                return NULL;
        wipe(g->host_key, sizeof(g->host_key));
        free(g->directory);
        free(g);
        return NULL;
}

static void hmac_hex(
        const uint8_t key[static HOST_KEY_SIZE], const char *pin, size_t size, char ret[static 65]) {
        uint8_t mac[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        HMAC(EVP_sha256(), key, HOST_KEY_SIZE, (const uint8_t *) pin, size, mac, &n);
        for (unsigned i = 0; i < 32; i++)
                snprintf(ret + 2 * i, 3, "%02x", mac[i]);
        wipe(mac, sizeof(mac));
}

/* The value of a line "key value" of a note. */
static bool note_value(const char *note, const char *key, char *dst, size_t size) {
        size_t n = strlen(key);

        for (const char *line = note; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
                if (strncmp(line, key, n) == 0 && line[n] == ' ') {
                        snprintf(dst, size, "%.*s", (int) strcspn(line + n + 1, "\n"), line + n + 1);
                        return true;
                }
        }
        return false;
}

static void refuse(GuardAnswer *a, Reason reason, const char *detail) {
        a->reason = reason;
        copy_text(a->detail, sizeof(a->detail), detail);
}

static void judge_note(GuardQuestion *q, const char *note) {
        char serial[64], hmac[80], verdict[32];
        GuardAnswer *a = &q->answer;

        if (!note_value(note, "serial", serial, sizeof(serial)) ||
                !note_value(note, "hmac", hmac, sizeof(hmac)) ||
                !note_value(note, "verdict", verdict, sizeof(verdict))) {
                refuse(a, REASON_GUARD_UNREADABLE,
                        "the note of refused PINs is damaged: no login until it is mended or removed");
                return;
        }
        /* another PIN than the noted one, or another token: one new attempt */
        if (CRYPTO_memcmp(hmac, a->hmac, 64) != 0 || !streq(serial, q->serial))
                return;
        if (streq(verdict, verdict_names[GUARD_SUCCEEDED]))
                a->proven = true;
        else
                refuse(a, REASON_PIN_REFUSED,
                        streq(verdict, verdict_names[GUARD_REFUSED])
                                ? "this PIN was refused before and is not sent again"
                                : "a login with this PIN never came back before and is not tried again");
}

/* Disk's thread. */
static void question_work(void *job) {
        GuardQuestion *q = job;
        GuardAnswer *a = &q->answer;
        char note[1024], where[96];
        size_t size = 0;
        int r = secret_read(&q->source, a->pin, sizeof(a->pin), &a->pin_size);

        a->reason = REASON_NONE;
        if (r < 0) {
                secret_describe(&q->source, where, sizeof(where));
                a->reason = REASON_PIN_UNAVAILABLE;
                snprintf(a->detail, sizeof(a->detail), "PIN %s: %s", where,
                        r == -EACCES   ? "not readable, or readable by others (mode 0600 would be right)"
                        : r == -ENOKEY ? "is empty"
                                       : strerror(-r));
                return;
        }
        hmac_hex(q->host_key, a->pin, a->pin_size, a->hmac);
        r = read_small_file(q->note_path, note, sizeof(note), &size);
        if (r == -ENOENT)
                return;
        if (r < 0)
                refuse(a, REASON_GUARD_UNREADABLE, "the note of refused PINs cannot be read: no login");
        else
                judge_note(q, note);
}

static void question_done(void *job, bool cancelled) {
        GuardQuestion *q = job;

        if (q->answer.reason != REASON_NONE)
                wipe(q->answer.pin, sizeof(q->answer.pin));
        if (q->answered && !cancelled)
                q->answered(&q->answer, q->userdata);
        secret_source_done(&q->source);
        wipe(q, sizeof(*q));
        free(q);
}

int guard_ask(Guard *g, const char *device, const char *serial, const SecretSource *source,
        GuardAnswered answered, void *userdata, GuardQuestion **ret) {
        GuardQuestion *q = calloc(1, sizeof(*q));
        int r;

        if (!q)
                return -ENOMEM;
        snprintf(q->note_path, sizeof(q->note_path), "%s/%s", g->directory, device);
        copy_text(q->serial, sizeof(q->serial), serial);
        memcpy(q->host_key, g->host_key, sizeof(q->host_key));
        q->source = secret_source_copy(source);
        q->answered = answered;
        q->userdata = userdata;
        r = disk_submit(g->disk, q, question_work, question_done);
        if (r >= 0)
                *ret = q;
        return r;
}

void guard_drop(GuardQuestion *q) {
        if (q)
                q->answered = NULL;
}

static void note_work(void *job) {
        GuardNote *n = job;
        int r = write_file_durably(n->path, n->text, strlen(n->text));

        if (r < 0)
                fprintf(stderr, "%s: cannot be written: %s\n", n->path, strerror(-r));
}

static void note_done(void *job, bool cancelled) {
        /* a note that was still waiting when we stop is written all the same: it keeps a machine from being
         * locked */
        if (cancelled)
                note_work(job);
        free(job);
}

int guard_note(Guard *g, const char *device, const char *serial, const char *hmac, GuardVerdict verdict,
        const char *returned) {
        GuardNote *n = calloc(1, sizeof(*n));

        if (!n)
                return -ENOMEM;
        snprintf(n->path, sizeof(n->path), "%s/%s", g->directory, device);
        snprintf(n->text, sizeof(n->text), "serial %s\nhmac %s\nverdict %s\nreturned %s\nwhen %llu\n", serial,
                hmac, verdict_names[verdict], returned, (unsigned long long) (now_realtime() / USEC_PER_SEC));
        return disk_submit(g->disk, n, note_work, note_done);
}
