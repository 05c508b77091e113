#include "sensor-text.h"

#include <math.h>
#include <stdarg.h>

#include "picture.h"
#include "words.h"

#define NUMBER_SIZE 96
#define DIGITS_MAX 6
#define UNITS_MAX 64

typedef struct Unit {
        const char *en, *zh; /* with the space before it, if there is one */
} Unit;

static const Unit type_units[] = {
        [SENSOR_TYPE_VOLTS_AC] = {" V AC", " V（交流）"},
        [SENSOR_TYPE_VOLTS_DC] = {" V DC", " V（直流）"},
        [SENSOR_TYPE_AMPERES] = {" A", " A"},
        [SENSOR_TYPE_WATTS] = {" W", " W"},
        [SENSOR_TYPE_HERTZ] = {" Hz", " Hz"},
        [SENSOR_TYPE_CELSIUS] = {" °C", "度"},
        [SENSOR_TYPE_PERCENT_RH] = {" % RH", " % RH"},
        [SENSOR_TYPE_RPM] = {" rpm", " 转/分"},
        [SENSOR_TYPE_CMM] = {" m³/min", " 立方米/分"},
        [SENSOR_TYPE_DBM] = {" dBm", " dBm"},
};

static const Unit reason_words[] = {
        [SENSOR_REASON_OK] = {"tells nothing", "无数值"},
        [SENSOR_REASON_SILENT] = {"no answer", "无应答"},
        [SENSOR_REASON_WRONG_TYPE] = {"answers with another type", "数据类型不符"},
        [SENSOR_REASON_OUT_OF_RANGE] = {"outside what is possible", "超出物理范围"},
        [SENSOR_REASON_FROZEN] = {"does not change any more", "数值长时间不变"},
        [SENSOR_REASON_NONOPERATIONAL] = {"gone, or broken by its own word", "缺失或自报故障"},
};
_Static_assert(ELEMENTSOF(reason_words) == SENSOR_REASON_NONOPERATIONAL + 1, "every reason has its words");

static const Unit level_words[] = {
        [LEVEL_NORMAL] = {"normal", "正常"},
        [LEVEL_WARNING] = {"warning", "警告"},
        [LEVEL_CRITICAL] = {"critical", "紧急"},
};
_Static_assert(ELEMENTSOF(level_words) == LEVEL_CRITICAL + 1, "every level has its word");

static const char *pick(Lang lang, const Unit *u) {
        const char *text = lang == LANG_ZH ? u->zh : u->en;

        return text ? text : "";
}

static bool tells(const SensorRow *s) {
        return ROW_GET(Sensor, s, status, SENSOR_UNAVAILABLE) == SENSOR_OK &&
               field_valid(s, SensorField_value);
}

static unsigned level_of(const SensorRow *s) {
        unsigned level = ROW_GET(Sensor, s, level, LEVEL_NORMAL);

        return level < ELEMENTSOF(level_words) ? level : LEVEL_NORMAL;
}

bool sensor_is_bad(const SensorRow *s) {
        return sensor_urgency(s) > 0;
}

unsigned sensor_urgency(const SensorRow *s) {
        if (!tells(s)) /* an interface that is gone is no news */
                return !field_valid(s, SensorField_missed) || s->missed ? 2 : 0;
        switch (level_of(s)) {
        case LEVEL_CRITICAL:
                return 4;
        case LEVEL_WARNING:
                return 3;
        default:
                return ROW_GET(Sensor, s, finding, FINDING_NONE) > FINDING_NONE ? 1 : 0;
        }
}

/* Digits in groups of three before the point. */
static void put_groups(double value, int digits, char *dst, size_t size) {
        char plain[NUMBER_SIZE];
        size_t whole, n = 0;
        int length = snprintf(plain, sizeof(plain), "%.*f", digits, fabs(value));

        if (length < 0 || (size_t) length >= sizeof(plain)) {
                snprintf(dst, size, "%g", value);
                return;
        }
        whole = strcspn(plain, ".");
        /* what is shown as 0 has no sign */
        if (value < 0 && strspn(plain, "0.") != (size_t) length && n + 1 < size)
                dst[n++] = '-';
        for (size_t i = 0; plain[i] && n + 2 < size; i++) {
                if (i > 0 && i < whole && (whole - i) % 3 == 0)
                        dst[n++] = ',';
                dst[n++] = plain[i];
        }
        dst[n] = '\0';
}

