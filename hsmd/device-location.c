#include "device-location.h"

#include "manager.h"

static uint32_t vendor_class(const Device *d, uint64_t rv) {
        const Config *c = d->manager->config;
        const ConfigVendor *v = d->config->vendor < c->n_vendors ? &c->vendors[d->config->vendor] : NULL;

        for (size_t i = 0; v && i < v->n_returns; i++)
                if (v->returns[i].number == rv)
                        return v->returns[i].class;
        return 0;
}

void device_location_note(Device *d, const Evidence *e, uint64_t rv) {
        if (e->ok) {
                memset(d->connect, 0, sizeof(d->connect));
                d->location_facts = (LocationFacts){0};
                return;
        }
        d->location_facts.step = e->step;
        d->location_facts.reason = e->reason;
        d->location_facts.hint = location_hint(rv, vendor_class(d, rv), e->reason);
}

static PortState port_state(bool tried, int error) {
        if (!tried)
                return PORT_UNKNOWN;
        switch (error) {
        case 0:
                return PORT_OPEN;
        case ECONNREFUSED:
        case ECONNRESET:
                return PORT_REFUSED;
        case ETIMEDOUT:
        case EHOSTUNREACH:
        case EHOSTDOWN:
        case ENETUNREACH:
        case ENETDOWN:
                return PORT_SILENT;
        default: /* could not be tried: no descriptors, forbidden here */
                return PORT_UNKNOWN;
        }
}

/* Adds another device's word: one that works disproves that all fail. A success from before our own first
 * failure says nothing of now. */
static void add_word(Yes *all_fail, const Device *d, const Device *other) {
        bool works = other->first_failure == 0 && other->last_success > d->first_failure;

        if (works)
                *all_fail = YES_NO;
        else if (other->first_failure != 0 && *all_fail == YES_UNKNOWN)
                *all_fail = YES_YES;
}

static bool are_neighbours(const Config *c, const Device *a, const Device *b) {
        size_t link = config_link_of_site(c, a->config->site);

        return a->config->site == b->config->site ||
               (link != SIZE_MAX && link == config_link_of_site(c, b->config->site));
}

static void ask_others(const Device *d, LocationFacts *f) {
        const Manager *m = d->manager;
        Yes module_fails = YES_UNKNOWN;

        f->neighbours = YES_UNKNOWN;
        for (size_t i = 0; i < m->n_devices; i++) {
                const Device *other = m->devices[i];

                if (!other || other == d || other->judgement.maintenance)
                        continue;
                if (!other->config->virtual_slot && are_neighbours(m->config, d, other))
                        add_word(&f->neighbours, d, other);
                if (streq(other->config->module, d->config->module))
                        add_word(&module_fails, d, other);
        }
        f->module_elsewhere = module_fails == YES_NO    ? YES_YES
                              : module_fails == YES_YES ? YES_NO
                                                        : YES_UNKNOWN;
}

static AgentState agent_state(const Device *d) {
        return d->sensors && d->sensors->n_agents > 0 ? d->sensors->agents[0].state : AGENT_NOT_CONFIGURED;
}

Location device_locate_finding(const Device *d, Reason reason) {
        LocationFacts f = {.step = STEP_NONE,
                .reason = reason,
                .hint = HINT_NONE,
                .service = PORT_UNKNOWN,
                .management = PORT_UNKNOWN,
                .agent = agent_state(d),
                .neighbours = YES_UNKNOWN,
                .module_elsewhere = YES_UNKNOWN};

        if (reason == REASON_MECHANISM_MISSING) /* of the others only who has the same module matters */
                ask_others(d, &f);
        return location_of(&f);
}

void device_locate(Device *d, Reason reason) {
        LocationFacts f = d->location_facts;
        usec_t now = now_monotonic();

        if (f.reason == 0) {
                d->location = (Location){0};
                return;
        }
        f.reason = reason;
        f.service = port_state(d->connect[0].tried, d->connect[0].error);
        f.management = port_state(d->connect[1].tried, d->connect[1].error);
        f.agent = agent_state(d);
        f.rebooted = d->rebooted != 0 && now - d->rebooted < RESTART_TOLD;
        ask_others(d, &f);
        d->location = location_of(&f);
}
