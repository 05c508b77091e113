#ifndef HSMD_CONTROL_H
#define HSMD_CONTROL_H
/* The control socket: sd-bus peer to peer on a private unix socket, as systemctl reaches systemd, without a
 * bus daemon. The socket is 0660 with the configured group: who may open it may read; only uid 0 and hsmd's
 * own uid may change.
 *
 * Object CONTROL_PATH, interface CONTROL_INTERFACE. A row is an a{sv} whose keys are the board's field keys;
 * a field that is not valid is left out. Types: names and texts s (bad UTF-8 as U+FFFD), enumerations s in
 * lowerCamelCase (reasons: the code word, as in the MIB), instants s (ISO 8601, UTC), temperatures d
 * (degrees), BOOL b, U32 and GAUGE u, I32 i, all other numbers t in the unit that the key says.
 *
 * - GetFleet() -> a{sv}
 *
 * - List(s table, u first) -> aa{sv}: at most 1,000 rows from row number `first` (0-based) on. A page may be
 *   shorter than what is left; an empty one says that there are no more. table: sites pools devices keys
 *   sensors mechanisms pool_keys site_sensors services receivers alarms failovers. The rows of the last two
 *   come and go, in order of id: there `first` is the id of the last row that is already known, or 0.
 *
 * - GetAttempts(s device) -> a(ttttsbts): the last attempts, oldest first, for timing: attempt, due, started,
 *   ended (CLOCK_MONOTONIC, microseconds), failed step, whether it was a climb, CK_RV and its name.
 *
 * - GetCalls(s device) -> a(tsutttts): the recorder's last finished calls, oldest first: sequence, function,
 *   thread, session, started, ended (CLOCK_MONOTONIC, microseconds), CK_RV and its name.
 *
 * - Reload(s by) -> s: answers when the verdict is there; by: the name that the asking person states. The
 *   answer is empty.
 *
 * - ConfirmKeys(s pool, u key, s by) -> s: the unconfirmed public keys of a pool (of all pools when it is
 *   empty; of one key, or of all when it is 0) are the right ones; answers which in words.
 *
 * - RetryPin(s device, s by) -> s: one more attempt with a PIN that is blocked; it is made at once. Answers
 *   in words.
 *
 * - Measure(s device, u key, u sessions, t duration, b out_of_service, b force, s by) -> a{sv}: a burst (0
 *   where the configuration is to decide), answered when it is over with one dictionary: the mechanism's
 *   row as it stands then (its operations and errors are totals) and this burst: burst_operations,
 *   burst_errors, verified and wrong (signatures, by sample), duration_us, rate_milli_per_s, burst_sessions,
 *   burst_p50_us, burst_p95_us, burst_p99_us, burst_max_us, cpu_us (this host's), stopped.
 *
 * - Probe(s device, b climb) -> t: an attempt as soon as may be (with climb: by a new probe process), whose
 *   number is answered at once. What it comes to stands in GetAttempts and the device's row; while it runs
 *   the row's step_under_way says where it is.
 *
 * - DiscoverSensors(s agent, s by) -> us: walks what an SNMP agent serves, beside its polls; agent: a
 * device's name, or SITE/AGENT. Answered when the walk is over with the number of variables found and why it
 * ended early, or "".
 *
 * - Acknowledge(u alarm, s by) -> s: somebody has taken an active alarm on.
 *
 * - GetEvents(a{sv} filter) -> aa{sv}: what happened, at most 1,000 events in order of id. filter: after t,
 *   before t (ids, exclusive), since t, until t (CLOCK_REALTIME, microseconds), device u, alarm u, limit u,
 * newest b (the last ones rather than the first). A page may be shorter than what is left, and then its first
 * rows are there: whoever wants more goes on after the last id, until a page is empty.
 *
 * - WaitEvents(t after, u device, u wait_ms) -> aa{sv}: likewise the events after an id, answered as soon as
 * there are any, or with none when the time (at most 60 s) is over. So a follower that does not read holds
 * one answer, and goes on from the last id that it has.
 *
 * - GetHistory(u device, b hours, t since, t until) -> aa{sv}: roll-ups a minute or an hour, at most 1,000 in
 * order of start; device: number, 0 = all. A page may be shorter, likewise: go on since one second after the
 * last start.
 *
 * - StartMaintenance(s device, t until, s reason, s ticket, b probing, b force, s by) -> s, and
 *   EndMaintenance(s device, s by) -> s. until: CLOCK_REALTIME, microseconds.
 *
 * - StartDrill(s pool, s by) -> s, CancelDrill(s pool, s by) -> s, GetDrill(s pool) -> s: the protocol as
 * JSON, StateGap(s pool, s gap, s by) -> s: what the business system saw; answers with the protocol.
 *
 * - Backup(h file, s by) -> s: writes a backup into an open file; answered when it is written.
 *
 * - TestNotifications(s by) -> ut: raises and clears an alarm; its id and the sequence of the second
 * notification. GetNotified(t sequence) -> bs: whether every receiver has done with it, and who has not.
 *
 * - GetDiscovered(s agent, u first) -> a(sus): what the last walk found, from row `first` on, at most 1,000 a
 *   page (an empty one says that there are no more): OID, ASN.1 tag and value as text. Kept for five minutes.
 *   Only for who may walk: an agent tells more than hsmd shows.
 *
 * Errors: CONTROL_ERROR_REFUSED (its text says what would be right), CONTROL_ERROR_CONFIG_REFUSED (its text
 * is config_load's), CONTROL_ERROR_NO_SUCH_DEVICE, org.freedesktop.DBus.Error.AccessDenied and .InvalidArgs.
 *
 * Limits: 32 connections, 8 a uid, 8 answers owed to a connection and 256 in all, 5 s to authenticate, an
 * outgoing queue of 256 messages and 4 MiB; beyond: closed, with a log line. */

