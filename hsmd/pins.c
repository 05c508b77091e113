#include "pins.h"

#include "state-files.h"

#define PIN_FILE_MAX (PROTOCOL_KEYS_MAX * 2048)

typedef struct PoolPins {
        char name[64];
        Pin pins[PROTOCOL_KEYS_MAX];
        size_t n;
} PoolPins;

struct Pins {
        char *directory;
        Disk *disk;
        PoolPins **pools;
        size_t n_pools;
};

/* --- text
 * --------------------------------------------------------------------------------------------------- */

static void hex_encode(char *dst, const uint8_t *octets, size_t n) {
        for (size_t i = 0; i < n; i++)
                snprintf(dst + 2 * i, 3, "%02x", octets[i]);
}

static int hex_decode(const char *hex, uint8_t *dst, size_t room, uint32_t *ret_n) {
        size_t n = strlen(hex);

        if (n % 2 || n / 2 > room)
                return -EBADMSG;
        for (size_t i = 0; i < n / 2; i++) {
                unsigned octet;

                if (sscanf(hex + 2 * i, "%2x", &octet) != 1)
                        return -EBADMSG;
                dst[i] = (uint8_t) octet;
        }
        *ret_n = (uint32_t) (n / 2);
        return 0;
}

/* A key by what names it on a token. */
static void make_selector(const ConfigKey *key, char *dst, size_t size) {
        char id[2 * sizeof(key->id) + 1] = "";
        size_t n;

        hex_encode(id, key->id, key->id_size);
        n = (size_t) snprintf(dst, size, "%s/%s/", name_of(&key_type_names, key->type), id);
        state_word_encode(dst + n, size - n, key->label ? key->label : "");
}

static int parse_line(char *line, Pin *ret) {
        char *fields[8], *save = NULL;
        size_t n = 0;
        Pin pin = {0};

        for (char *f = strtok_r(line, " ", &save); f && n < ELEMENTSOF(fields);
                f = strtok_r(NULL, " ", &save))
                fields[n++] = f;
        if (n != ELEMENTSOF(fields) || !streq(fields[0], "key"))
                return -EBADMSG;
        pin.number = (uint32_t) strtoul(fields[1], NULL, 10);
        pin.confirmed = streq(fields[2], "confirmed");
        if (pin.number == 0 || (!pin.confirmed && !streq(fields[2], "unconfirmed")) ||
                hex_decode(fields[3], pin.fingerprint.octets, FINGERPRINT_MAX, &pin.fingerprint.size) < 0 ||
                pin.fingerprint.size == 0)
                return -EBADMSG;
        if (!streq(fields[4], "-") && hex_decode(fields[4], pin.spki, sizeof(pin.spki), &pin.spki_size) < 0)
                return -EBADMSG;
        copy_text(pin.selector, sizeof(pin.selector), fields[5]);
        pin.when = strtoull(fields[6], NULL, 10);
        copy_text(pin.by, sizeof(pin.by), fields[7]);
        *ret = pin;
        return 0;
}

static size_t write_line(const Pin *pin, char *dst, size_t size) {
        char fingerprint[2 * FINGERPRINT_MAX + 1] = "", spki[2 * PROTOCOL_SPKI_MAX + 1] = "-";

        hex_encode(fingerprint, pin->fingerprint.octets, pin->fingerprint.size);
        if (pin->spki_size > 0)
                hex_encode(spki, pin->spki, pin->spki_size);
        return (size_t) snprintf(dst, size, "key %u %s %s %s %s %llu %s\n", pin->number,
                pin->confirmed ? "confirmed" : "unconfirmed", fingerprint, spki, pin->selector,
                (unsigned long long) pin->when, pin->by[0] ? pin->by : "-");
}

static int parse_pool(char *text, PoolPins *ret) {
        char *save = NULL;

        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                if (ret->n == ELEMENTSOF(ret->pins) || parse_line(line, &ret->pins[ret->n]) < 0)
                        return -EBADMSG;
                ret->n++;
        }
        return 0;
}

/* --- reading, once
 * ------------------------------------------------------------------------------------------ */

