#include "drill-event.h"

#include "words.h"

static Event event_of(EventType type, const ConfigPool *pool, const DrillProtocol *p) {
        Event e = {0};

        FIELD_SET(Event, &e, type, type);
        if (pool)
                FIELD_SET(Event, &e, pool, pool->number);
        FIELD_TEXT_SET(Event, &e, pool_name, p->pool);
        return e;
}

static void set_by(Event *e, const char *by, uint32_t uid) {
        FIELD_TEXT_SET(Event, e, by, by);
        FIELD_SET(Event, e, uid, uid);
}

static uint64_t send(Manager *manager, Event *e, const char *en, const char *zh) {
        FIELD_TEXT_SET(Event, e, text, en);
        keep_printable(e->text);
        FIELD_TEXT_SET(Event, e, text_local, zh);
        manager_event(manager, e, event_type_notifies(e->type));
        return e->id;
}

static const char *title_of(const ConfigPool *pool, const DrillProtocol *p) {
        return pool ? pool->title : p->pool;
}

uint64_t drill_tell_started(Manager *manager, const ConfigPool *pool, const DrillProtocol *p, uint32_t uid) {
        Event e = event_of(EVENT_DRILL_STARTED, pool, p);
        char en[512], zh[768];

        set_by(&e, p->by, uid);
        snprintf(en, sizeof(en),
                "drill in pool %s, armed by %s: take one machine out now; its machines are checked quickly "
                "until "
                "it is back",
                p->pool, p->by);
        snprintf(zh, sizeof(zh), "%s（%s）应急演练开始，操作人 %s：请退出一台密码机；在其恢复之前加快拨测",
                title_of(pool, p), p->pool, p->by);
        return send(manager, &e, en, zh);
}

static void set_instant(Event *e, unsigned ordinal, uint64_t *member, usec_t value) {
        if (value == 0)
                return;
        *member = value;
        field_mark(e->valid, ordinal, true);
}

static void set_measured(Manager *manager, Event *e, const DrillProtocol *p) {
        const Device *d = manager_find_device(manager, p->device);

        if (p->device[0])
                FIELD_TEXT_SET(Event, e, device_name, p->device);
        if (d)
                FIELD_SET(Event, e, device, d->config->number);
        set_instant(e, EventField_last_good, &e->last_good, p->last_good);
        set_instant(e, EventField_first_failure, &e->first_failure, p->first_failure);
        set_instant(e, EventField_declared, &e->declared, p->declared);
        if (p->declared == 0)
                return;
        FIELD_SET(Event, e, detection, p->detection);
        FIELD_SET(Event, e, survivors, p->survivors);
        FIELD_SET(Event, e, latency_before, p->latency_before);
        FIELD_SET(Event, e, latency_after, p->latency_after);
}

/* What was measured, or why it came to nothing. */
static void describe_end(const DrillProtocol *p, Lang lang, char *dst, size_t size) {
        const char *why = lang == LANG_ZH ? p->why_local : p->why;
        char detection[32], gap[32];

        word_of_duration(lang, p->detection, detection, sizeof(detection));
        word_of_duration(lang, p->gap, gap, sizeof(gap));
        if (p->phase == DRILL_CANCELLED)
                snprintf(dst, size, lang == LANG_ZH ? "已取消：%s" : "cancelled: %s", why);
        else if (p->verdict == DRILL_FAILED)
                snprintf(dst, size, lang == LANG_ZH ? "%s 已恢复，未通过：%s" : "%s is back, failed: %s",
                        p->device, why);
        else if (lang == LANG_ZH)
                snprintf(dst, size, "%s 已恢复；判定故障用时%s，hsmd 测得签名中断%s；请填报业务侧中断时间",
                        p->device, detection, gap);
        else
                snprintf(dst, size,
                        "%s is back; declared down after %s, signing gap as measured by hsmd %s; what did "
                        "the "
                        "business system see? hsmctl drill %s --gap GAP",
                        p->device, detection, gap, p->pool);
}

void drill_tell_ended(Manager *manager, const ConfigPool *pool, const DrillProtocol *p, uint32_t uid) {
        Event e = event_of(EVENT_DRILL_ENDED, pool, p);
        char end[2][400], en[512], zh[768];

        if (p->ended_by[0])
                set_by(&e, p->ended_by, uid);
        FIELD_TEXT_SET(Event, &e, state,
                p->phase == DRILL_CANCELLED ? name_of(&drill_phase_names, p->phase)
                                            : name_of(&drill_verdict_names, p->verdict));
        set_measured(manager, &e, p);
        describe_end(p, LANG_EN, end[0], sizeof(end[0]));
        describe_end(p, LANG_ZH, end[1], sizeof(end[1]));
        snprintf(en, sizeof(en), "drill in pool %s: %s", p->pool, end[0]);
        snprintf(zh, sizeof(zh), "%s（%s）应急演练：%s", title_of(pool, p), p->pool, end[1]);
        send(manager, &e, en, zh);
}

void drill_tell_business(Manager *manager, const ConfigPool *pool, const DrillProtocol *p, uint32_t uid) {
        Event e = event_of(EVENT_ACTION, pool, p);
        bool unmeasured = streq(p->business_gap, "not measured");
        char en[512], zh[768];

        set_by(&e, p->business_by, uid);
        FIELD_TEXT_SET(Event, &e, state, name_of(&drill_verdict_names, p->verdict));
        snprintf(en, sizeof(en), "drill in pool %s %s: gap seen by the business system, as %s says: %s",
                p->pool, name_of(&drill_verdict_names, p->verdict), p->business_by, p->business_gap);
        snprintf(zh, sizeof(zh), "%s（%s）应急演练%s：业务侧中断时间 %s，填报人 %s", title_of(pool, p),
                p->pool, p->verdict == DRILL_PASSED ? "通过" : "未通过",
                unmeasured ? "未测量" : p->business_gap, p->business_by);
        send(manager, &e, en, zh);
}
