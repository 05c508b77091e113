/* Plays hsmd to one hsmd-probe: reads commands from stdin, a line each, and prints what the probe says as
 * lines of JSON.
 *
 * Before "start":
 *   probe PATH               the program
 *   argument WORD            one more argument of it
 *   env NAME=VALUE           its environment, which is otherwise empty
 *   device|module|serial|label TEXT, slot N, select serial|label|slot, deepbind|random 0|1, present_interval
 * USEC
 *   connect HOST:PORT        to be tried, as after a failure
 *   management HOST:PORT     likewise
 *   sm2 TYPE NUMBER FORM     a vendor's SM2 in brief, in hexadecimal: CK_KEY_TYPE, and a mechanism on a
 * digest sm2_key_type, sm4_key_type TYPE mechanism NAME NUMBER USE KEY_TYPE [input=] [z=] [form=] [order=]
 * [cipher_form=] [iv] one of the vendor's, before the keys that use it return NUMBER CLASS NAME one of the
 * vendor's key NUMBER TYPE EXERCISE [label=TEXT] [id=HEX] [spki=FILE] [check=HEX] [interval=USEC] [business]
 *                            [known_good] [mechanism=NAME]
 *   pin TEXT                 the answer to MSG_PIN_WANTED; "pin_reason NAME" refuses, neither leaves it
 *                            unanswered
 * Then: start | climb N | check N | ping N | close | eof | signal N
 *   ring | in_flight         what stands in the ring
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "mechanisms.h"
#include "protocol.h"
#include "ring.h"

typedef struct Driver {
        char program[4096];
        char *arguments[8];
        size_t n_arguments;
        char *environment[32];
        size_t n_environment;
        MsgProbeConfig config;
        char pin[PROTOCOL_PIN_MAX + 1];
        bool answer;
        unsigned pin_reason;
        pid_t pid;
        int pid_fd, socket, ring_fd;
        Ring *ring;
        void *buffer;
} Driver;

static void fail(const char *what) {
        fprintf(stderr, "probe-driver: %s: %s\n", what, strerror(errno));
        exit(2);
}

/* --- printing
 * ----------------------------------------------------------------------------------------------- */

static void print_text(const char *key, const char *text) {
        printf(",\"%s\":\"", key);
        for (; *text; text++) {
                if (*text == '"' || *text == '\\')
                        putchar('\\');
                putchar(*text);
        }
        putchar('"');
}

static void print_number(const char *key, uint64_t value) {
        printf(",\"%s\":%llu", key, (unsigned long long) value);
}

static void end_line(void) {
        printf("}\n");
        fflush(stdout);
}

static void print_rv(uint64_t rv) {
        char buffer[24];

        print_text("rv", pkcs11_return_name(rv, buffer));
}

static void print_key(const ProbeKeyResult *key) {
        printf("{\"number\":%u", key->number);
        print_text("state", name_of(&key_state_names, key->state));
        print_rv(key->rv);
        print_text("reason", name_of(&reason_names, key->reason ? key->reason : REASON_NONE));
        print_number("exercised", key->exercised);
        print_number("operations", key->operations);
        print_number("errors", key->errors);
        if (key->has_fingerprint) {
                printf(",\"fingerprint\":\"");
                for (size_t i = 0; i < MIN_OF(key->fingerprint_size, sizeof(key->fingerprint)); i++)
                        printf("%02x", key->fingerprint[i]);
                printf("\"");
        }
        printf("}");
}

static void print_result(const MsgProbeResult *m) {
        printf("{\"event\":\"result\"");
        print_number("attempt", m->attempt);
        print_text("step", name_of(&step_names, m->failed_step));
        print_text("reason", name_of(&reason_names, m->reason));
        print_rv(m->rv);
        print_text("call", pkcs11_call_name(m->call));
        print_number("call_usec", m->call_usec);
        print_text("detail", m->detail);
        print_number("has_token", m->has_token);
        print_text("manufacturer", m->manufacturer);
        print_text("model", m->model);
        print_text("serial", m->serial);
        print_text("firmware", m->firmware);
        print_number("random_ran", m->random_ran);
        print_number("missing_mechanisms", m->missing_mechanisms);
        print_number("sessions_open", m->sessions_open);
        print_number("open_fds", m->open_fds);
        print_number("token_flags", m->token_flags);
        print_number("logins", m->logins);
        print_number("signs", m->signs);
        print_number("total_usec", m->total_usec);
        printf(",\"latency\":{\"none\":0");
        for (unsigned step = STEP_NONE + 1; step <= STEP_MAX; step++)
                if (m->latency[step] > 0)
                        print_number(name_of(&step_names, step), m->latency[step]);
        printf("},\"keys\":[");
        for (uint32_t i = 0; i < m->n_keys && i < PROTOCOL_KEYS_MAX; i++) {
                if (i > 0)
                        putchar(',');
                print_key(&m->keys[i]);
        }
        printf("]");
        end_line();
}

