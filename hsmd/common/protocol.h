#ifndef HSMD_PROTOCOL_H
#define HSMD_PROTOCOL_H
/* The one small protocol between hsmd and its workers: whole messages over one SOCK_SEQPACKET pair,
 * descriptor WORKER_FD in the worker. Every message that passes stands in this file. Both ends are of one
 * build; a message of another length than its type's is an error of the sender.
 *
 *   hsmd -> every worker    MSG_PING, MSG_CLOSE
 *   every worker -> hsmd    MSG_HELLO (first), MSG_PONG
 *
 *   probe:  hsmd sends MSG_PROBE_CONFIG (with the ring), then MSG_PROBE_CLIMB once and MSG_PROBE_CHECK as
 * due; the probe asks for its PIN with MSG_PIN_WANTED when its climb reaches login, is answered with MSG_PIN,
 * says MSG_LOGIN_DONE as soon as C_Login returned, MSG_CONNECT what a diagnostic connection showed (one a
 * port), MSG_PROBE_KEY what a key without a pinned public key is, and ends each attempt with
 * MSG_PROBE_RESULT. After its climb a probe that measures is sent one MSG_MEASURE (MSG_MEASURE_STOP ends it
 * early) and answers with MSG_MEASURED.
 *
 *   poll:   see there, below.
 *
 *   serve:  hsmd sends MSG_SERVE_CONFIG (with the board), one MSG_SERVE_USER a user, then MSG_SERVE_START; a
 * new configuration is MSG_SERVE_BOARD (with a new board); serve sends MSG_SERVE_STATE.
 *
 *   notify: hsmd sends MSG_NOTIFY_CONFIG, one MSG_NOTIFY_RECEIVER a receiver (again with secrets or an
 * address that changed), MSG_NOTIFY_START, and MSG_NOTIFY for what is to be sent; notify answers each with
 * MSG_NOTIFY_DONE when it is done with, and says MSG_NOTIFY_STATE when a receiver's state changes.
 *
 * Receivers trust no length or string of the other side: protocol_receive checks the length, PROTOCOL_TEXT
 * ends strings. */

#include "board.h"
#include "event.h"
#include "names.h"

#define WORKER_FD 3
#define PROTOCOL_KEYS_MAX 16
#define PROTOCOL_MECHANISMS_MAX 24
#define PROTOCOL_RETURNS_MAX 32
#define PROTOCOL_PATHS_MAX 16
#define PROTOCOL_ID_MAX 64 /* an SM2 signer's identity */
#define PROTOCOL_SPKI_MAX 640
#define PROTOCOL_PIN_MAX 255
#define PROTOCOL_SECRET_MAX 255

typedef enum MessageType {
        MSG_HELLO = 1,
        MSG_PING,
        MSG_PONG,
        MSG_CLOSE,
        MSG_PROBE_CONFIG,
        MSG_PROBE_CLIMB,
        MSG_PROBE_CHECK,
        MSG_PIN_WANTED,
        MSG_PIN,
        MSG_LOGIN_DONE,
        MSG_PROBE_RESULT,
        MSG_POLL_AGENT,
        MSG_POLL_START,
        MSG_SAMPLE,
        MSG_AGENT_STATE,
        MSG_SERVE_CONFIG,
        MSG_SERVE_USER,
        MSG_SERVE_START,
        MSG_SERVE_BOARD,
        MSG_SERVE_STATE,
        MSG_CONNECT,
        MSG_PROBE_KEY,
        MSG_MEASURE,
        MSG_MEASURE_STOP,
        MSG_MEASURED,
        MSG_POLL_ITEM,
        MSG_POLL_WALK,
        MSG_POLL_FOUND,
        MSG_NOTIFY_CONFIG,
        MSG_NOTIFY_RECEIVER,
        MSG_NOTIFY_START,
        MSG_NOTIFY,
        MSG_NOTIFY_DONE,
        MSG_NOTIFY_STATE,
        MSG_MAX,
} MessageType;

typedef struct MessageHead {
        uint32_t type; /* MessageType */
        uint32_t size; /* of the whole message */
} MessageHead;

