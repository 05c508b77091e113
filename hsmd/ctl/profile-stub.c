#include "profile-stub.h"

#include <ctype.h>

#include "stub-object.h"

/* Numbers that no shipped profile uses: a device may have both. */
#define FIRST_NUMBER 501
#define LAST_NUMBER 999
#define NAME_SIZE 64
#define ROWS_SHOWN 4

static const struct {
        const char *root, *profile;
} standards[] = {
        {"1.3.6.1.2.1.99.1.1.1", "entity-sensor"},
        {"1.3.6.1.4.1.2021.13.16", "lm-sensors"},
        {"1.3.6.1.2.1.25.1.1", "host-resources"},
        {"1.3.6.1.2.1.25.2.3", "host-resources"},
        {"1.3.6.1.2.1.25.3.3", "host-resources"},
        {"1.3.6.1.4.1.2021.4", "ucd-snmp"},
        {"1.3.6.1.4.1.2021.10", "ucd-snmp"},
        {"1.3.6.1.2.1.33", "ups"},
        {"1.3.6.1.2.1.2.2", "interfaces"},
        {"1.3.6.1.2.1.31.1.1", "interfaces"},
};

/* The draft while it is written. */
typedef struct Stub {
        FILE *f;
        Lang lang;
        Object *objects;
        size_t n;
        size_t common; /* arcs that all of the vendor's objects begin with */
        size_t left;   /* entries that count and are still to come */
        uint32_t number;
        StubResult result;
} Stub;

/* One entry: an instance, or the rows of a column. */
typedef struct Entry {
        const Object *rows;
        size_t n;
        const Object *label; /* the first row of the texts that name them, or NULL */
} Entry;

static const char *in_language(const Stub *s, const char *en, const char *zh)
        __attribute__((format_arg(2), format_arg(3)));

static const char *in_language(const Stub *s, const char *en, const char *zh) {
        return s->lang == LANG_ZH ? zh : en;
}

/* Nothing that an agent said may end a comment. */
static void put_said(FILE *f, const char *text) {
        for (; *text; text++)
                fputc(*text >= ' ' && *text <= '~' ? *text : '?', f);
}

static void put_oid(FILE *f, const Object *o, size_t n) {
        for (size_t i = 0; i < n; i++)
                fprintf(f, "%s%u", i ? "." : "", o->arcs[i]);
}

/* --- which objects go together */

static size_t rows_of(const Stub *s, size_t first) {
        size_t end = first + 1;

        while (end < s->n && object_same_column(&s->objects[first], &s->objects[end]))
                end++;
        return end - first;
}

static bool is_number(const Object *o) {
        return o->class == OBJECT_NUMBER || o->class == OBJECT_COUNTER || o->class == OBJECT_TICKS;
}

/* Whether the texts of a column tell its rows apart. */
static bool names_rows(const Object *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (rows[i].class != OBJECT_TEXT || !*rows[i].found->value)
                        return false;
                for (size_t k = 0; k < i && n <= POLL_ROWS_MAX; k++)
                        if (streq(rows[i].found->value, rows[k].found->value))
                                return false;
        }
        return true;
}

/* The first column of the same table whose texts name the rows. */
static const Object *find_label(const Stub *s, const Object *o) {
        size_t first = (size_t) (o - s->objects);

        while (first > 0 && object_same_table(&s->objects[first - 1], o))
                first--;
        for (size_t i = first, rows; i < s->n && object_same_table(&s->objects[i], o); i += rows) {
                rows = rows_of(s, i);
                if (names_rows(&s->objects[i], rows))
                        return &s->objects[i];
        }
        return NULL;
}

/* A table's column of its own row numbers. */
static bool is_index(const Entry *e) {
        for (size_t i = 0; i < e->n; i++) {
                const Object *o = &e->rows[i];

                if (o->class != OBJECT_NUMBER || o->n != o->column + 1 ||
                        strtoul(o->found->value, NULL, 10) != o->arcs[o->n - 1])
                        return false;
        }
        return e->n > 1;
}

static bool is_walk(const Entry *e) {
        return e->rows[0].column > 0;
}

static bool is_useful(const Entry *e) {
        return !is_index(e) && e->n <= POLL_ROWS_MAX;
}

/* Calls back for every entry, in order. */
static void for_each_entry(Stub *s, void (*callback)(Stub *s, const Entry *e)) {
        for (size_t i = 0, rows; i < s->n; i += rows) {
                Entry e;

                rows = rows_of(s, i);
                if (!is_number(&s->objects[i]))
                        continue;
                e = (Entry){.rows = &s->objects[i], .n = rows, .label = find_label(s, &s->objects[i])};
                callback(s, &e);
        }
}

