/* What the control socket asks of events, alarms, maintenance, drills and backups. */
#include "answer.h"
#include "drill.h"
#include "event-log.h"
#include "maintenance.h"
#include "manager-control.h"
#include "manager.h"
#include "notifier.h"

int op_acknowledge(void *userdata, uint32_t alarm, const char *by, uint32_t uid, char **ret_message) {
        Manager *m = userdata;
        int r = situation_acknowledge(m->situation, alarm, by, uid, moment_now());

        switch (r) {
        case -ENOENT:
                return answer(ret_message, -ENOENT,
                        "there is no active alarm %u; hsmctl alarms lists those that are active", alarm);
        case -EALREADY:
                return answer(ret_message, -EPERM, "alarm %u was acknowledged before", alarm);
        default:
                manager_situation_publish(m);
                return r;
        }
}

static void on_events(int error, const Event *events, size_t n, void *userdata) {
        control_reply_events(userdata, error, events, n);
}

int op_events(void *userdata, const EventFilter *filter, ControlReply *reply, char **ret_message UNUSED) {
        const Manager *m = userdata;

        history_events(m->history, filter, on_events, reply);
        return 1;
}

int op_wait_events(void *userdata, uint64_t after, uint32_t device, usec_t wait, ControlReply *reply) {
        const Manager *m = userdata;

        event_log_wait(m->events, after, device, wait, reply);
        return 1;
}

static void on_rollups(int error, const RollupRow *rows, size_t n, void *userdata) {
        control_reply_rollups(userdata, error, rows, n);
}

int op_rollups(void *userdata, uint32_t device, bool hours, usec_t since, usec_t until, ControlReply *reply,
        char **ret_message UNUSED) {
        const Manager *m = userdata;

        history_rollups(m->history, device, hours, since, until, on_rollups, reply);
        return 1;
}

int op_maintenance_start(void *userdata, const MaintenanceRequest *request, char **ret_message) {
        return maintenance_start(userdata, request, ret_message);
}

int op_maintenance_end(void *userdata, const char *device, const char *by, uint32_t uid, char **ret_message) {
        return maintenance_end(userdata, device, by, uid, ret_message);
}

int op_drill_start(void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message) {
        return drill_start(userdata, pool, by, uid, ret_message);
}

int op_drill_cancel(void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message) {
        return drill_cancel(userdata, pool, by, uid, ret_message);
}

int op_drill_get(void *userdata, const char *pool, ControlReply *reply, char **ret_message) {
        return drill_get(userdata, pool, reply, ret_message);
}

int op_drill_business(void *userdata, const char *pool, const char *gap, const char *by, uint32_t uid,
        ControlReply *reply, char **ret_message) {
        return drill_business(userdata, pool, gap, by, uid, reply, ret_message);
}

static void on_backup(int error, const char *message, void *userdata) {
        control_reply(userdata, error, message);
}

int op_backup(void *userdata, int fd, const char *by, ControlReply *reply, char **ret_message UNUSED) {
        Manager *m = userdata;

        log_event(m->journal, &(LogEvent){.priority = LOG_NOTICE, .operator_name = by},
                "a backup is written (asked by %s)", by);
        history_backup(m->history, fd, on_backup, reply);
        return 1;
}

int op_test_notifications(void *userdata, const char *by, uint32_t uid UNUSED, uint32_t *ret_alarm,
        uint64_t *ret_sequence, char **ret_message) {
        Manager *m = userdata;

        if (m->config->n_receivers == 0)
                return answer(ret_message, -EPERM, "no receivers are configured; add a list receivers to %s",
                        m->config->path);
        *ret_alarm = situation_selftest(m->situation, by, moment_now());
        *ret_sequence = event_log_last_sequence(m->events);
        manager_situation_publish(m);
        return 0;
}

bool op_notified(void *userdata, uint64_t sequence, char *ret_words, size_t size) {
        const Manager *m = userdata;

        /* who asks looks at the receivers next: they are to be what is said here, not of a second ago */
        notifier_publish(m->notifier);
        return notifier_done(m->notifier, sequence, ret_words, size);
}
