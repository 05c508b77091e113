/* hsmctl probe: an attempt now, rung by rung. */

#include <time.h>

#include "action.h"
#include "picture.h"
#include "screen.h"
#include "verbs.h"
#include "words.h"

#define LOOK_EVERY (100 * USEC_PER_MSEC)
#define CALLS_SHOWN 24

typedef struct Rung {
        Step step;
        unsigned ordinal;
} Rung;

static const Rung rungs[] = {{STEP_CONNECT, DeviceField_latency_connect},
        {STEP_LOAD, DeviceField_latency_load}, {STEP_INITIALIZE, DeviceField_latency_initialize},
        {STEP_SLOT, DeviceField_latency_slot}, {STEP_TOKEN, DeviceField_latency_token},
        {STEP_SESSION, DeviceField_latency_session}, {STEP_LOGIN, DeviceField_latency_login},
        {STEP_FIND, DeviceField_latency_find}, {STEP_SIGN, DeviceField_latency_sign},
        {STEP_VERIFY, DeviceField_latency_verify}, {STEP_DECRYPT, DeviceField_latency_decrypt},
        {STEP_ENCRYPT, DeviceField_latency_encrypt}, {STEP_MAC, DeviceField_latency_mac},
        {STEP_RANDOM, DeviceField_latency_random}};

static int fetch(Client *client, const char *name, Picture *p, const DeviceRow **ret) {
        int r = picture_fetch(client, 1U << BOARD_DEVICES, CLIENT_DEADLINE, p);

        if (r < 0)
                return r;
        *ret = picture_find_device(p, name);
        return *ret ? 0 : -ENOENT;
}

/* Whether that attempt has ended; then the step at which it failed. */
static int attempt_ended(Client *client, const char *name, uint64_t attempt, bool *ret_ended) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        uint64_t number, skip;
        const char *text;
        int r = client_call(client, CLIENT_DEADLINE, &reply, "GetAttempts", "s", name), climb;

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ttttsbts)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ttttsbts)", &number, &skip, &skip, &skip, &text,
                                  &climb, &skip, &text)) > 0)
                *ret_ended = *ret_ended || number >= attempt;
        return r;
}

static void show_rung(const Screen *s, const DeviceRow *d, const Rung *rung) {
        const Field *f = &board_tables[BOARD_DEVICES].fields[rung->ordinal];
        bool failed = ROW_GET(Device, d, failed_step, STEP_NONE) == rung->step;
        char took[32];

        if (!failed && !field_valid(d, rung->ordinal))
                return;
        word_of_duration(s->lang, *(const uint64_t *) ((const uint8_t *) d + f->offset), took, sizeof(took));
        fputs("  ", s->f);
        screen_cell(s, failed ? COLOUR_BAD : COLOUR_NONE, word_of_step(s->lang, rung->step), 14, true);
        screen_cell(s, failed ? COLOUR_BAD : COLOUR_GOOD,
                failed ? screen_say(s, "failed", "失败") : screen_say(s, "ok", "正常"), 8, true);
        fprintf(s->f, "%s\n", field_valid(d, rung->ordinal) ? took : "");
}

static void show_verdict(const Screen *s, const DeviceRow *d) {
        unsigned state = ROW_GET(Device, d, state, DEVICE_UNKNOWN);
        unsigned reason = ROW_GET(Device, d, reason, REASON_NONE);

        fprintf(s->f, "%s: ", d->name);
        screen_cell(
                s, colour_of_device(state), word_of_state(s->lang, &device_state_names, state), 24, false);
        if (reason != REASON_NONE)
                fprintf(s->f, ", %s", word_of_reason(s->lang, reason, false));
        fputc('\n', s->f);
        if (field_valid(d, DeviceField_detail))
                fprintf(s->f, "  %s\n", d->detail);
}

static int show_calls(const Screen *s, Client *client, const char *name) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        uint64_t sequence, session, started, ended, rv;
        const char *call, *words;
        uint32_t thread;
        int r = client_call(client, CLIENT_DEADLINE, &reply, "GetCalls", "s", name);

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(tsutttts)");
        if (r >= 0)
                fprintf(s->f, "%s\n",
                        screen_say(s, "Last calls, oldest first:", "最近的接口调用（从旧到新）："));
        while (r >= 0 && (r = sd_bus_message_read(reply, "(tsutttts)", &sequence, &call, &thread, &session,
                                  &started, &ended, &rv, &words)) > 0)
                fprintf(s->f, "  %6llu  %-22s %-32s %9llu us\n", (unsigned long long) sequence, call, words,
                        (unsigned long long) (ended - started));
        return r;
}

/* While it runs: where it is. */
static int follow(const Screen *s, Client *client, const Options *o, uint64_t attempt) {
        const struct timespec pause = {.tv_nsec = LOOK_EVERY * 1000};
        usec_t until = now_monotonic() + (usec_t) (o->timeout * USEC_PER_SEC);
        unsigned shown = 0;
        bool ended = false;
        int r = 0;

        while (r >= 0 && !ended && now_monotonic() < until) {
                CLEANUP_PICTURE Picture p = {0};
                const DeviceRow *d;
                unsigned step;

                r = fetch(client, o->args[1], &p, &d);
                step = r >= 0 ? ROW_GET(Device, d, step_under_way, STEP_NONE) : STEP_NONE;
                if (step != STEP_NONE && step != shown && !o->json) {
                        fprintf(s->f, "  … %s\n", word_of_step(s->lang, step));
                        fflush(s->f);
                        shown = step;
                }
                if (r >= 0)
                        r = attempt_ended(client, o->args[1], attempt, &ended);
                if (!ended)
                        nanosleep(&pause, NULL);
        }
        return r < 0 ? r : ended ? 0 : -ETIME;
}

static int show(const Screen *s, Client *client, const Options *o) {
        CLEANUP_PICTURE Picture p = {0};
        const DeviceRow *d;
        int r = fetch(client, o->args[1], &p, &d);

        if (r < 0)
                return r;
        fprintf(s->f, "%s\n",
                screen_say(s, "The ladder (rungs below sign: of the last climb):",
                        "各步骤（签名以前的为最近一次完整拨测）："));
        for (size_t i = 0; i < ELEMENTSOF(rungs); i++)
                show_rung(s, d, &rungs[i]);
        show_verdict(s, d);
        return o->verbose ? show_calls(s, client, d->name) : 0;
}

ExitCode verb_probe(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        uint64_t attempt = 0;
        Screen s;
        int r = client_new(o->socket, &client);

        screen_init(&s, o);
        if (r >= 0)
                r = client_call(client, CLIENT_DEADLINE, &reply, "Probe", "sb", o->args[1], (int) o->climb);
        if (r >= 0)
                r = sd_bus_message_read(reply, "t", &attempt);
        if (r < 0)
                return action_failed(o, client, r);
        r = follow(&s, client, o, attempt);
        if (r == -ETIME) {
                fprintf(stderr,
                        say(o, "hsmctl: the attempt has not ended in %.0f s\n",
                                "hsmctl：%.0f 秒内拨测没有结束\n"),
                        o->timeout);
                return EXIT_TIME_OUT;
        }
        if (r >= 0 && o->json) {
                Options device = *o;

                return verb_device(&device);
        }
        if (r >= 0)
                r = show(&s, client, o);
        return r < 0 ? action_failed(o, client, r) : EXIT_OK;
}
