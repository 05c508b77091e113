#include "sensor-numbers.h"

#include "state-files.h"

#define WORD_MAX 256 /* encoded */
#define FILE_SIZE_MAX (8U << 20)
/* so many numbers a file that was lost, or its end, may have held */
#define GAP 1000

typedef struct Owner {
        struct SensorNumbers *numbers;
        char *name, *file;
        SensorNumber
                *list; /* in order of number; an entry's texts are one block, which name.profile begins */
        size_t n, room;
        uint32_t next;   /* the first one never used */
        bool dirty;      /* what is in memory is not on its way to the disk yet */
        bool writing;    /* the disk's thread has an older state of it */
        bool unwritable; /* the file could be neither read nor set aside: it stays as it is */
} Owner;

struct SensorNumbers {
        char *directory;
        Disk *disk;
        Owner **owners;
        size_t n_owners;
};

/* --- in memory
 * ----------------------------------------------------------------------------------------------- */

static Owner *find_owner(const SensorNumbers *s, const char *name) {
        for (size_t i = 0; i < s->n_owners; i++)
                if (streq(s->owners[i]->name, name))
                        return s->owners[i];
        return NULL;
}

/* A dot would let a device be named as a file that is being written, or was set aside. */
static char *file_of(const char *owner) {
        char word[WORD_MAX], *file = NULL;
        size_t n = 0;

        state_word_encode(word, sizeof(word), owner);
        file = calloc(3, sizeof(word));
        for (const char *p = word; file && *p; p++)
                n += (size_t) sprintf(file + n, *p == '.' ? "%%2e" : "%c", *p);
        return file;
}

static void free_owner(Owner *o) {
        for (size_t i = 0; i < o->n; i++)
                free((char *) (uintptr_t) o->list[i].name.profile);
        free(o->list);
        free(o->name);
        free(o->file);
        free(o);
}

static int add_owner(SensorNumbers *s, const char *name, Owner **ret) {
        Owner **bigger = reallocarray(s->owners, s->n_owners + 1, sizeof(void *)), *o;

        if (!bigger)
                return -ENOMEM;
        s->owners = bigger;
        o = calloc(1, sizeof(*o));
        if (!o)
                return -ENOMEM;
        o->numbers = s;
        o->next = SENSOR_NUMBER_FIRST;
        o->name = strdup(name);
        o->file = file_of(name);
        if (!o->name || !o->file) {
                free_owner(o);
                return -ENOMEM;
        }
        s->owners[s->n_owners++] = o;
        *ret = o;
        return 0;
}

static bool same_text(const char *a, const char *b) {
        return a == b || (a && b && streq(a, b));
}

static bool same_name(const SensorName *a, const SensorName *b) {
        return streq(a->key, b->key) && streq(a->sensor, b->sensor) && streq(a->profile, b->profile) &&
               same_text(a->agent, b->agent);
}

