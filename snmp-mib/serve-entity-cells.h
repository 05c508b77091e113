#ifndef HSMD_SERVE_ENTITY_CELLS_H
#define HSMD_SERVE_ENTITY_CELLS_H
/* The values of serve-entity's rows: which columns are served, and what stands in them. */

#include "serve-entity.h"

/* One row of entPhysicalTable. */
typedef struct Entity {
        uint32_t index, parent; /* entPhysicalIndex; parent 0: a chassis */
        uint32_t position;      /* the device's or the sensor's number */
        bool is_sensor;
        size_t device_row, sensor_row; /* on the board */
} Entity;

/* Served columns, a bit each. Of entPhysicalTable 2 to 13 and 16: entPhysicalAlias and AssetID are the
 * manager's to write, and nothing here is; MfgDate, Uris and UUID are not known. */
#define ENTITY_PHYSICAL_COLUMNS 0x13ffcu
#define ENTITY_CONTAINS_COLUMNS 0x2u /* entPhysicalChildIndex */
#define ENTITY_GENERAL_COLUMNS 0x2u  /* entLastChangeTime */
#define ENTITY_SENSOR_COLUMNS 0x1feu

/* A cell's value; false if it is not instantiated. The column is one of those above. */
bool entity_physical_cell(
        BoardReader *reader, const Entity *entity, oid column, const EntityClock *clock, MibValue *ret);
bool entity_contains_cell(
        BoardReader *reader, const Entity *entity, oid column, const EntityClock *clock, MibValue *ret);
bool entity_sensor_cell(
        BoardReader *reader, const Entity *entity, oid column, const EntityClock *clock, MibValue *ret);

/* TimeStamp (RFC 2579): the agent's sysUpTime at an instant of CLOCK_MONOTONIC; 0 before it began. */
void entity_set_instant(MibValue *value, usec_t when, const EntityClock *clock);

#endif
