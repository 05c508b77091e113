#ifndef HSMD_CONFIG_H
#define HSMD_CONFIG_H
/* The configuration: read whole from hsmd.conf (libconfig syntax, @include allowed), checked whole, then
 * constant. Every error names file:line and what would be right. hsmd.conf(5) documents the keys; the words
 * are those of this header. Numbers are given by the operator and stable: they are the MIB's indices. Titles,
 * contacts, locations and addresses of machines are never NULL: a title that is not given is the name, the
 * others are "". */

#include "names.h"
#include "protocol.h"

/* A secret is never kept in the configuration, only where it comes from. */
typedef struct SecretSource {
        char *file;       /* absolute path, or NULL */
        char *credential; /* name in $CREDENTIALS_DIRECTORY, or NULL */
} SecretSource;

typedef struct ConfigKey { /* pools.keys */
        uint32_t number;   /* 1..2147483647, unique in the pool */
        char *label;       /* CKA_LABEL or NULL */
        uint8_t id[64];    /* CKA_ID, written in hexadecimal */
        uint32_t id_size;  /* 0: not given; a key has a label, an id or both */
        KeyType type;
        Exercise exercise;
        char *mechanism; /* name in the device's profile or the standard's; NULL: the first that serves */
        usec_t interval; /* between exercises; default 0 = in every check, of a business key 10 min */
        bool business;
        char *approved_by, *approved_on; /* of a business key that is exercised; on: YYYY-MM-DD */
        char *public_key;                /* PEM or DER file, or NULL */
        uint8_t *spki;                   /* its DER SubjectPublicKeyInfo, at most PROTOCOL_SPKI_MAX */
        size_t spki_size;
        bool has_check_value; /* of a symmetric key; 6 hexadecimal digits */
        uint8_t check_value[3];
} ConfigKey;

typedef struct ConfigVendor { /* vendors/NAME.conf: what a vendor adds to the standard */
        char *name;
        ProbeMechanism *mechanisms; /* in order of index, 101..9999; at most PROTOCOL_MECHANISMS_MAX −
                                       n_standard_mechanisms */
        size_t n_mechanisms;
        ProbeReturn *returns; /* at most PROTOCOL_RETURNS_MAX; numbers from 0x80000000 on */
        size_t n_returns;
        uint64_t sm2_key_type, sm4_key_type; /* UINT64_MAX: not told */
        PointForm point_form;                /* default octet_string */
        bool deepbind;                       /* default true; a device's own key wins */
        unsigned max_clients;                /* 0: no limit known */
        bool truthful_pin_flags;             /* whether CKF_USER_PIN_* can be believed; default false */
} ConfigVendor;

typedef struct ConfigFile {    /* devices.files: a path the module insists on = our file */
        char *target, *source; /* absolute */
        char *where;           /* "FILE:LINE", for messages */
} ConfigFile;

typedef struct ConfigMeasure { /* measure: of the fleet, or a device's own */
        usec_t period;         /* between scheduled bursts; 0 (default): only on demand */
        double share;          /* of the machine's operations in a period; default 0.01, at most 0.1 */
        unsigned sessions;     /* 1..64, default 4 */
        usec_t duration;       /* of a burst, default 2 s, at most 60 s */
} ConfigMeasure;

typedef struct ConfigPool {
        uint32_t number;
        char *name, *title;
        uint32_t required; /* default 1, at least 1, at most the number of members */
        ConfigKey *keys;   /* in order of number */
        size_t n_keys;     /* at most PROTOCOL_KEYS_MAX */
} ConfigPool;

typedef struct ConfigService {
        uint32_t number;
        char *name, *title;
        size_t pool;    /* index in Config.pools */
        uint32_t *keys; /* numbers of the pool's keys */
        size_t n_keys;
        uint32_t required_rate; /* signatures a second at peak; 0 = not known */
        bool confirmed;         /* default false */
} ConfigService;

typedef struct SensorLimits { /* in the sensor's units; each counts only where has_ says so */
        bool has_low_critical, has_low_warning, has_high_warning, has_high_critical;
        double low_critical, low_warning, high_warning, high_critical;
        double hysteresis;  /* how far within a limit a value must come back, always filled in; default: 2
                               degrees Celsius, else 2 % of the largest limit's amount */
        double rise;        /* units an hour that are news by themselves; 0 = none is */
        usec_t rise_window; /* over which the rise is measured; default 10 min; 0: rises are not judged */
        usec_t foresight;   /* a limit reached sooner than that is told now; default 30 min */
        double deviation;  /* from the pool's median at like load; 0 = not judged; default 10 of a temperature
                            */
        double above_room; /* beyond its room's temperature; 0 = not judged; of temperatures only */
        usec_t frozen_after; /* a value that never changes for so long is none; 0 = not judged (default) */
} SensorLimits;

