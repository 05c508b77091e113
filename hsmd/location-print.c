/* The table as Markdown, for people: docs/fault-location.md and its Chinese sister. */
#include "location-table.h"
#include "words.h"

typedef struct ValueWords {
        const char *en, *zh;
} ValueWords;

static const ValueWords hint_words[] = {
        [HINT_NONE] = {"none", "无"},
        [HINT_DEVICE] = {"device error", "设备错误"},
        [HINT_GENERAL] = {"general error", "一般错误"},
        [HINT_PIN] = {"PIN", "口令(PIN)"},
        [HINT_KEY] = {"key", "密钥"},
        [HINT_SESSIONS] = {"no session left", "会话用尽"},
        [HINT_BUSY] = {"busy", "忙"},
        [HINT_HUNG] = {"did not return", "未返回"},
        [HINT_CRASHED] = {"crashed", "崩溃"},
};

static const ValueWords port_words[] = {
        [PORT_UNKNOWN] = {"not tried", "未试"},
        [PORT_OPEN] = {"open", "可连接"},
        [PORT_REFUSED] = {"refused", "拒绝连接"},
        [PORT_SILENT] = {"silent", "无应答"},
};

static const ValueWords yes_words[] = {
        [YES_UNKNOWN] = {"not known", "不明"},
        [YES_NO] = {"no", "否"},
        [YES_YES] = {"yes", "是"},
};

static const char *step_word(Lang lang, unsigned value) {
        return word_of_step(lang, value);
}

static const char *reason_word(Lang lang, unsigned value) {
        return value == REASON_NONE ? lang == LANG_ZH ? "无" : "none" : word_of_reason(lang, value, true);
}

static const char *hint_word(Lang lang, unsigned value) {
        return lang == LANG_ZH ? hint_words[value].zh : hint_words[value].en;
}

static const char *port_word(Lang lang, unsigned value) {
        return lang == LANG_ZH ? port_words[value].zh : port_words[value].en;
}

static const char *yes_word(Lang lang, unsigned value) {
        return lang == LANG_ZH ? yes_words[value].zh : yes_words[value].en;
}

typedef struct Fact {
        ValueWords name;
        uint64_t mask;
        const char *(*word)(Lang lang, unsigned value);
} Fact;

/* "step: sign, decrypt" */
static void print_fact(FILE *out, Lang lang, const Fact *fact, bool first) {
        const char *separator = "";

        fprintf(out, "%s%s%s",
                first             ? ""
                : lang == LANG_ZH ? "；"
                                  : "; ",
                lang == LANG_ZH ? fact->name.zh : fact->name.en, lang == LANG_ZH ? "：" : ": ");
        for (unsigned value = 0; value < 64; value++)
                if (fact->mask >> value & 1) {
                        fprintf(out, "%s%s", separator, fact->word(lang, value));
                        separator = lang == LANG_ZH ? "、" : ", ";
                }
}

static void print_facts(FILE *out, Lang lang, const LocationRow *row) {
        const Fact facts[] = {
                {{"reason", "原因"}, row->reasons, reason_word},
                {{"step", "步骤"}, row->steps, step_word},
                {{"return", "返回值"}, row->hints, hint_word},
                {{"service port", "服务端口"}, row->service, port_word},
                {{"management port", "管理端口"}, row->management, port_word},
                {{"SNMP agent", "SNMP代理"}, row->agent, word_of_agent},
                {{"rebooted", "刚重启"}, row->rebooted, yes_word},
                {{"its neighbours fail too", "邻机也故障"}, row->neighbours, yes_word},
                {{"the module works elsewhere", "同一模块在别机正常"}, row->elsewhere, yes_word},
        };
        bool first = true;

        for (size_t i = 0; i < ELEMENTSOF(facts); i++)
                if (facts[i].mask != 0) {
                        print_fact(out, lang, &facts[i], first);
                        first = false;
                }
        if (first)
                fputs(lang == LANG_ZH ? "其他情况" : "anything else", out);
}

static const char *place_word(Lang lang, FaultPlace place) {
        return place ? word_of_place(lang, place) : "–";
}

int location_table_print(FILE *out, bool zh) {
        Lang lang = zh ? LANG_ZH : LANG_EN;

        fputs(zh ? "| 行 | 已知情况 | 疑似位置 | 或者 | 区分方法 |\n"
                 : "| row | what is known | suspected | or | what separates them |\n",
                out);
        fputs("| --- | --- | --- | --- | --- |\n", out);
        for (size_t i = 0; i < location_n_rows; i++) {
                const LocationRow *row = &location_rows[i];
                const char *test = location_test_words(row->test, zh);

                fprintf(out, "| %zu | ", i + 1);
                print_facts(out, lang, row);
                fprintf(out, " | %s | %s | %s |\n", place_word(lang, row->place),
                        place_word(lang, row->other), test ? test : "–");
        }
        return ferror(out) ? -EIO : 0;
}
