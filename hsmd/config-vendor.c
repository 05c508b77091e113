/* Vendor profiles: vendors/NAME.conf says what a vendor adds to the PKCS#11 standard. */
#include <unistd.h>

#include "config-reader.h"
#include "mechanisms.h"

#define INDEX_MAX 9999
#define VENDOR_NUMBER_MIN                                                                                    \
        0x80000000 /* CKM_VENDOR_DEFINED, CKR_VENDOR_DEFINED: PKCS#11 v2.40, sections 2, 11.1 */
#define MECHANISMS_MAX (PROTOCOL_MECHANISMS_MAX - (uint32_t) n_standard_mechanisms)

size_t config_mechanisms(const Config *config, const ConfigDevice *device, ProbeMechanism *ret) {
        size_t n = 0;

        for (size_t i = 0; i < n_standard_mechanisms; i++)
                ret[n++] = standard_mechanisms[i];
        if (device->vendor >= config->n_vendors)
                return n;
        for (size_t i = 0; i < config->vendors[device->vendor].n_mechanisms && n < PROTOCOL_MECHANISMS_MAX;
                i++)
                ret[n++] = config->vendors[device->vendor].mechanisms[i];
        return n;
}

size_t config_key_mechanism(const ConfigKey *key, const ProbeMechanism *mechanisms, size_t n) {
        MechanismUse use = use_of_exercise(key->exercise);

        if (!key->mechanism)
                return mechanism_for(mechanisms, n, key->type, key->exercise);
        for (size_t i = 0; i < n; i++)
                if (streq(mechanisms[i].name, key->mechanism) && mechanisms[i].use == use &&
                        mechanisms[i].key_type == key->type)
                        return i;
        return n;
}

/* --- a profile
 * ----------------------------------------------------------------------------------------------------- */

/* Vendors write their numbers in hexadecimal, and those do not fit into a configuration's integers. */
static config_setting_t *read_hex_number(const Section *s, const char *key, uint64_t *target) {
        CLEANUP_FREE char *text = NULL;
        config_setting_t *at = read_string(s, key, CONFIG_NAME_MAX, check_text, &text);
        unsigned long long number;
        char *end;

        if (!at)
                return NULL;
        number = strtoull(text, &end, 16);
        if (strncmp(text, "0x", 2) != 0 || *end || end == text + 2 || number > UINT32_MAX) {
                config_error(s->reader, at,
                        "%s = \"%s\" is no number; write it in hexadecimal, as \"0x80008104\"", key, text);
                return NULL;
        }
        *target = number;
        return at;
}

static uint32_t read_enum_or(const Section *s, const char *key, const NameTable *table, unsigned otherwise) {
        unsigned value = otherwise;

        read_enum(s, key, table, &value);
        return value;
}

static void read_mechanism(Reader *r, config_setting_t *group, ProbeMechanism *m) {
        static const char *const keys[] = {"index", "name", "number", "use", "key_type", "input", "z", "form",
                "order", "cipher_form", "iv", "rated_rate"};
        Section s = {.reader = r, .own = group};
        CLEANUP_FREE char *name = NULL;
        bool iv = false;

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "index", "index = N;, 101 to 9999, its own and never changed");
        read_number(&s, "index", MECHANISM_INDEX_PROFILE, INDEX_MAX, &m->index);
        config_need(&s, "name", "name = \"sm2_digest\";");
        read_string(&s, "name", sizeof(m->name) - 1, check_name, &name);
        if (name)
                copy_text(m->name, sizeof(m->name), name);
        config_need(&s, "number", "number = \"0x80008104\";, the vendor's CKM_…");
        read_hex_number(&s, "number", &m->number);
        config_need(&s, "use", "use = \"sign\"; or decrypt, encrypt, mac, digest");
        m->use = read_enum_or(&s, "use", &mechanism_use_names, 0);
        if (m->use != USE_DIGEST)
                config_need(&s, "key_type", "key_type = \"sm2\"; or rsa, ec, aes, sm4, hmac");
        m->key_type = read_enum_or(&s, "key_type", &key_type_names, 0);
        if (m->use == USE_SIGN && m->key_type == KEY_TYPE_SM2) {
                config_need(&s, "input", "input = \"digest\"; or message");
                config_need(&s, "form", "form = \"der\"; or raw");
        }
        m->input = read_enum_or(&s, "input", &mechanism_input_names, INPUT_DIGEST);
        m->z = read_enum_or(&s, "z", &z_rule_names, Z_DEFAULT_ID);
        m->form = read_enum_or(&s, "form", &signature_form_names, FORM_RAW);
        m->order = read_enum_or(&s, "order", &cipher_order_names, CIPHER_C1C3C2);
        m->cipher_form = read_enum_or(&s, "cipher_form", &signature_form_names, FORM_RAW);
        read_bool(&s, "iv", &iv);
        m->iv = iv;
        read_number(&s, "rated_rate", 1, 10000000, &m->rated_rate);
}

