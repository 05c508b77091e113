#include "session.h"

/* A directory that is none and cannot be made: libnetsnmp creates the ones it misses. */
#define NOWHERE "/dev/null"

int session_library_prepare(void) {
        static const int off[] = {NETSNMP_DS_LIB_DONT_READ_CONFIGS, NETSNMP_DS_LIB_DONT_PERSIST_STATE,
                NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
                NETSNMP_DS_LIB_ALARM_DONT_USE_SIG};

        /* hsmd gives its workers these; whoever starts one by hand shall see the same program */
        if (setenv("MIBS", "", 1) < 0 || setenv("SNMPCONFPATH", "", 1) < 0)
                return -errno;
        if (setenv("MIBDIRS", "", 1) < 0)
                return -errno;
        unsetenv("MIBFILES");
        unsetenv("SNMP_PERSISTENT_FILE");
        unsetenv("SNMP_PERSISTENT_DIR");
        for (size_t i = 0; i < ELEMENTSOF(off); i++)
                netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, off[i], 1);
        set_configuration_directory(NOWHERE);
        set_persistent_directory(NOWHERE);
        /* with no handler at all the library would write to stderr */
        snmp_disable_log();
        return netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG) ? 0 : -ENOMEM;
}

static bool given(const char *s) {
        return s && *s;
}

static int make_authentication(const char *protocol, UsmKeys *keys) {
        int type = usm_lookup_auth_type(protocol);

        if (type < 0)
                return -EINVAL;
        keys->auth_protocol = sc_get_auth_oid(type, &keys->auth_protocol_size);
        return keys->auth_protocol ? 0 : -EINVAL;
}

static int make_privacy(const char *protocol, UsmKeys *keys) {
        keys->priv_type = usm_lookup_priv_type(protocol);
        if (keys->priv_type < 0)
                return -EINVAL;
        keys->priv_protocol = sc_get_priv_oid(keys->priv_type, &keys->priv_protocol_size);
        return keys->priv_protocol ? 0 : -EINVAL;
}

/* The privacy key too is made with the authentication protocol's hash (RFC 3414, 11.2). */
static int make_key(const UsmKeys *keys, const char *secret, uint8_t key[static 64], size_t *ret_size) {
        size_t size = 64;

        if (!given(secret))
                return -EINVAL;
        if (generate_Ku(keys->auth_protocol, (u_int) keys->auth_protocol_size, (const u_char *) secret,
                    strlen(secret), key, &size) != SNMPERR_SUCCESS)
                return -EINVAL;
        *ret_size = size;
        return 0;
}

int usm_keys_make(const char *auth_protocol, const char *auth_secret, const char *priv_protocol,
        const char *priv_secret, UsmKeys *ret) {
        CLEANUP(usm_keys_wipe) UsmKeys keys = {.security_level = SNMP_SEC_LEVEL_NOAUTH};
        int r = 0;

        if (given(priv_protocol) && !given(auth_protocol))
                return -EINVAL;
        if (given(auth_protocol)) {
                keys.security_level = SNMP_SEC_LEVEL_AUTHNOPRIV;
                r = make_authentication(auth_protocol, &keys);
                if (r >= 0)
                        r = make_key(&keys, auth_secret, keys.auth_key, &keys.auth_key_size);
        }
        if (r >= 0 && given(priv_protocol)) {
                keys.security_level = SNMP_SEC_LEVEL_AUTHPRIV;
                r = make_privacy(priv_protocol, &keys);
                if (r >= 0)
                        r = make_key(&keys, priv_secret, keys.priv_key, &keys.priv_key_size);
        }
        if (r >= 0)
                *ret = keys;
        return r;
}

void usm_keys_wipe(UsmKeys *keys) {
        wipe(keys, sizeof(*keys));
}
