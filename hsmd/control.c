/* The control socket: who may connect, how many, and when a connection ends. */

#include "control.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

#include "control-internal.h"
#include "control-peer.h"
#include "unix-address.h"

#define BACKLOG 32
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)
#define PAUSE_WHEN_OUT_OF_DESCRIPTORS USEC_PER_SEC
#define REFUSED_LOG_INTERVAL USEC_PER_SEC
/* After evidence and deadlines, which have the smaller numbers. */
#define CONTROL_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 50)

static void connection_free(Connection *c) {
        control_replies_orphan(c->control, c);
        sd_event_source_disable_unref(c->auth_timer);
        sd_bus_close_unref(c->bus);
        free(c);
}

static int on_reap(sd_event_source *source UNUSED, void *userdata) {
        Control *control = userdata;

        for (Connection **p = &control->connections; *p;) {
                Connection *c = *p;

                if (!c->doomed) {
                        p = &c->next;
                        continue;
                }
                *p = c->next;
                connection_free(c);
        }
        return 0;
}

void connection_doom(Connection *c, const char *why) {
        if (c->doomed)
                return;
        if (why)
                log_event(c->control->journal, &(LogEvent){.priority = LOG_WARNING},
                        "control: closed a connection of uid %u: %s", (unsigned) c->uid, why);
        c->doomed = true;
        sd_bus_close(c->bus);
        (void) sd_event_source_set_enabled(c->control->reaper, SD_EVENT_ONESHOT);
}

static int on_disconnected(sd_bus_message *m UNUSED, void *userdata, sd_bus_error *error UNUSED) {
        connection_doom(userdata, NULL);
        return 0;
}

/* Sees every message before anything answers it: sd-bus itself would queue answers without end for a peer
 * that asks and does not read. */
static int on_message(sd_bus_message *m UNUSED, void *userdata, sd_bus_error *error UNUSED) {
        Connection *c = userdata;
        uint64_t queued = 0;

        if (sd_bus_get_n_queued_write(c->bus, &queued) < 0)
                return 0;
        if (queued == 0)
                c->unsent = 0;
        if (queued <= CONTROL_QUEUE_MAX && c->unsent <= CONTROL_UNSENT_MAX)
                return 0;
        connection_doom(c, "it does not read its answers");
        return 1;
}

static int on_auth_timeout(sd_event_source *source UNUSED, usec_t when UNUSED, void *userdata) {
        Connection *c = userdata;

        c->auth_timer = sd_event_source_disable_unref(c->auth_timer);
        if (sd_bus_is_ready(c->bus) <= 0)
                connection_doom(c, "it did not authenticate in time");
        return 0;
}

