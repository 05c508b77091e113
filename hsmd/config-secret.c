/* Where a secret comes from. The secret itself must not stand in the configuration, and what stands there in
 * its place by mistake is never repeated in a message. */
#include "config-reader.h"

static const char *check_credential(const char *value) {
        if (*value == '\0' || streq(value, ".") || streq(value, ".."))
                return "the name of a credential, as in LoadCredential=";
        return strchr(value, '/') ? "a credential's name without “/”" : NULL;
}

config_setting_t *read_secret(const Section *s, const char *key, SecretSource *target) {
        static const char *const keys[] = {"file", "credential"};
        config_setting_t *setting = config_get(s, key);
        Section inner = {.reader = s->reader, .own = setting};
        SecretSource source = {};

        if (!setting)
                return NULL;
        if (!config_setting_is_group(setting)) {
                config_error(s->reader, setting,
                        "“%s” %s, but a secret never stands here; write { file = \"/path\"; } or "
                        "{ credential = \"name\"; }",
                        key, config_type_text(setting));
                return NULL;
        }
        config_check_keys(s->reader, setting, keys, ELEMENTSOF(keys));
        if (config_setting_length(setting) != 1) {
                config_error(s->reader, setting, "“%s” names %s; write either file or credential", key,
                        config_setting_length(setting) == 0 ? "nothing" : "more than one source");
                return NULL;
        }
        read_string(&inner, "file", PATH_SIZE_MAX, check_path, &source.file);
        read_string(&inner, "credential", CONFIG_TEXT_MAX, check_credential, &source.credential);
        if (!source.file && !source.credential)
                return NULL;
        secret_source_done(target);
        *target = source;
        return setting;
}
