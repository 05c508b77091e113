#include "bench-sign.h"

#include <dlfcn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <time.h>

#define ROUNDS 101

typedef struct BenchSign {
        Ladder *ladder;
        Key *key;
        const CK_FUNCTION_LIST *bare; /* the module's own functions: nothing is recorded */
        CK_MECHANISM mechanism;
        uint8_t digest[32];
        uint8_t input[64]; /* of C_Sign: a digest, for RSA in its DigestInfo */
        CK_ULONG input_size;
        uint8_t raw[1024];
        CK_ULONG raw_size;
} BenchSign;

typedef int (*Way)(BenchSign *b);

/* --- the ways
 * ------------------------------------------------------------------------------------------------ */

static int sign_through(BenchSign *b, const CK_FUNCTION_LIST *calls) {
        CK_SESSION_HANDLE session = b->ladder->module.session;

        b->raw_size = sizeof(b->raw);
        if (calls->C_SignInit(session, &b->mechanism, b->key->handle) != CKR_OK ||
                calls->C_Sign(session, b->input, b->input_size, b->raw, &b->raw_size) != CKR_OK)
                return -EIO;
        return 0;
}

static int sign_bare(BenchSign *b) {
        return sign_through(b, b->bare);
}

static int sign_recorded(BenchSign *b) {
        return sign_through(b, b->ladder->module.calls);
}

static int sign_libp11(BenchSign *b) {
        return key_sign_again(b->key, b->ladder->config, &b->ladder->module);
}

/* PKCS#11 gives r‖s, OpenSSL verifies DER. */
static int raw_to_der(BenchSign *b) {
        int half = (int) b->raw_size / 2;
        ECDSA_SIG *sig = ECDSA_SIG_new();
        BIGNUM *r = BN_bin2bn(b->raw, half, NULL), *s = BN_bin2bn(b->raw + half, half, NULL);
        uint8_t *out = b->key->signature;
        int n = -1;

        if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1)
                n = i2d_ECDSA_SIG(sig, &out);
        ECDSA_SIG_free(sig);
        if (n <= 0)
                return -EIO;
        b->key->signature_size = (size_t) n;
        return 0;
}

static int sign_bare_and_verify(BenchSign *b) {
        int r = sign_bare(b);

        if (r < 0)
                return r;
        memcpy(b->key->digest, b->digest, sizeof(b->digest));
        if (b->mechanism.mechanism == CKM_ECDSA)
                r = raw_to_der(b);
        else {
                memcpy(b->key->signature, b->raw, b->raw_size);
                b->key->signature_size = b->raw_size;
        }
        return r < 0 ? r : key_verify(b->key);
}

static int health_check(BenchSign *b) {
        Attempt attempt;
        int r;

        attempt_start(&attempt, 0, b->ladder->config, b->ladder->module.recorder, b->ladder->ring);
        r = ladder_check(b->ladder, &attempt);
        attempt_finish(&attempt);
        ladder_report(b->ladder, &attempt);
        return r;
}

/* --- measuring
 * ----------------------------------------------------------------------------------------------- */

typedef struct Measured {
        Way way;
        clockid_t clock;
        double nsec[ROUNDS]; /* for one */
} Measured;

static double now_nsec(clockid_t clock) {
        struct timespec ts;

        clock_gettime(clock, &ts);
        return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}

static int measure_round(BenchSign *b, Measured *m, unsigned round, unsigned n) {
        double begun = now_nsec(m->clock);

        for (unsigned i = 0; i < n; i++) {
                int r = m->way(b);

                if (r < 0)
                        return r;
        }
        m->nsec[round] = (now_nsec(m->clock) - begun) / n;
        return 0;
}

static int measure(BenchSign *b, Measured *measured, size_t ways, unsigned n) {
        unsigned a_round = MAX_OF(n / ROUNDS, 1u);

        for (unsigned round = 0; round < ROUNDS; round++)
                for (size_t i = 0; i < ways; i++) {
                        /* each way comes first as often as last */
                        size_t turn = (i + round) % ways;
                        int r = measure_round(b, &measured[turn], round, a_round);

                        if (r < 0)
                                return r;
                }
        return 0;
}

