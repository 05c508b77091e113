#ifndef HSMD_BOARD_H
#define HSMD_BOARD_H
/* The board: a read-only picture of everything known, in a sealed memfd.
 *
 * hsmd alone writes it (board-writer.h); `hsmd-snmp serve` and others map it and can neither block nor harm
 * the writer. Rows are fixed in number for the board's life; a new configuration is a new board. Each row has
 * a sequence count (odd while it is being written) and a bit a field that says whether the field holds a
 * fact: what is not valid is not shown anywhere.
 *
 * The lists below are the one place where a fact's name, type, unit and MIB column stand. A list entry is
 *         F(TYPE, member, "key", column, names)
 * where key is the word used in JSON and on the bus (with its unit) and column the MIB's column number (0 =
 * not in the MIB). */

#include <stdatomic.h>

#include "names.h"

typedef enum FieldType {
        FIELD_NAME,    /* printable ASCII, at most 63 octets */
        FIELD_TEXT,    /* UTF-8, at most 255 octets, cut on a character boundary */
        FIELD_U32,     /* Unsigned32 */
        FIELD_GAUGE,   /* Gauge32 */
        FIELD_I32,     /* Integer32 */
        FIELD_COUNTER, /* Counter64 */
        FIELD_ENUM,    /* INTEGER, named by `names` */
        FIELD_BOOL,    /* TruthValue */
        FIELD_INSTANT, /* stored: CLOCK_REALTIME in microseconds; shown: DateAndTime in UTC, ISO 8601 in JSON
                        */
        FIELD_AGE,  /* stored: the CLOCK_MONOTONIC instant in microseconds; shown: whole seconds since then */
        FIELD_MSEC, /* stored: microseconds; shown: milliseconds */
        FIELD_USEC, /* stored and shown: microseconds */
        FIELD_CELSIUS, /* tenths of a degree Celsius; one decimal in JSON */
} FieldType;

#define BOARD_C_NAME(m) char m[64];
#define BOARD_C_TEXT(m) char m[256];
#define BOARD_C_U32(m) uint32_t m;
#define BOARD_C_GAUGE(m) uint32_t m;
#define BOARD_C_I32(m) int32_t m;
#define BOARD_C_COUNTER(m) uint64_t m;
#define BOARD_C_ENUM(m) uint32_t m;
#define BOARD_C_BOOL(m) uint32_t m;
#define BOARD_C_INSTANT(m) uint64_t m;
#define BOARD_C_AGE(m) uint64_t m;
#define BOARD_C_MSEC(m) uint64_t m;
#define BOARD_C_USEC(m) uint64_t m;
#define BOARD_C_CELSIUS(m) int32_t m;

#define BOARD_FLEET_FIELDS(F)                                                                                \
        F(NAME, version, "version", 1, NULL)                                                                 \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(TEXT, title, "title", 3, NULL)                                                                     \
        F(U32, config_generation, "config_generation", 4, NULL)                                              \
        F(ENUM, state, "state", 5, &service_state_names)                                                     \
        F(GAUGE, devices, "devices", 6, NULL)                                                                \
        F(GAUGE, devices_serving, "devices_serving", 7, NULL)                                                \
        F(GAUGE, alarms_critical, "alarms_critical", 8, NULL)                                                \
        F(GAUGE, alarms_major, "alarms_major", 9, NULL)                                                      \
        F(GAUGE, alarms_minor, "alarms_minor", 10, NULL)                                                     \
        F(GAUGE, alarms_warning, "alarms_warning", 11, NULL)                                                 \
        F(INSTANT, last_change, "last_change", 12, NULL)                                                     \
        F(COUNTER, last_event_id, "last_event_id", 13, NULL)                                                 \
        F(INSTANT, counters_since, "counters_since", 14, NULL)                                               \
        F(MSEC, detection_bound, "detection_bound_ms", 15, NULL)                                             \
        F(MSEC, probe_lateness, "probe_lateness_ms", 16, NULL)                                               \
        F(MSEC, heartbeat_interval, "heartbeat_interval_ms", 17, NULL)                                       \
        F(COUNTER, last_notify_sequence, "last_notify_sequence", 18, NULL)                                   \
        F(TEXT, contact, "contact", 0, NULL)                                                                 \
        F(TEXT, location, "location", 0, NULL)                                                               \
        F(MSEC, lateness_total, "lateness_total_ms", 0, NULL)                                                \
        F(COUNTER, log_dropped, "log_dropped", 0, NULL)                                                      \
        F(NAME, serve_engine_id, "serve_engine_id", 0, NULL)                                                 \
        F(U32, serve_engine_boots, "serve_engine_boots", 0, NULL)                                            \
        F(COUNTER, serve_restarts, "serve_restarts", 0, NULL)                                                \
        F(COUNTER, poll_restarts, "poll_restarts", 0, NULL)                                                  \
        F(TEXT, last_action, "last_action", 0, NULL)                                                         \
        F(NAME, notify_engine_id, "notify_engine_id", 0, NULL)                                               \
        F(U32, notify_engine_boots, "notify_engine_boots", 0, NULL)                                          \
        F(COUNTER, notify_restarts, "notify_restarts", 0, NULL)                                              \
        F(GAUGE, events_waiting, "events_waiting", 0, NULL)                                                  \
        F(USEC, commit_p99, "commit_p99_us", 0, NULL)                                                        \
        F(USEC, told_p99, "told_p99_us", 0, NULL)                                                            \
        F(USEC, sent_p99, "sent_p99_us", 0, NULL)                                                            \
        F(TEXT, drill, "drill", 0, NULL)

