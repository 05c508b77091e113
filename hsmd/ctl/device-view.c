#include "device-view.h"

#include <limits.h>
#include <stdarg.h>

#include "advice.h"
#include "device-facts.h"
#include "fleet-view.h"
#include "keys-view.h"
#include "sensors-view.h"
#include "terms.h"
#include "when.h"
#include "width.h"
#include "words.h"

#define TEXT_SIZE 512
#define ADVICE_LINES_MAX 7
#define ROOMY_LINES 32

/* Whether there is room for what does not matter to a fault; a terminal of 24 lines has none. */
static bool is_roomy(const Screen *s) {
        return s->height >= ROOMY_LINES;
}

static void put_title(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE];

        snprintf(text, sizeof(text), "%s%s%s%s", d->title, *d->title ? " (" : "", d->name,
                *d->title ? ")" : "");
        screen_cell(s, COLOUR_BOLD, text, s->width, false);
        fputs("\n\n", s->f);
}

static void put_state(const Screen *s, const Picture *p, const DeviceRow *d) {
        unsigned state = ROW_GET(Device, d, state, DEVICE_UNKNOWN);
        const char *word = word_of_state(s->lang, &device_state_names, state);
        char text[TEXT_SIZE], age[32] = "?", since[WHEN_SIZE] = "?";

        if (field_valid(d, DeviceField_state_age))
                word_of_age(s->lang, p->now > d->state_age ? (p->now - d->state_age) / USEC_PER_SEC : 0, age,
                        sizeof(age));
        if (field_valid(d, DeviceField_state_since))
                when_text(d->state_since, since);
        snprintf(text, sizeof(text), screen_say(s, "%s for %s, since %s", "%s，已持续%s，自 %s"), word, age,
                since);
        put_fact(s, colour_of_device(state), screen_say(s, "State", "状态"), text);
}

static void put_reason(const Screen *s, const DeviceRow *d) {
        unsigned reason = ROW_GET(Device, d, reason, REASON_NONE);
        char text[TEXT_SIZE];

        if (reason == REASON_NONE)
                return;
        snprintf(text, sizeof(text), "%s [%s]", word_of_reason(s->lang, reason, false),
                name_of(&reason_names, reason));
        put_fact(s, COLOUR_NONE, screen_say(s, "Reason", "原因"), text);
}

static void put_step(const Screen *s, const DeviceRow *d) {
        unsigned step = ROW_GET(Device, d, failed_step, STEP_NONE);
        char text[TEXT_SIZE];

        if (step == STEP_NONE)
                return;
        if (s->lang == LANG_ZH)
                snprintf(text, sizeof(text), "%s [%s]", word_of_step(s->lang, step),
                        name_of(&step_names, step));
        else
                snprintf(text, sizeof(text), "%s", word_of_step(s->lang, step));
        put_fact(s, COLOUR_NONE, screen_say(s, "Failed step", "失败步骤"), text);
}

static void put_call(const Screen *s, const DeviceRow *d) {
        bool returned = field_valid(d, DeviceField_last_return) && *d->last_return;
        char text[TEXT_SIZE], duration[32] = "?";

        if (!field_valid(d, DeviceField_last_call) || !*d->last_call)
                return;
        if (field_valid(d, DeviceField_last_call_duration))
                word_of_duration(s->lang, d->last_call_duration, duration, sizeof(duration));
        if (returned)
                snprintf(text, sizeof(text), screen_say(s, "%s returned %s after %s", "%s 返回 %s，用时 %s"),
                        d->last_call, d->last_return, duration);
        else
                snprintf(text, sizeof(text),
                        screen_say(s, "%s had not returned after %s", "%s 经 %s 仍未返回"), d->last_call,
                        duration);
        put_fact(s, COLOUR_NONE, screen_say(s, "Last call", "最后调用"), text);
}

static void put_detail(const Screen *s, const DeviceRow *d) {
        bool local = s->lang == LANG_ZH && field_valid(d, DeviceField_detail_local) && *d->detail_local;
        const char *text = local ? d->detail_local : d->detail;

        if (local || field_valid(d, DeviceField_detail))
                put_fact(s, COLOUR_NONE, screen_say(s, "Detail", "详情"), text);
}

