#include "utf8.h"

static size_t sequence_length(unsigned char lead) {
        if (lead < 0x80)
                return 1;
        if (lead >= 0xc2 && lead < 0xe0)
                return 2;
        if (lead >= 0xe0 && lead < 0xf0)
                return 3;
        if (lead >= 0xf0 && lead < 0xf5)
                return 4;
        return 0;
}

static bool rune_is_allowed(uint32_t rune, size_t length) {
        static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

        if (rune < smallest[length] || rune > 0x10ffff)
                return false;
        if (rune >= 0xd800 && rune < 0xe000)
                return false;
        return !(rune >= 0xfdd0 && rune <= 0xfdef) && (rune & 0xfffe) != 0xfffe;
}

size_t utf8_decode(const char *s, uint32_t *ret_rune) {
        const unsigned char *p = (const unsigned char *) s;
        size_t length = sequence_length(p[0]);
        uint32_t rune = length > 1 ? p[0] & (0x7fU >> length) : p[0];

        for (size_t i = 1; i < length; i++) {
                if ((p[i] & 0xc0) != 0x80) { /* the terminator stops here too */
                        length = 0;
                        break;
                }
                rune = rune << 6 | (p[i] & 0x3f);
        }
        if (length == 0 || !rune_is_allowed(rune, length)) {
                *ret_rune = UTF8_REPLACEMENT;
                return 1;
        }
        *ret_rune = rune;
        return length;
}

/* U+FFFD itself is a valid character of three octets; a bad octet is decoded with length one. */
static bool is_bad(uint32_t rune, size_t length) {
        return rune == UTF8_REPLACEMENT && length == 1;
}

bool utf8_valid(const char *s) {
        while (*s) {
                uint32_t rune;
                size_t n = utf8_decode(s, &rune);

                if (is_bad(rune, n))
                        return false;
                s += n;
        }
        return true;
}

void utf8_repair(char *dst, size_t size, const char *src) {
        size_t used = 0;

        while (*src) {
                uint32_t rune;
                size_t n = utf8_decode(src, &rune);
                bool bad = is_bad(rune, n);
                const char *from = bad ? "\xef\xbf\xbd" : src;
                size_t length = bad ? 3 : n;

                if (used + length + 1 > size)
                        break;
                memcpy(dst + used, from, length);
                used += length;
                src += n;
        }
        dst[used] = '\0';
}
