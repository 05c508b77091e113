#ifndef HSMD_EVENT_TEXT_H
#define HSMD_EVENT_TEXT_H
/* What an event says to a person, who may read it at night and has nothing else: which machine, what, where
 * it failed, how many still serve. English is printable ASCII, Chinese is UTF-8; at most 255 octets each, cut
 * on a character boundary: where it is too long, titles go first, then the reason is told in a few words, and
 * how many still serve is never cut off.
 *
 * The same words are sent to receivers, written into the journal, kept in the history and shown by hsmctl. */

#include "event.h"

/* What the event itself does not carry. Each may be NULL, 0 or "". */
typedef struct EventWords {
        const char *device_title, *pool_title, *service_title, *site_title;
        const char *before;      /* the name of the state before */
        Step step;               /* the failed one */
        const char *call, *ret;  /* "C_Sign", "CKR_DEVICE_ERROR" */
        const char *detail;      /* in English */
        const char *members;     /* of a common cause: names, "a, b, c" */
        unsigned n_members;      /* how many */
        unsigned n_members_more; /* of them are not in `members` */
        int headroom;            /* of a service, signatures a second; below 0 it is said */
} EventWords;

/* Fills in text and text_local of an event of any type, from its fields and those words. */
void event_text(Event *event, const EventWords *words);

#endif
