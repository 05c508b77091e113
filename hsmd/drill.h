#ifndef HSMD_DRILL_H
#define HSMD_DRILL_H
/* A drill: somebody takes a machine of a pool out by hand and brings it back, and what hsmd sees of it is
 * written down and judged against what is published. drill-track.c is pure: checks and states of the pool's
 * members in, a protocol out; drill-protocol.c writes and reads that; drill.c is the daemon's part: the
 * pool's machines are checked at a raised rate while it lasts.
 *
 * The signing gap is what hsmd can measure of a client's: from the end of the last good check of the machine
 * that was taken out to the end of the next good one of any member that was begun after that. It is measured
 * here, by hsmd's checks, not by the business system, and the protocol says so and asks for the gap that the
 * business system saw: without that, or the words "not measured", it cannot pass. */

#include "control.h"

typedef struct Manager Manager;
typedef struct Drill Drill;

#define DRILL_PACE (200 * USEC_PER_MSEC)     /* between the checks of a machine while a drill is armed */
#define DRILL_LIMIT (60 * 60 * USEC_PER_SEC) /* a drill that nobody ends */

typedef enum DrillPhase {
        DRILL_ARMED = 1, /* waits for a machine to be taken out */
        DRILL_OUT,       /* a check of one failed */
        DRILL_DECLARED,  /* it was declared down */
        DRILL_RETURNED,  /* it serves again: over */
        DRILL_CANCELLED, /* by somebody, by time, or because another machine fell meanwhile */
} DrillPhase;

typedef enum DrillVerdict {
        DRILL_OPEN = 1, /* waits for the business system's gap */
        DRILL_PASSED,
        DRILL_FAILED,
} DrillVerdict;

extern const NameTable drill_phase_names, drill_verdict_names;

/* The protocol: what hsmctl shows and the history keeps, as JSON by drill_protocol_json. Times are
 * CLOCK_REALTIME; those and durations that are not known are 0. Durations are whole milliseconds, rounded up.
 * A drill that was cancelled is a failed one. */
typedef struct DrillProtocol {
        uint64_t id; /* of its event */
        char pool[64], device[64], by[64], ended_by[64];
        DrillPhase phase;
        DrillVerdict verdict;
        char why[256], why_local[256]; /* it failed or was cancelled */
        usec_t armed, last_good, first_failure, declared, returned, ended;
        usec_t detection, bound; /* last good to declared; published: failed if larger */
        bool has_gap;
        usec_t gap;      /* signing gap */
        usec_t pace;     /* from one check of a survivor to its next, on average, as measured */
        usec_t recovery; /* from returned to hand (first good check) to serving */
        uint32_t survivors, survivor_failures;  /* failed checks of the others in the drill: must be 0 */
        uint32_t latency_before, latency_after; /* of the survivors, microseconds */
        char business_gap[64];                  /* as stated: "1.5 s", "not measured"; empty: not yet */
        char business_by[64];
} DrillProtocol;

/* --- drill-protocol.c */

/* What the business system saw: a duration ("1.5 s", "800 ms", "2 min", "0") or "not measured". It is
 * recorded, not judged. -EINVAL: it is none of these; -EBUSY: the drill is not over. */
int drill_protocol_business(DrillProtocol *protocol, const char *gap, const char *by);
/* The caller frees it; NULL without memory. And back: -EBADMSG. */
char *drill_protocol_json(const DrillProtocol *protocol);
int drill_protocol_parse(const char *json, DrillProtocol *ret);

/* --- drill-track.c */

typedef struct DrillCheck { /* an attempt of a member has ended */
        const char *device;
        bool ok;
        usec_t started, ended; /* CLOCK_MONOTONIC */
        uint32_t latency;      /* microseconds, of a good one */
} DrillCheck;

typedef struct DrillTrack DrillTrack;
int drill_track_new(
        const char *pool, const char *by, usec_t bound, usec_t now, usec_t realtime, DrillTrack **ret);
DrillTrack *drill_track_free(DrillTrack *track);
/* Of a member, when the drill is armed: the end of its last good check. */
void drill_track_known(DrillTrack *track, const char *device, usec_t last_good);
void drill_track_check(DrillTrack *track, const DrillCheck *check);
/* A member was declared down, or serves again. survivors: members that serve now. */
void drill_track_declared(DrillTrack *track, const char *device, uint32_t survivors, usec_t now);
void drill_track_returned(DrillTrack *track, const char *device, usec_t now);
/* by: who did it, or "". */
void drill_track_cancel(
        DrillTrack *track, const char *by, const char *why, const char *why_local, usec_t now);
bool drill_track_over(const DrillTrack *track);
/* The event that tells of it. */
void drill_track_set_id(DrillTrack *track, uint64_t id);
/* As it stands. */
const DrillProtocol *drill_track_protocol(const DrillTrack *track);

/* --- drill.c */

/* All answer with words; refused is -EPERM, no such pool -ENOENT. */
int drill_start(Manager *manager, const char *pool, const char *by, uint32_t uid, char **ret_message);
int drill_cancel(Manager *manager, const char *pool, const char *by, uint32_t uid, char **ret_message);
/* Of the drill under way, else of the last one of the pool, as JSON in the answer: 1, and the answer comes by
 * control_reply. */
int drill_get(Manager *manager, const char *pool, ControlReply *reply, char **ret_message);
/* Of the last one of the pool, likewise. */
int drill_business(Manager *manager, const char *pool, const char *gap, const char *by, uint32_t uid,
        ControlReply *reply, char **ret_message);

/* Whether a device is checked at DRILL_PACE now. */
bool drill_is_on(const Manager *manager, const char *pool);
/* "bureau: armed by li", of all that are on; or "". */
void drill_text(const Manager *manager, char *dst, size_t size);

/* A member's attempt has ended, and has proven something; before it is judged. */
void drill_check(Manager *manager, const char *pool, const DrillCheck *check);
/* A member's shown state changed, or whether it serves. */
void drill_device_changed(
        Manager *manager, const char *pool, const char *device, bool down, bool serves, usec_t now);
/* hsmd itself did not run. */
void drill_late(Manager *manager, usec_t lateness);
/* Every second. */
void drill_tick(Manager *manager, usec_t now);
/* hsmd stops: those that are on are cancelled. */
void drills_stop(Manager *manager);
/* Tells of those that were on when hsmd ended without a word. */
void drills_restore(Manager *manager);
void drills_free(Manager *manager);

#endif
