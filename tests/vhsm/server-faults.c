/* What goes wrong on command. */
#include "server.h"

#include <linux/filter.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Kind {
        const char *name, *arguments, *en, *zh;
} Kind;

#define FAULT_KIND(number, name, arguments, en, zh) [FAULT_##number] = {name, arguments, en, zh},
static const Kind kinds[] = {FAULTS(FAULT_KIND)};

const Fault *fault_on(const Machine *m, FaultKind kind) {
        return m->faults[kind].on ? &m->faults[kind] : NULL;
}

bool fault_on_key(const Machine *m, FaultKind kind, const Object *key) {
        const Fault *f = fault_on(m, kind);

        return f && (f->argument[0] == '\0' || streq(f->argument, key->label));
}

void connections_drop(Machine *m) {
        for (size_t i = 0; i < ELEMENTSOF(m->connections); i++)
                if (m->connections[i] > 0)
                        shutdown(m->connections[i], SHUT_RDWR);
        memset(m->sessions, 0, sizeof(m->sessions));
        m->sessions_open = 0;
        m->user_in = false;
}

/* A true black hole on loopback: the kernel drops what comes in and answers nothing. */
static void black_hole(Machine *m, bool on) {
        struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
        struct sock_fprog program = {.len = 1, .filter = &nothing};
        int zero = 0;

        for (size_t i = 0; i <= ELEMENTSOF(m->connections); i++) {
                int fd = i < ELEMENTSOF(m->connections) ? m->connections[i] : m->listener;

                if (fd > 0 && on)
                        setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
                else if (fd > 0)
                        setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero));
        }
}

static void other_key(Machine *m, const char *label, bool on) {
        EVP_PKEY *fresh = NULL;

        for (size_t i = 0; i < m->n_objects; i++) {
                Object *o = &m->objects[i];

                if (!o->pkey || o->object_class == CKO_CERTIFICATE || !streq(o->label, label))
                        continue;
                if (on && !o->spare) {
                        if (!fresh)
                                fresh = o->type == CKK_RSA ? EVP_RSA_gen(2048)
                                                           : EVP_EC_gen(o->type == CKK_EC ? "P-256" : "SM2");
                        o->spare = o->pkey;
                        o->pkey = fresh;
                } else if (!on && o->spare) {
                        o->pkey = o->spare;
                        o->spare = NULL;
                }
        }
}

static void break_sessions(Machine *m) {
        for (size_t i = 0; i < SESSIONS_MAX; i++)
                m->sessions[i].broken = m->sessions[i].open;
}

static void begin(Machine *m, FaultKind kind) {
        Fault *f = &m->faults[kind];

        switch (kind) {
        case FAULT_UNPLUG:
                connections_drop(m);
                close(m->listener);
                m->listener = -1;
                break;
        case FAULT_HALF_OPEN:
                black_hole(m, true);
                break;
        case FAULT_REBOOT:
                m->down_until = now_monotonic() + f->number * USEC_PER_SEC;
                objects_renumber(m, false);
                connections_drop(m);
                f->on = false; /* it is over by itself */
                break;
        case FAULT_SWAP:
                objects_renumber(m, true);
                break;
        case FAULT_IDLE:
                break_sessions(m);
                f->on = false;
                break;
        case FAULT_STALE_SLOTS:
                m->slot++;
                f->on = false;
                break;
        case FAULT_OTHER_KEY:
                other_key(m, f->argument, true);
                break;
        default:
                break;
        }
}

static void undo(Machine *m, FaultKind kind) {
        Fault *f = &m->faults[kind];

        if (!f->on)
                return;
        f->on = false;
        if (kind == FAULT_UNPLUG)
                listen_again(m);
        else if (kind == FAULT_HALF_OPEN)
                black_hole(m, false);
        else if (kind == FAULT_SWAP)
                objects_renumber(m, true);
        else if (kind == FAULT_OTHER_KEY)
                other_key(m, f->argument, false);
}

static int find_kind(const char *name, char *error, size_t size) {
        for (int i = 0; i < FAULT_KINDS; i++)
                if (streq(kinds[i].name, name))
                        return i;
        snprintf(error, size, "there is no fault %s; vhsm-server --kinds lists them", name);
        return -1;
}

