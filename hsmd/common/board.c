#include "board.h"

#include <time.h>

#define FIELD_OF(Row, ftype, member, fkey, fcolumn, fnames)                                                  \
        {.key = (fkey),                                                                                      \
                .offset = (uint16_t) offsetof(Row, member),                                                  \
                .type = (uint8_t) FIELD_##ftype,                                                             \
                .column = (fcolumn),                                                                         \
                .names = (fnames)},
#define FLEET_FIELD(...) FIELD_OF(FleetRow, __VA_ARGS__)
#define SITE_FIELD(...) FIELD_OF(SiteRow, __VA_ARGS__)
#define POOL_FIELD(...) FIELD_OF(PoolRow, __VA_ARGS__)
#define DEVICE_FIELD(...) FIELD_OF(DeviceRow, __VA_ARGS__)
#define KEY_FIELD(...) FIELD_OF(KeyRow, __VA_ARGS__)
#define SENSOR_FIELD(...) FIELD_OF(SensorRow, __VA_ARGS__)
#define SITE_SENSOR_FIELD(...) FIELD_OF(SiteSensorRow, __VA_ARGS__)
#define MECHANISM_FIELD(...) FIELD_OF(MechanismRow, __VA_ARGS__)
#define POOL_KEY_FIELD(...) FIELD_OF(PoolKeyRow, __VA_ARGS__)
#define SERVICE_FIELD(...) FIELD_OF(ServiceRow, __VA_ARGS__)
#define ALARM_FIELD(...) FIELD_OF(AlarmRow, __VA_ARGS__)
#define FAILOVER_FIELD(...) FIELD_OF(FailoverRow, __VA_ARGS__)
#define RECEIVER_FIELD(...) FIELD_OF(ReceiverRow, __VA_ARGS__)

static const Field fleet_fields[] = {BOARD_FLEET_FIELDS(FLEET_FIELD)};
static const Field site_fields[] = {BOARD_SITE_FIELDS(SITE_FIELD)};
static const Field pool_fields[] = {BOARD_POOL_FIELDS(POOL_FIELD)};
static const Field device_fields[] = {BOARD_DEVICE_FIELDS(DEVICE_FIELD)};
static const Field key_fields[] = {BOARD_KEY_FIELDS(KEY_FIELD)};
static const Field sensor_fields[] = {BOARD_SENSOR_FIELDS(SENSOR_FIELD)};
static const Field site_sensor_fields[] = {BOARD_SITE_SENSOR_FIELDS(SITE_SENSOR_FIELD)};
static const Field mechanism_fields[] = {BOARD_MECHANISM_FIELDS(MECHANISM_FIELD)};
static const Field pool_key_fields[] = {BOARD_POOL_KEY_FIELDS(POOL_KEY_FIELD)};
static const Field service_fields[] = {BOARD_SERVICE_FIELDS(SERVICE_FIELD)};
static const Field alarm_fields[] = {BOARD_ALARM_FIELDS(ALARM_FIELD)};
static const Field failover_fields[] = {BOARD_FAILOVER_FIELDS(FAILOVER_FIELD)};
static const Field receiver_fields[] = {BOARD_RECEIVER_FIELDS(RECEIVER_FIELD)};

const TableInfo board_tables[BOARD_TABLES] = {
        [BOARD_FLEET] = {"fleet", sizeof(FleetRow), fleet_fields, ELEMENTSOF(fleet_fields), 0},
        [BOARD_SITES] = {"sites", sizeof(SiteRow), site_fields, ELEMENTSOF(site_fields), 1},
        [BOARD_POOLS] = {"pools", sizeof(PoolRow), pool_fields, ELEMENTSOF(pool_fields), 1},
        [BOARD_DEVICES] = {"devices", sizeof(DeviceRow), device_fields, ELEMENTSOF(device_fields), 1},
        [BOARD_KEYS] = {"keys", sizeof(KeyRow), key_fields, ELEMENTSOF(key_fields), 2},
        [BOARD_SENSORS] = {"sensors", sizeof(SensorRow), sensor_fields, ELEMENTSOF(sensor_fields), 2},
        [BOARD_MECHANISMS] = {"mechanisms", sizeof(MechanismRow), mechanism_fields,
                ELEMENTSOF(mechanism_fields), 2},
        [BOARD_POOL_KEYS] = {"pool_keys", sizeof(PoolKeyRow), pool_key_fields, ELEMENTSOF(pool_key_fields),
                2},
        [BOARD_SITE_SENSORS] = {"site_sensors", sizeof(SiteSensorRow), site_sensor_fields,
                ELEMENTSOF(site_sensor_fields), 2},
        [BOARD_SERVICES] = {"services", sizeof(ServiceRow), service_fields, ELEMENTSOF(service_fields), 1},
        [BOARD_RECEIVERS] = {"receivers", sizeof(ReceiverRow), receiver_fields, ELEMENTSOF(receiver_fields),
                1},
        [BOARD_ALARMS] = {"alarms", sizeof(AlarmRow), alarm_fields, ELEMENTSOF(alarm_fields), 1},
        [BOARD_FAILOVERS] = {"failovers", sizeof(FailoverRow), failover_fields, ELEMENTSOF(failover_fields),
                1},
};

