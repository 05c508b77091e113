#ifndef HSMD_SERVE_CELL_H
#define HSMD_SERVE_CELL_H
/* A field of a row of the board as an object of HSMD-MIB. */

#include "board.h"
#include "mib-value.h"

/* The value of a field that is valid, at `now` (CLOCK_MONOTONIC). stale: the judge stands still, and so
 * states are unknown. */
void serve_cell(const Field *field, const void *row, usec_t now, bool stale, MibValue *ret);

#endif
