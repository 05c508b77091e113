/* Reads and checks the whole configuration. */
#include "config-reader.h"

static int directory_of(const char *path, char **ret) {
        const char *slash = strrchr(path, '/');
        char *directory = !slash ? strdup(".") : strndup(path, MAX_OF((size_t) (slash - path), (size_t) 1));

        if (!directory)
                return -ENOMEM;
        *ret = directory;
        return 0;
}

/* In the order in which the parts refer to each other. */
static void read_all(Reader *r, config_setting_t *top) {
        static const char *const keys[] = {"fleet", "agent", "history", "receivers", "sites", "links",
                "pools", "services", "device_defaults", "devices"};
        Section root = {.reader = r, .own = top};

        config_check_keys(r, top, keys, ELEMENTSOF(keys));
        read_fleet(&root);
        read_agent(&root);
        read_history(&root);
        read_receivers(&root);
        read_sites(&root);
        read_links(&root);
        read_pools(&root);
        read_services(&root);
        read_devices(&root);
        check_pools(&root);
        check_mechanisms(&root);
}

static int read_config(Reader *r) {
        config_t tree;
        int k = config_parse_file(r, r->path, &tree);

        if (k == 0)
                read_all(r, config_root_setting(&tree));
        config_destroy(&tree);
        if (r->no_memory)
                return -ENOMEM;
        return k == 0 && r->n_errors > 0 ? -EINVAL : k;
}

static void configp(Config **config) {
        config_free(*config);
}

int config_load(const char *path, Config **ret, char **ret_error) {
        CLEANUP_FREE char *directory = NULL;
        CLEANUP(configp) Config *config = calloc(1, sizeof(Config));
        char *text = NULL;

        if (!config || directory_of(path, &directory) < 0)
                return -ENOMEM;
        config->path = strdup(path);
        Reader reader = {.path = path, .source = path, .directory = directory, .config = config};
        int k = config->path ? read_config(&reader) : -ENOMEM;
        if (k < 0 && k != -ENOMEM)
                text = config_errors_text(&reader);
        config_errors_done(&reader);
        free(reader.site_names);
        free(reader.pool_names);
        if (k < 0 && !text)
                return -ENOMEM;
        if (k < 0) {
                *ret_error = text;
                return k;
        }
        *ret = config;
        config = NULL;
        return 0;
}
