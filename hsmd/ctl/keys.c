/* hsmctl keys: the key matrix, and keys confirm. */

#include "action.h"
#include "json-picture.h"
#include "keys-view.h"
#include "missing.h"
#include "verbs.h"
#include "words.h"

static ExitCode show_pools(const Options *o, const Picture *p, const char *only) {
        Screen s;

        screen_init(&s, o);
        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++) {
                const PoolRow *pool = picture_pool(p, i);
                int r;

                if (only && !streq(only, pool->name))
                        continue;
                if (i > 0 && !only)
                        fputc('\n', s.f);
                r = keys_view(&s, p, pool, o->verbose);
                if (r < 0)
                        return client_complain(o, NULL, r);
        }
        return EXIT_OK;
}

/* --- confirming */

/* What somebody is asked to confirm: a pool or all, one key or all. */
typedef struct Scope {
        const PoolRow *pool; /* NULL: all */
        uint32_t key;        /* 0: all */
} Scope;

static bool in_scope(const Scope *scope, const PoolKeyRow *key) {
        return (!scope->pool || scope->pool->number == key->pool) &&
               (scope->key == 0 || scope->key == key->number);
}

static ExitCode no_such_key(const Options *o, const Picture *p, const Scope *scope) {
        fprintf(stderr,
                say(o, "hsmctl: pool %s has no key %u; there are:",
                        "hsmctl：密码机集群 %s 没有 %u 号密钥；现有："),
                scope->pool->name, scope->key);
        for (size_t i = 0; i < picture_rows(p, BOARD_POOL_KEYS); i++) {
                const PoolKeyRow *key = picture_row(p, BOARD_POOL_KEYS, i);

                if (key->pool == scope->pool->number)
                        fprintf(stderr, " %u", key->number);
        }
        fputc('\n', stderr);
        return EXIT_NOT_FOUND;
}

static ExitCode take_number(const Options *o, const char *word, uint32_t *ret) {
        char *end = NULL;
        unsigned long number = strtoul(word, &end, 10);

        if (end == word || *end || word[0] < '0' || word[0] > '9' || number == 0 || number > INT32_MAX) {
                fprintf(stderr,
                        say(o, "hsmctl: \"%s\" is no key's number; hsmctl keys shows them\n",
                                "hsmctl：“%s”不是密钥号；hsmctl keys 列出密钥号\n"),
                        word);
                return EXIT_USAGE;
        }
        *ret = (uint32_t) number;
        return EXIT_OK;
}

static ExitCode take_scope(const Options *o, const Picture *p, Scope *ret) {
        Scope scope = {0};
        bool any = false;

        if (o->n_args > 3 && take_number(o, o->args[3], &scope.key) != EXIT_OK)
                return EXIT_USAGE;
        if (o->n_args > 2) {
                scope.pool = picture_find_pool(p, o->args[2]);
                if (!scope.pool)
                        return no_such_pool(o, p, o->args[2]);
        }
        for (size_t i = 0; i < picture_rows(p, BOARD_POOL_KEYS); i++)
                any = any || in_scope(&scope, picture_row(p, BOARD_POOL_KEYS, i));
        if (scope.key != 0 && !any)
                return no_such_key(o, p, &scope);
        *ret = scope;
        return EXIT_OK;
}

static const char *pool_name(const Picture *p, uint32_t number) {
        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++)
                if (picture_pool(p, i)->number == number)
                        return picture_pool(p, i)->name;
        return "?";
}

