#ifndef HSMD_CONFIG_READER_H
#define HSMD_CONFIG_READER_H
/* What the config-*.c files share while one configuration is read: the errors found so far, and typed reading
 * of the keys of a group. A mistake in the file is noted in the Reader and reading goes on, so that one run
 * names them all; only config_load looks whether there were any. Nothing here outlives config_load. */

#include <libconfig.h>

#include "config.h"

#define CONFIG_ERRORS_MAX 20
#define CONFIG_TEXT_MAX 255   /* octets of a text on the board and in the MIB */
#define CONFIG_NAME_MAX 63    /* octets of a name */
#define SNMP_USER_MAX 32      /* RFC 3414: SnmpAdminString (SIZE (1..32)) */
#define SENSOR_OID_MAX 127    /* octets of an OID as text */
#define SENSOR_UNITS_MAX 31   /* octets of a sensor's units */
#define SENSOR_NUMBER_MAX 999 /* of a sensor that is numbered in its profile */
#define PATH_SIZE_MAX 4031    /* octets of a path: it has to fit into a message to a worker */

typedef struct Reader {
        const char *path;        /* of hsmd.conf, as given */
        const char *source;      /* of the file being read: hsmd.conf or a profile */
        const char *directory;   /* where @include, sensors/ and vendors/ are looked up */
        Config *config;          /* being filled */
        bool vendor_numbers;     /* hexadecimal integers of 32 bits may stand in this file */
        ConfigTiming timing;     /* of fleet; UINT64_MAX and 0 where it says nothing */
        ConfigMeasure measure;   /* of fleet, with the defaults */
        config_setting_t *fleet; /* NULL: missing */
        const char **site_names,
                **pool_names;            /* by index in config; for references, and freed after reading */
        char *errors[CONFIG_ERRORS_MAX]; /* "FILE:LINE: …" */
        size_t n_errors;                 /* may exceed CONFIG_ERRORS_MAX: the rest is only counted */
        bool no_memory;                  /* sticky */
} Reader;

/* A group that is being read. Every function takes a key's value from own, else from base. */
typedef struct Section {
        Reader *reader;
        config_setting_t *own;  /* NULL: says nothing */
        config_setting_t *base; /* what fills in: a group of device_defaults, or NULL */
        bool partial;           /* device_defaults read by itself: nothing is missing yet */
} Section;

/* config-error.c --- */

/* Notes "FILE:LINE: …" once; at is the setting in question (NULL: line 1 of hsmd.conf). */
void config_error(Reader *r, const config_setting_t *at, const char *format, ...) PRINTF(3, 4);
void config_error_at(Reader *r, const char *file, unsigned line, const char *format, ...) PRINTF(4, 5);

/* "FILE:LINE" of a setting, or NULL and reader->no_memory. */
char *config_place(Reader *r, const config_setting_t *at);

/* " did you mean “X”?" if one of the words is close to word, else " allowed: a, b, c". NULL when out of
 * memory; the caller frees it. */
char *config_suggest(const char *word, const char *const *words, size_t n);

/* Keys of the group that are not among the allowed ones are errors. */
void config_check_keys(Reader *r, config_setting_t *group, const char *const *keys, size_t n);

/* All errors in one text, a line each; NULL when out of memory. */
char *config_errors_text(const Reader *r);
void config_errors_done(Reader *r);

/* config-value.c --- */

/* The key's setting, own before base, or NULL. */
config_setting_t *config_get(const Section *s, const char *key);

/* As config_get, and an error at the group when the key is missing. */
config_setting_t *config_need(const Section *s, const char *key, const char *hint);

/* "is a string" and so on. */
const char *config_type_text(const config_setting_t *setting);

/* A group within a group, both levels; false if it is given in neither. A value of another type is an error.
 */
bool config_subsection(const Section *s, const char *key, Section *ret);

/* The top-level list of groups called key; NULL if it is missing or no list. Elements that are no groups are
 * errors and to be skipped: config_group_element returns NULL for them. */
config_setting_t *config_list(const Section *s, const char *key);
config_setting_t *config_group_element(Reader *r, config_setting_t *list, unsigned index);

