#ifndef HSMD_SENSOR_COUNTER_H
#define HSMD_SENSOR_COUNTER_H
/* The rate of a counter, from two readings and their instants. Pure. */

#include "sensor-judge.h"

/* Takes a reading in; *ret is its rate in units a second. 1; 0 where there is none this time: of the first
 * reading, after a discontinuity, after a fall that is no wrap at the pace known so far; -ERANGE where there
 * can be none: of a pace that no machine has, of 32 bits that may have wrapped more than once. Never a guess.
 */
int counter_rate(SensorTrack *track, const ConfigSensor *config, const MsgSample *sample, bool discontinuity,
        double *ret);

#endif
