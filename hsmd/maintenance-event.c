#include "maintenance-event.h"

#include <time.h>

#include "manager.h"
#include "words.h"

void maintenance_clock(usec_t realtime, char *dst, size_t size) {
        time_t seconds = (time_t) (realtime / USEC_PER_SEC);
        struct tm tm;

        if (!gmtime_r(&seconds, &tm) || strftime(dst, size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
                copy_text(dst, size, "?");
}

MaintenanceOf maintenance_of(const Device *d) {
        return (MaintenanceOf){
                .number = d->config->number, .name = d->config->name, .title = d->config->title};
}

static bool is_printable(const char *text) {
        for (; *text; text++)
                if (*text < 0x20 || *text > 0x7e)
                        return false;
        return true;
}

static Event event_of(EventType type, MaintenanceOf of, const Maintenance *m) {
        Event e = {0};

        FIELD_SET(Event, &e, type, type);
        FIELD_SET(Event, &e, device, of.number);
        FIELD_TEXT_SET(Event, &e, device_name, of.name);
        FIELD_SET(Event, &e, until, m->time.until);
        if (m->ticket[0])
                FIELD_TEXT_SET(Event, &e, ticket, m->ticket);
        FIELD_SET(Event, &e, probing, m->probing);
        FIELD_TEXT_SET(Event, &e, reason_text, m->reason);
        return e;
}

static void set_by(Event *e, const char *by, uint32_t uid) {
        FIELD_TEXT_SET(Event, e, by, by);
        FIELD_SET(Event, e, uid, uid);
}

/* The English text is ASCII: a reason in another language stands in reason_text alone. */
static void send(Manager *manager, Event *e, const char *en, const char *zh) {
        FIELD_TEXT_SET(Event, e, text, en);
        keep_printable(e->text);
        FIELD_TEXT_SET(Event, e, text_local, zh);
        manager_event(manager, e, event_type_notifies(e->type));
}

uint32_t maintenance_tell_started(Manager *manager, MaintenanceOf of, const Maintenance *m, bool begun) {
        Event e = event_of(EVENT_MAINTENANCE_STARTED, of, m);
        bool plain = is_printable(m->reason);
        char until[32], en[512], zh[768];

        set_by(&e, m->by, m->uid);
        maintenance_clock(m->time.until, until, sizeof(until));
        snprintf(en, sizeof(en), "%s: %s %s by %s%s%s%s%s%s", of.name,
                begun ? "maintenance until" : "maintenance, now until", until, m->by,
                m->probing ? "" : ", not checked meanwhile", m->ticket[0] ? "; ticket " : "", m->ticket,
                plain ? ": " : "", plain ? m->reason : "");
        snprintf(zh, sizeof(zh), "%s（%s）%s %s，操作人 %s%s%s%s；事由：%s", of.title, of.name,
                begun ? "开始维护，至" : "维护时间改至", until, m->by, m->probing ? "" : "，期间不拨测",
                m->ticket[0] ? "，工单 " : "", m->ticket, m->reason);
        send(manager, &e, en, zh);
        return (uint32_t) e.id;
}

void maintenance_tell_ending(Manager *manager, MaintenanceOf of, const Maintenance *m, usec_t left) {
        Event e = event_of(EVENT_MAINTENANCE_ENDING, of, m);
        char en[512], zh[768], age[2][32];

        set_by(&e, m->by, m->uid);
        word_of_age(LANG_EN, left / USEC_PER_SEC, age[0], sizeof(age[0]));
        word_of_age(LANG_ZH, left / USEC_PER_SEC, age[1], sizeof(age[1]));
        snprintf(en, sizeof(en),
                "%s: its maintenance ends in %s; if it takes longer: hsmctl maintenance start %s --until "
                "TIME",
                of.name, age[0], of.name);
        snprintf(zh, sizeof(zh),
                "%s（%s）维护将在%s后到期；如需延长：hsmctl maintenance start %s --until 时间", of.title,
                of.name, age[1], of.name);
        send(manager, &e, en, zh);
}

void maintenance_tell_ended(Manager *manager, MaintenanceOf of, const Maintenance *m, MaintenanceEnd how,
        const char *by, uint32_t uid) {
        static const struct {
                const char *en, *zh;
        } words[] = {
                [MAINTENANCE_ENDED_BY_SOMEBODY] = {"ended by ", "操作人 "},
                [MAINTENANCE_ENDED_BY_TIME] = {"its time is over", "时间已到"},
                [MAINTENANCE_ENDED_WHILE_AWAY] = {"its time was over while hsmd did not run",
                        "hsmd 未运行期间时间已到"},
                [MAINTENANCE_ENDED_UNCONFIGURED] = {"it is not configured any more", "已不在配置中"},
        };
        Event e = event_of(EVENT_MAINTENANCE_ENDED, of, m);
        char en[512], zh[768];

        if (by)
                set_by(&e, by, uid);
        snprintf(en, sizeof(en), "%s: maintenance is over: %s%s", of.name, words[how].en, by ? by : "");
        snprintf(zh, sizeof(zh), "%s（%s）维护结束：%s%s", of.title, of.name, words[how].zh, by ? by : "");
        send(manager, &e, en, zh);
}
