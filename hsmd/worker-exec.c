#include "worker-exec.h"

#include <fcntl.h>
#include <signal.h>
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

/* What went wrong goes to the worker's output, which hsmd logs: waiting for the exec would make a slow disk
 * ours. */
static void tell(const char *what, int error) {
        char text[] = ": error 000\n";
        size_t end = strlen(text) - 2;

        for (int e = error; e > 0 && text[end] != ' '; e /= 10)
                text[end--] = (char) ('0' + e % 10);
        if (write(2, what, strlen(what)) < 0 || write(2, text, strlen(text)) < 0)
                _exit(126);
}

__attribute__((noreturn)) static void child(const ExecPlan *plan) {
        const char *failed = "descriptors cannot be set up";
        int r;

        reset_signals();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != plan->parent)
                _exit(1);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        r = take_descriptors(plan);
        if (r == 0 && plan->spec->cwd && chdir(plan->spec->cwd) < 0) {
                failed = "the working directory cannot be entered";
                r = -errno;
        }
        if (r == 0) {
                failed = "the program cannot be executed";
                execve(plan->spec->program, (char *const *) (uintptr_t) plan->spec->argv,
                        plan->spec->environment);
                r = -errno;
        }
        tell(failed, -r);
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
