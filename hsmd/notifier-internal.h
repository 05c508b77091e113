#ifndef HSMD_NOTIFIER_INTERNAL_H
#define HSMD_NOTIFIER_INTERNAL_H
/* What the notifier-*.c files share.
 *
 * - notifier.c: what hsmd calls, and what the worker says
 * - notifier-receivers.c: receivers as configured
 * - notifier-ring.c: the newest notifications, in memory
 * - notifier-feed.c: hands over what is next, from memory or from the history
 * - notifier-boot.c: what a worker is told before: our engine, receivers and their secrets
 * - notifier-row.c: what is shown, and what is wrong
 * - notifier-queue.c: how far a receiver is */

#include "engine-file.h"
#include "keeper.h"
#include "notifier-queue.h"
#include "notifier.h"

#define NOTIFIER_RING 1024 /* notifications kept in memory */
#define NOTIFIER_PAGE 64   /* fetched at a time */

typedef struct NotifierReceiver {
        Notifier *notifier;
        const ConfigReceiver *config; /* NULL: not configured any more, and only waiting for the history */
        uint32_t number;              /* number and name together are who it is */
        char name[64];
        NotifierQueue queue;
        bool begun;      /* its queue knows where it begins */
        bool known;      /* the worker that is up was told it */
        bool unreadable; /* its secrets are, so that the worker was not told it */
        bool dropping;   /* since the queue was full, it has not fallen to half its length */
        ReceiverState state;
        char detail[sizeof(((MsgNotifyState *) 0)->detail)];
        usec_t state_since;
        uint64_t sent, acks;
        uint64_t refused_before, refused_now; /* until this worker began, and by what it says */
        usec_t last_ack;                      /* CLOCK_MONOTONIC; 0: none */
        CursorRecord kept;                    /* as given to the history last */
        Event *page;                          /* read from the history, in order */
        size_t n_page;
        bool asking;      /* the history */
        uint64_t missing; /* asked for */
} NotifierReceiver;

typedef struct NotifierRing {
        Event *events;        /* NOTIFIER_RING, by sequence modulo their number */
        usec_t *when;         /* told, CLOCK_MONOTONIC */
        uint64_t first, last; /* what is there; last 0: nothing */
} NotifierRing;

typedef struct BootJob BootJob;

struct Notifier {
        Manager *manager;
        Keeper *keeper;               /* NULL: there is no receiver */
        NotifierReceiver **receivers; /* as in the configuration */
        size_t n_receivers;
        NotifierReceiver **leaving; /* not configured any more: the history still owes them an answer */
        size_t n_leaving;
        NotifierRing ring;
        uint64_t last;                /* notify_sequence told last, or given before hsmd started */
        uint64_t hole_after, hole_to; /* sequences that were never given (notifier-queue.h) */
        bool restored;
        uint64_t process; /* number of the process that is up; what was made for an older one is dropped */
        uint64_t orders;  /* likewise of what it is told */
        bool up;          /* the process has said hello */
        bool ready;       /* it was told everything */
        BootJob *telling; /* has not been told whole yet */
        size_t told;      /* of its messages */
        EngineFile engine;
        char engine_hex[65];
        usec_t next_heartbeat;
        usec_t boot_again;        /* our engine could not be kept; 0: it was */
        uint64_t restarts_before; /* of earlier keepers */
};

/* notifier.c: the receiver of that number, or NULL. */
NotifierReceiver *notifier_receiver(const Notifier *notifier, uint32_t number);

/* notifier-receivers.c: makes receivers fit the configuration; whether one is no more. */
bool notifier_fit_receivers(Notifier *notifier);
/* Its queue begins behind `done`; up to maybe_sent what is sent is marked as repeated. */
void notifier_begin(NotifierReceiver *receiver, uint64_t done, uint64_t maybe_sent);
/* Gives the history how far it is, if that has changed. */
void notifier_keep_cursor(NotifierReceiver *receiver);
void notifier_free_left(Notifier *notifier);
NotifierReceiver *notifier_receiver_free(NotifierReceiver *receiver);

/* notifier-ring.c */
int notifier_ring_init(NotifierRing *ring);
void notifier_ring_done(NotifierRing *ring);
void notifier_ring_add(NotifierRing *ring, const Event *event, usec_t now);
/* NULL: not there (any more). *ret_when, if not NULL: when it was told. */
const Event *notifier_ring_get(const NotifierRing *ring, uint64_t sequence, usec_t *ret_when);

/* notifier-feed.c */
void notifier_feed(NotifierReceiver *receiver);
void notifier_feed_all(Notifier *notifier);
/* One that was read from the history, or NULL. */
const Event *notifier_page_get(const NotifierReceiver *receiver, uint64_t sequence);
/* Drops what is too much. */
void notifier_shorten(NotifierReceiver *receiver);

/* notifier-boot.c: reads the secrets in the disk's thread, raising our engine's boots before if this is for
 * a new process; then tells the worker. */
void notifier_boot(Notifier *notifier, bool new_process);
void notifier_boot_again(Notifier *notifier, usec_t now); /* if it failed, once in a while */
void notifier_boot_room(Notifier *notifier);              /* goes on telling */
void notifier_boot_forget(Notifier *notifier);            /* the process is gone */

/* notifier-row.c */
void notifier_set_state(NotifierReceiver *receiver, ReceiverState state, const char *detail);
ReceiverState notifier_shown_state(const NotifierReceiver *receiver);
void notifier_fill_cursor(const NotifierReceiver *receiver, CursorRecord *ret);

#endif
