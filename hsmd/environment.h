#ifndef HSMD_ENVIRONMENT_H
#define HSMD_ENVIRONMENT_H
/* Rooms, and machines beside each other: what can only be said of several sensors together.
 *
 * A room that warms is one thing, however many machines it warms: it is told once, of the site, and the
 * machines that are warm because of it say room_warm instead of hot or rising. */

#include "found.h"
#include "sensor-set.h"

typedef struct Manager Manager;
typedef struct Device Device;

typedef struct Site {
        const ConfigSite *config;
        SensorSet *set;
        RoomTrack room;  /* what its machines say together */
        bool warm;       /* they or the room's own temperature do */
        uint32_t n_warm; /* machines that are warm now */
        Reason reason;   /* the most telling condition; REASON_NONE */
        char detail[192];
        Finding findings[FINDINGS_MAX]; /* all of them */
        size_t n_findings;
} Site;

/* A poll of a device's agent was judged: its sensors are compared with the room and the pool, shown, and its
 * conditions judged. */
void environment_device(Device *device, usec_t now);

/* Whether one of its temperatures is high or will soon be. */
bool environment_is_warm(const Device *device);
/* Whether each of a set's agents has been heard of since hsmd started. */
bool environment_is_known(const SensorSet *set);
/* A temperature that is high or will soon be. */
bool sensor_is_warm(const Sensor *sensor);
/* Of its site; NULL if the site has no valid one. */
const Sensor *environment_room(const Device *device);
bool environment_room_is_warm(const Device *device);

/* Adds the conditions of a set of sensors. room_warm: what is warm is warm because of the room. */
void environment_conditions(const SensorSet *set, bool room_warm, usec_t now, Found *found);

/* --- site.c */

/* A poll of one of its agents was judged. */
void environment_site(Manager *manager, Site *site, usec_t now);
/* Every second: agents that fell silent, rooms that warm or cool down. */
void environment_tick(Manager *manager, usec_t now);
void site_publish(const Manager *manager, const Site *site, uint32_t devices, uint32_t serving);

#endif
