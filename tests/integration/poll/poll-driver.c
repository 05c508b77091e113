/* Plays hsmd to `hsmd-snmp poll`: starts the worker with its socket as descriptor 3, turns command lines on
 * stdin into messages, and prints each message of the worker as one JSON line. The end of stdin closes the
 * worker's stream.
 *
 *   poll-driver PROGRAM [ARGUMENT...]
 *
 *   item KEY=VALUE ...    item oid walk kind type scale min max, and columns: label row_type row_scale
 *                         row_precision row_status units total
 *   agent KEY=VALUE ...   agent name address version interval_ms timeout_ms community user auth_protocol
 *                         auth_secret priv_protocol priv_secret, and items=NUMBER,NUMBER,...
 *   walk KEY=VALUE ...    agent max_rows walk
 *   start | close | ping SEQUENCE
 *   deaf | hear           stop and go on reading what the worker sends */

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "protocol.h"

typedef struct Driver {
        int fd;
        pid_t pid;
        bool deaf;
        _Alignas(8) char buffer[PROTOCOL_MAX];
} Driver;

/* ---- what is told to the worker ---- */

typedef void (*SetKey)(void *message, const char *key, char *value);

static void set_all(void *message, char *words, SetKey set) {
        char *save = NULL;

        for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
                char *value = strchr(word, '=');

                if (!value)
                        continue;
                *value++ = '\0';
                set(message, word, value);
        }
}

static uint32_t number(const char *text) {
        return (uint32_t) strtoul(text, NULL, 10);
}

static void set_items(MsgPollAgent *agent, char *value) {
        char *save = NULL;

        for (char *word = strtok_r(value, ",", &save); word && agent->n_items < POLL_ITEMS_MAX;
                word = strtok_r(NULL, ",", &save))
                agent->items[agent->n_items++] = number(word);
}

static void set_column(MsgPollItem *item, const char *key, const char *value) {
        static const char *const columns[POLL_COLUMNS] = {[COLUMN_LABEL] = "label",
                [COLUMN_TYPE] = "row_type",
                [COLUMN_SCALE] = "row_scale",
                [COLUMN_PRECISION] = "row_precision",
                [COLUMN_STATUS] = "row_status",
                [COLUMN_UNITS] = "units",
                [COLUMN_TOTAL] = "total"};

        for (size_t i = 0; i < POLL_COLUMNS; i++)
                if (streq(key, columns[i])) {
                        copy_text(item->columns[i], sizeof(item->columns[i]), value);
                        return;
                }
        fprintf(stderr, "poll-driver: unknown key %s\n", key);
}

static void set_item_key(void *message, const char *key, char *value) {
        MsgPollItem *item = message;

        if (streq(key, "item"))
                item->item = number(value);
        else if (streq(key, "oid"))
                copy_text(item->oid, sizeof(item->oid), value);
        else if (streq(key, "walk"))
                item->walk = number(value);
        else if (streq(key, "kind"))
                item->kind = name_value(&sensor_kind_names, value);
        else if (streq(key, "type"))
                item->type = name_value(&sensor_type_names, value);
        else if (streq(key, "scale"))
                item->scale = strtod(value, NULL);
        else if (streq(key, "min"))
                item->min = strtod(value, NULL);
        else if (streq(key, "max"))
                item->max = strtod(value, NULL);
        else
                set_column(item, key, value);
}

static void set_walk_key(void *message, const char *key, char *value) {
        MsgPollWalk *walk = message;

        if (streq(key, "agent"))
                walk->agent = number(value);
        else if (streq(key, "max_rows"))
                walk->max_rows = number(value);
        else
                walk->walk = number(value);
}

