#include "ticker.h"

#include <sys/timerfd.h>

#include "width.h"

static bool on_tick(void *userdata) {
        const Ticker *t = userdata;
        uint64_t ticks;

        if (read(t->timer, &ticks, sizeof(ticks)) <= 0)
                return false;
        fputs("\r\033[K", stderr);
        put_cell(stderr, t->what, 64, false);
        fprintf(stderr, " … %.0f %s", (double) (now_monotonic() - t->since) / (double) USEC_PER_SEC,
                t->lang == LANG_ZH ? "秒" : "s");
        return false;
}

void ticker_start(Ticker *t, Client *client, const Options *o, const char *what) {
        const struct itimerspec second = {.it_interval.tv_sec = 1, .it_value.tv_nsec = 1000};

        *t = (Ticker){.lang = o->lang, .since = now_monotonic(), .timer = -1};
        copy_text(t->what, sizeof(t->what), what);
        if (o->json || !isatty(STDERR_FILENO))
                return;
        t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (t->timer >= 0 && timerfd_settime(t->timer, 0, &second, NULL) >= 0)
                client_interrupt_by(client, t->timer, -1, on_tick, t);
}

void ticker_end(Ticker *t, Client *client) {
        if (t->timer < 0)
                return;
        client_interrupt_by(client, -1, -1, NULL, NULL);
        close(t->timer);
        fputs("\r\033[K", stderr);
}
