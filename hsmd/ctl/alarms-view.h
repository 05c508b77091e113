#ifndef HSMD_CTL_ALARMS_VIEW_H
#define HSMD_CTL_ALARMS_VIEW_H
/* Active alarms for people, worst first. */

#include "picture.h"
#include "screen.h"

/* An alarm in a list. */
typedef struct AlarmEntry {
        const AlarmRow *row;
} AlarmEntry;

/* The picture's alarms, worst first and of one severity the oldest first. The caller frees *ret. -ENOMEM. */
int alarms_by_urgency(const Picture *p, AlarmEntry **ret);

Colour colour_of_severity(unsigned severity);
/* What an alarm is about: a machine, pool, room, service, receiver, or hsmd itself. */
const char *alarm_subject(const AlarmRow *a);
/* In the language of the screen where the alarm has it. */
const char *alarm_text(Lang lang, const AlarmRow *a);
/* Where its fault is suspected: "the machine or its power, or the network on the way to it"; or "". */
void places_text(Lang lang, unsigned place, unsigned other, char *dst, size_t size);

/* The page of `hsmctl alarms`: each with its text; details: who acknowledged when, and the code. -ENOMEM. */
int alarms_page(const Screen *s, const Picture *p, bool details);

/* A line each, the five that are worst (two on a terminal that is not high), with an empty line behind;
 * nothing where there are none. */
void alarms_brief(const Screen *s, const Picture *p);
/* How many lines that is. */
size_t alarms_brief_lines(const Screen *s, const Picture *p);

#endif
