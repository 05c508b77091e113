#include "answer.h"

#include <stdarg.h>

int answer(char **ret_message, int result, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        if (vasprintf(ret_message, format, ap) < 0)
                *ret_message = NULL;
        va_end(ap);
        return result;
}
