#include "keys-view.h"

#include <time.h>

#include "terms.h"
#include "width.h"
#include "words.h"

#define TEXT_SIZE 512
#define KEY_COLUMNS_MAX 26
#define KEY_COLUMNS_MIN 14
#define CELL_COLUMNS_MAX 14
#define INDENT 4
#define LABEL_COLUMNS 12

typedef struct Word {
        const char *en, *zh;
        Colour colour;
} Word;

static const Word cell_words[] = {
        [KEY_USABLE] = {"usable", "可用", COLOUR_GOOD},
        [KEY_PRESENT_ONLY] = {"present", "仅存在", COLOUR_NONE},
        [KEY_MISMATCH] = {"OTHER", "不一致", COLOUR_BAD},
        [KEY_MISSING] = {"MISSING", "缺失", COLOUR_BAD},
        [KEY_FAILING] = {"FAILING", "使用失败", COLOUR_BAD},
        [KEY_UNKNOWN] = {"?", "?", COLOUR_DIM},
};

static const Word matrix_words[] = {
        [MATRIX_IDENTICAL] = {"identical on all members", "各台一致", COLOUR_GOOD},
        [MATRIX_MISSING] = {"missing on some members", "有密码机缺失", COLOUR_BAD},
        [MATRIX_DIFFERENT] = {"one name, several keys", "同名而不一致", COLOUR_BAD},
        [MATRIX_FAILING] = {"fails on some members", "有密码机使用失败", COLOUR_BAD},
        [MATRIX_NOWHERE] = {"usable on no member", "无一台可用", COLOUR_BAD},
        [MATRIX_UNKNOWN] = {"not known yet", "状态未知", COLOUR_DIM},
};

static const Word origin_words[] = {
        [PIN_ORIGIN_NONE] = {"nothing on record to compare with", "未登记，无从核对", COLOUR_WARN},
        [PIN_ORIGIN_CONFIGURED] = {"on record from hsmd.conf", "登记自 hsmd.conf", COLOUR_NONE},
        [PIN_ORIGIN_CONFIRMED] = {"on record, confirmed", "已登记并确认", COLOUR_NONE},
        [PIN_ORIGIN_UNCONFIRMED] = {"first sight, to be confirmed", "公钥按首次所见登记，待确认",
                COLOUR_WARN},
};

_Static_assert(ELEMENTSOF(cell_words) == KEY_UNKNOWN + 1, "every state of a key has its word");
_Static_assert(ELEMENTSOF(matrix_words) == MATRIX_UNKNOWN + 1, "every state of the matrix has its words");
_Static_assert(ELEMENTSOF(origin_words) == PIN_ORIGIN_UNCONFIRMED + 1, "every origin of a pin has its words");

/* One pool as it is laid out. */
typedef struct Matrix {
        const Screen *s;
        const Picture *p;
        const PoolRow *pool;
        const DeviceRow **members;
        size_t n;
        size_t key_columns, cell_columns, gap;
        size_t in_block; /* so many members stand side by side */
} Matrix;

static const char *in_language(const Screen *s, const Word *w) {
        return screen_say(s, w->en, w->zh);
}

static const Word *cell_of(const KeyRow *k) {
        unsigned state = k ? ROW_GET(Key, k, state, KEY_UNKNOWN) : KEY_UNKNOWN;

        return &cell_words[state >= KEY_USABLE && state <= KEY_UNKNOWN ? state : KEY_UNKNOWN];
}

