/* Arrays of strings. */
#include "config-reader.h"
#include "config-text.h"

static char *read_element(
        const Section *s, const char *key, const config_setting_t *at, size_t size, StringCheck check) {
        const char *value = config_setting_get_string(at);

        if (!value) {
                config_error(s->reader, at, "an element of “%s” %s; each is a string in quotes", key,
                        config_type_text(at));
                return NULL;
        }
        const char *right = text_is_clean(value) ? check(value) : "plain text in UTF-8";
        if (strlen(value) > size)
                config_error(s->reader, at, "an element of “%s” has %zu octets; at most %zu are allowed", key,
                        strlen(value), size);
        else if (right)
                config_error(s->reader, at, "\"%s\" in “%s” cannot be used; write %s",
                        text_is_clean(value) ? value : "…", key, right);
        else
                return reader_strdup(s->reader, value);
        return NULL;
}

/* There are few: each is compared with all before it. */
static bool repeated(char *const *strings, size_t n, const char *value) {
        for (size_t i = 0; i < n; i++)
                if (streq(strings[i], value))
                        return true;
        return false;
}

static void read_elements(const Section *s, const char *key, config_setting_t *list, size_t size,
        StringCheck check, char **strings) {
        size_t n = 0;

        for (unsigned i = 0; i < (unsigned) config_setting_length(list); i++) {
                config_setting_t *at = config_setting_get_elem(list, i);
                char *value = read_element(s, key, at, size, check);

                if (value && repeated(strings, n, value))
                        config_error(
                                s->reader, at, "\"%s\" stands twice in “%s”; once is enough", value, key);
                if (value)
                        strings[n++] = value;
        }
}

config_setting_t *read_strings(
        const Section *s, const char *key, size_t max, size_t size, StringCheck check, char ***target) {
        config_setting_t *list = config_get(s, key);

        if (!list)
                return NULL;
        if (!config_setting_is_array(list) && !config_setting_is_list(list)) {
                config_error(s->reader, list, "“%s” %s; write %s = [ \"…\", \"…\" ];", key,
                        config_type_text(list), key);
                return NULL;
        }
        size_t n = (size_t) config_setting_length(list);
        if (n == 0 || n > max) {
                config_error(s->reader, list, "“%s” has %zu elements; write 1 to %zu, or leave it out", key,
                        n, max);
                return NULL;
        }
        *target = reader_calloc(s->reader, n + 1, sizeof(char *));
        if (*target)
                read_elements(s, key, list, size, check, *target);
        return *target ? list : NULL;
}
