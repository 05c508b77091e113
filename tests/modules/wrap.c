/* wrap.so: a PKCS#11 module that passes every call on to another one, and goes wrong where it is told to.
 *
 *   WRAP_MODULE  the module behind
 *   WRAP_FAULT   what goes wrong: "CALL:ACTION", several separated by commas
 *   WRAP_FILE    a file that says the same and is read anew at each call, so that faults come and go
 *   WRAP_LOG     a file that each call adds its name to, before anything else happens
 *
 * CALL is "dlopen" (the module's constructor), "C_GetFunctionList" or a function listed below. ACTION:
 *
 *   hang         never returns
 *   crash        dies of SIGSEGV
 *   stop         stops the process (SIGSTOP), then goes on
 *   slow=MS      takes that much longer
 *   rv=VALUE     returns this CK_RV without asking the module behind
 *   null         has no such function in its list (C_GetFunctionList reads it)
 *   fork         leaves a child that ignores SIGTERM and keeps every descriptor open
 *   exit         calls exit(0)
 *   abort        calls abort()
 *   print=KIB    writes that much to stdout and to stderr
 *   deaf         blocks every signal and takes SIGTERM for itself
 *   steal        closes descriptor 3 and opens a socket, which then has that number; "stolen" is logged when
 *                something was sent to it
 *   query=N      C_GetSlotList, C_GetAttributeValue: N is the answer when only a length is asked for
 *   moved        C_FindObjects: what is found has another handle than before, and what had one names another
 *                private key
 *   flags=BITS   C_GetTokenInfo: these flags are set too
 *   serial=TEXT  C_GetTokenInfo: another serial
 *   corrupt      C_Sign, C_Encrypt, C_Decrypt: what comes back has one wrong bit
 *   length=N     C_Sign, C_GetAttributeValue: says that the answer has N octets
 *   authenticate C_GetAttributeValue: CKA_ALWAYS_AUTHENTICATE is true
 *   expired      C_GetAttributeValue: CKA_END_DATE is long past
 *   early        C_GetAttributeValue: CKA_START_DATE is far off
 *   without=TYPE C_GetMechanismList: leaves this mechanism out
 *   lenient      C_GetAttributeValue: CKR_OK also where an attribute is missing; its length tells */

#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static CK_FUNCTION_LIST *behind;
static CK_FUNCTION_LIST list;

/* --- what goes wrong
 * ---------------------------------------------------------------------------------------- */

static void read_faults(char *dst, size_t size) {
        const char *env = getenv("WRAP_FAULT"), *path = getenv("WRAP_FILE");
        FILE *f = path ? fopen(path, "re") : NULL;
        size_t n = (size_t) snprintf(dst, size, "%s,", env ? env : "");

        if (!f)
                return;
        n += fread(dst + n, 1, size - n - 1, f);
        dst[n] = '\0';
        fclose(f);
}

/* The action for a call; false if there is none. */
static bool find_fault(const char *call, char *action, size_t size) {
        char faults[1024], *save = NULL;
        size_t length = strlen(call);

        read_faults(faults, sizeof(faults));
        for (char *w = strtok_r(faults, ",\n", &save); w; w = strtok_r(NULL, ",\n", &save))
                if (strncmp(w, call, length) == 0 && w[length] == ':') {
                        snprintf(action, size, "%s", w + length + 1);
                        return true;
                }
        return false;
}

/* The value of an action "name=value", or NULL. */
static const char *value_of(const char *call, const char *name, char *action, size_t size) {
        size_t length = strlen(name);

        if (!find_fault(call, action, size) || strncmp(action, name, length) != 0 || action[length] != '=')
                return NULL;
        return action + length + 1;
}

static bool is_fault(const char *call, const char *name) {
        char action[128];

        return find_fault(call, action, sizeof(action)) && strcmp(action, name) == 0;
}

static void hang(void) {
        for (;;)
                pause();
}

