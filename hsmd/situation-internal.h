#ifndef HSMD_SITUATION_INTERNAL_H
#define HSMD_SITUATION_INTERNAL_H
/* The Situation from inside.
 *
 *   situation.c           made, freed, given facts, settled
 *   situation-pool.c      verdicts of pools and services, and what is told of them
 *   situation-device.c    a device's falls: down, unknown, a wrong answer, flapping
 *   situation-finding.c   what else is wrong with a device, a site, hsmd itself
 *   situation-own.c       what only all devices together show: virtual slots, detection bounds
 *   situation-common.c    falls that have one cause
 *   situation-failover.c  the ledger
 *   situation-alarm.c     alarms raised, changed, acknowledged, cleared
 *   situation-event.c     events are put together and emitted
 *   situation-restore.c   what was kept across a restart
 *   situation-carry.c     another configuration
 *
 * A settle has phases, so that everything is judged by one and the same picture: states of devices, verdicts
 * of pools and services, alarms, then what is told of pools, failovers and services. */

#include "alarm-code.h"
#include "event-text.h"
#include "service.h"
#include "situation.h"

#define NOWHERE SIZE_MAX

typedef struct Group Group;
typedef struct AlarmEntry AlarmEntry;

/* No words have this core: a kept alarm says something else now. */
#define CORE_OTHER 2

/* alarm.text and the like are those of the last event that told of it. */
struct AlarmEntry {
        Alarm alarm; /* first: who asks is given these */
        Event event; /* the last one */
        AlarmEntry **owner, *next;
        Group *group;       /* of a common cause */
        uint64_t core;      /* what its words rest on, without counts; 0: not known */
        usec_t words_after; /* not before then its words alone are news (CLOCK_MONOTONIC), */
        usec_t words_pause; /* and after the next time so much later */
        usec_t words_due;   /* when they are; 0: they are as they were told */
        bool superseded;    /* another one, older, says the same: cleared at the next settle */
        Step step;          /* of its words; of a kept alarm they are not known */
        char call[40], ret[40];
};

/* Devices that fell together. */
struct Group {
        AlarmEntry *entry; /* NULL: not raised yet */
        Group *next;
        size_t first; /* device, then Dev.group_next */
        size_t n_members;
        size_t pool, site, shared; /* what all members share; NOWHERE: not one */
        usec_t last, bound;        /* the last declaration */
        bool incomplete; /* its kept event could not name all members: those that are found down join */
        bool regrouped;  /* a member has come or gone: told at once, for a restart must know */
        bool took_over;  /* it stands for a later fall's alarm, which receivers have: they are told */
        bool touched;
};

typedef struct Dev {
        const SituationDevice *config;
        DeviceFacts facts;
        bool given, touched;
        size_t next_in_pool, next_in_site, next_in_shared;
        size_t shared; /* the first device with the same shared service */
        AlarmEntry *alarms;
        DeviceState told; /* 0: nothing yet */
        usec_t declared;  /* of its last fall, CLOCK_MONOTONIC */
        Group *group;
        size_t group_next;
        bool served;              /* its loss would be a failover */
        bool losing;              /* it is one, in this settle */
        bool seen_always;         /* was never unknown since it served */
        uint32_t failover;        /* open; 0: none */
        usec_t failover_declared; /* CLOCK_REALTIME */
        usec_t bound_exceeded_until;
        usec_t detection;       /* of the fall that exceeded it */
        usec_t disagrees_since; /* of a virtual slot */
        usec_t silence_from;    /* from then on its agent's silence is news (CLOCK_MONOTONIC); USEC_INFINITY:
                                   it does not answer at all */
} Dev;

typedef struct Pool {
        const SituationPool *config;
        size_t first_device, first_service;
        size_t n_devices; /* with virtual slots */
        bool touched;
        PoolView view;
        usec_t bound; /* the largest of its devices' */
        PoolState told, next;
        Severity severity; /* of a device's fall */
        bool was_short;    /* was told to be at_capacity or worse since it was redundant */
        uint32_t alarm;    /* of the loss that was told last; 0: none */
} Pool;

