#include "engine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/library/lcd_time.h>
#include <net-snmp/library/snmp_transport.h>

/* The user a discovery is sent as: RFC 3414, section 4, an empty user name. */
static int add_empty_user(void) {
        struct usmUser *user = usm_create_user();

        if (!user)
                return -ENOMEM;
        free(user->name);
        free(user->secName);
        user->name = strdup("");
        user->secName = strdup("");
        if (!user->name || !user->secName) {
                usm_free_user(user);
                return -ENOMEM;
        }
        user->userStatus = RS_ACTIVE;
        return usm_add_user(user) ? 0 : -ENOMEM;
}

int engine_library_init(void) {
        int r = session_library_prepare();

        if (r < 0)
                return r;
        init_snmp("hsmd-snmp");
        return add_empty_user();
}

static bool is_port(const char *s) {
        char *end;
        unsigned long port;

        if (*s < '0' || *s > '9')
                return false;
        port = strtoul(s, &end, 10);
        return !*end && port > 0 && port <= UINT16_MAX;
}

int engine_peer(const char *address, char *dst, size_t size) {
        char host[64];
        const char *colon = strrchr(address, ':');
        size_t n = colon ? (size_t) (colon - address) : 0;
        struct in6_addr in6;
        struct in_addr in;
        int written;

        if (n == 0 || n >= sizeof(host) || !is_port(colon + 1))
                return -EINVAL;
        memcpy(host, address, n);
        host[n] = '\0';
        if (inet_pton(AF_INET, host, &in) == 1) {
                written = snprintf(dst, size, "udp:%s", address);
        } else {
                if (host[0] != '[' || host[n - 1] != ']')
                        return -EINVAL;
                host[n - 1] = '\0';
                if (inet_pton(AF_INET6, host + 1, &in6) != 1)
                        return -EINVAL;
                written = snprintf(dst, size, "udp6:%s", address);
        }
        return written > 0 && (size_t) written < size ? 0 : -EINVAL;
}

static void describe_v3(const Engine *e, netsnmp_session *s) {
        const UsmKeys *k = &e->keys;

        s->version = SNMP_VERSION_3;
        s->flags |= SNMP_FLAGS_DONT_PROBE;
        s->securityModel = SNMP_SEC_MODEL_USM;
        s->securityLevel = k->security_level;
        s->securityName = (char *) e->user;
        s->securityNameLen = strlen(e->user);
        /* none is said outright: the library would put its own default in its place */
        s->securityAuthProto = k->auth_protocol ? (oid *) k->auth_protocol : usmNoAuthProtocol;
        s->securityAuthProtoLen = k->auth_protocol ? k->auth_protocol_size : ELEMENTSOF(usmNoAuthProtocol);
        s->securityPrivProto = k->priv_protocol ? (oid *) k->priv_protocol : usmNoPrivProtocol;
        s->securityPrivProtoLen = k->priv_protocol ? k->priv_protocol_size : ELEMENTSOF(usmNoPrivProtocol);
        memcpy(s->securityAuthKey, k->auth_key, k->auth_key_size);
        s->securityAuthKeyLen = k->auth_key_size;
        memcpy(s->securityPrivKey, k->priv_key, k->priv_key_size);
        s->securityPrivKeyLen = k->priv_key_size;
}

static void describe(const Engine *e, netsnmp_session *s) {
        snmp_sess_init(s);
        s->peername = (char *) e->peer;
        s->timeout = (long) e->timeout;
        s->retries = 0; /* what a second attempt asks is ours to choose, see poll-agent.c */
        if (e->version == SNMP_VERSION_V3) {
                describe_v3(e, s);
        } else {
                s->version = e->version == SNMP_VERSION_V1 ? SNMP_VERSION_1 : SNMP_VERSION_2c;
                s->community = (u_char *) e->community;
                s->community_len = strlen(e->community);
        }
}

int engine_open(Engine *e) {
        netsnmp_session s;
        int flags;

        if (e->session)
                return 0;
        describe(e, &s);
        errno = 0;
        e->session = snmp_sess_open(&s);
        wipe(&s, sizeof(s));
        if (!e->session)
                return errno > 0 ? -errno : -EIO;
        /* opening honours the flag and then clears it; without it the next send would discover, and wait */
        snmp_sess_session(e->session)->flags |= SNMP_FLAGS_DONT_PROBE;
        /* the kernel calls a socket readable before it checks the datagram's sum: then a read would wait */
        flags = fcntl(engine_fd(e), F_GETFL);
        if (flags < 0 || fcntl(engine_fd(e), F_SETFL, flags | O_NONBLOCK) < 0) {
                int r = -errno;

                snmp_sess_close(e->session);
                e->session = NULL;
                return r;
        }
        return 0;
}

