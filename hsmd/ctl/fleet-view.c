#include "fleet-view.h"

#include "alarms-view.h"
#include "columns.h"
#include "sensor-text.h"
#include "sensors-view.h"
#include "services-view.h"
#include "terms.h"
#include "when.h"
#include "width.h"
#include "words.h"

#define NAME_MAX_COLUMNS 20
#define TITLE_MAX_COLUMNS 26
#define TITLE_MIN_COLUMNS 8
#define POOL_TITLE_MAX_COLUMNS 34

static void put_fleet_line(const Screen *s, const Picture *p) {
        const FleetRow *f = picture_fleet(p);
        unsigned state = ROW_GET(Fleet, f, state, SERVICE_UNKNOWN);
        char rest[160];
        const char *title = field_valid(f, FleetField_title) && *f->title ? f->title : f->name;
        size_t used = 0, width = text_width(title);

        snprintf(rest, sizeof(rest),
                screen_say(s, "%u of %u serving, detection bound %.1f s",
                        "%2$u台中%1$u台在服务，检测上限%3$.1f秒"),
                ROW_GET(Fleet, f, devices_serving, 0), ROW_GET(Fleet, f, devices, 0),
                (double) ROW_GET(Fleet, f, detection_bound, 0) / (double) USEC_PER_SEC);
        line_cell(s, &used, COLOUR_BOLD, title, MIN_OF(width, (size_t) 34), false);
        line_cell(s, &used, colour_of_fleet(state), word_of_state(s->lang, &service_state_names, state),
                text_width(word_of_state(s->lang, &service_state_names, state)), false);
        line_cell(s, &used, COLOUR_NONE, rest, 0, true);
}

enum { POOL_NAME, POOL_TITLE, POOL_STATE, POOL_SERVING, POOL_SURVIVABLE, POOL_COLUMNS };

static void pool_texts(const PoolRow *row, char serving[32], char survivable[16]) {
        snprintf(serving, 32, "%u/%u", ROW_GET(Pool, row, serving, 0), ROW_GET(Pool, row, members, 0));
        if (field_valid(row, PoolField_survivable))
                snprintf(survivable, 16, "%d", row->survivable);
        else
                snprintf(survivable, 16, "-");
}

static void put_pool(const Screen *s, const Column *columns, const PoolRow *row) {
        unsigned state = ROW_GET(Pool, row, state, POOL_UNKNOWN);
        char serving[32], survivable[16];
        size_t used = 0;

        pool_texts(row, serving, survivable);
        line_cell(s, &used, COLOUR_NONE, row->name, columns[POOL_NAME].width, false);
        line_cell(s, &used, COLOUR_NONE, row->title, columns[POOL_TITLE].width, false);
        line_cell(s, &used, colour_of_pool(state), word_of_state(s->lang, &pool_state_names, state),
                columns[POOL_STATE].width, false);
        line_cell(s, &used, COLOUR_NONE, serving, columns[POOL_SERVING].width, false);
        line_cell(s, &used, COLOUR_NONE, survivable, columns[POOL_SURVIVABLE].width, true);
}

static void put_pools(const Screen *s, const Picture *p) {
        Column columns[POOL_COLUMNS] = {{screen_say(s, "POOL", "密码机集群"), 0},
                {screen_say(s, "TITLE", "标题"), 0}, {screen_say(s, "STATE", "状态"), 0},
                {screen_say(s, "SERVING", "在服务"), 0},
                {screen_say(s, "SURVIVABLE", "还可承受故障台数"), 0}};

        columns_start(columns, POOL_COLUMNS);
        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++) {
                const PoolRow *row = picture_pool(p, i);
                char serving[32], survivable[16];

                pool_texts(row, serving, survivable);
                column_widen(&columns[POOL_NAME], row->name, NAME_MAX_COLUMNS);
                column_widen(&columns[POOL_TITLE], row->title, POOL_TITLE_MAX_COLUMNS);
                column_widen(&columns[POOL_STATE],
                        word_of_state(s->lang, &pool_state_names, ROW_GET(Pool, row, state, POOL_UNKNOWN)),
                        16);
                column_widen(&columns[POOL_SERVING], serving, 16);
        }
        put_headings(s, columns, POOL_COLUMNS, 0);
        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++)
                put_pool(s, columns, picture_pool(p, i));
}

