/* What goes wrong on command. */
#include "server.h"

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARGUMENTS_MAX 2

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

static void break_sessions(Machine *m) {
        for (size_t i = 0; i < SESSIONS_MAX; i++)
                m->sessions[i].broken = m->sessions[i].open;
}

static void begin(Machine *m, FaultKind kind) {
        Fault *f = &m->faults[kind];

        switch (kind) {
        case FAULT_UNPLUG:
                connections_drop(m);
                shutdown(m->listener, SHUT_RDWR); /* or a waiting accept() would keep it alive */
                close(m->listener);
                m->listener = -1;
                break;
        case FAULT_HALF_OPEN:
                black_hole(m, true);
                break;
        case FAULT_REBOOT:
                m->down_until = m->up_since = now_monotonic() + f->number * USEC_PER_SEC;
                objects_renumber(m);
                connections_drop(m);
                f->on = false; /* it is over by itself */
                break;
        case FAULT_SWAP:
                objects_swap(m);
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
                objects_exchange(m, f->argument, true);
                break;
        case FAULT_EXPIRES:
                objects_reissue(m, true, atol(f->argument));
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
                objects_swap(m);
        else if (kind == FAULT_OTHER_KEY)
                objects_exchange(m, f->argument, false);
        else if (kind == FAULT_EXPIRES)
                objects_reissue(m, false, 0);
}

static int find_kind(const char *name, char *error, size_t size) {
        for (int i = 0; i < FAULT_KINDS; i++)
                if (streq(kinds[i].name, name))
                        return i;
        snprintf(error, size, "there is no fault %s; vhsm-server --kinds lists them", name);
        return -1;
}

/* --- whether an argument is right --- */

static bool is_number(const char *word) {
        return word[0] && strspn(word, "0123456789") == strlen(word);
}

static bool is_among(const char *alternatives, const char *word) {
        size_t n = strlen(word);

        for (const char *a = alternatives; *a; a += strcspn(a, "|"), a += *a == '|')
                if (strcspn(a, "|") == n && memcmp(a, word, n) == 0)
                        return true;
        return false;
}

static bool is_label(const Machine *m, const char *word) {
        for (size_t i = 0; i < m->n_objects; i++)
                if (streq(m->objects[i].label, word))
                        return true;
        return false;
}

static bool is_mechanism(const Machine *m, const char *word) {
        const Mechanism *k = m->personality->mechanisms;
        unsigned long number = strtoul(word, NULL, 0);

        for (size_t i = 0; i < MECHANISMS_MAX && k[i].name[0]; i++)
                if (streq(k[i].name, word) || (number > 0 && k[i].number == number))
                        return true;
        return false;
}

static bool is_right(const Machine *m, const char *wanted, const char *word) {
        char *end;

        if (streq(wanted, "CALL"))
                return wire_number(word) != WIRE_NONE;
        if (streq(wanted, "LABEL"))
                return is_label(m, word);
        if (streq(wanted, "NAME|NUMBER"))
                return is_mechanism(m, word);
        if (streq(wanted, "CELSIUS") || streq(wanted, "DAYS"))
                return (strtod(word, &end), end > word && !*end);
        if (strstr("MS N BYTES SECONDS", wanted))
                return is_number(word);
        if (strchr(wanted, '|') && !strstr(wanted, "|ID"))
                return is_among(wanted, word);
        return strlen(word) < sizeof(((Fault *) NULL)->argument);
}

static const char *what_is_right(const char *wanted) {
        if (streq(wanted, "CALL"))
                return "a function such as C_Sign";
        if (streq(wanted, "LABEL"))
                return "the label of one of its keys";
        if (streq(wanted, "NAME|NUMBER"))
                return "a mechanism that it has, such as sm3 or its number";
        return strchr(wanted, '|') ? wanted : "a number";
}

/* "MS [CALL]" needs a number and has room for a function. */
static int check(
        const Machine *m, const Kind *k, const char *const *words, size_t n, char *error, size_t size) {
        char wanted[64], *save = NULL, *each[ARGUMENTS_MAX];
        size_t needed = 0, room = 0;

        copy_text(wanted, sizeof(wanted), k->arguments);
        for (char *w = strtok_r(wanted, " ", &save); w && room < ARGUMENTS_MAX;
                w = strtok_r(NULL, " ", &save)) {
                needed += w[0] != '[';
                w += w[0] == '[';
                w[strcspn(w, "]")] = '\0';
                each[room++] = w;
        }
        if (n < needed || n > room) {
                snprintf(error, size, "right is: %s %s", k->name, k->arguments);
                return -1;
        }
        for (size_t i = 0; i < n; i++)
                if (!is_right(m, each[i], words[i])) {
                        snprintf(
                                error, size, "%s %s: right is %s", k->name, words[i], what_is_right(each[i]));
                        return -1;
                }
        return 0;
}

int fault_cause(
        Machine *m, const char *kind, const char *const *arguments, size_t n, char *error, size_t size) {
        int i = find_kind(kind, error, size);
        Fault *f;

        if (i < 0 || check(m, &kinds[i], arguments, n, error, size) < 0)
                return -1;
        undo(m, (FaultKind) i);
        f = &m->faults[i];
        *f = (Fault){.on = true};
        if (n > 0) {
                copy_text(f->argument, sizeof(f->argument), arguments[0]);
                f->number = strtoull(arguments[0], NULL, 0);
                f->function = wire_number(arguments[n - 1]);
        }
        begin(m, (FaultKind) i);
        return 0;
}

/* Wrong tries and the audit log outlive a fault as they do on a machine; who clears everything, or what
 * concerns them, has them cleared too. */
static void clear_state(Machine *m, bool all, FaultKind kind) {
        if (all || kind == FAULT_PIN || kind == FAULT_LOCKED)
                m->wrong_tries = 0;
        if (all || kind == FAULT_LOG_FULL)
                m->audit = 0;
        machine_save(m);
}

int fault_clear(Machine *m, const char *kind, char *error, size_t size) {
        int one = kind[0] ? find_kind(kind, error, size) : 0;

        if (one < 0)
                return -1;
        for (int i = 0; i < FAULT_KINDS; i++)
                if (!kind[0] || i == one)
                        undo(m, (FaultKind) i);
        clear_state(m, !kind[0], (FaultKind) one);
        return 0;
}

void faults_list(const Machine *m, FILE *out, bool all) {
        const char *between = "";

        fputs("[", out);
        for (int i = 0; i < FAULT_KINDS; i++) {
                if (!all && !m->faults[i].on)
                        continue;
                fprintf(out, "%s{\"kind\": \"%s\", \"argument\": ", between, kinds[i].name);
                json_text(out, all ? kinds[i].arguments : m->faults[i].argument);
                fprintf(out, ", \"en\": \"%s\", \"zh\": \"%s\"}", kinds[i].en, kinds[i].zh);
                between = ", ";
        }
        fputs("]", out);
}

void faults_direct(const Machine *m, bool poison, Wire *out) {
        static const struct {
                FaultKind kind;
                WireDirective directive;
        } told[] = {{FAULT_SEGFAULT, DIRECTIVE_SEGFAULT}, {FAULT_SPIN, DIRECTIVE_SPIN},
                {FAULT_GARBAGE, DIRECTIVE_GARBAGE}, {FAULT_LEAK, DIRECTIVE_LEAK},
                {FAULT_LEAK_FDS, DIRECTIVE_LEAK_FDS}, {FAULT_FORK, DIRECTIVE_FORK}};
        uint32_t n = poison;

        for (size_t i = 0; i < ELEMENTSOF(told); i++)
                n += m->faults[told[i].kind].on;
        wire_put_u32(out, n);
        if (poison) {
                wire_put_u32(out, DIRECTIVE_POISON);
                wire_put_u64(out, 0);
        }
        for (size_t i = 0; i < ELEMENTSOF(told); i++) {
                const Fault *f = &m->faults[told[i].kind];

                if (!f->on)
                        continue;
                wire_put_u32(out, told[i].directive);
                wire_put_u64(out, told[i].directive == DIRECTIVE_LEAK ? f->number : f->function);
        }
}
