/* hsmctl drill: arms a drill, accompanies the engineer, and shows the protocol. */

#include <poll.h>

#include "action.h"
#include "control.h"
#include "drill-view.h"
#include "signals.h"
#include "verbs.h"

#define DEADLINE (10 * USEC_PER_SEC)
#define LOOK_EVERY (300 * USEC_PER_MSEC)
#define ASKED_MAX 3

typedef struct DrillRun {
        const Options *o;
        const char *pool;
        Client *client;
        Screen screen;
        int signals;
        usec_t phase_since; /* CLOCK_MONOTONIC */
        DrillPhase phase;   /* that was said; 0: none */
} DrillRun;

/* Asks for a protocol by a method that answers with one. */
static int ask_protocol(DrillRun *x, const char *gap, char **ret_json, DrillProtocol *ret) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *json = NULL;
        int r;

        if (gap)
                r = client_call(x->client, DEADLINE, &reply, "StateGap", "sss", x->pool, gap, x->o->by);
        else
                r = client_call(x->client, DEADLINE, &reply, "GetDrill", "s", x->pool);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &json) < 0 ? -EBADMSG : 0;
        if (r >= 0 && ret_json) {
                *ret_json = strdup(json);
                r = *ret_json ? 0 : -ENOMEM;
        }
        return r < 0 ? r : drill_protocol_parse(json, ret);
}

static int call_action(DrillRun *x, const char *method) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;

        return client_call(x->client, DEADLINE, &reply, method, "ss", x->pool, x->o->by);
}

/* --- accompanying */

static bool is_over(const DrillProtocol *p) {
        return p->phase == DRILL_RETURNED || p->phase == DRILL_CANCELLED;
}

static void clear_clock(const DrillRun *x) {
        if (!x->o->json && isatty(STDERR_FILENO))
                fputs("\r\033[K", stderr);
}

/* Something moves while a person waits. */
static void put_clock(const DrillRun *x) {
        char age[32];

        if (x->o->json || !isatty(STDERR_FILENO))
                return;
        word_of_age(x->o->lang, (now_monotonic() - x->phase_since) / USEC_PER_SEC, age, sizeof(age));
        fprintf(stderr, "\r\033[K  … %s", age);
}

static void say_step(DrillRun *x, const DrillProtocol *p) {
        if (p->phase == x->phase)
                return;
        clear_clock(x);
        x->phase = p->phase;
        x->phase_since = now_monotonic();
        if (x->o->json)
                return;
        drill_put_step(&x->screen, p);
        fflush(stdout);
}

/* A line of the terminal; false when it ends, or on another Ctrl-C. */
static bool read_answer(DrillRun *x, char *dst, size_t size) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = x->signals, .events = POLLIN}};
        ssize_t n;

        if (poll(fds, ELEMENTSOF(fds), -1) <= 0 || (fds[1].revents && signals_take(x->signals)))
                return false;
        n = read(STDIN_FILENO, dst, size - 1);
        if (n <= 0)
                return false;
        dst[n] = '\0';
        dst[strcspn(dst, "\r\n")] = '\0';
        return true;
}

/* Ctrl-C may be a slip; twice is none. Where nobody can be asked it is meant. */
static bool means_it(DrillRun *x) {
        char answer[64];

        if (x->o->yes || !isatty(STDIN_FILENO))
                return true;
        clear_clock(x);
        fputs(say(x->o, "\nCancel the drill? [y/N] ", "\n取消演练？[y/N] "), stdout);
        fflush(stdout);
        return !read_answer(x, answer, sizeof(answer)) || answer[0] == 'y' || answer[0] == 'Y';
}

/* Until it is over; Ctrl-C cancels it, and then it is. */
static int accompany(DrillRun *x, char **ret_json, DrillProtocol *ret) {
        for (;;) {
                CLEANUP_FREE char *json = NULL;
                int r = ask_protocol(x, NULL, &json, ret);

                if (r < 0)
                        return r;
                say_step(x, ret);
                if (is_over(ret)) {
                        *ret_json = json;
                        json = NULL;
                        return 0;
                }
                put_clock(x);
                if (!signals_wait(x->signals, LOOK_EVERY) || !means_it(x))
                        continue;
                r = call_action(x, "CancelDrill");
                if (r < 0)
                        return r;
        }
}

