#include "device.h"

#include "manager.h"
#include "measure.h"
#include "second-probe.h"

int device_new(Manager *manager, const ConfigDevice *config, const ConfigPool *pool, Device **ret) {
        Device *d = calloc(1, sizeof(*d));

        if (!d)
                return -ENOMEM;
        d->manager = manager;
        judge_init(&d->judgement, now_monotonic());
        d->state_since_realtime = now_realtime();
        device_adopt(d, config, pool);
        for (size_t i = 0; i < pool->n_keys; i++)
                d->keys[i].state = KEY_UNKNOWN;
        *ret = d;
        return 0;
}

Device *device_free(Device *d) {
        if (!d)
                return NULL;
        guard_drop(d->question);
        second_probe_free(d->successor);
        measure_detach(d);
        for (size_t i = 0; i < ELEMENTSOF(d->seen_keys); i++)
                free(d->seen_keys[i]);
        if (d->worker)
                worker_kill(d->worker, true);
        sd_event_source_disable_unref(d->due_source);
        sd_event_source_disable_unref(d->deadline_source);
        ring_unmap(d->ring);
        sensor_set_free(d->sensors);
        free(d->maintenance);
        free(d);
        return NULL;
}

void device_adopt(Device *d, const ConfigDevice *config, const ConfigPool *pool) {
        d->config = config;
        d->pool = pool;
}

static void carry_key(Device *d, size_t index, const Device *old) {
        for (size_t i = 0; i < old->pool->n_keys; i++)
                if (old->pool->keys[i].number == d->pool->keys[index].number) {
                        d->key_signs[index] = old->key_signs[i];
                        d->key_failures[index] = old->key_failures[i];
                }
}

void device_carry_counters(Device *d, const Device *old) {
        d->probes = old->probes;
        d->failures = old->failures;
        d->probe_restarts = old->probe_restarts;
        d->checks_skipped = old->checks_skipped;
        d->logins = old->logins;
        d->signs = old->signs + old->signs_of_probe;
        d->recycles = old->recycles;
        d->rebooted = old->rebooted;
        d->logins_day = old->logins_day;
        d->signs_day = old->signs_day;
        d->availability = old->availability;
        d->minute = old->minute;
        d->minute_start = old->minute_start;
        d->judgement.flap = old->judgement.flap;
        for (size_t i = 0; i < d->pool->n_keys; i++)
                carry_key(d, i, old);
}

static bool same_address(const SensorSet *a, const SensorSet *b) {
        return a && a->n_agents > 0 && b->n_agents > 0 &&
               streq(a->agents[0].config->address, b->agents[0].config->address);
}

void device_set_sensors(Device *d, SensorSet *set) {
        if (!same_address(d->sensors, set)) /* perhaps another machine: it did not reboot */
                d->uptime_sensor = 0;
        sensor_set_free(d->sensors);
        d->sensors = set;
}
