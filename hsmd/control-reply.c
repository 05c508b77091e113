/* Answers that are owed to a call. Whoever asked may be gone before they are given. */
#include <stdlib.h>

#include "control-internal.h"

struct ControlReply {
        ControlReply *next;
        Control *control;       /* NULL: it is gone */
        Connection *connection; /* NULL: likewise */
        sd_bus_message *call;
};

/* A peer that asks and asks, or hangs up and comes again, must not pile up questions here. */
static bool are_too_many(const Connection *c) {
        size_t all = 0, own = 0;

        for (const ControlReply *r = c->control->owed; r; r = r->next) {
                all++;
                own += r->connection == c;
        }
        return all >= CONTROL_OWED_MAX || own >= CONTROL_OWED_PER_CONNECTION_MAX;
}

ControlReply *control_reply_new(Connection *c, sd_bus_message *call, sd_bus_error *error) {
        ControlReply *reply;

        if (are_too_many(c)) {
                sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                        "too many questions wait for their answer; wait for one of them first");
                return NULL;
        }
        reply = calloc(1, sizeof(*reply));
        if (!reply) {
                sd_bus_error_set_errno(error, -ENOMEM);
                return NULL;
        }
        *reply = (ControlReply){.next = c->control->owed,
                .control = c->control,
                .connection = c,
                .call = sd_bus_message_ref(call)};
        c->control->owed = reply;
        return reply;
}

sd_bus_message *control_reply_call(const ControlReply *reply) {
        return reply->call;
}

bool control_reply_is_orphan(const ControlReply *reply) {
        return !reply->connection || reply->connection->doomed;
}

void control_reply_count(ControlReply *reply, size_t size) {
        if (reply->connection)
                reply->connection->unsent += size;
}

void control_reply_drop(ControlReply *reply) {
        for (ControlReply **p = reply->control ? &reply->control->owed : NULL; p && *p; p = &(*p)->next)
                if (*p == reply) {
                        *p = reply->next;
                        break;
                }
        sd_bus_message_unref(reply->call);
        free(reply);
}

void control_replies_orphan(Control *control, const Connection *connection) {
        for (ControlReply *r = control->owed; r; r = r->next) {
                if (!connection || r->connection == connection)
                        r->connection = NULL;
                if (!connection)
                        r->control = NULL;
        }
        if (!connection)
                control->owed = NULL;
}
