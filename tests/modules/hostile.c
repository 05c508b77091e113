/* hostile.so: a PKCS#11 module that tries what none should be able to do. hostile_try, and C_Initialize
 * before it fails, write a line for each attempt into the file hostile.log of the working directory: its name
 * and "done" or the error.
 *
 *   HOSTILE_FILES  files to read, each with a ':' before it
 *   HOSTILE_PID    a process to read, trace and signal; else the parent */

#include <errno.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static FILE *report;

static void tell(const char *what, int ok) {
        fprintf(report, "%s %s\n", what, ok ? "done" : strerror(errno));
}

static int reads(const char *path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char octet;
        int ok = fd >= 0 && read(fd, &octet, 1) >= 0;

        if (fd >= 0)
                close(fd);
        return ok;
}

static void try_files(void) {
        const char *files = getenv("HOSTILE_FILES");
        char *copy = files ? strdup(files) : NULL, *save = NULL;

        for (char *path = copy ? strtok_r(copy, ":", &save) : NULL; path; path = strtok_r(NULL, ":", &save))
                tell(strrchr(path, '/') + 1, reads(path));
        free(copy);
}

static void try_process(pid_t pid) {
        char octets[8], path[64];
        struct iovec mine = {octets, sizeof(octets)}, its = {(void *) &environ, sizeof(octets)};
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/mem", pid);
        tell("mem", open(path, O_RDONLY | O_CLOEXEC) >= 0);
        snprintf(path, sizeof(path), "/proc/%d/environ", pid);
        tell("environ", reads(path));
        n = process_vm_readv(pid, &mine, 1, &its, 1, 0);
        tell("process_vm_readv", n >= 0 || errno == EFAULT);
        tell("kill", kill(pid, 0) == 0);
        tell("kill_group", kill(0, 0) == 0);
        if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
                tell("ptrace", 1);
                ptrace(PTRACE_DETACH, pid, 0, 0);
        } else {
                tell("ptrace", 0);
        }
}

EXPORT int hostile_try(void);
EXPORT int hostile_try(void) {
        const char *pid = getenv("HOSTILE_PID");

        report = fopen("hostile.new", "we");
        if (!report)
                return -1;
        try_files();
        try_process(pid ? atoi(pid) : getppid());
        tell("unshare", unshare(CLONE_NEWNS) == 0);
        tell("raise", kill(getpid(), 0) == 0); /* what it may */
        fclose(report);
        return rename("hostile.new", "hostile.log");
}

static CK_RV initialize(void *args) {
        (void) args;
        hostile_try();
        return CKR_DEVICE_ERROR;
}

static CK_RV finalize(void *reserved) {
        (void) reserved;
        return CKR_OK;
}

static CK_FUNCTION_LIST list = {.version = {2, 40}, .C_Initialize = initialize, .C_Finalize = finalize};

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret) {
        *ret = &list;
        return CKR_OK;
}
