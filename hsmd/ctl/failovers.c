/* hsmctl failovers: each loss of a pool's member. */

#include "columns.h"
#include "json-picture.h"
#include "missing.h"
#include "verbs.h"
#include "when.h"

enum {
        COL_ID,
        COL_DEVICE,
        COL_DECLARED,
        COL_DETECTION,
        COL_OUT,
        COL_SURVIVORS,
        COL_POOL,
        COL_LATENCY,
        COLUMNS
};

typedef struct FailoverTexts {
        char id[16], declared[WHEN_SIZE], detection[32], survivors[16], latency[48], out[48];
        const char *pool, *device;
} FailoverTexts;

static void latency_text(Lang lang, const FailoverRow *f, char *dst, size_t size) {
        char before[24] = "-", after[24] = "-";

        if (field_valid(f, FailoverField_latency_before))
                word_of_duration(lang, f->latency_before, before, sizeof(before));
        if (field_valid(f, FailoverField_latency_after))
                word_of_duration(lang, f->latency_after, after, sizeof(after));
        snprintf(dst, size, "%s > %s", before, after);
}

/* How long it was out, or still is. */
static void out_text(const Screen *s, const FailoverRow *f, char *dst, size_t size) {
        bool back = field_valid(f, FailoverField_returned) && f->returned;
        usec_t end = back ? f->returned : now_realtime();
        char age[32];

        if (!field_valid(f, FailoverField_declared)) {
                snprintf(dst, size, "-");
                return;
        }
        word_of_age(s->lang, end > f->declared ? (end - f->declared) / USEC_PER_SEC : 0, age, sizeof(age));
        snprintf(dst, size, back ? "%s" : screen_say(s, "still out, %s", "未恢复，%s"), age);
}

static void failover_texts(const Screen *s, const FailoverRow *f, FailoverTexts *ret) {
        snprintf(ret->id, sizeof(ret->id), "%u", f->id);
        ret->pool = field_valid(f, FailoverField_pool_name) ? f->pool_name : "-";
        ret->device = field_valid(f, FailoverField_device_name) ? f->device_name : "-";
        snprintf(ret->declared, sizeof(ret->declared), "-");
        snprintf(ret->detection, sizeof(ret->detection), "-");
        snprintf(ret->survivors, sizeof(ret->survivors), "-");
        if (field_valid(f, FailoverField_declared))
                when_text(f->declared, ret->declared);
        if (field_valid(f, FailoverField_detection))
                word_of_duration(s->lang, f->detection, ret->detection, sizeof(ret->detection));
        if (field_valid(f, FailoverField_survivors))
                snprintf(ret->survivors, sizeof(ret->survivors), "%u", f->survivors);
        latency_text(s->lang, f, ret->latency, sizeof(ret->latency));
        out_text(s, f, ret->out, sizeof(ret->out));
}

/* How many columns there is room for: the last one takes a line of its own rather than be cut off. */
static size_t columns_that_fit(const Screen *s, const Column *columns) {
        return columns_width(columns, COLUMNS, 0) <= s->width ? COLUMNS : COL_LATENCY;
}

static void put_latency(const Screen *s, const char *latency) {
        char line[96];

        snprintf(line, sizeof(line), screen_say(s, "latency: %s", "签名用时变化：%s"), latency);
        put_wrapped(s, COLOUR_NONE, 2, line);
}

static void put_cells(const Screen *s, const Column *columns, size_t n_columns, const FailoverRow *f) {
        FailoverTexts t;
        const char *cells[COLUMNS];
        size_t used = 0;
        bool back = field_valid(f, FailoverField_returned) && f->returned;

        failover_texts(s, f, &t);
        cells[COL_ID] = t.id;
        cells[COL_POOL] = t.pool;
        cells[COL_DEVICE] = t.device;
        cells[COL_DECLARED] = t.declared;
        cells[COL_DETECTION] = t.detection;
        cells[COL_SURVIVORS] = t.survivors;
        cells[COL_LATENCY] = t.latency;
        cells[COL_OUT] = t.out;
        for (size_t i = 0; i < n_columns; i++)
                line_cell(s, &used, i == COL_OUT && !back ? COLOUR_BAD : COLOUR_NONE, cells[i],
                        columns[i].width, i + 1 == n_columns);
        if (n_columns == COL_LATENCY)
                put_latency(s, t.latency);
}

