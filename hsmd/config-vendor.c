/* Vendor profiles: vendors/NAME.conf. */
#include "config-reader.h"
#include "mechanisms.h"

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
                if (streq(mechanisms[i].name, key->mechanism) && mechanisms[i].use == use)
                        return i;
        return n;
}
