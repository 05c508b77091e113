#include "serve-agentx.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/agent_sysORTable.h>
#include <net-snmp/agent/sysORTable.h>
#include <net-snmp/library/fd_event_manager.h>

#include "serve-entity.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TURN_USEC (500 * USEC_PER_MSEC) /* how often we knock, or see to the ping */
#define SILENT_AFTER                                                                                         \
        (2 * USEC_PER_SEC) /* a master that takes longer than this for a ping does not serve us */
#define TAKEN                                                                                                \
        "ENTITY-MIB is served by another part of snmpd, so ours is not; "                                    \
        "agent: { entity = false; } says so for good"
#define PING_LIFETIME (24 * 3600 * USEC_PER_SEC)

/* Of AgentX (RFC 2741, 6.1 and 6.2.16). */
#define AGENTX_PDU_PING 13
#define AGENTX_HEADER_SIZE 20
/* net-snmp's names for the same, from headers that Debian does not install */
#define AGENTX_VERSION_1 (1 | 0xC0)
#define AGENTX_MSG_PING ((u_char) AGENTX_PDU_PING)

/* libnetsnmpagent exports these, but Debian installs no header for them. */
extern netsnmp_session *main_session;
int subagent_startup(int major, int minor, void *server, void *client);
int subagent_open_master_session(void);
int agentx_add_agentcaps(netsnmp_session *session, const oid *name, size_t n, const char *description);

static const oid entity_root[] = {ENTITY_MIB_ARCS}, sensor_root[] = {ENTITY_SENSOR_MIB_ARCS};

static int on_session(UNUSED int major, int minor, void *session, void *userdata) {
        AgentxLink *link = userdata;

        link->session = minor == SNMPD_CALLBACK_INDEX_START ? session : NULL;
        link->pinged = 0;
        link->serving = false;
        link->reason = -ECONNRESET;
        link->master_since = USEC_INFINITY;
        offer_end(&link->offer);
        return 0;
}

void agentx_link_prepare(AgentxLink *link, const char *address, bool offers, const Direct *direct) {
        /* as configuration, because init_snmp sets the library's defaults (1 s, five times over) again */
        char timeout[] = "timeout 1", retries[] = "retries 0";

        *link = (AgentxLink){.door = -1,
                .reason = -ENOTCONN,
                .master_since = USEC_INFINITY,
                .offers = offers,
                .direct = *direct};
        copy_text(link->address, sizeof(link->address), address);
        netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);
        netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, address);
        netsnmp_config_remember(timeout);
        netsnmp_config_remember(retries);
        snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_session, link);
        snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_session, link);
}

void agentx_link_own(void) {
        netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, 0);
        snmp_unregister_callback(
                SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_READ_CONFIG, subagent_startup, NULL, 0);
}

static void tell_capabilities(const struct sysORTable *row, void *session) {
        agentx_add_agentcaps(session, row->OR_oid, row->OR_oidlen, row->OR_descr);
}

/* What is offered is registered by the offer: to net-snmp it looks as if it were already. */
static void keep_back(const oid *name, size_t n) {
        netsnmp_subtree *tree = netsnmp_subtree_find(name, n, NULL, "");

        if (tree)
                tree->flags |= SUBTREE_ATTACHED;
}

/* The master has just answered, so what waits here does not wait long; each step ends after a second if it
 * hangs now. Afterwards nothing on this session is waited for, and a ping must not be given up while the
 * master hangs: one that is out is enough, and more would fill the socket until sending blocks. */
static void attach(AgentxLink *link) {
        if (subagent_open_master_session() != 0) {
                link->reason = -ETIMEDOUT;
                return;
        }
        if (link->offers) {
                keep_back(entity_root, ELEMENTSOF(entity_root));
                keep_back(sensor_root, ELEMENTSOF(sensor_root));
        }
        register_mib_reattach();
        netsnmp_sysORTable_foreach(tell_capabilities, main_session);
        if (!link->session)
                return;
        link->session->timeout = (long) PING_LIFETIME;
        direct_begin(&link->direct, link->session);
        link->serving = true;
        if (link->offers)
                offer_begin(&link->offer, link->session);
}

static void leave_door(AgentxLink *link, int reason) {
        if (link->door >= 0) {
                unregister_readfd(link->door);
                close(link->door);
        }
        link->door = -1;
        link->knocked = false;
        link->reason = reason;
}

/* Whatever the master answers to the knock, it is there. */
static void on_door(int fd, void *userdata) {
        AgentxLink *link = userdata;
        uint8_t answer[256];
        ssize_t n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        leave_door(link, n < 0 ? -errno : -ECONNRESET);
        if (n > 0)
                attach(link);
}

static int connect_unix(const char *path) {
        CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct sockaddr_un sun = {.sun_family = AF_UNIX};
        int r;

        if (fd < 0)
                return -errno;
        if (!copy_text(sun.sun_path, sizeof(sun.sun_path), path))
                return -ENAMETOOLONG;
        if (connect(fd, (struct sockaddr *) &sun, sizeof(sun)) < 0)
                return -errno;
        r = fd;
        fd = -1;
        return r;
}

