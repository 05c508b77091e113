/* A probe's process: how it is started and what it is told. */
#include <limits.h>

#include "device.h"
#include "manager.h"

/* A diagnosis may not cost the climb that it precedes its deadline. */
#define CONNECT_TIMEOUT USEC_PER_SEC

/* A key as the pool names it, with the device's own label or id where they differ, and what is pinned. */
static void fill_key(const Device *d, size_t i, const MsgProbeConfig *m, ProbeKey *ret) {
        const ConfigKey *key = &d->pool->keys[i];
        const Pin *pin = pins_get(d->manager->pins, d->pool->name, key);
        ConfigKeyOverride selector;

        config_key_selector(d->config, key, &selector);
        *ret = (ProbeKey){.number = key->number,
                .type = key->type,
                .exercise = key->exercise,
                .business = key->business,
                .interval = key->interval,
                .mechanism = (uint32_t) config_key_mechanism(key, m->mechanisms, m->n_mechanisms),
                .known_good = d->key_signed[i] != 0,
                .nonce = d->keys[i].nonce,
                .id_size = selector.id_size};
        memcpy(ret->id, selector.id, sizeof(ret->id));
        if (selector.label)
                copy_text(ret->label, sizeof(ret->label), selector.label);
        if (key->spki_size > 0 && key->spki_size <= sizeof(ret->spki)) {
                memcpy(ret->spki, key->spki, key->spki_size);
                ret->spki_size = (uint32_t) key->spki_size;
        } else if (pin && pin->spki_size > 0) {
                memcpy(ret->spki, pin->spki, pin->spki_size);
                ret->spki_size = (uint32_t) pin->spki_size;
        }
        if (key->has_check_value) {
                ret->check_value_size = sizeof(ret->check_value);
                memcpy(ret->check_value, key->check_value, sizeof(ret->check_value));
        } else if (pin && pin->fingerprint.size == sizeof(ret->check_value)) {
                ret->check_value_size = sizeof(ret->check_value);
                memcpy(ret->check_value, pin->fingerprint.octets, sizeof(ret->check_value));
        }
}

static void fill_vendor(const Device *d, MsgProbeConfig *m) {
        const Config *config = d->manager->config;
        const ConfigVendor *v =
                d->config->vendor < config->n_vendors ? &config->vendors[d->config->vendor] : NULL;

        m->n_mechanisms = (uint32_t) config_mechanisms(config, d->config, m->mechanisms);
        m->point_form = v && v->point_form ? v->point_form : POINT_OCTET_STRING;
        m->sm2_key_type = v ? v->sm2_key_type : UINT64_MAX;
        m->sm4_key_type = v ? v->sm4_key_type : UINT64_MAX;
        m->max_clients = v ? v->max_clients : 0;
        m->n_returns = v ? (uint32_t) MIN_OF(v->n_returns, (size_t) PROTOCOL_RETURNS_MAX) : 0;
        for (uint32_t i = 0; i < m->n_returns; i++)
                m->returns[i] = v->returns[i];
        m->sm2_id_size = MIN_OF(d->config->sm2_id_size, (uint32_t) sizeof(m->sm2_id));
        memcpy(m->sm2_id, d->config->sm2_id, m->sm2_id_size);
}

static uint32_t fill_paths(char (*dst)[256], char *const *paths) {
        uint32_t n = 0;

        for (; paths && paths[n] && n < PROTOCOL_PATHS_MAX; n++)
                copy_text(dst[n], sizeof(dst[n]), paths[n]);
        return n;
}

