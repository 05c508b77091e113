/* What two configurations mean for one probe: whether it may be kept across a reload. */
#include "config.h"

static bool same_secret(const SecretSource *a, const SecretSource *b) {
        return same_text(a->file, b->file) && same_text(a->credential, b->credential);
}

/* Order counts: it is the order in which the variables are given to the probe. */
static bool same_environment(char *const *a, char *const *b) {
        size_t i = 0;

        for (; a && b && a[i] && b[i]; i++)
                if (!streq(a[i], b[i]))
                        return false;
        return (!a || !a[i]) && (!b || !b[i]);
}

void config_key_selector(const ConfigDevice *device, const ConfigKey *key, ConfigKeyOverride *ret) {
        ConfigKeyOverride selector = {.number = key->number, .label = key->label, .id_size = key->id_size};

        memcpy(selector.id, key->id, sizeof(selector.id));
        for (size_t i = 0; i < device->n_keys; i++) {
                const ConfigKeyOverride *own = &device->keys[i];

                if (own->number != key->number)
                        continue;
                if (own->label)
                        selector.label = own->label;
                if (own->id_size > 0) {
                        memcpy(selector.id, own->id, sizeof(selector.id));
                        selector.id_size = own->id_size;
                }
        }
        *ret = selector;
}

static bool same_key(const ConfigDevice *a, const ConfigKey *ka, const ConfigDevice *b, const ConfigKey *kb) {
        ConfigKeyOverride sa, sb;

        config_key_selector(a, ka, &sa);
        config_key_selector(b, kb, &sb);
        return ka->number == kb->number && ka->type == kb->type && ka->exercise == kb->exercise &&
               ka->business == kb->business && ka->interval == kb->interval &&
               same_text(ka->mechanism, kb->mechanism) && ka->has_check_value == kb->has_check_value &&
               memcmp(ka->check_value, kb->check_value, sizeof(ka->check_value)) == 0 &&
               same_text(sa.label, sb.label) && sa.id_size == sb.id_size &&
               memcmp(sa.id, sb.id, sa.id_size) == 0 && ka->spki_size == kb->spki_size &&
               (ka->spki_size == 0 || memcmp(ka->spki, kb->spki, ka->spki_size) == 0);
}

static bool same_file(const ConfigDevice *a, const ConfigDevice *b) {
        if (a->n_files != b->n_files)
                return false;
        for (size_t i = 0; i < a->n_files; i++)
                if (!same_text(a->files[i].target, b->files[i].target) ||
                        !same_text(a->files[i].source, b->files[i].source))
                        return false;
        return true;
}

/* What a probe is told of its vendor, by value: another file of the same name may say something else. */
static bool same_vendor(const Config *ca, const ConfigDevice *a, const Config *cb, const ConfigDevice *b) {
        static const ConfigVendor none = {0};
        const ConfigVendor *x = a->vendor < ca->n_vendors ? &ca->vendors[a->vendor] : &none;
        const ConfigVendor *y = b->vendor < cb->n_vendors ? &cb->vendors[b->vendor] : &none;

        return x->n_mechanisms == y->n_mechanisms && x->n_returns == y->n_returns &&
               x->sm2_key_type == y->sm2_key_type && x->sm4_key_type == y->sm4_key_type &&
               x->point_form == y->point_form && x->max_clients == y->max_clients &&
               (x->n_mechanisms == 0 ||
                       memcmp(x->mechanisms, y->mechanisms, x->n_mechanisms * sizeof(*x->mechanisms)) == 0) &&
               (x->n_returns == 0 || memcmp(x->returns, y->returns, x->n_returns * sizeof(*x->returns)) == 0);
}

static bool same_world(const ConfigDevice *a, const ConfigDevice *b) {
        return same_text(a->connect, b->connect) && same_text(a->management, b->management) &&
               same_environment(a->paths, b->paths) && same_environment(a->read_paths, b->read_paths) &&
               same_file(a, b) && a->sm2_id_size == b->sm2_id_size &&
               memcmp(a->sm2_id, b->sm2_id, a->sm2_id_size) == 0;
}

static bool same_keys(
        const ConfigDevice *a, const ConfigPool *pool_a, const ConfigDevice *b, const ConfigPool *pool_b) {
        if (pool_a->n_keys != pool_b->n_keys)
                return false;
        for (size_t i = 0; i < pool_a->n_keys; i++)
                if (!same_key(a, &pool_a->keys[i], b, &pool_b->keys[i]))
                        return false;
        return true;
}

static bool same_selection(const ConfigDevice *a, const ConfigDevice *b) {
        return a->select == b->select && a->slot == b->slot && same_text(a->label, b->label) &&
               same_text(a->serial, b->serial);
}

bool config_device_same_probe(
        const Config *ca, const ConfigDevice *a, const Config *cb, const ConfigDevice *b) {
        const ConfigPool *pool_a = &ca->pools[a->pool], *pool_b = &cb->pools[b->pool];

        return streq(a->name, b->name) && streq(a->module, b->module) && same_text(a->cwd, b->cwd) &&
               same_environment(a->environment, b->environment) && same_selection(a, b) &&
               a->deepbind == b->deepbind && a->random == b->random && same_secret(&a->pin, &b->pin) &&
               a->present_interval == b->present_interval && same_keys(a, pool_a, b, pool_b) &&
               same_vendor(ca, a, cb, b) && same_world(a, b);
}
