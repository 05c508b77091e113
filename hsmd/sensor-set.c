#include "sensor-set.h"

#include "manager.h"

uint32_t sensor_item(const Config *c, size_t profile, size_t sensor) {
        uint32_t item = 1;

        for (size_t i = 0; i < profile; i++)
                item += (uint32_t) c->profiles[i].n_sensors;
        return item + (uint32_t) sensor;
}

Sensor *sensor_set_add(SensorSet *set, const Sensor *sensor) {
        Sensor *more = reallocarray(set->sensors, set->n_sensors + 1, sizeof(*more));
        size_t at = set->n_sensors;

        if (!more)
                return NULL;
        set->sensors = more;
        while (at > 0 && more[at - 1].number > sensor->number)
                at--;
        memmove(&more[at + 1], &more[at], (set->n_sensors - at) * sizeof(*more));
        more[at] = *sensor;
        set->n_sensors++;
        return &more[at];
}

/* a slope needs so many points */
#define RISE_POLLS 10

void sensor_set_type(Sensor *s, SensorType type) {
        s->type = type;
        s->spec = config_sensor_as(s->config, type);
        if (s->spec.limits.rise_window > 0) /* an agent that is asked seldom has to have some points in it */
                s->spec.limits.rise_window = MAX_OF(s->spec.limits.rise_window, RISE_POLLS * s->interval);
        if (!s->config->columns[COLUMN_PRECISION])
                s->precision = (int32_t) s->spec.precision;
        copy_text(s->units, sizeof(s->units), s->spec.units ? s->spec.units : "");
}

void sensor_set_key(Sensor *s, const char *key) {
        char row[sizeof(s->key)], name[sizeof(row) + 64];

        copy_text(s->key, sizeof(s->key), key);
        copy_text(row, sizeof(row), key[0] == '\t' ? key + 1 : key);
        for (char *c = row; *c; c++)
                if (*c == '\t')
                        *c = '#';
        /* a scalar that is walked, because not every machine has it, is no row of a table */
        if (!row[0] || streq(key, "\t0"))
                copy_text(name, sizeof(name), s->config->name);
        else
                snprintf(name, sizeof(name), "%s.%s", s->config->name, row);
        copy_text(s->name, sizeof(s->name), name);
}

Sensor sensor_set_make(const SensorSet *set, size_t agent, const ConfigProfile *profile,
        const ConfigSensor *config, uint32_t item) {
        Sensor s = {.agent = agent,
                .profile = profile,
                .config = config,
                .item = item,
                .interval = set->agents[agent].config->interval,
                .verdict = {.status = SENSOR_UNAVAILABLE,
                        .reason = SENSOR_REASON_SILENT,
                        .level = LEVEL_NORMAL,
                        .finding = FINDING_NONE}};

        sensor_set_type(&s, config->type);
        sensor_set_key(&s, "");
        return s;
}

SensorName sensor_set_name(const SensorSet *set, const Sensor *s) {
        return (SensorName){.agent = set->agents[s->agent].name,
                .profile = s->profile->name,
                .sensor = s->config->name,
                .key = s->key};
}

/* A number given by the configuration, or by what was assigned when it was first configured. */
static int add_single(SensorSet *set, Sensor *s) {
        SensorName name = sensor_set_name(set, s);
        int r = 0;

        s->number = s->config->number;
        if (s->number == 0)
                r = sensor_numbers_assign(set->manager->sensor_numbers, set->owner_name, &name, &s->number);
        if (r < 0)
                return r == -ENOSPC ? 0 : r;
        return sensor_set_add(set, s) ? 0 : -ENOMEM;
}

/* A key is LABEL, LABEL<tab>INDEX or <tab>INDEX. What is not wanted any more, say a fan that is gone for
 * good, keeps its number and is not shown. */
static bool key_is_wanted(const ConfigSensor *c, const char *key) {
        char label[128];
        char *index;

        copy_text(label, sizeof(label), key);
        index = strchr(label, '\t');
        if (index)
                *index++ = '\0';
        return sensor_is_wanted(c, label, index ? index : "");
}

