#ifndef HSMD_CTL_FLEET_VIEW_H
#define HSMD_CTL_FLEET_VIEW_H
/* The fleet as a table for people. */

#include "picture.h"
#include "screen.h"

#define FLEET_VIEW_TABLES                                                                                    \
        (1U << BOARD_SITES | 1U << BOARD_POOLS | 1U << BOARD_DEVICES | 1U << BOARD_SERVICES |                \
                1U << BOARD_ALARMS)

/* Writes the fleet's line, services, pools, a drill, alarms, the rooms in a line and the devices: whole
 * lines, each at most s->width columns. At most max_devices devices are shown, then the ones that are not up
 * first, and a line says how many are left out.
 */
void fleet_view(const Screen *s, const Picture *p, size_t max_devices);

/* Lines that fleet_view writes beside the devices' (the line about those left out not counted). */
size_t fleet_view_overhead(const Screen *s, const Picture *p);

/* Why a device is not simply up, for a table's cell: "sign CKR_DEVICE_ERROR", "hot"; empty when it is. */
void device_why(Lang lang, const DeviceRow *d, char *dst, size_t size);

/* "45.0 °C", "-" when it is not known. */
void device_temperature(Lang lang, const DeviceRow *d, char *dst, size_t size);

#endif
