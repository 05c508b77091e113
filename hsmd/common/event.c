#include "event.h"

#define EVENT_FIELD(ftype, member, fkey, fcolumn, fnames)                                                    \
        {.key = (fkey),                                                                                      \
                .offset = (uint16_t) offsetof(Event, member),                                                \
                .type = (uint8_t) FIELD_##ftype,                                                             \
                .column = (fcolumn),                                                                         \
                .names = (fnames)},
#define ROLLUP_FIELD(ftype, member, fkey, fcolumn, fnames)                                                   \
        {.key = (fkey),                                                                                      \
                .offset = (uint16_t) offsetof(RollupRow, member),                                            \
                .type = (uint8_t) FIELD_##ftype,                                                             \
                .column = (fcolumn),                                                                         \
                .names = (fnames)},

static const Field event_fields[] = {EVENT_FIELDS(EVENT_FIELD)};
static const Field rollup_fields[] = {ROLLUP_FIELDS(ROLLUP_FIELD)};

const TableInfo event_table = {"events", sizeof(Event), event_fields, ELEMENTSOF(event_fields), 1};
const TableInfo rollup_table = {"rollups", sizeof(RollupRow), rollup_fields, ELEMENTSOF(rollup_fields), 2};

bool event_type_notifies(unsigned type) {
        switch (type) {
        case EVENT_STARTED:
        case EVENT_STOPPING:
        case EVENT_ALARM_RAISED:
        case EVENT_ALARM_CHANGED:
        case EVENT_ALARM_CLEARED:
        case EVENT_POOL_FAILOVER:
        case EVENT_POOL_RECOVERED:
        case EVENT_SERVICE_AT_RISK:
        case EVENT_SERVICE_RECOVERED:
                return true;
        default:
                return false;
        }
}