int engine_fd(const Engine *e) {
        return snmp_sess_transport(e->session)->sock;
}

/* Ours is in the library's list only while it is used: that list is searched from its start several times a
 * message, and a namesake of the same engine id would be taken for ours. */
static void remove_user(Engine *e) {
        if (e->usm)
                usm_free_user(e->usm); /* wipes its keys */
        e->usm = NULL;
}

/* Makes the library localise our keys for the engine. */
static int make_user(Engine *e) {
        netsnmp_session *s = snmp_sess_session(e->session);

        remove_user(e);
        s->flags &= ~(u_long) SNMP_FLAGS_USER_CREATED;
        if (usm_create_user_from_session(s) != SNMPERR_SUCCESS)
                return -EIO;
        e->usm = usm_get_user(e->id, e->id_size, e->user);
        if (!e->usm)
                return -EIO;
        usm_remove_user(e->usm);
        return 0;
}

/* Puts our view of the engine's clock and our user in place. Each use stands between enter and leave. */
static void enter(Engine *e) {
        struct enginetime_struct *record;

        if (e->id_size == 0)
                return;
        set_enginetime(e->id, (u_int) e->id_size, 0, 0, 0); /* makes the record if there is none */
        record = search_enginetime_list(e->id, (u_int) e->id_size);
        if (record) {
                record->engineBoot = e->clock.boots;
                record->engineTime = e->clock.time;
                record->lastReceivedEngineTime = e->clock.received;
                record->authenticatedFlag = e->clock.authenticated;
        }
        if (e->usm)
                (void) usm_add_user(e->usm); /* without it the request fails, which is told */
}

/* The library makes a record of whatever id a datagram names, and keeps it for ever: a machine that names
 * another one each time would fill the memory, and make the list that is searched at each message of
 * everybody longer. So there are records only between enter and leave. */
static void leave(Engine *e) {
        const struct enginetime_struct *record =
                e->id_size > 0 ? search_enginetime_list(e->id, (u_int) e->id_size) : NULL;

        if (e->usm)
                usm_remove_user(e->usm);
        if (record)
                e->clock = (EngineClock){.boots = record->engineBoot,
                        .time = record->engineTime,
                        .received = record->lastReceivedEngineTime,
                        .authenticated = record->authenticatedFlag};
        free_etimelist();
}

/* Takes the id that a discovery was answered with, while what the answer said of boots and time is on
 * record. */
static void learn(Engine *e) {
        const netsnmp_session *s = snmp_sess_session(e->session);

        if (e->adopted || s->securityEngineIDLen == 0 || s->securityEngineIDLen > ENGINE_ID_MAX)
                return;
        if (s->securityEngineIDLen == e->id_size && memcmp(s->securityEngineID, e->id, e->id_size) == 0)
                return;
        memcpy(e->id, s->securityEngineID, s->securityEngineIDLen);
        e->id_size = s->securityEngineIDLen;
        e->clock = (EngineClock){0};
}

void engine_close(Engine *e) {
        if (e->session) {
                netsnmp_session *s = snmp_sess_session(e->session);

                remove_user(e);
                wipe(s->securityAuthKey, sizeof(s->securityAuthKey));
                wipe(s->securityPrivKey, sizeof(s->securityPrivKey));
                if (s->community)
                        wipe(s->community, s->community_len);
                snmp_sess_close(e->session);
                e->session = NULL;
        }
        e->adopted = false;
        usm_keys_wipe(&e->keys);
        wipe(e->community, sizeof(e->community));
}

int engine_send(Engine *e, netsnmp_pdu *pdu, netsnmp_callback callback, void *data) {
        int sent;

        enter(e);
        sent = snmp_sess_async_send(e->session, pdu, callback, data);
        leave(e);
        if (!sent) {
                snmp_free_pdu(pdu);
                return -EIO;
        }
        return 0;
}

int engine_discover(Engine *e, netsnmp_callback callback, void *data) {
        netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);

        if (!pdu)
                return -ENOMEM;
        pdu->version = SNMP_VERSION_3;
        pdu->securityModel = SNMP_SEC_MODEL_USM;
        pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
        pdu->securityName = strdup("");
        pdu->securityNameLen = 0;
        if (!pdu->securityName) {
                snmp_free_pdu(pdu);
                return -ENOMEM;
        }
        return engine_send(e, pdu, callback, data);
}

