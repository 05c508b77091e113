#include "screen.h"

#include <sys/ioctl.h>

#include "names.h"
#include "width.h"

static const char *const colour_codes[] = {
        [COLOUR_NONE] = "",
        [COLOUR_GOOD] = "\033[32m",
        [COLOUR_WARN] = "\033[33m",
        [COLOUR_BAD] = "\033[1;31m",
        [COLOUR_DIM] = "\033[2m",
        [COLOUR_BOLD] = "\033[1m",
};

static size_t size_from_environment(const char *name) {
        const char *value = getenv(name);
        char *end = NULL;
        unsigned long n = value ? strtoul(value, &end, 10) : 0;

        return n >= 20 && n <= 10000 && *end == '\0' ? n : 0;
}

void screen_measure(Screen *s) {
        struct winsize size = {0};
        size_t columns = size_from_environment("COLUMNS");

        s->width = columns ? columns : SIZE_MAX;
        s->height = SIZE_MAX;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return;
        s->width = size.ws_col;
        s->height = size.ws_row ? size.ws_row : 24;
}

void screen_init(Screen *ret, const Options *o) {
        const char *no_color = getenv("NO_COLOR");
        const char *term = getenv("TERM");

        *ret = (Screen){.f = stdout, .lang = o->lang};
        ret->colour = isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && streq(term, "dumb"));
        screen_measure(ret);
}

const char *screen_say(const Screen *s, const char *en, const char *zh) {
        return s->lang == LANG_ZH ? zh : en;
}

void screen_cell(const Screen *s, Colour colour, const char *text, size_t columns, bool pad) {
        bool coloured = s->colour && colour != COLOUR_NONE;

        if (coloured)
                fputs(colour_codes[colour], s->f);
        put_cell(s->f, text, columns, pad);
        if (coloured)
                fputs("\033[0m", s->f);
}

Colour colour_of_device(unsigned state) {
        switch (state) {
        case DEVICE_UP:
                return COLOUR_GOOD;
        case DEVICE_DOWN:
                return COLOUR_BAD;
        case DEVICE_MAINTENANCE:
                return COLOUR_DIM;
        default:
                return COLOUR_WARN;
        }
}

Colour colour_of_pool(unsigned state) {
        switch (state) {
        case POOL_REDUNDANT:
                return COLOUR_GOOD;
        case POOL_LOST:
        case POOL_DEGRADED:
                return COLOUR_BAD;
        default:
                return COLOUR_WARN;
        }
}

Colour colour_of_fleet(unsigned state) {
        switch (state) {
        case SERVICE_OK:
                return COLOUR_GOOD;
        case SERVICE_LOST:
        case SERVICE_DEGRADED:
                return COLOUR_BAD;
        default:
                return COLOUR_WARN;
        }
}
