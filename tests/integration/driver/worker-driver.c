#include "worker-driver.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct WorkerDriver {
        int fd;
        pid_t pid;
        bool deaf;
        const WorkerDriverOps *ops;
        _Alignas(8) char buffer[PROTOCOL_MAX];
};

/* ---- what is told to the worker ---- */

void driver_set_all(void *message, char *words, DriverSet set) {
        char *save = NULL;

        for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
                char *value = strchr(word, '=');

                if (!value)
                        continue;
                *value++ = '\0';
                set(message, word, value);
        }
}

uint32_t driver_number(const char *text) {
        return (uint32_t) strtoul(text, NULL, 10);
}

int driver_send(const WorkerDriver *d, const MessageHead *message) {
        struct pollfd room = {.fd = d->fd, .events = POLLOUT};
        int r;

        while ((r = protocol_send(d->fd, message, -1)) == -EAGAIN)
                (void) poll(&room, 1, -1);
        return r;
}

int driver_send_plain(const WorkerDriver *d, MessageType type, uint64_t sequence) {
        MsgPlain message = {.head = {.type = type, .size = sizeof(MsgPlain)}, .sequence = sequence};

        return driver_send(d, &message.head);
}

static int command(WorkerDriver *d, char *line) {
        int r;

        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "ping ", 5) == 0)
                return driver_send_plain(d, MSG_PING, strtoull(line + 5, NULL, 10));
        if (streq(line, "close"))
                return driver_send_plain(d, MSG_CLOSE, 0);
        if (streq(line, "deaf") || streq(line, "hear")) {
                d->deaf = streq(line, "deaf");
                return 0;
        }
        r = d->ops->command(d, line);
        if (r == -ENOTSUP)
                fprintf(stderr, "%s: unknown command %s\n", d->ops->name, line);
        return r;
}

/* ---- what the worker tells ---- */

void driver_print_text(const char *key, const char *text) {
        printf(",\"%s\":\"", key);
        for (; *text; text++)
                printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
        printf("\"");
}

void driver_print_number(const char *key, uint64_t value) {
        printf(",\"%s\":%llu", key, (unsigned long long) value);
}

static void print_message(const WorkerDriver *d, int type) {
        const MsgPlain *plain = (const MsgPlain *) d->buffer;

        if (type == MSG_HELLO)
                printf("{\"message\":\"hello\"}\n");
        else if (type == MSG_PONG)
                printf("{\"message\":\"pong\",\"sequence\":%llu}\n", (unsigned long long) plain->sequence);
        else if (!d->ops->print(type, d->buffer))
                printf("{\"message\":\"unexpected\",\"type\":%d}\n", type);
        fflush(stdout);
}

static int print_end(WorkerDriver *d) {
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

static int start(WorkerDriver *d, char **argv) {
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

static int loop(WorkerDriver *d) {
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

int worker_driver_main(int argc, char **argv, const WorkerDriverOps *ops) {
        static WorkerDriver d;

        if (argc < 2) {
                fprintf(stderr, "usage: %s PROGRAM [ARGUMENT...]\n", ops->name);
                return EXIT_FAILURE;
        }
        d.ops = ops;
        setvbuf(stdin, NULL, _IONBF, 0);
        return start(&d, argv + 1) < 0 ? EXIT_FAILURE : loop(&d);
}