#define BOARD_SITE_FIELDS(F)                                                                                 \
        F(U32, number, "number", 1, NULL)                                                                    \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(TEXT, title, "title", 3, NULL)                                                                     \
        F(TEXT, contact, "contact", 4, NULL)                                                                 \
        F(GAUGE, devices, "devices", 5, NULL)                                                                \
        F(GAUGE, devices_serving, "devices_serving", 6, NULL)                                                \
        F(BOOL, monitored, "monitored", 0, NULL)                                                             \
        F(ENUM_AS_NAME, reason, "reason", 0, &reason_names)                                                  \
        F(TEXT, detail, "detail", 0, NULL)                                                                   \
        F(CELSIUS, temperature, "temperature_c", 0, NULL)                                                    \
        F(ENUM, temperature_status, "temperature_status", 0, &sensor_status_names)                           \
        F(AGE, temperature_age, "temperature_age_s", 0, NULL)                                                \
        F(GAUGE, agents, "agents", 0, NULL)                                                                  \
        F(GAUGE, agents_ok, "agents_ok", 0, NULL)                                                            \
        F(GAUGE, devices_warm, "devices_warm", 0, NULL)

#define BOARD_POOL_FIELDS(F)                                                                                 \
        F(U32, number, "number", 1, NULL)                                                                    \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(TEXT, title, "title", 3, NULL)                                                                     \
        F(ENUM, state, "state", 4, &pool_state_names)                                                        \
        F(GAUGE, members, "members", 5, NULL)                                                                \
        F(GAUGE, serving, "serving", 6, NULL)                                                                \
        F(U32, required, "required", 7, NULL)                                                                \
        F(I32, survivable, "survivable", 8, NULL)                                                            \
        F(GAUGE, capacity, "capacity_per_s", 9, NULL)                                                        \
        F(COUNTER, failover_count, "failover_count", 10, NULL)                                               \
        F(INSTANT, last_failover, "last_failover", 11, NULL)                                                 \
        F(MSEC, last_failover_detection, "last_failover_detection_ms", 12, NULL)

