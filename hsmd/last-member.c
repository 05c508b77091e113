#include "last-member.h"

#include "answer.h"
#include "manager.h"

static bool is_other_member(const Device *d, const Device *other) {
        return other != d && other->pool == d->pool && !other->config->virtual_slot;
}

size_t last_member_others(const Device *d) {
        const Manager *m = d->manager;
        size_t n = 0;

        for (size_t i = 0; i < m->n_devices; i++)
                n += is_other_member(d, m->devices[i]) && device_serves(m->devices[i]);
        return n;
}

static bool holds_key(const Device *d, uint32_t number) {
        for (size_t i = 0; i < d->pool->n_keys; i++) {
                KeyState state = device_key_state(d, i);

                if (d->pool->keys[i].number == number)
                        return state == KEY_USABLE || state == KEY_PRESENT_ONLY;
        }
        return false;
}

/* A member that lacks a key of one business system may still serve another one. */
static bool serves_service(const Device *d, const ConfigService *s) {
        if (device_serves(d))
                return true;
        if (!device_state_serves(d->judgement.state))
                return false;
        for (size_t i = 0; i < s->n_keys; i++)
                if (!holds_key(d, s->keys[i]))
                        return false;
        return true;
}

static bool is_last_of_service(const Device *d, const ConfigService *s) {
        const Manager *m = d->manager;

        if (&m->config->pools[s->pool] != d->pool || !serves_service(d, s))
                return false;
        for (size_t i = 0; i < m->n_devices; i++)
                if (is_other_member(d, m->devices[i]) && serves_service(m->devices[i], s))
                        return false;
        return true;
}

int last_member_check(const Device *d, const char *instead, char **ret_message) {
        const Config *c = d->manager->config;

        if (d->config->virtual_slot)
                return 0;
        if (device_serves(d) && last_member_others(d) == 0)
                return answer(ret_message, -EPERM,
                        "%s is the last member of pool %s that serves: without it the pool is lost; bring "
                        "another member back first%s, or use --force",
                        d->config->name, d->pool->name, instead);
        for (size_t i = 0; i < c->n_services; i++)
                if (is_last_of_service(d, &c->services[i]))
                        return answer(ret_message, -EPERM,
                                "%s is the last machine with the keys of %s that serves: without it that "
                                "system is lost; bring another one back first%s, or use --force",
                                d->config->name, c->services[i].name, instead);
        return 0;
}
