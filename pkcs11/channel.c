#include "channel.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

static sigset_t sigterm(void) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        return set;
}

void channel_begin_work(Channel *channel) {
        sigset_t set = sigterm();

        (void) channel;
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void channel_end_work(Channel *channel) {
        sigset_t set = sigterm();

        (void) channel;
        pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static uint64_t inode_of(int fd) {
        struct stat st;

        return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

/* Nothing of ours goes to what a module opened in the socket's place: that may be its machine. */
static int check_ours(const Channel *channel) {
        if (inode_of(channel->fd) == channel->inode)
                return 0;
        fprintf(stderr, "hsmd-probe: the module closed descriptor %d, the socket to hsmd\n", channel->fd);
        return -EBADF;
}

int channel_open(int fd, Channel *ret) {
        Channel channel = {.fd = fd, .inode = inode_of(fd), .signal_fd = -1};
        sigset_t set = sigterm();

        if (channel.inode == 0)
                return -EBADF;
        channel.buffer = aligned_alloc(64, PROTOCOL_MAX);
        if (!channel.buffer)
                return -ENOMEM;
        channel.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (channel.signal_fd < 0) {
                free(channel.buffer);
                return -errno;
        }
        channel_end_work(&channel);
        *ret = channel;
        return 0;
}

void channel_close(Channel *channel) {
        closep(&channel->signal_fd);
        free(channel->buffer);
        *channel = (Channel){.fd = -1, .signal_fd = -1};
}

int channel_send(Channel *channel, const MessageHead *message) {
        struct pollfd room = {.fd = channel->fd, .events = POLLOUT};
        int r = check_ours(channel);

        if (r < 0)
                return r;
        while ((r = protocol_send(channel->fd, message, -1)) == -EAGAIN)
                if (poll(&room, 1, -1) < 0 && errno != EINTR)
                        return -errno;
        return r;
}

/* 1 when a message waits, 0 when the probe is to end. */
static int wait_for_message(const Channel *channel) {
        struct pollfd fds[] = {
                {.fd = channel->fd, .events = POLLIN},
                {.fd = channel->signal_fd, .events = POLLIN},
        };
        struct signalfd_siginfo signal;
        int r = check_ours(channel);

        if (r < 0)
                return r;
        while (poll(fds, ELEMENTSOF(fds), -1) < 0)
                if (errno != EINTR)
                        return -errno;
        /* taken, so that only another SIGTERM ends a close that hangs */
        return read(channel->signal_fd, &signal, sizeof(signal)) < 0 ? 1 : 0;
}

static int answer_ping(Channel *channel) {
        MsgPlain pong = MESSAGE(MsgPlain, MSG_PONG);

        pong.sequence = ((const MsgPlain *) channel->buffer)->sequence;
        return channel_send(channel, &pong.head);
}

int channel_next(Channel *channel, int *ret_fd) {
        int r;

        do {
                r = wait_for_message(channel);
                if (r <= 0)
                        break;
                r = protocol_receive(channel->fd, channel->buffer, ret_fd);
                if (r == MSG_PING) {
                        closep(ret_fd);
                        r = answer_ping(channel);
                        if (r == 0)
                                r = MSG_PING;
                }
        } while (r == MSG_PING || r == -EAGAIN);
        return r == MSG_CLOSE ? 0 : r;
}