typedef struct Site {
        const SituationSite *config;
        size_t first_device;
        AlarmEntry *alarms;
        Finding *findings;
        size_t n_findings;
        bool judged, touched;
} Site;

typedef struct Service {
        const SituationService *config;
        size_t next_in_pool;
        ServiceView view;
        ServiceState told, next;
        uint32_t alarm; /* that was told with its last worsening; 0: none */
} Service;

typedef struct IndexList {
        size_t *items, n;
} IndexList;

struct Situation {
        const SituationConfig *config;
        SituationOps ops;
        void *userdata;
        Dev *devices;
        Pool *pools;
        Site *sites;
        Service *services;
        ServiceMember *members; /* room for the largest pool */
        IndexList touched_devices, touched_pools, touched_sites;

        AlarmEntry **alarms; /* in order of id */
        size_t n_alarms, max_alarms;
        uint32_t alarms_of[SEVERITY_WARNING + 1];
        uint64_t alarms_version;
        Group *groups;
        AlarmEntry *group_alarms; /* each has its Group */
        AlarmEntry *orphans;      /* of what is not configured any more */
        AlarmEntry *host_alarms;
        Finding *host_findings;
        size_t n_host_findings;
        bool host_given, host_touched;
        bool some_superseded;
        usec_t next_due; /* when time alone brings something */

        Failover failovers[FAILOVERS_KEPT];
        size_t n_failovers;
        uint64_t failovers_version;
        usec_t latency_due;
};

/* situation.c */
void touch_device(Situation *s, size_t device); /* and its pool */
void touch_pool(Situation *s, size_t pool);
void touch_site(Situation *s, size_t site);
void due_at(Situation *s, usec_t monotonic);
/* Has a verdict that counts: its own, or an operator's. */
bool dev_judged(const Dev *d);

/* situation-event.c */
void event_begin(Situation *s, Event *e, EventType type, Moment now);
void event_about_device(Situation *s, Event *e, size_t device);
void event_about_pool(Situation *s, Event *e, size_t pool); /* with its counts */
void event_about_service(Situation *s, Event *e, size_t service);
void event_about_site(Situation *s, Event *e, size_t site);
/* Which alarm it belongs to; 0 leaves it out. */
void event_of_alarm(Event *e, uint32_t alarm, Severity severity);
/* words may be NULL; its titles are filled in. */
void event_emit(Situation *s, Event *e, const EventWords *words, bool notify);

/* situation-alarm.c */
typedef struct AlarmSpec {
        uint32_t code;
        Severity severity;
        Reason cause;
        size_t device, pool, site; /* NOWHERE: none */
        const char *resource;
        FaultPlace place, other_place;
        uint32_t correlated;
        const char *state;
        const char *members; /* of a common cause: their numbers */
        EventWords words;
} AlarmSpec;

AlarmEntry *alarm_raise(Situation *s, AlarmEntry **owner, const AlarmSpec *spec, Moment now);
/* Whom a change is told. */
typedef enum Told {
        TOLD_BY_SEVERITY, /* receivers, when its severity is another one */
        TOLD_QUIETLY,     /* the journal and the history alone */
        TOLD_ALOUD,       /* receivers */
} Told;

