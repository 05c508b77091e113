/* The list devices, and device_defaults that fills in for what a device does not say. */
#include "config-reader.h"

#define TOKEN_LABEL_MAX 32  /* octets of CK_TOKEN_INFO.label: PKCS#11 v2.40, section 3.2 */
#define TOKEN_SERIAL_MAX 16 /* octets of CK_TOKEN_INFO.serialNumber */
#define DEVICE_NUMBER_MAX 200000

/* The first three are a device's own and cannot have a default. */
static const char *const device_keys[] = {"number", "name", "serial", "title", "site", "pool", "location",
        "contact", "address", "module", "environment", "cwd", "select", "slot", "label", "deepbind", "random",
        "pin", "interval", "jitter", "fall", "rise", "fast_interval", "deadline", "restart",
        "present_interval", "snmp", "keys", "vendor", "connect", "management", "virtual", "paths",
        "read_paths", "files", "shared_service", "sm2_id", "rated_rate", "recycle", "measure",
        "certificate_warning"};
#define DEVICE_OWN_KEYS 3

static void read_place(const Section *s, ConfigDevice *d) {
        Reader *r = s->reader;
        Config *c = r->config;

        config_need(s, "site", "site = \"…\";, the name of one of sites");
        config_need(s, "pool", "pool = \"…\";, the name of one of pools");
        d->site = d->pool = SIZE_MAX;
        read_reference(s, "site", r->site_names, c->n_sites, &d->site);
        read_reference(s, "pool", r->pool_names, c->n_pools, &d->pool);
        read_text(s, "location", &d->location);
        read_text(s, "contact", &d->contact);
        read_string(s, "address", CONFIG_NAME_MAX, check_ascii, &d->address);
        if (!d->address)
                d->address = reader_strdup(r, "");
}

static const char *check_serial(const char *value) {
        const char *wrong = check_ascii(value);
        size_t n = strlen(value);

        if (!wrong && (value[0] == ' ' || value[n - 1] == ' '))
                return "the serial number without the blanks around it";
        return wrong;
}

/* A label or slot in the device itself that select does not look at would only seem to matter. */
static void refuse_idle(const Section *s, Select select, Select of) {
        const char *key = name_of(&select_names, of);
        config_setting_t *at = s->own ? config_setting_get_member(s->own, key) : NULL;

        if (at && select != of && !s->partial)
                config_error(s->reader, at,
                        "“%s” is not looked at with select = \"%s\"; remove it or write select = \"%s\";",
                        key, name_of(&select_names, select), key);
}

static void read_select(const Section *s, ConfigDevice *d) {
        unsigned select = SELECT_SERIAL;

        read_enum(s, "select", &select_names, &select);
        d->select = select;
        read_string(s, "serial", TOKEN_SERIAL_MAX, check_serial, &d->serial);
        read_string(s, "label", TOKEN_LABEL_MAX, check_filled, &d->label);
        read_number(s, "slot", 0, INT32_MAX, &d->slot);
        if (select == SELECT_SERIAL)
                config_need(s, "serial", "serial = \"…\";, or select by label or slot");
        else if (select == SELECT_LABEL)
                config_need(s, "label", "label = \"…\";, the token's label");
        else
                config_need(s, "slot", "slot = N;, the slot's number");
        refuse_idle(s, select, SELECT_LABEL);
        refuse_idle(s, select, SELECT_SLOT);
}

static void read_probe(const Section *s, ConfigDevice *d) {
        config_need(s, "module", "module = \"/path/of/the/vendor's/module.so\";");
        read_string(s, "module", PATH_SIZE_MAX, check_path, &d->module);
        read_environment(s, &d->environment);
        read_string(s, "cwd", PATH_SIZE_MAX, check_path, &d->cwd);
        read_world(s, d);
        read_bool(s, "virtual", &d->virtual_slot);
        read_budget(s, d);
        d->random = true;
        read_bool(s, "random", &d->random);
        config_need(s, "pin", "pin = { file = \"/path\"; }; or pin = { credential = \"name\"; };");
        read_secret(s, "pin", &d->pin);
        const ConfigPool *pool = d->pool != SIZE_MAX ? &s->reader->config->pools[d->pool] : NULL;
        read_key_overrides(s, pool, d);
}

