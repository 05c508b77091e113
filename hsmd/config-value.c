/* Typed reading of one key of a group. */
#include <limits.h>
#include <math.h>

#include "config-reader.h"
#include "config-text.h"

char *reader_strdup(Reader *r, const char *text) {
        char *copy = strdup(text);

        if (!copy)
                r->no_memory = true;
        return copy;
}

void *reader_calloc(Reader *r, size_t n, size_t size) {
        void *p = calloc(MAX_OF(n, (size_t) 1), size);

        if (!p)
                r->no_memory = true;
        return p;
}

config_setting_t *config_get(const Section *s, const char *key) {
        config_setting_t *setting = s->own ? config_setting_get_member(s->own, key) : NULL;

        if (!setting && s->base)
                setting = config_setting_get_member(s->base, key);
        return setting;
}

config_setting_t *config_need(const Section *s, const char *key, const char *hint) {
        config_setting_t *setting = config_get(s, key);

        if (!setting && !s->partial)
                config_error(s->reader, s->own ? s->own : s->base, "“%s” is missing; write %s", key, hint);
        return setting;
}

const char *config_type_text(const config_setting_t *setting) {
        switch (config_setting_type(setting)) {
        case CONFIG_TYPE_GROUP:
                return "is a group { }";
        case CONFIG_TYPE_INT:
        case CONFIG_TYPE_INT64:
                return "is an integer";
        case CONFIG_TYPE_FLOAT:
                return "is a number with a fraction";
        case CONFIG_TYPE_STRING:
                return "is a string";
        case CONFIG_TYPE_BOOL:
                return "is true or false";
        case CONFIG_TYPE_ARRAY:
                return "is an array [ ]";
        case CONFIG_TYPE_LIST:
                return "is a list ( )";
        default:
                return "is nothing";
        }
}

static void wrong_type(Reader *r, const config_setting_t *setting, const char *key, const char *right) {
        config_error(r, setting, "“%s” %s; write %s", key, config_type_text(setting), right);
}

static config_setting_t *subgroup(Reader *r, config_setting_t *group, const char *key) {
        config_setting_t *member = group ? config_setting_get_member(group, key) : NULL;

        if (!member || config_setting_is_group(member))
                return member;
        wrong_type(r, member, key, "a group { … }");
        return NULL;
}

bool config_subsection(const Section *s, const char *key, Section *ret) {
        config_setting_t *own = subgroup(s->reader, s->own, key);
        config_setting_t *base = subgroup(s->reader, s->base, key);

        if (!own && !base)
                return false;
        *ret = (Section){.reader = s->reader, .own = own, .base = base, .partial = s->partial};
        return true;
}

config_setting_t *config_list(const Section *s, const char *key) {
        config_setting_t *list = config_get(s, key);

        if (!list || config_setting_is_list(list))
                return list;
        wrong_type(s->reader, list, key, "a list ( { … }, { … } )");
        return NULL;
}

config_setting_t *config_group_element(Reader *r, config_setting_t *list, unsigned index) {
        config_setting_t *element = config_setting_get_elem(list, index);

        if (config_setting_is_group(element))
                return element;
        config_error(r, element, "an element of “%s” %s; each is a group { … }", config_setting_name(list),
                config_type_text(element));
        return NULL;
}

config_setting_t *read_string(
        const Section *s, const char *key, size_t max, StringCheck check, char **target) {
        config_setting_t *setting = config_get(s, key);

        if (!setting)
                return NULL;
        if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
                wrong_type(s->reader, setting, key, "a string in quotes");
                return NULL;
        }
        const char *value = config_setting_get_string(setting);
        if (!text_is_clean(value)) {
                config_error(s->reader, setting,
                        "“%s” holds a control character or is no UTF-8; write plain text in UTF-8", key);
                return NULL;
        }
        if (strlen(value) > max) {
                config_error(s->reader, setting, "“%s” has %zu octets; at most %zu are allowed", key,
                        strlen(value), max);
                return NULL;
        }
        const char *right = check(value);
        if (right) {
                config_error(s->reader, setting, "%s = \"%s\" cannot be used; write %s", key, value, right);
                return NULL;
        }
        free(*target);
        *target = reader_strdup(s->reader, value);
        return *target ? setting : NULL;
}

bool setting_integer(const config_setting_t *setting, long long *ret) {
        switch (config_setting_type(setting)) {
        case CONFIG_TYPE_INT:
                *ret = config_setting_get_int(setting);
                return true;
        case CONFIG_TYPE_INT64:
                *ret = config_setting_get_int64(setting);
                return true;
        default:
                return false;
        }
}

config_setting_t *read_number(
        const Section *s, const char *key, uint32_t min, uint32_t max, uint32_t *target) {
        config_setting_t *setting = config_get(s, key);
        long long value;

        if (!setting)
                return NULL;
        if (!setting_integer(setting, &value)) {
                wrong_type(s->reader, setting, key, "an integer");
                return NULL;
        }
        if (value < (long long) min || value > (long long) max) {
                config_error(s->reader, setting, "%s = %lld is out of range; write %u to %u", key, value, min,
                        max);
                return NULL;
        }
        *target = (uint32_t) value;
        return setting;
}

