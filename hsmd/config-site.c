/* The list sites: rooms, and what speaks SNMP in them. */
#include "config-reader.h"

#define AGENTS_MAX 16 /* of a site */

static void read_site_agent(Reader *r, config_setting_t *group, ConfigAgent *agent) {
        static const char *const keys[] = {"name", "title", "snmp"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "name", "name = \"ups\";");
        read_string(&s, "name", CONFIG_NAME_MAX, check_name, &agent->name);
        read_title(&s, agent->name, &agent->title);
        config_need(
                &s, "snmp", "snmp: { address = \"192.0.2.21:161\"; user = \"…\"; profiles = [ \"ups\" ]; };");
        read_snmp(&s, &agent->snmp);
}

static int compare_names(const void *pa, const void *pb) {
        const ConfigAgent *a = pa, *b = pb;

        return strcmp(a->name ? a->name : "", b->name ? b->name : "");
}

/* All the sensors of a site stand in one table. */
static void check_numbers(Reader *r, const config_setting_t *at, const ConfigSite *site) {
        for (size_t i = 1; i < site->n_agents; i++)
                for (size_t k = 0; k < i; k++)
                        refuse_same_numbers(r, at, &site->agents[k].snmp, &site->agents[i].snmp);
}

static void read_agent_list(const Section *site_section, config_setting_t *list, ConfigSite *site) {
        Reader *r = site_section->reader;
        Seen seen[2][AGENTS_MAX];
        SeenList names = {.seen = seen[0]}, addresses = {.seen = seen[1]};
        unsigned n = (unsigned) config_setting_length(list);

        if (n > AGENTS_MAX) {
                config_error(
                        r, list, "a site has at most %d agents, not %u; make it two sites", AGENTS_MAX, n);
                return;
        }
        site->agents = reader_calloc(r, n, sizeof(ConfigAgent));
        for (unsigned i = 0; site->agents && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigAgent *agent = &site->agents[site->n_agents++];
                read_site_agent(r, group, agent);
                seen_text(&names, agent->name, group);
                seen_text(&addresses, agent->snmp.address, group);
        }
        refuse_duplicates(r, &names, "agent");
        refuse_duplicates(r, &addresses, "SNMP address");
        check_numbers(r, list, site);
        if (site->agents)
                qsort(site->agents, site->n_agents, sizeof(ConfigAgent), compare_names);
}

static void read_site(Reader *r, config_setting_t *group, ConfigSite *site) {
        static const char *const keys[] = {"number", "name", "title", "contact", "agents"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        read_identity(&s, INT32_MAX, &site->number, &site->name, &site->title);
        read_text(&s, "contact", &site->contact);
        config_setting_t *agents = config_list(&s, "agents");
        if (agents)
                read_agent_list(&s, agents, site);
}

void read_sites(const Section *root) {
        Reader *r = root->reader;
        Config *c = r->config;
        config_setting_t *list = config_list(root, "sites");
        size_t n = list ? (size_t) config_setting_length(list) : 0;
        CLEANUP_FREE Seen *numbers = reader_calloc(r, n, sizeof(Seen));
        CLEANUP_FREE Seen *names = reader_calloc(r, n, sizeof(Seen));
        SeenList seen_numbers = {.seen = numbers}, seen_names = {.seen = names};

        config_need(root, "sites", "sites = ( { number = 1; name = \"…\"; } );");
        c->sites = reader_calloc(r, n, sizeof(ConfigSite));
        r->site_names = reader_calloc(r, n, sizeof(char *));
        if (!c->sites || !r->site_names)
                return;
        for (unsigned i = 0; i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigSite *site = &c->sites[c->n_sites++];
                read_site(r, group, site);
                seen_number(&seen_numbers, site->number, group);
                seen_text(&seen_names, site->name, group);
        }
        refuse_duplicates(r, &seen_numbers, "site number");
        refuse_duplicates(r, &seen_names, "site name");
        sort_by_number(c->sites, c->n_sites, sizeof(ConfigSite));
        for (size_t i = 0; i < c->n_sites; i++)
                r->site_names[i] = c->sites[i].name;
}
