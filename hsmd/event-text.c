#include "event-text-parts.h"

const char *state_word(const Sentence *s, const char *name) {
        static const NameTable *const tables[] = {
                &device_state_names, &pool_state_names, &service_state_names};

        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                unsigned value = name_value(tables[i], name);

                if (value != 0)
                        return word_of_state(s->lang, tables[i], value);
        }
        return name;
}

void say_device(Sentence *s, const Event *e, const EventWords *w) {
        say_thing(s, e->device_name, s->terse < TERSE_DEVICE ? w->device_title : NULL);
}

void say_pool(Sentence *s, const Event *e, const EventWords *w) {
        say(s, "pool ", "集群 ");
        say_thing(s, e->pool_name, s->terse < TERSE_PLACES ? w->pool_title : NULL);
}

/* What is to be done at once is said whole. */
const char *reason_words(const Sentence *s, unsigned reason) {
        return word_of_reason(s->lang, reason, s->terse >= TERSE_REASON && reason != REASON_NONCE_REPEATED);
}

void say_failure(Sentence *s, unsigned reason, const EventWords *w) {
        if (reason > REASON_NONE)
                say(s, ": %s", "：%s", reason_words(s, reason));
        if (w->step > STEP_NONE)
                say(s, " at step %s", "，步骤“%s”", word_of_step(s->lang, w->step));
        if (w->call && w->call[0] && w->ret && w->ret[0])
                say(s, ", %s returned %s", "，%s 返回 %s", w->call, w->ret);
        else if (w->call && w->call[0])
                say(s, ", in %s", "，调用 %s", w->call);
}

void say_counts(Sentence *s, const Event *e) {
        if (!HAS(e, serving) || !HAS(e, total))
                return;
        say(s, "; %2$u of %1$u serve", "；%1$u 台中 %2$u 台可用", e->total, e->serving);
        if (HAS(e, survivable))
                say(s, ", survivable %d", "，还可承受故障台数 %d", e->survivable);
}

void say_by(Sentence *s, const Event *e) {
        if (HAS(e, by) && e->by[0])
                say(s, " by %s", "，操作人 %s", e->by);
}

static void say_was(Sentence *s, const char *before) {
        if (before && before[0])
                say(s, ", was %s", "，原为%s", state_word(s, before));
}

static void say_device_state(Sentence *s, const Event *e, const EventWords *w) {
        say_device(s, e, w);
        say(s, ": %s", "：%s", state_word(s, e->state));
        say_was(s, w->before);
        /* one that recovers keeps the reason of its fall, but has just answered well */
        if (HAS(e, cause) && e->cause > REASON_NONE &&
                !streq(e->state, name_of(&device_state_names, DEVICE_RECOVERING)))
                say_failure(s, e->cause, w);
}

static void say_pool_state(Sentence *s, const Event *e, const EventWords *w) {
        say_pool(s, e, w);
        if (e->type == EVENT_POOL_RECOVERED)
                say(s, " is %s again", "恢复：%s", state_word(s, e->state));
        else
                say(s, ": %s", "：%s", state_word(s, e->state));
        say_was(s, w->before);
        say_counts(s, e);
}

static void say_failover(Sentence *s, const Event *e, const EventWords *w) {
        char after[32];

        say_pool(s, e, w);
        say(s, " has lost ", "故障切换，失去 ");
        say_device(s, e, w);
        if (HAS(e, detection)) {
                word_of_duration(s->lang, e->detection, after, sizeof(after));
                say(s, ", found after %s", "，用时 %s 发现", after);
        }
        say_counts(s, e);
}

static void say_returned(Sentence *s, const Event *e, const EventWords *w) {
        char away[32];

        say_device(s, e, w);
        say(s, " serves again in ", "恢复服务，");
        say_pool(s, e, w);
        if (HAS(e, declared) && e->when > e->declared) {
                word_of_age(s->lang, (e->when - e->declared) / USEC_PER_SEC, away, sizeof(away));
                say(s, ", it was away for %s", "，离开 %s", away);
        }
        say_counts(s, e);
}

static void say_service(Sentence *s, const Event *e, const EventWords *w) {
        say(s, "service ", "业务系统 ");
        say_thing(s, e->service_name, w->service_title);
        if (e->type == EVENT_SERVICE_RECOVERED)
                say(s, " is %s again", "恢复：%s", state_word(s, e->state));
        else if (streq(e->state, name_of(&service_state_names, SERVICE_LOST)))
                /* the glossary's word for lost speaks of pools */
                say(s, ": lost, nothing can sign for it", "：不可用，无法签名");
        else
                say(s, ": %s", "：%s", state_word(s, e->state));
        say_was(s, w->before);
        say_counts(s, e);
        if (w->headroom < 0)
                say(s, ", headroom %d/s", "，性能余量 %d 次/秒", w->headroom);
        if (e->pool_name[0]) {
                say(s, "; ", "；");
                say_pool(s, e, w);
        }
}

