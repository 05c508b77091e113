/* hsmctl maintenance: machines out of service on somebody's word. */

#include "action.h"
#include "columns.h"
#include "json-picture.h"
#include "missing.h"
#include "verbs.h"
#include "when.h"

#define DEADLINE (10 * USEC_PER_SEC)
#define DAYS_MAX 30
#define DAY ((usec_t) 86400 * USEC_PER_SEC)

/* --- what is under way */

static bool is_out(const DeviceRow *d) {
        return field_valid(d, DeviceField_maintenance_until) && d->maintenance_until;
}

enum { COL_DEVICE, COL_UNTIL, COL_LEFT, COL_BY, COL_REASON, COLUMNS };

typedef struct MaintenanceTexts {
        char until[WHEN_SIZE], left[32];
        const char *by, *reason;
} MaintenanceTexts;

static void maintenance_texts(const Screen *s, const DeviceRow *d, MaintenanceTexts *ret) {
        usec_t now = now_realtime();

        when_text(d->maintenance_until, ret->until);
        word_of_age(s->lang, d->maintenance_until > now ? (d->maintenance_until - now) / USEC_PER_SEC : 0,
                ret->left, sizeof(ret->left));
        ret->by = field_valid(d, DeviceField_maintenance_by) ? d->maintenance_by : "-";
        ret->reason = field_valid(d, DeviceField_maintenance_reason) ? d->maintenance_reason : "-";
}

static void put_table(const Screen *s, const Picture *p) {
        Column columns[COLUMNS] = {{screen_say(s, "MACHINE", "密码机"), 0},
                {screen_say(s, "UNTIL", "到期"), 0}, {screen_say(s, "LEFT", "剩余"), 0},
                {screen_say(s, "BY", "操作人"), 0}, {screen_say(s, "REASON", "原因"), 0}};
        MaintenanceTexts t;

        columns_start(columns, COLUMNS);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                const DeviceRow *d = picture_device(p, i);

                if (!is_out(d))
                        continue;
                maintenance_texts(s, d, &t);
                column_widen(&columns[COL_DEVICE], d->name, 20);
                column_widen(&columns[COL_UNTIL], t.until, 20);
                column_widen(&columns[COL_LEFT], t.left, 16);
                column_widen(&columns[COL_BY], t.by, 16);
        }
        put_headings(s, columns, COLUMNS, 0);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                const DeviceRow *d = picture_device(p, i);
                size_t used = 0;

                if (!is_out(d))
                        continue;
                maintenance_texts(s, d, &t);
                line_cell(s, &used, COLOUR_NONE, d->name, columns[COL_DEVICE].width, false);
                line_cell(s, &used, COLOUR_NONE, t.until, columns[COL_UNTIL].width, false);
                line_cell(s, &used, COLOUR_NONE, t.left, columns[COL_LEFT].width, false);
                line_cell(s, &used, COLOUR_NONE, t.by, columns[COL_BY].width, false);
                line_cell(s, &used, COLOUR_NONE, t.reason, 0, true);
        }
}

static void put_json(const Options *o, const Picture *p) {
        Json j = {.f = stdout, .pretty = o->json == JSON_PRETTY};

        json_open(&j, NULL, '{');
        json_open(&j, "devices", '[');
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                if (!is_out(picture_device(p, i)))
                        continue;
                json_open(&j, NULL, '{');
                json_members(&j, &board_tables[BOARD_DEVICES], picture_device(p, i), p->now, 0);
                json_close(&j, '}');
        }
        json_close(&j, ']');
        json_close(&j, '}');
        json_end(&j);
}

static ExitCode show(const Options *o, const Picture *p) {
        bool any = false;
        Screen s;

        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                any = any || is_out(picture_device(p, i));
        screen_init(&s, o);
        if (o->json)
                put_json(o, p);
        else if (any)
                put_table(&s, p);
        else
                puts(say(o, "no machine is in maintenance", "没有密码机在维护中"));
        return EXIT_OK;
}

/* --- beginning and ending */

static ExitCode missing_option(const Options *o, const char *option) {
        fprintf(stderr,
                say(o,
                        "hsmctl: maintenance start needs %s; right is: hsmctl maintenance start %s "
                        "--until=+2h "
                        "--reason=TEXT\n",
                        "hsmctl：maintenance start 需要 %s；正确用法：hsmctl maintenance start %s "
                        "--until=+2h "
                        "--reason=原因\n"),
                option, o->args[2]);
        return EXIT_USAGE;
}

