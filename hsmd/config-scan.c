/* A look at a file before libconfig (1.5) reads it, for the two things that it gets badly wrong:
 *
 * - an @include of a directory ends the whole process ("input in flex scanner failed", then exit), which a
 * reload must never do to a daemon that watches machines; one of a FIFO would block it for good;
 * - an integer beyond 32 bits is cut to its low bits in silence: device 4294967297 would be device 1.
 *
 * The lexer below knows strings, comments, words and numbers, and nothing of the grammar. */
#include <ctype.h>
#include <limits.h>
#include <sys/stat.h>

#include "config-reader.h"
#include "config-text.h"

#define FILE_SIZE_MAX (64 * 1024 * 1024)
#define INCLUDE_DEPTH_MAX 10 /* libconfig's own */

typedef struct Scan {
        Reader *reader;
        const char *path;
        const char *p; /* where we are */
        unsigned line;
        unsigned depth;
        unsigned errors;
} Scan;

static int scan_file(Reader *r, FILE *file, const char *path, unsigned depth);

static void count_lines(Scan *s, const char *end) {
        for (; s->p < end; s->p++)
                s->line += *s->p == '\n';
}

static void skip_comment(Scan *s, const char *terminator) {
        const char *end = strstr(s->p, terminator);

        count_lines(s, end ? end : s->p + strlen(s->p));
        if (end && terminator[0] == '*')
                s->p += 2;
}

/* At a quote: the end of the string's inside. Leaves p behind the closing quote. */
static const char *skip_string(Scan *s) {
        const char *end = s->p + 1;

        while (*end && *end != '"')
                end += end[0] == '\\' && end[1] ? 2 : 1;
        count_lines(s, end);
        if (*s->p)
                s->p++;
        return end;
}

static void include_refused(Scan *s, const char *name, const char *why, const char *right) {
        config_error_at(s->reader, s->path, s->line, "@include \"%s\" %s; %s",
                text_is_clean(name) ? name : "…", why, right);
        s->errors++;
}

static void include_file(Scan *s, const char *name) {
        CLEANUP_FREE char *path = NULL;
        CLEANUP_FCLOSE FILE *file = NULL;
        struct stat st;

        if (name[0] == '/') {
                /* libconfig would look below the configuration's directory all the same */
                include_refused(s, name, "is absolute", "name it relative to the directory of hsmd.conf");
                return;
        }
        if (s->depth + 1 > INCLUDE_DEPTH_MAX) {
                include_refused(s, name, "is nested too deeply", "files may include each other 10 deep");
                return;
        }
        if (asprintf(&path, "%s/%s", s->reader->directory, name) < 0) {
                path = NULL;
                s->reader->no_memory = true;
                return;
        }
        if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || !(file = fopen(path, "re"))) {
                include_refused(s, name, "cannot be read",
                        "name a readable regular file, relative to the directory of hsmd.conf");
                return;
        }
        if (scan_file(s->reader, file, path, s->depth + 1) < 0)
                s->errors++;
}

static void scan_at(Scan *s) {
        static const char word[] = "@include";

        if (strncmp(s->p, word, strlen(word)) != 0) {
                s->p++;
                return;
        }
        s->p += strlen(word);
        s->p += strspn(s->p, " \t");
        if (*s->p != '"')
                return; /* libconfig will name the syntax error */
        const char *start = s->p + 1, *end = skip_string(s);
        CLEANUP_FREE char *name = strndup(start, (size_t) (end - start));
        if (name)
                include_file(s, name);
        else
                s->reader->no_memory = true;
}

/* In a vendor profile hexadecimal numbers may have all of their 32 bits, and are read as such. */
static bool integer_fits(const char *word, bool vendor) {
        const char *digits = word + strspn(word, "+-");
        int base = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
        char *end;

        if (!isdigit((unsigned char) digits[0]))
                return true;
        errno = 0;
        unsigned long long value = strtoull(digits, &end, base);
        if (end[strspn(end, "L")] != '\0')
                return true; /* a fraction, or no number at all */
        return errno == 0 && value <= (vendor && base == 16 ? UINT32_MAX : INT_MAX);
}

/* A name or a number. */
static void scan_word(Scan *s) {
        size_t n = strspn(s->p, "+-._*0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        char word[64];

        n = MAX_OF(n, (size_t) 1);
        if (n >= sizeof(word))
                snprintf(word, sizeof(word), "%.60s…", s->p);
        else
                snprintf(word, sizeof(word), "%.*s", (int) n, s->p);
        bool number = strchr("+-0123456789", word[0]);
        if (number && (n >= sizeof(word) || !integer_fits(word, s->reader->vendor_numbers))) {
                config_error_at(s->reader, s->path, s->line,
                        "the number %s does not fit; integers are at most %d", word, INT_MAX);
                s->errors++;
        }
        s->p += n;
}

static void scan_text(Scan *s) {
        while (*s->p) {
                if (*s->p == '"')
                        skip_string(s);
                else if (*s->p == '#' || strncmp(s->p, "//", 2) == 0)
                        skip_comment(s, "\n");
                else if (strncmp(s->p, "/*", 2) == 0)
                        skip_comment(s, "*/");
                else if (*s->p == '@')
                        scan_at(s);
                else if (isalnum((unsigned char) *s->p) || *s->p == '-' || *s->p == '+')
                        scan_word(s);
                else
                        count_lines(s, s->p + 1);
        }
}

static int refuse_file(Reader *r, const char *path, const char *why) {
        config_error_at(r, path, 1, "%s", why);
        return -EINVAL;
}

static int scan_file(Reader *r, FILE *file, const char *path, unsigned depth) {
        CLEANUP_FREE char *text = NULL;
        struct stat st;

        if (fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode))
                return refuse_file(r, path, "this is no regular file; name a configuration file");
        if (st.st_size > FILE_SIZE_MAX)
                return refuse_file(r, path, "the file is larger than 64 MiB; name a configuration file");
        text = malloc((size_t) st.st_size + 1);
        if (!text) {
                r->no_memory = true;
                return -ENOMEM;
        }
        size_t n = fread(text, 1, (size_t) st.st_size, file);
        if (ferror(file))
                return refuse_file(r, path, "reading failed; see whether the disk is well");
        text[n] = '\0';
        if (strlen(text) != n)
                return refuse_file(r, path, "the file holds a NUL octet; write plain text in UTF-8");

        Scan scan = {.reader = r, .path = path, .p = text, .line = 1, .depth = depth};
        scan_text(&scan);
        return scan.errors > 0 ? -EINVAL : 0;
}

int config_scan(Reader *r, FILE *file, const char *path) {
        int k = scan_file(r, file, path, 0);

        rewind(file);
        return k;
}
