/* An application of a PKCS#11 module, told by its standard input what to call: a line a call, answered by a
 * line: the CK_RV in hexadecimal, then what the call gave, separated by blanks.
 *
 *   initialize | finalize | slots | token SLOT | mechanisms SLOT | mechanism SLOT NUMBER
 *   open SLOT FLAGS | close SESSION | session SESSION | login SESSION USER PIN | logout SESSION
 *   find SESSION [TYPE=HEX] | list SESSION | found SESSION | get SESSION OBJECT TYPE
 *   begin WHAT SESSION MECHANISM PARAMETER KEY | end WHAT SESSION DATA   (sign, encrypt, decrypt, digest)
 *   random SESSION N | create SESSION | generate SESSION MECHANISM | set-pin SESSION
 *   race SLOT PIN THREADS EACH MECHANISM LABEL DATA   signs in threads; prints signatures made, microseconds
 *
 * Numbers as C has them; octets in hexadecimal, "-" for none. "find" is init, all and final; "list" is init
 * alone and "found" the search that has been begun. */

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>

#include "macro.h"

#define WORDS_MAX 10
#define OCTETS_MAX 4096
#define THREADS_MAX 64

typedef CK_FUNCTION_LIST *P11;

typedef struct Octets {
        CK_BYTE data[OCTETS_MAX];
        CK_ULONG size;
} Octets;

static Octets octets(const char *hex) {
        Octets o = {0};

        while (o.size < OCTETS_MAX && hex[2 * o.size] &&
                sscanf(hex + 2 * o.size, "%2hhx", &o.data[o.size]) == 1)
                o.size++;
        return o;
}

static CK_ULONG number(const char *word) {
        return strtoul(word, NULL, 0);
}

static void put_octets(const CK_BYTE *data, CK_ULONG n) {
        putchar(' ');
        for (CK_ULONG i = 0; i < n; i++)
                printf("%02x", data[i]);
        if (n == 0)
                putchar('-');
}

static void put_numbers(const CK_ULONG *v, CK_ULONG n) {
        for (CK_ULONG i = 0; i < n; i++)
                printf(" 0x%lx", v[i]);
}

/* --- the module and its slots --- */

static void slots(P11 p) {
        CK_SLOT_ID list[16];
        CK_ULONG n = ELEMENTSOF(list);
        CK_RV rv = p->C_GetSlotList(CK_TRUE, list, &n);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                put_numbers(list, n);
}

static void token(P11 p, char **w) {
        CK_TOKEN_INFO info;
        CK_RV rv = p->C_GetTokenInfo(number(w[1]), &info);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                printf(" 0x%lx %.16s", info.flags, (const char *) info.serialNumber);
}

static void mechanisms(P11 p, char **w) {
        CK_MECHANISM_TYPE list[64];
        CK_ULONG n = ELEMENTSOF(list);
        CK_RV rv = p->C_GetMechanismList(number(w[1]), list, &n);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                put_numbers(list, n);
}

static void mechanism(P11 p, char **w) {
        CK_MECHANISM_INFO info;
        CK_RV rv = p->C_GetMechanismInfo(number(w[1]), number(w[2]), &info);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                printf(" 0x%lx", info.flags);
}

/* --- sessions --- */

static void open_session(P11 p, char **w) {
        CK_SESSION_HANDLE h = 0;
        CK_RV rv = p->C_OpenSession(number(w[1]), number(w[2]), NULL, NULL, &h);

        printf("0x%lx 0x%lx", rv, h);
}

static void session(P11 p, char **w) {
        CK_SESSION_INFO info = {0};
        CK_RV rv = p->C_GetSessionInfo(number(w[1]), &info);

        printf("0x%lx %lu 0x%lx", rv, info.state, info.flags);
}

static void login(P11 p, char **w) {
        printf("0x%lx", p->C_Login(number(w[1]), number(w[2]), (CK_BYTE *) w[3], strlen(w[3])));
}

/* --- objects --- */

static CK_RV list(P11 p, char **w) {
        CK_ATTRIBUTE template = {0};
        Octets value = {0};

        if (!w[2])
                return p->C_FindObjectsInit(number(w[1]), NULL, 0);
        template.type = number(w[2]);
        value = octets(strchr(w[2], '=') ? strchr(w[2], '=') + 1 : "");
        template.pValue = value.data;
        template.ulValueLen = value.size;
        return p->C_FindObjectsInit(number(w[1]), &template, 1);
}