/* A message without a body: MSG_PONG carries the sequence of its MSG_PING. */
typedef struct MsgPlain {
        MessageHead head;
        uint64_t sequence;
} MsgPlain;

/* One mechanism as a vendor profile or the standard tells it. */
typedef struct ProbeMechanism {
        uint32_t index;       /* the MIB's: 1..99 the standard's (mechanisms.h), 101..9999 a profile's */
        char name[32];        /* "sm2_sm3" */
        uint64_t number;      /* CK_MECHANISM_TYPE */
        uint32_t use;         /* MechanismUse */
        uint32_t key_type;    /* KeyType */
        uint32_t input;       /* MechanismInput; of a signing one */
        uint32_t z;           /* ZRule; of SM2 signing */
        uint32_t form;        /* SignatureForm; of SM2 and EC signing */
        uint32_t order;       /* CipherOrder; of SM2 decryption */
        uint32_t cipher_form; /* SignatureForm, of an SM2 ciphertext */
        uint32_t iv;          /* its parameter is an IV of 16 zero octets */
        uint32_t rated_rate;  /* operations a second as the vendor states; 0 = not known */
} ProbeMechanism;

/* A vendor's own return value. */
typedef struct ProbeReturn {
        uint64_t number; /* CK_RV */
        uint32_t class;  /* ReturnClass */
        char name[36];   /* "CKR_…" */
} ProbeReturn;

/* What tells a signature's nonce, and what was signed: both can be computed by whoever has signature and
 * message. It passes from one process of a probe to the next, so that a nonce that repeats is seen by each.
 */
typedef struct NonceMark {
        uint32_t size; /* of mark; 0 = none */
        uint8_t mark[68];
        uint8_t digest[32];
} NonceMark;

typedef struct ProbeKey {
        uint32_t number;
        uint32_t type;     /* KeyType */
        uint32_t exercise; /* Exercise */
        uint32_t business;
        uint32_t mechanism;        /* position in mechanisms; of an exercised key */
        uint64_t interval;         /* microseconds between exercises; 0: in every check */
        uint32_t known_good;       /* a signature of it was right before, under this profile */
        NonceMark nonce;           /* of the last process's last signature */
        uint32_t check_value_size; /* pinned check value of a symmetric key: 3, or 0 = none */
        uint8_t check_value[3];
        uint32_t id_size; /* CKA_ID; 0 = not given */
        uint8_t id[64];
        char label[64]; /* CKA_LABEL; empty = not given */
        uint32_t spki_size;
        uint8_t spki[PROTOCOL_SPKI_MAX]; /* pinned public key, DER SubjectPublicKeyInfo; size 0 = none */
} ProbeKey;

typedef struct MsgProbeConfig { /* with one descriptor: the ring */
        MessageHead head;
        char device[64];
        char module[4096 - 64];
        uint32_t select; /* Select */
        uint32_t slot;   /* with SELECT_SLOT */
        char label[64];  /* with SELECT_LABEL */
        char serial[64]; /* expected serial; empty = not configured. With SELECT_SERIAL it selects. */
        uint32_t deepbind;
        uint32_t random; /* also exercise C_GenerateRandom in each check */
        uint64_t present_interval;
        uint32_t n_keys;
        ProbeKey keys[PROTOCOL_KEYS_MAX];
        /* the vendor profile */
        uint32_t point_form;   /* PointForm of SM2 keys; of other EC keys it is the standard's */
        uint64_t sm2_key_type; /* CK_KEY_TYPE of SM2 and SM4 keys; CK_UNAVAILABLE_INFORMATION: not told */
        uint64_t sm4_key_type;
        uint32_t sm2_id_size; /* the signer's identity where a mechanism takes it as its parameter */
        uint8_t sm2_id[PROTOCOL_ID_MAX];
        uint32_t max_clients; /* sessions the machine grants one client; 0 = no limit known */
        uint32_t n_mechanisms;
        ProbeMechanism mechanisms[PROTOCOL_MECHANISMS_MAX];
        uint32_t n_returns;
        ProbeReturn returns[PROTOCOL_RETURNS_MAX];
        /* the device's world */
        char connect[80];         /* numeric host:port to try when diagnose is set; empty = none */
        char management[80];      /* likewise, of another service of the machine; both are tried at once */
        uint64_t connect_timeout; /* microseconds for both */
        uint32_t diagnose;        /* the last attempt failed after the climb began */
        uint32_t n_paths, n_read_paths;
        char paths[PROTOCOL_PATHS_MAX][256];      /* may be written */
        char read_paths[PROTOCOL_PATHS_MAX][256]; /* may be read */
        uint32_t measure; /* this probe climbs to measure: it exercises no key in its climb */
} MsgProbeConfig;

