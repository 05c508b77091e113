#ifndef HSMD_EVENT_LINE_H
#define HSMD_EVENT_LINE_H

#include "event.h"
#include "journal.h"

/* The journal's line of an event, in the words in which it is told everywhere. States of devices have a line
 * of their own where they are judged, with the call that failed. */
void event_line(Journal *journal, const Event *event);

#endif
