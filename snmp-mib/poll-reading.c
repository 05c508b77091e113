#include "poll-reading.h"

#include <math.h>

static Reading unavailable(SensorReason reason) {
        return (Reading){.status = SENSOR_UNAVAILABLE, .reason = reason};
}

static Reading nonoperational(void) {
        return (Reading){.status = SENSOR_NONOPERATIONAL, .reason = SENSOR_REASON_NONOPERATIONAL};
}

Reading reading_silent(void) {
        return unavailable(SENSOR_REASON_SILENT);
}

/* The number a variable holds. Counters and time ticks are numbers too, but no agent measures in them. */
static bool number_of(const netsnmp_variable_list *v, double *ret) {
        switch (v->type) {
        case ASN_INTEGER:
                if (!v->val.integer || v->val_len != sizeof(*v->val.integer))
                        return false;
                *ret = (double) *v->val.integer;
                return true;
        case ASN_GAUGE:
                if (!v->val.integer || v->val_len != sizeof(*v->val.integer))
                        return false;
                *ret = (double) (uint32_t) *v->val.integer;
                return true;
        case ASN_OPAQUE_FLOAT:
                if (!v->val.floatVal || v->val_len != sizeof(*v->val.floatVal))
                        return false;
                *ret = (double) *v->val.floatVal;
                return true;
        case ASN_OPAQUE_DOUBLE:
                if (!v->val.doubleVal || v->val_len != sizeof(*v->val.doubleVal))
                        return false;
                *ret = *v->val.doubleVal;
                return true;
        default:
                return false;
        }
}

Reading reading_of(const netsnmp_variable_list *v, double scale) {
        double raw, tenths;

        if (!v || v->type == SNMP_NOSUCHOBJECT || v->type == SNMP_NOSUCHINSTANCE ||
                v->type == SNMP_ENDOFMIBVIEW || v->type == ASN_NULL)
                return nonoperational();
        if (!number_of(v, &raw))
                return unavailable(SENSOR_REASON_WRONG_TYPE);
        tenths = round(raw * scale * 10);
        if (!(tenths >= READING_MIN &&
                    tenths <= READING_MAX)) /* so written, it catches what is not a number */
                return unavailable(SENSOR_REASON_OUT_OF_RANGE);
        return (Reading){.status = SENSOR_OK, .reason = SENSOR_REASON_OK, .tenths = (int32_t) tenths};
}

const netsnmp_variable_list *reading_find(const netsnmp_variable_list *v, const oid *name, size_t length) {
        for (; v; v = v->next_variable)
                if (v->name_length == length && memcmp(v->name, name, length * sizeof(*name)) == 0)
                        return v;
        return NULL;
}

int reading_parse_oid(const char *text, oid *name, size_t max) {
        size_t n = 0;

        if (*text == '.')
                text++;
        for (;;) {
                unsigned long arc;
                char *end;

                if (*text < '0' || *text > '9' || n == max)
                        return -EINVAL;
                errno = 0;
                arc = strtoul(text, &end, 10);
                if (errno || arc > UINT32_MAX)
                        return -EINVAL;
                name[n++] = arc;
                if (!*end)
                        break;
                if (*end != '.')
                        return -EINVAL;
                text = end + 1;
        }
        return n >= 2 && name[0] <= 2 && (name[0] == 2 || name[1] < 40) ? (int) n : -EINVAL;
}

usec_t schedule_first(usec_t now, usec_t interval, size_t i, size_t n, uint32_t random) {
        usec_t share = interval / MAX_OF(n, (size_t) 1);

        return now + share * i + (share > 0 ? random % share : 0);
}

usec_t schedule_next(usec_t due, usec_t interval, usec_t now, uint64_t *ret_skipped) {
        usec_t next = due + interval;
        uint64_t skipped = 0;

        if (next <= now && interval > 0) {
                skipped = (now - next) / interval + 1;
                next += skipped * interval;
        }
        *ret_skipped = skipped;
        return next;
}
