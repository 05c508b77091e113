#include "serve-own.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "mib-root.h"
#include "session.h"

#define DESCRIPTION "hsmd " HSMD_VERSION ": server cipher machines, watched over PKCS#11 and SNMP"
#define SERVICES "64" /* sysServices: an application's host (RFC 3418) */

/* libnetsnmpmibs exports these, but Debian installs no header for them. Only what is named here is served:
 * the library's init_mib_modules() would bring processes, disks and writable tables along. */
void init_system_mib(void);
void init_sysORTable(void);
void init_snmp_mib(void);
void init_snmpEngine(void);

#define VIEW "hsmd"

/* What may be read, and nothing else: system, snmp, ENTITY-MIB and ENTITY-SENSOR-MIB, snmpEngine and
 * HSMD-MIB.
 */
static const char *const view[] = {"1.3.6.1.2.1.1", "1.3.6.1.2.1.11", "1.3.6.1.2.1.47", "1.3.6.1.2.1.99",
        "1.3.6.1.6.3.10.2.1", MIB_ROOT_TEXT};

/* One line of configuration, as if from snmpd.conf, which is never read. */
static void configure(const char *key, const char *value) {
        char line[512];

        snprintf(line, sizeof(line), "%s %s", key, *value ? value : "-");
        for (char *c = line; *c; c++)
                if ((unsigned char) *c < ' ')
                        *c = ' ';
        netsnmp_config_remember(line);
}

/* net-snmp restores boots + 1 if the engine id is the old one, and forgets the boots otherwise: so it is told
 * that the engine id is the old one, and one boot less. */
static void configure_engine(const MsgServeConfig *config) {
        char hex[2 + 2 * sizeof(config->engine_id) + 1] = "0x", boots[16];
        size_t size = MIN_OF((size_t) config->engine_id_size, sizeof(config->engine_id));

        for (size_t i = 0; i < size; i++)
                snprintf(hex + 2 + 2 * i, 3, "%02x", config->engine_id[i]);
        snprintf(boots, sizeof(boots), "%u", config->engine_boots - 1);
        configure("exactEngineID", hex);
        configure("oldEngineID", hex);
        configure("engineBoots", boots);
}

/* authPriv or nothing, reading only (VACM, RFC 3415). */
static void configure_view(const MsgServeUser *users, size_t n_users) {
        char line[160];

        for (size_t i = 0; i < ELEMENTSOF(view); i++) {
                snprintf(line, sizeof(line), VIEW " included %s", view[i]);
                configure("view", line);
        }
        for (size_t i = 0; i < n_users; i++) {
                snprintf(line, sizeof(line), "\"%s\" authpriv -V " VIEW, users[i].name);
                configure("rouser", line);
        }
}

void own_agent_prepare(const MsgServeConfig *config, const MsgServeUser *users, size_t n_users) {
        netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 0);
        netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS, config->address);
        configure_engine(config);
        configure_view(users, n_users);
        configure("sysDescr", DESCRIPTION);
        configure("sysObjectID", MIB_ROOT_TEXT ".3.1");
        configure("sysServices", SERVICES);
        configure("sysName", config->name);
        configure("sysContact", config->contact);
        configure("sysLocation", config->location);
}

void own_agent_register_groups(void) {
        init_system_mib();
        init_sysORTable();
        init_snmp_mib();
        init_snmpEngine();
}

int own_agent_check_engine(const MsgServeConfig *config, const char **ret_detail) {
        uint8_t id[sizeof(config->engine_id)];
        size_t size = snmpv3_get_engineID(id, sizeof(id));

        if (size == config->engine_id_size && memcmp(id, config->engine_id, size) == 0 &&
                snmpv3_local_snmpEngineBoots() == config->engine_boots)
                return 0;
        *ret_detail = "net-snmp did not take the engine id or boots that hsmd gave";
        return -EPROTO;
}

/* A user's key for our engine. Privacy keys longer than the hash are extended in place by the library. */
static int localize(const UsmKeys *keys, struct usmUser *user, const uint8_t *key, size_t size,
        u_char **ret_key, size_t *ret_size) {
        u_char *localized = calloc(1, SNMP_MAXBUF_SMALL);
        size_t n = SNMP_MAXBUF_SMALL;

        if (!localized)
                return -ENOMEM;
        if (generate_kul(keys->auth_protocol, (u_int) keys->auth_protocol_size, user->engineID,
                    user->engineIDLen, key, size, localized, &n) != SNMPERR_SUCCESS) {
                free(localized);
                return -EINVAL;
        }
        *ret_key = localized;
        *ret_size = n;
        return 0;
}

static int fill_user(
        struct usmUser *user, const MsgServeConfig *config, const char *name, const UsmKeys *keys) {
        int r;

        user->engineID = netsnmp_memdup(config->engine_id, config->engine_id_size);
        user->engineIDLen = config->engine_id_size;
        user->name = strdup(name);
        user->secName = strdup(name);
        free(user->authProtocol);
        user->authProtocol = snmp_duplicate_objid(keys->auth_protocol, keys->auth_protocol_size);
        user->authProtocolLen = keys->auth_protocol_size;
        free(user->privProtocol);
        user->privProtocol = snmp_duplicate_objid(keys->priv_protocol, keys->priv_protocol_size);
        user->privProtocolLen = keys->priv_protocol_size;
        if (!user->engineID || !user->name || !user->secName || !user->authProtocol || !user->privProtocol)
                return -ENOMEM;
        r = localize(keys, user, keys->auth_key, keys->auth_key_size, &user->authKey, &user->authKeyLen);
        if (r >= 0)
                r = localize(
                        keys, user, keys->priv_key, keys->priv_key_size, &user->privKey, &user->privKeyLen);
        if (r < 0)
                return r;
        if (usm_extend_user_kul(user, SNMP_MAXBUF_SMALL) != SNMPERR_SUCCESS)
                return -EINVAL;
        user->privKeyLen = (size_t) sc_get_proper_priv_length_bytype(keys->priv_type);
        if (keys->priv_type == USM_CREATE_USER_PRIV_DES)
                user->privKeyLen *= 2; /* the salt stands behind the key */
        user->userStatus = 1;          /* active */
        user->userStorageType = 2;     /* volatile */
        return 0;
}

/* RFC 3414 limits names to 32 octets; quotes would end them in the view's configuration. */
static bool is_user_name(const char *name) {
        size_t n = strlen(name);

        for (size_t i = 0; i < n; i++)
                if (name[i] < 0x20 || name[i] > 0x7e || strchr("\"'\\", name[i]))
                        return false;
        return n > 0 && n <= 32;
}

int own_agent_add_user(const MsgServeConfig *config, const MsgServeUser *message, const char **ret_detail) {
        CLEANUP(usm_keys_wipe) UsmKeys keys = {0};
        struct usmUser *user;
        int r;

        if (!is_user_name(message->name)) {
                *ret_detail = "a user's name must be 1 to 32 printable characters without quotes";
                return -EINVAL;
        }
        *ret_detail = "a user's keys cannot be made: protocol unknown or secret under 8 characters";
        r = usm_keys_make(message->auth_protocol, message->auth_secret, message->priv_protocol,
                message->priv_secret, &keys);
        if (r < 0)
                return r;
        if (keys.security_level != SNMP_SEC_LEVEL_AUTHPRIV)
                return -EINVAL;
        user = usm_create_user();
        if (!user)
                return -ENOMEM;
        r = fill_user(user, config, message->name, &keys);
        if (r >= 0 && !usm_add_user(user))
                r = -EEXIST;
        if (r < 0)
                usm_free_user(user);
        return r;
}