static int by_size(const void *a, const void *b) {
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

static double median(double values[static ROUNDS]) {
        qsort(values, ROUNDS, sizeof(double), by_size);
        return values[ROUNDS / 2];
}

static double median_of(const Measured *m) {
        double values[ROUNDS];

        memcpy(values, m->nsec, sizeof(values));
        return median(values);
}

/* How much longer b takes than a. */
static double median_more(const Measured *a, const Measured *b) {
        double values[ROUNDS];

        for (size_t i = 0; i < ROUNDS; i++)
                values[i] = b->nsec[i] - a->nsec[i];
        return median(values);
}

static double median_ratio(const Measured *a, const Measured *b) {
        double values[ROUNDS];

        for (size_t i = 0; i < ROUNDS; i++)
                values[i] = a->nsec[i] / b->nsec[i];
        return median(values);
}

/* --- setting up
 * ---------------------------------------------------------------------------------------------- */

static int take_bare(BenchSign *b) {
        /* the recorder has it loaded */
        void *handle = dlopen(b->ladder->config->module, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
        CK_C_GetFunctionList get = handle ? (CK_C_GetFunctionList) dlsym(handle, "C_GetFunctionList") : NULL;
        CK_FUNCTION_LIST *list = NULL;

        if (!get || get(&list) != CKR_OK)
                return -ENOSYS;
        b->bare = list;
        return 0;
}

static void take_input(BenchSign *b) {
        static const uint8_t digest_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}; /* of SHA-256 */
        bool rsa = b->key->config->type == KEY_TYPE_RSA;
        size_t head = rsa ? sizeof(digest_info) : 0;

        b->mechanism.mechanism = b->key->mechanism->number;
        memcpy(b->digest, b->key->digest, sizeof(b->digest));
        memcpy(b->input, digest_info, head);
        memcpy(b->input + head, b->key->digest, sizeof(b->key->digest));
        b->input_size = head + sizeof(b->key->digest);
}

static int prepare(BenchSign *b, Ladder *ladder) {
        *b = (BenchSign){.ladder = ladder};
        for (size_t i = 0; i < ladder->keys.n && !b->key; i++)
                if (ladder->keys.keys[i].granted && ladder->keys.keys[i].config->exercise == EXERCISE_SIGN)
                        b->key = &ladder->keys.keys[i];
        /* a digest is signed in every way */
        if (!b->key || b->key->mechanism->input != INPUT_DIGEST)
                return -ENOENT;
        take_input(b);
        return take_bare(b);
}

static void print_result(unsigned n, const Measured *signs, const Measured *checks) {
        printf("{\"event\":\"bench\",\"signatures\":%u", n);
        printf(",\"bare\":%.0f,\"libp11\":%.0f", median_of(&signs[0]), median_of(&signs[2]));
        printf(",\"recorder_more\":%.0f,\"libp11_more\":%.0f", median_more(&signs[0], &signs[1]),
                median_more(&signs[1], &signs[2]));
        printf(",\"ratio\":%.4f,\"recorder_ratio\":%.4f", median_ratio(&signs[0], &signs[2]),
                median_ratio(&signs[0], &signs[1]));
        printf(",\"bare_and_verify_cpu\":%.0f,\"check_cpu\":%.0f,\"check_more\":%.0f}\n",
                median_of(&checks[0]), median_of(&checks[1]), median_more(&checks[0], &checks[1]));
        fflush(stdout);
}

int bench_sign(Ladder *ladder, unsigned n) {
        Measured signs[] = {{.way = sign_bare, .clock = CLOCK_MONOTONIC},
                {.way = sign_recorded, .clock = CLOCK_MONOTONIC},
                {.way = sign_libp11, .clock = CLOCK_MONOTONIC}};
        Measured checks[] = {{.way = sign_bare_and_verify, .clock = CLOCK_PROCESS_CPUTIME_ID},
                {.way = health_check, .clock = CLOCK_PROCESS_CPUTIME_ID}};
        BenchSign b;
        int r = prepare(&b, ladder);

        if (r == 0)
                r = measure(&b, signs, ELEMENTSOF(signs), n);
        if (r == 0)
                r = measure(&b, checks, ELEMENTSOF(checks), n);
        if (r < 0)
                return r;
        print_result(n, signs, checks);
        return 0;
}
