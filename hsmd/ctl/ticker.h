#ifndef HSMD_CTL_TICKER_H
#define HSMD_CTL_TICKER_H
/* A line on standard error that moves while a person waits for a call. Nothing where nobody looks. */

#include "client.h"

typedef struct Ticker {
        char what[128];
        Lang lang;
        usec_t since;
        int timer; /* -1: nobody looks */
} Ticker;

/* what: "measuring bureau-1". The ticker must stay where it is until it ends. */
void ticker_start(Ticker *ticker, Client *client, const Options *o, const char *what);
void ticker_end(Ticker *ticker, Client *client);

#endif
