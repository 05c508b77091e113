#ifndef HSMD_CONTROL_H
#define HSMD_CONTROL_H
/* The control socket: sd-bus peer to peer on a private unix socket, as systemctl reaches systemd, without a bus daemon.
 * The socket is 0660 with the configured group: who may open it may read; only uid 0 and hsmd's own uid may change.
 *
 * Object /cn/hsmd/Manager, interface cn.hsmd.Manager1; a row is an a{sv} whose keys are the board's field keys
 * (enumerations in lowerCamelCase, instants as ISO 8601 UTC strings, tenths of a degree as a double):
 *   GetFleet() -> a{sv}
 *   List(s table, u first) -> aa{sv}       at most 1,000 rows from row number `first` (0-based) on; table: sites pools
 *                                          devices keys sensors
 *   GetAttempts(s device) -> a(tttuus...)  see control.c: the last attempts, for timing
 *   GetCalls(s device) -> a(...)           the recorder's last calls
 *   Reload(s by) -> s                      waits for the verdict; error cn.hsmd.Error.ConfigRefused carries the text
 * Limits: 32 connections, 8 a uid, 5 s to authenticate, an outgoing queue of 256 messages; beyond: closed, with a log
 * line. */

#include <systemd/sd-event.h>

#include "board.h"
#include "journal.h"
#include "ring.h"

typedef struct Control Control;

/* One finished attempt of a device, for timing. */
typedef struct AttemptRecord {
        uint64_t attempt;
        usec_t due, started, ended; /* CLOCK_MONOTONIC */
        uint32_t step;              /* failed Step, STEP_NONE */
        uint32_t climb;             /* 1: a climb of a new probe, 0: a check from the top */
        uint64_t rv;
} AttemptRecord;

/* What the control needs from the daemon. Every function is quick and does no I/O. */
typedef struct ControlOps {
        size_t (*rows)(void *userdata, BoardTable table);
        const void *(*row)(void *userdata, BoardTable table, size_t index);
        /* the last finished attempts, oldest first; -ENOENT if there is no such device, else how many */
        int (*attempts)(void *userdata, const char *device, AttemptRecord *ret, size_t n);
        /* the recorder's last finished calls, oldest first, likewise */
        int (*calls)(void *userdata, const char *device, RingRecord *ret, size_t n);
        /* 0, or -EINVAL and *ret_message (the caller frees it): the configuration was refused and the old one runs on.
         * uid and by are who asked: the peer's uid and the name that it stated. */
        int (*reload)(void *userdata, uid_t uid, const char *by, char **ret_message);
} ControlOps;

/* Listens at path (an old socket is replaced; group may be NULL or unknown: then the socket stays with our own).
 * Resolves the group before the loop runs. Negative errno. */
int control_new(sd_event *event, const char *path, const char *group, Journal *journal, const ControlOps *ops,
        void *userdata, Control **ret);
Control *control_free(Control *control);

#endif
