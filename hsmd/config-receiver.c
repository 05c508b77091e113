/* The list receivers: who is sent notifications, and how often all of them are sent a heartbeat. */
#include "config-address.h"
#include "config-reader.h"

#define RECEIVER_ADDRESS_MAX 63 /* octets, as shown on the board */

static const char *check_receiver(const char *value) {
        return address_is_udp(value) ? NULL
                                     : "udp:ADDRESS:PORT or udp6:[ADDRESS]:PORT, numeric, as "
                                       "udp:192.0.2.5:162";
}

/* The receiver takes over what was read. */
static void take_identity(ConfigReceiver *receiver, const ConfigSnmp *snmp) {
        receiver->version = snmp->version;
        receiver->community = snmp->community;
        receiver->user = snmp->user;
        receiver->auth_protocol = snmp->auth_protocol;
        receiver->priv_protocol = snmp->priv_protocol;
        receiver->auth_secret = snmp->auth_secret;
        receiver->priv_secret = snmp->priv_secret;
}

static void read_version(const Section *s, ConfigSnmp *snmp) {
        unsigned version = SNMP_VERSION_V3;
        config_setting_t *at = read_enum(s, "version", &snmp_version_names, &version);

        if (at && version == SNMP_VERSION_V1)
                config_error(s->reader, at,
                        "version = \"v1\" cannot carry these notifications; write \"v2c\" or \"v3\"");
        snmp->version = version == SNMP_VERSION_V1 ? SNMP_VERSION_V2C : version;
        read_snmp_identity(s, snmp);
}

static void read_form(const Section *s, ConfigReceiver *receiver) {
        unsigned kind = RECEIVER_INFORM, text = TEXT_ZH, charset = CHARSET_UTF_8;

        read_enum(s, "kind", &receiver_kind_names, &kind);
        read_enum(s, "text", &text_language_names, &text);
        config_setting_t *at = read_enum(s, "charset", &charset_names, &charset);
        if (at && text == TEXT_EN)
                config_error(s->reader, at,
                        "“charset” means nothing with text = \"en\", which is ASCII; remove it");
        receiver->kind = kind;
        receiver->text = text;
        receiver->charset = charset;
}

static void read_receiver(Reader *r, config_setting_t *group, ConfigReceiver *receiver) {
        static const char *const keys[] = {"number", "name", "title", "address", "kind", "version",
                "community", "user", "auth_protocol", "auth_secret", "priv_protocol", "priv_secret", "text",
                "charset", "timeout", "queue"};
        Section s = {.reader = r, .own = group};
        ConfigSnmp snmp = {0};

        receiver->timeout = 2 * USEC_PER_SEC;
        receiver->queue = 100000;
        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        read_identity(&s, INT32_MAX, &receiver->number, &receiver->name, &receiver->title);
        config_need(&s, "address", "address = \"udp:192.0.2.5:162\";");
        read_string(&s, "address", RECEIVER_ADDRESS_MAX, check_receiver, &receiver->address);
        read_form(&s, receiver);
        read_version(&s, &snmp);
        take_identity(receiver, &snmp);
        read_duration(&s, "timeout", 100 * USEC_PER_MSEC, 5 * USEC_PER_SEC, &receiver->timeout);
        read_number(&s, "queue", 100, 1000000, &receiver->queue);
}

void read_receivers(const Section *root) {
        Reader *r = root->reader;
        Config *c = r->config;
        config_setting_t *list = config_list(root, "receivers");
        size_t n = list ? (size_t) config_setting_length(list) : 0;
        CLEANUP_FREE Seen *numbers = reader_calloc(r, n, sizeof(Seen));
        CLEANUP_FREE Seen *names = reader_calloc(r, n, sizeof(Seen));
        SeenList seen_numbers = {.seen = numbers}, seen_names = {.seen = names};

        c->receivers = reader_calloc(r, n, sizeof(ConfigReceiver));
        for (unsigned i = 0; c->receivers && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigReceiver *receiver = &c->receivers[c->n_receivers++];
                read_receiver(r, group, receiver);
                seen_number(&seen_numbers, receiver->number, group);
                seen_text(&seen_names, receiver->name, group);
        }
        refuse_duplicates(r, &seen_numbers, "receiver number");
        refuse_duplicates(r, &seen_names, "receiver name");
        sort_by_number(c->receivers, c->n_receivers, sizeof(ConfigReceiver));
}

void read_heartbeat(const Section *fleet) {
        Config *c = fleet->reader->config;
        config_setting_t *at;

        c->heartbeat_interval = 60 * USEC_PER_SEC;
        at = read_duration(fleet, "heartbeat_interval", 0, 24 * 3600 * USEC_PER_SEC, &c->heartbeat_interval);
        if (at && c->heartbeat_interval > 0 && c->heartbeat_interval < USEC_PER_SEC)
                config_error(fleet->reader, at,
                        "“heartbeat_interval” is too short; write \"1 s\" or more, or 0 for none");
}