static void leave_child(void) {
        if (fork() != 0)
                return;
        signal(SIGTERM, SIG_IGN);
        hang();
}

static void crash(void) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
}

static void wait_ms(long ms) {
        nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void write_log(const char *call) {
        const char *path = getenv("WRAP_LOG");
        int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

        if (fd < 0)
                return;
        dprintf(fd, "%s\n", call);
        close(fd);
}

static void print_much(long kib) {
        char text[1024];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\n';
        for (long i = 0; i < kib; i++)
                if (write(1, text, sizeof(text)) < 0 || write(2, text, sizeof(text)) < 0)
                        return;
}

static void ignore(int number) {
        (void) number;
}

static void go_deaf(void) {
        sigset_t all;

        signal(SIGTERM, ignore);
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
}

/* The other end of the socket that took descriptor 3; 0 when none did. */
static int stolen;

static void look_into_stolen(void) {
        char octet;

        if (stolen > 0 && recv(stolen, &octet, 1, MSG_DONTWAIT) >= 0)
                write_log("stolen");
}

static void steal(void) {
        int pair[2];

        if (stolen > 0)
                return;
        close(3);
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 && pair[0] == 3)
                stolen = pair[1];
}

/* What a process may do to itself and to whoever shares it. */
static void misbehave(const char *action) {
        if (strcmp(action, "exit") == 0)
                exit(0);
        if (strcmp(action, "abort") == 0)
                abort();
        if (strcmp(action, "deaf") == 0)
                go_deaf();
        if (strcmp(action, "steal") == 0)
                steal();
        if (strncmp(action, "print=", 6) == 0)
                print_much(strtol(action + 6, NULL, 0));
}

/* Does what is to go wrong before a call; true when *rv is to be returned at once. */
static bool go_wrong(const char *call, CK_RV *rv) {
        char action[128];

        write_log(call);
        look_into_stolen();
        if (!find_fault(call, action, sizeof(action)))
                return false;
        misbehave(action);
        if (strcmp(action, "hang") == 0)
                hang();
        if (strcmp(action, "crash") == 0)
                crash();
        if (strcmp(action, "stop") == 0)
                raise(SIGSTOP);
        if (strcmp(action, "fork") == 0)
                leave_child();
        if (strncmp(action, "slow=", 5) == 0)
                wait_ms(strtol(action + 5, NULL, 0));
        if (strncmp(action, "rv=", 3) != 0)
                return false;
        *rv = strtoul(action + 3, NULL, 0);
        return true;
}

/* --- the calls
 * ---------------------------------------------------------------------------------------------- */

#define PASS(name, params, args)                                                                             \
        static CK_RV wrap_##name params {                                                                    \
                CK_RV rv;                                                                                    \
                                                                                                             \
                return go_wrong(#name, &rv) ? rv : behind->name args;                                        \
        }

PASS(C_Initialize, (void *args), (args))
PASS(C_Finalize, (void *reserved), (reserved))
PASS(C_GetInfo, (CK_INFO * info), (info))
PASS(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), (slot, info))
PASS(C_OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *a, CK_NOTIFY n, CK_SESSION_HANDLE *session),
        (slot, flags, a, n, session))
PASS(C_CloseSession, (CK_SESSION_HANDLE session), (session))
PASS(C_Login, (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG size),
        (session, user, pin, size))
PASS(C_FindObjectsInit, (CK_SESSION_HANDLE session, CK_ATTRIBUTE *a, CK_ULONG n), (session, a, n))
PASS(C_FindObjectsFinal, (CK_SESSION_HANDLE session), (session))
PASS(C_EncryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key), (s, m, key))
PASS(C_DecryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key), (s, m, key))
PASS(C_GenerateRandom, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size), (session, data, size))
PASS(C_CreateObject, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o), (s, a, n, o))
PASS(C_DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), (session, object))

#define MOVED 100000

