#include "fake-agents.h"

#include <arpa/inet.h>
#include <net-snmp/net-snmp-config.h>
#include <sys/socket.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/snmp_transport.h>

#define QUEUE_MAX 64
#define DATAGRAM_MAX 65507

typedef struct Link { /* one agent's session, as libnetsnmp has it */
        int fd;       /* of a socket that nothing passes through; -1: none */
        FuzzInput queue[QUEUE_MAX];
        size_t first, n;
        uint8_t own[DATAGRAM_MAX]; /* the datagram that is not a part of the input */
} Link;

static struct {
        FakeAgent *agents;
        size_t n;
        Link links[FAKE_AGENTS_MAX];
} fake;

void fake_agents_begin(FakeAgent *agents, size_t n) {
        MUST(n <= FAKE_AGENTS_MAX, "%zu agents", n);
        fake.agents = agents;
        fake.n = n;
        for (size_t i = 0; i < FAKE_AGENTS_MAX; i++) {
                fake.links[i].fd = -1;
                fake.links[i].n = fake.links[i].first = 0;
        }
}

static Link *link_of(int fd) {
        for (size_t i = 0; i < fake.n; i++)
                if (fake.links[i].fd == fd)
                        return &fake.links[i];
        return NULL;
}

bool fake_agents_readable(int fd) {
        const Link *link = link_of(fd);

        return link && link->n > 0;
}

static void queue(Link *link, FuzzInput datagram) {
        if (link->n == QUEUE_MAX)
                return;
        link->queue[(link->first + link->n) % QUEUE_MAX] = datagram;
        link->n++;
}

/* ---- an agent that has nothing ---- */

/* The content of the BER value that begins at *at, which then is what follows it; empty if it is none. */
static FuzzInput ber_value(FuzzInput *at, uint8_t tag) {
        FuzzInput none = {0};
        size_t length;

        if (at->size < 2 || fuzz_octet(at) != tag)
                return none;
        length = fuzz_octet(at);
        if (length > 0x80) {
                size_t n = length & 0x7f;

                for (length = 0; n > 0; n--)
                        length = length << 8 | fuzz_octet(at);
        }
        return fuzz_octets(at, length);
}

/* Makes an answer of a request of v1 or v2c where it stands: an exception has the same size as the NULL in
 * whose place it comes. false for what is no such request. */
static bool make_empty_answer(uint8_t *own, size_t size) {
        FuzzInput whole = {own, size}, message = ber_value(&whole, ASN_SEQUENCE | ASN_CONSTRUCTOR);
        FuzzInput version = ber_value(&message, ASN_INTEGER), pdu, status, where, variables;
        uint8_t *command, exception;

        (void) ber_value(&message, ASN_OCTET_STR);
        if (version.size != 1 || version.data[0] > 1 || message.size == 0)
                return false;
        command = own + (message.data - own);
        pdu = ber_value(&message, *command);
        exception = *command == SNMP_MSG_GET ? SNMP_NOSUCHINSTANCE : SNMP_ENDOFMIBVIEW;
        *command = SNMP_MSG_RESPONSE;
        (void) ber_value(&pdu, ASN_INTEGER);
        status = ber_value(&pdu, ASN_INTEGER);
        where = ber_value(&pdu, ASN_INTEGER);
        variables = ber_value(&pdu, ASN_SEQUENCE | ASN_CONSTRUCTOR);
        memset(own + (status.data - own), 0, status.size + 2 + where.size);
        own[status.data + status.size - own] = ASN_INTEGER;
        own[status.data + status.size + 1 - own] = (uint8_t) where.size;
        if (version.data[0] == 0) { /* v1 knows no exceptions: noSuchName, of the first */
                own[status.data + status.size - 1 - own] = SNMP_ERR_NOSUCHNAME;
                own[where.data + where.size - 1 - own] = 1;
                return true;
        }
        while (variables.size > 0) {
                FuzzInput variable = ber_value(&variables, ASN_SEQUENCE | ASN_CONSTRUCTOR);

                (void) ber_value(&variable, ASN_OBJECT_ID);
                if (variable.size == 2)
                        own[variable.data - own] = exception;
        }
        return true;
}

