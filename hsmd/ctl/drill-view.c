#include "drill-view.h"

#include <stdarg.h>

#include "columns.h"
#include "when.h"
#include "width.h"

#define LABEL_COLUMNS 14
#define TEXT_SIZE 512

static void put_text(const Screen *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_text(const Screen *s, const char *format, ...) {
        char text[TEXT_SIZE];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        put_wrapped(s, COLOUR_NONE, 0, text);
}

static const char *why_of(Lang lang, const DrillProtocol *p) {
        return lang == LANG_ZH && *p->why_local ? p->why_local : p->why;
}

/* --- while it lasts */

static void put_armed(const Screen *s, const DrillProtocol *p) {
        put_text(s,
                screen_say(s, "The drill in pool %s is armed; its machines are checked at a raised rate.",
                        "集群 %s 的应急演练已就绪，正在加密拨测各台密码机。"),
                p->pool);
        put_text(s, "%s",
                screen_say(s,
                        "Now take ONE machine out by hand: pull its cable, stop its service or switch it "
                        "off. "
                        "Ctrl-C gives up.",
                        "请人工退出其中一台：拔网线、停服务或关机，只退出一台。按 Ctrl-C 可取消。"));
}

static void put_out(const Screen *s, const DrillProtocol *p) {
        char when[WHEN_SIZE] = "?", bound[32];

        if (p->first_failure)
                when_text(p->first_failure, when);
        word_of_duration(s->lang, p->bound, bound, sizeof(bound));
        put_text(s,
                screen_say(s, "%s: its checks fail since %s. It is to be declared within %s.",
                        "%s：自 %s 起拨测失败，应在%s内判定为故障。"),
                p->device, when, bound);
}

static void put_declared(const Screen *s, const DrillProtocol *p) {
        char detection[32], bound[32];

        word_of_duration(s->lang, p->detection, detection, sizeof(detection));
        word_of_duration(s->lang, p->bound, bound, sizeof(bound));
        put_text(s,
                screen_say(s, "%s is declared down, %s after its last good check (bound %s); %u serve on.",
                        "%s 已判定为故障，距最近一次成功%s（上限%s）；其余%u台继续服务。"),
                p->device, detection, bound, p->survivors);
        put_text(s, screen_say(s, "Now bring %s back.", "请恢复 %s。"), p->device);
}

void drill_put_step(const Screen *s, const DrillProtocol *p) {
        switch (p->phase) {
        case DRILL_ARMED:
                put_armed(s, p);
                break;
        case DRILL_OUT:
                put_out(s, p);
                break;
        case DRILL_DECLARED:
                put_declared(s, p);
                break;
        case DRILL_RETURNED:
                put_text(s, screen_say(s, "%s serves again; the drill is over.", "%s 已恢复服务，演练结束。"),
                        p->device);
                break;
        case DRILL_CANCELLED:
                put_text(
                        s, screen_say(s, "The drill is cancelled: %s", "演练已取消：%s"), why_of(s->lang, p));
        }
}

/* --- the protocol */

static void put_fact(const Screen *s, const char *label, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void put_fact(const Screen *s, const char *label, const char *format, ...) {
        size_t indent = 2 + LABEL_COLUMNS, columns = s->width > indent + 16 ? s->width - indent : 16, n;
        char text[TEXT_SIZE], line[TEXT_SIZE];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        n = s->width == SIZE_MAX ? strlen(text) : wrap_length(text, columns);
        fputs("  ", s->f);
        screen_cell(s, COLOUR_DIM, label, LABEL_COLUMNS, true);
        snprintf(line, sizeof(line), "%.*s", (int) n, text);
        screen_cell(s, COLOUR_NONE, line, columns, false);
        fputc('\n', s->f);
        put_wrapped(s, COLOUR_NONE, indent, text + n);
}

/* An instant, if it is known. */
static void put_instant(const Screen *s, const char *label, usec_t when) {
        char text[WHEN_SIZE];

        if (!when)
                return;
        when_text(when, text);
        put_fact(s, label, "%s.%03u", text, (unsigned) (when % USEC_PER_SEC / USEC_PER_MSEC));
}

static void put_result(const Screen *s, const DrillProtocol *p) {
        static const Colour colours[] = {
                [DRILL_OPEN] = COLOUR_WARN, [DRILL_PASSED] = COLOUR_GOOD, [DRILL_FAILED] = COLOUR_BAD};
        const char *words[] = {
                [DRILL_OPEN] = screen_say(s, "OPEN: the business system's gap is not stated yet",
                        "待定：尚未填写业务系统的签名中断时间"),
                [DRILL_PASSED] = screen_say(s, "PASSED", "通过"),
                [DRILL_FAILED] = screen_say(s, "FAILED", "未通过")};
        bool known = p->verdict >= DRILL_OPEN && p->verdict <= DRILL_FAILED;

        fputs("  ", s->f);
        screen_cell(s, COLOUR_DIM, screen_say(s, "result", "结论"), LABEL_COLUMNS, true);
        screen_cell(s, known ? colours[p->verdict] : COLOUR_NONE, known ? words[p->verdict] : "?",
                s->width > 20 ? s->width - 2 - LABEL_COLUMNS : 20, false);
        fputc('\n', s->f);
        if (p->verdict == DRILL_FAILED && *p->why)
                put_fact(s, screen_say(s, "why", "原因"), "%s", why_of(s->lang, p));
}

static void put_detection(const Screen *s, const DrillProtocol *p) {
        char detection[32], bound[32];

        if (!p->declared)
                return;
        word_of_duration(s->lang, p->detection, detection, sizeof(detection));
        word_of_duration(s->lang, p->bound, bound, sizeof(bound));
        put_fact(s, screen_say(s, "detection", "检测用时"),
                screen_say(s, "%s from the last good check; published bound %s",
                        "%s（自最近一次成功）；公布上限 %s"),
                detection, bound);
}

static void put_gap(const Screen *s, const DrillProtocol *p) {
        char gap[32], pace[32];

        if (p->has_gap) {
                word_of_duration(s->lang, p->gap, gap, sizeof(gap));
                word_of_duration(s->lang, p->pace, pace, sizeof(pace));
                put_fact(s, screen_say(s, "signing gap", "签名中断"),
                        screen_say(s, "%s, measured by hsmd's checks, one every %s on each machine",
                                "%s（hsmd 拨测所测，每台每%s一次）"),
                        gap, pace);
        }
        if (*p->business_gap)
                put_fact(s, screen_say(s, "business gap", "业务中断"),
                        screen_say(s, "%s, as %s stated", "%s（%s 填写）"),
                        streq(p->business_gap, "not measured") && s->lang == LANG_ZH ? "未测"
                                                                                     : p->business_gap,
                        p->business_by);
}

static void put_survivors(const Screen *s, const DrillProtocol *p) {
        char before[32] = "-", after[32] = "-";

        if (!p->declared)
                return;
        if (p->latency_before)
                word_of_duration(s->lang, p->latency_before, before, sizeof(before));
        if (p->latency_after)
                word_of_duration(s->lang, p->latency_after, after, sizeof(after));
        put_fact(s, screen_say(s, "the others", "其余密码机"),
                screen_say(s, "%u, %u failed checks; latency %s before, %s after",
                        "%u台，拨测失败%u次；用时：之前 %s，之后 %s"),
                p->survivors, p->survivor_failures, before, after);
}

void drill_put_protocol(const Screen *s, const DrillProtocol *p) {
        char recovery[32];

        fprintf(s->f,
                screen_say(s, "Protocol of the drill in pool %s (event %llu)\n",
                        "应急演练记录 集群 %s（事件 %llu）\n"),
                p->pool, (unsigned long long) p->id);
        put_result(s, p);
        if (*p->device)
                put_fact(s, screen_say(s, "machine", "密码机"), "%s", p->device);
        put_instant(s, screen_say(s, "armed", "就绪"), p->armed);
        put_fact(s, screen_say(s, "armed by", "操作人"), "%s", p->by);
        put_instant(s, screen_say(s, "last good", "最近成功"), p->last_good);
        put_instant(s, screen_say(s, "first failure", "首次失败"), p->first_failure);
        put_instant(s, screen_say(s, "declared", "判定故障"), p->declared);
        put_detection(s, p);
        put_instant(s, screen_say(s, "back", "恢复服务"), p->returned);
        if (p->returned) {
                word_of_duration(s->lang, p->recovery, recovery, sizeof(recovery));
                put_fact(s, screen_say(s, "recovery", "恢复用时"),
                        screen_say(
                                s, "%s from its first good check to serving", "%s（自首次成功到恢复服务）"),
                        recovery);
        }
        put_gap(s, p);
        put_survivors(s, p);
        put_fact(s, screen_say(s, "measured", "测量位置"), "%s",
                screen_say(s, "by hsmd's checks from this host, not by the business system",
                        "由 hsmd 在本监测主机拨测所得，并非业务系统侧"));
}
