/* The group snmp of a device, or of something else in a site: where the SNMP agent is, and how we are known
 * to it. */
#include "config-address.h"
#include "config-reader.h"

#define SNMP_PORT 161
#define MINUTE (60 * USEC_PER_SEC)

static config_setting_t *read_word(
        const Section *s, const char *key, const char *const *words, size_t n, char **target) {
        CLEANUP_FREE char *word = NULL, *hint = NULL;
        config_setting_t *at = read_string(s, key, CONFIG_NAME_MAX, check_text, &word);

        if (!at)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                if (!streq(words[i], word))
                        continue;
                free(*target);
                *target = word;
                word = NULL;
                return at;
        }
        hint = config_suggest(word, words, n);
        config_error(s->reader, at, "%s = \"%s\" is not known;%s", key, word, hint ? hint : "");
        return NULL;
}

config_setting_t *read_auth_protocol(const Section *s, char **target) {
        static const char *const words[] = {"MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"};

        return read_word(s, "auth_protocol", words, ELEMENTSOF(words), target);
}

config_setting_t *read_priv_protocol(const Section *s, char **target) {
        static const char *const words[] = {"DES", "AES", "AES-192", "AES-256"};

        return read_word(s, "priv_protocol", words, ELEMENTSOF(words), target);
}

/* A protocol and its secret go together. */
static bool both_or_neither(const Section *s, const char *protocol, const char *secret) {
        const config_setting_t *p = config_get(s, protocol), *k = config_get(s, secret);

        if (p && !k)
                config_error(
                        s->reader, p, "“%s” is given without “%s”; give both or neither", protocol, secret);
        if (k && !p)
                config_error(
                        s->reader, k, "“%s” is given without “%s”; give both or neither", secret, protocol);
        return p && k;
}

/* What one version does not know is a mistake in the device's own group, and is passed over in
 * device_defaults. */
static void refuse_own(const Section *s, const char *const *keys, size_t n, const char *version) {
        for (size_t i = 0; s->own && i < n; i++) {
                config_setting_t *at = config_setting_get_member(s->own, keys[i]);

                if (at)
                        config_error(s->reader, at, "“%s” means nothing with version %s; remove it", keys[i],
                                version);
        }
}

static void read_by_community(const Section *s, ConfigSnmp *snmp) {
        static const char *const others[] = {
                "user", "auth_protocol", "auth_secret", "priv_protocol", "priv_secret"};

        config_need(s, "community", "community = { credential = \"…\"; };");
        read_secret(s, "community", &snmp->community);
        refuse_own(s, others, ELEMENTSOF(others), name_of(&snmp_version_names, snmp->version));
}

static void read_v3(const Section *s, ConfigSnmp *snmp) {
        static const char *const others[] = {"community"};

        config_need(s, "user", "user = \"…\";");
        read_string(s, "user", SNMP_USER_MAX, check_ascii, &snmp->user);
        bool auth = both_or_neither(s, "auth_protocol", "auth_secret");
        bool priv = both_or_neither(s, "priv_protocol", "priv_secret");
        if (priv && !auth)
                config_error(s->reader, config_get(s, "priv_protocol"),
                        "SNMPv3 encrypts only with authentication; add auth_protocol and auth_secret");
        read_auth_protocol(s, &snmp->auth_protocol);
        read_secret(s, "auth_secret", &snmp->auth_secret);
        read_priv_protocol(s, &snmp->priv_protocol);
        read_secret(s, "priv_secret", &snmp->priv_secret);
        refuse_own(s, others, ELEMENTSOF(others), "v3");
}

void read_snmp_identity(const Section *s, ConfigSnmp *snmp) {
        if (snmp->version == SNMP_VERSION_V3)
                read_v3(s, snmp);
        else
                read_by_community(s, snmp);
}

static void read_address(const Section *s, ConfigSnmp *snmp) {
        CLEANUP_FREE char *text = NULL;
        config_setting_t *at = read_string(s, "address", CONFIG_NAME_MAX, check_ascii, &text);

        if (!at)
                return;
        int k = address_normalise(text, SNMP_PORT, &snmp->address);
        if (k == -ENOMEM)
                s->reader->no_memory = true;
        else if (k < 0)
                config_error(s->reader, at,
                        "address = \"%s\" is no numeric address; write \"192.0.2.11:161\" or "
                        "\"[2001:db8::11]:161\"",
                        text);
}

static void read_snmp_group(Section *s, ConfigSnmp *snmp) {
        unsigned version = SNMP_VERSION_V3;

        read_address(s, snmp);
        /* nothing is missing where no machine is to be asked: device_defaults may be half of an agent */
        if (!config_get(s, "address")) {
                if (s->own && !s->partial)
                        config_error(s->reader, s->own,
                                "“address” is missing; write address = \"192.0.2.11:161\";");
                s->partial = true;
        }
        read_enum(s, "version", &snmp_version_names, &version);
        snmp->version = version;
        read_snmp_identity(s, snmp);
        read_duration(s, "interval", 100 * USEC_PER_MSEC, 24 * 60 * MINUTE, &snmp->interval);
        read_duration(s, "timeout", 10 * USEC_PER_MSEC, MINUTE, &snmp->timeout);
        read_profiles(s, snmp);
}

void read_snmp(const Section *owner, ConfigSnmp *snmp) {
        static const char *const keys[] = {"address", "version", "community", "user", "auth_protocol",
                "auth_secret", "priv_protocol", "priv_secret", "interval", "timeout", "profile", "profiles"};
        Section s;

        snmp->version = SNMP_VERSION_V3;
        snmp->interval = 10 * USEC_PER_SEC;
        snmp->timeout = 2 * USEC_PER_SEC;
        if (!config_subsection(owner, "snmp", &s))
                return;
        config_check_keys(s.reader, s.own, keys, ELEMENTSOF(keys));
        read_snmp_group(&s, snmp);
}
