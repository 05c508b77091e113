#include "sentence.h"

#include <stdarg.h>
#include <time.h>

void say(Sentence *s, const char *en, const char *zh, ...) {
        const char *format = s->lang == LANG_ZH ? zh : en;
        size_t n = strlen(s->text);
        va_list ap;

        va_start(ap, zh);
        vsnprintf(s->text + n, sizeof(s->text) - n, format, ap);
        va_end(ap);
}

static bool is_ascii(const char *text) {
        for (; *text; text++)
                if (*text < ' ' || *text > '~')
                        return false;
        return true;
}

void say_thing(Sentence *s, const char *name, const char *title) {
        bool titled = title && title[0] && !streq(title, name);

        if (titled && (s->lang == LANG_ZH || is_ascii(title)))
                say(s, "%1$s (%2$s)", "%2$s（%1$s）", name, title);
        else
                say(s, "%s", "%s", name);
}

void say_instant(Sentence *s, usec_t realtime) {
        time_t seconds = (time_t) (realtime / USEC_PER_SEC);
        char text[32] = "?";
        struct tm tm;

        if (gmtime_r(&seconds, &tm))
                strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
        say(s, "%s", "%s", text);
}

/* "82.0 °C" is "82.0 C" where nothing but ASCII may stand. */
static void drop_degree_signs(char *text) {
        static const char sign[] = "°";

        for (char *p = strstr(text, sign); p; p = strstr(p, sign))
                memmove(p, p + strlen(sign), strlen(p + strlen(sign)) + 1);
}

void sentence_end(Sentence *s, char *dst, size_t size) {
        if (s->lang == LANG_EN) {
                drop_degree_signs(s->text);
                keep_printable(s->text);
        }
        copy_text(dst, size, s->text);
}