/* "127.0.0.1:705"; numeric, because names resolve while everybody waits. */
static int connect_tcp(const char *address) {
        const struct addrinfo hints = {
                .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
        const char *colon = strrchr(address, ':');
        struct addrinfo *info = NULL;
        CLEANUP_CLOSE int fd = -1;
        char host[64] = "";
        int r = 0;

        if (!colon || (size_t) (colon - address) >= sizeof(host))
                return -EINVAL;
        memcpy(host, address, (size_t) (colon - address));
        if (getaddrinfo(host, colon + 1, &hints, &info) != 0)
                return -EINVAL;
        fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0 || (connect(fd, info->ai_addr, info->ai_addrlen) < 0 && errno != EINPROGRESS))
                r = -errno;
        freeaddrinfo(info);
        if (r < 0)
                return r;
        r = fd;
        fd = -1;
        return r;
}

static int connect_master(const char *address) {
        if (strncmp(address, "tcp:", 4) == 0)
                return connect_tcp(address + 4);
        return connect_unix(strncmp(address, "unix:", 5) == 0 ? address + 5 : address);
}

/* A ping of no session: answered with "not open" by any master that runs. */
static void knock(AgentxLink *link) {
        const uint8_t ping[AGENTX_HEADER_SIZE] = {1, AGENTX_PDU_PING, 0, 0};
        ssize_t n = send(link->door, ping, sizeof(ping), MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n == (ssize_t) sizeof(ping))
                link->knocked = true;
        else if (n >= 0 || (errno != EAGAIN && errno != ENOTCONN))
                leave_door(link, -ECONNREFUSED);
}

static void look_for_master(AgentxLink *link) {
        if (link->door < 0) {
                int fd = connect_master(link->address);

                link->reason = fd < 0 ? fd : -EINPROGRESS;
                if (fd < 0)
                        return;
                if (register_readfd(fd, on_door, link) != FD_REGISTERED_OK) {
                        close(fd);
                        return;
                }
                link->door = fd;
        }
        if (!link->knocked)
                knock(link);
}

/* Each answer of a master tells its sysUpTime. It comes in hundredths and late, so it is taken again only
 * where it is plainly another one: instants shall not tremble. */
static void note_uptime(AgentxLink *link, const netsnmp_pdu *pdu) {
        usec_t up = (usec_t) (u_long) pdu->time * 10000, now = now_monotonic();
        usec_t since = now > up ? now - up : 0, before = link->master_since;

        if (before == USEC_INFINITY || since > before + USEC_PER_SEC || since + USEC_PER_SEC < before)
                link->master_since = since;
}

static int on_ping_answer(int operation, UNUSED netsnmp_session *session, UNUSED int request,
        netsnmp_pdu *pdu, void *userdata) {
        AgentxLink *link = userdata;

        link->pinged = 0;
        if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || !pdu || pdu->errstat != SNMP_ERR_NOERROR)
                link->error =
                        -ENOTCONN; /* the master knows this session no more: a new process gets a new one */
        else {
                link->serving = true;
                note_uptime(link, pdu);
        }
        return 1;
}

static void ping(AgentxLink *link, usec_t now) {
        netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_MSG_PING);

        if (!pdu)
                return;
        pdu->time = 0;
        pdu->sessid = link->session->sessid;
        pdu->version = AGENTX_VERSION_1;
        link->pinged = now;
        if (snmp_async_send(link->session, pdu, on_ping_answer, link))
                return;
        snmp_free_pdu(pdu);
        link->pinged = 0; /* the end of the session is on its way to us */
}

static void on_turn(UNUSED unsigned alarm, void *userdata) {
        AgentxLink *link = userdata;
        usec_t now = now_monotonic();

        if (!link->session)
                look_for_master(link);
        else if (!link->pinged)
                ping(link, now);
        else if (now - link->pinged > SILENT_AFTER)
                link->serving = false;
}

int agentx_link_start(AgentxLink *link) {
        const struct timeval turn = {.tv_usec = TURN_USEC};

        on_turn(0, link);
        return snmp_alarm_register_hr(turn, SA_REPEAT, on_turn, link) ? 0 : -ENOMEM;
}

const char *agentx_link_detail(const AgentxLink *link) {
        if (link->serving)
                return link->offer.state == OFFER_TAKEN ? TAKEN : "";
        if (link->session)
                return "the AgentX master does not answer";
        switch (-link->reason) {
        case EACCES:
                return "the AgentX master's socket is closed to us: agentXPerms in snmpd.conf";
        case ENOENT:
        case ECONNREFUSED:
                return "no AgentX master at the configured address: is snmpd running, with 'master agentx'?";
        case EINVAL:
        case ENAMETOOLONG:
                return "the configured address is no path and no numeric tcp address";
        default:
                return "the AgentX master at the configured address does not answer yet";
        }
}
