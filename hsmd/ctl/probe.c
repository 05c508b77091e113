/* hsmctl probe: an attempt now, rung by rung. */

#include <time.h>

#include "action.h"
#include "fleet-view.h"
#include "picture.h"
#include "screen.h"
#include "verbs.h"
#include "width.h"
#include "words.h"

#define LOOK_EVERY (100 * USEC_PER_MSEC)
#define WORD_COLUMNS 12
#define RESULT_COLUMNS 12
#define CALLS_SHOWN 32

/* The ladder as a climb goes. A check from the top has the rungs that are `checked` alone. */
typedef struct Rung {
        Step step;
        unsigned ordinal;
        bool checked;
} Rung;

static const Rung rungs[] = {{STEP_CONNECT, DeviceField_latency_connect, false},
        {STEP_LOAD, DeviceField_latency_load, false},
        {STEP_INITIALIZE, DeviceField_latency_initialize, false},
        {STEP_SLOT, DeviceField_latency_slot, false}, {STEP_TOKEN, DeviceField_latency_token, true},
        {STEP_SESSION, DeviceField_latency_session, false}, {STEP_LOGIN, DeviceField_latency_login, false},
        {STEP_FIND, DeviceField_latency_find, false}, {STEP_SIGN, DeviceField_latency_sign, true},
        {STEP_VERIFY, DeviceField_latency_verify, true}, {STEP_DECRYPT, DeviceField_latency_decrypt, true},
        {STEP_ENCRYPT, DeviceField_latency_encrypt, true}, {STEP_MAC, DeviceField_latency_mac, true},
        {STEP_RANDOM, DeviceField_latency_random, true}};

/* An attempt as GetAttempts tells it. */
typedef struct Attempt {
        uint64_t number;
        usec_t duration;
        unsigned step; /* at which it failed */
        bool climb;
        char ret[64];
} Attempt;

static int fetch(Client *client, const char *name, Picture *p, const DeviceRow **ret) {
        int r = picture_fetch(client, 1U << BOARD_DEVICES, CLIENT_DEADLINE, p);

        if (r < 0)
                return r;
        *ret = picture_find_device(p, name);
        return *ret ? 0 : -ENOENT;
}

/* 1 with the first attempt of at least this number, once it has ended; 0 before. */
static int find_attempt(Client *client, const char *name, uint64_t number, Attempt *ret) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        uint64_t n, due, started, ended, rv;
        const char *step, *words;
        int climb, r = client_call(client, CLIENT_DEADLINE, &reply, "GetAttempts", "s", name);

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ttttsbts)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ttttsbts)", &n, &due, &started, &ended, &step,
                                  &climb, &rv, &words)) > 0) {
                if (n < number)
                        continue;
                *ret = (Attempt){.number = n,
                        .duration = ended > started ? ended - started : 0,
                        .step = name_value(&step_names, step),
                        .climb = climb != 0};
                copy_text(ret->ret, sizeof(ret->ret), words);
                return 1;
        }
        return r;
}

/* --- while it runs */

/* A line that is written again and again, where somebody looks. */
typedef struct Live {
        const Screen *s;
        bool on;
        unsigned step;
        usec_t since; /* on that step */
} Live;

static void live_show(Live *live, const DeviceRow *d, usec_t now) {
        unsigned step = ROW_GET(Device, d, step_under_way, STEP_NONE);

        if (!live->on)
                return;
        if (step != live->step)
                live->since = now;
        live->step = step;
        fputs("\r\033[K", live->s->f);
        fprintf(live->s->f, screen_say(live->s, "  %s … %.1f s", "  %s … %.1f 秒"),
                step > STEP_NONE ? word_of_step(live->s->lang, step) : screen_say(live->s, "waiting", "等待"),
                (double) (now - live->since) / (double) USEC_PER_SEC);
        fflush(live->s->f);
}

static void live_clear(const Live *live) {
        if (live->on)
                fputs("\r\033[K", live->s->f);
}

static int follow(Client *client, const Options *o, Live *live, uint64_t number, Attempt *ret) {
        usec_t until = now_monotonic() + (usec_t) (o->timeout * (double) USEC_PER_SEC);

        for (;;) {
                CLEANUP_PICTURE Picture p = {0};
                const DeviceRow *d;
                int r = fetch(client, o->args[1], &p, &d);

                if (r >= 0)
                        r = find_attempt(client, o->args[1], number, ret);
                if (r != 0)
                        return r;
                if (now_monotonic() >= until)
                        return -ETIME;
                live_show(live, d, now_monotonic());
                nanosleep(&(struct timespec){.tv_nsec = (long) LOOK_EVERY * 1000}, NULL);
        }
}

