#ifndef HSMD_SERVE_ENTITY_H
#define HSMD_SERVE_ENTITY_H
/* The machines' sensors a second time, as ENTITY-MIB (RFC 6933) and ENTITY-SENSOR-MIB (RFC 3433) have them,
 * for management systems that never heard of HSMD-MIB: a machine is a chassis, numbered device x 10000, and
 * each of its sensors is contained in it, numbered that + the sensor's number. Sensors of sites are in
 * HSMD-MIB only: the index has no room for them.
 *
 * These modules have strings of length zero for what is not known; only a sensor's value that was never read,
 * and its time, are not instantiated. */

#include "serve-board.h"

#define ENTITY_PER_DEVICE 10000u
#define ENTITY_DEVICE_MAX 200000u

#define ENTITY_MIB_ARCS 1, 3, 6, 1, 2, 1, 47
#define ENTITY_SENSOR_MIB_ARCS 1, 3, 6, 1, 2, 1, 99

typedef enum EntityModule {
        ENTITY_MIB,        /* entPhysicalTable, entPhysicalContainsTable, entLastChangeTime */
        ENTITY_SENSOR_MIB, /* entPhySensorTable */
        ENTITY_MODULES,
} EntityModule;

typedef struct EntityBoard EntityBoard;

/* Lays the rows out; borrows the reader. now: CLOCK_MONOTONIC, when these rows came to be. -ENOMEM. */
int entity_board_new(BoardReader *reader, usec_t now, EntityBoard **ret);
EntityBoard *entity_board_free(EntityBoard *board);

/* Says what the board replaces: if that had the same rows, these came to be when those did. */
void entity_board_follow(EntityBoard *board, const EntityBoard *replaced);

/* What a value depends on beside the board, both CLOCK_MONOTONIC: the time, and when the agent's sysUpTime
 * was zero, to which instants refer (USEC_INFINITY: not known yet; then they are 0, as instants before it).
 */
typedef struct EntityClock {
        usec_t now, up_since;
} EntityClock;

/* As serve_board_get and serve_board_next; OIDs are relative to the module's root, { mib-2 47 } or
 * { mib-2 99 }. */
int entity_get(EntityBoard *board, EntityModule module, const oid *name, size_t n, const EntityClock *clock,
        MibValue *ret);
int entity_next(EntityBoard *board, EntityModule module, const oid *name, size_t n, const EntityClock *clock,
        oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret);

#endif
