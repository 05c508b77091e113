#include "maintenance.h"

#include "answer.h"
#include "drill.h"
#include "last-member.h"
#include "maintenance-event.h"
#include "manager.h"
#include "words.h"

/* --- asked for
 * ---------------------------------------------------------------------------------------------- */

static int no_such_device(const char *name, char **ret_message) {
        return answer(ret_message, -ENOENT, "there is no device %s; `hsmctl status` names them", name);
}

static int check_time(usec_t until, usec_t realtime, char **ret_message) {
        char now[32], last[32];

        maintenance_clock(realtime, now, sizeof(now));
        maintenance_clock(realtime + MAINTENANCE_MAX, last, sizeof(last));
        if (until <= realtime)
                return answer(ret_message, -EPERM, "that time is over: it is %s; say a later one", now);
        if (until - realtime > MAINTENANCE_MAX)
                return answer(ret_message, -EPERM,
                        "that is too far: a maintenance lasts at most 30 days, until %s; it can be given "
                        "another "
                        "end later",
                        last);
        return 0;
}

static int check(const Device *d, const MaintenanceRequest *r, usec_t realtime, char **ret_message) {
        int error;

        if (!r->reason || !r->reason[strspn(r->reason, " \t")])
                return answer(ret_message, -EINVAL,
                        "a maintenance needs a reason, so that others know why %s is out: --reason TEXT",
                        d->config->name);
        error = check_time(r->until, realtime, ret_message);
        if (error < 0)
                return error;
        if (d->measurement)
                return answer(ret_message, -EPERM,
                        "%s is being measured; try again when the burst is over, in a minute at most",
                        d->config->name);
        if (!d->maintenance && drill_is_on(d->manager, d->pool->name))
                return answer(ret_message, -EPERM,
                        "a drill is on in pool %s, and the machine that it takes out needs no maintenance; "
                        "to "
                        "end the drill: hsmctl drill %s --cancel",
                        d->pool->name, d->pool->name);
        return r->force ? 0 : last_member_check(d, "", ret_message);
}

static void fill(Maintenance *m, const MaintenanceRequest *r, usec_t now, usec_t realtime) {
        usec_t start = m->time.start; /* another end leaves it the one that began then */

        m->time = maintenance_time(r->until, now, realtime);
        m->time.start = start > 0 ? start : realtime;
        m->probing = r->probing;
        m->warned = false;
        m->uid = r->uid;
        copy_text(m->by, sizeof(m->by), r->by ? r->by : "");
        copy_text(m->ticket, sizeof(m->ticket), r->ticket ? r->ticket : "");
        copy_text(m->reason, sizeof(m->reason), r->reason);
}

int maintenance_start(Manager *manager, const MaintenanceRequest *r, char **ret_message) {
        Device *d = manager_find_device(manager, r->device);
        usec_t now = now_monotonic(), realtime = now_realtime();
        bool begun, rested;
        char until[32];
        uint32_t id;
        int error;

        if (!d)
                return no_such_device(r->device, ret_message);
        error = check(d, r, realtime, ret_message);
        if (error < 0)
                return error;
        begun = !d->maintenance;
        rested = device_rests(d);
        if (begun)
                d->maintenance = calloc(1, sizeof(*d->maintenance));
        if (!d->maintenance)
                return -ENOMEM;
        fill(d->maintenance, r, now, realtime);
        id = maintenance_tell_started(manager, maintenance_of(d), d->maintenance, begun);
        if (begun)
                d->maintenance->id = id;
        device_set_maintenance(d, MAINTENANCE_OF_OPERATOR, true);
        if (device_rests(d))
                device_rest(d);
        else if (rested)
                device_wake(d);
        maintenance_clock(r->until, until, sizeof(until));
        return answer(ret_message, 0, "%s is in maintenance until %s%s", d->config->name, until,
                r->probing ? "" : "; it is not checked meanwhile");
}

/* --- the end
 * ------------------------------------------------------------------------------------------------ */

/* What was known before nobody looked is not shown again: the machine was perhaps switched off. */
static void end(Device *d, MaintenanceEnd how, const char *by, uint32_t uid) {
        Maintenance *m = d->maintenance;
        bool rested = device_rests(d);

        maintenance_tell_ended(d->manager, maintenance_of(d), m, how, by, uid);
        d->maintenance = NULL;
        free(m);
        if (rested)
                device_begin_anew(d);
        device_set_maintenance(d, MAINTENANCE_OF_OPERATOR, false);
        device_wake(d);
}

int maintenance_end(Manager *manager, const char *device, const char *by, uint32_t uid, char **ret_message) {
        Device *d = manager_find_device(manager, device);

        if (!d)
                return no_such_device(device, ret_message);
        if (!d->maintenance)
                return answer(ret_message, -EPERM, "%s is not in maintenance; it is %s", device,
                        name_of(&device_state_names, d->judgement.state));
        end(d, MAINTENANCE_ENDED_BY_SOMEBODY, by, uid);
        return answer(ret_message, 0, "%s is back in service; it is checked at once", device);
}

/* --- time
 * --------------------------------------------------------------------------------------------------- */

bool maintenance_is_ending(const Device *d) {
        return d->maintenance && d->maintenance->warned;
}

static void warn(Device *d, usec_t left) {
        d->maintenance->warned = true;
        maintenance_tell_ending(d->manager, maintenance_of(d), d->maintenance, left);
        manager_device_changed(d->manager);
}

void maintenance_tick(Manager *manager, usec_t now) {
        usec_t realtime = now_realtime();

        for (size_t i = 0; i < manager->n_devices; i++) {
                Device *d = manager->devices[i];
                const Maintenance *m = d->maintenance;
                MaintenancePhase phase = m ? maintenance_phase(&m->time, now, realtime) : MAINTENANCE_RUNS;

                if (phase == MAINTENANCE_OVER)
                        end(d, MAINTENANCE_ENDED_BY_TIME, NULL, 0);
                else if (phase == MAINTENANCE_ENDS_SOON && !m->warned)
                        warn(d, maintenance_left(&m->time, now, realtime));
        }
}
