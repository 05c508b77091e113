#ifndef HSMD_SENSOR_COUNTER_H
#define HSMD_SENSOR_COUNTER_H
/* The rate of a counter, from two readings and their instants. Pure. */

#include "sensor-judge.h"

/* Takes a reading in; *ret is its rate in units a second. Returns false where there is none this time: of the
 * first reading, after a discontinuity, after a fall that is no wrap at the pace known so far, of a pace that
 * no machine has. Never a guess: the next reading has one again. */
bool counter_rate(SensorTrack *track, const ConfigSensor *config, const MsgSample *sample, bool discontinuity,
        double *ret);

#endif