#define BOARD_DEVICE_FIELDS(F)                                                                               \
        F(U32, number, "number", 1, NULL)                                                                    \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(TEXT, title, "title", 3, NULL)                                                                     \
        F(U32, site, "site", 4, NULL)                                                                        \
        F(U32, pool, "pool", 5, NULL)                                                                        \
        F(NAME, address, "address", 6, NULL)                                                                 \
        F(TEXT, location, "location", 7, NULL)                                                               \
        F(TEXT, contact, "contact", 8, NULL)                                                                 \
        F(NAME, manufacturer, "manufacturer", 9, NULL)                                                       \
        F(NAME, model, "model", 10, NULL)                                                                    \
        F(NAME, serial, "serial", 11, NULL)                                                                  \
        F(NAME, firmware, "firmware", 12, NULL)                                                              \
        F(ENUM, state, "state", 13, &device_state_names)                                                     \
        F(ENUM_AS_NAME, reason, "reason", 14, &reason_names)                                                 \
        F(INSTANT, state_since, "state_since", 15, NULL)                                                     \
        F(AGE, state_age, "state_age_s", 16, NULL)                                                           \
        F(ENUM, failed_step, "failed_step", 17, &step_names)                                                 \
        F(NAME, last_return, "last_return", 18, NULL)                                                        \
        F(NAME, last_call, "last_call", 19, NULL)                                                            \
        F(AGE, last_success_age, "last_success_age_s", 20, NULL)                                             \
        F(COUNTER, probes, "probes", 21, NULL)                                                               \
        F(COUNTER, failures, "failures", 22, NULL)                                                           \
        F(COUNTER, probe_restarts, "probe_restarts", 23, NULL)                                               \
        F(GAUGE, availability_day, "availability_day", 24, NULL)                                             \
        F(GAUGE, availability_month, "availability_month", 25, NULL)                                         \
        F(USEC, latency_p50, "latency_p50_us", 26, NULL)                                                     \
        F(USEC, latency_p99, "latency_p99_us", 27, NULL)                                                     \
        F(CELSIUS, temperature, "temperature_c", 28, NULL)                                                   \
        F(ENUM, temperature_status, "temperature_status", 29, &sensor_status_names)                          \
        F(AGE, temperature_age, "temperature_age_s", 30, NULL)                                               \
        F(ENUM, agent_state, "agent_state", 31, &agent_state_names)                                          \
        F(GAUGE, sessions_open, "sessions_open", 32, NULL)                                                   \
        F(COUNTER, logins, "logins", 33, NULL)                                                               \
        F(INSTANT, maintenance_until, "maintenance_until", 34, NULL)                                         \
        F(AGE, evidence_age, "evidence_age_s", 35, NULL)                                                     \
        F(NAME, site_name, "site_name", 0, NULL)                                                             \
        F(NAME, pool_name, "pool_name", 0, NULL)                                                             \
        F(MSEC, detection_bound, "detection_bound_ms", 0, NULL)                                              \
        F(USEC, last_call_duration, "last_call_duration_us", 0, NULL)                                        \
        F(TEXT, detail, "detail", 0, NULL)                                                                   \
        F(TEXT, detail_local, "detail_local", 0, NULL)                                                       \
        F(COUNTER, signs, "signs", 0, NULL)                                                                  \
        F(COUNTER, checks_skipped, "checks_skipped", 0, NULL)                                                \
        F(USEC, start_delay_max, "start_delay_max_us", 0, NULL)                                              \
        F(U32, consecutive_failures, "consecutive_failures", 0, NULL)                                        \
        F(U32, probe_pid, "probe_pid", 0, NULL)                                                              \
        F(U32, probe_fds, "probe_fds", 0, NULL)                                                              \
        F(USEC, latency_load, "latency_load_us", 0, NULL)                                                    \
        F(USEC, latency_initialize, "latency_initialize_us", 0, NULL)                                        \
        F(USEC, latency_slot, "latency_slot_us", 0, NULL)                                                    \
        F(USEC, latency_token, "latency_token_us", 0, NULL)                                                  \
        F(USEC, latency_session, "latency_session_us", 0, NULL)                                              \
        F(USEC, latency_login, "latency_login_us", 0, NULL)                                                  \
        F(USEC, latency_find, "latency_find_us", 0, NULL)                                                    \
        F(USEC, latency_sign, "latency_sign_us", 0, NULL)                                                    \
        F(USEC, latency_verify, "latency_verify_us", 0, NULL)                                                \
        F(USEC, latency_random, "latency_random_us", 0, NULL)                                                \
        F(AGE, climb_age, "climb_age_s", 0, NULL)                                                            \
        F(USEC, latency_decrypt, "latency_decrypt_us", 0, NULL)                                              \
        F(USEC, latency_encrypt, "latency_encrypt_us", 0, NULL)                                              \
        F(USEC, latency_mac, "latency_mac_us", 0, NULL)                                                      \
        F(USEC, latency_connect, "latency_connect_us", 0, NULL)                                              \
        F(NAME, vendor, "vendor", 0, NULL)                                                                   \
        F(COUNTER, recycles, "recycles", 0, NULL)                                                            \
        F(COUNTER, logins_day, "logins_day", 0, NULL)                                                        \
        F(COUNTER, signs_day, "signs_day", 0, NULL)                                                          \
        F(COUNTER, probe_memory, "probe_memory_bytes", 0, NULL)                                              \
        F(U32, unkillable, "unkillable", 0, NULL)                                                            \
        F(NAME, shared_service, "shared_service", 0, NULL)                                                   \
        F(ENUM, step_under_way, "step_under_way", 0, &step_names)                                            \
        F(U32, rated_rate, "rated_rate_per_s", 0, NULL)                                                      \
        F(CELSIUS, above_room, "above_room_c", 0, NULL)                                                      \
        F(INSTANT, booted, "booted", 0, NULL)                                                                \
        F(TEXT, agent_detail, "agent_detail", 0, NULL)                                                       \
        F(NAME, agent_engine_id, "agent_engine_id", 0, NULL)                                                 \
        F(GAUGE, sensors, "sensors", 0, NULL)                                                                \
        F(GAUGE, sensors_bad, "sensors_bad", 0, NULL)                                                        \
        F(ENUM, place, "place", 0, &place_names)                                                             \
        F(ENUM, other_place, "other_place", 0, &place_names)                                                 \
        F(NAME, separating_test, "separating_test", 0, NULL)                                                 \
        F(BOOL, virtual_slot, "virtual_slot", 0, NULL)                                                       \
        F(GAUGE, capacity, "capacity_per_s", 0, NULL)                                                        \
        F(TEXT, maintenance_reason, "maintenance_reason", 0, NULL)                                           \
        F(NAME, maintenance_by, "maintenance_by", 0, NULL)

