#ifndef HSMD_SENSOR_OWNER_H
#define HSMD_SENSOR_OWNER_H
/* The numbers of one device's or site's sensors, in memory and as the text of their file (sensor-numbers.h).
 */

#include "sensor-numbers.h"

#define SENSOR_WORD_MAX 256 /* octets of a name */

typedef struct SensorOwner {
        SensorNumbers *numbers;
        char *name, *file;
        SensorNumber *list; /* in order of number */
        size_t n, room;
        uint32_t next;   /* the first one never used */
        bool dirty;      /* what is in memory is not on its way to the disk yet */
        bool writing;    /* the disk's thread has an older state of it */
        bool unwritable; /* the file could be neither read nor set aside: it stays as it is */
} SensorOwner;

/* Without a file; NULL without memory. */
SensorOwner *sensor_owner_new(const char *name);
SensorOwner *sensor_owner_free(SensorOwner *owner);

/* NULL when it has no number. */
const SensorNumber *sensor_owner_find(const SensorOwner *owner, const SensorName *name);

/* number is at least owner->next, and at most SENSOR_NUMBER_LAST. */
int sensor_owner_append(SensorOwner *owner, uint32_t number, const SensorName *name);

/* Takes in every line that is one; -EBADMSG when any is none, or the last one is missing. Changes text. */
int sensor_owner_parse(SensorOwner *owner, char *text);

/* *ret is freed by the caller. */
int sensor_owner_text(const SensorOwner *owner, char **ret, size_t *ret_size);

#endif
