/* A device's world: its vendor, and what the vendor's module finds around it. */
#include "config-address.h"
#include "config-reader.h"
#include "config-text.h"

#define FILES_MAX 16
#define PATH_OCTETS_MAX 255 /* of a path in MsgProbeConfig */

static void read_vendor_name(const Section *s, ConfigDevice *d) {
        CLEANUP_FREE char *name = NULL;
        config_setting_t *at = read_string(s, "vendor", CONFIG_NAME_MAX, check_name, &name);

        d->vendor = SIZE_MAX;
        find_vendor(s->reader, at ? name : "standard", at, &d->vendor);
}

/* A vendor's module may or may not insist on names of its own in a library that hsmd uses too. */
static void read_deepbind(const Section *s, ConfigDevice *d) {
        const Config *c = s->reader->config;

        d->deepbind = d->vendor < c->n_vendors ? c->vendors[d->vendor].deepbind : true;
        read_bool(s, "deepbind", &d->deepbind);
}

static const char *check_connect(const char *value) {
        CLEANUP_FREE char *normal = NULL;

        return address_normalise(value, 0, &normal) == 0
                       ? NULL
                       : "a numeric address and a port, as \"192.0.2.11:8008\" or \"[2001:db8::11]:8008\"";
}

static const char *check_management(const char *value) {
        CLEANUP_FREE char *normal = NULL;

        return address_normalise(value, 0, &normal) == 0
                       ? NULL
                       : "a numeric address and a port, as \"192.0.2.11:22\" or \"[2001:db8::11]:443\"";
}

/* What a module may touch is told to the kernel by its path; all of it would be no limit. */
static const char *path_wrong(const char *path) {
        if (path[0] != '/' || !text_is_clean(path))
                return "is no absolute path; write “/opt/vendor/log”";
        if (path[strspn(path, "/.")] == '\0')
                return "opens the whole file system; name the directories that the module needs";
        return strlen(path) > PATH_OCTETS_MAX ? "has more than 255 octets; name a directory above it" : NULL;
}

static char *read_path(const Section *s, const char *key, const config_setting_t *at) {
        const char *path = config_setting_get_string(at);
        const char *wrong = path ? path_wrong(path) : "is no string; write an absolute path in quotes";

        if (wrong)
                config_error(s->reader, at, "an element of “%s” %s", key, wrong);
        return reader_strdup(s->reader, path ? path : "");
}

/* An array of absolute paths, NULL-terminated. */
static void read_paths(const Section *s, const char *key, char ***target) {
        config_setting_t *list = config_get(s, key);

        if (!list)
                return;
        if (!config_setting_is_array(list) && !config_setting_is_list(list)) {
                config_error(s->reader, list, "“%s” %s; write [ \"/path\", \"/path\" ]", key,
                        config_type_text(list));
                return;
        }
        unsigned n = (unsigned) config_setting_length(list);
        if (n > PROTOCOL_PATHS_MAX) {
                config_error(
                        s->reader, list, "“%s” has %u paths; write at most %d", key, n, PROTOCOL_PATHS_MAX);
                return;
        }
        *target = reader_calloc(s->reader, n + 1, sizeof(char *));
        for (unsigned i = 0; *target && i < n; i++)
                (*target)[i] = read_path(s, key, config_setting_get_elem(list, i));
}

static void read_file(Reader *r, config_setting_t *group, ConfigFile *file) {
        static const char *const keys[] = {"target", "source"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "target", "target = \"/path/that/the/module/insists/on\";");
        config_need(&s, "source", "source = \"/path/of/our/file\";");
        read_string(&s, "target", PATH_SIZE_MAX, check_path, &file->target);
        read_string(&s, "source", PATH_SIZE_MAX, check_path, &file->source);
        file->where = config_place(r, group);
}

static void read_files(const Section *s, ConfigDevice *d) {
        Reader *r = s->reader;
        config_setting_t *list = config_list(s, "files");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;
        Seen seen[FILES_MAX];
        SeenList targets = {.seen = seen};

        if (n > FILES_MAX) {
                config_error(r, list, "“files” has %u elements; write at most %d", n, FILES_MAX);
                n = FILES_MAX;
        }
        d->files = n > 0 ? reader_calloc(r, n, sizeof(*d->files)) : NULL;
        for (unsigned i = 0; d->files && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigFile *file = &d->files[d->n_files++];
                read_file(r, group, file);
                seen_text(&targets, file->target, group);
        }
        refuse_duplicates(r, &targets, "target");
}

/* Text, or octets as "0x3132": what an identity is made of is the vendor's affair. */
static void read_sm2_id(const Section *s, ConfigDevice *d) {
        static const char standard[] = "1234567812345678"; /* GM/T 0009 */
        CLEANUP_FREE char *id = NULL;
        size_t size = sizeof(standard) - 1;

        memcpy(d->sm2_id, standard, size);
        config_setting_t *at = read_string(s, "sm2_id", 2 + 2 * PROTOCOL_ID_MAX, check_filled, &id);
        if (at && strncmp(id, "0x", 2) == 0) {
                if (!hex_parse(id + 2, d->sm2_id, PROTOCOL_ID_MAX, &size))
                        config_error(s->reader, at,
                                "sm2_id = \"%s\" is no identity; write two digits an octet behind 0x, at "
                                "most %d "
                                "octets",
                                id, PROTOCOL_ID_MAX);
        } else if (at && strlen(id) > PROTOCOL_ID_MAX) {
                config_error(s->reader, at, "“sm2_id” has %zu octets; at most %d are allowed", strlen(id),
                        PROTOCOL_ID_MAX);
        } else if (at) {
                size = strlen(id);
                memcpy(d->sm2_id, id, size);
        }
        d->sm2_id_size = (uint32_t) size;
}

void read_world(const Section *s, ConfigDevice *d) {
        read_vendor_name(s, d);
        read_deepbind(s, d);
        read_string(s, "connect", CONFIG_NAME_MAX, check_connect, &d->connect);
        read_string(s, "management", CONFIG_NAME_MAX, check_management, &d->management);
        read_paths(s, "paths", &d->paths);
        read_paths(s, "read_paths", &d->read_paths);
        read_files(s, d);
        read_string(s, "shared_service", CONFIG_NAME_MAX, check_name, &d->shared_service);
        read_sm2_id(s, d);
}

/* A bind mount in a worker's own namespace takes a capability that the unit does not have by itself. */
int config_check_files(const Config *config, bool can_bind, char **ret_error) {
        char *text;

        if (can_bind)
                return 0;
        for (size_t i = 0; i < config->n_devices; i++) {
                const ConfigDevice *d = &config->devices[i];

                if (d->n_files == 0)
                        continue;
                if (asprintf(&text,
                            "%s: device \"%s\" has “files”, and hsmd may not put a file in another's place; "
                            "install the drop-in allow-files.conf of hsmd.service, or remove “files”",
                            d->files[0].where, d->name) < 0)
                        return -ENOMEM;
                *ret_error = text;
                return -EINVAL;
        }
        return 0;
}
