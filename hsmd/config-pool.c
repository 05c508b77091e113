/* The list pools. */
#include "config-reader.h"

static void read_pool(Reader *r, config_setting_t *group, ConfigPool *pool) {
        static const char *const keys[] = {"number", "name", "title", "required", "keys"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        read_identity(&s, INT32_MAX, &pool->number, &pool->name, &pool->title);
        pool->required = 1;
        read_number(&s, "required", 1, INT32_MAX, &pool->required);
        read_pool_keys(&s, pool);
}

void read_pools(const Section *root) {
        Reader *r = root->reader;
        Config *c = r->config;
        config_setting_t *list = config_list(root, "pools");
        size_t n = list ? (size_t) config_setting_length(list) : 0;
        CLEANUP_FREE Seen *numbers = reader_calloc(r, n, sizeof(Seen));
        CLEANUP_FREE Seen *names = reader_calloc(r, n, sizeof(Seen));
        SeenList seen_numbers = {.seen = numbers}, seen_names = {.seen = names};

        config_need(root, "pools", "pools = ( { number = 1; name = \"…\"; keys = ( … ); } );");
        c->pools = reader_calloc(r, n, sizeof(ConfigPool));
        r->pool_names = reader_calloc(r, n, sizeof(char *));
        if (!c->pools || !r->pool_names)
                return;
        for (unsigned i = 0; i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigPool *pool = &c->pools[c->n_pools++];
                read_pool(r, group, pool);
                seen_number(&seen_numbers, pool->number, group);
                seen_text(&seen_names, pool->name, group);
        }
        refuse_duplicates(r, &seen_numbers, "pool number");
        refuse_duplicates(r, &seen_names, "pool name");
        sort_by_number(c->pools, c->n_pools, sizeof(ConfigPool));
        for (size_t i = 0; i < c->n_pools; i++)
                r->pool_names[i] = c->pools[i].name;
}

/* *ret_virtual: slots over several machines, which are none themselves. */
static size_t members(const Config *c, size_t pool, size_t *ret_virtual) {
        size_t n = 0, virtual_slots = 0;

        for (size_t i = 0; i < c->n_devices; i++) {
                if (c->devices[i].pool != pool)
                        continue;
                n += !c->devices[i].virtual_slot;
                virtual_slots += c->devices[i].virtual_slot;
        }
        *ret_virtual = virtual_slots;
        return n;
}

static void check_pool(Reader *r, config_setting_t *group, const Config *c, size_t index) {
        const ConfigPool *pool = &c->pools[index];
        size_t virtual_slots, n = members(c, index, &virtual_slots);
        config_setting_t *required = config_setting_get_member(group, "required");
        config_setting_t *keys = config_setting_get_member(group, "keys");

        if (n == 0 && virtual_slots > 0)
                config_error(r, group,
                        "pool \"%s\" has a virtual slot and no member; configure the machines behind it as "
                        "devices of their own, without virtual = true;",
                        pool->name);
        if (n > 0 && pool->required > n)
                config_error(r, required ? required : group,
                        "required = %u, but pool \"%s\" has %zu %s; write at most %zu", pool->required,
                        pool->name, n, n == 1 ? "member" : "members", n);
        if (n > 0 && pool->n_keys == 0 && (!keys || config_setting_length(keys) == 0))
                config_error(r, keys ? keys : group,
                        "pool \"%s\" has devices but no keys; write keys = ( { number = 1; label = \"…\"; "
                        "type = \"rsa\"; } );",
                        pool->name);
}

/* The members are counted once the devices are read; the pool's group is found again by its name. */
void check_pools(const Section *root) {
        Config *c = root->reader->config;
        config_setting_t *list = config_get(root, "pools");

        if (!list || !config_setting_is_list(list))
                return;
        for (unsigned i = 0; i < (unsigned) config_setting_length(list); i++) {
                config_setting_t *group = config_setting_get_elem(list, i);
                const char *name;

                if (!config_setting_is_group(group) || !config_setting_lookup_string(group, "name", &name))
                        continue;
                for (size_t k = 0; k < c->n_pools; k++)
                        if (c->pools[k].name && streq(c->pools[k].name, name))
                                check_pool(root->reader, group, c, k);
        }
}