static int compare_index(const void *a, const void *b) {
        const ProbeMechanism *x = a, *y = b;

        return x->index < y->index ? -1 : x->index > y->index;
}

static void read_mechanisms(const Section *root, ConfigVendor *v) {
        Reader *r = root->reader;
        config_setting_t *list = config_list(root, "mechanisms");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;
        Seen seen[2][PROTOCOL_MECHANISMS_MAX];
        SeenList indices = {.seen = seen[0]}, names = {.seen = seen[1]};

        if (n > MECHANISMS_MAX) {
                config_error(r, list, "there are %u mechanisms; a profile has at most %u", n, MECHANISMS_MAX);
                n = MECHANISMS_MAX;
        }
        v->mechanisms = reader_calloc(r, n, sizeof(*v->mechanisms));
        for (unsigned i = 0; v->mechanisms && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);
                ProbeMechanism *m = &v->mechanisms[v->n_mechanisms];

                if (!group)
                        continue;
                v->n_mechanisms++;
                read_mechanism(r, group, m);
                seen_number(&indices, m->index, group);
                seen_text(&names, m->name, group);
        }
        refuse_duplicates(r, &indices, "mechanism index");
        refuse_duplicates(r, &names, "mechanism name");
        qsort(v->mechanisms, v->n_mechanisms, sizeof(*v->mechanisms), compare_index);
}

static void read_return(Reader *r, config_setting_t *group, ProbeReturn *ret) {
        static const char *const keys[] = {"number", "name", "class"};
        Section s = {.reader = r, .own = group};
        CLEANUP_FREE char *name = NULL;
        config_setting_t *at;

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "number", "number = \"0x80000035\";, the vendor's CKR_…");
        at = read_hex_number(&s, "number", &ret->number);
        if (at && ret->number < VENDOR_NUMBER_MIN)
                config_error(r, at, "only a vendor's own returns are told here: \"0x80000000\" and above");
        config_need(&s, "name", "name = \"CKR_LOG_FULL\";");
        read_string(&s, "name", sizeof(ret->name) - 1, check_name, &name);
        if (name)
                copy_text(ret->name, sizeof(ret->name), name);
        config_need(&s, "class", "class = \"busy\"; or session, credential, key, log_full, fatal");
        ret->class = read_enum_or(&s, "class", &return_class_names, 0);
}

static void read_returns(const Section *root, ConfigVendor *v) {
        Reader *r = root->reader;
        config_setting_t *list = config_list(root, "returns");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;

        if (n > PROTOCOL_RETURNS_MAX) {
                config_error(
                        r, list, "there are %u returns; a profile has at most %d", n, PROTOCOL_RETURNS_MAX);
                n = PROTOCOL_RETURNS_MAX;
        }
        v->returns = reader_calloc(r, n, sizeof(*v->returns));
        for (unsigned i = 0; v->returns && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (group)
                        read_return(r, group, &v->returns[v->n_returns++]);
        }
}

static void read_vendor(const Section *root, ConfigVendor *v) {
        static const char *const keys[] = {"sm2_key_type", "sm4_key_type", "point_form", "deepbind",
                "max_clients", "truthful_pin_flags", "mechanisms", "returns"};
        uint32_t max_clients = 0;

        config_check_keys(root->reader, root->own, keys, ELEMENTSOF(keys));
        read_hex_number(root, "sm2_key_type", &v->sm2_key_type);
        read_hex_number(root, "sm4_key_type", &v->sm4_key_type);
        v->point_form = read_enum_or(root, "point_form", &point_form_names, POINT_OCTET_STRING);
        read_bool(root, "deepbind", &v->deepbind);
        read_number(root, "max_clients", 1, 100000, &max_clients);
        v->max_clients = max_clients;
        read_bool(root, "truthful_pin_flags", &v->truthful_pin_flags);
        read_mechanisms(root, v);
        read_returns(root, v);
}

/* --- profiles by name
 * ---------------------------------------------------------------------------------------------- */