static int digits_of(const SensorRow *s) {
        int32_t precision = ROW_GET(Sensor, s, precision, 0);

        return precision < 0 ? 0 : MIN_OF(precision, DIGITS_MAX);
}

/* RFC 3433: the number times 10 to the (3 (scale - 9) - precision). */
static double in_units(const SensorRow *s, int32_t number) {
        int32_t scale = ROW_GET(Sensor, s, scale, 9), precision = ROW_GET(Sensor, s, precision, 0);

        return number * pow(10, 3.0 * (scale - 9) - precision);
}

static void put_unit(Lang lang, const SensorRow *s, char *dst, size_t size) {
        const char *units = field_valid(s, SensorField_units_display) ? s->units_display : "";
        bool counter = ROW_GET(Sensor, s, kind, SENSOR_GAUGE) == SENSOR_COUNTER;
        const char *per = lang == LANG_ZH ? "/秒" : "/s";
        unsigned type = ROW_GET(Sensor, s, type, SENSOR_TYPE_OTHER);

        if (counter && strlen(units) >= 2 && streq(units + strlen(units) - 2, "/s"))
                snprintf(dst, size, " %.*s", UNITS_MAX, units);
        else if (counter)
                snprintf(dst, size, " %.*s%s", UNITS_MAX, units, per);
        else if (type < ELEMENTSOF(type_units) && type_units[type].en)
                snprintf(dst, size, "%s", pick(lang, &type_units[type]));
        else
                snprintf(dst, size, "%s%.*s", *units ? " " : "", UNITS_MAX, units);
}

void sensor_number(Lang lang, const SensorRow *s, int32_t number, char *dst, size_t size) {
        double value = in_units(s, number);
        char text[NUMBER_SIZE], unit[NUMBER_SIZE];

        if (ROW_GET(Sensor, s, meaning, MEANING_OTHER) == MEANING_UPTIME && value >= 0) {
                word_of_age(lang, (uint64_t) value, dst, size);
                return;
        }
        put_unit(lang, s, unit, sizeof(unit));
        if (fabs(value) >= 1e9) {
                put_groups(value / 1e9, 1, text, sizeof(text));
                snprintf(dst, size, "%s G%s", text, unit);
                return;
        }
        put_groups(value, digits_of(s), text, sizeof(text));
        snprintf(dst, size, "%s%s", text, unit);
}

static bool has_word(const SensorRow *s) {
        return field_valid(s, SensorField_word) && *s->word;
}

static void put_value(Lang lang, const SensorRow *s, char *dst, size_t size) {
        if (has_word(s))
                snprintf(dst, size, "%s", s->word);
        else
                sensor_number(lang, s, s->value, dst, size);
}

void sensor_value(Lang lang, const SensorRow *s, char *dst, size_t size) {
        if (tells(s))
                put_value(lang, s, dst, size);
        else
                snprintf(dst, size, "-");
}

const char *sensor_level(Lang lang, const SensorRow *s) {
        if (!tells(s))
                return lang == LANG_ZH ? "状态未知" : "unknown";
        return pick(lang, &level_words[level_of(s)]);
}

void degrees_text(Lang lang, int32_t tenths, char *dst, size_t size) {
        snprintf(dst, size, lang == LANG_ZH ? "%.1f度" : "%.1f °C", (double) tenths / 10);
}

