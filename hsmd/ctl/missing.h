#ifndef HSMD_CTL_MISSING_H
#define HSMD_CTL_MISSING_H
/* What a person asked for is not there: says so on stderr, with those that there are. */

#include "picture.h"

ExitCode no_such_device(const Options *o, const Picture *p, const char *name);
ExitCode no_such_pool(const Options *o, const Picture *p, const char *name);

#endif