typedef struct MsgProbeAttempt { /* MSG_PROBE_CLIMB, MSG_PROBE_CHECK */
        MessageHead head;
        uint64_t attempt; /* number of the attempt, echoed in its result */
} MsgProbeAttempt;

typedef struct MsgPinWanted {
        MessageHead head;
        uint64_t attempt;
        char serial[64]; /* as the token says */
        uint64_t token_flags;
} MsgPinWanted;

typedef struct MsgPin {
        MessageHead head;
        uint32_t reason; /* REASON_NONE: here it is; else why it is not sent, and the climb fails at login so
                          */
        uint32_t size;
        uint8_t pin[PROTOCOL_PIN_MAX + 1]; /* wiped by both sides as soon as it was used */
} MsgPin;

typedef struct MsgLoginDone {
        MessageHead head;
        uint64_t attempt;
        uint64_t rv; /* of C_Login */
} MsgLoginDone;

typedef struct ProbeKeyResult {
        uint32_t number;
        uint32_t state;              /* KeyState */
        uint32_t has_fingerprint;    /* of the public key as found on the token */
        uint8_t fingerprint[32];     /* SHA-256 of the DER SubjectPublicKeyInfo */
        uint64_t rv;                 /* CK_RV of the failing call; 0 when none failed */
        uint32_t exercised;          /* in this attempt, with the expected outcome or not */
        uint32_t fingerprint_size;   /* 32: SHA-256 of the DER SubjectPublicKeyInfo; 3: a check value */
        uint32_t object_class;       /* KeyClass of what was found; 0 = nothing */
        uint32_t reason;             /* Reason; of a key that fails: WRONG_SIGNATURE, PROFILE_MISMATCH, … */
        int64_t certificate_expires; /* seconds since 1970; 0 = no certificate beside it */
        uint64_t operations, errors; /* with this key, by this process so far */
        NonceMark nonce;             /* of its last signature */
        uint64_t latency;            /* microseconds of its last exercise; 0 = not exercised yet */
} ProbeKeyResult;

typedef struct MsgProbeResult {
        MessageHead head;
        uint64_t attempt;
        uint32_t failed_step; /* Step; STEP_NONE: the attempt succeeded */
        uint32_t reason;      /* Reason; REASON_NONE on success (missing keys are told by their states) */
        uint64_t rv;          /* CK_RV of the failing call, 0 if none */
        uint32_t call;        /* Call that failed; CALL_NONE if no call did */
        uint32_t random_ran;
        uint64_t call_usec;             /* how long that call took */
        uint64_t latency[STEP_MAX + 1]; /* microseconds by Step; 0 = not run in this attempt */
        uint64_t total_usec;            /* the whole attempt */
        char detail[160];               /* English, printable ASCII: what exactly, without a secret */
        char manufacturer[33], model[17], serial[17], firmware[16];
        uint32_t random_state;       /* Reason: REASON_NONE, or REASON_RANDOM_WEAK with words in detail */
        uint32_t missing_mechanisms; /* bit n: mechanisms[n] is needed by a key and not offered */
        uint32_t has_token;          /* the strings above are known */
        uint32_t sessions_open;
        uint32_t open_fds;
        uint64_t token_flags;
        uint64_t logins, signs; /* made by this process so far */
        uint32_t n_keys;
        ProbeKeyResult keys[PROTOCOL_KEYS_MAX];
} MsgProbeResult;

/* A diagnosis: whether the machine's port takes a connection. */
typedef struct MsgConnect {
        MessageHead head;
        uint64_t attempt;
        int32_t error;       /* errno, 0 = connected, ETIMEDOUT */
        uint32_t management; /* of the management port, else of the cipher service's */
        uint64_t usec;
} MsgConnect;

