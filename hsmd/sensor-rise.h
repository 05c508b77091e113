#ifndef HSMD_SENSOR_RISE_H
#define HSMD_SENSOR_RISE_H
/* How fast a sensor's value changes. Pure, and not fooled by one outlier, by a sensor that tells whole
 * degrees only, by a jump to another level, or by samples that are missing. */

#include "macro.h"

typedef struct RisePoint {
        usec_t when;
        double value;
} RisePoint;

/* A change by less than the sensor's own steps and noise explain has a strength below 1. */
typedef struct Rise {
        double pace; /* units an hour, negative when it falls */
        double strength;
        usec_t span; /* over which it was seen: nobody knows more of the future than a few times that */
} Rise;

#define RISE_POINTS_MIN 8
#define RISE_POINTS_MAX 32

/* points: oldest first, at most RISE_POINTS_MAX, each later than the one before it. Returns false, and tells
 * nothing, of fewer than RISE_POINTS_MIN, or of those in less than a third of the window. */
bool rise_measure(const RisePoint *points, size_t n, usec_t window, Rise *ret);

#endif
