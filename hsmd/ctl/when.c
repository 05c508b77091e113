#include "when.h"

#include <ctype.h>
#include <time.h>

#define DAY 86400

static bool is_number(const char *s, size_t most) {
        size_t n = strspn(s, "0123456789");

        return n > 0 && n <= most && s[n] == '\0';
}

/* Takes at most so many digits; how many there were. */
static size_t take_digits(const char **s, size_t most, int *ret) {
        size_t n = 0;

        for (*ret = 0; n < most && isdigit((unsigned char) **s); n++, (*s)++)
                *ret = *ret * 10 + (**s - '0');
        return n;
}

/* "10:00" or "10:00:30", to the end. */
static int parse_time(const char *s, struct tm *tm) {
        if (take_digits(&s, 2, &tm->tm_hour) == 0 || *s++ != ':' || take_digits(&s, 2, &tm->tm_min) != 2)
                return -EINVAL;
        tm->tm_sec = 0;
        if (*s == ':' && (s++, take_digits(&s, 2, &tm->tm_sec) != 2))
                return -EINVAL;
        return *s == '\0' && tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60 ? 0 : -EINVAL;
}

/* "2026-11-24", leaving what follows. */
static int parse_date(const char **s, struct tm *tm) {
        if (take_digits(s, 4, &tm->tm_year) != 4 || *(*s)++ != '-' || take_digits(s, 2, &tm->tm_mon) == 0 ||
                *(*s)++ != '-' || take_digits(s, 2, &tm->tm_mday) == 0)
                return -EINVAL;
        tm->tm_year -= 1900;
        tm->tm_mon -= 1;
        return 0;
}

/* mktime makes the 1st of March of the 30th of February; such a day does not exist. */
static int from_local(const struct tm *wanted, usec_t *ret) {
        struct tm tm = *wanted;
        time_t seconds;

        tm.tm_isdst = -1;
        seconds = mktime(&tm);
        if (seconds < 0 || tm.tm_mday != wanted->tm_mday || tm.tm_mon != wanted->tm_mon)
                return -EINVAL;
        *ret = (usec_t) seconds * USEC_PER_SEC;
        return 0;
}

/* A day by its name, leaving what follows; days from today. */
static bool take_day_name(const char **s, int *ret) {
        static const struct {
                const char *word;
                int days;
        } names[] = {{"today", 0}, {"yesterday", -1}, {"tomorrow", 1}};

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strncmp(*s, names[i].word, strlen(names[i].word)) == 0) {
                        *s += strlen(names[i].word);
                        *ret = names[i].days;
                        return true;
                }
        return false;
}

/* "-2h", "+3d". */
static int parse_relative(const char *s, usec_t now, usec_t *ret) {
        static const struct {
                char unit;
                usec_t seconds;
        } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY}, {'w', 7 * DAY}};
        bool before = *s++ == '-';
        size_t n = strspn(s, "0123456789");
        usec_t amount = 0;

        if (n == 0 || n > 9 || !s[n] || s[n + 1])
                return -EINVAL;
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (units[i].unit == s[n])
                        amount = strtoull(s, NULL, 10) * units[i].seconds * USEC_PER_SEC;
        if ((amount == 0 && !strchr("smhdw", s[n])) || (before && amount > now))
                return -EINVAL;
        *ret = before ? now - amount : now + amount;
        return 0;
}

/* A day by date or name or none (today), and a time or none (midnight). */
static int parse_calendar(const char *s, usec_t now, usec_t *ret) {
        time_t seconds = (time_t) (now / USEC_PER_SEC);
        struct tm tm;
        int days = 0;

        if (!localtime_r(&seconds, &tm))
                return -EINVAL;
        if (strchr(s, ':') && !strchr(s, ' ') && !strchr(s, 'T')) {
                if (parse_time(s, &tm) < 0)
                        return -EINVAL;
                return from_local(&tm, ret);
        }
        if (!take_day_name(&s, &days) && parse_date(&s, &tm) < 0)
                return -EINVAL;
        tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
        if (*s && ((*s != ' ' && *s != 'T') || parse_time(s + 1, &tm) < 0))
                return -EINVAL;
        if (days != 0) { /* over the end of a month, too: noon is on the right day whatever the clocks do */
                struct tm day = tm;

                day.tm_mday += days;
                day.tm_hour = 12;
                day.tm_isdst = -1;
                if (mktime(&day) < 0)
                        return -EINVAL;
                tm.tm_year = day.tm_year;
                tm.tm_mon = day.tm_mon;
                tm.tm_mday = day.tm_mday;
        }
        return from_local(&tm, ret);
}

int when_parse(const char *text, usec_t now, usec_t *ret) {
        if (streq(text, "now")) {
                *ret = now;
                return 0;
        }
        if (*text == '@') {
                if (!is_number(text + 1, 12))
                        return -EINVAL;
                *ret = strtoull(text + 1, NULL, 10) * USEC_PER_SEC;
                return 0;
        }
        if (*text == '-' || *text == '+')
                return parse_relative(text, now, ret);
        return parse_calendar(text, now, ret);
}

ExitCode when_take(const Options *o, const char *option, const char *text, usec_t now, usec_t *ret) {
        if (when_parse(text, now, ret) >= 0)
                return EXIT_OK;
        fprintf(stderr,
                say(o,
                        "hsmctl: %s: \"%s\" is no time; right is \"2026-11-24 10:00\", 10:00, yesterday, "
                        "\"tomorrow "
                        "8:00\", -2h, +3d, @SECONDS\n",
                        "hsmctl：%s：“%s”不是时间；正确写法：\"2026-11-24 "
                        "10:00\"、10:00、yesterday、\"tomorrow "
                        "8:00\"、-2h、+3d、@秒数\n"),
                option, text);
        return EXIT_USAGE;
}

void when_text(usec_t when, char dst[static WHEN_SIZE]) {
        time_t seconds = (time_t) (when / USEC_PER_SEC);
        struct tm tm;

        if (!localtime_r(&seconds, &tm) || strftime(dst, WHEN_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
                snprintf(dst, WHEN_SIZE, "?");
}