#include <systemd/sd-event.h>

#include "board.h"
#include "history.h"
#include "journal.h"
#include "maintenance.h"
#include "protocol.h"
#include "ring.h"

#define CONTROL_PATH "/cn/hsmd/Manager"
#define CONTROL_INTERFACE "cn.hsmd.Manager1"
#define CONTROL_ERROR_CONFIG_REFUSED "cn.hsmd.Error.ConfigRefused"
#define CONTROL_ERROR_REFUSED "cn.hsmd.Error.Refused"
#define CONTROL_ERROR_NO_SUCH_DEVICE "cn.hsmd.Error.NoSuchDevice"
/* Attempts and calls asked of the daemon at a time. */
#define CONTROL_RECORDS 64

typedef struct Control Control;
/* An answer that is owed. */
typedef struct ControlReply ControlReply;

/* One finished attempt of a device, for timing. */
typedef struct AttemptRecord {
        uint64_t attempt;
        usec_t due, started, ended; /* CLOCK_MONOTONIC */
        uint32_t step;              /* failed Step, STEP_NONE */
        uint32_t climb;             /* 1: a climb of a new probe, 0: a check from the top */
        uint64_t rv;
} AttemptRecord;

/* A burst that somebody asks for; 0 where the configuration decides. */
typedef struct MeasureRequest {
        const char *device;
        uint32_t key, sessions;
        usec_t duration;
        bool out_of_service, force;
} MeasureRequest;

/* What a burst came to. mechanism is the row as it stands then. */
typedef struct MeasureOutcome {
        const MechanismRow *mechanism;
        const MsgMeasured *measured;
} MeasureOutcome;

