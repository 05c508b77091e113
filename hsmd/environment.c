#include "environment.h"

#include "manager.h"

#define FAILED_POLLS_TOLD 2
#define MEMBERS_COMPARED 64 /* of a large pool so many others are enough for a median */

static const Site *site_of(const Device *d) {
        return &d->manager->sites[d->config->site];
}

const Sensor *environment_room(const Device *d) {
        return sensor_set_temperature_now(site_of(d)->set);
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
        size_t n = 0, looked_at = 0;

        for (size_t i = 0; i < m->n_devices && looked_at < MEMBERS_COMPARED; i++) {
                const Device *o = m->devices[i];
                const Sensor *c;

                if (o == d || o->pool != d->pool)
                        continue;
                looked_at++;
                c = counterpart(o->sensors, s);
                if (c)
                        ret[n++] = reading_of(o->sensors, c);
        }
        return n;
}

static void compare(const Device *d, const Sensor *room, Sensor *s) {
        PoolReading others[MEMBERS_COMPARED], own;
        double median;

        if (!sensor_is_ok(s))
                return;
        if (room && sensor_meaning(s) == MEANING_TEMPERATURE) {
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

static void tell_reboot(Device *d, double uptime, usec_t now) {
        d->rebooted = now;
        log_event(d->manager->journal,
                &(LogEvent){
                        .priority = LOG_WARNING, .message_id = MESSAGE_REBOOTED, .device = d->config->name},
                "%s (%s): the machine rebooted %.0f s ago", d->config->name, d->config->title, uptime);
}

/* Only the first one that means the machine's uptime is watched: another may be the agent's. */
static void watch_uptime(Device *d, usec_t now) {
        const Sensor *s = sensor_set_uptime(d->sensors);

        if (!s || !sensor_is_ok(s))
                return;
        if (d->uptime_sensor == s->number && s->verdict.value + 2 < d->uptime &&
                d->uptime < UPTIME_WRAP_S - 3600)
                tell_reboot(d, s->verdict.value, now);
        d->uptime = s->verdict.value;
        d->uptime_sensor = s->number;
}

void environment_device(Device *d, usec_t now) {
        const Sensor *room = environment_room(d);
        SensorSet *set = d->sensors;

        watch_uptime(d, now);
        for (size_t i = 0; i < set->n_sensors; i++)
                compare(d, room, &set->sensors[i]);
        sensor_set_publish(set);
        device_conditions(d, now);
}

/* --- conditions */

static Reason reason_of(const Sensor *s, bool room_warm) {
        if (sensor_is_missed(s))
                return s->verdict.reason == SENSOR_REASON_FROZEN ? REASON_SENSOR_FROZEN : REASON_SENSOR_LOST;
        if (s->verdict.status != SENSOR_OK)
                return REASON_NONE;
        if (room_warm && sensor_is_warm(s))
                return REASON_ROOM_WARM;
        return sensor_finding_reason(sensor_meaning(s), s->type, s->verdict.finding);
}

/* Returns whether its sensors are worth a look. */
static bool agent_conditions(const SensorAgent *a, usec_t now, Found *found) {
        if (a->state == AGENT_UNKNOWN)
                return false;
        if (!agent_answers(a->state) && a->failed < FAILED_POLLS_TOLD)
                return false; /* two datagrams may be lost: the next poll tells */
        if (!agent_answers(a->state)) {
                found_add(found, REASON_SENSOR_LOST, a->name ? a->name : "", "its SNMP agent %s%sis %s",
                        a->name ? a->name : "", a->name ? " " : "", name_of(&agent_state_names, a->state));
                return false;
        }
        if (a->state == AGENT_DUPLICATE_ENGINE)
                found_add(found, REASON_DUPLICATE_ENGINE_ID, a->name ? a->name : "", "%s", a->detail);
        if (a->restarted != 0 && now - a->restarted < RESTART_TOLD)
                found_add(found, REASON_AGENT_RESTARTED, a->name ? a->name : "",
                        "its SNMP agent began anew %llu min ago",
                        (unsigned long long) ((now - a->restarted) / (60 * USEC_PER_SEC)));
        return true;
}

bool environment_is_known(const SensorSet *set) {
        for (size_t i = 0; i < set->n_agents; i++)
                if (set->agents[i].state == AGENT_UNKNOWN)
                        return false;
        return true;
}

void environment_conditions(const SensorSet *set, bool room_warm, usec_t now, Found *found) {
        char words[192];

        for (size_t i = 0; i < set->n_agents; i++) {
                if (!agent_conditions(&set->agents[i], now, found))
                        continue;
                for (size_t k = 0; k < set->n_sensors; k++) {
                        const Sensor *s = &set->sensors[k];
                        Reason reason = s->agent == i ? reason_of(s, room_warm) : REASON_NONE;

                        if (reason != REASON_NONE)
                                found_add(
                                        found, reason, s->name, "%s", sensor_words(s, words, sizeof(words)));
                }
        }
}