static int connection_start(Connection *c, int fd) {
        sd_id128_t id;
        int r = sd_bus_new(&c->bus);

        if (r < 0) {
                close(fd);
                return r;
        }
        r = sd_bus_set_fd(c->bus, fd, fd);
        if (r < 0) {
                close(fd);
                return r;
        }
        if ((r = sd_id128_randomize(&id)) < 0 || (r = sd_bus_set_server(c->bus, true, id)) < 0 ||
                (r = sd_bus_negotiate_fds(c->bus, true)) < 0 || (r = sd_bus_start(c->bus)) < 0 ||
                (r = sd_bus_attach_event(c->bus, c->control->event, CONTROL_PRIORITY)) < 0 ||
                (r = sd_bus_add_filter(c->bus, NULL, on_message, c)) < 0 ||
                (r = sd_bus_match_signal(c->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
                         "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, c)) < 0)
                return r;
        return control_api_add(c);
}

/* Takes the descriptor over in any case. */
static int connection_new(Control *control, int fd, uid_t uid) {
        Connection *c = calloc(1, sizeof(*c));
        int r;

        if (!c) {
                close(fd);
                return -ENOMEM;
        }
        c->control = control;
        c->uid = uid;
        r = connection_start(c, fd);
        if (r >= 0)
                r = sd_event_add_time_relative(control->event, &c->auth_timer, CLOCK_MONOTONIC,
                        CONTROL_AUTH_TIMEOUT, 0, on_auth_timeout, c);
        if (r < 0) {
                connection_free(c);
                return r;
        }
        (void) sd_event_source_set_priority(c->auth_timer, CONTROL_PRIORITY);
        c->next = control->connections;
        control->connections = c;
        return 0;
}

/* Why not, in words; NULL if it may. */
static const char *refusal(const Control *control, const struct ucred *peer) {
        size_t all = 0, same = 0;

        if (control_peer_is_ours(peer->pid))
                return "a worker has no say here";
        for (const Connection *c = control->connections; c; c = c->next) {
                all += !c->doomed;
                same += !c->doomed && c->uid == peer->uid;
        }
        if (all >= CONTROL_CONNECTIONS_MAX || same >= CONTROL_CONNECTIONS_PER_UID_MAX)
                return "at most " TEXT_OF(CONTROL_CONNECTIONS_MAX) " in all and " TEXT_OF(
                        CONTROL_CONNECTIONS_PER_UID_MAX) " a user";
        return NULL;
}

/* A peer that connects in a loop must not fill the journal. */
static void log_refused(Control *control, const struct ucred *peer, const char *why) {
        usec_t now = now_monotonic();

        control->refused++;
        if (control->refused_logged && now - control->refused_logged < REFUSED_LOG_INTERVAL)
                return;
        log_event(control->journal, &(LogEvent){.priority = LOG_WARNING},
                "control: refused %llu connections, last of process %d of uid %u: %s",
                (unsigned long long) control->refused, (int) peer->pid, (unsigned) peer->uid, why);
        control->refused_logged = now;
        control->refused = 0;
}

static int on_pause_over(sd_event_source *source UNUSED, usec_t when UNUSED, void *userdata) {
        Control *control = userdata;

        return sd_event_source_set_enabled(control->listener, SD_EVENT_ON);
}

/* Without descriptors the listening socket stays readable: look away for a moment instead of spinning. */
static void pause_accepting(Control *control, int error) {
        log_event(control->journal, &(LogEvent){.priority = LOG_ERR},
                "control: cannot accept a connection: %s", strerror(error));
        if (sd_event_source_set_time_relative(control->pause, PAUSE_WHEN_OUT_OF_DESCRIPTORS) >= 0 &&
                sd_event_source_set_enabled(control->pause, SD_EVENT_ONESHOT) >= 0)
                (void) sd_event_source_set_enabled(control->listener, SD_EVENT_OFF);
}

static int on_connection(sd_event_source *source UNUSED, int fd, uint32_t events UNUSED, void *userdata) {
        Control *control = userdata;
        struct ucred peer = {.uid = (uid_t) -1};
        socklen_t size = sizeof(peer);
        const char *why = "the kernel does not say whose it is";
        int r, peer_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (peer_fd < 0) {
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                        pause_accepting(control, errno);
                return 0;
        }
        if (getsockopt(peer_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
                why = refusal(control, &peer);
        if (why) {
                log_refused(control, &peer, why);
                close(peer_fd);
                return 0;
        }
        r = connection_new(control, peer_fd, peer.uid);
        if (r < 0)
                log_event(control->journal, &(LogEvent){.priority = LOG_ERR},
                        "control: cannot serve a connection: %s", strerror(-r));
        return 0;
}

/* As a service we run with the right group already, and the sandbox forbids chown. */
static bool belongs_to(const char *path, gid_t group) {
        struct stat st;

        return lstat(path, &st) >= 0 && st.st_gid == group;
}

/* Only a group's number is needed; the name service may be slow, so this is asked before the loop runs. */
static void give_to_group(Control *control, const char *path, const char *group) {
        struct group *entry = group ? getgrnam(group) : NULL;

        if (!group)
                return;
        if (!entry)
                log_event(control->journal, &(LogEvent){.priority = LOG_WARNING},
                        "control: there is no group %s; only root and hsmd's own user may use the socket",
                        group);
        else if (!belongs_to(path, entry->gr_gid) && chown(path, (uid_t) -1, entry->gr_gid) < 0)
                log_event(control->journal, &(LogEvent){.priority = LOG_WARNING},
                        "control: cannot give the socket to group %s: %s", group, strerror(errno));
}

/* Binds under another name and renames, so that at every instant the path is a socket with the right owner
 * and mode: nobody can connect before listen(). */
static int listen_at(Control *control, const char *path, const char *group) {
        CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        CLEANUP_FREE char *temporary = NULL;
        CLEANUP_CLOSE int dir = -1;
        struct sockaddr_un address;
        struct stat st;
        int r;

        if (fd < 0)
                return -errno;
        if (asprintf(&temporary, "%s.new", path) < 0)
                return -ENOMEM;
        if ((r = unix_address(temporary, &address, &dir)) < 0)
                return r;
        (void) unlink(temporary);
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        give_to_group(control, temporary, group);
        if (chmod(temporary, 0660) < 0 || stat(temporary, &st) < 0 || listen(fd, BACKLOG) < 0 ||
                rename(temporary, path) < 0) {
                r = -errno;
                (void) unlink(temporary);
                return r;
        }
        control->device = st.st_dev;
        control->inode = st.st_ino;
        r = fd;
        fd = -1;
        return r;
}

static int control_start(Control *control, const char *path, const char *group) {
        int fd, r;

        control->path = strdup(path);
        if (!control->path)
                return -ENOMEM;
        fd = listen_at(control, path, group);
        if (fd < 0)
                return fd;
        r = sd_event_add_io(control->event, &control->listener, fd, EPOLLIN, on_connection, control);
        if (r < 0) {
                close(fd);
                return r;
        }
        if ((r = sd_event_source_set_io_fd_own(control->listener, true)) < 0 ||
                (r = sd_event_source_set_priority(control->listener, CONTROL_PRIORITY)) < 0 ||
                (r = sd_event_add_defer(control->event, &control->reaper, on_reap, control)) < 0 ||
                (r = sd_event_source_set_enabled(control->reaper, SD_EVENT_OFF)) < 0 ||
                (r = sd_event_add_time(
                         control->event, &control->pause, CLOCK_MONOTONIC, 0, 0, on_pause_over, control)) < 0)
                return r;
        return sd_event_source_set_enabled(control->pause, SD_EVENT_OFF);
}

int control_new(sd_event *event, const char *path, const char *group, Journal *journal, const ControlOps *ops,
        void *userdata, Control **ret) {
        Control *control = calloc(1, sizeof(*control));
        int r;

        if (!control)
                return -ENOMEM;
        control->event = sd_event_ref(event);
        control->own_uid = geteuid();
        control->journal = journal;
        control->ops = ops;
        control->userdata = userdata;
        r = control_start(control, path, group);
        if (r < 0) {
                control_free(control);
                return r;
        }
        *ret = control;
        return 0;
}

/* Another hsmd may have taken the path over in the meantime. */
static void remove_socket(const Control *control) {
        struct stat st;

        if (control->path && control->inode && lstat(control->path, &st) == 0 &&
                st.st_dev == control->device && st.st_ino == control->inode)
                (void) unlink(control->path);
}

Control *control_free(Control *control) {
        if (!control)
                return NULL;
        while (control->connections) {
                Connection *c = control->connections;

                control->connections = c->next;
                connection_free(c);
        }
        control_replies_orphan(control, NULL);
        sd_event_source_disable_unref(control->listener);
        sd_event_source_disable_unref(control->reaper);
        sd_event_source_disable_unref(control->pause);
        remove_socket(control);
        sd_event_unref(control->event);
        free(control->path);
        free(control);
        return NULL;
}
