#ifndef HSMD_LOCATION_H
#define HSMD_LOCATION_H
/* Where a fault is suspected: a published table over what is known when a device fails. Pure.
 * docs/fault-location.md prints the table, and a test compares the two.
 *
 *   location.c        facts to a row, returns to hints
 *   location-table.c  the rows
 *   location-words.c  the tests that separate two candidates
 *   location-print.c  the table as documentation */

#include "names.h"

/* What a connection that was tried says. */
typedef enum PortState {
        PORT_UNKNOWN = 1, /* not configured, or not tried */
        PORT_OPEN,
        PORT_REFUSED,
        PORT_SILENT, /* no answer, or no route */
} PortState;

/* What a vendor's return says of the fault. */
typedef enum ReturnHint {
        HINT_NONE = 1,
        HINT_DEVICE,  /* CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, … */
        HINT_GENERAL, /* CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_HOST_MEMORY */
        HINT_PIN,
        HINT_KEY,
        HINT_SESSIONS,
        HINT_BUSY,
        HINT_HUNG, /* the call did not return */
        HINT_CRASHED,
} ReturnHint;

typedef enum Yes { YES_UNKNOWN = 1, YES_NO, YES_YES } Yes;

typedef struct LocationFacts {
        Step step;
        Reason reason;
        ReturnHint hint;
        PortState service, management;
        AgentState agent;
        bool rebooted;        /* the machine's uptime began anew within the last ten minutes */
        Yes neighbours;       /* machines of the same site, or behind the same link: all of them fail too */
        Yes module_elsewhere; /* the same module works against another machine now */
} LocationFacts;

/* One candidate, or two with the test that would separate them. */
typedef struct Location {
        FaultPlace place, other; /* other: 0 = none; place: 0 = nothing failed */
        const char *test;        /* code word of the separating test, or NULL: location_test_words */
        unsigned row;            /* of the table, from 1 */
} Location;

Location location_of(const LocationFacts *facts);

/* CK_RV to hint, with a vendor's own class (0: none). */
ReturnHint location_hint(uint64_t rv, uint32_t vendor_class, Reason reason);

/* What to do to tell two candidates apart, as a sentence; zh: Chinese. */
const char *location_test_words(const char *test, bool zh);

/* The table as text, a line a row: what docs/fault-location.md shows between its markers, and its Chinese
 * sister docs/fault-location.zh-CN.md. -EIO. */
int location_table_print(FILE *out, bool zh);

#endif
