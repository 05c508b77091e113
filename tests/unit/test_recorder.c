/* hsmd-recorder.so itself over a real SoftHSM2: what it lets through, what it refuses, and that nothing
 * refused ever reaches the module behind (wrap.so writes down what does). HSMD_BIN names the directory of the
 * modules. */

#include "remove-tree.h"
#include "unit.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "pkcs11/recorder.h"

#define PIN "246813"
#define LABEL "recorder"

typedef struct Bench {
        char directory[64], log[96];
        const Recorder *recorder;
        CK_FUNCTION_LIST *calls;
        Ring *ring;
        CK_SLOT_ID slot;
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE key, certificate;
} Bench;

/* --- a token
 * ------------------------------------------------------------------------------------------------ */

static void run(const char *format, ...) PRINTF(1, 2);
static void run(const char *format, ...) {
        char line[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(line, sizeof(line), format, ap);
        va_end(ap);
        assert_int_equal(system(line), 0); /* NOLINT(cert-env33-c): our own words alone */
}

#define TOOL                                                                                                 \
        "pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --token-label " LABEL " --login --pin " PIN " "

static void make_token(const char *directory) {
        char conf[96];
        FILE *f;

        run("mkdir %s/tokens", directory);
        snprintf(conf, sizeof(conf), "%s/softhsm2.conf", directory);
        f = fopen(conf, "we");
        assert_non_null(f);
        fprintf(f, "directories.tokendir = %s/tokens\nlog.level = ERROR\n", directory);
        fclose(f);
        assert_int_equal(setenv("SOFTHSM2_CONF", conf, 1), 0);
        run("softhsm2-util --init-token --free --label " LABEL " --so-pin 12345678 --pin " PIN " >/dev/null");
        run(TOOL "--keypairgen --key-type rsa:2048 --label probe --id 01 >/dev/null 2>&1");
        run("openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x -outform DER -out "
            "%s/c.der "
            "2>/dev/null",
                directory);
        run(TOOL "--write-object %s/c.der --type cert --id 02 >/dev/null 2>&1", directory);
}

/* --- what happened
 * ------------------------------------------------------------------------------------------ */

static RingRecord last_record(const Bench *b) {
        RingRecord record = {0};

        assert_true(ring_last_finished(b->ring, &record));
        return record;
}

/* How often a call reached the module behind. */
static unsigned reached(const Bench *b, const char *call) {
        CLEANUP_FCLOSE FILE *f = fopen(b->log, "re");
        char line[128];
        unsigned n = 0;

        while (f && fgets(line, sizeof(line), f)) {
                line[strcspn(line, "\n")] = '\0';
                n += streq(line, call);
        }
        return n;
}

#define assert_refused(b, expression, expected)                                                              \
        do {                                                                                                 \
                uint64_t before_ = (b)->ring->finished;                                                      \
                                                                                                             \
                assert_int_equal(expression, expected);                                                      \
                assert_int_equal((b)->ring->finished, before_ + 1);                                          \
                assert_int_equal(last_record(b).call, CALL_OTHER);                                           \
                assert_int_equal(last_record(b).rv, expected);                                               \
        } while (0)

static CK_OBJECT_HANDLE find(const Bench *b, CK_OBJECT_CLASS class) {
        CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
        CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
        CK_ULONG n = 0;

        assert_int_equal(b->calls->C_FindObjectsInit(b->session, &template, 1), CKR_OK);
        assert_int_equal(b->calls->C_FindObjects(b->session, &found, 1, &n), CKR_OK);
        assert_int_equal(b->calls->C_FindObjectsFinal(b->session), CKR_OK);
        assert_int_equal(n, 1);
        return found;
}

/* --- the recorder, once for all
 * ----------------------------------------------------------------------------- */

static void load(Bench *b) {
        const char *bin = getenv("HSMD_BIN");
        char recorder[512], module[512], error[160];
        RecorderConfig config = {.module = module, .deepbind = true};
        RecorderEntry entry;
        void *handle;
        int fd;

        assert_non_null(bin);
        snprintf(recorder, sizeof(recorder), "%s/hsmd-recorder.so", bin);
        snprintf(module, sizeof(module), "%s/wrap.so", bin);
        handle = dlopen(recorder, RTLD_NOW | RTLD_LOCAL);
        assert_non_null(handle);
        entry = (RecorderEntry) dlsym(handle, RECORDER_ENTRY);
        assert_non_null(entry);
        assert_int_equal(ring_new(&fd, &b->ring), 0);
        close(fd);
        config.ring = b->ring;
        b->recorder = entry();
        b->calls = b->recorder->calls;
        assert_int_equal(b->recorder->load(&config, error, sizeof(error)), 0);
        assert_int_equal(b->recorder->load(&config, error, sizeof(error)), -EALREADY);
}

static void log_in(Bench *b) {
        CK_SLOT_ID slots[8];
        CK_ULONG n = ELEMENTSOF(slots);
        CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};

        assert_int_equal(b->calls->C_Initialize(&args), CKR_OK);
        assert_int_equal(b->calls->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
        assert_int_equal(n, 2); /* SoftHSM2 always has an empty one too */
        b->slot = slots[0];
        assert_int_equal(
                b->calls->C_OpenSession(b->slot, CKF_SERIAL_SESSION, NULL, NULL, &b->session), CKR_OK);
        b->recorder->arm_login();
        assert_int_equal(b->calls->C_Login(b->session, CKU_USER, (CK_UTF8CHAR *) PIN, strlen(PIN)), CKR_OK);
        b->key = find(b, CKO_PRIVATE_KEY);
        b->certificate = find(b, CKO_CERTIFICATE);
}

static int setup(void **state) {
        static Bench bench = {.directory = "/tmp/hsmd-recorder-XXXXXX"};

        assert_non_null(mkdtemp(bench.directory));
        make_token(bench.directory);
        snprintf(bench.log, sizeof(bench.log), "%s/calls", bench.directory);
        setenv("WRAP_MODULE", "/usr/lib/softhsm/libsofthsm2.so", 1);
        setenv("WRAP_LOG", bench.log, 1);
        load(&bench);
        log_in(&bench);
        *state = &bench;
        return 0;
}

static int teardown(void **state) {
        Bench *b = *state;

        assert_int_equal(b->calls->C_CloseSession(b->session), CKR_OK);
        assert_int_equal(b->calls->C_Finalize(NULL), CKR_OK);
        ring_unmap(b->ring);
        return remove_tree(b->directory);
}

/* --- the tests
 * ---------------------------------------------------------------------------------------------- */

static void calls_stand_in_the_ring_with_name_and_return(void **state) {
        Bench *b = *state;
        CK_TOKEN_INFO info;
        uint64_t before = b->ring->finished;

        assert_int_equal(b->calls->C_GetTokenInfo(b->slot, &info), CKR_OK);
        assert_int_equal(b->calls->C_GetTokenInfo(4711, &info), CKR_SLOT_ID_INVALID);
        assert_int_equal(b->ring->finished, before + 2);
        assert_int_equal(last_record(b).call, CALL_GET_TOKEN_INFO);
        assert_int_equal(last_record(b).rv, CKR_SLOT_ID_INVALID);
        assert_true(last_record(b).ended >= last_record(b).started);
        assert_false(ring_oldest_in_flight(b->ring, &(RingRecord){0}));
}

static void pin_is_nowhere_in_the_ring(void **state) {
        Bench *b = *state;

        assert_null(memmem(b->ring, sizeof(*b->ring), PIN, strlen(PIN)));
}

static void second_initialize_never_reaches_the_module(void **state) {
        Bench *b = *state;

        assert_refused(b, b->calls->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        assert_int_equal(reached(b, "C_Initialize"), 1);
}

static void session_that_could_write_is_refused(void **state) {
        Bench *b = *state;
        CK_SESSION_HANDLE session;
        unsigned before = reached(b, "C_OpenSession");

        assert_refused(b,
                b->calls->C_OpenSession(b->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
                CKR_SESSION_READ_ONLY);
        assert_int_equal(reached(b, "C_OpenSession"), before);
}

static void login_must_be_armed_and_is_so_once(void **state) {
        Bench *b = *state;
        CK_UTF8CHAR pin[] = PIN;

        assert_refused(b, b->calls->C_Login(b->session, CKU_USER, pin, strlen(PIN)), CKR_FUNCTION_REJECTED);
        assert_int_equal(reached(b, "C_Login"), 1);
        b->recorder->arm_login();
        assert_int_equal(
                b->calls->C_Login(b->session, CKU_USER, pin, strlen(PIN)), CKR_USER_ALREADY_LOGGED_IN);
        assert_refused(b, b->calls->C_Login(b->session, CKU_USER, pin, strlen(PIN)), CKR_FUNCTION_REJECTED);
        assert_int_equal(reached(b, "C_Login"), 2);
}

static void other_users_than_the_plain_one_are_refused(void **state) {
        Bench *b = *state;
        CK_UTF8CHAR pin[] = "12345678";

        b->recorder->arm_login();
        assert_refused(b, b->calls->C_Login(b->session, CKU_SO, pin, 8), CKR_USER_TYPE_INVALID);
        assert_refused(b, b->calls->C_Login(b->session, CKU_CONTEXT_SPECIFIC, pin, 8), CKR_USER_TYPE_INVALID);
        assert_int_equal(b->calls->C_Login(b->session, CKU_USER, (CK_UTF8CHAR *) PIN, strlen(PIN)),
                CKR_USER_ALREADY_LOGGED_IN); /* disarms */
}

static void nothing_secret_is_read(void **state) {
        static const CK_ATTRIBUTE_TYPE secret[] = {CKA_VALUE, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2,
                CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT, CKA_BASE, 0x80000001UL};
        Bench *b = *state;
        uint8_t value[1024];

        for (size_t i = 0; i < ELEMENTSOF(secret); i++) {
                CK_ATTRIBUTE a[] = {{CKA_ID, value, 16}, {secret[i], value, sizeof(value)}};

                assert_int_equal(
                        b->calls->C_GetAttributeValue(b->session, b->key, a, 2), CKR_ATTRIBUTE_SENSITIVE);
                assert_int_equal(last_record(b).call, CALL_OTHER);
                assert_int_equal(a[0].ulValueLen, CK_UNAVAILABLE_INFORMATION);
                assert_int_equal(a[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
        }
}

static void public_attributes_are_read(void **state) {
        Bench *b = *state;
        uint8_t modulus[512], id[16];
        CK_ATTRIBUTE a[] = {{CKA_MODULUS, modulus, sizeof(modulus)}, {CKA_ID, id, sizeof(id)}};

        assert_int_equal(b->calls->C_GetAttributeValue(b->session, b->key, a, 2), CKR_OK);
        assert_int_equal(a[0].ulValueLen, 256);
        assert_int_equal(a[1].ulValueLen, 1);
}

static void a_certificates_value_is_public(void **state) {
        Bench *b = *state;
        uint8_t der[2048];
        CK_ATTRIBUTE a = {CKA_VALUE, der, sizeof(der)};

        assert_int_equal(b->calls->C_GetAttributeValue(b->session, b->certificate, &a, 1), CKR_OK);
        assert_true(a.ulValueLen > 200);
}

static void search_by_a_secret_value_is_refused(void **state) {
        Bench *b = *state;
        uint8_t guess[] = {1, 2, 3};
        CK_ATTRIBUTE a = {CKA_VALUE, guess, sizeof(guess)};
        unsigned before = reached(b, "C_FindObjectsInit");

        assert_refused(b, b->calls->C_FindObjectsInit(b->session, &a, 1), CKR_ATTRIBUTE_TYPE_INVALID);
        assert_int_equal(reached(b, "C_FindObjectsInit"), before);
}

static void only_an_allowed_key_signs_and_only_so_long(void **state) {
        Bench *b = *state;
        CK_MECHANISM rsa = {CKM_RSA_PKCS, NULL, 0};
        uint8_t data[32] = {0}, signature[512];
        CK_ULONG size = sizeof(signature);
        unsigned before = reached(b, "C_SignInit");

        assert_refused(b, b->calls->C_SignInit(b->session, &rsa, b->key), CKR_KEY_FUNCTION_NOT_PERMITTED);
        assert_int_equal(reached(b, "C_SignInit"), before);
        assert_int_equal(b->recorder->allow(USE_SIGN, b->key, CKM_RSA_PKCS), 0);
        assert_int_equal(b->calls->C_SignInit(b->session, &rsa, b->key), CKR_OK);
        assert_int_equal(b->calls->C_Sign(b->session, data, sizeof(data), signature, &size), CKR_OK);
        assert_int_equal(size, 256);
        b->recorder->forbid(USE_SIGN, b->key, CKM_RSA_PKCS);
        assert_refused(b, b->calls->C_SignInit(b->session, &rsa, b->key), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void other_mechanisms_are_refused(void **state) {
        static const CK_MECHANISM_TYPE types[] = {
                CKM_RSA_X_509, CKM_SHA256_RSA_PKCS, CKM_ECDSA_SHA256, CKM_SHA256_HMAC, 0x80008100UL};
        Bench *b = *state;
        uint8_t parameter[8] = {0};
        CK_MECHANISM with_parameter = {CKM_RSA_PKCS, parameter, sizeof(parameter)};

        assert_int_equal(b->recorder->allow(USE_SIGN, b->key, CKM_RSA_PKCS), 0);
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                assert_refused(b,
                        b->calls->C_SignInit(b->session, &(CK_MECHANISM){types[i], NULL, 0}, b->key),
                        CKR_MECHANISM_INVALID);
        assert_refused(b, b->calls->C_SignInit(b->session, &with_parameter, b->key), CKR_MECHANISM_INVALID);
        b->recorder->forbid(USE_SIGN, b->key, CKM_RSA_PKCS);
}

/* Whether C_SignInit, C_EncryptInit or C_DecryptInit with such a parameter comes to the module, which may
 * well say no. */
static bool gets_through(const Bench *b, MechanismUse use, void *parameter, CK_ULONG size) {
        CK_MECHANISM m = {CKM_AES_CBC, parameter, size};

        assert_int_equal(b->recorder->allow(use, b->key, m.mechanism), 0);
        if (use == USE_ENCRYPT)
                (void) b->calls->C_EncryptInit(b->session, &m, b->key);
        else if (use == USE_DECRYPT)
                (void) b->calls->C_DecryptInit(b->session, &m, b->key);
        else
                (void) b->calls->C_SignInit(b->session, &m, b->key);
        b->recorder->forbid(use, b->key, m.mechanism);
        return last_record(b).call != CALL_OTHER;
}

static void each_use_has_the_one_parameter_that_it_needs(void **state) {
        Bench *b = *state;
        uint8_t identity[16] = "1234567812345678", other[16] = "1234567812345679", iv[16] = {0},
                longer[17] = {0};

        b->recorder->set_identity(identity, sizeof(identity));
        for (MechanismUse use = USE_SIGN; use <= USE_MAC; use++) {
                bool by_iv = use == USE_ENCRYPT || use == USE_MAC;

                assert_true(gets_through(b, use, NULL, 0));
                assert_int_equal(gets_through(b, use, identity, sizeof(identity)), use == USE_SIGN);
                assert_int_equal(gets_through(b, use, iv, sizeof(iv)), by_iv);
                assert_false(gets_through(b, use, other, sizeof(other)));
                assert_false(gets_through(b, use, longer, sizeof(longer)));
                assert_false(gets_through(b, use, NULL, sizeof(iv)));
        }
        b->recorder->set_identity(NULL, 0);
        assert_false(gets_through(b, USE_SIGN, identity, sizeof(identity)));
}

static void a_session_beside_the_lent_one_is_another(void **state) {
        Bench *b = *state;
        CK_SESSION_HANDLE beside = CK_INVALID_HANDLE;
        CK_SESSION_INFO info;
        uint32_t sessions, before;
        uint64_t n;

        b->recorder->counts(&before, &n, &n);
        b->recorder->lend_session(b->session);
        assert_int_equal(b->recorder->open_beside(b->slot, &beside), CKR_OK);
        assert_int_not_equal(beside, b->session);
        assert_int_equal(b->calls->C_GetSessionInfo(beside, &info), CKR_OK);
        assert_int_equal(info.flags & CKF_RW_SESSION, 0);
        b->recorder->counts(&sessions, &n, &n);
        assert_int_equal(sessions, before + 1);
        b->recorder->close_beside(beside);
        b->recorder->lend_session(CK_INVALID_HANDLE);
        assert_int_equal(b->calls->C_GetSessionInfo(beside, &info), CKR_SESSION_HANDLE_INVALID);
        b->recorder->counts(&sessions, &n, &n);
        assert_int_equal(sessions, before);
}

/* Whether the asking thread's calls are seen while they fly: its id stands in the table. */
static bool ring_thread_known(const Ring *ring) {
        uint32_t id = (uint32_t) syscall(SYS_gettid);

        for (size_t i = 0; i < RING_THREADS; i++)
                if (ring->in_flight[i].thread_id == id)
                        return true;
        return false;
}

typedef struct Caller {
        const Bench *bench;
        pthread_barrier_t *together;
        pthread_t thread;
        bool failed, knows_failure, has_slot;
} Caller;

/* Every second one asks for a session that is none. */
static void *call_once(void *userdata) {
        Caller *c = userdata;
        CK_SESSION_INFO info;
        RingRecord record;
        CK_RV rv;

        pthread_barrier_wait(c->together);
        rv = c->bench->calls->C_GetSessionInfo(c->failed ? 4711 : c->bench->session, &info);
        c->has_slot = ring_thread_known(c->bench->ring);
        c->knows_failure = c->bench->recorder->last_failure(&record) && record.rv == rv && rv != CKR_OK;
        pthread_barrier_wait(c->together); /* nobody ends, and gives his slot back, before all have called */
        return NULL;
}

static void each_thread_has_its_own_slot_and_failure(void **state) {
        Bench *b = *state;
        Caller callers[RING_THREADS - 1];
        uint64_t before = b->ring->finished;

        for (unsigned round = 0; round < 3; round++) {
                pthread_barrier_t together;

                pthread_barrier_init(&together, NULL, ELEMENTSOF(callers));
                for (size_t i = 0; i < ELEMENTSOF(callers); i++) {
                        callers[i] = (Caller){.bench = b, .together = &together, .failed = i % 2};
                        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_once, &callers[i]), 0);
                }
                for (size_t i = 0; i < ELEMENTSOF(callers); i++) {
                        pthread_join(callers[i].thread, NULL);
                        assert_int_equal(callers[i].knows_failure, callers[i].failed);
                        assert_true(callers[i].has_slot);
                }
                pthread_barrier_destroy(&together);
        }
        assert_int_equal(b->ring->finished - before, 3 * ELEMENTSOF(callers));
        assert_false(ring_oldest_in_flight(b->ring, &(RingRecord){0}));
}

static void signers_are_bounded(void **state) {
        Bench *b = *state;

        for (size_t i = 0; i < RECORDER_GRANTS_MAX; i++)
                assert_int_equal(b->recorder->allow(USE_SIGN, 1000 + i, CKM_RSA_PKCS), 0);
        assert_int_equal(b->recorder->allow(USE_SIGN, 2000, CKM_RSA_PKCS), -ENOBUFS);
        for (size_t i = 0; i < RECORDER_GRANTS_MAX; i++)
                b->recorder->forbid(USE_SIGN, 1000 + i, CKM_RSA_PKCS);
}

#define NO(call) assert_refused(b, b->calls->call, CKR_FUNCTION_NOT_SUPPORTED)

static void whatever_writes_is_refused(void **state) {
        Bench *b = *state;
        CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
        CK_SESSION_HANDLE s = b->session;
        CK_OBJECT_HANDLE o, p;
        uint8_t x[64] = {0};
        CK_ULONG n = sizeof(x);
        CK_ATTRIBUTE a = {CKA_LABEL, x, 4};

        NO(C_InitToken(b->slot, x, 8, x));
        NO(C_InitPIN(s, x, 8));
        NO(C_SetPIN(s, x, 8, x, 8));
        NO(C_CreateObject(s, &a, 1, &o));
        NO(C_CopyObject(s, b->key, &a, 1, &o));
        NO(C_DestroyObject(s, b->key));
        NO(C_SetAttributeValue(s, b->key, &a, 1));
        NO(C_GenerateKey(s, &m, &a, 1, &o));
        NO(C_GenerateKeyPair(s, &m, &a, 1, &a, 1, &o, &p));
        NO(C_WrapKey(s, &m, b->key, b->key, x, &n));
        NO(C_UnwrapKey(s, &m, b->key, x, 8, &a, 1, &o));
        NO(C_DeriveKey(s, &m, b->key, &a, 1, &o));
        NO(C_SeedRandom(s, x, 8));
        NO(C_SetOperationState(s, x, 8, 0, 0));
        assert_int_equal(reached(b, "C_CreateObject"), 0);
        assert_int_equal(reached(b, "C_DestroyObject"), 0);
}

static void nothing_but_a_block_of_zeros_is_encrypted(void **state) {
        Bench *b = *state;
        CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
        uint8_t x[16] = {0}, out[512];
        CK_ULONG n = sizeof(out);
        unsigned before = reached(b, "C_Encrypt");

        assert_refused(b, b->calls->C_EncryptInit(b->session, &m, b->key), CKR_KEY_FUNCTION_NOT_PERMITTED);
        assert_refused(b, b->calls->C_DecryptInit(b->session, &m, b->key), CKR_KEY_FUNCTION_NOT_PERMITTED);
        /* what is allowed for one use is not for another */
        assert_int_equal(b->recorder->allow(USE_SIGN, b->key, CKM_RSA_PKCS), 0);
        assert_refused(b, b->calls->C_DecryptInit(b->session, &m, b->key), CKR_KEY_FUNCTION_NOT_PERMITTED);
        b->recorder->forbid(USE_SIGN, b->key, CKM_RSA_PKCS);
        x[3] = 1;
        assert_refused(b, b->calls->C_Encrypt(b->session, x, sizeof(x), out, &n), CKR_ARGUMENTS_BAD);
        assert_refused(b, b->calls->C_Encrypt(b->session, out, 15, out, &n), CKR_ARGUMENTS_BAD);
        assert_int_equal(reached(b, "C_Encrypt"), before);
}

static void whatever_the_probe_does_not_use_is_refused(void **state) {
        Bench *b = *state;
        CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
        CK_SESSION_HANDLE s = b->session;
        CK_SLOT_ID slot;
        uint8_t x[512] = {0};
        CK_ULONG n = sizeof(x);

        NO(C_GetOperationState(s, x, &n));
        NO(C_GetObjectSize(s, b->key, &n));
        NO(C_EncryptUpdate(s, x, 8, x, &n));
        NO(C_EncryptFinal(s, x, &n));
        NO(C_DecryptUpdate(s, x, 8, x, &n));
        NO(C_DecryptFinal(s, x, &n));
        NO(C_DigestInit(s, &m));
        NO(C_Digest(s, x, 8, x, &n));
        NO(C_DigestUpdate(s, x, 8));
        NO(C_DigestKey(s, b->key));
        NO(C_DigestFinal(s, x, &n));
        NO(C_SignUpdate(s, x, 8));
        NO(C_SignFinal(s, x, &n));
        NO(C_SignRecoverInit(s, &m, b->key));
        NO(C_SignRecover(s, x, 8, x, &n));
        NO(C_VerifyInit(s, &m, b->key));
        NO(C_Verify(s, x, 8, x, 8));
        NO(C_VerifyUpdate(s, x, 8));
        NO(C_VerifyFinal(s, x, 8));
        NO(C_VerifyRecoverInit(s, &m, b->key));
        NO(C_VerifyRecover(s, x, 8, x, &n));
        NO(C_DigestEncryptUpdate(s, x, 8, x, &n));
        NO(C_DecryptDigestUpdate(s, x, 8, x, &n));
        NO(C_SignEncryptUpdate(s, x, 8, x, &n));
        NO(C_DecryptVerifyUpdate(s, x, 8, x, &n));
        NO(C_GetFunctionStatus(s));
        NO(C_CancelFunction(s));
        NO(C_WaitForSlotEvent(0, &slot, NULL));
}

static void no_function_is_left_empty(void **state) {
        Bench *b = *state;
        void *entries[(sizeof(CK_FUNCTION_LIST) - offsetof(CK_FUNCTION_LIST, C_Initialize)) / sizeof(void *)];

        memcpy(entries, &b->calls->C_Initialize, sizeof(entries));
        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                assert_non_null(entries[i]);
}

static void lent_session_is_given_to_who_opens_one(void **state) {
        Bench *b = *state;
        CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
        CK_SESSION_INFO info;
        unsigned before = reached(b, "C_OpenSession");

        b->recorder->lend_session(b->session);
        assert_int_equal(b->calls->C_OpenSession(b->slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
        assert_int_equal(session, b->session);
        assert_int_equal(b->calls->C_CloseSession(session), CKR_OK);
        assert_int_equal(b->calls->C_CloseAllSessions(b->slot), CKR_OK);
        b->recorder->lend_session(CK_INVALID_HANDLE);
        assert_int_equal(reached(b, "C_OpenSession"), before);
        assert_int_equal(b->calls->C_GetSessionInfo(b->session, &info), CKR_OK);
}

static void shown_objects_are_all_that_a_search_finds(void **state) {
        Bench *b = *state;
        RecorderObject shown = {CKO_PRIVATE_KEY, 4711};
        CK_OBJECT_CLASS public = CKO_PUBLIC_KEY;
        CK_ATTRIBUTE a = {CKA_CLASS, &public, sizeof(public)};
        CK_OBJECT_HANDLE found;
        CK_ULONG n = 7;

        b->recorder->show_objects(&shown, 1);
        assert_int_equal(find(b, CKO_PRIVATE_KEY), 4711);
        assert_int_equal(b->calls->C_FindObjectsInit(b->session, &a, 1), CKR_OK);
        assert_int_equal(b->calls->C_FindObjects(b->session, &found, 1, &n), CKR_OK);
        assert_int_equal(n, 0);
        b->recorder->show_objects(NULL, 0);
        assert_int_equal(find(b, CKO_PRIVATE_KEY), b->key);
}

static void last_failure_is_kept_until_forgotten(void **state) {
        Bench *b = *state;
        CK_TOKEN_INFO info;
        RingRecord record;

        b->recorder->forget_failure();
        assert_false(b->recorder->last_failure(&record));
        (void) b->calls->C_GetTokenInfo(4711, &info);
        assert_int_equal(b->calls->C_GetTokenInfo(b->slot, &info), CKR_OK);
        assert_true(b->recorder->last_failure(&record));
        assert_int_equal(record.rv, CKR_SLOT_ID_INVALID);
}

/* Last but one: from here on the other slot is not seen. */
static void one_slot_is_shown(void **state) {
        Bench *b = *state;
        CK_SLOT_ID slots[8];
        CK_ULONG n = 0;

        b->recorder->show_slot(b->slot);
        assert_int_equal(b->calls->C_GetSlotList(CK_FALSE, NULL, &n), CKR_OK);
        assert_int_equal(n, 1);
        n = ELEMENTSOF(slots);
        assert_int_equal(b->calls->C_GetSlotList(CK_FALSE, slots, &n), CKR_OK);
        assert_int_equal(n, 1);
        assert_int_equal(slots[0], b->slot);
        n = 0;
        assert_int_equal(b->calls->C_GetSlotList(CK_FALSE, slots, &n), CKR_BUFFER_TOO_SMALL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(calls_stand_in_the_ring_with_name_and_return),
                cmocka_unit_test(pin_is_nowhere_in_the_ring),
                cmocka_unit_test(second_initialize_never_reaches_the_module),
                cmocka_unit_test(session_that_could_write_is_refused),
                cmocka_unit_test(login_must_be_armed_and_is_so_once),
                cmocka_unit_test(other_users_than_the_plain_one_are_refused),
                cmocka_unit_test(nothing_secret_is_read),
                cmocka_unit_test(public_attributes_are_read),
                cmocka_unit_test(a_certificates_value_is_public),
                cmocka_unit_test(search_by_a_secret_value_is_refused),
                cmocka_unit_test(only_an_allowed_key_signs_and_only_so_long),
                cmocka_unit_test(other_mechanisms_are_refused),
                cmocka_unit_test(each_use_has_the_one_parameter_that_it_needs),
                cmocka_unit_test(a_session_beside_the_lent_one_is_another),
                cmocka_unit_test(each_thread_has_its_own_slot_and_failure),
                cmocka_unit_test(signers_are_bounded),
                cmocka_unit_test(whatever_writes_is_refused),
                cmocka_unit_test(nothing_but_a_block_of_zeros_is_encrypted),
                cmocka_unit_test(whatever_the_probe_does_not_use_is_refused),
                cmocka_unit_test(no_function_is_left_empty),
                cmocka_unit_test(lent_session_is_given_to_who_opens_one),
                cmocka_unit_test(shown_objects_are_all_that_a_search_finds),
                cmocka_unit_test(last_failure_is_kept_until_forgotten),
                cmocka_unit_test(one_slot_is_shown),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
