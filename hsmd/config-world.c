/* A device's world and budgets: which vendor, which paths its module may touch, how long a probe lives, how
 * much a burst may cost. */
#include <ctype.h>

#include "config-reader.h"
#include "config-text.h"

#define DAY (24 * 3600 * USEC_PER_SEC)
#define MIB UINT64_C(1048576)

static void read_vendor_name(const Section *s, ConfigDevice *d) {
        CLEANUP_FREE char *name = NULL;
        config_setting_t *at = read_string(s, "vendor", CONFIG_NAME_MAX, check_name, &name);

        d->vendor = 0;
        find_vendor(s->reader, at ? name : "standard", at, &d->vendor);
}

/* An array of absolute paths, NULL-terminated. */
static void read_paths(const Section *s, const char *key, char ***target) {
        config_setting_t *list = config_get(s, key);
        unsigned n;

        if (!list)
                return;
        if (!config_setting_is_array(list) && !config_setting_is_list(list)) {
                config_error(s->reader, list, "“%s” %s; write [ \"/path\", \"/path\" ]", key,
                        config_type_text(list));
                return;
        }
        n = (unsigned) config_setting_length(list);
        if (n > PROTOCOL_PATHS_MAX) {
                config_error(s->reader, list, "“%s” has %u paths; at most %d", key, n, PROTOCOL_PATHS_MAX);
                return;
        }
        *target = reader_calloc(s->reader, n + 1, sizeof(char *));
        for (unsigned i = 0; *target && i < n; i++) {
                config_setting_t *e = config_setting_get_elem(list, i);
                const char *path = config_setting_get_string(e);

                if (!path || path[0] != '/' || strlen(path) > 255)
                        config_error(s->reader, e,
                                "an element of “%s” is no absolute path of at most 255 octets", key);
                (*target)[i] = reader_strdup(s->reader, path ? path : "");
        }
}

static void read_files(const Section *s, ConfigDevice *d) {
        static const char *const keys[] = {"target", "source"};
        config_setting_t *list = config_list(s, "files");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;

        d->files = n ? reader_calloc(s->reader, n, sizeof(*d->files)) : NULL;
        for (unsigned i = 0; d->files && i < n; i++) {
                Section f = {.reader = s->reader, .own = config_group_element(s->reader, list, i)};
                ConfigFile *file = &d->files[d->n_files];

                if (!f.own)
                        continue;
                d->n_files++;
                config_check_keys(s->reader, f.own, keys, ELEMENTSOF(keys));
                config_need(&f, "target", "target = \"/path/that/the/module/insists/on\";");
                config_need(&f, "source", "source = \"/path/of/our/file\";");
                read_string(&f, "target", PATH_SIZE_MAX, check_path, &file->target);
                read_string(&f, "source", PATH_SIZE_MAX, check_path, &file->source);
        }
}

static void read_sm2_id(const Section *s, ConfigDevice *d) {
        CLEANUP_FREE char *id = NULL;

        memcpy(d->sm2_id, "1234567812345678", 16); /* GM/T 0009 */
        d->sm2_id_size = 16;
        if (!read_string(s, "sm2_id", PROTOCOL_ID_MAX, check_filled, &id))
                return;
        d->sm2_id_size = (uint32_t) strlen(id);
        memcpy(d->sm2_id, id, d->sm2_id_size);
}

/* "256 MiB", or octets. */
static void read_size(const Section *s, const char *key, uint64_t *target) {
        config_setting_t *at = config_get(s, key);
        unsigned long long n;
        long long number;
        char *end;

        if (!at)
                return;
        if (setting_integer(at, &number) && number >= 0) {
                *target = (uint64_t) number;
                return;
        }
        if (config_setting_type(at) == CONFIG_TYPE_STRING &&
                isdigit((unsigned char) config_setting_get_string(at)[0])) {
                n = strtoull(config_setting_get_string(at), &end, 10);
                end += strspn(end, " ");
                if (n < (UINT64_C(1) << 32) &&
                        (streq(end, "MiB") || streq(end, "GiB") || streq(end, "KiB"))) {
                        *target = n * (*end == 'K' ? MIB / 1024 : *end == 'M' ? MIB : MIB * 1024);
                        return;
                }
        }
        config_error(
                s->reader, at, "“%s” is no size; write octets, or \"64 KiB\", \"256 MiB\", \"1 GiB\"", key);
}

static void read_recycle(const Section *s, ConfigDevice *d) {
        static const char *const keys[] = {"memory", "descriptors", "age"};
        Section g;

        d->recycle_memory = 256 * MIB;
        d->recycle_descriptors = 256;
        d->recycle_age = DAY;
        if (!config_subsection(s, "recycle", &g))
                return;
        if (g.own)
                config_check_keys(s->reader, g.own, keys, ELEMENTSOF(keys));
        read_size(&g, "memory", &d->recycle_memory);
        read_number(&g, "descriptors", 0, 1000000, &d->recycle_descriptors);
        read_duration(&g, "age", 0, 365 * DAY, &d->recycle_age);
}

static void read_measure(const Section *s, ConfigMeasure *m) {
        static const char *const keys[] = {"period", "share", "sessions", "duration"};
        uint32_t sessions = 4;
        Section g;

        *m = (ConfigMeasure){.share = 0.01, .duration = 2 * USEC_PER_SEC};
        if (config_subsection(s, "measure", &g)) {
                if (g.own)
                        config_check_keys(s->reader, g.own, keys, ELEMENTSOF(keys));
                read_duration(&g, "period", 0, 365 * DAY, &m->period);
                read_double(&g, "share", 0, 0.1, &m->share);
                read_number(&g, "sessions", 1, 64, &sessions);
                read_duration(&g, "duration", 100 * USEC_PER_MSEC, 60 * USEC_PER_SEC, &m->duration);
        }
        m->sessions = sessions;
}

void read_world(const Section *s, ConfigDevice *d) {
        read_vendor_name(s, d);
        d->deepbind = d->vendor < s->reader->config->n_vendors
                              ? s->reader->config->vendors[d->vendor].deepbind
                              : true;
        read_bool(s, "deepbind", &d->deepbind);
        read_string(s, "connect", CONFIG_NAME_MAX, check_ascii, &d->connect);
        read_paths(s, "paths", &d->paths);
        read_paths(s, "read_paths", &d->read_paths);
        read_files(s, d);
        read_string(s, "shared_service", CONFIG_NAME_MAX, check_name, &d->shared_service);
        read_sm2_id(s, d);
        read_number(s, "rated_rate", 1, 10000000, &d->rated_rate);
        read_recycle(s, d);
        read_measure(s, &d->measure);
        d->certificate_warning = 30 * DAY;
        read_duration(s, "certificate_warning", 0, 3650 * DAY, &d->certificate_warning);
}