static void put_temperature(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE], value[32], beside[64];

        if (!field_valid(d, DeviceField_agent_state) && !field_valid(d, DeviceField_temperature))
                return;
        device_temperature(s->lang, d, value, sizeof(value));
        device_beside_room(s->lang, d, beside, sizeof(beside));
        snprintf(text, sizeof(text), screen_say(s, "%s%s%s, SNMP agent %s", "%s%s%s，SNMP代理%s"), value,
                *beside ? screen_say(s, ", ", "，") : "", beside,
                word_of_agent(s->lang, ROW_GET(Device, d, agent_state, AGENT_UNKNOWN)));
        put_fact(s, COLOUR_NONE, screen_say(s, "Temperature", "温度"), text);
}

/* How many, and the worst of them. It gives way where a fault of the machine itself needs the lines. */
static void put_sensors(const Screen *s, const Picture *p, const DeviceRow *d) {
        bool failed = ROW_GET(Device, d, failed_step, STEP_NONE) != STEP_NONE;
        char text[TEXT_SIZE], worst[TEXT_SIZE / 2];
        size_t n;

        (void) picture_sensors(p, BOARD_SENSORS, d->number, &n);
        sensors_worst(s->lang, p, d, worst, sizeof(worst));
        if (n == 0 || (failed && (!*worst || !is_roomy(s))))
                return;
        if (*worst)
                snprintf(text, sizeof(text), screen_say(s, "%s (of %zu)", "%s（共%zu个）"), worst, n);
        else
                snprintf(text, sizeof(text), screen_say(s, "%zu, all well", "%zu个，均正常"), n);
        put_fact(s, *worst ? COLOUR_WARN : COLOUR_NONE, screen_say(s, "Sensors", term_zh("sensor")), text);
}

static void put_checks(const Screen *s, const Picture *p, const DeviceRow *d) {
        char text[TEXT_SIZE], age[32] = "-", p50[32] = "-";

        if (field_valid(d, DeviceField_last_success_age))
                word_of_age(s->lang,
                        p->now > d->last_success_age ? (p->now - d->last_success_age) / USEC_PER_SEC : 0, age,
                        sizeof(age));
        if (field_valid(d, DeviceField_latency_p50))
                word_of_duration(s->lang, d->latency_p50, p50, sizeof(p50));
        snprintf(text, sizeof(text),
                screen_say(s, "last success %s ago; %llu checks, %llu failed; median %s",
                        "最近成功于%s前；共%llu次，失败%llu次；中位用时 %s"),
                age, (unsigned long long) ROW_GET(Device, d, probes, 0),
                (unsigned long long) ROW_GET(Device, d, failures, 0), p50);
        put_fact(s, COLOUR_NONE, screen_say(s, "Checks", "拨测"), text);
}

/* A line ends where it was wrapped, without the space that stood there. */
static void put_trimmed(FILE *f, const char *text, size_t length) {
        while (length > 0 && text[length - 1] == ' ')
                length--;
        fprintf(f, "%.*s\n", (int) length, text);
}

/* One sentence with its number, wrapped; returns the lines it took. */
static size_t put_sentence(const Screen *s, unsigned number, const char *sentence, size_t length) {
        char text[TEXT_SIZE];
        size_t lines = 0;

        snprintf(text, sizeof(text), "%.*s", (int) length, sentence);
        for (const char *rest = text; *rest && lines < 3; lines++) {
                size_t n = wrap_length(rest, MIN_OF(s->width, (size_t) 80) - 5);

                if (lines == 0)
                        fprintf(s->f, "  %u. ", number);
                else
                        fputs("     ", s->f);
                put_trimmed(s->f, rest, n);
                rest += n;
        }
        return lines;
}

/* How many lines a sentence takes, about. */
static size_t sentence_lines(const Screen *s, const char *sentence, size_t length) {
        size_t columns = MIN_OF(s->width, (size_t) 80) - 5;
        char text[TEXT_SIZE];

        snprintf(text, sizeof(text), "%.*s", (int) length, sentence);
        return (text_width(text) + columns - 1) / columns;
}