config_setting_t *read_bool(const Section *s, const char *key, bool *target) {
        config_setting_t *setting = config_get(s, key);

        if (!setting)
                return NULL;
        if (config_setting_type(setting) != CONFIG_TYPE_BOOL) {
                wrong_type(s->reader, setting, key, "true or false");
                return NULL;
        }
        *target = config_setting_get_bool(setting);
        return setting;
}

config_setting_t *read_enum(const Section *s, const char *key, const NameTable *table, unsigned *target) {
        CLEANUP_FREE char *word = NULL, *hint = NULL;
        config_setting_t *setting = read_string(s, key, CONFIG_NAME_MAX, check_text, &word);

        if (!setting)
                return NULL;
        unsigned value = name_value(table, word);
        if (value == 0) {
                hint = config_suggest(word, table->names, table->n);
                config_error(s->reader, setting, "%s = \"%s\" is no %s;%s", key, word, table->what,
                        hint ? hint : "");
                return NULL;
        }
        *target = value;
        return setting;
}

config_setting_t *read_duration(const Section *s, const char *key, usec_t min, usec_t max, usec_t *target) {
        config_setting_t *setting = config_get(s, key);
        long long number;
        usec_t value;

        if (!setting)
                return NULL;
        if (setting_integer(setting, &number) && number >= 0) {
                value = (usec_t) number * USEC_PER_MSEC; /* below 2^31: see config_scan */
        } else if (config_setting_type(setting) != CONFIG_TYPE_STRING ||
                   !duration_parse(config_setting_get_string(setting), &value)) {
                config_error(s->reader, setting,
                        "“%s” is no duration; write milliseconds (500), or \"500 ms\", \"10 s\", \"2 min\", "
                        "\"12 h\", \"30 days\"",
                        key);
                return NULL;
        }
        if (value < min || value > max) {
                char low[32], high[32];

                config_error(s->reader, setting, "“%s” is out of range; write %s to %s", key,
                        duration_text(low, sizeof(low), min), duration_text(high, sizeof(high), max));
                return NULL;
        }
        *target = value;
        return setting;
}

config_setting_t *read_double(const Section *s, const char *key, double min, double max, double *target) {
        config_setting_t *setting = config_get(s, key);
        long long integer;
        double value;

        if (!setting)
                return NULL;
        if (setting_integer(setting, &integer)) {
                value = (double) integer;
        } else if (config_setting_type(setting) == CONFIG_TYPE_FLOAT) {
                value = config_setting_get_float(setting);
        } else {
                wrong_type(s->reader, setting, key, "a number");
                return NULL;
        }
        if (!isfinite(value) || value < min || value > max) {
                config_error(s->reader, setting, "“%s” is out of range; write %g to %g", key, min, max);
                return NULL;
        }
        *target = value;
        return setting;
}

config_setting_t *read_hex(
        const Section *s, const char *key, uint8_t *target, size_t max, uint32_t *target_size) {
        CLEANUP_FREE char *text = NULL;
        config_setting_t *setting = read_string(s, key, CONFIG_TEXT_MAX, check_text, &text);
        size_t size;

        if (!setting)
                return NULL;
        if (!hex_parse(text, target, max, &size)) {
                config_error(s->reader, setting,
                        "%s = \"%s\" is no key id; write 1 to %zu octets in hexadecimal, as \"a1b2\"", key,
                        text, max);
                return NULL;
        }
        *target_size = (uint32_t) size;
        return setting;
}

void read_text(const Section *s, const char *key, char **target) {
        read_string(s, key, CONFIG_TEXT_MAX, check_text, target);
        if (!*target)
                *target = reader_strdup(s->reader, "");
}

void read_title(const Section *s, const char *name, char **target) {
        read_text(s, "title", target);
        if (*target && **target == '\0' && name) {
                free(*target);
                *target = reader_strdup(s->reader, name);
        }
}

void read_identity(const Section *s, uint32_t max_number, uint32_t *number, char **name, char **title) {
        config_need(s, "number", "number = N;, a number of its own that never changes");
        read_number(s, "number", 1, max_number, number);
        config_need(s, "name", "name = \"…\";");
        read_string(s, "name", CONFIG_NAME_MAX, check_name, name);
        read_title(s, *name, title);
}

config_setting_t *read_reference(
        const Section *s, const char *key, const char *const *names, size_t n, size_t *ret) {
        CLEANUP_FREE char *word = NULL, *hint = NULL;
        config_setting_t *setting = read_string(s, key, CONFIG_NAME_MAX, check_name, &word);

        if (!setting)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                if (!names[i] || !streq(names[i], word))
                        continue;
                *ret = i;
                return setting;
        }
        hint = config_suggest(word, names, n);
        config_error(s->reader, setting, "%s \"%s\" is not configured;%s", key, word, hint ? hint : "");
        return NULL;
}
