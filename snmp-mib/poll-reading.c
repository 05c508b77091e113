#include "poll-reading.h"

#include <ctype.h>
#include <math.h>

/* Decimal digits that a binary floating point number is worth: no sensor of a machine room knows more. */
#define DECIMALS_OF_FLOAT 2
#define DECIMALS_MAX 6

/* RFC 3433, EntitySensorValue: what these numbers mean is "below" and "above what can be told". */
#define ENTITY_SENSOR_LIMIT 1e9

/* ---- a variable's value ---- */

static PollRaw whole(double number) {
        PollRaw raw = {.kind = RAW_NUMBER, .number = number};

        if (number >= 0) {
                raw.counter_bits = 32;
                raw.counter = (uint64_t) number;
        }
        return raw;
}

static PollRaw floating(double number) {
        return (PollRaw){.kind = RAW_NUMBER, .number = number, .decimals = DECIMALS_OF_FLOAT};
}

/* "%", "C", "RPM", "°C" in any encoding: letters, and nothing that could belong to a number. */
static bool is_unit(const char *s, size_t n) {
        if (n > 8)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!isalpha((unsigned char) s[i]) && s[i] != '%' && !((unsigned char) s[i] & 0x80))
                        return false;
        return true;
}

static size_t count_digits(const char *s, size_t n) {
        size_t i = 0;

        while (i < n && s[i] >= '0' && s[i] <= '9')
                i++;
        return i;
}

/* The whole text must be a decimal number and, perhaps, a unit: half a number is none. */
static PollRaw number_in_text(const char *s, size_t n) {
        PollRaw raw = {.kind = RAW_OTHER};
        size_t sign, before, after = 0, at;
        char number[40];

        while (n > 0 && (isspace((unsigned char) s[n - 1]) || s[n - 1] == '\0'))
                n--;
        for (; n > 0 && isspace((unsigned char) *s); n--)
                s++;
        sign = n > 0 && (*s == '-' || *s == '+');
        before = count_digits(s + sign, n - sign);
        at = sign + before;
        if (before == 0 || before > 19)
                return raw;
        if (at + 1 < n && s[at] == '.') {
                after = count_digits(s + at + 1, n - at - 1);
                at += 1 + after;
        }
        if ((after == 0 && s[at - 1] == '.') || at >= sizeof(number))
                return raw;
        memcpy(number, s, at);
        number[at] = '\0';
        while (at < n && s[at] == ' ')
                at++;
        if (!is_unit(s + at, n - at))
                return raw;
        raw = (PollRaw){.kind = RAW_NUMBER, .number = strtod(number, NULL), .decimals = (int32_t) after};
        if (after == 0 && number[0] != '-') {
                raw.counter_bits = 64;
                raw.counter = strtoull(number, NULL, 10);
        }
        return raw;
}

/* SMIv2 has no gauge of 64 bits, and CounterBasedGauge64 (RFC 2856) is one all the same. */
static PollRaw counter64(const netsnmp_variable_list *v) {
        const struct counter64 *c = v->val.counter64;
        uint64_t counter = (uint64_t) (uint32_t) c->high << 32 | (uint32_t) c->low;

        return (PollRaw){
                .kind = RAW_NUMBER, .counter_bits = 64, .counter = counter, .number = (double) counter};
}

static bool holds(const netsnmp_variable_list *v, size_t size) {
        return v->val.string && v->val_len == size;
}

static PollRaw raw_of_integer(const netsnmp_variable_list *v) {
        uint32_t number = (uint32_t) *v->val.integer;

        if (v->type == ASN_INTEGER)
                return whole((double) *v->val.integer);
        if (v->type == ASN_COUNTER)
                return (PollRaw){.kind = RAW_COUNTER, .counter_bits = 32, .counter = number};
        return whole(number);
}

