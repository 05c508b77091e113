#include "services-view.h"

#include "columns.h"
#include "terms.h"
#include "width.h"

#define TITLE_MAX_COLUMNS 34

enum { COL_TITLE, COL_STATE, COL_HEADROOM, COL_SURVIVABLE, COL_NOTE, COLUMNS };

typedef struct ServiceTexts {
        const char *title, *state, *note;
        char headroom[32], survivable[16];
} ServiceTexts;

static void service_texts(const Screen *s, const ServiceRow *row, ServiceTexts *ret) {
        ret->title = field_valid(row, ServiceField_title) && *row->title ? row->title : row->name;
        ret->state =
                word_of_state(s->lang, &service_state_names, ROW_GET(Service, row, state, SERVICE_UNKNOWN));
        ret->note = "";
        if (field_valid(row, ServiceField_confirmed) && !row->confirmed)
                ret->note = screen_say(s, "to be confirmed on site", "待现场确认");
        snprintf(ret->headroom, sizeof(ret->headroom), "-");
        if (field_valid(row, ServiceField_headroom))
                snprintf(ret->headroom, sizeof(ret->headroom), "%d%s", row->headroom,
                        screen_say(s, "/s", "次/秒"));
        snprintf(ret->survivable, sizeof(ret->survivable), "-");
        if (field_valid(row, ServiceField_survivable))
                snprintf(ret->survivable, sizeof(ret->survivable), "%d", row->survivable);
}

static void put_service(const Screen *s, const Column *columns, const ServiceRow *row) {
        unsigned state = ROW_GET(Service, row, state, SERVICE_UNKNOWN);
        ServiceTexts t;
        size_t used = 0;

        service_texts(s, row, &t);
        line_cell(s, &used, COLOUR_NONE, t.title, columns[COL_TITLE].width, false);
        line_cell(s, &used, colour_of_fleet(state), t.state, columns[COL_STATE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.headroom, columns[COL_HEADROOM].width, false);
        line_cell(s, &used, COLOUR_NONE, t.survivable, columns[COL_SURVIVABLE].width, false);
        line_cell(s, &used, COLOUR_WARN, t.note, 0, true);
}

void services_view(const Screen *s, const Picture *p) {
        Column columns[COLUMNS] = {{screen_say(s, "SERVICE", term_zh("service")), 0},
                {screen_say(s, "STATE", "状态"), 0}, {screen_say(s, "HEADROOM", term_zh("headroom")), 0},
                {screen_say(s, "SURVIVABLE", term_zh("survivable")), 0}, {screen_say(s, "NOTE", "备注"), 0}};

        if (picture_rows(p, BOARD_SERVICES) == 0)
                return;
        columns_start(columns, COLUMNS);
        for (size_t i = 0; i < picture_rows(p, BOARD_SERVICES); i++) {
                ServiceTexts t;

                service_texts(s, picture_service(p, i), &t);
                column_widen(&columns[COL_TITLE], t.title, TITLE_MAX_COLUMNS);
                column_widen(&columns[COL_STATE], t.state, 16);
                column_widen(&columns[COL_HEADROOM], t.headroom, 20);
                column_widen(&columns[COL_SURVIVABLE], t.survivable, 20);
        }
        put_headings(s, columns, COLUMNS, 0);
        for (size_t i = 0; i < picture_rows(p, BOARD_SERVICES); i++)
                put_service(s, columns, picture_service(p, i));
        fputc('\n', s->f);
}

size_t services_view_lines(const Picture *p) {
        size_t n = picture_rows(p, BOARD_SERVICES);

        return n ? n + 2 : 0;
}