#define BOARD_KEY_FIELDS(F)                                                                                  \
        F(U32, device, "device", 0, NULL)                                                                    \
        F(U32, number, "number", 1, NULL)                                                                    \
        F(NAME, label, "label", 2, NULL)                                                                     \
        F(ENUM, key_class, "class", 3, &key_class_names)                                                     \
        F(ENUM, type, "type", 4, &key_type_names)                                                            \
        F(ENUM, exercise, "exercise", 5, &exercise_names)                                                    \
        F(ENUM, state, "state", 6, &key_state_names)                                                         \
        F(TEXT, fingerprint, "fingerprint", 7, NULL)                                                         \
        F(AGE, last_signed_age, "last_signed_age_s", 8, NULL)                                                \
        F(COUNTER, signs, "signs", 9, NULL)                                                                  \
        F(COUNTER, failures, "failures", 10, NULL)                                                           \
        F(BOOL, business, "business", 0, NULL)                                                               \
        F(NAME, mechanism, "mechanism", 0, NULL)                                                             \
        F(ENUM_AS_NAME, key_reason, "reason", 0, &reason_names)                                              \
        F(ENUM, matrix, "matrix", 0, &matrix_state_names)                                                    \
        F(INSTANT, certificate_expires, "certificate_expires", 0, NULL)                                      \
        F(USEC, latency, "latency_us", 0, NULL)

/* A business system on its pool. rated: capacity is known of every member that serves. */
#define BOARD_SERVICE_FIELDS(F)                                                                              \
        F(U32, number, "number", 1, NULL)                                                                    \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(TEXT, title, "title", 3, NULL)                                                                     \
        F(U32, pool, "pool", 4, NULL)                                                                        \
        F(ENUM, state, "state", 5, &service_state_names)                                                     \
        F(ENUM, basis, "basis", 6, &basis_names)                                                             \
        F(BOOL, confirmed, "confirmed", 7, NULL)                                                             \
        F(GAUGE, required_rate, "required_rate_per_s", 8, NULL)                                              \
        F(I32, headroom, "headroom_per_s", 9, NULL)                                                          \
        F(GAUGE, keys_usable, "keys_usable", 10, NULL)                                                       \
        F(GAUGE, keys_required, "keys_required", 11, NULL)                                                   \
        F(I32, survivable, "survivable", 12, NULL)                                                           \
        F(NAME, pool_name, "pool_name", 0, NULL)                                                             \
        F(GAUGE, serving, "serving", 0, NULL)                                                                \
        F(GAUGE, members, "members", 0, NULL)                                                                \
        F(GAUGE, capacity, "capacity_per_s", 0, NULL)

/* An active alarm. cause: why it was raised; text is English, text_local the operator's language. */
#define BOARD_ALARM_FIELDS(F)                                                                                \
        F(U32, id, "id", 1, NULL)                                                                            \
        F(NAME, code, "code", 2, NULL)                                                                       \
        F(ENUM, severity, "severity", 3, &severity_names)                                                    \
        F(ENUM_AS_NAME, cause, "cause", 4, &reason_names)                                                    \
        F(U32, device, "device", 5, NULL)                                                                    \
        F(U32, pool, "pool", 6, NULL)                                                                        \
        F(U32, service, "service", 7, NULL)                                                                  \
        F(NAME, resource, "resource", 8, NULL)                                                               \
        F(INSTANT, since, "since", 9, NULL)                                                                  \
        F(AGE, age, "age_s", 10, NULL)                                                                       \
        F(TEXT, text, "text", 11, NULL)                                                                      \
        F(TEXT, text_local, "text_local", 12, NULL)                                                          \
        F(BOOL, acknowledged, "acknowledged", 13, NULL)                                                      \
        F(NAME, acknowledged_by, "acknowledged_by", 14, NULL)                                                \
        F(U32, correlated, "correlated", 15, NULL)                                                           \
        F(NAME, device_name, "device_name", 0, NULL)                                                         \
        F(NAME, pool_name, "pool_name", 0, NULL)                                                             \
        F(NAME, service_name, "service_name", 0, NULL)                                                       \
        F(U32, site, "site", 0, NULL)                                                                        \
        F(NAME, site_name, "site_name", 0, NULL)                                                             \
        F(INSTANT, acknowledged_when, "acknowledged_when", 0, NULL)                                          \
        F(ENUM, place, "place", 0, &place_names)                                                             \
        F(ENUM, other_place, "other_place", 0, &place_names)

