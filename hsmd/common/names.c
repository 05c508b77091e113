#include "names.h"

#include <ctype.h>

#define NAME_TABLE(table, text, ...)                                                                         \
        static const char *const table##_list[] = {__VA_ARGS__};                                             \
        const NameTable table = {text, table##_list, ELEMENTSOF(table##_list)}

NAME_TABLE(device_state_names, "device state", [DEVICE_UP] = "up", [DEVICE_DEGRADED] = "degraded",
        [DEVICE_MAINTENANCE] = "maintenance", [DEVICE_RECOVERING] = "recovering",
        [DEVICE_SUSPECT] = "suspect", [DEVICE_DOWN] = "down", [DEVICE_UNKNOWN] = "unknown");
NAME_TABLE(pool_state_names, "pool state", [POOL_REDUNDANT] = "redundant", [POOL_AT_CAPACITY] = "at_capacity",
        [POOL_DEGRADED] = "degraded", [POOL_LOST] = "lost", [POOL_UNKNOWN] = "unknown");
NAME_TABLE(service_state_names, "service state", [SERVICE_OK] = "ok", [SERVICE_AT_RISK] = "at_risk",
        [SERVICE_DEGRADED] = "degraded", [SERVICE_LOST] = "lost", [SERVICE_UNKNOWN] = "unknown");
NAME_TABLE(key_state_names, "key state", [KEY_USABLE] = "usable", [KEY_PRESENT_ONLY] = "present_only",
        [KEY_MISMATCH] = "mismatch", [KEY_MISSING] = "missing", [KEY_FAILING] = "failing",
        [KEY_UNKNOWN] = "unknown");
NAME_TABLE(step_names, "step", [STEP_NONE] = "none", [STEP_CONNECT] = "connect", [STEP_LOAD] = "load",
        [STEP_INITIALIZE] = "initialize", [STEP_SLOT] = "slot", [STEP_TOKEN] = "token",
        [STEP_SESSION] = "session", [STEP_LOGIN] = "login", [STEP_FIND] = "find", [STEP_SIGN] = "sign",
        [STEP_VERIFY] = "verify", [STEP_RANDOM] = "random", [STEP_DECRYPT] = "decrypt",
        [STEP_ENCRYPT] = "encrypt", [STEP_MAC] = "mac");
NAME_TABLE(reason_names, "reason", [REASON_NONE] = "none", [REASON_STARTING] = "starting",
        [REASON_NO_EVIDENCE] = "no_evidence", [REASON_CALL_FAILED] = "call_failed",
        [REASON_TIMEOUT] = "timeout", [REASON_CRASHED] = "crashed", [REASON_NOT_FOUND] = "not_found",
        [REASON_SERIAL_MISMATCH] = "serial_mismatch", [REASON_PIN_REFUSED] = "pin_refused",
        [REASON_PIN_LOCKED] = "pin_locked", [REASON_PIN_FINAL_TRY] = "pin_final_try",
        [REASON_PIN_UNAVAILABLE] = "pin_unavailable", [REASON_WRONG_SIGNATURE] = "wrong_signature",
        [REASON_KEY_MISSING] = "key_missing", [REASON_KEY_MISMATCH] = "key_mismatch", [REASON_HOT] = "hot",
        [REASON_SENSOR_LOST] = "sensor_lost", [REASON_MODULE_REFUSED] = "module_refused",
        [REASON_SLOW] = "slow", [REASON_GUARD_UNREADABLE] = "guard_unreadable",
        [REASON_PIN_WAITING] = "pin_waiting", [REASON_PROFILE_MISMATCH] = "profile_mismatch",
        [REASON_NONCE_REPEATED] = "nonce_repeated", [REASON_RANDOM_WEAK] = "random_weak",
        [REASON_SESSION_LIMIT] = "session_limit", [REASON_KEY_FAILING] = "key_failing",
        [REASON_CERTIFICATE_EXPIRING] = "certificate_expiring",
        [REASON_MECHANISM_MISSING] = "mechanism_missing", [REASON_BUSY] = "busy",
        [REASON_LOG_FULL] = "log_full", [REASON_WRONG_ANSWER] = "wrong_answer",
        [REASON_MAINTENANCE] = "maintenance", [REASON_UNKILLABLE] = "unkillable", [REASON_COLD] = "cold",
        [REASON_TEMPERATURE_RISING] = "temperature_rising",
        [REASON_TEMPERATURE_DEVIATING] = "temperature_deviating", [REASON_ABOVE_ROOM] = "above_room",
        [REASON_ROOM_WARM] = "room_warm", [REASON_FAN_FAILED] = "fan_failed",
        [REASON_POWER_FAILED] = "power_failed", [REASON_SENSOR_LIMIT] = "sensor_limit",
        [REASON_SENSOR_FROZEN] = "sensor_frozen", [REASON_AGENT_RESTARTED] = "agent_restarted",
        [REASON_REBOOTED] = "rebooted", [REASON_SESSIONS_NEAR_LIMIT] = "sessions_near_limit",
        [REASON_DUPLICATE_ENGINE_ID] = "duplicate_engine_id", [REASON_FLAPPING] = "flapping",
        [REASON_WATCHER_ISOLATED] = "watcher_isolated", [REASON_COMMON_CAUSE] = "common_cause",
        [REASON_SHARED_SERVICE] = "shared_service", [REASON_SUPERSEDED] = "superseded",
        [REASON_VIRTUAL_DISAGREES] = "virtual_disagrees", [REASON_BOUND_EXCEEDED] = "bound_exceeded",
        [REASON_MAINTENANCE_ENDING] = "maintenance_ending", [REASON_UNCONFIGURED] = "unconfigured",
        [REASON_DISK_SLOW] = "disk_slow", [REASON_DISK_FULL] = "disk_full",
        [REASON_HISTORY_DAMAGED] = "history_damaged", [REASON_RECEIVER_REFUSES] = "receiver_refuses",
        [REASON_RECEIVER_SILENT] = "receiver_silent", [REASON_QUEUE_FULL] = "queue_full",
        [REASON_SELFTEST] = "selftest");
NAME_TABLE(severity_names, "severity", [SEVERITY_CLEARED] = "cleared",
        [SEVERITY_INDETERMINATE] = "indeterminate", [SEVERITY_CRITICAL] = "critical",
        [SEVERITY_MAJOR] = "major", [SEVERITY_MINOR] = "minor", [SEVERITY_WARNING] = "warning");
NAME_TABLE(basis_names,
        "basis", [BASIS_BUSINESS] = "business", [BASIS_PROBE] = "probe", [BASIS_PRESENT] = "present");
NAME_TABLE(event_type_names, "event", [EVENT_STARTED] = "started", [EVENT_STOPPING] = "stopping",
        [EVENT_DEVICE_STATE] = "device_state", [EVENT_POOL_STATE] = "pool_state",
        [EVENT_ALARM_RAISED] = "alarm_raised", [EVENT_ALARM_CHANGED] = "alarm_changed",
        [EVENT_ALARM_CLEARED] = "alarm_cleared", [EVENT_ALARM_ACKNOWLEDGED] = "alarm_acknowledged",
        [EVENT_POOL_FAILOVER] = "pool_failover", [EVENT_FAILOVER_RETURNED] = "failover_returned",
        [EVENT_POOL_RECOVERED] = "pool_recovered", [EVENT_SERVICE_AT_RISK] = "service_at_risk",
        [EVENT_SERVICE_RECOVERED] = "service_recovered", [EVENT_MAINTENANCE_STARTED] = "maintenance_started",
        [EVENT_MAINTENANCE_ENDING] = "maintenance_ending", [EVENT_MAINTENANCE_ENDED] = "maintenance_ended",
        [EVENT_DRILL_STARTED] = "drill_started", [EVENT_DRILL_ENDED] = "drill_ended",
        [EVENT_RELOADED] = "reloaded", [EVENT_ACTION] = "action");
NAME_TABLE(place_names, "place", [PLACE_MACHINE] = "machine", [PLACE_NETWORK] = "network",
        [PLACE_SERVICE] = "service", [PLACE_CLIENT] = "client", [PLACE_ACCESS_LIST] = "access_list",
        [PLACE_PIN] = "pin", [PLACE_KEY] = "key", [PLACE_NOT_READY] = "not_ready", [PLACE_HOST] = "host");
NAME_TABLE(receiver_kind_names, "kind of receiver", [RECEIVER_TRAP] = "trap", [RECEIVER_INFORM] = "inform");
NAME_TABLE(receiver_state_names, "receiver state", [RECEIVER_OK] = "ok", [RECEIVER_RETRYING] = "retrying",
        [RECEIVER_REFUSING] = "refusing", [RECEIVER_DROPPING] = "dropping");
NAME_TABLE(text_language_names, "text", [TEXT_EN] = "en", [TEXT_ZH] = "zh");
NAME_TABLE(charset_names, "charset", [CHARSET_UTF_8] = "utf-8", [CHARSET_GB18030] = "gb18030");
NAME_TABLE(matrix_state_names, "key matrix state", [MATRIX_IDENTICAL] = "identical",
        [MATRIX_MISSING] = "missing", [MATRIX_DIFFERENT] = "different", [MATRIX_FAILING] = "failing",
        [MATRIX_NOWHERE] = "nowhere", [MATRIX_UNKNOWN] = "unknown");
NAME_TABLE(pin_origin_names,
        "origin of a pinned key", [PIN_ORIGIN_NONE] = "none", [PIN_ORIGIN_CONFIGURED] = "configured",
        [PIN_ORIGIN_CONFIRMED] = "confirmed", [PIN_ORIGIN_UNCONFIRMED] = "unconfirmed");
NAME_TABLE(limited_by_names, "limit", [LIMITED_NONE] = "none", [LIMITED_CLIENT] = "client",
        [LIMITED_LOAD] = "load", [LIMITED_MACHINE] = "machine");
NAME_TABLE(mechanism_use_names, "use of a mechanism", [USE_SIGN] = "sign", [USE_DECRYPT] = "decrypt",
        [USE_ENCRYPT] = "encrypt", [USE_MAC] = "mac", [USE_DIGEST] = "digest");
NAME_TABLE(mechanism_input_names, "input", [INPUT_MESSAGE] = "message", [INPUT_DIGEST] = "digest");
NAME_TABLE(z_rule_names, "z", [Z_NONE] = "none", [Z_DEFAULT_ID] = "default_id", [Z_PARAMETER] = "parameter");
NAME_TABLE(signature_form_names, "signature form", [FORM_RAW] = "raw", [FORM_DER] = "der");
NAME_TABLE(point_form_names, "point form", [POINT_OCTET_STRING] = "octet_string",
        [POINT_UNCOMPRESSED] = "uncompressed", [POINT_XY] = "xy");
NAME_TABLE(cipher_order_names, "ciphertext order", [CIPHER_C1C3C2] = "c1c3c2", [CIPHER_C1C2C3] = "c1c2c3");
NAME_TABLE(return_class_names, "class of a return", [RETURN_BUSY] = "busy", [RETURN_SESSION] = "session",
        [RETURN_CREDENTIAL] = "credential", [RETURN_KEY] = "key", [RETURN_LOG_FULL] = "log_full",
        [RETURN_FATAL] = "fatal");
NAME_TABLE(sensor_status_names, "sensor status", [SENSOR_OK] = "ok", [SENSOR_UNAVAILABLE] = "unavailable",
        [SENSOR_NONOPERATIONAL] = "nonoperational");
NAME_TABLE(sensor_reason_names, "sensor reason", [SENSOR_REASON_OK] = "ok", [SENSOR_REASON_SILENT] = "silent",
        [SENSOR_REASON_WRONG_TYPE] = "wrong_type", [SENSOR_REASON_OUT_OF_RANGE] = "out_of_range",
        [SENSOR_REASON_FROZEN] = "frozen", [SENSOR_REASON_NONOPERATIONAL] = "nonoperational");
NAME_TABLE(agent_state_names, "agent state", [AGENT_NOT_CONFIGURED] = "not_configured", [AGENT_OK] = "ok",
        [AGENT_SILENT] = "silent", [AGENT_REFUSED] = "refused", [AGENT_DUPLICATE_ENGINE] = "duplicate_engine",
        [AGENT_UNKNOWN] = "unknown");
NAME_TABLE(key_type_names, "key type", [KEY_TYPE_RSA] = "rsa", [KEY_TYPE_EC] = "ec", [KEY_TYPE_SM2] = "sm2",
        [KEY_TYPE_AES] = "aes", [KEY_TYPE_SM4] = "sm4", [KEY_TYPE_HMAC] = "hmac", [KEY_TYPE_OTHER] = "other");
NAME_TABLE(key_class_names, "key class", [KEY_CLASS_PRIVATE] = "private", [KEY_CLASS_PUBLIC] = "public",
        [KEY_CLASS_SECRET] = "secret", [KEY_CLASS_CERTIFICATE] = "certificate");
NAME_TABLE(exercise_names, "exercise", [EXERCISE_SIGN] = "sign", [EXERCISE_DECRYPT] = "decrypt",
        [EXERCISE_MAC] = "mac", [EXERCISE_ENCRYPT] = "encrypt", [EXERCISE_PRESENT] = "present");
NAME_TABLE(sensor_type_names, "sensor type", [SENSOR_TYPE_OTHER] = "other", [SENSOR_TYPE_UNKNOWN] = "unknown",
        [SENSOR_TYPE_VOLTS_AC] = "volts_ac", [SENSOR_TYPE_VOLTS_DC] = "volts_dc",
        [SENSOR_TYPE_AMPERES] = "amperes", [SENSOR_TYPE_WATTS] = "watts", [SENSOR_TYPE_HERTZ] = "hertz",
        [SENSOR_TYPE_CELSIUS] = "celsius", [SENSOR_TYPE_PERCENT_RH] = "percent_rh", [SENSOR_TYPE_RPM] = "rpm",
        [SENSOR_TYPE_CMM] = "cmm", [SENSOR_TYPE_TRUTHVALUE] = "truthvalue",
        [SENSOR_TYPE_SPECIAL_ENUM] = "special_enum", [SENSOR_TYPE_DBM] = "dbm");
NAME_TABLE(
        select_names, "select", [SELECT_SERIAL] = "serial", [SELECT_LABEL] = "label", [SELECT_SLOT] = "slot");
NAME_TABLE(agent_mode_names, "agent mode", [AGENT_MODE_OWN] = "own", [AGENT_MODE_AGENTX] = "agentx");
NAME_TABLE(snmp_version_names,
        "SNMP version", [SNMP_VERSION_V2C] = "v2c", [SNMP_VERSION_V3] = "v3", [SNMP_VERSION_V1] = "v1");
NAME_TABLE(sensor_meaning_names, "meaning of a sensor", [MEANING_OTHER] = "other",
        [MEANING_TEMPERATURE] = "temperature", [MEANING_HUMIDITY] = "humidity", [MEANING_FAN] = "fan",
        [MEANING_POWER] = "power", [MEANING_BATTERY] = "battery", [MEANING_WATER] = "water",
        [MEANING_LOAD] = "load", [MEANING_MEMORY] = "memory", [MEANING_STORAGE] = "storage",
        [MEANING_UPTIME] = "uptime", [MEANING_OPERATIONS] = "operations", [MEANING_SESSIONS] = "sessions",
        [MEANING_TRAFFIC] = "traffic", [MEANING_LINK] = "link");
NAME_TABLE(sensor_kind_names,
        "kind of a sensor", [SENSOR_GAUGE] = "gauge", [SENSOR_COUNTER] = "counter", [SENSOR_STATE] = "state");
NAME_TABLE(sensor_level_names,
        "level", [LEVEL_NORMAL] = "normal", [LEVEL_WARNING] = "warning", [LEVEL_CRITICAL] = "critical");
NAME_TABLE(sensor_finding_names, "finding", [FINDING_NONE] = "none", [FINDING_HIGH] = "high",
        [FINDING_LOW] = "low", [FINDING_STATE] = "state", [FINDING_RISING] = "rising",
        [FINDING_DEVIATING] = "deviating", [FINDING_ABOVE_ROOM] = "above_room");

const char *name_of(const NameTable *table, unsigned value) {
        return value < table->n && table->names[value] ? table->names[value] : "invalid";
}

unsigned name_value(const NameTable *table, const char *name) {
        for (unsigned i = 0; i < table->n; i++)
                if (table->names[i] && streq(table->names[i], name))
                        return i;
        return 0;
}

void name_to_camel(char *dst, size_t size, const char *name) {
        size_t n = 0;

        for (bool up = false; *name && n + 1 < size; name++) {
                if (*name == '_') {
                        up = true;
                        continue;
                }
                dst[n++] = up ? (char) toupper((unsigned char) *name) : *name;
                up = false;
        }
        dst[n] = '\0';
}

void name_to_kebab(char *dst, size_t size, const char *name) {
        copy_text(dst, size, name);
        for (char *p = dst; *p; p++)
                if (*p == '_')
                        *p = '-';
}
