#ifndef HSMD_LOCATION_TABLE_H
#define HSMD_LOCATION_TABLE_H
/* The rows of the table of fault location, for who matches and who prints them. */

#include "location.h"

/* What a row asks of each fact: a bit a value; 0: anything. */
typedef struct LocationRow {
        uint64_t reasons;
        uint32_t steps, hints, service, management, agent, rebooted, neighbours, elsewhere;
        FaultPlace place, other; /* 0: none */
        const char *test;        /* NULL: none */
} LocationRow;

extern const LocationRow location_rows[];
extern const size_t location_n_rows;

#endif
