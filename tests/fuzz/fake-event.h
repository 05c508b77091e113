#ifndef HSMD_FAKE_EVENT_H
#define HSMD_FAKE_EVENT_H
/* Just so much of sd-event as the poll worker uses, with a clock that stands still until nothing is left to
 * do and then is where the next timer is: an hour of polls passes in a moment, and always alike. Linked in
 * place of libsystemd. */

#include "macro.h"

/* What the loop asks and tells whoever plays the world; set before sd_event_loop is called. */
typedef struct FakeWorld {
        bool (*readable)(int fd, void *data);
        void *data;
        usec_t until;       /* the loop ends when its clock would pass this; */
        unsigned max_turns; /* or never does: more turns than that abort */
} FakeWorld;

void fake_event_begin(const FakeWorld *world);
usec_t fake_event_now(void);

#endif