/* --- afterwards */

/* Whether the machine's address answers is tried only after something failed. */
static bool was_climbed(const Attempt *a, const Rung *rung) {
        if (rung->step == STEP_CONNECT)
                return a->step > STEP_NONE;
        return a->climb || rung->checked;
}

static bool stands_before(const Rung *rung, unsigned step) {
        for (const Rung *r = rung; r < rungs + ELEMENTSOF(rungs); r++)
                if (r->step == step)
                        return true;
        return step <= STEP_NONE;
}

static const char *latency(const Screen *s, const DeviceRow *d, const Rung *rung, char *dst, size_t size) {
        const Field *f = &board_tables[BOARD_DEVICES].fields[rung->ordinal];
        uint64_t usec;

        if (!field_valid(d, rung->ordinal))
                return "";
        memcpy(&usec, (const uint8_t *) d + f->offset, sizeof(usec));
        word_of_duration(s->lang, usec, dst, size);
        return dst;
}

/* Why the rung failed, in brief: what the call returned, unless that was well. */
static const char *why(const Screen *s, const DeviceRow *d, const Attempt *a) {
        return streq(a->ret, "CKR_OK")
                       ? word_of_reason(s->lang, ROW_GET(Device, d, reason, REASON_NONE), true)
                       : a->ret;
}

static void put_rung(const Screen *s, const DeviceRow *d, const Attempt *a, const Rung *rung) {
        size_t rest = MAX_OF(s->width, (size_t) 40) - WORD_COLUMNS - RESULT_COLUMNS - 2;
        bool failed = a->step == (unsigned) rung->step;
        bool reached = was_climbed(a, rung) && stands_before(rung, a->step);
        char took[32];

        if (!failed && (!field_valid(d, rung->ordinal) || (rung->step == STEP_CONNECT && !reached)))
                return;
        fputs("  ", s->f);
        screen_cell(s, COLOUR_NONE, word_of_step(s->lang, rung->step), WORD_COLUMNS, true);
        if (failed) {
                screen_cell(s, COLOUR_BAD, screen_say(s, "FAILED", "失败"), RESULT_COLUMNS, true);
                screen_cell(s, COLOUR_BAD, why(s, d, a), rest, false);
        } else if (reached) {
                screen_cell(s, COLOUR_GOOD, screen_say(s, "ok", "正常"), RESULT_COLUMNS, true);
                fputs(latency(s, d, rung, took, sizeof(took)), s->f);
        } else
                screen_cell(s, COLOUR_DIM,
                        was_climbed(a, rung) ? screen_say(s, "not reached", "未执行")
                                             : screen_say(s, "held", "沿用"),
                        RESULT_COLUMNS, false);
        fputc('\n', s->f);
}

static void put_ladder(const Screen *s, const DeviceRow *d, const Attempt *a) {
        char took[32], text[160];

        word_of_duration(s->lang, a->duration, took, sizeof(took));
        snprintf(text, sizeof(text),
                a->climb ? screen_say(s, "%s: the whole ladder, by a new process, in %s",
                                   "%s：由新进程走完全部步骤，用时 %s")
                         : screen_say(s, "%s: a check on the session that is held, in %s",
                                   "%s：在已有会话上拨测，用时 %s"),
                d->name, took);
        screen_cell(s, COLOUR_BOLD, text, s->width, false);
        fputs("\n\n", s->f);
        for (size_t i = 0; i < ELEMENTSOF(rungs); i++)
                put_rung(s, d, a, &rungs[i]);
        fputc('\n', s->f);
}

static void put_wrapped(const Screen *s, const char *text) {
        size_t columns = MAX_OF(s->width, (size_t) 20) - 2;

        for (const char *rest = text; *rest;) {
                size_t n = wrap_length(rest, columns);
                char line[300];

                snprintf(line, sizeof(line), "%.*s", (int) n, rest);
                fputs("  ", s->f);
                screen_cell(s, COLOUR_NONE, line, columns, false);
                fputc('\n', s->f);
                rest += n;
        }
}

