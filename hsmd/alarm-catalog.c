#include "alarm-catalog.h"

/* An id ends in its code's number, which is for life. Not here: reasons that are only ever the cause of an
 * alarm, or of a state that is none. */
static const char *const ids[ALARM_LAST + 1] = {
        [REASON_WRONG_SIGNATURE] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b0d",
        [REASON_KEY_MISSING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b0e",
        [REASON_KEY_MISMATCH] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b0f",
        [REASON_HOT] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b10",
        [REASON_SENSOR_LOST] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b11",
        [REASON_SLOW] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b13",
        [REASON_PROFILE_MISMATCH] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b16",
        [REASON_NONCE_REPEATED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b17",
        [REASON_RANDOM_WEAK] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b18",
        [REASON_KEY_FAILING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b1a",
        [REASON_CERTIFICATE_EXPIRING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b1b",
        [REASON_MECHANISM_MISSING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b1c",
        [REASON_WRONG_ANSWER] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b1f",
        [REASON_COLD] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b22",
        [REASON_TEMPERATURE_RISING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b23",
        [REASON_TEMPERATURE_DEVIATING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b24",
        [REASON_ABOVE_ROOM] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b25",
        [REASON_ROOM_WARM] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b26",
        [REASON_FAN_FAILED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b27",
        [REASON_POWER_FAILED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b28",
        [REASON_SENSOR_LIMIT] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b29",
        [REASON_SENSOR_FROZEN] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b2a",
        [REASON_AGENT_RESTARTED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b2b",
        [REASON_REBOOTED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b2c",
        [REASON_SESSIONS_NEAR_LIMIT] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b2d",
        [REASON_DUPLICATE_ENGINE_ID] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b2e",
        [REASON_FLAPPING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b2f",
        [REASON_WATCHER_ISOLATED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b30",
        [REASON_COMMON_CAUSE] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b31",
        [REASON_VIRTUAL_DISAGREES] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b34",
        [REASON_BOUND_EXCEEDED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b35",
        [REASON_MAINTENANCE_ENDING] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b36",
        [REASON_DISK_SLOW] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b38",
        [REASON_DISK_FULL] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b39",
        [REASON_HISTORY_DAMAGED] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b3a",
        [REASON_RECEIVER_REFUSES] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b3b",
        [REASON_RECEIVER_SILENT] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b3c",
        [REASON_QUEUE_FULL] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b3d",
        [REASON_SELFTEST] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b3e",
        [ALARM_DEVICE_DOWN] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b65",
        [ALARM_DEVICE_UNKNOWN] = "c1f8a4a3d3d94f0e9a3f0d4b5b1e6b66",
};

const char *alarm_catalog_id(uint32_t code) {
        return code < ELEMENTSOF(ids) ? ids[code] : NULL;
}
