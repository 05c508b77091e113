/* With which mechanism a key is exercised on a device, and that there is one on every member of its pool. */
#include "config-reader.h"
#include "mechanisms.h"

/* Of the vendor profile when it is known: a device that names one that is not there has its own error. */
static const ConfigVendor *vendor_of(const Config *config, const ConfigDevice *device) {
        return device->vendor < config->n_vendors ? &config->vendors[device->vendor] : NULL;
}

size_t config_mechanisms(const Config *config, const ConfigDevice *device, ProbeMechanism *ret) {
        const ConfigVendor *vendor = vendor_of(config, device);
        size_t n = 0;

        for (size_t i = 0; i < n_standard_mechanisms; i++)
                ret[n++] = standard_mechanisms[i];
        for (size_t i = 0; vendor && i < vendor->n_mechanisms && n < PROTOCOL_MECHANISMS_MAX; i++)
                ret[n++] = vendor->mechanisms[i];
        return n;
}

static bool serves(const ProbeMechanism *mechanism, const ConfigKey *key) {
        return mechanism->use == use_of_exercise(key->exercise) && mechanism->key_type == key->type;
}

size_t config_key_mechanism(const ConfigKey *key, const ProbeMechanism *mechanisms, size_t n) {
        if (!key->mechanism)
                return mechanism_for(mechanisms, n, key->type, key->exercise);
        for (size_t i = 0; i < n; i++)
                if (streq(mechanisms[i].name, key->mechanism) && serves(&mechanisms[i], key))
                        return i;
        return n;
}

/* The group of a list that has this name, or, where name is NULL, this number: the configuration is sorted
 * and the tree is not. */
static config_setting_t *group_of(config_setting_t *list, const char *name, uint32_t number) {
        for (unsigned i = 0; list && i < (unsigned) config_setting_length(list); i++) {
                config_setting_t *group = config_setting_get_elem(list, i);
                const char *text;
                int value;

                if (!config_setting_is_group(group))
                        continue;
                if (name ? config_setting_lookup_string(group, "name", &text) && streq(text, name)
                         : config_setting_lookup_int(group, "number", &value) && (uint32_t) value == number)
                        return group;
        }
        return NULL;
}

/* The setting to blame: the key's mechanism or exercise, else the key itself. */
static const config_setting_t *blame(const Section *root, const ConfigPool *pool, const ConfigKey *key) {
        config_setting_t *group = group_of(config_get(root, "pools"), pool->name, 0);
        config_setting_t *entry = NULL, *at = NULL;

        if (group)
                entry = group_of(config_setting_get_member(group, "keys"), NULL, key->number);
        if (entry)
                at = config_setting_get_member(entry, key->mechanism ? "mechanism" : "exercise");
        return at ? at : entry ? entry : group;
}

/* What would be right: "write sm2_digest or sm2_sm3", or another exercise or vendor. */
static char *remedy(const ConfigKey *key, const ProbeMechanism *mechanisms, size_t n) {
        CLEANUP_FREE char *text = NULL;
        size_t size = 0, found = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < n; i++)
                if (serves(&mechanisms[i], key))
                        fprintf(f, "%s%s", found++ == 0 ? "write " : " or ", mechanisms[i].name);
        if (found == 0)
                fputs("give the device a vendor whose profile has one, or the key another exercise, as "
                      "present",
                        f);
        if (fclose(f) != 0)
                return NULL;
        char *result = text;
        text = NULL;
        return result;
}

static void check_key(
        const Section *root, const ConfigDevice *d, const ConfigPool *pool, const ConfigKey *key) {
        const ConfigVendor *vendor = vendor_of(root->reader->config, d);
        ProbeMechanism mechanisms[PROTOCOL_MECHANISMS_MAX];
        size_t n = config_mechanisms(root->reader->config, d, mechanisms);
        CLEANUP_FREE char *right = NULL;

        if (!vendor || !vendor->name || key->exercise == EXERCISE_PRESENT || key->exercise == 0 ||
                key->type == 0 || config_key_mechanism(key, mechanisms, n) < n)
                return;
        right = remedy(key, mechanisms, n);
        if (!right) {
                root->reader->no_memory = true;
                return;
        }
        config_error(root->reader, blame(root, pool, key),
                "key %u (%s) cannot be exercised by %s on device \"%s\": vendor profile \"%s\" has no such "
                "mechanism%s%s; %s",
                key->number, name_of(&key_type_names, key->type), name_of(&exercise_names, key->exercise),
                d->name ? d->name : "", vendor->name, key->mechanism ? " named " : "",
                key->mechanism ? key->mechanism : "", right);
}

void check_mechanisms(const Section *root) {
        const Config *c = root->reader->config;

        for (size_t i = 0; i < c->n_devices; i++) {
                const ConfigDevice *d = &c->devices[i];

                for (size_t k = 0; d->pool < c->n_pools && k < c->pools[d->pool].n_keys; k++)
                        check_key(root, d, &c->pools[d->pool], &c->pools[d->pool].keys[k]);
        }
}
