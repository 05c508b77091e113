#ifndef HSMD_CTL_EVENTS_VIEW_H
#define HSMD_CTL_EVENTS_VIEW_H
/* Events for people: a line or a few each. */

#include "event.h"
#include "screen.h"

void event_put(const Screen *s, const Event *e);

#endif
