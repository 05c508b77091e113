#include "found.h"

#include <stdarg.h>

void found_add(Found *f, Reason reason, const char *format, ...) {
        Reason before = conditions_worst(&f->conditions);
        va_list ap;

        conditions_add(&f->conditions, reason);
        if (conditions_worst(&f->conditions) == before)
                return;
        va_start(ap, format);
        vsnprintf(f->text, f->size, format, ap);
        va_end(ap);
}
