#ifndef VHSM_SERVER_H
#define VHSM_SERVER_H
/* One virtual cipher machine. See README.md.
 *
 *   server.c              listens, a thread a connection
 *   server-machine.c      machine.conf and what survives a restart
 *   server-personality.c  a vendor's numbers and forms
 *   server-objects.c      keys, their attributes
 *   server-crypto.c       what keys do
 *   server-calls.c        PKCS#11, a function each
 *   server-faults.c       what goes wrong on command
 *   server-sensors.c      how warm it is, and what else its SNMP agent tells
 *   server-control.c      the control socket */

#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "macro.h"
#include "wire.h"

#define OBJECTS_MAX 128
#define SESSIONS_MAX 256
#define MECHANISMS_MAX 32

typedef enum Operation {
        OP_NONE, /* listed, and refused: what makes keys */
        OP_RSA_PKCS,
        OP_RSA_DECRYPT,
        OP_ECDSA,
        OP_SM2_DIGEST,
        OP_SM2_MESSAGE,
        OP_SM2_DECRYPT,
        OP_ECB,
        OP_CBC,
        OP_CBC_PAD,
        OP_MAC,         /* CMAC for block ciphers, HMAC for HMAC keys */
        OP_MAC_GENERAL, /* the same, cut to the CK_ULONG that is the parameter */
        OP_SM3,
} Operation;

typedef enum Z { Z_OF_NONE, Z_OF_DEFAULT, Z_OF_PARAMETER } Z;

typedef struct Mechanism {
        char name[24]; /* as in hsmd's vendor profiles */
        CK_MECHANISM_TYPE number;
        Operation operation;
        CK_KEY_TYPE key_type;
        CK_FLAGS flags; /* CKF_SIGN and so on */
        bool der;
        Z z;
} Mechanism;

typedef enum Point { POINT_WRAPPED, POINT_PLAIN, POINT_BARE } Point;

typedef struct Personality {
        char name[16];
        CK_KEY_TYPE sm2, sm4;
        Point point;
        bool c1c2c3, cipher_der;
        Mechanism mechanisms[MECHANISMS_MAX]; /* up to the first without a name */
} Personality;

typedef struct Object {
        CK_OBJECT_HANDLE handle;
        CK_OBJECT_CLASS object_class;
        CK_KEY_TYPE type;
        char label[64];
        uint8_t id[32];
        size_t id_size;
        bool always_authenticate;
        EVP_PKEY *pkey;     /* private, public, certificate */
        EVP_PKEY *spare;    /* the right one, while another stands in its place */
        uint8_t secret[64]; /* secret */
        size_t secret_size;
        uint8_t *certificate; /* DER */
        size_t certificate_size;
        uint8_t *reissued; /* DER of the certificate while another expiry is caused */
        size_t reissued_size;
} Object;

typedef struct Session {
        bool open, broken, busy; /* broken: ended by a fault; busy: CKR_OPERATION_ACTIVE for ever */
        bool user;               /* its application has logged in */
        bool authenticated;      /* once more, for one operation of a key that always wants it */
        bool finding;
        CK_SESSION_HANDLE handle;
        uint64_t client, application; /* its connection; the process at the other end, by its own word */
        CK_FLAGS flags;
        uint32_t begun; /* the function that ends the operation under way, WIRE_NONE without one */
        Object *key;
        const Mechanism *mechanism;
        uint8_t parameter[64];
        size_t parameter_size;
        CK_OBJECT_HANDLE found[OBJECTS_MAX];
        size_t n_found, next_found;
} Session;

/* One fault that is being caused. */
typedef struct Fault {
        bool on;
        uint32_t function; /* of those that name one */
        char argument[64]; /* as it was given */
        uint64_t number;
} Fault;