static int check(const Kind *k, const char *const *arguments, size_t n, char *error, size_t size) {
        bool needs = k->arguments[0] != '\0' && k->arguments[0] != '[';
        bool number = strstr("MS N DAYS BYTES [SECONDS]", k->arguments) && k->arguments[0];
        char *end;

        if (n > (k->arguments[0] != '\0') || (needs && n == 0)) {
                snprintf(error, size, "%s with %zu arguments; right is: %s %s", k->name, n, k->name,
                        k->arguments);
                return -1;
        }
        if (n > 0 && streq(k->arguments, "CALL") && wire_number(arguments[0]) == WIRE_NONE) {
                snprintf(error, size, "there is no function %s; right is one such as C_Sign", arguments[0]);
                return -1;
        }
        if (n > 0 && number && (strtol(arguments[0], &end, 10), *end || !arguments[0][0])) {
                snprintf(
                        error, size, "%s is no number; right is: %s %s", arguments[0], k->name, k->arguments);
                return -1;
        }
        if (n > 0 && strchr(k->arguments, '|') && !strstr(k->arguments, arguments[0]) &&
                !strstr(k->arguments, "ID")) {
                snprintf(error, size, "%s is none of %s", arguments[0], k->arguments);
                return -1;
        }
        return 0;
}

int fault_cause(
        Machine *m, const char *kind, const char *const *arguments, size_t n, char *error, size_t size) {
        int i = find_kind(kind, error, size);
        Fault *f;

        if (i < 0 || check(&kinds[i], arguments, n, error, size) < 0)
                return -1;
        undo(m, (FaultKind) i);
        f = &m->faults[i];
        *f = (Fault){.on = true};
        if (n > 0) {
                copy_text(f->argument, sizeof(f->argument), arguments[0]);
                f->function = wire_number(arguments[0]);
                f->number = strtoull(arguments[0], NULL, 10);
        }
        begin(m, (FaultKind) i);
        return 0;
}

int fault_clear(Machine *m, const char *kind, char *error, size_t size) {
        int one = kind[0] ? find_kind(kind, error, size) : 0;

        if (one < 0)
                return -1;
        for (int i = 0; i < FAULT_KINDS; i++)
                if (!kind[0] || i == one)
                        undo(m, (FaultKind) i);
        if (m->wrong_tries > 0) {
                m->wrong_tries = 0;
                machine_save(m);
        }
        return 0;
}

void faults_list(const Machine *m, FILE *out, bool all) {
        const char *between = "";

        fputs("[", out);
        for (int i = 0; i < FAULT_KINDS; i++) {
                if (!all && !m->faults[i].on)
                        continue;
                fprintf(out, "%s{\"kind\": \"%s\", \"argument\": \"%s\", \"en\": \"%s\", \"zh\": \"%s\"}",
                        between, kinds[i].name, all ? kinds[i].arguments : m->faults[i].argument, kinds[i].en,
                        kinds[i].zh);
                between = ", ";
        }
        fputs("]", out);
}

void faults_direct(const Machine *m, Wire *out) {
        static const struct {
                FaultKind kind;
                WireDirective directive;
        } told[] = {{FAULT_SEGFAULT, DIRECTIVE_SEGFAULT}, {FAULT_SPIN, DIRECTIVE_SPIN},
                {FAULT_GARBAGE, DIRECTIVE_GARBAGE}, {FAULT_LEAK, DIRECTIVE_LEAK},
                {FAULT_LEAK_FDS, DIRECTIVE_LEAK_FDS}, {FAULT_FORK, DIRECTIVE_FORK}};
        uint32_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(told); i++)
                n += m->faults[told[i].kind].on;
        wire_put_u32(out, n);
        for (size_t i = 0; i < ELEMENTSOF(told); i++) {
                const Fault *f = &m->faults[told[i].kind];

                if (!f->on)
                        continue;
                wire_put_u32(out, told[i].directive);
                wire_put_u64(out, told[i].directive == DIRECTIVE_LEAK ? f->number : f->function);
        }
}