/* One loss of a pool's member. Instants are those of this host's clock. */
#define BOARD_FAILOVER_FIELDS(F)                                                                             \
        F(U32, id, "id", 1, NULL)                                                                            \
        F(U32, pool, "pool", 2, NULL)                                                                        \
        F(U32, device, "device", 3, NULL)                                                                    \
        F(INSTANT, last_good, "last_good", 4, NULL)                                                          \
        F(INSTANT, first_failure, "first_failure", 5, NULL)                                                  \
        F(INSTANT, declared, "declared", 6, NULL)                                                            \
        F(MSEC, detection, "detection_ms", 7, NULL)                                                          \
        F(GAUGE, survivors, "survivors", 8, NULL)                                                            \
        F(INSTANT, returned, "returned", 9, NULL)                                                            \
        F(NAME, pool_name, "pool_name", 0, NULL)                                                             \
        F(NAME, device_name, "device_name", 0, NULL)                                                         \
        F(USEC, latency_before, "latency_before_us", 0, NULL)                                                \
        F(USEC, latency_after, "latency_after_us", 0, NULL)

#define BOARD_RECEIVER_FIELDS(F)                                                                             \
        F(U32, number, "number", 1, NULL)                                                                    \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(NAME, address, "address", 3, NULL)                                                                 \
        F(ENUM, kind, "kind", 4, &receiver_kind_names)                                                       \
        F(ENUM, state, "state", 5, &receiver_state_names)                                                    \
        F(GAUGE, pending, "pending", 6, NULL)                                                                \
        F(AGE, oldest_pending_age, "oldest_pending_age_s", 7, NULL)                                          \
        F(COUNTER, sent, "sent", 8, NULL)                                                                    \
        F(COUNTER, acknowledged, "acknowledged", 9, NULL)                                                    \
        F(COUNTER, refused, "refused", 10, NULL)                                                             \
        F(COUNTER, dropped, "dropped", 11, NULL)                                                             \
        F(AGE, last_ack_age, "last_ack_age_s", 12, NULL)                                                     \
        F(ENUM, version, "version", 0, &snmp_version_names)                                                  \
        F(ENUM, text, "text", 0, &text_language_names)                                                       \
        F(ENUM, charset, "charset", 0, &charset_names)                                                       \
        F(COUNTER, last_sequence, "last_sequence", 0, NULL)                                                  \
        F(TEXT, detail, "detail", 0, NULL)

/* What a device's mechanisms do. Rates are of one machine. */
#define BOARD_MECHANISM_FIELDS(F)                                                                            \
        F(U32, device, "device", 0, NULL)                                                                    \
        F(U32, index, "index", 1, NULL)                                                                      \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(U32, number, "number", 3, NULL)                                                                    \
        F(GAUGE, rated_rate, "rated_rate_per_s", 4, NULL)                                                    \
        F(GAUGE, spare_rate, "spare_rate_per_s", 5, NULL)                                                    \
        F(ENUM, limited_by, "limited_by", 6, &limited_by_names)                                              \
        F(GAUGE, baseline, "baseline_per_s", 7, NULL)                                                        \
        F(USEC, latency_p50, "latency_p50_us", 8, NULL)                                                      \
        F(USEC, latency_p95, "latency_p95_us", 9, NULL)                                                      \
        F(USEC, latency_p99, "latency_p99_us", 10, NULL)                                                     \
        F(AGE, measured_age, "measured_age_s", 11, NULL)                                                     \
        F(COUNTER, operations, "operations", 12, NULL)                                                       \
        F(COUNTER, errors, "errors", 13, NULL)                                                               \
        F(USEC, latency_max, "latency_max_us", 0, NULL)                                                      \
        F(ENUM, use, "use", 0, &mechanism_use_names)                                                         \
        F(BOOL, offered, "offered", 0, NULL)                                                                 \
        F(U32, sessions, "sessions", 0, NULL)                                                                \
        F(BOOL, measuring, "measuring", 0, NULL)

