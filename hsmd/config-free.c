/* Frees a configuration, part by part; every part may be half filled. */
#include "config-reader.h"

static void pool_done(ConfigPool *pool) {
        for (size_t i = 0; i < pool->n_keys; i++) {
                ConfigKey *key = &pool->keys[i];

                free(key->label);
                free(key->approved_by);
                free(key->approved_on);
                free(key->public_key);
                free(key->spki);
                free(key->mechanism);
        }
        free(pool->keys);
        free(pool->name);
        free(pool->title);
}

static void strings_done(char **strings) {
        for (char **p = strings; p && *p; p++)
                free(*p);
        free(strings);
}

static void sensor_done(ConfigSensor *sensor) {
        free(sensor->name);
        free(sensor->title);
        free(sensor->oid);
        free(sensor->units);
        for (size_t i = 0; i < POLL_COLUMNS; i++)
                free(sensor->columns[i]);
        for (size_t i = 0; i < sensor->n_states; i++)
                free(sensor->states[i].name);
        free(sensor->states);
        strings_done(sensor->only);
        strings_done(sensor->except);
}

static void profile_done(ConfigProfile *profile) {
        for (size_t i = 0; i < profile->n_sensors; i++)
                sensor_done(&profile->sensors[i]);
        free(profile->sensors);
        free(profile->name);
}

static void snmp_done(ConfigSnmp *snmp) {
        free(snmp->address);
        free(snmp->profiles);
        free(snmp->user);
        free(snmp->auth_protocol);
        free(snmp->priv_protocol);
        secret_source_done(&snmp->community);
        secret_source_done(&snmp->auth_secret);
        secret_source_done(&snmp->priv_secret);
}

static void vendor_done(ConfigVendor *vendor) {
        free(vendor->name);
        free(vendor->mechanisms);
        free(vendor->returns);
}

void config_device_done(ConfigDevice *d) {
        char *texts[] = {d->name, d->title, d->location, d->contact, d->address, d->module, d->cwd, d->label,
                d->serial, d->connect, d->management, d->shared_service};

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                free(texts[i]);
        for (size_t i = 0; i < d->n_keys; i++)
                free(d->keys[i].label);
        free(d->keys);
        strings_done(d->environment);
        strings_done(d->paths);
        strings_done(d->read_paths);
        for (size_t i = 0; i < d->n_files; i++) {
                free(d->files[i].target);
                free(d->files[i].source);
                free(d->files[i].where);
        }
        free(d->files);
        secret_source_done(&d->pin);
        snmp_done(&d->snmp);
}

static void user_done(ConfigUser *user) {
        free(user->name);
        free(user->auth_protocol);
        free(user->priv_protocol);
        secret_source_done(&user->auth_secret);
        secret_source_done(&user->priv_secret);
}

static void receiver_done(ConfigReceiver *receiver) {
        char *texts[] = {receiver->name, receiver->title, receiver->address, receiver->user,
                receiver->auth_protocol, receiver->priv_protocol};

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                free(texts[i]);
        secret_source_done(&receiver->community);
        secret_source_done(&receiver->auth_secret);
        secret_source_done(&receiver->priv_secret);
}

static void site_done(ConfigSite *site) {
        for (size_t i = 0; i < site->n_agents; i++) {
                free(site->agents[i].name);
                free(site->agents[i].title);
                snmp_done(&site->agents[i].snmp);
        }
        free(site->agents);
        free(site->name);
        free(site->title);
        free(site->contact);
}

static void service_done(ConfigService *service) {
        free(service->name);
        free(service->title);
        free(service->keys);
}

static void link_done(ConfigLink *link) {
        free(link->name);
        free(link->interface);
        free(link->gateway);
        free(link->sites);
}

/* array and n name a member of c and its count */
#define FREE_ALL(array, n, done)                                                                             \
        do {                                                                                                 \
                for (size_t i = 0; i < (n); i++)                                                             \
                        done(&(array)[i]);                                                                   \
                free(array);                                                                                 \
        } while (0)

Config *config_free(Config *c) {
        if (!c)
                return NULL;
        FREE_ALL(c->users, c->n_users, user_done);
        FREE_ALL(c->receivers, c->n_receivers, receiver_done);
        FREE_ALL(c->sites, c->n_sites, site_done);
        FREE_ALL(c->pools, c->n_pools, pool_done);
        FREE_ALL(c->services, c->n_services, service_done);
        FREE_ALL(c->links, c->n_links, link_done);
        FREE_ALL(c->profiles, c->n_profiles, profile_done);
        FREE_ALL(c->vendors, c->n_vendors, vendor_done);
        FREE_ALL(c->devices, c->n_devices, config_device_done);
        char *texts[] = {c->path, c->name, c->title, c->contact, c->location, c->group, c->agent_address};
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                free(texts[i]);
        free(c);
        return NULL;
}
