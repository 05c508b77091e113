#include <math.h>

#include "sensor-judge.h"

/* RFC 3433, EntitySensorDataScale and EntitySensorValue */
#define SCALE_UNITS 9
#define SCALE_YOTTA 17
#define ENCODED_MAX 1e9
#define PRECISION_MAX 9

static double encoded(double value, int32_t scale, int32_t precision) {
        return round(value * pow(10, precision - 3 * (scale - SCALE_UNITS)));
}

int32_t sensor_encode_as(double value, int32_t scale, int32_t precision) {
        double v = encoded(value, scale, precision);

        if (isnan(v))
                return 0;
        return (int32_t) MAX_OF(MIN_OF(v, ENCODED_MAX), -ENCODED_MAX);
}

void sensor_encode(
        double value, unsigned precision, int32_t *ret_scale, int32_t *ret_precision, int32_t *ret_value) {
        int32_t digits = (int32_t) MIN_OF(precision, (unsigned) PRECISION_MAX), scale = SCALE_UNITS;

        while (scale < SCALE_YOTTA && fabs(encoded(value, scale, digits)) > ENCODED_MAX)
                scale++;
        *ret_scale = scale;
        *ret_precision = digits;
        *ret_value = sensor_encode_as(value, scale, digits);
}
