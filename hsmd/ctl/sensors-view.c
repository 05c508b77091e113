#include "sensors-view.h"

#include <stdarg.h>
#include <time.h>

#include "columns.h"
#include "sensor-text.h"
#include "terms.h"
#include "words.h"

#define TEXT_SIZE 512
#define INDENT 2
#define NAME_COLUMNS_MAX 28
#define NAME_COLUMNS_MIN 12
#define TITLE_COLUMNS_MAX 24
#define VALUE_COLUMNS_MAX 20
#define URGENCY_MAX 4

/* --- the table of one owner */

enum { SEN_NAME, SEN_TITLE, SEN_VALUE, SEN_LEVEL, SEN_AGE, SEN_NOTE, SEN_COLUMNS };

typedef struct SensorTexts {
        char name[2 * 64 + 2], value[96], age[32], note[256];
        const char *title, *level;
        Colour colour;
} SensorTexts;

static Colour colour_of_sensor(const SensorRow *row) {
        switch (sensor_urgency(row)) {
        case 0:
                return COLOUR_GOOD;
        case URGENCY_MAX:
                return COLOUR_BAD;
        default:
                return COLOUR_WARN;
        }
}

static void age_text(Lang lang, usec_t now, const SensorRow *row, char *dst, size_t size) {
        if (field_valid(row, SensorField_age))
                word_of_age(lang, now > row->age ? (now - row->age) / USEC_PER_SEC : 0, dst, size);
        else
                snprintf(dst, size, "-");
}

static void sensor_texts(const Screen *s, const Picture *p, const SensorRow *row, SensorTexts *ret) {
        copy_text(ret->name, sizeof(ret->name), row->name);
        ret->title = field_valid(row, SensorField_title) && !streq(row->title, row->name) ? row->title : "";
        sensor_value(s->lang, row, ret->value, sizeof(ret->value));
        ret->level = sensor_level(s->lang, row);
        age_text(s->lang, p->now, row, ret->age, sizeof(ret->age));
        sensor_note(s->lang, row, ret->note, sizeof(ret->note));
        ret->colour = colour_of_sensor(row);
}

