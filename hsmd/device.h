#ifndef HSMD_DEVICE_H
#define HSMD_DEVICE_H
/* One device as the daemon sees it: its probe, its judgement, its rows on the board.
 *
 *   device.c           made, taken over by a new configuration, freed
 *   device-process.c   the probe's process: how it is started and what it is told
 *   device-probe.c     the probe: asked, watched by deadlines, replaced
 *   device-rest.c      the machine is not to be touched, or is checked at a drill's pace
 *   device-recycle.c   a probe that has grown or is old hands over to another
 *   device-keys.c      what it holds of the pool's keys
 *   device-evidence.c  what an attempt proved: from results and endings to the judgement
 *   device-login.c     the PIN and the guard
 *   device-conditions.c  what degrades it
 *   device-facts.c     what the judgement over all machines is told
 *   device-rollup.c    what it did in a minute
 *   device-row.c       what is shown
 *   device-location.h  where its fault is suspected
 *   maintenance.h      out of service on an operator's word
 *   sensor-set.h       what its SNMP agent tells */

#include "availability.h"
#include "board-writer.h"
#include "config.h"
#include "control.h"
#include "guard.h"
#include "judge.h"
#include "location.h"
#include "matrix.h"
#include "pins.h"
#include "sensor-set.h"
#include "situation.h"
#include "worker.h"

#define ATTEMPTS_KEPT 64
#define LATENCIES_KEPT 128

typedef struct Manager Manager;
typedef struct SecondProbe SecondProbe;
typedef struct Measurement Measurement;
typedef struct Maintenance Maintenance;

/* Why a device is in maintenance; it is while there is any. */
typedef enum MaintenanceWhy {
        MAINTENANCE_OF_OPERATOR = 1, /* bits */
        MAINTENANCE_OF_BURST = 2,
} MaintenanceWhy;

/* How often something happened in the last 24 hours. */
typedef struct DayCount {
        uint64_t hours[24];
        uint64_t hour; /* number of the newest, since boot */
} DayCount;

typedef enum ProbePhase {
        PROBE_NONE,     /* no process */
        PROBE_STARTING, /* executed, has not said hello */
        PROBE_CLIMBING,
        PROBE_IDLE, /* on top of the ladder, holds its session */
        PROBE_CHECKING,
} ProbePhase;

