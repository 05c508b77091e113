/* client-driver MODULE [--libcrypto] [--deepbind]: an application of a PKCS#11 module, driven by lines on its
 * standard input. Each is one call; the answer is a line "0xRETURN" and what was learnt. So a test can see a
 * call that hangs or crashes, and end it. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "macro.h"
#include "wire.h"

#define DIGEST_SIZE 32

typedef struct Driver {
        const char *module;
        int flags;
        void *library;
        CK_FUNCTION_LIST *p11;
        CK_SLOT_ID slot;
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE key;
        CK_MECHANISM_TYPE mechanism;
} Driver;

PRINTF(2, 3) static void answer(CK_RV rv, const char *format, ...) {
        va_list ap;

        printf("0x%lx", rv);
        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        putchar('\n');
        fflush(stdout);
}

static int load(Driver *d) {
        CK_C_GetFunctionList list;

        d->library = dlopen(d->module, RTLD_NOW | RTLD_LOCAL | d->flags);
        if (!d->library) {
                fprintf(stderr, "%s\n", dlerror());
                return -1;
        }
        *(void **) &list = dlsym(d->library, "C_GetFunctionList");
        return list && list(&d->p11) == CKR_OK ? 0 : -1;
}

static void initialize(Driver *d, const char *word) {
        (void) word;
        answer(d->p11->C_Initialize(NULL), "%s", "");
}

static void finalize(Driver *d, const char *word) {
        (void) word;
        answer(d->p11->C_Finalize(NULL), "%s", "");
}

/* As a caller that wants to be rid of a module's state does. */
static void reload(Driver *d, const char *word) {
        (void) word;
        dlclose(d->library);
        answer(load(d) < 0 ? CKR_GENERAL_ERROR : CKR_OK, "%s", "");
}

static void slots(Driver *d, const char *word) {
        CK_SLOT_ID list[16];
        CK_ULONG n = ELEMENTSOF(list);
        CK_RV rv = d->p11->C_GetSlotList(streq(word, "present"), list, &n);

        if (rv == CKR_OK)
                d->slot = list[0];
        answer(rv, " %lu %lu", n, d->slot);
}

static void token(Driver *d, const char *word) {
        CK_TOKEN_INFO info;
        CK_RV rv = d->p11->C_GetTokenInfo(d->slot, &info);

        (void) word;
        if (rv == CKR_OK)
                answer(rv, " %02x %.16s", info.serialNumber[0], (const char *) info.serialNumber);
        else
                answer(rv, "%s", "");
}

static void mechanisms(Driver *d, const char *word) {
        CK_MECHANISM_TYPE list[64];
        CK_ULONG n = ELEMENTSOF(list);
        CK_RV rv = d->p11->C_GetMechanismList(d->slot, list, &n);

        (void) word;
        answer(rv, " %lu", n);
}

static void open_session(Driver *d, const char *word) {
        CK_RV rv = d->p11->C_OpenSession(d->slot, CKF_SERIAL_SESSION, NULL, NULL, &d->session);

        (void) word;
        answer(rv, " %lu", d->session);
}

static void close_session(Driver *d, const char *word) {
        (void) word;
        answer(d->p11->C_CloseSession(d->session), "%s", "");
}

static void close_all(Driver *d, const char *word) {
        (void) word;
        answer(d->p11->C_CloseAllSessions(d->slot), "%s", "");
}

static void login(Driver *d, const char *word) {
        answer(d->p11->C_Login(d->session, CKU_USER, (CK_UTF8CHAR *) word, strlen(word)), "%s", "");
}

static void session_info(Driver *d, const char *word) {
        CK_SESSION_INFO info = {0};
        CK_RV rv = d->p11->C_GetSessionInfo(d->session, &info);

        (void) word;
        answer(rv, " %lu", info.state);
}

static void find(Driver *d, const char *word) {
        CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
        CK_ATTRIBUTE wanted[] = {
                {CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, (void *) word, strlen(word)}};
        CK_OBJECT_HANDLE found[2] = {0};
        CK_ULONG n = 0;
        CK_RV rv = d->p11->C_FindObjectsInit(d->session, wanted, ELEMENTSOF(wanted));

        if (rv == CKR_OK)
                rv = d->p11->C_FindObjects(d->session, found, ELEMENTSOF(found), &n);
        if (rv == CKR_OK)
                rv = d->p11->C_FindObjectsFinal(d->session);
        if (n > 0)
                d->key = found[0];
        answer(rv, " %lu", n);
}

static CK_RV sign_once(Driver *d, CK_SESSION_HANDLE session, CK_ULONG *ret_n) {
        CK_MECHANISM mechanism = {.mechanism = d->mechanism};
        CK_BYTE digest[DIGEST_SIZE] = {1}, signature[512];
        CK_ULONG n = sizeof(signature);
        CK_RV rv = d->p11->C_SignInit(session, &mechanism, d->key);

        if (rv == CKR_OK)
                rv = d->p11->C_Sign(session, digest, sizeof(digest), signature, &n);
        *ret_n = n;
        return rv;
}

static void sign(Driver *d, const char *word) {
        CK_ULONG n;
        CK_RV rv = sign_once(d, d->session, &n);

        (void) word;
        answer(rv, " %lu", n);
}

static void length_of_signature(Driver *d, const char *word) {
        CK_BYTE digest[DIGEST_SIZE] = {1};
        CK_ULONG n = 0;
        CK_RV rv = d->p11->C_Sign(d->session, digest, sizeof(digest), NULL, &n);

        (void) word;
        answer(rv, " %lu", n);
}

