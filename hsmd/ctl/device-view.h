#ifndef HSMD_CTL_DEVICE_VIEW_H
#define HSMD_CTL_DEVICE_VIEW_H
/* One device on one screen of 80 columns and 24 lines. */

#include "picture.h"
#include "screen.h"

void device_view(const Screen *s, const Picture *p, const DeviceRow *d);

#endif