static void show_candidate(const Options *o, const Picture *p, const PoolKeyRow *key) {
        char name[128], print[80];
        Screen s;

        screen_init(&s, o);
        key_name(key, name, sizeof(name));
        key_fingerprint(
                field_valid(key, PoolKeyField_fingerprint) ? key->fingerprint : "", 32, print, sizeof(print));
        fprintf(s.f, "%s  ", pool_name(p, key->pool));
        screen_cell(&s, COLOUR_BOLD, name, 60, false);
        fprintf(s.f, say(o, "  %s, held alike by %u of %u machines\n", "  %1$s，%3$u台中%2$u台一致\n"),
                word_of_key_type(ROW_GET(PoolKey, key, type, KEY_TYPE_OTHER)),
                ROW_GET(PoolKey, key, members_usable, 0), ROW_GET(PoolKey, key, members, 0));
        fprintf(s.f, "    %s\n", print);
        if (ROW_GET(PoolKey, key, state, MATRIX_UNKNOWN) == MATRIX_DIFFERENT)
                screen_cell(&s, COLOUR_BAD,
                        say(o, "    Not all machines hold this key: see hsmctl keys before you confirm.\n",
                                "    并非每台密码机都是这把密钥：确认前请先看 hsmctl keys。\n"),
                        SIZE_MAX, false);
}

/* Shows what waits for a word; returns how many keys. */
static unsigned show_candidates(const Options *o, const Picture *p, const Scope *scope) {
        unsigned n = 0;

        for (size_t i = 0; i < picture_rows(p, BOARD_POOL_KEYS); i++) {
                const PoolKeyRow *key = picture_row(p, BOARD_POOL_KEYS, i);

                if (!in_scope(scope, key) ||
                        ROW_GET(PoolKey, key, origin, PIN_ORIGIN_NONE) != PIN_ORIGIN_UNCONFIRMED)
                        continue;
                show_candidate(o, p, key);
                n++;
        }
        return n;
}

static bool person_agrees(const Options *o) {
        char answer[16];

        if (o->yes)
                return true;
        fputs(say(o,
                      "\nCompare each fingerprint with the record of the key's generation.\n"
                      "Are they right? [y/N] ",
                      "\n请逐一与密钥生成记录核对公钥摘要。\n是否无误？[y/N] "),
                stdout);
        fflush(stdout);
        return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y') &&
               (answer[1] == '\n' || strncasecmp(answer, "yes\n", 4) == 0);
}

static ExitCode send_confirmation(const Options *o, Client *client, const Scope *scope, unsigned n) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *words = "";
        int r = client_call(client, CLIENT_DEADLINE, &reply, "ConfirmKeys", "sus",
                scope->pool ? scope->pool->name : "", scope->key, o->by);

        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &words);
        if (r < 0)
                return action_failed(o, client, r);
        if (o->lang == LANG_ZH)
                printf("已确认 %u 把密钥的公钥\n", n);
        else
                puts(words);
        return EXIT_OK;
}

static ExitCode confirm(const Options *o, Client *client, const Picture *p) {
        Scope scope = {0};
        unsigned n;
        ExitCode code = take_scope(o, p, &scope);

        if (code != EXIT_OK)
                return code;
        n = show_candidates(o, p, &scope);
        if (n == 0) {
                puts(say(o, "no key waits to be confirmed", "没有待确认的密钥"));
                return EXIT_OK;
        }
        if (!person_agrees(o)) {
                fputs(say(o, "hsmctl: nothing was confirmed\n", "hsmctl：未确认任何公钥\n"), stderr);
                return EXIT_REFUSED;
        }
        return send_confirmation(o, client, &scope, n);
}

ExitCode verb_keys(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        bool confirming = o->n_args > 1 && streq(o->args[1], "confirm");
        const char *pool = o->n_args > 1 && !confirming ? o->args[1] : NULL;
        int r;

        if (!confirming && o->n_args > 2) {
                fputs(say(o, "hsmctl: right is: hsmctl keys [POOL], or: hsmctl keys confirm [POOL [KEY]]\n",
                              "hsmctl：正确用法：hsmctl keys [集群]，或 hsmctl keys confirm [集群 "
                              "[密钥号]]\n"),
                        stderr);
                return EXIT_USAGE;
        }
        r = client_new(o->socket, &client);
        if (r >= 0)
                r = picture_fetch(client, KEYS_VIEW_TABLES, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        if (confirming)
                return confirm(o, client, &p);
        if (pool && !picture_find_pool(&p, pool))
                return no_such_pool(o, &p, pool);
        if (!o->json)
                return show_pools(o, &p, pool);
        json_tables(stdout, &p, KEYS_VIEW_TABLES, o->json == JSON_PRETTY);
        return EXIT_OK;
}