/* Rows stand in the order of device and number. */
static const KeyRow *find_key(const Picture *p, uint32_t device, uint32_t number) {
        size_t low = 0, high = picture_rows(p, BOARD_KEYS);

        while (low < high) {
                size_t middle = (low + high) / 2;
                const KeyRow *k = picture_row(p, BOARD_KEYS, middle);

                if (k->device == device && k->number == number)
                        return k;
                if (k->device < device || (k->device == device && k->number < number))
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

void key_name(const PoolKeyRow *key, char *dst, size_t size) {
        snprintf(dst, size, "%u %s", key->number, field_valid(key, PoolKeyField_label) ? key->label : "");
}

void key_fingerprint(const char *fingerprint, size_t octets, char *dst, size_t size) {
        size_t n = 0;

        for (size_t i = 0; fingerprint[i] && i < 2 * octets && n + 2 < size; i++) {
                if (i > 0 && i % 16 == 0)
                        dst[n++] = ' ';
                dst[n++] = fingerprint[i];
        }
        if (n == 0)
                dst[n++] = '-';
        dst[n] = '\0';
}

static void lay_out(Matrix *m) {
        size_t key = 0, cell = 0, width = m->s->width;

        for (size_t i = 0; i < picture_rows(m->p, BOARD_POOL_KEYS); i++) {
                const PoolKeyRow *k = picture_row(m->p, BOARD_POOL_KEYS, i);
                char name[128];

                key_name(k, name, sizeof(name));
                if (k->pool == m->pool->number)
                        key = MAX_OF(key, text_width(name));
        }
        for (size_t i = KEY_USABLE; i <= KEY_UNKNOWN; i++)
                cell = MAX_OF(cell, text_width(in_language(m->s, &cell_words[i])));
        for (size_t i = 0; i < m->n; i++)
                cell = MAX_OF(cell, text_width(m->members[i]->name));
        cell = MIN_OF(cell, (size_t) CELL_COLUMNS_MAX);
        key = MIN_OF(MAX_OF(key, (size_t) 4), (size_t) KEY_COLUMNS_MAX);
        m->gap = key + m->n * (cell + 2) <= width ? 2 : 1;
        /* the key's label gives way before the members are put one below the other */
        if (key + m->n * (cell + m->gap) > width)
                key = MIN_OF(key, (size_t) KEY_COLUMNS_MIN);
        m->in_block = width > key + cell + m->gap ? (width - key) / (cell + m->gap) : 1;
        m->in_block = MIN_OF(MAX_OF(m->in_block, (size_t) 1), MAX_OF(m->n, (size_t) 1));
        if (m->in_block == m->n && width != SIZE_MAX)
                key = MAX_OF(key, MIN_OF(width - m->n * (cell + m->gap), (size_t) KEY_COLUMNS_MIN));
        m->key_columns = key;
        m->cell_columns = cell;
}

static void put_blank(const Screen *s, size_t n) {
        fprintf(s->f, "%*s", (int) n, "");
}

static void put_line_of_block(const Matrix *m, size_t first, const PoolKeyRow *key) {
        size_t end = MIN_OF(first + m->in_block, m->n);
        char name[128];

        if (key)
                key_name(key, name, sizeof(name));
        screen_cell(m->s, key ? COLOUR_NONE : COLOUR_DIM, key ? name : screen_say(m->s, "KEY", "密钥"),
                m->key_columns, true);
        for (size_t i = first; i < end; i++) {
                const Word *w = key ? cell_of(find_key(m->p, m->members[i]->number, key->number)) : NULL;

                put_blank(m->s, m->gap);
                screen_cell(m->s, w ? w->colour : COLOUR_DIM, w ? in_language(m->s, w) : m->members[i]->name,
                        m->cell_columns, i + 1 < end);
        }
        fputc('\n', m->s->f);
}

static void put_table(const Matrix *m) {
        for (size_t first = 0; first < m->n; first += m->in_block) {
                put_line_of_block(m, first, NULL);
                for (size_t i = 0; i < picture_rows(m->p, BOARD_POOL_KEYS); i++) {
                        const PoolKeyRow *key = picture_row(m->p, BOARD_POOL_KEYS, i);

                        if (key->pool == m->pool->number)
                                put_line_of_block(m, first, key);
                }
                fputc('\n', m->s->f);
        }
}

/* A label and its text, wrapped below each other. */
static void put_fact(const Screen *s, const char *label, Colour colour, const char *text) {
        size_t indent = INDENT + LABEL_COLUMNS;
        size_t columns = s->width > indent + 8 ? s->width - indent : 8;
        const char *rest = text;

        put_blank(s, INDENT);
        screen_cell(s, COLOUR_DIM, label, LABEL_COLUMNS - 1, true);
        put_blank(s, 1);
        do {
                size_t n = wrap_length(rest, columns), shown = n;
                char line[TEXT_SIZE];

                while (shown > 0 && rest[shown - 1] == ' ')
                        shown--;
                snprintf(line, sizeof(line), "%.*s", (int) shown, rest);
                rest += n;
                rest += strspn(rest, " ");
                screen_cell(s, colour, line, columns, false);
                fputc('\n', s->f);
                if (*rest)
                        put_blank(s, indent);
        } while (*rest);
}

bool key_certificate(const KeyRow *k, long *ret_days, char ret_date[static 16]) {
        time_t when, now = time(NULL);
        struct tm tm;

        if (!field_valid(k, KeyField_certificate_expires))
                return false;
        when = (time_t) (k->certificate_expires / USEC_PER_SEC);
        if (!localtime_r(&when, &tm) || strftime(ret_date, 16, "%Y-%m-%d", &tm) == 0)
                return false;
        *ret_days = (long) ((when - now) / 86400) - (when < now);
        return true;
}

static void put_certificate(const Screen *s, const DeviceRow *d, const KeyRow *k, bool verbose) {
        char text[TEXT_SIZE], date[16];
        long days;

        if (!key_certificate(k, &days, date) || (!verbose && days >= CERTIFICATE_DAYS))
                return;
        if (days < 0)
                snprintf(text, sizeof(text),
                        screen_say(s, "its certificate expired on %s", "证书已于 %s 到期"), date);
        else
                snprintf(text, sizeof(text),
                        screen_say(s, "its certificate expires on %s, in %ld days",
                                "证书将于 %s 到期，还有 %ld 天"),
                        date, days);
        put_fact(s, d->name, days < CERTIFICATE_DAYS ? COLOUR_WARN : COLOUR_NONE, text);
}

/* Whether a member's key is not as it should be. With nothing on record nobody can say whose is right: then
 * all that differ from each other are told. */
static bool member_differs(const PoolKeyRow *key, const KeyRow *k) {
        switch (k ? ROW_GET(Key, k, state, KEY_UNKNOWN) : KEY_UNKNOWN) {
        case KEY_USABLE:
        case KEY_PRESENT_ONLY:
                return ROW_GET(PoolKey, key, state, MATRIX_UNKNOWN) == MATRIX_DIFFERENT &&
                       (!field_valid(key, PoolKeyField_fingerprint) ||
                               (field_valid(k, KeyField_fingerprint) &&
                                       !streq(k->fingerprint, key->fingerprint)));
        default:
                return true;
        }
}

/* Whether a reason says no more than the state does. */
static bool reason_is_said(unsigned state, unsigned reason) {
        return reason <= REASON_NONE || (state == KEY_MISSING && reason == REASON_KEY_MISSING) ||
               (state == KEY_MISMATCH && reason == REASON_KEY_MISMATCH);
}

static void put_member(const Screen *s, const PoolKeyRow *key, const DeviceRow *d, const KeyRow *k) {
        unsigned state = k ? ROW_GET(Key, k, state, KEY_UNKNOWN) : KEY_UNKNOWN;
        unsigned reason = k ? ROW_GET(Key, k, key_reason, REASON_NONE) : REASON_NONE;
        const Word *w = cell_of(k);
        char text[TEXT_SIZE], print[64] = "";

        /* which key it is matters where there are several */
        if (ROW_GET(PoolKey, key, state, MATRIX_UNKNOWN) == MATRIX_DIFFERENT && k &&
                field_valid(k, KeyField_fingerprint))
                key_fingerprint(k->fingerprint, 8, print, sizeof(print));
        snprintf(text, sizeof(text), "%s%s%s%s%s",
                state == KEY_UNKNOWN ? screen_say(s, "not known", "状态未知") : in_language(s, w),
                *print ? " " : "", print, reason_is_said(state, reason) ? "" : screen_say(s, ": ", "："),
                reason_is_said(state, reason) ? "" : word_of_reason(s->lang, reason, false));
        put_fact(s, d->name, w->colour, text);
}

/* How often and how fast, for who asks for more. */
static void put_uses(const Screen *s, const Picture *p, const DeviceRow *d, const KeyRow *k) {
        char text[TEXT_SIZE], age[32], took[32] = "-";

        if (!field_valid(k, KeyField_last_signed_age))
                return;
        word_of_age(s->lang, p->now > k->last_signed_age ? (p->now - k->last_signed_age) / USEC_PER_SEC : 0,
                age, sizeof(age));
        if (field_valid(k, KeyField_latency))
                word_of_duration(s->lang, k->latency, took, sizeof(took));
        snprintf(text, sizeof(text),
                screen_say(s, "used %3$llu times, %4$llu failed, last %1$s ago in %2$s; %5$s",
                        "使用%3$llu次，失败%4$llu次，最近在%1$s前，用时 %2$s；%5$s"),
                age, took, (unsigned long long) ROW_GET(Key, k, signs, 0),
                (unsigned long long) ROW_GET(Key, k, failures, 0),
                field_valid(k, KeyField_mechanism) ? k->mechanism : "-");
        put_fact(s, d->name, COLOUR_NONE, text);
}

static void put_members(const Matrix *m, const PoolKeyRow *key, bool verbose) {
        for (size_t i = 0; i < m->n; i++) {
                const DeviceRow *d = m->members[i];
                const KeyRow *k = find_key(m->p, d->number, key->number);

                if (member_differs(key, k))
                        put_member(m->s, key, d, k);
                if (verbose && k)
                        put_uses(m->s, m->p, d, k);
                if (k)
                        put_certificate(m->s, d, k, verbose);
        }
}

static void put_record(const Screen *s, const PoolKeyRow *key, bool verbose) {
        const Word *w = &origin_words[PIN_ORIGIN_NONE];
        unsigned origin = ROW_GET(PoolKey, key, origin, PIN_ORIGIN_NONE);
        char text[TEXT_SIZE], print[80] = "";

        if (origin >= PIN_ORIGIN_NONE && origin <= PIN_ORIGIN_UNCONFIRMED)
                w = &origin_words[origin];
        if (field_valid(key, PoolKeyField_fingerprint))
                key_fingerprint(key->fingerprint, verbose ? 32 : 8, print, sizeof(print));
        snprintf(text, sizeof(text), "%s%s%s", print, *print ? screen_say(s, ", ", "，") : "",
                in_language(s, w));
        put_fact(s,
                key->type == KEY_TYPE_SM4 || key->type == KEY_TYPE_AES
                        ? screen_say(s, "check value", "校验值")
                        : screen_say(s, "fingerprint", term_zh("fingerprint")),
                w->colour, text);
}

/* Who has not told yet is not counted among those that are alike. */
static const Word *matrix_word(const PoolKeyRow *key) {
        static const Word alike_so_far = {
                "identical on the members that answered", "已应答的各台一致", COLOUR_GOOD};
        unsigned state = ROW_GET(PoolKey, key, state, MATRIX_UNKNOWN);

        if (state == MATRIX_IDENTICAL && ROW_GET(PoolKey, key, members_unknown, 0) > 0)
                return &alike_so_far;
        return &matrix_words[state >= MATRIX_IDENTICAL && state <= MATRIX_UNKNOWN ? state : MATRIX_UNKNOWN];
}

static void put_key(const Matrix *m, const PoolKeyRow *key, bool verbose) {
        const Word *w = matrix_word(key);
        const Screen *s = m->s;
        char text[TEXT_SIZE];
        size_t columns;

        key_name(key, text, sizeof(text));
        columns = MIN_OF(text_width(text), MAX_OF(s->width, (size_t) 40) - 30);
        screen_cell(s, COLOUR_BOLD, text, columns, false);
        put_blank(s, 2);
        screen_cell(
                s, w->colour, in_language(s, w), s->width > columns + 2 ? s->width - columns - 2 : 1, false);
        fputc('\n', s->f);
        snprintf(text, sizeof(text), "%s%s%s%s",
                word_of_key_type(ROW_GET(PoolKey, key, type, KEY_TYPE_OTHER)), screen_say(s, ", ", "，"),
                ROW_GET(PoolKey, key, business, 0) ? screen_say(s, "business key, ", "业务密钥，") : "",
                word_of_exercise(s->lang, ROW_GET(PoolKey, key, exercise, EXERCISE_PRESENT)));
        put_fact(s, screen_say(s, "key", "密钥"), COLOUR_NONE, text);
        put_record(s, key, verbose);
        put_members(m, key, verbose);
}

static void put_heading(const Matrix *m) {
        char text[TEXT_SIZE];

        snprintf(text, sizeof(text), "%s  %s (%s)", screen_say(m->s, "Key matrix", term_zh("key matrix")),
                *m->pool->title ? m->pool->title : "-", m->pool->name);
        screen_cell(m->s, COLOUR_BOLD, text, m->s->width, false);
        fputs("\n\n", m->s->f);
}

/* How to settle what was only seen. */
static void put_hint(const Matrix *m, bool unconfirmed) {
        char text[TEXT_SIZE];

        if (!unconfirmed)
                return;
        snprintf(text, sizeof(text),
                screen_say(m->s, "To confirm what was taken at first sight: hsmctl keys confirm %s",
                        "确认按首次所见登记的公钥：hsmctl keys confirm %s"),
                m->pool->name);
        screen_cell(m->s, COLOUR_DIM, text, m->s->width, false);
        fputc('\n', m->s->f);
}

int keys_view(const Screen *s, const Picture *p, const PoolRow *pool, bool verbose) {
        CLEANUP_FREE const DeviceRow **members =
                calloc(picture_rows(p, BOARD_DEVICES) + 1, sizeof(const DeviceRow *));
        Matrix m = {.s = s, .p = p, .pool = pool, .members = members};
        bool unconfirmed = false;

        if (!members)
                return -ENOMEM;
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                if (picture_device(p, i)->pool == pool->number)
                        members[m.n++] = picture_device(p, i);
        lay_out(&m);
        put_heading(&m);
        put_table(&m);
        for (size_t i = 0; i < picture_rows(p, BOARD_POOL_KEYS); i++) {
                const PoolKeyRow *key = picture_row(p, BOARD_POOL_KEYS, i);

                if (key->pool != pool->number)
                        continue;
                put_key(&m, key, verbose);
                unconfirmed = unconfirmed ||
                              ROW_GET(PoolKey, key, origin, PIN_ORIGIN_NONE) == PIN_ORIGIN_UNCONFIRMED;
        }
        put_hint(&m, unconfirmed);
        return 0;
}