/* less: lines that others need on a screen that is not high. The test that tells two places apart comes
 * first. */
static void put_advice(const Screen *s, const DeviceRow *d, size_t less) {
        const char *text = advice_for(s->lang, ROW_GET(Device, d, state, DEVICE_UNKNOWN),
                ROW_GET(Device, d, failed_step, STEP_NONE), ROW_GET(Device, d, reason, REASON_NONE),
                field_valid(d, DeviceField_last_return) ? d->last_return : "");
        size_t lines = 0, taken;

        fputc('\n', s->f);
        screen_cell(s, COLOUR_BOLD, screen_say(s, "What to look at first", "先查什么"), 40, false);
        fputc('\n', s->f);
        taken = put_separating_test(s, d);
        if (!is_roomy(s))
                less += taken;
        for (unsigned number = 1; *text && lines + less < ADVICE_LINES_MAX; number++) {
                size_t length = strcspn(text, "\n");

                if (less > 0 && lines + less + sentence_lines(s, text, length) > ADVICE_LINES_MAX)
                        break;
                lines += put_sentence(s, number, text, length);
                text += length + (text[length] == '\n');
        }
        fputc('\n', s->f);
}

static bool key_is_well(const KeyRow *k) {
        unsigned state = ROW_GET(Key, k, state, KEY_UNKNOWN);

        return state == KEY_USABLE || state == KEY_PRESENT_ONLY;
}

static void append_key(const Screen *s, char *dst, size_t size, const KeyRow *k) {
        size_t used = strlen(dst);

        snprintf(dst + used, size - used, "%s%s %s", used ? screen_say(s, ", ", "，") : "", k->label,
                word_of_state(s->lang, &key_state_names, ROW_GET(Key, k, state, KEY_UNKNOWN)));
}

/* The device's keys in one line, those that are not well first: the line may be cut. */
static void put_keys(const Screen *s, const Picture *p, const DeviceRow *d) {
        char text[TEXT_SIZE] = "";
        bool bad = false;

        for (int well = 0; well < 2; well++)
                for (size_t i = 0; i < picture_rows(p, BOARD_KEYS); i++) {
                        const KeyRow *k = picture_row(p, BOARD_KEYS, i);

                        if (k->device != d->number || key_is_well(k) != (well == 1))
                                continue;
                        append_key(s, text, sizeof(text), k);
                        bad = bad || !well;
                }
        put_fact(s, bad ? COLOUR_WARN : COLOUR_NONE, screen_say(s, "Keys", "密钥"), text);
}

/* The certificate that ends first. */
static void put_certificate(const Screen *s, const Picture *p, const DeviceRow *d) {
        char text[TEXT_SIZE] = "", date[16];
        long days, soonest = LONG_MAX;

        for (size_t i = 0; i < picture_rows(p, BOARD_KEYS); i++) {
                const KeyRow *k = picture_row(p, BOARD_KEYS, i);

                if (k->device != d->number || !key_certificate(k, &days, date) || days >= soonest)
                        continue;
                soonest = days;
                snprintf(text, sizeof(text),
                        days < 0 ? screen_say(s, "that of %s expired on %s", "%s 的证书已于 %s 到期")
                                 : screen_say(s, "that of %s expires on %s, in %ld days",
                                           "%s 的证书将于 %s 到期，还有 %ld 天"),
                        k->label, date, days);
        }
        put_fact(s, soonest < CERTIFICATE_DAYS ? COLOUR_WARN : COLOUR_NONE,
                screen_say(s, "Certificate", "证书"), text);
}

static void append_rate(const Screen *s, char *dst, size_t size, const char *label, uint32_t rate) {
        size_t used = strlen(dst);

        snprintf(dst + used, size - used, "%s%s%u%s", used ? screen_say(s, ", ", "，") : "", label, rate,
                screen_say(s, "/s", "次/秒"));
}

