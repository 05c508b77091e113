#include "manager.h"

/* so many missed polls make the last value worthless, whatever the poll worker said last */
#define POLLS_MISSED 3

static const ConfigProfile *profile_of(const Device *d) {
        return d->config->snmp.address ? &d->manager->config->profiles[d->config->snmp.profile] : NULL;
}

const ConfigSensor *device_temperature_sensor(const Device *d) {
        const ConfigProfile *p = profile_of(d);

        return p && p->n_sensors > 0 ? &p->sensors[0] : NULL;
}

void device_sample(Device *d, const MsgSample *m) {
        const ConfigProfile *p = profile_of(d);

        for (size_t i = 0; p && i < p->n_sensors; i++) {
                Sensor *s = &d->sensors[i];

                if (p->sensors[i].number != m->sensor || m->status < SENSOR_OK ||
                        m->status > SENSOR_NONOPERATIONAL || m->reason < SENSOR_REASON_OK ||
                        m->reason > SENSOR_REASON_NONOPERATIONAL)
                        continue;
                s->known = true;
                s->sample = *m;
                if (m->status == SENSOR_OK) {
                        s->has_value = true;
                        s->value = m->value;
                        s->value_when = MIN_OF(m->when, now_monotonic());
                }
        }
}

static void log_agent(const Device *d, const char *detail) {
        log_event(d->manager->journal,
                &(LogEvent){.priority = d->agent_state == AGENT_OK ? LOG_NOTICE : LOG_WARNING,
                        .message_id = MESSAGE_AGENT_STATE,
                        .device = d->config->name,
                        .state = name_of(&agent_state_names, d->agent_state)},
                "%s: SNMP agent %s%s%s", d->config->name, name_of(&agent_state_names, d->agent_state),
                detail[0] ? ": " : "", detail);
}

void device_agent_state(Device *d, const MsgAgentState *m) {
        usec_t now = now_monotonic();
        char detail[sizeof(m->detail)];

        if (!d->config->snmp.address || m->state < AGENT_OK || m->state > AGENT_UNKNOWN)
                return;
        d->agent_when = now;
        if (d->agent_state != m->state) {
                d->agent_state = m->state;
                copy_text(detail, sizeof(detail), "");
                memcpy(detail, m->detail, sizeof(detail) - 1);
                log_agent(d, detail);
        }
        device_conditions(d, now);
}

void device_sensors_tick(Device *d, usec_t now) {
        const ConfigSnmp *c = &d->config->snmp;

        if (d->agent_state != AGENT_OK || now < d->agent_when ||
                now - d->agent_when <= POLLS_MISSED * c->interval + 2 * c->timeout)
                return;
        d->agent_state = AGENT_SILENT;
        for (size_t i = 0; i < ELEMENTSOF(d->sensors); i++) {
                d->sensors[i].sample.status = SENSOR_UNAVAILABLE;
                d->sensors[i].sample.reason = SENSOR_REASON_SILENT;
        }
        log_agent(d, "nothing was heard for three polls");
        device_conditions(d, now);
}

/* RFC 3433: a temperature in tenths of a degree has precision 1. */
static void fill_row(const Device *d, const ConfigSensor *c, const Sensor *s, SensorRow *row) {
        FIELD_SET(Sensor, row, device, d->config->number);
        FIELD_SET(Sensor, row, number, c->number);
        FIELD_TEXT_SET(Sensor, row, name, c->name);
        FIELD_SET(Sensor, row, type, SENSOR_TYPE_CELSIUS);
        FIELD_SET(Sensor, row, scale, 9); /* units */
        FIELD_SET(Sensor, row, precision, 1);
        FIELD_TEXT_SET(Sensor, row, units_display, "degrees Celsius");
        if (c->has_high_warning)
                FIELD_SET(Sensor, row, high_warning, c->high_warning);
        if (c->has_high_critical)
                FIELD_SET(Sensor, row, high_critical, c->high_critical);
        FIELD_SET(Sensor, row, status, s->known ? s->sample.status : SENSOR_UNAVAILABLE);
        if (s->known)
                FIELD_SET(Sensor, row, reason, s->sample.reason);
        if (s->has_value) {
                /* the last value stays, with a status that says what it is worth */
                FIELD_SET(Sensor, row, value, s->value);
                FIELD_SET(Sensor, row, age, s->value_when);
        }
}

void sensors_publish(Device *d) {
        const ConfigProfile *p = profile_of(d);

        for (size_t i = 0; p && i < p->n_sensors; i++) {
                SensorRow row = {0};

                fill_row(d, &p->sensors[i], &d->sensors[i], &row);
                board_publish(d->manager->board, BOARD_SENSORS, d->sensor_index + i, &row);
        }
}