static bool set_text(MsgPollAgent *agent, const char *key, const char *value) {
        const struct {
                const char *key;
                char *text;
                size_t size;
        } texts[] = {
                {"name", agent->name, sizeof(agent->name)},
                {"address", agent->address, sizeof(agent->address)},
                {"community", agent->community, sizeof(agent->community)},
                {"user", agent->user, sizeof(agent->user)},
                {"auth_protocol", agent->auth_protocol, sizeof(agent->auth_protocol)},
                {"auth_secret", agent->auth_secret, sizeof(agent->auth_secret)},
                {"priv_protocol", agent->priv_protocol, sizeof(agent->priv_protocol)},
                {"priv_secret", agent->priv_secret, sizeof(agent->priv_secret)},
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (streq(key, texts[i].key)) {
                        copy_text(texts[i].text, texts[i].size, value);
                        return true;
                }
        return false;
}

static void set_agent_key(void *message, const char *key, char *value) {
        MsgPollAgent *agent = message;

        if (set_text(agent, key, value))
                return;
        if (streq(key, "agent"))
                agent->agent = number(value);
        else if (streq(key, "version"))
                agent->version = name_value(&snmp_version_names, value);
        else if (streq(key, "interval_ms"))
                agent->interval = strtoull(value, NULL, 10) * USEC_PER_MSEC;
        else if (streq(key, "timeout_ms"))
                agent->timeout = strtoull(value, NULL, 10) * USEC_PER_MSEC;
        else if (streq(key, "items"))
                set_items(agent, value);
        else
                fprintf(stderr, "poll-driver: unknown key %s\n", key);
}

/* About thirty agents fill the socket; unlike hsmd, this driver may wait. */
static int send_whole(const Driver *d, const MessageHead *message) {
        struct pollfd room = {.fd = d->fd, .events = POLLOUT};
        int r;

        while ((r = protocol_send(d->fd, message, -1)) == -EAGAIN)
                (void) poll(&room, 1, -1);
        return r;
}

static int send_item(const Driver *d, char *words) {
        MsgPollItem item = MESSAGE(MsgPollItem, MSG_POLL_ITEM);

        item.kind = SENSOR_GAUGE;
        item.type = SENSOR_TYPE_OTHER;
        item.scale = 1;
        item.min = -1e18;
        item.max = 1e18;
        set_all(&item, words, set_item_key);
        return send_whole(d, &item.head);
}

static int send_agent(const Driver *d, char *words) {
        MsgPollAgent agent = MESSAGE(MsgPollAgent, MSG_POLL_AGENT);

        set_all(&agent, words, set_agent_key);
        return send_whole(d, &agent.head);
}

static int send_walk(const Driver *d, char *words) {
        MsgPollWalk walk = MESSAGE(MsgPollWalk, MSG_POLL_WALK);

        set_all(&walk, words, set_walk_key);
        return send_whole(d, &walk.head);
}

static int send_plain(const Driver *d, MessageType type, uint64_t sequence) {
        MsgPlain message = {.head = {.type = type, .size = sizeof(MsgPlain)}, .sequence = sequence};

        return send_whole(d, &message.head);
}

static int command(Driver *d, char *line) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "agent ", 6) == 0)
                return send_agent(d, line + 6);
        if (strncmp(line, "item ", 5) == 0)
                return send_item(d, line + 5);
        if (strncmp(line, "walk ", 5) == 0)
                return send_walk(d, line + 5);
        if (strncmp(line, "ping ", 5) == 0)
                return send_plain(d, MSG_PING, strtoull(line + 5, NULL, 10));
        if (streq(line, "start"))
                return send_plain(d, MSG_POLL_START, 0);
        if (streq(line, "close"))
                return send_plain(d, MSG_CLOSE, 0);
        if (streq(line, "deaf") || streq(line, "hear")) {
                d->deaf = streq(line, "deaf");
                return 0;
        }
        fprintf(stderr, "poll-driver: unknown command %s\n", line);
        return -EINVAL;
}

/* ---- what the worker tells ---- */

static void print_text(const char *key, const char *text) {
        printf(",\"%s\":\"", key);
        for (; *text; text++)
                printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
        printf("\"");
}

static void print_number(const char *key, uint64_t value) {
        printf(",\"%s\":%llu", key, (unsigned long long) value);
}

static void print_sample(const MsgSample *m) {
        printf("{\"message\":\"sample\",\"agent\":%u,\"item\":%u,\"value\":%.9g,\"precision\":%d", m->agent,
                m->item, m->value, m->precision);
        print_number("poll", m->poll);
        print_text("status", name_of(&sensor_status_names, m->status));
        print_text("reason", name_of(&sensor_reason_names, m->reason));
        print_text("type", name_of(&sensor_type_names, m->type));
        print_number("counter_bits", m->counter_bits);
        print_number("counter", m->counter);
        print_text("index", m->index);
        print_text("label", m->label);
        print_text("units", m->units);
        print_number("when", m->when);
        printf("}\n");
}

static void print_state(const MsgAgentState *m) {
        printf("{\"message\":\"agent_state\",\"agent\":%u", m->agent);
        print_text("state", name_of(&agent_state_names, m->state));
        print_number("poll", m->poll);
        print_number("start_delay", m->start_delay);
        print_number("requests", m->requests);
        print_number("cut", m->cut);
        if (m->has_uptime)
                print_number("uptime", m->uptime);
        print_text("engine_id", m->engine_id);
        print_text("detail", m->detail);
        print_number("when", m->when);
        printf("}\n");
}