/* A pool's key over its members: the summary of the key matrix. */
#define BOARD_POOL_KEY_FIELDS(F)                                                                             \
        F(U32, pool, "pool", 0, NULL)                                                                        \
        F(U32, number, "number", 0, NULL)                                                                    \
        F(NAME, label, "label", 0, NULL)                                                                     \
        F(ENUM, type, "type", 0, &key_type_names)                                                            \
        F(ENUM, exercise, "exercise", 0, &exercise_names)                                                    \
        F(BOOL, business, "business", 0, NULL)                                                               \
        F(ENUM, state, "state", 0, &matrix_state_names)                                                      \
        F(ENUM, origin, "origin", 0, &pin_origin_names)                                                      \
        F(TEXT, fingerprint, "fingerprint", 0, NULL)                                                         \
        F(GAUGE, members, "members", 0, NULL)                                                                \
        F(GAUGE, members_usable, "members_usable", 0, NULL)                                                  \
        F(GAUGE, members_unknown, "members_unknown", 0, NULL)                                                \
        F(TEXT, detail, "detail", 0, NULL)

/* Values, limits and rise are integers in units of 10^(3·(scale − 9)) · 10^−precision, as RFC 3433 has it; of
 * a counter they are rates a second. word: what a state's number means. rise: of a measurement, an hour.
 * limit_in: when it reaches a limit at that pace. agent: the SNMP agent of a site that has several. missed:
 * it tells nothing of worth, and should. */
#define BOARD_SENSOR_COMMON_FIELDS(F)                                                                        \
        F(U32, number, "number", 1, NULL)                                                                    \
        F(NAME, name, "name", 2, NULL)                                                                       \
        F(ENUM, type, "type", 3, &sensor_type_names)                                                         \
        F(I32, scale, "scale", 4, NULL)                                                                      \
        F(I32, precision, "precision", 5, NULL)                                                              \
        F(I32, value, "value", 6, NULL)                                                                      \
        F(TEXT, units_display, "units_display", 7, NULL)                                                     \
        F(ENUM, status, "status", 8, &sensor_status_names)                                                   \
        F(ENUM, reason, "reason", 9, &sensor_reason_names)                                                   \
        F(I32, low_critical, "low_critical", 10, NULL)                                                       \
        F(I32, low_warning, "low_warning", 11, NULL)                                                         \
        F(I32, high_warning, "high_warning", 12, NULL)                                                       \
        F(I32, high_critical, "high_critical", 13, NULL)                                                     \
        F(AGE, age, "age_s", 14, NULL)                                                                       \
        F(TEXT, title, "title", 0, NULL)                                                                     \
        F(ENUM, meaning, "meaning", 0, &sensor_meaning_names)                                                \
        F(ENUM, kind, "kind", 0, &sensor_kind_names)                                                         \
        F(ENUM, level, "level", 0, &sensor_level_names)                                                      \
        F(ENUM, finding, "finding", 0, &sensor_finding_names)                                                \
        F(NAME, word, "word", 0, NULL)                                                                       \
        F(I32, rise, "rise_per_h", 0, NULL)                                                                  \
        F(MSEC, limit_in, "limit_in_ms", 0, NULL)                                                            \
        F(TEXT, oid, "oid", 0, NULL)                                                                         \
        F(NAME, agent, "agent", 0, NULL)                                                                     \
        F(NAME, profile, "profile", 0, NULL)                                                                 \
        F(BOOL, missed, "missed", 0, NULL)

#define BOARD_SENSOR_FIELDS(F)                                                                               \
        F(U32, device, "device", 0, NULL)                                                                    \
        BOARD_SENSOR_COMMON_FIELDS(F)

#define BOARD_SITE_SENSOR_FIELDS(F)                                                                          \
        F(U32, site, "site", 0, NULL)                                                                        \
        BOARD_SENSOR_COMMON_FIELDS(F)

/* An enumeration that the MIB shows as its code word (reasons) instead of a number. */
#define BOARD_C_ENUM_AS_NAME(m) uint32_t m;
#define FIELD_ENUM_AS_NAME (FIELD_CELSIUS + 1)

#define BOARD_MEMBER(type, member, key, column, names) BOARD_C_##type(member)
#define BOARD_ROW(Row, LIST)                                                                                 \
        typedef struct Row {                                                                                 \
                _Atomic uint32_t sequence;                                                                   \
                uint32_t reserved;                                                                           \
                uint64_t valid[2]; /* a bit a field, in the list's order */                                  \
                LIST(BOARD_MEMBER)                                                                           \
        } Row

