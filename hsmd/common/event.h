#ifndef HSMD_EVENT_H
#define HSMD_EVENT_H
/* What happened, and what is kept of the time in between: rows like the board's, with one list of fields for
 * history, bus, JSON and notifications (`column` is here the number of the hsmdNotify object). */

#include "board.h"

/* An event. id: never used twice. notify_sequence: valid only of what the receivers are told, without holes.
 * state: the new state, as it is named everywhere. alarm: what it is about; an alarm's id is that of the
 * event that raised it, and so is a failover's. cause, place: of alarms. until, ticket: of maintenance. flap:
 * what the device's falls have piled up (flap.h). by: who had it done, as stated; uid: as the kernel says. */
#define EVENT_FIELDS(F)                                                                                      \
        F(COUNTER, id, "id", 2, NULL)                                                                        \
        F(COUNTER, notify_sequence, "sequence", 1, NULL)                                                     \
        F(INSTANT, when, "when", 3, NULL)                                                                    \
        F(ENUM, type, "type", 0, &event_type_names)                                                          \
        F(BOOL, durable, "durable", 5, NULL)                                                                 \
        F(U32, alarm, "alarm", 6, NULL)                                                                      \
        F(NAME, code, "code", 7, NULL)                                                                       \
        F(ENUM, severity, "severity", 8, &severity_names)                                                    \
        F(ENUM_AS_NAME, cause, "cause", 0, &reason_names)                                                    \
        F(U32, device, "device", 0, NULL)                                                                    \
        F(NAME, device_name, "device_name", 9, NULL)                                                         \
        F(U32, pool, "pool", 0, NULL)                                                                        \
        F(NAME, pool_name, "pool_name", 10, NULL)                                                            \
        F(U32, service, "service", 0, NULL)                                                                  \
        F(NAME, service_name, "service_name", 11, NULL)                                                      \
        F(U32, site, "site", 0, NULL)                                                                        \
        F(NAME, site_name, "site_name", 0, NULL)                                                             \
        F(NAME, resource, "resource", 0, NULL)                                                               \
        F(NAME, state, "state", 12, NULL)                                                                    \
        F(GAUGE, serving, "serving", 13, NULL)                                                               \
        F(GAUGE, total, "total", 14, NULL)                                                                   \
        F(I32, survivable, "survivable", 15, NULL)                                                           \
        F(U32, correlated, "correlated", 0, NULL)                                                            \
        F(ENUM, place, "place", 0, &place_names)                                                             \
        F(ENUM, other_place, "other_place", 0, &place_names)                                                 \
        F(U32, failover, "failover", 0, NULL)                                                                \
        F(INSTANT, last_good, "last_good", 0, NULL)                                                          \
        F(INSTANT, first_failure, "first_failure", 0, NULL)                                                  \
        F(INSTANT, declared, "declared", 0, NULL)                                                            \
        F(MSEC, detection, "detection_ms", 0, NULL)                                                          \
        F(GAUGE, survivors, "survivors", 0, NULL)                                                            \
        F(USEC, latency_before, "latency_before_us", 0, NULL)                                                \
        F(USEC, latency_after, "latency_after_us", 0, NULL)                                                  \
        F(MSEC, flap, "flap_ms", 0, NULL)                                                                    \
        F(NAME, by, "by", 0, NULL)                                                                           \
        F(U32, uid, "uid", 0, NULL)                                                                          \
        F(INSTANT, until, "until", 0, NULL)                                                                  \
        F(NAME, ticket, "ticket", 0, NULL)                                                                   \
        F(BOOL, probing, "probing", 0, NULL)                                                                 \
        F(TEXT, reason_text, "reason_text", 0, NULL)                                                         \
        F(TEXT, text, "text", 16, NULL)                                                                      \
        F(TEXT, text_local, "text_local", 17, NULL)

/* What a device did in a minute, or an hour: roll-ups. Counts and sums of intervals that are added when they
 * fall together; maxima are the larger one. Latencies are of whole good checks. serving, observed: how long
 * it served, and how long it was known and not in maintenance. */
#define ROLLUP_FIELDS(F)                                                                                     \
        F(U32, device, "device", 0, NULL)                                                                    \
        F(INSTANT, start, "start", 0, NULL)                                                                  \
        F(COUNTER, probes, "probes", 0, NULL)                                                                \
        F(COUNTER, failures, "failures", 0, NULL)                                                            \
        F(MSEC, serving, "serving_ms", 0, NULL)                                                              \
        F(MSEC, observed, "observed_ms", 0, NULL)                                                            \
        F(COUNTER, latencies, "latencies", 0, NULL)                                                          \
        F(USEC, latency_sum, "latency_sum_us", 0, NULL)                                                      \
        F(USEC, latency_max, "latency_max_us", 0, NULL)                                                      \
        F(COUNTER, temperatures, "temperatures", 0, NULL)                                                    \
        F(I32, temperature_sum, "temperature_sum_dc", 0, NULL)                                               \
        F(CELSIUS, temperature_max, "temperature_max_c", 0, NULL)                                            \
        F(COUNTER, signs, "signs", 0, NULL)                                                                  \
        F(GAUGE, spare_rate, "spare_rate_per_s", 0, NULL)

BOARD_ROW(Event, EVENT_FIELDS);
BOARD_ROW(RollupRow, ROLLUP_FIELDS);

#define BOARD_ORDINAL_EVENT(type, member, key, column, names) EventField_##member,
#define BOARD_ORDINAL_ROLLUP(type, member, key, column, names) RollupField_##member,
enum { EVENT_FIELDS(BOARD_ORDINAL_EVENT) EventField_LAST };
enum { ROLLUP_FIELDS(BOARD_ORDINAL_ROLLUP) RollupField_LAST };

extern const TableInfo event_table, rollup_table;

/* Whether receivers are told of events of a type. */
bool event_type_notifies(unsigned type);

#endif
