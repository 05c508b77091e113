/* hsmctl receivers: who is told of alarms, and how far each is. */

#include "columns.h"
#include "json-picture.h"
#include "verbs.h"

enum { COL_NAME, COL_ADDRESS, COL_KIND, COL_STATE, COL_PENDING, COL_SENT, COL_ACKED, COLUMNS };

typedef struct ReceiverTexts {
        char cell[COLUMNS][80];
} ReceiverTexts;

static const char *kind_word(Lang lang, unsigned kind) {
        if (kind == RECEIVER_INFORM)
                return lang == LANG_ZH ? "需确认(inform)" : "inform";
        return lang == LANG_ZH ? "不确认(trap)" : "trap";
}

static const char *state_word(Lang lang, unsigned state) {
        static const char *const zh[] = {[RECEIVER_OK] = "正常",
                [RECEIVER_RETRYING] = "重发中",
                [RECEIVER_REFUSING] = "拒收",
                [RECEIVER_DROPPING] = "丢弃中"};

        if (lang == LANG_EN)
                return name_of(&receiver_state_names, state);
        return state < ELEMENTSOF(zh) && zh[state] ? zh[state] : "?";
}

static void number_text(bool known, uint64_t value, char *dst, size_t size) {
        if (known)
                snprintf(dst, size, "%llu", (unsigned long long) value);
        else
                snprintf(dst, size, "-");
}

static void pending_text(const Screen *s, const Picture *p, const ReceiverRow *r, char *dst, size_t size) {
        char age[32];

        number_text(field_valid(r, ReceiverField_pending), r->pending, dst, size);
        if (ROW_GET(Receiver, r, pending, 0) == 0 || !field_valid(r, ReceiverField_oldest_pending_age))
                return;
        word_of_age(s->lang,
                p->now > r->oldest_pending_age ? (p->now - r->oldest_pending_age) / USEC_PER_SEC : 0, age,
                sizeof(age));
        snprintf(dst, size, screen_say(s, "%u, for %s", "%u，已%s"), r->pending, age);
}

static void receiver_texts(const Screen *s, const Picture *p, const ReceiverRow *r, ReceiverTexts *ret) {
        const size_t size = sizeof(ret->cell[0]);

        snprintf(ret->cell[COL_NAME], size, "%s", r->name);
        snprintf(
                ret->cell[COL_ADDRESS], size, "%s", field_valid(r, ReceiverField_address) ? r->address : "-");
        snprintf(ret->cell[COL_KIND], size, "%s",
                kind_word(s->lang, ROW_GET(Receiver, r, kind, RECEIVER_TRAP)));
        snprintf(ret->cell[COL_STATE], size, "%s",
                state_word(s->lang, ROW_GET(Receiver, r, state, RECEIVER_RETRYING)));
        pending_text(s, p, r, ret->cell[COL_PENDING], size);
        number_text(field_valid(r, ReceiverField_sent), r->sent, ret->cell[COL_SENT], size);
        number_text(field_valid(r, ReceiverField_acknowledged), r->acknowledged, ret->cell[COL_ACKED], size);
}

/* What went wrong with it since its counters began. */
static void put_losses(const Screen *s, const ReceiverRow *r) {
        uint64_t refused = ROW_GET(Receiver, r, refused, 0), dropped = ROW_GET(Receiver, r, dropped, 0);
        char text[128];

        if (refused == 0 && dropped == 0)
                return;
        snprintf(text, sizeof(text), screen_say(s, "%llu refused, %llu dropped", "被拒%llu次，丢弃%llu条"),
                (unsigned long long) refused, (unsigned long long) dropped);
        put_wrapped(s, COLOUR_NONE, 2, text);
}

static void put_receiver(const Screen *s, const Picture *p, const Column *columns, const ReceiverRow *r) {
        unsigned state = ROW_GET(Receiver, r, state, RECEIVER_RETRYING);
        Colour colour = state == RECEIVER_OK         ? COLOUR_GOOD
                        : state == RECEIVER_RETRYING ? COLOUR_WARN
                                                     : COLOUR_BAD;
        ReceiverTexts t;
        size_t used = 0;

        receiver_texts(s, p, r, &t);
        for (size_t i = 0; i < COLUMNS; i++)
                line_cell(s, &used, i == COL_STATE ? colour : COLOUR_NONE, t.cell[i], columns[i].width,
                        i + 1 == COLUMNS);
        if (state != RECEIVER_OK && field_valid(r, ReceiverField_detail) && *r->detail)
                put_wrapped(s, COLOUR_NONE, 2, r->detail);
        put_losses(s, r);
}

static void put_table(const Screen *s, const Picture *p) {
        Column columns[COLUMNS] = {{screen_say(s, "RECEIVER", "接收方"), 0},
                {screen_say(s, "ADDRESS", "地址"), 0}, {screen_say(s, "KIND", "方式"), 0},
                {screen_say(s, "STATE", "状态"), 0}, {screen_say(s, "PENDING", "待发"), 0},
                {screen_say(s, "SENT", "已发"), 0}, {screen_say(s, "ACKED", "已确认"), 0}};

        columns_start(columns, COLUMNS);
        for (size_t i = 0; i < picture_rows(p, BOARD_RECEIVERS); i++) {
                ReceiverTexts t;

                receiver_texts(s, p, picture_receiver(p, i), &t);
                for (size_t k = 0; k < COLUMNS; k++)
                        column_widen(&columns[k], t.cell[k], 32);
        }
        put_headings(s, columns, COLUMNS, 0);
        for (size_t i = 0; i < picture_rows(p, BOARD_RECEIVERS); i++)
                put_receiver(s, p, columns, picture_receiver(p, i));
}

static void put_heartbeat(const Screen *s, const Picture *p) {
        const FleetRow *f = picture_fleet(p);
        char every[32];

        if (!field_valid(f, FleetField_last_notify_sequence))
                return;
        fprintf(s->f, screen_say(s, "\nLast notification %llu", "\n最近一条通知序号 %llu"),
                (unsigned long long) f->last_notify_sequence);
        if (ROW_GET(Fleet, f, heartbeat_interval, 0)) {
                word_of_age(s->lang, f->heartbeat_interval / USEC_PER_SEC, every, sizeof(every));
                fprintf(s->f, screen_say(s, "; a heartbeat every %s", "；每%s发送一次心跳"), every);
        }
        if (field_valid(f, FleetField_notify_engine_id) && *f->notify_engine_id)
                fprintf(s->f,
                        screen_say(s, "\nSNMPv3 engine id of our traps: %s", "\ntrap 的 SNMPv3 引擎标识：%s"),
                        f->notify_engine_id);
        fputc('\n', s->f);
}

ExitCode verb_receivers(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        Screen s;
        int r = client_new(o->socket, &client);

        if (r >= 0)
                r = picture_fetch(client, 1U << BOARD_RECEIVERS, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        screen_init(&s, o);
        if (o->json) {
                json_tables(stdout, &p, 1U << BOARD_RECEIVERS, o->json == JSON_PRETTY);
        } else if (picture_rows(&p, BOARD_RECEIVERS) == 0) {
                puts(say(o, "no receiver is configured; see receivers in hsmd.conf(5)",
                        "未配置接收方；请看 hsmd.conf(5) 的 receivers"));
        } else {
                put_table(&s, &p);
                put_heartbeat(&s, &p);
        }
        return EXIT_OK;
}
