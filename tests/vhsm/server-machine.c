/* machine.conf, and the little that survives a restart of the server. */
#include "server.h"

#include <libconfig.h>
#include <limits.h>
#include <unistd.h>

static void take_string(config_t *c, const char *key, char *dst, size_t size) {
        const char *s;

        if (config_lookup_string(c, key, &s))
                copy_text(dst, size, s);
}

static bool take_bool(config_t *c, const char *key, bool otherwise) {
        int v;

        return config_lookup_bool(c, key, &v) ? v : otherwise;
}

static unsigned take_int(config_t *c, const char *key, unsigned otherwise) {
        int v;

        return config_lookup_int(c, key, &v) && v >= 0 ? (unsigned) v : otherwise;
}

/* A key's file; a relative one lies in the machine's directory. */
static void take_path(const Machine *m, config_setting_t *k, const char *name, char path[static PATH_MAX]) {
        const char *file = "";

        config_setting_lookup_string(k, name, &file);
        if (file[0] == '/' || file[0] == '\0')
                copy_text(path, PATH_MAX, file);
        else
                snprintf(path, PATH_MAX, "%s/%s", m->directory, file);
}

static int take_key(Machine *m, config_setting_t *k) {
        const char *label = "", *id = "", *type = "";
        char file[PATH_MAX], certificate[PATH_MAX];
        int public_object = 1, always = 0;
        uint8_t octets[32];
        size_t n;

        config_setting_lookup_string(k, "label", &label);
        config_setting_lookup_string(k, "id", &id);
        config_setting_lookup_string(k, "type", &type);
        config_setting_lookup_bool(k, "public_object", &public_object);
        config_setting_lookup_bool(k, "always_authenticate", &always);
        take_path(m, k, "file", file);
        take_path(m, k, "certificate", certificate);
        for (n = 0; n < sizeof(octets) && id[2 * n] && sscanf(id + 2 * n, "%2hhx", &octets[n]) == 1;)
                n++;
        return objects_add_key(
                m, label, octets, n, type, file, certificate[0] ? certificate : NULL, public_object, always);
}

static int take_keys(Machine *m, config_t *c) {
        config_setting_t *keys = config_lookup(c, "keys");
        int n = keys ? config_setting_length(keys) : 0;

        for (int i = 0; i < n; i++)
                if (take_key(m, config_setting_get_elem(keys, (unsigned) i)) < 0) {
                        fprintf(stderr,
                                "vhsm-server: key %d of machine.conf: right is a type (rsa, ec, sm2, aes, "
                                "sm4, "
                                "hmac) that the personality has, and a readable file of that type\n",
                                i + 1);
                        return -1;
                }
        return 0;
}

static void load_state(Machine *m) {
        char path[PATH_MAX];
        FILE *file;

        snprintf(path, sizeof(path), "%s/state", m->directory);
        file = fopen(path, "re");
        if (!file)
                return;
        if (fscanf(file, "wrong_tries %u audit %u", &m->wrong_tries, &m->audit) != 2)
                m->wrong_tries = m->audit = 0;
        fclose(file);
}

void machine_save(const Machine *m) {
        char text[64];

        snprintf(text, sizeof(text), "wrong_tries %u\naudit %u\n", m->wrong_tries, m->audit);
        machine_write(m, "state", text);
}

void machine_write(const Machine *m, const char *name, const char *text) {
        char path[PATH_MAX], fresh[PATH_MAX + 8];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", m->directory, name);
        snprintf(fresh, sizeof(fresh), "%s.new", path);
        file = fopen(fresh, "we");
        if (!file)
                return;
        fputs(text, file);
        if (fclose(file) == 0)
                rename(fresh, path);
}

/* What a machine is called. */
static void take_identity(Machine *m, config_t *c) {
        char firmware[16] = "1.2";

        copy_text(m->manufacturer, sizeof(m->manufacturer), "vhsm");
        copy_text(m->model, sizeof(m->model), "virtual");
        copy_text(m->serial, sizeof(m->serial), "0000000000000001");
        copy_text(m->label, sizeof(m->label), "vhsm");
        take_string(c, "manufacturer", m->manufacturer, sizeof(m->manufacturer));
        take_string(c, "model", m->model, sizeof(m->model));
        take_string(c, "serial", m->serial, sizeof(m->serial));
        take_string(c, "label", m->label, sizeof(m->label));
        take_string(c, "firmware", firmware, sizeof(firmware));
        if (sscanf(firmware, "%u.%u", &m->firmware_major, &m->firmware_minor) != 2)
                m->firmware_major = m->firmware_minor = 0;
}

static void take_behaviour(Machine *m, config_t *c) {
        copy_text(m->pin, sizeof(m->pin), "12345678");
        take_string(c, "user_pin", m->pin, sizeof(m->pin));
        m->pin_tries = take_int(c, "pin_tries", 10);
        m->pin_flags = take_bool(c, "pin_flags", true);
        m->rate = take_int(c, "rate", 0);
        m->latency = take_int(c, "latency_us", 0);
        m->session_limit = take_int(c, "session_limit", 64);
        m->log_limit = take_int(c, "log_limit", 0);
        m->extra_slots = MAX_OF(take_int(c, "slots", 1), 1u) - 1;
        m->port = take_int(c, "port", 0);
        m->temperature = 41.5;
        config_lookup_float(c, "temperature", &m->temperature);
        config_lookup_float(c, "warming", &m->warming);
        m->fan_warming = 45;
        config_lookup_float(c, "fan_warming", &m->fan_warming);
        config_lookup_float(c, "settling", &m->settling);
        m->host_resources = take_bool(c, "host_resources", false);
}

static int take_personality(Machine *m, config_t *c) {
        char name[32] = "standard", ciphertext[16] = "";

        take_string(c, "personality", name, sizeof(name));
        take_string(c, "ciphertext", ciphertext, sizeof(ciphertext));
        m->personality = personality_find(name);
        if (!m->personality) {
                fprintf(stderr,
                        "vhsm-server: there is no personality %s; right is one of standard, sansec, tass, "
                        "luna, "
                        "ibm, xihsm\n",
                        name);
                return -1;
        }
        m->c1c2c3 = ciphertext[0] ? streq(ciphertext, "c1c2c3") : m->personality->c1c2c3;
        m->cipher_der = ciphertext[0] ? streq(ciphertext, "der") : m->personality->cipher_der;
        return 0;
}

int machine_load(Machine *m, const char *directory) {
        char path[PATH_MAX];
        config_t c;
        int r = -1;

        copy_text(m->directory, sizeof(m->directory), directory);
        snprintf(path, sizeof(path), "%s/machine.conf", directory);
        config_init(&c);
        if (!config_read_file(&c, path)) {
                fprintf(stderr, "%s:%d: %s\n", path, config_error_line(&c), config_error_text(&c));
        } else {
                m->slot = 1;
                m->next_session = 1;
                m->up_since = now_monotonic();
                m->room = ROOM_CELSIUS;
                take_identity(m, &c);
                take_behaviour(m, &c);
                if (take_personality(m, &c) == 0)
                        r = take_keys(m, &c);
        }
        config_destroy(&c);
        load_state(m);
        return r;
}
