#ifndef HSMD_SITUATION_H
#define HSMD_SITUATION_H
/* What the devices come to together: pools, services, alarms, failovers, and the events that tell of them.
 * Pure: no I/O, no clock; the caller brings facts and times, and is given events. (Memory is taken when it is
 * made, and for alarms and events as they come.)
 *
 * After facts were given, situation_settle judges what they touch and emits, in this order: states of
 * devices, alarms (raised, changed, cleared), states of pools, failovers, services. Giving the same facts
 * again emits nothing.
 *
 * Alarms are level-triggered: what is wrong now has its alarm, and what is not wrong any more has none. The
 * key of an alarm is its code, what it is about (device, site, pool, receiver) and its resource; so nothing
 * is raised twice.
 *
 * - A device that is down has device-down, cause its reason; after a wrong answer (wrong_signature,
 * wrong_answer, nonce_repeated) an alarm with that code instead, critical, which stands until it is up. One
 * that is unknown has device-unknown, unless its device-down is still active (nothing but evidence clears
 * that) or it is starting, failing, waits for its PIN or the watcher is isolated: then what it has stays as
 * it is. One that flaps has flapping instead of device-down and device-unknown, from then until it flaps no
 * more: its ups and downs change nothing. Recovering clears nothing.
 * - Each finding of a device (key-missing, hot, …) has an alarm of its own, with its resource. Findings of
 * keys stand as they are while the device is neither up nor degraded, those of sensors while sensors_judged
 * is false. That an agent is silent (sensor-lost) is raised while its machine is up or degraded, and of a
 * room while one of its machines is; not within two minutes after that has come back. Found by the Situation
 * itself: bound-exceeded, for an hour, when a fault was declared more than half a second later than the bound
 * allows; virtual-disagrees, when for longer than the bound a virtual slot serves while no member does, or is
 * down while one serves.
 * - When a second device of one pool, one site or one shared service is declared (down or unknown) within the
 * window of the first, one common-cause alarm is raised that carries the first's id as `correlated`, and the
 * first is cleared, cause superseded. The window is the larger of the two bounds. What falls later, within a
 * window of the last one, and shares something with any of them, only updates it: that is an event, without a
 * notification, its severity included. One that was raised before for the same pool, site and service, and
 * still stands, is taken instead of another one; that is notified. It is about the pool, the site and the
 * service that all of them share, and suspects the places that all of them do. Its cause is shared_service
 * while they share one and no machine behind that has answered since.
 * A virtual slot counts with members that fell together, and makes no common cause with one of them. It is
 * cleared when all of them are back. Wrong answers are never hidden in one.
 * - Severity of these: critical when a service of the pool is lost, major when one is at_risk or degraded,
 * else minor; without services the pool's state counts alike. Findings have a severity of their own
 * (alarm-code.h), and that of the service when the device does not serve because of them. A change of
 * severity is notified; other words alone are an event without a notification, at most one a minute, then
 * every two, … six hours. An acknowledged alarm stays acknowledged when it worsens.
 * - In maintenance a device has no alarm but maintenance-ending.
 *
 * What is told of a pool or service follows what is at once when it is worse, and when it is better only as
 * far as that does not rest on a device that flaps: a view may be ok while the last event still says at_risk.
 * service_at_risk is notified when a service is worse than was told; what is better, and not ok yet, is the
 * same event without a notification. A service that becomes unknown is told of by nothing: its pool is.
 *
 * A failover is entered when a member that served is declared down, or holds a required key no more, unless
 * it is in maintenance or the watcher is isolated. A device that flaps has its failovers entered without a
 * notification. One that is unknown in between is lost when it is declared down, not before.
 *
 * After a restart: what was kept is given by situation_restore_… before the first settle, or later and is
 * then merged. A device that has had no verdict since keeps its alarms, a pool with such a member and its
 * services are told of only when it has; what is as it was told before is not told again. */

#include "event.h"
#include "pool.h"

typedef struct Situation Situation;

/* --- what is configured; strings and arrays are the caller's and live as long as the Situation */

