/* A pool's keys, and what a member overrides of them. */
#include "config-reader.h"
#include "config-text.h"

#define DAY (24 * 3600 * USEC_PER_SEC)
#define BUSINESS_INTERVAL (600 * USEC_PER_SEC) /* business pays for what its keys are exercised */

/* A key is named by its label, its id or both. */
static void read_selector(const Section *s, char **label, uint8_t *id, uint32_t *id_size) {
        read_string(s, "label", CONFIG_NAME_MAX, check_filled, label);
        read_hex(s, "id", id, 64, id_size);
        if (!config_get(s, "label") && !config_get(s, "id"))
                config_error(s->reader, s->own,
                        "the key has neither label nor id; write label = \"…\"; or "
                        "id = \"a1b2\";");
}

/* What a key is exercised by unless its entry says otherwise: what its type is for. */
static Exercise natural_exercise(KeyType type) {
        switch (type) {
        case KEY_TYPE_RSA:
        case KEY_TYPE_EC:
        case KEY_TYPE_SM2:
                return EXERCISE_SIGN;
        case KEY_TYPE_AES:
        case KEY_TYPE_SM4:
                return EXERCISE_ENCRYPT;
        case KEY_TYPE_HMAC:
                return EXERCISE_MAC;
        default:
                return EXERCISE_PRESENT;
        }
}

static bool is_symmetric(KeyType type) {
        return type == KEY_TYPE_AES || type == KEY_TYPE_SM4 || type == KEY_TYPE_HMAC;
}

/* A business key is only looked for unless somebody answers for more. */
static void read_exercise(const Section *s, ConfigKey *key) {
        unsigned exercise = key->business ? EXERCISE_PRESENT : natural_exercise(key->type);
        config_setting_t *at = read_enum(s, "exercise", &exercise_names, &exercise);

        key->exercise = exercise;
        if (!at)
                return;
        if (exercise != EXERCISE_PRESENT && key->business &&
                !(config_get(s, "approved_by") && config_get(s, "approved_on")))
                config_error(s->reader, at,
                        "a business key is exercised without approval; add approved_by = \"…\"; and "
                        "approved_on = \"YYYY-MM-DD\"; or use present");
}

static const char *check_date(const char *value) {
        return date_is_valid(value) ? NULL : "a day as YYYY-MM-DD";
}

/* A symmetric key's check value shows when it is exercised, and then only what that gives is compared. */
static void read_check_value(const Section *s, ConfigKey *key) {
        CLEANUP_FREE char *text = NULL;
        config_setting_t *at = read_string(s, "check_value", CONFIG_NAME_MAX, check_text, &text);
        uint8_t octets[sizeof(key->check_value)];
        size_t size = 0;

        if (!at)
                return;
        if (!is_symmetric(key->type)) {
                config_error(s->reader, at,
                        "only a symmetric key has a check value; write public_key = \"FILE\";");
        } else if (key->exercise != EXERCISE_ENCRYPT && key->exercise != EXERCISE_MAC) {
                config_error(s->reader, at,
                        "“check_value” is compared when the key is exercised; write exercise = \"%s\"; or "
                        "remove it",
                        name_of(&exercise_names, natural_exercise(key->type)));
        } else if (!hex_parse(text, octets, sizeof(octets), &size) || size != sizeof(octets)) {
                config_error(s->reader, at,
                        "check_value = \"%s\" is no check value; write its first 3 octets in hexadecimal, as "
                        "\"a1b2c3\"",
                        text);
        } else {
                memcpy(key->check_value, octets, sizeof(octets));
                key->has_check_value = true;
        }
}

/* How and how often: of a key that is only looked for, neither would mean anything. */
static void read_use(const Section *s, ConfigKey *key) {
        bool present = key->exercise == EXERCISE_PRESENT;
        const char *const idle[] = {"mechanism", "interval"};
        config_setting_t *at;

        read_string(s, "mechanism", CONFIG_NAME_MAX, check_name, &key->mechanism);
        key->interval = key->business && !present ? BUSINESS_INTERVAL : 0;
        at = read_duration(s, "interval", 0, 7 * DAY, &key->interval);
        if (at && key->interval > 0 && key->interval < 100 * USEC_PER_MSEC)
                config_error(s->reader, at,
                        "“interval” is shorter than a check; write at least \"100 ms\", or 0: in every "
                        "check");
        for (size_t i = 0; present && i < ELEMENTSOF(idle); i++)
                if ((at = config_get(s, idle[i])))
                        config_error(s->reader, at,
                                "“%s” means nothing for a key that is only present; remove it, or exercise "
                                "the "
                                "key (devices have a present_interval)",
                                idle[i]);
}

