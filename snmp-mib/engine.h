#ifndef HSMD_ENGINE_H
#define HSMD_ENGINE_H
/* One machine's SNMP agent as we reach it: a net-snmp session with a socket of its own, used so that no call
 * waits.
 *
 * What net-snmp 5.9.3 does by itself is to wait: it sends an SNMPv3 discovery and blocks for its answer
 * whenever an engine id is not known, on opening and on the "asynchronous" send as well. Here discovery is a
 * request like any other: engine_discover, then, when its answer was read, engine_adopt, then engine_send.
 *
 * net-snmp keeps users and clocks (boots, time) by engine id in the whole process, so two machines cloned
 * from one image would overwrite each other's, and one that makes ids up would fill its lists. An Engine
 * therefore keeps its own, puts them in place before each use, and takes them away afterwards. */

#include "names.h"
#include "session.h"

#define ENGINE_ID_MAX 32 /* RFC 3411, SnmpEngineID */

typedef struct EngineClock { /* as net-snmp's record of an engine */
        uint32_t boots, time;
        time_t received; /* our engine's time when that was so */
        bool authenticated;
} EngineClock;

typedef struct Engine {
        SnmpVersion version;
        char peer[96];       /* "udp:127.0.0.1:161" */
        char community[64];  /* v1, v2c; wiped by engine_close */
        char user[64];       /* v3 securityName */
        UsmKeys keys;        /* v3; wiped by engine_close */
        usec_t timeout;      /* of one request */
        void *session;       /* NULL: not open */
        bool adopted;        /* v3: the engine is known and its user made */
        bool shared;         /* another machine may have the same engine id */
        struct usmUser *usm; /* v3: our user, in the library's list only while it is used */
        uint8_t id[ENGINE_ID_MAX];
        size_t id_size; /* the id last learnt; kept while it is being discovered again */
        EngineClock clock;
} Engine;

/* Once a process, before anything else here. Negative errno. */
int engine_library_init(void);

/* Turns "192.0.2.1:161" or "[2001:db8::1]:161" into net-snmp's peer name. -EINVAL for anything else: a host
 * name would be resolved while everybody waits. */
int engine_peer(const char *address, char *dst, size_t size);

/* Opens the socket and session of a filled-in Engine, silently if it is open. Negative errno. */
int engine_open(Engine *engine);

/* Also wipes secrets and keys. The callbacks of outstanding requests are told NETSNMP_CALLBACK_OP_TIMED_OUT.
 */
void engine_close(Engine *engine);

int engine_fd(const Engine *engine);

/* Each sends one request; callback(…, data) is called once or more while engine_read or engine_expire runs,
 * and must return 1; of what is not answered (a trap) never. engine_send takes pdu in any case. -EIO if it
 * could not be sent. */
int engine_discover(Engine *engine, netsnmp_callback callback, void *data);
int engine_send(Engine *engine, netsnmp_pdu *pdu, netsnmp_callback callback, void *data);

/* After the answer to a discovery was read: takes the engine id from it and makes the user. -ENODATA if it
 * told none. */
int engine_adopt(Engine *engine);

/* Lets a v3 engine that is open send as its own authority, which the sender of a trap is (RFC 3414, section
 * 1.5.1): with this id and these boots, and the time since this process started. Nothing is to be discovered
 * then, nor forgotten. Negative errno. */
int engine_speak_as(Engine *engine, const uint8_t *id, size_t size, uint32_t boots);

/* How long the requests that are sent from now on wait for their answers. */
void engine_set_timeout(Engine *engine, usec_t timeout);

/* Forgets what is believed of the engine, so that it is discovered anew: after a machine was replaced or
 * reset, its answers to what is sent with the old id, boots or time are refused by the library, and it looks
 * silent for ever. */
void engine_forget(Engine *engine);

/* Reads one datagram that is waiting. */
void engine_read(Engine *engine);

/* Ends requests that are overdue: their callbacks are told NETSNMP_CALLBACK_OP_TIMED_OUT. */
void engine_expire(Engine *engine);

/* When engine_expire is due next, on CLOCK_MONOTONIC; USEC_INFINITY if nothing is outstanding. */
usec_t engine_deadline(Engine *engine);

/* What a Report refuses, in words that follow the peer's name ("does not know this user"); NULL if it refuses
 * nothing: both a late clock and an unknown engine are no refusal, since the library sends again with the
 * time that the Report told, and what stays unanswered is discovered anew. */
const char *engine_refusal(netsnmp_pdu *report);

bool engine_same_id(const Engine *a, const Engine *b);

/* Puts the id in hexadecimal into dst: "80001f8880…". */
void engine_id_text(const Engine *engine, char *dst, size_t size);

#endif
