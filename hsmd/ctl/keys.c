/* hsmctl keys: the key matrix, and keys confirm. */

#include "action.h"
#include "json-picture.h"
#include "screen.h"
#include "terms.h"
#include "verbs.h"
#include "width.h"
#include "words.h"

#define TABLES (1U << BOARD_POOLS | 1U << BOARD_DEVICES | 1U << BOARD_KEYS | 1U << BOARD_POOL_KEYS)
#define CELL 12

static const char *cell_word(Lang lang, unsigned state) {
        switch (state) {
        case KEY_USABLE:
                return lang == LANG_ZH ? "可用" : "usable";
        case KEY_PRESENT_ONLY:
                return lang == LANG_ZH ? "仅存在" : "present";
        case KEY_MISMATCH:
                return lang == LANG_ZH ? "不一致" : "OTHER";
        case KEY_MISSING:
                return lang == LANG_ZH ? "缺失" : "MISSING";
        case KEY_FAILING:
                return lang == LANG_ZH ? "使用失败" : "FAILING";
        default:
                return lang == LANG_ZH ? "未知" : "?";
        }
}

static Colour cell_colour(unsigned state) {
        switch (state) {
        case KEY_USABLE:
                return COLOUR_GOOD;
        case KEY_PRESENT_ONLY:
                return COLOUR_NONE;
        case KEY_UNKNOWN:
                return COLOUR_DIM;
        default:
                return COLOUR_BAD;
        }
}

static const char *matrix_words(Lang lang, unsigned state) {
        static const char *const zh[] = {[MATRIX_IDENTICAL] = "各台一致",
                [MATRIX_MISSING] = "有成员缺失",
                [MATRIX_DIFFERENT] = "同名而不一致",
                [MATRIX_FAILING] = "有成员使用失败",
                [MATRIX_NOWHERE] = "无一台可用",
                [MATRIX_UNKNOWN] = "状态未知"};
        static const char *const en[] = {[MATRIX_IDENTICAL] = "identical everywhere",
                [MATRIX_MISSING] = "missing on a member",
                [MATRIX_DIFFERENT] = "one name, several keys",
                [MATRIX_FAILING] = "failing on a member",
                [MATRIX_NOWHERE] = "usable nowhere",
                [MATRIX_UNKNOWN] = "not known yet"};

        if (state < 1 || state >= ELEMENTSOF(zh))
                return "?";
        return lang == LANG_ZH ? zh[state] : en[state];
}

static const char *origin_words(Lang lang, unsigned origin) {
        static const char *const zh[] = {[PIN_ORIGIN_NONE] = "未登记",
                [PIN_ORIGIN_CONFIGURED] = "公钥来自配置",
                [PIN_ORIGIN_CONFIRMED] = "公钥已确认",
                [PIN_ORIGIN_UNCONFIRMED] = "公钥按首次所见登记，待确认"};
        static const char *const en[] = {[PIN_ORIGIN_NONE] = "nothing pinned",
                [PIN_ORIGIN_CONFIGURED] = "configured",
                [PIN_ORIGIN_CONFIRMED] = "confirmed",
                [PIN_ORIGIN_UNCONFIRMED] = "first sight, to be confirmed"};

        if (origin < 1 || origin >= ELEMENTSOF(zh))
                return "?";
        return lang == LANG_ZH ? zh[origin] : en[origin];
}

static const KeyRow *find_key(const Picture *p, uint32_t device, uint32_t number) {
        for (size_t i = 0; i < picture_rows(p, BOARD_KEYS); i++) {
                const KeyRow *k = picture_row(p, BOARD_KEYS, i);

                if (k->device == device && k->number == number)
                        return k;
        }
        return NULL;
}

static void show_head(const Screen *s, const Picture *p, const PoolRow *pool) {
        fprintf(s->f, "%s  %s\n", pool->name, pool->title);
        screen_cell(s, COLOUR_BOLD, screen_say(s, "  KEY", "  密钥"), 18, true);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                if (picture_device(p, i)->pool == pool->number)
                        screen_cell(s, COLOUR_BOLD, picture_device(p, i)->name, CELL, true);
        fputc('\n', s->f);
}

static void show_certificate(const Screen *s, const char *device, const KeyRow *k) {
        Shown shown;

        field_show(&board_tables[BOARD_KEYS], KeyField_certificate_expires, k, now_monotonic(), &shown);
        if (shown.kind == SHOWN_STRING)
                fprintf(s->f,
                        screen_say(s, "      %s: certificate until %s\n", "      %s：证书有效期至 %s\n"),
                        device, shown.string);
}

static void show_more(const Screen *s, const Picture *p, const PoolKeyRow *key) {
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                const DeviceRow *d = picture_device(p, i);
                const KeyRow *k = d->pool == key->pool ? find_key(p, d->number, key->number) : NULL;

                if (!k)
                        continue;
                fprintf(s->f, "      %s: %s %s\n", d->name,
                        cell_word(s->lang, ROW_GET(Key, k, state, KEY_UNKNOWN)),
                        field_valid(k, KeyField_fingerprint) ? k->fingerprint : "-");
                show_certificate(s, d->name, k);
        }
}

