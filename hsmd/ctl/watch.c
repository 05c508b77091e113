/* hsmctl watch: the fleet, live, on the terminal. */

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>

#include "fleet-view.h"
#include "verbs.h"
#include "width.h"

/* An answer is due within a second of the last one shown plus this, so that a hsmd that stopped is told
 * within 2 s. */
#define WATCH_DEADLINE (850 * USEC_PER_MSEC)
#define REFRESH USEC_PER_SEC

#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"
#define ENTER_SCREEN "\033[?1049h\033[?25l"
#define LEAVE_SCREEN "\033[?25h\033[?1049l"

typedef struct Watch {
        const Options *o;
        Screen screen;
        Client *client;
        Picture picture;
        bool has_picture;
        int error;        /* why there is no newer picture */
        usec_t last_good; /* when the picture was fetched */
        int signals;      /* signalfd of SIGINT, SIGTERM, SIGHUP, SIGWINCH */
        bool keyboard;    /* standard input is a terminal, set to single keys */
        struct termios saved;
        bool quit;
} Watch;

static void read_signals(Watch *w) {
        struct signalfd_siginfo info;

        while (read(w->signals, &info, sizeof(info)) == sizeof(info)) {
                if (info.ssi_signo == SIGWINCH)
                        screen_measure(&w->screen);
                else
                        w->quit = true;
        }
}

static bool is_readable(int fd) {
        struct pollfd p = {.fd = fd, .events = POLLIN};

        return poll(&p, 1, 0) > 0;
}

static void read_keyboard(Watch *w) {
        char keys[32];
        ssize_t n;

        if (!w->keyboard || !is_readable(STDIN_FILENO))
                return;
        n = read(STDIN_FILENO, keys, sizeof(keys));
        if (n <= 0)
                w->keyboard = false;
        for (ssize_t i = 0; i < n; i++)
                if (keys[i] == 'q' || keys[i] == 'Q')
                        w->quit = true;
}

static bool on_input(void *userdata);

/* Keys and signals are taken while a call waits, too; keys that come all the time must not hold up the
 * picture. */
static void take_input_while_calling(Watch *w) {
        if (w->client)
                client_interrupt_by(w->client, w->signals, w->keyboard ? STDIN_FILENO : -1, on_input, w);
}

static bool on_input(void *userdata) {
        Watch *w = userdata;

        read_signals(w);
        read_keyboard(w);
        take_input_while_calling(w);
        return w->quit;
}

/* Waits for signals and keys, at most until the given time. True if there was something. */
static bool wait_for_input(Watch *w, usec_t until) {
        struct pollfd fds[2] = {{.fd = w->signals, .events = POLLIN},
                {.fd = w->keyboard ? STDIN_FILENO : -1, .events = POLLIN}};
        usec_t now = now_monotonic();
        usec_t left = until > now ? until - now : 0;
        struct timespec timeout = {
                .tv_sec = (time_t) (left / USEC_PER_SEC), .tv_nsec = (long) (left % USEC_PER_SEC * 1000)};

        if (ppoll(fds, ELEMENTSOF(fds), &timeout, NULL) <= 0)
                return false;
        (void) on_input(w);
        return true;
}

static void fetch(Watch *w) {
        Picture p = {0};
        int r = w->client ? 0 : client_new(w->o->socket, &w->client);

        take_input_while_calling(w);
        if (r >= 0)
                r = picture_fetch(w->client, FLEET_VIEW_TABLES, WATCH_DEADLINE, &p);
        w->error = r;
        if (r < 0) {
                w->client = client_free(w->client);
                return;
        }
        picture_clear(&w->picture);
        w->picture = p;
        w->has_picture = true;
        w->last_good = now_monotonic();
}

/* Without an answer nothing is known now: the last states must not look like news. */
static void forget_states(Picture *p) {
        FleetRow *f = p->tables[BOARD_FLEET].rows;
        SiteRow *sites = p->tables[BOARD_SITES].rows;
        PoolRow *pools = p->tables[BOARD_POOLS].rows;
        DeviceRow *devices = p->tables[BOARD_DEVICES].rows;
        ServiceRow *services = p->tables[BOARD_SERVICES].rows;

        FIELD_SET(Fleet, f, state, SERVICE_UNKNOWN);
        FIELD_SET(Fleet, f, devices_serving, 0);
        for (size_t i = 0; i < p->tables[BOARD_SITES].n; i++) {
                FIELD_CLEAR(Site, &sites[i], temperature);
                FIELD_CLEAR(Site, &sites[i], reason);
        }
        FIELD_CLEAR(Fleet, f, drill);
        p->tables[BOARD_ALARMS].n = 0;
        for (size_t i = 0; i < p->tables[BOARD_SERVICES].n; i++) {
                FIELD_SET(Service, &services[i], state, SERVICE_UNKNOWN);
                FIELD_CLEAR(Service, &services[i], headroom);
                FIELD_CLEAR(Service, &services[i], survivable);
        }
        for (size_t i = 0; i < p->tables[BOARD_POOLS].n; i++) {
                FIELD_SET(Pool, &pools[i], state, POOL_UNKNOWN);
                FIELD_SET(Pool, &pools[i], serving, 0);
                FIELD_CLEAR(Pool, &pools[i], survivable);
        }
        for (size_t i = 0; i < p->tables[BOARD_DEVICES].n; i++) {
                FIELD_SET(Device, &devices[i], state, DEVICE_UNKNOWN);
                FIELD_CLEAR(Device, &devices[i], state_age);
                FIELD_CLEAR(Device, &devices[i], reason);
                FIELD_CLEAR(Device, &devices[i], failed_step);
                FIELD_CLEAR(Device, &devices[i], temperature);
        }
}

