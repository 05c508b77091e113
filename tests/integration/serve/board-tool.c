/* Plays hsmd for the tests of `hsmd-snmp serve`: makes a board, starts the worker, feeds it, and does what
 * the lines on stdin say. Each line is answered by one line, "ok …" or "error …", except `expect`, which ends
 * with "ok".
 *
 *   board-tool PROGRAM own|agentx ADDRESS ENGINE-ID BOOTS [USER SECRET SECRET]...
 *
 * - board N K HOLES: a board of N devices with K sensors, two keys and two mechanisms each, of two sites
 *   with K sensors, and two services and receivers; HOLES is a seed: which cells are not valid (0: none)
 * - arrange alarms|failovers [ID]...: which of them there are from now on
 * - start: starts the worker and waits until it says that it serves (own) or whether it does (agentx)
 * - kill: ends the worker by SIGKILL
 * - boots N: the boots to give to the next worker
 * - entity on|off: whether the next worker shall serve ENTITY-MIB, too
 * - set TABLE ROW KEY V: sets a cell; V is a number, text or an age in seconds
 * - clear TABLE ROW KEY: makes a cell not valid
 * - tick on|off: whether the judge turns
 * - serving 0|1 MS: waits until the worker has said so; answers with the detail it gave
 * - detail WORD MS: waits until the worker has said something with this word; answers as `serving`
 * - lag: the slowest PONG since the last `lag`, in milliseconds, counting one that is still awaited
 * - pid: of the worker
 * - ended MS: waits until the worker has ended; answers with its exit status
 * - close: sends MSG_CLOSE
 * - expect: every instance there is: relative OID and number or text, in the order of the board's fields */

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "hsmd/board-writer.h"
#include "protocol.h"

#define PING_INTERVAL (500 * USEC_PER_MSEC)
#define DEADLINE (10 * USEC_PER_SEC)
#define KEYS 2 /* of a device, and as many mechanisms */
#define SITES 2
#define SERVICES 2 /* and as many receivers */
#define ALARMS_MAX 200

typedef struct Tool {
        char **arguments;
        BoardWriter *board;
        unsigned boots;
        pid_t pid;
        int fd;
        bool ticking, has_state, serving, entity;
        char detail[128];
        uint64_t sequence;
        usec_t pinged; /* when the PING that is not answered yet went out, 0 = none */
        usec_t next_ping, worst;
        _Alignas(16) uint8_t buffer[PROTOCOL_MAX];
} Tool;

static const BoardTable in_mib[] = {BOARD_FLEET, BOARD_SITES, BOARD_POOLS, BOARD_DEVICES, BOARD_KEYS,
        BOARD_MECHANISMS, BOARD_SENSORS, BOARD_SITE_SENSORS, BOARD_SERVICES, BOARD_ALARMS, BOARD_FAILOVERS,
        BOARD_RECEIVERS};
static const unsigned arcs[BOARD_TABLES] = {[BOARD_FLEET] = 1,
        [BOARD_SITES] = SITES,
        [BOARD_POOLS] = 3,
        [BOARD_DEVICES] = 5,
        [BOARD_KEYS] = 6,
        [BOARD_MECHANISMS] = 7,
        [BOARD_SENSORS] = 8,
        [BOARD_SITE_SENSORS] = 9,
        [BOARD_SERVICES] = 4,
        [BOARD_ALARMS] = 10,
        [BOARD_FAILOVERS] = 11,
        [BOARD_RECEIVERS] = 12};

static bool is_wide(const Field *f) {
        return f->type == FIELD_COUNTER || f->type == FIELD_INSTANT || f->type == FIELD_AGE ||
               f->type == FIELD_MSEC || f->type == FIELD_USEC;
}

static void put(void *row, const Field *f, uint64_t value) {
        uint32_t narrow = (uint32_t) value;

        memcpy((uint8_t *) row + f->offset, is_wide(f) ? (const void *) &value : &narrow, is_wide(f) ? 8 : 4);
}

