#include <math.h>

#include "sensor-set.h"

const char *sensor_state_word(const Sensor *s, double value) {
        const ConfigSensor *c = &s->spec;

        for (size_t i = 0; c->kind == SENSOR_STATE && i < c->n_states; i++)
                if (c->states[i].value == value)
                        return c->states[i].name;
        return NULL;
}

static void value_words(const Sensor *s, double value, char *dst, size_t size) {
        const char *word = sensor_state_word(s, value);

        if (word)
                copy_text(dst, size, word);
        else
                snprintf(dst, size, "%.*f%s%s%s", (int) s->precision, value, s->units[0] ? " " : "", s->units,
                        s->spec.kind == SENSOR_COUNTER ? " a second" : "");
}

/* The limit that the level stands for. */
static void limit_words(const Sensor *s, char *dst, size_t size) {
        const SensorLimits *l = &s->spec.limits;
        bool critical = s->verdict.level == LEVEL_CRITICAL, high = s->verdict.finding == FINDING_HIGH;
        double limit = high ? (critical && l->has_high_critical ? l->high_critical : l->high_warning)
                            : (critical && l->has_low_critical ? l->low_critical : l->low_warning);

        snprintf(dst, size, ", %s at %.*f", critical ? "critical" : "warning", (int) s->precision, limit);
}

static void rise_words(const Sensor *s, char *dst, size_t size) {
        const SensorVerdict *v = &s->verdict;
        int n = snprintf(dst, size, ", %s %.*f an hour", v->rise < 0 ? "falling" : "rising",
                (int) s->precision, fabs(v->rise));

        if (v->has_limit_in && n > 0 && (size_t) n < size)
                snprintf(dst + n, size - (size_t) n, ": %.*f in %llu min", (int) s->precision, v->limit,
                        (unsigned long long) ((v->limit_in + 59 * USEC_PER_SEC) / (60 * USEC_PER_SEC)));
}

static void finding_words(const Sensor *s, char *dst, size_t size) {
        switch (s->verdict.finding) {
        case FINDING_HIGH:
        case FINDING_LOW:
                limit_words(s, dst, size);
                return;
        case FINDING_RISING:
                rise_words(s, dst, size);
                return;
        case FINDING_DEVIATING:
                snprintf(
                        dst, size, ", the pool's median at like load is %.*f", (int) s->precision, s->beside);
                return;
        case FINDING_ABOVE_ROOM:
                snprintf(dst, size, ", its room has %.*f", (int) s->precision, s->beside);
                return;
        default:
                *dst = '\0';
        }
}

char *sensor_words(const Sensor *s, char *dst, size_t size) {
        char value[96], finding[96];

        if (s->verdict.status != SENSOR_OK) {
                snprintf(dst, size, "sensor %s: %s", s->name,
                        name_of(&sensor_reason_names, s->verdict.reason));
                return dst;
        }
        value_words(s, s->verdict.value, value, sizeof(value));
        finding_words(s, finding, sizeof(finding));
        snprintf(dst, size, "%s %s%s", s->name, value, finding);
        return dst;
}