/* --- at the end */

static void put_how_to_state(const DrillRun *x) {
        fprintf(stderr,
                say(x->o,
                        "hsmctl: it is open until somebody says what the business system saw: hsmctl drill "
                        "%s "
                        "--gap=\"1.5 s\" (or \"not measured\")\n",
                        "hsmctl：尚待填写业务系统的签名中断时间：hsmctl drill %s --gap=\"1.5 s\"（未测则填 "
                        "\"not "
                        "measured\"）\n"),
                x->pool);
}

/* Asks a person at a terminal, and whoever is there again when the answer is no gap. */
static void ask_business(DrillRun *x, char **json, DrillProtocol *p) {
        char gap[64];

        for (int i = 0; i < ASKED_MAX; i++) {
                CLEANUP_FREE char *newer = NULL;
                int r;

                fputs(say(x->o,
                              "\nHow long could the business system not sign? (\"1.5 s\", \"0\", \"not "
                              "measured\") ",
                              "\n业务系统的签名中断了多久？（如 \"1.5 s\"、\"0\"；未测填 \"not measured\"）"),
                        stdout);
                fflush(stdout);
                if (!read_answer(x, gap, sizeof(gap)) || !*gap)
                        return;
                r = ask_protocol(x, gap, &newer, p);
                if (r >= 0) {
                        free(*json);
                        *json = newer;
                        newer = NULL;
                        return;
                }
                if (action_failed(x->o, x->client, r) != EXIT_REFUSED)
                        return;
        }
}

static ExitCode code_of(const DrillProtocol *p) {
        return p->verdict == DRILL_FAILED || p->phase == DRILL_CANCELLED ? EXIT_REFUSED : EXIT_OK;
}

static void show(const DrillRun *x, const char *json, const DrillProtocol *p) {
        if (x->o->json)
                puts(json);
        else
                drill_put_protocol(&x->screen, p);
}

static ExitCode run(DrillRun *x) {
        CLEANUP_FREE char *json = NULL;
        DrillProtocol p = {0};
        int r = call_action(x, "StartDrill");

        if (r >= 0)
                r = accompany(x, &json, &p);
        clear_clock(x);
        if (r < 0)
                return action_failed(x->o, x->client, r);
        if (p.verdict == DRILL_OPEN && p.phase == DRILL_RETURNED && !x->o->json && !x->o->yes &&
                isatty(STDIN_FILENO))
                ask_business(x, &json, &p);
        if (!x->o->json)
                fputc('\n', stdout);
        show(x, json, &p);
        if (p.verdict == DRILL_OPEN && p.phase == DRILL_RETURNED)
                put_how_to_state(x);
        return code_of(&p);
}

static ExitCode show_last(DrillRun *x) {
        CLEANUP_FREE char *json = NULL;
        DrillProtocol p;
        int r = ask_protocol(x, x->o->gap, &json, &p);

        if (r < 0)
                return action_failed(x->o, x->client, r);
        show(x, json, &p);
        return EXIT_OK;
}

static ExitCode cancel(DrillRun *x) {
        int r = call_action(x, "CancelDrill");

        if (r < 0)
                return action_failed(x->o, x->client, r);
        printf(say(x->o, "the drill in pool %s is cancelled\n", "集群 %s 的演练已取消\n"), x->pool);
        return EXIT_OK;
}

ExitCode verb_drill(const Options *o) {
        DrillRun x = {.o = o, .pool = o->args[1], .signals = -1};
        ExitCode code;
        int r;

        screen_init(&x.screen, o);
        if (o->show + o->cancel + (o->gap != NULL) > 1) {
                fputs(say(o, "hsmctl: drill: one of --show, --cancel and --gap at a time\n",
                              "hsmctl：drill：--show、--cancel、--gap 每次只用一个\n"),
                        stderr);
                return EXIT_USAGE;
        }
        r = client_new(o->socket, &x.client);
        if (r >= 0 && !o->show && !o->cancel && !o->gap)
                r = x.signals = signals_open();
        if (r < 0)
                return client_complain(o, x.client, r);
        code = o->cancel ? cancel(&x) : o->show || o->gap ? show_last(&x) : run(&x);
        client_free(x.client);
        closep(&x.signals);
        return code;
}
