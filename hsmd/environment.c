#include "environment.h"

#include "manager.h"

#define MEMBERS_COMPARED 64 /* of a large pool so many others are enough for a median */

static const Site *site_of(const Device *d) {
        return &d->manager->sites[d->config->site];
}

const Sensor *environment_room(const Device *d) {
        const Sensor *s = sensor_set_temperature(site_of(d)->set);

        return s && sensor_is_ok(s) ? s : NULL;
}

bool environment_room_is_warm(const Device *d) {
        return site_of(d)->warm;
}

bool sensor_is_warm(const Sensor *s) {
        return sensor_meaning(s) == MEANING_TEMPERATURE && sensor_is_ok(s) &&
               (s->verdict.finding == FINDING_HIGH || s->verdict.finding == FINDING_RISING);
}

bool environment_is_warm(const Device *d) {
        for (size_t i = 0; i < d->sensors->n_sensors; i++)
                if (sensor_is_warm(&d->sensors->sensors[i]))
                        return true;
        return false;
}

/* --- beside the pool */

/* How busy the machine is, in percent: the mean of what tells it. */
static bool load_of(const SensorSet *set, double *ret) {
        double sum = 0;
        unsigned n = 0;

        for (size_t i = 0; i < set->n_sensors; i++) {
                const Sensor *s = &set->sensors[i];

                if (sensor_meaning(s) != MEANING_LOAD || !sensor_is_ok(s))
                        continue;
                sum += s->verdict.value;
                n++;
        }
        if (n > 0)
                *ret = sum / n;
        return n > 0;
}

/* The same measurement of another machine. */
static const Sensor *counterpart(const SensorSet *set, const Sensor *s) {
        for (size_t i = 0; i < set->n_sensors; i++) {
                const Sensor *o = &set->sensors[i];

                if (o->config == s->config && streq(o->key, s->key))
                        return sensor_is_ok(o) ? o : NULL;
        }
        return NULL;
}

static PoolReading reading_of(const SensorSet *set, const Sensor *s) {
        PoolReading r = {.value = s->verdict.value};

        r.has_load = load_of(set, &r.load);
        return r;
}

static size_t others_of(const Device *d, const Sensor *s, PoolReading ret[static MEMBERS_COMPARED]) {
        const Manager *m = d->manager;
        size_t n = 0;

        for (size_t i = 0; i < m->n_devices && n < MEMBERS_COMPARED; i++) {
                const Device *o = m->devices[i];
                const Sensor *c = o != d && o->pool == d->pool ? counterpart(o->sensors, s) : NULL;

                if (c)
                        ret[n++] = reading_of(o->sensors, c);
        }
        return n;
}

static void compare(const Device *d, Sensor *s) {
        const Sensor *room = environment_room(d);
        PoolReading others[MEMBERS_COMPARED], own;
        double median;

        if (!sensor_is_ok(s))
                return;
        if (room) {
                track_beside_room(&s->track, &s->spec, room->verdict.value, &s->verdict);
                s->beside = room->verdict.value;
        }
        if (s->spec.limits.deviation <= 0)
                return;
        own = reading_of(d->sensors, s);
        if (track_beside_pool(
                    &s->track, &s->spec, &own, others, others_of(d, s, others), &s->verdict, &median) &&
                s->verdict.finding == FINDING_DEVIATING)
                s->beside = median;
}

/* The machine's own clock of hundredths begins anew after 497 days without a reboot. */
#define UPTIME_WRAP_S 42949672.0

static void watch_uptime(Device *d, usec_t now) {
        const SensorSet *set = d->sensors;

        for (size_t i = 0; i < set->n_sensors; i++) {
                const Sensor *s = &set->sensors[i];

                if (sensor_meaning(s) != MEANING_UPTIME || !sensor_is_ok(s))
                        continue;
                if (s->verdict.value + 30 < d->uptime && d->uptime < UPTIME_WRAP_S - 3600) {
                        d->rebooted = now;
                        log_event(d->manager->journal,
                                &(LogEvent){.priority = LOG_WARNING,
                                        .message_id = MESSAGE_REBOOTED,
                                        .device = d->config->name},
                                "%s (%s): the machine rebooted %.0f s ago", d->config->name, d->config->title,
                                s->verdict.value);
                }
                d->uptime = s->verdict.value;
                return;
        }
}

void environment_device(Device *d, usec_t now) {
        SensorSet *set = d->sensors;

        watch_uptime(d, now);
        for (size_t i = 0; i < set->n_sensors; i++)
                if (sensor_meaning(&set->sensors[i]) == MEANING_TEMPERATURE)
                        compare(d, &set->sensors[i]);
        sensor_set_publish(set);
        device_conditions(d, now);
}

/* --- conditions */

/* Of a table's rows only what is hardware is missed, and only what was there: interfaces and storage come and
 * go, and not every slot has a fan in it. What is configured one by one is missed in any case. */
static bool is_missed(const Sensor *s) {
        static const SensorMeaning hardware[] = {MEANING_TEMPERATURE, MEANING_HUMIDITY, MEANING_FAN,
                MEANING_POWER, MEANING_BATTERY, MEANING_WATER};

        if (!s->config->walk)
                return true;
        for (size_t i = 0; i < ELEMENTSOF(hardware); i++)
                if (sensor_meaning(s) == hardware[i])
                        return s->verdict.has_value;
        return false;
}

static Reason reason_of(const Sensor *s, bool room_warm) {
        if (s->verdict.status != SENSOR_OK && is_missed(s))
                return s->verdict.reason == SENSOR_REASON_FROZEN ? REASON_SENSOR_FROZEN : REASON_SENSOR_LOST;
        if (s->verdict.status != SENSOR_OK)
                return REASON_NONE;
        if (room_warm && sensor_is_warm(s))
                return REASON_ROOM_WARM;
        return sensor_finding_reason(sensor_meaning(s), s->type, s->verdict.finding);
}

static bool agent_conditions(const SensorAgent *a, usec_t now, ConditionFound found, void *userdata) {
        char words[192];

        if (a->state == AGENT_UNKNOWN)
                return false;
        if (a->state == AGENT_SILENT || a->state == AGENT_REFUSED) {
                snprintf(words, sizeof(words), "its SNMP agent %s%sis %s", a->name ? a->name : "",
                        a->name ? " " : "", name_of(&agent_state_names, a->state));
                found(userdata, REASON_SENSOR_LOST, words);
                return false;
        }
        if (a->state == AGENT_DUPLICATE_ENGINE)
                found(userdata, REASON_DUPLICATE_ENGINE_ID, a->detail);
        if (a->restarted != 0 && now - a->restarted < RESTART_TOLD) {
                snprintf(words, sizeof(words), "its SNMP agent began anew %llu min ago",
                        (unsigned long long) ((now - a->restarted) / (60 * USEC_PER_SEC)));
                found(userdata, REASON_AGENT_RESTARTED, words);
        }
        return true;
}

void environment_conditions(
        const SensorSet *set, bool room_warm, usec_t now, ConditionFound found, void *userdata) {
        char words[192];

        for (size_t i = 0; i < set->n_agents; i++) {
                if (!agent_conditions(&set->agents[i], now, found, userdata))
                        continue;
                for (size_t k = 0; k < set->n_sensors; k++) {
                        const Sensor *s = &set->sensors[k];
                        Reason reason = s->agent == i ? reason_of(s, room_warm) : REASON_NONE;

                        if (reason != REASON_NONE)
                                found(userdata, reason, sensor_words(s, words, sizeof(words)));
                }
        }
}
