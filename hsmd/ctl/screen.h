#ifndef HSMD_CTL_SCREEN_H
#define HSMD_CTL_SCREEN_H
/* Where text goes and how: width in columns, colour or not. */

#include "options.h"

typedef enum Colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_WARN, COLOUR_BAD, COLOUR_DIM, COLOUR_BOLD } Colour;

typedef struct Screen {
        FILE *f;
        size_t width;  /* SIZE_MAX: as wide as needed (not a terminal) */
        size_t height; /* SIZE_MAX likewise */
        bool colour;
        Lang lang;
} Screen;

/* Standard output: colour only on a terminal and without NO_COLOR; the size is the terminal's, else
 * COLUMNS's. */
void screen_init(Screen *ret, const Options *o);

/* Reads the terminal's size again. */
void screen_measure(Screen *s);

const char *screen_say(const Screen *s, const char *en, const char *zh)
        __attribute__((format_arg(2), format_arg(3)));

/* A cell of at most so many columns in a colour, padded to them if pad. */
void screen_cell(const Screen *s, Colour colour, const char *text, size_t columns, bool pad);

/* The colour of a word of state. */
Colour colour_of_device(unsigned state);
Colour colour_of_pool(unsigned state);
Colour colour_of_fleet(unsigned state);

#endif