/* at_once: words alone are told without a pause. */
void alarm_update(Situation *s, AlarmEntry *a, const AlarmSpec *spec, bool at_once, Told told, Moment now);
/* One or the other. */
void alarm_set(Situation *s, AlarmEntry **owner, const AlarmSpec *spec, Moment now);
/* All else that it says stays, but for the pool's counts: those are of now. */
void alarm_set_severity(Situation *s, AlarmEntry *a, Severity severity, Moment now);
void alarm_clear(Situation *s, AlarmEntry *a, Reason cause, Moment now);
/* The worst active one, of these the newest, that says what a pool suffers from; NULL: none does. */
const Alarm *alarm_of_pool(const Situation *s, size_t pool);
AlarmEntry *alarm_by_id(const Situation *s, uint32_t id);
AlarmEntry *alarm_find(AlarmEntry *owner, uint32_t code, const char *resource);
/* Whether there is memory for one more; before each alarm_insert. */
bool alarms_make_room(Situation *s);
/* Puts it into the lists. */
void alarm_insert(Situation *s, AlarmEntry *a, AlarmEntry **owner);
void alarm_remove(Situation *s, AlarmEntry *a); /* and frees it */

/* situation-device.c */
bool reason_is_wrong_answer(uint32_t reason);
AlarmEntry *fall_alarm(const Dev *d); /* device-down, else device-unknown */
AlarmSpec fall_spec(Situation *s, size_t device, uint32_t code);
void device_judge_falls(Situation *s, size_t device, Moment now);

/* situation-finding.c */
void findings_judge_device(Situation *s, size_t device, Moment now);
void findings_judge_site(Situation *s, size_t site, Moment now);
void findings_judge_host(Situation *s, Moment now);

/* situation-own.c */
/* Adds what the Situation itself has found of a device; returns how many, at most OWN_FINDINGS. */
#define OWN_FINDINGS 2
size_t own_findings(Situation *s, size_t device, Moment now, Finding *ret);
void own_found_late(Situation *s, size_t device, usec_t detection, Moment now);
/* Whether it can be told at all whether that is so. */
bool own_finding_counts(const Situation *s, const Dev *d, Reason reason);
/* Of one in service: whether it is news that its agent, or that of its room, is silent. */
void own_look_at_silence(Situation *s, size_t device, Moment now);
bool own_silence_is_news(const Dev *d, Moment now);
/* An alarm of such a finding was kept. */
void own_restore(Situation *s, size_t device, const Alarm *alarm, Moment now);
/* Touches what is due by time, or says when it will be. */
void own_tick(Situation *s, Moment now);

/* situation-common.c */
/* A device has fallen; whether a common cause has its alarm. */
bool common_declare(Situation *s, size_t device, Moment now);
void common_leave(Situation *s, size_t device, Reason cause, Moment now);
/* Raises and changes what was touched. */
void common_judge(Situation *s, Moment now);
int group_new(Situation *s, Group **ret);
void group_free(Situation *s, Group *g);
void group_add(Situation *s, Group *g, size_t device);
void group_drop(Situation *s, size_t device);
Group *group_like(const Situation *s, const Group *like); /* another one about the same */
void group_share(Situation *s, Group *g);                 /* what its members share */

/* situation-pool.c */
void pool_find(Situation *s, size_t pool);
void pool_alarms_follow(Situation *s, size_t pool, Moment now);
void pool_tell(Situation *s, size_t pool, Moment now);
void services_tell(Situation *s, size_t pool, Moment now);

/* situation-failover.c */
void failover_look(Situation *s, size_t device, Moment now);
void failover_tell(Situation *s, size_t device, Moment now);
void failover_tick(Situation *s, Moment now);
Failover *failover_by_id(Situation *s, uint32_t id);
Failover *failover_insert(Situation *s, uint32_t id);

/* situation-restore.c; each NOWHERE when there is none */
size_t device_by_number(const Situation *s, uint32_t number);
/* The same one: of that number and of that name. */
size_t device_known(const Situation *s, uint32_t number, const char *name);
size_t pool_by_number(const Situation *s, uint32_t number);
size_t service_by_number(const Situation *s, uint32_t number);
/* members: those of a common cause are read from its event. NULL if it cannot be. */
AlarmEntry *restore_alarm(Situation *s, const AlarmRecord *record, bool members, Moment now);

#endif
