#ifndef HSMD_CHANNEL_H
#define HSMD_CHANNEL_H
/* The probe's end of the socket to hsmd. */

#include "protocol.h"

typedef struct Channel {
        int fd;         /* of the socket */
        uint64_t inode; /* of the socket: a module may close what is not its own and open something there */
        int signal_fd;  /* tells SIGTERM while the probe waits */
        void *buffer;   /* PROTOCOL_MAX octets: the last message; wiped after one that carried a PIN */
} Channel;

/* Negative errno. fd stays the caller's. SIGTERM is blocked from then on. */
int channel_open(int fd, Channel *ret);
void channel_close(Channel *channel);

/* Around work in which a vendor's call may hang: there SIGTERM has its default action, because nobody would
 * read it from signal_fd. Everywhere else it is learnt by channel_next, so that the session is closed in
 * order. */
void channel_begin_work(Channel *channel);
void channel_end_work(Channel *channel);

/* Sends a message, waiting for room. Negative errno; -EBADF when fd is not the socket any more. */
int channel_send(Channel *channel, const MessageHead *message);

/* Waits for the next message, which then stands in buffer, and returns its type; pings are answered here. 0
 * when the probe is to end: the stream ended, MSG_CLOSE or SIGTERM came. *ret_fd is a descriptor that came
 * with the message, the caller's to close, or -1. Negative errno. */
int channel_next(Channel *channel, int *ret_fd);

#endif