/* Something of the right type in each cell, different from row to row. */
static void fill_cell(void *row, const Field *f, size_t n) {
        char *text = (char *) row + f->offset;

        if (f->type == FIELD_NAME)
                snprintf(text, 64, "%s-%zu", f->key, n);
        else if (f->type == FIELD_TEXT)
                snprintf(text, 256, "市监局%zu号%s", n, f->key);
        else if (f->type == FIELD_ENUM || f->type == FIELD_ENUM_AS_NAME)
                put(row, f, 1);
        else if (f->type == FIELD_AGE)
                put(row, f, now_monotonic());
        else if (f->type == FIELD_INSTANT)
                put(row, f, UINT64_C(1700000000) * USEC_PER_SEC + n * USEC_PER_SEC);
        else if (f->type == FIELD_COUNTER)
                put(row, f, (UINT64_C(1) << 40) + n);
        else if (is_wide(f))
                put(row, f, n * 1000);
        else
                put(row, f, f->type == FIELD_BOOL ? n % 2 : n);
}

static bool is_hole(unsigned seed, unsigned table, size_t row, size_t field) {
        uint32_t h = (uint32_t) (seed * 2654435761u + table * 40503u + row * 97u + field * 7919u);

        h ^= h >> 15;
        h *= 2246822519u;
        h ^= h >> 13;
        return seed > 0 && h % 3 == 0;
}

static void fill_row(uint8_t *row, BoardTable table, size_t n, const uint32_t *index, unsigned holes) {
        const TableInfo *info = &board_tables[table];
        FleetRow *head = (FleetRow *) row; /* every row begins alike */

        for (size_t i = 0; i < info->n_fields; i++) {
                bool is_index = i < info->n_index && i < 2; /* no table has more */

                fill_cell(row, &info->fields[i], n + 1);
                if (is_index)
                        put(row, &info->fields[i], index[i]);
                field_mark(head->valid, (unsigned) i, is_index || !is_hole(holes, table, n, i));
        }
}

static void publish_row(Tool *t, BoardTable table, size_t n, const uint32_t *index, unsigned holes) {
        CLEANUP_FREE uint8_t *row = calloc(1, board_tables[table].row_size);

        if (!row)
                abort();
        fill_row(row, table, n, index, holes);
        board_publish(t->board, table, n, row);
}

/* ids: numbers in increasing order, with something between them. A row's cells are those of its id. */
static void arrange(Tool *t, BoardTable table, const char *ids, unsigned holes) {
        size_t size = board_tables[table].row_size, n = 0;
        CLEANUP_FREE uint8_t *rows = calloc(ALARMS_MAX, size);
        char *end;

        if (!rows)
                abort();
        for (unsigned long id; n < ALARMS_MAX && (id = strtoul(ids, &end, 10)) > 0; ids = end)
                fill_row(rows + n++ * size, table, id, (uint32_t[]){(uint32_t) id, 0}, holes);
        board_arrange(t->board, table, rows, n);
}

static void make_board(Tool *t, size_t devices, size_t sensors, unsigned holes) {
        size_t rows[BOARD_TABLES] = {[BOARD_FLEET] = 1,
                [BOARD_SITES] = SITES,
                [BOARD_POOLS] = 2,
                [BOARD_DEVICES] = devices,
                [BOARD_KEYS] = devices * KEYS,
                [BOARD_MECHANISMS] = devices * KEYS,
                [BOARD_SENSORS] = devices * sensors,
                [BOARD_SITE_SENSORS] = SITES * sensors,
                [BOARD_SERVICES] = SERVICES,
                [BOARD_RECEIVERS] = SERVICES,
                [BOARD_ALARMS] = ALARMS_MAX,
                [BOARD_FAILOVERS] = ALARMS_MAX};
        const size_t per_owner[BOARD_TABLES] = {[BOARD_KEYS] = KEYS,
                [BOARD_MECHANISMS] = KEYS,
                [BOARD_SENSORS] = sensors,
                [BOARD_SITE_SENSORS] = sensors};

        t->board = board_writer_free(t->board);
        if (board_writer_new(rows, &t->board) < 0)
                abort();
        for (unsigned table = 0; table < BOARD_TABLES; table++)
                for (size_t n = 0; !board_comes_and_goes(table) && n < rows[table]; n++) {
                        /* numbers with gaps, as an operator gives them */
                        uint32_t index[2] = {(uint32_t) (n * 3 + 1), 0};

                        if (per_owner[table] > 0) {
                                index[0] = (uint32_t) (n / per_owner[table] * 3 + 1);
                                index[1] = (uint32_t) (n % per_owner[table] * 100 + 1);
                        }
                        publish_row(t, table, n, index, holes);
                }
        arrange(t, BOARD_ALARMS, "2 5 6 100 2147483647", holes);
        arrange(t, BOARD_FAILOVERS, "3 9", holes);
        board_writer_tick(t->board, now_monotonic());
}

