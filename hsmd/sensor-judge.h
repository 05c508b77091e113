#ifndef HSMD_SENSOR_JUDGE_H
#define HSMD_SENSOR_JUDGE_H
/* The judgement of sensors: samples in, verdicts out. Pure: no I/O, no clock of its own, no allocation; the
 * caller brings the time.
 *
 * Whether a value is worth anything (status, reason) is kept apart from what the value says (level, finding).
 * A sample that is not ok changes no level; without a valid value there is no finding. */

#include "config.h"
#include "sensor-rise.h"

#define TRACK_POINTS RISE_POINTS_MAX

/* What is remembered of one sensor. All zero is a sensor that has never been heard. */
typedef struct SensorTrack {
        bool known;          /* has had a sample */
        SensorStatus status; /* of the last sample, or of its absence */
        SensorReason reason;
        bool has_value;
        double value; /* the last good one: in units, of a counter its rate a second, of a state its number */
        usec_t value_when;
        SensorLevel level;
        bool high; /* which side the level is on */
        /* how long it has told the same, while it was heard */
        usec_t unchanged;
        usec_t heard; /* the last sample that was ok; 0 after one that was not: silence is no sameness */
        /* the rise: points spread over rise_window, oldest first */
        RisePoint points[TRACK_POINTS];
        size_t n_points;
        bool has_rise;
        Rise rise;
        double value_agreed; /* while it rises: the last value, unless it is an outlier */
        bool has_limit_in;
        double limit;
        usec_t limit_in;  /* from value_when on */
        usec_t rise_over; /* when a rise was over, and where; 0 = none was */
        double rise_over_value;
        /* a counter */
        bool has_counter, has_pace;
        uint64_t counter;
        usec_t counter_when;
        double pace; /* as counted, a second */
        /* latched until they are clearly over */
        bool rising, deviating, above_room;
} SensorTrack;

typedef struct SensorVerdict {
        SensorStatus status; /* with reason: SENSOR_REASON_FROZEN is found here */
        SensorReason reason;
        bool has_value; /* the last good one, whatever it is worth now. Not even with SENSOR_OK does a counter
                           have one before its second sample */
        double value;
        usec_t value_when;
        SensorLevel level; /* as the limits say, or the map of states; stays while the value is not valid */
        SensorFinding finding; /* the most telling one; they are numbered in this order */
        bool has_rise;
        double rise; /* units an hour over rise_window, or over its last part if that differs; 0 while steps
                        and noise explain it */
        bool has_limit_in;
        usec_t limit_in; /* until the next limit on that side, at that pace; of days nothing is said */
        double limit;    /* which one */
} SensorVerdict;

/* One sample. discontinuity: the agent began anew since the last one (its sysUpTime fell, or did not advance
 * as our clock did), so that a counter has no rate this time. */
void track_sample(
        SensorTrack *track, const ConfigSensor *config, const MsgSample *sample, bool discontinuity);

/* A poll was answered without this sensor in it (nonoperational), or was not answered at all (silent). */
void track_missing(SensorTrack *track, SensorReason reason, usec_t now);

/* What this sensor says by itself. Asking changes nothing: it can be asked at any time. */
void track_verdict(SensorTrack *track, const ConfigSensor *config, usec_t now, SensorVerdict *ret);

/* The next, each with hysteresis, add to a verdict a finding that needs others to be seen. They change
 * nothing where a worse finding stands. */

/* Beside its room: warmer by more than above_room. */
void track_beside_room(SensorTrack *track, const ConfigSensor *config, double room, SensorVerdict *verdict);

typedef struct PoolReading {
        double value;
        bool has_load;
        double load; /* as all members of the pool tell it, percent */
} PoolReading;

/* Beside the other members of its pool. Those whose load is like ours (within 20 points) are compared with;
 * where no loads are known, all. It takes at least two others; returns false where there are not. *ret_median
 * is what it is compared with. */
bool track_beside_pool(SensorTrack *track, const ConfigSensor *config, const PoolReading *own,
        const PoolReading *others, size_t n_others, SensorVerdict *verdict, double *ret_median);

/* A room that warms: at least three machines, and at least half of those of the site that tell a temperature,
 * are warm (hot, rising or above half of it) at one time. Ends when fewer than a third are, or one alone. */
typedef struct RoomTrack {
        bool warm;
        usec_t since;
} RoomTrack;

/* n_warm of n machines. Returns whether warm changed. */
bool room_judge(RoomTrack *room, size_t n_warm, size_t n, usec_t now);

/* Which reason a finding raises on a device. REASON_NONE for FINDING_NONE. */
Reason sensor_finding_reason(SensorMeaning meaning, SensorType type, SensorFinding finding);

/* A value as RFC 3433 writes it: value x 10^precision with scale units(9), or a larger scale where that does
 * not fit into 10^9. What fits into none is written as 10^9, as the RFC has it; what is no number as 0. */
void sensor_encode(
        double value, unsigned precision, int32_t *ret_scale, int32_t *ret_precision, int32_t *ret_value);

/* The same for what shares another value's scale and precision: its limits. */
int32_t sensor_encode_as(double value, int32_t scale, int32_t precision);

#endif
