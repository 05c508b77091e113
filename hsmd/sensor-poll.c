/* What a poll of an SNMP agent says of a set's sensors. The worker's messages are hostile input: every field
 * is checked before it is used. */
#include <fnmatch.h>
#include <math.h>

#include "manager.h"

/* so many missed polls make the last value worthless, whatever the poll worker said last */
#define POLLS_MISSED 3
#define POLL_TIMEOUTS 6 /* so long a poll of a slow agent may last */

#define SENSORS_MAX 2048 /* of a device or site, those included that are gone */

/* sysUpTime counts hundredths of a second in 32 bits. */
#define UPTIME_WRAP (UINT64_C(0x100000000) * 10 * USEC_PER_MSEC)
#define UPTIME_SLACK (10 * USEC_PER_SEC)

/* --- samples, kept until their poll is over */

static bool sample_is_sound(const MsgSample *m) {
        return m->status >= SENSOR_OK && m->status <= SENSOR_NONOPERATIONAL &&
               m->reason >= SENSOR_REASON_OK && m->reason <= SENSOR_REASON_NONOPERATIONAL &&
               m->type >= SENSOR_TYPE_OTHER && m->type <= SENSOR_TYPE_DBM && m->precision >= 0 &&
               m->precision <= 6 &&
               (m->counter_bits == 0 || m->counter_bits == 32 || m->counter_bits == 64) && isfinite(m->value);
}

void sensor_set_sample(SensorSet *set, size_t agent, const MsgSample *m) {
        SensorAgent *a = &set->agents[agent];
        MsgSample *s;

        if (!sample_is_sound(m))
                return;
        if (!a->samples)
                a->samples = calloc(POLL_SAMPLES_MAX, sizeof(*a->samples));
        if (!a->samples)
                return;
        if (m->poll != a->poll)
                a->n_samples = 0;
        a->poll = m->poll;
        if (a->n_samples == POLL_SAMPLES_MAX)
                return;
        s = &a->samples[a->n_samples++];
        *s = *m;
        s->when = MIN_OF(m->when, now_monotonic());
        PROTOCOL_TEXT(s->index);
        PROTOCOL_TEXT(s->label);
        PROTOCOL_TEXT(s->units);
        keep_printable(s->index);
        keep_printable(s->label);
        keep_printable(s->units);
}

/* --- to which sensor a sample belongs */

static const ConfigProfile *profile_of_item(
        const Config *c, const ConfigSnmp *snmp, uint32_t item, const ConfigSensor **ret) {
        for (size_t i = 0; i < snmp->n_profiles; i++) {
                const ConfigProfile *p = &c->profiles[snmp->profiles[i]];
                uint32_t first = sensor_item(c, snmp->profiles[i], 0);

                if (item >= first && item - first < p->n_sensors) {
                        *ret = &p->sensors[item - first];
                        return p;
                }
        }
        return NULL;
}

static bool matches(char *const *patterns, const char *label, const char *index) {
        for (; patterns && *patterns; patterns++)
                if (fnmatch(*patterns, label, 0) == 0 || fnmatch(*patterns, index, 0) == 0)
                        return true;
        return false;
}

bool sensor_is_wanted(const ConfigSensor *c, const char *label, const char *index) {
        return (!c->only || matches(c->only, label, index)) && !matches(c->except, label, index);
}

static Sensor *find_sensor(SensorSet *set, size_t agent, uint32_t item, const char *key) {
        for (size_t i = 0; i < set->n_sensors; i++) {
                Sensor *s = &set->sensors[i];

                if (s->agent == agent && s->item == item && streq(s->key, key))
                        return s;
        }
        return NULL;
}

/* A row is known by its label, since a machine may renumber its table when it boots; by its index where it
 * has no label; by both where an earlier row of this poll has the same label, or where it was known so
 * before. A tab stands between the two, since no label has one. */
static void make_key(SensorSet *set, size_t agent, const MsgSample *m, char *dst, size_t size) {
        const SensorAgent *a = &set->agents[agent];
        bool repeated = false;

        snprintf(dst, size, "%s\t%s", m->label, m->index);
        if (!m->label[0] || find_sensor(set, agent, m->item, dst))
                return;
        for (const MsgSample *s = a->samples; s < m; s++)
                repeated = repeated || (s->item == m->item && streq(s->label, m->label));
        if (!repeated)
                copy_text(dst, size, m->label);
}

