#include "client.h"

#include <grp.h>
#include <libgen.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "control.h"
#include "unix-address.h"

struct Client {
        sd_bus *bus;
        int interrupts[2];
        ClientInterrupt handler;
        void *userdata;
        sd_bus_error error;
        /* of the call that is waiting */
        sd_bus_message *reply;
        bool answered;
};

static int open_socket(const char *path) {
        CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        CLEANUP_CLOSE int dir = -1;
        struct sockaddr_un address;
        int r = unix_address(path, &address, &dir);

        if (fd < 0)
                return -errno;
        if (r < 0)
                return r;
        /* without waiting: EAGAIN says that hsmd has not accepted for so long that its backlog is full */
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        r = fd;
        fd = -1;
        return r;
}

int client_new(const char *socket, Client **ret) {
        CLEANUP_CLIENT Client *c = calloc(1, sizeof(*c));
        int fd, r;

        if (!c)
                return -ENOMEM;
        c->interrupts[0] = c->interrupts[1] = -1;
        fd = open_socket(socket);
        if (fd < 0)
                return fd;
        r = sd_bus_new(&c->bus);
        if (r >= 0)
                r = sd_bus_set_fd(c->bus, fd, fd);
        if (r < 0) {
                close(fd);
                return r;
        }
        r = sd_bus_negotiate_fds(c->bus, true); /* a backup is written into a file of ours */
        if (r >= 0)
                r = sd_bus_start(c->bus);
        if (r < 0)
                return r;
        *ret = c;
        c = NULL;
        return 0;
}

Client *client_free(Client *c) {
        if (!c)
                return NULL;
        sd_bus_message_unref(c->reply);
        sd_bus_error_free(&c->error);
        /* close, not flush: flushing waits for a hsmd that may have stopped */
        sd_bus_close_unref(c->bus);
        free(c);
        return NULL;
}

void client_interrupt_by(Client *c, int fd1, int fd2, ClientInterrupt handler, void *userdata) {
        c->interrupts[0] = fd1;
        c->interrupts[1] = fd2;
        c->handler = handler;
        c->userdata = userdata;
}

const sd_bus_error *client_error(const Client *c) {
        return &c->error;
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error UNUSED) {
        Client *c = userdata;

        c->answered = true;
        c->reply = sd_bus_message_ref(m);
        return 0;
}

/* Waits for the bus or an interrupt. */
static int wait_for_bus(Client *c, usec_t until) {
        struct pollfd fds[3] = {{.fd = sd_bus_get_fd(c->bus)}, {.fd = c->interrupts[0], .events = POLLIN},
                {.fd = c->interrupts[1], .events = POLLIN}};
        usec_t now = now_monotonic();
        struct timespec left;
        int events = sd_bus_get_events(c->bus), r;

        if (events < 0)
                return events;
        if (now >= until)
                return -ETIMEDOUT;
        fds[0].events = (short) events;
        left.tv_sec = (time_t) ((until - now) / USEC_PER_SEC);
        left.tv_nsec = (long) ((until - now) % USEC_PER_SEC * 1000);
        r = ppoll(fds, ELEMENTSOF(fds), &left, NULL);
        if (r < 0)
                return errno == EINTR ? 0 : -errno;
        if ((fds[1].revents || fds[2].revents) && c->handler(c->userdata))
                return -EINTR;
        return 0;
}

/* sd_bus_call would wait 90 s for a stopped hsmd to finish the handshake, whatever its own timeout says;
 * hence a loop of our own. */
static int run_until_answered(Client *c, usec_t until) {
        while (!c->answered) {
                int r = sd_bus_process(c->bus, NULL);

                if (r < 0) /* it went away, or speaks another language */
                        return r == -ENOMEM ? r : -ECONNRESET;
                if (r > 0 || c->answered)
                        continue;
                r = wait_for_bus(c, until);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int take_reply(Client *c, sd_bus_message **ret_reply) {
        CLEANUP_MESSAGE sd_bus_message *m = c->reply;
        const sd_bus_error *error = sd_bus_message_get_error(m);

        c->reply = NULL;
        if (!error) {
                *ret_reply = m;
                m = NULL;
                return 0;
        }
        /* made by our own side when the connection broke or sd-bus's own timeout came */
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY))
                return -ECONNRESET;
        sd_bus_error_free(&c->error);
        (void) sd_bus_error_copy(&c->error, error);
        return -EREMOTEIO;
}