static void print_record(const RingRecord *record) {
        printf("{\"event\":\"call\"");
        print_number("sequence", record->sequence);
        print_text("call", pkcs11_call_name(record->call));
        print_number("session", record->session);
        print_rv(record->rv);
        print_number("usec", record->ended - record->started);
        end_line();
}

static void print_ring(const Driver *d) {
        RingRecord records[RING_RECORDS];
        size_t n = ring_tail(d->ring, records, ELEMENTSOF(records));

        for (size_t i = 0; i < n; i++)
                print_record(&records[i]);
        printf("{\"event\":\"ring\"");
        print_number("finished", d->ring->finished);
        end_line();
}

static void print_in_flight(const Driver *d) {
        RingRecord record = {0};

        printf("{\"event\":\"in_flight\"");
        print_text("call", ring_oldest_in_flight(d->ring, &record) ? pkcs11_call_name(record.call) : "none");
        print_text("step", d->ring->step ? name_of(&step_names, d->ring->step) : "none");
        end_line();
}

/* --- the probe
 * ---------------------------------------------------------------------------------------------- */

static void run_probe(Driver *d, int fd) {
        char *argv[ELEMENTSOF(d->arguments) + 2] = {(char *) "hsmd-probe"};

        memcpy(argv + 1, d->arguments, d->n_arguments * sizeof(char *));
        if (dup2(fd, WORKER_FD) < 0 || fcntl(WORKER_FD, F_SETFD, 0) < 0)
                fail("dup2");
        syscall(SYS_close_range, WORKER_FD + 1, ~0U, 0);
        execve(d->program, argv, d->environment);
        fail(d->program);
}

static void start(Driver *d) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                fail("socketpair");
        if (ring_new(&d->ring_fd, &d->ring) < 0)
                fail("ring");
        d->pid = fork();
        if (d->pid < 0)
                fail("fork");
        if (d->pid == 0)
                run_probe(d, pair[1]);
        close(pair[1]);
        d->socket = pair[0];
        d->pid_fd = (int) syscall(SYS_pidfd_open, d->pid, 0);
        if (protocol_send(d->socket, &d->config.head, d->ring_fd) < 0)
                fail("configuration");
        printf("{\"event\":\"started\"");
        print_number("pid", (uint64_t) d->pid);
        end_line();
}

static void send_attempt(Driver *d, MessageType type, const char *number) {
        MsgProbeAttempt m = MESSAGE(MsgProbeAttempt, type);

        m.attempt = strtoull(number, NULL, 10);
        if (protocol_send(d->socket, &m.head, -1) < 0)
                fail("attempt");
}

static void send_plain(Driver *d, MessageType type, const char *number) {
        MsgPlain m = MESSAGE(MsgPlain, type);

        m.sequence = strtoull(number, NULL, 10);
        if (protocol_send(d->socket, &m.head, -1) < 0)
                fail("message");
}

static void answer_pin(Driver *d) {
        MsgPin m = MESSAGE(MsgPin, MSG_PIN);

        if (!d->answer)
                return;
        m.reason = d->pin_reason ? d->pin_reason : REASON_NONE;
        if (m.reason == REASON_NONE) {
                m.size = (uint32_t) strlen(d->pin);
                memcpy(m.pin, d->pin, m.size);
        }
        if (protocol_send(d->socket, &m.head, -1) < 0)
                fail("PIN");
}

static void print_wanted(const MsgPinWanted *m) {
        printf("{\"event\":\"pin_wanted\"");
        print_number("attempt", m->attempt);
        print_text("serial", m->serial);
        print_number("token_flags", m->token_flags);
        end_line();
}

static void print_done(const MsgLoginDone *m) {
        printf("{\"event\":\"login_done\"");
        print_number("attempt", m->attempt);
        print_rv(m->rv);
        end_line();
}

