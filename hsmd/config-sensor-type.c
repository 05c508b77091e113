/* What a sensor's type says of it where its profile says nothing. */
#include <math.h>

#include "config-reader.h"

typedef struct TypeDefault {
        SensorMeaning meaning;
        const char *units;
        unsigned precision;
        double min, max;
} TypeDefault;

#define DEGREES_OF_HYSTERESIS 2.0
#define SHARE_OF_HYSTERESIS 0.02
#define DEGREES_OF_DEVIATION 10.0
#define PRECISION_OF_OTHERS 2

/* The ranges are wide: a value beyond them is no measurement, whatever the machine. An agent without a
 * reading likes to say 0, -1, 255 or 65535. */
static TypeDefault type_default(SensorType type) {
        static const TypeDefault defaults[] = {
                [SENSOR_TYPE_VOLTS_AC] = {MEANING_OTHER, "V", PRECISION_OF_OTHERS, 0, 1000},
                [SENSOR_TYPE_VOLTS_DC] = {MEANING_OTHER, "V", PRECISION_OF_OTHERS, -1000, 1000},
                [SENSOR_TYPE_AMPERES] = {MEANING_OTHER, "A", PRECISION_OF_OTHERS, -10000, 10000},
                [SENSOR_TYPE_WATTS] = {MEANING_OTHER, "W", PRECISION_OF_OTHERS, -1e6, 1e6},
                [SENSOR_TYPE_HERTZ] = {MEANING_OTHER, "Hz", PRECISION_OF_OTHERS, 0, INFINITY},
                [SENSOR_TYPE_CELSIUS] = {MEANING_TEMPERATURE, "°C", 1, -55, 150},
                [SENSOR_TYPE_PERCENT_RH] = {MEANING_HUMIDITY, "%", PRECISION_OF_OTHERS, 0, 100},
                [SENSOR_TYPE_RPM] = {MEANING_FAN, "rpm", 0, 0, 60000},
                [SENSOR_TYPE_CMM] = {MEANING_OTHER, "m3/min", PRECISION_OF_OTHERS, 0, 100000},
                [SENSOR_TYPE_TRUTHVALUE] = {MEANING_OTHER, "", 0, 1, 2},
                [SENSOR_TYPE_SPECIAL_ENUM] = {MEANING_OTHER, "", 0, -INFINITY, INFINITY},
                [SENSOR_TYPE_DBM] = {MEANING_OTHER, "dBm", PRECISION_OF_OTHERS, -200, 100},
        };

        if (type < ELEMENTSOF(defaults) && defaults[type].units)
                return defaults[type];
        return (TypeDefault){MEANING_OTHER, "", PRECISION_OF_OTHERS, -INFINITY, INFINITY};
}

/* A counter's value is its rate, a state's its number, and one beside its total a percentage, whatever the
 * type. */
static TypeDefault sensor_default(const ConfigSensor *sensor, SensorType type) {
        TypeDefault d = type_default(type);

        if (sensor->kind == SENSOR_COUNTER)
                d = (TypeDefault){d.meaning, "/s", 0, 0, INFINITY};
        if (sensor->kind == SENSOR_STATE)
                d = (TypeDefault){d.meaning, "", 0, -INFINITY, INFINITY};
        if (sensor->columns[COLUMN_TOTAL])
                d = (TypeDefault){d.meaning, "%", PRECISION_OF_OTHERS, 0, 100};
        return d;
}

static double largest_limit(const SensorLimits *l) {
        double largest = 0;

        if (l->has_low_critical)
                largest = fmax(largest, fabs(l->low_critical));
        if (l->has_low_warning)
                largest = fmax(largest, fabs(l->low_warning));
        if (l->has_high_warning)
                largest = fmax(largest, fabs(l->high_warning));
        if (l->has_high_critical)
                largest = fmax(largest, fabs(l->high_critical));
        return largest;
}

const char *sensor_default_units(const ConfigSensor *sensor) {
        return sensor_default(sensor, sensor->type).units;
}

void sensor_fill_in(ConfigSensor *sensor) {
        TypeDefault d = sensor_default(sensor, sensor->type);
        SensorLimits *l = &sensor->limits;

        if (!sensor->given.meaning)
                sensor->meaning = d.meaning;
        if (!sensor->given.precision)
                sensor->precision = d.precision;
        if (!sensor->given.min)
                sensor->min = d.min;
        if (!sensor->given.max)
                sensor->max = d.max;
        if (!sensor->given.hysteresis)
                l->hysteresis = sensor->type == SENSOR_TYPE_CELSIUS ? DEGREES_OF_HYSTERESIS
                                                                    : SHARE_OF_HYSTERESIS * largest_limit(l);
        if (!sensor->given.deviation)
                l->deviation = sensor->meaning == MEANING_TEMPERATURE && sensor->kind == SENSOR_GAUGE
                                       ? DEGREES_OF_DEVIATION
                                       : 0;
}

ConfigSensor config_sensor_as(const ConfigSensor *table, SensorType type) {
        ConfigSensor sensor = *table;

        sensor.type = type;
        sensor_fill_in(&sensor);
        if (!sensor.given.units)
                sensor.units = (char *) sensor_default_units(&sensor); /* borrowed, as the rest of the copy */
        return sensor;
}
