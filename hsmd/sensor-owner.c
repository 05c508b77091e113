#include "sensor-owner.h"

#include "state-files.h"

/* --- in memory
 * ----------------------------------------------------------------------------------------------- */

SensorOwner *sensor_owner_new(const char *name) {
        SensorOwner *o = calloc(1, sizeof(*o));

        if (!o)
                return NULL;
        o->next = SENSOR_NUMBER_FIRST;
        o->name = strdup(name);
        return o->name ? o : sensor_owner_free(o);
}

SensorOwner *sensor_owner_free(SensorOwner *o) {
        if (!o)
                return NULL;
        for (size_t i = 0; i < o->n; i++)
                free((char *) (uintptr_t) o->list[i].name.profile); /* begins the block of all its texts */
        free(o->list);
        free(o->name);
        free(o->file);
        free(o);
        return NULL;
}

static bool same_name(const SensorName *a, const SensorName *b) {
        return streq(a->key, b->key) && streq(a->sensor, b->sensor) && streq(a->profile, b->profile) &&
               same_text(a->agent, b->agent);
}

const SensorNumber *sensor_owner_find(const SensorOwner *o, const SensorName *name) {
        for (size_t i = 0; i < o->n; i++)
                if (same_name(&o->list[i].name, name))
                        return &o->list[i];
        return NULL;
}

static char *put(char **to, const char *text) {
        char *start = *to;

        *to = stpcpy(start, text) + 1;
        return start;
}

/* A copy in one block. */
static int copy_name(const SensorName *name, SensorName *ret) {
        size_t size = strlen(name->profile) + strlen(name->sensor) + strlen(name->key) +
                      (name->agent ? strlen(name->agent) : 0) + 4;
        char *block = malloc(size);

        if (!block)
                return -ENOMEM;
        ret->profile = put(&block, name->profile);
        ret->sensor = put(&block, name->sensor);
        ret->key = put(&block, name->key);
        ret->agent = name->agent ? put(&block, name->agent) : NULL;
        return 0;
}

int sensor_owner_append(SensorOwner *o, uint32_t number, const SensorName *name) {
        int r;

        if (o->n == o->room) {
                size_t room = MAX_OF(2 * o->room, (size_t) 16);
                SensorNumber *bigger = reallocarray(o->list, room, sizeof(*bigger));

                if (!bigger)
                        return -ENOMEM;
                o->list = bigger;
                o->room = room;
        }
        o->list[o->n].number = number;
        r = copy_name(name, &o->list[o->n].name);
        if (r < 0)
                return r;
        o->n++;
        o->next = number + 1;
        return 0;
}

/* --- as text
 * ------------------------------------------------------------------------------------------------- */

/* "-" stands for nothing; a word that is "-" is written "%2d". */
static int parse_word(char *word, bool may_be_nothing, const char **ret) {
        if (streq(word, "-")) {
                *ret = NULL;
                return may_be_nothing ? 0 : -EBADMSG;
        }
        *ret = word;
        return state_word_decode(word);
}

static int parse_number(const char *word, uint32_t *ret) {
        char *end;
        unsigned long n = strtoul(word, &end, 10);

        if (word[0] < '1' || word[0] > '9' || *end != '\0' || n < SENSOR_NUMBER_FIRST ||
                n > SENSOR_NUMBER_LAST + 1)
                return -EBADMSG;
        *ret = (uint32_t) n;
        return 0;
}

static int parse_sensor(SensorOwner *o, char *fields[5]) {
        SensorName name = {0};
        uint32_t number;

        if (parse_number(fields[0], &number) < 0 || number < o->next || number > SENSOR_NUMBER_LAST ||
                parse_word(fields[1], true, &name.agent) < 0 ||
                parse_word(fields[2], false, &name.profile) < 0 ||
                parse_word(fields[3], false, &name.sensor) < 0 || parse_word(fields[4], true, &name.key) < 0)
                return -EBADMSG;
        if (!name.key)
                name.key = "";
        return sensor_owner_find(o, &name) ? -EBADMSG : sensor_owner_append(o, number, &name);
}

/* *ret_whole: the line that ends a file was read. */
static int parse_line(SensorOwner *o, char *line, bool *ret_whole) {
        char *fields[5], *save = NULL;
        size_t n = 0;
        uint32_t next;

        if (*ret_whole)
                return -EBADMSG;
        for (char *f = strtok_r(line, " ", &save); f; f = strtok_r(NULL, " ", &save)) {
                if (n == ELEMENTSOF(fields))
                        return -EBADMSG;
                fields[n++] = f;
        }
        if (n == ELEMENTSOF(fields))
                return parse_sensor(o, fields);
        if (n != 2 || !streq(fields[0], "next") || parse_number(fields[1], &next) < 0 || next < o->next)
                return -EBADMSG;
        o->next = next;
        *ret_whole = true;
        return 0;
}

int sensor_owner_parse(SensorOwner *o, char *text) {
        bool whole = false, bad = false;

        for (char *line = text, *end; *line; line = end + 1) {
                int r;

                end = strchr(line, '\n');
                if (!end)
                        return -EBADMSG;
                *end = '\0';
                r = parse_line(o, line, &whole);
                if (r == -ENOMEM)
                        return r;
                bad = bad || r < 0;
        }
        return bad || !whole ? -EBADMSG : 0;
}

static void write_word(FILE *f, const char *text) {
        char word[3 * SENSOR_WORD_MAX];

        state_word_encode(word, sizeof(word), text ? text : "");
        if (word[0] == '\0')
                fputs(" -", f);
        else
                fprintf(f, " %s", streq(word, "-") ? "%2d" : word);
}

int sensor_owner_text(const SensorOwner *o, char **ret, size_t *ret_size) {
        FILE *f = open_memstream(ret, ret_size);
        bool failed;

        if (!f)
                return -ENOMEM;
        for (size_t i = 0; i < o->n; i++) {
                const SensorName *name = &o->list[i].name;

                fprintf(f, "%u", o->list[i].number);
                write_word(f, name->agent);
                write_word(f, name->profile);
                write_word(f, name->sensor);
                write_word(f, name->key);
                fputc('\n', f);
        }
        fprintf(f, "next %u\n", o->next);
        failed = ferror(f);
        return fclose(f) != 0 || failed ? -ENOMEM : 0;
}
