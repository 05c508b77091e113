#ifndef HSMD_NAMES_H
#define HSMD_NAMES_H
/* Every enumeration that people or other programs see, with its one table of names.
 *
 * A name is stored once, in snake_case, and is the word in the configuration, in JSON and in log fields; MIB
 * and bus show the same word in lowerCamelCase (name_to_camel). The numbers are HSMD-MIB's; new values are
 * only ever appended. Value 0 is never a valid member. */

#include "macro.h"

typedef enum DeviceState {
        DEVICE_UP = 1,
        DEVICE_DEGRADED,
        DEVICE_MAINTENANCE,
        DEVICE_RECOVERING,
        DEVICE_SUSPECT,
        DEVICE_DOWN,
        DEVICE_UNKNOWN,
} DeviceState;

typedef enum PoolState {
        POOL_REDUNDANT = 1,
        POOL_AT_CAPACITY,
        POOL_DEGRADED,
        POOL_LOST,
        POOL_UNKNOWN,
} PoolState;

/* States of a service and of the whole fleet. */
typedef enum ServiceState {
        SERVICE_OK = 1,
        SERVICE_AT_RISK,
        SERVICE_DEGRADED,
        SERVICE_LOST,
        SERVICE_UNKNOWN,
} ServiceState;

typedef enum KeyState {
        KEY_USABLE = 1,   /* signed, and the signature verified */
        KEY_PRESENT_ONLY, /* found, by policy not exercised */
        KEY_MISMATCH,
        KEY_MISSING,
        KEY_FAILING,
        KEY_UNKNOWN,
} KeyState;

/* The rungs of the probe's ladder; a failed step names the fault. */
typedef enum Step {
        STEP_NONE = 1,
        STEP_CONNECT,
        STEP_LOAD,
        STEP_INITIALIZE,
        STEP_SLOT,
        STEP_TOKEN,
        STEP_SESSION,
        STEP_LOGIN,
        STEP_FIND,
        STEP_SIGN,
        STEP_VERIFY,
        STEP_RANDOM,
        STEP_DECRYPT,
        STEP_ENCRYPT,
        STEP_MAC,
        STEP_MAX = STEP_MAC,
} Step;

