/* hsmctl measure: a burst of operations. */

#include "action.h"
#include "json.h"
#include "screen.h"
#include "verbs.h"
#include "words.h"

#define DEADLINE (120 * USEC_PER_SEC)
#define ENTRIES_MAX 48

/* The answer: a dictionary of numbers, words and yes or no. */
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
        uint32_t u32;
        int yes, r;

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

static int read_entries(sd_bus_message *m, Entries *ret) {
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                Entry *e = &ret->e[MIN_OF(ret->n, (size_t) ENTRIES_MAX - 1)];
                const char *type;

                r = sd_bus_message_read(m, "s", &e->key);
                if (r >= 0)
                        r = sd_bus_message_peek_type(m, NULL, &type);
                if (r >= 0) {
                        e->type = type[0];
                        r = read_value(m, e);
                }
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                ret->n = MIN_OF(ret->n + 1, (size_t) ENTRIES_MAX);
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

static uint64_t number(const Entries *list, const char *key) {
        return find(list, key)->number;
}

static void print_json(const Entries *list, bool pretty) {
        Json j = {.f = stdout, .pretty = pretty};

        json_open(&j, NULL, '{');
        for (size_t i = 0; i < list->n; i++) {
                const Entry *e = &list->e[i];

                if (e->type == 's')
                        json_string(&j, e->key, e->text);
                else if (e->type == 'b')
                        json_bool(&j, e->key, e->number != 0);
                else
                        json_unsigned(&j, e->key, e->number);
        }
        json_close(&j, '}');
        json_end(&j);
}

static const char *limit_words(const Options *o, const char *limit) {
        if (streq(limit, "client"))
                return say(o, "this host's processor: the machine can do more", "本机处理器：密码机还能更快");
        if (streq(limit, "load"))
                return say(o, "the machine's own work: the burst was stopped for its sake",
                        "密码机正忙于业务：为不影响业务已提前停止");
        if (streq(limit, "machine"))
                return say(o, "the machine: more sessions bring no more", "密码机本身：再增加会话也不会更快");
        return say(o, "nothing that was found: more sessions may bring more", "未发现瓶颈：增加会话可能更快");
}

static void print_page(const Options *o, const Entries *list) {
        const char *const names[] = {"burst_p50_us", "burst_p95_us", "burst_p99_us", "burst_max_us"};
        const char *const titles[] = {"p50", "p95", "p99", "max"};
        char took[32];

        printf(say(o, "%s, %s, %s\n", "%s，%s，%s\n"), o->args[1], find(list, "name")->text,
                o->out_of_service ? say(o, "out of service", "退出服务测量")
                                  : say(o, "in service", "在线测量"));
        printf(say(o, "  rate         %.1f operations/s with %llu sessions\n",
                       "  速率         %.1f 次/秒，%llu 个会话\n"),
                (double) number(list, "rate_milli_per_s") / 1000,
                (unsigned long long) number(list, "burst_sessions"));
        printf(say(o, "  limited by   %s\n", "  瓶颈         %s\n"),
                limit_words(o, find(list, "limited_by")->text));
        printf(say(o, "  latency     ", "  耗时        "));
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                word_of_duration(o->lang, number(list, names[i]), took, sizeof(took));
                printf(" %s %s", titles[i], took);
        }
        printf(say(o, "\n  operations   %llu, %llu errors; %llu signatures verified, %llu wrong\n",
                       "\n  运算         %llu 次，错误 %llu 次；验签 %llu 次，错误 %llu 次\n"),
                (unsigned long long) number(list, "burst_operations"),
                (unsigned long long) number(list, "burst_errors"),
                (unsigned long long) number(list, "verified"), (unsigned long long) number(list, "wrong"));
}

ExitCode verb_measure(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_MESSAGE sd_bus_message *answer = NULL, *reply = NULL;
        Entries entries = {.n = 0};
        int r = client_new(o->socket, &client);

        if (r >= 0)
                r = client_call(client, CLIENT_DEADLINE, &answer, "GetFleet", NULL);
        if (r >= 0 && !o->json)
                fputs(say(o, "measuring…\n", "正在测量…\n"), stderr);
        if (r >= 0)
                r = client_call(client, DEADLINE, &reply, "Measure", "suutbbs", o->args[1], o->key,
                        o->sessions, (uint64_t) (o->duration * USEC_PER_SEC), (int) o->out_of_service,
                        (int) o->force, o->by);
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
