#ifndef HSMD_SENSOR_NUMBERS_H
#define HSMD_SENSOR_NUMBERS_H
/* The numbers of sensors that were found, not configured: assigned once, from SENSOR_NUMBER_FIRST on, and
 * never used again, because an NMS keeps its graphs by them.
 *
 * STATE/sensors/OWNER holds those of one device or site, durably written and apart from any database:
 *
 *      NUMBER AGENT PROFILE SENSOR KEY
 *      ...
 *      next NUMBER
 *
 * AGENT is "-" for a device's own, PROFILE and SENSOR the names in the configuration. KEY is the row's label,
 * since a machine may renumber its table when it boots; a tab and its index where it has no label; label, tab
 * and index where an earlier row of the same poll had the same label; "-" for a single instance. Words are
 * percent-encoded, and so is OWNER with its dots. The last line says that the file is whole.
 *
 * A file that cannot be read is set aside, never overwritten. What can be read of it stays in use, and new
 * numbers begin after a gap, so that none of those that were lost is used again. */

#include "disk.h"

#define SENSOR_NUMBER_FIRST 1000
#define SENSOR_NUMBER_LAST 9999

typedef struct SensorNumbers SensorNumbers;

typedef struct SensorName {
        const char *agent; /* NULL: a device's own */
        const char *profile, *sensor;
        const char *key; /* "" for a single instance */
} SensorName;

/* Reads STATE/sensors, which is made when it is missing (blocks; called before the loop runs). Files that
 * cannot be read are renamed to OWNER.unreadable, and have a line each in *ret_warning, which the caller
 * frees (NULL when there is none). */
int sensor_numbers_new(const char *state_directory, Disk *disk, SensorNumbers **ret, char **ret_warning);
/* After disk_free, which writes what is to be written. */
SensorNumbers *sensor_numbers_free(SensorNumbers *numbers);

/* owner: "device-NAME" or "site-NAME". The number of a sensor that has one, else 0. */
uint32_t sensor_numbers_get(const SensorNumbers *numbers, const char *owner, const SensorName *name);

/* The number of a sensor; one that has none is assigned one, in memory at once and on disk soon. However many
 * are assigned in one go, their file is written once or twice. -ENOSPC when all are used. */
int sensor_numbers_assign(SensorNumbers *numbers, const char *owner, const SensorName *name, uint32_t *ret);

/* Tries again to write what could not be written, because the disk was full or memory short: called once in a
 * while. */
void sensor_numbers_save(SensorNumbers *numbers);

typedef struct SensorNumber {
        uint32_t number;
        SensorName name;
} SensorNumber;

/* Every sensor known of an owner, in order of number. Valid until the next assignment. */
size_t sensor_numbers_list(const SensorNumbers *numbers, const char *owner, const SensorNumber **ret);

#endif
