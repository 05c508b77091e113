/* Sensor profiles: sensors/NAME.conf says which objects of a machine's SNMP agent hold its sensors. */
#include <math.h>

#include "config-reader.h"
#include "config-text.h"

/* Beyond these no room with machines in it would be left. */
#define DEGREES_MIN (-50.0)
#define DEGREES_MAX 250.0

static const char *check_oid(const char *value) {
        return oid_is_numeric(value) ? NULL : "a numeric OID of an instance, as \"1.3.6.1.4.1.8072.1.0\"";
}

static config_setting_t *read_degrees(const Section *s, const char *key, bool *has, int32_t *target) {
        double degrees = 0;
        config_setting_t *at = read_double(s, key, DEGREES_MIN, DEGREES_MAX, &degrees);

        if (!at)
                return NULL;
        *has = true;
        *target = (int32_t) lround(degrees * 10);
        return at;
}

static void read_scale(const Section *s, double *scale) {
        config_setting_t *at = read_double(s, "scale", -1e6, 1e6, scale);

        if (at && fabs(*scale) < 1e-9)
                config_error(s->reader, at,
                        "scale = 0 makes every value 0; write what one unit is in degrees, as 0.1");
}

static void read_sensor(Reader *r, config_setting_t *group, ConfigSensor *sensor) {
        static const char *const keys[] = {"number", "name", "oid", "scale", "high_warning", "high_critical"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "number", "number = N;, a number of its own that never changes");
        read_number(&s, "number", 1, 9999, &sensor->number);
        config_need(&s, "name", "name = \"temperature\";");
        read_string(&s, "name", CONFIG_NAME_MAX, check_name, &sensor->name);
        config_need(&s, "oid", "oid = \"1.3.6.1.…\";");
        read_string(&s, "oid", SENSOR_OID_MAX, check_oid, &sensor->oid);
        sensor->scale = 1;
        read_scale(&s, &sensor->scale);
        read_degrees(&s, "high_warning", &sensor->has_high_warning, &sensor->high_warning);
        config_setting_t *at =
                read_degrees(&s, "high_critical", &sensor->has_high_critical, &sensor->high_critical);
        if (at && sensor->has_high_warning && sensor->high_critical <= sensor->high_warning)
                config_error(
                        r, at, "“high_critical” is not above “high_warning”; write a higher temperature");
}

static void read_sensors(const Section *root, config_setting_t *list, ConfigProfile *profile) {
        Reader *r = root->reader;
        Seen seen[3][PROTOCOL_SENSORS_MAX];
        SeenList numbers = {.seen = seen[0]}, names = {.seen = seen[1]}, oids = {.seen = seen[2]};
        unsigned n = (unsigned) config_setting_length(list);

        if (n == 0 || n > PROTOCOL_SENSORS_MAX) {
                config_error(r, list,
                        "a profile has 1 to %d sensors, not %u; write sensors = ( { number = 1; … } );",
                        PROTOCOL_SENSORS_MAX, n);
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
                seen_text(&oids, sensor->oid, group);
        }
        refuse_duplicates(r, &numbers, "sensor number");
        refuse_duplicates(r, &names, "sensor name");
        refuse_duplicates(r, &oids, "sensor oid");
        sort_by_number(profile->sensors, profile->n_sensors, sizeof(ConfigSensor));
}

static void load_profile(Reader *r, const char *path, ConfigProfile *profile) {
        static const char *const keys[] = {"sensors"};
        const char *outer = r->source;
        config_t tree;

        r->source = path;
        if (config_parse_file(r, path, &tree) == 0) {
                Section root = {.reader = r, .own = config_root_setting(&tree)};

                config_check_keys(r, root.own, keys, ELEMENTSOF(keys));
                config_need(&root, "sensors", "sensors = ( { number = 1; … } );");
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
