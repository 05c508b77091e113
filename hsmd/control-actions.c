/* The methods that change something or ask a machine something: ConfirmKeys, RetryPin, Measure, Probe. */
#include <stdlib.h>

#include "control-internal.h"

/* A negative errno of an action as an error, with its words if it has any. */
int control_say_no(sd_bus_error *error, int r, const char *what, const char *message) {
        if (r == -ENOENT && !message)
                return sd_bus_error_setf(error, CONTROL_ERROR_NO_SUCH_DEVICE, "there is no device %s", what);
        if (message)
                return control_refuse(error, CONTROL_ERROR_REFUSED, message);
        return sd_bus_error_set_errno(error, r);
}

int control_not_supported(sd_bus_error *error) {
        return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED, "this hsmd cannot do that");
}

int control_method_confirm_keys(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        const char *pool, *by;
        char name[CONTROL_BY_SIZE];
        uint32_t key;
        int r = sd_bus_message_read(m, "sus", &pool, &key, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->confirm_keys)
                return control_not_supported(error);
        control_stated_name(name, by);
        r = c->control->ops->confirm_keys(c->control->userdata, pool, key, name, &message);
        if (r < 0)
                return control_say_no(error, r, pool, message ? message : "there is no such key");
        return sd_bus_reply_method_return(m, "s", message ? message : "");
}

int control_method_retry_pin(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        const char *device, *by;
        char name[CONTROL_BY_SIZE];
        int r = sd_bus_message_read(m, "ss", &device, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->retry_pin)
                return control_not_supported(error);
        control_stated_name(name, by);
        r = c->control->ops->retry_pin(c->control->userdata, device, name, &message);
        return r < 0 ? control_say_no(error, r, device, r == -ENOENT ? NULL : message)
                     : sd_bus_reply_method_return(m, "s", message ? message : "");
}

int control_method_probe(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        const char *device;
        uint64_t attempt = 0;
        int climb, r = sd_bus_message_read(m, "sb", &device, &climb);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->probe)
                return control_not_supported(error);
        r = c->control->ops->probe(c->control->userdata, device, climb, &attempt, &message);
        return r < 0 ? control_say_no(error, r, device, message)
                     : sd_bus_reply_method_return(m, "t", attempt);
}

int control_method_measure(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        MeasureRequest request = {0};
        ControlReply *reply;
        const char *by;
        char name[CONTROL_BY_SIZE];
        int out, force, r;

        r = sd_bus_message_read(m, "suutbbs", &request.device, &request.key, &request.sessions,
                &request.duration, &out, &force, &by);
        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->measure)
                return control_not_supported(error);
        request.out_of_service = out;
        request.force = force;
        control_stated_name(name, by);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->measure(c->control->userdata, &request, name, reply, &message);
        if (r == 1)
                return 1;
        control_reply_drop(reply);
        return control_say_no(error, r < 0 ? r : -EIO, request.device, r == -ENOENT ? NULL : message);
}

static int append_number(sd_bus_message *m, const char *key, uint64_t value) {
        return sd_bus_message_append(m, "{sv}", key, "t", value);
}

static int append_measured(sd_bus_message *m, const MsgMeasured *k) {
        const struct {
                const char *key;
                uint64_t value;
        } numbers[] = {{"burst_operations", k->operations}, {"burst_errors", k->errors},
                {"verified", k->verified}, {"wrong", k->wrong}, {"duration_us", k->duration},
                {"rate_milli_per_s", k->rate_milli}, {"burst_sessions", k->sessions},
                {"burst_p50_us", k->p50}, {"burst_p95_us", k->p95}, {"burst_p99_us", k->p99},
                {"burst_max_us", k->max}, {"cpu_us", k->cpu}};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(numbers); i++)
                r = append_number(m, numbers[i].key, numbers[i].value);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "stopped", "b", (int) (k->stopped != 0));
        return r;
}

/* The row and the burst are one dictionary. */
void control_reply_measured(ControlReply *reply, const MeasureOutcome *outcome) {
        sd_bus_message *m = NULL;
        size_t size = 0;
        int r = sd_bus_message_new_method_return(control_reply_call(reply), &m);

        if (r >= 0)
                r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0)
                r = control_append_members(
                        m, &board_tables[BOARD_MECHANISMS], outcome->mechanism, now_monotonic(), &size);
        if (r >= 0)
                r = append_measured(m, outcome->measured);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_send(m);
        sd_bus_message_unref(m);
        if (r < 0)
                control_reply(reply, r, NULL);
        else
                control_reply_drop(reply);
}