/* The rows of a walked table that were found before: without an answer yet they are shown as silent. */
static int add_found(SensorSet *set, const Sensor *base) {
        const SensorNumber *known;
        size_t n = sensor_numbers_list(set->manager->sensor_numbers, set->owner_name, &known);

        for (size_t i = 0; i < n; i++) {
                const SensorName *name = &known[i].name;
                Sensor s = *base;

                if (!same_text(name->agent, set->agents[base->agent].name) ||
                        !streq(name->profile, base->profile->name) ||
                        !streq(name->sensor, base->config->name) || !key_is_wanted(base->config, name->key))
                        continue;
                s.number = known[i].number;
                sensor_set_key(&s, name->key);
                if (!sensor_set_add(set, &s))
                        return -ENOMEM;
        }
        return 0;
}

static int add_profile(SensorSet *set, const Config *c, size_t agent, size_t profile) {
        const ConfigProfile *p = &c->profiles[profile];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->n_sensors; i++) {
                Sensor s = sensor_set_make(set, agent, p, &p->sensors[i], sensor_item(c, profile, i));

                r = p->sensors[i].walk ? add_found(set, &s) : add_single(set, &s);
        }
        return r;
}

static SensorSet *new_set(
        Manager *manager, BoardTable table, uint32_t owner, const char *name, size_t n_agents) {
        SensorSet *set = calloc(1, sizeof(*set));

        if (!set)
                return NULL;
        set->manager = manager;
        set->table = table;
        set->owner = owner;
        snprintf(set->owner_name, sizeof(set->owner_name), "%s-%s",
                table == BOARD_SITE_SENSORS ? "site" : "device", name);
        copy_text(set->name, sizeof(set->name), name);
        set->agents = calloc(n_agents + 1, sizeof(*set->agents));
        if (!set->agents)
                return sensor_set_free(set);
        return set;
}

static int add_agent(SensorSet *set, const Config *c, const SensorAgent *agent) {
        size_t at = set->n_agents++;
        int r = 0;

        set->agents[at] = *agent;
        set->agents[at].state = AGENT_UNKNOWN;
        set->agents[at].heard = now_monotonic(); /* three polls from now on something must have been heard */
        for (size_t i = 0; r >= 0 && i < agent->config->n_profiles; i++)
                r = add_profile(set, c, at, agent->config->profiles[i]);
        return r;
}

int sensor_set_of_device(Manager *manager, const Config *c, const ConfigDevice *d, SensorSet **ret) {
        SensorSet *set = new_set(manager, BOARD_SENSORS, d->number, d->name, 1);
        int r = set ? 0 : -ENOMEM;

        if (r >= 0 && d->snmp.address)
                r = add_agent(set, c, &(SensorAgent){.config = &d->snmp, .number = d->number});
        if (r < 0) {
                sensor_set_free(set);
                return r;
        }
        *ret = set;
        return 0;
}

/* How many agents the sites before this one have. */
static uint32_t agents_before(const Config *c, size_t site) {
        size_t n = 0;

        for (size_t i = 0; i < site; i++)
                n += c->sites[i].n_agents;
        return (uint32_t) n;
}

int sensor_set_of_site(Manager *manager, const Config *c, size_t index, SensorSet **ret) {
        const ConfigSite *site = &c->sites[index];
        SensorSet *set = new_set(manager, BOARD_SITE_SENSORS, site->number, site->name, site->n_agents);
        uint32_t first = POLL_AGENT_SITES + agents_before(c, index);
        int r = set ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < site->n_agents; i++)
                r = add_agent(set, c,
                        &(SensorAgent){.config = &site->agents[i].snmp,
                                .name = site->agents[i].name,
                                .number = first + (uint32_t) i});
        if (r < 0) {
                sensor_set_free(set);
                return r;
        }
        *ret = set;
        return 0;
}

SensorSet *sensor_set_free(SensorSet *set) {
        if (!set)
                return NULL;
        for (size_t i = 0; set->agents && i < set->n_agents; i++)
                free(set->agents[i].samples);
        free(set->agents);
        free(set->sensors);
        free(set);
        return NULL;
}

static bool same_columns(const ConfigSensor *a, const ConfigSensor *b) {
        for (size_t i = 0; i < POLL_COLUMNS; i++)
                if (!same_text(a->columns[i], b->columns[i]))
                        return false;
        return true;
}

/* Whether the same number means the same in both: limits and titles may differ. */
static bool same_measurement(const ConfigSensor *a, const ConfigSensor *b) {
        return a->walk == b->walk && streq(a->oid, b->oid) && a->kind == b->kind && a->type == b->type &&
               a->scale == b->scale && same_columns(a, b);
}

