#include "keeper.h"

#include <limits.h>

#include "lateness.h"

#define PONG_WITHIN (5 * USEC_PER_SEC)
#define RESTART_PAUSE (500 * USEC_PER_MSEC)
#define RETRY_PAUSE (2 * USEC_PER_SEC)
#define STOP_EXCUSED (2 * USEC_PER_SEC)

struct Keeper {
        Manager *manager;
        const char *verb;
        KeeperOps ops;
        void *userdata;
        Worker *worker;
        bool said_hello;
        usec_t last_pong, stopped_at;
        uint64_t pings, restarts;
        sd_event_source *start_source;
};

static const WorkerOps keeper_worker_ops;

static int start(Keeper *k) {
        /* libnetsnmp would read every MIB and configuration file that it finds */
        static const char *const environment[] = {
                "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "MIBS=", "MIBDIRS=", "SNMPCONFPATH=", NULL};
        const char *argv[] = {"hsmd-snmp", k->verb, NULL};
        char program[PATH_MAX], name[32];
        WorkerSpec spec = {.name = name,
                .program = program,
                .argv = argv,
                .environment = (char *const *) (uintptr_t) environment,
                .cwd = "/"};

        snprintf(program, sizeof(program), "%s/hsmd-snmp", k->manager->options.libexec);
        snprintf(name, sizeof(name), "snmp %s", k->verb);
        k->said_hello = false;
        k->stopped_at = 0;
        k->last_pong = now_monotonic();
        return worker_start(k->manager->supervisor, &spec, &keeper_worker_ops, k, &k->worker);
}

/* Too many processes or descriptors now need not be so the next time. */
static int on_start(sd_event_source *source, uint64_t usec UNUSED, void *userdata) {
        Keeper *k = userdata;
        int r = start(k);

        if (r >= 0)
                return 0;
        log_event(k->manager->journal, &(LogEvent){.priority = LOG_ERR},
                "hsmd-snmp %s cannot be started: %s; it is tried again", k->verb, strerror(-r));
        sd_event_source_set_time(source, now_monotonic() + RETRY_PAUSE);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void start_at(Keeper *k, usec_t at) {
        k->worker = NULL;
        k->ops.gone(k->userdata);
        sd_event_source_set_time(k->start_source, at);
        sd_event_source_set_enabled(k->start_source, SD_EVENT_ONESHOT);
}

static void replace(Keeper *k, const char *why, usec_t now) {
        k->restarts++;
        log_event(k->manager->journal,
                &(LogEvent){.priority = LOG_WARNING, .message_id = MESSAGE_WORKER_REPLACED},
                "hsmd-snmp %s %s; it is replaced", k->verb, why);
        if (k->worker)
                worker_kill(k->worker, true);
        start_at(k, now + RESTART_PAUSE);
        fleet_publish(k->manager); /* the count of restarts */
}

void keeper_renew(Keeper *k) {
        if (k->worker)
                worker_close(k->worker, RESTART_PAUSE, true);
        start_at(k, now_monotonic() + RESTART_PAUSE);
}

static void on_message(Worker *w UNUSED, int type, const void *message, int fd, void *userdata) {
        Keeper *k = userdata;

        closep(&fd);
        switch (type) {
        case MSG_HELLO:
                k->said_hello = true;
                k->last_pong = now_monotonic();
                k->ops.hello(k->userdata);
                break;
        case MSG_PONG:
                k->last_pong = now_monotonic();
                break;
        case 0:
                break;
        default:
                if (type < 0)
                        replace(k, "sent a message that is none", now_monotonic());
                else
                        k->ops.message(type, message, k->userdata);
        }
}

static void on_ended(Worker *w UNUSED, const WorkerEnd *end, void *userdata) {
        Keeper *k = userdata;
        char why[64];

        k->worker = NULL;
        snprintf(why, sizeof(why),
                end->code == CLD_EXITED ? "exited with status %d" : "was ended by signal %d", end->status);
        replace(k, why, end->when);
}

static void on_stopped(Worker *w UNUSED, bool stopped, void *userdata) {
        Keeper *k = userdata;
        usec_t now = now_monotonic();

        k->stopped_at = 0;
        if (stopped && lateness_recent(k->manager->lateness, now))
                k->stopped_at = now;
        else if (stopped)
                replace(k, "was stopped", now);
}

static void on_room(Worker *w UNUSED, void *userdata) {
        Keeper *k = userdata;

        k->ops.room(k->userdata);
}

static const WorkerOps keeper_worker_ops = {
        .message = on_message, .ended = on_ended, .stopped = on_stopped, .room = on_room};

int keeper_new(Manager *manager, const char *verb, const KeeperOps *ops, void *userdata, Keeper **ret) {
        Keeper *k = calloc(1, sizeof(*k));
        int r;

        if (!k)
                return -ENOMEM;
        *k = (Keeper){.manager = manager, .verb = verb, .ops = *ops, .userdata = userdata};
        r = sd_event_add_time(manager->event, &k->start_source, CLOCK_MONOTONIC, now_monotonic(),
                USEC_PER_MSEC, on_start, k);
        if (r < 0) {
                keeper_free(k);
                return r;
        }
        *ret = k;
        return 0;
}

Keeper *keeper_free(Keeper *k) {
        if (!k)
                return NULL;
        if (k->worker)
                worker_kill(k->worker, true);
        sd_event_source_disable_unref(k->start_source);
        free(k);
        return NULL;
}

void keeper_close(Keeper *k, usec_t grace) {
        sd_event_source_set_enabled(k->start_source, SD_EVENT_OFF);
        if (k->worker)
                worker_close(k->worker, grace, true);
        k->worker = NULL;
}

int keeper_send(Keeper *k, const MessageHead *message, int fd) {
        int r = k->worker && k->said_hello ? worker_send(k->worker, message, fd) : -ENOTCONN;

        if (r == -EAGAIN)
                worker_want_room(k->worker);
        return r;
}

void keeper_tick(Keeper *k, usec_t now) {
        MsgPlain ping = MESSAGE(MsgPlain, MSG_PING);

        if (!k->worker)
                return;
        ping.sequence = ++k->pings;
        worker_send(k->worker, &ping.head, -1); /* if it does not read, it does not answer either */
        if (k->stopped_at != 0 && now - k->stopped_at > STOP_EXCUSED)
                replace(k, "stayed stopped after hsmd itself had not run", now);
        else if (now > k->last_pong && now - k->last_pong > PONG_WITHIN)
                replace(k, "does not answer", now);
}

void keeper_extend(Keeper *k, usec_t lateness) {
        k->last_pong += lateness;
}

uint64_t keeper_restarts(const Keeper *k) {
        return k->restarts;
}
