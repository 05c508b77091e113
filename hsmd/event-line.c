#include "event-line.h"

#include "alarm-catalog.h"
#include "alarm-code.h"

static int alarm_priority(const Event *e) {
        if (e->type != EVENT_ALARM_RAISED && e->type != EVENT_ALARM_CHANGED)
                return LOG_NOTICE;
        switch (e->severity) {
        case SEVERITY_CRITICAL:
                return LOG_CRIT;
        case SEVERITY_MAJOR:
                return LOG_ERR;
        default:
                return LOG_WARNING;
        }
}

static int priority_of(const Event *e) {
        switch (e->type) {
        case EVENT_ALARM_RAISED:
        case EVENT_ALARM_CHANGED:
        case EVENT_ALARM_CLEARED:
        case EVENT_ALARM_ACKNOWLEDGED:
                return alarm_priority(e);
        case EVENT_POOL_FAILOVER:
                return LOG_WARNING;
        case EVENT_SERVICE_AT_RISK:
                return streq(e->state, "lost") ? LOG_CRIT : LOG_ERR;
        case EVENT_MAINTENANCE_ENDING:
                return LOG_WARNING;
        default:
                return LOG_NOTICE;
        }
}

/* The catalog's entry. */
static const char *message_id_of(const Event *e) {
        switch (e->type) {
        case EVENT_STARTED:
                return MESSAGE_STARTED;
        case EVENT_STOPPING:
                return MESSAGE_STOPPING;
        case EVENT_ALARM_RAISED:
        case EVENT_ALARM_CHANGED:
        case EVENT_ALARM_CLEARED:
        case EVENT_ALARM_ACKNOWLEDGED:
                return alarm_catalog_id(alarm_code_of(e->code));
        case EVENT_POOL_STATE:
        case EVENT_POOL_RECOVERED:
                return MESSAGE_POOL_STATE;
        case EVENT_POOL_FAILOVER:
                return MESSAGE_FAILOVER;
        case EVENT_FAILOVER_RETURNED:
                return MESSAGE_FAILOVER_RETURNED;
        case EVENT_SERVICE_AT_RISK:
        case EVENT_SERVICE_RECOVERED:
                return MESSAGE_SERVICE_STATE;
        case EVENT_MAINTENANCE_STARTED:
        case EVENT_MAINTENANCE_ENDING:
        case EVENT_MAINTENANCE_ENDED:
                return MESSAGE_MAINTENANCE;
        case EVENT_DRILL_STARTED:
        case EVENT_DRILL_ENDED:
                return MESSAGE_DRILL;
        default:
                return NULL;
        }
}

static const char *filled(const char *text) {
        return text[0] ? text : NULL;
}

void event_line(Journal *journal, const Event *e) {
        char uid[16];
        LogEvent line = {.priority = priority_of(e),
                .message_id = message_id_of(e),
                .device = filled(e->device_name),
                .state = filled(e->state),
                .pool = filled(e->pool_name),
                .service = filled(e->service_name),
                .site = filled(e->site_name),
                .event = e->id,
                .code = filled(e->code),
                .resource = filled(e->resource),
                .reason = field_valid(e, EventField_cause) ? name_of(&reason_names, e->cause) : NULL,
                .alarm = field_valid(e, EventField_alarm) ? e->alarm : 0,
                .severity =
                        field_valid(e, EventField_severity) ? name_of(&severity_names, e->severity) : NULL,
                .operator_name = filled(e->by)};

        if (e->type == EVENT_DEVICE_STATE)
                return;
        if (field_valid(e, EventField_uid)) {
                snprintf(uid, sizeof(uid), "%u", e->uid);
                line.operator_uid = uid;
        }
        log_event(journal, &line, "%s", e->text);
}