static void on_state(Tool *t) {
        const MsgServeState *m = (const MsgServeState *) (void *) t->buffer;

        t->has_state = true;
        t->serving = m->serving;
        memcpy(t->detail, m->detail, sizeof(t->detail));
}

static void on_pong(Tool *t) {
        usec_t took = now_monotonic() - t->pinged;

        if (((const MsgPlain *) (void *) t->buffer)->sequence != t->sequence)
                return;
        t->worst = MAX_OF(t->worst, took);
        t->pinged = 0;
}

static void on_message(Tool *t) {
        CLEANUP_CLOSE int received = -1;
        int type = protocol_receive(t->fd, t->buffer, &received);

        if (type == MSG_SERVE_STATE)
                on_state(t);
        else if (type == MSG_PONG)
                on_pong(t);
        else if (type <= 0 && type != -EAGAIN) {
                close(t->fd);
                t->fd = -1;
        }
}

/* What hsmd does all the time: tick and ping. */
static void turn(Tool *t) {
        MsgPlain ping = MESSAGE(MsgPlain, MSG_PING);
        usec_t now = now_monotonic();

        if (t->board && t->ticking)
                board_writer_tick(t->board, now);
        if (t->fd < 0 || t->pinged || now < t->next_ping)
                return;
        ping.sequence = ++t->sequence;
        t->next_ping = now + PING_INTERVAL;
        if (protocol_send(t->fd, &ping.head, -1) >= 0)
                t->pinged = now;
}

/* Waits for one thing to happen; true if stdin is readable. */
static bool wait_once(Tool *t, bool with_stdin) {
        struct pollfd p[2] = {{.fd = t->fd, .events = POLLIN}, {.fd = with_stdin ? 0 : -1, .events = POLLIN}};

        turn(t);
        if (poll(p, 2, 50) < 0)
                return false;
        if (p[0].revents)
                on_message(t);
        return p[1].revents != 0;
}

static bool is_serving(Tool *t, int yes) {
        return t->has_state && t->serving == (yes != 0);
}

static bool has_said(Tool *t, UNUSED int argument) {
        return t->has_state;
}

static bool has_ended(Tool *t, UNUSED int argument) {
        return t->fd < 0;
}

static bool wait_until(Tool *t, bool (*what)(Tool *t, int argument), int argument, usec_t timeout) {
        usec_t end = now_monotonic() + timeout;

        while (!what(t, argument)) {
                if (now_monotonic() >= end)
                        return false;
                wait_once(t, false);
        }
        return true;
}

static void send_or_die(Tool *t, const MessageHead *head, int fd) {
        int r = protocol_send(t->fd, head, fd);

        if (r < 0 && r != -EPIPE) {
                fprintf(stderr, "board-tool: sending: %s\n", strerror(-r));
                exit(EXIT_FAILURE);
        }
}

static void send_config(Tool *t) {
        MsgServeConfig m = MESSAGE(MsgServeConfig, MSG_SERVE_CONFIG);
        const char *hex = t->arguments[4];

        m.mode = name_value(&agent_mode_names, t->arguments[2]);
        copy_text(m.address, sizeof(m.address), t->arguments[3]);
        for (; *hex && m.engine_id_size < sizeof(m.engine_id); hex += 2) {
                unsigned octet = 0;

                sscanf(hex, "%2x", &octet);
                m.engine_id[m.engine_id_size++] = (uint8_t) octet;
        }
        m.engine_boots = t->boots;
        m.entity = t->entity;
        copy_text(m.name, sizeof(m.name), "fleet-under-test");
        copy_text(m.contact, sizeof(m.contact), "duty engineer");
        copy_text(m.location, sizeof(m.location), "machine room 3");
        send_or_die(t, &m.head, board_writer_fd(t->board));
}

