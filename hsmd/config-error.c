/* Errors in the configuration, collected: what is wrong, where, and what would be right. */
#include <stdarg.h>

#include "config-reader.h"

static bool already_noted(const Reader *r, const char *line) {
        for (size_t i = 0; i < MIN_OF(r->n_errors, (size_t) CONFIG_ERRORS_MAX); i++)
                if (streq(r->errors[i], line))
                        return true;
        return false;
}

/* The same mistake in device_defaults is met once a device: it is noted once. Takes line over. */
static void note(Reader *r, char *line) {
        if (already_noted(r, line)) {
                free(line);
                return;
        }
        if (r->n_errors < CONFIG_ERRORS_MAX)
                r->errors[r->n_errors] = line;
        else
                free(line);
        r->n_errors++;
}

/* libconfig names an included file as it was written: relative to the configuration's directory. */
static int place(const Reader *r, const char *file, unsigned line, char **ret) {
        bool relative = file != r->path && file != r->source && file[0] != '/' && r->directory;
        char *text;

        if (asprintf(&text, "%s%s%s:%u", relative ? r->directory : "", relative ? "/" : "", file,
                    MAX_OF(line, 1u)) < 0)
                return -ENOMEM;
        *ret = text;
        return 0;
}

static void note_va(Reader *r, const char *file, unsigned line, const char *format, va_list ap) {
        CLEANUP_FREE char *what = NULL, *where = NULL;
        char *whole;

        if (vasprintf(&what, format, ap) < 0) {
                what = NULL;
                r->no_memory = true;
                return;
        }
        if (place(r, file, line, &where) < 0 || asprintf(&whole, "%s: %s", where, what) < 0) {
                r->no_memory = true;
                return;
        }
        note(r, whole);
}

void config_error_at(Reader *r, const char *file, unsigned line, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        note_va(r, file ? file : r->source, line, format, ap);
        va_end(ap);
}

void config_error(Reader *r, const config_setting_t *at, const char *format, ...) {
        const char *file = at ? config_setting_source_file(at) : NULL;
        va_list ap;

        va_start(ap, format);
        note_va(r, file ? file : r->source, at ? config_setting_source_line(at) : 1, format, ap);
        va_end(ap);
}

char *config_place(Reader *r, const config_setting_t *at) {
        const char *file = config_setting_source_file(at);
        char *text = NULL;

        if (place(r, file ? file : r->source, config_setting_source_line(at), &text) < 0)
                r->no_memory = true;
        return text;
}

/* Levenshtein's distance; words longer than the row are called far. */
static size_t edit_distance(const char *a, const char *b) {
        size_t row[64], n = strlen(b);

        if (n >= ELEMENTSOF(row))
                return SIZE_MAX;
        for (size_t j = 0; j <= n; j++)
                row[j] = j;
        for (size_t i = 0; a[i]; i++) {
                size_t diagonal = row[0];

                row[0] = i + 1;
                for (size_t j = 0; j < n; j++) {
                        size_t above = row[j + 1];
                        size_t change = diagonal + (a[i] == b[j] ? 0 : 1);

                        row[j + 1] = MIN_OF(change, MIN_OF(above, row[j]) + 1);
                        diagonal = above;
                }
        }
        return row[n];
}

static const char *closest(const char *word, const char *const *words, size_t n) {
        const char *best = NULL;
        size_t best_distance = 3; /* two slips at most: further away it is another word */

        for (size_t i = 0; i < n; i++) {
                size_t distance = words[i] ? edit_distance(word, words[i]) : SIZE_MAX;

                if (distance < best_distance && distance < strlen(words[i])) {
                        best = words[i];
                        best_distance = distance;
                }
        }
        return best;
}

char *config_suggest(const char *word, const char *const *words, size_t n) {
        const char *best = closest(word, words, n), *separator = " allowed: ";
        CLEANUP_FREE char *text = NULL;
        size_t size = 0;
        char *result;

        if (best)
                return asprintf(&result, " did you mean “%s”?", best) < 0 ? NULL : result;
        FILE *f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        for (size_t i = 0, listed = 0; i < n; i++) {
                if (!words[i])
                        continue;
                if (listed++ == 40) { /* a fleet may have thousands of names */
                        fputs(", …", f);
                        break;
                }
                fprintf(f, "%s%s", separator, words[i]);
                separator = ", ";
        }
        if (fclose(f) != 0)
                return NULL;
        result = text;
        text = NULL;
        return result;
}

void config_check_keys(Reader *r, config_setting_t *group, const char *const *keys, size_t n) {
        for (int i = 0; group && i < config_setting_length(group); i++) {
                config_setting_t *member = config_setting_get_elem(group, (unsigned) i);
                const char *name = config_setting_name(member);
                bool known = false;

                for (size_t k = 0; k < n && !known; k++)
                        known = streq(name, keys[k]);
                if (known)
                        continue;
                CLEANUP_FREE char *hint = config_suggest(name, keys, n);
                config_error(r, member, "unknown key “%.80s”;%s", name, hint ? hint : "");
        }
}

char *config_errors_text(const Reader *r) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < MIN_OF(r->n_errors, (size_t) CONFIG_ERRORS_MAX); i++)
                fprintf(f, "%s%s", i > 0 ? "\n" : "", r->errors[i]);
        if (r->n_errors > CONFIG_ERRORS_MAX)
                fprintf(f, "\n%s: %zu more errors", r->path, r->n_errors - CONFIG_ERRORS_MAX);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

void config_errors_done(Reader *r) {
        for (size_t i = 0; i < MIN_OF(r->n_errors, (size_t) CONFIG_ERRORS_MAX); i++)
                free(r->errors[i]);
        r->n_errors = 0;
}
