/* A hostile machine: waits on 127.0.0.1:PORT for one datagram, says "flooding", and then sends its sender as
 * many worthless ones as the kernel takes, until it is killed.
 *
 *   poll-flood PORT */

#include <arpa/inet.h>
#include <sys/socket.h>

#include "macro.h"

#define BATCH 256

int main(int argc, char **argv) {
        CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, peer;
        socklen_t peer_size = sizeof(peer);
        struct mmsghdr batch[BATCH] = {0};
        char junk[64];
        struct iovec one = {.iov_base = junk, .iov_len = sizeof(junk)};

        if (argc != 2 || fd < 0)
                return EXIT_FAILURE;
        memset(junk, '0', sizeof(junk)); /* 0x30: begins like a message */
        own.sin_port = htons((uint16_t) strtoul(argv[1], NULL, 10));
        if (bind(fd, (const struct sockaddr *) &own, sizeof(own)) < 0)
                return EXIT_FAILURE;
        if (recvfrom(fd, junk, 0, 0, (struct sockaddr *) &peer, &peer_size) < 0 ||
                connect(fd, (const struct sockaddr *) &peer, peer_size) < 0)
                return EXIT_FAILURE;
        for (size_t i = 0; i < BATCH; i++)
                batch[i].msg_hdr = (struct msghdr){.msg_iov = &one, .msg_iovlen = 1};
        puts("flooding");
        fflush(stdout);
        for (;;)
                (void) sendmmsg(fd, batch, BATCH, 0);
}
