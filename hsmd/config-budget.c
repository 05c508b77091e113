/* A device's budgets: how long a probe lives, what a burst may cost, how early something is told. */
#include <ctype.h>

#include "config-reader.h"

#define DAY (24 * 3600 * USEC_PER_SEC)
#define MIB UINT64_C(1048576)
#define RECYCLE_MEMORY_MIN (16 * MIB) /* a probe with nothing but its libraries needs about so much */
#define RECYCLE_DESCRIPTORS_MIN 16

/* "256 MiB" in octets. */
static bool size_parse(const char *text, uint64_t *ret) {
        static const struct {
                const char *name;
                uint64_t factor;
        } units[] = {{"KiB", MIB / 1024}, {"MiB", MIB}, {"GiB", MIB * 1024}};
        size_t digits = strspn(text, "0123456789");
        const char *unit = text + digits + strspn(text + digits, " ");

        if (digits == 0 || digits > 9)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                if (!streq(unit, units[i].name))
                        continue;
                *ret = strtoull(text, NULL, 10) * units[i].factor;
                return true;
        }
        return false;
}

/* A size in octets, or in words. */
static config_setting_t *read_size(const Section *s, const char *key, uint64_t *target) {
        config_setting_t *at = config_get(s, key);
        long long number;

        if (!at)
                return NULL;
        if (setting_integer(at, &number) && number >= 0) {
                *target = (uint64_t) number;
                return at;
        }
        if (config_setting_type(at) == CONFIG_TYPE_STRING &&
                size_parse(config_setting_get_string(at), target))
                return at;
        config_error(
                s->reader, at, "“%s” is no size; write octets, or \"64 KiB\", \"256 MiB\", \"1 GiB\"", key);
        return NULL;
}

/* Less than a probe needs would only replace it again and again. */
static void refuse_less(
        const Section *s, const config_setting_t *at, const char *key, bool less, const char *least) {
        if (at && less)
                config_error(s->reader, at, "“%s” is less than a probe needs; write at least %s, or 0: never",
                        key, least);
}

static void read_recycle(const Section *s, ConfigDevice *d) {
        static const char *const keys[] = {"memory", "descriptors", "age"};
        config_setting_t *at;
        Section g;

        d->recycle_memory = 256 * MIB;
        d->recycle_descriptors = 256;
        d->recycle_age = DAY;
        if (!config_subsection(s, "recycle", &g))
                return;
        if (g.own)
                config_check_keys(s->reader, g.own, keys, ELEMENTSOF(keys));
        at = read_size(&g, "memory", &d->recycle_memory);
        refuse_less(&g, at, "memory", d->recycle_memory > 0 && d->recycle_memory < RECYCLE_MEMORY_MIN,
                "\"16 MiB\"");
        at = read_number(&g, "descriptors", 0, 1000000, &d->recycle_descriptors);
        refuse_less(&g, at, "descriptors",
                d->recycle_descriptors > 0 && d->recycle_descriptors < RECYCLE_DESCRIPTORS_MIN, "16");
        at = read_duration(&g, "age", 0, 365 * DAY, &d->recycle_age);
        refuse_less(&g, at, "age", d->recycle_age > 0 && d->recycle_age < 100 * USEC_PER_MSEC, "\"100 ms\"");
}

/* Values not given stay: the fleet's for a device. */
static void read_measure(const Section *s, ConfigMeasure *m) {
        static const char *const keys[] = {"period", "share", "sessions", "duration"};
        uint32_t sessions = m->sessions;
        Section g;

        if (!config_subsection(s, "measure", &g))
                return;
        if (g.own)
                config_check_keys(s->reader, g.own, keys, ELEMENTSOF(keys));
        read_duration(&g, "period", 0, 365 * DAY, &m->period);
        read_double(&g, "share", 0.0001, 0.1, &m->share);
        read_number(&g, "sessions", 1, 64, &sessions);
        m->sessions = sessions;
        read_duration(&g, "duration", 100 * USEC_PER_MSEC, 60 * USEC_PER_SEC, &m->duration);
        if (m->period > 0 && m->period <= m->duration) {
                const config_setting_t *at = config_get(&g, "period");

                config_error(s->reader, at ? at : config_get(s, "measure"),
                        "“period” is not longer than “duration” of a burst; write a longer one, or 0: only "
                        "on "
                        "demand");
        }
}

void read_fleet_measure(const Section *fleet, ConfigMeasure *measure) {
        *measure = (ConfigMeasure){.share = 0.01, .sessions = 4, .duration = 2 * USEC_PER_SEC};
        read_measure(fleet, measure);
}

void read_budget(const Section *s, ConfigDevice *d) {
        read_recycle(s, d);
        d->measure = s->reader->measure;
        read_measure(s, &d->measure);
        read_number(s, "rated_rate", 1, 10000000, &d->rated_rate);
        d->certificate_warning = 30 * DAY;
        read_duration(s, "certificate_warning", 0, 3650 * DAY, &d->certificate_warning);
}
