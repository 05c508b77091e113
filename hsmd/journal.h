#ifndef HSMD_JOURNAL_H
#define HSMD_JOURNAL_H
/* The log. Lines leave through a bounded queue and a thread of their own, because sd_journal_send blocks for
 * good when journald has stopped: log_event never blocks. When the queue is full, lines are dropped and
 * counted, and the count is logged first afterwards. Where there is no journal (no socket of journald), the
 * same lines go to stderr, the fields after the message. */

#include <syslog.h>

#include "macro.h"

typedef struct Journal Journal;

/* One structured line. NULL members are left out. */
typedef struct LogEvent {
        int priority;                             /* LOG_ERR and so on */
        const char *message_id;                   /* 32 hexadecimal digits, of the journal catalog */
        const char *device;                       /* HSM_DEVICE= */
        const char *pool, *service, *site;        /* HSM_POOL=, HSM_SERVICE=, HSM_SITE= */
        const char *state;                        /* HSM_STATE= */
        const char *reason;                       /* HSM_REASON= */
        const char *step;                         /* HSM_STEP= */
        const char *call;                         /* HSM_CALL= */
        const char *ret;                          /* HSM_RETURN= */
        usec_t duration;                          /* HSM_DURATION_US=; 0 is left out */
        uint64_t event;                           /* HSM_EVENT=, its number; 0 is left out */
        uint32_t alarm;                           /* HSM_ALARM=, its id; 0 is left out */
        const char *code;                         /* HSM_CODE=, of the alarm: "key-missing" */
        const char *severity;                     /* HSM_SEVERITY= */
        const char *resource;                     /* HSM_RESOURCE=, what of the device it is about */
        const char *operator_uid, *operator_name; /* HSM_OPERATOR_UID=, HSM_OPERATOR= (as stated) */
} LogEvent;

/* Starts the thread (all signals blocked in it). capacity: lines in the queue. Negative errno. */
int journal_new(size_t capacity, Journal **ret);

/* Gives the thread up to grace to write what is queued, then abandons it (a stopped journald must not delay a
 * stop). */
Journal *journal_free(Journal *journal, usec_t grace);

/* Never blocks and never fails visibly. journal may be NULL: then the line goes straight to stderr. */
void log_event(Journal *journal, const LogEvent *event, const char *format, ...) PRINTF(3, 4);

/* Lines dropped since the start. */
uint64_t journal_dropped(Journal *journal);

/* Message ids, one a kind of line; the catalogs in systemd/ explain them. */
#define MESSAGE_DEVICE_STATE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a01"
#define MESSAGE_PROBE_REPLACED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a02"
#define MESSAGE_POOL_STATE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a03"
#define MESSAGE_LATE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a04"
#define MESSAGE_RELOADED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a05"
#define MESSAGE_CONFIG_REFUSED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a06"
#define MESSAGE_WORKER_REPLACED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a07"
#define MESSAGE_PIN_REFUSED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a08"
#define MESSAGE_STARTED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a09"
#define MESSAGE_STOPPING "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a0a"
#define MESSAGE_AGENT_STATE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a0b"
#define MESSAGE_LOG_DROPPED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a0c"

#define MESSAGE_KEY_MATRIX "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a0d"
#define MESSAGE_KEYS_PINNED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a0e"
#define MESSAGE_KEYS_CONFIRMED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a0f"
#define MESSAGE_PROBE_RECYCLED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a10"
#define MESSAGE_PIN_RETRY "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a11"
#define MESSAGE_MEASURED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a12"
#define MESSAGE_UNKILLABLE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a13"
#define MESSAGE_AGENT_RESTARTED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a14"
#define MESSAGE_SITE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a15"
#define MESSAGE_REBOOTED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a16"

/* What the machines come to together. An alarm's lines have an id of its code: alarm_catalog_id. */
#define MESSAGE_FAILOVER "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a17"
#define MESSAGE_FAILOVER_RETURNED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a18"
#define MESSAGE_SERVICE_STATE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a19"
#define MESSAGE_MAINTENANCE "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a1a"
#define MESSAGE_DRILL "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a1b"
#define MESSAGE_HISTORY "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a1c"
#define MESSAGE_RECEIVER "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a1d"
#define MESSAGE_ISOLATED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a1e"
#define MESSAGE_ALARM_ACKNOWLEDGED "c1f8a4a3d3d94f0e9a3f0d4b5b1e6a1f"

#endif
