/* The keys of the detection bound: the fleet's, and a device's own. */
#include "config-reader.h"

#define MINUTE (60 * USEC_PER_SEC)
#define DAY (24 * 60 * MINUTE)

usec_t detection_bound(const ConfigTiming *t) {
        return t->interval + t->jitter + t->fall * t->deadline +
               (t->fall - 1) * (t->fast_interval + t->restart);
}

/* Below 10 ms a machine would be attacked rather than watched; beyond the upper ends nobody would call it
 * watching. */
void read_timing(const Section *s, ConfigTiming *timing) {
        uint32_t fall = timing->fall, rise = timing->rise;

        read_duration(s, "interval", 100 * USEC_PER_MSEC, DAY, &timing->interval);
        read_duration(s, "jitter", 0, DAY, &timing->jitter);
        read_duration(s, "fast_interval", 10 * USEC_PER_MSEC, DAY, &timing->fast_interval);
        read_duration(s, "deadline", 10 * USEC_PER_MSEC, 10 * MINUTE, &timing->deadline);
        read_duration(s, "restart", 10 * USEC_PER_MSEC, 10 * MINUTE, &timing->restart);
        read_number(s, "fall", 1, 100, &fall);
        read_number(s, "rise", 1, 100, &rise);
        timing->fall = fall;
        timing->rise = rise;
}

/* The setting to blame: the device's, the fleet's, or the device itself. */
static const config_setting_t *blame(const Section *s, const char *key) {
        const config_setting_t *at = config_get(s, key);

        if (!at && s->reader->fleet)
                at = config_setting_get_member(s->reader->fleet, key);
        return at ? at : s->own;
}

static void default_usec(usec_t *value, usec_t standard) {
        if (*value == USEC_INFINITY)
                *value = standard;
}

void timing_finish(const Section *s, ConfigTiming *timing) {
        default_usec(&timing->interval, 10 * USEC_PER_SEC);
        default_usec(&timing->jitter, MIN_OF(USEC_PER_SEC, timing->interval));
        default_usec(&timing->fast_interval, MIN_OF(USEC_PER_SEC, timing->interval));
        default_usec(&timing->deadline, 5 * USEC_PER_SEC);
        default_usec(&timing->restart, USEC_PER_SEC);
        timing->fall = timing->fall ? timing->fall : 2;
        timing->rise = timing->rise ? timing->rise : 2;

        if (timing->jitter > timing->interval)
                config_error(s->reader, blame(s, "jitter"),
                        "“jitter” is longer than “interval”; write at most the interval");
        if (timing->fast_interval > timing->interval)
                config_error(s->reader, blame(s, "fast_interval"),
                        "“fast_interval” is longer than “interval”; write at most the interval");
}
