/* Which sensor profiles an SNMP agent has, and that their sensors can stand together. */
#include "config-reader.h"

#define PROFILES_MAX 16

/* An own group that says `profile` does not mean the `profiles` of device_defaults, and the other way round.
 */
static config_setting_t *profiles_of(const Section *s, config_setting_t *group) {
        config_setting_t *one = group ? config_setting_get_member(group, "profile") : NULL;
        config_setting_t *several = group ? config_setting_get_member(group, "profiles") : NULL;

        if (one && several)
                config_error(s->reader, one,
                        "“profile” and “profiles” are both given; write profiles = [ \"…\", \"…\" ]; alone");
        return several ? several : one;
}

static const ConfigSensor *numbered(const Config *c, const ConfigSnmp *snmp, uint32_t number,
        size_t n_profiles, const ConfigProfile **ret_profile) {
        for (size_t i = 0; i < n_profiles; i++) {
                const ConfigProfile *p = &c->profiles[snmp->profiles[i]];

                for (size_t k = 0; k < p->n_sensors; k++) {
                        if (p->sensors[k].number != number)
                                continue;
                        *ret_profile = p;
                        return &p->sensors[k];
                }
        }
        return NULL;
}

static void refuse_number(Reader *r, const config_setting_t *at, const ConfigSensor *sensor,
        const ConfigProfile *profile, const ConfigSensor *other, const ConfigProfile *other_profile) {
        if (profile == other_profile)
                config_error(r, at,
                        "sensor “%s” of profile \"%s\" has number %u, and the profile is used by another "
                        "agent of the site; leave its number out",
                        sensor->name ? sensor->name : "", profile->name, sensor->number);
        else
                config_error(r, at,
                        "sensor number %u is “%s” of profile \"%s\" and “%s” of profile \"%s\"; give one of "
                        "them another number",
                        sensor->number, other->name ? other->name : "", other_profile->name,
                        sensor->name ? sensor->name : "", profile->name);
}

/* The sensors of one profile against those of the first n_profiles of an agent. */
static void compare_numbers(Reader *r, const config_setting_t *at, const ConfigProfile *profile,
        const ConfigSnmp *snmp, size_t n_profiles) {
        for (size_t i = 0; i < profile->n_sensors; i++) {
                const ConfigSensor *sensor = &profile->sensors[i];
                const ConfigProfile *other_profile = NULL;
                const ConfigSensor *other = sensor->number > 0 ? numbered(r->config, snmp, sensor->number,
                                                                         n_profiles, &other_profile)
                                                               : NULL;

                if (other)
                        refuse_number(r, at, sensor, profile, other, other_profile);
        }
}

void refuse_same_numbers(Reader *r, const config_setting_t *at, const ConfigSnmp *a, const ConfigSnmp *b) {
        for (size_t i = 0; b->profiles && i < b->n_profiles; i++)
                compare_numbers(r, at, &r->config->profiles[b->profiles[i]], a, a->n_profiles);
}

static void check_together(Reader *r, const config_setting_t *at, const ConfigSnmp *snmp) {
        size_t n = 0;

        for (size_t i = 0; snmp->profiles && i < snmp->n_profiles; i++) {
                const ConfigProfile *profile = &r->config->profiles[snmp->profiles[i]];

                n += profile->n_sensors;
                compare_numbers(r, at, profile, snmp, i);
        }
        if (n > POLL_ITEMS_MAX)
                config_error(r, at,
                        "the profiles have %zu sensors together; at most %d are polled of one agent: leave a "
                        "profile out, or what is not needed in one of your own",
                        n, POLL_ITEMS_MAX);
}

static void add_profile(const Section *s, const config_setting_t *at, const char *name, ConfigSnmp *snmp) {
        size_t index = SIZE_MAX;

        find_profile(s->reader, name, at, &index);
        for (size_t i = 0; i < snmp->n_profiles; i++)
                if (snmp->profiles[i] == index) {
                        config_error(s->reader, at, "profile \"%s\" is named twice; name it once", name);
                        return;
                }
        if (index != SIZE_MAX)
                snmp->profiles[snmp->n_profiles++] = index;
}

static void read_one(const Section *s, ConfigSnmp *snmp) {
        CLEANUP_FREE char *name = NULL;
        config_setting_t *at = read_string(s, "profile", CONFIG_NAME_MAX, check_name, &name);

        snmp->profiles = at ? reader_calloc(s->reader, 1, sizeof(size_t)) : NULL;
        if (snmp->profiles)
                add_profile(s, at, name, snmp);
}

static void read_several(const Section *s, ConfigSnmp *snmp) {
        char **names = NULL;
        config_setting_t *at = read_strings(s, "profiles", PROFILES_MAX, CONFIG_NAME_MAX, check_name, &names);

        snmp->profiles = at ? reader_calloc(s->reader, PROFILES_MAX, sizeof(size_t)) : NULL;
        for (char **name = names; name && *name; name++) {
                if (snmp->profiles)
                        add_profile(s, at, *name, snmp);
                free(*name);
        }
        free(names);
}

void read_profiles(const Section *snmp, ConfigSnmp *ret) {
        config_setting_t *own = profiles_of(snmp, snmp->own);
        config_setting_t *at = own ? own : profiles_of(snmp, snmp->base);
        const Section from = {.reader = snmp->reader, .own = own ? snmp->own : snmp->base};

        if (!at) {
                config_need(snmp, "profiles", "profiles = [ \"NAME\" ]; for sensors/NAME.conf");
                return;
        }
        if (streq(config_setting_name(at), "profiles"))
                read_several(&from, ret);
        else
                read_one(&from, ret);
        check_together(snmp->reader, at, ret);
}
