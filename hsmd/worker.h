#ifndef HSMD_WORKER_H
#define HSMD_WORKER_H
/* The supervisor of workers: starts them by fork and exec, passes messages, and ends them with everything
 * that they started. It knows nothing of what a worker does.
 *
 * Death is learnt from the process itself (pidfd), never from the end of its socket: a vendor's forked child
 * keeps the socket open. Each worker is a child subreaper and so is hsmd: whatever a dead worker leaves
 * behind becomes hsmd's child, and every child of hsmd that is no worker is killed. */

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "journal.h"
#include "protocol.h"

/* Priorities on the loop: lateness is seen first, then evidence, then ends of workers, then deadlines. */
enum {
        PRIORITY_TICK = SD_EVENT_PRIORITY_IMPORTANT - 20,
        PRIORITY_EVIDENCE = SD_EVENT_PRIORITY_IMPORTANT - 10,
        PRIORITY_CHILD = SD_EVENT_PRIORITY_IMPORTANT,
        PRIORITY_DEADLINE = SD_EVENT_PRIORITY_NORMAL,
};

typedef struct Supervisor Supervisor;
typedef struct Worker Worker;

/* A file put in the place of another, in the worker's own mount namespace, read-only. */
typedef struct WorkerBind {
        const char *source, *target; /* absolute; both must be there */
} WorkerBind;

/* Whether this hsmd may give workers mount namespaces (CAP_SYS_ADMIN): the shipped unit may not, the drop-in
 * allow-files.conf lets it. */
bool worker_can_bind(void);

typedef struct WorkerSpec {
        const char *name;        /* for the log: "probe bureau-3" */
        const char *device;      /* HSM_DEVICE of its log lines, or NULL */
        const char *program;     /* absolute path */
        const char *const *argv; /* NULL-terminated */
        char *const *environment;
        const char *cwd; /* or NULL */
        const WorkerBind *binds;
        size_t n_binds;
} WorkerSpec;

/* How a worker ended. */
typedef struct WorkerEnd {
        bool killed_by_us; /* after worker_kill, or after the grace of worker_close ran out */
        bool closing;      /* we had asked it to close */
        int code, status;  /* of siginfo_t: CLD_EXITED, CLD_KILLED, CLD_DUMPED */
        usec_t when;
} WorkerEnd;

typedef struct WorkerOps {
        /* A message came; type is 0 at the end of its stream (no reason to believe that it died), or a
         * negative errno for a message that is none. fd is the callee's to close, or -1. */
        void (*message)(Worker *worker, int type, const void *message, int fd, void *userdata);
        /* It is gone; the worker is freed after this returns. */
        void (*ended)(Worker *worker, const WorkerEnd *end, void *userdata);
        /* It was stopped (SIGSTOP) or continued. May be NULL. */
        void (*stopped)(Worker *worker, bool stopped, void *userdata);
        /* There is room for messages again, after worker_want_room. May be NULL. */
        void (*room)(Worker *worker, void *userdata);
} WorkerOps;

int supervisor_new(sd_event *event, Journal *journal, Supervisor **ret);
/* Kills what is left. */
Supervisor *supervisor_free(Supervisor *supervisor);

size_t supervisor_workers(const Supervisor *supervisor);
/* Processes that did not end within a second of SIGKILL (state D). */
size_t supervisor_unkillable(const Supervisor *supervisor);
size_t supervisor_unkillable_of(const Supervisor *supervisor, const char *device);
/* False while so many of that device's processes, or of all, outlive SIGKILL that one more would make this
 * host worse: each holds memory, descriptors and a session on the machine. */
bool supervisor_may_start(const Supervisor *supervisor, const char *device);
/* hsmd did not run for that long: everything that waits for a worker waits that much longer. */
void supervisor_extend(Supervisor *supervisor, usec_t lateness);

/* Strings of the spec are copied or used before this returns. Negative errno. */
int worker_start(
        Supervisor *supervisor, const WorkerSpec *spec, const WorkerOps *ops, void *userdata, Worker **ret);
int worker_send(Worker *worker, const MessageHead *message, int fd);
void worker_want_room(Worker *worker);
pid_t worker_pid(const Worker *worker);
/* Another owner hears of it from now on. */
void worker_hand_over(Worker *worker, const WorkerOps *ops, void *userdata);

/* Asks it to close and kills it if it has not ended within `grace`. With `forget` the owner hears no more of
 * it. */
void worker_close(Worker *worker, usec_t grace, bool forget);
void worker_kill(Worker *worker, bool forget);

#endif