static void print_found(const MsgPollFound *m) {
        printf("{\"message\":\"found\",\"agent\":%u,\"last\":%u", m->agent, m->last);
        print_number("walk", m->walk);
        print_text("error", name_of(&agent_state_names, m->error));
        print_text("detail", m->detail);
        printf(",\"found\":[");
        for (size_t i = 0; i < m->n; i++) {
                printf("%s{\"type\":%u", i > 0 ? "," : "", m->found[i].type);
                print_text("oid", m->found[i].oid);
                print_text("value", m->found[i].value);
                printf("}");
        }
        printf("]}\n");
}

static void print_message(const Driver *d, int type) {
        const MsgPlain *plain = (const MsgPlain *) d->buffer;

        switch (type) {
        case MSG_HELLO:
                printf("{\"message\":\"hello\"}\n");
                break;
        case MSG_PONG:
                printf("{\"message\":\"pong\",\"sequence\":%llu}\n", (unsigned long long) plain->sequence);
                break;
        case MSG_SAMPLE:
                print_sample((const MsgSample *) d->buffer);
                break;
        case MSG_AGENT_STATE:
                print_state((const MsgAgentState *) d->buffer);
                break;
        case MSG_POLL_FOUND:
                print_found((const MsgPollFound *) d->buffer);
                break;
        default:
                printf("{\"message\":\"unexpected\",\"type\":%d}\n", type);
        }
        fflush(stdout);
}

static int print_end(Driver *d) {
        int status;

        close(d->fd);
        if (waitpid(d->pid, &status, 0) < 0)
                return EXIT_FAILURE;
        if (WIFEXITED(status))
                printf("{\"message\":\"exit\",\"status\":%d}\n", WEXITSTATUS(status));
        else
                printf("{\"message\":\"exit\",\"signal\":%d}\n", WTERMSIG(status));
        fflush(stdout);
        return EXIT_SUCCESS;
}

/* ---- the driver ---- */

static _Noreturn void run_worker(int fd, char **argv) {
        /* Of this environment's own only what sanitizers need; hsmd gives its workers no more. */
        const char *kept[] = {"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"};
        char *environment[ELEMENTSOF(kept) + 3] = {(char *) "MIBS=", (char *) "SNMPCONFPATH="};
        size_t n = 2;

        for (size_t i = 0; i < ELEMENTSOF(kept); i++)
                if (getenv(kept[i]) && asprintf(&environment[n], "%s=%s", kept[i], getenv(kept[i])) > 0)
                        n++;
        if (fd != WORKER_FD && dup2(fd, WORKER_FD) < 0)
                _exit(127);
        if (fd == WORKER_FD)
                (void) fcntl(fd, F_SETFD, 0);
        execve(argv[0], argv, environment);
        _exit(127);
}

static int start(Driver *d, char **argv) {
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        d->pid = fork();
        if (d->pid < 0)
                return -errno;
        if (d->pid == 0)
                run_worker(fds[1], argv);
        close(fds[1]);
        d->fd = fds[0];
        printf("{\"message\":\"started\",\"pid\":%d}\n", d->pid);
        fflush(stdout);
        return 0;
}

static int loop(Driver *d) {
        char line[8192];

        for (;;) {
                struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                        {.fd = d->deaf ? -1 : d->fd, .events = POLLIN}};

                if (poll(fds, 2, -1) < 0 && errno != EINTR)
                        return EXIT_FAILURE;
                if (fds[1].revents) {
                        int ignored = -1, type = protocol_receive(d->fd, d->buffer, &ignored);

                        if (type <= 0)
                                return print_end(d);
                        print_message(d, type);
                }
                if (fds[0].revents) {
                        /* unbuffered stdin: what poll() says is then all there is */
                        if (!fgets(line, sizeof(line), stdin))
                                return print_end(d);
                        if (command(d, line) < 0)
                                return EXIT_FAILURE;
                }
        }
}

int main(int argc, char **argv) {
        static Driver d;

        if (argc < 2) {
                fputs("usage: poll-driver PROGRAM [ARGUMENT...]\n", stderr);
                return EXIT_FAILURE;
        }
        setvbuf(stdin, NULL, _IONBF, 0);
        return start(&d, argv + 1) < 0 ? EXIT_FAILURE : loop(&d);
}
