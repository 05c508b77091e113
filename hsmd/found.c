#include "found.h"

#include <stdarg.h>

static Finding *place_for(Found *f, Reason reason, const char *resource) {
        for (size_t i = 0; i < f->n; i++)
                if (f->findings[i].reason == reason && streq(f->findings[i].resource, resource))
                        return NULL;
        return f->n < FINDINGS_MAX ? &f->findings[f->n++] : NULL;
}

void found_add(Found *f, Reason reason, const char *resource, const char *format, ...) {
        Reason before = conditions_worst(&f->conditions);
        Finding *finding = place_for(f, reason, resource);
        char words[256];
        va_list ap;

        va_start(ap, format);
        vsnprintf(words, sizeof(words), format, ap);
        va_end(ap);
        if (finding) {
                finding->reason = reason;
                copy_text(finding->resource, sizeof(finding->resource), resource);
                copy_text(finding->detail, sizeof(finding->detail), words);
        }
        conditions_add(&f->conditions, reason);
        if (conditions_worst(&f->conditions) != before)
                copy_text(f->text, f->size, words);
}
