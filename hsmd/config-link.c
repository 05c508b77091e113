/* The list links: the ways from this host to the machines, and what witnesses that a way is open. */
#include <net/if.h>

#include "config-address.h"
#include "config-reader.h"

static const char *check_interface(const char *value) {
        for (const char *p = value; *p; p++)
                if (*p <= ' ' || (unsigned char) *p >= 0x7F || *p == '/')
                        return "the name of a network interface, as \"eth0\"";
        return *value ? NULL : "the name of a network interface, as \"eth0\"";
}

static const char *check_gateway(const char *value) {
        CLEANUP_FREE char *host = NULL;

        return address_host(value, &host) == 0
                       ? NULL
                       : "a numeric address without a port, as \"192.0.2.1\" or \"2001:db8::1\"";
}

/* Whose machines are behind two links cannot be said by either of them to be cut off. */
static void refuse_second_link(const Section *s, const config_setting_t *at, size_t site) {
        const Config *c = s->reader->config;

        for (size_t i = 0; i + 1 < c->n_links; i++)
                for (size_t k = 0; k < c->links[i].n_sites; k++)
                        if (c->links[i].sites[k] == site)
                                config_error(s->reader, at,
                                        "site \"%s\" is behind link \"%s\" already; a site is behind one "
                                        "link",
                                        c->sites[site].name, c->links[i].name ? c->links[i].name : "");
}

static void add_site(const Section *s, const config_setting_t *at, const char *name, ConfigLink *link) {
        const Config *c = s->reader->config;
        size_t i = 0;

        while (i < c->n_sites && !(c->sites[i].name && streq(c->sites[i].name, name)))
                i++;
        if (i == c->n_sites) {
                CLEANUP_FREE char *hint = config_suggest(name, s->reader->site_names, c->n_sites);

                config_error(s->reader, at, "there is no site \"%s\";%s", name, hint ? hint : "");
                return;
        }
        refuse_second_link(s, at, i);
        link->sites[link->n_sites++] = i;
}

static void read_link_sites(const Section *s, ConfigLink *link) {
        char **names = NULL;
        size_t n = 0;

        config_need(s, "sites", "sites = [ \"…\" ];, the sites whose machines are behind this link");
        config_setting_t *at = read_strings(s, "sites", MAX_OF(s->reader->config->n_sites, (size_t) 1),
                CONFIG_NAME_MAX, check_name, &names);
        while (names && names[n])
                n++;
        link->sites = reader_calloc(s->reader, n, sizeof(*link->sites));
        for (size_t i = 0; at && link->sites && i < n; i++)
                add_site(s, at, names[i], link);
        for (size_t i = 0; i < n; i++)
                free(names[i]);
        free(names);
}

static void read_link(Reader *r, config_setting_t *group, ConfigLink *link) {
        static const char *const keys[] = {"name", "interface", "gateway", "sites"};
        Section s = {.reader = r, .own = group};
        CLEANUP_FREE char *gateway = NULL;

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "name", "name = \"office\";");
        read_string(&s, "name", CONFIG_NAME_MAX, check_name, &link->name);
        config_need(&s, "interface", "interface = \"eth0\";, through which this host reaches the machines");
        read_string(&s, "interface", IFNAMSIZ - 1, check_interface, &link->interface);
        if (read_string(&s, "gateway", CONFIG_NAME_MAX, check_gateway, &gateway) &&
                address_host(gateway, &link->gateway) == -ENOMEM)
                r->no_memory = true;
        read_link_sites(&s, link);
}

void read_links(const Section *root) {
        Reader *r = root->reader;
        Config *c = r->config;
        config_setting_t *list = config_list(root, "links");
        size_t n = list ? (size_t) config_setting_length(list) : 0;
        CLEANUP_FREE Seen *names = reader_calloc(r, n, sizeof(Seen));
        SeenList seen_names = {.seen = names};

        c->links = reader_calloc(r, n, sizeof(ConfigLink));
        for (unsigned i = 0; names && c->links && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigLink *link = &c->links[c->n_links++];
                read_link(r, group, link);
                seen_text(&seen_names, link->name, group);
        }
        refuse_duplicates(r, &seen_names, "link name");
}

size_t config_link_of_site(const Config *c, size_t site) {
        for (size_t i = 0; i < c->n_links; i++)
                for (size_t k = 0; k < c->links[i].n_sites; k++)
                        if (c->links[i].sites[k] == site)
                                return i;
        return SIZE_MAX;
}