static bool is_of(const FailoverRow *f, const char *pool) {
        return !pool || (field_valid(f, FailoverField_pool_name) && streq(f->pool_name, pool));
}

static void put_table(const Screen *s, const Picture *p, const char *pool) {
        Column columns[COLUMNS] = {{screen_say(s, "ID", "编号"), 0}, {screen_say(s, "MACHINE", "密码机"), 0},
                {screen_say(s, "DECLARED", "判定故障时间"), 0}, {screen_say(s, "FOUND IN", "检测用时"), 0},
                {screen_say(s, "OUT FOR", "退出时长"), 0}, {screen_say(s, "LEFT", "剩余"), 0},
                {screen_say(s, "POOL", "集群"), 0}, {screen_say(s, "LATENCY", "签名用时变化"), 0}};
        size_t fit;

        columns_start(columns, COLUMNS);
        for (size_t i = 0; i < picture_rows(p, BOARD_FAILOVERS); i++) {
                FailoverTexts t;

                failover_texts(s, picture_failover(p, i), &t);
                column_widen(&columns[COL_ID], t.id, 12);
                column_widen(&columns[COL_POOL], t.pool, 20);
                column_widen(&columns[COL_DEVICE], t.device, 20);
                column_widen(&columns[COL_DECLARED], t.declared, 19);
                column_widen(&columns[COL_DETECTION], t.detection, 16);
                column_widen(&columns[COL_LATENCY], t.latency, 28);
                column_widen(&columns[COL_OUT], t.out, 28);
        }
        fit = columns_that_fit(s, columns);
        put_headings(s, columns, fit, 0);
        for (size_t i = 0; i < picture_rows(p, BOARD_FAILOVERS); i++)
                if (is_of(picture_failover(p, i), pool))
                        put_cells(s, columns, fit, picture_failover(p, i));
}

static void put_json(const Options *o, const Picture *p, const char *pool) {
        Json j = {.f = stdout, .pretty = o->json == JSON_PRETTY};

        json_open(&j, NULL, '{');
        json_open(&j, "failovers", '[');
        for (size_t i = 0; i < picture_rows(p, BOARD_FAILOVERS); i++) {
                if (!is_of(picture_failover(p, i), pool))
                        continue;
                json_open(&j, NULL, '{');
                json_members(&j, &board_tables[BOARD_FAILOVERS], picture_failover(p, i), p->now, 0);
                json_close(&j, '}');
        }
        json_close(&j, ']');
        json_close(&j, '}');
        json_end(&j);
}

static size_t count(const Picture *p, const char *pool) {
        size_t n = 0;

        for (size_t i = 0; i < picture_rows(p, BOARD_FAILOVERS); i++)
                n += is_of(picture_failover(p, i), pool);
        return n;
}

ExitCode verb_failovers(const Options *o) {
        const char *pool = o->n_args > 1 ? o->args[1] : NULL;
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        Screen s;
        int r = client_new(o->socket, &client);

        if (r >= 0)
                r = picture_fetch(client, 1U << BOARD_FAILOVERS | 1U << BOARD_POOLS, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        if (pool && !picture_find_pool(&p, pool))
                return no_such_pool(o, &p, pool);
        screen_init(&s, o);
        if (o->json)
                put_json(o, &p, pool);
        else if (count(&p, pool) == 0)
                puts(say(o, "no failover is on record", "没有故障切换记录"));
        else
                put_table(&s, &p, pool);
        return EXIT_OK;
}
