#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "worker-exec.h"

#define OUTPUT_LINES_MAX 200 /* of one worker; a module that chatters must not fill the journal */
#define UNKILLABLE_AFTER USEC_PER_SEC
#define CORPSES_OF_DEVICE_MAX 3
#define CORPSES_MAX 16
#define END_WITHIN (200 * USEC_PER_MSEC)
/* Nobody's messages keep the loop from its timers: a flood waits. Far more than a poll of a thousand agents.
 */
#define FLOOD_WINDOW (100 * USEC_PER_MSEC)
#define FLOOD_MESSAGES 1000
#define FLOOD_READS 100 /* of output */
/* more than a socket holds, so what is drained beyond comes from a process that the worker left behind */
#define DRAIN_MESSAGES 1024
#define DRAIN_READS 16 /* of output: what a pipe holds */

struct Worker {
        Supervisor *supervisor;
        Worker *next;
        char *name, *device;
        pid_t pid;
        int pidfd, socket, output;
        sd_event_source *pidfd_source, *socket_source, *output_source, *kill_source;
        WorkerOps ops;
        void *userdata;
        bool forgotten, closing, killed, stopped, counted_unkillable;
        char line[512];
        size_t line_size, lines;
};

struct Supervisor {
        sd_event *event;
        Journal *journal;
        Worker *workers;
        size_t n_workers, unkillable;
        pid_t orphans[16]; /* the last ones that were told */
        size_t n_orphans;
        sd_event_source *sigchld_source;
        uint8_t *buffer; /* for one message */
};

static void worker_free(Worker *w) {
        Worker **p = &w->supervisor->workers;

        while (*p && *p != w)
                p = &(*p)->next;
        if (*p) {
                *p = w->next;
                w->supervisor->n_workers--;
        }
        if (w->counted_unkillable)
                w->supervisor->unkillable--;
        sd_event_source_disable_unref(w->pidfd_source);
        sd_event_source_disable_unref(w->socket_source);
        sd_event_source_disable_unref(w->output_source);
        sd_event_source_disable_unref(w->kill_source);
        closep(&w->pidfd);
        closep(&w->socket);
        closep(&w->output);
        free(w->name);
        free(w->device);
        free(w);
}

/* What the worker or its module prints goes to the log, a line at a time and not without end. */
static void log_line(Worker *w) {
        LogEvent e = {.priority = LOG_WARNING, .device = w->device};

        w->line[w->line_size] = '\0';
        w->line_size = 0;
        w->lines++;
        if (w->lines < OUTPUT_LINES_MAX)
                log_event(w->supervisor->journal, &e, "%s: %s", w->name, w->line);
        else if (w->lines == OUTPUT_LINES_MAX)
                log_event(w->supervisor->journal, &e, "%s: prints too much; the rest is left out", w->name);
}

/* False at the end of its output. */
static bool read_output(Worker *w) {
        char buffer[4096];
        ssize_t n = read(w->output, buffer, sizeof(buffer));

        if (n <= 0)
                return n < 0 && (errno == EAGAIN || errno == EINTR);
        for (ssize_t i = 0; i < n; i++) {
                if (buffer[i] != '\n')
                        w->line[w->line_size++] = buffer[i];
                if (buffer[i] == '\n' || w->line_size == sizeof(w->line) - 1)
                        log_line(w);
        }
        return true;
}

