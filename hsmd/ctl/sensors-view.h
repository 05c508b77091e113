#ifndef HSMD_CTL_SENSORS_VIEW_H
#define HSMD_CTL_SENSORS_VIEW_H
/* What the sensors of rooms and machines tell, for people. */

#include "picture.h"
#include "screen.h"

#define SENSORS_VIEW_TABLES                                                                                  \
        (1U << BOARD_SITES | 1U << BOARD_DEVICES | 1U << BOARD_SENSORS | 1U << BOARD_SITE_SENSORS)

/* A table of the sensors of an owner (a device or a site), bad ones first; with bad_only, only those. */
void sensors_table(const Screen *s, const Picture *p, const SensorRow *rows, size_t n, bool bad_only);

/* Whether there is anything to show of a device or room: with bad_only not where sensors and agents are well.
 */
bool sensors_device_matters(const Picture *p, const DeviceRow *d, bool bad_only);
bool sensors_site_matters(const Picture *p, const SiteRow *site, bool bad_only);

/* One device, or one room, with its sensors. */
void sensors_of_device(const Screen *s, const Picture *p, const DeviceRow *d, bool bad_only);
void sensors_of_site(const Screen *s, const Picture *p, const SiteRow *site, bool bad_only);

/* The machines of a room in a line each: their temperature beside the room's, and what is worst. */
void sensors_of_neighbours(const Screen *s, const Picture *p, const SiteRow *site);

/* The worst sensor of a device in a few words: "fan 2 failed"; empty when all are well. */
void sensors_worst(Lang lang, const Picture *p, const DeviceRow *d, char *dst, size_t size);

/* "20.5 °C above its room"; empty when it is not known. */
void device_beside_room(Lang lang, const DeviceRow *d, char *dst, size_t size);

/* A room's temperature, or that it is not monitored, for a line. *ret_bad: a person should look. */
void site_climate(Lang lang, const SiteRow *site, char *dst, size_t size, bool *ret_bad);

#endif