typedef struct SituationDevice {
        uint32_t number;
        const char *name, *title;
        size_t pool, site;          /* indices */
        const char *shared_service; /* or NULL */
        bool virtual_slot;          /* no member: compared with its pool's members */
        usec_t bound;               /* its detection bound */
} SituationDevice;

typedef struct SituationPool {
        uint32_t number;
        const char *name, *title;
        uint32_t required;
} SituationPool;

typedef struct SituationSite {
        uint32_t number;
        const char *name, *title;
} SituationSite;

typedef struct SituationService {
        uint32_t number;
        const char *name, *title;
        size_t pool;
        uint32_t keys;          /* a bit a key, by its place in the pool */
        uint32_t required_rate; /* 0: not known */
        bool confirmed;
} SituationService;

typedef struct SituationConfig {
        const char *name, *title; /* of the fleet */
        SituationDevice *devices;
        SituationPool *pools;
        SituationSite *sites;
        SituationService *services;
        size_t n_devices, n_pools, n_sites, n_services;
} SituationConfig;

typedef struct SituationOps {
        /* The number of the next event: never one that was given before. */
        uint64_t (*number)(void *userdata);
        /* Something happened. The event has its number, time and texts; notify_sequence and durable are not
         * set. notify: receivers are told. */
        void (*event)(const Event *event, bool notify, void *userdata);
} SituationOps;

int situation_new(const SituationConfig *config, const SituationOps *ops, void *userdata, Situation **ret);
Situation *situation_free(Situation *situation);

/* --- facts */

typedef struct Moment {
        usec_t monotonic, realtime;
} Moment;

/* One thing that is wrong. */
typedef struct Finding {
        Reason reason;
        char resource[64];             /* a key's label, a sensor's name, a receiver; or "" */
        char detail[160];              /* in English, or "" */
        FaultPlace place, other_place; /* 0: what the table of location.h says of the reason alone */
} Finding;

#define FINDINGS_MAX 24

typedef struct DeviceFacts {
        DeviceState state;
        Reason reason;
        Step failed_step;
        bool judged;  /* has had a first verdict since hsmd started */
        bool serves;  /* its pool may count on it: by its state, and by its keys */
        bool failing; /* a first failure is being confirmed: it will be down, or up */
        bool flapping;
        usec_t flap;                     /* level; kept with its falls */
        usec_t last_good, first_failure; /* CLOCK_MONOTONIC; 0: none. last_good is moved by the time in which
                                            hsmd itself did not run */
        char call[40], ret[40];          /* of the failure: "C_Sign", "CKR_DEVICE_ERROR"; or "" */
        FaultPlace place, other_place;   /* 0: none */
        uint32_t keys_held;  /* a bit a key of its pool: usable, or found where it is only looked for */
        uint32_t keys_used;  /* a bit a key that was exercised, and was right */
        uint32_t keys_known; /* a bit a key of which it has told since hsmd started */
        uint32_t capacity;   /* signatures a second; 0: not known */
        uint32_t latency;    /* microseconds, the median of its good checks; 0: not known */
        bool keys_judged;    /* its findings of keys count: a check has succeeded since hsmd started */
        bool sensors_judged; /* those of sensors, likewise; true without an agent */
        Finding findings[FINDINGS_MAX];
        size_t n_findings;
} DeviceFacts;

void situation_device(Situation *situation, size_t device, const DeviceFacts *facts);
/* Of a room. judged: its agents have told since hsmd started. */
void situation_site(Situation *situation, size_t site, const Finding *findings, size_t n, bool judged);
/* Of hsmd itself: disk, receivers, the link, virtual slots are found by the Situation. */
void situation_host(Situation *situation, const Finding *findings, size_t n);

void situation_settle(Situation *situation, Moment now);
/* Every second: what comes by time alone (windows that end, a bound that was exceeded an hour ago). */
void situation_tick(Situation *situation, Moment now);

/* -ENOENT: no such active alarm; -EALREADY. */
int situation_acknowledge(Situation *situation, uint32_t alarm, const char *by, uint32_t uid, Moment now);

