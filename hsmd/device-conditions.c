#include "manager.h"

/* Which key it is, for people; the first one says enough. */
static void look_at_keys(Device *d, Conditions *c) {
        for (size_t i = 0; i < d->pool->n_keys; i++) {
                const ConfigKey *k = &d->pool->keys[i];
                bool missing = d->keys[i].state == KEY_MISSING, mismatch = d->keys[i].state == KEY_MISMATCH;

                if ((missing && !c->key_missing) || (mismatch && !c->key_mismatch))
                        snprintf(d->condition, sizeof(d->condition), "key %u (%s) %s", k->number,
                                k->label ? k->label : "by id",
                                missing ? "is missing" : "is another one than the pinned public key says");
                c->key_missing = c->key_missing || missing;
                c->key_mismatch = c->key_mismatch || mismatch;
        }
}

/* Heat is said before a loss, and the first of each says enough. */
static void look_at_sensor(const Sensor *s, const ConfigSensor *k, Conditions *c, char *told, size_t size) {
        if (s->known && s->sample.status != SENSOR_OK) {
                if (!c->sensor_lost && !c->hot)
                        snprintf(told, size, "sensor %s: %s", k->name,
                                name_of(&sensor_reason_names, s->sample.reason));
                c->sensor_lost = true;
        } else if (s->has_value && k->has_high_warning && s->value >= k->high_warning && !c->hot) {
                snprintf(told, size, "%s %.1f degrees Celsius, warning at %.1f", k->name, s->value / 10.0,
                        k->high_warning / 10.0);
                c->hot = true;
        }
}

static void look_at_sensors(Device *d, Conditions *c) {
        const ConfigProfile *p = &d->manager->config->profiles[d->config->snmp.profile];
        char told[sizeof(d->condition)] = "";

        if (!d->config->snmp.address || d->agent_state == AGENT_UNKNOWN)
                return;
        if (d->agent_state == AGENT_SILENT || d->agent_state == AGENT_REFUSED) {
                c->sensor_lost = true;
                snprintf(told, sizeof(told), "its SNMP agent is %s",
                        name_of(&agent_state_names, d->agent_state));
        } else {
                for (size_t i = 0; i < p->n_sensors; i++)
                        look_at_sensor(&d->sensors[i], &p->sensors[i], c, told, sizeof(told));
        }
        /* what is said of a key goes before */
        if (!c->key_missing && !c->key_mismatch)
                copy_text(d->condition, sizeof(d->condition), told);
}

void device_conditions(Device *d, usec_t now) {
        Conditions c = {0};
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool changed;

        d->condition[0] = '\0';
        look_at_keys(d, &c);
        if (d->manager->config->n_profiles > 0)
                look_at_sensors(d, &c);
        changed = judge_conditions(&d->judgement, &c, now);
        device_judged(d, changed, before, reason_before);
}

/* What is said beside state and reason: of the condition while that is what makes the state. */
const char *device_detail(const Device *d) {
        return d->judgement.state == DEVICE_DEGRADED ? d->condition : d->detail;
}
