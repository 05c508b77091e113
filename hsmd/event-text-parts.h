#ifndef HSMD_EVENT_TEXT_PARTS_H
#define HSMD_EVENT_TEXT_PARTS_H
/* Pieces that texts of alarms (event-text-alarm.c) and of other events (event-text.c) share. */

#include "event-text.h"
#include "sentence.h"

#define HAS(event, member) field_valid((event), EventField_##member)

/* A name of the glossary's states, in the sentence's language. */
const char *state_word(const Sentence *s, const char *name);

void say_device(Sentence *s, const Event *e, const EventWords *w);
void say_pool(Sentence *s, const Event *e, const EventWords *w);
/* Why, as a sentence; in a few words where room is short. */
const char *reason_words(const Sentence *s, unsigned reason);
/* ": a call returned an error at step sign, C_Sign returned CKR_DEVICE_ERROR" */
void say_failure(Sentence *s, unsigned reason, const EventWords *w);
/* "; 6 of 7 serve, survivable 5" */
void say_counts(Sentence *s, const Event *e);
/* " by li" */
void say_by(Sentence *s, const Event *e);

/* Of the four events of an alarm. */
void say_alarm(Sentence *s, const Event *e, const EventWords *w);

#endif
