#ifndef HSMD_HISTORY_H
#define HSMD_HISTORY_H
/* What is kept: events (append-only) and roll-ups a minute and an hour, two SQLite files in STATE/history,
 * opened by hsmd alone, in a thread of their own: a stalled disk delays neither a judgement nor an answer.
 *
 * An event is stored when its transaction has been through fdatasync (WAL, synchronous=FULL); events that
 * come while one is under way go into the next together. What cannot be stored (disk full, damaged file)
 * waits in memory, at most HISTORY_WAITING_MAX, while it is tried again; beyond, the oldest are dropped and
 * counted.
 *
 * A damaged file is set aside as NAME.damaged-DATE, never deleted, and a new one begun; that is a trouble
 * until hsmd ends. At every start PRAGMA quick_check looks for damage for at most half a second (a million
 * events take 0.3 s); what it does not reach is found when it is met. On a full disk a ballast of
 * 16 MiB is given up so that what is too old can be deleted: minutes after 90 days, hours after 3 years,
 * events never. PRAGMA user_version says the schema's version; older files are migrated, newer ones refused
 * (set aside is only what is damaged). */

#include <systemd/sd-event.h>

#include "event.h"
#include "situation.h"

#define HISTORY_WAITING_MAX 10000
#define HISTORY_PAGE 1000 /* rows of an answer */

typedef struct History History;

typedef struct HistoryOptions {
        const char *state;               /* the state directory */
        usec_t keep_minutes, keep_hours; /* how long roll-ups are kept */
} HistoryOptions;

typedef struct MaintenanceRecord {
        uint32_t id; /* of the event that began it */
        uint32_t device;
        char device_name[64], by[64], ticket[64], reason[256];
        uint32_t uid;
        bool probing;
        usec_t start, until; /* CLOCK_REALTIME */
} MaintenanceRecord;

typedef struct CursorRecord { /* how far a receiver is */
        char name[64];
        uint64_t acknowledged;                 /* notify_sequence; all up to it are done with */
        uint64_t sent, acks, refused, dropped; /* counters go on */
} CursorRecord;

typedef struct AvailabilityRecord { /* an hour of a device */
        uint32_t device;
        usec_t start; /* CLOCK_REALTIME */
        usec_t serving, observed;
} AvailabilityRecord;

typedef struct FlapRecord {
        uint32_t device;
        usec_t level, when; /* CLOCK_REALTIME of it */
} FlapRecord;

typedef struct FailoverCountRecord { /* of all time */
        uint32_t pool;
        uint64_t n;
} FailoverCountRecord;

/* All that a restart needs. */
typedef struct HistoryState {
        uint64_t last_event;
        uint64_t last_sequence; /* none that is larger was ever used; of a history that was lost or restored,
                                   by the numbers of events */
        uint64_t hole_after, hole_to; /* sequences beyond the one, up to the other, were never given: they
                                         went on there when the last one was not known for sure. 0, 0: none */
        AlarmRecord *alarms;          /* active ones, in order of id */
        Event *failovers;             /* the last 64 pool_failover and those still open, each followed by its
                                         failover_returned,       if any */
        Event *told;                  /* the last event that told a state, of each pool and service */
        MaintenanceRecord *maintenance; /* that has not ended */
        CursorRecord *cursors;
        AvailabilityRecord *availability; /* the last 31 days */
        FlapRecord *flaps;
        FailoverCountRecord *failover_counts; /* a pool that has had any */
        size_t n_alarms, n_failovers, n_told, n_maintenance, n_cursors, n_availability, n_flaps,
                n_failover_counts;
} HistoryState;

void history_state_free(HistoryState *state);

typedef struct HistoryOps {
        /* history_new's file was read, after history_wait had given up; state is the callee's to free. */
        void (*late)(HistoryState *state, void *userdata);
        /* All events up to this number that were given are stored, but for those that were dropped. Not said
         * of what is stored by history_free. */
        void (*stored)(uint64_t last, void *userdata);
        /* What is wrong with it (REASON_DISK_FULL, REASON_HISTORY_DAMAGED, REASON_DISK_SLOW) or REASON_NONE,
         * with words. */
        void (*trouble)(Reason reason, const char *detail, void *userdata);
} HistoryOps;

/* Opens the files in the thread. Negative errno. */
int history_new(
        sd_event *event, const HistoryOptions *options, const HistoryOps *ops, void *userdata, History **ret);
/* Waits at most so long for what was kept: 0 and *ret (the caller's to free); -ETIMEDOUT or another errno: it
 * is not there yet (slow, full disk), and `late` follows if it comes; -EPROTONOSUPPORT: the file is of a
 * newer hsmd, and nothing is kept. Called once, before the loop runs. */
int history_wait(History *history, usec_t at_most, HistoryState **ret);
/* Stores what waits, for at most `grace`. */
History *history_free(History *history, usec_t grace);

/* Copies it. Never blocks. notify_sequence must be set where receivers are to be told. */
void history_append(History *history, const Event *event);
size_t history_waiting(const History *history);
uint64_t history_dropped(const History *history);
/* The 99th percentile of the last 256 commits, microseconds; 0: none yet. */
usec_t history_commit_p99(const History *history);

/* --- asking; each answer comes later, on the loop. error: 0 or negative errno. Rows are freed after the
 * call. */

typedef struct EventFilter {
        uint64_t after, before; /* ids, exclusive; 0: no bound */
        usec_t since, until;    /* CLOCK_REALTIME; 0: no bound */
        uint32_t device;        /* number; 0: all */
        uint32_t alarm;         /* its id; 0: all */
        uint64_t notify_after;  /* only what receivers are told, with a larger sequence; then in its order */
        bool only_notify;
        bool newest;  /* with a limit: the last ones rather than the first; in order all the same */
        size_t limit; /* at most HISTORY_PAGE */
} EventFilter;
typedef void (*HistoryEvents)(int error, const Event *events, size_t n, void *userdata);
void history_events(History *history, const EventFilter *filter, HistoryEvents done, void *userdata);

/* device: number, 0 = all; hours: else minutes. Rows with since ≤ start ≤ until (0: no bound) in order of
 * start, at most HISTORY_PAGE: the next page begins at the last start + 1. Of all devices, rows of one start
 * are never parted: a page is shorter for that, or as long as there are devices. */
typedef void (*HistoryRollups)(int error, const RollupRow *rows, size_t n, void *userdata);
void history_rollups(History *history, uint32_t device, bool hours, usec_t since, usec_t until,
        HistoryRollups done, void *userdata);

/* --- keeping */

/* Another configuration: how long roll-ups are kept, from the next upkeep on. */
void history_retention(History *history, usec_t keep_minutes, usec_t keep_hours);
/* A device's minute; it is added to its hour, too, and to what is there of the same minute. spare_rate: the
 * smaller one. */
void history_rollup(History *history, const RollupRow *minute);
/* How far a receiver is; may be lost by a crash, and then is repeated. */
void history_cursor(History *history, const CursorRecord *cursor);
void history_forget_cursor(History *history, const char *receiver);
/* A finished drill's protocol as JSON. */
void history_drill(History *history, uint64_t id, const char *pool, const char *json);
typedef void (*HistoryText)(int error, const char *text, void *userdata);
/* id 0: the last one of the pool. -ENOENT. */
void history_drill_get(History *history, uint64_t id, const char *pool, HistoryText done, void *userdata);

/* Writes everything that outlives hsmd into one file (history-backup.h). Takes fd over. */
typedef void (*HistoryDone)(int error, const char *message, void *userdata);
void history_backup(History *history, int fd, HistoryDone done, void *userdata);

#endif