BOARD_ROW(FleetRow, BOARD_FLEET_FIELDS);
BOARD_ROW(SiteRow, BOARD_SITE_FIELDS);
BOARD_ROW(PoolRow, BOARD_POOL_FIELDS);
BOARD_ROW(DeviceRow, BOARD_DEVICE_FIELDS);
BOARD_ROW(KeyRow, BOARD_KEY_FIELDS);
BOARD_ROW(SensorRow, BOARD_SENSOR_FIELDS);
BOARD_ROW(SiteSensorRow, BOARD_SITE_SENSOR_FIELDS);
BOARD_ROW(MechanismRow, BOARD_MECHANISM_FIELDS);
BOARD_ROW(PoolKeyRow, BOARD_POOL_KEY_FIELDS);
BOARD_ROW(ServiceRow, BOARD_SERVICE_FIELDS);
BOARD_ROW(AlarmRow, BOARD_ALARM_FIELDS);
BOARD_ROW(FailoverRow, BOARD_FAILOVER_FIELDS);
BOARD_ROW(ReceiverRow, BOARD_RECEIVER_FIELDS);

/* Ordinals of fields: DeviceField_state and so on. */
#define BOARD_ORDINAL_FLEET(type, member, key, column, names) FleetField_##member,
#define BOARD_ORDINAL_SITE(type, member, key, column, names) SiteField_##member,
#define BOARD_ORDINAL_POOL(type, member, key, column, names) PoolField_##member,
#define BOARD_ORDINAL_DEVICE(type, member, key, column, names) DeviceField_##member,
#define BOARD_ORDINAL_KEY(type, member, key, column, names) KeyField_##member,
#define BOARD_ORDINAL_SENSOR(type, member, key, column, names) SensorField_##member,
#define BOARD_ORDINAL_SITE_SENSOR(type, member, key, column, names) SiteSensorField_##member,
#define BOARD_ORDINAL_MECHANISM(type, member, key, column, names) MechanismField_##member,
#define BOARD_ORDINAL_POOL_KEY(type, member, key, column, names) PoolKeyField_##member,
#define BOARD_ORDINAL_SERVICE(type, member, key, column, names) ServiceField_##member,
#define BOARD_ORDINAL_ALARM(type, member, key, column, names) AlarmField_##member,
#define BOARD_ORDINAL_FAILOVER(type, member, key, column, names) FailoverField_##member,
#define BOARD_ORDINAL_RECEIVER(type, member, key, column, names) ReceiverField_##member,
enum { BOARD_FLEET_FIELDS(BOARD_ORDINAL_FLEET) };
enum { BOARD_SITE_FIELDS(BOARD_ORDINAL_SITE) };
enum { BOARD_POOL_FIELDS(BOARD_ORDINAL_POOL) };
enum { BOARD_DEVICE_FIELDS(BOARD_ORDINAL_DEVICE) };
enum { BOARD_KEY_FIELDS(BOARD_ORDINAL_KEY) };
enum { BOARD_SENSOR_FIELDS(BOARD_ORDINAL_SENSOR) };
enum { BOARD_SITE_SENSOR_FIELDS(BOARD_ORDINAL_SITE_SENSOR) };
enum { BOARD_MECHANISM_FIELDS(BOARD_ORDINAL_MECHANISM) };
enum { BOARD_POOL_KEY_FIELDS(BOARD_ORDINAL_POOL_KEY) };
enum { BOARD_SERVICE_FIELDS(BOARD_ORDINAL_SERVICE) };
enum { BOARD_ALARM_FIELDS(BOARD_ORDINAL_ALARM) };
enum { BOARD_FAILOVER_FIELDS(BOARD_ORDINAL_FAILOVER) };
enum { BOARD_RECEIVER_FIELDS(BOARD_ORDINAL_RECEIVER) };

typedef struct Field {
        const char *key;
        uint16_t offset; /* in the row */
        uint8_t type;    /* FieldType */
        uint8_t column;  /* in the MIB, 0 = none */
        const NameTable *names;
} Field;

typedef enum BoardTable {
        BOARD_FLEET, /* one row */
        BOARD_SITES,
        BOARD_POOLS,
        BOARD_DEVICES,
        BOARD_KEYS,         /* ordered by device, number */
        BOARD_SENSORS,      /* ordered by device, number */
        BOARD_MECHANISMS,   /* ordered by device, index: those that the device's keys are exercised with */
        BOARD_POOL_KEYS,    /* ordered by pool, number */
        BOARD_SITE_SENSORS, /* ordered by site, number; a SiteSensorRow is laid out as a SensorRow */
        BOARD_SERVICES,
        BOARD_RECEIVERS,
        /* The rows of these come and go (board_arrange): those that are there stand first, in order of id,
         * and the rest have nothing valid. */
        BOARD_ALARMS,
        BOARD_FAILOVERS,
        BOARD_TABLES,
} BoardTable;

