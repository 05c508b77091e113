#include "alarm-code.h"

/* How bad a finding is by itself, while the service still runs. The rule behind the table:
 *   critical  what is signed may be wrong, or a key must be treated as given away
 *   major     a part that others rely on has failed, or will within hours; hsmd cannot do its work
 *   minor     the machine serves, but less well, or one more fault would cost it
 *   warning   nothing suffers yet
 * A reason that is not listed is minor: hot, flapping, sensor-lost and the like. device-down, device-unknown
 * and flapping are as bad as what the service comes to (situation.h); alone they are minor. */
static const uint8_t severities[REASON_LAST + 1] = {
        [REASON_WRONG_SIGNATURE] = SEVERITY_CRITICAL,
        [REASON_WRONG_ANSWER] = SEVERITY_CRITICAL,
        [REASON_NONCE_REPEATED] = SEVERITY_CRITICAL,
        [REASON_KEY_MISMATCH] = SEVERITY_CRITICAL,

        [REASON_RANDOM_WEAK] = SEVERITY_MAJOR,
        [REASON_ROOM_WARM] = SEVERITY_MAJOR,
        [REASON_POWER_FAILED] = SEVERITY_MAJOR,
        [REASON_FAN_FAILED] = SEVERITY_MAJOR,
        [REASON_KEY_MISSING] = SEVERITY_MAJOR,
        [REASON_KEY_FAILING] = SEVERITY_MAJOR,
        [REASON_MECHANISM_MISSING] = SEVERITY_MAJOR,
        [REASON_VIRTUAL_DISAGREES] = SEVERITY_MAJOR,
        [REASON_WATCHER_ISOLATED] = SEVERITY_MAJOR,
        [REASON_BOUND_EXCEEDED] = SEVERITY_MAJOR,
        [REASON_DISK_FULL] = SEVERITY_MAJOR,
        [REASON_HISTORY_DAMAGED] = SEVERITY_MAJOR,
        [REASON_RECEIVER_REFUSES] = SEVERITY_MAJOR,
        [REASON_QUEUE_FULL] = SEVERITY_MAJOR,
        [REASON_UNKILLABLE] = SEVERITY_MAJOR,

        [REASON_TEMPERATURE_RISING] = SEVERITY_WARNING,
        [REASON_TEMPERATURE_DEVIATING] = SEVERITY_WARNING,
        [REASON_ABOVE_ROOM] = SEVERITY_WARNING,
        [REASON_CERTIFICATE_EXPIRING] = SEVERITY_WARNING,
        [REASON_AGENT_RESTARTED] = SEVERITY_WARNING,
        [REASON_REBOOTED] = SEVERITY_WARNING,
        [REASON_SENSOR_FROZEN] = SEVERITY_WARNING,
        [REASON_SLOW] = SEVERITY_WARNING,
        [REASON_MAINTENANCE_ENDING] = SEVERITY_WARNING,
        [REASON_SELFTEST] = SEVERITY_WARNING,
};

static const char *const device_codes[] = {"device-down", "device-unknown"};

_Static_assert(ELEMENTSOF(device_codes) == ALARM_LAST - ALARM_DEVICE_DOWN + 1, "every code has its word");

void alarm_code_word(uint32_t code, char *dst, size_t size) {
        if (code >= ALARM_DEVICE_DOWN && code <= ALARM_LAST)
                copy_text(dst, size, device_codes[code - ALARM_DEVICE_DOWN]);
        else
                name_to_kebab(dst, size, name_of(&reason_names, code));
}

uint32_t alarm_code_of(const char *word) {
        char other[64];

        for (uint32_t i = 0; i < ELEMENTSOF(device_codes); i++)
                if (streq(word, device_codes[i]))
                        return ALARM_DEVICE_DOWN + i;
        for (uint32_t reason = REASON_NONE + 1; reason <= REASON_LAST; reason++) {
                name_to_kebab(other, sizeof(other), name_of(&reason_names, reason));
                if (streq(word, other))
                        return reason;
        }
        return 0;
}

Severity alarm_code_severity(uint32_t code) {
        if (code > REASON_LAST || severities[code] == 0)
                return SEVERITY_MINOR;
        return severities[code];
}

/* Their numbers stand in this order already, from critical to warning. */
Severity severity_worse(Severity a, Severity b) {
        return a < b ? a : b;
}

bool reason_is_of_sensors(Reason reason) {
        switch (reason) {
        case REASON_HOT:
        case REASON_SENSOR_LOST:
        case REASON_DUPLICATE_ENGINE_ID:
                return true;
        default:
                return reason >= REASON_COLD && reason <= REASON_SESSIONS_NEAR_LIMIT;
        }
}

bool reason_is_alarm_of_device(Reason reason) {
        return reason > REASON_NONE && reason <= REASON_LAST && reason != REASON_ROOM_WARM;
}