typedef struct Device {
        Manager *manager;
        const ConfigDevice *config;
        const ConfigPool *pool;
        size_t index;     /* its row on the board */
        size_t key_index; /* its first row among the keys */
        size_t mechanism_index;

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
        usec_t pin_asked; /* when the guard was asked, while the deadline waits for its answer */
        char token_serial[64], pin_hmac[65];
        bool pin_proven, login_running, logged_in;
        unsigned losses;          /* probes lost by nobody's fault since the last good check from the top */
        bool again;               /* the attempt under way, if it fails, is followed by another at once */
        bool hurry;               /* somebody waits for the next attempt */
        unsigned kills_logged_in; /* consecutive kills that left a session behind on the machine */
        SecondProbe *successor;   /* a probe that is to take the place of the first */
        usec_t successor_not_before;
        uint64_t recycles;
        uint64_t probe_memory; /* resident, octets; 0 = not known */
        /* measure.h: the burst under way, what bursts found of each mechanism, when the next may begin */
        Measurement *measurement;
        struct Measured *measured;
        size_t n_measured;
        struct MeasuredRead *measured_read;
        usec_t measure_next, measure_due;
        Maintenance *maintenance;  /* maintenance.h: on an operator's word, or NULL */
        unsigned maintenance_whys; /* bits of MaintenanceWhy */

        /* what was seen */
        MsgProbeResult result; /* the last one */
        bool has_result;
        uint64_t latency[STEP_MAX + 1]; /* last known of each step, microseconds */
        usec_t climbed_at, last_evidence, last_success;
        uint64_t last_rv;
        uint32_t last_call;
        usec_t last_call_usec;
        bool has_last_call, last_call_unreturned;
        char detail[192];               /* of the last failure; empty after a success */
        char condition[192];            /* of what makes it degraded; empty if nothing does */
        Finding findings[FINDINGS_MAX]; /* all that does, each with its resource */
        size_t n_findings;
        usec_t last_good; /* as last_success; moved by the time in which hsmd itself did not run */
        RollupRow minute; /* what it did since minute_start (CLOCK_REALTIME) */
        usec_t minute_start, rolled_up;
        Availability availability;
        uint64_t probes, failures, probe_restarts, checks_skipped, logins, signs, signs_of_probe;
        usec_t start_delay_max;
        AttemptRecord attempts[ATTEMPTS_KEPT];
        uint64_t n_attempts;
        uint32_t latencies[LATENCIES_KEPT];
        uint64_t n_latencies;
        ProbeKeyResult keys[PROTOCOL_KEYS_MAX]; /* by the pool's key order */
        usec_t key_signed[PROTOCOL_KEYS_MAX];
        uint64_t key_signs[PROTOCOL_KEYS_MAX], key_failures[PROTOCOL_KEYS_MAX];
        uint64_t key_operations[PROTOCOL_KEYS_MAX], key_errors[PROTOCOL_KEYS_MAX];
        MsgProbeKey *seen_keys[PROTOCOL_KEYS_MAX]; /* public keys as found where none is pinned; or NULL */
        DayCount logins_day, signs_day;
        /* the last diagnosis, since it last succeeded: */
        struct {
                bool tried;
                int error; /* errno, 0: it took the connection */
                usec_t usec;
        } connect[2];         /* of the cipher service's port, of the management port */
        usec_t first_failure; /* since it last succeeded; 0: it has not failed since */
        Evidence held;        /* a failure that is judged when the link's witness has spoken */
        bool holds;
        LocationFacts location_facts; /* of the last failed attempt: step, reason and hint */
        Location location;            /* while the last attempt failed */

        SensorSet *sensors;     /* what the machine's SNMP agent tells */
        double uptime;          /* of the machine itself, as last told; seconds */
        uint32_t uptime_sensor; /* by which */
        usec_t rebooted;        /* when that began anew; 0: never seen */
} Device;

/* device.c */
int device_new(Manager *manager, const ConfigDevice *config, const ConfigPool *pool, Device **ret);
Device *device_free(Device *device);
/* Another configuration of the same device: the probe and what is known stay. */
void device_adopt(Device *device, const ConfigDevice *config, const ConfigPool *pool);
/* Another probe for the same device: its counters go on, for they restart only when hsmd does. */
void device_carry_counters(Device *device, const Device *old);
/* Other sensors of the same device, which takes the set over. */
void device_set_sensors(Device *device, SensorSet *set);

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
/* An attempt as soon as may be, on somebody's word; with climb by a new process. Returns its number. */
uint64_t device_probe_now(Device *device, bool climb);
/* Plans the next attempt after one has ended. */
void device_plan(Device *device, usec_t now);

/* device-rest.c */
/* Nothing is to touch the machine: it is in maintenance without probing. */
bool device_rests(const Device *device);
/* From now on: an attempt under way ends, then its probe is closed; no other is made. */
void device_rest(Device *device);
/* It is touched again: at once, by a new probe. */
void device_wake(Device *device);
/* The pace of a drill begins: the next check comes after delay, unless an attempt is under way. */
void device_pace(Device *device, usec_t delay);

/* device-process.c */
int device_start_process(Device *device, const WorkerOps *ops, void *userdata, Worker **ret);
/* measure: it climbs to measure and exercises nothing by itself. */
int device_send_config(Device *device, Worker *worker, int ring_fd, bool measure);

/* "CKR_…" of the standard or of the device's vendor, else hexadecimal digits. */
const char *device_return_name(const Device *device, uint64_t rv, char buffer[static 24]);

