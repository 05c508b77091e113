/* hsmctl measure: a burst of operations. */

#include "action.h"
#include "board.h"
#include "json.h"
#include "screen.h"
#include "ticker.h"
#include "verbs.h"
#include "words.h"

/* Two bursts of a minute at most, and what a machine that hangs takes to be given up. */
#define DEADLINE (240 * USEC_PER_SEC)
#define ENTRIES_MAX 48

/* The answer: a dictionary of numbers, words and yes or no. Texts belong to the message. */
typedef struct Entry {
        const char *key;
        char type;
        uint64_t number;
        const char *text;
} Entry;

typedef struct Entries {
        Entry e[ENTRIES_MAX];
        size_t n;
} Entries;

static int read_value(sd_bus_message *m, Entry *e) {
        uint32_t u32 = 0;
        int yes = 0, r;

        switch (e->type) {
        case 's':
                return sd_bus_message_read(m, "v", "s", &e->text);
        case 'u':
                r = sd_bus_message_read(m, "v", "u", &u32);
                e->number = u32;
                return r;
        case 'b':
                r = sd_bus_message_read(m, "v", "b", &yes);
                e->number = (uint64_t) yes;
                return r;
        case 't':
                return sd_bus_message_read(m, "v", "t", &e->number);
        default:
                return sd_bus_message_skip(m, "v");
        }
}

static int read_entry(sd_bus_message *m, Entry *ret) {
        const char *contents = "";
        Entry e = {.text = ""};
        int r = sd_bus_message_read(m, "s", &e.key);

        if (r < 0)
                return r;
        r = sd_bus_message_peek_type(m, NULL, &contents);
        if (r < 0)
                return r;
        e.type = contents ? contents[0] : 0;
        r = read_value(m, &e);
        if (r < 0)
                return r;
        *ret = e;
        return sd_bus_message_exit_container(m);
}

static int read_entries(sd_bus_message *m, Entries *ret) {
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && ret->n < ENTRIES_MAX && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_entry(m, &ret->e[ret->n]);
                ret->n += r >= 0;
        }
        return r;
}

static const Entry *find(const Entries *list, const char *key) {
        static const Entry none = {.key = "", .type = 't', .text = ""};

        for (size_t i = 0; i < list->n; i++)
                if (streq(list->e[i].key, key))
                        return &list->e[i];
        return &none;
}

static unsigned long long number(const Entries *list, const char *key) {
        return (unsigned long long) find(list, key)->number;
}

static void print_json(const Entries *list, bool pretty) {
        Json j = {.f = stdout, .pretty = pretty};

        json_open(&j, NULL, '{');
        for (size_t i = 0; i < list->n; i++) {
                const Entry *e = &list->e[i];

                if (e->type == 's') /* enumerations here are one word each, alike in both spellings */
                        json_string(&j, e->key, e->text);
                else if (e->type == 'b')
                        json_bool(&j, e->key, e->number != 0);
                else
                        json_unsigned(&j, e->key, e->number);
        }
        json_close(&j, '}');
        json_end(&j);
}

static void put_label(const Screen *s, const char *label) {
        fputs("  ", s->f);
        screen_cell(s, COLOUR_DIM, label, 12, true);
}

static void put_latencies(const Screen *s, const Entries *list) {
        const char *const keys[] = {"burst_p50_us", "burst_p95_us", "burst_p99_us", "burst_max_us"};
        const char *const titles[] = {"p50", "p95", "p99", screen_say(s, "max", "最长")};

        put_label(s, screen_say(s, "latency", "用时"));
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                char took[32];

                word_of_duration(s->lang, number(list, keys[i]), took, sizeof(took));
                fprintf(s->f, "%s%s %s", i ? screen_say(s, ", ", "，") : "", titles[i], took);
        }
        fputc('\n', s->f);
}