static ConfigVendor *add_vendor(Reader *r, const char *name) {
        Config *c = r->config;
        ConfigVendor *more = reallocarray(c->vendors, c->n_vendors + 1, sizeof(ConfigVendor)), *v;

        if (!more) {
                r->no_memory = true;
                return NULL;
        }
        c->vendors = more;
        v = &c->vendors[c->n_vendors++];
        *v = (ConfigVendor){.name = reader_strdup(r, name),
                .sm2_key_type = UINT64_MAX,
                .sm4_key_type = UINT64_MAX,
                .point_form = POINT_OCTET_STRING,
                .deepbind = true};
        return v;
}

static void load_vendor(Reader *r, const char *path, ConfigVendor *v) {
        const char *outer = r->source;
        config_t tree;

        r->source = path;
        if (config_parse_file(r, path, &tree) == 0) {
                Section root = {.reader = r, .own = config_root_setting(&tree)};

                read_vendor(&root, v);
        }
        config_destroy(&tree);
        r->source = outer;
}

void find_vendor(Reader *r, const char *name, const config_setting_t *at, size_t *ret) {
        CLEANUP_FREE char *path = NULL;
        Config *c = r->config;
        ConfigVendor *v;

        if (c->n_vendors == 0 && !add_vendor(r, "standard"))
                return;
        for (size_t i = 0; i < c->n_vendors; i++)
                if (c->vendors[i].name && streq(c->vendors[i].name, name)) {
                        *ret = i;
                        return;
                }
        if (asprintf(&path, "%s/vendors/%s.conf", r->directory, name) < 0) {
                path = NULL;
                r->no_memory = true;
                return;
        }
        if (access(path, R_OK) < 0) {
                config_error(r, at,
                        "vendor \"%s\": %s cannot be read (%s); name a profile that is there, or standard",
                        name, path, strerror(errno));
                return;
        }
        v = add_vendor(r, name);
        if (!v)
                return;
        *ret = c->n_vendors - 1;
        load_vendor(r, path, v);
}

/* --- what can only be said once pools and devices are known
 * ---------------------------------------------------------- */

static config_setting_t *setting_of_key(config_setting_t *pools, const ConfigPool *pool, uint32_t number) {
        for (unsigned i = 0; pools && i < (unsigned) config_setting_length(pools); i++) {
                config_setting_t *group = config_setting_get_elem(pools, i), *keys;
                const char *name;
                int n;

                if (!config_setting_is_group(group) || !config_setting_lookup_string(group, "name", &name) ||
                        !pool->name || !streq(name, pool->name))
                        continue;
                keys = config_setting_get_member(group, "keys");
                for (unsigned k = 0; keys && k < (unsigned) config_setting_length(keys); k++) {
                        config_setting_t *key = config_setting_get_elem(keys, k);

                        if (config_setting_is_group(key) && config_setting_lookup_int(key, "number", &n) &&
                                (uint32_t) n == number)
                                return key;
                }
        }
        return NULL;
}

static void check_key(Reader *r, config_setting_t *pools, const ConfigDevice *d, const ConfigPool *pool,
        const ConfigKey *key) {
        ProbeMechanism mechanisms[PROTOCOL_MECHANISMS_MAX];
        size_t n = config_mechanisms(r->config, d, mechanisms);
        const char *vendor =
                d->vendor < r->config->n_vendors ? r->config->vendors[d->vendor].name : "standard";

        if (key->exercise == EXERCISE_PRESENT || key->exercise == 0 || key->type == 0 ||
                config_key_mechanism(key, mechanisms, n) < n)
                return;
        config_error(r, setting_of_key(pools, pool, key->number),
                "key %u (%s) cannot be exercised by %s on device \"%s\": vendor profile \"%s\" has no such "
                "mechanism%s%s; "
                "give the device a vendor whose profile has one, or use present",
                key->number, name_of(&key_type_names, key->type), name_of(&exercise_names, key->exercise),
                d->name ? d->name : "", vendor, key->mechanism ? " named " : "",
                key->mechanism ? key->mechanism : "");
}

void check_mechanisms(const Section *root) {
        Reader *r = root->reader;
        const Config *c = r->config;
        config_setting_t *pools = config_get(root, "pools");

        for (size_t i = 0; i < c->n_devices; i++) {
                const ConfigDevice *d = &c->devices[i];

                if (d->pool >= c->n_pools)
                        continue;
                for (size_t k = 0; k < c->pools[d->pool].n_keys; k++)
                        check_key(r, pools, d, &c->pools[d->pool], &c->pools[d->pool].keys[k]);
        }
}
