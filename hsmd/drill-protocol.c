#include <inttypes.h>
#include <time.h>

#include "drill.h"
#include "json-flat.h"
#include "json.h"

static const char *const phase_list[] = {[DRILL_ARMED] = "armed",
        [DRILL_OUT] = "out",
        [DRILL_DECLARED] = "declared",
        [DRILL_RETURNED] = "returned",
        [DRILL_CANCELLED] = "cancelled"};
static const char *const verdict_list[] = {
        [DRILL_OPEN] = "open", [DRILL_PASSED] = "passed", [DRILL_FAILED] = "failed"};

const NameTable drill_phase_names = {"phase of a drill", phase_list, ELEMENTSOF(phase_list)};
const NameTable drill_verdict_names = {"verdict of a drill", verdict_list, ELEMENTSOF(verdict_list)};

/* --- what the business system saw
 * --------------------------------------------------------------------------- */

static bool is_unit(const char *text) {
        static const char *const units[] = {"ms", "s", "min", "h"};

        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (streq(text, units[i]))
                        return true;
        return false;
}

/* "1.5 s", "800ms"; of nothing no unit is asked. */
static bool is_duration(const char *text) {
        size_t digits = strspn(text, "0123456789"), fraction = 0;
        const char *p = text + digits;

        if (digits == 0 || digits > 9)
                return false;
        if (*p == '.') {
                fraction = strspn(p + 1, "0123456789");
                p += 1 + fraction;
                if (fraction == 0 || fraction > 6)
                        return false;
        }
        if (*p == '\0')
                return text[strspn(text, "0.")] == '\0';
        return is_unit(p + strspn(p, " "));
}

int drill_protocol_business(DrillProtocol *p, const char *gap, const char *by) {
        bool unmeasured = streq(gap, "not measured") || streq(gap, "未测量");

        if (strlen(gap) >= sizeof(p->business_gap) || (!unmeasured && !is_duration(gap)))
                return -EINVAL;
        if (p->phase != DRILL_RETURNED && p->phase != DRILL_CANCELLED)
                return -EBUSY;
        copy_text(p->business_gap, sizeof(p->business_gap), unmeasured ? "not measured" : gap);
        copy_text(p->business_by, sizeof(p->business_by), by);
        if (p->verdict == DRILL_OPEN)
                p->verdict = DRILL_PASSED;
        return 0;
}

/* --- as JSON
 * ------------------------------------------------------------------------------------------------ */

typedef enum FieldKind {
        KIND_TEXT,
        KIND_U64,
        KIND_U32,
        KIND_INSTANT, /* left out when 0 */
        KIND_MSEC,    /* likewise */
        KIND_PHASE,
        KIND_VERDICT,
} FieldKind;

typedef struct ProtocolField {
        const char *key;
        FieldKind kind;
        size_t offset, size;
        bool needed;
} ProtocolField;

#define FIELD(kind, member, key, needed)                                                                     \
        { key, kind, offsetof(DrillProtocol, member), sizeof(((DrillProtocol *) NULL)->member), needed }

static const ProtocolField fields[] = {
        FIELD(KIND_U64, id, "id", true),
        FIELD(KIND_TEXT, pool, "pool", true),
        FIELD(KIND_TEXT, device, "device", true),
        FIELD(KIND_TEXT, by, "by", true),
        FIELD(KIND_TEXT, ended_by, "ended_by", true),
        FIELD(KIND_PHASE, phase, "phase", true),
        FIELD(KIND_VERDICT, verdict, "verdict", true),
        FIELD(KIND_TEXT, why, "why", true),
        FIELD(KIND_TEXT, why_local, "why_local", true),
        FIELD(KIND_INSTANT, armed, "armed", true),
        FIELD(KIND_INSTANT, last_good, "last_good", false),
        FIELD(KIND_INSTANT, first_failure, "first_failure", false),
        FIELD(KIND_INSTANT, declared, "declared", false),
        FIELD(KIND_INSTANT, returned, "returned", false),
        FIELD(KIND_INSTANT, ended, "ended", false),
        FIELD(KIND_MSEC, detection, "detection_ms", false),
        FIELD(KIND_MSEC, bound, "bound_ms", true),
        FIELD(KIND_MSEC, gap, "gap_ms", false),
        FIELD(KIND_MSEC, pace, "pace_ms", false),
        FIELD(KIND_MSEC, recovery, "recovery_ms", false),
        FIELD(KIND_U32, survivors, "survivors", true),
        FIELD(KIND_U32, survivor_failures, "survivor_failures", true),
        FIELD(KIND_U32, latency_before, "latency_before_us", true),
        FIELD(KIND_U32, latency_after, "latency_after_us", true),
        FIELD(KIND_TEXT, business_gap, "business_gap", true),
        FIELD(KIND_TEXT, business_by, "business_by", true),
};

_Static_assert(ELEMENTSOF(fields) <= 64, "a bit a field");

