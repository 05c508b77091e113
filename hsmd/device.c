#include "device.h"

#include "manager.h"

int device_new(Manager *manager, const ConfigDevice *config, const ConfigPool *pool, Device **ret) {
        Device *d = calloc(1, sizeof(*d));

        if (!d)
                return -ENOMEM;
        d->manager = manager;
        judge_init(&d->judgement, now_monotonic());
        d->state_since_realtime = now_realtime();
        device_adopt(d, config, pool);
        device_forget_sensors(d);
        for (size_t i = 0; i < pool->n_keys; i++)
                d->keys[i].state = KEY_UNKNOWN;
        *ret = d;
        return 0;
}

Device *device_free(Device *d) {
        if (!d)
                return NULL;
        guard_drop(d->question);
        if (d->worker)
                worker_kill(d->worker, true);
        sd_event_source_disable_unref(d->due_source);
        sd_event_source_disable_unref(d->deadline_source);
        ring_unmap(d->ring);
        free(d);
        return NULL;
}

void device_adopt(Device *d, const ConfigDevice *config, const ConfigPool *pool) {
        d->config = config;
        d->pool = pool;
}

void device_forget_sensors(Device *d) {
        d->agent_state = d->config->snmp.address ? AGENT_UNKNOWN : AGENT_NOT_CONFIGURED;
        memset(d->sensors, 0, sizeof(d->sensors));
}
