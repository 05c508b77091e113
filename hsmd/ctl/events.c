/* hsmctl events: what happened, and what happens. */

#include "action.h"
#include "event-pages.h"
#include "events-view.h"
#include "json-picture.h"
#include "missing.h"
#include "signals.h"
#include "verbs.h"
#include "when.h"

#define LAST_SHOWN 20
#define TRY_AGAIN (500 * USEC_PER_MSEC)

typedef struct Events {
        const Options *o;
        Client *client;
        EventQuery query;
        Screen screen;
        Json json;
        int signals;
        bool interrupted;
        bool away; /* hsmd does not answer, and that was said */
} Events;

static void take(const Event *e, void *userdata) {
        Events *x = userdata;

        if (x->query.alarm && ROW_GET(Event, e, alarm, 0) != x->query.alarm)
                return; /* waiting knows no filter by alarm */
        if (!x->o->json) {
                event_put(&x->screen, e);
                return;
        }
        json_open(&x->json, NULL, '{');
        json_members(&x->json, &event_table, e, now_monotonic(), 0);
        json_close(&x->json, '}');
        if (x->o->follow)
                json_end(&x->json); /* a document each */
}

static bool on_signal(void *userdata) {
        Events *x = userdata;

        x->interrupted = signals_take(x->signals) || x->interrupted;
        return x->interrupted;
}

static int find_device(Events *x) {
        CLEANUP_PICTURE Picture p = {0};
        const DeviceRow *d;
        int r;

        if (!x->o->device)
                return 0;
        r = picture_fetch(x->client, 1U << BOARD_DEVICES, CLIENT_DEADLINE, &p);
        if (r < 0)
                return r;
        d = picture_find_device(&p, x->o->device);
        if (!d) {
                (void) no_such_device(x->o, &p, x->o->device);
                return -ENODEV;
        }
        x->query.device = d->number;
        return 0;
}

static ExitCode take_options(Events *x) {
        const Options *o = x->o;
        usec_t now = now_realtime();

        if (o->since && when_take(o, "--since", o->since, now, &x->query.since) != EXIT_OK)
                return EXIT_USAGE;
        if (o->until && when_take(o, "--until", o->until, now, &x->query.until) != EXIT_OK)
                return EXIT_USAGE;
        if (x->query.since && x->query.until && x->query.since > x->query.until) {
                fputs(say(o, "hsmctl: --since is later than --until; right is the other way\n",
                              "hsmctl：--since 晚于 --until，应当相反\n"),
                        stderr);
                return EXIT_USAGE;
        }
        if (o->follow && o->until) {
                fputs(say(o, "hsmctl: --follow goes on without end; it takes no --until\n",
                              "hsmctl：--follow 持续显示，不能与 --until 同用\n"),
                        stderr);
                return EXIT_USAGE;
        }
        x->query.alarm = o->alarm;
        x->query.limit = o->count ? o->count : o->since || o->until || o->alarm ? 0 : LAST_SHOWN;
        x->query.newest = x->query.limit > 0;
        return EXIT_OK;
}

static int connect(Events *x) {
        int r = client_new(x->o->socket, &x->client);

        if (r >= 0 && x->signals >= 0)
                client_interrupt_by(x->client, x->signals, -1, on_signal, x);
        return r;
}

/* What is there already. With --follow, what comes while it is asked for is not lost either: the last id of
 * all is asked for before. */
static int show_past(Events *x) {
        uint64_t last = 0;
        int r = 0;

        if (x->o->follow)
                r = events_last(x->client, &last);
        if (r >= 0)
                r = events_fetch(x->client, &x->query, take, x);
        x->query.after = MAX_OF(x->query.after, last);
        return r;
}

/* --- following */

static bool is_away(int r) {
        return r == -ENOENT || r == -ECONNREFUSED || r == -ECONNRESET || r == -EPIPE || r == -ETIMEDOUT;
}

static void say_away(Events *x) {
        x->client = client_free(x->client);
        if (!x->away)
                fputs(say(x->o, "hsmctl: hsmd does not answer; waiting for it\n",
                              "hsmctl：hsmd 无应答，等待其恢复\n"),
                        stderr);
        x->away = true;
}

/* After a restart the history has what came meanwhile. */
static int come_back(Events *x) {
        EventQuery missed = x->query;
        int r = connect(x);

        missed.since = missed.until = 0;
        missed.limit = 0;
        missed.newest = false;
        if (r >= 0)
                r = events_fetch(x->client, &missed, take, x);
        x->query.after = MAX_OF(x->query.after, missed.after);
        if (r < 0)
                return r;
        fprintf(stderr,
                say(x->o, "hsmctl: hsmd answers again; going on after event %llu\n",
                        "hsmctl：hsmd 已恢复应答，从事件 %llu 之后继续\n"),
                (unsigned long long) x->query.after);
        x->away = false;
        return 0;
}

static ExitCode follow(Events *x) {
        while (!x->interrupted) {
                int r = x->away ? come_back(x) : events_wait(x->client, &x->query, take, x);

                fflush(stdout);
                if (x->interrupted)
                        break;
                if (ferror(stdout))
                        return EXIT_USAGE;
                if (r < 0 && !is_away(r))
                        return client_complain(x->o, x->client, r);
                if (r >= 0)
                        continue;
                say_away(x);
                x->interrupted = signals_wait(x->signals, TRY_AGAIN);
        }
        return EXIT_OK;
}

static ExitCode failed(const Events *x, int r) {
        return r == -ENODEV ? EXIT_NOT_FOUND : action_failed(x->o, x->client, r);
}

static ExitCode run(Events *x) {
        bool list = x->o->json && !x->o->follow;
        int r = x->o->follow ? (x->signals = signals_open()) : 0;

        if (r >= 0)
                r = connect(x);
        if (r >= 0)
                r = find_device(x);
        if (r < 0)
                return failed(x, r);
        if (list) {
                json_open(&x->json, NULL, '{');
                json_open(&x->json, "events", '[');
        }
        r = show_past(x);
        if (list) {
                json_close(&x->json, ']');
                json_close(&x->json, '}');
                json_end(&x->json);
        }
        if (r < 0)
                return x->interrupted ? EXIT_OK : failed(x, r);
        fflush(stdout);
        return x->o->follow ? follow(x) : EXIT_OK;
}

ExitCode verb_events(const Options *o) {
        Events x = {.o = o, .signals = -1, .json = {.f = stdout, .pretty = o->json == JSON_PRETTY}};
        ExitCode code;

        screen_init(&x.screen, o);
        if (take_options(&x) != EXIT_OK)
                return EXIT_USAGE;
        code = run(&x);
        client_free(x.client);
        closep(&x.signals);
        return code;
}
