/* Maintenance that goes on: across a restart of hsmd, and a new configuration. */
#include "maintenance-event.h"
#include "manager.h"

static void read_record(const MaintenanceRecord *r, usec_t now, usec_t realtime, Maintenance *ret) {
        *ret = (Maintenance){.id = r->id,
                .time = maintenance_time_restored(r->start, r->until, now, realtime),
                .probing = r->probing,
                .uid = r->uid};
        copy_text(ret->by, sizeof(ret->by), r->by);
        copy_text(ret->ticket, sizeof(ret->ticket), r->ticket);
        copy_text(ret->reason, sizeof(ret->reason), r->reason);
}

static void go_on(Device *d, const Maintenance *kept, MaintenancePhase phase) {
        d->maintenance = malloc(sizeof(*kept));
        if (!d->maintenance)
                return; /* it is watched as any other: the safe side */
        *d->maintenance = *kept;
        /* its warning has been told; what is told anew after a restart is nothing that was told before */
        d->maintenance->warned = phase == MAINTENANCE_ENDS_SOON;
        device_set_maintenance(d, MAINTENANCE_OF_OPERATOR, true);
        if (device_rests(d))
                device_rest(d);
}

static void restore(Manager *manager, const MaintenanceRecord *r, usec_t now, usec_t realtime) {
        Device *d = manager_device_by_number(manager, r->device);
        MaintenanceOf of = {.number = r->device, .name = r->device_name, .title = r->device_name};
        MaintenancePhase phase;
        Maintenance kept;

        if (d && !streq(d->config->name, r->device_name))
                d = NULL;
        if (d && d->maintenance)
                return; /* the history was read late, and somebody has begun another one since */
        read_record(r, now, realtime, &kept);
        phase = maintenance_phase(&kept.time, now, realtime);
        if (!d)
                maintenance_tell_ended(manager, of, &kept, MAINTENANCE_ENDED_UNCONFIGURED, NULL, 0);
        else if (phase == MAINTENANCE_OVER)
                maintenance_tell_ended(
                        manager, maintenance_of(d), &kept, MAINTENANCE_ENDED_WHILE_AWAY, NULL, 0);
        else
                go_on(d, &kept, phase);
}

void maintenance_restore(Manager *manager, const MaintenanceRecord *records, size_t n) {
        usec_t now = now_monotonic(), realtime = now_realtime();

        for (size_t i = 0; i < n; i++)
                restore(manager, &records[i], now, realtime);
}

void maintenance_carry(Device *d, Device *old) {
        if (!old->maintenance)
                return;
        d->maintenance = old->maintenance;
        old->maintenance = NULL;
        d->maintenance_whys |= MAINTENANCE_OF_OPERATOR;
        judge_maintenance(&d->judgement, true, now_monotonic());
}

void maintenance_drop(Device *d) {
        if (!d->maintenance)
                return;
        maintenance_tell_ended(
                d->manager, maintenance_of(d), d->maintenance, MAINTENANCE_ENDED_UNCONFIGURED, NULL, 0);
        free(d->maintenance);
        d->maintenance = NULL;
}