static void banner_text(const Watch *w, char *dst, size_t size) {
        const Screen *s = &w->screen;
        bool absent = w->error == -ENOENT || w->error == -ECONNREFUSED;

        if (w->error == -EACCES || w->error == -EPERM)
                snprintf(dst, size, "%s",
                        screen_say(
                                s, "this user may not use hsmd's socket", "当前用户无权使用 hsmd 的套接字"));
        else if (absent)
                snprintf(dst, size, "%s", screen_say(s, "hsmd is not running", "hsmd 未运行"));
        else
                snprintf(dst, size, "%s", screen_say(s, "hsmd does not answer", "hsmd 无应答"));
        if (w->has_picture) {
                size_t used = strlen(dst);

                snprintf(dst + used, size - used,
                        screen_say(
                                s, ", for %llu s now; nothing below is known", "，已%llu秒；以下状态均未知"),
                        (unsigned long long) ((now_monotonic() - w->last_good) / USEC_PER_SEC));
        }
}

static void put_top(const Watch *w, FILE *f) {
        Screen s = w->screen;
        char text[160], clock[32];
        time_t now = time(NULL);
        struct tm tm;

        s.f = f;
        if (!w->error) {
                snprintf(text, sizeof(text), "%s", screen_say(&s, "hsmctl watch", "密码机实时状态"));
        } else
                banner_text(w, text, sizeof(text));
        strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
        if (s.width < 40) {
                screen_cell(&s, w->error ? COLOUR_BAD : COLOUR_DIM, text, s.width, false);
        } else {
                screen_cell(&s, w->error ? COLOUR_BAD : COLOUR_DIM, text, s.width - 20, true);
                fprintf(f, " %s", clock);
        }
        fputs("\n", f);
}

/* Lines of the terminal that the note takes. It is written in one piece and wrapped by the terminal, so that
 * it can be copied as one line. */
static size_t note_lines(const Watch *w) {
        size_t width = w->o->note ? text_width(w->o->note) : 0;

        return w->o->note ? 1 + (width ? (width - 1) / w->screen.width : 0) : 0;
}

static void put_bottom(const Watch *w, FILE *f) {
        Screen s = w->screen;

        s.f = f;
        if (w->o->note) {
                put_cell(f, w->o->note, SIZE_MAX, false);
                fputc('\n', f);
        }
        screen_cell(&s, COLOUR_DIM,
                screen_say(&s, "q: quit    hsmctl device NAME: one machine, and what to look at first",
                        "q：退出    hsmctl device 名称：单台密码机及先查什么"),
                s.width, false);
}

static void put_frame(const Watch *w, FILE *f) {
        Screen s = w->screen;
        size_t used = 2 + note_lines(w) + 1, overhead;

        s.f = f;
        put_top(w, f);
        if (w->has_picture) {
                overhead = fleet_view_overhead(&s, &w->picture) + used + 1;
                fleet_view(&s, &w->picture, s.height > overhead ? s.height - overhead : 1);
        }
        fputc('\n', f);
        put_bottom(w, f);
}

/* Writes the frame over the old one, each line cleared behind its text only: nothing blinks. Lines that do
 * not fit the terminal are left away, or it would scroll. */
static void write_frame(const Watch *w, const char *frame) {
        size_t line = 0;

        fputs(HOME, stdout);
        for (const char *p = frame; *p && line < w->screen.height; line++) {
                size_t length = strcspn(p, "\n");

                if (line > 0)
                        fputs("\r\n", stdout);
                fwrite(p, 1, length, stdout);
                fputs(CLEAR_LINE, stdout);
                p += length + (p[length] == '\n');
        }
        fputs(CLEAR_BELOW, stdout);
        fflush(stdout);
}

static void draw(Watch *w) {
        CLEANUP_FREE char *frame = NULL;
        size_t size;
        FILE *f = open_memstream(&frame, &size);

        if (!f)
                return;
        if (w->error && w->has_picture)
                forget_states(&w->picture);
        put_frame(w, f);
        if (fclose(f) == 0)
                write_frame(w, frame);
}

static int terminal_start(Watch *w) {
        struct termios raw;
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGWINCH);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        w->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
        if (w->signals < 0)
                return -errno;
        if (tcgetattr(STDIN_FILENO, &w->saved) == 0) {
                raw = w->saved;
                raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
                w->keyboard = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
        }
        fputs(ENTER_SCREEN, stdout);
        return 0;
}

static void terminal_end(Watch *w, bool had_keyboard) {
        fputs(LEAVE_SCREEN, stdout);
        fflush(stdout);
        if (had_keyboard)
                (void) tcsetattr(STDIN_FILENO, TCSANOW, &w->saved);
        close(w->signals);
}

static void run(Watch *w) {
        while (!w->quit) {
                usec_t next = now_monotonic() + REFRESH;

                fetch(w);
                draw(w);
                /* a resize is drawn at once */
                while (!w->quit && now_monotonic() < next)
                        if (wait_for_input(w, next))
                                draw(w);
        }
}

ExitCode verb_watch(const Options *o) {
        Watch w = {.o = o, .signals = -1};
        bool had_keyboard;
        int r;

        screen_init(&w.screen, o);
        if (!isatty(STDOUT_FILENO)) {
                fputs(say(o, "hsmctl: watch needs a terminal; see hsmctl status\n",
                              "hsmctl：watch 需要终端；可用 hsmctl status\n"),
                        stderr);
                return EXIT_USAGE;
        }
        r = terminal_start(&w);
        if (r < 0)
                return client_complain(o, NULL, r);
        had_keyboard = w.keyboard;
        run(&w);
        terminal_end(&w, had_keyboard);
        client_free(w.client);
        picture_clear(&w.picture);
        return EXIT_OK;
}