static CK_RV wrap_C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *o, CK_ULONG max, CK_ULONG *n) {
        CK_RV rv;

        if (go_wrong("C_FindObjects", &rv))
                return rv;
        rv = behind->C_FindObjects(session, o, max, n);
        for (CK_ULONG i = 0; rv == CKR_OK && i < *n && is_fault("C_FindObjects", "moved"); i++)
                o[i] += MOVED;
        return rv;
}

static CK_OBJECT_HANDLE another_private_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
        CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
        CK_ATTRIBUTE a = {CKA_CLASS, &class, sizeof(class)};
        CK_OBJECT_HANDLE found[2] = {key, key};
        CK_ULONG n = 0;

        if (behind->C_FindObjectsInit(session, &a, 1) != CKR_OK)
                return key;
        behind->C_FindObjects(session, found, 2, &n);
        behind->C_FindObjectsFinal(session);
        return found[0] == key ? found[1] : found[0];
}

/* What the module behind calls the object. */
static CK_OBJECT_HANDLE named(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
        if (object >= MOVED)
                return object - MOVED;
        return is_fault("C_FindObjects", "moved") ? another_private_key(session, object) : object;
}

static CK_RV wrap_C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        CK_RV rv;

        if (go_wrong("C_SignInit", &rv))
                return rv;
        return behind->C_SignInit(session, m, named(session, key));
}

static CK_RV wrap_C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n) {
        char action[128];
        const char *value;
        CK_RV rv;

        if (go_wrong("C_GetSlotList", &rv))
                return rv;
        rv = behind->C_GetSlotList(present, slots, n);
        value = value_of("C_GetSlotList", "query", action, sizeof(action));
        if (value && !slots)
                *n = strtoul(value, NULL, 0);
        return rv;
}

static CK_RV wrap_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
        char action[128];
        const char *value;
        CK_RV rv;

        if (go_wrong("C_GetTokenInfo", &rv))
                return rv;
        rv = behind->C_GetTokenInfo(slot, info);
        value = value_of("C_GetTokenInfo", "flags", action, sizeof(action));
        if (value)
                info->flags |= strtoul(value, NULL, 0);
        value = value_of("C_GetTokenInfo", "serial", action, sizeof(action));
        if (value) {
                memset(info->serialNumber, ' ', sizeof(info->serialNumber));
                memcpy(info->serialNumber, value, strnlen(value, sizeof(info->serialNumber)));
        }
        return rv;
}

static CK_RV wrap_C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *types, CK_ULONG *n) {
        char action[128];
        const char *value;
        CK_RV rv;

        if (go_wrong("C_GetMechanismList", &rv))
                return rv;
        rv = behind->C_GetMechanismList(slot, types, n);
        value = value_of("C_GetMechanismList", "without", action, sizeof(action));
        for (CK_ULONG i = 0; value && rv == CKR_OK && types && i < *n; i++)
                if (types[i] == strtoul(value, NULL, 0))
                        types[i] = types[--*n];
        return rv;
}

static void change_date(CK_ATTRIBUTE *a, CK_ATTRIBUTE_TYPE type, const char *fault, const char *date) {
        if (a->type != type || !a->pValue || !is_fault("C_GetAttributeValue", fault))
                return;
        memcpy(a->pValue, date, sizeof(CK_DATE));
        a->ulValueLen = sizeof(CK_DATE);
}

static CK_RV wrap_C_GetAttributeValue(
        CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a, CK_ULONG n) {
        char action[128];
        const char *value;
        CK_RV rv;

        if (go_wrong("C_GetAttributeValue", &rv))
                return rv;
        rv = behind->C_GetAttributeValue(session, named(session, object), a, n);
        if (rv == CKR_ATTRIBUTE_TYPE_INVALID && is_fault("C_GetAttributeValue", "lenient"))
                rv = CKR_OK;
        value = value_of(
                "C_GetAttributeValue", n > 0 && !a[0].pValue ? "query" : "length", action, sizeof(action));
        for (CK_ULONG i = 0; i < n; i++) {
                if (value)
                        a[i].ulValueLen = strtoul(value, NULL, 0);
                if (a[i].type == CKA_ALWAYS_AUTHENTICATE && a[i].pValue &&
                        is_fault("C_GetAttributeValue", "authenticate"))
                        *(CK_BBOOL *) a[i].pValue = CK_TRUE;
                change_date(&a[i], CKA_END_DATE, "expired", "20010228");
                change_date(&a[i], CKA_START_DATE, "early", "29990301");
        }
        return rv;
}