static void say_maintenance(Sentence *s, const Event *e, const EventWords *w) {
        say_device(s, e, w);
        if (e->type == EVENT_MAINTENANCE_ENDED)
                say(s, " is back from maintenance", "维护结束");
        else if (e->type == EVENT_MAINTENANCE_ENDING)
                say(s, ": its maintenance ends soon", "：维护即将到期");
        else
                say(s, " is in maintenance", "开始维护");
        say_by(s, e);
        if (HAS(e, until) && e->type != EVENT_MAINTENANCE_ENDED) {
                say(s, " until ", "，到 ");
                say_instant(s, e->until);
        }
        if (HAS(e, reason_text) && e->reason_text[0])
                say(s, ": %s", "：%s", e->reason_text);
        if (HAS(e, ticket) && e->ticket[0])
                say(s, " [%s]", "（工单 %s）", e->ticket);
}

static void say_drill(Sentence *s, const Event *e, const EventWords *w) {
        say_pool(s, e, w);
        if (e->type == EVENT_DRILL_STARTED)
                say(s, ": a drill is armed", "：应急演练开始");
        else
                say(s, ": the drill has ended%s%s", "：应急演练结束%s%s", e->state[0] ? ", " : "",
                        state_word(s, e->state));
        say_by(s, e);
        if (HAS(e, reason_text) && e->reason_text[0])
                say(s, ": %s", "：%s", e->reason_text);
}

static void say_action(Sentence *s, const Event *e, const EventWords *w) {
        if (e->device_name[0]) {
                say_device(s, e, w);
                say(s, ": ", "：");
        }
        say(s, "%s", "%s", e->reason_text);
        say_by(s, e);
}

/* Of hsmd itself; reason_text, if any, says more. */
static void say_itself(Sentence *s, const Event *e) {
        if (e->type == EVENT_STARTED)
                say(s, "hsmd has started", "hsmd 已启动");
        else if (e->type == EVENT_STOPPING)
                say(s, "hsmd stops: nothing is watched until it starts again",
                        "hsmd 停止，再次启动前无人监测");
        else
                say(s, "the configuration has been read again", "配置已重新读入");
        say_by(s, e);
        if (HAS(e, reason_text) && e->reason_text[0])
                say(s, ": %s", "：%s", e->reason_text);
}

static void say_event(Sentence *s, const Event *e, const EventWords *w) {
        switch (e->type) {
        case EVENT_DEVICE_STATE:
                say_device_state(s, e, w);
                break;
        case EVENT_POOL_STATE:
        case EVENT_POOL_RECOVERED:
                say_pool_state(s, e, w);
                break;
        case EVENT_ALARM_RAISED:
        case EVENT_ALARM_CHANGED:
        case EVENT_ALARM_CLEARED:
        case EVENT_ALARM_ACKNOWLEDGED:
                say_alarm(s, e, w);
                break;
        case EVENT_POOL_FAILOVER:
                say_failover(s, e, w);
                break;
        case EVENT_FAILOVER_RETURNED:
                say_returned(s, e, w);
                break;
        case EVENT_SERVICE_AT_RISK:
        case EVENT_SERVICE_RECOVERED:
                say_service(s, e, w);
                break;
        case EVENT_MAINTENANCE_STARTED:
        case EVENT_MAINTENANCE_ENDING:
        case EVENT_MAINTENANCE_ENDED:
                say_maintenance(s, e, w);
                break;
        case EVENT_DRILL_STARTED:
        case EVENT_DRILL_ENDED:
                say_drill(s, e, w);
                break;
        case EVENT_ACTION:
                say_action(s, e, w);
                break;
        default:
                say_itself(s, e);
        }
}

/* It is not cut where something was left to leave out. */
static void write_text(Lang lang, const Event *e, const EventWords *w, char *dst, size_t size) {
        Sentence s;

        for (unsigned terse = 0; terse <= TERSE_MAX; terse++) {
                s = (Sentence){.lang = lang, .terse = terse};
                say_event(&s, e, w);
                if (strlen(s.text) < size)
                        break;
        }
        sentence_end(&s, dst, size);
}

void event_text(Event *e, const EventWords *w) {
        write_text(LANG_EN, e, w, e->text, sizeof(e->text));
        write_text(LANG_ZH, e, w, e->text_local, sizeof(e->text_local));
        field_mark(e->valid, EventField_text, true);
        field_mark(e->valid, EventField_text_local, true);
}