int engine_adopt(Engine *e) {
        netsnmp_session *s = snmp_sess_session(e->session);
        int r;

        if (s->securityEngineIDLen == 0 || s->securityEngineIDLen > ENGINE_ID_MAX)
                return -ENODATA;
        r = make_user(e);
        if (r < 0)
                return r;
        e->adopted = true;
        return 0;
}

int engine_speak_as(Engine *e, const uint8_t *id, size_t size, uint32_t boots) {
        netsnmp_session *s = snmp_sess_session(e->session);
        int r;

        if (size == 0 || size > ENGINE_ID_MAX)
                return -EINVAL;
        engine_forget(e);
        s->securityEngineID = netsnmp_memdup(id, size);
        if (!s->securityEngineID)
                return -ENOMEM;
        s->securityEngineIDLen = size;
        memcpy(e->id, id, size);
        e->id_size = size;
        r = make_user(e);
        if (r < 0)
                return r;
        e->clock = (EngineClock){.boots = boots,
                .time = (uint32_t) snmpv3_local_snmpEngineTime(),
                .received = (time_t) snmpv3_local_snmpEngineTime(),
                .authenticated = true};
        e->adopted = true;
        return 0;
}

void engine_set_timeout(Engine *e, usec_t timeout) {
        e->timeout = timeout;
        if (e->session)
                snmp_sess_session(e->session)->timeout = (long) timeout;
}

void engine_forget(Engine *e) {
        netsnmp_session *s;

        if (e->version != SNMP_VERSION_V3 || !e->session)
                return;
        s = snmp_sess_session(e->session);
        remove_user(e);
        SNMP_FREE(s->securityEngineID);
        s->securityEngineIDLen = 0;
        SNMP_FREE(s->contextEngineID);
        s->contextEngineIDLen = 0;
        s->flags &= ~(u_long) SNMP_FLAGS_USER_CREATED;
        e->adopted = false;
        e->clock = (EngineClock){0};
}

void engine_read(Engine *e) {
        netsnmp_large_fd_set set;
        int fd = engine_fd(e);

        netsnmp_large_fd_set_init(&set, fd + 1);
        NETSNMP_LARGE_FD_ZERO(&set);
        NETSNMP_LARGE_FD_SET(fd, &set);
        enter(e);
        (void) snmp_sess_read2(
                e->session, &set); /* what it thinks of the datagram is told to the callback, or no one */
        learn(e);
        leave(e);
        netsnmp_large_fd_set_cleanup(&set);
}

void engine_expire(Engine *e) {
        enter(e);
        snmp_sess_timeout(e->session);
        leave(e);
}

usec_t engine_deadline(Engine *e) {
        netsnmp_large_fd_set set;
        struct timeval wait = {0};
        int block = 1, n = 0;

        netsnmp_large_fd_set_init(&set, engine_fd(e) + 1);
        NETSNMP_LARGE_FD_ZERO(&set);
        snmp_sess_select_info2_flags(e->session, &n, &set, &wait, &block, NETSNMP_SELECT_NOALARMS);
        netsnmp_large_fd_set_cleanup(&set);
        if (block)
                return USEC_INFINITY;
        /* the library asks for later than its time, not for at it */
        return now_monotonic() + (usec_t) wait.tv_sec * USEC_PER_SEC + (usec_t) wait.tv_usec + USEC_PER_MSEC;
}

const char *engine_refusal(netsnmp_pdu *report) {
        switch (snmpv3_get_report_type(report)) {
        case SNMPERR_UNKNOWN_USER_NAME:
                return "does not know this user";
        case SNMPERR_AUTHENTICATION_FAILURE:
                return "refuses the authentication secret or protocol";
        case SNMPERR_UNSUPPORTED_SEC_LEVEL:
                return "does not allow this user this security level";
        case SNMPERR_DECRYPTION_ERR:
                return "refuses the privacy secret or protocol";
        case SNMPERR_BAD_CONTEXT:
                return "does not know the context";
        default:
                return NULL;
        }
}

bool engine_same_id(const Engine *a, const Engine *b) {
        return a->id_size > 0 && a->id_size == b->id_size && memcmp(a->id, b->id, a->id_size) == 0;
}

void engine_id_text(const Engine *e, char *dst, size_t size) {
        size_t n = MIN_OF(e->id_size, (size - 1) / 2);

        dst[0] = '\0';
        for (size_t i = 0; i < n; i++)
                snprintf(dst + 2 * i, 3, "%02x", e->id[i]);
}