/* C_Encrypt and C_Decrypt: "corrupt" as of C_Sign. */
#define ANSWER(name)                                                                                         \
        static CK_RV wrap_##name(                                                                            \
                CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_size, CK_BYTE *out, CK_ULONG *size) {    \
                CK_RV rv;                                                                                    \
                                                                                                             \
                if (go_wrong(#name, &rv))                                                                    \
                        return rv;                                                                           \
                rv = behind->name(session, in, in_size, out, size);                                          \
                if (rv == CKR_OK && out && *size > 0 && is_fault(#name, "corrupt"))                          \
                        out[0] ^= 1;                                                                         \
                return rv;                                                                                   \
        }

ANSWER(C_Encrypt)
ANSWER(C_Decrypt)

static CK_RV wrap_C_Sign(
        CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_size, CK_BYTE *signature, CK_ULONG *size) {
        char action[128];
        const char *value;
        CK_RV rv;

        if (go_wrong("C_Sign", &rv))
                return rv;
        rv = behind->C_Sign(session, data, data_size, signature, size);
        value = value_of("C_Sign", "length", action, sizeof(action));
        if (value)
                *size = strtoul(value, NULL, 0);
        else if (rv == CKR_OK && signature && is_fault("C_Sign", "corrupt"))
                signature[0] ^= 1;
        return rv;
}

#define OVERRIDE(name)                                                                                       \
        do {                                                                                                 \
                list.name = is_fault(#name, "null") ? NULL : wrap_##name;                                    \
        } while (0)

static void fill_list(void) {
        list = *behind;
        OVERRIDE(C_Initialize);
        OVERRIDE(C_Finalize);
        OVERRIDE(C_GetInfo);
        OVERRIDE(C_GetSlotList);
        OVERRIDE(C_GetSlotInfo);
        OVERRIDE(C_GetTokenInfo);
        OVERRIDE(C_OpenSession);
        OVERRIDE(C_CloseSession);
        OVERRIDE(C_Login);
        OVERRIDE(C_GetAttributeValue);
        OVERRIDE(C_FindObjectsInit);
        OVERRIDE(C_FindObjects);
        OVERRIDE(C_FindObjectsFinal);
        OVERRIDE(C_GetMechanismList);
        OVERRIDE(C_EncryptInit);
        OVERRIDE(C_Encrypt);
        OVERRIDE(C_DecryptInit);
        OVERRIDE(C_Decrypt);
        OVERRIDE(C_SignInit);
        OVERRIDE(C_Sign);
        OVERRIDE(C_GenerateRandom);
        OVERRIDE(C_CreateObject);
        OVERRIDE(C_DestroyObject);
}

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret) {
        const char *module = getenv("WRAP_MODULE");
        void *handle = module ? dlopen(module, RTLD_NOW | RTLD_LOCAL) : NULL;
        CK_C_GetFunctionList get = handle ? (CK_C_GetFunctionList) dlsym(handle, "C_GetFunctionList") : NULL;
        CK_RV rv;

        if (go_wrong("C_GetFunctionList", &rv))
                return rv;
        if (!get)
                return CKR_GENERAL_ERROR;
        rv = get(&behind);
        if (rv != CKR_OK)
                return rv;
        fill_list();
        *ret = &list;
        return CKR_OK;
}

static __attribute__((constructor)) void loaded(void) {
        CK_RV rv;

        (void) go_wrong("dlopen", &rv);
}