int device_send_config(Device *d, Worker *worker, int ring_fd, bool measure) {
        CLEANUP_FREE MsgProbeConfig *m = calloc(1, sizeof(*m));
        const ConfigDevice *c = d->config;

        if (!m)
                return -ENOMEM;
        m->head = (MessageHead){.type = MSG_PROBE_CONFIG, .size = sizeof(*m)};
        copy_text(m->device, sizeof(m->device), c->name);
        copy_text(m->module, sizeof(m->module), c->module);
        copy_text(m->label, sizeof(m->label), c->label ? c->label : "");
        copy_text(m->serial, sizeof(m->serial), c->serial ? c->serial : "");
        copy_text(m->connect, sizeof(m->connect), c->connect ? c->connect : "");
        copy_text(m->management, sizeof(m->management), c->management ? c->management : "");
        m->connect_timeout = MIN_OF(CONNECT_TIMEOUT, c->timing.deadline / 4);
        m->select = c->select;
        m->slot = c->slot;
        m->deepbind = c->deepbind;
        m->random = c->random;
        m->present_interval = c->present_interval;
        m->diagnose = d->judgement.failures > 0;
        m->measure = measure;
        fill_vendor(d, m);
        m->n_paths = fill_paths(m->paths, c->paths);
        m->n_read_paths = fill_paths(m->read_paths, c->read_paths);
        for (size_t i = 0; i < c->n_files && m->n_read_paths < PROTOCOL_PATHS_MAX; i++)
                copy_text(m->read_paths[m->n_read_paths++], sizeof(m->read_paths[0]), c->files[i].target);
        m->n_keys = (uint32_t) MIN_OF(d->pool->n_keys, (size_t) PROTOCOL_KEYS_MAX);
        for (uint32_t i = 0; i < m->n_keys; i++)
                fill_key(d, i, m, &m->keys[i]);
        return worker_send(worker, &m->head, ring_fd);
}

/* The probe's environment: what the device's configuration says and nothing of ours. */
static char **probe_environment(const ConfigDevice *c) {
        size_t n = 0;
        char **e;

        while (c->environment && c->environment[n])
                n++;
        e = calloc(n + 3, sizeof(*e));
        if (!e)
                return NULL;
        e[0] = (char *) (uintptr_t) "PATH=/usr/local/bin:/usr/bin:/bin";
        e[1] = (char *) (uintptr_t) "LANG=C.UTF-8";
        for (size_t i = 0; i < n; i++)
                e[i + 2] = c->environment[i];
        return e;
}

/* Files that the module finds at paths of its own choice. The strings stay the configuration's. */
static WorkerBind *probe_binds(const ConfigDevice *c) {
        WorkerBind *binds = calloc(c->n_files + 1, sizeof(*binds));

        for (size_t i = 0; binds && i < c->n_files; i++)
                binds[i] = (WorkerBind){.source = c->files[i].source, .target = c->files[i].target};
        return binds;
}

int device_start_process(Device *d, const WorkerOps *ops, void *userdata, Worker **ret) {
        char program[PATH_MAX], cwd[PATH_MAX], name[80], title[96];
        CLEANUP_FREE char **environment = probe_environment(d->config);
        /* the device's name in argv[0] is for people who look at a list of processes */
        const char *argv[] = {title, NULL};
        CLEANUP_FREE WorkerBind *binds = probe_binds(d->config);
        WorkerSpec spec = {.name = name,
                .device = d->config->name,
                .program = program,
                .argv = argv,
                .environment = environment,
                .binds = binds,
                .n_binds = d->config->n_files,
                .cwd = d->config->cwd ? d->config->cwd : cwd};

        if (!environment || !binds)
                return -ENOMEM;
        if (!supervisor_may_start(d->manager->supervisor, d->config->name))
                return -EBUSY;
        snprintf(title, sizeof(title), "hsmd-probe: %s", d->config->name);
        snprintf(name, sizeof(name), "probe %s", d->config->name);
        snprintf(program, sizeof(program), "%s/hsmd-probe", d->manager->options.libexec);
        snprintf(cwd, sizeof(cwd), "%s/probe/%s", d->manager->options.state, d->config->name);
        return worker_start(d->manager->supervisor, &spec, ops, userdata, ret);
}

const char *device_return_name(const Device *d, uint64_t rv, char buffer[static 24]) {
        const Config *config = d->manager->config;
        const ConfigVendor *v =
                d->config->vendor < config->n_vendors ? &config->vendors[d->config->vendor] : NULL;

        for (size_t i = 0; v && i < v->n_returns; i++)
                if (v->returns[i].number == rv && v->returns[i].name[0])
                        return v->returns[i].name;
        return pkcs11_return_name(rv, buffer);
}
