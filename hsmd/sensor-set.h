#ifndef HSMD_SENSOR_SET_H
#define HSMD_SENSOR_SET_H
/* The sensors of one device or of one site, and the SNMP agents that tell them.
 *
 * - sensor-set.c: made from the configuration and from what was found before; inherits what an older one knew
 * - sensor-poll.c: a poll's samples: to which sensors they belong, what they make of them
 * - sensor-row.c: what is shown
 * - sensor-words.c: what is said */

#include <systemd/sd-event.h>

#include "board-writer.h"
#include "sensor-judge.h"
#include "sensor-numbers.h"

typedef struct Manager Manager;

/* So long it is told that an agent or a machine began anew. */
#define RESTART_TOLD (10 * 60 * USEC_PER_SEC)

/* One SNMP agent. */
typedef struct SensorAgent {
        const ConfigSnmp *config;
        const char *name; /* NULL: a device's own */
        uint32_t number;  /* by which poll knows it */
        AgentState state;
        usec_t heard; /* last, or since when it is waited for; later by what hsmd itself did not run meanwhile
                       */
        unsigned failed; /* polls in a row without an answer */
        char detail[256], engine_id[72];
        bool has_uptime;
        usec_t uptime, uptime_when; /* as told last, and when */
        usec_t restarted;           /* when it was seen to have begun anew; 0: never */
        MsgSample *samples;         /* of the poll under way */
        size_t n_samples;
        uint64_t poll; /* to which they belong */
} SensorAgent;

/* Whether an agent in that state tells anything. */
static inline bool agent_answers(AgentState state) {
        return state == AGENT_OK || state == AGENT_DUPLICATE_ENGINE;
}

typedef struct Sensor {
        uint32_t number;
        size_t agent; /* index in the set's */
        const ConfigProfile *profile;
        const ConfigSensor *config; /* its entry in the profile */
        ConfigSensor
                spec;    /* the same with what the type adds where the table tells it: by this it is judged */
        usec_t interval; /* between polls of its agent */
        uint32_t item;   /* by which poll knows its entry in the profile */
        char key[128];   /* of a row: its label or index; "" for a single instance */
        char name[64], index[64];
        SensorType type; /* the entry's, or as the table tells; set by sensor_set_type */
        int32_t precision;
        char units[32];
        bool sampled; /* in the poll under way */
        SensorTrack track;
        SensorVerdict verdict;
        int32_t scale, shown_precision; /* as shown last: an NMS learns them once, so they never fall back */
        double beside;                  /* what it was compared with last: the pool's median, or the room */
} Sensor;

typedef struct SensorSet {
        Manager *manager;
        BoardTable table;    /* BOARD_SENSORS or BOARD_SITE_SENSORS */
        uint32_t owner;      /* number of the device or site */
        char owner_name[80]; /* by which its numbers are kept: "device-NAME", "site-NAME" */
        char name[64];       /* of the owner, for messages */
        SensorAgent *agents;
        size_t n_agents;
        Sensor *sensors; /* in order of number */
        size_t n_sensors;
        size_t row;          /* the first of its rows on the board */
        size_t n_rows;       /* rows that it has there; fewer than sensors until the board is made anew */
        uint64_t unnumbered; /* rows that got no number because all were used */
} SensorSet;

/* A device's, or a site's (index: its place in the configuration). What is configured, and every row of a
 * walked table that was ever found. Negative errno. */
int sensor_set_of_device(Manager *manager, const Config *config, const ConfigDevice *device, SensorSet **ret);
int sensor_set_of_site(Manager *manager, const Config *config, size_t index, SensorSet **ret);
SensorSet *sensor_set_free(SensorSet *set);

/* Takes over what an older set of the same owner knew of agents and sensors that are configured alike. */
void sensor_set_inherit(SensorSet *set, const SensorSet *old);

/* The number by which poll knows an entry of a profile, from 1. */
uint32_t sensor_item(const Config *config, size_t profile, size_t sensor);

/* The table tells what type the row has. */
void sensor_set_type(Sensor *sensor, SensorType type);

/* The name of a row: the entry's with the row's label or index. */
void sensor_set_key(Sensor *sensor, const char *key);

/* A sensor that has not told anything yet; its number is to be given. */
Sensor sensor_set_make(const SensorSet *set, size_t agent, const ConfigProfile *profile,
        const ConfigSensor *config, uint32_t item);

/* By what its number is kept. */
SensorName sensor_set_name(const SensorSet *set, const Sensor *sensor);

/* Adds a sensor at its place. NULL without memory; pointers into sensors end. */
Sensor *sensor_set_add(SensorSet *set, const Sensor *sensor);

/* The machine's, or the room's, temperature: of the first entry that means one; NULL if there is none. */
const Sensor *sensor_set_temperature(const SensorSet *set);

/* The same, NULL while its value is worth nothing. */
const Sensor *sensor_set_temperature_now(const SensorSet *set);

/* What tells how long the machine itself runs; NULL if nothing does. */
const Sensor *sensor_set_uptime(const SensorSet *set);

/* What it is about: as configured, else as its type says. */
SensorMeaning sensor_meaning(const Sensor *sensor);

/* Whether somebody is to be told that it tells nothing of worth. */
bool sensor_is_missed(const Sensor *sensor);

/* Whether the sensor's value is worth something now. */
bool sensor_is_ok(const Sensor *sensor);

/* --- sensor-poll.c */

/* Keeps a sample until its poll is over. */
void sensor_set_sample(SensorSet *set, size_t agent, const MsgSample *sample);

/* Whether the entry means this row of its table: “only” and “except”. */
bool sensor_is_wanted(const ConfigSensor *config, const char *label, const char *index);

/* The poll is over: judges its samples, and what was missing. Returns whether sensors were found that have no
 * row on the board. */
bool sensor_set_poll(SensorSet *set, size_t agent, const MsgAgentState *state, usec_t now);

/* The agent is not polled at all, and why. */
void sensor_set_refuse(SensorSet *set, size_t agent, const char *why, usec_t now);

/* hsmd itself did not run for so long: no agent is to blame. */
void sensor_set_extend(SensorSet *set, usec_t lateness);

/* Nothing was heard of an agent for three polls, whatever its state was last. Returns whether that is news.
 */
bool sensor_set_tick(SensorSet *set, size_t agent, usec_t now);

/* --- sensor-row.c */
void sensor_set_publish(SensorSet *set);

/* Tenths of a unit, as FIELD_CELSIUS has them. */
int32_t sensor_tenths(double value);

/* --- sensor-words.c: English, for a device's or site's detail and the journal. */

/* Its finding: "temperature 81.5 degrees Celsius, warning at 65.0"; of a sensor whose value is worth nothing
 * why. */
char *sensor_words(const Sensor *sensor, char *dst, size_t size);

/* What a state's number means; NULL if the profile does not say. */
const char *sensor_state_word(const Sensor *sensor, double value);

#endif
