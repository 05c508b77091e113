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

static unsigned take_int(config_t *c, const char *key, unsigned otherwise) {
        int v;

        return config_lookup_int(c, key, &v) && v >= 0 ? (unsigned) v : otherwise;
}

static int take_key(Machine *m, config_setting_t *k) {
        const char *label = "", *id = "", *type = "", *file = "", *certificate = NULL;
        int public_object = 1, always = 0;
        uint8_t octets[32];
        size_t n;

        config_setting_lookup_string(k, "label", &label);
        config_setting_lookup_string(k, "id", &id);
        config_setting_lookup_string(k, "type", &type);
        config_setting_lookup_string(k, "file", &file);
        config_setting_lookup_string(k, "certificate", &certificate);
        config_setting_lookup_bool(k, "public_object", &public_object);
        config_setting_lookup_bool(k, "always_authenticate", &always);
        for (n = 0; n < sizeof(octets) && id[2 * n] && sscanf(id + 2 * n, "%2hhx", &octets[n]) == 1;)
                n++;
        return objects_add_key(m, label, octets, n, type, file, certificate, public_object, always);
}

static int take_keys(Machine *m, config_t *c) {
        config_setting_t *keys = config_lookup(c, "keys");
        int n = keys ? config_setting_length(keys) : 0;

        for (int i = 0; i < n; i++)
                if (take_key(m, config_setting_get_elem(keys, (unsigned) i)) < 0) {
                        fprintf(stderr, "vhsm-server: key %d of machine.conf cannot be read\n", i + 1);
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
        if (fscanf(file, "wrong_tries %u", &m->wrong_tries) != 1)
                m->wrong_tries = 0;
        fclose(file);
}

void machine_save(const Machine *m) {
        char text[64];

        snprintf(text, sizeof(text), "wrong_tries %u\n", m->wrong_tries);
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

int machine_load(Machine *m, const char *directory) {
        char path[PATH_MAX], personality[32] = "standard";
        config_t c;
        int r = -1;

        copy_text(m->directory, sizeof(m->directory), directory);
        copy_text(m->manufacturer, sizeof(m->manufacturer), "vhsm");
        copy_text(m->model, sizeof(m->model), "virtual");
        copy_text(m->serial, sizeof(m->serial), "0000000000000001");
        copy_text(m->label, sizeof(m->label), "vhsm");
        copy_text(m->pin, sizeof(m->pin), "12345678");
        snprintf(path, sizeof(path), "%s/machine.conf", directory);
        config_init(&c);
        if (!config_read_file(&c, path)) {
                fprintf(stderr, "%s:%d: %s\n", path, config_error_line(&c), config_error_text(&c));
                config_destroy(&c);
                return -1;
        }
        take_string(&c, "personality", personality, sizeof(personality));
        take_string(&c, "manufacturer", m->manufacturer, sizeof(m->manufacturer));
        take_string(&c, "model", m->model, sizeof(m->model));
        take_string(&c, "serial", m->serial, sizeof(m->serial));
        take_string(&c, "label", m->label, sizeof(m->label));
        take_string(&c, "user_pin", m->pin, sizeof(m->pin));
        m->firmware_major = 1;
        m->firmware_minor = 2;
        m->pin_tries = take_int(&c, "pin_tries", 10);
        m->pin_flags = true;
        int flags;
        if (config_lookup_bool(&c, "pin_flags", &flags))
                m->pin_flags = flags;
        m->rate = take_int(&c, "rate", 0);
        m->latency = take_int(&c, "latency_us", 0);
        m->session_limit = take_int(&c, "session_limit", 64);
        m->extra_slots = take_int(&c, "slots", 1) - 1;
        m->port = take_int(&c, "port", 0);
        m->temperature = 41.5;
        config_lookup_float(&c, "temperature", &m->temperature);
        config_lookup_float(&c, "warming", &m->warming);
        m->slot = 1;
        m->next_session = 1;
        m->personality = personality_find(personality);
        if (m->personality)
                r = take_keys(m, &c);
        else
                fprintf(stderr, "%s: there is no personality %s\n", path, personality);
        config_destroy(&c);
        load_state(m);
        return r;
}

/* What its temperature sensor shows: warmer the more it has to do. */
static double temperature_now(const Machine *m, uint64_t operations_per_s) {
        const Fault *heat = fault_on(m, FAULT_HEAT);

        return heat ? atof(heat->argument) : m->temperature + m->warming * (double) operations_per_s / 1000;
}

void *machine_warm(void *machine) {
        Machine *m = machine;
        uint64_t before = 0;
        char text[32], last[32] = "";

        for (;;) {
                pthread_mutex_lock(&m->lock);
                snprintf(text, sizeof(text), "%.1f\n", temperature_now(m, m->operations - before));
                before = m->operations;
                pthread_mutex_unlock(&m->lock);
                if (!streq(text, last))
                        machine_write(m, "temperature", text);
                copy_text(last, sizeof(last), text);
                usleep(500000);
        }
        return NULL;
}