/* A line, and where the column of notes was left out, the note below it. */
static void put_sensor(const Screen *s, const Picture *p, const Column *columns, const SensorRow *row) {
        bool below = columns[SEN_NOTE].width == 0;
        SensorTexts t;
        size_t used = INDENT;

        sensor_texts(s, p, row, &t);
        fputs(sensor_is_bad(row) ? "! " : "  ", s->f);
        line_cell(s, &used, COLOUR_NONE, t.name, columns[SEN_NAME].width, false);
        if (columns[SEN_TITLE].width > 0)
                line_cell(s, &used, COLOUR_NONE, t.title, columns[SEN_TITLE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.value, columns[SEN_VALUE].width, false);
        line_cell(s, &used, t.colour, t.level, columns[SEN_LEVEL].width, false);
        line_cell(s, &used, COLOUR_NONE, t.age, columns[SEN_AGE].width, below || !*t.note);
        if (below)
                put_wrapped(s, sensor_is_bad(row) ? t.colour : COLOUR_NONE, 2 * INDENT, t.note);
        else if (*t.note)
                line_cell(s, &used, sensor_is_bad(row) ? t.colour : COLOUR_NONE, t.note, 0, true);
}

/* Titles are for who has the room: names say which sensor it is. */
static void fit_title(const Screen *s, Column *columns, size_t n, size_t title, bool titled) {
        if (!titled || columns_width(columns, n, INDENT) > s->width)
                columns[title] = (Column){"", 0};
}

/* What is wrong is never cut: notes that do not fit the line go below it, and then names have the room. */
static size_t fit(const Screen *s, Column *columns, bool titled) {
        size_t n = SEN_COLUMNS, name = columns[SEN_NAME].width;

        fit_title(s, columns, n, SEN_TITLE, titled);
        column_narrow(s, columns, n, INDENT, SEN_NAME, NAME_COLUMNS_MIN);
        if (columns_width(columns, n, INDENT) <= s->width)
                return n;
        n--;
        columns[SEN_NOTE] = (Column){"", 0};
        columns[SEN_NAME].width = name;
        column_narrow(s, columns, n, INDENT, SEN_NAME, NAME_COLUMNS_MIN);
        return n;
}

void sensors_table(const Screen *s, const Picture *p, const SensorRow *rows, size_t n, bool bad_only) {
        Column columns[SEN_COLUMNS] = {{screen_say(s, "SENSOR", term_zh("sensor")), 0},
                {screen_say(s, "TITLE", "标题"), 0}, {screen_say(s, "VALUE", "数值"), 0},
                {screen_say(s, "LEVEL", "级别"), 0}, {screen_say(s, "AGE", "距今"), 0},
                {screen_say(s, "NOTE", "说明"), 0}};
        bool titled = false;
        size_t shown;

        columns_start(columns, SEN_COLUMNS);
        for (size_t i = 0; i < n; i++) {
                SensorTexts t;

                if (bad_only && !sensor_is_bad(&rows[i]))
                        continue;
                sensor_texts(s, p, &rows[i], &t);
                column_widen(&columns[SEN_NAME], t.name, NAME_COLUMNS_MAX);
                column_widen(&columns[SEN_TITLE], t.title, TITLE_COLUMNS_MAX);
                column_widen(&columns[SEN_VALUE], t.value, VALUE_COLUMNS_MAX);
                column_widen(&columns[SEN_LEVEL], t.level, 12);
                column_widen(&columns[SEN_AGE], t.age, 12);
                column_widen(&columns[SEN_NOTE], t.note, SIZE_MAX);
                titled = titled || *t.title;
        }
        shown = fit(s, columns, titled);
        put_headings(s, columns, shown, INDENT);
        for (unsigned urgency = URGENCY_MAX + 1; urgency-- > (bad_only ? 1 : 0);)
                for (size_t i = 0; i < n; i++)
                        if (sensor_urgency(&rows[i]) == urgency)
                                put_sensor(s, p, columns, &rows[i]);
}

/* --- what stands above it */

static void append(const Screen *s, char *dst, size_t size, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* One fact after the other. */
static void append(const Screen *s, char *dst, size_t size, const char *format, ...) {
        size_t used = strlen(dst);
        va_list ap;

        if (used > 0)
                used += (size_t) snprintf(dst + used, size - used, "%s", screen_say(s, ", ", "，"));
        if (used >= size)
                return;
        va_start(ap, format);
        vsnprintf(dst + used, size - used, format, ap);
        va_end(ap);
}

static void put_heading(const Screen *s, const char *what, const char *title, const char *name) {
        char text[TEXT_SIZE];

        snprintf(text, sizeof(text), "%s%s%s%s%s%s", what, *what ? " " : "", title, *title ? " (" : "", name,
                *title ? ")" : "");
        screen_cell(s, COLOUR_BOLD, text, s->width, false);
        fputc('\n', s->f);
}

static size_t count_bad(const SensorRow *rows, size_t n) {
        size_t bad = 0;

        for (size_t i = 0; i < n; i++)
                bad += sensor_is_bad(&rows[i]);
        return bad;
}

static void append_count(const Screen *s, char *dst, size_t size, size_t n, size_t bad) {
        append(s, dst, size, screen_say(s, "%zu sensors", "%zu个传感器"), n);
        if (bad > 0)
                append(s, dst, size, screen_say(s, "%zu of them bad", "其中%zu个异常"), bad);
}

/* --- machines */

void device_beside_room(Lang lang, const DeviceRow *d, char *dst, size_t size) {
        bool below = ROW_GET(Device, d, above_room, 0) < 0;
        char degrees[32];

        dst[0] = '\0';
        if (!field_valid(d, DeviceField_above_room))
                return;
        degrees_text(lang, below ? -d->above_room : d->above_room, degrees, sizeof(degrees));
        if (lang == LANG_ZH)
                snprintf(dst, size, "%s%s", below ? "低于机房" : "高出机房", degrees);
        else
                snprintf(dst, size, "%s %s its room", degrees, below ? "below" : "above");
}

static void append_temperature(const Screen *s, const DeviceRow *d, char *dst, size_t size) {
        char degrees[32], beside[64];

        if (!field_valid(d, DeviceField_temperature))
                return;
        degrees_text(s->lang, d->temperature, degrees, sizeof(degrees));
        append(s, dst, size, "%s", degrees);
        device_beside_room(s->lang, d, beside, sizeof(beside));
        if (*beside)
                append(s, dst, size, "%s", beside);
}

static void append_booted(const Screen *s, const DeviceRow *d, char *dst, size_t size) {
        time_t seconds = (time_t) (d->booted / USEC_PER_SEC);
        char when[32];
        struct tm tm;

        if (!field_valid(d, DeviceField_booted) || !localtime_r(&seconds, &tm) ||
                strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm) == 0)
                return;
        append(s, dst, size, screen_say(s, "running since %s", "自 %s 起运行"), when);
}

static bool agent_is_well(const DeviceRow *d) {
        unsigned state = ROW_GET(Device, d, agent_state, AGENT_NOT_CONFIGURED);

        return state == AGENT_OK || state == AGENT_NOT_CONFIGURED;
}

static void put_device_facts(const Screen *s, const DeviceRow *d, size_t n, size_t bad) {
        char text[TEXT_SIZE] = "";

        append(s, text, sizeof(text), screen_say(s, "SNMP agent %s", "SNMP代理%s"),
                word_of_agent(s->lang, ROW_GET(Device, d, agent_state, AGENT_NOT_CONFIGURED)));
        append_temperature(s, d, text, sizeof(text));
        append_booted(s, d, text, sizeof(text));
        if (n > 0)
                append_count(s, text, sizeof(text), n, bad);
        put_wrapped(s, agent_is_well(d) ? COLOUR_NONE : COLOUR_WARN, INDENT, text);
        if (!agent_is_well(d) && field_valid(d, DeviceField_agent_detail))
                put_wrapped(s, COLOUR_NONE, INDENT, d->agent_detail);
}

bool sensors_device_matters(const Picture *p, const DeviceRow *d, bool bad_only) {
        size_t n;
        const SensorRow *rows = picture_sensors(p, BOARD_SENSORS, d->number, &n);

        return !bad_only || !agent_is_well(d) || count_bad(rows, n) > 0;
}

void sensors_of_device(const Screen *s, const Picture *p, const DeviceRow *d, bool bad_only) {
        size_t n;
        const SensorRow *rows = picture_sensors(p, BOARD_SENSORS, d->number, &n);
        size_t bad = count_bad(rows, n);

        put_heading(s, "", d->title, d->name);
        put_device_facts(s, d, n, bad);
        if (bad_only ? bad > 0 : n > 0)
                sensors_table(s, p, rows, n, bad_only);
}

void sensors_worst(Lang lang, const Picture *p, const DeviceRow *d, char *dst, size_t size) {
        size_t n, worst = 0;
        const SensorRow *rows = picture_sensors(p, BOARD_SENSORS, d->number, &n);
        char value[96], note[256];

        dst[0] = '\0';
        for (size_t i = 1; i < n; i++)
                if (sensor_urgency(&rows[i]) > sensor_urgency(&rows[worst]))
                        worst = i;
        if (n == 0 || !sensor_is_bad(&rows[worst]))
                return;
        sensor_value(lang, &rows[worst], value, sizeof(value));
        sensor_note(lang, &rows[worst], note, sizeof(note));
        snprintf(dst, size, "%s %s%s%s", rows[worst].name, value,
                *note ? (lang == LANG_ZH ? "，" : ", ") : "", note);
}

/* --- rooms */

static bool is_monitored(const SiteRow *site) {
        return ROW_GET(Site, site, monitored, 0) != 0;
}

void site_climate(Lang lang, const SiteRow *site, char *dst, size_t size, bool *ret_bad) {
        unsigned reason = ROW_GET(Site, site, reason, REASON_NONE);

        *ret_bad = reason > REASON_NONE;
        if (field_valid(site, SiteField_temperature))
                degrees_text(lang, site->temperature, dst, size);
        else if (is_monitored(site))
                snprintf(dst, size, "%s", lang == LANG_ZH ? "温度未知" : "temperature unknown");
        else
                snprintf(dst, size, "%s", lang == LANG_ZH ? "未监测" : "not monitored");
        if (reason > REASON_NONE) {
                size_t used = strlen(dst);

                snprintf(dst + used, size - used, "%s%s", lang == LANG_ZH ? "，" : ", ",
                        word_of_reason(lang, reason, true));
        }
}

static void put_site_facts(const Screen *s, const SiteRow *site, size_t n, size_t bad) {
        unsigned agents = ROW_GET(Site, site, agents, 0), ok = ROW_GET(Site, site, agents_ok, 0);
        char text[TEXT_SIZE];
        bool alarming;

        site_climate(s->lang, site, text, sizeof(text), &alarming);
        if (agents > 0)
                append(s, text, sizeof(text),
                        screen_say(s, "%2$u of %1$u agents answer", "%1$u个SNMP代理中%2$u个应答"), agents,
                        ok);
        if (n > 0)
                append_count(s, text, sizeof(text), n, bad);
        if (ROW_GET(Site, site, devices_warm, 0) > 0)
                append(s, text, sizeof(text), screen_say(s, "%u machines warm", "%u台密码机偏热"),
                        site->devices_warm);
        put_wrapped(s, alarming ? COLOUR_BAD : ok < agents ? COLOUR_WARN : COLOUR_NONE, INDENT, text);
        if (alarming && field_valid(site, SiteField_detail))
                put_wrapped(s, COLOUR_NONE, INDENT, site->detail);
}

static bool site_is_well(const SiteRow *site) {
        return ROW_GET(Site, site, reason, REASON_NONE) <= REASON_NONE &&
               ROW_GET(Site, site, agents_ok, 0) >= ROW_GET(Site, site, agents, 0);
}

bool sensors_site_matters(const Picture *p, const SiteRow *site, bool bad_only) {
        size_t n;
        const SensorRow *rows = picture_sensors(p, BOARD_SITE_SENSORS, site->number, &n);

        return !bad_only || !site_is_well(site) || count_bad(rows, n) > 0;
}

void sensors_of_site(const Screen *s, const Picture *p, const SiteRow *site, bool bad_only) {
        size_t n;
        const SensorRow *rows = picture_sensors(p, BOARD_SITE_SENSORS, site->number, &n);
        size_t bad = count_bad(rows, n);

        put_heading(s, screen_say(s, "Room", term_zh("site")), site->title, site->name);
        put_site_facts(s, site, n, bad);
        if (bad_only ? bad > 0 : n > 0)
                sensors_table(s, p, rows, n, bad_only);
}

enum { NEAR_NAME, NEAR_TITLE, NEAR_TEMPERATURE, NEAR_ABOVE, NEAR_WORST, NEAR_COLUMNS };

typedef struct NearTexts {
        char temperature[32], above[32], worst[256];
} NearTexts;

static void near_texts(const Screen *s, const Picture *p, const DeviceRow *d, NearTexts *ret) {
        *ret = (NearTexts){"-", "-", ""};
        if (field_valid(d, DeviceField_temperature))
                degrees_text(s->lang, d->temperature, ret->temperature, sizeof(ret->temperature));
        if (field_valid(d, DeviceField_above_room)) {
                ret->above[0] = d->above_room >= 0 ? '+' : '\0';
                degrees_text(
                        s->lang, d->above_room, ret->above + (d->above_room >= 0), sizeof(ret->above) - 1);
        }
        sensors_worst(s->lang, p, d, ret->worst, sizeof(ret->worst));
}

static void put_neighbour(const Screen *s, const Picture *p, const Column *columns, const DeviceRow *d) {
        size_t used = INDENT;
        NearTexts t;

        near_texts(s, p, d, &t);
        fprintf(s->f, "%*s", INDENT, "");
        line_cell(s, &used, COLOUR_NONE, d->name, columns[NEAR_NAME].width, false);
        if (columns[NEAR_TITLE].width > 0)
                line_cell(s, &used, COLOUR_NONE, d->title, columns[NEAR_TITLE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.temperature, columns[NEAR_TEMPERATURE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.above, columns[NEAR_ABOVE].width, *t.worst == '\0');
        if (*t.worst)
                line_cell(s, &used, COLOUR_WARN, t.worst, 0, true);
}

void sensors_of_neighbours(const Screen *s, const Picture *p, const SiteRow *site) {
        Column columns[NEAR_COLUMNS] = {{screen_say(s, "DEVICE", "密码机"), 0},
                {screen_say(s, "TITLE", "标题"), 0}, {screen_say(s, "TEMP", "温度"), 0},
                {screen_say(s, "ABOVE ROOM", "高出机房"), 0}, {screen_say(s, "WORST", "最异常"), 0}};

        columns_start(columns, NEAR_COLUMNS);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                const DeviceRow *d = picture_device(p, i);
                NearTexts t;

                if (d->site != site->number)
                        continue;
                near_texts(s, p, d, &t);
                column_widen(&columns[NEAR_NAME], d->name, NAME_COLUMNS_MAX);
                column_widen(&columns[NEAR_TITLE], d->title, TITLE_COLUMNS_MAX);
                column_widen(&columns[NEAR_TEMPERATURE], t.temperature, 12);
                column_widen(&columns[NEAR_ABOVE], t.above, 12);
                column_widen(&columns[NEAR_WORST], t.worst, 40);
        }
        fit_title(s, columns, NEAR_COLUMNS, NEAR_TITLE, true);
        put_headings(s, columns, NEAR_COLUMNS, INDENT);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                if (picture_device(p, i)->site == site->number)
                        put_neighbour(s, p, columns, picture_device(p, i));
}
