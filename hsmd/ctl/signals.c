#include "signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

int signals_open(void) {
        sigset_t set;
        int fd;

        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

bool signals_take(int fd) {
        struct signalfd_siginfo info;

        return read(fd, &info, sizeof(info)) == sizeof(info);
}

bool signals_wait(int fd, usec_t at_most) {
        struct pollfd p = {.fd = fd, .events = POLLIN};

        return poll(&p, 1, (int) (at_most / USEC_PER_MSEC)) > 0 && signals_take(fd);
}