PollRaw poll_raw_of(const netsnmp_variable_list *v) {
        const PollRaw none = {.kind = RAW_NONE}, other = {.kind = RAW_OTHER};

        switch (v ? v->type : ASN_NULL) {
        case SNMP_NOSUCHOBJECT:
        case SNMP_NOSUCHINSTANCE:
        case SNMP_ENDOFMIBVIEW:
        case ASN_NULL:
                return none;
        case ASN_INTEGER:
        case ASN_GAUGE:
        case ASN_TIMETICKS:
        case ASN_COUNTER:
                return holds(v, sizeof(*v->val.integer)) ? raw_of_integer(v) : other;
        case ASN_COUNTER64:
        case ASN_OPAQUE_COUNTER64:
        case ASN_OPAQUE_U64:
                return holds(v, sizeof(*v->val.counter64)) ? counter64(v) : other;
        case ASN_OPAQUE_FLOAT:
                return holds(v, sizeof(*v->val.floatVal)) ? floating((double) *v->val.floatVal) : other;
        case ASN_OPAQUE_DOUBLE:
                return holds(v, sizeof(*v->val.doubleVal)) ? floating(*v->val.doubleVal) : other;
        case ASN_OCTET_STR:
                return v->val.string ? number_in_text((const char *) v->val.string, v->val_len) : other;
        default:
                return other;
        }
}

void poll_text_of(const netsnmp_variable_list *v, char *dst, size_t size) {
        const uint8_t *s = v && v->type == ASN_OCTET_STR ? v->val.string : NULL;
        size_t n = s ? v->val_len : 0, kept = 0;

        while (n > 0 && (s[n - 1] == '\0' || isspace(s[n - 1])))
                n--;
        for (; n > 0 && isspace(*s); n--)
                s++;
        for (; kept < n && kept < size - 1; kept++)
                dst[kept] = s[kept] >= ' ' && s[kept] <= '~' ? (char) s[kept] : '?';
        dst[kept] = '\0';
}

/* ---- facts ---- */

static void take_number(PollFacts *facts, PollColumn column, const PollRaw *raw) {
        const struct {
                PollColumn column;
                int min, max; /* RFC 3433 */
                int32_t *ret;
        } facts_of[] = {
                {COLUMN_TYPE, SENSOR_TYPE_OTHER, SENSOR_TYPE_DBM, &facts->type},
                {COLUMN_SCALE, 1, 17, &facts->scale},
                {COLUMN_PRECISION, -8, 9, &facts->precision},
        };

        for (size_t i = 0; i < ELEMENTSOF(facts_of); i++)
                if (facts_of[i].column == column && raw->kind == RAW_NUMBER && raw->decimals == 0 &&
                        raw->number >= facts_of[i].min && raw->number <= facts_of[i].max) {
                        *facts_of[i].ret = (int32_t) raw->number;
                        facts->known |= POLL_FACT(column);
                }
}

static bool says_none(const netsnmp_variable_list *v) {
        return !v || v->type == SNMP_NOSUCHOBJECT || v->type == SNMP_NOSUCHINSTANCE ||
               v->type == SNMP_ENDOFMIBVIEW;
}

bool poll_facts_take(PollFacts *facts, PollColumn column, const netsnmp_variable_list *v) {
        PollRaw raw;

        if (v && v->type == ASN_NULL)
                return false;
        facts->wanted &= ~POLL_FACT(column);
        facts->read |= POLL_FACT(column);
        if (says_none(v))
                return true;
        facts->known &= ~POLL_FACT(column);
        if (column == COLUMN_LABEL) {
                poll_text_of(v, facts->label, sizeof(facts->label));
        } else if (column == COLUMN_UNITS) {
                poll_text_of(v, facts->units, sizeof(facts->units));
        } else {
                raw = poll_raw_of(v);
                take_number(facts, column, &raw);
        }
        return true;
}

/* ---- readings ---- */

static void spoil(Reading *reading, SensorStatus status, SensorReason reason) {
        reading->status = status;
        reading->reason = reason;
        reading->value = 0;
        reading->counter = 0;
        reading->counter_bits = 0;
        reading->precision = 0;
}

static bool known(const PollItem *item, const PollFacts *facts, PollColumn column) {
        return item->columns[column].n == 0 || (facts && facts->known & POLL_FACT(column));
}

static bool has(const PollItem *item, const PollFacts *facts, PollColumn column) {
        return item->columns[column].n > 0 && known(item, facts, column);
}

/* What one of the raw value is, in units. A scale of units(9) is 10^0, and each step 10^3; a precision that
 * is not positive moves no point (RFC 3433). */
static double unit_of(const PollItem *item, const PollFacts *facts) {
        int exponent = 0;

        if (has(item, facts, COLUMN_SCALE))
                exponent += 3 * (facts->scale - 9);
        if (has(item, facts, COLUMN_PRECISION) && facts->precision > 0)
                exponent -= facts->precision;
        return item->scale * pow(10, exponent);
}