/* What it can do, as measured, or else as its vendor states. */
static void put_mechanism(const Screen *s, const Picture *p, const MechanismRow *k) {
        char text[TEXT_SIZE] = "", line[2 * TEXT_SIZE], age[32];
        const char *name = strncmp(k->name, "CKM_", 4) == 0 ? k->name + 4 : k->name;

        if (field_valid(k, MechanismField_baseline))
                append_rate(s, text, sizeof(text), "", k->baseline);
        else if (field_valid(k, MechanismField_rated_rate))
                append_rate(s, text, sizeof(text), screen_say(s, "rated ", "标称"), k->rated_rate);
        if (field_valid(k, MechanismField_spare_rate))
                append_rate(s, text, sizeof(text), screen_say(s, "to spare ", "余量"), k->spare_rate);
        if (field_valid(k, MechanismField_measured_age)) {
                word_of_age(s->lang, p->now > k->measured_age ? (p->now - k->measured_age) / USEC_PER_SEC : 0,
                        age, sizeof(age));
                snprintf(text + strlen(text), sizeof(text) - strlen(text),
                        screen_say(s, "; measured %s ago", "；%s前测量"), age);
        }
        if (field_valid(k, MechanismField_offered) && !k->offered)
                snprintf(text, sizeof(text), "%s",
                        screen_say(s, "the machine does not offer it", "密码机不提供"));
        snprintf(line, sizeof(line), "%s%s%s", name, *text ? screen_say(s, ": ", "：") : "", text);
        put_fact(s, COLOUR_NONE, screen_say(s, "Mechanism", term_zh("mechanism")), line);
}

static void put_mechanisms(const Screen *s, const Picture *p, const DeviceRow *d) {
        for (size_t i = 0; i < picture_rows(p, BOARD_MECHANISMS); i++) {
                const MechanismRow *k = picture_row(p, BOARD_MECHANISMS, i);

                if (k->device == d->number)
                        put_mechanism(s, p, k);
        }
}

static void append_number(const Screen *s, char *dst, size_t size, bool known, const char *format, ...)
        __attribute__((format(printf, 5, 6)));

/* What is known, one after the other. */
static void append_number(const Screen *s, char *dst, size_t size, bool known, const char *format, ...) {
        size_t used = strlen(dst);
        va_list ap;

        if (!known)
                return;
        used += (size_t) snprintf(dst + used, size - used, "%s", used ? screen_say(s, ", ", "，") : "");
        va_start(ap, format);
        vsnprintf(dst + used, size - used, format, ap);
        va_end(ap);
}

/* What the probe itself takes, and what it asks of the machine. */
static void put_probe(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE] = "";

        append_number(s, text, sizeof(text), field_valid(d, DeviceField_vendor),
                screen_say(s, "profile %s", "厂商配置 %s"), d->vendor);
        append_number(s, text, sizeof(text), field_valid(d, DeviceField_probe_memory),
                screen_say(s, "%.1f MiB", "内存 %.1f MiB"), (double) d->probe_memory / (1 << 20));
        append_number(s, text, sizeof(text), field_valid(d, DeviceField_probe_fds),
                screen_say(s, "files %u", "描述符%u个"), d->probe_fds);
        append_number(s, text, sizeof(text), field_valid(d, DeviceField_sessions_open),
                screen_say(s, "sessions %u", "会话%u个"), d->sessions_open);
        append_number(s, text, sizeof(text), field_valid(d, DeviceField_recycles),
                screen_say(s, "replaced %llu times", "更换%llu次"), (unsigned long long) d->recycles);
        put_fact(s, COLOUR_NONE, screen_say(s, "Probe", "拨测进程"), text);
        text[0] = '\0';
        append_number(s, text, sizeof(text), field_valid(d, DeviceField_logins_day),
                screen_say(s, "%llu logins", "登录%llu次"), (unsigned long long) d->logins_day);
        append_number(s, text, sizeof(text), field_valid(d, DeviceField_signs_day),
                screen_say(s, "%llu signatures", "签名%llu次"), (unsigned long long) d->signs_day);
        put_fact(s, COLOUR_NONE, screen_say(s, "In 24 hours", "24小时内"), text);
}

