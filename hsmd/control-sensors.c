/* The methods that ask what an SNMP agent serves: DiscoverSensors, GetDiscovered. */
#include "control-internal.h"

static void unrefp(sd_bus_message **m) {
        sd_bus_message_unref(*m);
}
#define CLEANUP_MESSAGE CLEANUP(unrefp)

/* What a row of GetDiscovered costs beside its texts: lengths, the tag and padding. */
#define FOUND_OVERHEAD 24

int control_method_discover_sensors(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        ControlReply *reply;
        const char *agent, *by;
        char name[CONTROL_BY_SIZE];
        int r = sd_bus_message_read(m, "ss", &agent, &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->discover)
                return control_not_supported(error);
        control_stated_name(name, by);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->discover(c->control->userdata, agent, name, reply, &message);
        if (r == 1)
                return 1;
        control_reply_drop(reply);
        return control_say_no(error, r < 0 ? r : -EIO, agent, message);
}

/* Texts come from the network: the worker makes them printable, and is not trusted to have done it. */
static void printable(char *dst, size_t size, const char *text) {
        copy_text(dst, size, text);
        keep_printable(dst);
}

void control_reply_discovered(ControlReply *reply, uint32_t found, const char *early) {
        char words[256];

        printable(words, sizeof(words), early);
        (void) sd_bus_reply_method_return(control_reply_call(reply), "us", found, words);
        control_reply_drop(reply);
}

static int append_found(sd_bus_message *reply, const PollFound *found, size_t *size) {
        char oid[sizeof(found->oid)], value[sizeof(found->value)];

        printable(oid, sizeof(oid), found->oid);
        printable(value, sizeof(value), found->value);
        *size += strlen(oid) + strlen(value) + FOUND_OVERHEAD;
        return sd_bus_message_append(reply, "(sus)", oid, found->type, value);
}

int control_method_get_discovered(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const PollFound *found = NULL;
        Connection *c = userdata;
        const char *agent;
        uint32_t first;
        size_t n = 0;
        int r = sd_bus_message_read(m, "su", &agent, &first);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        if (!c->control->ops->discovered)
                return control_not_supported(error);
        r = c->control->ops->discovered(c->control->userdata, agent, first, &found, &n);
        if (r < 0)
                return control_say_no(error, r, agent,
                        r == -ENOENT ? "nothing is known of that agent any more; discover it again" : NULL);
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "(sus)");
        for (size_t i = 0; r >= 0 && i < MIN_OF(n, (size_t) CONTROL_PAGE_ROWS); i++)
                r = append_found(reply, &found[i], &c->unsent);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_send(reply);
}