/* Until when: a time to come, and no year by mistake. */
static ExitCode take_until(const Options *o, usec_t *ret) {
        char shown[WHEN_SIZE], latest[WHEN_SIZE];
        usec_t now = now_realtime(), until;

        if (when_take(o, "--until", o->until, now, &until) != EXIT_OK)
                return EXIT_USAGE;
        when_text(until, shown);
        when_text(now + DAYS_MAX * DAY, latest);
        if (until <= now) {
                fprintf(stderr,
                        say(o,
                                "hsmctl: --until: %s is over; right is a time to come: +2h, \"tomorrow "
                                "8:00\", or a "
                                "date with its time\n",
                                "hsmctl：--until：%s 已经过去；应为将来的时间：+2h、\"tomorrow "
                                "8:00\"，或日期加时间\n"),
                        shown);
                return EXIT_USAGE;
        }
        if (until > now + DAYS_MAX * DAY) {
                fprintf(stderr,
                        say(o,
                                "hsmctl: --until: %s is more than %d days away; right is %s at the latest, "
                                "and to "
                                "extend it then\n",
                                "hsmctl：--until：%s 超过%d天；最迟 %s，到期前可再延长\n"),
                        shown, DAYS_MAX, latest);
                return EXIT_USAGE;
        }
        *ret = until;
        return EXIT_OK;
}

static ExitCode start(const Options *o, Client *client) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *words = "";
        char shown[WHEN_SIZE];
        usec_t until;
        int r;

        if (!o->until)
                return missing_option(o, "--until");
        if (!o->reason || !*o->reason)
                return missing_option(o, "--reason");
        if (take_until(o, &until) != EXIT_OK)
                return EXIT_USAGE;
        r = client_call(client, DEADLINE, &reply, "StartMaintenance", "stssbbs", o->args[2], until, o->reason,
                o->ticket ? o->ticket : "", (int) !o->no_probing, (int) o->force, o->by);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &words);
        if (r < 0)
                return action_failed(o, client, r);
        when_text(until, shown);
        if (o->lang == LANG_EN && *words)
                puts(words);
        else
                printf(say(o,
                               "%s is in maintenance until %s; it ends by itself, or by: hsmctl maintenance "
                               "end "
                               "%s\n",
                               "%s 进入维护，至 %s 自动结束；提前结束：hsmctl maintenance end %s\n"),
                        o->args[2], shown, o->args[2]);
        return EXIT_OK;
}

static ExitCode end(const Options *o, Client *client) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *words = "";
        int r = client_call(client, DEADLINE, &reply, "EndMaintenance", "ss", o->args[2], o->by);

        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &words);
        if (r < 0)
                return action_failed(o, client, r);
        if (o->lang == LANG_EN && *words)
                puts(words);
        else
                printf(say(o, "the maintenance of %s has ended\n", "%s 的维护已结束\n"), o->args[2]);
        return EXIT_OK;
}

static ExitCode wrong_use(const Options *o) {
        fprintf(stderr,
                say(o,
                        "hsmctl: there is no \"maintenance %s\" like that; right is: maintenance, "
                        "maintenance start "
                        "NAME --until=WHEN --reason=TEXT, maintenance end NAME\n",
                        "hsmctl：没有这样的“maintenance %s”；正确用法：maintenance、maintenance start 名称 "
                        "--until=时间 "
                        "--reason=原因、maintenance end 名称\n"),
                o->args[1]);
        return EXIT_USAGE;
}

ExitCode verb_maintenance(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        bool acts = o->n_args > 1, starts = acts && streq(o->args[1], "start");
        int r;

        if (acts && (o->n_args != 3 || (!starts && !streq(o->args[1], "end"))))
                return wrong_use(o);
        r = client_new(o->socket, &client);
        if (r >= 0)
                r = picture_fetch(client, 1U << BOARD_DEVICES, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        if (!acts)
                return show(o, &p);
        if (!picture_find_device(&p, o->args[2]))
                return no_such_device(o, &p, o->args[2]);
        return starts ? start(o, client) : end(o, client);
}