/* The public key of a key for which none is pinned, as found. */
typedef struct MsgProbeKey {
        MessageHead head;
        uint32_t number;
        uint32_t spki_size;
        uint8_t spki[PROTOCOL_SPKI_MAX];
} MsgProbeKey;

typedef struct MsgMeasure {
        MessageHead head;
        uint32_t key;            /* number of the pool's key */
        uint32_t sessions;       /* 1..64, a thread each */
        uint64_t duration;       /* microseconds, at most 60 s */
        uint64_t max_operations; /* 0 = no bound but the duration */
        uint32_t sample;         /* every sample-th signature is verified; at least 1 */
        uint32_t reserved;
} MsgMeasure;

typedef struct MsgMeasured {
        MessageHead head;
        uint32_t key;
        uint32_t sessions; /* that were really open */
        uint64_t operations, errors, verified, wrong;
        uint64_t duration;           /* microseconds from the first operation's start to the last one's end */
        uint64_t rate_milli;         /* operations a second, in thousandths: of the steady part */
        uint64_t p50, p95, p99, max; /* latency of one operation, microseconds */
        uint64_t cpu;        /* microseconds of processor time of the whole process during the burst */
        uint32_t processors; /* that this process may use */
        uint32_t stopped;    /* ended by MSG_MEASURE_STOP */
        uint64_t rv;         /* of the first operation that failed */
        char detail[160];
} MsgMeasured;

/* --- poll. hsmd tells a set: every MSG_POLL_ITEM, then every MSG_POLL_AGENT, then MSG_POLL_START with its
 * number. Each poll is told by a MSG_SAMPLE a sensor and then one MSG_AGENT_STATE, all with the same number
 * of the poll. */

/* Columns beside the value of a walked table, by their place in MsgPollItem.columns. */
typedef enum PollColumn {
        COLUMN_LABEL,     /* text that names the row */
        COLUMN_TYPE,      /* RFC 3433 EntitySensorDataType */
        COLUMN_SCALE,     /* RFC 3433 EntitySensorDataScale */
        COLUMN_PRECISION, /* RFC 3433 EntitySensorPrecision */
        COLUMN_STATUS,    /* RFC 3433 EntitySensorStatus: ok(1) unavailable(2) nonoperational(3) */
        COLUMN_UNITS,     /* text */
        COLUMN_TOTAL,     /* the value is shown as a percentage of this one (storage: used of size) */
        POLL_COLUMNS,
} PollColumn;

/* One entry of a sensor profile: an instance to get, or a table's column to walk. */
typedef struct MsgPollItem {
        MessageHead head;
        uint32_t item;                   /* number, unique in the set; from 1 */
        uint32_t walk;                   /* oid is a column, and each of its rows a sensor */
        uint32_t kind;                   /* SensorKind */
        uint32_t type;                   /* SensorType; OTHER where the table tells it */
        double scale;                    /* raw value x scale = value in units */
        double min, max;                 /* physical range, in units; a value beyond is out of range */
        char oid[128];                   /* numeric: "1.3.6.1.…" */
        char columns[POLL_COLUMNS][128]; /* numeric; empty = the table has none. COLUMN_TOTAL may belong to a
                                            single instance, too: then it is the whole OID of one */
} MsgPollItem;

#define POLL_ITEMS_MAX 64    /* of an agent, from all its profiles */
#define POLL_ROWS_MAX 256    /* of a walked table; further ones are not read, and that is said */
#define POLL_SAMPLES_MAX 512 /* of an agent */

/* Agents of devices have the device's number, those of sites POLL_AGENT_SITES + their place in the
 * configuration. */
#define POLL_AGENT_SITES 1000000u