#define FAULTS(F)                                                                                            \
        F(UNPLUG, "unplug", "", "the machine is gone: no new connection, the old ones end",                  \
                "断网断电：连接全部断开")                                                                    \
        F(HANG, "hang", "CALL", "this call is never answered", "指定调用永不返回")                           \
        F(SLOW, "slow", "MS [CALL]", "every operation, or that call, takes that much longer",                \
                "每次运算（或指定调用）变慢指定毫秒数")                                                      \
        F(HALF_OPEN, "half-open", "", "a black hole: packets are dropped silently",                          \
                "半开连接：报文被静默丢弃")                                                                  \
        F(REBOOT, "reboot", "[SECONDS]", "connections and sessions are gone, handles are others",            \
                "重启：会话失效，句柄改变")                                                                  \
        F(SWAP, "swap-handles", "", "handles name other keys of the same kind", "句柄指向另一把同类密钥")    \
        F(IDLE, "idle-sessions", "", "open sessions die, and their client with them",                        \
                "空闲会话失效，客户端不可恢复")                                                              \
        F(STALE_SLOTS, "stale-slots", "", "the token moves to another slot", "令牌移到另一槽位")             \
        F(LOGGED_IN, "already-logged-in", "", "C_Login says CKR_USER_ALREADY_LOGGED_IN", "登录返回已登录")   \
        F(SESSION_LIMIT, "session-limit", "N", "no more than N sessions", "会话数上限为 N")                  \
        F(ACTIVE, "operation-active", "", "one C_Sign fails and leaves its session busy",                    \
                "一次签名失败后会话一直被占用")                                                              \
        F(OTHER_KEY, "other-key", "LABEL", "another key under the same label", "同名标签下是另一把密钥")     \
        F(MISSING_KEY, "missing-key", "[LABEL]", "that key, or every one, is not there",                     \
                "指定密钥（或全部密钥）缺失")                                                                \
        F(SIGN_ERROR, "sign-error", "[LABEL]", "C_Sign fails, all else works", "仅签名失败，其余正常")       \
        F(WRONG, "wrong-signature", "[LABEL]", "well-formed signatures that are wrong",                      \
                "签名格式正确但结果错误")                                                                    \
        F(NONCE, "repeat-nonce", "[LABEL]", "every signature with one nonce", "签名随机数重复")              \
        F(RANDOM, "random", "stuck|biased", "random numbers are not", "随机数卡死或有偏")                    \
        F(PIN, "pin-changed", "PIN", "another PIN is right", "口令(PIN)已更改")                              \
        F(LOCKED, "pin-locked", "", "the PIN is locked", "口令(PIN)已锁定")                                  \
        F(SERIAL, "wrong-serial", "SERIAL", "another machine answers", "应答的是另一台机器")                 \
        F(FORM, "signature-form", "raw|der", "signatures in that form, whatever the mechanism",              \
                "签名一律用指定格式")                                                                        \
        F(ID, "sm2-id", "none|empty|default|ID", "what Z is really made with (none: no Z)",                  \
                "实际使用的 SM2 用户标识")                                                                   \
        F(DOUBLE, "double-hash", "", "hashes twice", "重复杂凑")                                             \
        F(LOG_FULL, "log-full", "", "the audit log is full: no login", "审计日志已满，拒绝登录")             \
        F(EXPIRES, "certificate-expires", "DAYS", "its certificates expire in DAYS", "证书在指定天数后到期") \
        F(NO_MECHANISM, "mechanism-missing", "NAME|NUMBER", "that mechanism is not offered",                 \
                "不提供该算法机制")                                                                          \
        F(HEAT, "heat", "CELSIUS", "it is that hot", "温度为指定摄氏度")                                     \
        F(FAN, "fan", "", "a fan stands still, and it warms up", "一个风扇停转，温度逐渐升高")               \
        F(POWER, "power", "", "a power supply has failed", "一路电源故障")                                   \
        F(SESSIONS_USED, "sessions-used", "N", "other clients hold N sessions", "其他客户端占用 N 个会话")   \
        F(TRUNCATE, "truncate", "CALL", "replies of that call are cut off", "指定调用的应答被截断")          \
        F(SEGFAULT, "segfault", "CALL", "the client module crashes in that call",                            \
                "客户端模块在指定调用中崩溃")                                                                \
        F(SPIN, "spin", "CALL", "the client module burns the processor in that call",                        \
                "客户端模块在指定调用中死循环")                                                              \
        F(GARBAGE, "garbage", "CALL", "absurd lengths from that call", "指定调用返回荒谬的长度")             \
        F(LEAK, "leak", "BYTES", "the client module leaks memory with each C_Sign",                          \
                "客户端模块每次签名泄漏内存")                                                                \
        F(LEAK_FDS, "leak-fds", "", "the client module leaks a descriptor with each C_Sign",                 \
                "客户端模块每次签名泄漏描述符")                                                              \
        F(FORK, "fork-daemon", "", "C_Initialize leaves a daemon behind", "初始化时留下守护进程")

#define FAULT_NUMBER(name, ...) FAULT_##name,
typedef enum FaultKind { FAULTS(FAULT_NUMBER) FAULT_KINDS } FaultKind;

