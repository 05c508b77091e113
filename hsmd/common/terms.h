#ifndef HSMD_TERMS_H
#define HSMD_TERMS_H
/* The glossary: one Chinese word for one English one, the same in every Chinese text of the project
 * (README.zh-CN.md prints the table). */

#include "macro.h"

typedef struct Term {
        const char *english;
        const char *chinese; /* as in the glossary */
        const char *brief;   /* the form used on a screen, a part of it; NULL: the whole */
} Term;

extern const Term terms[];
extern const size_t n_terms;

/* The Chinese word for a screen; the English one if the glossary has none. */
const char *term_zh(const char *english);

#endif