static void send_users(Tool *t) {
        for (char **a = t->arguments + 6; a[0] && a[1] && a[2]; a += 3) {
                MsgServeUser m = MESSAGE(MsgServeUser, MSG_SERVE_USER);

                copy_text(m.name, sizeof(m.name), a[0]);
                copy_text(m.auth_protocol, sizeof(m.auth_protocol), "SHA-256");
                copy_text(m.priv_protocol, sizeof(m.priv_protocol), "AES");
                copy_text(m.auth_secret, sizeof(m.auth_secret), a[1]);
                copy_text(m.priv_secret, sizeof(m.priv_secret), a[2]);
                send_or_die(t, &m.head, -1);
        }
}

static void start_worker(Tool *t) {
        const MsgPlain begin = MESSAGE(MsgPlain, MSG_SERVE_START);
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                abort();
        fflush(stdout);
        t->pid = fork();
        if (t->pid == 0) {
                dup2(pair[1], WORKER_FD);
                execl(t->arguments[1], "hsmd-snmp", "serve", NULL);
                _exit(127);
        }
        close(pair[1]);
        t->fd = pair[0];
        t->has_state = false;
        t->pinged = 0;
        send_config(t);
        send_users(t);
        send_or_die(t, &begin.head, -1);
        t->next_ping = 0;
        turn(t); /* one ping lies unread while the worker starts */
}

static void command_start(Tool *t, bool late) {
        siginfo_t info;

        start_worker(t);
        if (late)
                waitid(P_PID, (id_t) t->pid, &info, WEXITED | WNOWAIT);
        if (wait_until(t, has_said, 0, DEADLINE))
                printf("ok %d\n", t->serving);
        else
                printf("error the worker said nothing\n");
}

static void reap(Tool *t, int *status) {
        if (t->pid > 0)
                waitpid(t->pid, status, 0);
        t->pid = 0;
        if (t->fd >= 0)
                close(t->fd);
        t->fd = -1;
}

static void command_kill(Tool *t) {
        int status = 0;

        if (t->pid > 0)
                kill(t->pid, SIGKILL);
        reap(t, &status);
        printf("ok\n");
}

