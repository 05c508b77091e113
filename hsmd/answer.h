#ifndef HSMD_ANSWER_H
#define HSMD_ANSWER_H
/* What a person who asked for something is told. */

#include "macro.h"

/* Words in *ret_message, the caller's to free (NULL without memory); returns result. */
int answer(char **ret_message, int result, const char *format, ...) PRINTF(3, 4);

#endif
