#include "serve-entity-cells.h"

/* Of RFC 6933 and RFC 3433. */
#define CLASS_CHASSIS 3
#define CLASS_SENSOR 8
#define TRUTH_TRUE 1
#define TRUTH_FALSE 2
#define SCALE_UNITS 9
#define PRECISION_MIN (-8)
#define PRECISION_MAX 9
#define VALUE_MAX 1000000000 /* stands for everything beyond, too; as its negative does */

static bool set_unknown_object(MibValue *v) {
        v->type = ASN_OBJECT_ID; /* zeroDotZero */
        v->size = 2 * sizeof(oid);
        v->data.objid[0] = v->data.objid[1] = 0;
        return true;
}

void entity_set_instant(MibValue *v, usec_t when, const EntityClock *clock) {
        usec_t up = when > clock->up_since ? when - clock->up_since : 0;

        mib_set_integer(v, ASN_TIMETICKS, (long) (up / 10000 & UINT32_MAX));
}

#define TEXT_OR_EMPTY(Table, row, member) (field_valid((row), Table##Field_##member) ? (row)->member : "")

/* "hsm-01: Vendor Model": RFC 6933 wants the manufacturer's name in it. */
static void describe_chassis(const DeviceRow *device, MibValue *ret) {
        const char *manufacturer = TEXT_OR_EMPTY(Device, device, manufacturer);
        const char *model = TEXT_OR_EMPTY(Device, device, model);
        const char *name = TEXT_OR_EMPTY(Device, device, name);
        char text[256];

        if (*manufacturer || *model)
                snprintf(text, sizeof(text), "%s: %s%s%s", name, manufacturer,
                        *manufacturer && *model ? " " : "", model);
        else
                snprintf(text, sizeof(text), "%s: server cipher machine", name);
        mib_set_ascii(ret, text, 255);
}

/* Management systems show one of Descr and Name and not what it is contained in: so both of a sensor begin
 * with its machine, or nine graphs would have one title. */
static void name_sensor(
        BoardReader *reader, const Entity *e, const DeviceRow *device, char separator, MibValue *ret) {
        const SensorRow *sensor = board_read(reader, BOARD_SENSORS, e->sensor_row);
        char text[256];

        snprintf(text, sizeof(text), "%s%c%s", TEXT_OR_EMPTY(Device, device, name), separator,
                TEXT_OR_EMPTY(Sensor, sensor, name));
        mib_set_ascii(ret, text, 255);
}

static void physical_text(BoardReader *reader, const Entity *e, oid column, MibValue *ret) {
        const DeviceRow *device = board_read(reader, BOARD_DEVICES, e->device_row);

        if (e->is_sensor) {
                if (column == 2 || column == 7)
                        name_sensor(reader, e, device, column == 2 ? ' ' : '/', ret);
                else
                        mib_set_text(ret, "", 255);
                return;
        }
        if (column == 2) /* entPhysicalDescr */
                describe_chassis(device, ret);
        else if (column == 7) /* entPhysicalName */
                mib_set_ascii(ret, TEXT_OR_EMPTY(Device, device, name), 255);
        else if (column == 9) /* entPhysicalFirmwareRev */
                mib_set_ascii(ret, TEXT_OR_EMPTY(Device, device, firmware), 255);
        else if (column == 11) /* entPhysicalSerialNum */
                mib_set_ascii(ret, TEXT_OR_EMPTY(Device, device, serial), 255);
        else if (column == 12) /* entPhysicalMfgName */
                mib_set_ascii(ret, TEXT_OR_EMPTY(Device, device, manufacturer), 255);
        else if (column == 13) /* entPhysicalModelName */
                mib_set_ascii(ret, TEXT_OR_EMPTY(Device, device, model), 255);
        else /* entPhysicalHardwareRev and SoftwareRev */
                mib_set_text(ret, "", 255);
}

bool entity_physical_cell(
        BoardReader *reader, const Entity *e, oid column, UNUSED const EntityClock *clock, MibValue *ret) {
        switch (column) {
        case 3: /* entPhysicalVendorType */
                return set_unknown_object(ret);
        case 4: /* entPhysicalContainedIn */
                mib_set_integer(ret, ASN_INTEGER, e->parent);
                return true;
        case 5: /* entPhysicalClass */
                mib_set_integer(ret, ASN_INTEGER, e->is_sensor ? CLASS_SENSOR : CLASS_CHASSIS);
                return true;
        case 6: /* entPhysicalParentRelPos */
                mib_set_integer(ret, ASN_INTEGER, e->position);
                return true;
        case 16: /* entPhysicalIsFRU */
                mib_set_integer(ret, ASN_INTEGER, e->is_sensor ? TRUTH_FALSE : TRUTH_TRUE);
                return true;
        default:
                physical_text(reader, e, column, ret);
                return true;
        }
}

bool entity_contains_cell(UNUSED BoardReader *reader, const Entity *e, UNUSED oid column,
        UNUSED const EntityClock *clock, MibValue *ret) {
        mib_set_integer(ret, ASN_INTEGER, e->index);
        return true;
}

/* RFC 3433 ends at truthvalue(12). */
static long sensor_type(const SensorRow *s) {
        if (!field_valid(s, SensorField_type))
                return SENSOR_TYPE_UNKNOWN;
        return s->type > SENSOR_TYPE_TRUTHVALUE ? SENSOR_TYPE_OTHER : (long) s->type;
}

static long within(long value, long low, long high) {
        return value < low ? low : MIN_OF(value, high);
}

/* When the judge stands still nobody stands behind a value either. */
static long sensor_status(const SensorRow *s, bool stale) {
        return stale || !field_valid(s, SensorField_status) ? SENSOR_UNAVAILABLE : (long) s->status;
}

bool entity_sensor_cell(
        BoardReader *reader, const Entity *e, oid column, const EntityClock *clock, MibValue *ret) {
        const SensorRow *s = board_read(reader, BOARD_SENSORS, e->sensor_row);

        switch (column) {
        case 1: /* entPhySensorType */
                mib_set_integer(ret, ASN_INTEGER, sensor_type(s));
                return true;
        case 2: /* entPhySensorScale */
                mib_set_integer(ret, ASN_INTEGER, field_valid(s, SensorField_scale) ? s->scale : SCALE_UNITS);
                return true;
        case 3: /* entPhySensorPrecision */
                mib_set_integer(ret, ASN_INTEGER,
                        field_valid(s, SensorField_precision)
                                ? within(s->precision, PRECISION_MIN, PRECISION_MAX)
                                : 0);
                return true;
        case 4: /* entPhySensorValue: the last one, whatever the status says of it */
                mib_set_integer(ret, ASN_INTEGER, within(s->value, -VALUE_MAX, VALUE_MAX));
                return field_valid(s, SensorField_value);
        case 5: /* entPhySensorOperStatus */
                mib_set_integer(ret, ASN_INTEGER, sensor_status(s, board_stale(reader, clock->now)));
                return true;
        case 6: /* entPhySensorUnitsDisplay */
                mib_set_text(ret, TEXT_OR_EMPTY(Sensor, s, units_display), 255);
                return true;
        case 7: /* entPhySensorValueTimeStamp */
                entity_set_instant(ret, s->age, clock);
                return field_valid(s, SensorField_age);
        default: /* entPhySensorValueUpdateRate: not known */
                mib_set_integer(ret, ASN_UNSIGNED, 0);
                return true;
        }
}
