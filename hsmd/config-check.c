/* What a string in the configuration must look like: each returns what would be right, or NULL if the value
 * is. */
#include <ctype.h>

#include "config-reader.h"

const char *check_text(UNUSED const char *value) {
        return NULL;
}

const char *check_filled(const char *value) {
        return *value ? NULL : "at least one character";
}

const char *check_name(const char *value) {
        for (const char *p = value; *p; p++)
                if (!isalnum((unsigned char) *p) && (p == value || !strchr("._-", *p)))
                        return "letters, digits, “.”, “_” and “-”, a letter or digit first";
        return *value ? NULL : "a name of letters, digits, “.”, “_” and “-”";
}

const char *check_ascii(const char *value) {
        for (const char *p = value; *p; p++)
                if ((unsigned char) *p >= 0x7F)
                        return "ASCII characters only";
        return *value ? NULL : "at least one character";
}

const char *check_path(const char *value) {
        return value[0] == '/' ? NULL : "an absolute path, beginning with “/”";
}
