#include "link-kernel.h"

#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* one datagram of a dump; the kernel's own limit is 32 KiB */
#define DATAGRAM_MAX (32 * 1024)

struct LinkKernel {
        int fd;
        sd_event_source *source;
        const LinkKernelOps *ops;
        void *userdata;
        uint32_t list_sequence, sequence;
        char buffer[DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static size_t address_size(int family) {
        return family == AF_INET ? sizeof(struct in_addr) : family == AF_INET6 ? sizeof(struct in6_addr) : 0;
}

static int send_request(const LinkKernel *k, const void *request, size_t size) {
        const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

        return sendto(k->fd, request, size, MSG_DONTWAIT, (const struct sockaddr *) &kernel, sizeof(kernel)) <
                               0
                       ? -errno
                       : 0;
}

static int ask_list(LinkKernel *k) {
        struct {
                struct nlmsghdr head;
                struct ifinfomsg link;
        } request = {.head = {.nlmsg_len = sizeof(request),
                             .nlmsg_type = RTM_GETLINK,
                             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                             .nlmsg_seq = ++k->sequence}};

        k->list_sequence = k->sequence;
        return send_request(k, &request, sizeof(request));
}

void link_kernel_neighbour(LinkKernel *k, unsigned interface, int family, const void *address) {
        struct {
                struct nlmsghdr head;
                struct ndmsg neighbour;
                struct rtattr attribute;
                uint8_t address[sizeof(struct in6_addr)];
        } request = {.head = {.nlmsg_type = RTM_GETNEIGH,
                             .nlmsg_flags = NLM_F_REQUEST,
                             .nlmsg_seq = ++k->sequence},
                .neighbour = {.ndm_family = (uint8_t) family, .ndm_ifindex = (int) interface},
                .attribute = {.rta_type = NDA_DST}};
        size_t size = address_size(family);

        request.attribute.rta_len = (unsigned short) RTA_LENGTH(size);
        memcpy(request.address, address, size);
        request.head.nlmsg_len =
                (uint32_t) (sizeof(request.head) + sizeof(request.neighbour) + RTA_SPACE(size));
        (void) send_request(k, &request, request.head.nlmsg_len);
}

static const void *attribute(const struct rtattr *first, int size, unsigned short type, size_t *ret_size) {
        for (const struct rtattr *a = first; RTA_OK(a, size); a = RTA_NEXT(a, size))
                if (a->rta_type == type) {
                        *ret_size = RTA_PAYLOAD(a);
                        return RTA_DATA(a);
                }
        return NULL;
}

static void take_link(LinkKernel *k, const struct nlmsghdr *m) {
        const struct ifinfomsg *link = NLMSG_DATA(m);
        const unsigned up = IFF_UP | IFF_LOWER_UP;
        char name[IFNAMSIZ] = "";
        size_t size = 0;
        const void *text;

        if (m->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
                return;
        text = attribute(IFLA_RTA(link), (int) IFLA_PAYLOAD(m), IFLA_IFNAME, &size);
        if (!text || size == 0)
                return;
        memcpy(name, text, MIN_OF(size, sizeof(name) - 1));
        if (m->nlmsg_type == RTM_DELLINK)
                k->ops->removed(name, k->userdata);
        else
                k->ops->interface(
                        name, (unsigned) link->ifi_index, (link->ifi_flags & up) == up, k->userdata);
}

/* known: else the message is our own question, which comes back with an error. */
static void take_neighbour(LinkKernel *k, const struct nlmsghdr *m, bool known) {
        const struct ndmsg *n = NLMSG_DATA(m);
        size_t size = 0;
        const void *address;
        unsigned state;

        if (m->nlmsg_len < NLMSG_LENGTH(sizeof(*n)))
                return;
        address =
                attribute((const struct rtattr *) (const void *) ((const char *) n + NLMSG_ALIGN(sizeof(*n))),
                        (int) NLMSG_PAYLOAD(m, sizeof(*n)), NDA_DST, &size);
        if (!address || size == 0 || size != address_size(n->ndm_family))
                return;
        state = known ? n->ndm_state : NUD_NONE;
        k->ops->neighbour(
                (unsigned) n->ndm_ifindex, n->ndm_family, address, state, m->nlmsg_seq != 0, k->userdata);
}

static void take_error(LinkKernel *k, const struct nlmsghdr *m) {
        const struct nlmsgerr *e = NLMSG_DATA(m);

        if (m->nlmsg_len >= NLMSG_LENGTH(sizeof(*e)) && e->msg.nlmsg_type == RTM_GETNEIGH &&
                e->msg.nlmsg_len <= NLMSG_PAYLOAD(m, sizeof(e->error)))
                take_neighbour(k, &e->msg, false);
}

static void take_message(LinkKernel *k, const struct nlmsghdr *m) {
        switch (m->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
                take_link(k, m);
                break;
        case RTM_NEWNEIGH:
        case RTM_DELNEIGH:
                take_neighbour(k, m, m->nlmsg_type == RTM_NEWNEIGH);
                break;
        case NLMSG_ERROR:
                take_error(k, m);
                break;
        case NLMSG_DONE:
                if (m->nlmsg_seq == k->list_sequence)
                        k->ops->listed(k->userdata);
                break;
        default:
                break;
        }
}

static int on_readable(sd_event_source *source UNUSED, int fd, uint32_t revents UNUSED, void *userdata) {
        LinkKernel *k = userdata;
        struct sockaddr_nl from = {0};
        socklen_t from_size = sizeof(from);
        ssize_t n = recvfrom(fd, k->buffer, sizeof(k->buffer), 0, (struct sockaddr *) &from, &from_size);
        unsigned left;

        /* news were lost: everything is asked anew */
        if (n < 0 && errno == ENOBUFS)
                (void) ask_list(k);
        if (n < 0 || from.nl_pid != 0) /* anybody may write to a netlink socket; only the kernel counts */
                return 0;
        left = (unsigned) n;
        for (const struct nlmsghdr *m = (const void *) k->buffer; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left))
                take_message(k, m);
        return 0;
}

static void kernelp(LinkKernel **k) {
        link_kernel_free(*k);
}

int link_kernel_new(sd_event *event, const LinkKernelOps *ops, void *userdata, LinkKernel **ret) {
        const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_NEIGH};
        CLEANUP(kernelp) LinkKernel *k = calloc(1, sizeof(*k));
        int r;

        if (!k)
                return -ENOMEM;
        k->ops = ops;
        k->userdata = userdata;
        k->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (k->fd < 0 || bind(k->fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        r = sd_event_add_io(event, &k->source, k->fd, EPOLLIN, on_readable, k);
        if (r >= 0)
                r = ask_list(k);
        if (r < 0)
                return r;
        *ret = k;
        k = NULL;
        return 0;
}

LinkKernel *link_kernel_free(LinkKernel *k) {
        if (!k)
                return NULL;
        sd_event_source_disable_unref(k->source);
        closep(&k->fd);
        free(k);
        return NULL;
}