_Static_assert(sizeof(SiteSensorRow) == sizeof(SensorRow) &&
                       (int) SiteSensorField_missed == (int) SensorField_missed,
        "one function fills both");
_Static_assert(
        AlarmField_id == 0 && FailoverField_id == 0 && offsetof(AlarmRow, id) == offsetof(FailoverRow, id),
        "rows that come and go begin with their id");
_Static_assert(ELEMENTSOF(device_fields) <= 128, "the valid bits of a row are 128");

/* Every row begins alike. */
typedef struct RowHead {
        _Atomic uint32_t sequence;
        uint32_t reserved;
        uint64_t valid[2];
} RowHead;

void field_mark(uint64_t *valid, unsigned ordinal, bool yes) {
        uint64_t bit = UINT64_C(1) << (ordinal % 64);

        if (yes)
                valid[ordinal / 64] |= bit;
        else
                valid[ordinal / 64] &= ~bit;
}

bool field_valid(const void *row, unsigned ordinal) {
        const RowHead *head = row;

        return head->valid[ordinal / 64] >> (ordinal % 64) & 1;
}

uint32_t board_row_id(const void *row) {
        return field_valid(row, AlarmField_id) ? ((const AlarmRow *) row)->id : 0;
}

static void show_instant(uint64_t usec, Shown *ret) {
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        struct tm tm;

        gmtime_r(&seconds, &tm);
        strftime(ret->buffer, sizeof(ret->buffer), "%Y-%m-%dT%H:%M:%SZ", &tm);
        ret->kind = SHOWN_STRING;
        ret->string = ret->buffer;
}

void field_show(const TableInfo *table, unsigned ordinal, const void *row, usec_t now, Shown *ret) {
        const Field *f = &table->fields[ordinal];
        const uint8_t *p = (const uint8_t *) row + f->offset;
        uint32_t u32 = 0;
        uint64_t u64 = 0;

        ret->kind = SHOWN_NOTHING;
        if (!field_valid(row, ordinal))
                return;
        ret->kind = SHOWN_UNSIGNED;
        switch (f->type) {
        case FIELD_NAME:
        case FIELD_TEXT:
                ret->kind = SHOWN_STRING;
                ret->string = (const char *) p;
                return;
        case FIELD_COUNTER:
        case FIELD_INSTANT:
        case FIELD_AGE:
        case FIELD_MSEC:
        case FIELD_USEC:
                memcpy(&u64, p, sizeof(u64));
                break;
        default:
                memcpy(&u32, p, sizeof(u32));
        }
        switch (f->type) {
        case FIELD_INSTANT:
                show_instant(u64, ret);
                return;
        case FIELD_AGE:
                ret->u = now > u64 ? (now - u64) / USEC_PER_SEC : 0;
                return;
        case FIELD_MSEC:
                ret->u = u64 / USEC_PER_MSEC;
                return;
        case FIELD_COUNTER:
        case FIELD_USEC:
                ret->u = u64;
                return;
        case FIELD_ENUM:
        case FIELD_ENUM_AS_NAME:
                ret->kind = SHOWN_STRING;
                ret->string = name_of(f->names, u32);
                return;
        case FIELD_BOOL:
                ret->kind = SHOWN_BOOL;
                ret->u = u32 != 0;
                return;
        case FIELD_I32:
        case FIELD_CELSIUS:
                ret->kind = f->type == FIELD_I32 ? SHOWN_SIGNED : SHOWN_TENTHS;
                ret->i = (int32_t) u32;
                return;
        default:
                ret->u = u32;
        }
}
