#ifndef HSMD_EVENT_LOG_H
#define HSMD_EVENT_LOG_H
/* The way of an event: it gets its number; it is shown at once (board, journal); it is stored; and then, in
 * order, it is told: to receivers, and to whoever asks for events. An event that is not stored within
 * durable_timeout is told all the same, marked as not durable, and the disk is an alarm of its own. */

#include "history.h"

typedef struct Manager Manager;
typedef struct EventLog EventLog;
typedef struct ControlReply ControlReply;

/* Of before hsmd started: the last event, and the last notify_sequence. */
int event_log_new(Manager *manager, uint64_t last_event, uint64_t last_sequence, EventLog **ret);
EventLog *event_log_free(EventLog *log);

/* The history has not said yet which notify_sequence was the last: events wait, for they are stored and told
 * with theirs. Until event_log_at_least, or event_log_go_on when it is waited for no longer, which returns
 * what counts as the last one before those that waited. */
void event_log_hold(EventLog *log);
uint64_t event_log_go_on(EventLog *log);

/* Takes a copy. */
void event_log_add(EventLog *log, const Event *event, bool notify);
/* The history has stored all up to this number. */
void event_log_stored(EventLog *log, uint64_t last);
void event_log_tick(EventLog *log, usec_t now);
void event_log_extend(EventLog *log, usec_t lateness);

/* The history came late: these were given before. */
void event_log_at_least(EventLog *log, uint64_t last_event, uint64_t last_sequence);
uint64_t event_log_last_told(const EventLog *log);
uint64_t event_log_last_sequence(const EventLog *log);
/* From verdict to handed out, the 99th percentile of the last 256, microseconds. */
usec_t event_log_told_p99(const EventLog *log);
/* A notification of this event left for its receiver, the first time. */
void event_log_sent(EventLog *log, uint64_t id, usec_t when);
/* From verdict to datagram, likewise. */
usec_t event_log_sent_p99(const EventLog *log);
/* Events are told before they are stored, now. */
bool event_log_disk_slow(const EventLog *log);

/* Answers `reply` with events after the number, when there are any, or with none when `wait` is over. */
void event_log_wait(EventLog *log, uint64_t after, uint32_t device, usec_t wait, ControlReply *reply);

#endif
