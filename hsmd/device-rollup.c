/* What a device did in a minute: added up as it comes, and kept when the minute is over. */
#include "history.h"
#include "manager.h"
#include "measure.h"

#define MINUTE (60 * USEC_PER_SEC)
/* hsmd turns every second; what is longer was not observed */
#define TURN_MAX (2 * USEC_PER_SEC)

static void add_state(Device *d, usec_t elapsed, usec_t realtime) {
        DeviceState state = d->judgement.state;
        bool observed = state != DEVICE_UNKNOWN && state != DEVICE_MAINTENANCE;
        usec_t serving = device_serves(d) ? elapsed : 0;

        if (!observed)
                return;
        d->minute.serving += serving;
        d->minute.observed += elapsed;
        availability_add(&d->availability, realtime, serving, elapsed);
}

static void add_temperature(Device *d) {
        const Sensor *t = sensor_set_temperature_now(d->sensors);
        int32_t tenths;

        if (!t)
                return;
        tenths = sensor_tenths(t->verdict.value);
        if (d->minute.temperatures == 0 || tenths > d->minute.temperature_max)
                d->minute.temperature_max = tenths;
        d->minute.temperatures++;
        d->minute.temperature_sum += tenths;
}

/* Of bursts in this minute, of several mechanisms the slowest. */
static void add_spare_rate(Device *d) {
        RollupRow *r = &d->minute;

        for (size_t i = 0; i < d->n_measured; i++) {
                const Measured *m = &d->measured[i];

                if (m->spare_rate == 0 || m->when < d->minute_start)
                        continue;
                FIELD_SET(Rollup, r, spare_rate,
                        field_valid(r, RollupField_spare_rate) ? MIN_OF(r->spare_rate, m->spare_rate)
                                                               : m->spare_rate);
        }
}

/* What was never seen in this minute is not valid in its row. */
static void keep_minute(Device *d) {
        RollupRow *r = &d->minute;

        if (r->observed == 0 && r->probes == 0 && r->temperatures == 0)
                return;
        FIELD_SET(Rollup, r, device, d->config->number);
        FIELD_SET(Rollup, r, start, d->minute_start);
        FIELD_SET(Rollup, r, probes, r->probes);
        FIELD_SET(Rollup, r, failures, r->failures);
        FIELD_SET(Rollup, r, serving, r->serving);
        FIELD_SET(Rollup, r, observed, r->observed);
        FIELD_SET(Rollup, r, signs, r->signs);
        FIELD_SET(Rollup, r, latencies, r->latencies);
        FIELD_SET(Rollup, r, temperatures, r->temperatures);
        add_spare_rate(d);
        if (r->latencies > 0) {
                FIELD_SET(Rollup, r, latency_sum, r->latency_sum);
                FIELD_SET(Rollup, r, latency_max, r->latency_max);
        }
        if (r->temperatures > 0) {
                FIELD_SET(Rollup, r, temperature_sum, r->temperature_sum);
                FIELD_SET(Rollup, r, temperature_max, r->temperature_max);
        }
        history_rollup(d->manager->history, r);
}

void device_rollup_keep(Device *d) {
        if (d->minute_start != 0)
                keep_minute(d);
        d->minute = (RollupRow){0};
        d->minute_start = 0;
}

void device_rollup_tick(Device *d, usec_t now, usec_t realtime) {
        usec_t start = realtime - realtime % MINUTE;
        usec_t elapsed = d->rolled_up != 0 && now > d->rolled_up ? now - d->rolled_up : 0;

        d->rolled_up = now;
        if (start != d->minute_start) {
                device_rollup_keep(d);
                d->minute_start = start;
        }
        add_state(d, MIN_OF(elapsed, TURN_MAX), realtime);
        add_temperature(d);
}

void device_rollup_check(Device *d, bool ok, uint64_t latency) {
        d->minute.probes++;
        d->minute.failures += !ok;
        if (!ok)
                return;
        d->minute.latencies++;
        d->minute.latency_sum += latency;
        d->minute.latency_max = MAX_OF(d->minute.latency_max, latency);
}