typedef struct MsgPollAgent {
        MessageHead head;
        uint32_t agent;
        char name[160];                            /* for messages: "bureau-1", "bureau-room/ups" */
        char address[64];                          /* numeric: "127.0.0.1:161", "[::1]:161" */
        uint32_t version;                          /* SnmpVersion */
        uint64_t interval;                         /* microseconds between polls */
        uint64_t timeout;                          /* of one request; there is one retry a poll */
        char community[64];                        /* v1, v2c; a secret */
        char user[64];                             /* v3 securityName */
        char auth_protocol[16], priv_protocol[16]; /* "SHA-256", "AES" and so on; empty = none */
        char auth_secret[PROTOCOL_SECRET_MAX + 1], priv_secret[PROTOCOL_SECRET_MAX + 1];
        uint32_t n_items;
        uint32_t items[POLL_ITEMS_MAX]; /* numbers of items told before */
} MsgPollAgent;

typedef struct MsgSample {
        MessageHead head;
        uint32_t agent, item; /* numbers */
        uint64_t set;         /* sequence of the MSG_POLL_START whose numbers these are */
        uint64_t poll;
        uint32_t status;       /* SensorStatus */
        uint32_t reason;       /* SensorReason: all but FROZEN, which is the judge's */
        uint32_t type;         /* SensorType, of the item or as the table tells it */
        uint32_t counter_bits; /* of a counter: 32 or 64 */
        int32_t precision;     /* decimal digits that the value is worth, 0..6; of counters 0 */
        uint32_t reserved;
        double value;     /* in units, when status is ok: of a state its number, of a counter nothing */
        uint64_t counter; /* as read */
        char index[64];   /* of a walked row: its arcs, "1.3"; else empty. A longer one is not read */
        char label[64];   /* of a walked row, printable ASCII; may be empty */
        char units[32];   /* of a walked row, likewise */
        usec_t when;      /* CLOCK_MONOTONIC of the answer */
} MsgSample;

typedef struct MsgAgentState {
        MessageHead head;
        uint32_t agent;
        uint32_t state; /* AgentState */
        uint64_t set;   /* as in MsgSample */
        uint64_t poll;  /* counts from 1; also those that failed */
        usec_t when;
        uint64_t start_delay; /* microseconds from due to sent, of this poll */
        uint32_t requests;    /* sent in this poll, retries and discoveries included */
        uint32_t has_uptime;
        uint32_t cut; /* not all could be read: of what has no sample nothing is known */
        uint32_t reserved;
        uint64_t uptime;    /* microseconds, sysUpTime; wraps after 497 days */
        char engine_id[72]; /* v3, hexadecimal; else empty */
        char detail[256];
} MsgAgentState;

/* Walks an agent once beside its polls, for `hsmctl sensors discover`; answered by MSG_POLL_FOUND, the last
 * of which says so. */
typedef struct MsgPollWalk {
        MessageHead head;
        uint32_t agent;
        uint32_t max_rows;
        uint64_t walk; /* echoed */
} MsgPollWalk;

typedef struct PollFound {
        char oid[128];
        uint32_t type; /* ASN.1 tag as net-snmp has it */
        uint32_t reserved;
        char value[96]; /* numbers in decimal, texts as printable ASCII ('?' for the rest), OIDs dotted, else
                           "" */
} PollFound;

#define POLL_FOUND_MAX 64

typedef struct MsgPollFound {
        MessageHead head;
        uint32_t agent;
        uint32_t last; /* nothing follows */
        uint64_t walk;
        uint32_t error; /* with last: AgentState why it ended early, UNKNOWN also if not all could be
                           read, else AGENT_OK; detail has the words */
        uint32_t n;
        char detail[128];
        PollFound found[POLL_FOUND_MAX];
} MsgPollFound;

typedef struct MsgServeConfig { /* with one descriptor: the board */
        MessageHead head;
        uint32_t mode;     /* AgentMode */
        uint32_t entity;   /* serve ENTITY-MIB and ENTITY-SENSOR-MIB, too */
        char address[128]; /* own: "udp:127.0.0.1:16161"; agentx: "/var/agentx/master" or "tcp:127.0.0.1:705"
                            */
        uint32_t engine_id_size;
        uint8_t engine_id[32]; /* own */
        uint32_t engine_boots; /* own: raised durably by hsmd before this is sent */
        char name[64];         /* sysName */
        char contact[256], location[256];
} MsgServeConfig;