/* Why a device is in its state: stable code words. */
typedef enum Reason {
        REASON_NONE = 1,
        REASON_STARTING,        /* no evidence yet */
        REASON_NO_EVIDENCE,     /* a due check produced nothing for longer than the detection bound */
        REASON_CALL_FAILED,     /* a PKCS#11 call returned an error */
        REASON_TIMEOUT,         /* a call had not returned by the deadline */
        REASON_CRASHED,         /* the probe died inside a call */
        REASON_NOT_FOUND,       /* no such slot or token, or none of the configured keys */
        REASON_SERIAL_MISMATCH, /* another token answers than the configured one */
        REASON_PIN_REFUSED,     /* this PIN was refused before and is not sent again */
        REASON_PIN_LOCKED,      /* the token says that the user PIN is locked */
        REASON_PIN_FINAL_TRY,   /* the token says that one try is left; it is not ours */
        REASON_PIN_UNAVAILABLE, /* the PIN's file or credential cannot be read */
        REASON_WRONG_SIGNATURE, /* a signature did not verify against the pinned public key */
        REASON_KEY_MISSING,
        REASON_KEY_MISMATCH, /* the public key is not the pinned one */
        REASON_HOT,
        REASON_SENSOR_LOST,
        REASON_MODULE_REFUSED, /* the module cannot be loaded or lacks a function */
        REASON_SLOW,
        REASON_GUARD_UNREADABLE, /* the durable note of refused PINs cannot be read: no login */
        REASON_PIN_WAITING,      /* a PIN new to the pool is being tried on another member first */
        REASON_PROFILE_MISMATCH, /* the key is right and the vendor profile describes the mechanism wrongly */
        REASON_NONCE_REPEATED,   /* two signatures with one r: the key must be treated as compromised */
        REASON_RANDOM_WEAK,      /* the machine's random numbers are stuck or biased */
        REASON_SESSION_LIMIT,    /* the machine has no session left for us */
        REASON_KEY_FAILING,      /* one of several keys cannot be used */
        REASON_CERTIFICATE_EXPIRING,
        REASON_MECHANISM_MISSING, /* the machine does not offer a mechanism that a key needs */
        REASON_BUSY,              /* the machine answers with a return of class busy */
        REASON_LOG_FULL,          /* its log is full: it refuses work until somebody exports it */
        REASON_WRONG_ANSWER,      /* a decryption, MAC or check value is not the expected one */
        REASON_MAINTENANCE,       /* out of service on an operator's word */
        REASON_UNKILLABLE,        /* probes that SIGKILL does not end: no more are started */
        /* what sensors tell; none makes a machine down */
        REASON_COLD,
        REASON_TEMPERATURE_RISING,    /* a limit will be reached soon at this pace */
        REASON_TEMPERATURE_DEVIATING, /* far from the pool's median at like load */
        REASON_ABOVE_ROOM,            /* too much warmer than its room */
        REASON_ROOM_WARM, /* the room is what warms it, and its neighbours: said once, of the site */
        REASON_FAN_FAILED,
        REASON_POWER_FAILED,
        REASON_SENSOR_LIMIT, /* any other sensor is beyond a limit */
        REASON_SENSOR_FROZEN,
        REASON_AGENT_RESTARTED, /* sysUpTime began anew: counters have no rate for a moment */
        REASON_REBOOTED,        /* the machine itself did */
        REASON_SESSIONS_NEAR_LIMIT,
        REASON_DUPLICATE_ENGINE_ID, /* another machine's agent has the same SNMPv3 engine id */
        /* what several attempts, machines or hsmd itself come to */
        REASON_FLAPPING,          /* it falls and comes back too often to be relied on */
        REASON_WATCHER_ISOLATED,  /* this host's own link is gone: nothing is proven of the machines */
        REASON_COMMON_CAUSE,      /* several members fell together */
        REASON_SHARED_SERVICE,    /* the local service that their modules share is gone */
        REASON_SUPERSEDED,        /* of a cleared alarm: another one says it, and more */
        REASON_VIRTUAL_DISAGREES, /* a virtual slot serves while no member does, or the other way round */
        REASON_BOUND_EXCEEDED,    /* a fault was found later than the published bound says */
        REASON_MAINTENANCE_ENDING,
        REASON_UNCONFIGURED, /* of a cleared alarm: what it is about is not configured any more */
        REASON_DISK_SLOW,    /* events are told before they are on disk */
        REASON_DISK_FULL,
        REASON_HISTORY_DAMAGED,  /* it could not be read, and was set aside */
        REASON_RECEIVER_REFUSES, /* it answers notifications with a refusal */
        REASON_RECEIVER_SILENT,  /* it does not acknowledge */
        REASON_QUEUE_FULL,       /* notifications for a receiver were dropped */
        REASON_SELFTEST,         /* somebody tries whether alarms arrive */
        REASON_LAST = REASON_SELFTEST,
} Reason;

/* How a key's state compares over the members of its pool. */
typedef enum MatrixState {
        MATRIX_IDENTICAL = 1, /* on every member that answered, one and the same, and usable */
        MATRIX_MISSING,       /* on some members not there */
        MATRIX_DIFFERENT,     /* one name, several keys */
        MATRIX_FAILING,       /* there and identical, but some member cannot use it */
        MATRIX_NOWHERE,       /* on no member usable */
        MATRIX_UNKNOWN,       /* no member has told yet */
} MatrixState;

/* Where the public key or check value that counts for a pool's key comes from. */
typedef enum PinOrigin {
        PIN_ORIGIN_NONE = 1,    /* nothing is pinned */
        PIN_ORIGIN_CONFIGURED,  /* public_key = FILE */
        PIN_ORIGIN_CONFIRMED,   /* seen on every member and confirmed by an operator */
        PIN_ORIGIN_UNCONFIRMED, /* seen on every member, not yet confirmed */
} PinOrigin;