static void print_plain(const char *event, const MsgPlain *m) {
        printf("{\"event\":\"%s\"", event);
        print_number("sequence", m->sequence);
        end_line();
}

static void print_connect(const MsgConnect *m) {
        printf("{\"event\":\"connect\"");
        print_number("attempt", m->attempt);
        print_number("management", m->management);
        print_number("usec", m->usec);
        print_text("error", m->error ? strerrorname_np(m->error) : "none");
        end_line();
}

static void print_shown_key(const MsgProbeKey *m) {
        printf("{\"event\":\"key\"");
        print_number("number", m->number);
        printf(",\"spki\":\"");
        for (uint32_t i = 0; i < MIN_OF(m->spki_size, (uint32_t) sizeof(m->spki)); i++)
                printf("%02x", m->spki[i]);
        printf("\"");
        end_line();
}

static void from_probe(Driver *d) {
        int fd = -1, type = protocol_receive(d->socket, d->buffer, &fd);

        closep(&fd);
        switch (type) {
        case MSG_HELLO:
                print_plain("hello", d->buffer);
                break;
        case MSG_PONG:
                print_plain("pong", d->buffer);
                break;
        case MSG_PIN_WANTED:
                print_wanted(d->buffer);
                answer_pin(d);
                break;
        case MSG_LOGIN_DONE:
                print_done(d->buffer);
                break;
        case MSG_PROBE_RESULT:
                print_result(d->buffer);
                break;
        case MSG_CONNECT:
                print_connect(d->buffer);
                break;
        case MSG_PROBE_KEY:
                print_shown_key(d->buffer);
                break;
        default:
                close(d->socket); /* its end is told by the pidfd */
                d->socket = -1;
        }
}

static void from_pid(Driver *d) {
        int status = 0;
        struct rusage usage;

        if (wait4(d->pid, &status, 0, &usage) < 0)
                fail("wait");
        close(d->pid_fd);
        d->pid_fd = -1;
        printf("{\"event\":\"exit\"");
        print_number("status", WIFEXITED(status) ? (uint64_t) WEXITSTATUS(status) : 0);
        print_number("signal", WIFSIGNALED(status) ? (uint64_t) WTERMSIG(status) : 0);
        end_line();
}

/* --- commands
 * ----------------------------------------------------------------------------------------------- */

static void read_spki(ProbeKey *key, const char *path) {
        CLEANUP_FCLOSE FILE *f = fopen(path, "re");

        if (!f)
                fail(path);
        key->spki_size = (uint32_t) fread(key->spki, 1, sizeof(key->spki), f);
}

static uint32_t read_hex(uint8_t *dst, size_t size, const char *hex) {
        uint32_t n = 0;

        for (unsigned octet; n < size && sscanf(hex, "%2x", &octet) == 1; hex += 2)
                dst[n++] = (uint8_t) octet;
        return n;
}

static uint32_t mechanism_named(const MsgProbeConfig *c, const char *name) {
        uint32_t i = 0;

        while (i < c->n_mechanisms && !streq(c->mechanisms[i].name, name))
                i++;
        return i;
}

static void set_of_key(Driver *d, ProbeKey *key, const char *name, const char *value) {
        if (streq(name, "label"))
                copy_text(key->label, sizeof(key->label), value);
        else if (streq(name, "id"))
                key->id_size = read_hex(key->id, sizeof(key->id), value);
        else if (streq(name, "spki"))
                read_spki(key, value);
        else if (streq(name, "check"))
                key->check_value_size = read_hex(key->check_value, sizeof(key->check_value), value);
        else if (streq(name, "interval"))
                key->interval = strtoull(value, NULL, 10);
        else if (streq(name, "business"))
                key->business = 1;
        else if (streq(name, "known_good"))
                key->known_good = 1;
        else if (streq(name, "mechanism"))
                key->mechanism = mechanism_named(&d->config, value);
}

/* "name=value" in two; the value of a name alone is empty. */
static const char *split(char *word) {
        char *equals = strchr(word, '=');

        if (!equals)
                return "";
        *equals = '\0';
        return equals + 1;
}