/* --- one entry */

/* Whether all of the rows' texts have this letter there, large or small. */
static bool all_have(const Entry *e, size_t at, int letter) {
        for (size_t i = 0; i < e->n && object_same_column(e->label, e->label + i); i++)
                if (tolower((unsigned char) e->label[i].found->value[at]) != letter)
                        return false;
        return true;
}

/* What the rows' texts begin with, as a word for the name: "fan" of "Fan 1" and "Fan 2". */
static void common_word(const Entry *e, char *dst, size_t size) {
        size_t n = 0;

        for (; e->label && n + 1 < size; n++) {
                unsigned char c = (unsigned char) e->label->found->value[n];

                if (c > 0x7f || !isalpha(c) || !all_have(e, n, tolower(c)))
                        break;
                dst[n] = (char) tolower(c);
        }
        dst[n] = '\0';
}

/* Unique: it holds the arcs that tell it from the others. */
static void entry_name(const Stub *s, const Entry *e, char dst[static NAME_SIZE]) {
        const Object *o = &e->rows[0];
        size_t end = is_walk(e) ? o->column : o->n - (o->arcs[o->n - 1] == 0 ? 1 : 0);
        char word[16];
        int n;

        common_word(e, word, sizeof(word));
        n = snprintf(dst, NAME_SIZE, "%s", *word ? word : "value");
        for (size_t i = s->common; i < end && n > 0 && n < NAME_SIZE; i++)
                n += snprintf(dst + n, NAME_SIZE - (size_t) n, "-%u", o->arcs[i]);
        if (n >= NAME_SIZE)
                snprintf(dst, NAME_SIZE, "value-%zu", (size_t) (o - s->objects));
}

/* The text that names a row: that of the same index, if there is one. */
static const Object *label_of_row(const Entry *e, const Object *row) {
        size_t index = row->n - row->column;

        for (size_t i = 0; e->label && object_same_column(e->label, e->label + i); i++)
                if (e->label[i].n - e->label[i].column == index &&
                        memcmp(&e->label[i].arcs[row->column], &row->arcs[row->column],
                                index * sizeof(row->arcs[0])) == 0)
                        return &e->label[i];
        return NULL;
}

/* What it said when it was walked. */
static void put_values(const Stub *s, const Entry *e) {
        const Object *label;
        FILE *f = s->f;

        fprintf(f, "    # %s", asn1_name(e->rows[0].found->type));
        if (is_walk(e))
                fprintf(f, in_language(s, ", %zu rows", "，%zu行"), e->n);
        fputs(in_language(s, "; said ", "；当时为 "), f);
        for (size_t i = 0; i < e->n && i < ROWS_SHOWN; i++) {
                if (i > 0)
                        fputs(", ", f);
                label = label_of_row(e, &e->rows[i]);
                if (label) {
                        put_said(f, label->found->value);
                        fputs(" = ", f);
                }
                put_said(f, e->rows[i].found->value);
        }
        fputs(e->n > ROWS_SHOWN ? ", ...\n" : "\n", f);
}

static void put_place(Stub *s, const Entry *e) {
        const Object *o = &e->rows[0];
        char name[NAME_SIZE];

        entry_name(s, e, name);
        if (is_walk(e)) {
                fprintf(s->f, "name = \"%s\"; walk = \"", name);
                put_oid(s->f, o, o->column);
                fputs("\"; ", s->f);
                if (!e->label)
                        return;
                fputs("label_column = \"", s->f);
                put_oid(s->f, e->label, e->label->column);
                fputs("\"; ", s->f);
                return;
        }
        /* with none left hsmd assigns one itself */
        if (s->number <= LAST_NUMBER)
                fprintf(s->f, "number = %u; ", s->number++);
        fprintf(s->f, "name = \"%s\"; oid = \"", name);
        put_oid(s->f, o, o->n);
        fputs("\"; ", s->f);
}

static void put_entry(Stub *s, const Entry *e) {
        bool counts = s->left > 0 && is_useful(e);

        put_values(s, e);
        if (is_index(e))
                fputs(in_language(s, "    # (its row numbers)\n", "    # （行号）\n"), s->f);
        fputs(counts ? "    { " : "    # { ", s->f);
        put_place(s, e);
        if (e->rows[0].class == OBJECT_COUNTER)
                fputs("kind = \"counter\"; scale = 1; }", s->f);
        else if (e->rows[0].class == OBJECT_TICKS)
                fputs("scale = 0.01; units = \"s\"; }", s->f);
        else
                fputs("scale = 1; }", s->f);
        if (counts)
                s->left--;
        /* the last that counts has no comma behind it */
        fputs(counts && s->left > 0 ? ",\n" : "\n", s->f);
        s->result.entries += counts;
        s->result.comments += !counts;
}

