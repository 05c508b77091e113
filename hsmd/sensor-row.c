/* What is shown of a set's sensors: a device's and a site's rows are laid out alike. */
#include "manager.h"

int32_t sensor_tenths(double value) {
        return sensor_encode_as(value, 9, 1);
}

/* A value that once needed a larger scale keeps it. */
static int32_t encode(Sensor *s, double value) {
        int32_t scale, precision, encoded;

        sensor_encode(value, (unsigned) s->precision, &scale, &precision, &encoded);
        if (s->scale > scale)
                return sensor_encode_as(value, s->scale, s->shown_precision);
        s->scale = scale;
        s->shown_precision = precision;
        return encoded;
}

static void show_limits(const ConfigSensor *c, int32_t scale, int32_t precision, SensorRow *row) {
        const SensorLimits *l = &c->limits;

        if (l->has_low_critical)
                FIELD_SET(Sensor, row, low_critical, sensor_encode_as(l->low_critical, scale, precision));
        if (l->has_low_warning)
                FIELD_SET(Sensor, row, low_warning, sensor_encode_as(l->low_warning, scale, precision));
        if (l->has_high_warning)
                FIELD_SET(Sensor, row, high_warning, sensor_encode_as(l->high_warning, scale, precision));
        if (l->has_high_critical)
                FIELD_SET(Sensor, row, high_critical, sensor_encode_as(l->high_critical, scale, precision));
}

static void show_verdict(Sensor *s, SensorRow *row) {
        const SensorVerdict *v = &s->verdict;
        int32_t value = encode(s, v->has_value ? v->value : 0), scale = s->scale,
                precision = s->shown_precision;

        FIELD_SET(Sensor, row, scale, scale);
        FIELD_SET(Sensor, row, precision, precision);
        show_limits(&s->spec, scale, precision, row);
        FIELD_SET(Sensor, row, status, v->status);
        FIELD_SET(Sensor, row, reason, v->reason);
        FIELD_SET(Sensor, row, level, v->level);
        FIELD_SET(Sensor, row, finding, v->finding);
        if (!v->has_value)
                return;
        /* the last value stays, with a status that says what it is worth */
        FIELD_SET(Sensor, row, value, value);
        FIELD_SET(Sensor, row, age, v->value_when);
        if (sensor_state_word(s, v->value))
                FIELD_TEXT_SET(Sensor, row, word, sensor_state_word(s, v->value));
        if (v->status != SENSOR_OK)
                return;
        if (v->has_rise)
                FIELD_SET(Sensor, row, rise, sensor_encode_as(v->rise, scale, precision));
        if (v->has_limit_in)
                FIELD_SET(Sensor, row, limit_in, v->limit_in);
}

/* "Battery charge", "Processor load cpu0", and not "Fan fan 1". */
static void show_title(const Sensor *s, SensorRow *row) {
        const char *title = s->spec.title ? s->spec.title : "", *key = s->key;
        char text[256];

        if (streq(title, s->config->name))
                return;
        if (streq(s->name, s->config->name))
                key = "";
        if (key[0] && strncasecmp(key, title, strlen(title)) == 0)
                title = "";
        snprintf(text, sizeof(text), "%s%s%s", title, title[0] && key[0] ? " " : "", key);
        FIELD_TEXT_SET(Sensor, row, title, text);
}

/* A site has several agents, and they may well have names in common. */
static void show_name(const SensorSet *set, const Sensor *s, SensorRow *row) {
        const char *agent = set->agents[s->agent].name;
        char name[sizeof(s->name) + 64];

        snprintf(name, sizeof(name), "%s%s%s", agent ? agent : "", agent ? "/" : "", s->name);
        FIELD_TEXT_SET(Sensor, row, name, name);
}

static void show_sensor(const SensorSet *set, Sensor *s, SensorRow *row) {
        const ConfigSensor *c = &s->spec;
        char oid[160];

        FIELD_SET(
                Sensor, row, device, set->owner); /* of a site's row: site, which stands at the same place */
        FIELD_SET(Sensor, row, number, s->number);
        show_name(set, s, row);
        FIELD_SET(Sensor, row, type, s->type);
        FIELD_TEXT_SET(Sensor, row, units_display, s->units);
        show_title(s, row);
        FIELD_SET(Sensor, row, meaning, sensor_meaning(s));
        FIELD_SET(Sensor, row, kind, c->kind);
        snprintf(oid, sizeof(oid), "%s%s%s", c->oid, s->index[0] ? "." : "", s->index);
        FIELD_TEXT_SET(Sensor, row, oid, oid);
        if (set->agents[s->agent].name)
                FIELD_TEXT_SET(Sensor, row, agent, set->agents[s->agent].name);
        FIELD_TEXT_SET(Sensor, row, profile, s->profile->name);
        FIELD_SET(Sensor, row, missed, sensor_is_missed(s));
        show_verdict(s, row);
}

void sensor_set_publish(SensorSet *set) {
        /* a sensor that was just found may stand between others: until the board is made anew, the rows stay
         */
        if (set->n_rows != set->n_sensors)
                return;
        for (size_t i = 0; i < set->n_sensors; i++) {
                SensorRow row = {0};

                show_sensor(set, &set->sensors[i], &row);
                board_publish(set->manager->board, set->table, set->row + i, &row);
        }
}