static int on_output(sd_event_source *source, int fd UNUSED, uint32_t revents UNUSED, void *userdata) {
        if (!read_output(userdata))
                sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

/* Why it ended is often its last words: an end is seen before the output that came just before it. */
static void drain_output(Worker *w) {
        int waiting = 0;

        for (unsigned i = 0; i < DRAIN_READS && ioctl(w->output, FIONREAD, &waiting) == 0 && waiting > 0; i++)
                if (!read_output(w))
                        break;
        if (w->line_size > 0)
                log_line(w);
}

static void deliver(Worker *w, int type, const void *message, int fd) {
        if (!w->forgotten)
                w->ops.message(w, type, message, fd, w->userdata);
        else if (fd >= 0)
                close(fd);
}

static int on_socket(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Worker *w = userdata;
        int received = -1;
        int type;

        if (revents & EPOLLOUT) {
                sd_event_source_set_io_events(source, EPOLLIN);
                if (!w->forgotten && w->ops.room)
                        w->ops.room(w, w->userdata);
                if (!(revents & (EPOLLIN | EPOLLHUP)))
                        return 0;
        }
        type = protocol_receive(fd, w->supervisor->buffer, &received);
        if (type == -EAGAIN)
                return 0;
        if (type == 0 || (type < 0 && type != -EBADMSG))
                sd_event_source_set_enabled(source, SD_EVENT_OFF);
        deliver(w, type, w->supervisor->buffer, received);
        return 0;
}

/* Evidence that was sent before the worker died counts: take what waits in the socket first. */
static void drain_socket(Worker *w) {
        for (unsigned i = 0; i < DRAIN_MESSAGES && !w->forgotten; i++) {
                int received = -1;
                int type = protocol_receive(w->socket, w->supervisor->buffer, &received);

                if (type <= 0)
                        return;
                deliver(w, type, w->supervisor->buffer, received);
        }
}

/* Between its end and our waitid an orphan is seen more than once; it is told once. */
static bool first_seen(Supervisor *s, pid_t pid) {
        for (size_t i = 0; i < ELEMENTSOF(s->orphans); i++)
                if (s->orphans[i] == pid)
                        return false;
        s->orphans[s->n_orphans++ % ELEMENTSOF(s->orphans)] = pid;
        return true;
}

/* Kills every child of ours that is no worker: a dead worker left it behind. Its own children become ours in
 * turn and are found when it has ended. */
static void kill_orphans(Supervisor *s) {
        CLEANUP_FCLOSE FILE *f = NULL;
        char path[64];
        int pid;

        snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int) getpid());
        f = fopen(path, "re");
        if (!f)
                return;
        while (fscanf(f, "%d", &pid) == 1) {
                Worker *w = s->workers;

                while (w && w->pid != pid)
                        w = w->next;
                if (w || pid <= 1)
                        continue;
                kill(pid, SIGKILL);
                if (first_seen(s, pid))
                        log_event(s->journal, &(LogEvent){.priority = LOG_WARNING},
                                "process %d was left behind by a worker; killed", pid);
        }
}

static void finish(Worker *w, const siginfo_t *si) {
        Supervisor *s = w->supervisor;
        WorkerEnd end = {.killed_by_us = w->killed,
                .closing = w->closing,
                .code = si->si_code,
                .status = si->si_status,
                .when = now_monotonic()};

        w->pid = 0;
        drain_socket(w);
        drain_output(w);
        if (!w->forgotten)
                w->ops.ended(w, &end, w->userdata);
        worker_free(w);
        kill_orphans(s);
}

static int on_pidfd(sd_event_source *source UNUSED, int fd, uint32_t revents UNUSED, void *userdata) {
        Worker *w = userdata;
        siginfo_t si = {0};

        if (waitid(P_PIDFD, (id_t) fd, &si, WEXITED | WNOHANG) < 0 || si.si_pid == 0)
                return 0;
        finish(w, &si);
        return 0;
}

static void look_for_stop(Worker *w) {
        siginfo_t si = {0};
        bool stopped;

        if (w->pid <= 0 || waitid(P_PID, (id_t) w->pid, &si, WSTOPPED | WCONTINUED | WNOHANG) < 0 ||
                si.si_pid == 0)
                return;
        stopped = si.si_code == CLD_STOPPED || si.si_code == CLD_TRAPPED;
        if (w->stopped == stopped)
                return;
        w->stopped = stopped;
        if (!w->forgotten && w->ops.stopped)
                w->ops.stopped(w, stopped, w->userdata);
}

