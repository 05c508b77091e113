/* hsmctl history: a machine's roll-ups as a table. */

#include "action.h"
#include "columns.h"
#include "event.h"
#include "json-picture.h"
#include "missing.h"
#include "verbs.h"
#include "when.h"

#define DEADLINE (10 * USEC_PER_SEC)
#define MINUTES_SHOWN ((usec_t) 3600 * USEC_PER_SEC)
#define HOURS_SHOWN ((usec_t) 86400 * USEC_PER_SEC)

typedef struct Span {
        uint32_t device;
        usec_t since, until;
} Span;

static const RollupRow *row_of(const Table *t, size_t i) {
        return (const RollupRow *) t->rows + i;
}

static ExitCode take_span(const Options *o, Span *ret) {
        usec_t now = now_realtime();

        ret->until = now;
        ret->since = now - (o->hours ? HOURS_SHOWN : MINUTES_SHOWN);
        if (o->until && when_take(o, "--until", o->until, now, &ret->until) != EXIT_OK)
                return EXIT_USAGE;
        if (o->since && when_take(o, "--since", o->since, now, &ret->since) != EXIT_OK)
                return EXIT_USAGE;
        if (ret->since <= ret->until)
                return EXIT_OK;
        fputs(say(o, "hsmctl: --since is later than --until; right is the other way\n",
                      "hsmctl：--since 晚于 --until，应当相反\n"),
                stderr);
        return EXIT_USAGE;
}

/* A page may be shorter than what is left. */
static int fetch(Client *client, const Options *o, const Span *span, Table *ret) {
        usec_t since = span->since;

        for (;;) {
                CLEANUP_MESSAGE sd_bus_message *reply = NULL;
                size_t before = ret->n;
                int r = client_call(client, DEADLINE, &reply, "GetHistory", "ubtt", span->device,
                        (int) o->hours, since, span->until);

                if (r >= 0 && table_read(reply, &rollup_table, now_monotonic(), ret) < 0)
                        r = -EBADMSG;
                if (r < 0 || ret->n == before)
                        return r;
                since = row_of(ret, ret->n - 1)->start + USEC_PER_SEC;
        }
}

/* --- the table */

enum { COL_START, COL_AVAILABLE, COL_CHECKS, COL_FAILED, COL_MEAN, COL_MAX, COL_WARM, COL_HOT, COLUMNS };

typedef struct RollupTexts {
        char cell[COLUMNS][40];
} RollupTexts;

/* Cut, not rounded: what failed once is not 100 %. */
static void percent_text(uint64_t part, uint64_t whole, char *dst, size_t size) {
        uint64_t hundredths = whole ? part * 10000 / whole : 0;

        if (!whole)
                snprintf(dst, size, "-");
        else
                snprintf(dst, size, "%llu.%02llu%%", (unsigned long long) hundredths / 100,
                        (unsigned long long) hundredths % 100);
}

static void celsius_text(Lang lang, bool known, int64_t tenths, char *dst, size_t size) {
        if (known)
                snprintf(dst, size, lang == LANG_ZH ? "%.1f度" : "%.1f °C", (double) tenths / 10);
        else
                snprintf(dst, size, "-");
}

static void rollup_texts(Lang lang, const RollupRow *row, RollupTexts *ret) {
        bool timed = ROW_GET(Rollup, row, latencies, 0) > 0, warm = ROW_GET(Rollup, row, temperatures, 0) > 0;
        const size_t size = sizeof(ret->cell[0]);

        when_text(ROW_GET(Rollup, row, start, 0), ret->cell[COL_START]);
        ret->cell[COL_START][sizeof("2026-11-24 10:00") - 1] = '\0';
        percent_text(ROW_GET(Rollup, row, serving, 0), ROW_GET(Rollup, row, observed, 0),
                ret->cell[COL_AVAILABLE], size);
        snprintf(ret->cell[COL_CHECKS], size, "%llu", (unsigned long long) ROW_GET(Rollup, row, probes, 0));
        snprintf(ret->cell[COL_FAILED], size, "%llu", (unsigned long long) ROW_GET(Rollup, row, failures, 0));
        snprintf(ret->cell[COL_MEAN], size, "-");
        snprintf(ret->cell[COL_MAX], size, "-");
        if (timed) {
                word_of_duration(lang, ROW_GET(Rollup, row, latency_sum, 0) / row->latencies,
                        ret->cell[COL_MEAN], size);
                word_of_duration(lang, ROW_GET(Rollup, row, latency_max, 0), ret->cell[COL_MAX], size);
        }
        celsius_text(lang, warm,
                warm ? ROW_GET(Rollup, row, temperature_sum, 0) / (int64_t) row->temperatures : 0,
                ret->cell[COL_WARM], size);
        celsius_text(lang, field_valid(row, RollupField_temperature_max), row->temperature_max,
                ret->cell[COL_HOT], size);
}

