#ifndef HSMD_NOTIFY_RECEIVER_H
#define HSMD_NOTIFY_RECEIVER_H
/* One receiver of notifications: a net-snmp session with a socket of its own, and what was handed over for
 * it. No call waits, so a receiver that is silent or hostile costs the others nothing.
 *
 * What is handed over is sent in that order. A trap is done with when its datagram has left. Of informs one
 * is out at a time, and sent again until it is acknowledged: after the receiver's timeout, then after twice
 * as long and so on, at the latest after NOTIFY_RETRY_MAX, so that one that answers slowly is understood
 * too. A receiver that is silent is discovered anew before each repetition, since its engine may be another
 * one or may have lost its boots; one that says that it does not know the engine, at once. One that refuses
 * is asked again every NOTIFY_RETRY_MAX.
 *
 * Traps leave at most NOTIFY_TRAP_BURST at once, and then one every NOTIFY_TRAP_GAP: nobody would say that a
 * receiver had no room for a backlog of them.
 *
 * A heartbeat overtakes what waits, and is sent once. To a receiver of informs it is one, too (it need not
 * know our own engine then), whose answer is no more than a sign of life. */

#include <systemd/sd-event.h>

#include "engine.h"
#include "notify-pdu.h"
#include "protocol.h"

#define NOTIFY_RETRY_MAX (5 * USEC_PER_SEC)
#define NOTIFY_TRAP_BURST 32
#define NOTIFY_TRAP_GAP (2 * USEC_PER_MSEC)

typedef struct NotifyReceiver NotifyReceiver;

/* What all receivers share. */
typedef struct NotifyWorld {
        sd_event *event;
        uint8_t engine_id[ENGINE_ID_MAX]; /* ours */
        size_t engine_id_size;
        uint32_t engine_boots;
        iconv_t gb18030;
        usec_t begun; /* CLOCK_MONOTONIC when this process began: sysUpTime counts from it */
        /* There is something to be told: done or state of this receiver. May be called from every function
         * here but notify_receiver_free, and calls none. */
        void (*news)(NotifyReceiver *receiver, void *data);
        void *data;
} NotifyWorld;

typedef struct NotifyItem {
        MsgNotify message;
        usec_t sent;    /* its first datagram, CLOCK_MONOTONIC; 0: not yet */
        uint32_t ticks; /* sysUpTime then */
        uint32_t attempts;
} NotifyItem;

typedef enum NotifyPhase {
        NOTIFY_IDLE,
        NOTIFY_DISCOVERY, /* v3 informs: asking for the receiver's engine id */
        NOTIFY_INFORM,    /* items[0] is out */
        NOTIFY_PAUSE,     /* until the next attempt */
} NotifyPhase;

typedef enum NotifyOutcome { /* of a request */
        NOTIFY_PENDING,
        NOTIFY_ANSWERED,
        NOTIFY_REFUSED,  /* `why` says how */
        NOTIFY_STRANGER, /* its engine is another one than the one that was spoken to */
        NOTIFY_TIMEOUT,
} NotifyOutcome;

struct NotifyReceiver {
        uint32_t number;
        ReceiverKind kind;
        bool local_text;
        Charset charset;
        Engine engine;
        usec_t timeout;
        const char *unusable; /* why nothing can be sent as configured; NULL if it can */

        NotifyItem items[NOTIFY_WINDOW]; /* handed over and not done with */
        size_t n_items;
        MsgNotify heartbeat;
        bool heartbeat_waits;

        NotifyPhase phase;
        NotifyOutcome outcome, heartbeat_outcome;
        char why[128];
        bool rediscovered; /* since the last acknowledgement or pause */
        usec_t pause_end;
        usec_t trap_clock; /* traps are sent when this is not later than now; each moves it on by a gap */
        sd_event_source *timer, *io;

        MsgNotifyDone done[NOTIFY_WINDOW]; /* to be told */
        size_t n_done;
        MsgNotifyState state; /* 0 until there is something to say */
        bool state_untold;

        const NotifyWorld *world;
};

/* A receiver that is not configured yet. The world outlives it. Negative errno. */
int notify_receiver_new(const NotifyWorld *world, uint32_t number, NotifyReceiver **ret);
NotifyReceiver *notify_receiver_free(NotifyReceiver *receiver);

/* As configured, the first time or anew; what was handed over stays. A receiver that cannot be reached as
 * configured says so by its state. */
void notify_receiver_configure(NotifyReceiver *receiver, const MsgNotifyReceiver *config);

/* Takes one over to be sent. -EBADMSG when it is none of which receivers are told, -ENOBUFS when there are
 * NOTIFY_WINDOW already that are not done with or not told to be. */
int notify_receiver_hand(NotifyReceiver *receiver, const MsgNotify *message);

/* notify-receiver.c: goes on after the library has read or expired something, or there is more to send. */
void notify_receiver_go_on(NotifyReceiver *receiver);
void notify_receiver_say(NotifyReceiver *receiver, ReceiverState state, const char *detail);

/* notify-answer.c: of an inform or a discovery, and of a heartbeat. */
int notify_on_answer(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *receiver);
int notify_on_heartbeat_answer(
        int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *receiver);

/* The first `n` of done were told; the state was. */
void notify_receiver_told(NotifyReceiver *receiver, size_t n);

#endif
