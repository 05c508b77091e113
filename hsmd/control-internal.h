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
/* Answers that are owed: a follower needs one, an action another. */
#define CONTROL_OWED_MAX 256
#define CONTROL_OWED_PER_CONNECTION_MAX 8

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
        ControlReply *owed;
        Journal *journal;
        const ControlOps *ops;
        void *userdata;
        usec_t refused_logged; /* when a refused connection was last logged */
        uint64_t refused;      /* connections refused since */
};

/* Adds the interface to a new connection. Negative errno. */
int control_api_add(Connection *connection);

#define CONTROL_BY_SIZE 64
/* Texts that are kept: a line, a name. Octets. */
#define CONTROL_TEXT_MAX 255
#define CONTROL_NAME_MAX 63
/* Whether the peer may change anything; if not, *error says so. */
bool connection_may_change(const Connection *connection, sd_bus_error *error);
/* The name that somebody states: only stated, and it goes into the journal. */
void control_stated_name(char dst[static CONTROL_BY_SIZE], const char *by);

/* An answer that is owed to a call, and what becomes of it. NULL with *error set when too many are owed, or
 * without memory. */
ControlReply *control_reply_new(Connection *connection, sd_bus_message *call, sd_bus_error *error);
sd_bus_message *control_reply_call(const ControlReply *reply);
void control_reply_drop(ControlReply *reply);
/* Octets that were answered, for the limit of its connection. */
void control_reply_count(ControlReply *reply, size_t size);
/* Whoever asked is gone, or the whole control. */
void control_replies_orphan(Control *control, const Connection *connection);

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

/* --- control-text.c */

/* The error of an action: that there is no such thing ("pool", "x"; the caller may have said it in better
 * words), or why it was refused. Negative errno. */
int control_say_why(sd_bus_error *error, int r, const char *thing, const char *name, const char *message);
/* Likewise, of an operation that was given a reply to keep: 1 if it did. */
int control_reply_kept(ControlReply *reply, int r, sd_bus_error *error, const char *thing, const char *name,
        const char *message);
/* A text that somebody gives is kept as it is or refused: not empty unless it may be, no longer than max
 * octets, and nothing in it that breaks a line or drives a terminal. what names it in the error. */
bool control_text_fits(
        const char *text, const char *what, size_t max, bool may_be_empty, sd_bus_error *error);

/* control-events.c */
int control_method_get_events(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_wait_events(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_get_history(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* control-alarms.c */
int control_method_acknowledge(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_test_notifications(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_get_notified(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* control-maintenance.c */
int control_method_start_maintenance(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_end_maintenance(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* control-drill.c */
int control_method_start_drill(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_cancel_drill(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_get_drill(sd_bus_message *m, void *userdata, sd_bus_error *error);
int control_method_state_gap(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* control-backup.c */
int control_method_backup(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* Closes a connection for the given reason (logged; NULL: the peer went by itself). */
void connection_doom(Connection *connection, const char *why);

/* Appends one row as an a{sv} and adds its size in octets, about, to *size; or only its entries, into an
 * array that is open. Negative errno. */
int control_append_members(
        sd_bus_message *m, const TableInfo *table, const void *row, usec_t now, size_t *size);
int control_append_row(sd_bus_message *m, const TableInfo *table, const void *row, usec_t now, size_t *size);

#endif
