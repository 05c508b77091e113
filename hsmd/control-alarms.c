/* The methods Acknowledge, TestNotifications and GetNotified. */
#include <inttypes.h>

#include "control-internal.h"
#include "utf8.h"

int control_method_acknowledge(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        char name[CONTROL_BY_SIZE], id[16];
        const char *by;
        uint32_t alarm;
        int r = sd_bus_message_read(m, "us", &alarm, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->acknowledge)
                return control_not_supported(error);
        control_stated_name(name, by);
        r = c->control->ops->acknowledge(c->control->userdata, alarm, name, c->uid, &message);
        snprintf(id, sizeof(id), "%" PRIu32, alarm);
        return r < 0 ? control_say_why(error, r, "active alarm", id, message)
                     : sd_bus_reply_method_return(m, "s", message ? message : "");
}

int control_method_test_notifications(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        char name[CONTROL_BY_SIZE];
        uint64_t sequence = 0;
        uint32_t alarm = 0;
        const char *by;
        int r = sd_bus_message_read(m, "s", &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->test_notifications)
                return control_not_supported(error);
        control_stated_name(name, by);
        r = c->control->ops->test_notifications(
                c->control->userdata, name, c->uid, &alarm, &sequence, &message);
        return r < 0 ? control_say_no(error, r, "", message)
                     : sd_bus_reply_method_return(m, "ut", alarm, sequence);
}

int control_method_get_notified(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        char words[1024] = "", repaired[3 * sizeof(words) + 1];
        Connection *c = userdata;
        uint64_t sequence;
        bool done;
        int r = sd_bus_message_read(m, "t", &sequence);

        if (r < 0)
                return r;
        if (!c->control->ops->notified)
                return control_not_supported(error);
        done = c->control->ops->notified(c->control->userdata, sequence, words, sizeof(words));
        utf8_repair(repaired, sizeof(repaired), words);
        c->unsent += strlen(repaired);
        return sd_bus_reply_method_return(m, "bs", (int) done, repaired);
}
