/* Sensor profiles: sensors/NAME.conf says which objects of a machine's SNMP agent are its sensors. */
#include "config-reader.h"

static void read_sensors(const Section *root, config_setting_t *list, ConfigProfile *profile) {
        Reader *r = root->reader;
        Seen seen[3][POLL_ITEMS_MAX];
        SeenList numbers = {.seen = seen[0]}, names = {.seen = seen[1]}, oids = {.seen = seen[2]};
        unsigned n = (unsigned) config_setting_length(list);

        if (n == 0 || n > POLL_ITEMS_MAX) {
                config_error(r, list,
                        "a profile has 1 to %d sensors, not %u; write sensors = ( { name = \"…\"; … } );",
                        POLL_ITEMS_MAX, n);
                return;
        }
        profile->sensors = reader_calloc(r, n, sizeof(ConfigSensor));
        for (unsigned i = 0; profile->sensors && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigSensor *sensor = &profile->sensors[profile->n_sensors++];
                read_sensor(r, group, sensor);
                seen_number(&numbers, sensor->number, group);
                seen_text(&names, sensor->name, group);
                /* some rows of a column may be judged differently from others, and a count shown beside its
                 * share */
                bool again = sensor->walk || sensor->columns[COLUMN_TOTAL];
                seen_text(&oids, again ? NULL : sensor->oid, group);
        }
        refuse_duplicates(r, &numbers, "sensor number");
        refuse_duplicates(r, &names, "sensor name");
        refuse_duplicates(r, &oids, "sensor oid");
}

static void load_profile(Reader *r, const char *path, ConfigProfile *profile) {
        static const char *const keys[] = {"sensors"};
        const char *outer = r->source;
        config_t tree;

        r->source = path;
        if (config_parse_file(r, path, &tree) == 0) {
                Section root = {.reader = r, .own = config_root_setting(&tree)};

                config_check_keys(r, root.own, keys, ELEMENTSOF(keys));
                config_need(&root, "sensors", "sensors = ( { name = \"…\"; … } );");
                config_setting_t *list = config_list(&root, "sensors");
                if (list)
                        read_sensors(&root, list, profile);
        }
        config_destroy(&tree);
        r->source = outer;
}

static ConfigProfile *add_profile(Reader *r, const char *name) {
        Config *c = r->config;
        ConfigProfile *more = reallocarray(c->profiles, c->n_profiles + 1, sizeof(ConfigProfile));

        if (!more) {
                r->no_memory = true;
                return NULL;
        }
        c->profiles = more;
        more[c->n_profiles] = (ConfigProfile){.name = reader_strdup(r, name)};
        return more[c->n_profiles].name ? &more[c->n_profiles++] : NULL;
}

/* A profile that is wrong is kept too, so that its errors are found once and not once a device. */
void find_profile(Reader *r, const char *name, const config_setting_t *at, size_t *ret) {
        CLEANUP_FREE char *path = NULL;
        Config *c = r->config;

        for (size_t i = 0; i < c->n_profiles; i++) {
                if (!streq(c->profiles[i].name, name))
                        continue;
                *ret = i;
                return;
        }
        if (asprintf(&path, "%s/sensors/%s.conf", r->directory, name) < 0) {
                path = NULL;
                r->no_memory = true;
                return;
        }
        ConfigProfile *profile = add_profile(r, name);
        if (!profile)
                return;
        *ret = c->n_profiles - 1;
        if (access(path, R_OK) < 0)
                config_error(r, at, "profile \"%s\": %s cannot be read (%s); name a profile that is there",
                        name, path, strerror(errno));
        else
                load_profile(r, path, profile);
}
