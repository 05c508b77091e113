/* The group agent: how HSMD-MIB is served, and who may read it. */
#include "config-address.h"
#include "config-reader.h"

#define AGENT_ADDRESS_MAX 107 /* octets: a socket's path fits into sockaddr_un */

static void read_user(Reader *r, config_setting_t *group, ConfigUser *user) {
        static const char *const keys[] = {
                "name", "auth_protocol", "auth_secret", "priv_protocol", "priv_secret"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "name", "name = \"…\";");
        read_string(&s, "name", SNMP_USER_MAX, check_ascii, &user->name);
        config_need(&s, "auth_protocol", "auth_protocol = \"SHA-256\";");
        read_auth_protocol(&s, &user->auth_protocol);
        config_need(&s, "auth_secret", "auth_secret = { credential = \"…\"; };");
        read_secret(&s, "auth_secret", &user->auth_secret);
        config_need(&s, "priv_protocol", "priv_protocol = \"AES\";");
        read_priv_protocol(&s, &user->priv_protocol);
        config_need(&s, "priv_secret", "priv_secret = { credential = \"…\"; };");
        read_secret(&s, "priv_secret", &user->priv_secret);
}

static void read_users(const Section *agent) {
        Reader *r = agent->reader;
        Config *c = r->config;
        config_setting_t *list = config_list(agent, "users");
        size_t n = list ? (size_t) config_setting_length(list) : 0;
        CLEANUP_FREE Seen *seen = reader_calloc(r, n, sizeof(Seen));
        SeenList names = {.seen = seen};

        c->users = reader_calloc(r, n, sizeof(ConfigUser));
        for (unsigned i = 0; c->users && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigUser *user = &c->users[c->n_users++];
                read_user(r, group, user);
                seen_text(&names, user->name, group);
        }
        refuse_duplicates(r, &names, "user");
}

static const char *check_own(const char *value) {
        return address_is_udp(value) ? NULL : "udp:ADDRESS:PORT or udp6:[ADDRESS]:PORT, numeric";
}

static const char *check_agentx(const char *value) {
        return address_is_agentx(value) ? NULL
                                        : "the absolute path of snmpd's socket, or tcp:ADDRESS:PORT, numeric";
}

static void read_own(const Section *agent) {
        Config *c = agent->reader->config;

        config_need(agent, "address", "address = \"udp:127.0.0.1:16161\";");
        read_string(agent, "address", AGENT_ADDRESS_MAX, check_own, &c->agent_address);
        config_setting_t *users = config_get(agent, "users");
        if (!users || (config_setting_is_list(users) && config_setting_length(users) == 0))
                config_error(agent->reader, users ? users : agent->own,
                        "an agent of its own answers nobody without “users”; write users = ( { name = \"…\"; "
                        "auth_protocol = \"SHA-256\"; … } );");
}

void read_agent(const Section *root) {
        static const char *const keys[] = {"mode", "address", "users", "entity"};
        Config *c = root->reader->config;
        unsigned mode = AGENT_MODE_AGENTX;

        c->agent_entity = true;
        Section agent = {.reader = root->reader};

        if (config_subsection(root, "agent", &agent)) {
                config_check_keys(root->reader, agent.own, keys, ELEMENTSOF(keys));
                read_enum(&agent, "mode", &agent_mode_names, &mode);
                read_bool(&agent, "entity", &c->agent_entity);
                read_users(&agent);
        }
        c->agent_mode = mode;
        if (mode == AGENT_MODE_OWN)
                read_own(&agent);
        else
                read_string(&agent, "address", AGENT_ADDRESS_MAX, check_agentx, &c->agent_address);
        if (!c->agent_address && mode == AGENT_MODE_AGENTX)
                c->agent_address = reader_strdup(root->reader, "/var/agentx/master");
}