static void put_verdict(const Screen *s, const DeviceRow *d) {
        unsigned state = ROW_GET(Device, d, state, DEVICE_UNKNOWN);
        unsigned reason = ROW_GET(Device, d, reason, REASON_NONE);
        bool local = s->lang == LANG_ZH && field_valid(d, DeviceField_detail_local) && *d->detail_local;

        fprintf(s->f, screen_say(s, "Verdict: ", "判定："));
        screen_cell(
                s, colour_of_device(state), word_of_state(s->lang, &device_state_names, state), 24, false);
        if (reason != REASON_NONE)
                fprintf(s->f, "%s%s", screen_say(s, ", ", "，"), word_of_reason(s->lang, reason, false));
        fputc('\n', s->f);
        if (local || field_valid(d, DeviceField_detail))
                put_wrapped(s, local ? d->detail_local : d->detail);
        if (state != DEVICE_UP)
                fprintf(s->f,
                        screen_say(s, "  What to look at first: hsmctl device %s\n",
                                "  先查什么：hsmctl device %s\n"),
                        d->name);
}

/* One finished call as GetCalls tells it; the texts belong to the message. */
typedef struct CallRecord {
        uint64_t sequence, usec;
        const char *call, *ret;
} CallRecord;

/* Reads all and keeps the last ones; returns how many there are in all. */
static int read_calls(sd_bus_message *reply, CallRecord kept[static CALLS_SHOWN]) {
        uint64_t session, started, ended, rv;
        uint32_t thread;
        CallRecord c;
        int n = 0, r = sd_bus_message_enter_container(reply, 'a', "(tsutttts)");

        while (r >= 0 && (r = sd_bus_message_read(reply, "(tsutttts)", &c.sequence, &c.call, &thread,
                                  &session, &started, &ended, &rv, &c.ret)) > 0) {
                c.usec = ended > started ? ended - started : 0;
                kept[n++ % CALLS_SHOWN] = c;
        }
        return r < 0 ? r : n;
}

static int put_calls(const Screen *s, Client *client, const char *name) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        CallRecord kept[CALLS_SHOWN];
        int n = client_call(client, CLIENT_DEADLINE, &reply, "GetCalls", "s", name);

        if (n >= 0)
                n = read_calls(reply, kept);
        if (n < 0)
                return n;
        fprintf(s->f, "\n%s\n",
                screen_say(s, "Last PKCS#11 calls, oldest first:", "最近的 PKCS#11 调用（从旧到新）："));
        for (int i = MAX_OF(n - CALLS_SHOWN, 0); i < n; i++) {
                const CallRecord *c = &kept[i % CALLS_SHOWN];

                fprintf(s->f, "  %8llu  ", (unsigned long long) c->sequence);
                screen_cell(s, COLOUR_NONE, c->call, 22, true);
                fputs("  ", s->f);
                screen_cell(s, streq(c->ret, "CKR_OK") ? COLOUR_NONE : COLOUR_BAD, c->ret, 30, true);
                fprintf(s->f, " %9llu us\n", (unsigned long long) c->usec);
        }
        return 0;
}

static int show(const Screen *s, Client *client, const Options *o, const Attempt *a) {
        CLEANUP_PICTURE Picture p = {0};
        const DeviceRow *d;
        int r = fetch(client, o->args[1], &p, &d);

        if (r < 0)
                return r;
        put_ladder(s, d, a);
        put_verdict(s, d);
        return o->verbose ? put_calls(s, client, d->name) : 0;
}

static ExitCode failed(const Options *o, const Client *client, int r) {
        if (r != -ETIME)
                return action_failed(o, client, r);
        fprintf(stderr,
                say(o, "hsmctl: the attempt has not ended in %.0f s; hsmctl device %s says more\n",
                        "hsmctl：%.0f 秒内拨测没有结束；详见 hsmctl device %s\n"),
                o->timeout, o->args[1]);
        return EXIT_TIME_OUT;
}

ExitCode verb_probe(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        uint64_t number = 0;
        Attempt attempt = {0};
        Screen s;
        Live live = {.s = &s, .since = now_monotonic()};
        int r = client_new(o->socket, &client);

        screen_init(&s, o);
        live.on = !o->json && isatty(STDOUT_FILENO);
        if (r >= 0)
                r = client_call(client, CLIENT_DEADLINE, &reply, "Probe", "sb", o->args[1], (int) o->climb);
        if (r >= 0)
                r = sd_bus_message_read(reply, "t", &number);
        if (r >= 0)
                r = follow(client, o, &live, number, &attempt);
        live_clear(&live);
        if (r < 0)
                return failed(o, client, r);
        if (o->json)
                return verb_device(o);
        r = show(&s, client, o, &attempt);
        return r < 0 ? failed(o, client, r) : EXIT_OK;
}
