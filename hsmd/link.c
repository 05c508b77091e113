#include "link.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "link-kernel.h"

#define DISCARD_PORT 9
#define ASK_INTERVAL (10 * USEC_PER_SEC)
#define ANSWER_TIME USEC_PER_SEC
#define UNANSWERED_MAX 2 /* of a gateway that used to answer */
#define RESOLVING_MAX 10 /* the kernel delays for 5 s, then asks three times */

typedef enum Gateway {
        GATEWAY_NONE, /* not configured, or nothing is known of it */
        GATEWAY_WELL,
        GATEWAY_GONE,
} Gateway;

typedef struct Link {
        Links *links;
        size_t index;
        char interface[IFNAMSIZ], gateway[INET6_ADDRSTRLEN]; /* gateway: "" if none is configured */
        int family;
        uint8_t address[sizeof(struct in6_addr)];
        unsigned interface_index;
        bool listed, exists, carrier;
        Gateway state;
        bool answers; /* it has answered a datagram before */
        bool asking;
        unsigned ticks; /* since it was asked */
        int fd;         /* while it is asked */
        sd_event_source *error_source, *timer;
} Link;

struct Links {
        sd_event *event;
        LinkKernel *kernel;
        LinkWitness witness;
        void *userdata;
        Link *links;
        size_t n;
};

static void arm(Link *l, usec_t delay) {
        sd_event_source_set_time(l->timer, now_monotonic() + delay);
        sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT);
}

static void report(Link *l) {
        bool gone = !l->carrier || l->state == GATEWAY_GONE;
        char why[128] = "";

        if (!l->exists)
                snprintf(why, sizeof(why), "there is no interface %s", l->interface);
        else if (!l->carrier)
                snprintf(why, sizeof(why), "%s has no carrier", l->interface);
        else if (gone)
                snprintf(why, sizeof(why), "the gateway %s behind %s is gone", l->gateway, l->interface);
        l->links->witness(l->index, gone, why, l->links->userdata);
}

static void stop_asking(Link *l) {
        l->asking = false;
        l->error_source = sd_event_source_disable_unref(l->error_source);
        closep(&l->fd);
        l->fd = -1;
        arm(l, ASK_INTERVAL);
}

/* What the question came to. */
static void settle(Link *l, Gateway state) {
        stop_asking(l);
        l->state = state;
        report(l);
}

/* --- the gateway is asked */

/* Refused: it is there. Unreachable is said by who filters as well as by a kernel that found nobody, which
 * tells by the neighbour's state too. */
static int on_error(sd_event_source *source UNUSED, int fd, uint32_t revents UNUSED, void *userdata) {
        Link *l = userdata;
        int error = 0;
        socklen_t size = sizeof(error);

        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != ECONNREFUSED)
                return 0;
        l->answers = true;
        settle(l, GATEWAY_WELL);
        return 0;
}

static int open_question(Link *l) {
        struct sockaddr_in six_not = {.sin_family = AF_INET, .sin_port = htons(DISCARD_PORT)};
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(DISCARD_PORT)};
        bool is_six = l->family == AF_INET6;
        const struct sockaddr *to = is_six ? (const void *) &six : (const void *) &six_not;
        socklen_t size = is_six ? sizeof(six) : sizeof(six_not);

        memcpy(&six_not.sin_addr, l->address, sizeof(six_not.sin_addr));
        memcpy(&six.sin6_addr, l->address, sizeof(six.sin6_addr));
        if (IN6_IS_ADDR_LINKLOCAL(&six.sin6_addr))
                six.sin6_scope_id = l->interface_index;
        l->fd = socket(l->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (l->fd < 0)
                return -errno;
        /* where the kernel does not allow it, the route decides, which is almost always the same */
        (void) setsockopt(
                l->fd, SOL_SOCKET, SO_BINDTODEVICE, l->interface, (socklen_t) strlen(l->interface) + 1);
        return connect(l->fd, to, size) < 0 ? -errno : 0;
}

