#ifndef HSMD_CTL_WIDTH_H
#define HSMD_CTL_WIDTH_H
/* Columns of text on a terminal: a Chinese character takes two. Control characters, bad UTF-8 and anything
 * that could drive the terminal are shown as one "?". */

#include "macro.h"

/* Makes wcwidth know UTF-8 whatever the user's locale is. Call once, before the others; without the C.UTF-8
 * locale a built-in table of wide characters is used. */
void width_init(void);

size_t text_width(const char *s);

/* Writes s, cut to the given columns (its last one is then "~") and padded to them if pad. */
void put_cell(FILE *f, const char *s, size_t columns, bool pad);

/* The longest piece of s that fits into the columns, in octets, ending at a space where there is one and
 * otherwise between two characters; never 0 unless s is empty. */
size_t wrap_length(const char *s, size_t columns);

#endif
