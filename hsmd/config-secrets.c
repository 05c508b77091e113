/* All secrets that a configuration names. */
#include "config.h"

static int of_agent(const ConfigSnmp *c, const char *name, SecretVisit each, void *userdata) {
        int r = each(
                &c->community, sizeof(((MsgPollAgent *) 0)->community) - 1, name, "SNMP community", userdata);

        if (r >= 0)
                r = each(&c->auth_secret, PROTOCOL_SECRET_MAX, name, "SNMP authentication secret", userdata);
        return r < 0 ? r : each(&c->priv_secret, PROTOCOL_SECRET_MAX, name, "SNMP privacy secret", userdata);
}

static int of_user(const ConfigUser *c, SecretVisit each, void *userdata) {
        int r = each(&c->auth_secret, PROTOCOL_SECRET_MAX, c->name, "authentication secret", userdata);

        return r < 0 ? r : each(&c->priv_secret, PROTOCOL_SECRET_MAX, c->name, "privacy secret", userdata);
}

static int of_receiver(const ConfigReceiver *c, SecretVisit each, void *userdata) {
        int r = each(&c->community, sizeof(((MsgNotifyReceiver *) 0)->community) - 1, c->name,
                "SNMP community", userdata);

        if (r >= 0)
                r = each(&c->auth_secret, PROTOCOL_SECRET_MAX, c->name, "authentication secret", userdata);
        return r < 0 ? r : each(&c->priv_secret, PROTOCOL_SECRET_MAX, c->name, "privacy secret", userdata);
}

int config_each_secret(const Config *c, SecretVisit each, void *userdata) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < c->n_devices; i++) {
                const ConfigDevice *d = &c->devices[i];

                r = each(&d->pin, PROTOCOL_PIN_MAX, d->name, "PIN", userdata);
                if (r >= 0)
                        r = of_agent(&d->snmp, d->name, each, userdata);
        }
        for (size_t i = 0; i < c->n_sites; i++)
                for (size_t k = 0; r >= 0 && k < c->sites[i].n_agents; k++)
                        r = of_agent(&c->sites[i].agents[k].snmp, c->sites[i].agents[k].name, each, userdata);
        for (size_t i = 0; r >= 0 && i < c->n_users; i++)
                r = of_user(&c->users[i], each, userdata);
        for (size_t i = 0; r >= 0 && i < c->n_receivers; i++)
                r = of_receiver(&c->receivers[i], each, userdata);
        return r;
}
