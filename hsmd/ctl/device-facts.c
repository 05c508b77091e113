#include "device-facts.h"

#include "alarms-view.h"
#include "columns.h"
#include "location.h"
#include "terms.h"
#include "when.h"
#include "width.h"

#define TEXT_SIZE 640
#define PER_PERCENT 1000

void put_fact(const Screen *s, Colour colour, const char *label, const char *text) {
        if (!*text)
                return;
        screen_cell(s, COLOUR_DIM, label, FACT_LABEL_COLUMNS, true);
        screen_cell(s, colour, text, s->width - FACT_LABEL_COLUMNS, false);
        fputc('\n', s->f);
}

void put_suspected(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE];

        places_text(s->lang, ROW_GET(Device, d, place, 0), ROW_GET(Device, d, other_place, 0), text,
                sizeof(text));
        put_fact(s, COLOUR_BOLD, screen_say(s, "Suspected", "疑似位置"), text);
}

size_t put_separating_test(const Screen *s, const DeviceRow *d) {
        size_t columns = MIN_OF(s->width, (size_t) 80) - 2;
        const char *words;
        char text[TEXT_SIZE];

        if (!ROW_GET(Device, d, other_place, 0) || !field_valid(d, DeviceField_separating_test))
                return 0;
        words = location_test_words(d->separating_test, s->lang == LANG_ZH);
        if (!words)
                return 0;
        snprintf(text, sizeof(text), "%s%s", screen_say(s, "To tell which: ", "如何区分："), words);
        put_wrapped(s, COLOUR_NONE, 2, text);
        return (text_width(text) + columns - 1) / columns;
}

void put_device_alarms(const Screen *s, const Picture *p, const DeviceRow *d) {
        CLEANUP_FREE AlarmEntry *list = NULL;
        size_t n = picture_rows(p, BOARD_ALARMS), used = 0;
        unsigned worst = SEVERITY_CLEARED;
        char text[TEXT_SIZE] = "";

        if (alarms_by_urgency(p, &list) < 0)
                return;
        for (size_t i = 0; i < n && used < sizeof(text); i++) {
                const AlarmRow *a = list[i].row;
                unsigned severity = ROW_GET(Alarm, a, severity, SEVERITY_INDETERMINATE);

                if (a->device != d->number)
                        continue;
                if (used == 0)
                        worst = severity;
                used += (size_t) snprintf(text + used, sizeof(text) - used, "%s%u %s %s",
                        used ? screen_say(s, ", ", "，") : "", a->id,
                        word_of_state(s->lang, &severity_names, severity), ROW_GET(Alarm, a, code, ""));
        }
        put_fact(s, colour_of_severity(worst), screen_say(s, "Alarms", term_zh("alarm")), text);
}

void put_maintenance(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE], until[WHEN_SIZE];

        if (!field_valid(d, DeviceField_maintenance_until))
                return;
        when_text(d->maintenance_until, until);
        snprintf(text, sizeof(text), screen_say(s, "until %s (%s): %s", "至 %s（%s）：%s"), until,
                ROW_GET(Device, d, maintenance_by, "?"), ROW_GET(Device, d, maintenance_reason, "-"));
        put_fact(s, COLOUR_NONE, screen_say(s, "Maintenance", "维护"), text);
}

void put_availability(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE] = "";
        size_t used = 0;

        if (field_valid(d, DeviceField_availability_day))
                used = (size_t) snprintf(text, sizeof(text),
                        screen_say(s, "%u.%03u %% in 24 hours", "24小时 %u.%03u%%"),
                        d->availability_day / PER_PERCENT, d->availability_day % PER_PERCENT);
        if (field_valid(d, DeviceField_availability_month))
                snprintf(text + used, sizeof(text) - used,
                        screen_say(s, "%s%u.%03u %% in 30 days", "%s30天 %u.%03u%%"),
                        used ? screen_say(s, ", ", "，") : "", d->availability_month / PER_PERCENT,
                        d->availability_month % PER_PERCENT);
        put_fact(s, COLOUR_NONE, screen_say(s, "Availability", "可用率"), text);
}
