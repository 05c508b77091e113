#ifndef HSMD_SENTENCE_H
#define HSMD_SENTENCE_H
/* A sentence that is written piece by piece, in one of the two languages. */

#include "common/words.h"

/* What is left out where a sentence in full is too long: each leaves out what those before it do. */
enum {
        TERSE_PLACES = 1, /* titles of pool and site beside their names */
        TERSE_REASON,     /* why, in a few words */
        TERSE_DEVICE,     /* the machine's title beside its name */
        TERSE_LISTS,      /* nothing more: what may be long comes last, and is cut */
        TERSE_MAX = TERSE_LISTS,
};

typedef struct Sentence {
        Lang lang;
        unsigned terse; /* 0: in full; each more leaves out what is missed least (TERSE_…) */
        char text[1024];
} Sentence;

/* Adds the format of the sentence's language; both are given the same arguments (%1$s where their order
 * differs). What does not fit is cut. */
void say(Sentence *s, const char *en, const char *zh, ...)
        __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* A thing by its name and title: "bureau-3 (machine 3)", "三号机（bureau-3）". English leaves out a title
 * that is not ASCII. title may be NULL. */
void say_thing(Sentence *s, const char *name, const char *title);

/* An instant of CLOCK_REALTIME: "2026-11-24 17:05 UTC". */
void say_instant(Sentence *s, usec_t realtime);

/* Copies it, cut on a character boundary; English is made printable ASCII. */
void sentence_end(Sentence *s, char *dst, size_t size);

#endif