static void count_entry(Stub *s, const Entry *e) {
        if (is_useful(e) && s->left < STUB_ACTIVE_MAX)
                s->left++;
}

/* --- the whole */

static void add_profile(StubResult *r, const char *name) {
        size_t used = strlen(r->profiles);
        char quoted[NAME_SIZE + 4];

        snprintf(quoted, sizeof(quoted), "\"%s\"", name);
        if (strstr(r->profiles, quoted) || used + strlen(quoted) + 6 >= sizeof(r->profiles))
                return;
        snprintf(r->profiles + used, sizeof(r->profiles) - used, "%s%s", used > 2 ? ", " : "", quoted);
}

static void name_profiles(Stub *s, const char *profile, const PollFound *found, size_t n) {
        StubResult *r = &s->result;

        snprintf(r->profiles, sizeof(r->profiles), "[ ");
        for (size_t i = 0; i < ELEMENTSOF(standards); i++)
                for (size_t k = 0; k < n; k++)
                        if (oid_is_below(found[k].oid, standards[i].root)) {
                                add_profile(r, standards[i].profile);
                                break;
                        }
        if (s->left > 0)
                add_profile(r, profile);
        snprintf(r->profiles + strlen(r->profiles), sizeof(r->profiles) - strlen(r->profiles), " ]");
}

static void put_head(const Stub *s, const char *agent, const char *profile, size_t n) {
        FILE *f = s->f;

        if (s->lang == LANG_ZH)
                fprintf(f,
                        "# 传感器配置文件草稿：%s 的SNMP代理遍历得到%zu个变量，厂商自有的数值列在下面。\n"
                        "#\n"
                        "# 用法：对照厂商的 MIB 或手册，删去无用的条目，改好 "
                        "name、title、scale、units、meaning 和\n"
                        "# 限值（见 hsmd.conf(5)“SENSOR PROFILES”），存为 /etc/hsmd/sensors/%s.conf，\n"
                        "# 在 hsmd.conf 中该设备的 snmp 里写上下面一行，再执行 hsmctl reload：\n"
                        "#\n"
                        "#     profiles = %s;\n"
                        "#\n"
                        "# 状态值：kind = \"state\"; states = ( { value = 1; name = \"ok\"; },\n"
                        "#     { value = 2; name = \"failed\"; level = \"critical\"; } ); 并删去 scale。\n"
                        "# 第一个 meaning = \"temperature\" 的条目即本机温度。\n",
                        agent, n, profile, s->result.profiles);
        else
                fprintf(f,
                        "# Draft of a sensor profile: the walk of the SNMP agent of %s found %zu variables; "
                        "the vendor's\n"
                        "# own numbers are below.\n"
                        "#\n"
                        "# With the vendor's MIB or manual beside it: remove what is of no use; correct "
                        "name, title, scale,\n"
                        "# units and meaning and add limits (hsmd.conf(5), SENSOR PROFILES); keep it as\n"
                        "# /etc/hsmd/sensors/%s.conf; put this line into the snmp group in hsmd.conf; hsmctl "
                        "reload:\n"
                        "#\n"
                        "#     profiles = %s;\n"
                        "#\n"
                        "# A number that stands for a state: kind = \"state\"; states = ( { value = 1; name "
                        "= \"ok\"; },\n"
                        "#     { value = 2; name = \"failed\"; level = \"critical\"; } ); without scale.\n"
                        "# The first entry with meaning = \"temperature\" is the machine's own "
                        "temperature.\n",
                        agent, n, profile, s->result.profiles);
}

static void find_common(Stub *s) {
        const Object *first = &s->objects[0], *last = &s->objects[s->n - 1];
        size_t most = MIN_OF(first->n, last->n);

        /* at least one arc is left to tell an object by */
        while (s->common + 2 < most && first->arcs[s->common] == last->arcs[s->common])
                s->common++;
}

int profile_stub(FILE *f, Lang lang, const char *agent, const char *profile, PollFound *found, size_t n,
        StubResult *ret) {
        CLEANUP_FREE Object *objects = NULL;
        Stub s = {.f = f, .lang = lang, .number = FIRST_NUMBER};
        int r = objects_of_vendor(found, n, &objects, &s.n);

        if (r < 0)
                return r;
        s.objects = objects;
        if (s.n > 0)
                find_common(&s);
        for_each_entry(&s, count_entry);
        name_profiles(&s, profile, found, n);
        if (s.left > 0) {
                put_head(&s, agent, profile, n);
                fputs("sensors = (\n", f);
                for_each_entry(&s, put_entry);
                fputs(");\n", f);
        }
        *ret = s.result;
        return 0;
}
