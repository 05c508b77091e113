#ifndef HSMD_CTL_COLUMNS_H
#define HSMD_CTL_COLUMNS_H
/* Tables for people: columns as wide as what stands in them, lines no wider than the screen. */

#include "screen.h"

#define COLUMN_GAP 2

/* A table's column: its heading and what was found to be its width. A width of 0 leaves it out. */
typedef struct Column {
        const char *heading;
        size_t width;
} Column;

/* As wide as the headings. */
void columns_start(Column *columns, size_t n);
void column_widen(Column *c, const char *text, size_t most);
/* Narrows one column, to no less than least, until the table fits the screen behind an indent. */
void column_narrow(const Screen *s, Column *columns, size_t n, size_t indent, size_t which, size_t least);

/* How wide the table is behind an indent. */
size_t columns_width(const Column *columns, size_t n, size_t indent);

/* Writes one cell of a line and counts its columns in *used; the last one gets what is left of the screen. */
void line_cell(const Screen *s, size_t *used, Colour colour, const char *text, size_t width, bool last);
void put_headings(const Screen *s, const Column *columns, size_t n, size_t indent);

/* A text wrapped behind an indent; whole lines. */
void put_wrapped(const Screen *s, Colour colour, size_t indent, const char *text);

#endif
