/* A device's environment: what its vendor's module wants to find there. */
#include <ctype.h>

#include "config-reader.h"

#define VALUE_MAX 4096

/* libconfig's names also allow “-” and “*”, which no shell and hardly a module could name. */
static bool name_is_usable(const char *name) {
        for (const char *p = name; *p; p++)
                if (!isalnum((unsigned char) *p) && *p != '_')
                        return false;
        return *name && !isdigit((unsigned char) *name);
}

static void add_variable(const Section *s, const char *name, char **target, size_t *n) {
        CLEANUP_FREE char *value = NULL;
        config_setting_t *at = read_string(s, name, VALUE_MAX, check_text, &value);

        if (!at)
                return;
        if (!name_is_usable(name)) {
                config_error(s->reader, at,
                        "“%s” is no name of an environment variable; use letters, digits and “_”", name);
                return;
        }
        if (asprintf(&target[*n], "%s=%s", name, value) < 0) {
                target[*n] = NULL;
                s->reader->no_memory = true;
                return;
        }
        (*n)++;
}

static unsigned length(const config_setting_t *group) {
        return group ? (unsigned) config_setting_length(group) : 0;
}

void read_environment(const Section *device, char ***target) {
        Section s = {.reader = device->reader};
        size_t n = 0;

        config_subsection(device, "environment", &s);
        char **list = reader_calloc(device->reader, length(s.own) + length(s.base) + 1, sizeof(char *));
        if (!list)
                return;
        *target = list;
        for (unsigned i = 0; i < length(s.own); i++)
                add_variable(&s, config_setting_name(config_setting_get_elem(s.own, i)), list, &n);
        for (unsigned i = 0; i < length(s.base); i++) {
                const char *name = config_setting_name(config_setting_get_elem(s.base, i));

                if (!s.own || !config_setting_get_member(s.own, name))
                        add_variable(&s, name, list, &n);
        }
}