static void put_counts(const Screen *s, const Entries *list) {
        bool bad = number(list, "burst_errors") > 0 || number(list, "wrong") > 0;
        char text[160];

        snprintf(text, sizeof(text), screen_say(s, "%llu, %llu errors", "%llu 次，失败 %llu 次"),
                number(list, "burst_operations"), number(list, "burst_errors"));
        put_label(s, screen_say(s, "operations", "运算"));
        screen_cell(s, number(list, "burst_errors") ? COLOUR_BAD : COLOUR_NONE, text, 66, false);
        snprintf(text, sizeof(text),
                screen_say(s, "%llu checked in software, %llu wrong", "软件验签 %llu 次，错误 %llu 次"),
                number(list, "verified"), number(list, "wrong"));
        fputc('\n', s->f);
        put_label(s, screen_say(s, "signatures", "抽样验签"));
        screen_cell(s, bad ? COLOUR_BAD : COLOUR_NONE, text, 66, false);
        fputc('\n', s->f);
}

/* What the number is good for. */
static void put_meaning(const Screen *s, const Options *o, const Entries *list) {
        if (number(list, "stopped"))
                fprintf(s->f, "%s\n",
                        screen_say(s, "  The burst was stopped before its end.", "  测量提前停止。"));
        fprintf(s->f, "%s\n",
                o->out_of_service ? screen_say(s, "  This is now what the machine can do (its baseline).",
                                            "  该速率已记为这台密码机的实际能力（基准）。")
                                  : screen_say(s,
                                            "  This is what was to spare beside the machine's work, not what "
                                            "it can do.",
                                            "  这是业务之外的余量，不是密码机的全部能力。"));
}

static void print_page(const Options *o, const Entries *list) {
        Screen s;

        screen_init(&s, o);
        screen_cell(&s, COLOUR_BOLD, o->args[1], 40, false);
        fprintf(s.f, "  %s%s%s\n", find(list, "name")->text, screen_say(&s, ", ", "，"),
                o->out_of_service ? screen_say(&s, "out of service", "退出服务测量")
                                  : screen_say(&s, "in service", "在线测量"));
        put_label(&s, screen_say(&s, "rate", "速率"));
        fprintf(s.f, screen_say(&s, "%.1f operations/s with %llu sessions\n", "%.1f 次/秒，%llu 个会话\n"),
                (double) number(list, "rate_milli_per_s") / 1000, number(list, "burst_sessions"));
        put_label(&s, screen_say(&s, "limited by", "瓶颈"));
        fprintf(s.f, "%s\n",
                word_of_limit(s.lang, name_value(&limited_by_names, find(list, "limited_by")->text)));
        put_latencies(&s, list);
        put_counts(&s, list);
        put_meaning(&s, o, list);
}

static int ask(Client *client, const Options *o, sd_bus_message **ret_reply) {
        char what[128];
        Ticker ticker;
        int r;

        snprintf(what, sizeof(what), say(o, "measuring %s", "正在测量 %s"), o->args[1]);
        ticker_start(&ticker, client, o, what);
        r = client_call(client, DEADLINE, ret_reply, "Measure", "suutbbs", o->args[1], o->key, o->sessions,
                (uint64_t) (o->duration * (double) USEC_PER_SEC), (int) o->out_of_service, (int) o->force,
                o->by);
        ticker_end(&ticker, client);
        return r;
}

ExitCode verb_measure(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_MESSAGE sd_bus_message *answer = NULL, *reply = NULL;
        Entries entries = {.n = 0};
        int r = client_new(o->socket, &client);

        /* a hsmd that has stopped is found out soon, though a burst takes longer */
        if (r >= 0)
                r = client_call(client, CLIENT_DEADLINE, &answer, "GetFleet", NULL);
        if (r >= 0)
                r = ask(client, o, &reply);
        if (r >= 0)
                r = read_entries(reply, &entries) < 0 ? -EBADMSG : 0;
        if (r < 0)
                return action_failed(o, client, r);
        if (o->json)
                print_json(&entries, o->json == JSON_PRETTY);
        else
                print_page(o, &entries);
        return EXIT_OK;
}
