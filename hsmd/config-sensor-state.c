/* What the numbers of a sensor mean that tells a state. */
#include "config-reader.h"

#define STATES_MAX 64
#define STATE_NAME_MAX 31 /* octets */

static void read_value(const Section *s, ConfigSensorState *state) {
        config_setting_t *at = config_need(s, "value", "value = N;, as the agent has it");
        long long value;

        if (!at)
                return;
        if (!setting_integer(at, &value) || value < INT32_MIN || value > INT32_MAX)
                config_error(s->reader, at, "“value” %s; write an integer of 32 bits, as the agent has it",
                        config_type_text(at));
        else
                state->value = (int32_t) value;
}

static void read_state(Reader *r, config_setting_t *group, ConfigSensorState *state) {
        static const char *const keys[] = {"value", "name", "level"};
        Section s = {.reader = r, .own = group};
        unsigned level = LEVEL_NORMAL;

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        read_value(&s, state);
        config_need(&s, "name", "name = \"failed\";");
        read_string(&s, "name", STATE_NAME_MAX, check_filled, &state->name);
        read_enum(&s, "level", &sensor_level_names, &level);
        state->level = level;
}

static int compare_values(const void *pa, const void *pb) {
        const ConfigSensorState *a = pa, *b = pb;

        return (a->value > b->value) - (a->value < b->value);
}

/* There are few: each is compared with all before it. */
static void refuse_repeated(
        Reader *r, const config_setting_t *at, const ConfigSensorState *states, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (states[i].value == states[n].value) {
                        config_error(r, at, "state %d is already named “%s”; each value stands once",
                                states[n].value, states[i].name ? states[i].name : "");
                        return;
                }
}

void read_sensor_states(const Section *s, ConfigSensor *sensor) {
        config_setting_t *list = config_list(s, "states");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;

        if (!list)
                return;
        if (n == 0 || n > STATES_MAX) {
                config_error(s->reader, list,
                        "a sensor has 1 to %d states, not %u; write states = ( { value = 1; name = \"ok\"; "
                        "}, "
                        "{ value = 2; name = \"failed\"; level = \"critical\"; } );",
                        STATES_MAX, n);
                return;
        }
        sensor->states = reader_calloc(s->reader, n, sizeof(ConfigSensorState));
        if (!sensor->states)
                return;
        for (unsigned i = 0; i < n; i++) {
                config_setting_t *group = config_group_element(s->reader, list, i);

                if (!group)
                        continue;
                read_state(s->reader, group, &sensor->states[sensor->n_states]);
                refuse_repeated(s->reader, group, sensor->states, sensor->n_states);
                sensor->n_states++;
        }
        qsort(sensor->states, sensor->n_states, sizeof(ConfigSensorState), compare_values);
}
