#ifndef HSMD_MEASURE_KEYS_H
#define HSMD_MEASURE_KEYS_H
/* A burst of signatures with a key of the probe, each thread on a session of its own. */

#include "ladder.h"
#include "measure.h"

/* From the ladder's top. Fills in *ret, whatever comes of it. */
void measure_keys(
        Ladder *ladder, const MsgMeasure *request, MeasureStop stop, void *userdata, MsgMeasured *ret);

#endif
