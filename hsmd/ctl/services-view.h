#ifndef HSMD_CTL_SERVICES_VIEW_H
#define HSMD_CTL_SERVICES_VIEW_H
/* The business systems: can each sign now, and would it after one more failure. */

#include "picture.h"
#include "screen.h"

/* A table with an empty line behind; nothing where no service is configured. */
void services_view(const Screen *s, const Picture *p);
size_t services_view_lines(const Picture *p);

#endif
