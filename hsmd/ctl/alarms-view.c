#include "alarms-view.h"

#include "columns.h"
#include "terms.h"
#include "when.h"
#include "width.h"

#define INDENT 2
#define ROOMY_LINES 32
#define SUBJECT_MAX_COLUMNS 24
#define BY_MAX_COLUMNS 20
#define TEXT_SIZE 640

static unsigned rank(unsigned severity) {
        switch (severity) {
        case SEVERITY_CRITICAL:
                return 0;
        case SEVERITY_MAJOR:
                return 1;
        case SEVERITY_MINOR:
                return 2;
        case SEVERITY_WARNING:
                return 3;
        default:
                return 4;
        }
}

static unsigned severity_of(const AlarmRow *a) {
        return ROW_GET(Alarm, a, severity, SEVERITY_INDETERMINATE);
}

static int by_urgency(const void *x, const void *y) {
        const AlarmRow *a = ((const AlarmEntry *) x)->row, *b = ((const AlarmEntry *) y)->row;

        if (rank(severity_of(a)) != rank(severity_of(b)))
                return rank(severity_of(a)) < rank(severity_of(b)) ? -1 : 1;
        return a->id < b->id ? -1 : a->id > b->id;
}

int alarms_by_urgency(const Picture *p, AlarmEntry **ret) {
        size_t n = picture_rows(p, BOARD_ALARMS);
        AlarmEntry *list = calloc(n + 1, sizeof(*list));

        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                list[i].row = picture_alarm(p, i);
        qsort(list, n, sizeof(*list), by_urgency);
        *ret = list;
        return 0;
}

Colour colour_of_severity(unsigned severity) {
        switch (severity) {
        case SEVERITY_CRITICAL:
        case SEVERITY_MAJOR:
                return COLOUR_BAD;
        case SEVERITY_CLEARED:
                return COLOUR_GOOD;
        default:
                return COLOUR_WARN;
        }
}

const char *alarm_subject(const AlarmRow *a) {
        if (field_valid(a, AlarmField_device_name) && *a->device_name)
                return a->device_name;
        if (field_valid(a, AlarmField_pool_name) && *a->pool_name)
                return a->pool_name;
        if (field_valid(a, AlarmField_site_name) && *a->site_name)
                return a->site_name;
        if (field_valid(a, AlarmField_service_name) && *a->service_name)
                return a->service_name;
        if (field_valid(a, AlarmField_resource) && *a->resource)
                return a->resource;
        return "hsmd";
}

const char *alarm_text(Lang lang, const AlarmRow *a) {
        if (lang == LANG_ZH && field_valid(a, AlarmField_text_local) && *a->text_local)
                return a->text_local;
        return field_valid(a, AlarmField_text) && *a->text ? a->text : ROW_GET(Alarm, a, code, "?");
}

void places_text(Lang lang, unsigned place, unsigned other, char *dst, size_t size) {
        dst[0] = '\0';
        if (place == 0)
                return;
        snprintf(dst, size, "%s%s%s", word_of_place(lang, place),
                other == 0        ? ""
                : lang == LANG_ZH ? "，或"
                                  : ", or ",
                other == 0 ? "" : word_of_place(lang, other));
}

/* --- the page */

enum { COL_SEVERITY, COL_ID, COL_SUBJECT, COL_SINCE, COL_BY, COLUMNS };

typedef struct AlarmTexts {
        const char *severity, *subject, *by;
        char id[16], since[WHEN_SIZE];
} AlarmTexts;

static void alarm_texts(const Screen *s, const AlarmRow *a, AlarmTexts *ret) {
        ret->severity = word_of_state(s->lang, &severity_names, severity_of(a));
        ret->subject = alarm_subject(a);
        ret->by = "-";
        if (field_valid(a, AlarmField_acknowledged_by) && *a->acknowledged_by)
                ret->by = a->acknowledged_by;
        snprintf(ret->id, sizeof(ret->id), "%u", a->id);
        snprintf(ret->since, sizeof(ret->since), "-");
        if (field_valid(a, AlarmField_since))
                when_text(a->since, ret->since);
}

/* A line below an alarm's own, with a label. */
static void put_line(const Screen *s, const char *label, const char *text) {
        char line[TEXT_SIZE];

        if (!*text)
                return;
        snprintf(line, sizeof(line), "%s%s%s", label, *label ? screen_say(s, ": ", "：") : "", text);
        put_wrapped(s, COLOUR_NONE, INDENT, line);
}

static void put_details(const Screen *s, const Picture *p, const AlarmRow *a) {
        char text[TEXT_SIZE], age[32], when[WHEN_SIZE];

        put_line(s, screen_say(s, "code", "告警代码"), field_valid(a, AlarmField_code) ? a->code : "");
        if (field_valid(a, AlarmField_cause))
                put_line(s, screen_say(s, "cause", "起因"), word_of_reason(s->lang, a->cause, false));
        put_line(
                s, screen_say(s, "resource", "对象"), field_valid(a, AlarmField_resource) ? a->resource : "");
        if (field_valid(a, AlarmField_age)) {
                word_of_age(
                        s->lang, p->now > a->age ? (p->now - a->age) / USEC_PER_SEC : 0, age, sizeof(age));
                put_line(s, screen_say(s, "for", "已持续"), age);
        }
        if (field_valid(a, AlarmField_correlated) && a->correlated) {
                snprintf(text, sizeof(text), "%u", a->correlated);
                put_line(s, screen_say(s, "takes over from alarm", "代替告警"), text);
        }
        if (field_valid(a, AlarmField_acknowledged_when)) {
                when_text(a->acknowledged_when, when);
                put_line(s, screen_say(s, "acknowledged", "确认时间"), when);
        }
}