static const SensorNumber *find_name(const Owner *o, const SensorName *name) {
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

/* number is at least o->next. */
static int append(Owner *o, uint32_t number, const SensorName *name) {
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

/* --- reading, once
 * ------------------------------------------------------------------------------------------- */

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

static int parse_sensor(Owner *o, char *fields[5]) {
        SensorName name = {0};
        uint32_t number;

        if (parse_number(fields[0], &number) < 0 || number < o->next || number > SENSOR_NUMBER_LAST ||
                parse_word(fields[1], true, &name.agent) < 0 ||
                parse_word(fields[2], false, &name.profile) < 0 ||
                parse_word(fields[3], false, &name.sensor) < 0 || parse_word(fields[4], true, &name.key) < 0)
                return -EBADMSG;
        if (!name.key)
                name.key = "";
        return find_name(o, &name) ? -EBADMSG : append(o, number, &name);
}

/* *ret_whole: the line that ends a file was read. */
static int parse_line(Owner *o, char *line, bool *ret_whole) {
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

/* Takes in every line that is one, and refuses the file if any is none. */
static int parse_lines(Owner *o, char *text) {
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

/* What a file is named, back to its owner. */
static int owner_of_file(SensorNumbers *s, const char *file, Owner **ret) {
        char name[WORD_MAX];
        Owner *o;

        if (!copy_text(name, sizeof(name), file) || state_word_decode(name) < 0)
                return -EBADMSG;
        o = find_owner(s, name);
        if (o) {
                *ret = o;
                return 0;
        }
        return add_owner(s, name, ret);
}

static int read_owner(const char *file, char *text, size_t size UNUSED, void *userdata) {
        Owner *o = NULL;
        int r = owner_of_file(userdata, file, &o);

        if (r < 0)
                return r;
        return streq(o->file, file) ? parse_lines(o, text) : -EBADMSG;
}

static int lost_owner(const char *file, bool is_aside, void *userdata) {
        Owner *o = NULL;
        int r = owner_of_file(userdata, file, &o);

        if (r < 0 || !streq(o->file, file))
                return r == -ENOMEM ? r : 0; /* nobody's */
        o->next = MIN_OF(o->next + GAP, (uint32_t) SENSOR_NUMBER_LAST + 1);
        o->dirty = is_aside;
        o->unwritable = !is_aside;
        return 0;
}

int sensor_numbers_new(const char *state_directory, Disk *disk, SensorNumbers **ret, char **ret_warning) {
        SensorNumbers *s = calloc(1, sizeof(*s));
        StateFiles files = {
                .size_max = FILE_SIZE_MAX,
                .what = "the numbers of these sensors",
                .and_then = "what can be read of it stays in use, and other sensors have new numbers",
                .parse = read_owner,
                .lost = lost_owner,
        };
        int r = -ENOMEM;

        if (!s)
                return -ENOMEM;
        s->disk = disk;
        *ret_warning = NULL;
        if (asprintf(&s->directory, "%s/sensors", state_directory) < 0)
                s->directory = NULL;
        files.directory = s->directory;
        if (s->directory)
                r = state_files_read(&files, s, ret_warning);
        if (r < 0) {
                sensor_numbers_free(s);
                return r;
        }
        sensor_numbers_save(s);
        *ret = s;
        return 0;
}

SensorNumbers *sensor_numbers_free(SensorNumbers *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_owners; i++)
                free_owner(s->owners[i]);
        free(s->owners);
        free(s->directory);
        free(s);
        return NULL;
}

/* --- writing
 * ------------------------------------------------------------------------------------------------- */

static void write_word(FILE *f, const char *text) {
        char word[3 * WORD_MAX];

        state_word_encode(word, sizeof(word), text ? text : "");
        if (word[0] == '\0')
                fputs(" -", f);
        else
                fprintf(f, " %s", streq(word, "-") ? "%2d" : word);
}

static int write_text(const Owner *o, char **ret, size_t *ret_size) {
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

static void save(Owner *o);

static void saved(int error, bool cancelled, void *userdata) {
        Owner *o = userdata;

        o->writing = false;
        o->dirty = o->dirty || error < 0;
        if (error < 0 && !cancelled)
                return; /* sensor_numbers_save tries again */
        if (o->dirty && cancelled) {
                /* the disk's thread has ended, and will not */
                CLEANUP_FREE char *text = NULL, *path = NULL;
                size_t size;

                if (write_text(o, &text, &size) == 0 &&
                        asprintf(&path, "%s/%s", o->numbers->directory, o->file) >= 0)
                        write_file_durably(path, text, size);
                return;
        }
        save(o);
}

/* One write an owner is on its way at most: what is assigned meanwhile goes with the next. */
static void save(Owner *o) {
        CLEANUP_FREE char *text = NULL;
        size_t size = 0;

        if (!o->dirty || o->writing || o->unwritable || write_text(o, &text, &size) < 0)
                return;
        o->writing = true;
        o->dirty = false;
        if (state_file_write(o->numbers->disk, o->numbers->directory, o->file, text, size, saved, o) < 0) {
                o->writing = false;
                o->dirty = true;
        }
}

void sensor_numbers_save(SensorNumbers *s) {
        for (size_t i = 0; i < s->n_owners; i++)
                save(s->owners[i]);
}

/* --- asking
 * -------------------------------------------------------------------------------------------------- */

uint32_t sensor_numbers_get(const SensorNumbers *s, const char *owner, const SensorName *name) {
        const Owner *o = find_owner(s, owner);
        const SensorNumber *found = o ? find_name(o, name) : NULL;

        return found ? found->number : 0;
}

static bool fits(const char *text) {
        return !text || strlen(text) < WORD_MAX;
}

int sensor_numbers_assign(SensorNumbers *s, const char *owner, const SensorName *name, uint32_t *ret) {
        Owner *o = find_owner(s, owner);
        const SensorNumber *found = o ? find_name(o, name) : NULL;
        uint32_t number;
        int r;

        if (found) {
                *ret = found->number;
                return 0;
        }
        if (owner[0] == '\0' || strlen(owner) >= WORD_MAX / 3 || !name->profile[0] || !name->sensor[0] ||
                !fits(name->agent) || !fits(name->profile) || !fits(name->sensor) || !fits(name->key))
                return -EINVAL;
        r = o ? 0 : add_owner(s, owner, &o);
        if (r < 0)
                return r;
        number = o->next;
        if (number > SENSOR_NUMBER_LAST)
                return -ENOSPC;
        r = append(o, number, name);
        if (r < 0)
                return r;
        o->dirty = true;
        save(o);
        *ret = number;
        return 0;
}

size_t sensor_numbers_list(const SensorNumbers *s, const char *owner, const SensorNumber **ret) {
        const Owner *o = find_owner(s, owner);

        if (!o)
                return 0;
        *ret = o->list;
        return o->n;
}
