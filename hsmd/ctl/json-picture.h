#ifndef HSMD_CTL_JSON_PICTURE_H
#define HSMD_CTL_JSON_PICTURE_H
/* What hsmd shows, as JSON: the board's field keys, units in the keys, what is not valid left out. */

#include "json.h"
#include "picture.h"

/* {"fleet": {…}, "sites": […], "pools": […], "devices": […]}; a device has its "keys" and "sensors". */
void json_picture(FILE *f, const Picture *p, bool pretty);

/* {"TABLE": […], …} of the tables named by a mask of 1 << BOARD_…, rows as they are. */
void json_tables(FILE *f, const Picture *p, unsigned tables, bool pretty);

/* The members of one device with its keys and sensors, into an object that is open. */
void json_device_members(Json *j, const Picture *p, const DeviceRow *d);

#endif
