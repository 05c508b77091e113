#include "alarm-code.h"
#include "event-text-parts.h"

/* The code in a few words: what an alarm is called where there is no room for its sentence. */
static const char *code_words(const Sentence *s, const Event *e) {
        uint32_t code = alarm_code_of(e->code);

        if (s->lang == LANG_EN)
                return e->code;
        if (code == ALARM_DEVICE_DOWN)
                return word_of_state(LANG_ZH, &device_state_names, DEVICE_DOWN);
        if (code == ALARM_DEVICE_UNKNOWN)
                return word_of_state(LANG_ZH, &device_state_names, DEVICE_UNKNOWN);
        return word_of_reason(LANG_ZH, code, true);
}

/* What the alarm is about. */
static void say_subject(Sentence *s, const Event *e, const EventWords *w) {
        if (e->device_name[0])
                say_device(s, e, w);
        else if (e->site_name[0]) {
                say(s, "site ", "机房 ");
                say_thing(s, e->site_name, s->terse < TERSE_PLACES ? w->site_title : NULL);
        } else if (e->pool_name[0])
                say_pool(s, e, w);
        else if (alarm_code_of(e->code) == REASON_COMMON_CAUSE)
                say(s, "several machines", "多台密码机");
        else
                say(s, "hsmd", "hsmd ");
}

static void say_place(Sentence *s, const Event *e) {
        if (!HAS(e, place) || e->place == 0)
                return;
        say(s, "; suspected: %s", "；疑似位置：%s", word_of_place(s->lang, e->place));
        if (HAS(e, other_place) && e->other_place != 0)
                say(s, ", or %s", "，或%s", word_of_place(s->lang, e->other_place));
}

static void say_pool_counts(Sentence *s, const Event *e, const EventWords *w) {
        if (!e->pool_name[0] || !HAS(e, serving))
                return;
        say(s, "; ", "；");
        say_pool(s, e, w);
        say(s, ": %2$u of %1$u serve", " %1$u 台中 %2$u 台可用", e->total, e->serving);
        if (HAS(e, survivable))
                say(s, ", survivable %d", "，还可承受故障台数 %d", e->survivable);
}

/* Of what is cut off nothing is missed like how many still serve. */
static void say_place_and_counts(Sentence *s, const Event *e, const EventWords *w) {
        if (s->terse < TERSE_LISTS)
                say_place(s, e);
        say_pool_counts(s, e, w);
        if (s->terse >= TERSE_LISTS)
                say_place(s, e);
}

static void say_fallen(Sentence *s, const Event *e, const EventWords *w, DeviceState state) {
        say_device(s, e, w);
        say(s, " is %s", "%s", word_of_state(s->lang, &device_state_names, state));
        say_failure(s, e->cause, w);
        say_place_and_counts(s, e, w);
}

static void say_members(Sentence *s, const EventWords *w) {
        if (w->members && w->members[0])
                say(s, ": %s", "：%s", w->members);
        if (w->n_members_more > 0)
                say(s, " and %u more", "等，另有 %u 台", w->n_members_more);
}

/* One of which nothing is known may be well. */
static void say_how_many(Sentence *s, const Event *e, const EventWords *w) {
        bool unknown = streq(e->state, name_of(&device_state_names, DEVICE_UNKNOWN));

        if (w->n_members == 1 && unknown)
                say(s, "1 machine is still unknown of those that became so together",
                        "同时转为状态未知的密码机中尚有 1 台未恢复");
        else if (unknown)
                say(s, "%u machines became unknown together", "%u 台密码机同时转为状态未知", w->n_members);
        else if (w->n_members == 1)
                say(s, "1 machine is still away of those that failed together",
                        "同时故障的密码机中尚有 1 台未恢复");
        else
                say(s, "%u machines failed together", "%u 台密码机同时故障", w->n_members);
}

static void say_common_cause(Sentence *s, const Event *e, const EventWords *w) {
        if (e->cause == REASON_SHARED_SERVICE)
                say(s, "local service %s is gone, which the modules of %u machines share",
                        "本机服务 %s 中断，影响共用它的 %u 台密码机", e->resource, w->n_members);
        else
                say_how_many(s, e, w);
        if (e->site_name[0] || e->pool_name[0]) {
                say(s, " (", "（");
                say_subject(s, e, w);
                say(s, ")", "）");
        }
        if (s->terse < TERSE_LISTS)
                say_members(s, w);
        say_place_and_counts(s, e, w);
        if (s->terse >= TERSE_LISTS)
                say_members(s, w);
}

static void say_detail(Sentence *s, const EventWords *w) {
        if (w->detail && w->detail[0])
                say(s, ": %s", "（%s）", w->detail);
}

static void say_finding(Sentence *s, const Event *e, const EventWords *w, uint32_t code) {
        say_subject(s, e, w);
        say(s, ": %s", "：%s", reason_words(s, code));
        if (e->resource[0])
                say(s, " [%s]", "【%s】", e->resource);
        if (s->terse < TERSE_LISTS)
                say_detail(s, w);
        say_place_and_counts(s, e, w);
        if (s->terse >= TERSE_LISTS)
                say_detail(s, w);
}

/* A wrong answer is a machine that is down, with a code of its own. */
static bool is_of_wrong_answer(uint32_t code) {
        return code == REASON_WRONG_SIGNATURE || code == REASON_WRONG_ANSWER || code == REASON_NONCE_REPEATED;
}

static void say_wrong(Sentence *s, const Event *e, const EventWords *w) {
        say_subject(s, e, w);
        say_failure(s, e->cause, w);
        say_place_and_counts(s, e, w);
}

static void say_what(Sentence *s, const Event *e, const EventWords *w) {
        uint32_t code = alarm_code_of(e->code);

        if (code == ALARM_DEVICE_DOWN)
                say_fallen(s, e, w, DEVICE_DOWN);
        else if (code == ALARM_DEVICE_UNKNOWN)
                say_fallen(s, e, w, DEVICE_UNKNOWN);
        else if (code == REASON_COMMON_CAUSE)
                say_common_cause(s, e, w);
        else if (is_of_wrong_answer(code))
                say_wrong(s, e, w);
        else
                say_finding(s, e, w, code);
}

static void say_cleared(Sentence *s, const Event *e, const EventWords *w) {
        say_subject(s, e, w);
        say(s, ": %s is cleared", "：告警“%s”已清除", code_words(s, e));
        if (e->resource[0])
                say(s, " [%s]", "【%s】", e->resource);
        if (HAS(e, cause) && e->cause > REASON_NONE)
                say(s, ", %s", "，%s", word_of_reason(s->lang, e->cause, false));
}

static void say_acknowledged(Sentence *s, const Event *e, const EventWords *w) {
        say_subject(s, e, w);
        say(s, ": alarm %u (%s) is acknowledged", "：告警 %u（%s）已确认", e->alarm, code_words(s, e));
        say_by(s, e);
}

void say_alarm(Sentence *s, const Event *e, const EventWords *w) {
        if (e->type == EVENT_ALARM_CLEARED)
                say_cleared(s, e, w);
        else if (e->type == EVENT_ALARM_ACKNOWLEDGED)
                say_acknowledged(s, e, w);
        else
                say_what(s, e, w);
}
