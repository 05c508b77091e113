#ifndef HSMD_WORDS_H
#define HSMD_WORDS_H
/* Names of states, steps and reasons as a person reads them, and durations. */

#include "names.h"

typedef enum Lang { LANG_EN, LANG_ZH } Lang;

/* A state's word: English as it is named everywhere, Chinese from the glossary. */
const char *word_of_state(Lang lang, const NameTable *table, unsigned value);

const char *word_of_step(Lang lang, unsigned step);
const char *word_of_agent(Lang lang, unsigned state);
const char *word_of_exercise(Lang lang, unsigned exercise);
const char *word_of_key_type(unsigned type); /* the algorithm's name, alike in both */

/* What a limit of a measurement means, as a sentence without its end. */
const char *word_of_limit(Lang lang, unsigned limited_by);

/* brief: a few words for a table's cell; else a sentence. */
const char *word_of_reason(Lang lang, unsigned reason, bool brief);

/* Where a fault is suspected: "the machine or its power". */
const char *word_of_place(Lang lang, unsigned place);

/* "12m 30s", "12分30秒": two units at most. */
void word_of_age(Lang lang, uint64_t seconds, char *dst, size_t size);

/* "850 us", "12.3 ms", "5.0 s" of microseconds. */
void word_of_duration(Lang lang, usec_t usec, char *dst, size_t size);

#endif