/* Until when it is out of service; why, and on whose word, hsmctl maintenance says. */
static bool maintenance_why(Lang lang, const DeviceRow *d, char *dst, size_t size) {
        char until[WHEN_SIZE];

        if (ROW_GET(Device, d, state, DEVICE_UNKNOWN) != DEVICE_MAINTENANCE ||
                !field_valid(d, DeviceField_maintenance_until))
                return false;
        when_text(d->maintenance_until, until);
        snprintf(dst, size, lang == LANG_ZH ? "至 %.16s" : "until %.16s", until);
        return true;
}

void device_why(Lang lang, const DeviceRow *d, char *dst, size_t size) {
        unsigned reason = ROW_GET(Device, d, reason, REASON_NONE);
        unsigned step = ROW_GET(Device, d, failed_step, STEP_NONE);
        bool has_return = field_valid(d, DeviceField_last_return) && *d->last_return &&
                          !streq(d->last_return, "CKR_OK");

        dst[0] = '\0';
        if (maintenance_why(lang, d, dst, size) || (reason == REASON_NONE && step == STEP_NONE))
                return;
        if (step == STEP_NONE)
                snprintf(dst, size, "%s", word_of_reason(lang, reason, true));
        else if (has_return && (reason == REASON_CALL_FAILED || reason == REASON_NONE))
                snprintf(dst, size, "%s %s", word_of_step(lang, step), d->last_return);
        else
                snprintf(dst, size, "%s %s", word_of_step(lang, step), word_of_reason(lang, reason, true));
}

void device_temperature(Lang lang, const DeviceRow *d, char *dst, size_t size) {
        if (field_valid(d, DeviceField_temperature))
                degrees_text(lang, d->temperature, dst, size);
        else
                snprintf(dst, size, "-");
}

static void device_age(Lang lang, const DeviceRow *d, usec_t now, char *dst, size_t size) {
        if (field_valid(d, DeviceField_state_age))
                word_of_age(lang, now > d->state_age ? (now - d->state_age) / USEC_PER_SEC : 0, dst, size);
        else
                snprintf(dst, size, "-");
}

enum { DEV_NAME, DEV_TITLE, DEV_STATE, DEV_AGE, DEV_TEMPERATURE, DEV_WHY, DEV_COLUMNS };

typedef struct DeviceTexts {
        const char *state;
        char age[32], temperature[32], why[128];
} DeviceTexts;

static void device_texts(const Screen *s, const Picture *p, const DeviceRow *d, DeviceTexts *ret) {
        ret->state = word_of_state(s->lang, &device_state_names, ROW_GET(Device, d, state, DEVICE_UNKNOWN));
        device_age(s->lang, d, p->now, ret->age, sizeof(ret->age));
        device_temperature(s->lang, d, ret->temperature, sizeof(ret->temperature));
        device_why(s->lang, d, ret->why, sizeof(ret->why));
}

static void put_device(const Screen *s, const Picture *p, const Column *columns, const DeviceRow *d) {
        DeviceTexts t;
        size_t used = 0;

        device_texts(s, p, d, &t);
        line_cell(s, &used, COLOUR_NONE, d->name, columns[DEV_NAME].width, false);
        line_cell(s, &used, COLOUR_NONE, d->title, columns[DEV_TITLE].width, false);
        line_cell(s, &used, colour_of_device(ROW_GET(Device, d, state, DEVICE_UNKNOWN)), t.state,
                columns[DEV_STATE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.age, columns[DEV_AGE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.temperature, columns[DEV_TEMPERATURE].width, false);
        line_cell(s, &used, COLOUR_NONE, t.why, 0, true);
}

static void measure_devices(const Screen *s, const Picture *p, Column *columns) {
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                const DeviceRow *d = picture_device(p, i);
                DeviceTexts t;

                device_texts(s, p, d, &t);
                column_widen(&columns[DEV_NAME], d->name, NAME_MAX_COLUMNS);
                column_widen(&columns[DEV_TITLE], d->title, TITLE_MAX_COLUMNS);
                column_widen(&columns[DEV_STATE], t.state, 16);
                column_widen(&columns[DEV_AGE], t.age, 16);
                column_widen(&columns[DEV_TEMPERATURE], t.temperature, 16);
                column_widen(&columns[DEV_WHY], t.why, 40);
        }
        /* on a narrow screen a title may be cut, but not why a machine is down */
        column_narrow(s, columns, DEV_COLUMNS, 0, DEV_TITLE, TITLE_MIN_COLUMNS);
}

/* The devices of one urgency, in their order, until there is no room. */
static size_t put_devices_of(
        const Screen *s, const Picture *p, const Column *columns, Colour urgency, size_t room) {
        size_t shown = 0;

        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES) && shown < room; i++) {
                const DeviceRow *d = picture_device(p, i);

                if (colour_of_device(ROW_GET(Device, d, state, DEVICE_UNKNOWN)) != urgency)
                        continue;
                put_device(s, p, columns, d);
                shown++;
        }
        return shown;
}