/* Raises and clears an alarm `selftest`; the alarm's id. */
uint32_t situation_selftest(Situation *situation, const char *by, Moment now);

/* --- what it came to */

typedef struct PoolView {
        PoolState state;
        uint32_t members, serving, required;
        int32_t survivable;
        uint32_t capacity;    /* of the members that serve; 0: not known of one of them */
        bool judged;          /* every member has had its first verdict */
        uint64_t failovers;   /* of all time, as far as it was kept */
        usec_t last_failover; /* CLOCK_REALTIME; 0 = never */
        usec_t last_detection;
} PoolView;

typedef struct ServiceView {
        ServiceState state;
        Basis basis;
        uint32_t serving, members; /* members of its pool that serve with its keys, and all */
        int32_t survivable;
        uint32_t keys_usable, keys_required;
        bool has_headroom;
        int32_t headroom;
        uint32_t capacity;
} ServiceView;

PoolView situation_pool(const Situation *situation, size_t pool);
ServiceView situation_service(const Situation *situation, size_t service);
/* The worst service; without services the worst pool. */
ServiceState situation_fleet(const Situation *situation);

/* An active alarm: what its last event says, and who acknowledged it. */
typedef struct Alarm {
        uint32_t id;
        uint32_t code; /* AlarmCode */
        Severity severity;
        Reason cause;
        size_t device, pool, service, site; /* indices; SIZE_MAX: none */
        char resource[64];
        Moment since; /* monotonic: of before hsmd started it may be 0 */
        char text[256], text_local[256];
        FaultPlace place, other_place;
        uint32_t correlated;
        bool acknowledged;
        char acknowledged_by[64];
        usec_t acknowledged_when; /* CLOCK_REALTIME */
} Alarm;

/* In order of id; valid until the next settle. */
const Alarm *const *situation_alarms(const Situation *situation, size_t *ret_n);
/* How many of a severity. */
uint32_t situation_alarms_of(const Situation *situation, Severity severity);
/* Changes with every alarm raised, changed, acknowledged or cleared. */
uint64_t situation_alarms_version(const Situation *situation);

#define FAILOVERS_KEPT 64
typedef struct Failover {
        uint32_t id;
        size_t pool, device; /* indices; SIZE_MAX: not configured any more, and then not shown */
        usec_t last_good, first_failure, declared, returned; /* CLOCK_REALTIME; 0: none */
        usec_t detection;
        uint32_t survivors;
        uint32_t latency_before, latency_after; /* the survivors' mean median, microseconds; 0: not known */
} Failover;
/* The last ones, in order of id. */
const Failover *situation_failovers(const Situation *situation, size_t *ret_n);
uint64_t situation_failovers_version(const Situation *situation);

/* --- what was kept across a restart, from the events that told of it */

/* The last event of an active alarm (raised or changed), with what its first and its acknowledgement said. */
typedef struct AlarmRecord {
        Event event;
        usec_t since; /* CLOCK_REALTIME */
        bool acknowledged;
        char acknowledged_by[64];
        usec_t acknowledged_when;
} AlarmRecord;

/* Alarms of what is not configured any more are cleared, cause unconfigured, at the next settle. Those of
 * hsmd itself stand until situation_host is called. reason_text of a common cause holds its members' numbers.
 */
void situation_restore_alarm(Situation *situation, const AlarmRecord *record, Moment now);
/* event: pool_failover, or failover_returned of an id that was given before, in order. All that are open
 * should be given, however old, beside the last ones: or they are never closed. */
void situation_restore_failover(Situation *situation, const Event *event);
/* How many a pool has had of all time. */
void situation_restore_failover_count(Situation *situation, uint32_t pool, uint64_t n);
/* The last event of a pool (pool_state, pool_recovered) or service that told a state. */
void situation_restore_told(Situation *situation, const Event *event);

/* Another configuration: takes over alarms, failovers and what was told from the old one, by the numbers and
 * names of what they are about; the facts are to be given again. */
void situation_carry(Situation *situation, Situation *old, Moment now);

#endif