static int32_t decimals_of(double unit, int32_t raw_decimals) {
        double digits = unit != 0 ? ceil(-log10(fabs(unit)) - 1e-9) : 0;

        if (!(digits > -100 && digits < 100))
                return 0;
        return MIN_OF(MAX_OF((int32_t) digits + raw_decimals, 0), DECIMALS_MAX);
}

static void read_counter(Reading *reading, const PollRaw *value) {
        if (value->counter_bits == 0) {
                spoil(reading, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
                return;
        }
        reading->counter = value->counter;
        reading->counter_bits = value->counter_bits;
}

static void read_share(Reading *reading, const PollItem *item, const PollRaw *value, const PollRaw *total) {
        if (total->kind == RAW_NONE || (total->kind == RAW_NUMBER && !(total->number > 0))) {
                spoil(reading, SENSOR_NONOPERATIONAL, SENSOR_REASON_NONOPERATIONAL);
                return;
        }
        if (total->kind != RAW_NUMBER) {
                spoil(reading, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
                return;
        }
        reading->value = 100 * value->number / total->number * item->scale;
        reading->precision = 1;
}

static void read_gauge(Reading *reading, const PollItem *item, const PollRaw *value, const PollRaw *total,
        const PollFacts *facts) {
        bool entity_sensor = item->columns[COLUMN_SCALE].n > 0 || item->columns[COLUMN_PRECISION].n > 0;
        double unit;

        if (!known(item, facts, COLUMN_SCALE) || !known(item, facts, COLUMN_PRECISION)) {
                spoil(reading, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
                return;
        }
        if (total) {
                read_share(reading, item, value, total);
        } else {
                unit = unit_of(item, facts);
                reading->value = value->number * unit;
                reading->precision = decimals_of(unit, value->decimals);
        }
        if (reading->status != SENSOR_OK)
                return;
        /* so written, it catches what is not a number, too */
        if (!(reading->value >= item->min && reading->value <= item->max) || !isfinite(reading->value) ||
                (entity_sensor && fabs(value->number) >= ENTITY_SENSOR_LIMIT))
                spoil(reading, SENSOR_UNAVAILABLE, SENSOR_REASON_OUT_OF_RANGE);
}

/* What the table itself says of the row's sensor; a status that is missing is not ok(1). */
static void read_status(Reading *reading, const PollRaw *status) {
        if (status->kind == RAW_NONE)
                spoil(reading, SENSOR_NONOPERATIONAL, SENSOR_REASON_NONOPERATIONAL);
        else if (status->kind != RAW_NUMBER ||
                 (status->number != SENSOR_OK && status->number != SENSOR_UNAVAILABLE &&
                         status->number != SENSOR_NONOPERATIONAL))
                spoil(reading, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
        else if (status->number != SENSOR_OK)
                spoil(reading, (SensorStatus) status->number, SENSOR_REASON_NONOPERATIONAL);
}

/* Enumerations are INTEGERs, of 32 bits (RFC 2578, 7.1.1). */
static bool is_enumerated(const PollRaw *value) {
        return value->decimals == 0 && value->number >= INT32_MIN && value->number <= INT32_MAX;
}

Reading poll_reading(const PollItem *item, const PollRaw *value, const PollRaw *status, const PollRaw *total,
        const PollFacts *facts) {
        Reading reading = {.status = SENSOR_OK, .reason = SENSOR_REASON_OK, .type = item->type};

        if (item->type == SENSOR_TYPE_OTHER && has(item, facts, COLUMN_TYPE))
                reading.type = (SensorType) facts->type;
        if (status)
                read_status(&reading, status);
        if (reading.status != SENSOR_OK)
                return reading;
        if (value->kind == RAW_NONE)
                spoil(&reading, SENSOR_NONOPERATIONAL, SENSOR_REASON_NONOPERATIONAL);
        else if (item->kind == SENSOR_COUNTER)
                read_counter(&reading, value);
        else if (value->kind != RAW_NUMBER || (item->kind == SENSOR_STATE && !is_enumerated(value)))
                spoil(&reading, SENSOR_UNAVAILABLE, SENSOR_REASON_WRONG_TYPE);
        else if (item->kind == SENSOR_STATE)
                reading.value = value->number;
        else
                read_gauge(&reading, item, value, total, facts);
        return reading;
}