static void put_devices_most_urgent_first(
        const Screen *s, const Picture *p, const Column *columns, size_t max_devices) {
        static const Colour order[] = {COLOUR_BAD, COLOUR_WARN, COLOUR_DIM, COLOUR_GOOD};
        size_t shown = 0;

        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                shown += put_devices_of(s, p, columns, order[i], max_devices - shown);
        fprintf(s->f, screen_say(s, "(%zu more, less urgent)\n", "（另有%zu台，不紧急）\n"),
                picture_rows(p, BOARD_DEVICES) - shown);
}

static void put_devices(const Screen *s, const Picture *p, size_t max_devices) {
        Column columns[DEV_COLUMNS] = {{screen_say(s, "DEVICE", "密码机"), 0},
                {screen_say(s, "TITLE", "标题"), 0}, {screen_say(s, "STATE", "状态"), 0},
                {screen_say(s, "FOR", "持续"), 0}, {screen_say(s, "TEMP", "温度"), 0},
                {screen_say(s, "WHY", "原因"), 0}};

        columns_start(columns, DEV_COLUMNS);
        measure_devices(s, p, columns);
        put_headings(s, columns, DEV_COLUMNS, 0);
        if (picture_rows(p, BOARD_DEVICES) > max_devices) {
                put_devices_most_urgent_first(s, p, columns, max_devices);
                return;
        }
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                put_device(s, p, columns, picture_device(p, i));
}

static bool tells_of_rooms(const Picture *p) {
        for (size_t i = 0; i < picture_rows(p, BOARD_SITES); i++)
                if (field_valid(picture_site(p, i), SiteField_monitored))
                        return true;
        return false;
}

/* Of one kind, until the line is full. */
static void put_rooms_of(const Screen *s, const Picture *p, bool bad, size_t *used) {
        for (size_t i = 0; i < picture_rows(p, BOARD_SITES) && *used < s->width; i++) {
                const SiteRow *site = picture_site(p, i);
                char climate[160], text[256];
                bool alarming;

                site_climate(s->lang, site, climate, sizeof(climate), &alarming);
                if (alarming != bad)
                        continue;
                snprintf(text, sizeof(text), "%s %s", site->name, climate);
                line_cell(s, used, bad ? COLOUR_BAD : COLOUR_NONE, text, text_width(text), false);
        }
}

/* The rooms in one line, what is wrong first. */
static void put_rooms(const Screen *s, const Picture *p) {
        const char *heading = screen_say(s, "ROOMS", "机房");
        size_t used = 0;

        if (!tells_of_rooms(p))
                return;
        line_cell(s, &used, COLOUR_DIM, heading, text_width(heading), false);
        put_rooms_of(s, p, true, &used);
        put_rooms_of(s, p, false, &used);
        fputs("\n\n", s->f);
}

static bool is_drilled(const Picture *p) {
        const FleetRow *f = picture_fleet(p);

        return field_valid(f, FleetField_drill) && *f->drill;
}

/* A machine that is out on purpose must not look like a fault. */
static void put_drill(const Screen *s, const Picture *p) {
        const char *heading = screen_say(s, "DRILL", term_zh("drill"));
        size_t used = 0;

        if (!is_drilled(p))
                return;
        line_cell(s, &used, COLOUR_WARN, heading, text_width(heading), false);
        line_cell(s, &used, COLOUR_NONE, picture_fleet(p)->drill, 0, true);
        fputc('\n', s->f);
}

size_t fleet_view_overhead(const Screen *s, const Picture *p) {
        return 5 + picture_rows(p, BOARD_POOLS) + (tells_of_rooms(p) ? 2 : 0) + services_view_lines(p) +
               alarms_brief_lines(s, p) + (is_drilled(p) ? 2 : 0);
}

void fleet_view(const Screen *s, const Picture *p, size_t max_devices) {
        put_fleet_line(s, p);
        fputc('\n', s->f);
        services_view(s, p);
        put_pools(s, p);
        fputc('\n', s->f);
        put_drill(s, p);
        alarms_brief(s, p);
        put_rooms(s, p);
        put_devices(s, p, max_devices);
}