static void read_key(Reader *r, config_setting_t *group, ConfigKey *key) {
        static const char *const keys[] = {"number", "label", "id", "type", "exercise", "business",
                "approved_by", "approved_on", "public_key", "mechanism", "interval", "check_value"};
        Section s = {.reader = r, .own = group};
        unsigned type = 0;

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "number", "number = N;, a number of its own that never changes");
        read_number(&s, "number", 1, INT32_MAX, &key->number);
        read_selector(&s, &key->label, key->id, &key->id_size);
        config_need(&s, "type", "type = \"rsa\"; or ec, sm2, aes, sm4, hmac, other");
        read_enum(&s, "type", &key_type_names, &type);
        key->type = type;
        read_bool(&s, "business", &key->business);
        read_string(&s, "approved_by", CONFIG_TEXT_MAX, check_filled, &key->approved_by);
        read_string(&s, "approved_on", CONFIG_TEXT_MAX, check_date, &key->approved_on);
        read_exercise(&s, key);
        read_use(&s, key);
        read_check_value(&s, key);
        config_setting_t *file = read_string(&s, "public_key", PATH_SIZE_MAX, check_path, &key->public_key);
        if (file && key->type != 0)
                load_public_key(r, file, key);
}

/* Two keys that nothing tells apart would both be judged by whichever the token shows first. */
static void refuse_same_selector(Reader *r, const config_setting_t *at, const ConfigPool *pool) {
        const ConfigKey *last = &pool->keys[pool->n_keys - 1];

        if (!last->label && last->id_size == 0)
                return;
        for (size_t i = 0; i + 1 < pool->n_keys; i++) {
                const ConfigKey *key = &pool->keys[i];

                if (same_text(key->label, last->label) && key->id_size == last->id_size &&
                        memcmp(key->id, last->id, key->id_size) == 0)
                        config_error(r, at, "the key has the same label and id as key %u; each needs its own",
                                key->number);
        }
}

void read_pool_keys(const Section *pool, ConfigPool *ret) {
        Reader *r = pool->reader;
        Seen seen[PROTOCOL_KEYS_MAX];
        SeenList numbers = {.seen = seen};
        config_setting_t *list = config_list(pool, "keys");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;

        if (n > PROTOCOL_KEYS_MAX) {
                config_error(r, list, "there are %u keys; a pool has at most %d", n, PROTOCOL_KEYS_MAX);
                n = PROTOCOL_KEYS_MAX;
        }
        ret->keys = reader_calloc(r, n, sizeof(ConfigKey));
        for (unsigned i = 0; ret->keys && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigKey *key = &ret->keys[ret->n_keys++];
                read_key(r, group, key);
                seen_number(&numbers, key->number, group);
                refuse_same_selector(r, group, ret);
        }
        refuse_duplicates(r, &numbers, "key number");
        sort_by_number(ret->keys, ret->n_keys, sizeof(ConfigKey));
}

static bool pool_has_key(const ConfigPool *pool, uint32_t number) {
        for (size_t i = 0; i < pool->n_keys; i++)
                if (pool->keys[i].number == number)
                        return true;
        return false;
}

static void read_override(
        Reader *r, config_setting_t *group, const ConfigPool *pool, ConfigKeyOverride *key) {
        static const char *const keys[] = {"number", "label", "id"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "number", "number = N;, that of the pool's key");
        config_setting_t *at = read_number(&s, "number", 1, INT32_MAX, &key->number);
        if (at && pool && !pool_has_key(pool, key->number))
                config_error(r, at, "pool \"%s\" has no key %u; name one of its keys by number",
                        pool->name ? pool->name : "", key->number);
        read_selector(&s, &key->label, key->id, &key->id_size);
}

void read_key_overrides(const Section *device, const ConfigPool *pool, ConfigDevice *ret) {
        Reader *r = device->reader;
        Seen seen[PROTOCOL_KEYS_MAX];
        SeenList numbers = {.seen = seen};
        config_setting_t *list = config_list(device, "keys");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;

        if (n > PROTOCOL_KEYS_MAX) {
                config_error(r, list, "there are %u keys; a pool has at most %d", n, PROTOCOL_KEYS_MAX);
                n = PROTOCOL_KEYS_MAX;
        }
        ret->keys = reader_calloc(r, n, sizeof(ConfigKeyOverride));
        for (unsigned i = 0; ret->keys && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigKeyOverride *key = &ret->keys[ret->n_keys++];
                read_override(r, group, pool, key);
                seen_number(&numbers, key->number, group);
        }
        refuse_duplicates(r, &numbers, "key number");
        sort_by_number(ret->keys, ret->n_keys, sizeof(ConfigKeyOverride));
}