/* What would be right if the value is not, or NULL if it is. */
typedef const char *(*StringCheck)(const char *value);
const char *check_text(const char *value);   /* UTF-8 without control characters is checked of every string */
const char *check_name(const char *value);   /* [A-Za-z0-9._-], the first a letter or digit */
const char *check_filled(const char *value); /* not empty */
const char *check_ascii(const char *value);  /* printable, not empty */
const char *check_path(const char *value);   /* absolute */

/* Each reads one key into *target, which stays as it is when the key is missing or wrong, and returns the
 * setting if it was there and right, else NULL. Strings replace (and free) what *target was. */
config_setting_t *read_string(
        const Section *s, const char *key, size_t max, StringCheck check, char **target);
config_setting_t *read_number(
        const Section *s, const char *key, uint32_t min, uint32_t max, uint32_t *target);
config_setting_t *read_bool(const Section *s, const char *key, bool *target);
config_setting_t *read_enum(const Section *s, const char *key, const NameTable *table, unsigned *target);
config_setting_t *read_duration(const Section *s, const char *key, usec_t min, usec_t max, usec_t *target);
config_setting_t *read_double(const Section *s, const char *key, double min, double max, double *target);
config_setting_t *read_hex(
        const Section *s, const char *key, uint8_t *target, size_t max, uint32_t *target_size);
config_setting_t *read_secret(const Section *s, const char *key, SecretSource *target);

/* An array of at most max different strings of at most size octets, NULL-terminated. */
config_setting_t *read_strings(
        const Section *s, const char *key, size_t max, size_t size, StringCheck check, char ***target);

/* A text that may be missing, then "" (title: the name). */
void read_text(const Section *s, const char *key, char **target);
void read_title(const Section *s, const char *name, char **target);

/* What every numbered thing has. The number stays 0 and the name NULL where they are missing or wrong. */
void read_identity(const Section *s, uint32_t max_number, uint32_t *number, char **name, char **title);

/* A name that must be one of n others (entries may be NULL); *ret is its index. */
config_setting_t *read_reference(
        const Section *s, const char *key, const char *const *names, size_t n, size_t *ret);

/* The value of a setting without a Section. */
bool setting_integer(const config_setting_t *setting, long long *ret);

/* A copy, or NULL and reader->no_memory. */
char *reader_strdup(Reader *r, const char *text);

/* n zeroed elements, at least one, or NULL and reader->no_memory. */
void *reader_calloc(Reader *r, size_t n, size_t size);

/* config-unique.c --- */

/* One value that must not occur twice: a text, or a number where text is NULL. */
typedef struct Seen {
        const char *text;
        uint64_t number;
        const config_setting_t *at;
        size_t order;
} Seen;

/* The values of one column, gathered while a list is read. */
typedef struct SeenList {
        Seen *seen;
        size_t n;
} SeenList;

void seen_number(SeenList *list, uint32_t number, const config_setting_t *at); /* 0 is left out */
void seen_text(SeenList *list, const char *text, const config_setting_t *at);  /* NULL is left out */

/* Sorts the values and notes an error at each repeated one, naming the line of the first. what: "device
 * number". */
void refuse_duplicates(Reader *r, SeenList *list, const char *what);

/* Sorts an array of structs whose first member is their uint32_t number. */
void sort_by_number(void *array, size_t n, size_t size);

/* The parts of the file --- */

/* config-scan.c: refuses, before libconfig sees it, what libconfig would end the process for (an @include of
 * something that is no regular file) or read wrongly in silence (an integer beyond 32 bits). 0 if nothing of
 * that is there, else the error is noted. */
int config_scan(Reader *r, FILE *file, const char *path);

/* config-file.c: one file of libconfig syntax into tree, which the caller destroys in any case. Errors are
 * noted. */
int config_parse_file(Reader *r, const char *path, config_t *tree);

void read_fleet(const Section *root);      /* config-fleet.c */
void read_sites(const Section *root);      /* config-site.c */
void read_links(const Section *root);      /* config-link.c */
void read_agent(const Section *root);      /* config-agent.c */
void read_pools(const Section *root);      /* config-pool.c */
void read_services(const Section *root);   /* config-service.c */
void read_devices(const Section *root);    /* config-device.c */
void read_history(const Section *root);    /* config-history.c */
void read_receivers(const Section *root);  /* config-receiver.c */
void read_heartbeat(const Section *fleet); /* config-receiver.c: the fleet's heartbeat_interval */
void check_pools(const Section *root); /* config-pool.c: what can only be said once the devices are known */