typedef struct ConfigSensorState { /* states: what a number of a SENSOR_STATE means */
        int32_t value;
        char *name; /* "failed" */
        SensorLevel level;
} ConfigSensorState;

/* What a sensor's entry says itself. The rest is its type's, and where the table tells the type (COLUMN_TYPE)
 * follows the row's: see config_sensor_as. */
typedef struct SensorGiven {
        bool meaning, precision, units, min, max, hysteresis, deviation;
} SensorGiven;

typedef struct ConfigSensor { /* sensors/NAME.conf: an instance, or a walked table whose rows are sensors */
        uint32_t number; /* 1..999 where given, unique among a device's, or a site's, profiles; 0 = assigned
                            when found. A walked table has none */
        char *name;      /* of a walked table: what its rows' names begin with, "temp" for "temp.CPU" */
        char *title;     /* default: the name */
        bool walk;
        char *oid;                   /* numeric; of the instance, or of the column with the values */
        char *columns[POLL_COLUMNS]; /* numeric, or NULL */
        SensorKind kind;             /* default: state where there are states, else gauge */
        SensorType type; /* default: of the meaning (temperature celsius, humidity percent_rh, fan rpm), of a
                            state special_enum, else other. With a COLUMN_TYPE always OTHER: as the table
                            tells */
        SensorMeaning meaning; /* default: of the type (celsius temperature, rpm fan, percent_rh humidity),
                                  else other */
        double scale;          /* raw value x scale = value in units; not 0 */
        unsigned precision; /* decimal digits worth showing, 0..6; default 1 for celsius, 0 for rpm, counters
                               and states, 2 else */
        char *units;        /* UnitsDisplay; default: of the type ("°C", "rpm"), "/s" of counters, "%" with a
                               COLUMN_TOTAL, else "" */
        double min, max; /* physical range; default: of the type (celsius -55..150, percent_rh 0..100, …),
                            0..100 with a COLUMN_TOTAL, else infinite */
        SensorLimits limits;
        ConfigSensorState *states; /* in order of value */
        size_t n_states;
        char **only; /* of a walked table: only rows whose label or index matches one of these shell patterns
                      */
        char **except; /* and none of these; NULL-terminated, or NULL */
        SensorGiven given;
} ConfigSensor;

typedef struct ConfigProfile { /* one sensor profile */
        char *name;
        ConfigSensor *sensors; /* in the file's order */
        size_t n_sensors;      /* 1..POLL_ITEMS_MAX */
} ConfigProfile;

typedef struct ConfigSnmp {
        char *address; /* numeric host and port "192.0.2.1:161"; NULL: no agent configured */
        SnmpVersion version;
        SecretSource community; /* v1, v2c */
        char *user;             /* v3 */
        char *auth_protocol;    /* MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512, or NULL: noAuthNoPriv */
        char *priv_protocol;    /* DES AES AES-192 AES-256, or NULL */
        SecretSource auth_secret, priv_secret;
        usec_t interval;  /* default 10 s */
        usec_t timeout;   /* default 2 s */
        size_t *profiles; /* indices in Config.profiles, in the order given; together at most POLL_ITEMS_MAX
                             sensors. The first temperature in them is the machine's, or the room's */
        size_t n_profiles;
} ConfigSnmp;

typedef struct ConfigAgent { /* sites.agents: something in the room that speaks SNMP */
        char *name, *title;  /* the name is unique in the site */
        ConfigSnmp snmp;
} ConfigAgent;

typedef struct ConfigSite {
        uint32_t number;
        char *name, *title, *contact;
        ConfigAgent *agents; /* in order of name: the room's probe, its UPS, its PDUs */
        size_t n_agents;     /* at most 16 */
} ConfigSite;

typedef struct ConfigTiming { /* the keys of the detection bound; a device may override the fleet's */
        usec_t interval, jitter, fast_interval, deadline, restart;
        unsigned fall, rise;
} ConfigTiming;

typedef struct ConfigKeyOverride { /* devices.keys: only where a member differs from its pool */
        uint32_t number;
        char *label;
        uint8_t id[64];
        uint32_t id_size;
} ConfigKeyOverride;