/* What the control needs from the daemon. Every function is quick and does no I/O. */
typedef struct ControlOps {
        size_t (*rows)(void *userdata, BoardTable table);
        const void *(*row)(void *userdata, BoardTable table, size_t index);
        /* the last finished attempts, oldest first; -ENOENT if there is no such device, else how many */
        int (*attempts)(void *userdata, const char *device, AttemptRecord *ret, size_t n);
        /* the recorder's last finished calls, oldest first, likewise */
        int (*calls)(void *userdata, const char *device, RingRecord *ret, size_t n);
        /* 0 or a negative errno at once (-EINVAL with *ret_message, which the caller frees: the configuration
         * was refused and the old one runs on), or 1: the verdict comes later by control_reply, which must
         * then be called once. uid and by are who asked: the peer's uid and the name that it stated. */
        int (*reload)(void *userdata, uid_t uid, const char *by, ControlReply *reply, char **ret_message);
        /* The actions below answer in the same way: 0 with words in *ret_message (may stay NULL), a negative
         * errno with *ret_message saying what would be right (-EPERM refused, -ENOENT no such device, pool or
         * key, -EBUSY one is under way), or 1: later, by control_reply. */
        int (*confirm_keys)(
                void *userdata, const char *pool, uint32_t key, const char *by, char **ret_message);
        int (*retry_pin)(void *userdata, const char *device, const char *by, char **ret_message);
        int (*measure)(void *userdata, const MeasureRequest *request, const char *by, ControlReply *reply,
                char **ret_message);
        int (*discover)(
                void *userdata, const char *agent, const char *by, ControlReply *reply, char **ret_message);
        /* the rows found from first on, and how many those are (0: there are no more); -ENOENT: nothing was
         * discovered there, or too long ago */
        int (*discovered)(
                void *userdata, const char *agent, size_t first, const PollFound **ret, size_t *ret_n);
        int (*probe)(
                void *userdata, const char *device, bool climb, uint64_t *ret_attempt, char **ret_message);
        int (*acknowledge)(void *userdata, uint32_t alarm, const char *by, uint32_t uid, char **ret_message);
        /* control_reply_events follows */
        int (*events)(void *userdata, const EventFilter *filter, ControlReply *reply, char **ret_message);
        int (*wait_events)(void *userdata, uint64_t after, uint32_t device, usec_t wait, ControlReply *reply);
        /* control_reply_rollups follows */
        int (*rollups)(void *userdata, uint32_t device, bool hours, usec_t since, usec_t until,
                ControlReply *reply, char **ret_message);
        int (*maintenance_start)(void *userdata, const MaintenanceRequest *request, char **ret_message);
        int (*maintenance_end)(
                void *userdata, const char *device, const char *by, uint32_t uid, char **ret_message);
        int (*drill_start)(
                void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message);
        int (*drill_cancel)(
                void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message);
        /* control_reply with the protocol as its words follows */
        int (*drill_get)(void *userdata, const char *pool, ControlReply *reply, char **ret_message);
        int (*drill_business)(void *userdata, const char *pool, const char *gap, const char *by, uint32_t uid,
                ControlReply *reply, char **ret_message);
        /* takes fd over in any case */
        int (*backup)(void *userdata, int fd, const char *by, ControlReply *reply, char **ret_message);
        int (*test_notifications)(void *userdata, const char *by, uint32_t uid, uint32_t *ret_alarm,
                uint64_t *ret_sequence, char **ret_message);
        bool (*notified)(void *userdata, uint64_t sequence, char *ret_words, size_t size);
} ControlOps;

/* Listens at path (an old socket is replaced; group may be NULL or unknown: then the socket stays with our
 * own). Resolves the group, so call it before the loop runs. journal, ops and userdata must outlive the
 * Control. Negative errno. */
int control_new(sd_event *event, const char *path, const char *group, Journal *journal, const ControlOps *ops,
        void *userdata, Control **ret);
Control *control_free(Control *control);

/* Answers: error 0 with the words that the method answers with, or NULL; or a negative errno with a message
 * or NULL. The asking connection may be gone, and the whole Control. Frees the reply. */
void control_reply(ControlReply *reply, int error, const char *message);
/* Nobody waits for it any more: it may be answered at once, with anything. */
bool control_reply_is_orphan(const ControlReply *reply);
/* Likewise, of a measurement that succeeded. */
void control_reply_measured(ControlReply *reply, const MeasureOutcome *outcome);
/* Likewise, of what the history had. */
void control_reply_events(ControlReply *reply, int error, const Event *events, size_t n);
void control_reply_rollups(ControlReply *reply, int error, const RollupRow *rows, size_t n);
/* Likewise, of a walk that found something: how many variables, and why it ended early, or "". */
void control_reply_discovered(ControlReply *reply, uint32_t found, const char *early);

#endif
