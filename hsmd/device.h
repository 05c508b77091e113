#ifndef HSMD_DEVICE_H
#define HSMD_DEVICE_H
/* One device as the daemon sees it: its probe, its judgement, its rows on the board.
 *
 *   device.c           made, taken over by a new configuration, freed
 *   device-probe.c     the probe process: started, asked, watched by deadlines, replaced
 *   device-evidence.c  what an attempt proved: from results and endings to the judgement
 *   device-login.c     the PIN and the guard
 *   device-conditions.c  what degrades it
 *   device-row.c       what is shown
 *   sensors.c          what poll learnt: from samples to conditions */

#include "board-writer.h"
#include "config.h"
#include "control.h"
#include "guard.h"
#include "judge.h"
#include "worker.h"

#define ATTEMPTS_KEPT 64
#define LATENCIES_KEPT 128

typedef struct Manager Manager;

typedef enum ProbePhase {
        PROBE_NONE,     /* no process */
        PROBE_STARTING, /* executed, has not said hello */
        PROBE_CLIMBING,
        PROBE_IDLE, /* on top of the ladder, holds its session */
        PROBE_CHECKING,
} ProbePhase;

typedef struct Sensor {
        bool known;
        MsgSample sample; /* the last one */
        int32_t value;    /* the last good value, tenths of a degree */
        bool has_value;
        usec_t value_when;
} Sensor;

typedef struct Device {
        Manager *manager;
        const ConfigDevice *config;
        const ConfigPool *pool;
        size_t index;     /* its row on the board */
        size_t key_index; /* its first row among the keys */
        size_t sensor_index;

        Judgement judgement;
        usec_t state_since_realtime;
        bool judged;    /* has had a first verdict */
        bool served;    /* as last told to the manager */
        bool held_keys; /* every required key, at the last success */

        /* the probe */
        Worker *worker;
        Ring *ring; /* of the last probe; outlives it */
        ProbePhase phase;
        uint64_t attempt;
        bool climb; /* the attempt under way is a climb */
        usec_t due, started;
        sd_event_source *due_source, *deadline_source;
        usec_t awaiting_since; /* a check has been due since then without evidence; 0 = none is */
        usec_t stopped_at;     /* the probe is stopped, and excused because hsmd itself had not run */
        GuardQuestion *question;
        char token_serial[64], pin_hmac[65];
        bool pin_proven, login_running, logged_in;
        unsigned losses;          /* probes lost by nobody's fault since the last good check from the top */
        unsigned kills_logged_in; /* consecutive kills that left a session behind on the machine */

        /* what was seen */
        MsgProbeResult result; /* the last one */
        bool has_result;
        uint64_t latency[STEP_MAX + 1]; /* last known of each step, microseconds */
        usec_t climbed_at, last_evidence, last_success;
        uint64_t last_rv;
        uint32_t last_call;
        usec_t last_call_usec;
        bool has_last_call, last_call_unreturned;
        char detail[192];    /* of the last failure; empty after a success */
        char condition[192]; /* of what makes it degraded; empty if nothing does */
        uint64_t probes, failures, probe_restarts, checks_skipped, logins, signs, signs_of_probe;
        usec_t start_delay_max;
        AttemptRecord attempts[ATTEMPTS_KEPT];
        uint64_t n_attempts;
        uint32_t latencies[LATENCIES_KEPT];
        uint64_t n_latencies;
        ProbeKeyResult keys[PROTOCOL_KEYS_MAX]; /* by the pool's key order */
        usec_t key_signed[PROTOCOL_KEYS_MAX];
        uint64_t key_signs[PROTOCOL_KEYS_MAX], key_failures[PROTOCOL_KEYS_MAX];

        /* the machine's SNMP agent */
        AgentState agent_state;
        usec_t agent_when;
        Sensor sensors[PROTOCOL_SENSORS_MAX];
} Device;

/* device.c */
int device_new(Manager *manager, const ConfigDevice *config, const ConfigPool *pool, Device **ret);
Device *device_free(Device *device);
/* Another configuration of the same device: the probe and what is known stay. */
void device_adopt(Device *device, const ConfigDevice *config, const ConfigPool *pool);
/* Another probe for the same device: its counters go on, for they restart only when hsmd does. */
void device_carry_counters(Device *device, const Device *old);
/* Its sensors are others now: what the old ones said is forgotten. */
void device_forget_sensors(Device *device);

/* device-probe.c */
/* First attempt after delay. */
int device_start(Device *device, usec_t delay);
void device_stop(Device *device, usec_t grace);
void device_extend(Device *device, usec_t lateness);
/* Every second. */
void device_tick(Device *device, usec_t now);
/* Ends the probe at once; the attempt under way, if any, is over. */
void device_drop_probe(Device *device, bool kill);
/* After a reload: the next attempt is at most one interval away, as the published bound says. */
void device_hasten(Device *device, usec_t now);
/* Plans the next attempt after one has ended. */
void device_plan(Device *device, usec_t now);

/* device-evidence.c */
void device_result(Device *device, const MsgProbeResult *result, usec_t now);
/* The attempt ended without a result: the probe was killed at its deadline (TIMEOUT) or died (CRASHED). `how`
 * says what happened to it between calls: "stopped", "died", "did not answer". */
void device_attempt_lost(Device *device, Reason reason, const char *how, usec_t now);
/* The probe ended or stopped with no attempt under way: nobody's fault but ours. */
void device_probe_lost(Device *device, const char *how, usec_t now);
void device_no_evidence(Device *device, usec_t now);

/* After any judgement: tells it (state and reason before are what was shown) and shows it. */
void device_judged(Device *device, bool changed, DeviceState before, Reason reason_before);

/* device-login.c: the PIN is asked for by the probe when its climb reaches login, and granted by the guard.
 */
/* Both return whether it was the turn of that message. */
bool device_pin_wanted(Device *device, const MsgPinWanted *message);
bool device_login_done(Device *device, const MsgLoginDone *message);
/* The probe ends: if it was given a PIN and has not said how the login went, that is noted. */
void device_note_lost_login(Device *device);

/* device-conditions.c */
/* What is said beside state and reason, in English; may be empty. */
const char *device_detail(const Device *device);
/* Judges the conditions anew. */
void device_conditions(Device *device, usec_t now);

/* device-row.c */
void device_publish(Device *device);
/* Whether every key that its pool's services need is usable, or found where it is only looked for. */
bool device_holds_keys(const Device *device);
/* Whether its pool may count on it. */
bool device_serves(const Device *device);

/* sensors.c */
void device_sample(Device *device, const MsgSample *sample);
void device_agent_state(Device *device, const MsgAgentState *state);
void sensors_publish(Device *device);
/* The first sensor: NULL if none is configured. */
const ConfigSensor *device_temperature_sensor(const Device *device);
/* Agent or samples older than three polls are as good as silent. */
void device_sensors_tick(Device *device, usec_t now);

#endif
