/* The groups fleet and sites. */
#include "config-reader.h"

#define GROUP_NAME_MAX 32 /* of a Unix group */

void read_fleet(const Section *root) {
        static const char *const keys[] = {"name", "title", "contact", "location", "group", "interval",
                "jitter", "fall", "rise", "fast_interval", "deadline", "restart", "measure"};
        Reader *r = root->reader;
        Config *c = r->config;
        Section fleet;

        r->timing = TIMING_UNSET;
        if (!config_need(root, "fleet", "fleet: { name = \"…\"; };") ||
                !config_subsection(root, "fleet", &fleet))
                return;
        r->fleet = fleet.own;
        config_check_keys(r, fleet.own, keys, ELEMENTSOF(keys));
        config_need(&fleet, "name", "name = \"…\";");
        read_string(&fleet, "name", CONFIG_NAME_MAX, check_name, &c->name);
        read_title(&fleet, c->name, &c->title);
        read_text(&fleet, "contact", &c->contact);
        read_text(&fleet, "location", &c->location);
        read_string(&fleet, "group", GROUP_NAME_MAX, check_name, &c->group);
        if (!c->group)
                c->group = reader_strdup(r, "hsmd");
        read_timing(&fleet, &r->timing);
        read_fleet_measure(&fleet, &r->measure);

        ConfigTiming whole = r->timing; /* the defaults are put in device by device */
        timing_finish(&fleet, &whole);
}

static void read_site(Reader *r, config_setting_t *group, ConfigSite *site) {
        static const char *const keys[] = {"number", "name", "title", "contact"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        read_identity(&s, INT32_MAX, &site->number, &site->name, &site->title);
        read_text(&s, "contact", &site->contact);
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