static PoolPins *add_pool(Pins *p, const char *name) {
        PoolPins **bigger = reallocarray(p->pools, p->n_pools + 1, sizeof(void *)), *pool;

        if (!bigger)
                return NULL;
        p->pools = bigger;
        pool = calloc(1, sizeof(*pool));
        if (!pool)
                return NULL;
        copy_text(pool->name, sizeof(pool->name), name);
        p->pools[p->n_pools++] = pool;
        return pool;
}

static int read_pool(const char *name, char *text, size_t size UNUSED, void *userdata) {
        PoolPins parsed = {0}, *pool;
        int r = parse_pool(text, &parsed);

        if (r < 0)
                return r;
        pool = add_pool(userdata, name);
        if (!pool)
                return -ENOMEM;
        memcpy(pool->pins, parsed.pins, sizeof(pool->pins));
        pool->n = parsed.n;
        return 0;
}

static int read_all(Pins *p, char **ret_warning) {
        StateFiles files = {
                .directory = p->directory,
                .size_max = PIN_FILE_MAX,
                .what = "the pinned keys of this pool",
                .and_then = "keys are pinned anew at first sight and are to be confirmed again",
                .parse = read_pool,
        };

        return state_files_read(&files, p, ret_warning);
}

int pins_new(const char *state_directory, Disk *disk, Pins **ret, char **ret_warning) {
        Pins *p = calloc(1, sizeof(*p));
        int r = 0;

        if (!p)
                return -ENOMEM;
        p->disk = disk;
        *ret_warning = NULL;
        if (asprintf(&p->directory, "%s/pins", state_directory) < 0) {
                p->directory = NULL;
                r = -ENOMEM;
        }
        if (r == 0)
                r = read_all(p, ret_warning);
        if (r < 0) {
                pins_free(p);
                return r;
        }
        *ret = p;
        return 0;
}

Pins *pins_free(Pins *p) {
        if (!p)
                return NULL;
        for (size_t i = 0; i < p->n_pools; i++)
                free(p->pools[i]);
        free(p->pools);
        free(p->directory);
        free(p);
        return NULL;
}

/* --- what is pinned
 * ------------------------------------------------------------------------------------------ */

static PoolPins *find_pool(const Pins *p, const char *name) {
        for (size_t i = 0; i < p->n_pools; i++)
                if (streq(p->pools[i]->name, name))
                        return p->pools[i];
        return NULL;
}

const Pin *pins_get(const Pins *p, const char *pool, const ConfigKey *key) {
        const PoolPins *of_pool = find_pool(p, pool);
        char selector[256];

        if (!of_pool || key->spki_size > 0 || key->has_check_value)
                return NULL;
        make_selector(key, selector, sizeof(selector));
        for (size_t i = 0; i < of_pool->n; i++)
                if (of_pool->pins[i].number == key->number && streq(of_pool->pins[i].selector, selector))
                        return &of_pool->pins[i];
        return NULL;
}

static int save_pool(Pins *p, const PoolPins *pool) {
        CLEANUP_FREE char *text = malloc(PIN_FILE_MAX);
        size_t size = 0;

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < pool->n; i++)
                size += write_line(&pool->pins[i], text + size, PIN_FILE_MAX - size);
        return state_file_write(p->disk, p->directory, pool->name, text, size, NULL, NULL);
}

/* The place of a key's pin: the one that it has, a new one, or that of a key that is named otherwise now. */
static Pin *place_for(PoolPins *pool, uint32_t number) {
        for (size_t i = 0; i < pool->n; i++)
                if (pool->pins[i].number == number)
                        return &pool->pins[i];
        return pool->n < ELEMENTSOF(pool->pins) ? &pool->pins[pool->n++] : NULL;
}

int pins_set(Pins *p, const char *pool, const ConfigKey *key, const Pin *pin) {
        PoolPins *of_pool = find_pool(p, pool);
        Pin *place, filled = *pin;

        if (!of_pool)
                of_pool = add_pool(p, pool);
        place = of_pool ? place_for(of_pool, key->number) : NULL;
        if (!place)
                return -ENOMEM;
        filled.number = key->number;
        make_selector(key, filled.selector, sizeof(filled.selector));
        for (char *c = filled.by; *c; c++)
                if (*c <= ' ')
                        *c = '_';
        *place = filled;
        return save_pool(p, of_pool);
}