typedef struct MsgServeUser {
        MessageHead head;
        char name[64];
        char auth_protocol[16], priv_protocol[16];
        char auth_secret[PROTOCOL_SECRET_MAX + 1], priv_secret[PROTOCOL_SECRET_MAX + 1];
} MsgServeUser;

typedef struct MsgServeState {
        MessageHead head;
        uint32_t serving; /* answering (own: listening; agentx: registered with the master) */
        char detail[128];
} MsgServeState;

/* --- notify */

#define NOTIFY_WINDOW 8 /* of a receiver: so many are handed to the worker at a time */

typedef struct MsgNotifyConfig {
        MessageHead head;
        uint32_t engine_id_size;
        uint8_t engine_id[32]; /* ours, of v3 traps */
        uint32_t engine_boots; /* raised durably by hsmd before this is sent */
} MsgNotifyConfig;

typedef struct MsgNotifyReceiver {
        MessageHead head;
        uint32_t receiver; /* number */
        uint32_t removed;  /* it is no more */
        char name[64];
        char address[128]; /* numeric: "udp:192.0.2.5:162", "udp6:[2001:db8::5]:162" */
        uint32_t kind;     /* ReceiverKind */
        uint32_t version;  /* SnmpVersion: v2c or v3 */
        uint32_t text;     /* TextLanguage: en leaves the last object out */
        uint32_t charset;  /* Charset */
        uint64_t timeout;  /* microseconds, for an acknowledgement */
        char community[64];
        char user[64];
        char auth_protocol[16], priv_protocol[16];
        char auth_secret[PROTOCOL_SECRET_MAX + 1], priv_secret[PROTOCOL_SECRET_MAX + 1];
} MsgNotifyReceiver;

/* One notification for one receiver. They are sent in the order in which they are handed over, the next when
 * the one before is done with; a heartbeat is sent at once, once, and answered by nothing. An inform is sent
 * again until it is acknowledged, marked as repeated from the second time on; `repeated` marks the first one
 * too. */
typedef struct MsgNotify {
        MessageHead head;
        uint32_t receiver;
        uint32_t repeated;
        uint32_t heartbeat; /* event: state, serving, total, when */
        uint32_t alarms[4]; /* of a heartbeat: critical, major, minor, warning */
        uint32_t reserved;
        uint64_t last_sequence; /* of a heartbeat */
        Event event;
} MsgNotify;

typedef enum NotifyResult {
        NOTIFY_ACKNOWLEDGED = 1,
        NOTIFY_SENT, /* a trap */
} NotifyResult;

typedef struct MsgNotifyDone {
        MessageHead head;
        uint32_t receiver;
        uint32_t result;    /* NotifyResult */
        uint64_t sequence;  /* the event's notify_sequence */
        uint64_t sent_usec; /* CLOCK_MONOTONIC when its first datagram left */
        uint32_t attempts;
        uint32_t reserved;
} MsgNotifyDone;

typedef struct MsgNotifyState {
        MessageHead head;
        uint32_t receiver;
        uint32_t state;    /* ReceiverState: ok, retrying, refusing */
        uint64_t refusals; /* Reports and error responses since the worker started */
        char detail[128];
} MsgNotifyState;

/* Starts a message of struct type T: MsgHello m = MESSAGE(MsgHello, MSG_HELLO) */
#define MESSAGE(T, msg)                                                                                      \
        {                                                                                                    \
                .head = {.type = (msg), .size = sizeof(T) }                                                  \
        }

/* Sends one message, never blocking; fd_to_send -1 for none. -EAGAIN when the other side does not read. */
int protocol_send(int fd, const MessageHead *message, int fd_to_send);

/* Receives one message into a buffer of at least PROTOCOL_MAX octets, aligned for any message. Returns its
 * type, 0 at the end of the stream, -EAGAIN, or -EBADMSG for a message of an unknown type or a wrong length.
 * *ret_fd is the descriptor that came with it, the caller's to close, or -1. Blocks only if fd does. */
int protocol_receive(int fd, void *buffer, int *ret_fd);

#define PROTOCOL_MAX (64 * 1024)

/* Ends a received string. */
#define PROTOCOL_TEXT(array) ((array)[sizeof(array) - 1] = '\0')

#endif