static void append(Lang lang, char *dst, size_t size, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* Another clause. */
static void append(Lang lang, char *dst, size_t size, const char *format, ...) {
        size_t used = strlen(dst);
        va_list ap;

        if (used > 0)
                used += (size_t) snprintf(dst + used, size - used, "%s", lang == LANG_ZH ? "，" : ", ");
        if (used >= size)
                return;
        va_start(ap, format);
        vsnprintf(dst + used, size - used, format, ap);
        va_end(ap);
}

/* The limit on the side of its finding that it is beyond: the outer one when it is critical. */
static bool limit_beyond(const SensorRow *s, bool high, int32_t *ret) {
        const unsigned outer = high ? SensorField_high_critical : SensorField_low_critical;
        const unsigned inner = high ? SensorField_high_warning : SensorField_low_warning;

        if (level_of(s) == LEVEL_CRITICAL && field_valid(s, outer))
                *ret = high ? s->high_critical : s->low_critical;
        else if (field_valid(s, inner))
                *ret = high ? s->high_warning : s->low_warning;
        else
                return false;
        return true;
}

/* The next limit in the direction that it moves. */
static bool limit_ahead(const SensorRow *s, int32_t *ret) {
        bool up = ROW_GET(Sensor, s, rise, 0) >= 0;

        if (up && field_valid(s, SensorField_high_warning) && s->high_warning > s->value)
                *ret = s->high_warning;
        else if (up && field_valid(s, SensorField_high_critical) && s->high_critical > s->value)
                *ret = s->high_critical;
        else if (!up && field_valid(s, SensorField_low_warning) && s->low_warning < s->value)
                *ret = s->low_warning;
        else if (!up && field_valid(s, SensorField_low_critical) && s->low_critical < s->value)
                *ret = s->low_critical;
        else
                return false;
        return true;
}

static void append_finding(Lang lang, const SensorRow *s, char *dst, size_t size) {
        unsigned finding = ROW_GET(Sensor, s, finding, FINDING_NONE);
        bool high = finding == FINDING_HIGH;
        char limit[NUMBER_SIZE];
        int32_t number;

        switch (finding) {
        case FINDING_HIGH:
        case FINDING_LOW:
                if (!limit_beyond(s, high, &number))
                        return;
                sensor_number(lang, s, number, limit, sizeof(limit));
                append(lang, dst, size,
                        lang == LANG_ZH ? (high ? "达到或超过 %s" : "达到或低于 %s")
                                        : (high ? "limit %s passed" : "below its limit %s"),
                        limit);
                return;
        case FINDING_DEVIATING:
                append(lang, dst, size, "%s",
                        lang == LANG_ZH ? "负载相近时偏离同集群" : "unlike its pool at like load");
                return;
        case FINDING_ABOVE_ROOM:
                append(lang, dst, size, "%s", lang == LANG_ZH ? "高出机房过多" : "too far above its room");
                return;
        default:
                return;
        }
}

static void append_ahead(Lang lang, const SensorRow *s, char *dst, size_t size) {
        char limit[NUMBER_SIZE] = "", when[32];
        int32_t number;

        if (!field_valid(s, SensorField_limit_in))
                return;
        word_of_age(lang, s->limit_in / USEC_PER_SEC, when, sizeof(when));
        if (limit_ahead(s, &number))
                sensor_number(lang, s, number, limit, sizeof(limit));
        else
                snprintf(limit, sizeof(limit), "%s", lang == LANG_ZH ? "限值" : "limit");
        if (lang == LANG_ZH)
                append(lang, dst, size, "%s后达到 %s", when, limit);
        else
                append(lang, dst, size, "%s in %s", limit, when);
}

/* The rise an hour, in the units of the value beside it. */
static void append_rise(Lang lang, const SensorRow *s, char *dst, size_t size) {
        char text[NUMBER_SIZE];

        if (!field_valid(s, SensorField_rise) || s->rise == 0 ||
                ROW_GET(Sensor, s, meaning, MEANING_OTHER) == MEANING_UPTIME)
                return;
        put_groups(in_units(s, s->rise), digits_of(s), text, sizeof(text));
        append(lang, dst, size, lang == LANG_ZH ? "每小时%s%s" : "%s%s/h", s->rise > 0 ? "+" : "", text);
}

static void note_of_silent(Lang lang, const SensorRow *s, char *dst, size_t size) {
        unsigned reason = ROW_GET(Sensor, s, reason, SENSOR_REASON_OK);
        char last[NUMBER_SIZE];

        append(lang, dst, size, "%s",
                pick(lang, &reason_words[reason < ELEMENTSOF(reason_words) ? reason : SENSOR_REASON_OK]));
        if (!field_valid(s, SensorField_value))
                return;
        put_value(lang, s, last, sizeof(last));
        append(lang, dst, size, lang == LANG_ZH ? "最后为 %s" : "last %s", last);
}

void sensor_note(Lang lang, const SensorRow *s, char *dst, size_t size) {
        dst[0] = '\0';
        if (!tells(s)) {
                note_of_silent(lang, s, dst, size);
                return;
        }
        append_finding(lang, s, dst, size);
        append_ahead(lang, s, dst, size);
        append_rise(lang, s, dst, size);
}
