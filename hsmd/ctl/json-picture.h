#ifndef HSMD_CTL_JSON_PICTURE_H
#define HSMD_CTL_JSON_PICTURE_H
/* What hsmd shows, as JSON: the board's field keys, units in the keys, what is not valid left out. */

#include "json.h"
#include "picture.h"

/* {"fleet": {…}, "sites": […], "pools": […], "devices": […], "services": […], "alarms": […], "failovers":
 * […], "receivers": […]}; a device has its "keys" and "sensors", a site its "sensors". */
void json_picture(FILE *f, const Picture *p, bool pretty);

/* {"TABLE": […], …} of the tables named by a mask of 1 << BOARD_…, rows as they are. */
void json_tables(FILE *f, const Picture *p, unsigned tables, bool pretty);

/* {"sites": [{…, "sensors": […]}], "devices": [{…, "sensors": […]}]}: of one site with its devices, of one
 * device alone, or of all. bad_only: only the sensors that a person should look at. */
void json_sensors(
        FILE *f, const Picture *p, const SiteRow *site, const DeviceRow *device, bool bad_only, bool pretty);

/* The members of any row, from field `first` on, into an object that is open; and rows as a member that is
 * called as their table is. now: CLOCK_MONOTONIC, for ages. */
void json_members(Json *j, const TableInfo *info, const void *row, usec_t now, unsigned first);
void json_rows(Json *j, const TableInfo *info, const Table *table, usec_t now);

/* The members of one device with its keys and sensors, into an object that is open. */
void json_device_members(Json *j, const Picture *p, const DeviceRow *d);
/* "alarms": [...] about one device, into an object that is open. */
void json_alarms_of(Json *j, const Picture *p, uint32_t device);

#endif