/* What stood in the way of more throughput. */
typedef enum LimitedBy {
        LIMITED_NONE = 1, /* the machine could have done more: the burst ended by its own bound */
        LIMITED_CLIENT,   /* this host's processor */
        LIMITED_LOAD,     /* the machine's other work: the burst was stopped for its sake */
        LIMITED_MACHINE,
} LimitedBy;

/* What a mechanism of a vendor profile is used for. */
typedef enum MechanismUse {
        USE_SIGN = 1,
        USE_DECRYPT, /* with a private key; what is decrypted was encrypted in software */
        USE_ENCRYPT, /* one block, for a check value */
        USE_MAC,
        USE_DIGEST, /* known, not exercised */
} MechanismUse;

/* What a signing mechanism is given. */
typedef enum MechanismInput {
        INPUT_MESSAGE = 1, /* it hashes itself */
        INPUT_DIGEST,
} MechanismInput;

/* GM/T 0003.2: the signer's identity goes into Z, and Z before the message into the hash e. */
typedef enum ZRule {
        Z_NONE = 1,   /* hashes the message alone */
        Z_DEFAULT_ID, /* GM/T 0009: 1234567812345678 */
        Z_PARAMETER,  /* the mechanism's parameter is the identity */
} ZRule;

typedef enum SignatureForm {
        FORM_RAW = 1, /* r and s of the field's size, one after the other */
        FORM_DER,     /* SEQUENCE of two INTEGER */
} SignatureForm;

/* How CKA_EC_POINT of an SM2 key is written. */
typedef enum PointForm {
        POINT_OCTET_STRING = 1, /* DER OCTET STRING of 04, X, Y: the standard's */
        POINT_UNCOMPRESSED,     /* 04, X, Y */
        POINT_XY,               /* X, Y */
} PointForm;

/* Order of an SM2 ciphertext's parts. */
typedef enum CipherOrder {
        CIPHER_C1C3C2 = 1, /* GM/T 0003.4 */
        CIPHER_C1C2C3,
} CipherOrder;

/* What a vendor's own CK_RV means. */
typedef enum ReturnClass {
        RETURN_BUSY = 1,
        RETURN_SESSION,    /* no session left */
        RETURN_CREDENTIAL, /* PIN wrong or locked: counts as a refused PIN */
        RETURN_KEY,        /* the key cannot be used; a handle is stale */
        RETURN_LOG_FULL,
        RETURN_FATAL,
} ReturnClass;

typedef enum SensorStatus {
        SENSOR_OK = 1,
        SENSOR_UNAVAILABLE,
        SENSOR_NONOPERATIONAL,
} SensorStatus;

typedef enum SensorReason {
        SENSOR_REASON_OK = 1,
        SENSOR_REASON_SILENT,
        SENSOR_REASON_WRONG_TYPE,
        SENSOR_REASON_OUT_OF_RANGE,
        SENSOR_REASON_FROZEN,
        SENSOR_REASON_NONOPERATIONAL,
} SensorReason;

typedef enum AgentState {
        AGENT_NOT_CONFIGURED = 1,
        AGENT_OK,
        AGENT_SILENT,
        AGENT_REFUSED,
        AGENT_DUPLICATE_ENGINE,
        AGENT_UNKNOWN,
} AgentState;

typedef enum KeyType {
        KEY_TYPE_RSA = 1,
        KEY_TYPE_EC,
        KEY_TYPE_SM2,
        KEY_TYPE_AES,
        KEY_TYPE_SM4,
        KEY_TYPE_HMAC,
        KEY_TYPE_OTHER,
} KeyType;

typedef enum KeyClass {
        KEY_CLASS_PRIVATE = 1,
        KEY_CLASS_PUBLIC,
        KEY_CLASS_SECRET,
        KEY_CLASS_CERTIFICATE,
} KeyClass;