/* Stops of workers, and ends of processes that workers left behind. Ends of workers come by their pidfd. */
static int on_sigchld(
        sd_event_source *source UNUSED, const struct signalfd_siginfo *ssi UNUSED, void *userdata) {
        Supervisor *s = userdata;
        Worker *next;
        bool reaped = false;

        for (Worker *w = s->workers; w; w = next) {
                next = w->next;
                look_for_stop(w);
        }
        for (;;) {
                siginfo_t si = {0};
                Worker *w = s->workers;

                if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == 0)
                        break;
                while (w && w->pid != si.si_pid)
                        w = w->next;
                waitid(P_PID, (id_t) si.si_pid, &si, WEXITED | WNOHANG);
                if (w)
                        finish(w, &si);
                else
                        reaped = true;
        }
        if (reaped)
                kill_orphans(s);
        return 0;
}

int supervisor_new(sd_event *event, Journal *journal, Supervisor **ret) {
        Supervisor *s = calloc(1, sizeof(*s));
        sigset_t mask;
        int r;

        if (!s)
                return -ENOMEM;
        s->event = event;
        s->journal = journal;
        s->buffer = aligned_alloc(64, PROTOCOL_MAX);
        sigemptyset(&mask);
        sigaddset(&mask, SIGCHLD);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        r = !s->buffer || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0
                    ? -ENOMEM
                    : sd_event_add_signal(event, &s->sigchld_source, SIGCHLD, on_sigchld, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->sigchld_source, PRIORITY_CHILD);
        if (r < 0) {
                supervisor_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

/* Generation after generation, until there is no child left; but a corpse that cannot end is not waited for.
 */
static void end_children(Supervisor *s) {
        const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
        usec_t until = now_monotonic() + END_WITHIN;
        pid_t pid;

        for (Worker *w = s->workers; w; w = w->next)
                if (w->pid > 0)
                        kill(w->pid, SIGKILL);
        do {
                kill_orphans(s);
                while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
                        ;
                if (pid < 0)
                        return;
                nanosleep(&pause, NULL);
        } while (now_monotonic() < until);
}

Supervisor *supervisor_free(Supervisor *s) {
        if (!s)
                return NULL;
        end_children(s);
        while (s->workers)
                worker_free(s->workers);
        sd_event_source_disable_unref(s->sigchld_source);
        free(s->buffer);
        free(s);
        return NULL;
}

size_t supervisor_workers(const Supervisor *s) {
        return s->n_workers;
}

size_t supervisor_unkillable(const Supervisor *s) {
        return s->unkillable;
}

size_t supervisor_unkillable_of(const Supervisor *s, const char *device) {
        size_t n = 0;

        for (const Worker *w = s->workers; w; w = w->next)
                if (w->counted_unkillable && w->device && streq(w->device, device))
                        n++;
        return n;
}

/* Of one device even those count that were killed a moment ago: the next may be due before they are known to
 * be unkillable. */
bool supervisor_may_start(const Supervisor *s, const char *device) {
        size_t n = 0;

        for (const Worker *w = s->workers; w; w = w->next)
                if (w->killed && w->device && streq(w->device, device))
                        n++;
        return n < CORPSES_OF_DEVICE_MAX && s->unkillable < CORPSES_MAX;
}

void supervisor_extend(Supervisor *s, usec_t lateness) {
        for (Worker *w = s->workers; w; w = w->next) {
                uint64_t at;

                if (w->kill_source && !w->killed && sd_event_source_get_time(w->kill_source, &at) >= 0)
                        sd_event_source_set_time(w->kill_source, at + lateness);
        }
}

static int watch(Worker *w) {
        sd_event *e = w->supervisor->event;
        int r = sd_event_add_io(e, &w->socket_source, w->socket, EPOLLIN, on_socket, w);

        if (r >= 0)
                r = sd_event_source_set_priority(w->socket_source, PRIORITY_EVIDENCE);
        if (r >= 0)
                r = sd_event_source_set_ratelimit(w->socket_source, FLOOD_WINDOW, FLOOD_MESSAGES);
        if (r >= 0)
                r = sd_event_add_io(e, &w->pidfd_source, w->pidfd, EPOLLIN, on_pidfd, w);
        if (r >= 0)
                r = sd_event_source_set_priority(w->pidfd_source, PRIORITY_CHILD);
        if (r >= 0)
                r = sd_event_add_io(e, &w->output_source, w->output, EPOLLIN, on_output, w);
        if (r >= 0)
                r = sd_event_source_set_ratelimit(w->output_source, FLOOD_WINDOW, FLOOD_READS);
        return r;
}

int worker_start(Supervisor *s, const WorkerSpec *spec, const WorkerOps *ops, void *userdata, Worker **ret) {
        Worker *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        *w = (Worker){
                .supervisor = s, .ops = *ops, .userdata = userdata, .pidfd = -1, .socket = -1, .output = -1};
        w->name = strdup(spec->name);
        w->device = spec->device ? strdup(spec->device) : NULL;
        r = !w->name || (spec->device && !w->device)
                    ? -ENOMEM
                    : worker_exec(spec, &w->pid, &w->pidfd, &w->socket, &w->output);
        if (r >= 0) {
                w->next = s->workers;
                s->workers = w;
                s->n_workers++;
                r = watch(w);
                if (r < 0) {
                        kill(w->pid, SIGKILL);
                        waitpid(w->pid, NULL, 0);
                }
        }
        if (r < 0) {
                worker_free(w);
                return r;
        }
        *ret = w;
        return 0;
}

int worker_send(Worker *w, const MessageHead *message, int fd) {
        return protocol_send(w->socket, message, fd);
}

void worker_want_room(Worker *w) {
        sd_event_source_set_io_events(w->socket_source, EPOLLIN | EPOLLOUT);
}

pid_t worker_pid(const Worker *w) {
        return w->pid;
}

void worker_hand_over(Worker *w, const WorkerOps *ops, void *userdata) {
        w->ops = *ops;
        w->userdata = userdata;
}

/* The grace ran out, or a killed process is still there. */
static int on_kill_timer(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *userdata) {
        Worker *w = userdata;

        if (!w->killed) {
                worker_kill(w, w->forgotten);
        } else if (!w->counted_unkillable) {
                w->counted_unkillable = true;
                w->supervisor->unkillable++;
                log_event(w->supervisor->journal, &(LogEvent){.priority = LOG_ERR, .device = w->device},
                        "%s: process %d does not end after SIGKILL; it is left alone", w->name, (int) w->pid);
        }
        return 0;
}

static void set_kill_timer(Worker *w, usec_t delay) {
        usec_t at = now_monotonic() + delay;

        if (w->kill_source) {
                sd_event_source_set_time(w->kill_source, at);
                sd_event_source_set_enabled(w->kill_source, SD_EVENT_ONESHOT);
                return;
        }
        sd_event_add_time(
                w->supervisor->event, &w->kill_source, CLOCK_MONOTONIC, at, USEC_PER_MSEC, on_kill_timer, w);
}

/* What it still says is nobody's business, and must not hold the loop until it has ended. */
static void forget_worker(Worker *w) {
        w->forgotten = true;
        sd_event_source_set_enabled(w->socket_source, SD_EVENT_OFF);
}

void worker_close(Worker *w, usec_t grace, bool forget) {
        MsgPlain m = MESSAGE(MsgPlain, MSG_CLOSE);

        if (forget)
                forget_worker(w);
        if (w->closing || w->killed)
                return;
        w->closing = true;
        if (worker_send(w, &m.head, -1) < 0)
                worker_kill(w, forget);
        else
                set_kill_timer(w, grace);
}

void worker_kill(Worker *w, bool forget) {
        if (forget)
                forget_worker(w);
        if (w->killed)
                return;
        w->killed = true;
        syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
        set_kill_timer(w, UNKILLABLE_AFTER);
}
