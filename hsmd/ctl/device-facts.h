#ifndef HSMD_CTL_DEVICE_FACTS_H
#define HSMD_CTL_DEVICE_FACTS_H
/* What is known of one device beside its checks: where its fault is suspected, its alarms, its maintenance,
 * its availability. Each writes whole lines, or nothing. */

#include "picture.h"
#include "screen.h"

#define FACT_LABEL_COLUMNS 13

/* A label and its text, a whole line; a text that is too long is cut. Nothing where it is empty. */
void put_fact(const Screen *s, Colour colour, const char *label, const char *text);

/* One place, or two. */
void put_suspected(const Screen *s, const DeviceRow *d);
/* How to tell two apart; about how many lines that took. */
size_t put_separating_test(const Screen *s, const DeviceRow *d);
/* Its active alarms, the worst first. */
void put_device_alarms(const Screen *s, const Picture *p, const DeviceRow *d);
void put_maintenance(const Screen *s, const DeviceRow *d);
void put_availability(const Screen *s, const DeviceRow *d);

#endif
