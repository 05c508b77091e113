/* What is judged of a sensor: limits on both sides, its pace, and what it is compared with. */
#include "config-reader.h"

#define LIMIT_MAX 1e15 /* of a value in any units */
#define HOUR (3600 * USEC_PER_SEC)
#define DAY (24 * HOUR)

static const char *const limit_keys[] = {"low_critical", "low_warning", "high_warning", "high_critical",
        "hysteresis", "rise", "rise_window", "foresight", "deviation", "above_room", "frozen_after"};

/* Limits rise in this order; each that is there is above the one that is there before it. */
static void check_order(const Section *s, const SensorLimits *l) {
        const bool has[] = {
                l->has_low_critical, l->has_low_warning, l->has_high_warning, l->has_high_critical};
        const double value[] = {l->low_critical, l->low_warning, l->high_warning, l->high_critical};
        size_t below = SIZE_MAX;

        for (size_t i = 0; i < ELEMENTSOF(has); i++) {
                if (!has[i])
                        continue;
                if (below != SIZE_MAX && value[i] <= value[below])
                        config_error(s->reader, config_get(s, limit_keys[i]),
                                "“%s” is not above “%s”; write low_critical < low_warning < high_warning < "
                                "high_critical, any of which may be missing",
                                limit_keys[i], limit_keys[below]);
                below = i;
        }
}

/* A limit that no valid value reaches would never tell anything. */
static void check_range(const Section *s, const ConfigSensor *sensor) {
        for (size_t i = 0; i < 4; i++) {
                const config_setting_t *at = config_get(s, limit_keys[i]);
                double value = 0;

                if (at && read_double(s, limit_keys[i], -LIMIT_MAX, LIMIT_MAX, &value) &&
                        (value < sensor->min || value > sensor->max))
                        config_error(s->reader, at,
                                "“%s” is beyond the physical range; write %g to %g, or another min and max",
                                limit_keys[i], sensor->min, sensor->max);
        }
}

static void read_limits(const Section *s, ConfigSensor *sensor) {
        SensorLimits *l = &sensor->limits;

        l->has_low_critical = read_double(s, "low_critical", -LIMIT_MAX, LIMIT_MAX, &l->low_critical);
        l->has_low_warning = read_double(s, "low_warning", -LIMIT_MAX, LIMIT_MAX, &l->low_warning);
        l->has_high_warning = read_double(s, "high_warning", -LIMIT_MAX, LIMIT_MAX, &l->high_warning);
        l->has_high_critical = read_double(s, "high_critical", -LIMIT_MAX, LIMIT_MAX, &l->high_critical);
        sensor->given.hysteresis = read_double(s, "hysteresis", 0, LIMIT_MAX, &l->hysteresis);
        check_order(s, l);
        if (l->has_low_warning && l->has_high_warning && sensor->given.hysteresis &&
                l->hysteresis >= (l->high_warning - l->low_warning) / 2)
                config_error(s->reader, config_get(s, "hysteresis"),
                        "“hysteresis” leaves nothing between the limits; write less than half of what is "
                        "between low_warning and high_warning");
}

static void read_pace(const Section *s, SensorLimits *l) {
        l->rise_window = 10 * 60 * USEC_PER_SEC;
        l->foresight = 30 * 60 * USEC_PER_SEC;
        read_duration(s, "rise_window", 0, DAY, &l->rise_window);
        read_duration(s, "foresight", 0, 30 * DAY, &l->foresight);
        const config_setting_t *at = read_double(s, "rise", 0, LIMIT_MAX, &l->rise);
        if (at && l->rise > 0 && l->rise_window == 0)
                config_error(s->reader, at,
                        "“rise” is not judged with rise_window = 0; remove one of them, or write "
                        "rise_window = \"10 min\";");
}

static void read_comparisons(const Section *s, ConfigSensor *sensor) {
        SensorLimits *l = &sensor->limits;
        bool temperature = sensor->meaning == MEANING_TEMPERATURE || sensor->columns[COLUMN_TYPE];

        sensor->given.deviation = read_double(s, "deviation", 0, LIMIT_MAX, &l->deviation);
        const config_setting_t *at = read_double(s, "above_room", 0, LIMIT_MAX, &l->above_room);
        if (at && l->above_room > 0 && !temperature)
                config_error(s->reader, at,
                        "“above_room” is of temperatures only; remove it, or write meaning = "
                        "\"temperature\";");
        read_duration(s, "frozen_after", 0, 365 * DAY, &l->frozen_after);
}

static void refuse_limits(const Section *s) {
        for (size_t i = 0; i < ELEMENTSOF(limit_keys); i++) {
                const config_setting_t *at = config_get(s, limit_keys[i]);

                if (at)
                        config_error(s->reader, at,
                                "“%s” means nothing of a state; remove it, and give the states levels",
                                limit_keys[i]);
        }
}

void read_sensor_limits(const Section *s, ConfigSensor *sensor) {
        read_pace(s, &sensor->limits);
        if (sensor->kind == SENSOR_STATE) {
                refuse_limits(s);
                return;
        }
        read_limits(s, sensor);
        read_comparisons(s, sensor);
        check_range(s, sensor);
}