static void read_times(const Section *s, ConfigDevice *d) {
        d->timing = s->reader->timing;
        read_timing(s, &d->timing);
        timing_finish(s, &d->timing);
        d->present_interval = d->timing.interval;
        read_duration(s, "present_interval", 100 * USEC_PER_MSEC, 7 * 24 * 3600 * USEC_PER_SEC,
                &d->present_interval);
}

static void read_device(const Section *s, ConfigDevice *d) {
        if (s->partial)
                read_title(s, NULL, &d->title);
        else
                read_identity(s, DEVICE_NUMBER_MAX, &d->number, &d->name, &d->title);
        read_place(s, d);
        read_select(s, d);
        read_probe(s, d);
        read_times(s, d);
        read_snmp(s, &d->snmp);
}

/* device_defaults is read once by itself, so that its mistakes show even where every device overrides them.
 */
static config_setting_t *read_defaults(const Section *root) {
        Reader *r = root->reader;
        Section defaults;
        ConfigDevice unused = {};

        if (!config_subsection(root, "device_defaults", &defaults))
                return NULL;
        defaults.partial = true;
        config_check_keys(
                r, defaults.own, device_keys + DEVICE_OWN_KEYS, ELEMENTSOF(device_keys) - DEVICE_OWN_KEYS);
        read_device(&defaults, &unused);
        config_device_done(&unused);
        return defaults.own;
}

typedef struct DeviceColumns {
        SeenList numbers, names, serials, agents;
} DeviceColumns;

static void gather(DeviceColumns *columns, const ConfigDevice *d, config_setting_t *group) {
        seen_number(&columns->numbers, d->number, group);
        seen_text(&columns->names, d->name, group);
        seen_text(&columns->serials, d->serial, group);
        seen_text(&columns->agents, d->snmp.address, group);
}

static void refuse_repeated(Reader *r, DeviceColumns *columns) {
        refuse_duplicates(r, &columns->numbers, "device number");
        refuse_duplicates(r, &columns->names, "device name");
        refuse_duplicates(r, &columns->serials, "device serial");
        refuse_duplicates(r, &columns->agents, "SNMP address");
}

static void read_device_list(Reader *r, config_setting_t *list, config_setting_t *defaults) {
        Config *c = r->config;
        size_t n = (size_t) config_setting_length(list);
        CLEANUP_FREE Seen *seen = reader_calloc(r, 4 * n, sizeof(Seen));
        DeviceColumns columns = {};

        c->devices = reader_calloc(r, n, sizeof(ConfigDevice));
        if (!seen || !c->devices)
                return;
        columns.numbers.seen = seen;
        columns.names.seen = seen + n;
        columns.serials.seen = seen + 2 * n;
        columns.agents.seen = seen + 3 * n;
        for (unsigned i = 0; i < n; i++) {
                Section s = {.reader = r, .own = config_group_element(r, list, i), .base = defaults};

                if (!s.own)
                        continue;
                config_check_keys(r, s.own, device_keys, ELEMENTSOF(device_keys));
                ConfigDevice *d = &c->devices[c->n_devices++];
                read_device(&s, d);
                gather(&columns, d, s.own);
        }
        refuse_repeated(r, &columns);
        sort_by_number(c->devices, c->n_devices, sizeof(ConfigDevice));
}

void read_devices(const Section *root) {
        Reader *r = root->reader;
        config_setting_t *defaults = read_defaults(root);
        config_setting_t *list = config_list(root, "devices");

        config_need(root, "devices", "devices = ( { number = 1; name = \"…\"; … } );");
        if (!list)
                return;
        if (config_setting_length(list) == 0)
                config_error(r, list,
                        "there are no devices; write devices = ( { number = 1; name = \"…\"; … } );");
        read_device_list(r, list, defaults);
}