int client_call(
        Client *c, usec_t deadline, sd_bus_message **ret_reply, const char *method, const char *types, ...) {
        CLEANUP_MESSAGE sd_bus_message *m = NULL;
        usec_t until = now_monotonic() + deadline;
        sd_bus_slot *slot = NULL;
        va_list ap;
        int r;

        r = sd_bus_message_new_method_call(c->bus, &m, NULL, CONTROL_PATH, CONTROL_INTERFACE, method);
        if (r < 0)
                return r;
        va_start(ap, types);
        r = types ? sd_bus_message_appendv(m, types, ap) : 0;
        va_end(ap);
        if (r < 0)
                return r;
        c->answered = false;
        r = sd_bus_call_async(c->bus, &slot, m, on_reply, c, UINT64_MAX);
        if (r < 0)
                return r == -ENOTCONN ? -ECONNRESET : r;
        r = run_until_answered(c, until);
        sd_bus_slot_unref(slot);
        return r < 0 ? r : take_reply(c, ret_reply);
}

static void complain_not_running(const Options *o) {
        fprintf(stderr,
                say(o, "hsmctl: hsmd is not running (no socket %s).\n        Type: systemctl status hsmd\n",
                        "hsmctl：hsmd 未运行（没有套接字 %s）。\n        请执行：systemctl status hsmd\n"),
                o->socket);
}

/* The group of the socket, or of its directory when that is as much as this user may see. */
static const char *group_of_socket(const char *path) {
        CLEANUP_FREE char *copy = strdup(path);
        const struct group *entry;
        struct stat st;

        if (!copy)
                return "hsmd";
        if (stat(path, &st) < 0 && stat(dirname(copy), &st) < 0)
                return "hsmd";
        entry = getgrgid(st.st_gid);
        return entry ? entry->gr_name : "hsmd";
}

static void complain_not_permitted(const Options *o) {
        fprintf(stderr,
                say(o, "hsmctl: you may not use %s: only members of the group %s, and root.\n",
                        "hsmctl：您无权使用 %s：仅限 %s 组的成员和 root。\n"),
                o->socket, group_of_socket(o->socket));
}

static ExitCode complain_of_answer(const Options *o, const sd_bus_error *error) {
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED)) {
                fprintf(stderr, say(o, "hsmctl: not permitted: %s\n", "hsmctl：无权限：%s\n"),
                        error->message);
                return EXIT_NOT_PERMITTED;
        }
        fprintf(stderr, say(o, "hsmctl: hsmd answered: %s\n", "hsmctl：hsmd 返回错误：%s\n"),
                error->message ? error->message : error->name);
        return sd_bus_error_has_name(error, CONTROL_ERROR_NO_SUCH_DEVICE) ? EXIT_NOT_FOUND : EXIT_USAGE;
}

ExitCode client_complain(const Options *o, const Client *c, int error) {
        switch (-error) {
        case ENOENT:
        case ECONNREFUSED:
                complain_not_running(o);
                return EXIT_UNREACHABLE;
        case EACCES:
        case EPERM:
                complain_not_permitted(o);
                return EXIT_NOT_PERMITTED;
        case ETIMEDOUT:
                fputs(say(o, "hsmctl: hsmd does not answer.\n        Type: systemctl status hsmd\n",
                              "hsmctl：hsmd 无应答。\n        请执行：systemctl status hsmd\n"),
                        stderr);
                return EXIT_UNREACHABLE;
        case EREMOTEIO:
                return complain_of_answer(o, client_error(c));
        case ECONNRESET:
        case EPIPE:
                fputs(say(o,
                              "hsmctl: hsmd closed the connection: it is stopping, or there are too many "
                              "connections.\n",
                              "hsmctl：hsmd 断开了连接：正在停止，或连接数已满。\n"),
                        stderr);
                return EXIT_UNREACHABLE;
        default:
                fprintf(stderr, "hsmctl: %s: %s\n", o->socket, strerror(-error));
                return EXIT_USAGE;
        }
}
