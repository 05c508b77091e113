#ifndef HSMD_SERVE_BOARD_H
#define HSMD_SERVE_BOARD_H
/* HSMD-MIB's objects, answered straight from the board: no copy, no cache. OIDs here are relative to
 * hsmdObjects
 * ({ hsmdMIB 1 }). What is not valid on the board is not instantiated. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "board.h"
#include "mib-value.h"

typedef struct ServeBoard ServeBoard;

/* The longest OID below any of the roots that are served: six arcs at most to the column, and two indices. */
#define SERVE_OID_MAX 8

/* Maps a board; takes no ownership of fd. The rows' index fields must be written before a board is handed out
 * and stay as they are. -EBADMSG if it is no board or its rows are not in strictly increasing order. */
int serve_board_new(int fd, ServeBoard **ret);
ServeBoard *serve_board_free(ServeBoard *board);

/* The board itself, for others that show it; the ServeBoard's. */
BoardReader *serve_board_reader(ServeBoard *board);

/* The value of exactly this OID at `now` (CLOCK_MONOTONIC). -ENXIO: no such object; -ENODATA: no such
 * instance. */
int serve_board_get(ServeBoard *board, const oid *name, size_t n, usec_t now, MibValue *ret);

/* The first instance after this OID and its value. -ENODATA: there is none. */
int serve_board_next(ServeBoard *board, const oid *name, size_t n, usec_t now,
        oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret);

#endif
