#ifndef HSMD_LADDER_H
#define HSMD_LADDER_H
/* The ladder: load, initialize, slot, token, session, login, find, then sign, verify, decrypt, encrypt, mac
 * as keys ask for it, and random. It is climbed once and stops at the first rung that fails, which names the
 * fault; from the top, checks repeat what can go wrong there. */

#include "channel.h"
#include "exercise.h"
#include "random-health.h"

typedef struct Ladder {
        Channel *channel; /* for the PIN */
        const MsgProbeConfig *config;
        Ring *ring;
        Module module;
        Keys keys;
        CK_TOKEN_INFO token;
        bool has_token;
        bool on_top;          /* the climb succeeded */
        bool no_random;       /* the machine has no generator for us */
        RandomHealth *random; /* what it gave so far */
} Ladder;

/* config, ring and channel stay the caller's and must outlive the ladder. -ELIBBAD without the recorder. */
int ladder_init(Ladder *ladder, const MsgProbeConfig *config, Ring *ring, Channel *channel);

/* The whole ladder. 0 on the top, -EPROTO when a rung failed (attempt says which), -ECANCELED when the probe
 * is to end. */
int ladder_climb(Ladder *ladder, Attempt *attempt);

/* A check from the top: the token's flags, sign, verify, random; find for what is due. Likewise. */
int ladder_check(Ladder *ladder, Attempt *attempt);

/* Fills in what is known of token, keys and counts. */
void ladder_report(const Ladder *ladder, Attempt *attempt);

/* Between attempts, when nobody waits: a part of what is to be computed over random numbers. */
void ladder_idle(Ladder *ladder);

/* Closes the session and finalizes the module. */
void ladder_close(Ladder *ladder);

#endif
