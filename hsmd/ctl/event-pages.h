#ifndef HSMD_CTL_EVENT_PAGES_H
#define HSMD_CTL_EVENT_PAGES_H
/* Events asked of hsmd, page by page. */

#include "event.h"
#include "picture.h"

typedef struct EventQuery {
        uint64_t after;      /* id */
        usec_t since, until; /* CLOCK_REALTIME; 0: no bound */
        uint32_t device, alarm;
        uint32_t limit; /* 0: all */
        bool newest;    /* with a limit: the last ones */
} EventQuery;

/* What is done with each event, in order. */
typedef void (*EventTake)(const Event *e, void *userdata);

/* Goes through them; *query is moved on behind the last one. Errors as client_call's, -EBADMSG. */
int events_fetch(Client *client, EventQuery *query, EventTake take, void *userdata);

/* Waits for what comes after query->after, for at most a few seconds; 0 with or without any. */
int events_wait(Client *client, EventQuery *query, EventTake take, void *userdata);

/* The last event's id; 0: there is none. */
int events_last(Client *client, uint64_t *ret);

#endif
