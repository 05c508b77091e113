#ifndef HSMD_CONTROL_INTERNAL_H
#define HSMD_CONTROL_INTERNAL_H
/* What control.c (connections and their limits), control-api.c (methods) and control-row.c (rows as messages)
 * share. */

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "control.h"

#define CONTROL_CONNECTIONS_MAX 32
#define CONTROL_CONNECTIONS_PER_UID_MAX 8
#define CONTROL_AUTH_TIMEOUT (5 * USEC_PER_SEC)
#define CONTROL_QUEUE_MAX 256
/* 256 answers of 1,000 rows would be 600 MB; the octets that wait are bounded as well. */
#define CONTROL_UNSENT_MAX ((size_t) 4 * 1024 * 1024)
#define CONTROL_PAGE_ROWS 1000
/* A page ends early rather than keep the judge waiting; the reader goes on where it ended. */
#define CONTROL_PAGE_TIME (5 * USEC_PER_MSEC)

typedef struct Connection Connection;

struct Connection {
        Control *control;
        Connection *next;
        sd_bus *bus;
        sd_event_source *auth_timer; /* NULL once the peer has authenticated */
        uid_t uid;                   /* of the peer, as the kernel says */
        size_t unsent;               /* octets answered since the outgoing queue was last empty */
        bool doomed;                 /* closed, to be freed outside of its own callbacks */
};

struct Control {
        sd_event *event;
        char *path;
        dev_t device; /* of our socket file, to remove no other's */
        ino_t inode;
        uid_t own_uid;
        sd_event_source *listener, *reaper, *pause;
        Connection *connections;
        Journal *journal;
        const ControlOps *ops;
        void *userdata;
        usec_t refused_logged; /* when a refused connection was last logged */
        uint64_t refused;      /* connections refused since */
};

/* Adds the interface to a new connection. Negative errno. */
int control_api_add(Connection *connection);

#define CONTROL_BY_SIZE 64
/* Whether the peer may change anything; if not, *error says so. */
bool connection_may_change(const Connection *connection, sd_bus_error *error);
/* The name that somebody states: only stated, and it goes into the journal. */
void control_stated_name(char dst[static CONTROL_BY_SIZE], const char *by);

/* An answer that is owed to a call, and what becomes of it. NULL without memory. */
ControlReply *control_reply_new(sd_bus_message *call);
sd_bus_message *control_reply_call(const ControlReply *reply);
void control_reply_drop(ControlReply *reply);

/* An error with words, whatever octets they hold. Negative errno. */
int control_refuse(sd_bus_error *error, const char *name, const char *message);

/* The errors of control-actions.c: a negative errno of an action, with its words if it has any; -ENOENT
 * without words: there is no device `what`. And of an operation that this hsmd does not have. Negative errno.
 */
int control_say_no(sd_bus_error *error, int r, const char *what, const char *message);
int control_not_supported(sd_bus_error *error);

/* control-actions.c */
int control_method_confirm_keys(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_retry_pin(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_measure(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_probe(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* control-sensors.c */
int control_method_discover_sensors(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_get_discovered(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* Closes a connection for the given reason (logged; NULL: the peer went by itself). */
void connection_doom(Connection *connection, const char *why);

/* Appends one row as an a{sv} and adds its size in octets, about, to *size; or only its entries, into an
 * array that is open. Negative errno. */
int control_append_members(
        sd_bus_message *m, const TableInfo *table, const void *row, usec_t now, size_t *size);
int control_append_row(sd_bus_message *m, const TableInfo *table, const void *row, usec_t now, size_t *size);

#endif
