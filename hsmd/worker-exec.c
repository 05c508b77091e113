#include "worker-exec.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

typedef struct ExecPlan {
        const WorkerSpec *spec;
        int socket, output, null; /* the child's ends */
        pid_t parent;
} ExecPlan;

/* sd-event's blocked signals survive exec and would make a worker deaf to SIGTERM. */
static void reset_signals(void) {
        sigset_t none;

        for (int s = 1; s < NSIG; s++)
                signal(s, SIG_DFL); /* fails for SIGKILL and SIGSTOP, and may */
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. Descriptors are first moved out of the way of the numbers that they shall have. */
static int take_descriptors(const ExecPlan *plan) {
        int socket = fcntl(plan->socket, F_DUPFD, 20), output = fcntl(plan->output, F_DUPFD, 20);
        int null = fcntl(plan->null, F_DUPFD, 20);

        if (socket < 0 || output < 0 || null < 0)
                return -errno;
        if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || dup2(socket, WORKER_FD) < 0)
                return -errno;
        return syscall(SYS_close_range, WORKER_FD + 1, ~0U, 0) < 0 ? -errno : 0;
}

bool worker_can_bind(void) {
        struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

        return syscall(SYS_capget, &head, data) == 0 &&
               (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN));
}

/* What could not be done in the child, and to which path. */
typedef struct Failure {
        const char *what, *path;
} Failure;

/* In the child: mounts that nobody else sees. */
static int bind_files(const WorkerSpec *spec, Failure *ret_failure) {
        const unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;

        if (spec->n_binds == 0)
                return 0;
        *ret_failure =
                (Failure){.what = "no mount namespace can be made for ", .path = spec->binds[0].target};
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        for (size_t i = 0; i < spec->n_binds; i++) {
                const WorkerBind *b = &spec->binds[i];

                *ret_failure = (Failure){
                        .what = "create an empty file for ours to stand in its place: ", .path = b->target};
                if (access(b->target, F_OK) < 0)
                        return -errno;
                *ret_failure = (Failure){.what = "it cannot be put in another's place: ", .path = b->source};
                if (mount(b->source, b->target, NULL, MS_BIND, NULL) < 0 ||
                        mount(NULL, b->target, NULL, flags, NULL) < 0)
                        return -errno;
        }
        return 0;
}

/* What went wrong goes to the worker's output, which hsmd logs: waiting for the exec would make a slow disk
 * ours. */
static void tell(const Failure *failure, int error) {
        char number[] = ": error 000\n";
        const char *text[] = {failure->what, failure->path, number};
        size_t end = strlen(number) - 2;

        for (int e = error; e > 0 && number[end] != ' '; e /= 10)
                number[end--] = (char) ('0' + e % 10);
        for (size_t i = 0; i < ELEMENTSOF(text); i++)
                if (write(2, text[i], strlen(text[i])) < 0)
                        _exit(126);
}

__attribute__((noreturn)) static void child(const ExecPlan *plan) {
        const WorkerSpec *spec = plan->spec;
        Failure failure = {.what = "descriptors cannot be set up for ", .path = spec->program};
        int r;

        reset_signals();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != plan->parent)
                _exit(1);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        r = take_descriptors(plan);
        if (r == 0)
                r = bind_files(spec, &failure);
        if (r == 0 && spec->cwd && chdir(spec->cwd) < 0) {
                failure = (Failure){.what = "the working directory cannot be entered: ", .path = spec->cwd};
                r = -errno;
        }
        if (r == 0) {
                failure = (Failure){.what = "the program cannot be executed: ", .path = spec->program};
                /* what lets hsmd mount is not the worker's */
                prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
                execve(spec->program, (char *const *) (uintptr_t) spec->argv, spec->environment);
                r = -errno;
        }
        tell(&failure, -r);
        _exit(127);
}

int worker_exec(const WorkerSpec *spec, pid_t *ret_pid, int *ret_pidfd, int *ret_socket, int *ret_output) {
        int sockets[2] = {-1, -1}, output[2] = {-1, -1};
        CLEANUP_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        ExecPlan plan;
        pid_t pid = -1;
        int pidfd = -1, r = null < 0 ? -errno : 0;

        if (r == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
                r = -errno;
        if (r == 0 && pipe2(output, O_CLOEXEC) < 0)
                r = -errno;
        if (r == 0) {
                plan = (ExecPlan){.spec = spec,
                        .socket = sockets[1],
                        .output = output[1],
                        .null = null,
                        .parent = getpid()};
                pid = fork();
                if (pid == 0)
                        child(&plan);
                r = pid < 0 ? -errno : 0;
        }
        closep(&sockets[1]);
        closep(&output[1]);
        if (r == 0) {
                pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
                if (pidfd < 0) {
                        r = -errno;
                        kill(pid, SIGKILL);
                        waitpid(pid, NULL, 0);
                }
        }
        if (r < 0) {
                closep(&sockets[0]);
                closep(&output[0]);
                return r;
        }
        fcntl(sockets[0], F_SETFL, fcntl(sockets[0], F_GETFL) | O_NONBLOCK);
        fcntl(output[0], F_SETFL, fcntl(output[0], F_GETFL) | O_NONBLOCK);
        fcntl(pidfd, F_SETFD, FD_CLOEXEC);
        *ret_pid = pid;
        *ret_pidfd = pidfd;
        *ret_socket = sockets[0];
        *ret_output = output[0];
        return 0;
}
