/* One entry of a sensor profile: what a number that an agent gives means. */
#include <math.h>

#include "config-reader.h"

#define SCALE_MAX 1e9
#define SCALE_MIN 1e-9
#define PRECISION_MAX 6
#define VALUE_MAX 1e15

static void read_names(const Section *s, ConfigSensor *sensor) {
        read_number(s, "number", 1, SENSOR_NUMBER_MAX, &sensor->number);
        config_need(s, "name", "name = \"temperature\";");
        read_string(s, "name", CONFIG_NAME_MAX, check_name, &sensor->name);
        read_title(s, sensor->name, &sensor->title);
}

static void read_kind(const Section *s, ConfigSensor *sensor) {
        unsigned kind = config_get(s, "states") ? SENSOR_STATE : SENSOR_GAUGE;
        const config_setting_t *at = read_enum(s, "kind", &sensor_kind_names, &kind);

        sensor->kind = kind;
        if (kind == SENSOR_STATE && !config_get(s, "states"))
                config_error(s->reader, at,
                        "a state without “states”; write states = ( { value = 1; name = \"ok\"; }, "
                        "{ value = 2; name = \"failed\"; level = \"critical\"; } );");
        if (kind != SENSOR_STATE && config_get(s, "states"))
                config_error(s->reader, at, "a %s has no “states”; remove them, or write kind = \"state\";",
                        name_of(&sensor_kind_names, kind));
        if (kind != SENSOR_GAUGE && config_get(s, "total"))
                config_error(s->reader, config_get(s, "total"),
                        "“total” is of a gauge, which is shown as its percentage; remove it");
}

/* A meaning that is always told in one unit tells the type. */
static SensorType type_of_meaning(const ConfigSensor *sensor) {
        if (sensor->columns[COLUMN_TYPE])
                return SENSOR_TYPE_OTHER;
        if (sensor->kind == SENSOR_STATE)
                return SENSOR_TYPE_SPECIAL_ENUM;
        if (sensor->kind == SENSOR_COUNTER || sensor->columns[COLUMN_TOTAL])
                return SENSOR_TYPE_OTHER;
        switch (sensor->meaning) {
        case MEANING_TEMPERATURE:
                return SENSOR_TYPE_CELSIUS;
        case MEANING_HUMIDITY:
                return SENSOR_TYPE_PERCENT_RH;
        case MEANING_FAN:
                return SENSOR_TYPE_RPM;
        default:
                return SENSOR_TYPE_OTHER;
        }
}

static void read_type(const Section *s, ConfigSensor *sensor) {
        unsigned meaning = 0, type = 0;

        sensor->given.meaning = read_enum(s, "meaning", &sensor_meaning_names, &meaning);
        sensor->meaning = meaning;
        read_enum(s, "type", &sensor_type_names, &type);
        sensor->type = type != 0 && !sensor->columns[COLUMN_TYPE] ? type : type_of_meaning(sensor);
}

static void read_scale(const Section *s, ConfigSensor *sensor) {
        const config_setting_t *at;

        sensor->scale = 1;
        at = read_double(s, "scale", -SCALE_MAX, SCALE_MAX, &sensor->scale);
        if (!at)
                return;
        if (fabs(sensor->scale) < SCALE_MIN)
                config_error(s->reader, at,
                        "scale = 0 makes every value 0; write what one of the agent's units is in yours, as "
                        "0.1 for tenths");
        else if (sensor->kind == SENSOR_STATE)
                config_error(s->reader, at, "“scale” means nothing of a state; remove it");
        else if (sensor->columns[COLUMN_TOTAL])
                config_error(s->reader, at,
                        "“scale” means nothing beside “total”, which makes a percentage; remove it");
}

static void read_range(const Section *s, ConfigSensor *sensor) {
        sensor->given.min = read_double(s, "min", -VALUE_MAX, VALUE_MAX, &sensor->min);
        const config_setting_t *at = read_double(s, "max", -VALUE_MAX, VALUE_MAX, &sensor->max);
        sensor->given.max = at;
        if (!at)
                at = config_get(s, "min");
        if (at && sensor->kind == SENSOR_STATE)
                config_error(s->reader, at, "“min” and “max” mean nothing of a state; remove them");
}

/* What is worth showing, and in which units. */
static void read_display(const Section *s, ConfigSensor *sensor) {
        uint32_t precision = 0;

        sensor->given.precision = read_number(s, "precision", 0, PRECISION_MAX, &precision);
        sensor->precision = precision;
        sensor->given.units = read_string(s, "units", SENSOR_UNITS_MAX, check_text, &sensor->units);
        if (!sensor->units)
                sensor->units = reader_strdup(s->reader, sensor_default_units(sensor));
}

static void check_range(const Section *s, const ConfigSensor *sensor) {
        const config_setting_t *at = config_get(s, "max") ? config_get(s, "max") : config_get(s, "min");

        if (at && sensor->min >= sensor->max)
                config_error(s->reader, at, "“max” is not above “min” (%g to %g); write a wider range",
                        sensor->min, sensor->max);
}

void read_sensor(Reader *r, config_setting_t *group, ConfigSensor *sensor) {
        static const char *const keys[] = {"number", "name", "title", "oid", "walk", "label_column",
                "type_column", "scale_column", "precision_column", "status_column", "units_column", "total",
                "only", "except", "kind", "type", "meaning", "states", "scale", "precision", "units", "min",
                "max", "low_critical", "low_warning", "high_warning", "high_critical", "hysteresis", "rise",
                "rise_window", "foresight", "deviation", "above_room", "frozen_after"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        read_names(&s, sensor);
        read_sensor_place(&s, sensor);
        read_kind(&s, sensor);
        read_sensor_states(&s, sensor);
        read_type(&s, sensor);
        read_scale(&s, sensor);
        read_range(&s, sensor);
        read_display(&s, sensor);
        sensor_fill_in(sensor); /* the limits are compared with the range, ... */
        read_sensor_limits(&s, sensor);
        sensor_fill_in(sensor); /* ... and the hysteresis follows the limits */
        check_range(&s, sensor);
}