/* What a table's rows look like. Rows stand in increasing order of their index fields. */
typedef struct TableInfo {
        const char *name; /* "devices" */
        size_t row_size;
        const Field *fields;
        size_t n_fields;
        size_t n_index; /* the first n_index fields are the index */
} TableInfo;

extern const TableInfo board_tables[BOARD_TABLES];

/* Whether a table's rows come and go. Their one index is an id, which says whether there is a row. */
static inline bool board_comes_and_goes(BoardTable table) {
        return table == BOARD_ALARMS || table == BOARD_FAILOVERS;
}

/* The id of a row of such a table; 0 = there is none. */
uint32_t board_row_id(const void *row);

/* Sets a member and marks it valid: FIELD_SET(Device, &row, probes, 7). */
#define FIELD_SET(Table, row, member, v)                                                                     \
        ((row)->member = (v), field_mark((row)->valid, Table##Field_##member, true))
#define FIELD_TEXT_SET(Table, row, member, s)                                                                \
        (copy_text((row)->member, sizeof((row)->member), (s)),                                               \
                field_mark((row)->valid, Table##Field_##member, true))
/* Forgets a member: it is not a fact any more. */
#define FIELD_CLEAR(Table, row, member) field_mark((row)->valid, Table##Field_##member, false)

void field_mark(uint64_t *valid, unsigned ordinal, bool yes);
bool field_valid(const void *row, unsigned ordinal);

#define BOARD_MAGIC UINT64_C(0x6864736d42524432)
#define BOARD_TICK USEC_PER_SEC

typedef struct BoardHeader {
        uint64_t magic;
        uint64_t size;         /* of the whole board */
        _Atomic uint64_t tick; /* CLOCK_MONOTONIC when the judge last turned, at least every BOARD_TICK */
        struct {
                uint32_t offset, rows, row_size;
                _Atomic uint32_t arranged; /* odd while rows change places; another value afterwards */
        } tables[BOARD_TABLES];
} BoardHeader;

/* A reader's view. Opaque; not shared between threads. */
typedef struct BoardReader BoardReader;

/* Maps a board. Takes no ownership of fd. -EBADMSG if it is not a sealed board of this version. */
int board_reader_new(int fd, BoardReader **ret);
BoardReader *board_reader_free(BoardReader *reader);

size_t board_rows(const BoardReader *reader, BoardTable table);

/* Looks at which rows there are now in a table whose rows come and go, and answers how many; *ret_changed
 * (may be NULL) says whether they are others than at the last look. Until the next look board_read answers
 * these, in increasing order of id, and no other: a row that meanwhile went or changed its place as it was
 * last. So what is read after one look belongs together, and ends, even where the writer was killed while it
 * arranged (then, after 100 attempts, it is what the last look found). */
size_t board_look(BoardReader *reader, BoardTable table, bool *ret_changed);

/* The row's newest consistent copy, valid until the next call for the same row. After 100 attempts (a writer
 * that was killed in the middle of a row leaves an odd count) it is the last good copy, which at first has
 * nothing valid. */
const void *board_read(BoardReader *reader, BoardTable table, size_t index);

/* When the judge last turned (CLOCK_MONOTONIC), and whether that is longer than three ticks ago: then states
 * are unknown, whatever the rows say. */
usec_t board_tick(const BoardReader *reader);
bool board_stale(const BoardReader *reader, usec_t now);

/* How a field is shown. */
typedef enum ShownKind {
        SHOWN_NOTHING,
        SHOWN_STRING,
        SHOWN_UNSIGNED,
        SHOWN_SIGNED,
        SHOWN_BOOL,
        SHOWN_TENTHS
} ShownKind;
typedef struct Shown {
        ShownKind kind;
        const char *string; /* points into the row or a table, or into buffer */
        uint64_t u;
        int64_t i;
        char buffer[32];
} Shown;

/* One field of a row as JSON and the bus show it (enumerations in snake_case, instants in ISO 8601 UTC, ages
 * in seconds at `now`, CLOCK_MONOTONIC). SHOWN_NOTHING if it is not valid. */
void field_show(const TableInfo *table, unsigned ordinal, const void *row, usec_t now, Shown *ret);

#endif
