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
        KeyType type;      /* only rsa and ec can be exercised yet; others only present */
        Exercise exercise; /* only sign and present yet */
        bool business;
        char *approved_by, *approved_on; /* of a business key that is exercised; on: YYYY-MM-DD */
        char *public_key;                /* PEM or DER file, or NULL */
        uint8_t *spki;                   /* its DER SubjectPublicKeyInfo, at most PROTOCOL_SPKI_MAX */
        size_t spki_size;
} ConfigKey;

typedef struct ConfigPool {
        uint32_t number;
        char *name, *title;
        uint32_t required; /* default 1, at least 1, at most the number of members */
        ConfigKey *keys;   /* in order of number */
        size_t n_keys;     /* at most PROTOCOL_KEYS_MAX */
} ConfigPool;

typedef struct ConfigSite {
        uint32_t number;
        char *name, *title, *contact;
} ConfigSite;

typedef struct ConfigService { /* parsed and checked, judged later */
        uint32_t number;
        char *name, *title;
        size_t pool;    /* index in Config.pools */
        uint32_t *keys; /* numbers of the pool's keys */
        size_t n_keys;
        uint32_t required_rate; /* signatures a second at peak; 0 = not known */
        bool confirmed;         /* default false */
} ConfigService;

typedef struct ConfigSensor { /* sensors/NAME.conf */
        uint32_t number;      /* 1..9999 */
        char *name;
        char *oid;    /* numeric, of the instance */
        double scale; /* raw value × scale = degrees Celsius; not 0 */
        bool has_high_warning, has_high_critical;
        int32_t high_warning, high_critical; /* tenths of a degree; written in degrees (65 or 65.5) */
} ConfigSensor;

typedef struct ConfigProfile { /* one sensor profile; the first sensor is the device's temperature */
        char *name;
        ConfigSensor *sensors; /* in order of number */
        size_t n_sensors;      /* 1..PROTOCOL_SENSORS_MAX */
} ConfigProfile;

typedef struct ConfigSnmp {
        char *address; /* numeric host and port "192.0.2.1:161"; NULL: no agent configured */
        SnmpVersion version;
        SecretSource community; /* v2c */
        char *user;             /* v3 */
        char *auth_protocol;    /* MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512, or NULL: noAuthNoPriv */
        char *priv_protocol;    /* DES AES, or NULL */
        SecretSource auth_secret, priv_secret;
        usec_t interval; /* default 10 s */
        usec_t timeout;  /* default 2 s */
        size_t profile;  /* index in Config.profiles */
} ConfigSnmp;

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
        bool deepbind; /* default true */
        bool random;   /* exercise C_GenerateRandom too; default false */
        SecretSource pin;
        ConfigTiming timing;
        usec_t present_interval; /* default: interval */
        ConfigSnmp snmp;
        ConfigKeyOverride *keys;
        size_t n_keys;
} ConfigDevice;

typedef struct ConfigUser { /* agent.users: who may read our own agent, SNMPv3 authPriv */
        char *name, *auth_protocol, *priv_protocol;
        SecretSource auth_secret, priv_secret;
} ConfigUser;

typedef struct Config {
        char *path;
        char *name, *title, *contact, *location; /* fleet */
        char *group; /* whose members may read the control socket; default "hsmd" */
        AgentMode agent_mode;
        char *agent_address; /* own: "udp:127.0.0.1:16161"; agentx: "/var/agentx/master" (default) */
        ConfigUser *users;
        size_t n_users;
        ConfigSite *sites; /* each in order of number */
        size_t n_sites;
        ConfigPool *pools;
        size_t n_pools;
        ConfigService *services;
        size_t n_services;
        ConfigProfile *profiles;
        size_t n_profiles;
        ConfigDevice *devices;
        size_t n_devices;
} Config;

/* Reads and checks a configuration. On an error returns -EINVAL (or -ENOMEM, -errno of a file) and *ret_error
 * is a message "FILE:LINE: what is wrong; what would be right", several lines if there are several errors;
 * the caller frees it. On success *ret is the caller's, to be freed with config_free. */
int config_load(const char *path, Config **ret, char **ret_error);
Config *config_free(Config *config);

/* interval + jitter + fall·deadline + (fall−1)·(fast_interval + restart) */
usec_t detection_bound(const ConfigTiming *t);

/* How a key is found on one device: the pool's label and id, each replaced by the device's own where it gives
 * one. ret's label points into the configuration. */
void config_key_selector(const ConfigDevice *device, const ConfigKey *key, ConfigKeyOverride *ret);

/* Whether two devices are configured alike, so that a probe may be kept across a reload. pool keys included;
 * pool_a and pool_b are the devices' pools. Only what the probe sees is compared (module, environment, cwd,
 * select, pin source, keys, random, present_interval), not timing, titles or SNMP. */
bool config_device_same_probe(
        const ConfigDevice *a, const ConfigPool *pool_a, const ConfigDevice *b, const ConfigPool *pool_b);

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