typedef struct Machine {
        char directory[256];
        const Personality *personality;
        char manufacturer[33], model[17], serial[17], label[33], pin[64];
        unsigned firmware_major, firmware_minor;
        bool pin_flags;
        bool c1c2c3, cipher_der;         /* the personality's, or what machine.conf says instead */
        unsigned pin_tries, wrong_tries; /* wrong ones in a row: survives a restart */
        uint64_t rate;                   /* crypto operations a second; 0 = no limit */
        uint64_t latency;                /* microseconds added to each */
        unsigned log_limit, audit;       /* records that the audit log has room for (0: no end), and has */
        unsigned session_limit, extra_slots;
        double temperature, warming; /* at rest in a room of 22 degrees; more for 1,000 operations a second */
        double fan_warming;          /* more for each fan that stands still */
        double settling;             /* seconds in which 63 % of a change are there; 0: at once */
        bool host_resources;         /* whether its agent tells HOST-RESOURCES-MIB, too */
        unsigned port;
        int listener;
        pthread_mutex_t lock; /* over everything below but what is atomic */
        Object objects[OBJECTS_MAX];
        size_t n_objects;
        Session sessions[SESSIONS_MAX];
        uint64_t next_session, next_client;
        unsigned sessions_open, sessions_max;
        CK_SLOT_ID slot;
        Fault faults[FAULT_KINDS];
        uint64_t counts[WIRE_FUNCTION_MAX];
        uint64_t login_ok, login_wrong, operations, sessions_rw;
        uint64_t done;       /* operations since the start: no counter is ever reset under the thermometer */
        uint64_t busy_until; /* CLOCK_MONOTONIC in ns: when all that it was given so far is done */
        usec_t down_until;   /* of a reboot */
        usec_t up_since;
        double room; /* how warm its room is */
        int connections[SESSIONS_MAX];
} Machine;

/* One request of one connection. */
typedef struct Call {
        Machine *machine;
        uint64_t client;
        uint32_t function;
        CK_SESSION_HANDLE session;
        Wire *in, *out; /* out: the results alone */
        bool poison;    /* the client's process is to be of no more use */
} Call;

/* server-machine.c */
int machine_load(Machine *m, const char *directory);
void machine_save(const Machine *m);
void machine_write(const Machine *m, const char *name, const char *text);

/* server-personality.c */
const Personality *personality_find(const char *name);
/* Of those that the machine offers now; NULL beyond the last. */
const Mechanism *personality_nth(const Machine *m, size_t n);
const Mechanism *personality_mechanism(const Machine *m, CK_MECHANISM_TYPE number);

/* server-objects.c */
int objects_add_key(Machine *m, const char *label, const uint8_t *id, size_t id_size, const char *type,
        const char *file, const char *certificate, bool public_object, bool always_authenticate);
/* user: of a session that is logged in. */
Object *object_find(Machine *m, CK_OBJECT_HANDLE handle, bool user);
bool object_hidden(const Machine *m, const Object *o, bool user);
/* The attribute's value appended to w as octets; false when the object has none, or it is secret. */
bool object_attribute(
        const Machine *m, const Object *o, CK_ATTRIBUTE_TYPE type, Wire *w, bool *ret_sensitive);
/* Other handles after a restart. */
void objects_renumber(Machine *m);
/* The handles of two keys of one kind change places; once more, and all is as before. */
void objects_swap(Machine *m);
/* Another key under that label, or the right one again. */
void objects_exchange(Machine *m, const char *label, bool on);
/* All certificates are issued anew, to expire in so many days, or are the right ones again. */
void objects_reissue(Machine *m, bool on, long days);
/* One line of JSON with every object and attribute; secret ones as SHA-256. */
void objects_describe(const Machine *m, FILE *out);

/* server-crypto.c: 0 or a CK_RV */
CK_RV crypto_sign(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out);
CK_RV crypto_crypt(
        const Machine *m, const Session *s, bool encrypt, const uint8_t *data, size_t n, Wire *out);
CK_RV crypto_digest(const Machine *m, const Session *s, const uint8_t *data, size_t n, Wire *out);
CK_RV crypto_random(const Machine *m, size_t n, Wire *out);

/* server-calls.c */
CK_RV serve_call(Call *c);
/* Sessions of all clients, those that a fault makes up included; and how many there may be. */
unsigned sessions_used(const Machine *m);
unsigned sessions_limit(const Machine *m);
void client_gone(Machine *m, uint64_t client);

/* server-faults.c */
/* 0, or -1 and in words what would be right. */
int fault_cause(
        Machine *m, const char *kind, const char *const *arguments, size_t n, char *error, size_t size);
int fault_clear(Machine *m, const char *kind, char *error, size_t size);
void faults_list(const Machine *m, FILE *out, bool all);
/* The directives that concern the client now. */
void faults_direct(const Machine *m, bool poison, Wire *out);
const Fault *fault_on(const Machine *m, FaultKind kind);
/* A fault that names a key, or all of them. */
bool fault_on_key(const Machine *m, FaultKind kind, const Object *key);
void connections_drop(Machine *m);
int listen_again(Machine *m);

/* server-sensors.c */
#define ROOM_CELSIUS 22.0
/* DIR/temperature and DIR/sensors are written now, and by a thread from now on. 0 or -1. */
int sensors_start(Machine *m);

/* server-control.c */
void *serve_control(void *machine);
/* A JSON string, quotes and all. */
void json_text(FILE *out, const char *text);

#endif
