#include "events-view.h"

#include "alarms-view.h"
#include "columns.h"
#include "when.h"
#include "width.h"

#define TEXT_SIZE 512
#define ID_COLUMNS 8
#define TEXT_COLUMNS_MIN 24
#define TEXT_INDENT 4

/* What happened, in a word. */
static const struct {
        const char *en, *zh;
        Colour colour;
} types[] = {
        [0] = {"?", "?", COLOUR_NONE},
        [EVENT_STARTED] = {"started", "hsmd启动", COLOUR_NONE},
        [EVENT_STOPPING] = {"stopping", "hsmd停止", COLOUR_NONE},
        [EVENT_DEVICE_STATE] = {"state", "状态变化", COLOUR_NONE},
        [EVENT_POOL_STATE] = {"pool", "集群变化", COLOUR_NONE},
        [EVENT_ALARM_RAISED] = {"alarm", "告警产生", COLOUR_WARN},
        [EVENT_ALARM_CHANGED] = {"changed", "告警变化", COLOUR_WARN},
        [EVENT_ALARM_CLEARED] = {"cleared", "告警清除", COLOUR_GOOD},
        [EVENT_ALARM_ACKNOWLEDGED] = {"acknowledged", "告警确认", COLOUR_NONE},
        [EVENT_POOL_FAILOVER] = {"failover", "故障切换", COLOUR_BAD},
        [EVENT_FAILOVER_RETURNED] = {"returned", "恢复服务", COLOUR_GOOD},
        [EVENT_POOL_RECOVERED] = {"recovered", "集群恢复", COLOUR_GOOD},
        [EVENT_SERVICE_AT_RISK] = {"service", "业务风险", COLOUR_BAD},
        [EVENT_SERVICE_RECOVERED] = {"service ok", "业务恢复", COLOUR_GOOD},
        [EVENT_MAINTENANCE_STARTED] = {"maintenance", "维护开始", COLOUR_NONE},
        [EVENT_MAINTENANCE_ENDING] = {"ends soon", "维护将到期", COLOUR_WARN},
        [EVENT_MAINTENANCE_ENDED] = {"ended", "维护结束", COLOUR_NONE},
        [EVENT_DRILL_STARTED] = {"drill", "演练开始", COLOUR_NONE},
        [EVENT_DRILL_ENDED] = {"drill over", "演练结束", COLOUR_NONE},
        [EVENT_RELOADED] = {"reloaded", "重新加载", COLOUR_NONE},
        [EVENT_ACTION] = {"action", "人工操作", COLOUR_NONE},
};

_Static_assert(ELEMENTSOF(types) == EVENT_TYPE_LAST + 1, "every type of event has its word");

static const char *type_word(Lang lang, unsigned type) {
        return lang == LANG_ZH ? types[type].zh : types[type].en;
}

static size_t type_columns(Lang lang) {
        size_t widest = 0;

        for (unsigned i = 0; i < ELEMENTSOF(types); i++)
                widest = MAX_OF(widest, text_width(type_word(lang, i)));
        return widest;
}

static Colour colour_of(const Event *e, unsigned type) {
        if ((type == EVENT_ALARM_RAISED || type == EVENT_ALARM_CHANGED) &&
                field_valid(e, EventField_severity))
                return colour_of_severity(e->severity);
        return types[type].colour;
}

/* What it is about, of an event that has no text of its own. */
static void compose(const Event *e, char *dst, size_t size) {
        const struct {
                unsigned ordinal;
                const char *text;
        } parts[] = {{EventField_device_name, e->device_name}, {EventField_pool_name, e->pool_name},
                {EventField_service_name, e->service_name}, {EventField_site_name, e->site_name},
                {EventField_code, e->code}, {EventField_resource, e->resource}, {EventField_state, e->state},
                {EventField_reason_text, e->reason_text}};
        size_t used = 0;

        dst[0] = '\0';
        for (size_t i = 0; i < ELEMENTSOF(parts) && used < size; i++)
                if (field_valid(e, parts[i].ordinal) && *parts[i].text)
                        used += (size_t) snprintf(
                                dst + used, size - used, "%s%s", used ? " " : "", parts[i].text);
}

static void event_text(const Screen *s, const Event *e, char *dst, size_t size) {
        bool local = s->lang == LANG_ZH && field_valid(e, EventField_text_local) && *e->text_local;
        size_t used;

        if (local)
                snprintf(dst, size, "%s", e->text_local);
        else if (field_valid(e, EventField_text) && *e->text)
                snprintf(dst, size, "%s", e->text);
        else
                compose(e, dst, size);
        used = strlen(dst);
        if (field_valid(e, EventField_by) && *e->by && !strstr(dst, e->by))
                snprintf(dst + used, size - used, screen_say(s, " (by %s)", "（%s）"), e->by);
        used = strlen(dst);
        if (field_valid(e, EventField_durable) && !e->durable)
                snprintf(dst + used, size - used, "%s",
                        screen_say(s, " (told before it was on disk)", "（先通报、后落盘）"));
}

/* The text behind what stands in the line already, going on under itself. */
static void put_hanging(const Screen *s, size_t used, const char *text) {
        size_t columns = s->width == SIZE_MAX ? SIZE_MAX : s->width - used;
        size_t first = columns == SIZE_MAX ? strlen(text) : wrap_length(text, columns);
        char line[TEXT_SIZE];

        snprintf(line, sizeof(line), "%.*s", (int) first, text);
        for (size_t n = strlen(line); n > 0 && line[n - 1] == ' '; n--)
                line[n - 1] = '\0';
        screen_cell(s, COLOUR_NONE, line, columns, false);
        fputc('\n', s->f);
        put_wrapped(s, COLOUR_NONE, used, text + first);
}

void event_put(const Screen *s, const Event *e) {
        unsigned type = field_valid(e, EventField_type) && e->type < ELEMENTSOF(types) ? e->type : 0;
        char when[WHEN_SIZE] = "-", id[24], text[TEXT_SIZE];
        size_t used = 0;

        if (field_valid(e, EventField_when))
                when_text(e->when, when);
        snprintf(id, sizeof(id), "%*llu", ID_COLUMNS, (unsigned long long) e->id);
        event_text(s, e, text, sizeof(text));
        line_cell(s, &used, COLOUR_DIM, when, 19, false);
        line_cell(s, &used, COLOUR_NONE, id, ID_COLUMNS, false);
        line_cell(s, &used, colour_of(e, type), type_word(s->lang, type), type_columns(s->lang), false);
        if (s->width >= used + TEXT_COLUMNS_MIN) {
                put_hanging(s, used, text);
                return;
        }
        fputc('\n', s->f);
        put_wrapped(s, COLOUR_NONE, TEXT_INDENT, text);
}