typedef struct ConfigDevice {
        uint32_t number; /* 1..200000 */
        char *name;      /* printable ASCII, [A-Za-z0-9._-], at most 63 */
        char *title, *location, *contact;
        char *address;      /* of the machine, for people and MIB */
        size_t site, pool;  /* indices in Config.sites, Config.pools */
        char *module;       /* absolute path of the vendor's PKCS#11 module */
        char **environment; /* "NAME=value", NULL-terminated; the probe's whole environment beside PATH and
                               LANG */
        char *cwd;          /* absolute, or NULL: state directory/probe/NAME */
        Select select;
        uint32_t slot;
        char *label, *serial;
        size_t vendor; /* index in Config.vendors; the first one is "standard" and has nothing of its own */
        bool deepbind; /* default: the vendor's, true */
        bool random;   /* exercise C_GenerateRandom too, and judge what it gives; default true */
        bool virtual_slot; /* `virtual`: a vendor's slot over several machines; probed, no member of its pool
                            */
        char *connect;    /* numeric host:port to try after a failed attempt, or NULL: the cipher service's */
        char *management; /* likewise: another port of the machine, to tell machine from service */
        char **paths, **read_paths; /* the module may write there, or read; NULL-terminated, may be NULL */
        ConfigFile *files;
        size_t n_files;
        char *shared_service; /* a vendor's local service that several devices' modules share, or NULL */
        uint8_t sm2_id[PROTOCOL_ID_MAX]; /* default: the 16 octets of GM/T 0009 */
        uint32_t sm2_id_size;
        uint32_t rated_rate; /* signatures a second as the vendor states; 0 = not known */
        ConfigMeasure measure;
        uint64_t recycle_memory;      /* octets; a probe beyond is replaced; default 256 MiB, 0 = never */
        uint32_t recycle_descriptors; /* default 256 */
        usec_t recycle_age;           /* default 1 day */
        usec_t certificate_warning;   /* default 30 days */
        SecretSource pin;
        ConfigTiming timing;
        usec_t present_interval; /* default: interval */
        ConfigSnmp snmp;
        ConfigKeyOverride *keys;
        size_t n_keys;
} ConfigDevice;

typedef struct ConfigLink { /* links: a way from this host to machines, with its witnesses */
        char *name;
        char *interface; /* "eth0", at most 15 octets */
        char *gateway;   /* numeric address on that link, or NULL */
        size_t *sites;   /* indices: whose machines are behind it; a site is behind one link at most */
        size_t n_sites;
} ConfigLink;

typedef struct ConfigReceiver { /* receivers */
        uint32_t number;        /* 1..2147483647 */
        char *name, *title;
        char *address;       /* "udp:192.0.2.5:162", "udp6:[2001:db8::5]:162" */
        ReceiverKind kind;   /* default inform */
        SnmpVersion version; /* v2c or v3, default v3 */
        SecretSource community;
        char *user, *auth_protocol, *priv_protocol; /* as of ConfigSnmp */
        SecretSource auth_secret, priv_secret;
        TextLanguage text; /* default zh */
        Charset charset;   /* default utf-8 */
        usec_t timeout;    /* for an acknowledgement; default 2 s, 100 ms to 5 s */
        uint32_t queue;    /* default 100,000; 100 to 1,000,000 */
} ConfigReceiver;

typedef struct ConfigUser { /* agent.users: who may read our own agent, SNMPv3 authPriv */
        char *name, *auth_protocol, *priv_protocol;
        SecretSource auth_secret, priv_secret;
} ConfigUser;

typedef struct Config {
        char *path;
        char *name, *title, *contact, *location; /* fleet */
        char *group; /* whose members may read the control socket; default "hsmd" */
        AgentMode agent_mode;
        bool agent_entity;   /* offer the sensors as ENTITY-MIB and ENTITY-SENSOR-MIB, too; default true */
        char *agent_address; /* own: "udp:127.0.0.1:16161"; agentx: "/var/agentx/master" (default) */
        ConfigUser *users;
        size_t n_users;
        ConfigSite *sites; /* each in order of number */
        size_t n_sites;
        ConfigPool *pools;
        size_t n_pools;
        ConfigService *services;
        size_t n_services;
        ConfigLink *links;
        size_t n_links;
        ConfigReceiver *receivers; /* in order of number */
        size_t n_receivers;
        unsigned flaps;     /* fleet: falls that make a device flapping; default 3, 0 = never, at most 100 */
        usec_t flap_forget; /* fleet: how long one fall counts; default 20 min */
        usec_t heartbeat_interval;       /* fleet: default 60 s; 0 = none */
        usec_t durable_timeout;          /* history: default 2 s */
        usec_t keep_minutes, keep_hours; /* history: default 90 and 1,095 days */
        ConfigProfile *profiles;
        size_t n_profiles;
        ConfigVendor *vendors; /* [0] is "standard" */
        size_t n_vendors;
        ConfigDevice *devices;
        size_t n_devices;
} Config;