/* device-recycle.c */
/* Every second: whether the probe's budget of memory, descriptors and age is used up. */
void device_recycle_tick(Device *device, usec_t now);
/* The process that stands on top of its ladder becomes the device's probe; takes over worker and ring. */
void device_replace_probe(Device *device, Worker *worker, Ring *ring, const MsgProbeResult *result);
extern const WorkerOps device_probe_ops;

/* device-keys.c */
/* What counts of a key on this member: KEY_UNKNOWN while the member tells nothing of it. */
KeyState device_key_state(const Device *device, size_t key);
Fingerprint device_key_fingerprint(const Device *device, size_t key);
/* Takes what an attempt said of the keys; returns whether anything is other than before. */
bool device_take_keys(Device *device, const MsgProbeResult *result, usec_t now);
bool device_take_seen_key(Device *device, const MsgProbeKey *message);
/* Whether every key that its pool's services need is usable, or found where it is only looked for. */
bool device_holds_keys(const Device *device);
void device_publish_keys(const Device *device);

/* A C_Login reached the machine. */
void device_count_login(Device *device);
void day_count(DayCount *count, uint64_t n, usec_t now);
uint64_t day_total(const DayCount *count, usec_t now);

/* device-evidence.c */
void device_result(Device *device, const MsgProbeResult *result, usec_t now);
/* The attempt ended without a result: the probe was killed at its deadline (TIMEOUT) or died (CRASHED). `how`
 * says what happened to it between calls: "stopped", "died", "did not answer". */
void device_attempt_lost(Device *device, Reason reason, const char *how, usec_t now);
/* The probe ended or stopped with no attempt under way: nobody's fault but ours. */
void device_probe_lost(Device *device, const char *how, usec_t now);
void device_no_evidence(Device *device, usec_t now);
/* Every second: a device that flapped may have calmed down. */
void device_falls_forgotten(Device *device, usec_t now);
/* The witness of its link has spoken: the failure that waited for it is judged, if there is one. */
void device_judge_held(Device *device, usec_t now);
/* Its probes do not end, so no more are started. */
void device_unkillable(Device *device, usec_t now);

/* Out of service for one of two reasons, or not for that one any more. */
void device_set_maintenance(Device *device, MaintenanceWhy why, bool maintenance);
/* Nothing is known of it any more: only evidence from now on counts. */
void device_begin_anew(Device *device);

/* After any judgement: tells it (state and reason before are what was shown) and shows it. */
void device_judged(Device *device, bool changed, DeviceState before, Reason reason_before);

/* device-login.c: the PIN is asked for by the probe when its climb reaches login, and granted by the guard.
 */
/* Both return whether it was the turn of that message. */
bool device_pin_wanted(Device *device, const MsgPinWanted *message);
bool device_login_done(Device *device, const MsgLoginDone *message);
/* The probe ends: if it was given a PIN and has not said how the login went, that is noted. */
void device_note_lost_login(Device *device);
/* An attempt ended without a word of C_Login; logins: how often its process says that it called it. */
void device_login_not_made(Device *device, uint64_t logins);
/* A second probe has logged in with a proven PIN, or has tried to. */
void device_second_login_done(Device *device, const char *serial, const char *hmac, uint64_t rv);

/* device-conditions.c */
/* What is said beside state and reason, in English; may be empty. */
const char *device_detail(const Device *device);
/* Judges the conditions anew. */
void device_conditions(Device *device, usec_t now);

/* device-facts.c: what the judgement over all machines is told of one. */
void device_facts(const Device *device, DeviceFacts *ret);
/* Signatures a second: as measured out of service, else as the vendor states; 0: not known. */
uint32_t device_capacity(const Device *device);

/* device-rollup.c: every second, and after every check. */
void device_rollup_tick(Device *device, usec_t now, usec_t realtime);
void device_rollup_check(Device *device, bool ok, uint64_t latency);
/* Keeps the minute under way. */
void device_rollup_keep(Device *device);

/* device-row.c */
/* Microseconds, the median of its last good checks; 0: there was none. */
uint32_t device_latency_p50(const Device *device);
void device_publish(Device *device);
/* Whether its pool may count on it. */
bool device_serves(const Device *device);

#endif
