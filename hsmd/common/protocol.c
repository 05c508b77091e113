#include "protocol.h"

#include <sys/socket.h>

static const size_t message_sizes[MSG_MAX] = {
        [MSG_HELLO] = sizeof(MsgPlain),
        [MSG_PING] = sizeof(MsgPlain),
        [MSG_PONG] = sizeof(MsgPlain),
        [MSG_CLOSE] = sizeof(MsgPlain),
        [MSG_PROBE_CONFIG] = sizeof(MsgProbeConfig),
        [MSG_PROBE_CLIMB] = sizeof(MsgProbeAttempt),
        [MSG_PROBE_CHECK] = sizeof(MsgProbeAttempt),
        [MSG_PIN_WANTED] = sizeof(MsgPinWanted),
        [MSG_PIN] = sizeof(MsgPin),
        [MSG_LOGIN_DONE] = sizeof(MsgLoginDone),
        [MSG_PROBE_RESULT] = sizeof(MsgProbeResult),
        [MSG_POLL_AGENT] = sizeof(MsgPollAgent),
        [MSG_POLL_START] = sizeof(MsgPlain),
        [MSG_SAMPLE] = sizeof(MsgSample),
        [MSG_AGENT_STATE] = sizeof(MsgAgentState),
        [MSG_SERVE_CONFIG] = sizeof(MsgServeConfig),
        [MSG_SERVE_USER] = sizeof(MsgServeUser),
        [MSG_SERVE_START] = sizeof(MsgPlain),
        [MSG_SERVE_BOARD] = sizeof(MsgPlain),
        [MSG_SERVE_STATE] = sizeof(MsgServeState),
        [MSG_CONNECT] = sizeof(MsgConnect),
        [MSG_PROBE_KEY] = sizeof(MsgProbeKey),
        [MSG_MEASURE] = sizeof(MsgMeasure),
        [MSG_MEASURE_STOP] = sizeof(MsgPlain),
        [MSG_MEASURED] = sizeof(MsgMeasured),
        [MSG_POLL_ITEM] = sizeof(MsgPollItem),
        [MSG_POLL_WALK] = sizeof(MsgPollWalk),
        [MSG_POLL_FOUND] = sizeof(MsgPollFound),
        [MSG_NOTIFY_CONFIG] = sizeof(MsgNotifyConfig),
        [MSG_NOTIFY_RECEIVER] = sizeof(MsgNotifyReceiver),
        [MSG_NOTIFY_START] = sizeof(MsgPlain),
        [MSG_NOTIFY] = sizeof(MsgNotify),
        [MSG_NOTIFY_DONE] = sizeof(MsgNotifyDone),
        [MSG_NOTIFY_STATE] = sizeof(MsgNotifyState),
};

_Static_assert(
        sizeof(MsgProbeConfig) <= PROTOCOL_MAX && sizeof(MsgPollFound) <= PROTOCOL_MAX, "messages fit");

int protocol_send(int fd, const MessageHead *message, int fd_to_send) {
        struct iovec iov = {.iov_base = (void *) message, .iov_len = message->size};
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

        if (fd_to_send >= 0) {
                mh.msg_control = &control;
                mh.msg_controllen = sizeof(control);
                control.head.cmsg_level = SOL_SOCKET;
                control.head.cmsg_type = SCM_RIGHTS;
                control.head.cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(&control.head), &fd_to_send, sizeof(int));
        }
        return sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Takes the first descriptor of a control message and closes any further ones. */
static int take_descriptor(struct msghdr *mh) {
        int taken = -1;

        for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
                size_t n = c->cmsg_len > CMSG_LEN(0) ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                        continue;
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
                        if (taken < 0)
                                taken = fd;
                        else
                                close(fd);
                }
        }
        return taken;
}

int protocol_receive(int fd, void *buffer, int *ret_fd) {
        struct iovec iov = {.iov_base = buffer, .iov_len = PROTOCOL_MAX};
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct msghdr mh = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
        const MessageHead *head = buffer;
        ssize_t n;
        int received;

        do
                n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0) /* the other side ended with messages of ours unread: that is its end too */
                return errno == ECONNRESET ? 0 : -errno;
        received = take_descriptor(&mh);
        if (n == 0) { /* a message of no octets may come with a descriptor all the same */
                closep(&received);
                return 0;
        }
        if ((size_t) n < sizeof(*head) || head->type == 0 || head->type >= MSG_MAX ||
                head->size != message_sizes[head->type] || (size_t) n != head->size) {
                if (received >= 0)
                        close(received);
                return -EBADMSG;
        }
        *ret_fd = received;
        return (int) head->type;
}