/* Once, however many rows there are. */
static void say_no_number(SensorSet *set, const char *entry, const char *key, const char *why) {
        if (set->unnumbered++ == 0)
                log_event(set->manager->journal, &(LogEvent){.priority = LOG_WARNING, .device = set->name},
                        "%s: sensor %s.%s is not shown: %s; narrow its profile by “only” or “except”",
                        set->name, entry, key, why);
}

static Sensor *add_row(SensorSet *set, Sensor *s) {
        SensorName name = sensor_set_name(set, s);
        int r;

        if (set->n_sensors >= SENSORS_MAX) {
                say_no_number(set, name.sensor, name.key, "it has too many sensors");
                return NULL;
        }
        r = sensor_numbers_assign(set->manager->sensor_numbers, set->owner_name, &name, &s->number);
        if (r < 0) {
                say_no_number(set, name.sensor, name.key,
                        r == -ENOSPC ? "all 9,000 numbers are used" : strerror(-r));
                return NULL;
        }
        return sensor_set_add(set, s);
}

static void take_sample(SensorSet *set, size_t agent, const MsgSample *m, bool discontinuity) {
        SensorAgent *a = &set->agents[agent];
        const ConfigSensor *config;
        const ConfigProfile *p = profile_of_item(set->manager->config, a->config, m->item, &config);
        char key[128] = "";
        Sensor *s;

        if (!p || config->walk != (m->index[0] != '\0') ||
                (config->walk && !sensor_is_wanted(config, m->label, m->index)))
                return;
        if (config->walk)
                make_key(set, agent, m, key, sizeof(key));
        s = find_sensor(set, agent, m->item, key);
        /* an empty slot is no sensor */
        if (!s && config->walk && m->status == SENSOR_OK) {
                Sensor found = sensor_set_make(set, agent, p, config, m->item);

                sensor_set_key(&found, key);
                s = add_row(set, &found);
        }
        if (!s || s->sampled)
                return;
        s->sampled = true;
        if (s->type != m->type)
                sensor_set_type(s, m->type);
        if (config->columns[COLUMN_PRECISION])
                s->precision = m->precision;
        memcpy(s->index, m->index, sizeof(s->index));
        if (m->units[0])
                memcpy(s->units, m->units, sizeof(s->units));
        track_sample(&s->track, &s->spec, m, discontinuity);
}

/* --- the agent */

/* What became of the agent's clock since its last answer. */
typedef enum ClockChange {
        CLOCK_WENT_ON,
        CLOCK_BEGAN_ANEW,
        CLOCK_JUMPED, /* it advanced otherwise than ours: one of the two hosts stood still */
} ClockChange;

static ClockChange clock_change(const SensorAgent *a, const MsgAgentState *m) {
        usec_t passed = m->when > a->uptime_when ? m->when - a->uptime_when : 0;
        usec_t expected = a->uptime + passed;

        if (!a->has_uptime || !m->has_uptime)
                return CLOCK_WENT_ON;
        if (expected + UPTIME_SLACK >= UPTIME_WRAP && m->uptime < a->uptime) /* after 497 days */
                expected -= MIN_OF(expected, UPTIME_WRAP);
        if (m->uptime + UPTIME_SLACK >= expected && m->uptime <= expected + UPTIME_SLACK &&
                (m->uptime >= a->uptime || expected < a->uptime))
                return CLOCK_WENT_ON;
        return m->uptime <= passed + UPTIME_SLACK ? CLOCK_BEGAN_ANEW : CLOCK_JUMPED;
}

static void log_agent(const SensorSet *set, const SensorAgent *a) {
        log_event(set->manager->journal,
                &(LogEvent){.priority = a->state == AGENT_OK ? LOG_NOTICE : LOG_WARNING,
                        .message_id = MESSAGE_AGENT_STATE,
                        .device = set->name,
                        .state = name_of(&agent_state_names, a->state)},
                "%s: SNMP agent %s%s%s%s%s", set->name, a->name ? a->name : "", a->name ? " " : "",
                name_of(&agent_state_names, a->state), a->detail[0] ? ": " : "", a->detail);
}