typedef enum Exercise {
        EXERCISE_SIGN = 1,
        EXERCISE_DECRYPT,
        EXERCISE_MAC,
        EXERCISE_ENCRYPT,
        EXERCISE_PRESENT,
} Exercise;

/* RFC 3433 EntitySensorDataType, restated with the same numbers. */
typedef enum SensorType {
        SENSOR_TYPE_OTHER = 1,
        SENSOR_TYPE_UNKNOWN,
        SENSOR_TYPE_VOLTS_AC,
        SENSOR_TYPE_VOLTS_DC,
        SENSOR_TYPE_AMPERES,
        SENSOR_TYPE_WATTS,
        SENSOR_TYPE_HERTZ,
        SENSOR_TYPE_CELSIUS,
        SENSOR_TYPE_PERCENT_RH,
        SENSOR_TYPE_RPM,
        SENSOR_TYPE_CMM,
        SENSOR_TYPE_TRUTHVALUE,
        SENSOR_TYPE_SPECIAL_ENUM,
        SENSOR_TYPE_DBM,
} SensorType;

/* What a sensor is about: decides how it is judged and which reason it raises. */
typedef enum SensorMeaning {
        MEANING_OTHER = 1,
        MEANING_TEMPERATURE,
        MEANING_HUMIDITY,
        MEANING_FAN,
        MEANING_POWER,   /* a power supply, UPS or PDU */
        MEANING_BATTERY, /* of a UPS */
        MEANING_WATER,
        MEANING_LOAD, /* how busy the machine is: temperatures are compared at like load */
        MEANING_MEMORY,
        MEANING_STORAGE,
        MEANING_UPTIME,     /* of the machine itself, in seconds: when it falls, the machine rebooted */
        MEANING_OPERATIONS, /* of its business: cryptographic operations */
        MEANING_SESSIONS,
        MEANING_TRAFFIC,
        MEANING_LINK,
} SensorMeaning;

/* What an agent's number is. */
typedef enum SensorKind {
        SENSOR_GAUGE = 1, /* a measurement */
        SENSOR_COUNTER,   /* only its rate means something: shown a second */
        SENSOR_STATE,     /* an enumeration; its words stand in the profile */
} SensorKind;

/* How far a sensor is from normal. */
typedef enum SensorLevel {
        LEVEL_NORMAL = 1,
        LEVEL_WARNING,
        LEVEL_CRITICAL,
} SensorLevel;

/* What is wrong with a value that is valid. */
typedef enum SensorFinding {
        FINDING_NONE = 1,
        FINDING_HIGH,
        FINDING_LOW,
        FINDING_STATE,      /* the state that it tells is a bad one */
        FINDING_RISING,     /* will reach a limit soon */
        FINDING_DEVIATING,  /* from the pool's median at like load */
        FINDING_ABOVE_ROOM, /* too much warmer than the room */
} SensorFinding;

/* How a device's token is selected among a module's slots. */
typedef enum Select {
        SELECT_SERIAL = 1,
        SELECT_LABEL,
        SELECT_SLOT,
} Select;

typedef enum AgentMode {
        AGENT_MODE_OWN = 1, /* an SNMPv3 agent on a port of its own */
        AGENT_MODE_AGENTX,  /* a sub-agent of the host's snmpd */
} AgentMode;

typedef enum SnmpVersion {
        SNMP_VERSION_V2C = 1,
        SNMP_VERSION_V3,
        SNMP_VERSION_V1,
} SnmpVersion;

/* Of an alarm: RFC 3877, ItuPerceivedSeverity. */
typedef enum Severity {
        SEVERITY_CLEARED = 1,
        SEVERITY_INDETERMINATE,
        SEVERITY_CRITICAL,
        SEVERITY_MAJOR,
        SEVERITY_MINOR,
        SEVERITY_WARNING,
} Severity;

/* Which keys a service's verdict rests on. */
typedef enum Basis {
        BASIS_BUSINESS = 1, /* its own keys were used, and were right */
        BASIS_PROBE,        /* its own keys were found; another key of the same machines was used */
        BASIS_PRESENT,      /* keys were found, none was used */
} Basis;

