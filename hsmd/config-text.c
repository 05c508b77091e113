/* What words in the configuration may look like. */
#include "config-text.h"

#include <ctype.h>
#include <inttypes.h>

/* The length of the well-formed, printable character at p, 0 if there is none (RFC 3629, section 4). */
static size_t character(const unsigned char *p) {
        if (p[0] < 0x80)
                return p[0] >= 0x20 && p[0] != 0x7F;
        size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
        if (p[0] < 0xC2 || p[0] > 0xF4)
                return 0;
        for (size_t i = 1; i < n; i++)
                if ((p[i] & 0xC0) != 0x80)
                        return 0;
        if (n == 2 && p[0] == 0xC2 && p[1] < 0xA0)
                return 0; /* C1 controls */
        if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90))
                return 0; /* longer than needed */
        if ((p[0] == 0xED && p[1] >= 0xA0) || (p[0] == 0xF4 && p[1] >= 0x90))
                return 0; /* surrogates, and beyond U+10FFFF */
        return n;
}

bool text_is_clean(const char *text) {
        const unsigned char *p = (const unsigned char *) text;

        while (*p) {
                size_t n = character(p);

                if (n == 0)
                        return false;
                p += n;
        }
        return true;
}

/* The digit's value; 16 if it is none. */
static unsigned hex_digit(char c) {
        static const char digits[] = "0123456789abcdef";
        const char *at = memchr(digits, tolower((unsigned char) c), 16);

        return at ? (unsigned) (at - digits) : 16;
}

bool hex_parse(const char *text, uint8_t *dst, size_t max, size_t *ret_size) {
        size_t n = strlen(text);

        if (n == 0 || n % 2 != 0 || n / 2 > max)
                return false;
        for (size_t i = 0; i < n; i++)
                if (hex_digit(text[i]) == 16)
                        return false;
        for (size_t i = 0; i < n / 2; i++)
                dst[i] = (uint8_t) (hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
        *ret_size = n / 2;
        return true;
}

static usec_t unit(const char *name) {
        if (streq(name, "ms"))
                return USEC_PER_MSEC;
        if (streq(name, "s"))
                return USEC_PER_SEC;
        if (streq(name, "min"))
                return 60 * USEC_PER_SEC;
        if (streq(name, "h"))
                return 3600 * USEC_PER_SEC;
        return streq(name, "day") || streq(name, "days") ? 24 * 3600 * USEC_PER_SEC : 0;
}

bool duration_parse(const char *text, usec_t *ret) {
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 10)
                return false;
        usec_t factor = unit(text + digits + strspn(text + digits, " "));
        if (factor == 0)
                return false;
        /* ten digits of days are more than fits; what is out of range is told by the caller */
        unsigned long long n = strtoull(text, NULL, 10);
        *ret = n > UINT64_MAX / factor ? UINT64_MAX : n * factor;
        return true;
}

const char *duration_text(char *dst, size_t size, usec_t duration) {
        static const char *const units[] = {"days", "h", "min", "s"};

        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                usec_t factor = unit(units[i]);

                if (duration < 2 * factor || duration % factor != 0)
                        continue;
                snprintf(dst, size, "\"%" PRIu64 " %s\"", duration / factor, units[i]);
                return dst;
        }
        snprintf(dst, size, "\"%" PRIu64 " ms\"", duration / USEC_PER_MSEC);
        return dst;
}

/* One arc at text; its value, or -1. Leading zeros are refused: one OID has one spelling. */
static int64_t arc(const char *text, size_t n) {
        if (n == 0 || n > 10 || (n > 1 && text[0] == '0'))
                return -1;
        unsigned long long value = strtoull(text, NULL, 10);
        return value <= UINT32_MAX ? (int64_t) value : -1;
}

bool oid_is_numeric(const char *oid) {
        size_t arcs = 0;
        int64_t first = 0;

        for (;; oid++) {
                size_t n = strspn(oid, "0123456789");
                int64_t value = arc(oid, n);

                if (value < 0 || (arcs == 0 && value > 2) || (arcs == 1 && first < 2 && value > 39))
                        return false;
                first = arcs == 0 ? value : first;
                arcs++;
                oid += n;
                if (*oid != '.')
                        break;
        }
        return *oid == '\0' && arcs >= 2 && arcs <= 128;
}

static bool date_is_shaped(const char *date) {
        if (strlen(date) != 10 || date[4] != '-' || date[7] != '-')
                return false;
        for (size_t i = 0; i < 10; i++)
                if (i != 4 && i != 7 && !isdigit((unsigned char) date[i]))
                        return false;
        return true;
}

bool date_is_valid(const char *date) {
        static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

        if (!date_is_shaped(date))
                return false;
        int year = atoi(date), month = atoi(date + 5), day = atoi(date + 8);
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (year < 1970 || month < 1 || month > 12 || day < 1)
                return false;
        return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}