static void put_cells(const Screen *s, const Column *columns, const RollupRow *row) {
        bool bad = ROW_GET(Rollup, row, failures, 0) > 0;
        RollupTexts t;
        size_t used = 0;

        rollup_texts(s->lang, row, &t);
        for (size_t i = 0; i < COLUMNS; i++)
                line_cell(s, &used, bad && i == COL_FAILED ? COLOUR_BAD : COLOUR_NONE, t.cell[i],
                        columns[i].width, i + 1 == COLUMNS);
}

static void put_table(const Screen *s, const Table *table) {
        Column columns[COLUMNS] = {{screen_say(s, "FROM", "起"), 0},
                {screen_say(s, "AVAILABLE", "可用率"), 0}, {screen_say(s, "CHECKS", "拨测"), 0},
                {screen_say(s, "FAILED", "失败"), 0}, {screen_say(s, "MEAN", "平均用时"), 0},
                {screen_say(s, "MAX", "最长用时"), 0}, {screen_say(s, "TEMP", "平均温度"), 0},
                {screen_say(s, "MAX", "最高温度"), 0}};

        columns_start(columns, COLUMNS);
        for (size_t i = 0; i < table->n; i++) {
                RollupTexts t;

                rollup_texts(s->lang, row_of(table, i), &t);
                for (size_t k = 0; k < COLUMNS; k++)
                        column_widen(&columns[k], t.cell[k], 24);
        }
        put_headings(s, columns, COLUMNS, 0);
        for (size_t i = 0; i < table->n; i++)
                put_cells(s, columns, row_of(table, i));
}

/* --- in sum */

/* Roll-ups are made to be added; the maxima are the larger one. */
static RollupRow sum_of(const Table *table) {
        RollupRow sum = {0};

        for (size_t i = 0; i < table->n; i++) {
                const RollupRow *r = row_of(table, i);

                sum.probes += ROW_GET(Rollup, r, probes, 0);
                sum.failures += ROW_GET(Rollup, r, failures, 0);
                sum.serving += ROW_GET(Rollup, r, serving, 0);
                sum.observed += ROW_GET(Rollup, r, observed, 0);
                sum.latencies += ROW_GET(Rollup, r, latencies, 0);
                sum.latency_sum += ROW_GET(Rollup, r, latency_sum, 0);
                sum.latency_max = MAX_OF(sum.latency_max, ROW_GET(Rollup, r, latency_max, 0));
        }
        return sum;
}

static void put_summary(const Screen *s, const Table *table) {
        RollupRow sum = sum_of(table);
        char available[32], mean[32] = "-", max[32] = "-", out[32], text[320];

        percent_text(sum.serving, sum.observed, available, sizeof(available));
        word_of_age(
                s->lang, (sum.observed - MIN_OF(sum.serving, sum.observed)) / USEC_PER_SEC, out, sizeof(out));
        if (sum.latencies) {
                word_of_duration(s->lang, sum.latency_sum / sum.latencies, mean, sizeof(mean));
                word_of_duration(s->lang, sum.latency_max, max, sizeof(max));
        }
        fputc('\n', s->f);
        snprintf(text, sizeof(text),
                screen_say(s,
                        "Available %s (not serving for %s); %llu checks, %llu failed; mean %s, at most %s",
                        "可用率 %s（未服务 %s）；拨测 %llu 次，失败 %llu 次；平均用时 %s，最长 %s"),
                available, out, (unsigned long long) sum.probes, (unsigned long long) sum.failures, mean,
                max);
        put_wrapped(s, COLOUR_NONE, 0, text);
}

static void show(const Options *o, const Table *table) {
        Screen s;

        screen_init(&s, o);
        if (table->n == 0) {
                puts(say(o, "nothing is on record for that time; --since says from when on",
                        "该时段没有记录；可用 --since 指定起始时间"));
                return;
        }
        put_table(&s, table);
        put_summary(&s, table);
}

static void put_json(const Options *o, const Table *table) {
        Json j = {.f = stdout, .pretty = o->json == JSON_PRETTY};

        json_open(&j, NULL, '{');
        json_string(&j, "device", o->args[1]);
        json_bool(&j, "hours", o->hours);
        json_rows(&j, &rollup_table, table, now_monotonic());
        json_close(&j, '}');
        json_end(&j);
}

ExitCode verb_history(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        CLEANUP_TABLE Table table = {0};
        const DeviceRow *d;
        Span span;
        int r;

        if (take_span(o, &span) != EXIT_OK)
                return EXIT_USAGE;
        r = client_new(o->socket, &client);
        if (r >= 0)
                r = picture_fetch(client, 1U << BOARD_DEVICES, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        d = picture_find_device(&p, o->args[1]);
        if (!d)
                return no_such_device(o, &p, o->args[1]);
        span.device = d->number;
        r = fetch(client, o, &span, &table);
        if (r < 0)
                return action_failed(o, client, r);
        if (o->json)
                put_json(o, &table);
        else
                show(o, &table);
        return EXIT_OK;
}
