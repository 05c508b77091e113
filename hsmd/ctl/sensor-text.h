#ifndef HSMD_CTL_SENSOR_TEXT_H
#define HSMD_CTL_SENSOR_TEXT_H
/* A sensor as a person reads it. Pure. A SiteSensorRow is laid out as a SensorRow and may be given for one.
 */

#include "board.h"
#include "options.h"

/* Whether a person should look: it tells nothing, is beyond a limit, or something is found about it. */
bool sensor_is_bad(const SensorRow *s);

/* Worse ones are larger; 0 of one that is well. */
unsigned sensor_urgency(const SensorRow *s);

/* A number of the row's scale and precision (its value, a limit) with its unit: "81.5 °C", "3,120 rpm",
 * "12 /s". */
void sensor_number(Lang lang, const SensorRow *s, int32_t number, char *dst, size_t size);

/* The value: a state's word, or the number; "-" when there is none that counts. */
void sensor_value(Lang lang, const SensorRow *s, char *dst, size_t size);

/* What is to be said of it: why it tells nothing, which limit it is beyond or will reach and when, its rise;
 * empty when there is nothing. */
void sensor_note(Lang lang, const SensorRow *s, char *dst, size_t size);

/* "normal", "critical"; "unknown" of one that tells nothing. */
const char *sensor_level(Lang lang, const SensorRow *s);

/* Degrees from tenths: "45.0 °C", "45.0度". */
void degrees_text(Lang lang, int32_t tenths, char *dst, size_t size);

#endif