static void command_ended(Tool *t, int ms) {
        int status = 0;

        if (!wait_until(t, has_ended, 0, (usec_t) ms * USEC_PER_MSEC)) {
                printf("error the worker still runs\n");
                return;
        }
        reap(t, &status);
        printf("ok %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static void command_board(Tool *t, size_t devices, size_t sensors, unsigned holes) {
        const MsgPlain m = MESSAGE(MsgPlain, MSG_SERVE_BOARD);

        make_board(t, devices, sensors, holes);
        if (t->fd >= 0)
                send_or_die(t, &m.head, board_writer_fd(t->board));
        printf("ok\n");
}

static const Field *find_field(BoardTable table, const char *key, unsigned *ret_ordinal) {
        const TableInfo *info = &board_tables[table];

        for (unsigned i = 0; i < info->n_fields; i++)
                if (streq(info->fields[i].key, key)) {
                        *ret_ordinal = i;
                        return &info->fields[i];
                }
        return NULL;
}

static void write_cell(void *row, const Field *f, const char *value) {
        if (f->type == FIELD_NAME || f->type == FIELD_TEXT)
                copy_text((char *) row + f->offset, f->type == FIELD_NAME ? 64 : 256, value);
        else if (f->type == FIELD_AGE)
                put(row, f, now_monotonic() - strtoull(value, NULL, 10) * USEC_PER_SEC);
        else
                put(row, f, (uint64_t) strtoll(value, NULL, 10));
}

/* value NULL: not valid any more */
static void command_set(Tool *t, const char *table_name, size_t n, const char *key, const char *value) {
        unsigned table = 0, ordinal = 0;
        const Field *f = NULL;

        while (table < BOARD_TABLES && !streq(board_tables[table].name, table_name))
                table++;
        if (table < BOARD_TABLES && n < board_writer_rows(t->board, table))
                f = find_field(table, key, &ordinal);
        if (!f) {
                printf("error no such cell\n");
                return;
        }
        CLEANUP_FREE uint8_t *row = malloc(board_tables[table].row_size);
        memcpy(row, board_published(t->board, table, n), board_tables[table].row_size);
        if (value)
                write_cell(row, f, value);
        field_mark(((FleetRow *) (void *) row)->valid, ordinal, value != NULL);
        board_publish(t->board, table, n, row);
        printf("ok\n");
}

static void expect_cell(BoardTable table, const Field *f, const void *row) {
        const TableInfo *info = &board_tables[table];
        const uint8_t *p = (const uint8_t *) row + f->offset;
        uint64_t wide = 0;
        uint32_t narrow = 0;

        printf("%u%s.%u", arcs[table], info->n_index ? ".1" : "", f->column);
        for (size_t i = 0; i < info->n_index; i++) {
                memcpy(&narrow, (const uint8_t *) row + info->fields[i].offset, 4);
                printf(".%u", narrow);
        }
        if (info->n_index == 0)
                printf(".0");
        memcpy(&wide, p, is_wide(f) ? 8 : 4);
        if (f->type == FIELD_NAME || f->type == FIELD_TEXT)
                printf(" text %s\n", (const char *) p);
        else if (f->type == FIELD_ENUM_AS_NAME)
                printf(" text %s\n", name_of(f->names, (unsigned) wide));
        else if (f->type == FIELD_AGE || f->type == FIELD_INSTANT)
                printf(" time\n");
        else if (f->type == FIELD_BOOL)
                printf(" number %u\n", wide ? 1 : 2); /* TruthValue */
        else
                printf(" number %lu\n", f->type == FIELD_MSEC ? wide / USEC_PER_MSEC : wide);
}

static void command_expect(Tool *t) {
        for (size_t i = 0; i < ELEMENTSOF(in_mib); i++) {
                BoardTable table = in_mib[i];
                const TableInfo *info = &board_tables[table];

                for (size_t f = info->n_index; f < info->n_fields; f++)
                        for (size_t n = 0; n < board_writer_rows(t->board, table); n++) {
                                const void *row = board_published(t->board, table, n);

                                if (info->fields[f].column && field_valid(row, (unsigned) f))
                                        expect_cell(table, &info->fields[f], row);
                        }
        }
        printf("ok\n");
}

static const char *type_word(const Field *f) {
        static const char *const words[] = {[FIELD_NAME] = "name",
                [FIELD_TEXT] = "text",
                [FIELD_U32] = "unsigned",
                [FIELD_GAUGE] = "gauge",
                [FIELD_I32] = "integer",
                [FIELD_COUNTER] = "counter",
                [FIELD_ENUM] = "enum",
                [FIELD_BOOL] = "bool",
                [FIELD_INSTANT] = "instant",
                [FIELD_AGE] = "age",
                [FIELD_MSEC] = "msec",
                [FIELD_USEC] = "usec",
                [FIELD_CELSIUS] = "celsius",
                [FIELD_ENUM_AS_NAME] = "word"};

        return words[f->type];
}

static void command_layout(void) {
        for (unsigned table = 0; table < BOARD_TABLES; table++)
                for (size_t i = 0; i < board_tables[table].n_fields; i++) {
                        const Field *f = &board_tables[table].fields[i];
                        char camel[64];

                        if (f->column == 0)
                                continue;
                        printf("%s %u %s %s", board_tables[table].name, f->column, type_word(f), f->key);
                        for (unsigned v = 1; f->type == FIELD_ENUM && v < f->names->n; v++)
                                if (f->names->names[v]) {
                                        name_to_camel(camel, sizeof(camel), f->names->names[v]);
                                        printf(" %s=%u", camel, v);
                                }
                        for (unsigned v = 1; f->type == FIELD_ENUM_AS_NAME && v < f->names->n; v++)
                                printf(" %s", f->names->names[v]);
                        printf("\n");
                }
        printf("ok\n");
}

static void command_lag(Tool *t) {
        usec_t waiting = t->pinged ? now_monotonic() - t->pinged : 0;

        printf("ok %lu\n", MAX_OF(t->worst, waiting) / USEC_PER_MSEC);
        t->worst = 0;
}

static void command_serving(Tool *t, int yes, int ms) {
        bool done = wait_until(t, is_serving, yes, (usec_t) ms * USEC_PER_MSEC);

        printf("%s %s\n", done ? "ok" : "error still otherwise", t->detail);
}

static void command_detail(Tool *t, const char *word, int ms) {
        usec_t end = now_monotonic() + (usec_t) ms * USEC_PER_MSEC;

        while (!strstr(t->detail, word) && now_monotonic() < end)
                wait_once(t, false);
        printf("%s%s\n", strstr(t->detail, word) ? "ok " : "error it says ", t->detail);
}

static void command_arrange(Tool *t, char *line) {
        const char *table = strsep(&line, " ");

        arrange(t, streq(table, "alarms") ? BOARD_ALARMS : BOARD_FAILOVERS, line ? line : "", 0);
        printf("ok\n");
}

static void command_entity(Tool *t, bool on) {
        t->entity = on;
        printf("ok\n");
}

static void obey(Tool *t, char *line) {
        const MsgPlain bye = MESSAGE(MsgPlain, MSG_CLOSE);
        char empty[] = "", *w[5] = {empty, empty, empty, empty, empty}, *at = line;

        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "arrange ", 8) == 0) {
                command_arrange(t, line + 8);
                return;
        }
        for (size_t n = 0; n < 5 && at; n++)
                w[n] = n == 4 ? at : strsep(&at, " ");
        if (streq(w[0], "board"))
                command_board(t, strtoul(w[1], NULL, 10), strtoul(w[2], NULL, 10), (unsigned) atoi(w[3]));
        else if (streq(w[0], "start"))
                command_start(t, streq(w[1], "late"));
        else if (streq(w[0], "kill"))
                command_kill(t);
        else if (streq(w[0], "set") || streq(w[0], "clear"))
                command_set(t, w[1], strtoul(w[2], NULL, 10), w[3], streq(w[0], "set") ? w[4] : NULL);
        else if (streq(w[0], "serving"))
                command_serving(t, atoi(w[1]), atoi(w[2]));
        else if (streq(w[0], "detail"))
                command_detail(t, w[1], atoi(w[2]));
        else if (streq(w[0], "entity"))
                command_entity(t, streq(w[1], "on"));
        else if (streq(w[0], "ended"))
                command_ended(t, atoi(w[1]));
        else if (streq(w[0], "lag"))
                command_lag(t);
        else if (streq(w[0], "pid"))
                printf("ok %d\n", t->pid);
        else if (streq(w[0], "expect"))
                command_expect(t);
        else if (streq(w[0], "layout"))
                command_layout();
        else if (streq(w[0], "tick") || streq(w[0], "boots") || streq(w[0], "close")) {
                if (streq(w[0], "tick"))
                        t->ticking = streq(w[1], "on");
                else if (streq(w[0], "boots"))
                        t->boots = (unsigned) atoi(w[1]);
                else
                        send_or_die(t, &bye.head, -1);
                printf("ok\n");
        } else
                printf("error unknown command\n");
}

int main(int argc, char **argv) {
        static Tool tool = {.fd = -1, .ticking = true, .entity = true};
        char line[2048];

        if (argc < 6) {
                fputs("usage: board-tool PROGRAM own|agentx ADDRESS ENGINE-ID BOOTS [USER SECRET "
                      "SECRET]...\n",
                        stderr);
                return EXIT_FAILURE;
        }
        signal(SIGPIPE, SIG_IGN);
        setvbuf(stdin, NULL, _IONBF, 0); /* so that poll() tells the truth */
        tool.arguments = argv;
        tool.boots = (unsigned) atoi(argv[5]);
        make_board(&tool, 9, 1, 0);
        for (;;) {
                if (!wait_once(&tool, true))
                        continue;
                if (!fgets(line, sizeof(line), stdin))
                        break;
                obey(&tool, line);
                fflush(stdout);
        }
        if (tool.pid > 0)
                kill(tool.pid, SIGKILL);
        board_writer_free(tool.board);
        return EXIT_SUCCESS;
}
