#include "sensor-judge.h"

static Reason reason_of_temperature(SensorFinding finding) {
        switch (finding) {
        case FINDING_HIGH:
                return REASON_HOT;
        case FINDING_LOW:
                return REASON_COLD;
        case FINDING_RISING:
                return REASON_TEMPERATURE_RISING;
        case FINDING_DEVIATING:
                return REASON_TEMPERATURE_DEVIATING;
        case FINDING_ABOVE_ROOM:
                return REASON_ABOVE_ROOM;
        default:
                return REASON_SENSOR_LIMIT;
        }
}

/* Some profiles tell only the type; and the temperature of a battery is one. */
static SensorMeaning meaning_or_type(SensorMeaning meaning, SensorType type) {
        if (type == SENSOR_TYPE_CELSIUS)
                return MEANING_TEMPERATURE;
        if (meaning > MEANING_OTHER)
                return meaning;
        return type == SENSOR_TYPE_RPM ? MEANING_FAN : MEANING_OTHER;
}

Reason sensor_finding_reason(SensorMeaning meaning, SensorType type, SensorFinding finding) {
        bool by_itself = finding >= FINDING_HIGH && finding <= FINDING_RISING;
        bool is_short = finding == FINDING_LOW || finding == FINDING_STATE;

        if (finding == FINDING_NONE || finding == 0)
                return REASON_NONE;
        switch (meaning_or_type(meaning, type)) {
        case MEANING_TEMPERATURE:
                return reason_of_temperature(finding);
        case MEANING_FAN: /* one that turns too fast has not failed, and neither has a supply by its load */
                return is_short ? REASON_FAN_FAILED : REASON_SENSOR_LIMIT;
        case MEANING_POWER:
                return is_short ? REASON_POWER_FAILED : REASON_SENSOR_LIMIT;
        case MEANING_BATTERY: /* how long it is used already, or how soon it will be empty */
                return by_itself ? REASON_POWER_FAILED : REASON_SENSOR_LIMIT;
        case MEANING_SESSIONS:
                return finding == FINDING_HIGH || finding == FINDING_RISING ? REASON_SESSIONS_NEAR_LIMIT
                                                                            : REASON_SENSOR_LIMIT;
        default:
                return REASON_SENSOR_LIMIT;
        }
}