static void add_key(Driver *d, char *text) {
        ProbeKey *key = &d->config.keys[d->config.n_keys++];
        char *save = NULL, *word = strtok_r(text, " ", &save);

        key->number = (uint32_t) strtoul(word, NULL, 10);
        key->type = name_value(&key_type_names, strtok_r(NULL, " ", &save));
        key->exercise = name_value(&exercise_names, strtok_r(NULL, " ", &save));
        key->mechanism = (uint32_t) mechanism_for(
                d->config.mechanisms, d->config.n_mechanisms, key->type, key->exercise);
        while ((word = strtok_r(NULL, " ", &save))) {
                const char *value = split(word);

                set_of_key(d, key, word, value);
        }
}

static void set_of_mechanism(ProbeMechanism *m, const char *name, const char *value) {
        if (streq(name, "input"))
                m->input = name_value(&mechanism_input_names, value);
        else if (streq(name, "z"))
                m->z = name_value(&z_rule_names, value);
        else if (streq(name, "form"))
                m->form = name_value(&signature_form_names, value);
        else if (streq(name, "order"))
                m->order = name_value(&cipher_order_names, value);
        else if (streq(name, "cipher_form"))
                m->cipher_form = name_value(&signature_form_names, value);
        else if (streq(name, "iv"))
                m->iv = 1;
}

static void add_mechanism(Driver *d, char *text) {
        ProbeMechanism *m = &d->config.mechanisms[d->config.n_mechanisms++];
        char *save = NULL, *word = strtok_r(text, " ", &save);

        copy_text(m->name, sizeof(m->name), word);
        m->index = MECHANISM_INDEX_PROFILE + d->config.n_mechanisms;
        m->number = strtoull(strtok_r(NULL, " ", &save), NULL, 0);
        m->use = name_value(&mechanism_use_names, strtok_r(NULL, " ", &save));
        m->key_type = name_value(&key_type_names, strtok_r(NULL, " ", &save));
        while ((word = strtok_r(NULL, " ", &save))) {
                const char *value = split(word);

                set_of_mechanism(m, word, value);
        }
}

static void add_return(Driver *d, char *text) {
        ProbeReturn *r = &d->config.returns[d->config.n_returns++];
        char *save = NULL;

        r->number = strtoull(strtok_r(text, " ", &save), NULL, 0);
        r->class = name_value(&return_class_names, strtok_r(NULL, " ", &save));
        copy_text(r->name, sizeof(r->name), strtok_r(NULL, " ", &save));
}

static void add_sm2(MsgProbeConfig *c, const char *text) {
        ProbeMechanism m = {.index = 101,
                .name = "sm2_digest",
                .use = USE_SIGN,
                .key_type = KEY_TYPE_SM2,
                .input = INPUT_DIGEST};
        unsigned long long type, number;
        char form[8];

        if (sscanf(text, "%llx %llx %7s", &type, &number, form) != 3)
                fail(text);
        c->sm2_key_type = type;
        m.number = number;
        m.form = name_value(&signature_form_names, form);
        c->sm2_id_size = 16;
        memcpy(c->sm2_id, "1234567812345678", 16);
        c->mechanisms[c->n_mechanisms++] = m;
}

/* What a vendor's profile says. */
static bool configure_vendor(Driver *d, const char *word, char *text) {
        if (streq(word, "sm2_key_type"))
                d->config.sm2_key_type = strtoull(text, NULL, 0);
        else if (streq(word, "sm4_key_type"))
                d->config.sm4_key_type = strtoull(text, NULL, 0);
        else if (streq(word, "mechanism"))
                add_mechanism(d, text);
        else if (streq(word, "return"))
                add_return(d, text);
        else
                return false;
        return true;
}

