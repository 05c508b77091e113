#include "width.h"

#include <locale.h>
#include <wchar.h>

#include "utf8.h"

/* East Asian Wide and Fullwidth, in the coarse; for hosts without C.UTF-8 only. */
static bool is_wide(uint32_t rune) {
        static const struct {
                uint32_t first, last;
        } ranges[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf},
                {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
                {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff},
                {0x20000, 0x3fffd}};

        for (size_t i = 0; i < ELEMENTSOF(ranges); i++)
                if (rune >= ranges[i].first && rune <= ranges[i].last)
                        return true;
        return false;
}

void width_init(void) {
        (void) setlocale(LC_CTYPE, "C.UTF-8");
}

/* -1: not to be written as it is. */
static int rune_width(uint32_t rune, size_t length) {
        int width;

        if (rune < ' ' || (rune >= 0x7f && rune < 0xa0) || (rune == UTF8_REPLACEMENT && length == 1))
                return -1;
        /* marks of writing direction and the like reorder what a person reads */
        if ((rune >= 0x200b && rune <= 0x200f) || (rune >= 0x2028 && rune <= 0x202e) ||
                (rune >= 0x2060 && rune <= 0x206f) || rune == 0xfeff)
                return -1;
        width = wcwidth((wchar_t) rune);
        if (width >= 0)
                return width;
        return is_wide(rune) ? 2 : 1;
}

static size_t shown_width(uint32_t rune, size_t length) {
        int width = rune_width(rune, length);

        return width < 0 ? 1 : (size_t) width;
}

size_t text_width(const char *s) {
        size_t columns = 0;

        while (*s) {
                uint32_t rune;
                size_t n = utf8_decode(s, &rune);

                columns += shown_width(rune, n);
                s += n;
        }
        return columns;
}

void put_cell(FILE *f, const char *s, size_t columns, bool pad) {
        bool cut = text_width(s) > columns;
        size_t room = cut && columns > 0 ? columns - 1 : columns, used = 0;

        while (*s) {
                uint32_t rune;
                size_t n = utf8_decode(s, &rune), width = shown_width(rune, n);

                if (used + width > room)
                        break;
                if (rune_width(rune, n) < 0)
                        fputc('?', f);
                else
                        fwrite(s, 1, n, f);
                used += width;
                s += n;
        }
        if (cut && columns > 0) {
                fputc('~', f);
                used++;
        }
        for (; pad && used < columns; used++)
                fputc(' ', f);
}

size_t wrap_length(const char *s, size_t columns) {
        size_t at = 0, used = 0, last_space = 0;

        while (s[at]) {
                uint32_t rune;
                size_t n = utf8_decode(s + at, &rune), width = shown_width(rune, n);

                if (used + width > columns && at > 0)
                        return last_space ? last_space : at;
                at += n;
                used += width;
                if (rune == ' ')
                        last_space = at;
        }
        return at;
}