/* What happened. */
typedef enum EventType {
        EVENT_STARTED = 1,
        EVENT_STOPPING,
        EVENT_DEVICE_STATE,
        EVENT_POOL_STATE,
        EVENT_ALARM_RAISED,
        EVENT_ALARM_CHANGED,
        EVENT_ALARM_CLEARED,
        EVENT_ALARM_ACKNOWLEDGED,
        EVENT_POOL_FAILOVER,
        EVENT_FAILOVER_RETURNED,
        EVENT_POOL_RECOVERED,
        EVENT_SERVICE_AT_RISK, /* a service became worse: at_risk, degraded or lost */
        EVENT_SERVICE_RECOVERED,
        EVENT_MAINTENANCE_STARTED,
        EVENT_MAINTENANCE_ENDING,
        EVENT_MAINTENANCE_ENDED,
        EVENT_DRILL_STARTED,
        EVENT_DRILL_ENDED,
        EVENT_RELOADED,
        EVENT_ACTION, /* something else that a person had done */
        EVENT_TYPE_LAST = EVENT_ACTION,
} EventType;

/* Where a fault is suspected. */
typedef enum FaultPlace {
        PLACE_MACHINE = 1, /* the machine itself, or its power */
        PLACE_NETWORK,
        PLACE_SERVICE,     /* the cipher service on the machine */
        PLACE_CLIENT,      /* the vendor's library here, or its configuration */
        PLACE_ACCESS_LIST, /* the machine does not take connections from this host */
        PLACE_PIN,
        PLACE_KEY,
        PLACE_NOT_READY, /* the machine is starting, updating or full */
        PLACE_HOST,      /* hsmd's own host */
        PLACE_LAST = PLACE_HOST,
} FaultPlace;

typedef enum ReceiverKind {
        RECEIVER_TRAP = 1,
        RECEIVER_INFORM,
} ReceiverKind;

typedef enum ReceiverState {
        RECEIVER_OK = 1,
        RECEIVER_RETRYING,
        RECEIVER_REFUSING,
        RECEIVER_DROPPING,
} ReceiverState;

/* Of the texts that a receiver is sent. */
typedef enum TextLanguage {
        TEXT_EN = 1, /* the last object, which is not ASCII, is left out */
        TEXT_ZH,
} TextLanguage;

typedef enum Charset {
        CHARSET_UTF_8 = 1,
        CHARSET_GB18030,
} Charset;

/* One table of names. Lookups are by number; names[i] may be NULL in a hole. */
typedef struct NameTable {
        const char *what; /* "device state", for messages */
        const char *const *names;
        size_t n; /* highest value + 1 */
} NameTable;

extern const NameTable device_state_names, pool_state_names, service_state_names, key_state_names, step_names,
        reason_names, sensor_status_names, sensor_reason_names, agent_state_names, key_type_names,
        key_class_names, exercise_names, sensor_type_names, select_names, agent_mode_names,
        snmp_version_names, matrix_state_names, pin_origin_names, limited_by_names, mechanism_use_names,
        mechanism_input_names, z_rule_names, signature_form_names, point_form_names, cipher_order_names,
        return_class_names, sensor_meaning_names, sensor_kind_names, sensor_level_names, sensor_finding_names,
        severity_names, basis_names, event_type_names, place_names, receiver_kind_names, receiver_state_names,
        text_language_names, charset_names;

/* The snake_case name, or "invalid". */
const char *name_of(const NameTable *table, unsigned value);

/* The value of a snake_case name, or 0. */
unsigned name_value(const NameTable *table, const char *name);

/* snake_case to words with hyphens ("key_missing" to "key-missing"), as alarm codes are written; dst is
 * always terminated. */
void name_to_kebab(char *dst, size_t size, const char *name);

/* snake_case to lowerCamelCase ("at_risk" to "atRisk"); dst is always terminated. */
void name_to_camel(char *dst, size_t size, const char *name);

#endif
