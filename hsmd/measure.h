#ifndef HSMD_MEASURE_H
#define HSMD_MEASURE_H
/* Throughput and capacity: bounded bursts of operations, made by a second probe of the device, and the rows
 * of its mechanisms.
 *
 * In service a burst tells how much the machine could do beside its work (spare_rate) and what limited it;
 * the health check goes on meanwhile at a quicker pace, and the burst stops when that suffers. Out of service
 * it tells what the machine can do (baseline): the device is in maintenance for the burst. One burst at a
 * time in a pool. What was measured stands in STATE/measured/DEVICE. */

#include "control.h"
#include "device.h"

/* Of one mechanism of a device, in the order of its rows. */
typedef struct Measured {
        uint32_t index;                /* the mechanism's */
        uint32_t spare_rate, baseline; /* a second; 0 = never measured */
        LimitedBy limited_by;
        uint64_t p50, p95, p99, max; /* microseconds, of the last burst */
        uint32_t sessions;
        usec_t when;                 /* wall clock; 0 = never */
        uint64_t operations, errors; /* in bursts since hsmd started */
} Measured;

/* A burst on somebody's word; see ControlOps.measure. */
int measure_request(Manager *manager, const MeasureRequest *request, const char *by, ControlReply *reply,
        char **ret_message);

/* The device is new: its mechanisms, and later what STATE tells of them. */
int measure_attach(Device *device);
/* It goes: a burst under way ends, and whoever waits for it is told. */
void measure_detach(Device *device);

/* Every second: bursts that are due by the configuration. */
void measure_tick(Manager *manager, usec_t now);
/* A health check took so long, while a burst is under way. */
void measure_health(Device *device, uint32_t usec);
/* hsmd did not run for that long. */
void measure_extend(Device *device, usec_t lateness);

/* The rows of the device's mechanisms. */
void measure_publish(const Device *device);

#endif