static void put_unkillable(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE];

        if (ROW_GET(Device, d, unkillable, 0) == 0)
                return;
        snprintf(text, sizeof(text),
                screen_say(s, "%u probes outlived SIGKILL: they hang in this host's kernel",
                        "%u 个拨测进程无法结束：卡在本机内核中"),
                d->unkillable);
        put_fact(s, COLOUR_BAD, screen_say(s, "Unkillable", "无法结束"), text);
}

static void append_known(char *dst, size_t size, const char *label, const char *value, bool valid) {
        size_t used = strlen(dst);

        if (valid && *value)
                snprintf(dst + used, size - used, "%s%s%s%s", used ? ", " : "", label, *label ? " " : "",
                        value);
}

static void put_machine(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE] = "";

        append_known(text, sizeof(text), "", d->manufacturer, field_valid(d, DeviceField_manufacturer));
        append_known(text, sizeof(text), "", d->model, field_valid(d, DeviceField_model));
        append_known(text, sizeof(text), screen_say(s, "serial", "序列号"), d->serial,
                field_valid(d, DeviceField_serial));
        append_known(text, sizeof(text), screen_say(s, "firmware", "固件"), d->firmware,
                field_valid(d, DeviceField_firmware));
        put_fact(s, COLOUR_NONE, screen_say(s, "Machine", "密码机"), text);
}

static void put_place(const Screen *s, const DeviceRow *d) {
        char text[TEXT_SIZE] = "";

        append_known(text, sizeof(text), screen_say(s, "site", "机房"), d->site_name,
                field_valid(d, DeviceField_site_name));
        append_known(text, sizeof(text), screen_say(s, "pool", "密码机集群"), d->pool_name,
                field_valid(d, DeviceField_pool_name));
        append_known(text, sizeof(text), screen_say(s, "address", "地址"), d->address,
                field_valid(d, DeviceField_address));
        append_known(text, sizeof(text), screen_say(s, "shares", "共用服务"), d->shared_service,
                field_valid(d, DeviceField_shared_service));
        put_fact(s, COLOUR_NONE, screen_say(s, "Belongs to", "所属"), text);
        if (field_valid(d, DeviceField_location))
                put_fact(s, COLOUR_NONE, screen_say(s, "Location", "位置"), d->location);
        if (field_valid(d, DeviceField_contact))
                put_fact(s, COLOUR_NONE, screen_say(s, "Contact", "联系人"), d->contact);
}

/* How many lines stand above the advice that are there only when something is wrong. */
static size_t count_extra(const Picture *p, const DeviceRow *d) {
        size_t alarms = 0;

        for (size_t i = 0; i < picture_rows(p, BOARD_ALARMS); i++)
                alarms += picture_alarm(p, i)->device == d->number;
        return (ROW_GET(Device, d, place, 0) ? 1 : 0) + (alarms ? 1 : 0) +
               (field_valid(d, DeviceField_maintenance_until) ? 1 : 0);
}

void device_view(const Screen *s, const Picture *p, const DeviceRow *d) {
        size_t extra = count_extra(p, d);

        put_title(s, d);
        put_state(s, p, d);
        put_reason(s, d);
        put_step(s, d);
        put_call(s, d);
        put_detail(s, d);
        put_suspected(s, d);
        put_device_alarms(s, p, d);
        put_maintenance(s, d);
        put_temperature(s, d);
        put_sensors(s, p, d);
        put_checks(s, p, d);
        if (is_roomy(s))
                put_availability(s, d);
        put_advice(s, d, is_roomy(s) ? 0 : extra);
        put_keys(s, p, d);
        if (is_roomy(s) || ROW_GET(Device, d, reason, REASON_NONE) == REASON_CERTIFICATE_EXPIRING)
                put_certificate(s, p, d);
        if (is_roomy(s)) {
                put_unkillable(s, d);
                put_mechanisms(s, p, d);
                put_probe(s, d);
        }
        put_machine(s, d);
        put_place(s, d);
}