static bool configure(Driver *d, const char *word, char *text) {
        MsgProbeConfig *c = &d->config;

        if (streq(word, "probe"))
                copy_text(d->program, sizeof(d->program), text);
        else if (streq(word, "argument") && d->n_arguments < ELEMENTSOF(d->arguments))
                d->arguments[d->n_arguments++] = strdup(text);
        else if (streq(word, "env") && d->n_environment + 1 < ELEMENTSOF(d->environment))
                d->environment[d->n_environment++] = strdup(text);
        else if (streq(word, "device"))
                copy_text(c->device, sizeof(c->device), text);
        else if (streq(word, "module"))
                copy_text(c->module, sizeof(c->module), text);
        else if (streq(word, "serial"))
                copy_text(c->serial, sizeof(c->serial), text);
        else if (streq(word, "label"))
                copy_text(c->label, sizeof(c->label), text);
        else if (streq(word, "select"))
                c->select = name_value(&select_names, text);
        else if (streq(word, "slot"))
                c->slot = (uint32_t) strtoul(text, NULL, 10);
        else if (streq(word, "deepbind"))
                c->deepbind = text[0] == '1';
        else if (streq(word, "random"))
                c->random = text[0] == '1';
        else if (streq(word, "present_interval"))
                c->present_interval = strtoull(text, NULL, 10);
        else if (streq(word, "sm2"))
                add_sm2(c, text);
        else if (streq(word, "connect")) {
                copy_text(c->connect, sizeof(c->connect), text);
                c->diagnose = 1;
        } else if (streq(word, "management")) {
                copy_text(c->management, sizeof(c->management), text);
                c->diagnose = 1;
        } else if (streq(word, "key"))
                add_key(d, text);
        else
                return configure_vendor(d, word, text);
        return true;
}

static bool set_pin(Driver *d, const char *word, const char *text) {
        if (streq(word, "pin"))
                copy_text(d->pin, sizeof(d->pin), text);
        else if (streq(word, "pin_reason"))
                d->pin_reason = name_value(&reason_names, text);
        else
                return false;
        d->answer = true;
        return true;
}

static bool command(Driver *d, const char *word, const char *text) {
        if (streq(word, "start"))
                start(d);
        else if (streq(word, "climb"))
                send_attempt(d, MSG_PROBE_CLIMB, text);
        else if (streq(word, "check"))
                send_attempt(d, MSG_PROBE_CHECK, text);
        else if (streq(word, "ping"))
                send_plain(d, MSG_PING, text);
        else if (streq(word, "close"))
                send_plain(d, MSG_CLOSE, "0");
        else if (streq(word, "eof")) {
                close(d->socket);
                d->socket = -1;
        } else if (streq(word, "signal"))
                syscall(SYS_pidfd_send_signal, d->pid_fd, (int) strtol(text, NULL, 10), NULL, 0);
        else if (streq(word, "pin_now"))
                answer_pin(d);
        else if (streq(word, "ring"))
                print_ring(d);
        else if (streq(word, "in_flight"))
                print_in_flight(d);
        else
                return false;
        return true;
}

static void from_stdin(Driver *d, char *line) {
        char *text = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        if (text)
                *text++ = '\0';
        else
                text = line + strlen(line);
        if (!configure(d, line, text) && !set_pin(d, line, text) && !command(d, line, text)) {
                fprintf(stderr, "probe-driver: what is \"%s\"?\n", line);
                exit(2);
        }
}

static void at_end(Driver *d) {
        if (d->pid_fd >= 0)
                syscall(SYS_pidfd_send_signal, d->pid_fd, SIGKILL, NULL, 0);
        exit(0);
}

int main(void) {
        static Driver d;
        char line[8192];

        d = (Driver){.pid_fd = -1, .socket = -1, .config = MESSAGE(MsgProbeConfig, MSG_PROBE_CONFIG)};
        d.config.select = SELECT_SERIAL;
        d.config.deepbind = 1;
        d.config.connect_timeout = USEC_PER_SEC;
        d.buffer = aligned_alloc(64, PROTOCOL_MAX);
        copy_text(d.config.device, sizeof(d.config.device), "test-1");
        d.config.point_form = POINT_OCTET_STRING;
        d.config.sm2_key_type = d.config.sm4_key_type = UINT64_MAX;
        for (size_t i = 0; i < n_standard_mechanisms; i++)
                d.config.mechanisms[d.config.n_mechanisms++] = standard_mechanisms[i];
        setvbuf(stdin, NULL, _IONBF, 0); /* poll must see what was not read yet */
        for (;;) {
                struct pollfd fds[] = {
                        {.fd = 0, .events = POLLIN},
                        {.fd = d.socket, .events = POLLIN},
                        {.fd = d.pid_fd, .events = POLLIN},
                };

                if (poll(fds, ELEMENTSOF(fds), -1) < 0)
                        fail("poll");
                if (fds[1].revents)
                        from_probe(&d);
                else if (fds[2].revents)
                        from_pid(&d);
                if (fds[0].revents) {
                        if (!fgets(line, sizeof(line), stdin))
                                at_end(&d);
                        from_stdin(&d, line);
                }
        }
}