static void found(P11 p, char **w) {
        CK_OBJECT_HANDLE handles[64];
        CK_ULONG n = 0;
        CK_RV rv = p->C_FindObjects(number(w[1]), handles, ELEMENTSOF(handles), &n);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                put_numbers(handles, n);
}

static void find(P11 p, char **w) {
        CK_RV rv = list(p, w);

        if (rv != CKR_OK) {
                printf("0x%lx", rv);
                return;
        }
        found(p, w);
        p->C_FindObjectsFinal(number(w[1]));
}

static void get(P11 p, char **w) {
        CK_BYTE value[OCTETS_MAX];
        CK_ATTRIBUTE a = {.type = number(w[3]), .pValue = value, .ulValueLen = sizeof(value)};
        CK_RV rv = p->C_GetAttributeValue(number(w[1]), number(w[2]), &a, 1);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                put_octets(value, a.ulValueLen);
}

/* --- operations --- */

static void begin(P11 p, char **w) {
        Octets parameter = octets(w[4]);
        CK_MECHANISM m = {number(w[3]), parameter.size ? parameter.data : NULL, parameter.size};
        CK_SESSION_HANDLE h = number(w[2]);
        CK_OBJECT_HANDLE key = number(w[5]);
        CK_RV rv = streq(w[1], "sign")      ? p->C_SignInit(h, &m, key)
                   : streq(w[1], "encrypt") ? p->C_EncryptInit(h, &m, key)
                   : streq(w[1], "decrypt") ? p->C_DecryptInit(h, &m, key)
                                            : p->C_DigestInit(h, &m);

        printf("0x%lx", rv);
}

static void end(P11 p, char **w) {
        Octets in = octets(w[3]), out = {.size = OCTETS_MAX};
        CK_SESSION_HANDLE h = number(w[2]);
        CK_RV rv = streq(w[1], "sign")      ? p->C_Sign(h, in.data, in.size, out.data, &out.size)
                   : streq(w[1], "encrypt") ? p->C_Encrypt(h, in.data, in.size, out.data, &out.size)
                   : streq(w[1], "decrypt") ? p->C_Decrypt(h, in.data, in.size, out.data, &out.size)
                                            : p->C_Digest(h, in.data, in.size, out.data, &out.size);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                put_octets(out.data, out.size);
}

static void random_octets(P11 p, char **w) {
        CK_ULONG n = number(w[2]);
        CK_BYTE *data = malloc(n + 1);
        CK_RV rv = p->C_GenerateRandom(number(w[1]), data, n);

        printf("0x%lx", rv);
        if (rv == CKR_OK)
                put_octets(data, n);
        free(data);
}

/* --- what would change the machine --- */

static void create(P11 p, char **w) {
        CK_OBJECT_HANDLE h;

        printf("0x%lx", p->C_CreateObject(number(w[1]), NULL, 0, &h));
}

static void generate(P11 p, char **w) {
        CK_MECHANISM m = {number(w[2]), NULL, 0};
        CK_OBJECT_HANDLE h;

        printf("0x%lx", p->C_GenerateKey(number(w[1]), &m, NULL, 0, &h));
}

static void set_pin(P11 p, char **w) {
        CK_BYTE pin[] = "1234";

        printf("0x%lx", p->C_SetPIN(number(w[1]), pin, 4, pin, 4));
}

/* --- many at once --- */

typedef struct Racer {
        P11 p;
        char **w;
        pthread_t thread;
        CK_ULONG done;
} Racer;

static CK_OBJECT_HANDLE private_key(P11 p, CK_SESSION_HANDLE h, char *label) {
        CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
        CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, label, strlen(label)}};
        CK_OBJECT_HANDLE key = 0;
        CK_ULONG n = 0;

        p->C_FindObjectsInit(h, template, 2);
        p->C_FindObjects(h, &key, 1, &n);
        p->C_FindObjectsFinal(h);
        return key;
}

