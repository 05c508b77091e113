/* The methods StartDrill, CancelDrill, GetDrill and StateGap. */

#include "control-internal.h"

typedef int (*DrillAction)(
        void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message);

static int act(sd_bus_message *m, Connection *c, DrillAction action, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        char name[CONTROL_BY_SIZE];
        const char *pool, *by;
        int r = sd_bus_message_read(m, "ss", &pool, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!action)
                return control_not_supported(error);
        control_stated_name(name, by);
        r = action(c->control->userdata, pool, name, c->uid, &message);
        return r < 0 ? control_say_why(error, r, "pool", pool, message)
                     : sd_bus_reply_method_return(m, "s", message ? message : "");
}

int control_method_start_drill(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Connection *c = userdata;

        return act(m, c, c->control->ops->drill_start, error);
}

int control_method_cancel_drill(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Connection *c = userdata;

        return act(m, c, c->control->ops->drill_cancel, error);
}

/* The history may have to be asked: answered later. */
int control_method_get_drill(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        ControlReply *reply;
        const char *pool;
        int r = sd_bus_message_read(m, "s", &pool);

        if (r < 0)
                return r;
        if (!c->control->ops->drill_get)
                return control_not_supported(error);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->drill_get(c->control->userdata, pool, reply, &message);
        return control_reply_kept(reply, r, error, "pool", pool, message);
}

int control_method_state_gap(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        char name[CONTROL_BY_SIZE];
        ControlReply *reply;
        const char *pool, *gap, *by;
        int r = sd_bus_message_read(m, "sss", &pool, &gap, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->drill_business)
                return control_not_supported(error);
        if (!control_text_fits(gap, "gap", CONTROL_NAME_MAX, false, error))
                return -EINVAL;
        control_stated_name(name, by);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->drill_business(c->control->userdata, pool, gap, name, c->uid, reply, &message);
        return control_reply_kept(reply, r, error, "pool", pool, message);
}