/* config-key.c: the list `keys` of a pool, and of a device, whose numbers must be those of its pool. */
void read_pool_keys(const Section *pool, ConfigPool *ret);
void read_key_overrides(const Section *device, const ConfigPool *pool, ConfigDevice *ret);

/* config-timing.c: the keys of the detection bound. Values not given stay; timing_finish puts the defaults in
 * and checks how they fit together. */
#define TIMING_UNSET                                                                                         \
        (ConfigTiming) {                                                                                     \
                .interval = USEC_INFINITY, .jitter = USEC_INFINITY, .fast_interval = USEC_INFINITY,          \
                .deadline = USEC_INFINITY, .restart = USEC_INFINITY                                          \
        }
void read_timing(const Section *s, ConfigTiming *timing);
void timing_finish(const Section *s, ConfigTiming *timing);

/* config-snmp.c: the snmp group of a device, or of an agent of a site; the protocols are those of the agent's
 * users too. */
void read_snmp(const Section *owner, ConfigSnmp *snmp);
/* How we are known to the other side: the keys of snmp->version, which was read before. */
void read_snmp_identity(const Section *s, ConfigSnmp *snmp);
config_setting_t *read_auth_protocol(const Section *s, char **target);
config_setting_t *read_priv_protocol(const Section *s, char **target);

/* config-profile.c: the profiles that an snmp group names, and that their sensors can stand together. */
void read_profiles(const Section *snmp, ConfigSnmp *ret);
/* Whether a number is used twice by agents whose sensors stand in one table; at is where the second one's
 * profiles are named. */
void refuse_same_numbers(Reader *r, const config_setting_t *at, const ConfigSnmp *a, const ConfigSnmp *b);

/* config-sensor-file.c: the index of profile `name` in config->profiles, loaded from sensors/NAME.conf if
 * need be; at is the setting that names it. */
void find_profile(Reader *r, const char *name, const config_setting_t *at, size_t *ret);

/* config-sensor.c: one entry of a profile. */
void read_sensor(Reader *r, config_setting_t *group, ConfigSensor *sensor);

/* config-sensor-table.c: where an entry's values stand: its oid, or walk and what belongs to a table. */
void read_sensor_place(const Section *s, ConfigSensor *sensor);

/* config-sensor-limits.c: what is judged of it. Once everything else of the sensor is known. */
void read_sensor_limits(const Section *s, ConfigSensor *sensor);

/* config-sensor-state.c */
void read_sensor_states(const Section *s, ConfigSensor *sensor);

/* config-sensor-type.c: what is not given is put in by the sensor's kind, type and limits. */
void sensor_fill_in(ConfigSensor *sensor);
const char *sensor_default_units(const ConfigSensor *sensor);

/* config-vendor.c: the index of vendor profile `name`, loaded from vendors/NAME.conf if need be; at is the
 * setting that names it, or NULL. "standard" needs no file. */
void find_vendor(Reader *r, const char *name, const config_setting_t *at, size_t *ret);

/* config-mechanism.c: that every exercised key can be, on every member of its pool. */
void check_mechanisms(const Section *root);

/* config-world.c: a device's vendor, and what its module finds around it. */
void read_world(const Section *device, ConfigDevice *d);

/* config-budget.c: how long a probe lives, what a burst may cost, and what is told before it is due. The
 * group measure of the fleet holds for devices that have none of their own. */
void read_budget(const Section *device, ConfigDevice *d);
void read_fleet_measure(const Section *fleet, ConfigMeasure *measure);

/* config-environment.c */
void read_environment(const Section *device, char ***target);

/* config-spki.c: loads key->public_key and fills spki; at is its setting. */
void load_public_key(Reader *r, const config_setting_t *at, ConfigKey *key);

/* config-free.c */
void config_device_done(ConfigDevice *device);

#endif