static void log_restart(const SensorSet *set, const SensorAgent *a, const MsgAgentState *m) {
        log_event(set->manager->journal,
                &(LogEvent){
                        .priority = LOG_NOTICE, .message_id = MESSAGE_AGENT_RESTARTED, .device = set->name},
                "%s: its SNMP agent %s%sbegan anew %llu s ago: counters have no rate for one poll", set->name,
                a->name ? a->name : "", a->name ? " " : "", (unsigned long long) (m->uptime / USEC_PER_SEC));
}

static void take_state(SensorSet *set, SensorAgent *a, const MsgAgentState *m, usec_t now) {
        bool news = a->state != m->state;

        memcpy(a->detail, m->detail, sizeof(a->detail));
        PROTOCOL_TEXT(a->detail);
        keep_printable(a->detail);
        memcpy(a->engine_id, m->engine_id, sizeof(a->engine_id));
        PROTOCOL_TEXT(a->engine_id);
        keep_printable(a->engine_id);
        a->state = m->state;
        a->heard = now;
        a->failed = agent_answers(m->state) ? 0 : a->failed + 1;
        if (m->has_uptime) {
                a->has_uptime = true;
                a->uptime = m->uptime;
                a->uptime_when = MIN_OF(m->when, now);
        }
        if (news)
                log_agent(set, a);
}

/* A poll that ended early says nothing of what it did not reach, for a while. */
static bool may_be_there(const Sensor *s, usec_t now) {
        return s->track.known && now - MIN_OF(s->track.value_when, now) <= POLLS_MISSED * s->interval;
}

static void miss(SensorSet *set, size_t agent, SensorReason reason, bool cut, usec_t now) {
        for (size_t i = 0; i < set->n_sensors; i++) {
                Sensor *s = &set->sensors[i];

                if (s->agent != agent)
                        continue;
                if (!s->sampled && !(cut && may_be_there(s, now)))
                        track_missing(&s->track, reason, now);
                s->sampled = false;
                track_verdict(&s->track, &s->spec, now, &s->verdict);
        }
}

bool sensor_set_poll(SensorSet *set, size_t agent, const MsgAgentState *m, usec_t now) {
        SensorAgent *a = &set->agents[agent];
        bool answered = agent_answers(m->state);
        ClockChange clock = answered ? clock_change(a, m) : CLOCK_WENT_ON;

        if (m->state < AGENT_OK || m->state > AGENT_UNKNOWN)
                return false;
        if (clock == CLOCK_BEGAN_ANEW) {
                a->restarted = now;
                log_restart(set, a, m);
        }
        take_state(set, a, m, now);
        for (size_t i = 0; answered && m->poll == a->poll && i < a->n_samples; i++)
                take_sample(set, agent, &a->samples[i], clock != CLOCK_WENT_ON);
        a->n_samples = 0;
        /* of a poll that was cut nobody knows whether what has no sample is still there */
        miss(set, agent, answered && !m->cut ? SENSOR_REASON_NONOPERATIONAL : SENSOR_REASON_SILENT,
                answered && m->cut, now);
        return set->n_sensors > set->n_rows;
}

void sensor_set_refuse(SensorSet *set, size_t agent, const char *why, usec_t now) {
        SensorAgent *a = &set->agents[agent];

        a->state = AGENT_REFUSED;
        a->failed = POLLS_MISSED;
        copy_text(a->detail, sizeof(a->detail), why);
        miss(set, agent, SENSOR_REASON_SILENT, false, now);
}

void sensor_set_extend(SensorSet *set, usec_t lateness) {
        for (size_t i = 0; i < set->n_agents; i++)
                set->agents[i].heard += lateness;
}

bool sensor_set_tick(SensorSet *set, size_t agent, usec_t now) {
        SensorAgent *a = &set->agents[agent];

        if (a->state == AGENT_SILENT || a->state == AGENT_REFUSED || now < a->heard ||
                now - a->heard <= POLLS_MISSED * a->config->interval + POLL_TIMEOUTS * a->config->timeout)
                return false;
        a->state = AGENT_SILENT;
        a->failed = POLLS_MISSED;
        copy_text(a->detail, sizeof(a->detail), "nothing was heard for three polls");
        log_agent(set, a);
        miss(set, agent, SENSOR_REASON_SILENT, false, now);
        return true;
}
