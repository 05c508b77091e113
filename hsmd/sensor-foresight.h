#ifndef HSMD_SENSOR_FORESIGHT_H
#define HSMD_SENSOR_FORESIGHT_H
/* What a sensor's value will come to. Pure.
 *
 * Only what has inertia goes on as it goes now: a temperature, humidity, a battery, storage. Of what obeys
 * somebody from one second to the next (a fan, a load, sessions, any rate) no limit is foreseen; it rises
 * where the configuration says which pace is news by itself. */

#include "sensor-judge.h"

/* Takes in the value that track has just got, after its level was judged: rise, limit and rising. */
void foresee(SensorTrack *track, const ConfigSensor *config);

#endif