static void put_alarm(
        const Screen *s, const Picture *p, const Column *columns, const AlarmRow *a, bool details) {
        char places[TEXT_SIZE / 2];
        AlarmTexts t;
        size_t used = 0;

        alarm_texts(s, a, &t);
        line_cell(
                s, &used, colour_of_severity(severity_of(a)), t.severity, columns[COL_SEVERITY].width, false);
        line_cell(s, &used, COLOUR_NONE, t.id, columns[COL_ID].width, false);
        line_cell(s, &used, COLOUR_BOLD, t.subject, columns[COL_SUBJECT].width, false);
        line_cell(s, &used, COLOUR_NONE, t.since, columns[COL_SINCE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.by, 0, true);
        put_line(s, "", alarm_text(s->lang, a));
        places_text(s->lang, ROW_GET(Alarm, a, place, 0), ROW_GET(Alarm, a, other_place, 0), places,
                sizeof(places));
        put_line(s, screen_say(s, "suspected", "疑似位置"), places);
        if (details)
                put_details(s, p, a);
}

int alarms_page(const Screen *s, const Picture *p, bool details) {
        Column columns[COLUMNS] = {{screen_say(s, "SEVERITY", "级别"), 0}, {screen_say(s, "ID", "编号"), 0},
                {screen_say(s, "ABOUT", "对象"), 0}, {screen_say(s, "SINCE", "起始时间"), 0},
                {screen_say(s, "ACKNOWLEDGED BY", "确认人"), 0}};
        CLEANUP_FREE AlarmEntry *list = NULL;
        size_t n = picture_rows(p, BOARD_ALARMS);
        int r = alarms_by_urgency(p, &list);

        if (r < 0)
                return r;
        columns_start(columns, COLUMNS);
        for (size_t i = 0; i < n; i++) {
                AlarmTexts t;

                alarm_texts(s, list[i].row, &t);
                column_widen(&columns[COL_SEVERITY], t.severity, 16);
                column_widen(&columns[COL_ID], t.id, 12);
                column_widen(&columns[COL_SUBJECT], t.subject, SUBJECT_MAX_COLUMNS);
                column_widen(&columns[COL_SINCE], t.since, 20);
                column_widen(&columns[COL_BY], t.by, BY_MAX_COLUMNS);
        }
        put_headings(s, columns, COLUMNS, 0);
        for (size_t i = 0; i < n; i++)
                put_alarm(s, p, columns, list[i].row, details);
        return 0;
}

/* --- in short */

static size_t count_brief(const Screen *s, const Picture *p) {
        return MIN_OF(picture_rows(p, BOARD_ALARMS), (size_t) (s->height < ROOMY_LINES ? 2 : 5));
}

static void put_brief(const Screen *s, const AlarmRow *a, size_t id_width, size_t severity_width) {
        char text[TEXT_SIZE];
        AlarmTexts t;
        size_t used = 0;

        alarm_texts(s, a, &t);
        if (field_valid(a, AlarmField_acknowledged) && a->acknowledged)
                snprintf(text, sizeof(text), screen_say(s, "[%s] %s", "〔%s已确认〕%s"),
                        field_valid(a, AlarmField_acknowledged_by) ? a->acknowledged_by : "?",
                        alarm_text(s->lang, a));
        else
                snprintf(text, sizeof(text), "%s", alarm_text(s->lang, a));
        line_cell(s, &used, colour_of_severity(severity_of(a)), t.severity, severity_width, false);
        line_cell(s, &used, COLOUR_NONE, t.id, id_width, false);
        line_cell(s, &used, COLOUR_NONE, text, 0, true);
}

void alarms_brief(const Screen *s, const Picture *p) {
        Column columns[] = {{screen_say(s, "ALARM", term_zh("alarm")), 0}, {screen_say(s, "ID", "编号"), 0},
                {screen_say(s, "WHAT", "现象"), 0}};
        CLEANUP_FREE AlarmEntry *list = NULL;
        size_t n = picture_rows(p, BOARD_ALARMS), shown = count_brief(s, p);

        if (n == 0 || alarms_by_urgency(p, &list) < 0)
                return;
        columns_start(columns, ELEMENTSOF(columns));
        for (size_t i = 0; i < shown; i++) {
                AlarmTexts t;

                alarm_texts(s, list[i].row, &t);
                column_widen(&columns[0], t.severity, 16);
                column_widen(&columns[1], t.id, 12);
        }
        put_headings(s, columns, ELEMENTSOF(columns), 0);
        for (size_t i = 0; i < shown; i++)
                put_brief(s, list[i].row, columns[1].width, columns[0].width);
        if (n > shown)
                fprintf(s->f, screen_say(s, "and %zu more: hsmctl alarms\n", "另有%zu条：hsmctl alarms\n"),
                        n - shown);
        fputc('\n', s->f);
}

size_t alarms_brief_lines(const Screen *s, const Picture *p) {
        size_t n = picture_rows(p, BOARD_ALARMS), shown = count_brief(s, p);

        return n ? 2 + shown + (n > shown ? 1 : 0) : 0;
}