/* Reads and checks a configuration. On an error returns -EINVAL (or -ENOMEM, -errno of a file) and *ret_error
 * is a message "FILE:LINE: what is wrong; what would be right", several lines if there are several errors;
 * the caller frees it. On success *ret is the caller's, to be freed with config_free. */
int config_load(const char *path, Config **ret, char **ret_error);
Config *config_free(Config *config);

/* A sensor of a walked table whose row tells its type: a copy in which everything that the profile does not
 * say itself (meaning, precision, units, physical range, hysteresis, deviation) is the type's. Its strings
 * and states are those of the configuration; nothing of it is freed. */
ConfigSensor config_sensor_as(const ConfigSensor *table, SensorType type);

/* Whether hsmd can do what devices' files ask for; errors as config_load's. can_bind: it
 * may mount files in its workers' namespaces. Asked by who starts workers, not by config_load: the
 * configuration may be checked by somebody else than the daemon. */
int config_check_files(const Config *config, bool can_bind, char **ret_error);

/* interval + jitter + fall·deadline + (fall−1)·(fast_interval + restart) */
usec_t detection_bound(const ConfigTiming *t);

/* How a key is found on one device: the pool's label and id, each replaced by the device's own where it gives
 * one. ret's label points into the configuration. */
void config_key_selector(const ConfigDevice *device, const ConfigKey *key, ConfigKeyOverride *ret);

/* Whether two devices are configured alike, so that a probe may be kept across a reload. Only what the probe
 * sees is compared (module, environment, cwd, select, pin source, the pool's keys, random, present_interval,
 * the vendor profile by its contents, connect, management, paths, files, sm2_id), not timing, titles, rates,
 * recycling or SNMP. */
bool config_device_same_probe(
        const Config *config_a, const ConfigDevice *a, const Config *config_b, const ConfigDevice *b);

/* The mechanisms that a device's keys can use: the standard's, then its vendor's. ret has room for
 * PROTOCOL_MECHANISMS_MAX; returns how many. */
size_t config_mechanisms(const Config *config, const ConfigDevice *device, ProbeMechanism *ret);
/* The position in that list of the mechanism with which a key is exercised on this device; n when none is
 * (present keys; config_load has refused an exercised key without one). */
size_t config_key_mechanism(const ConfigKey *key, const ProbeMechanism *mechanisms, size_t n);

/* The link behind which a site's machines are; SIZE_MAX: none. */
size_t config_link_of_site(const Config *config, size_t site);

/* config-secrets.c: calls each with every secret that a configuration names, also those that are not given;
 * whose: the device, agent, user or receiver. max: octets that the worker it is for can be told. Ends with
 * the first negative result, which it returns. */
typedef int (*SecretVisit)(
        const SecretSource *source, size_t max, const char *whose, const char *what, void *userdata);
int config_each_secret(const Config *config, SecretVisit each, void *userdata);

/* secret.c: reads a secret into dst (at most size − 1 octets, terminated; one trailing newline, LF or CRLF,
 * is cut). *ret_size is its length. -EACCES when others than the owner may read or write the file (for a
 * credential: others than owner and group, as systemd 252 hands them out with an ACL), -ENOENT, -EMSGSIZE,
 * -ENOKEY when empty, -EINVAL when it is no regular file, -EBADMSG when it holds a NUL octet. Nothing is left
 * in dst on failure. The caller wipes dst. */
int secret_read(const SecretSource *source, char *dst, size_t size, size_t *ret_size);

/* A copy for another thread, to be freed with secret_source_done. Without memory the copy names nothing. */
SecretSource secret_source_copy(const SecretSource *source);
void secret_source_done(SecretSource *source); /* names nothing afterwards */
/* Whether a source is configured at all. */
bool secret_source_given(const SecretSource *source);
/* As secret_read; a source that is not configured leaves dst as it is and is no error. */
int secret_read_if_given(const SecretSource *source, char *dst, size_t size);

/* Says in words where a secret comes from: "file /etc/hsmd/pin" or "credential bureau-1.pin". */
void secret_describe(const SecretSource *source, char *dst, size_t size);

#endif
