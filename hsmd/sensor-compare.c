/* A sensor beside others: its room, its pool, its neighbours. */
#include <math.h>

#include "median.h"
#include "sensor-judge.h"

/* of a pool that is larger, every so many-th is asked: the median hardly knows the difference */
#define COMPARED_MAX 128
#define COMPARED_MIN 2
/* points of load; a little more once it deviates, so that a load at the edge makes no alarm flap */
#define LIKE_LOAD 20.0
#define LIKE_LOAD_LATCHED 30.0

static bool is_valid(const SensorVerdict *v) {
        return v->status == SENSOR_OK && v->has_value;
}

/* Further than a limit, or, once it was, not yet clearly nearer. */
static bool is_beyond(double distance, double limit, double hysteresis, bool latched) {
        double back = MIN_OF(hysteresis, limit / 2);

        return distance > (latched && back > 0 ? limit - back : limit);
}

static void add_finding(SensorVerdict *v, SensorFinding finding) {
        if (v->finding == FINDING_NONE || v->finding > finding)
                v->finding = finding;
}

void track_beside_room(SensorTrack *t, const ConfigSensor *c, double room, SensorVerdict *v) {
        if (c->limits.above_room <= 0)
                t->above_room = false;
        if (c->limits.above_room <= 0 || !is_valid(v) || !isfinite(room))
                return;
        t->above_room = is_beyond(v->value - room, c->limits.above_room, c->limits.hysteresis, t->above_room);
        if (t->above_room)
                add_finding(v, FINDING_ABOVE_ROOM);
}

static bool is_alike(const PoolReading *own, const PoolReading *other, double points) {
        if (!isfinite(other->value))
                return false;
        if (isinf(points))
                return true;
        return other->has_load && fabs(own->load - other->load) <= points;
}

/* How far a load may be from ours and still be like it; where none can be compared, all are. */
static double like_load(const PoolReading *own, const PoolReading *others, size_t n, bool deviating) {
        for (size_t i = 0; own->has_load && i < n; i++)
                if (others[i].has_load)
                        return deviating ? LIKE_LOAD_LATCHED : LIKE_LOAD;
        return INFINITY;
}

static bool median_alike(
        const PoolReading *own, const PoolReading *others, size_t n, double points, double *ret) {
        double values[COMPARED_MAX];
        size_t n_alike = 0, every, seen = 0, k = 0;

        for (size_t i = 0; i < n; i++)
                n_alike += is_alike(own, &others[i], points);
        if (n_alike < COMPARED_MIN)
                return false;
        every = (n_alike + COMPARED_MAX - 1) / COMPARED_MAX;
        for (size_t i = 0; i < n; i++)
                if (is_alike(own, &others[i], points) && seen++ % every == 0)
                        values[k++] = others[i].value;
        *ret = median(values, k);
        return true;
}

bool track_beside_pool(SensorTrack *t, const ConfigSensor *c, const PoolReading *own,
        const PoolReading *others, size_t n_others, SensorVerdict *v, double *ret_median) {
        double deviation = c->limits.deviation, points, middle;

        if (deviation <= 0)
                t->deviating = false;
        if (deviation <= 0 || !is_valid(v) || !isfinite(own->value))
                return false;
        points = like_load(own, others, n_others, t->deviating);
        if (!median_alike(own, others, n_others, points, &middle))
                return false;
        t->deviating = is_beyond(fabs(own->value - middle), deviation, c->limits.hysteresis, t->deviating);
        if (t->deviating)
                add_finding(v, FINDING_DEVIATING);
        *ret_median = middle;
        return true;
}

bool room_judge(RoomTrack *room, size_t n_warm, size_t n, usec_t now) {
        bool begins = !room->warm && n_warm >= 3 && 2 * n_warm >= n;
        bool ends = room->warm && (n_warm < 2 || 3 * n_warm < n);

        if (!begins && !ends)
                return false;
        room->warm = begins;
        room->since = now;
        return true;
}