static void send_question(const Link *l) {
        (void) send(l->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void begin_asking(Link *l) {
        int r;

        if (l->asking || !l->gateway[0] || !l->carrier)
                return;
        r = open_question(l);
        if (r >= 0)
                r = sd_event_add_io(l->links->event, &l->error_source, l->fd, 0, on_error, l);
        if (r < 0) { /* no route, no descriptors: that proves nothing of the gateway */
                stop_asking(l);
                return;
        }
        l->asking = true;
        l->ticks = 0;
        send_question(l);
        arm(l, ANSWER_TIME);
}

/* One that never answers datagrams is judged by the kernel alone, which is waited for while it looks. */
static int on_timer(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *userdata) {
        Link *l = userdata;

        if (!l->asking) {
                begin_asking(l);
                if (!l->asking)
                        arm(l, ASK_INTERVAL);
                return 0;
        }
        l->ticks++;
        if (l->answers && l->ticks >= UNANSWERED_MAX) {
                settle(l, GATEWAY_GONE);
        } else if (l->ticks >= RESOLVING_MAX) {
                settle(l, l->state);
        } else {
                if (l->answers)
                        send_question(l);
                else
                        link_kernel_neighbour(l->links->kernel, l->interface_index, l->family, l->address);
                arm(l, ANSWER_TIME);
        }
        return 0;
}

/* --- the kernel tells */

static void take_carrier(Link *l, bool exists, bool carrier) {
        bool news = !l->listed || l->carrier != carrier || l->exists != exists;

        l->listed = true;
        l->exists = exists;
        l->carrier = carrier;
        if (!news)
                return;
        if (l->asking)
                stop_asking(l);
        /* a cable that is back does not mean that the gateway is: it is asked before that is said */
        begin_asking(l);
        if (!l->asking)
                report(l);
}

static void on_interface(const char *name, unsigned index, bool carrier, void *userdata) {
        Links *links = userdata;

        for (size_t i = 0; i < links->n; i++)
                if (streq(links->links[i].interface, name)) {
                        links->links[i].interface_index = index;
                        take_carrier(&links->links[i], true, carrier);
                }
}

static void on_removed(const char *name, void *userdata) {
        Links *links = userdata;

        for (size_t i = 0; i < links->n; i++)
                if (streq(links->links[i].interface, name))
                        take_carrier(&links->links[i], false, false);
}

static void on_listed(void *userdata) {
        Links *links = userdata;

        for (size_t i = 0; i < links->n; i++)
                if (!links->links[i].listed)
                        take_carrier(&links->links[i], false, false);
}

/* The answer to our question is only whether to wait on; that it is reachable now is news, and then a gateway
 * that left datagrams unanswered does so out of habit. */
static void take_neighbour(Link *l, unsigned state, bool asked) {
        if (state & NUD_FAILED) {
                settle(l, GATEWAY_GONE);
        } else if (!asked && state & NUD_REACHABLE) {
                l->answers = l->answers && l->state != GATEWAY_GONE;
                settle(l, GATEWAY_WELL);
        } else if (asked && l->asking && !l->answers && !(state & (NUD_INCOMPLETE | NUD_DELAY | NUD_PROBE))) {
                settle(l, l->state);
        }
}

static void on_neighbour(
        unsigned interface, int family, const void *address, unsigned state, bool asked, void *userdata) {
        Links *links = userdata;
        size_t size = family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);

        for (size_t i = 0; i < links->n; i++) {
                Link *l = &links->links[i];

                if (l->gateway[0] && l->carrier && l->interface_index == interface && l->family == family &&
                        memcmp(l->address, address, size) == 0)
                        take_neighbour(l, state, asked);
        }
}

static const LinkKernelOps kernel_ops = {
        .interface = on_interface, .removed = on_removed, .listed = on_listed, .neighbour = on_neighbour};

/* --- made and freed */

static int link_init(Links *links, const Config *config, size_t index) {
        Link *l = &links->links[index];
        const ConfigLink *c = &config->links[index];

        l->links = links;
        l->index = index;
        l->fd = -1;
        copy_text(l->interface, sizeof(l->interface), c->interface);
        if (c->gateway) {
                copy_text(l->gateway, sizeof(l->gateway), c->gateway);
                l->family = strchr(c->gateway, ':') ? AF_INET6 : AF_INET;
                if (inet_pton(l->family, c->gateway, l->address) != 1)
                        return -EINVAL;
        }
        return sd_event_add_time(links->event, &l->timer, CLOCK_MONOTONIC, now_monotonic() + ASK_INTERVAL,
                USEC_PER_MSEC, on_timer, l);
}

static void linksp(Links **links) {
        links_free(*links);
}

int links_new(sd_event *event, const Config *config, LinkWitness witness, void *userdata, Links **ret) {
        CLEANUP(linksp) Links *links = calloc(1, sizeof(*links));
        int r = 0;

        if (!links)
                return -ENOMEM;
        links->links = calloc(config->n_links + 1, sizeof(*links->links));
        if (!links->links)
                return -ENOMEM;
        links->event = event;
        links->witness = witness;
        links->userdata = userdata;
        for (; r >= 0 && links->n < config->n_links; links->n++)
                r = link_init(links, config, links->n);
        if (r >= 0)
                r = link_kernel_new(event, &kernel_ops, links, &links->kernel);
        if (r < 0)
                return r;
        *ret = links;
        links = NULL;
        return 0;
}

Links *links_free(Links *links) {
        if (!links)
                return NULL;
        for (size_t i = 0; i < links->n; i++) {
                sd_event_source_disable_unref(links->links[i].error_source);
                sd_event_source_disable_unref(links->links[i].timer);
                closep(&links->links[i].fd);
        }
        link_kernel_free(links->kernel);
        free(links->links);
        free(links);
        return NULL;
}

void links_ask(Links *links, size_t index) {
        begin_asking(&links->links[index]);
}

bool links_pending(const Links *links, size_t index) {
        return links->links[index].asking;
}