static void show_row(const Screen *s, const Picture *p, const PoolKeyRow *key, bool verbose) {
        char name[96];

        snprintf(name, sizeof(name), "  %u %s", key->number,
                field_valid(key, PoolKeyField_label) ? key->label : "-");
        screen_cell(s, COLOUR_NONE, name, 18, true);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++) {
                const DeviceRow *d = picture_device(p, i);
                const KeyRow *k = d->pool == key->pool ? find_key(p, d->number, key->number) : NULL;
                unsigned state = k ? ROW_GET(Key, k, state, KEY_UNKNOWN) : KEY_UNKNOWN;

                if (d->pool == key->pool)
                        screen_cell(s, cell_colour(state), cell_word(s->lang, state), CELL, true);
        }
        fprintf(s->f, "\n    %s, %s, %s: %s", name_of(&key_type_names, key->type),
                name_of(&exercise_names, key->exercise), screen_say(s, "over the pool", "全集群"),
                matrix_words(s->lang, ROW_GET(PoolKey, key, state, MATRIX_UNKNOWN)));
        fprintf(s->f, "; %s", origin_words(s->lang, ROW_GET(PoolKey, key, origin, PIN_ORIGIN_NONE)));
        if (field_valid(key, PoolKeyField_fingerprint))
                fprintf(s->f, " %.16s", key->fingerprint);
        if (field_valid(key, PoolKeyField_detail))
                fprintf(s->f, "\n    %s", key->detail);
        fputc('\n', s->f);
        if (verbose)
                show_more(s, p, key);
}

static bool show_pools(const Screen *s, const Picture *p, const char *only, bool verbose) {
        bool any = false;

        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++) {
                const PoolRow *pool = picture_pool(p, i);

                if (only && !streq(only, pool->name))
                        continue;
                any = true;
                show_head(s, p, pool);
                for (size_t k = 0; k < picture_rows(p, BOARD_POOL_KEYS); k++) {
                        const PoolKeyRow *key = picture_row(p, BOARD_POOL_KEYS, k);

                        if (key->pool == pool->number)
                                show_row(s, p, key, verbose);
                }
        }
        return any;
}

static ExitCode no_such_pool(const Options *o, const Picture *p, const char *name) {
        fprintf(stderr, say(o, "hsmctl: there is no pool %s; there are:", "hsmctl：没有集群 %s；现有："),
                name);
        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++)
                fprintf(stderr, " %s", picture_pool(p, i)->name);
        fputc('\n', stderr);
        return EXIT_NOT_FOUND;
}

/* What is about to be confirmed, and whether the person means it. */
static bool person_agrees(const Options *o, const Picture *p, const char *pool) {
        char answer[16];
        Screen s;

        screen_init(&s, o);
        show_pools(&s, p, pool[0] ? pool : NULL, false);
        if (o->yes)
                return true;
        fputs(say(o, "Compare the fingerprints with the record of key generation. Are they right? [y/N] ",
                      "请与密钥生成记录核对公钥摘要。是否无误？[y/N] "),
                stdout);
        fflush(stdout);
        return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static ExitCode confirm(const Options *o, Client *client, const Picture *p) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *pool = o->n_args > 2 ? o->args[2] : "", *words = "";
        char *end = NULL;
        unsigned long key = o->n_args > 3 ? strtoul(o->args[3], &end, 10) : 0;
        int r;

        if (end && (*end || key == 0 || key > INT32_MAX)) {
                fprintf(stderr,
                        say(o, "hsmctl: “%s” is no key's number; hsmctl keys shows them\n",
                                "hsmctl：“%s” 不是密钥号；hsmctl keys 列出密钥号\n"),
                        o->args[3]);
                return EXIT_USAGE;
        }
        if (!person_agrees(o, p, pool)) {
                fputs(say(o, "nothing was confirmed\n", "未确认任何公钥\n"), stderr);
                return EXIT_REFUSED;
        }
        r = client_call(client, CLIENT_DEADLINE, &reply, "ConfirmKeys", "sus", pool, (uint32_t) key, o->by);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &words);
        if (r < 0)
                return action_failed(o, client, r);
        puts(words);
        return EXIT_OK;
}

ExitCode verb_keys(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        bool confirming = o->n_args > 1 && streq(o->args[1], "confirm");
        const char *pool = o->n_args > 1 && !confirming ? o->args[1] : NULL;
        Screen s;
        int r = client_new(o->socket, &client);

        if (r >= 0)
                r = picture_fetch(client, TABLES, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        if (confirming)
                return confirm(o, client, &p);
        if (o->json) {
                json_tables(stdout, &p, TABLES, o->json == JSON_PRETTY);
                return EXIT_OK;
        }
        screen_init(&s, o);
        return show_pools(&s, &p, pool, o->verbose) ? EXIT_OK : no_such_pool(o, &p, pool ? pool : "");
}
