#include "sensor-numbers.h"

#include "sensor-owner.h"
#include "state-files.h"

#define FILE_SIZE_MAX (8U << 20)
/* so many numbers a file that was lost, or its end, may have held */
#define GAP 1000

struct SensorNumbers {
        char *directory;
        Disk *disk;
        SensorOwner **owners;
        size_t n_owners, last; /* the owner found last is mostly the one asked for next */
};

/* --- in memory
 * ----------------------------------------------------------------------------------------------- */

static SensorOwner *find_owner(const SensorNumbers *s, const char *name) {
        if (s->last < s->n_owners && streq(s->owners[s->last]->name, name))
                return s->owners[s->last];
        for (size_t i = 0; i < s->n_owners; i++)
                if (streq(s->owners[i]->name, name)) {
                        ((SensorNumbers *) (uintptr_t) s)->last = i;
                        return s->owners[i];
                }
        return NULL;
}

/* A dot would let a device be named as a file that is being written, or was set aside. */
static char *file_of(const char *owner) {
        char word[SENSOR_WORD_MAX], *file = NULL;
        size_t n = 0;

        state_word_encode(word, sizeof(word), owner);
        file = calloc(3, sizeof(word));
        for (const char *p = word; file && *p; p++)
                n += (size_t) sprintf(file + n, *p == '.' ? "%%2e" : "%c", *p);
        return file;
}

static int add_owner(SensorNumbers *s, const char *name, SensorOwner **ret) {
        SensorOwner **bigger = reallocarray(s->owners, s->n_owners + 1, sizeof(void *)), *o;

        if (!bigger)
                return -ENOMEM;
        s->owners = bigger;
        o = sensor_owner_new(name);
        if (!o)
                return -ENOMEM;
        o->numbers = s;
        o->file = file_of(name);
        if (!o->file) {
                sensor_owner_free(o);
                return -ENOMEM;
        }
        s->owners[s->n_owners++] = o;
        *ret = o;
        return 0;
}

/* --- reading, once
 * ------------------------------------------------------------------------------------------- */

/* What a file is named, back to its owner. */
static int owner_of_file(SensorNumbers *s, const char *file, SensorOwner **ret) {
        char name[SENSOR_WORD_MAX];
        SensorOwner *o;

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
        SensorOwner *o = NULL;
        int r = owner_of_file(userdata, file, &o);

        if (r < 0)
                return r;
        return streq(o->file, file) ? sensor_owner_parse(o, text) : -EBADMSG;
}

static int lost_owner(const char *file, bool is_aside, void *userdata) {
        SensorOwner *o = NULL;
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
                sensor_owner_free(s->owners[i]);
        free(s->owners);
        free(s->directory);
        free(s);
        return NULL;
}

/* --- writing
 * ------------------------------------------------------------------------------------------------- */

static void save(SensorOwner *o);

static void saved(int error, bool cancelled, void *userdata) {
        SensorOwner *o = userdata;

        o->writing = false;
        o->dirty = o->dirty || error < 0;
        if (error < 0 && !cancelled)
                return; /* sensor_numbers_save tries again */
        if (o->dirty && cancelled) {
                /* the disk's thread has ended, and will not */
                CLEANUP_FREE char *text = NULL, *path = NULL;
                size_t size;

                if (sensor_owner_text(o, &text, &size) == 0 &&
                        asprintf(&path, "%s/%s", o->numbers->directory, o->file) >= 0)
                        write_file_durably(path, text, size);
                return;
        }
        save(o);
}

/* One write an owner is on its way at most: what is assigned meanwhile goes with the next. */
static void save(SensorOwner *o) {
        CLEANUP_FREE char *text = NULL;
        size_t size = 0;

        if (!o->dirty || o->writing || o->unwritable || sensor_owner_text(o, &text, &size) < 0)
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
        const SensorOwner *o = find_owner(s, owner);
        const SensorNumber *found = o ? sensor_owner_find(o, name) : NULL;

        return found ? found->number : 0;
}

static bool fits(const char *text) {
        return !text || strlen(text) < SENSOR_WORD_MAX;
}

int sensor_numbers_assign(SensorNumbers *s, const char *owner, const SensorName *name, uint32_t *ret) {
        SensorOwner *o = find_owner(s, owner);
        const SensorNumber *found = o ? sensor_owner_find(o, name) : NULL;
        uint32_t number;
        int r;

        if (found) {
                *ret = found->number;
                return 0;
        }
        if (owner[0] == '\0' || strlen(owner) >= SENSOR_WORD_MAX / 3 || !name->profile[0] ||
                !name->sensor[0] || !fits(name->agent) || !fits(name->profile) || !fits(name->sensor) ||
                !fits(name->key))
                return -EINVAL;
        r = o ? 0 : add_owner(s, owner, &o);
        if (r < 0)
                return r;
        number = o->next;
        if (number > SENSOR_NUMBER_LAST)
                return -ENOSPC;
        r = sensor_owner_append(o, number, name);
        if (r < 0)
                return r;
        o->dirty = true;
        save(o);
        *ret = number;
        return 0;
}

size_t sensor_numbers_list(const SensorNumbers *s, const char *owner, const SensorNumber **ret) {
        const SensorOwner *o = find_owner(s, owner);

        if (!o)
                return 0;
        *ret = o->list;
        return o->n;
}
