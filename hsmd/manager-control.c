#include "manager-control.h"

#include "answer.h"
#include "device.h"
#include "manager.h"
#include "measure.h"
#include "pin-retry.h"
#include "poller.h"

/* What the control socket asks. */

static size_t op_rows(void *userdata, BoardTable table) {
        return board_writer_rows(((Manager *) userdata)->board, table);
}

static const void *op_row(void *userdata, BoardTable table, size_t index) {
        return board_published(((Manager *) userdata)->board, table, index);
}

static int op_attempts(void *userdata, const char *device, AttemptRecord *ret, size_t n) {
        const Device *d = manager_find_device(userdata, device);
        uint64_t have, first;

        if (!d)
                return -ENOENT;
        have = MIN_OF(MIN_OF(d->n_attempts, (uint64_t) ATTEMPTS_KEPT), (uint64_t) n);
        first = d->n_attempts - have;
        for (uint64_t i = 0; i < have; i++)
                ret[i] = d->attempts[(first + i) % ATTEMPTS_KEPT];
        return (int) have;
}

static int op_calls(void *userdata, const char *device, RingRecord *ret, size_t n) {
        const Device *d = manager_find_device(userdata, device);

        if (!d)
                return -ENOENT;
        return d->ring ? (int) ring_tail(d->ring, ret, n) : 0;
}

static void on_reloaded(int error, const char *message, void *userdata) {
        control_reply(userdata, error, message);
}

/* Read in the disk's thread; the verdict comes later. */
static int op_reload(
        void *userdata, uid_t uid, const char *by, ControlReply *reply, char **ret_message UNUSED) {
        manager_reload(userdata, uid, by, on_reloaded, reply);
        return 1;
}

static int op_confirm_keys(
        void *userdata, const char *pool, uint32_t key, const char *by, char **ret_message) {
        return matrix_confirm(userdata, pool, key, by, ret_message);
}

static int op_retry_pin(void *userdata, const char *device, const char *by, char **ret_message) {
        return pin_retry(userdata, device, by, ret_message);
}

static int op_measure(void *userdata, const MeasureRequest *request, const char *by, ControlReply *reply,
        char **ret_message) {
        return measure_request(userdata, request, by, reply, ret_message);
}

static int op_probe(
        void *userdata, const char *device, bool climb, uint64_t *ret_attempt, char **ret_message) {
        Device *d = manager_find_device(userdata, device);

        if (!d)
                return -ENOENT;
        if (device_rests(d))
                return answer(ret_message, -EPERM,
                        "%s is in maintenance and is not to be touched; end its maintenance, or start it "
                        "anew "
                        "with probing",
                        device);
        *ret_attempt = device_probe_now(d, climb);
        return 0;
}

/* "bureau-1", or "bureau-room/ups". */
static int agent_number(const Manager *m, const char *name, uint32_t *ret) {
        const char *slash = strchr(name, '/');
        const Device *d = slash ? NULL : manager_find_device((Manager *) m, name);

        if (d && d->sensors->n_agents > 0) {
                *ret = d->sensors->agents[0].number;
                return 0;
        }
        for (size_t i = 0; slash && i < m->n_sites; i++) {
                const SensorSet *set = m->sites[i].set;

                if (strlen(set->name) != (size_t) (slash - name) ||
                        strncmp(set->name, name, strlen(set->name)) != 0)
                        continue;
                for (size_t k = 0; k < set->n_agents; k++)
                        if (streq(set->agents[k].name, slash + 1)) {
                                *ret = set->agents[k].number;
                                return 0;
                        }
        }
        return d ? -ENODEV : -ENOENT;
}

/* What can be asked for beside the devices: " bureau-room/ups bureau-room/probe". */
static void list_site_agents(const Manager *m, char *dst, size_t size) {
        size_t n = 0;

        dst[0] = '\0';
        for (size_t i = 0; i < m->n_sites; i++)
                for (size_t k = 0; k < m->sites[i].set->n_agents && n < size; k++)
                        n += (size_t) snprintf(dst + n, size - n, " %s/%s", m->sites[i].set->name,
                                m->sites[i].set->agents[k].name);
}

static void say_why_not(const Manager *m, const char *agent, int r, char **ret_message) {
        char list[1024];

        list_site_agents(m, list, sizeof(list));
        switch (r) {
        case -ENODEV:
                r = asprintf(ret_message, "%s has no SNMP agent in the configuration; give it a group snmp",
                        agent);
                break;
        case -ENOENT:
                r = asprintf(ret_message,
                        "there is no device or site's agent %s; beside the devices there are%s", agent,
                        list[0] ? list : " none");
                break;
        case -EBUSY:
                r = asprintf(ret_message, "another agent is being walked; wait until that is over");
                break;
        default:
                r = -1;
        }
        if (r < 0)
                *ret_message = NULL;
}

static int op_discover(
        void *userdata, const char *agent, const char *by, ControlReply *reply, char **ret_message) {
        Manager *m = userdata;
        uint32_t number;
        int r = agent_number(m, agent, &number);

        if (r >= 0)
                r = m->poller ? poller_walk_start(poller_walk(m->poller), number, agent, reply) : -EIO;
        if (r < 0) {
                say_why_not(m, agent, r, ret_message);
                return r;
        }
        log_event(m->journal, &(LogEvent){.priority = LOG_NOTICE, .device = agent, .operator_name = by},
                "%s: what its SNMP agent serves is looked at (asked by %s)", agent, by);
        return 1;
}

static int op_discovered(
        void *userdata, const char *agent, size_t first, const PollFound **ret, size_t *ret_n) {
        const Manager *m = userdata;

        return m->poller ? poller_walk_get(poller_walk(m->poller), agent, first, ret, ret_n) : -ENOENT;
}

const ControlOps manager_control_ops = {
        .rows = op_rows,
        .row = op_row,
        .attempts = op_attempts,
        .calls = op_calls,
        .reload = op_reload,
        .confirm_keys = op_confirm_keys,
        .retry_pin = op_retry_pin,
        .measure = op_measure,
        .discover = op_discover,
        .discovered = op_discovered,
        .probe = op_probe,
        .acknowledge = op_acknowledge,
        .events = op_events,
        .wait_events = op_wait_events,
        .rollups = op_rollups,
        .maintenance_start = op_maintenance_start,
        .maintenance_end = op_maintenance_end,
        .drill_start = op_drill_start,
        .drill_cancel = op_drill_cancel,
        .drill_get = op_drill_get,
        .drill_business = op_drill_business,
        .backup = op_backup,
        .test_notifications = op_test_notifications,
        .notified = op_notified,
};