static void write_instant(Json *j, const char *key, usec_t realtime) {
        time_t seconds = (time_t) (realtime / USEC_PER_SEC);
        char day[32], text[64];
        struct tm tm;

        if (!gmtime_r(&seconds, &tm) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
                return;
        snprintf(text, sizeof(text), "%s.%06" PRIu64 "Z", day, realtime % USEC_PER_SEC);
        json_string(j, key, text);
}

static void write_field(Json *j, const DrillProtocol *p, const ProtocolField *f) {
        const void *at = (const char *) p + f->offset;

        switch (f->kind) {
        case KIND_TEXT:
                json_string(j, f->key, at);
                break;
        case KIND_U64:
                json_unsigned(j, f->key, *(const uint64_t *) at);
                break;
        case KIND_U32:
                json_unsigned(j, f->key, *(const uint32_t *) at);
                break;
        case KIND_INSTANT:
                if (f->needed || *(const usec_t *) at > 0)
                        write_instant(j, f->key, *(const usec_t *) at);
                break;
        case KIND_MSEC:
                if (f->needed || *(const usec_t *) at > 0 || (at == &p->gap && p->has_gap))
                        json_unsigned(j, f->key, *(const usec_t *) at / USEC_PER_MSEC);
                break;
        case KIND_PHASE:
                json_string(j, f->key, name_of(&drill_phase_names, *(const unsigned *) at));
                break;
        case KIND_VERDICT:
                json_string(j, f->key, name_of(&drill_verdict_names, *(const unsigned *) at));
        }
}

char *drill_protocol_json(const DrillProtocol *p) {
        char *text = NULL;
        size_t size;
        Json j = {.f = open_memstream(&text, &size)};

        if (!j.f)
                return NULL;
        json_open(&j, NULL, '{');
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                write_field(&j, p, &fields[i]);
        json_string(&j, "measured_by", "hsmd's checks, not the business system");
        json_close(&j, '}');
        if (fclose(j.f) == 0)
                return text;
        free(text);
        return NULL;
}

/* --- and back
 * ----------------------------------------------------------------------------------------------- */

static int read_instant(const char *text, usec_t *ret) {
        struct tm tm = {0};
        unsigned micro;
        int end = 0;
        time_t seconds;

        if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6uZ%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                    &tm.tm_min, &tm.tm_sec, &micro, &end) != 7 ||
                end != 27 || text[end] != '\0' || tm.tm_year < 1970)
                return -EBADMSG;
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        seconds = timegm(&tm);
        if (seconds < 0)
                return -EBADMSG;
        *ret = (usec_t) seconds * USEC_PER_SEC + micro;
        return 0;
}

static int read_named(const NameTable *names, const char *text, unsigned *ret) {
        unsigned value = name_value(names, text);

        if (value == 0)
                return -EBADMSG;
        *ret = value;
        return 0;
}

static int read_text(const ProtocolField *f, const JsonValue *v, DrillProtocol *p) {
        void *at = (char *) p + f->offset;

        switch (f->kind) {
        case KIND_TEXT:
                return copy_text(at, f->size, v->text) ? 0 : -EBADMSG;
        case KIND_INSTANT:
                return read_instant(v->text, at);
        case KIND_PHASE:
                return read_named(&drill_phase_names, v->text, at);
        case KIND_VERDICT:
                return read_named(&drill_verdict_names, v->text, at);
        default:
                return -EBADMSG;
        }
}

static int read_number(const ProtocolField *f, uint64_t number, DrillProtocol *p) {
        void *at = (char *) p + f->offset;

        switch (f->kind) {
        case KIND_U64:
                *(uint64_t *) at = number;
                return 0;
        case KIND_U32:
                *(uint32_t *) at = (uint32_t) number;
                return number <= UINT32_MAX ? 0 : -EBADMSG;
        case KIND_MSEC:
                if (number > INT64_MAX / USEC_PER_MSEC)
                        return -EBADMSG;
                *(usec_t *) at = number * USEC_PER_MSEC;
                p->has_gap = p->has_gap || at == &p->gap;
                return 0;
        default:
                return -EBADMSG;
        }
}

typedef struct Reading {
        DrillProtocol protocol;
        uint64_t seen;
} Reading;

/* What a later hsmd may have added is passed over. */
static int read_member(const char *key, const JsonValue *v, void *userdata) {
        Reading *r = userdata;
        size_t i = 0;

        while (i < ELEMENTSOF(fields) && !streq(fields[i].key, key))
                i++;
        if (i == ELEMENTSOF(fields))
                return 0;
        if (r->seen >> i & 1)
                return -EBADMSG;
        r->seen |= UINT64_C(1) << i;
        if (v->type == JSON_STRING)
                return read_text(&fields[i], v, &r->protocol);
        return v->type == JSON_NUMBER ? read_number(&fields[i], v->number, &r->protocol) : -EBADMSG;
}

int drill_protocol_parse(const char *json, DrillProtocol *ret) {
        Reading reading = {0};
        int r = json_flat_read(json, read_member, &reading);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (fields[i].needed && !(reading.seen >> i & 1))
                        return -EBADMSG;
        *ret = reading.protocol;
        return 0;
}