/* ---- a real agent, for seeds ---- */

static void ask_the_real_one(FakeAgent *agent, Link *link, const void *request, size_t size) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                .sin_port = htons(agent->real),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        struct timeval patience = {.tv_sec = 2};
        CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        uint8_t head[2];
        ssize_t n;

        MUST(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
                        connect(fd, (struct sockaddr *) &to, sizeof(to)) == 0,
                "%m");
        MUST(send(fd, request, size, 0) == (ssize_t) size, "%m");
        n = recv(fd, link->own, sizeof(link->own), 0);
        if (n < 0)
                return;
        head[0] = (uint8_t) (n >> 8);
        head[1] = (uint8_t) n;
        (void) fwrite(head, 1, sizeof(head), agent->record);
        (void) fwrite(link->own, 1, (size_t) n, agent->record);
        queue(link, (FuzzInput){link->own, (size_t) n});
}

/* ---- libnetsnmp's transport ---- */

/* false: there is none left. */
static bool queue_given(FakeAgent *agent, Link *link) {
        bool more = true, any = false;

        while (more && agent->answers.size >= 2) {
                size_t length = (size_t) fuzz_octet(&agent->answers) << 8;

                length |= fuzz_octet(&agent->answers);
                more = length & 0x8000;
                queue(link, fuzz_octets(&agent->answers, length & 0x7fff));
                any = true;
        }
        return any;
}

static int on_send(
        netsnmp_transport *t, const void *request, int size, void **opaque UNUSED, int *opaque_size UNUSED) {
        Link *link = link_of(t->sock);
        FakeAgent *agent;

        MUST(link && size >= 0 && size <= DATAGRAM_MAX, "a request of %d octets", size);
        agent = &fake.agents[link - fake.links];
        agent->requests++;
        if (agent->record) {
                ask_the_real_one(agent, link, request, (size_t) size);
        } else if (!queue_given(agent, link) && agent->manner == MANNER_EMPTY && link->n == 0) {
                memcpy(link->own, request, (size_t) size);
                if (make_empty_answer(link->own, (size_t) size))
                        queue(link, (FuzzInput){link->own, (size_t) size});
        }
        return size;
}

static int on_receive(netsnmp_transport *t, void *buffer, int size, void **opaque, int *opaque_size) {
        Link *link = link_of(t->sock);
        FuzzInput datagram;

        *opaque = NULL;
        *opaque_size = 0;
        if (!link || link->n == 0) {
                errno = EAGAIN;
                return -1;
        }
        datagram = link->queue[link->first];
        link->first = (link->first + 1) % QUEUE_MAX;
        link->n--;
        datagram.size = MIN_OF(datagram.size, (size_t) size); /* as recv(2) cuts it */
        memcpy(buffer, datagram.data, datagram.size);
        return (int) datagram.size;
}

void *__real_snmp_sess_open(netsnmp_session *session);
void *__wrap_snmp_sess_open(netsnmp_session *session);

void *__wrap_snmp_sess_open(netsnmp_session *session) {
        void *handle = __real_snmp_sess_open(session);
        const char *colon = strrchr(session->peername, ':');
        size_t i = colon ? strtoul(colon + 1, NULL, 10) - FAKE_PORT : SIZE_MAX;
        netsnmp_transport *t;

        if (!handle)
                return NULL;
        MUST(i < fake.n, "%s is no agent", session->peername);
        t = snmp_sess_transport(handle);
        t->f_send = on_send;
        t->f_recv = on_receive;
        fake.links[i].fd = t->sock;
        fake.links[i].n = 0;
        return handle;
}

/* ---- what libnetsnmp chooses at random ---- */

IN_PLACE_OF_THE_LIBRARY long snmp_get_next_reqid(void) {
        return 0x11111111;
}

IN_PLACE_OF_THE_LIBRARY long snmp_get_next_msgid(void) {
        return 0x22222222;
}
