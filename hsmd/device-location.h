#ifndef HSMD_DEVICE_LOCATION_H
#define HSMD_DEVICE_LOCATION_H
/* Where a device's fault is suspected: what the table of location.h asks for, gathered from the device, its
 * neighbours and the other devices of its module. */

#include "device.h"

/* An attempt ended: keeps its step, reason and return; forgets everything after a success. */
void device_location_note(Device *device, const Evidence *evidence, uint64_t rv);
/* Suspects a place anew. reason: of the last failure, or WATCHER_ISOLATED when that proves nothing. Nothing
 * is suspected of a device whose last attempt succeeded. */
void device_locate(Device *device, Reason reason);

/* Where what is found of it, while it answers, comes from. */
Location device_locate_finding(const Device *device, Reason reason);

/* What the return of its failed call says; HINT_NONE after a success. */
static inline ReturnHint device_return_hint(const Device *device) {
        return device->location_facts.hint ? device->location_facts.hint : HINT_NONE;
}

#endif
