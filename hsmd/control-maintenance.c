/* The methods StartMaintenance and EndMaintenance. When and of what it may begin is maintenance.h's to say.
 */

#include "control-internal.h"

int control_method_start_maintenance(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        MaintenanceRequest request = {.uid = c->uid};
        char name[CONTROL_BY_SIZE];
        const char *by;
        int probing, force, r;

        r = sd_bus_message_read(m, "stssbbs", &request.device, &request.until, &request.reason,
                &request.ticket, &probing, &force, &by);
        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->maintenance_start)
                return control_not_supported(error);
        if (!control_text_fits(request.reason, "reason", CONTROL_TEXT_MAX, false, error) ||
                !control_text_fits(request.ticket, "ticket", CONTROL_NAME_MAX, true, error))
                return -EINVAL;
        control_stated_name(name, by);
        request.by = name;
        request.probing = probing;
        request.force = force;
        r = c->control->ops->maintenance_start(c->control->userdata, &request, &message);
        return r < 0 ? control_say_why(error, r, "device", request.device, message)
                     : sd_bus_reply_method_return(m, "s", message ? message : "");
}

int control_method_end_maintenance(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        char name[CONTROL_BY_SIZE];
        const char *device, *by;
        int r = sd_bus_message_read(m, "ss", &device, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->maintenance_end)
                return control_not_supported(error);
        control_stated_name(name, by);
        r = c->control->ops->maintenance_end(c->control->userdata, device, name, c->uid, &message);
        return r < 0 ? control_say_why(error, r, "device", device, message)
                     : sd_bus_reply_method_return(m, "s", message ? message : "");
}
