#include "json-flat.h"

#include "utf8.h"

static const char *skip_space(const char *p) {
        return p + strspn(p, " \t\r\n");
}

static int hex4(const char *p, uint32_t *ret) {
        uint32_t value = 0;

        for (size_t i = 0; i < 4; i++) {
                static const char digits[] = "0123456789abcdef0123456789ABCDEF";
                const char *at = p[i] ? strchr(digits, p[i]) : NULL;

                if (!at)
                        return -EBADMSG;
                value = value << 4 | (uint32_t) ((at - digits) % 16);
        }
        *ret = value;
        return 0;
}

static size_t encode(uint32_t rune, char dst[static 4]) {
        if (rune < 0x80) {
                dst[0] = (char) rune;
                return 1;
        }
        if (rune < 0x800) {
                dst[0] = (char) (0xc0 | rune >> 6);
                dst[1] = (char) (0x80 | (rune & 0x3f));
                return 2;
        }
        if (rune < 0x10000) {
                dst[0] = (char) (0xe0 | rune >> 12);
                dst[1] = (char) (0x80 | (rune >> 6 & 0x3f));
                dst[2] = (char) (0x80 | (rune & 0x3f));
                return 3;
        }
        dst[0] = (char) (0xf0 | rune >> 18);
        dst[1] = (char) (0x80 | (rune >> 12 & 0x3f));
        dst[2] = (char) (0x80 | (rune >> 6 & 0x3f));
        dst[3] = (char) (0x80 | (rune & 0x3f));
        return 4;
}

/* \uXXXX at p (behind the u); beyond the first plane a pair of them. */
static int read_unicode(const char **p, uint32_t *ret) {
        uint32_t high, low;

        if (hex4(*p, &high) < 0 || high == 0 || (high >= 0xdc00 && high < 0xe000))
                return -EBADMSG;
        *p += 4;
        if (high < 0xd800 || high >= 0xe000) {
                *ret = high;
                return 0;
        }
        if ((*p)[0] != '\\' || (*p)[1] != 'u' || hex4(*p + 2, &low) < 0 || low < 0xdc00 || low >= 0xe000)
                return -EBADMSG;
        *p += 6;
        *ret = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
        return 0;
}

static int read_escape(const char **p, uint32_t *ret) {
        static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
        const char *at;

        if (**p == 'u') {
                ++*p;
                return read_unicode(p, ret);
        }
        at = **p ? strchr(names, **p) : NULL;
        if (!at)
                return -EBADMSG;
        ++*p;
        *ret = (unsigned char) meant[at - names];
        return 0;
}

/* p behind the opening quotation mark; afterwards behind the closing one. */
static int read_string(const char **p, char dst[static JSON_TEXT_MAX]) {
        size_t n = 0;

        while (**p != '"') {
                uint32_t rune = (unsigned char) **p;

                if (rune < 0x20 || n + 4 >= JSON_TEXT_MAX)
                        return -EBADMSG;
                ++*p;
                if (rune != '\\') {
                        dst[n++] = (char) rune;
                        continue;
                }
                if (read_escape(p, &rune) < 0)
                        return -EBADMSG;
                n += encode(rune, dst + n);
        }
        ++*p;
        dst[n] = '\0';
        return utf8_valid(dst) ? 0 : -EBADMSG;
}

static int read_number(const char **p, uint64_t *ret) {
        size_t digits = strspn(*p, "0123456789");
        uint64_t value = 0;

        if (digits == 0 || digits > 20 || (digits > 1 && **p == '0'))
                return -EBADMSG;
        for (size_t i = 0; i < digits; i++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                        __builtin_add_overflow(value, (uint64_t) ((*p)[i] - '0'), &value))
                        return -EBADMSG;
        *p += digits;
        *ret = value;
        return 0;
}

static int read_value(const char **p, JsonValue *v) {
        if (**p == '"') {
                ++*p;
                v->type = JSON_STRING;
                return read_string(p, v->text);
        }
        if (strncmp(*p, "true", 4) == 0 || strncmp(*p, "false", 5) == 0) {
                v->type = JSON_BOOL;
                v->number = **p == 't';
                *p += v->number ? 4 : 5;
                return 0;
        }
        v->type = JSON_NUMBER;
        return read_number(p, &v->number);
}

static int read_member(const char **p, JsonMember member, void *userdata) {
        char key[JSON_TEXT_MAX];
        JsonValue value = {0};

        if (**p != '"')
                return -EBADMSG;
        ++*p;
        if (read_string(p, key) < 0)
                return -EBADMSG;
        *p = skip_space(*p);
        if (**p != ':')
                return -EBADMSG;
        *p = skip_space(*p + 1);
        if (read_value(p, &value) < 0)
                return -EBADMSG;
        *p = skip_space(*p);
        return member(key, &value, userdata);
}

int json_flat_read(const char *json, JsonMember member, void *userdata) {
        const char *p = skip_space(json);
        bool first = true;

        if (*p != '{')
                return -EBADMSG;
        p = skip_space(p + 1);
        while (first || *p == ',') {
                int r;

                if (first && *p == '}')
                        break;
                p = first ? p : skip_space(p + 1);
                first = false;
                r = read_member(&p, member, userdata);
                if (r < 0)
                        return r;
        }
        return *p == '}' && *skip_space(p + 1) == '\0' ? 0 : -EBADMSG;
}