static void attribute(Driver *d, const char *word) {
        char value[256];
        CK_ATTRIBUTE a = {CKA_LABEL, value, sizeof(value)};
        CK_RV rv = d->p11->C_GetAttributeValue(d->session, d->key, &a, 1);

        (void) word;
        answer(rv, " %lu", a.ulValueLen);
}

static void random_octets(Driver *d, const char *word) {
        CK_BYTE octets[4096];
        CK_ULONG n = strtoul(word, NULL, 10);
        bool some = false;
        CK_RV rv;

        memset(octets, 0, sizeof(octets));
        rv = d->p11->C_GenerateRandom(d->session, octets, MIN_OF(n, sizeof(octets)));
        for (size_t i = 0; i < sizeof(octets); i++)
                some |= octets[i] != 0;
        answer(rv, " %d", some);
}

static void *ask_for_random(void *userdata) {
        Driver *d = userdata;
        CK_BYTE octets[16];

        (void) d->p11->C_GenerateRandom(d->session, octets, sizeof(octets));
        free(d);
        return NULL;
}

/* C_GenerateRandom of this session on a thread of its own, which may take for ever. */
static void beside(Driver *d, const char *word) {
        Driver *own = malloc(sizeof(*own));
        pthread_t thread;

        (void) word;
        if (!own)
                return answer(CKR_HOST_MEMORY, "%s", "");
        *own = *d;
        if (pthread_create(&thread, NULL, ask_for_random, own) != 0) {
                free(own);
                return answer(CKR_HOST_MEMORY, "%s", "");
        }
        pthread_detach(thread);
        answer(CKR_OK, "%s", "");
}

typedef struct Signer {
        Driver *driver;
        CK_RV rv;
        pthread_t thread;
} Signer;

static void *open_and_sign(void *userdata) {
        Signer *s = userdata;
        CK_FUNCTION_LIST *p11 = s->driver->p11;
        CK_SESSION_HANDLE session;
        CK_ULONG n;

        s->rv = p11->C_OpenSession(s->driver->slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
        for (int i = 0; i < 20 && s->rv == CKR_OK; i++)
                s->rv = sign_once(s->driver, session, &n);
        if (s->rv == CKR_OK)
                s->rv = p11->C_CloseSession(session);
        return NULL;
}

/* So many threads, each with 20 signatures on a session of its own; the worst that one of them saw. */
static void threads(Driver *d, const char *word) {
        Signer signers[64];
        size_t n = MIN_OF(strtoul(word, NULL, 10), ELEMENTSOF(signers));
        CK_RV worst = CKR_OK;

        for (size_t i = 0; i < n; i++) {
                signers[i] = (Signer){.driver = d, .rv = CKR_GENERAL_ERROR};
                if (pthread_create(&signers[i].thread, NULL, open_and_sign, &signers[i]) != 0)
                        exit(EXIT_FAILURE);
        }
        for (size_t i = 0; i < n; i++) {
                pthread_join(signers[i].thread, NULL);
                worst = signers[i].rv != CKR_OK ? signers[i].rv : worst;
        }
        answer(worst, "%s", "");
}

static size_t offset_of(const char *name) {
        static const struct {
                const char *name;
                size_t offset;
        } all[] = {
#define F(x) {"C_" #x, offsetof(CK_FUNCTION_LIST, C_##x)},
                WIRE_FUNCTIONS(F)};

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (streq(all[i].name, name))
                        return all[i].offset;
        fprintf(stderr, "there is no %s\n", name);
        exit(EXIT_FAILURE);
}

/* Any function, with this session and zeros; "present" says whether the list has it. */
static void call(Driver *d, const char *word) {
        typedef CK_RV (*Any)(CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG);
        Any function;

        memcpy(&function, (char *) d->p11 + offset_of(word), sizeof(function));
        answer(function(d->session, 0, 0, 0, 0, 0, 0, 0), "%s", "");
}

static void has(Driver *d, const char *word) {
        void *function;

        memcpy(&function, (char *) d->p11 + offset_of(word), sizeof(function));
        answer(CKR_OK, " %d", function != NULL);
}

static int obey(Driver *d, char *line) {
        static const struct {
                const char *name;
                void (*run)(Driver *, const char *);
        } verbs[] = {{"initialize", initialize}, {"finalize", finalize}, {"reload", reload}, {"slots", slots},
                {"token", token}, {"mechanisms", mechanisms}, {"open", open_session},
                {"close", close_session}, {"close-all", close_all}, {"login", login},
                {"session", session_info}, {"find", find}, {"sign", sign}, {"length", length_of_signature},
                {"attribute", attribute}, {"random", random_octets}, {"beside", beside}, {"threads", threads},
                {"call", call}, {"has", has}};
        char *save = NULL, *verb = strtok_r(line, " \n", &save), *word = strtok_r(NULL, " \n", &save);

        for (size_t i = 0; verb && i < ELEMENTSOF(verbs); i++)
                if (streq(verbs[i].name, verb)) {
                        verbs[i].run(d, word ? word : "");
                        return 0;
                }
        fprintf(stderr, "there is no %s\n", verb ? verb : "empty verb");
        return -1;
}

int main(int argc, char **argv) {
        Driver d = {.module = argc > 1 ? argv[1] : "", .mechanism = CKM_ECDSA};
        char line[256];

        for (int i = 2; i < argc; i++) {
                if (streq(argv[i], "--deepbind"))
                        d.flags = RTLD_DEEPBIND;
                else if (!streq(argv[i], "--libcrypto") || !dlopen("libcrypto.so.3", RTLD_NOW | RTLD_GLOBAL))
                        return EXIT_FAILURE;
        }
        if (load(&d) < 0)
                return EXIT_FAILURE;
        while (fgets(line, sizeof(line), stdin))
                if (obey(&d, line) < 0)
                        return EXIT_FAILURE;
        return EXIT_SUCCESS;
}
