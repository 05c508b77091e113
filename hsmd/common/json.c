#include "json.h"

#include <inttypes.h>

#include "utf8.h"

static void put_escaped(FILE *f, const char *s) {
        fputc('"', f);
        while (*s) {
                uint32_t rune;
                size_t n = utf8_decode(s, &rune);

                if (rune == '"' || rune == '\\')
                        fprintf(f, "\\%c", (char) rune);
                else if (rune < ' ' || rune == 0x7f)
                        fprintf(f, "\\u%04" PRIx32, rune);
                else if (rune == UTF8_REPLACEMENT)
                        fputs("\xef\xbf\xbd", f);
                else
                        fwrite(s, 1, n, f);
                s += n;
        }
        fputc('"', f);
}

static void start(Json *j, const char *key) {
        if (!j->first && j->depth > 0)
                fputc(',', j->f);
        if (j->pretty && j->depth > 0)
                fprintf(j->f, "\n%*s", (int) (2 * j->depth), "");
        j->first = false;
        if (!key)
                return;
        put_escaped(j->f, key);
        fputs(j->pretty ? ": " : ":", j->f);
}

void json_open(Json *j, const char *key, char bracket) {
        start(j, key);
        fputc(bracket, j->f);
        j->depth++;
        j->first = true;
}

void json_close(Json *j, char bracket) {
        j->depth--;
        if (j->pretty && !j->first)
                fprintf(j->f, "\n%*s", (int) (2 * j->depth), "");
        fputc(bracket, j->f);
        j->first = false;
}

void json_string(Json *j, const char *key, const char *value) {
        start(j, key);
        put_escaped(j->f, value);
}

void json_unsigned(Json *j, const char *key, uint64_t value) {
        start(j, key);
        fprintf(j->f, "%" PRIu64, value);
}

void json_signed(Json *j, const char *key, int64_t value) {
        start(j, key);
        fprintf(j->f, "%" PRId64, value);
}

void json_bool(Json *j, const char *key, bool value) {
        start(j, key);
        fputs(value ? "true" : "false", j->f);
}

void json_tenths(Json *j, const char *key, int64_t tenths) {
        uint64_t magnitude = tenths < 0 ? 0 - (uint64_t) tenths : (uint64_t) tenths;

        start(j, key);
        fprintf(j->f, "%s%" PRIu64 ".%" PRIu64, tenths < 0 ? "-" : "", magnitude / 10, magnitude % 10);
}

void json_end(Json *j) {
        fputc('\n', j->f);
}
