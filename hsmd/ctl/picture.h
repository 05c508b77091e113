#ifndef HSMD_CTL_PICTURE_H
#define HSMD_CTL_PICTURE_H
/* Everything hsmd shows, fetched once: the same typed rows as on the board, so that the same functions show
 * them. */

#include "board.h"
#include "client.h"

typedef struct Table {
        void *rows; /* n rows of board_tables[…].row_size */
        size_t n;
} Table;

typedef struct Picture {
        Table tables[BOARD_TABLES];
        usec_t now; /* CLOCK_MONOTONIC when it was fetched: ages count from it */
} Picture;

/* Fetches the tables named by a mask of 1 << BOARD_…; the fleet's row always. Each call has the deadline.
 * Errors as client_call's, -EBADMSG when the answer is not understood. */
int picture_fetch(Client *client, unsigned tables, usec_t deadline, Picture *ret);
void picture_clear(Picture *picture);

const FleetRow *picture_fleet(const Picture *p);
const PoolRow *picture_pool(const Picture *p, size_t i);
const DeviceRow *picture_device(const Picture *p, size_t i);
const SiteRow *picture_site(const Picture *p, size_t i);
const ServiceRow *picture_service(const Picture *p, size_t i);
const ReceiverRow *picture_receiver(const Picture *p, size_t i);

/* In order of their ids; as many as there are. */
const AlarmRow *picture_alarm(const Picture *p, size_t i);
const FailoverRow *picture_failover(const Picture *p, size_t i);
size_t picture_rows(const Picture *p, BoardTable table);
const void *picture_row(const Picture *p, BoardTable table, size_t i);

/* NULL if there is none of that name. */
const DeviceRow *picture_find_device(const Picture *p, const char *name);
const SiteRow *picture_find_site(const Picture *p, const char *name);
const PoolRow *picture_find_pool(const Picture *p, const char *name);

/* The first row of an owner, a device or site by its number, in a table whose rows stand in the order of
 * their owners and begin with them. */
size_t picture_first_of(const Picture *p, BoardTable table, uint32_t owner);

/* The sensors of a device (BOARD_SENSORS) or site (BOARD_SITE_SENSORS, whose rows are laid out alike). */
const SensorRow *picture_sensors(const Picture *p, BoardTable table, uint32_t owner, size_t *ret_n);

/* Reads one a{sv} into a row of the table. Keys that are not known are skipped, values of another type too.
 */
int picture_read_row(sd_bus_message *m, const TableInfo *info, usec_t now, void *row);

/* Adds the rows of an aa{sv}. Negative errno; what was read stays. */
int table_read(sd_bus_message *m, const TableInfo *info, usec_t now, Table *table);
void table_clear(Table *table);
#define CLEANUP_TABLE CLEANUP(table_clear)

/* Whether a device has had its first verdict. */
bool device_is_judged(const DeviceRow *d);

/* A member that is valid, else the other value. */
#define ROW_GET(Table, row, member, otherwise)                                                               \
        (field_valid((row), Table##Field_##member) ? (row)->member : (otherwise))

#define CLEANUP_PICTURE CLEANUP(picture_clear)

#endif