static void inherit_agent(SensorAgent *agent, const SensorSet *old) {
        for (size_t i = 0; i < old->n_agents; i++) {
                const SensorAgent *o = &old->agents[i];

                if (!same_text(o->name, agent->name) || !streq(o->config->address, agent->config->address))
                        continue;
                agent->state = o->state;
                agent->failed = o->failed;
                memcpy(agent->detail, o->detail, sizeof(agent->detail));
                memcpy(agent->engine_id, o->engine_id, sizeof(agent->engine_id));
                agent->has_uptime = o->has_uptime;
                agent->uptime = o->uptime;
                agent->uptime_when = o->uptime_when;
                agent->restarted = o->restarted;
        }
}

void sensor_set_inherit(SensorSet *set, const SensorSet *old) {
        for (size_t i = 0; i < set->n_agents; i++)
                inherit_agent(&set->agents[i], old);
        for (size_t i = 0, k = 0; i < set->n_sensors; i++) {
                Sensor *s = &set->sensors[i];

                while (k < old->n_sensors && old->sensors[k].number < s->number)
                        k++;
                if (k == old->n_sensors || old->sensors[k].number != s->number ||
                        !same_measurement(s->config, old->sensors[k].config) ||
                        !streq(set->agents[s->agent].config->address,
                                old->agents[old->sensors[k].agent].config->address))
                        continue;
                sensor_set_type(s, old->sensors[k].type);
                s->precision = old->sensors[k].precision;
                memcpy(s->units, old->sensors[k].units, sizeof(s->units));
                memcpy(s->index, old->sensors[k].index, sizeof(s->index));
                s->track = old->sensors[k].track;
                s->verdict = old->sensors[k].verdict;
        }
}

/* Profiles are asked in the order in which the agent names them, and their entries in the file's. */
static size_t place_of_entry(const SensorSet *set, const Sensor *s) {
        const ConfigSnmp *c = set->agents[s->agent].config;
        size_t place = s->agent * POLL_ITEMS_MAX;

        for (size_t i = 0; i < c->n_profiles; i++) {
                const ConfigProfile *p = &set->manager->config->profiles[c->profiles[i]];

                if (p == s->profile)
                        return place + (size_t) (s->config - p->sensors);
                place += p->n_sensors;
        }
        return place;
}

/* Within the rows of one table a living one, for a row that is gone keeps its number. */
static unsigned life(const Sensor *s) {
        return sensor_is_ok(s) ? 0 : s->verdict.has_value ? 1 : 2;
}

const Sensor *sensor_set_temperature(const SensorSet *set) {
        const Sensor *best = NULL;

        for (size_t i = 0; i < set->n_sensors; i++) {
                const Sensor *s = &set->sensors[i];
                size_t place, best_place;

                if (sensor_meaning(s) != MEANING_TEMPERATURE || s->spec.kind != SENSOR_GAUGE)
                        continue;
                place = place_of_entry(set, s);
                best_place = best ? place_of_entry(set, best) : 0;
                if (!best || place < best_place || (place == best_place && life(s) < life(best)))
                        best = s;
        }
        return best;
}

const Sensor *sensor_set_temperature_now(const SensorSet *set) {
        const Sensor *s = sensor_set_temperature(set);

        return s && sensor_is_ok(s) ? s : NULL;
}

SensorMeaning sensor_meaning(const Sensor *s) {
        return s->spec.meaning;
}

const Sensor *sensor_set_uptime(const SensorSet *set) {
        for (size_t i = 0; i < set->n_sensors; i++)
                if (sensor_meaning(&set->sensors[i]) == MEANING_UPTIME)
                        return &set->sensors[i];
        return NULL;
}

/* Of a table's rows only what is hardware is missed: interfaces and storage come and go. (A row gets its
 * number with its first value: an empty slot has none.) What is configured one by one is missed in any case.
 */
bool sensor_is_missed(const Sensor *s) {
        static const SensorMeaning hardware[] = {MEANING_TEMPERATURE, MEANING_HUMIDITY, MEANING_FAN,
                MEANING_POWER, MEANING_BATTERY, MEANING_WATER};

        if (s->verdict.status == SENSOR_OK)
                return false;
        if (!s->config->walk)
                return true;
        for (size_t i = 0; i < ELEMENTSOF(hardware); i++)
                if (sensor_meaning(s) == hardware[i])
                        return true;
        return false;
}

bool sensor_is_ok(const Sensor *s) {
        return s->verdict.status == SENSOR_OK && s->verdict.has_value;
}