static void *race_one(void *userdata) {
        Racer *r = userdata;
        char **w = r->w;
        Octets data = octets(w[7]), out;
        CK_MECHANISM m = {number(w[5]), NULL, 0};
        CK_SESSION_HANDLE h = 0;
        CK_OBJECT_HANDLE key;

        if (r->p->C_OpenSession(number(w[1]), CKF_SERIAL_SESSION, NULL, NULL, &h) != CKR_OK)
                return NULL;
        r->p->C_Login(h, CKU_USER, (CK_BYTE *) w[2], strlen(w[2])); /* the first one's is everybody's */
        key = private_key(r->p, h, w[6]);
        for (CK_ULONG i = 0; i < number(w[4]); i++) {
                out.size = OCTETS_MAX;
                if (r->p->C_SignInit(h, &m, key) == CKR_OK &&
                        r->p->C_Sign(h, data.data, data.size, out.data, &out.size) == CKR_OK)
                        r->done++;
        }
        r->p->C_CloseSession(h);
        return NULL;
}

static void race(P11 p, char **w) {
        Racer racers[THREADS_MAX];
        CK_ULONG n = MIN_OF(number(w[3]), (CK_ULONG) THREADS_MAX), done = 0;
        usec_t before = now_monotonic();

        for (CK_ULONG i = 0; i < n; i++) {
                racers[i] = (Racer){.p = p, .w = w};
                if (pthread_create(&racers[i].thread, NULL, race_one, &racers[i]) != 0)
                        abort();
        }
        for (CK_ULONG i = 0; i < n; i++) {
                pthread_join(racers[i].thread, NULL);
                done += racers[i].done;
        }
        printf("0x0 %lu %llu", done, (unsigned long long) (now_monotonic() - before));
}

/* --- the conversation --- */

static void initialize(P11 p, char **w) {
        (void) w;
        printf("0x%lx", p->C_Initialize(NULL));
}

static void finalize(P11 p, char **w) {
        (void) w;
        printf("0x%lx", p->C_Finalize(NULL));
}

static void all_slots(P11 p, char **w) {
        (void) w;
        slots(p);
}

static void close_session(P11 p, char **w) {
        printf("0x%lx", p->C_CloseSession(number(w[1])));
}

static void logout(P11 p, char **w) {
        printf("0x%lx", p->C_Logout(number(w[1])));
}

static void begin_list(P11 p, char **w) {
        printf("0x%lx", list(p, w));
}

static const struct {
        const char *name;
        size_t words; /* at least, with the name */
        void (*call)(P11, char **);
} calls[] = {{"initialize", 1, initialize}, {"finalize", 1, finalize}, {"slots", 1, all_slots},
        {"token", 2, token}, {"mechanisms", 2, mechanisms}, {"mechanism", 3, mechanism},
        {"open", 3, open_session}, {"close", 2, close_session}, {"session", 2, session}, {"login", 4, login},
        {"logout", 2, logout}, {"find", 2, find}, {"list", 2, begin_list}, {"found", 2, found},
        {"get", 4, get}, {"begin", 6, begin}, {"end", 4, end}, {"random", 3, random_octets},
        {"create", 2, create}, {"generate", 3, generate}, {"set-pin", 2, set_pin}, {"race", 8, race}};

static void answer(P11 p, char *line) {
        char *w[WORDS_MAX + 1] = {NULL}, *save = NULL;
        size_t n = 0;

        for (char *word = strtok_r(line, " \n", &save); word && n < WORDS_MAX;
                word = strtok_r(NULL, " \n", &save))
                w[n++] = word;
        for (size_t i = 0; n > 0 && i < ELEMENTSOF(calls); i++)
                if (streq(calls[i].name, w[0]) && n >= calls[i].words) {
                        calls[i].call(p, w);
                        break;
                }
        putchar('\n');
        fflush(stdout);
}

int main(int argc, char **argv) {
        void *module = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
        CK_RV (*get_list)(P11 *) = NULL;
        char line[4 * OCTETS_MAX];
        P11 p;

        if (module)
                *(void **) &get_list = dlsym(module, "C_GetFunctionList");
        if (!get_list || get_list(&p) != CKR_OK) {
                fprintf(stderr, "usage: vhsm-driver MODULE\n");
                return EXIT_FAILURE;
        }
        while (fgets(line, sizeof(line), stdin))
                answer(p, line);
        return EXIT_SUCCESS;
}
